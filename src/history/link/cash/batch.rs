//! A batch of transfers that one message tells as a whole and another in its parts is the same money.
//!
//! The readers of statements name the parts of a batch `ID-1`, `ID-2`, ... and a batch that the bank does not break up
//! `ID`. Where a whole and parts that sum to it meet, in one import or in the ledger and an import, one of both counts:
//! what the ledger has, else the parts, which say who paid.

use std::collections::BTreeMap;

use super::receipt::Receipt;
use crate::history::link::Known;

/// Amounts of wholes, and sums of parts, by the id of the whole.
#[derive(Debug, Default)]
struct Batches<'a> {
    wholes: BTreeMap<&'a str, i64>,
    parts: BTreeMap<&'a str, i64>,
}

impl<'a> Batches<'a> {
    fn of(receipts: impl Iterator<Item = (&'a str, i64)>) -> Self {
        let mut batches = Self::default();
        for (id, minor) in receipts {
            batches.wholes.insert(id, minor);
            if let Some(whole) = whole_of(id) {
                let sum = batches.parts.entry(whole).or_default();
                *sum = sum.saturating_add(minor);
            }
        }
        batches
    }
}

/// The id of the batch that a part is of.
fn whole_of(id: &str) -> Option<&str> {
    let (whole, number) = id.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(whole)
}

/// Leaves out what is there already as a whole or in parts.
pub(super) fn told_once<'a>(receipts: Vec<Receipt<'a>>, known: &Known) -> Vec<Receipt<'a>> {
    let ledger = Batches::of(
        known
            .receipts
            .iter()
            .map(|receipt| (receipt.receipt_id.as_str(), receipt.amount_minor)),
    );
    let import = Batches::of(receipts.iter().map(|receipt| (receipt.id, receipt.amount_minor)));
    let is_told = |receipt: &Receipt<'_>| {
        if ledger.wholes.contains_key(receipt.id) {
            return false;
        }
        let as_parts = [&ledger, &import]
            .iter()
            .any(|batches| batches.parts.get(receipt.id) == Some(&receipt.amount_minor));
        let as_whole = whole_of(receipt.id).is_some_and(|whole| {
            let told = ledger.wholes.get(whole);
            told.is_some() && told == import.parts.get(whole)
        });
        as_parts || as_whole
    };
    let told: Vec<bool> = receipts.iter().map(is_told).collect();
    receipts
        .into_iter()
        .zip(told)
        .filter(|(_, is_told)| !is_told)
        .map(|(receipt, _)| receipt)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_a_number_behind_the_id() {
        assert_eq!(whole_of("B7-12"), Some("B7"));
        assert_eq!(whole_of("B7-"), None);
        assert_eq!(whole_of("B7-x"), None);
        assert_eq!(whole_of("B7"), None);
    }

    #[test]
    fn sums_of_parts_stand_beside_their_whole() {
        let batches = Batches::of([("B", 500), ("B-1", 200), ("B-2", 300), ("C-1", 7)].into_iter());
        assert_eq!(batches.parts.get("B"), batches.wholes.get("B"));
        assert_eq!(batches.parts.get("C"), Some(&7));
        assert_eq!(batches.wholes.get("C"), None);
    }
}
