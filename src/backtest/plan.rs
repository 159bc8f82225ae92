//! What to replay: the cut-offs, the models and how often they are fitted.

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::forecast::ForecastPlan;
use crate::history::History;
use crate::model::ModelName;

use super::Error;

/// The plan of a backtest.
///
/// # Parameters
///
/// | field | meaning | range |
/// |---|---|---|
/// | `first_cutoff` | first day on which the product is asked | within the ledger |
/// | `last_cutoff` | no cut-off lies after it | at least `first_cutoff`, before the last known day |
/// | `stride_days` | days from one cut-off to the next; 7 by custom | at least 1 |
/// | `models` | the models to replay; a model named twice is replayed once | at least one |
/// | `seed` | of the training samples and of the bootstrap | any |
/// | `refit_every` | folds from one fit to the next; 1 fits at every cut-off | at least 1 |
/// | `forecast` | of the weekly cash; its bucket is always the week here | see [`ForecastPlan`] |
///
/// Cash is scored by the week of the forecast. With cut-offs on Sundays every week is a whole one.
#[derive(Clone, Debug)]
pub struct BacktestPlan {
    /// First day on which the product is asked.
    pub first_cutoff: Date,
    /// No cut-off lies after this day.
    pub last_cutoff: Date,
    /// Days from one cut-off to the next.
    pub stride_days: u32,
    /// The models to replay.
    pub models: Vec<ModelName>,
    /// Seed of the training samples and of the bootstrap.
    pub seed: u64,
    /// Folds from one fit to the next.
    pub refit_every: u32,
    /// How cash is forecast.
    pub forecast: ForecastPlan,
}

impl BacktestPlan {
    /// Returns the cut-offs of the plan, in order, for the given ledger.
    ///
    /// # Errors
    ///
    /// As [`BacktestPlan::cutoffs`], and [`Error::LedgerEmpty`] for a ledger without invoices.
    pub fn check(&self, history: &History) -> Result<Vec<Date>, Error> {
        let (first, last) = history.date_range().ok_or(Error::LedgerEmpty)?;
        self.cutoffs(first, last)
    }

    /// Returns the cut-offs of the plan, in order, for a ledger that knows `first` to `last`.
    ///
    /// # Errors
    ///
    /// - [`Error::NoModels`], [`Error::StrideTooSmall`], [`Error::RefitTooSmall`];
    /// - [`Error::FirstAfterLast`] when the plan ends before it begins;
    /// - [`Error::CutoffOutsideLedger`] when a cut-off has no past or no future in the ledger.
    pub fn cutoffs(&self, first: Date, last: Date) -> Result<Vec<Date>, Error> {
        if self.models.is_empty() {
            return Err(Error::NoModels);
        }
        if self.stride_days == 0 {
            return Err(Error::StrideTooSmall { given: 0 });
        }
        if self.refit_every == 0 {
            return Err(Error::RefitTooSmall { given: 0 });
        }
        if self.first_cutoff > self.last_cutoff {
            return Err(Error::FirstAfterLast {
                first: self.first_cutoff,
                last: self.last_cutoff,
            });
        }
        let from = day_number(self.first_cutoff);
        let to = day_number(self.last_cutoff);
        let stride = usize::try_from(self.stride_days).unwrap_or(usize::MAX);
        let cutoffs: Vec<Date> = (from..=to).step_by(stride).map(from_day_number).collect();
        for &cutoff in &cutoffs {
            if cutoff < first || cutoff >= last {
                return Err(Error::CutoffOutsideLedger { cutoff, first, last });
            }
        }
        Ok(cutoffs)
    }

    /// Returns the models of the plan, each once, in the order given.
    pub fn distinct_models(&self) -> Vec<ModelName> {
        let mut models: Vec<ModelName> = Vec::new();
        for &model in &self.models {
            if !models.contains(&model) {
                models.push(model);
            }
        }
        models
    }
}
