//! `hazard`: a discrete-time hazard, fitted by logistic regression on day-ahead rows.
//!
//! **What it assumes.** On every coming day an open invoice is paid with a probability whose
//! log-odds are a sum of terms ([`design`](crate::model::design)): the payer's own hazard at that
//! lateness, its payment-run calendar, the bank calendar, and features of invoice and book.
//!
//! **Formula.** `logit h(i, k) = a + b'x(i, k)`; `P(paid by k) = 1 - prod_{u<=k} (1 - h(i, u))`.
//! With an open invoice counted on each day it was seen unpaid, the likelihood of the rows is
//! exactly that of grouped, right-censored survival times (Allison 1982; Singer and Willett 1993).
//!
//! **Sampling.** Days without payment are kept at a rate `r` that depends on the days ahead and on
//! whether it is a weekend; the offset `-ln r` while fitting makes this exact for a logistic model
//! (Prentice and Pyke 1979).
//!
//! **Fitted values.** One coefficient a column, on standardised features; see the names in `model.json`.
//!
//! **When it is wrong.** Where terms interact beyond what the payer hazards express. Beyond 91 days it carries on the hazard of the last four weeks.
//!
//! **Cost.** Rows are capped, so fitting takes seconds whatever the size of the ledger.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::day_rows;
use crate::model::design::{self, Design, Terms};
use crate::model::distribution::single;
use crate::model::endings::OtherEndings;
use crate::model::logistic::SparseLogisticParams;
use crate::model::matrix::{self, Scaling};
use crate::model::records::Outcomes;
use crate::model::sparse_rows::SparseRows;
use crate::model::{Error, PaymentDistribution};

/// Day-ahead rows written by one task.
const DESIGN_ROWS: usize = 4096;

/// Hyperparameters of [`HazardModel`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `penalty` | 3.0 | L2 penalty on the coefficients; features are standardised, day terms are not | at least 0 |
/// | `day_rows_max` | 160,000 | day-ahead rows to fit on, or twice the payments where these are more than half of it | at least 1,000 |
/// | `iterations_max` | 120 | L-BFGS iterations | at least 1 |
/// | `seed` | 20261122 | seed of the sample of days | any |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardParams {
    penalty: f64,
    day_rows_max: u32,
    iterations_max: u32,
    seed: u64,
}

impl Default for HazardParams {
    fn default() -> Self {
        Self {
            penalty: std::env::var("DC_HPEN").ok().and_then(|v| v.parse().ok()).unwrap_or(3.0),
            day_rows_max: 160_000,
            iterations_max: 120,
            seed: 20_261_122,
        }
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
            return Err(Error::Parameter {
                name: "penalty",
                allowed: "at least 0",
                given: self.penalty,
            });
        }
        if self.day_rows_max < 1_000 {
            let given = f64::from(self.day_rows_max);
            return Err(Error::Parameter {
                name: "day_rows_max",
                allowed: "at least 1000",
                given,
            });
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
    pub(crate) other_endings: OtherEndings,
    day_rows: usize,
    payments: usize,
    iterations: u64,
}

impl Fit<FeatureTable, Outcomes, Error> for HazardValidParams {
    type Object = HazardModel;

    /// Fits on open invoices at past cut-offs and what became of them.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<HazardModel, Error> {
        let (table, outcomes) = (&dataset.records, &dataset.targets.0);
        let features = matrix::features(table)?;
        let scaling = Scaling::of(&features);
        let design = Design::of_matrix(table, features, &scaling)?;
        let rows = day_rows::draw(table, outcomes, self.0.day_rows_max, self.0.seed);
        let parts: Vec<SparseRows> = rows
            .par_chunks(DESIGN_ROWS)
            .map(|days| {
                let mut part = SparseRows::new(design.width());
                let mut terms = Terms::new();
                for day in days {
                    design.fill(day.row, day.ahead, &mut terms);
                    let values = terms.iter().map(|(column, value)| (*column, single(*value)));
                    part.push(values, day.offset, 1.0);
                }
                part
            })
            .collect();
        let mut sparse = SparseRows::new(design.width());
        parts.into_iter().for_each(|part| sparse.append(part));
        let paid: Vec<bool> = rows.iter().map(|day| day.paid).collect();
        // A day that was kept at a rate stands for one over the rate: the average is over all days.
        let column_means = sparse.column_means(|row| rows[row].stands_for());
        let payments = paid.iter().filter(|paid| **paid).count();
        let estimator = SparseLogisticParams {
            penalty: self.0.penalty,
            iterations_max: self.0.iterations_max,
            ..SparseLogisticParams::default()
        };
        let fitted = estimator.check()?.fit(&DatasetBase::new(sparse, paid))?;
        Ok(HazardModel {
            columns: design::column_names(table),
            coefficients: fitted.coefficients,
            column_means,
            intercept: fitted.intercept,
            scaling,
            other_endings: OtherEndings::fit(table, outcomes),
            day_rows: rows.len(),
            payments,
            iterations: fitted.iterations,
        })
    }
}

impl HazardModel {
    /// Returns the log-odds of payment on each day of the horizon of row `row`.
    pub(crate) fn log_odds(&self, design: &Design<'_>, row: usize, terms: &mut Terms) -> Vec<f64> {
        design.log_odds(row, self.intercept, &self.coefficients, terms)
    }

    pub(crate) fn log_odds_with(&self, other: &crate::model::logistic::SparseLogistic, design: &Design<'_>, row: usize, terms: &mut Terms) -> Vec<f64> {
        design.log_odds(row, other.intercept, &other.coefficients, terms)
    }

    /// Returns the distributions of all rows, as if nothing but cash could end an invoice.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    pub fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let design = Design::new(table, &self.scaling)?;
        (0..table.len())
            .into_par_iter()
            .map_init(Terms::new, |terms, row| {
                let log_odds = self.log_odds(&design, row, terms);
                PaymentDistribution::from_hazards(log_odds.into_iter().map(logistic))
            })
            .collect()
    }

    /// Checks that the parameters fit together and the feature list of this code.
    pub(crate) fn check(&self) -> Result<(), String> {
        let features = crate::features::features().len();
        let columns = 2 * features + design::DAY_TERMS;
        if self.columns.len() != columns {
            return Err(format!("columns must be {columns}, are {}", self.columns.len()));
        }
        matrix::check_numbers("coefficients", &self.coefficients, columns)?;
        matrix::check_numbers("column_means", &self.column_means, columns)?;
        matrix::check_numbers("intercept", &[self.intercept], 1)?;
        self.other_endings.check()?;
        self.scaling.check(features)
    }

    /// Contribution of each column to the log-odds of payment on day `ahead`, against the average row.
    pub(crate) fn contributions(&self, design: &Design<'_>, row: usize, ahead: usize) -> Vec<f64> {
        let mut terms = Terms::new();
        design.fill(row, ahead, &mut terms);
        let mut centred: Vec<f64> = self.column_means.iter().map(|mean| -mean).collect();
        for (column, value) in terms {
            centred[column] += value;
        }
        centred
            .iter()
            .zip(&self.coefficients)
            .map(|(value, coefficient)| value * coefficient)
            .collect()
    }

    /// Prepares a table for [`HazardModel::contributions`].
    pub(crate) fn design<'a>(&self, table: &'a FeatureTable) -> Result<Design<'a>, Error> {
        Design::new(table, &self.scaling)
    }
}

/// The probability of log-odds.
pub(crate) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
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
