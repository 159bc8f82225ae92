//! `late_risk`: probability of late payment by linfa's logistic regression, calibrated.
//!
//! **What it assumes.** The log-odds of being unpaid at the end of the due date are linear in the
//! features. The shape of the distribution before and after the due date is the customer's own
//! ([`customer_histogram`](crate::model::baseline)), scaled so that both sides weigh as it says.
//!
//! **Calibration.** The line is fitted on the older three quarters of the rows, and
//! isotonic regression (linfa-linear) of the outcome on its log-odds on the newest quarter.
//!
//! **When it is wrong.** For invoices already overdue it adds nothing to the customer's histogram.
//!
//! **Cost.** Seconds for 100,000 rows.

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict, PredictInplace};
use linfa_linear::IsotonicRegression;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::Error;
use crate::model::baseline;
use crate::model::distribution::{PaymentDistribution, single};
use crate::model::matrix::{self, Scaling};
use crate::model::outcome::Outcome;
use crate::model::records::Outcomes;

/// Share of the rows, newest first, that calibration has to itself.
const CALIBRATION_SHARE: f64 = 0.25;
/// Log-odds at which the calibration curve is kept.
const GRID: usize = 81;
const GRID_BOUND: f64 = 6.0;
/// Calibrated probabilities stay this far from certainty.
const PROBABILITY_MIN: f64 = 0.005;

/// Hyperparameters of [`LateRiskModel`], unchecked: `penalty`, the L2 penalty (default 1, at least 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LateRiskParams {
    /// L2 penalty on coefficients of standardised features.
    pub penalty: f64,
}

impl Default for LateRiskParams {
    fn default() -> Self {
        Self { penalty: 1.0 }
    }
}

impl LateRiskParams {
    /// Checks the range.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a negative penalty.
    pub fn check(self) -> Result<LateRiskValidParams, Error> {
        if self.penalty.is_finite() && self.penalty >= 0.0 {
            Ok(LateRiskValidParams(self))
        } else {
            Err(Error::Parameter {
                name: "penalty",
                allowed: "at least 0",
                given: self.penalty,
            })
        }
    }
}

/// Checked hyperparameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LateRiskValidParams(LateRiskParams);

/// A fitted, calibrated classifier of late payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LateRiskModel {
    features: Vec<String>,
    coefficients: Vec<f64>,
    intercept: f64,
    scaling: Scaling,
    /// Calibrated probability at evenly spaced log-odds.
    calibration: Vec<f64>,
}

impl Fit<FeatureTable, Outcomes, Error> for LateRiskValidParams {
    type Object = LateRiskModel;

    /// Fits on rows that were not yet due and of which it is known whether they were paid in time.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<LateRiskModel, Error> {
        let table = &dataset.records;
        let (rows, late) = known_lateness(table, &dataset.targets.0);
        if rows.len() < 20 || late.iter().all(|other| *other == late[0]) {
            return Err(Error::Linfa(
                "late_risk needs invoices paid in time and late among those seen before due".into(),
            ));
        }
        let mut features = matrix::features(table)?.select(Axis(0), &rows);
        let scaling = Scaling::of(&features);
        scaling.apply_all(&mut features);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a row count"
        )]
        let split = ((1.0 - CALIBRATION_SHARE) * rows.len() as f64) as usize;
        let both = |from: usize, to: usize| (1..to - from).any(|row| late[from + row] != late[from]);
        let split = if both(0, split) { split } else { rows.len() };
        let older = DatasetBase::new(
            features.view().split_at(Axis(0), split).0.to_owned(),
            Array1::from_iter(late[..split].iter().copied()),
        );
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let fitted = LogisticRegression::default()
            .alpha(self.0.penalty)
            .gradient_tolerance(1e-5 * split as f64)
            .fit(&older)
            .map_err(|error| Error::Linfa(error.to_string()))?;
        let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
        let coefficients: Vec<f64> = fitted.params().iter().map(|value| sign * value).collect();
        let intercept = sign * fitted.intercept();
        let log_odds = features.dot(&Array1::from(coefficients.clone())) + intercept;
        let newest = if split < rows.len() { split } else { 0 };
        let calibration = calibrate(&log_odds.to_vec()[newest..], &late[newest..])?;
        let features = table
            .feature_names()
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        Ok(LateRiskModel {
            features,
            coefficients,
            intercept,
            scaling,
            calibration,
        })
    }
}

/// Rows not yet due at their cut-off, and whether they were unpaid at the end of the due date.
fn known_lateness(table: &FeatureTable, outcomes: &[Outcome]) -> (Vec<usize>, Vec<usize>) {
    let (mut rows, mut late) = (Vec::new(), Vec::new());
    for (row, outcome) in outcomes.iter().enumerate() {
        let view = table.invoice(row);
        let to_due = view.due_day - view.cutoff_day;
        let is_late = match outcome {
            Outcome::Paid { days } => Some(*days > to_due),
            Outcome::EndedOtherwise { days } | Outcome::Open { days_observed: days } => {
                (*days >= to_due).then_some(true)
            }
        };
        if let (true, Some(is_late)) = (to_due > 0, is_late) {
            rows.push(row);
            late.push(usize::from(is_late));
        }
    }
    (rows, late)
}

