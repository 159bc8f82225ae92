//! What all customers of a live book together add to the priors.

use std::collections::BTreeMap;

use crate::features::live::customer::LiveCustomer;
use crate::features::prior::{Counts, Priors};
use crate::features::season::BookSeason;

/// What all customers together add to the priors.
#[derive(Debug, Clone, Default)]
pub(super) struct BookSums {
    groups: BTreeMap<String, Counts>,
    book: Counts,
    season: BookSeason,
}

impl BookSums {
    /// Adds the share of a customer.
    pub(super) fn add(&mut self, customer: &LiveCustomer) {
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let counts = self.groups.entry(name.clone()).or_default();
            counts.add(customer.share.group(number, 0));
        }
        self.book.add(customer.share.book(0));
        self.season.add(customer.share.season(0));
    }

    /// Takes off what was added for the customer with the share it still has.
    pub(super) fn subtract(&mut self, customer: &LiveCustomer) {
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let counts = self.groups.entry(name.clone()).or_default();
            counts.subtract(customer.share.group(number, 0));
        }
        self.book.subtract(customer.share.book(0));
        self.season.subtract(customer.share.season(0));
    }

    /// The priors of groups, in the order of their names.
    pub(super) fn priors(&self, names: &[String]) -> Priors {
        let groups = names
            .iter()
            .map(|name| self.groups.get(name).cloned().unwrap_or_default());
        Priors::at_one_cutoff(groups.collect(), self.book.clone(), self.season.clone())
    }
}
