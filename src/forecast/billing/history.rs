//! What was billed and how it was settled, read from a snapshot once.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, LazyFrame, PolarsError, Scalar, col, lit};

use crate::domain::Currency;
use crate::domain::date::day_number;
use crate::forecast::Error;
use crate::history::schema::KNOWN_ON;
use crate::history::{self, Snapshot, Table};

/// How far back billing is looked at: a yearly rhythm needs four invoices.
const INVOICE_DAYS: i32 = 5 * 366;
/// How far back settlements are looked at: the lag of a customer is measured over two years.
pub(super) const SETTLEMENT_DAYS: i32 = 2 * 366;

/// An invoice as issued; days are counted from 1970-01-01.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Issued {
    pub(super) currency: Currency,
    pub(super) customer_id: String,
    pub(super) entity: Option<String>,
    pub(super) issue_day: i32,
    pub(super) invoice_id: String,
    pub(super) due_day: i32,
    /// When the source knew it.
    pub(super) known_day: i32,
    pub(super) amount_minor: i64,
}

impl Issued {
    /// Whether two invoices could belong to one contract.
    pub(super) fn is_of_same_payer(&self, other: &Self) -> bool {
        self.currency == other.currency
            && self.customer_id == other.customer_id
            && self.entity == other.entity
    }
}

/// A reduction of what an invoice owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Settlement {
    /// Position in [`Book::invoices`].
    pub(super) invoice: usize,
    pub(super) day: i32,
    /// Otherwise a credit note or a write-off.
    pub(super) is_cash: bool,
    pub(super) amount_minor: i64,
}

/// The invoices known at the cut-off, by currency, customer, entity and day of issue, and their settlements.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) cutoff: i32,
    pub(super) invoices: Vec<Issued>,
    settlements: Vec<Settlement>,
}

impl Book {
    /// Reads five years of invoices, and the settlements of those of the last two.
    pub(super) fn read(snapshot: &Snapshot) -> Result<Self, Error> {
        let cutoff = day_number(snapshot.cutoff());
        let invoices = read_invoices(snapshot, cutoff)?;
        let settlements = read_settlements(snapshot, cutoff, &invoices)?;
        Ok(Self {
            cutoff,
            invoices,
            settlements,
        })
    }

    /// Makes a book of rows in any order; settlements name their invoice by its position in sorted order.
    #[cfg(test)]
    pub(super) fn of_rows(mut invoices: Vec<Issued>, mut settlements: Vec<Settlement>, cutoff: i32) -> Self {
        invoices.sort_unstable();
        settlements.sort_unstable();
        Self {
            cutoff,
            invoices,
            settlements,
        }
    }

    /// Returns the settlements of an invoice by day.
    pub(super) fn settlements_of(&self, invoice: usize) -> &[Settlement] {
        let start = self.settlements.partition_point(|other| other.invoice < invoice);
        let end = self.settlements.partition_point(|other| other.invoice <= invoice);
        &self.settlements[start..end]
    }

    /// Returns the positions of the invoices of a customer in a currency.
    pub(super) fn of_customer(&self, currency: Currency, customer_id: &str) -> std::ops::Range<usize> {
        let key = (currency, customer_id);
        let start = self
            .invoices
            .partition_point(|invoice| (invoice.currency, invoice.customer_id.as_str()) < key);
        let end = self
            .invoices
            .partition_point(|invoice| (invoice.currency, invoice.customer_id.as_str()) <= key);
        start..end
    }

    /// Returns the currencies in which anything was issued, in order.
    pub(super) fn currencies(&self) -> Vec<Currency> {
        let runs = self
            .invoices
            .chunk_by(|left, right| left.currency == right.currency);
        runs.map(|invoices| invoices[0].currency).collect()
    }

    /// Returns the first day of issue in each currency.
    pub(super) fn first_days(&self) -> BTreeMap<Currency, i32> {
        let mut first: BTreeMap<Currency, i32> = BTreeMap::new();
        for invoice in &self.invoices {
            let day = first.entry(invoice.currency).or_insert(invoice.issue_day);
            *day = invoice.issue_day.min(*day);
        }
        first
    }
}