/// Isotonic regression of the outcome on the log-odds, read off on a grid.
fn calibrate(log_odds: &[f64], late: &[usize]) -> Result<Vec<f64>, Error> {
    let records = Array2::from_shape_vec((log_odds.len(), 1), log_odds.to_vec())
        .map_err(|error| Error::Linfa(error.to_string()))?;
    let targets: Array1<f64> = late
        .iter()
        .map(|late| if *late == 1 { 1.0 } else { 0.0 })
        .collect();
    let fitted = IsotonicRegression::new()
        .fit(&DatasetBase::new(records, targets))
        .map_err(|error| Error::Linfa(error.to_string()))?;
    let grid = Array2::from_shape_fn((GRID, 1), |(step, _)| grid_point(step));
    let curve: Array1<f64> = fitted.predict(&grid);
    Ok(curve
        .iter()
        .map(|value| value.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN))
        .collect())
}

fn grid_point(step: usize) -> f64 {
    let steps = f64::from(u32::try_from(GRID - 1).expect("a small grid"));
    2.0 * GRID_BOUND * f64::from(u32::try_from(step).expect("a small grid")) / steps - GRID_BOUND
}

impl LateRiskModel {
    /// Calibrated probability at `log_odds`, linear between grid points.
    fn probability(&self, log_odds: f64) -> f64 {
        let bounded = log_odds.clamp(-GRID_BOUND, GRID_BOUND);
        let above = (1..GRID - 1)
            .find(|step| grid_point(*step) >= bounded)
            .unwrap_or(GRID - 1);
        let (low, high) = (grid_point(above - 1), grid_point(above));
        let part = (bounded - low) / (high - low);
        self.calibration[above - 1] * (1.0 - part) + self.calibration[above] * part
    }

    /// Checks that the parameters fit together and the feature list of this code.
    pub(crate) fn check(&self) -> Result<(), String> {
        let features = crate::features::features().len();
        matrix::check_numbers("coefficients", &self.coefficients, features)?;
        matrix::check_numbers("intercept", &[self.intercept], 1)?;
        matrix::check_numbers("calibration", &self.calibration, GRID)?;
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
        let log_odds = features.dot(&Array1::from(self.coefficients.clone())) + self.intercept;
        let shapes = baseline::customer_histogram(table)?;
        shapes
            .into_iter()
            .enumerate()
            .map(|(row, shape)| {
                let view = table.invoice(row);
                let to_due = view.due_day - view.cutoff_day;
                match usize::try_from(to_due) {
                    Ok(to_due) if (1..=HORIZON_DAYS).contains(&to_due) => PaymentDistribution::from_cdf(
                        reweigh(shape.days(), to_due, self.probability(log_odds[row])),
                    ),
                    _ => Ok(shape),
                }
            })
            .collect()
    }
}

/// Scales the part up to day `to_due` to `1 - late` and the part after it to `late`.
fn reweigh(days: &[f32], to_due: usize, late: f64) -> Vec<f32> {
    let in_time = f64::from(days[to_due - 1]);
    let mut highest = 0.0_f32;
    days.iter()
        .enumerate()
        .map(|(index, paid)| {
            let paid = f64::from(*paid);
            let scaled = if index + 1 < to_due {
                if in_time > 0.0 {
                    paid * (1.0 - late) / in_time
                } else {
                    0.0
                }
            } else if in_time < 1.0 {
                1.0 - (1.0 - paid) * late / (1.0 - in_time)
            } else {
                1.0 - late
            };
            // Rounding to single precision must not make the curve fall.
            highest = highest.max(single(scaled.clamp(0.0, 1.0)));
            highest
        })
        .collect()
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for LateRiskModel {
    /// Predicts every row.
    ///
    /// # Panics
    ///
    /// When a feature is not finite; [`LateRiskModel::distributions`] returns that as an error.
    fn predict_inplace<'a>(&'a self, table: &'a FeatureTable, predictions: &mut Vec<PaymentDistribution>) {
        *predictions = self.distributions(table).expect("features of a table are finite");
    }

    fn default_target(&self, table: &FeatureTable) -> Vec<PaymentDistribution> {
        Vec::with_capacity(table.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reweighing_puts_the_stated_mass_after_the_due_date() {
        let days: Vec<f32> = (1..=91_u8).map(|day| f32::from(day) / 100.0).collect();
        let reweighed = reweigh(&days, 10, 0.7);
        assert!((f64::from(reweighed[9]) - 0.3).abs() < 1e-6);
        assert!(reweighed.is_sorted());
    }
}
