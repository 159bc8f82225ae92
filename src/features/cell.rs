//! Customers that are like a new one: those with its payment terms, its country and its segment.
//!
//! Priors come in a chain: the book, its groups of equal terms, and in each of these the cells of customers of one
//! country and segment (a *market*). A cell is shrunk to its group as a group is to the book, and the more so the
//! fewer payers it has.
//!
//! A ledger that tells neither country nor segment has no cell, and one that tells the same of everybody has cells
//! that are their groups; both leave every number of a group as it is, to the bit.

use crate::features::prior::Counts;

/// Payers of a cell at which its group's prior is twice as strong as for one of very many payers.
const PAYERS_AT_TWICE_STRENGTH: f64 = 8.0;
/// Payers below which a cell says nothing: what a single one did is its own history, not that of customers like it.
const PAYERS_MIN: i64 = 2;

/// Invoices with the same payment terms of customers with the same country and segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// Index of the terms group.
    pub(crate) group: u32,
    /// Index of country and segment; none where neither is known.
    pub(crate) market: Option<u32>,
}

/// Numbers of groups and markets in a larger part of the book, by their numbers in a smaller one.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) groups: Vec<u32>,
    pub(crate) markets: Vec<u32>,
}

impl Numbers {
    /// The number of a group.
    pub(crate) fn group(&self, group: u32) -> u32 {
        self.groups[index(group)]
    }

    /// The cell with the numbers of the larger part.
    pub(crate) fn cell(&self, cell: Cell) -> Cell {
        Cell {
            group: self.group(cell.group),
            market: cell.market.map(|market| self.markets[index(market)]),
        }
    }
}

/// A number as an index.
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).expect("an index fits usize")
}

/// Name of a country and segment, where one of them is known.
pub(crate) fn market_name(country: Option<&str>, segment: Option<&str>) -> Option<String> {
    let (country, segment) = (country.unwrap_or_default(), segment.unwrap_or_default());
    // The separator is in neither: two names never run into each other.
    let is_known = !country.is_empty() || !segment.is_empty();
    is_known.then(|| format!("{country}\u{1f}{segment}"))
}

/// Whether a cell says anything that its group does not.
///
/// A cell with the sums of its group is all there is of the group, and would be shrunk to itself.
pub(crate) fn says_more(cell: &Counts, group: &Counts) -> bool {
    cell.payers >= PAYERS_MIN && cell != group
}

/// How many times stronger the prior of a cell is than that of a group: `1 + 8 / P` with `P` payers, so that what a
/// few did is not taken for the way of their country.
#[expect(clippy::cast_precision_loss, reason = "payers are far below 2^53")]
pub(crate) fn strength_factor(cell: &Counts) -> f64 {
    1.0 + PAYERS_AT_TWICE_STRENGTH / cell.payers.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(payers: i64, weight: i64) -> Counts {
        Counts {
            payers,
            weight,
            ..Counts::default()
        }
    }

    #[test]
    fn a_market_is_known_by_country_or_segment() {
        assert_eq!(market_name(None, None), None);
        assert_eq!(market_name(Some(""), Some("")), None);
        let names = [
            market_name(Some("NL"), None),
            market_name(None, Some("NL")),
            market_name(Some("NL"), Some("sme")),
            market_name(Some("NLs"), Some("me")),
        ];
        for (place, name) in names.iter().enumerate() {
            assert!(name.is_some());
            assert!(!names[..place].contains(name), "{name:?}");
        }
    }

    #[test]
    fn a_cell_says_more_than_its_group_where_several_paid_and_others_did_otherwise() {
        let group = counts(5, 900);
        assert!(says_more(&counts(2, 300), &group));
        assert!(!says_more(&counts(1, 300), &group));
        assert!(!says_more(&group.clone(), &group));
    }

    #[test]
    fn few_payers_are_held_to_their_group_more_strongly() {
        for (payers, factor) in [(2, 5.0), (8, 2.0), (80, 1.1)] {
            assert!((strength_factor(&counts(payers, 1)) - factor).abs() < 1e-12);
        }
    }
}
