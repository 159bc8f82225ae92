//! Receipts that name no invoice: the amount among what the payer owes.

use std::collections::BTreeSet;

use super::confidence::{ALL_OF_PAYER, DISCOUNTED_OF_PAYER, DISCOUNTS_THOUSANDTHS, ONE_OF_PAYER, of_sum};
use super::decision::{Decision, Evidence, Question, total};
use super::subset::only_sum;

/// Decides by payer and amount; nothing where no one match stands out.
pub(super) fn by_payer(question: &Question<'_, '_>) -> Option<Decision> {
    let payer = question.payer;
    let amount = question.amount;
    let found = |position: usize, confidence: f64| {
        let confidence = payer.probability * confidence;
        Some(Decision::of(
            vec![(position, amount)],
            confidence,
            Evidence::Payer,
        ))
    };
    match question.owing(&payer.customers, (amount, amount))?.as_slice() {
        [] => {}
        [position] => return found(*position, ONE_OF_PAYER),
        // Which of two equal ones is meant nobody knows.
        _ => return None,
    }
    match discounted(question)?.as_slice() {
        [] => by_sum(question, &question.items(&payer.customers)),
        [position] => found(*position, DISCOUNTED_OF_PAYER),
        _ => None,
    }
}

/// Returns the invoices of the payer that make the amount less a usual discount; nothing where there are too many.
fn discounted(question: &Question<'_, '_>) -> Option<Vec<usize>> {
    let mut found = BTreeSet::new();
    for thousandths in DISCOUNTS_THOUSANDTHS {
        let amounts = before_discount(question.amount, thousandths);
        let owing = question.owing(&question.payer.customers, amounts)?;
        found.extend(
            owing
                .into_iter()
                .filter(|position| is_discounted(question, *position)),
        );
    }
    Some(found.into_iter().collect())
}

/// Returns between which amounts one lies that makes this one, to the minor unit, less a discount in thousandths.
fn before_discount(minor: i64, thousandths: i64) -> (i64, i64) {
    let share = i128::from(1_000 - thousandths);
    let least = (i128::from(minor) - 2) * 1_000 / share - 1;
    let most = (i128::from(minor) + 2) * 1_000 / share + 1;
    (
        i64::try_from(least.max(1)).unwrap_or(i64::MAX),
        i64::try_from(most.max(1)).unwrap_or(i64::MAX),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amount_that_a_discount_makes_lies_between_the_bounds() {
        for thousandths in DISCOUNTS_THOUSANDTHS {
            for open in (1..3_000).chain([i64::MAX - 1, i64::MAX]) {
                for amount in [-1, 0, 1].map(|apart| reduced(open, thousandths).saturating_add(apart)) {
                    let (least, most) = before_discount(amount, thousandths);
                    assert!(
                        (least..=most).contains(&open),
                        "{open} less {thousandths}: {amount}"
                    );
                }
            }
        }
    }
}
