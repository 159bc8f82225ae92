//! What the ledger's own bookkeeping says goes before what a bank match says.
//!
//! A match allocates as soon as the money is at the bank; days later the source may say itself what was paid. Then the
//! match gives way: a payment of the same amount below zero, on the same invoice and date, known from the day the
//! source's was known. It names no receipt: that stays allocated, because the source's payment is the same money.
//!
//! A match gives way
//! - as far as its invoice is settled beyond its amount while the source has payments on it, and
//! - wholly, where the source has put the same amount, days apart at most, on another invoice of the customer, and
//!   nothing on the one that was matched, unless another receipt is known to be that payment.

use std::collections::BTreeMap;

use crate::domain::date::day_number;
use crate::domain::{Date, format_minor};
use crate::history::Table;
use crate::history::link::known::KnownPayment;
use crate::history::link::{Known, KnownInvoice, LedgerRow, Origin};

use super::confidence::LEDGER_DAYS_APART;

/// Behind the id of the payment that gives way.
const SUFFIX: &str = "/superseded";

/// The payments on one invoice.
#[derive(Default)]
struct OnInvoice<'k> {
    /// Of the source itself.
    of_source: Vec<&'k KnownPayment>,
    /// Matches that stand or stood, and by id how much of them gave way.
    matches: Vec<&'k KnownPayment>,
    given_way: BTreeMap<&'k str, i64>,
}

/// Returns payments that take back the matches which the ledger's own payments have overtaken.
pub(super) fn give_way(known: &Known, origin: &Origin) -> Vec<LedgerRow> {
    let mut by_invoice: BTreeMap<&str, OnInvoice<'_>> = BTreeMap::new();
    for payment in &known.payments {
        let on = by_invoice.entry(&payment.invoice_id).or_default();
        match (&payment.receipt_id, payment.confidence) {
            (Some(_), Some(_)) => on.matches.push(payment),
            (None, Some(_)) => {
                let id = payment.payment_id.strip_suffix(SUFFIX);
                let given = payment.amount_minor.saturating_neg();
                on.given_way.extend(id.map(|id| (id, given)));
            }
            (_, None) => on.of_source.push(payment),
        }
    }
    for on in by_invoice.values_mut() {
        on.matches.sort_by(|left, right| {
            (left.paid_date, &left.payment_id).cmp(&(right.paid_date, &right.payment_id))
        });
    }
    let mut rows = Vec::new();
    for invoice in &known.invoices {
        let Some(on) = by_invoice.get(invoice.invoice_id.as_str()) else {
            continue;
        };
        if on.of_source.is_empty() || on.matches.is_empty() {
            continue;
        }
        let known_on = on.of_source.iter().map(|payment| payment.known_on).max();
        let mut over = known.overpaid.get(&invoice.invoice_id).copied().unwrap_or(0);
        // The latest match is the likeliest to be the same money.
        for payment in on.matches.iter().rev() {
            // The source may post a payment in parts: the match gives way to each, by one row of all.
            let given = on
                .given_way
                .get(payment.payment_id.as_str())
                .copied()
                .unwrap_or(0);
            let minor = payment.amount_minor.saturating_sub(given).min(over);
            if minor <= 0 {
                continue;
            }
            over = over.saturating_sub(minor);
            let all = given.saturating_add(minor);
            rows.extend(known_on.map(|known_on| taken_back(payment, invoice, all, known_on, origin)));
        }
    }
    rows.extend(elsewhere(known, &by_invoice, origin));
    rows
}

/// Customer, currency and amount.
type Key<'k> = (&'k str, &'k str, i64);

/// Takes back matches whose money the source has put on another invoice of the customer.
fn elsewhere(known: &Known, by_invoice: &BTreeMap<&str, OnInvoice<'_>>, origin: &Origin) -> Vec<LedgerRow> {
    let mut of_source: BTreeMap<Key<'_>, Vec<&KnownPayment>> = BTreeMap::new();
    let mut matches: BTreeMap<Key<'_>, Vec<(&KnownPayment, &KnownInvoice)>> = BTreeMap::new();
    for invoice in &known.invoices {
        let Some(on) = by_invoice.get(invoice.invoice_id.as_str()) else {
            continue;
        };
        let key = |payment: &KnownPayment| {
            (
                invoice.customer_id.as_str(),
                invoice.currency.code(),
                payment.amount_minor,
            )
        };
        if on.matches.is_empty() {
            for &payment in &on.of_source {
                of_source.entry(key(payment)).or_default().push(payment);
            }
        } else if on.of_source.is_empty() {
            for &payment in &on.matches {
                let is_standing =
                    payment.amount_minor > 0 && !on.given_way.contains_key(payment.payment_id.as_str());
                if is_standing {
                    matches.entry(key(payment)).or_default().push((payment, invoice));
                }
            }
        }
    }
    let in_ledger = days_in_ledger(known);
    let mut rows = Vec::new();
    for (key, matched) in matches {
        let ([(payment, invoice)], Some([source])) =
            (matched.as_slice(), of_source.get(&key).map(Vec::as_slice))
        else {
            continue;
        };
        // The source's payment is the money of another receipt.
        let mut others = in_ledger.get(&key).into_iter().flatten();
        if others.any(|day| are_near(source.paid_date, *day)) {
            continue;
        }
        if are_near(source.paid_date, payment.paid_date) {
            rows.push(taken_back(
                payment,
                invoice,
                payment.amount_minor,
                source.known_on,
                origin,
            ));
        }
    }
    rows
}

/// Returns the days of the receipts that are known to be payments of the source.
fn days_in_ledger(known: &Known) -> BTreeMap<Key<'_>, Vec<Date>> {
    let mut days: BTreeMap<Key<'_>, Vec<Date>> = BTreeMap::new();
    for receipt in &known.receipts {
        if let Some(customer) = receipt.customer_id.as_deref()
            && receipt.in_ledger_minor > 0
        {
            let key = (customer, receipt.currency.code(), receipt.in_ledger_minor);
            days.entry(key).or_default().push(receipt.value_date);
        }
    }
    days
}

fn are_near(one: Date, other: Date) -> bool {
    let apart = day_number(one).saturating_sub(day_number(other));
    apart.saturating_abs() <= LEDGER_DAYS_APART
}

fn taken_back(
    payment: &KnownPayment,
    invoice: &KnownInvoice,
    minor: i64,
    known_on: Date,
    origin: &Origin,
) -> LedgerRow {
    let amount = format_minor(minor.saturating_neg(), invoice.currency.exponent());
    LedgerRow {
        table: Table::Payments,
        origin: origin.clone(),
        cells: vec![
            ("payment_id", format!("{}{SUFFIX}", payment.payment_id)),
            ("invoice_id", payment.invoice_id.clone()),
            ("paid_date", payment.paid_date.to_string()),
            ("amount", amount),
            ("currency", invoice.currency.code().to_owned()),
            ("confidence", format!("{:.4}", payment.confidence.unwrap_or(1.0))),
            ("recorded_at", known_on.max(payment.paid_date).to_string()),
        ],
    }
}