fn read_invoices(snapshot: &Snapshot, cutoff: i32) -> Result<Vec<Issued>, Error> {
    let frame = collected(
        snapshot,
        since(
            snapshot.table(Table::Invoices),
            "invoice_date",
            cutoff - INVOICE_DAYS,
        ),
        &[
            "invoice_id",
            "customer_id",
            "entity",
            "currency",
            "invoice_date",
            "due_date",
            KNOWN_ON,
            "amount_minor",
        ],
    )?;
    let rows = text(&frame, "invoice_id")?
        .into_iter()
        .zip(text(&frame, "customer_id")?)
        .zip(text(&frame, "entity")?)
        .zip(text(&frame, "currency")?)
        .zip(days(&frame, "invoice_date")?)
        .zip(days(&frame, "due_date")?)
        .zip(days(&frame, KNOWN_ON)?)
        .zip(amounts(&frame)?);
    let mut invoices = Vec::with_capacity(frame.height());
    for (((((((id, customer), entity), code), issued), due), known), amount) in rows {
        let Some(currency) = code.and_then(|code| Currency::parse(code).ok()) else {
            continue;
        };
        invoices.push(Issued {
            currency,
            customer_id: customer.unwrap_or_default().to_owned(),
            entity: entity.map(ToOwned::to_owned),
            issue_day: issued.unwrap_or(cutoff),
            invoice_id: id.unwrap_or_default().to_owned(),
            due_day: due.unwrap_or(cutoff),
            known_day: known.unwrap_or(cutoff),
            amount_minor: amount.unwrap_or(0),
        });
    }
    invoices.sort_unstable();
    Ok(invoices)
}

fn read_settlements(snapshot: &Snapshot, cutoff: i32, invoices: &[Issued]) -> Result<Vec<Settlement>, Error> {
    let mut positions: Vec<(&str, usize)> = invoices
        .iter()
        .enumerate()
        .filter(|(_, invoice)| invoice.issue_day > cutoff - SETTLEMENT_DAYS)
        .map(|(position, invoice)| (invoice.invoice_id.as_str(), position))
        .collect();
    positions.sort_unstable();
    // An advance payment may lie before its invoice, seldom by more than a quarter.
    let settled = since(snapshot.settlements(), "date", cutoff - SETTLEMENT_DAYS - 92);
    let frame = collected(snapshot, settled, &["invoice_id", "kind", "date", "amount_minor"])?;
    let rows = text(&frame, "invoice_id")?
        .into_iter()
        .zip(text(&frame, "kind")?)
        .zip(days(&frame, "date")?)
        .zip(amounts(&frame)?);
    let mut settlements = Vec::with_capacity(frame.height());
    for (((id, kind), day), amount) in rows {
        let id = id.unwrap_or_default();
        let Ok(found) = positions.binary_search_by(|(known, _)| (*known).cmp(id)) else {
            continue;
        };
        settlements.push(Settlement {
            invoice: positions[found].1,
            day: day.unwrap_or(cutoff),
            is_cash: kind == Some("cash"),
            amount_minor: amount.unwrap_or(0),
        });
    }
    settlements.sort_unstable();
    Ok(settlements)
}

/// Reads the customers of the ledger's own table, whether they were billed or not.
pub(super) fn customer_ids(snapshot: &Snapshot) -> Result<BTreeSet<String>, Error> {
    let frame = collected(snapshot, snapshot.table(Table::Customers), &["customer_id"])?;
    let ids = text(&frame, "customer_id")?;
    Ok(ids.into_iter().flatten().map(str::to_owned).collect())
}

/// Keeps the rows of a day and later.
fn since(rows: LazyFrame, date_column: &str, day: i32) -> LazyFrame {
    rows.filter(col(date_column).gt_eq(lit(Scalar::new_date(day))))
}

fn collected(snapshot: &Snapshot, rows: LazyFrame, columns: &[&str]) -> Result<DataFrame, Error> {
    let wanted: Vec<_> = columns.iter().map(|column| col(*column)).collect();
    Ok(snapshot.collect(rows.select(wanted))?)
}

fn failed(source: PolarsError) -> Error {
    Error::from(history::Error::polars("reading what was billed", source))
}

fn text<'a>(frame: &'a DataFrame, column: &str) -> Result<Vec<Option<&'a str>>, Error> {
    let values = frame
        .column(column)
        .and_then(|found| found.str())
        .map_err(failed)?;
    Ok(values.iter().collect())
}

fn days(frame: &DataFrame, column: &str) -> Result<Vec<Option<i32>>, Error> {
    let values = frame
        .column(column)
        .and_then(|found| found.date())
        .map_err(failed)?;
    Ok(values.physical().iter().collect())
}

fn amounts(frame: &DataFrame) -> Result<Vec<Option<i64>>, Error> {
    let values = frame
        .column("amount_minor")
        .and_then(|found| found.i64())
        .map_err(failed)?;
    Ok(values.iter().collect())
}
