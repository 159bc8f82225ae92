//! The cash forecast with everything that the ledger knows: open invoices, billing to come, groups and rates.

use super::{Error, Prediction, View};
use crate::domain::Currency;
use crate::forecast::{self, Attributes, CashBook, ForecastPlan, Rates, Simulated, Translation};

/// Whether a forecast holds what is not billed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Recurring and new billing are found in the ledger and added.
    Added,
    /// Open invoices alone.
    LeftOut,
}

/// Returns the book that a forecast adds up.
///
/// # Errors
///
/// [`Error::Forecast`] when the ledger cannot be read or the predictions are no book.
pub fn book<'a>(
    view: &View,
    prediction: &'a Prediction,
    plan: &ForecastPlan,
    billing: Billing,
) -> Result<CashBook<'a>, Error> {
    plan.check()?;
    let attributes = Attributes::read(&view.snapshot)?;
    let book = CashBook::new(prediction.as_of, &prediction.rows, &attributes)?;
    Ok(match billing {
        Billing::LeftOut => book,
        Billing::Added => {
            book.with_billing(forecast::billing(&view.snapshot, &attributes, plan.horizon_days)?)
        }
    })
}

/// Forecasts the cash of a predicted book, with its draws.
///
/// # Errors
///
/// Those of [`book`] and of [`forecast::simulate`](forecast::simulate()).
pub fn simulate(
    view: &View,
    prediction: &Prediction,
    plan: &ForecastPlan,
    billing: Billing,
) -> Result<Simulated, Error> {
    Ok(forecast::simulate(&book(view, prediction, plan, billing)?, plan)?)
}

/// Adds the totals of all currencies up in one, at the latest rates known at the cut-off.
///
/// # Errors
///
/// [`Error::Forecast`] when a rate is missing or the translated amounts are too large.
pub fn translated(view: &View, simulated: &Simulated, into: Currency) -> Result<Translation, Error> {
    let rates = Rates::read(&view.snapshot, view.snapshot.cutoff())?;
    Ok(simulated.translated(into, &rates)?)
}
