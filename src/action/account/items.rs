//! What each customer owes: open items with their predictions.

use std::collections::BTreeMap;

use super::{Account, AccountItem};
use crate::action::Error;
use crate::history::{OpenItem, Snapshot};
use crate::model::PaymentPrediction;

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
    let mut by_customer: BTreeMap<String, Vec<AccountItem>> = BTreeMap::new();
    for open in snapshot.open_items()? {
        let Some(prediction) = predicted.get(open.invoice_id.as_str()) else {
            continue;
        };
        let made = item(&open, prediction);
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

fn item(open: &OpenItem, prediction: &PaymentPrediction) -> AccountItem {
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
        in_transit_minor: open.in_transit.minor().min(open_minor),
        is_delivered: open.is_delivered,
        level: 0,
        distribution: prediction.distribution.clone(),
    }
}
