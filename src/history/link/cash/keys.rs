//! Under which keys an invoice is looked for: its reference, its number, and what is left of a number in a text.

use super::mention::Form;
use super::token::{Run, compact, runs};
use crate::history::link::KnownInvoice;

/// Characters and digits below which a number is not looked for: it would be found everywhere.
pub(super) const NUMBER_CHARS_MIN: usize = 4;
/// Digits from which a number without letters stands for itself.
const FULL_DIGITS_MIN: usize = 7;
const DIGITS_MIN: usize = 5;
/// Digits that a number with letters must have.
const DIGITS_BESIDE_LETTERS_MIN: usize = 3;

/// Returns the keys under which an invoice is found, each with the form that a hit has; some come more than once.
pub(super) fn keys_of(invoice: &KnownInvoice) -> Vec<(String, Form)> {
    let mut keys = Vec::new();
    if let Some(reference) = &invoice.payment_reference {
        let key = compact(reference);
        if key.len() >= NUMBER_CHARS_MIN && key.bytes().any(|byte| byte.is_ascii_digit()) {
            keys.push((key, Form::Reference));
        }
    }
    let number = invoice.number.as_deref();
    for text in number.into_iter().chain([invoice.invoice_id.as_str()]) {
        add_number(&mut keys, &runs(text));
    }
    keys
}

fn add_number(keys: &mut Vec<(String, Form)>, runs: &[Run]) {
    let exact: String = runs.iter().map(|run| run.text.as_str()).collect();
    let stripped: String = runs.iter().map(Run::stripped).collect();
    let digits: Vec<&Run> = runs.iter().filter(|run| run.is_digits).collect();
    let mut found: Vec<(String, Option<Form>)> = Vec::new();
    for whole in [exact, stripped] {
        let form = form_of_whole(&whole);
        found.push((whole, form));
    }
    if digits.len() < runs.len() {
        let bare: String = digits.iter().map(|run| run.text.as_str()).collect();
        let without_zeros: String = digits.iter().map(|run| run.stripped()).collect();
        for part in [bare.trim_start_matches('0').to_owned(), without_zeros, bare] {
            let form = form_of_digits(&part);
            found.push((part, form));
        }
    }
    if let (Some(last), true) = (digits.last(), digits.len() > 1) {
        for tail in [last.text.as_str(), last.stripped()] {
            let form = form_of_digits(tail).map(|_| Form::Serial);
            found.push((tail.to_owned(), form));
        }
    }
    keys.extend(found.into_iter().filter_map(|(key, form)| Some((key, form?))));
}

/// Returns what a whole number says when it is found; nothing where it is too short to be looked for.
fn form_of_whole(key: &str) -> Option<Form> {
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    if digits == key.len() {
        return form_of_digits(key).map(|form| {
            if digits >= FULL_DIGITS_MIN {
                Form::Full
            } else {
                form
            }
        });
    }
    (key.len() >= NUMBER_CHARS_MIN && digits >= DIGITS_BESIDE_LETTERS_MIN).then_some(Form::Full)
}

/// Returns what digits say that are a part of a number, or a short one.
fn form_of_digits(key: &str) -> Option<Form> {
    match key.len() {
        length if length < NUMBER_CHARS_MIN => None,
        length if length < DIGITS_MIN => Some(Form::Serial),
        _ => Some(Form::Digits),
    }
}
