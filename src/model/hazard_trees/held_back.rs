//! What the latest cut-offs teach of parts that know nothing of them: weights, calibration, strength of penalties.
//!
//! The parts that are judged are fitted as of the day before the held-back cut-offs. Outcomes are cut off at that day
//! as well, since an invoice can be open before and after it.
//!
//! A few thousand payments may be those of customers alike or of a few large ones: how much is to be believed differs
//! from ledger to ledger, and the ledger itself says which penalties foretell its latest days better. Many
//! payments outweigh either.

use rayon::prelude::*;

use crate::features::{FeatureTable, column};
use crate::model::Error;
use crate::model::blend::{Blend, Judged};
use crate::model::calibration::{self, Calibration};
use crate::model::hazard_trees::HazardTreesParams;
use crate::model::hazard_trees::parts::Parts;
use crate::model::invoice_input::Inputs;
use crate::model::outcome::Outcome;

/// Share of the training window, the latest, that is held back, and its bounds in days.
const SHARE: f64 = 0.25;
const DAYS: [i32; 2] = [14, 63];
/// Payments before the held-back days below which nothing is held back.
const PAYMENTS_MIN: usize = 500;
/// Payments before the held-back days from which penalties are not chosen.
const CHOICE_PAYMENTS: usize = 5_000;
/// Factors on the penalties of all parts to choose from.
const PENALTIES: [f64; 2] = [1.0, 3.0];

/// What was learned on the held-back days.
pub(super) struct Learned {
    /// How the parts are to be fitted on everything.
    pub(super) params: HazardTreesParams,
    pub(super) blend: Blend,
    pub(super) calibration: Calibration,
}

/// Parts fitted on the earlier cut-offs in one way, and how they are best mixed on the held-back ones.
struct Trial {
    params: HazardTreesParams,
    judged: Vec<Judged>,
    blend: Blend,
}

/// Learns how to fit, mix and calibrate the parts.
pub(super) fn learn(
    params: &HazardTreesParams,
    inputs: &Inputs<'_>,
    outcomes: &[Outcome],
) -> Result<Learned, Error> {
    let Some(earlier) = outcomes_before(inputs.table(), outcomes) else {
        return Ok(Learned {
            params: *params,
            blend: Blend::PRIOR,
            calibration: Calibration::NONE,
        });
    };
    let mut best: Option<(f64, Trial)> = None;
    for params in candidates(params, payments(&earlier)) {
        let trial = Trial::new(params, inputs, outcomes, &earlier)?;
        let log_likelihood = trial.blend.log_likelihood(&trial.judged);
        if best.as_ref().is_none_or(|(most, _)| log_likelihood > *most) {
            best = Some((log_likelihood, trial));
        }
    }
    let (_, best) = best.expect("there is a candidate");
    Ok(Learned {
        params: best.params,
        blend: best.blend,
        calibration: best.calibration(inputs.table(), earlier.len())?,
    })
}

/// The parameters to try.
fn candidates(params: &HazardTreesParams, payments: usize) -> Vec<HazardTreesParams> {
    if params.penalty.is_none() && payments < CHOICE_PAYMENTS {
        PENALTIES.map(|penalty| params.penalty(penalty)).to_vec()
    } else {
        vec![*params]
    }
}

impl Trial {
    /// Fits the parts on `earlier`, and learns weights on the rows after them.
    fn new(
        params: HazardTreesParams,
        inputs: &Inputs<'_>,
        outcomes: &[Outcome],
        earlier: &[Outcome],
    ) -> Result<Self, Error> {
        let parts = Parts::fit(&params.halved(), inputs, earlier)?;
        let scratch = parts.scratch();
        let judged: Vec<Judged> = inputs
            .payers(earlier.len()..outcomes.len())
            .into_par_iter()
            .map_init(
                || scratch.clone(),
                |scratch, rows| {
                    let invoices = inputs.of(rows.clone());
                    let of_parts = parts.paid_by(&invoices, scratch);
                    let judged = invoices.iter().zip(of_parts).zip(&outcomes[rows]);
                    let judged = judged.map(|((input, parts), outcome)| Judged {
                        parts,
                        is_overdue: input.is_overdue(),
                        outcome: *outcome,
                    });
                    judged.collect::<Vec<_>>()
                },
            )
            .flatten_iter()
            .collect();
        let blend = Blend::fit(&judged);
        Ok(Self {
            params,
            judged,
            blend,
        })
    }

    /// Learns the calibration of the mixture; `first` is the row of the first held-back invoice.
    fn calibration(&self, table: &FeatureTable, first: usize) -> Result<Calibration, Error> {
        let customers = table.text(column::CUSTOMER_ID)?;
        let comparisons: Vec<_> = (first..)
            .zip(&self.judged)
            .flat_map(|(row, judged)| {
                let customer = customers.get(row).unwrap_or_default();
                let mixed = self.blend.mix(&judged.parts, judged.is_overdue);
                calibration::comparisons(customer, &mixed, judged.outcome).collect::<Vec<_>>()
            })
            .collect();
        Calibration::fit(&comparisons)
    }
}

/// The outcomes of the earlier cut-offs, as they were known on the last of them; `None` where too little would be left.
fn outcomes_before(table: &FeatureTable, outcomes: &[Outcome]) -> Option<Vec<Outcome>> {
    let day = |row: usize| table.invoice(row).cutoff_day;
    let (first, last) = (day(0), day(outcomes.len().checked_sub(1)?));
    #[expect(clippy::cast_possible_truncation, reason = "a share of a number of days")]
    let share = (f64::from(last - first) * SHARE) as i32;
    let known = last - share.clamp(DAYS[0], DAYS[1]);
    let count = (0..outcomes.len())
        .collect::<Vec<_>>()
        .partition_point(|row| day(*row) <= known);
    let earlier: Vec<Outcome> = (0..count)
        .map(|row| outcomes[row].known_after(known - day(row)))
        .collect();
    (payments(&earlier) >= PAYMENTS_MIN).then_some(earlier)
}

fn payments(outcomes: &[Outcome]) -> usize {
    let paid = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Paid { .. }));
    paid.count()
}
