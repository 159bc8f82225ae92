//! `hazard_trees`: the champion, a blend of three hazards.
//!
//! **What it assumes.** As [`hazard`](crate::model::HazardModel), with terms that may interact in any way.
//!
//! **Parts.** The plain hazard; boosted trees on the features and on the values of the day
//! ([`day_values`](crate::model::day_values)); and a logistic regression on the plain terms and the
//! leaves of a few trees ([`leaves`]). Their distributions are mixed ([`blend`](crate::model::blend)) and
//! the mixture calibrated ([`calibration`](crate::model::calibration)).
//!
//! **Held back.** Weights, calibration and, in a small ledger, the strength of all penalties are learned on the latest
//! cut-offs ([`held_back`]); the parts are then fitted on everything.
//!
//! **When it is wrong.** In a ledger of a few thousand invoices its trees know little; the blend then leans on the plain part.
//!
//! **Cost.** Rows are capped: seconds to half a minute on two cores, and the features of a large ledger on top.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use serde::{Deserialize, Serialize};

use crate::features::FeatureTable;
use crate::model::blend::Blend;
use crate::model::calibration::Calibration;
use crate::model::cash_model::{CashModel, PaidBy, Scratch};
use crate::model::hazard::{HazardModel, HazardParams};
use crate::model::invoice_input::{Inputs, InvoiceInput};
use crate::model::records::Outcomes;
use crate::model::{Error, PaymentDistribution};

mod answers;
mod held_back;
mod leaves;
mod parts;
mod rows;

use parts::Parts;

/// Hyperparameters of [`HazardTreesModel`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `day_rows_max` | 600,000 | day-ahead rows to fit trees on, or twice the payments where these are more than half of it | at least 1,000 |
/// | `trees` | 100 | boosted trees | at least 1 |
/// | `penalty` | chosen by the ledger | factor on the penalties of all parts | over 0 |
/// | `seed` | 20261122 | seed of all samples | any |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardTreesParams {
    day_rows_max: u32,
    trees: usize,
    penalty: Option<f64>,
    seed: u64,
}

impl Default for HazardTreesParams {
    fn default() -> Self {
        Self {
            day_rows_max: 600_000,
            trees: 100,
            penalty: None,
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

    /// Sets the factor on the penalties of all parts, in place of one that the held-back days choose.
    #[must_use]
    pub fn penalty(self, penalty: f64) -> Self {
        let penalty = Some(penalty);
        Self { penalty, ..self }
    }

    /// Sets the seed of all samples.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// A penalty of a part as strong as these parameters ask.
    fn strengthened(&self, penalty: f64) -> f64 {
        self.penalty.unwrap_or(1.0) * penalty
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
        if let Some(given) = self.penalty
            && !(given.is_finite() && given > 0.0)
        {
            return Err(Error::Parameter {
                name: "penalty",
                allowed: "finite and over 0",
                given,
            });
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
        let learned = held_back::learn(&self.0, &inputs, outcomes)?;
        Ok(HazardTreesModel {
            parts: Parts::fit(&learned.params, &inputs, outcomes)?,
            blend: learned.blend,
            calibration: learned.calibration,
        })
    }
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
