//! Invoices and payments out of a simulation.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use polars::prelude::{DataFrame, PolarsResult};

use super::PrintedInvoice;
use super::remittance::creditor_reference;
use crate::domain::date::from_day_number;
use crate::history::Table;
use crate::simulate::{Error, Simulation};

/// An invoice that was sold.
#[derive(Debug)]
pub(super) struct Sold {
    pub(super) printed: PrintedInvoice,
    pub(super) amount_minor: i64,
    pub(super) due: i32,
}

/// A part of a payment, for one invoice.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) day: i32,
    /// Its customer, by number.
    pub(super) customer: usize,
    /// Its invoice, by number.
    pub(super) invoice: usize,
    pub(super) amount_minor: i64,
    pub(super) currency: String,
}

/// Returns the invoices in the order of their ids, and the names of the customers in the order of theirs.
pub(super) fn invoices(simulation: &Simulation) -> Result<(Vec<Sold>, Vec<String>), Error> {
    let (invoices, customers) = (
        frame(simulation, Table::Invoices),
        frame(simulation, Table::Customers),
    );
    let read = || -> PolarsResult<(Vec<Sold>, Vec<String>)> {
        let mut sold = Vec::new();
        let mut rows: Vec<(i32, String, i32, i64)> = days(invoices, "invoice_date")?
            .into_iter()
            .zip(texts(invoices, "invoice_id")?)
            .zip(days(invoices, "due_date")?)
            .zip(minors(invoices, "amount_minor")?)
            .map(|(((issued, invoice_id), due), amount_minor)| (issued, invoice_id, due, amount_minor))
            .collect();
        // Numbers are given as invoices are written, whoever they are for.
        rows.sort();
        for (number, (issued, invoice_id, due, amount_minor)) in (1_u64..).zip(rows) {
            let year = from_day_number(issued).year();
            let printed = PrintedInvoice {
                invoice_id,
                number: format!("RE-{year}-{number:06}"),
                payment_reference: creditor_reference(&format!("{year}{number:06}")),
            };
            sold.push(Sold {
                printed,
                amount_minor,
                due,
            });
        }
        sold.sort_by(|left, right| left.printed.invoice_id.cmp(&right.printed.invoice_id));
        let ids = texts(customers, "customer_id")?;
        let names: BTreeMap<String, String> = ids.into_iter().zip(texts(customers, "name")?).collect();
        Ok((sold, names.into_values().collect()))
    };
    read().map_err(|source| Error::frame("read the simulated invoices", source))
}

/// Returns what was paid, in the order of the ledger.
pub(super) fn payments(simulation: &Simulation, sold: &[Sold]) -> Result<Vec<Paid>, Error> {
    let (payments, customers) = (
        frame(simulation, Table::Payments),
        frame(simulation, Table::Customers),
    );
    let read = || -> PolarsResult<Vec<Paid>> {
        let ids: BTreeSet<String> = texts(customers, "customer_id")?.into_iter().collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let rows = texts(payments, "invoice_id")?
            .into_iter()
            .zip(texts(payments, "customer_id")?)
            .zip(days(payments, "paid_date")?)
            .zip(minors(payments, "amount_minor")?)
            .zip(texts(payments, "currency")?);
        let paid = rows.filter_map(|((((invoice_id, customer_id), day), amount_minor), currency)| {
            let invoice = sold.binary_search_by(|sold| sold.printed.invoice_id.cmp(&invoice_id));
            Some(Paid {
                day,
                customer: ids.binary_search(&customer_id).ok()?,
                invoice: invoice.ok()?,
                amount_minor,
                currency,
            })
        });
        Ok(paid.filter(|paid| paid.amount_minor > 0).collect())
    };
    read().map_err(|source| Error::frame("read the simulated payments", source))
}

fn frame(simulation: &Simulation, table: Table) -> &DataFrame {
    simulation
        .frames
        .get(&table)
        .expect("a simulation has every table")
}

fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<String>> {
    let values = frame.column(name)?.str()?;
    let all = (0..frame.height()).map(|row| values.get(row).unwrap_or_default().to_owned());
    Ok(all.collect())
}

fn days(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i32>> {
    let values = frame.column(name)?.date()?.physical();
    Ok((0..frame.height())
        .map(|row| values.get(row).unwrap_or(0))
        .collect())
}

fn minors(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i64>> {
    let values = frame.column(name)?.i64()?;
    Ok((0..frame.height())
        .map(|row| values.get(row).unwrap_or(0))
        .collect())
}
