//! `hazard_trees`: the champion, a blend of three hazards.
//!
//! **What it assumes.** As [`hazard`](crate::model::HazardModel), with terms that may interact in any way.
//!
//! **Parts.** The plain hazard; boosted trees on the features and on the values of the day
//! ([`day_values`](crate::model::day_values)); and a logistic regression on the plain terms and the
//! leaves of a few trees ([`leaves`]). Their distributions are mixed ([`blend`](crate::model::blend)) and
//! the mixture calibrated ([`calibration`](crate::model::calibration)).
//!
//! **Held back.** Weights and calibration are learned on the latest cut-offs, from parts fitted as of
//! the day before them; the parts are then fitted on everything. Outcomes are cut off at that day as well, since an
//! invoice can be open before and after it.
//!
//! **When it is wrong.** In a ledger of a few thousand invoices its trees know little; the blend then leans on the plain part.
//!
//! **Cost.** Rows are capped: seconds to half a minute on two cores, and the features of a large ledger on top.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, column};
use crate::model::blend::{Blend, Judged};
use crate::model::calibration::{self, Calibration};
use crate::model::cash_model::{CashModel, PaidBy, Scratch};
use crate::model::hazard::{HazardModel, HazardParams};
use crate::model::invoice_input::{Inputs, InvoiceInput};
use crate::model::outcome::Outcome;
use crate::model::records::Outcomes;
use crate::model::{Error, PaymentDistribution};

mod answers;
mod leaves;
mod parts;
mod rows;

use parts::Parts;

/// Share of the training window, the latest, that is held back, and its bounds in days.
const HELD_BACK_SHARE: f64 = 0.25;
const HELD_BACK_DAYS: [i32; 2] = [14, 63];
/// Payments before the held-back days below which nothing is held back.
const PAYMENTS_MIN: usize = 500;

/// Hyperparameters of [`HazardTreesModel`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `day_rows_max` | 600,000 | day-ahead rows to fit trees on, or twice the payments where these are more than half of it | at least 1,000 |
/// | `trees` | 100 | boosted trees | at least 1 |
/// | `seed` | 20261122 | seed of all samples | any |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardTreesParams {
    day_rows_max: u32,
    trees: usize,
    seed: u64,
}

impl Default for HazardTreesParams {
    fn default() -> Self {
        Self {
            day_rows_max: 600_000,
            trees: 100,
            seed: 20_261_122,
        }
    }
}

impl HazardTreesParams {
    /// Sets the number of day-ahead rows to fit trees on.
    #[must_use]
    pub fn day_rows_max(self, day_rows_max: u32) -> Self {
        Self { day_rows_max, ..self }
    }

    /// Sets the number of boosted trees.
    #[must_use]
    pub fn trees(self, trees: usize) -> Self {
        Self { trees, ..self }
    }

    /// Sets the seed of all samples.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Half as much of everything: enough to learn what the parts are worth beside each other.
    fn halved(self) -> Self {
        Self {
            day_rows_max: self.day_rows_max / 2,
            trees: self.trees.div_ceil(2),
            ..self
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn check(self) -> Result<HazardTreesValidParams, Error> {
        for (name, allowed, given, least) in [
            (
                "day_rows_max",
                "at least 1000",
                f64::from(self.day_rows_max),
                f64::from(HazardParams::DAY_ROWS_MIN),
            ),
            (
                "trees",
                "at least 1",
                f64::from(u32::try_from(self.trees).unwrap_or(u32::MAX)),
                1.0,
            ),
        ] {
            if given < least {
                return Err(Error::Parameter { name, allowed, given });
            }
        }
        Ok(HazardTreesValidParams(self))
    }
}

/// Checked hyperparameters: the only thing that can be fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardTreesValidParams(HazardTreesParams);

/// A fitted champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HazardTreesModel {
    parts: Parts,
    blend: Blend,
    calibration: Calibration,
}

impl Fit<FeatureTable, Outcomes, Error> for HazardTreesValidParams {
    type Object = HazardTreesModel;

