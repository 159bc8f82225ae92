//! Payment terms of new billing: which share of it falls due after how many days.

use std::collections::BTreeMap;

use super::history::Book;
use super::numbers::sum_as_f64;

/// The invoices of this many days before the cut-off tell the terms: half a year.
const TERMS_DAYS: i32 = 182;

/// Returns the days from issue to due date, rising, with their shares of the amount billed in the last half year.
///
/// Empty where nothing was billed in it.
pub(super) fn shares(book: &Book, positions: &[usize]) -> Vec<(i32, f64)> {
    let mut amounts: BTreeMap<i32, i128> = BTreeMap::new();
    for position in positions {
        let invoice = &book.invoices[*position];
        // A negative invoice corrects another one and has no terms of its own.
        if invoice.issue_day > book.cutoff - TERMS_DAYS && invoice.amount_minor > 0 {
            let days = (invoice.due_day - invoice.issue_day).max(0);
            *amounts.entry(days).or_default() += i128::from(invoice.amount_minor);
        }
    }
    let all: i128 = amounts.values().sum();
    let share = |(days, amount): (i32, i128)| (days, sum_as_f64(amount) / sum_as_f64(all));
    amounts.into_iter().map(share).collect()
}
