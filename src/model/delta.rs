//! `delta`: days past due by linfa's elastic net, with the distribution of its residuals.
//!
//! **What it assumes.** The days past due of an invoice are a linear function of its features plus
//! a residual whose distribution is the same for everyone.
//!
//! **Formula.** `y = a + b'x + e`; `P(paid by k)` is the share of training residuals with
//! `due + y + e <= k`, given that it is more than zero days ahead, mixed with a thin constant
//! hazard so that nothing is impossible.
//!
//! **When it is wrong.** It learns from paid invoices alone, so slow payers are under-represented,
//! and its spread is the same for a punctual and an erratic customer. It is the plain answer that
//! the hazard models are compared with.
//!
//! **Cost.** One coordinate descent over the paid rows: about a second for 100,000.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use linfa_elasticnet::ElasticNet;
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::Error;
use crate::model::distribution::{PaymentDistribution, single};
use crate::model::matrix::{self, Scaling};
use crate::model::outcome::Outcome;
use crate::model::records::Outcomes;

/// Residual quantiles that are kept.
const QUANTILES: usize = 199;
/// Daily hazard of the thin mixture component, and its weight.
const THIN_HAZARD: f64 = 0.02;
const THIN_WEIGHT: f64 = 0.03;
/// Days past due beyond these bounds are pulled in before fitting.
const LATENESS_BOUNDS: (f64, f64) = (-60.0, 150.0);

/// Hyperparameters of [`DeltaModel`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `penalty` | 0.05 | elastic-net penalty in days | at least 0 |
/// | `l1_ratio` | 0.5 | share of it that is L1 | 0 to 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaParams {
    /// Elastic-net penalty in days.
    pub penalty: f64,
    /// Share of the penalty that is L1.
    pub l1_ratio: f64,
}

impl Default for DeltaParams {
    fn default() -> Self {
        Self {
            penalty: 0.05,
            l1_ratio: 0.5,
        }
    }
}

impl DeltaParams {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn check(self) -> Result<DeltaValidParams, Error> {
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::Parameter {
                name: "penalty",
                allowed: "at least 0",
                given: self.penalty,
            });
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return Err(Error::Parameter {
                name: "l1_ratio",
                allowed: "from 0 to 1",
                given: self.l1_ratio,
            });
        }
        Ok(DeltaValidParams(self))
    }
}

/// Checked hyperparameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaValidParams(DeltaParams);

/// A fitted line and its residuals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeltaModel {
    features: Vec<String>,
    coefficients: Vec<f64>,
    intercept: f64,
    scaling: Scaling,
    /// Ascending quantiles of the residuals in days.
    residuals: Vec<f64>,
}

impl Fit<FeatureTable, Outcomes, Error> for DeltaValidParams {
    type Object = DeltaModel;

    /// Fits on the rows that were paid.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<DeltaModel, Error> {
        let table = &dataset.records;
        let all = matrix::features(table)?;
        let (mut rows, mut late) = (Vec::new(), Vec::new());
        for (row, outcome) in dataset.targets.0.iter().enumerate() {
            if let Outcome::Paid { days } = outcome {
                let view = table.invoice(row);
                let days_past_due = f64::from(view.cutoff_day + days - view.rolled_due_day);
                rows.push(row);
                late.push(days_past_due.clamp(LATENESS_BOUNDS.0, LATENESS_BOUNDS.1));
            }
        }
        let mut features = all.select(Axis(0), &rows);
        let scaling = Scaling::of(&features);
        scaling.apply_all(&mut features);
        let data = DatasetBase::new(features, Array1::from(late));
        let fitted = ElasticNet::params()
            .penalty(self.0.penalty)
            .l1_ratio(self.0.l1_ratio)
            .fit(&data)
            .map_err(|error| Error::Linfa(error.to_string()))?;
        let predicted = data.records.dot(fitted.hyperplane()) + fitted.intercept();
        let mut residuals = (&data.targets - &predicted).to_vec();
        residuals.sort_unstable_by(f64::total_cmp);
        Ok(DeltaModel {
            features: table
                .feature_names()
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            coefficients: fitted.hyperplane().to_vec(),
            intercept: fitted.intercept(),
            scaling,
            residuals: quantiles(&residuals),
        })
    }
}

/// Evenly spaced quantiles of sorted values.
fn quantiles(sorted: &[f64]) -> Vec<f64> {
    (1..=QUANTILES)
        .map(|rank| sorted[(rank * sorted.len() / (QUANTILES + 1)).min(sorted.len() - 1)])
        .collect()
}

impl DeltaModel {
    /// Checks that the parameters fit together and the feature list of this code.
    pub(crate) fn check(&self) -> Result<(), String> {
        let features = crate::features::features().len();
        matrix::check_numbers("coefficients", &self.coefficients, features)?;
        matrix::check_numbers("intercept", &[self.intercept], 1)?;
        matrix::check_numbers("residuals", &self.residuals, QUANTILES)?;
        self.scaling.check(features)
    }

    /// Returns the distributions of all rows.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    pub fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let mut features = matrix::features(table)?;
        self.scaling.apply_all(&mut features);
        let late = features.dot(&Array1::from(self.coefficients.clone())) + self.intercept;
        (0..table.len())
            .map(|row| {
                let view = table.invoice(row);
                let centre = late[row] + f64::from(view.rolled_due_day - view.cutoff_day);
                PaymentDistribution::from_cdf(self.conditional(centre))
            })
            .collect()
    }

    /// Cumulative probabilities of days ahead around `centre`, given that payment lies ahead.
    fn conditional(&self, centre: f64) -> Vec<f32> {
        let share = |ahead: f64| share_below(&self.residuals, ahead + 0.5 - centre);
        let past = share(0.0);
        (1..=HORIZON_DAYS)
            .map(|ahead| {
                let ahead = f64::from(u32::try_from(ahead).expect("the horizon fits u32"));
                let thin = 1.0 - (1.0 - THIN_HAZARD).powf(ahead);
                let by_residuals = if past < 1.0 {
                    (share(ahead) - past) / (1.0 - past)
                } else {
                    thin
                };
                single(THIN_WEIGHT * thin + (1.0 - THIN_WEIGHT) * by_residuals)
            })
            .collect()
    }
}

fn share_below(sorted: &[f64], value: f64) -> f64 {
    let below = u32::try_from(sorted.partition_point(|residual| *residual < value)).expect("few quantiles");
    f64::from(below) / f64::from(u32::try_from(sorted.len().max(1)).expect("few quantiles"))
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for DeltaModel {
    /// Predicts every row.
    ///
    /// # Panics
    ///
    /// When a feature is not finite; [`DeltaModel::distributions`] returns that as an error.
    fn predict_inplace<'a>(&'a self, table: &'a FeatureTable, predictions: &mut Vec<PaymentDistribution>) {
        *predictions = self.distributions(table).expect("features of a table are finite");
    }

    fn default_target(&self, table: &FeatureTable) -> Vec<PaymentDistribution> {
        Vec::with_capacity(table.len())
    }
}