    /// Fits on open invoices at past cut-offs and what became of them.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<HazardTreesModel, Error> {
        let inputs = Inputs::new(&dataset.records)?;
        let outcomes = &dataset.targets.0;
        let (blend, calibration) = match hold_back(&dataset.records, outcomes) {
            Some(earlier) => self.judge(&inputs, outcomes, &earlier)?,
            None => (Blend::PRIOR, Calibration::NONE),
        };
        Ok(HazardTreesModel {
            parts: Parts::fit(&self.0, &inputs, outcomes)?,
            blend,
            calibration,
        })
    }
}

impl HazardTreesValidParams {
    /// Learns weights and calibration on the rows after `earlier`, from parts fitted on `earlier`.
    fn judge(
        &self,
        inputs: &Inputs<'_>,
        outcomes: &[Outcome],
        earlier: &[Outcome],
    ) -> Result<(Blend, Calibration), Error> {
        let parts = Parts::fit(&self.0.halved(), inputs, earlier)?;
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
        let customers = inputs.table().text(column::CUSTOMER_ID)?;
        let comparisons: Vec<_> = (earlier.len()..)
            .zip(&judged)
            .flat_map(|(row, judged)| {
                let customer = customers.get(row).unwrap_or_default();
                let mixed = blend.mix(&judged.parts, judged.is_overdue);
                calibration::comparisons(customer, &mixed, judged.outcome).collect::<Vec<_>>()
            })
            .collect();
        Ok((blend, Calibration::fit(&comparisons)?))
    }
}

/// The outcomes of the earlier cut-offs, as they were known on the last of them; `None` where too little would be left.
fn hold_back(table: &FeatureTable, outcomes: &[Outcome]) -> Option<Vec<Outcome>> {
    let day = |row: usize| table.invoice(row).cutoff_day;
    let (first, last) = (day(0), day(outcomes.len().checked_sub(1)?));
    #[expect(clippy::cast_possible_truncation, reason = "a share of a number of days")]
    let share = (f64::from(last - first) * HELD_BACK_SHARE) as i32;
    let known = last - share.clamp(HELD_BACK_DAYS[0], HELD_BACK_DAYS[1]);
    let count = (0..outcomes.len())
        .collect::<Vec<_>>()
        .partition_point(|row| day(*row) <= known);
    let earlier: Vec<Outcome> = (0..count)
        .map(|row| outcomes[row].known_after(known - day(row)))
        .collect();
    let payments = earlier
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Paid { .. }));
    (payments.count() >= PAYMENTS_MIN).then_some(earlier)
}

impl CashModel for HazardTreesModel {
    fn scratch(&self) -> Scratch {
        self.parts.scratch()
    }

    fn paid_by(&self, invoices: &[InvoiceInput<'_>], scratch: &mut Scratch) -> Vec<PaidBy> {
        let of_parts = self.parts.paid_by(invoices, scratch);
        let mixed = invoices.iter().zip(of_parts).map(|(input, parts)| {
            let mixed = self.blend.mix(&parts, input.is_overdue());
            self.calibration.apply(mixed)
        });
        mixed.collect()
    }

    fn feature_means(&self) -> &[f64] {
        self.parts.feature_means()
    }
}

impl HazardTreesModel {
    /// The plain hazard, which knows of endings without cash and of roll rates.
    pub(crate) fn plain(&self) -> &HazardModel {
        self.parts.plain()
    }

    /// Checks that the parameters fit together and the feature list of this code.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.parts.check()?;
        self.blend.check()?;
        self.calibration.check()
    }
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for HazardTreesModel {
    /// Predicts every row.
    ///
    /// # Panics
    ///
    /// When a feature is not finite; [`FittedModel::distributions`](crate::model::FittedModel::distributions) returns that as an error.
    fn predict_inplace<'a>(&'a self, table: &'a FeatureTable, predictions: &mut Vec<PaymentDistribution>) {
        *predictions = self.distributions(table).expect("features of a table are finite");
    }

    fn default_target(&self, table: &FeatureTable) -> Vec<PaymentDistribution> {
        Vec::with_capacity(table.len())
    }
}
