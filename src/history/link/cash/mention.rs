//! Which invoices a text names: by the reference the customer was asked for, or by a number, however it is written.

use std::ops::Range;

use super::keys::{NUMBER_CHARS_MIN, keys_of};
use super::reference::content;
use super::token::{Gap, Run, compact, repaired, runs};
use super::words::leads_number;
use crate::domain::{Currency, Money};
use crate::history::keyed_rows::hash_text;
use crate::history::link::KnownInvoice;

/// Runs that one number may be cut into: `RF18 5390 0754 7034 ...` has most.
const RUNS_OF_NUMBER_MAX: usize = 8;
/// Characters of the longest number or reference.
const NUMBER_CHARS_MAX: usize = 35;
/// Documents of one receipt that are looked at.
const DOCUMENTS_MAX: usize = 1_000;
/// Invoices that share a key; a commoner one (a year, a number of the customer) names none of them.
const INVOICES_OF_KEY_MAX: usize = 1_000;

/// In what form an invoice is named; the stronger come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The reference that the customer was asked to pay under.
    Reference,
    /// The whole number.
    Full,
    /// The digits of the number without its letters.
    Digits,
    /// The last digits, or a number of four.
    Serial,
}

/// A place where a receipt names an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) form: Form,
    /// Where the index has the invoices that it may mean; most often one.
    hits: Range<usize>,
    /// What the payer says to pay on it, in minor units.
    pub(super) amount_minor: Option<i64>,
}

/// The numbers and references of all invoices.
#[derive(Debug)]
pub(super) struct NumberIndex {
    /// Hash of the key, form, position of the invoice; sorted: quicker to look up in than a tree of texts.
    entries: Vec<(u64, Form, u32)>,
    /// Whether any key has so many characters.
    has_length: [bool; NUMBER_CHARS_MAX + 1],
}

/// A window of runs that is a key.
struct Hit {
    first: usize,
    /// Behind the last run.
    end: usize,
    chars: usize,
    form: Form,
    hits: Range<usize>,
}

impl NumberIndex {
    /// Indexes invoices by their position in the list.
    pub(super) fn of(invoices: &[KnownInvoice]) -> Self {
        let mut index = Self {
            entries: Vec::with_capacity(4 * invoices.len()),
            has_length: [false; NUMBER_CHARS_MAX + 1],
        };
        for (position, invoice) in invoices.iter().enumerate() {
            let Ok(position) = u32::try_from(position) else {
                break;
            };
            for (key, form) in keys_of(invoice) {
                if let Some(slot) = index.has_length.get_mut(key.len()) {
                    *slot = true;
                    index.entries.push((hash_text(&key), form, position));
                }
            }
        }
        index.entries.sort_unstable();
        index.entries.dedup();
        index
    }

    /// Whether there is nothing to be named.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the invoices that a mention may mean, by rising position.
    pub(super) fn invoices(&self, mention: &Mention) -> impl Iterator<Item = usize> {
        let hits = self.entries.get(mention.hits.clone()).unwrap_or_default();
        hits.iter().filter_map(|entry| usize::try_from(entry.2).ok())
    }

    /// Returns the invoice that a mention means, if it can only be one.
    pub(super) fn only(&self, mention: &Mention) -> Option<usize> {
        let mut invoices = self.invoices(mention);
        invoices.next().filter(|_| invoices.next().is_none())
    }

    /// Returns where the invoices of a key are, in the strongest form there is.
    fn look_up(&self, key: &str) -> Option<(Form, Range<usize>)> {
        if !self.has_length.get(key.len()).is_some_and(|&has| has) {
            return None;
        }
        let hash = hash_text(key);
        let first = self.entries.partition_point(|entry| entry.0 < hash);
        let rest = self.entries.get(first..)?;
        let form = rest.first().filter(|entry| entry.0 == hash)?.1;
        let count = rest
            .iter()
            .take_while(|entry| entry.0 == hash && entry.1 == form)
            .take(INVOICES_OF_KEY_MAX + 1)
            .count();
        (count <= INVOICES_OF_KEY_MAX).then_some((form, first..first + count))
    }

    /// Returns what a structured reference names.
    pub(super) fn in_reference(&self, text: &str) -> Option<Mention> {
        let key = compact(text);
        let (form, hits) = self.look_up(&key).or_else(|| {
            // The reference may be made of the number of the invoice.
            let (_, hits) = self.look_up(content(&key)?)?;
            Some((Form::Reference, hits))
        })?;
        (form < Form::Serial).then_some(Mention {
            form,
            hits,
            amount_minor: None,
        })
    }

