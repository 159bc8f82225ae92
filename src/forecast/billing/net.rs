//! Which past invoices are not new billing, because layer B accounts for their like.
//!
//! A rhythm accounts for an invoice if it had been found before: for those after its first four. What starts a
//! contract stays new billing, so that a business that wins contracts keeps on winning them in the forecast. A
//! rhythm that is as old as the ledger was there before it and accounts for all its invoices. One that stopped
//! accounted for its invoices while it lasted: the end of a contract does not live on as new billing.
//!
//! A customer with a plan is accounted for by it: past invoices of a rhythm, and those that are like a planned one.

use super::history::Book;
use super::planned::BillingPlan;
use super::recurring::{REPEATS_MIN, Rhythm};

/// Returns, for each invoice of the book, whether layer B accounts for it.
pub(super) fn accounted_for(book: &Book, rhythms: &[Rhythm], plan: &BillingPlan) -> Vec<bool> {
    let mut accounted = vec![false; book.invoices.len()];
    let first_days = book.first_days();
    let payers = plan.payers();
    for rhythm in rhythms {
        let invoice = rhythm.last_invoice(book);
        let ledger_starts = first_days.get(&invoice.currency).copied().unwrap_or(book.cutoff);
        let is_as_old = rhythm
            .occurrences
            .first()
            .is_some_and(|first| first.day <= ledger_starts.saturating_add(2 * rhythm.gap_days));
        let is_planned = payers.contains(&(invoice.customer_id.as_str(), invoice.currency));
        let new = if is_as_old || is_planned { 0 } else { REPEATS_MIN };
        for occurrence in rhythm.occurrences.iter().skip(new) {
            for position in &occurrence.invoices {
                accounted[*position] = true;
            }
        }
    }
    for planned in &plan.invoices {
        let currency = planned.amount.currency();
        let wanted = planned.amount.minor();
        for position in book.of_customer(currency, &planned.customer_id) {
            let amount = book.invoices[position].amount_minor;
            if amount.abs_diff(wanted) <= wanted.unsigned_abs() / 10 {
                accounted[position] = true;
            }
        }
    }
    accounted
}
