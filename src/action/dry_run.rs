//! What would change: two worklists of the same day, from two policies.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::kind::ActionId;
use super::worklist::{Line, Worklist};

/// How a worklist differs from another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Customers on either list.
    pub customers: usize,
    /// Customers whose action changes, by customer.
    pub changes: Vec<Change>,
    /// How many go from one action to another; a customer that is on one list only comes from, or goes to, `none`.
    pub moves: Vec<Move>,
    /// Expected gain of all lines, before.
    pub value_before: f64,
    /// Expected gain of all lines, after.
    pub value_after: f64,
    /// Minutes of collectors, before.
    pub minutes_before: u64,
    /// Minutes of collectors, after.
    pub minutes_after: u64,
}

/// A customer whose action changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The customer.
    pub customer_id: String,
    /// What was to be done; none where the customer was not on the list.
    pub before: Option<ActionId>,
    /// What is to be done.
    pub after: Option<ActionId>,
    /// Expected gain after minus before.
    pub gain: f64,
}

/// How many customers go from one action to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Before.
    pub before: Option<ActionId>,
    /// After.
    pub after: Option<ActionId>,
    /// Customers.
    pub customers: usize,
}

/// What is to be done for a customer.
type Entry = (ActionId, f64);

/// Returns what changes from one worklist to another.
#[must_use]
pub fn difference(before: &Worklist, after: &Worklist) -> Difference {
    let mut found = of_entries(&entries(&before.lines), &entries(&after.lines));
    found.value_before = before.value;
    found.value_after = after.value;
    found.minutes_before = before
        .minutes_used
        .values()
        .map(|minutes| u64::from(*minutes))
        .sum();
    found.minutes_after = after
        .minutes_used
        .values()
        .map(|minutes| u64::from(*minutes))
        .sum();
    found
}

fn entries(lines: &[Line]) -> BTreeMap<String, Entry> {
    lines
        .iter()
        .map(|line| {
            let entry = (line.decision.action.clone(), line.gain.total);
            (line.customer_id.clone(), entry)
        })
        .collect()
}

fn of_entries(before: &BTreeMap<String, Entry>, after: &BTreeMap<String, Entry>) -> Difference {
    let customers: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    let mut moves: BTreeMap<(Option<ActionId>, Option<ActionId>), usize> = BTreeMap::new();
    for customer in &customers {
        let (old, new) = (before.get(*customer), after.get(*customer));
        let action = |entry: Option<&Entry>| entry.map(|(action, _)| action.clone());
        let gain = |entry: Option<&Entry>| entry.map_or(0.0, |(_, gain)| *gain);
        let (from, to) = (action(old), action(new));
        if from != to {
            *moves.entry((from.clone(), to.clone())).or_default() += 1;
            changes.push(Change {
                customer_id: (*customer).clone(),
                before: from,
                after: to,
                gain: gain(new) - gain(old),
            });
        }
    }
    Difference {
        customers: customers.len(),
        changes,
        moves: moves
            .into_iter()
            .map(|((before, after), customers)| Move {
                before,
                after,
                customers,
            })
            .collect(),
        value_before: 0.0,
        value_after: 0.0,
        minutes_before: 0,
        minutes_after: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, &str, f64)]) -> BTreeMap<String, Entry> {
        entries
            .iter()
            .map(|(customer, action, gain)| ((*customer).to_owned(), (ActionId::new(action), *gain)))
            .collect()
    }

    #[test]
    fn only_those_whose_action_changes_are_told_and_counted_by_move() {
        let before = list(&[
            ("A", "wait", 0.0),
            ("B", "call", 9.0),
            ("C", "wait", 0.0),
            ("D", "sms", 1.0),
        ]);
        let after = list(&[
            ("A", "call", 5.0),
            ("B", "call", 7.0),
            ("C", "call", 2.0),
            ("E", "wait", 0.0),
        ]);
        let found = of_entries(&before, &after);
        assert_eq!(found.customers, 5);
        let changed: Vec<&str> = found.changes.iter().map(|one| one.customer_id.as_str()).collect();
        assert_eq!(changed, ["A", "C", "D", "E"]);
        assert!((found.changes[2].gain + 1.0).abs() < 1e-12);
        let call = Some(ActionId::new("call"));
        let to_call = Move {
            before: Some(ActionId::new("wait")),
            after: call,
            customers: 2,
        };
        assert!(found.moves.contains(&to_call), "{:?}", found.moves);
        assert_eq!(found.moves.len(), 3);
    }

    #[test]
    fn the_same_list_twice_changes_nothing() {
        let list = list(&[("A", "wait", 0.0), ("B", "call", 9.0)]);
        let found = of_entries(&list, &list);
        assert!(found.changes.is_empty() && found.moves.is_empty());
    }
}
