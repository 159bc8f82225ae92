//! Cash received, week by week: what a forecast is compared with.

use std::collections::BTreeMap;

use polars::prelude::{DataType, PolarsError, col, lit};

use super::Error;
use crate::domain::date::{add_days, day_number, from_day_number, monday_of};
use crate::domain::{Currency, Date};
use crate::history::{Snapshot, Table};

/// Name under which errors report the settlements, which are several tables read as one.
const SETTLEMENTS: &str = "settlements";
/// Days of a week.
const WEEK: i32 = 7;

/// Cash received in one ISO week and one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekReceipts {
    /// Currency of the invoices that were paid.
    pub currency: Currency,
    /// The Monday.
    pub start: Date,
    /// The Sunday; in the week under way, the cut-off.
    pub end: Date,
    /// Received from `start` to `end`, in minor units.
    pub received_minor: i64,
}

/// Returns the cash received in the last `weeks` whole ISO weeks and in the week under way, by currency and
/// time, as known at the cut-off.
///
/// A week without cash is a row of zero, in every currency that has an invoice. The week under way is there
/// unless the cut-off is a Sunday.
///
/// # Errors
///
/// [`Error::History`], [`Error::Table`] or [`Error::CellInvalid`] if the ledger cannot be read.
pub fn week_receipts(snapshot: &Snapshot, weeks: u32) -> Result<Vec<WeekReceipts>, Error> {
    let cutoff = snapshot.cutoff();
    // The Monday after the last whole week.
    let next_monday = monday_of(add_days(cutoff, 1));
    let first_day = day_number(next_monday).saturating_sub_unsigned(weeks.saturating_mul(7));
    let currencies = currencies(snapshot)?;
    let mut sums: BTreeMap<(Currency, i32), i64> = BTreeMap::new();
    for currency in currencies.values() {
        let mut monday = first_day;
        while monday <= day_number(cutoff) {
            sums.insert((*currency, monday), 0);
            monday += WEEK;
        }
    }
    for (invoice_id, day, minor) in cash_since(snapshot, first_day)? {
        // A payment may be known before its invoice is; its currency is not known then.
        let Some(currency) = currencies.get(&invoice_id) else {
            continue;
        };
        let monday = day - (day - first_day).rem_euclid(WEEK);
        if let Some(sum) = sums.get_mut(&(*currency, monday)) {
            *sum = sum.saturating_add(minor);
        }
    }
    Ok(sums
        .into_iter()
        .map(|((currency, monday), received_minor)| WeekReceipts {
            currency,
            start: from_day_number(monday),
            end: from_day_number(monday + WEEK - 1).min(cutoff),
            received_minor,
        })
        .collect())
}

/// The currency of every invoice.
fn currencies(snapshot: &Snapshot) -> Result<BTreeMap<String, Currency>, Error> {
    let table = Table::Invoices.name();
    let failed = |source: PolarsError| Error::Table { table, source };
    let query = snapshot
        .table(Table::Invoices)
        .select([col("invoice_id"), col("currency")]);
    let frame = snapshot.collect(query)?;
    let ids = frame
        .column("invoice_id")
        .and_then(|ids| ids.str())
        .map_err(failed)?;
    let codes = frame
        .column("currency")
        .and_then(|codes| codes.str())
        .map_err(failed)?;
    let mut currencies = BTreeMap::new();
    for (id, code) in ids.iter().zip(codes.iter()) {
        let (Some(id), Some(code)) = (id, code) else {
            continue;
        };
        let currency = Currency::parse(code).map_err(|_| Error::CellInvalid {
            table,
            column: "currency",
        })?;
        currencies.insert(id.to_owned(), currency);
    }
    Ok(currencies)
}

/// Invoice, day and amount of the cash that came from a day on until the cut-off.
fn cash_since(snapshot: &Snapshot, first_day: i32) -> Result<Vec<(String, i32, i64)>, Error> {
    let failed = |source: PolarsError| Error::Table {
        table: SETTLEMENTS,
        source,
    };
    let query = snapshot
        .settlements()
        .filter(col("kind").eq(lit("cash")))
        .select([
            col("invoice_id"),
            col("date").cast(DataType::Int32).alias("day"),
            col("amount_minor"),
        ])
        .filter(col("day").gt_eq(lit(first_day)))
        .filter(col("day").lt_eq(lit(day_number(snapshot.cutoff()))));
    let frame = snapshot.collect(query)?;
    let ids = frame
        .column("invoice_id")
        .and_then(|ids| ids.str())
        .map_err(failed)?;
    let days = frame.column("day").and_then(|days| days.i32()).map_err(failed)?;
    let amounts = frame
        .column("amount_minor")
        .and_then(|amounts| amounts.i64())
        .map_err(failed)?;
    let mut cash = Vec::with_capacity(frame.height());
    for ((id, day), minor) in ids.iter().zip(days.iter()).zip(amounts.iter()) {
        if let (Some(id), Some(day), Some(minor)) = (id, day, minor) {
            cash.push((id.to_owned(), day, minor));
        }
    }
    Ok(cash)
}
