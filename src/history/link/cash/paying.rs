//! Receipts that name no invoice: the amount among what the payer owes.

use super::confidence::{ALL_OF_PAYER, DISCOUNTED_OF_PAYER, DISCOUNTS_THOUSANDTHS, ONE_OF_PAYER, of_sum};
use super::decision::{Decision, Evidence, Question, total};
use super::subset::only_sum;

/// Decides by payer and amount; nothing where no one match stands out.
pub(super) fn by_payer(question: &Question<'_, '_>) -> Option<Decision> {
    let payer = question.payer;
    let items = question.items(&payer.customers);
    if items.is_empty() {
        return None;
    }
    let amount = question.amount;
    let exact: Vec<usize> = items
        .iter()
        .copied()
        .filter(|position| question.open(*position) == amount)
        .collect();
    match exact.as_slice() {
        [] => {}
        [position] => {
            let confidence = payer.probability * ONE_OF_PAYER;
            return Some(Decision::of(
                vec![(*position, amount)],
                confidence,
                Evidence::Payer,
            ));
        }
        // Which of two equal ones is meant nobody knows.
        _ => return None,
    }
    let discounted: Vec<usize> = items
        .iter()
        .copied()
        .filter(|position| is_discounted(question, *position))
        .collect();
    if let [position] = discounted.as_slice() {
        let confidence = payer.probability * DISCOUNTED_OF_PAYER;
        return Some(Decision::of(
            vec![(*position, amount)],
            confidence,
            Evidence::Payer,
        ));
    }
    if !discounted.is_empty() {
        return None;
    }
    by_sum(question, &items)
}

/// Whether the amount is the whole invoice less a usual discount.
fn is_discounted(question: &Question<'_, '_>, position: usize) -> bool {
    let open = question.open(position);
    let is_untouched = question
        .book
        .invoice(position)
        .is_some_and(|invoice| invoice.amount_minor == open);
    is_untouched
        && DISCOUNTS_THOUSANDTHS.iter().any(|thousandths| {
            let reduced = reduced(open, *thousandths);
            reduced.abs_diff(question.amount) <= 1
        })
}

/// Returns an amount less a discount in thousandths, rounded to the nearest minor unit.
pub(super) fn reduced(minor: i64, thousandths: i64) -> i64 {
    let exact = i128::from(minor) * i128::from(1_000 - thousandths);
    i64::try_from((exact + 500) / 1_000).unwrap_or(minor)
}

/// Decides by everything owed, everything due, or the only sum of some invoices.
fn by_sum(question: &Question<'_, '_>, items: &[usize]) -> Option<Decision> {
    // A sum across customers that may have paid is no sum of anybody.
    question.payer.only()?;
    let is_due = |position: &usize| {
        let invoice = question.book.invoice(*position);
        invoice.is_some_and(|invoice| invoice.due_date <= question.receipt.value_date)
    };
    let due: Vec<usize> = items.iter().copied().filter(is_due).collect();
    for all in [items, due.as_slice()] {
        if all.len() > 1 && total(all.iter().map(|position| question.open(*position))) == question.amount {
            let parts = all.iter().map(|position| (*position, question.open(*position)));
            let confidence = question.payer.probability * ALL_OF_PAYER;
            return Some(Decision::of(parts.collect(), confidence, Evidence::Sum));
        }
    }
    let amounts: Vec<i64> = items.iter().map(|position| question.open(*position)).collect();
    let found = only_sum(&amounts, question.amount)?;
    let parts = found
        .parts
        .iter()
        .filter_map(|place| items.get(*place))
        .map(|position| (*position, question.open(*position)));
    let confidence = question.payer.probability * of_sum(found.sums, found.places);
    Some(Decision::of(parts.collect(), confidence, Evidence::Sum))
}
