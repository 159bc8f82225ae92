//! A customer's facts as one sequence, in the order in which they became known.

use crate::features::facts::{CustomerFacts, Facts};

/// Days after the promised date within which a promise still counts as kept.
pub(crate) const PROMISE_TOLERANCE_DAYS: i32 = 3;

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
    /// A plan for an invoice: the index is that of its first line.
    Plan,
    PromiseGiven,
    Settlement,
    DisputeResolved,
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
    let settlements = settled.map(|i| {
        let settlement = facts.settlements[i];
        // A payment that was recorded before its invoice waits for it.
        let day = settlement
            .known_day
            .max(facts.invoices[settlement.invoice].known_day);
        event(day, EventKind::Settlement, i)
    });
    let given = customer
        .promises
        .clone()
        .map(|i| event(facts.promises[i].known_day, EventKind::PromiseGiven, i));
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
    let resolved = customer
        .disputes
        .clone()
        .filter(|i| facts.disputes[*i].resolved_day != i32::MAX)
        .map(|i| event(facts.disputes[i].resolved_day, EventKind::DisputeResolved, i));
    let planned = customer.plans.clone();
    let plans = planned.filter_map(|i| {
        let line = facts.plans[i];
        let goes_on = i > customer.plans.start
            && facts.plans[i - 1].invoice == line.invoice
            && facts.plans[i - 1].plan == line.plan
            && facts.plans[i - 1].known_day == line.known_day;
        // A plan that was known before its invoice waits for it.
        let day = line.known_day.max(facts.invoices[line.invoice].known_day);
        (!goes_on).then(|| event(day, EventKind::Plan, i))
    });
    let mut events: Vec<Event> = invoices
        .chain(settlements)
        .chain(given)
        .chain(promises)
        .chain(resolved)
        .chain(plans)
        .chain(contacts)
        .chain(ratings)
        .collect();
    events.sort_unstable();
    events
}
