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
use serde::{Deserialize, Serialize};

use crate::features::FeatureTable;
use crate::model::cash_model::{CashModel, PaidBy, Scratch, chained};
use crate::model::coming_day::ComingDay;
use crate::model::day_rows;
use crate::model::design::{self, Line};
use crate::model::endings::OtherEndings;
use crate::model::invoice_input::{Inputs, InvoiceInput};
use crate::model::logistic::SparseLogisticParams;
use crate::model::matrix::{self, Scaling};
use crate::model::outcome::Outcome;
use crate::model::payer_day::PayerDay;
use crate::model::records::Outcomes;
use crate::model::roll_rates::RollRates;
use crate::model::{Error, PaymentDistribution};

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
            penalty: 3.0,
            day_rows_max: 160_000,
            iterations_max: 120,
            seed: 20_261_122,
        }
    }
}

impl HazardParams {
    /// Day-ahead rows that must be allowed.
    pub(crate) const DAY_ROWS_MIN: u32 = 1_000;

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
        if self.day_rows_max < Self::DAY_ROWS_MIN {
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
    intercept: f64,
    scaling: Scaling,
    pub(crate) other_endings: OtherEndings,
    pub(crate) roll_rates: RollRates,
    day_rows: usize,
    payments: usize,
    iterations: u64,
}

impl Fit<FeatureTable, Outcomes, Error> for HazardValidParams {
    type Object = HazardModel;

    /// Fits on open invoices at past cut-offs and what became of them.
    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<HazardModel, Error> {
        self.fit_first(&Inputs::new(&dataset.records)?, &dataset.targets.0)
    }
}

impl HazardValidParams {
    /// Fits on the first invoices of a table: as many as there are outcomes.
    pub(crate) fn fit_first(&self, inputs: &Inputs<'_>, outcomes: &[Outcome]) -> Result<HazardModel, Error> {
        let scaling = inputs.scaling(outcomes.len());
        let rows = day_rows::draw(inputs.table(), outcomes, self.0.day_rows_max, self.0.seed);
        let width = design::width(inputs.feature_count());
        let sparse = design::rows(inputs, &scaling, &rows, width, |_, _| ());
        let paid: Vec<bool> = rows.iter().map(|day| day.paid).collect();
        let payments = paid.iter().filter(|paid| **paid).count();
        let estimator = SparseLogisticParams {
            penalty: self.0.penalty,
            iterations_max: self.0.iterations_max,
            ..SparseLogisticParams::default()
        };
        let fitted = estimator.check()?.fit(&DatasetBase::new(sparse, paid))?;
        Ok(HazardModel {
            columns: design::column_names(inputs.table()),
            coefficients: fitted.coefficients,
            intercept: fitted.intercept,
            scaling,
            other_endings: OtherEndings::fit(inputs.table(), outcomes),
            roll_rates: RollRates::fit(inputs.table(), outcomes),
            day_rows: rows.len(),
            payments,
            iterations: fitted.iterations,
        })
    }
}

impl CashModel for HazardModel {
    fn paid_by(&self, invoices: &[InvoiceInput<'_>], _: &mut Scratch) -> Vec<PaidBy> {
        let Some(first) = invoices.first() else {
            return Vec::new();
        };
        let payer = PayerDay::all(&first.view);
        let invoices = invoices.iter().map(|input| {
            let days = ComingDay::all(input, &payer);
            let [log_odds] = design::log_odds(input, &days, &self.scaling, [self.line()]);
            chained(log_odds)
        });
        invoices.collect()
    }

    fn feature_means(&self) -> &[f64] {
        &self.scaling.mean
    }
}

impl HazardModel {
    /// The fitted regression.
    pub(crate) fn line(&self) -> Line<'_> {
        Line {
            intercept: self.intercept,
            coefficients: &self.coefficients,
        }
    }

    /// Location and scale of the features it was fitted on.
    pub(crate) fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// Checks that the parameters fit together and the feature list of this code.
    pub(crate) fn check(&self) -> Result<(), String> {
        let features = crate::features::features().len();
        let columns = design::width(features);
        if self.columns.len() != columns {
            return Err(format!("columns must be {columns}, are {}", self.columns.len()));
        }
        matrix::check_numbers("coefficients", &self.coefficients, columns)?;
        matrix::check_numbers("intercept", &[self.intercept], 1)?;
        self.other_endings.check()?;
        self.roll_rates.check()?;
        self.scaling.check(features)
    }
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for HazardModel {
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
