//! `hazard`: a discrete-time hazard, fitted by linfa's logistic regression on day-ahead rows.
//!
//! **What it assumes.** On every coming day an open invoice is paid with a probability whose
//! log-odds are a sum of terms ([`design`](crate::model::design)): the payer's own hazard at that
//! lateness, its payment-run calendar, the bank calendar, and features of invoice and book.
//!
//! **Formula.** `logit h(i, k) = a + b'x(i, k) + ln r(k)`; `P(paid by k) = 1 - prod_{u<=k} (1 - h(i, u))`.
//! With an open invoice counted on each day it was seen unpaid, the likelihood of the rows is
//! exactly that of grouped, right-censored survival times (Allison 1982; Singer and Willett 1993).
//!
//! **Sampling.** Days without payment are kept at a rate `r` that depends on the days ahead and on
//! whether it is a weekend; adding `ln r` back is exact for a logistic model (Prentice and Pyke 1979).
//!
//! **Fitted values.** One coefficient a column, on standardised features; see the names in `model.json`.
//!
//! **When it is wrong.** Where terms interact beyond what the payer hazards express; `hazard_trees`
//! is for that. Beyond 91 days it carries on the hazard of the last four weeks.
//!
//! **Cost.** Rows are capped, so fitting takes seconds whatever the size of the ledger.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::design::{self, Design, Terms};
use crate::model::matrix::{self, Scaling};
use crate::model::outcome::Outcome;
use crate::model::records::Outcomes;
use crate::model::{Error, PaymentDistribution};

/// Relative rates at which days without payment are kept: up to a week ahead, a month, beyond.
const AHEAD_RATES: [(usize, f64); 3] = [(7, 1.0), (30, 0.5), (HORIZON_DAYS, 0.25)];
/// Weekends say little, and the same for everyone.
const WEEKEND_RATE: f64 = 0.3;
/// Gradient tolerance a row: linfa's loss is a sum, so its gradient grows with the rows.
const GRADIENT_TOLERANCE_PER_ROW: f64 = 1e-5;

/// Hyperparameters of [`HazardModel`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `penalty` | 3.0 | L2 penalty on coefficients of standardised columns | at least 0 |
/// | `day_rows_max` | 160,000 | day-ahead rows to fit on | at least 1,000 |
/// | `iterations_max` | 120 | L-BFGS iterations | at least 1 |
/// | `seed` | 20261122 | seed of the sample of days | any |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardParams {
    penalty: f64,
    day_rows_max: u32,
    iterations_max: u64,
    seed: u64,
}

impl Default for HazardParams {
    fn default() -> Self {
        Self { penalty: 3.0, day_rows_max: 160_000, iterations_max: 120, seed: 20_261_122 }
    }
}

impl HazardParams {
    /// Sets the L2 penalty.
    #[must_use]
    pub fn penalty(self, penalty: f64) -> Self {
        Self { penalty, ..self }
    }

    /// Sets the number of day-ahead rows to fit on.
    #[must_use]
    pub fn day_rows_max(self, day_rows_max: u32) -> Self {
        Self { day_rows_max, ..self }
    }

    /// Sets the seed of the sample of days.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn check(self) -> Result<HazardValidParams, Error> {
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::Parameter { name: "penalty", allowed: "at least 0", given: self.penalty });
        }
        if self.day_rows_max < 1_000 {
            let given = f64::from(self.day_rows_max);
            return Err(Error::Parameter { name: "day_rows_max", allowed: "at least 1000", given });
        }
        Ok(HazardValidParams(self))
    }
}

/// Checked hyperparameters: the only thing that can be fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardValidParams(HazardParams);

/// A fitted day-ahead hazard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HazardModel {
    pub(crate) columns: Vec<String>,
    pub(crate) coefficients: Vec<f64>,
    pub(crate) column_means: Vec<f64>,
    intercept: f64,
    scaling: Scaling,
    rate: f64,
    day_rows: usize,
    payments: usize,
}

/// One day-ahead row to fit on.
#[derive(Debug, Clone, Copy)]
struct DayRow {
    row: usize,
    ahead: usize,
    paid: bool,
}

/// Relative rate at which a day without payment is kept.
fn relative_rate(ahead: usize, is_weekend: bool) -> f64 {
    let rate = AHEAD_RATES.iter().find(|(last, _)| ahead <= *last).map_or(0.0, |(_, rate)| *rate);
    if is_weekend { rate * WEEKEND_RATE } else { rate }
}

fn is_weekend(table: &FeatureTable, row: usize, ahead: usize) -> bool {
    table.invoice(row).days[ahead - 1].weekday >= 5
}

/// Days on which row `row` was seen, and whether the last of them brought payment.
fn observed(outcome: Outcome) -> (usize, bool) {
    let (days, paid) = match outcome {
        Outcome::Paid { days } => (days, true),
        Outcome::Open { days_observed } => (days_observed, false),
    };
    let days = usize::try_from(days).unwrap_or(0);
    (days.min(HORIZON_DAYS), paid && days <= HORIZON_DAYS)
}

