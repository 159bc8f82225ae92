//! The few names behind a forecast: the largest receipts to come, and the customers most of whose money is at risk.

use std::collections::BTreeMap;

use crate::domain::{Currency, Money};
use crate::model::PaymentPrediction;

/// An open invoice and the cash expected of it within a horizon.
#[derive(Clone, Copy, Debug)]
pub struct LargeReceipt<'a> {
    /// The invoice and when it is paid.
    pub prediction: &'a PaymentPrediction,
    /// Open amount times the probability of being paid within the horizon.
    pub expected: Money,
}

/// A customer and what of its open amount is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerAtRisk<'a> {
    /// The customer.
    pub customer_id: &'a str,
    /// Open amount.
    pub open: Money,
    /// Of this, due on or before the cut-off.
    pub overdue: Money,
    /// Amount expected to be open still 90 days after its due date.
    pub at_risk: Money,
}

/// Returns the `most` invoices of a currency of which most cash is expected by the end of day `horizon_days`
/// after the cut-off, the largest first.
///
/// Credits, which bring no cash, are left out. Equal amounts go by invoice id.
#[must_use]
pub fn largest_receipts(
    predictions: &[PaymentPrediction],
    currency: Currency,
    horizon_days: u32,
    most: usize,
) -> Vec<LargeReceipt<'_>> {
    let last_day = i32::try_from(horizon_days).unwrap_or(i32::MAX);
    let mut receipts: Vec<LargeReceipt<'_>> = predictions
        .iter()
        .filter(|prediction| prediction.open.currency() == currency)
        .map(|prediction| LargeReceipt {
            prediction,
            expected: expected_by(prediction, last_day),
        })
        .filter(|receipt| receipt.expected.minor() > 0)
        .collect();
    receipts.sort_by(|left, right| {
        let by_amount = right.expected.minor().cmp(&left.expected.minor());
        by_amount.then_with(|| left.prediction.invoice_id.cmp(&right.prediction.invoice_id))
    });
    receipts.truncate(most);
    receipts
}

/// The cash expected of an invoice by a day, line by line where it is on an instalment plan.
fn expected_by(prediction: &PaymentPrediction, last_day: i32) -> Money {
    if prediction.lines.is_empty() {
        return prediction
            .open
            .expected(prediction.distribution.paid_by(last_day));
    }
    let lines = prediction.lines.iter();
    let minor = lines.map(|line| line.open.expected(line.distribution.paid_by(last_day)).minor());
    Money::from_minor(minor.sum(), prediction.open.currency())
}

/// Returns the `most` customers of a currency with the largest amount at risk, the largest first.
///
/// At risk is the open amount times the probability of being open 90 days after the due date. Credits do not
/// make a customer's invoices safer and are left out. Equal amounts go by customer id.
#[must_use]
pub fn customers_at_risk(
    predictions: &[PaymentPrediction],
    currency: Currency,
    most: usize,
) -> Vec<CustomerAtRisk<'_>> {
    let mut sums: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    let book = predictions
        .iter()
        .filter(|prediction| prediction.open.currency() == currency && prediction.open.minor() > 0);
    for prediction in book {
        let open = prediction.open.minor();
        let overdue = if prediction.days_to_due() <= 0 { open } else { 0 };
        let at_risk = prediction.open.expected(prediction.unpaid_90_days_probability());
        let sum = sums.entry(prediction.customer_id.as_str()).or_default();
        for (total, part) in sum.iter_mut().zip([open, overdue, at_risk.minor()]) {
            *total = total.saturating_add(part);
        }
    }
    let money = |minor: i64| Money::from_minor(minor, currency);
    let mut customers: Vec<CustomerAtRisk<'_>> = sums
        .into_iter()
        .filter(|(_, [_, _, at_risk])| *at_risk > 0)
        .map(|(customer_id, [open, overdue, at_risk])| CustomerAtRisk {
            customer_id,
            open: money(open),
            overdue: money(overdue),
            at_risk: money(at_risk),
        })
        .collect();
    // Stable: customers of equal risk stay in the order of their ids.
    customers.sort_by_key(|customer| std::cmp::Reverse(customer.at_risk.minor()));
    customers.truncate(most);
    customers
}
