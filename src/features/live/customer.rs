//! One customer of a live book: its facts, and what it adds to the priors.

use crate::features::facts::Facts;
use crate::features::prior::Priors;
use crate::features::replay::{Emission, replay};

/// One customer: its facts, and what it adds to the priors.
#[derive(Debug)]
pub(super) struct LiveCustomer {
    /// Of this customer alone; without a customer where it has no invoice.
    pub(super) facts: Facts,
    /// Of its groups, by their index in the facts, and of the book.
    pub(super) share: Priors,
}

impl LiveCustomer {
    /// Replays the facts; returns the customer and what the replay wrote down of its open invoices.
    pub(super) fn replayed(facts: Facts, cutoff: i32) -> (Self, Emission) {
        let mut emission = emission(&facts, cutoff);
        let share = std::mem::take(&mut emission.priors).finish(facts.groups.len(), 1);
        (Self { facts, share }, emission)
    }

    /// Replays the facts once more, for what is open.
    pub(super) fn emission(&self, cutoff: i32) -> Emission {
        emission(&self.facts, cutoff)
    }

    /// Returns the customer's id; a customer without an invoice has none.
    pub(super) fn id(&self) -> Option<&str> {
        self.facts.customers.first().map(|customer| customer.id.as_str())
    }
}

/// Replays the only customer of `facts`, if there is one.
fn emission(facts: &Facts, cutoff: i32) -> Emission {
    let mut emission = Emission::default();
    for customer in &facts.customers {
        replay(facts, customer, &[cutoff], &|_, _| true, &mut emission);
    }
    emission
}
