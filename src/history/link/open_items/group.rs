//! The items that one document cleared, in one currency, and the order in which they are set against each other.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::Date;

use super::item::{Item, Kind};

/// An item on its way through a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Number of the item.
    pub(super) place: usize,
    /// Amount of the item.
    pub(super) minor: i64,
    /// What of it the group settles.
    pub(super) to_settle: i64,
    /// What of that is still to be settled.
    pub(super) left: i64,
    pub(super) posted_on: Date,
    pub(super) customer: &'a str,
}

/// A credit, a debit and the amount that is set against each other, by the numbers of the items.
pub(super) type Match = (usize, usize, i64);

/// What one document cleared, in one currency.
#[derive(Clone, Debug, Default)]
pub(super) struct Group<'a> {
    pub(super) debits: Vec<Line<'a>>,
    pub(super) credits: Vec<Line<'a>>,
    /// Debits that belong to no invoice.
    pub(super) loose: Vec<Line<'a>>,
}

impl Group<'_> {
    /// Puts the oldest first.
    pub(super) fn sort(&mut self) {
        for lines in [&mut self.debits, &mut self.credits, &mut self.loose] {
            lines.sort_by_key(|line| (line.posted_on, line.place));
        }
    }

    /// Sets a credit against a debit, both by their place in the group; returns how much that is.
    pub(super) fn take(&mut self, credit: usize, debit: usize) -> i64 {
        set_against(&mut self.credits[credit], &mut self.debits[debit])
    }

    /// Sets credits against invoices: equal amounts, then the oldest; the customer's own first.
    pub(super) fn match_lines(&mut self) -> Vec<Match> {
        let (credits, debits) = (all(&self.credits), all(&self.debits));
        let mut found = Vec::new();
        pair(&mut self.credits, &mut self.debits, &credits, &debits, &mut found);
        found
    }

    /// Sets credits against the debits that undo them or pay them out: of the same kind first.
    pub(super) fn net_lines(&mut self, items: &[Item]) -> Vec<Match> {
        let mut found = Vec::new();
        if self.loose.is_empty() {
            return found;
        }
        for kind in [Kind::Payment, Kind::CreditNote, Kind::WriteOff] {
            let of_kind = |lines: &[Line<'_>]| {
                let mut places = all(lines);
                places.retain(|at| items[lines[*at].place].kind == kind);
                places
            };
            let (credits, loose) = (of_kind(&self.credits), of_kind(&self.loose));
            pair(&mut self.credits, &mut self.loose, &credits, &loose, &mut found);
        }
        let (credits, loose) = (all(&self.credits), all(&self.loose));
        pair(&mut self.credits, &mut self.loose, &credits, &loose, &mut found);
        found
    }
}

fn all(lines: &[Line<'_>]) -> Vec<usize> {
    (0..lines.len()).collect()
}

fn set_against(credit: &mut Line<'_>, debit: &mut Line<'_>) -> i64 {
    let minor = credit.left.min(debit.left).max(0);
    credit.left -= minor;
    debit.left -= minor;
    minor
}

/// Sets the credits against the debits of these places, in their order.
fn pair(
    credits: &mut [Line<'_>],
    debits: &mut [Line<'_>],
    of_credits: &[usize],
    of_debits: &[usize],
    found: &mut Vec<Match>,
) {
    for own_only in [true, false] {
        equal(credits, debits, of_credits, of_debits, own_only, found);
    }
    let mut own: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for &at in of_credits {
        own.entry(credits[at].customer.to_owned()).or_default().0.push(at);
    }
    for &at in of_debits {
        own.entry(debits[at].customer.to_owned()).or_default().1.push(at);
    }
    for (of_credits, of_debits) in own.values() {
        oldest(credits, debits, of_credits, of_debits, found);
    }
    oldest(credits, debits, of_credits, of_debits, found);
}

/// Sets equal amounts against each other, within each customer or whosever they are.
fn equal(
    credits: &mut [Line<'_>],
    debits: &mut [Line<'_>],
    of_credits: &[usize],
    of_debits: &[usize],
    own_only: bool,
    found: &mut Vec<Match>,
) {
    let name = |line: &Line<'_>| {
        if own_only {
            line.customer.to_owned()
        } else {
            String::new()
        }
    };
    let mut waiting: BTreeMap<(String, i64), VecDeque<usize>> = BTreeMap::new();
    for &at in of_debits {
        let line = &debits[at];
        if line.left > 0 {
            waiting.entry((name(line), line.left)).or_default().push_back(at);
        }
    }
    for &credit in of_credits {
        let wanted = (name(&credits[credit]), credits[credit].left);
        let Some(debit) = waiting.get_mut(&wanted).and_then(VecDeque::pop_front) else {
            continue;
        };
        let minor = set_against(&mut credits[credit], &mut debits[debit]);
        found.push((credits[credit].place, debits[debit].place, minor));
    }
}

/// Sets the oldest against the oldest.
fn oldest(
    credits: &mut [Line<'_>],
    debits: &mut [Line<'_>],
    of_credits: &[usize],
    of_debits: &[usize],
    found: &mut Vec<Match>,
) {
    let mut waiting = of_debits.iter().copied().peekable();
    for &credit in of_credits {
        while credits[credit].left > 0 {
            let Some(&debit) = waiting.peek() else {
                return;
            };
            let minor = set_against(&mut credits[credit], &mut debits[debit]);
            if minor > 0 {
                found.push((credits[credit].place, debits[debit].place, minor));
            }
            if debits[debit].left <= 0 {
                waiting.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(place: usize, minor: i64, day: u32, customer: &str) -> Line<'_> {
        Line {
            place,
            minor,
            to_settle: minor,
            left: minor,
            posted_on: Date::from_ymd_opt(2025, 1, day).expect("a day of January"),
            customer,
        }
    }

    #[test]
    fn equal_amounts_go_before_the_oldest() {
        let mut group = Group {
            debits: vec![line(0, 500, 1, "A"), line(1, 300, 2, "A"), line(2, 200, 3, "A")],
            credits: vec![line(3, 300, 9, "A"), line(4, 700, 8, "A")],
            loose: Vec::new(),
        };
        group.sort();
        assert_eq!(group.match_lines(), [(3, 1, 300), (4, 0, 500), (4, 2, 200)]);
        assert!(
            group
                .credits
                .iter()
                .chain(&group.debits)
                .all(|line| line.left == 0)
        );
    }

    #[test]
    fn the_customers_own_items_go_before_those_of_others() {
        let mut group = Group {
            debits: vec![line(0, 300, 1, "A"), line(1, 300, 2, "B")],
            credits: vec![line(2, 300, 9, "B"), line(3, 100, 9, "A"), line(4, 200, 9, "C")],
            loose: Vec::new(),
        };
        group.sort();
        assert_eq!(group.match_lines(), [(2, 1, 300), (3, 0, 100), (4, 0, 200)]);
    }

    #[test]
    fn a_credit_larger_than_all_debits_keeps_its_rest() {
        let mut group = Group {
            debits: vec![line(0, 100, 1, "A"), line(1, 0, 1, "A")],
            credits: vec![line(2, 250, 9, "A")],
            loose: Vec::new(),
        };
        group.sort();
        assert_eq!(group.match_lines(), [(2, 0, 100)]);
        assert_eq!(group.credits[0].left, 150);
        assert_eq!(group.take(0, 0), 0);
    }
}
