//! The open book by due date and by promise, before anything is expected of it.

use super::book::{CashItem, Layer};
use super::{BucketSpan, CurrencyForecast};
use crate::domain::{Currency, Date};

/// Returns the open invoices of one currency by due date; the items are sorted by invoice.
pub(super) fn contractual_book(
    as_of: Date,
    currency: Currency,
    items: &[&CashItem<'_>],
    spans: &[BucketSpan],
) -> CurrencyForecast {
    let mut result = CurrencyForecast::empty(currency, spans);
    let mut last_invoice = None;
    for item in items.iter().filter(|item| item.layer == Layer::OpenInvoices) {
        if last_invoice != Some(&item.invoice_id) {
            last_invoice = Some(&item.invoice_id);
            result.invoice_count += 1;
        }
        let open = item.open_minor;
        result.open_balance += open;
        result.disputed += item.disputed_minor;
        add_promise(&mut result, item, as_of);
        if item.due_date <= as_of {
            result.overdue += open;
            continue;
        }
        let index = result
            .buckets
            .partition_point(|bucket| bucket.end < item.due_date);
        match result.buckets.get_mut(index) {
            Some(bucket) => {
                bucket.contractual += open;
                bucket.disputed += item.disputed_minor;
                bucket.invoice_count += 1;
            }
            None => result.due_beyond_horizon += open,
        }
    }
    result
}

/// Adds what is promised for a coming day.
fn add_promise(result: &mut CurrencyForecast, item: &CashItem<'_>, as_of: Date) {
    let Some((date, amount)) = item.promised.filter(|(date, _)| *date > as_of) else {
        return;
    };
    result.promised += amount;
    let index = result.buckets.partition_point(|bucket| bucket.end < date);
    if let Some(bucket) = result.buckets.get_mut(index) {
        bucket.promised += amount;
    }
}