/// Draws the rows to fit on; returns them with the rate to which the relative rates were scaled.
fn draw_rows(table: &FeatureTable, outcomes: &[Outcome], params: &HazardParams) -> (Vec<DayRow>, f64) {
    let mut payments = 0.0;
    let mut others = 0.0;
    for (row, outcome) in outcomes.iter().enumerate() {
        let (days, paid) = observed(*outcome);
        payments += f64::from(u8::from(paid));
        others += (1..=days).map(|ahead| relative_rate(ahead, is_weekend(table, row, ahead))).sum::<f64>();
    }
    let budget = (f64::from(params.day_rows_max) - payments).max(payments);
    let rate = (budget / others.max(1.0)).min(1.0);
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let mut rows = Vec::new();
    for (row, outcome) in outcomes.iter().enumerate() {
        let (days, last_paid) = observed(*outcome);
        for ahead in 1..=days {
            let paid = last_paid && ahead == days;
            let kept = random.random::<f64>() < rate * relative_rate(ahead, is_weekend(table, row, ahead));
            if paid || kept {
                rows.push(DayRow { row, ahead, paid });
            }
        }
    }
    (rows, rate)
}

impl Fit<FeatureTable, Outcomes, Error> for HazardValidParams {
    type Object = HazardModel;

    /// Fits on open invoices at past cut-offs and what became of them.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<HazardModel, Error> {
        let (table, outcomes) = (&dataset.records, &dataset.targets.0);
        let scaling = Scaling::of(&matrix::features(table)?);
        let design = Design::new(table, &scaling)?;
        let (rows, rate) = draw_rows(table, outcomes, &self.0);
        let width = design.width();
        let mut dense = Array2::zeros((rows.len(), width));
        let slice = dense.as_slice_mut().expect("a fresh array is contiguous");
        slice.par_chunks_mut(width).zip(&rows).for_each_init(Terms::new, |terms, (dense, day)| {
            design.fill(day.row, day.ahead, terms, dense);
        });
        let column_means = dense.mean_axis(ndarray::Axis(0)).map_or_else(Vec::new, |means| means.to_vec());
        let paid: Array1<usize> = rows.iter().map(|day| usize::from(day.paid)).collect();
        let payments = paid.sum();
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let tolerance = GRADIENT_TOLERANCE_PER_ROW * rows.len() as f64;
        let fitted = LogisticRegression::default()
            .alpha(self.0.penalty)
            .max_iterations(self.0.iterations_max)
            .gradient_tolerance(tolerance)
            .fit(&DatasetBase::new(dense, paid))
            .map_err(|error| Error::Linfa(error.to_string()))?;
        // linfa models the class it met first or that is larger; its labels say which one that is.
        let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
        Ok(HazardModel {
            columns: design::column_names(table),
            coefficients: fitted.params().iter().map(|value| sign * value).collect(),
            column_means,
            intercept: sign * fitted.intercept(),
            scaling,
            rate,
            day_rows: rows.len(),
            payments,
        })
    }
}

impl HazardModel {
    /// Returns the daily hazards of row `row` over the horizon.
    fn hazards(&self, design: &Design<'_>, table: &FeatureTable, row: usize, terms: &mut Terms) -> Vec<f64> {
        let features = design.features(row);
        let count = features.len();
        let dot = |from: usize| {
            features.iter().zip(&self.coefficients[from..from + count]).map(|(x, b)| x * b).sum::<f64>()
        };
        let (always, overdue) = (self.intercept + dot(0), dot(count));
        (1..=HORIZON_DAYS)
            .map(|ahead| {
                design.day_terms(row, ahead, terms);
                let by_day: f64 = terms.iter().map(|(index, x)| x * self.coefficients[2 * count + index]).sum();
                let late = if design.days_past_due(row, ahead) > 0 { overdue } else { 0.0 };
                let offset = (self.rate * relative_rate(ahead, is_weekend(table, row, ahead))).ln();
                1.0 / (1.0 + (-(always + late + by_day + offset)).exp())
            })
            .collect()
    }

    /// Returns the distributions of all rows.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    pub fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let design = Design::new(table, &self.scaling)?;
        (0..table.len())
            .into_par_iter()
            .map_init(Terms::new, |terms, row| {
                PaymentDistribution::from_hazards(self.hazards(&design, table, row, terms))
            })
            .collect()
    }

    /// Contribution of each column to the log-odds of payment on day `ahead`, against the average row.
    pub(crate) fn contributions(&self, design: &Design<'_>, row: usize, ahead: usize) -> Vec<f64> {
        let mut dense = vec![0.0; design.width()];
        design.fill(row, ahead, &mut Terms::new(), &mut dense);
        let centred = dense.iter().zip(&self.column_means).map(|(value, mean)| value - mean);
        centred.zip(&self.coefficients).map(|(value, coefficient)| value * coefficient).collect()
    }

    /// Prepares a table for [`HazardModel::contributions`].
    pub(crate) fn design<'a>(&self, table: &'a FeatureTable) -> Result<Design<'a>, Error> {
        Design::new(table, &self.scaling)
    }
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for HazardModel {
    /// Predicts every row.
    ///
    /// # Panics
    ///
    /// When a feature is not finite; [`HazardModel::distributions`] returns that as an error.
    fn predict_inplace<'a>(&'a self, table: &'a FeatureTable, predictions: &mut Vec<PaymentDistribution>) {
        *predictions = self.distributions(table).expect("features of a table are finite");
    }

    fn default_target(&self, table: &FeatureTable) -> Vec<PaymentDistribution> {
        Vec::with_capacity(table.len())
    }
}

