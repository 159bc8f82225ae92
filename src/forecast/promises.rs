//! Promises that wait for their day: which open amount each covers.
//!
//! The newest promise of an invoice counts. One that names no invoice covers the account: the invoices issued by
//! the day it was given, the one due first first, until its amount is used up. A promise whose day has come is kept
//! or broken, and promises nothing more.

use std::collections::BTreeMap;

use polars::prelude::{DataType, col, lit};

use super::Error;
use super::attributes::{collected, texts, told};
use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::history::{OpenItem, Snapshot, Table};

/// A promise as given.
#[derive(Debug)]
struct Promise {
    promise_id: String,
    customer_id: String,
    invoice_id: Option<String>,
    currency: Option<String>,
    created_day: i32,
    promised_day: i32,
    amount_minor: Option<i64>,
}

impl Promise {
    fn covers(&self, item: &OpenItem) -> bool {
        let is_about = match &self.invoice_id {
            Some(named) => *named == item.invoice_id,
            None => day_number(item.invoice_date) <= self.created_day,
        };
        let is_in_currency = match &self.currency {
            Some(code) => code == item.open.currency().code(),
            None => true,
        };
        is_about && is_in_currency
    }
}

/// Returns the day and the minor units of the latest open promise of each open invoice that has one.
pub(super) fn open_promises(
    snapshot: &Snapshot,
    open: &[OpenItem],
) -> Result<BTreeMap<String, (Date, i64)>, Error> {
    let mut promises = read(snapshot)?;
    promises.sort_unstable_by(|left, right| {
        (right.created_day, &right.promise_id).cmp(&(left.created_day, &left.promise_id))
    });
    let mut books: BTreeMap<&str, Vec<&OpenItem>> = BTreeMap::new();
    for item in open {
        books.entry(item.customer_id.as_str()).or_default().push(item);
    }
    for book in books.values_mut() {
        book.sort_unstable_by(|left, right| {
            (left.due_date, &left.invoice_id).cmp(&(right.due_date, &right.invoice_id))
        });
    }
    let mut promised = BTreeMap::new();
    for promise in &promises {
        let mut left = promise.amount_minor.unwrap_or(i64::MAX);
        let book = books.get(promise.customer_id.as_str()).into_iter().flatten();
        for item in book.filter(|item| promise.covers(item)) {
            let amount = item.open.minor().min(left);
            if amount <= 0 || promised.contains_key(&item.invoice_id) {
                continue;
            }
            left -= amount;
            let day = from_day_number(promise.promised_day);
            promised.insert(item.invoice_id.clone(), (day, amount));
        }
    }
    Ok(promised)
}

/// Reads the promises whose day has not come.
fn read(snapshot: &Snapshot) -> Result<Vec<Promise>, Error> {
    let today = day_number(snapshot.cutoff());
    let day = |name: &str| col(name).cast(DataType::Int32);
    let query = snapshot
        .table(Table::Promises)
        .filter(day("promised_date").gt(lit(today)))
        .select([
            col("promise_id"),
            col("customer_id"),
            col("invoice_id"),
            col("currency"),
            day("created_on"),
            day("promised_date"),
            col("promised_amount_minor"),
        ]);
    let frame = collected(snapshot, query)?;
    let (ids, customers) = (texts(&frame, "promise_id")?, texts(&frame, "customer_id")?);
    let (invoices, currencies) = (texts(&frame, "invoice_id")?, texts(&frame, "currency")?);
    let created = frame.column("created_on")?.i32()?;
    let promised = frame.column("promised_date")?.i32()?;
    let amounts = frame.column("promised_amount_minor")?.i64()?;
    let promises = (0..frame.height()).map(|row| Promise {
        promise_id: ids.get(row).unwrap_or_default().to_owned(),
        customer_id: customers.get(row).unwrap_or_default().to_owned(),
        invoice_id: told(invoices.get(row)),
        currency: told(currencies.get(row)),
        created_day: created.get(row).unwrap_or(today),
        promised_day: promised.get(row).unwrap_or(today),
        amount_minor: amounts.get(row),
    });
    Ok(promises.collect())
}