    /// Returns what a list of documents names: `NUMBER AMOUNT; NUMBER`, the amounts optional.
    pub(super) fn in_documents(&self, text: &str, currency: Currency) -> Vec<Mention> {
        let documents = text.split(';').take(DOCUMENTS_MAX);
        documents
            .filter_map(|document| {
                let document = document.trim();
                let (number, amount) = match document.rsplit_once(' ') {
                    Some((number, amount)) => (number, Money::parse(amount, currency).ok()),
                    None => (document, None),
                };
                let whole = || self.of_whole(document).map(|(form, hits)| (form, hits, None));
                let (form, hits, amount_minor) = match amount {
                    // A number may itself end in a group that reads as an amount.
                    Some(amount) => whole().or_else(|| {
                        let (form, hits) = self.of_whole(number)?;
                        Some((form, hits, Some(amount.minor())))
                    })?,
                    None => whole()?,
                };
                Some(Mention {
                    // Whoever fills in a list means numbers by them.
                    form: form.min(Form::Digits),
                    hits,
                    amount_minor: amount_minor.filter(|&minor| minor > 0),
                })
            })
            .collect()
    }

    /// Looks up a text that is a number and nothing else.
    fn of_whole(&self, text: &str) -> Option<(Form, Range<usize>)> {
        let runs = runs(text);
        self.of_window(&runs, &mut String::new())
    }

    /// Returns what a free text names, in the order of the text.
    pub(super) fn in_text(&self, text: &str) -> Vec<Mention> {
        let found = self.in_runs(&runs(text));
        if found.is_empty()
            && let Some(text) = repaired(text)
        {
            return self.in_runs(&runs(&text));
        }
        found
    }

    fn in_runs(&self, runs: &[Run]) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut key = String::new();
        for first in 0..runs.len() {
            for end in first + 1..=runs.len().min(first + RUNS_OF_NUMBER_MAX) {
                let Some(window) = runs.get(first..end) else {
                    continue;
                };
                let chars = window.iter().map(|run| run.text.len()).sum::<usize>();
                if chars > NUMBER_CHARS_MAX {
                    break;
                }
                if chars < NUMBER_CHARS_MIN || window.iter().all(|run| !run.is_digits) {
                    continue;
                }
                let Some((form, hits)) = self.of_window(window, &mut key) else {
                    continue;
                };
                if stands_alone(runs, first, end, form) {
                    found.push(Hit {
                        first,
                        end,
                        chars,
                        form,
                        hits,
                    });
                }
            }
        }
        chosen(found)
    }

    /// Looks up runs as they are, then without leading zeros; `key` is room to put them together in.
    fn of_window(&self, window: &[Run], key: &mut String) -> Option<(Form, Range<usize>)> {
        key.clear();
        key.extend(window.iter().map(|run| run.text.as_str()));
        let found = self.look_up(key);
        let has_zeros = window.iter().any(|run| run.stripped().len() < run.text.len());
        if found.is_some() || !has_zeros {
            return found;
        }
        key.clear();
        key.extend(window.iter().map(Run::stripped));
        self.look_up(key)
    }
}

/// Takes hits that do not overlap: the strongest forms first, of these the longest.
fn chosen(mut hits: Vec<Hit>) -> Vec<Mention> {
    hits.sort_by(|left, right| {
        let strength = left.form.cmp(&right.form);
        let length = right.chars.cmp(&left.chars);
        strength.then(length).then(left.first.cmp(&right.first))
    });
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if kept
            .iter()
            .all(|other| hit.end <= other.first || other.end <= hit.first)
        {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| hit.first);
    kept.into_iter()
        .map(|hit| Mention {
            form: hit.form,
            hits: hit.hits,
            amount_minor: None,
        })
        .collect()
}

