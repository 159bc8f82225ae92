//! What all customers of a live book together add to the priors.

use std::collections::BTreeMap;

use crate::features::cell::{Cell, index, says_more};
use crate::features::facts::Facts;
use crate::features::live::customer::LiveCustomer;
use crate::features::prior::{Counts, Priors};
use crate::features::season::BookSeason;

/// What all customers together add to the priors.
#[derive(Debug, Clone, Default)]
pub(super) struct BookSums {
    groups: BTreeMap<String, Counts>,
    /// By the names of the terms group and of country and segment.
    cells: BTreeMap<(String, String), Counts>,
    book: Counts,
    season: BookSeason,
}

impl BookSums {
    /// Adds the share of a customer.
    pub(super) fn add(&mut self, customer: &LiveCustomer) {
        let market = market(&customer.facts);
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let share = customer.share.group(number, 0);
            self.groups.entry(name.clone()).or_default().add(share);
            if let Some((_, market)) = market {
                let key = (name.clone(), market.to_owned());
                self.cells.entry(key).or_default().add(share);
            }
        }
        self.book.add(customer.share.book(0));
        self.season.add(customer.share.season(0));
    }

    /// Takes off what was added for the customer with the share it still has.
    pub(super) fn subtract(&mut self, customer: &LiveCustomer) {
        let market = market(&customer.facts);
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let share = customer.share.group(number, 0);
            self.groups.entry(name.clone()).or_default().subtract(share);
            if let Some((_, market)) = market {
                let key = (name.clone(), market.to_owned());
                self.cells.entry(key).or_default().subtract(share);
            }
        }
        self.book.subtract(customer.share.book(0));
        self.season.subtract(customer.share.season(0));
    }

    /// As much of the sums as the priors of one customer need.
    pub(super) fn part(&self, facts: &Facts) -> Self {
        let mut part = Self {
            book: self.book.clone(),
            season: self.season.clone(),
            ..Self::default()
        };
        for name in &facts.groups {
            if let Some(counts) = self.groups.get(name) {
                part.groups.insert(name.clone(), counts.clone());
            }
            if let Some((_, market)) = market(facts) {
                let key = (name.clone(), market.to_owned());
                if let Some(counts) = self.cells.get(&key) {
                    part.cells.insert(key, counts.clone());
                }
            }
        }
        part
    }

    /// The priors of the groups and cells of one customer, numbered as in its facts.
    pub(super) fn priors(&self, facts: &Facts) -> Priors {
        let mut by_group = Vec::with_capacity(facts.groups.len());
        let mut by_cell = BTreeMap::new();
        for (number, name) in (0_u32..).zip(&facts.groups) {
            let group = self.groups.get(name).cloned().unwrap_or_default();
            if let Some((market, market_name)) = market(facts) {
                let cell = Cell {
                    group: number,
                    market: Some(market),
                };
                let counts = self.cells.get(&(name.clone(), market_name.to_owned()));
                if let Some(counts) = counts.filter(|counts| says_more(counts, &group)) {
                    by_cell.insert((cell, 0), counts.clone());
                }
            }
            by_group.push(group);
        }
        Priors::at_one_cutoff(by_group, by_cell, self.book.clone(), self.season.clone())
    }
}

/// Number and name of the country and segment of the only customer of `facts`, where they are known.
fn market(facts: &Facts) -> Option<(u32, &str)> {
    let number = facts.customers.first()?.standing.market?;
    Some((number, facts.markets[index(number)].as_str()))
}
