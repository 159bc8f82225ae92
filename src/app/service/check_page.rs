//! The page of what is in a ledger.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::Path;

use polars::prelude::{DataType, col};

use super::{Checkup, Error};
use crate::app::output;
use crate::app::report::{CheckSources, MonthFlow, Report, compose_check};
use crate::domain::date::{from_day_number, month_start};
use crate::domain::{Currency, Date};
use crate::history::{Snapshot, Table};

/// Months with what happened in them, by currency.
type Months = BTreeMap<Currency, BTreeMap<Date, MonthFlow>>;

/// Composes the page of a ledger that was checked.
///
/// # Errors
///
/// - [`Error::History`]: the ledger could not be read.
/// - [`Error::Output`]: a picture could not be drawn, or a column not be read.
pub fn check_page(ledger: &Path, checkup: &Checkup) -> Result<Report, Error> {
    let mut months = Months::new();
    if let Some((_, last)) = checkup.period {
        let snapshot = checkup.history.as_of(last);
        for (day, currency, minor) in sums(&snapshot, Table::Invoices, "invoice_date")? {
            let flow = flow_of(&mut months, currency, day);
            flow.invoiced = flow.invoiced.saturating_add(minor);
        }
        for (day, currency, minor) in sums(&snapshot, Table::Payments, "paid_date")? {
            let flow = flow_of(&mut months, currency, day);
            flow.paid = flow.paid.saturating_add(minor);
        }
    }
    let refusal = checkup.refusal.as_ref().map(told);
    Ok(compose_check(&CheckSources {
        ledger: &ledger.display().to_string(),
        report: &checkup.report,
        period: checkup.period,
        refusal: refusal.as_deref(),
        months: &months,
    })?)
}

fn flow_of(months: &mut Months, currency: Currency, day: Date) -> &mut MonthFlow {
    months
        .entry(currency)
        .or_default()
        .entry(month_start(day))
        .or_default()
}

/// The amounts of a table by day and currency.
fn sums(snapshot: &Snapshot, table: Table, date: &str) -> Result<Vec<(Date, Currency, i64)>, Error> {
    let query = snapshot
        .table(table)
        .select([
            col(date).cast(DataType::Int32).alias("day"),
            col("currency"),
            col("amount_minor"),
        ])
        .group_by([col("day"), col("currency")])
        .agg([col("amount_minor").sum()]);
    let frame = snapshot.collect(query)?;
    let days = frame
        .column("day")
        .and_then(|days| days.i32())
        .map_err(output::Error::Read)?;
    let codes = frame
        .column("currency")
        .and_then(|codes| codes.str())
        .map_err(output::Error::Read)?;
    let amounts = frame
        .column("amount_minor")
        .and_then(|amounts| amounts.i64())
        .map_err(output::Error::Read)?;
    let mut sums = Vec::with_capacity(frame.height());
    for ((day, code), minor) in days.iter().zip(codes.iter()).zip(amounts.iter()) {
        let (Some(day), Some(code), Some(minor)) = (day, code, minor) else {
            continue;
        };
        // The ledger has only codes of the table.
        if let Ok(currency) = Currency::parse(code) {
            sums.push((from_day_number(day), currency, minor));
        }
    }
    Ok(sums)
}

/// An error with its causes, in one line.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
