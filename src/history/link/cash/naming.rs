//! Receipts that name invoices: the amount against what these owe.

use super::confidence::{
    CHARGES_THOUSANDTHS_MAX, CHARGES_UNITS_MAX, DIGITS, DISCOUNT_THOUSANDTHS_MAX, DISCOUNTS_THOUSANDTHS,
    FULL_NUMBER, LOST_NUMBER, MISSPELT_NUMBER, NEAR_AMOUNT, PART_OF_NAMED, REFERENCE, SERIAL,
    SHORT_OF_SEVERAL, Strength, THIRD_PARTY,
};
use super::decision::{Allocation, Decision, Evidence, Named, Question, Stance, total};
use super::mention::Form;
use super::paying::reduced;
use super::subset::only_sum;
use super::token::{compact, is_near};
use crate::history::link::KnownInvoice;

/// Minor units by which a discount on several invoices may be rounded the other way.
const ROUNDED_MINOR: i128 = 5;

/// Decides by the invoices named. A decision without allocations says that the naming is at odds with the amount, and
/// that nothing else may be guessed.
pub(super) fn by_names(question: &Question<'_, '_>) -> Option<Decision> {
    let (weak, strong): (Vec<&Named>, Vec<&Named>) = question
        .named
        .iter()
        .partition(|named| named.form == Form::Serial);
    by_documents(question, &strong)
        .or_else(|| by_all(question, &strong))
        .or_else(|| {
            let all: Vec<&Named> = strong.iter().chain(&weak).copied().collect();
            by_all(question, &all).or_else(|| by_some(question, &all))
        })
        .or_else(|| by_own(question, &strong))
        .or_else(|| by_rest(question, &strong))
}

/// Some of the invoices named are the payer's and some, by a slip of the pen, are not: what the payer's own leave over
/// is exactly another one of the payer.
fn by_own(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    let own: Vec<&Named> = named
        .iter()
        .copied()
        .filter(|named| question.is_payers(named.position))
        .collect();
    let over = question.amount.saturating_sub(owed(question, &own));
    if own.is_empty() || own.len() == named.len() || over <= 0 {
        return None;
    }
    with_lost_number(question, &own, over)
}

/// The payer lists documents with amounts that make up the receipt.
fn by_documents(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    let parts: Option<Vec<(usize, i64)>> = named
        .iter()
        .map(|named| Some((named.position, named.amount_minor?)))
        .collect();
    let parts = parts.filter(|parts| !parts.is_empty())?;
    let is_whole = total(parts.iter().map(|(_, minor)| *minor)) == question.amount;
    let fits = parts
        .iter()
        .all(|(position, minor)| *minor <= question.open(*position));
    let confidence = exact_confidence(question, named);
    (is_whole && fits).then(|| Decision::of(parts, confidence, Evidence::Documents))
}

/// The invoices named owe exactly the amount.
fn by_all(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    if named.is_empty() || owed(question, named) != question.amount {
        return None;
    }
    let confidence = exact_confidence(question, named);
    Some(Decision::of(
        in_full(question, named),
        confidence,
        evidence_of(named),
    ))
}

/// Some of the invoices named, in one way only, owe exactly the amount.
fn by_some(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    let singles: Vec<&Named> = named
        .iter()
        .copied()
        .filter(|named| question.open(named.position) == question.amount)
        .collect();
    let chosen: Vec<&Named> = match singles.len() {
        0 => {
            let amounts: Vec<i64> = named.iter().map(|named| question.open(named.position)).collect();
            let found = only_sum(&amounts, question.amount)?;
            let parts = found.parts.iter();
            parts.filter_map(|place| named.get(*place).copied()).collect()
        }
        1 => singles,
        // Among several of the same amount there is no telling.
        _ => return None,
    };
    let confidence = exact_confidence(question, &chosen) * PART_OF_NAMED;
    Some(Decision::of(
        in_full(question, &chosen),
        confidence,
        evidence_of(&chosen),
    ))
}

