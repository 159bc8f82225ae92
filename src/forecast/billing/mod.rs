//! Layers B and C of a forecast. In: `Snapshot`, [`Attributes`], perhaps a [`BillingPlan`]. Out: [`Billing`].
//!
//! By week six to eight most cash comes from invoices that are not written yet.
//!
//! - **Recurring billing (B)** has a customer, an amount and a date: rhythms found in the ledger (`recurring`), or a
//!   plan that is given, which takes their place. Each expected invoice is an item like an open one.
//! - **New billing (C)** is what no rhythm accounts for (`net`), by currency, entity and segment: a weekly level
//!   (`level`, `season`) with the errors it would have had, and a lag from issue to cash (`lag`). It is a stream.
//!
//! Everything is a function of the snapshot: what was recorded after the cut-off changes nothing, and what
//! will be recorded late is allowed for by the delay seen so far (`recording`).

mod history;
mod items;
mod lag;
mod level;
mod net;
mod numbers;
mod planned;
mod recording;
mod recurring;
mod report;
mod season;
mod streams;
mod terms;

use std::collections::BTreeSet;

use super::{Attributes, BillingStream, CashItem, Error, HORIZON_DAYS_MAX};
use crate::history::Snapshot;

pub(super) use planned::listed;
pub use planned::{BillingPlan, PlanReject, PlannedInvoice};
pub use report::{BillingReport, FoundRhythm, FoundStream, LevelMethod};

/// What is expected to be billed after the cut-off, and how it is paid.
#[derive(Clone, Debug)]
pub struct Billing {
    /// Layer B: recurring and planned invoices.
    pub recurring: Vec<CashItem<'static>>,
    /// Layer C: new billing, by currency and name.
    pub streams: Vec<BillingStream>,
    /// What was found, for people.
    pub report: BillingReport,
}

/// Finds recurring and new billing in a ledger, for the days up to the horizon.
///
/// # Errors
///
/// Those of [`billing_with_plan`].
pub fn billing(snapshot: &Snapshot, attributes: &Attributes, horizon_days: u32) -> Result<Billing, Error> {
    billing_with_plan(snapshot, attributes, &BillingPlan::default(), horizon_days)
}

/// Finds recurring and new billing in a ledger; of the customers of a plan, the plan tells what recurs.
///
/// # Errors
///
/// - [`Error::HorizonInvalid`] if the horizon is 0 or above [`HORIZON_DAYS_MAX`].
/// - An error of the ledger if it cannot be read.
pub fn billing_with_plan(
    snapshot: &Snapshot,
    attributes: &Attributes,
    plan: &BillingPlan,
    horizon_days: u32,
) -> Result<Billing, Error> {
    let horizon = i32::try_from(horizon_days)
        .ok()
        .filter(|_| (1..=HORIZON_DAYS_MAX).contains(&horizon_days))
        .ok_or(Error::HorizonInvalid {
            given: horizon_days,
            max: HORIZON_DAYS_MAX,
        })?;
    let book = history::Book::read(snapshot)?;
    let last_day = book.cutoff.saturating_add(horizon);
    // A row without cash in the forecast takes no place: neither that of a rhythm nor that of new billing.
    let counting = plan.within(book.cutoff, last_day);
    let rhythms = recurring::find(&book);
    let accounted = net::accounted_for(&book, &rhythms, &counting);
    let wide = lag::wide(&book);
    let streams = streams::streams(&book, &accounted, attributes, &wide.currencies, horizon);
    let cells = streams
        .iter()
        .flat_map(|part| {
            part.cells
                .iter()
                .map(|cell| (cell.clone(), part.stream.lag.clone()))
        })
        .collect();
    let mut layer = items::Recurring {
        book: &book,
        attributes,
        lags: items::Lags { wide: &wide, cells },
        last_day,
        items: Vec::new(),
        report: BillingReport::default(),
    };
    layer.add_rhythms(&rhythms, &counting);
    layer.add_plan(plan);
    let (recurring, mut report) = (layer.items, layer.report);
    let (streams, found) = streams.into_iter().map(|part| (part.stream, part.found)).unzip();
    report.streams = found;
    report.planned_unknown_customers = unknown_customers(snapshot, &book, plan)?;
    Ok(Billing {
        recurring,
        streams,
        report,
    })
}

/// Returns the customers of a plan of whom the ledger knows nothing, sorted.
fn unknown_customers(
    snapshot: &Snapshot,
    book: &history::Book,
    plan: &BillingPlan,
) -> Result<Vec<String>, Error> {
    let mut unknown: BTreeSet<&str> = plan
        .invoices
        .iter()
        .map(|planned| planned.customer_id.as_str())
        .collect();
    for invoice in &book.invoices {
        unknown.remove(invoice.customer_id.as_str());
    }
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let known = history::customer_ids(snapshot)?;
    Ok(unknown
        .into_iter()
        .filter(|customer| !known.contains(*customer))
        .map(str::to_owned)
        .collect())
}
