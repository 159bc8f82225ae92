//! What each customer owes: open items with their predictions.

use std::collections::BTreeMap;

use polars::prelude::{col, lit};

use super::read::collected;
use super::{Account, AccountItem};
use crate::action::Error;
use crate::history::row_values::RowValues;
use crate::history::{OpenItem, Snapshot, Table};
use crate::model::PaymentPrediction;

/// What few invoices have beside their amount.
#[derive(Clone, Copy, Debug, Default)]
struct Extra {
    in_transit_minor: i64,
    is_undelivered: bool,
}

/// Returns an account for each customer with open items that were predicted, by customer id.
pub(super) fn read(snapshot: &Snapshot, predictions: &[PaymentPrediction]) -> Result<Vec<Account>, Error> {
    let as_of = snapshot.cutoff();
    let mut predicted: BTreeMap<&str, &PaymentPrediction> = BTreeMap::new();
    for prediction in predictions {
        if prediction.as_of != as_of {
            return Err(Error::AsOf {
                invoice_id: prediction.invoice_id.clone(),
                as_of,
                given: prediction.as_of,
            });
        }
        predicted.insert(prediction.invoice_id.as_str(), prediction);
    }
    let extras = extras(snapshot)?;
    let mut by_customer: BTreeMap<String, Vec<AccountItem>> = BTreeMap::new();
    for open in snapshot.open_items()? {
        let Some(prediction) = predicted.get(open.invoice_id.as_str()) else {
            continue;
        };
        let extra = extras.get(&open.invoice_id).copied().unwrap_or_default();
        let made = item(&open, prediction, extra);
        by_customer.entry(open.customer_id).or_default().push(made);
    }
    let accounts = by_customer.into_iter().map(|(customer_id, mut items)| {
        items.sort_by(|left, right| {
            (left.due_date, &left.invoice_id).cmp(&(right.due_date, &right.invoice_id))
        });
        Account::unknown(customer_id, as_of, items)
    });
    Ok(accounts.collect())
}

fn item(open: &OpenItem, prediction: &PaymentPrediction, extra: Extra) -> AccountItem {
    let open_minor = open.open.minor();
    let later = prediction
        .lines
        .iter()
        .filter(|line| line.due_date > prediction.as_of);
    let planned: i64 = later.map(|line| line.open.minor()).sum();
    AccountItem {
        invoice_id: open.invoice_id.clone(),
        entity: open.entity.clone(),
        currency: open.open.currency(),
        invoice_date: open.invoice_date,
        due_date: open.due_date,
        days_past_due: open.days_past_due,
        open_minor,
        gross_minor: open.gross.minor(),
        disputed_minor: open.disputed.minor(),
        promised_minor: 0,
        planned_minor: planned.min(open_minor),
        in_transit_minor: extra.in_transit_minor.min(open_minor),
        is_delivered: !extra.is_undelivered,
        level: 0,
        distribution: prediction.distribution.clone(),
    }
}

/// Reads what was seen at the bank, and which invoices did not reach the customer.
fn extras(snapshot: &Snapshot) -> Result<BTreeMap<String, Extra>, Error> {
    let in_transit = col("in_transit_minor").gt(lit(0_i64));
    let undelivered = col("delivery_status").eq(lit("failed"));
    let query = snapshot
        .table(Table::Invoices)
        .filter(in_transit.or(undelivered))
        .select([col("invoice_id"), col("in_transit_minor"), col("delivery_status")]);
    let frame = collected(snapshot, query)?;
    let (ids, amounts) = (
        RowValues::of(&frame, "invoice_id")?,
        RowValues::of(&frame, "in_transit_minor")?,
    );
    let delivery = RowValues::of(&frame, "delivery_status")?;
    let rows = (0..frame.height()).map(|row| {
        let extra = Extra {
            in_transit_minor: amounts.integer(row).unwrap_or(0),
            is_undelivered: delivery.text(row) == Some("failed"),
        };
        (ids.text(row).unwrap_or_default().to_owned(), extra)
    });
    Ok(rows.collect())
}