/// The amount is less or more than what the invoices named owe.
fn by_rest(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    if named.is_empty() {
        return None;
    }
    let owed = owed(question, named);
    if is_near_amount(question, owed) {
        let stance = question.stance(&positions(named));
        let confidence = match stance {
            Stance::Contradicts => inexact_confidence(named, stance),
            Stance::Agrees | Stance::Unknown => exact_confidence(question, named) * NEAR_AMOUNT,
        };
        let parts = shortened(question, named);
        return Some(Decision::of(parts, confidence, evidence_of(named)));
    }
    if let Some(decision) = misspelt(question, named) {
        return Some(decision);
    }
    let over = question.amount.saturating_sub(owed);
    if over > 0
        && let Some(decision) = with_lost_number(question, named, over)
    {
        return Some(decision);
    }
    let confidence = inexact_confidence(named, question.stance(&positions(named)));
    let (parts, confidence) = if over > 0 {
        (in_full(question, named), confidence)
    } else if named.len() == 1 {
        (in_due_order(question, named), confidence)
    } else {
        (in_due_order(question, named), confidence.min(SHORT_OF_SEVERAL))
    };
    Some(Decision::of(parts, confidence, evidence_of(named)))
}

/// The customer has exactly one other invoice of the amount: its number was meant, if it is nearly the one written.
fn misspelt(question: &Question<'_, '_>, named: &[&Named]) -> Option<Decision> {
    let [only] = named else { return None };
    if only.form == Form::Reference {
        // A reference has check digits, or was copied as it stands.
        return None;
    }
    let mut customers = question.payer.customers.clone();
    customers.extend(question.book.owner(only.position));
    let others = question.owing(&customers, (question.amount, question.amount));
    match others.as_deref() {
        Some([]) => None,
        Some([other]) if has_near_number(question, only.position, *other) => {
            let parts = vec![(*other, question.amount)];
            Some(Decision::of(parts, MISSPELT_NUMBER, Evidence::Number))
        }
        // Number and amount point at different invoices: nothing is allocated.
        _ => Some(Decision::default()),
    }
}

fn has_near_number(question: &Question<'_, '_>, one: usize, other: usize) -> bool {
    let number = |position: usize| question.book.invoice(position).map(number_of);
    match (number(one), number(other)) {
        (Some(one), Some(other)) => is_near(&one, &other),
        _ => false,
    }
}

/// The number that the customer sees, letters and digits in a row.
fn number_of(invoice: &KnownInvoice) -> String {
    compact(invoice.number.as_deref().unwrap_or(&invoice.invoice_id))
}

/// What is over is exactly another invoice of the customer, or the only sum of some.
fn with_lost_number(question: &Question<'_, '_>, named: &[&Named], over: i64) -> Option<Decision> {
    let mut owners: Vec<usize> = named
        .iter()
        .filter_map(|named| question.book.owner(named.position))
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let [owner] = owners.as_slice() else { return None };
    let exact = question.owing(&[*owner], (over, over))?;
    let lost: Vec<usize> = match exact.as_slice() {
        [position] => vec![*position],
        [] => {
            let others = question.items(&[*owner]);
            let amounts: Vec<i64> = others.iter().map(|position| question.open(*position)).collect();
            let found =
                only_sum(&amounts, over).filter(|found| found.sums.saturating_mul(50) < found.places)?;
            found
                .parts
                .iter()
                .filter_map(|place| others.get(*place).copied())
                .collect()
        }
        _ => return None,
    };
    let mut decision = Decision::of(
        in_full(question, named),
        exact_confidence(question, named) * NEAR_AMOUNT,
        evidence_of(named),
    );
    decision
        .allocations
        .extend(lost.into_iter().map(|position| Allocation {
            position,
            minor: question.open(position),
            confidence: LOST_NUMBER,
        }));
    Some(decision)
}

