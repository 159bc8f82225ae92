//! The cash forecast with everything that the ledger knows: open invoices, billing to come, groups and rates.

use polars::prelude::{SortMultipleOptions, col};

use super::report::{Beside, billing_remark};
use super::{Error, Prediction, View};
use crate::app::output;
use crate::app::report::PastForecast;
use crate::domain::{Currency, Money};
use crate::forecast::{
    self, Attributes, BillingPlan, BillingReport, CashBook, CashForecast, ForecastPlan, Rates, Simulated,
    Translation,
};
use crate::history::{Snapshot, Table};

/// Whether a forecast holds what is not billed yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Billing {
    /// Recurring and new billing are found in the ledger and added, beside what is planned.
    Added(BillingPlan),
    /// Open invoices alone.
    LeftOut,
}

impl Default for Billing {
    fn default() -> Self {
        Self::Added(BillingPlan::default())
    }
}

/// A forecast, with what it was made of.
#[derive(Debug)]
pub struct Cash<'a> {
    /// What was added up.
    pub book: CashBook<'a>,
    /// The billing that was found; `None` where it was left out.
    pub found: Option<BillingReport>,
    /// Credit notes that name no invoice, added up by currency: nobody knows which receipt they will reduce.
    pub unapplied_credits: Vec<Money>,
    /// The forecast and its draws.
    pub simulated: Simulated,
}

impl Cash<'_> {
    /// Returns the forecast.
    #[must_use]
    pub fn forecast(&self) -> &CashForecast {
        self.simulated.forecast()
    }

    /// Returns what the reader should know of what is not in the forecast.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let credits = self.unapplied_credits.iter().map(|credit| {
            format!(
                "credit notes of {credit} name no invoice: what they will reduce is not known, and they are not in \
                 the forecast"
            )
        });
        credits
            .chain(self.found.iter().flat_map(BillingReport::plan_remarks))
            .collect()
    }

    /// Returns what the treasurer's page says beside the forecast and the ledger.
    #[must_use]
    pub fn beside(&self, past: Vec<PastForecast>) -> Beside {
        Beside {
            past,
            remarks: self.remarks(),
        }
    }

    fn remarks(&self) -> Vec<(String, String)> {
        let credits = self.unapplied_credits.iter().map(|credit| {
            let text = format!("credit notes of {credit} name no invoice and are not in the forecast");
            ("unapplied credits".to_owned(), text)
        });
        self.found.iter().map(billing_remark).chain(credits).collect()
    }
}

/// Adds up the credit notes of a snapshot that name no invoice.
fn unapplied_credits(snapshot: &Snapshot) -> Result<Vec<Money>, Error> {
    let query = snapshot
        .table(Table::CreditNotes)
        .filter(col("invoice_id").is_null())
        .group_by_stable([col("currency")])
        .agg([col("amount_minor").sum()])
        .sort(["currency"], SortMultipleOptions::default());
    let frame = snapshot.collect(query)?;
    let currencies = frame.column("currency").and_then(|column| column.str());
    let amounts = frame.column("amount_minor").and_then(|column| column.i64());
    let rows = currencies
        .map_err(output::Error::Read)?
        .iter()
        .zip(amounts.map_err(output::Error::Read)?.iter());
    rows.filter_map(|(currency, minor)| Some((currency?, minor?)))
        .map(|(currency, minor)| {
            let currency = Currency::parse(currency).map_err(forecast::Error::from)?;
            Ok(Money::from_minor(minor, currency))
        })
        .collect()
}

/// Returns the book that a forecast adds up, and the billing that was found for it.
///
/// # Errors
///
/// [`Error::Forecast`] when the ledger cannot be read or the predictions are no book.
pub fn book<'a>(
    view: &View,
    prediction: &'a Prediction,
    plan: &ForecastPlan,
    billing: &Billing,
) -> Result<(CashBook<'a>, Option<BillingReport>), Error> {
    plan.check()?;
    let attributes = Attributes::read(&view.snapshot)?;
    let book = CashBook::new(prediction.as_of, &prediction.rows, &attributes)?;
    Ok(match billing {
        Billing::LeftOut => (book, None),
        Billing::Added(planned) => {
            let found = forecast::billing_with_plan(&view.snapshot, &attributes, planned, plan.horizon_days)?;
            let report = found.report.clone();
            (book.with_billing(found), Some(report))
        }
    })
}

/// Forecasts the cash of a predicted book.
///
/// # Errors
///
/// Those of [`book`] and of [`forecast::simulate`](forecast::simulate()).
pub fn forecast<'a>(
    view: &View,
    prediction: &'a Prediction,
    plan: &ForecastPlan,
    billing: &Billing,
) -> Result<Cash<'a>, Error> {
    let (book, found) = book(view, prediction, plan, billing)?;
    let simulated = forecast::simulate(&book, plan)?;
    Ok(Cash {
        book,
        found,
        unapplied_credits: unapplied_credits(&view.snapshot)?,
        simulated,
    })
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
