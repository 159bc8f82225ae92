//! The gate before a release: a score too good to be true stops it.
//!
//! Whether an invoice is paid late is partly chance, so no honest model ranks nearly every pair the right
//! way round. One that does has usually been told: a fact that came with the payment, or after it, stands in
//! the ledger as if it had been known before.

use crate::model::ModelName;

use super::{BinaryScore, Error, Scorecard};

/// The largest AUC of late payment that is believed.
pub const AUC_MAX: f64 = 0.97;

/// Judged invoices below which a large AUC may be luck.
pub const JUDGED_MIN: usize = 200;

/// A model that ranks late invoices too well to be true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakSuspicion {
    /// The model.
    pub model: ModelName,
    /// Its AUC of "unpaid at the end of the due date", over all cut-offs.
    pub auc: f64,
    /// Invoices that were judged.
    pub cases: usize,
}

impl LeakSuspicion {
    /// Returns the suspicion that a score of late payment raises, if any.
    ///
    /// There is none while fewer than [`JUDGED_MIN`] invoices were judged or all of them ended alike.
    fn of(model: ModelName, late: &BinaryScore) -> Option<Self> {
        let auc = late.auc.filter(|auc| *auc > AUC_MAX)?;
        (late.cases >= JUDGED_MIN).then_some(Self {
            model,
            auc,
            cases: late.cases,
        })
    }
}

impl Scorecard {
    /// Returns the models whose AUC of late payment is above [`AUC_MAX`], in the order of the plan.
    #[must_use]
    pub fn leak_suspicions(&self) -> Vec<LeakSuspicion> {
        self.models
            .iter()
            .filter_map(|score| LeakSuspicion::of(score.model, &score.all.late))
            .collect()
    }

    /// Checks that no model is too good to be true.
    ///
    /// # Errors
    ///
    /// [`Error::LeakSuspected`] names those that are.
    pub fn check_release(&self) -> Result<(), Error> {
        let suspicions = self.leak_suspicions();
        if suspicions.is_empty() {
            Ok(())
        } else {
            Err(Error::LeakSuspected { suspicions })
        }
    }
}

/// Says what is suspected, of which model, what was allowed, and where to look.
pub(super) fn words(suspicions: &[LeakSuspicion]) -> String {
    let given: Vec<String> = suspicions
        .iter()
        .map(|suspicion| {
            format!(
                "{:.4} of {} over {} invoices",
                suspicion.auc, suspicion.model, suspicion.cases
            )
        })
        .collect();
    format!(
        "the ledger seems to tell what is to be predicted: the AUC of late payment must be at most {AUC_MAX}, \
         got {}; look for facts that stand in the ledger before they were known: promises, disputes, actions, \
         ratings and instalment plans whose recorded_at is absent or too early, and due dates changed later",
        given.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::{ModelScore, Scores};
    use crate::domain::date::from_day_number;

    /// The scorecard of one model with that AUC of late payment over so many invoices.
    fn scorecard(auc: Option<f64>, cases: usize) -> Scorecard {
        let late = BinaryScore {
            cases,
            auc,
            ..BinaryScore::of(&[])
        };
        Scorecard {
            ledger_fingerprint: String::new(),
            first_cutoff: None,
            last_cutoff: None,
            stride_days: 7,
            refit_every: 1,
            seed: 1,
            known_until: from_day_number(20_000),
            folds_replayed: 1,
            folds_scored: 1,
            folds_matured: 1,
            cases_without_outcome: 0,
            models: vec![ModelScore {
                model: ModelName::Hazard,
                all: Scores {
                    late,
                    ..Scores::of(&[])
                },
                slices: Vec::new(),
                horizons: Vec::new(),
                cash: Vec::new(),
                bands: Vec::new(),
                reliability_paid_7: Vec::new(),
                reliability_late: Vec::new(),
                pit_histogram: None,
            }],
            comparisons: Vec::new(),
            skipped: Vec::new(),
        }
    }

    #[test]
    fn an_auc_of_98_stops_a_release_and_one_of_96_does_not() {
        let stopped = scorecard(Some(0.98), 1_000).check_release().unwrap_err();
        for part in [
            "at most 0.97",
            "0.9800 of hazard over 1000 invoices",
            "recorded_at",
        ] {
            assert!(stopped.to_string().contains(part), "{part}: {stopped}");
        }
        assert!(scorecard(Some(0.96), 1_000).check_release().is_ok());
    }

    #[test]
    fn the_gate_closes_just_above_what_is_believed() {
        assert!(scorecard(Some(AUC_MAX), 1_000).check_release().is_ok());
        assert!(scorecard(Some(AUC_MAX + 1e-9), 1_000).check_release().is_err());
    }

    #[test]
    fn a_few_invoices_or_one_kind_of_them_raise_no_suspicion() {
        assert!(scorecard(Some(1.0), JUDGED_MIN - 1).leak_suspicions().is_empty());
        assert_eq!(scorecard(Some(1.0), JUDGED_MIN).leak_suspicions().len(), 1);
        assert!(scorecard(None, 1_000).leak_suspicions().is_empty());
    }
}
