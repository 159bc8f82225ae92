//! Since when documents are reversed.

use std::collections::BTreeMap;

use super::item::Item;
use crate::domain::Date;

/// By company and number, the later day of a reversed document and the one that reverses it, where both are there.
pub(super) fn reversal_days(gone: &[Item<'_>]) -> BTreeMap<(String, String), Date> {
    let entered = |item: &Item<'_>| {
        item.entered_on
            .map_or(item.posted_on, |day| day.max(item.posted_on))
    };
    let mut own: BTreeMap<(String, String), Date> = BTreeMap::new();
    for item in gone {
        let day = own.entry(number_of(item)).or_insert_with(|| entered(item));
        *day = (*day).max(entered(item));
    }
    let mut days = BTreeMap::new();
    for item in gone {
        let other = item
            .reversal
            .as_ref()
            .and_then(|reversal| reversal.other.as_ref());
        let Some((other, _)) = other else {
            continue;
        };
        let one = number_of(item);
        let two = (one.0.clone(), other.to_string());
        let (Some(first), Some(second)) = (own.get(&one), own.get(&two)) else {
            continue;
        };
        let later = (*first).max(*second);
        for document in [one, two] {
            let day = days.entry(document).or_insert(later);
            *day = (*day).max(later);
        }
    }
    days
}

/// Company and number of an item's document.
pub(super) fn number_of(item: &Item<'_>) -> (String, String) {
    (item.key.company.to_string(), item.key.document.to_string())
}