/// Whether runs are a number by themselves and not a part of a longer one.
fn stands_alone(runs: &[Run], first: usize, end: usize, form: Form) -> bool {
    let (Some(head), Some(tail)) = (runs.get(first), runs.get(end.saturating_sub(1))) else {
        return false;
    };
    let is_short = form == Form::Serial;
    if let Some(before) = first.checked_sub(1).and_then(|place| runs.get(place)) {
        let is_part = match head.gap {
            Gap::None => before.is_digits || !leads_number(&before.text),
            Gap::Joint => before.is_digits,
            Gap::Slash => before.is_digits && form > Form::Full,
            Gap::Comma => before.is_digits && is_short,
            Gap::Blank => false,
        };
        if is_part {
            return false;
        }
    }
    let Some(after) = runs.get(end) else { return true };
    match after.gap {
        // One letter more makes another number, a word does not.
        Gap::None => !after.is_digits && tail.is_digits && after.text.len() > 1,
        Gap::Joint => !after.is_digits,
        Gap::Slash => !after.is_digits || form <= Form::Full,
        Gap::Comma => !(after.is_digits && (after.text.len() == 2 || is_short)),
        Gap::Blank => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_iso;

    fn invoice(id: &str, number: &str, reference: Option<&str>) -> KnownInvoice {
        KnownInvoice {
            invoice_id: id.to_owned(),
            number: Some(number.to_owned()),
            payment_reference: reference.map(ToOwned::to_owned),
            customer_id: "C".to_owned(),
            invoice_date: parse_iso("2026-01-05").unwrap(),
            due_date: parse_iso("2026-02-05").unwrap(),
            currency: Currency::EUR,
            amount_minor: 100,
            open_minor: 100,
        }
    }

    fn index() -> NumberIndex {
        NumberIndex::of(&[
            invoice("A", "RE-2024-0815", Some("RF18 5390 0754 7034")),
            invoice("B", "RE-2024-0816", None),
            invoice("C", "INV000123", None),
            invoice("D", "5512345", None),
        ])
    }

    fn named(text: &str) -> Vec<(Form, usize)> {
        let index = index();
        let mentions = index.in_text(text);
        mentions
            .iter()
            .map(|mention| (mention.form, index.only(mention).unwrap()))
            .collect()
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for text in [
            "RE-2024-0815",
            "Rechnung re 2024 0815 vom 12.03.2024",
            "RE20240815",
            "RE2024/0815",
            "RE 2024 815",
            "RE2O24O815",
        ] {
            assert_eq!(named(text), [(Form::Full, 0)], "{text}");
        }
        assert_eq!(named("Rg.Nr. 20240815"), [(Form::Digits, 0)]);
        assert_eq!(named("RG20240815"), [(Form::Digits, 0)]);
        assert_eq!(named("Zahlung 0815"), [(Form::Serial, 0)]);
        assert_eq!(named("inv 123"), [(Form::Full, 2)]);
        assert_eq!(named("Kd 7 Re 5512345 Danke"), [(Form::Full, 3)]);
    }

    #[test]
    fn several_numbers_come_in_the_order_of_the_text() {
        let both = [(Form::Full, 1), (Form::Full, 0)];
        assert_eq!(named("RE-2024-0816, RE-2024-0815"), both);
        assert_eq!(named("RE-2024-0816/RE-2024-0815"), both);
    }

    #[test]
    fn a_number_inside_a_longer_one_is_not_found() {
        for text in [
            "RE-2024-08151",
            "15512345",
            "5512345-1",
            "99-5512345",
            "X5512345",
            "5512345B",
            "0815,99 EUR",
            "DE12551234500815",
        ] {
            assert!(named(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn references_are_found_by_themselves_and_in_texts() {
        let index = index();
        let mention = index.in_reference("RF18539007547034").unwrap();
        assert_eq!((mention.form, index.only(&mention)), (Form::Reference, Some(0)));
        assert_eq!(index.in_reference("RF19539007547034"), None);
        assert_eq!(named("Danke RF18 5390 0754 7034"), [(Form::Reference, 0)]);
    }

    #[test]
    fn documents_may_have_amounts() {
        let index = index();
        let found = index.in_documents(
            "RE-2024-0815 12.50; 5512345;; RE 2024 0816; nothing 1.00",
            Currency::EUR,
        );
        let found: Vec<(usize, Option<i64>)> = found
            .iter()
            .map(|mention| (index.only(mention).unwrap(), mention.amount_minor))
            .collect();
        assert_eq!(found, [(0, Some(1_250)), (3, None), (1, None)]);
    }

    #[test]
    fn a_key_of_very_many_invoices_names_none_of_them() {
        let invoices: Vec<KnownInvoice> = (0..=INVOICES_OF_KEY_MAX)
            .map(|number| invoice(&format!("I{number}"), &format!("A{number}-7777"), None))
            .collect();
        let named = |count: usize| {
            let index = NumberIndex::of(&invoices[..count]);
            let mentions = index.in_text("Kunde 7777");
            mentions.first().map(|mention| index.invoices(mention).count())
        };
        assert_eq!(named(INVOICES_OF_KEY_MAX), Some(INVOICES_OF_KEY_MAX));
        assert_eq!(named(INVOICES_OF_KEY_MAX + 1), None);
    }
}
