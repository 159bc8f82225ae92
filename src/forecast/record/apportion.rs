//! What a forecast expects of each of its items, in integers that add up both ways.

use super::{RecordHead, RecordLine};
use crate::domain::{Currency, Date};
use crate::forecast::allocate::{Allocation, Split, cumulative_counts, lost_count};
use crate::forecast::book::{CashBook, CashItem, Layer};

/// Returns the lines of a book, by currency, layer, customer and invoice.
pub(super) fn lines(book: &CashBook<'_>, head: &RecordHead) -> Vec<RecordLine> {
    let mut items: Vec<&CashItem<'_>> = book.items.iter().collect();
    items.sort_by(|left, right| key(left).cmp(&key(right)));
    let ends = head.buckets.iter().map(|bucket| bucket.end);
    let edges = head.plan.edges(head.as_of, ends);
    items
        .chunk_by(|left, right| left.currency == right.currency && left.layer == right.layer)
        .flat_map(|group| group_lines(group, &edges))
        .collect()
}

fn key<'a>(item: &'a CashItem<'_>) -> (Currency, Layer, &'a str, &'a str, Date) {
    let (customer, invoice) = (&*item.customer_id, &*item.invoice_id);
    (item.currency, item.layer, customer, invoice, item.due_date)
}

/// Splits the items of one currency and layer: line `n` is the split of the first `n` items less that of the
/// first `n - 1`.
fn group_lines(group: &[&CashItem<'_>], edges: &[i32]) -> Vec<RecordLine> {
    let mut split = Split::zero(edges.len());
    let mut before = split.settle();
    let mut counts = Vec::with_capacity(edges.len());
    let mut lines = Vec::with_capacity(group.len());
    for item in group {
        let distribution = &*item.distribution;
        cumulative_counts(|days| distribution.paid_by(days), edges, &mut counts);
        split.add_amount(item.open_minor, &counts, lost_count(distribution));
        let after = split.settle();
        lines.push(line(item, &before, &after));
        before = after;
    }
    lines
}

/// Returns the line of an item from the splits without and with it.
fn line(item: &CashItem<'_>, before: &Allocation, after: &Allocation) -> RecordLine {
    let buckets = after.buckets.iter().zip(&before.buckets);
    RecordLine {
        customer_id: item.customer_id.to_string(),
        invoice_id: item.invoice_id.to_string(),
        is_recurring: item.layer == Layer::Recurring,
        is_instalment: item.is_line,
        currency: item.currency,
        invoice_date: item.invoice_date,
        due_date: item.due_date,
        open_minor: item.open_minor,
        disputed_minor: item.disputed_minor,
        expected: buckets
            .map(|(new, old)| new - old)
            .enumerate()
            .filter(|(_, amount)| *amount != 0)
            .collect(),
        beyond_horizon: after.beyond_horizon - before.beyond_horizon,
        expected_loss: after.expected_loss - before.expected_loss,
    }
}
