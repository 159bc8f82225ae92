//! A customer's facts as one sequence, in the order in which they became known.

use crate::features::facts::{CustomerFacts, Facts};

/// Days after the promised date within which a promise still counts as kept.
const PROMISE_TOLERANCE_DAYS: i32 = 3;

/// When a fact became known, and which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) day: i32,
    pub(crate) kind: EventKind,
    /// Index of the fact in the facts of its kind.
    pub(crate) index: usize,
}

/// The order of the kinds is the order in which facts of one day are taken note of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventKind {
    Invoice,
    Contact,
    Rating,
    Settlement,
    PromiseDue,
}

/// The customer's facts in the order in which they became known.
pub(crate) fn events(facts: &Facts, customer: &CustomerFacts) -> Vec<Event> {
    let event = |day, kind, index| Event { day, kind, index };
    let invoices = customer
        .invoices
        .clone()
        .map(|i| event(facts.invoices[i].known_day, EventKind::Invoice, i));
    let settled = customer.settlements.clone();
    let settlements = settled.map(|i| event(facts.settlements[i].known_day, EventKind::Settlement, i));
    let promises = customer.promises.clone().map(|i| {
        let promise = facts.promises[i];
        let judged = promise.known_day.max(promise.promised_day) + PROMISE_TOLERANCE_DAYS;
        event(judged, EventKind::PromiseDue, i)
    });
    let contacts = customer
        .contacts
        .clone()
        .map(|i| event(facts.contacts[i], EventKind::Contact, i));
    let ratings = customer
        .ratings
        .clone()
        .map(|i| event(facts.ratings[i].0, EventKind::Rating, i));
    let mut events: Vec<Event> = invoices
        .chain(settlements)
        .chain(promises)
        .chain(contacts)
        .chain(ratings)
        .collect();
    events.sort_unstable();
    events
}