/// Whether the amount is short by no more than a discount or bank charges.
fn is_near_amount(question: &Question<'_, '_>, owed: i64) -> bool {
    let short = owed.saturating_sub(question.amount);
    if short <= 0 {
        return false;
    }
    let share = |thousandths: i64| i128::from(owed) * i128::from(thousandths);
    let charges_max = i128::from(CHARGES_UNITS_MAX) * unit(question.receipt.currency.exponent());
    let short = i128::from(short);
    let is_discount = short * 1_000 <= share(DISCOUNT_THOUSANDTHS_MAX) + ROUNDED_MINOR * 1_000;
    let is_charges = short <= charges_max && short * 1_000 <= share(CHARGES_THOUSANDTHS_MAX);
    is_discount || is_charges
}

/// Returns the minor units of one unit of a currency.
fn unit(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(1)
}

/// Splits an amount that is a little short: by the discount it was shortened by, else the last due bears it.
fn shortened(question: &Question<'_, '_>, named: &[&Named]) -> Vec<(usize, i64)> {
    let count = u64::try_from(named.len()).unwrap_or(u64::MAX);
    for thousandths in DISCOUNTS_THOUSANDTHS {
        let mut parts: Vec<(usize, i64)> = named
            .iter()
            .map(|named| {
                (
                    named.position,
                    reduced(question.open(named.position), thousandths),
                )
            })
            .collect();
        let sum = total(parts.iter().map(|(_, minor)| *minor));
        // Each may be rounded the other way.
        if sum.abs_diff(question.amount) > count {
            continue;
        }
        if let Some((position, minor)) = parts.last_mut() {
            *minor = minor.saturating_add(question.amount.saturating_sub(sum));
            if (1..=question.open(*position)).contains(&*minor) {
                return parts;
            }
        }
    }
    in_due_order(question, named)
}

/// Fills the invoices one after the other, the earliest due first, until the amount is spent.
fn in_due_order(question: &Question<'_, '_>, named: &[&Named]) -> Vec<(usize, i64)> {
    let mut parts = in_full(question, named);
    parts.sort_by_key(|(position, _)| {
        let due = question.book.invoice(*position).map(|invoice| invoice.due_date);
        (due, *position)
    });
    let mut rest = question.amount;
    for (_, minor) in &mut parts {
        *minor = (*minor).min(rest);
        rest = rest.saturating_sub(*minor);
    }
    parts
}

fn in_full(question: &Question<'_, '_>, named: &[&Named]) -> Vec<(usize, i64)> {
    named
        .iter()
        .map(|named| (named.position, question.open(named.position)))
        .collect()
}

fn owed(question: &Question<'_, '_>, named: &[&Named]) -> i64 {
    total(named.iter().map(|named| question.open(named.position)))
}

fn positions(named: &[&Named]) -> Vec<usize> {
    named.iter().map(|named| named.position).collect()
}

fn evidence_of(named: &[&Named]) -> Evidence {
    if named.iter().any(|named| named.form == Form::Reference) {
        Evidence::Reference
    } else {
        Evidence::Number
    }
}

/// The confidence where naming and amount agree: that of the weakest form.
fn exact_confidence(question: &Question<'_, '_>, named: &[&Named]) -> f64 {
    let weakest = least(named, |strength| strength.exact);
    match question.stance(&positions(named)) {
        Stance::Agrees | Stance::Unknown => weakest,
        Stance::Contradicts => weakest * THIRD_PARTY,
    }
}

/// The confidence where the amount is another than what is owed.
fn inexact_confidence(named: &[&Named], stance: Stance) -> f64 {
    least(named, |strength| match stance {
        Stance::Agrees => strength.agreeing,
        Stance::Unknown => strength.unknown,
        Stance::Contradicts => strength.contradicted,
    })
}

fn least(named: &[&Named], of: impl Fn(&Strength) -> f64) -> f64 {
    named.iter().fold(1.0, |least, named| {
        let strength = match named.form {
            Form::Reference => REFERENCE,
            Form::Full => FULL_NUMBER,
            Form::Digits => DIGITS,
            Form::Serial => SERIAL,
        };
        of(&strength).min(least)
    })
}
