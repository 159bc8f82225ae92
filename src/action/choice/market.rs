//! The market for collectors' minutes: what customers would take, and what they choose at prices.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::reach::{Group, Reaches, grouped, usable};
use super::{CustomerOffers, Offer, is_gain};
use crate::action::collector::Collector;

/// Blocks of customers with a cutting plane each: more of them need fewer rounds of a larger programme. With 16, the
/// prices of 50 groups are found in about 20 rounds; with one, in more than 200.
pub(super) const BLOCKS: usize = 16;
/// Customers that are evaluated in one go; sums are taken in this order whatever the threads.
const CHUNK: usize = 2048;

/// An offer that takes a collector's minutes and is worth more than the best that takes none.
pub(super) struct Bid {
    /// Place among the customer's offers.
    pub(super) offer: usize,
    /// What it is worth beyond the best offer that takes no minutes.
    pub(super) extra: f64,
    /// Minutes it takes.
    pub(super) minutes: u32,
    /// Place of the groups that can do it among [`Market::reaches`].
    pub(super) reach: usize,
}

/// A customer with a bid.
pub(super) struct Seeker {
    /// Place of the customer.
    pub(super) customer: usize,
    /// The collector who looks after it.
    pub(super) own: Option<usize>,
    block: usize,
    first: usize,
    last: usize,
}

/// Groups, and the customers who compete for their minutes.
pub(super) struct Market {
    pub(super) groups: Vec<Group>,
    /// Group of each collector.
    pub(super) group_of: Vec<usize>,
    /// Sets of groups, each in ascending order.
    pub(super) reaches: Vec<Vec<usize>>,
    pub(super) seekers: Vec<Seeker>,
    pub(super) bids: Vec<Bid>,
    /// Best offer of each customer that takes no minutes.
    pub(super) automatic: Vec<usize>,
    /// What these are worth together.
    pub(super) base: f64,
}

/// What the customers choose at prices, and the plane through it that the bound lies above everywhere.
pub(super) struct Cut {
    /// Price of a minute of each group.
    pub(super) prices: Vec<f64>,
    /// What the customers of each block gain beyond the price.
    pub(super) values: Vec<f64>,
    /// Minutes that they want, by block and group.
    pub(super) minutes: Vec<Vec<f64>>,
}

impl Market {
    /// Finds the groups, the bids, and who can do them.
    pub(super) fn new(customers: &[CustomerOffers<'_>], collectors: &[Collector]) -> Self {
        let (groups, group_of) = grouped(collectors);
        let by_id: BTreeMap<&str, usize> = collectors
            .iter()
            .enumerate()
            .map(|(place, collector)| (collector.collector_id.as_str(), place))
            .collect();
        let mut market = Self {
            groups,
            group_of,
            reaches: Vec::new(),
            seekers: Vec::new(),
            bids: Vec::new(),
            automatic: Vec::with_capacity(customers.len()),
            base: 0.0,
        };
        let mut reaches = Reaches::default();
        for (index, customer) in customers.iter().enumerate() {
            let (automatic, base) = best_automatic(&customer.offers);
            market.automatic.push(automatic);
            market.base += base;
            let own = customer.collector.and_then(|id| by_id.get(id).copied());
            // The customer's own collector makes a difference only where they work for own customers alone.
            let only = own.filter(|own| collectors[*own].only_own_customers);
            let circle = reaches.circle(customer.language, only);
            let first = market.bids.len();
            for (place, offer) in customer.offers.iter().enumerate() {
                let extra = offer.gain - base;
                if offer.minutes > 0 && is_gain(offer.gain) && extra > 0.0 {
                    let reach = reaches.of(&market.groups, collectors, circle, (customer, offer));
                    market.bids.push(Bid {
                        offer: place,
                        extra,
                        minutes: offer.minutes,
                        reach,
                    });
                }
            }
            if market.bids.len() > first {
                market.seekers.push(Seeker {
                    customer: index,
                    own,
                    block: circle % BLOCKS,
                    first,
                    last: market.bids.len(),
                });
            }
        }
        let sizes = reaches.sizes(market.groups.len());
        for (group, sizes) in market.groups.iter_mut().zip(&sizes) {
            group.minutes = group
                .collectors
                .iter()
                .map(|collector| f64::from(usable(collectors[*collector].minutes, sizes)))
                .sum();
        }
        market.reaches = reaches.lists;
        market
    }

    /// Returns the places of a seeker's bids.
    pub(super) fn bids_of(&self, seeker: usize) -> std::ops::Range<usize> {
        self.seekers[seeker].first..self.seekers[seeker].last
    }

    /// Returns the least price of each reach; infinite where nobody can.
    pub(super) fn reach_prices(&self, prices: &[f64]) -> Vec<f64> {
        self.reaches
            .iter()
            .map(|reach| {
                reach
                    .iter()
                    .map(|group| prices[*group])
                    .fold(f64::INFINITY, f64::min)
            })
            .collect()
    }

    /// Returns the bid that a seeker would make at prices, and what it gains beyond the price.
    pub(super) fn best(&self, seeker: &Seeker, reach_prices: &[f64]) -> Option<(usize, f64)> {
        let mut best = None;
        let mut most = 0.0;
        for place in seeker.first..seeker.last {
            let bid = &self.bids[place];
            let reduced = bid.extra - reach_prices[bid.reach] * f64::from(bid.minutes);
            if reduced > most {
                most = reduced;
                best = Some((place, reduced));
            }
        }
        best
    }

    /// Lets every customer choose at prices.
    pub(super) fn cut(&self, prices: &[f64]) -> Cut {
        let reach_prices = self.reach_prices(prices);
        let parts: Vec<(Vec<f64>, Vec<f64>)> = self
            .seekers
            .par_chunks(CHUNK)
            .map(|seekers| self.wanted(seekers, &reach_prices))
            .collect();
        let width = self.reaches.len();
        let mut values = vec![0.0; BLOCKS];
        let mut wanted = vec![0.0; BLOCKS * width];
        for (part_values, part_wanted) in &parts {
            add(&mut values, part_values);
            add(&mut wanted, part_wanted);
        }
        let minutes = (0..BLOCKS)
            .map(|block| self.shared(&wanted[block * width..(block + 1) * width], prices, &reach_prices))
            .collect();
        Cut {
            prices: prices.to_vec(),
            values,
            minutes,
        }
    }

    /// Returns the bound at the prices of a cut.
    pub(super) fn bound(&self, cut: &Cut) -> f64 {
        self.base + self.worth(&cut.prices) + cut.values.iter().sum::<f64>()
    }

    /// Returns what all minutes are worth at prices.
    pub(super) fn worth(&self, prices: &[f64]) -> f64 {
        self.groups
            .iter()
            .zip(prices)
            .map(|(group, price)| group.minutes * price)
            .sum()
    }

    /// Returns what the first minute of a collector without any would be worth at the prices of the others.
    pub(super) fn first_minute(
        &self,
        collector: &Collector,
        customers: &[CustomerOffers<'_>],
        prices: &[f64],
    ) -> f64 {
        let reach_prices = self.reach_prices(prices);
        let mut most: f64 = 0.0;
        for seeker in &self.seekers {
            let customer = &customers[seeker.customer];
            let reduced = self
                .best(seeker, &reach_prices)
                .map_or(0.0, |(_, reduced)| reduced);
            for bid in &self.bids[seeker.first..seeker.last] {
                let skill = customer.offers[bid.offer].skill.as_deref();
                if collector.can_serve(customer.language, customer.collector, skill) {
                    most = most.max((bid.extra - reduced) / f64::from(bid.minutes));
                }
            }
        }
        most
    }

    /// Values by block, and minutes by block and reach, of some seekers.
    fn wanted(&self, seekers: &[Seeker], reach_prices: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let width = self.reaches.len();
        let mut values = vec![0.0; BLOCKS];
        let mut minutes = vec![0.0; BLOCKS * width];
        for seeker in seekers {
            if let Some((place, reduced)) = self.best(seeker, reach_prices) {
                let bid = &self.bids[place];
                values[seeker.block] += reduced;
                minutes[seeker.block * width + bid.reach] += f64::from(bid.minutes);
            }
        }
        (values, minutes)
    }

    /// Shares the minutes of each reach among its cheapest groups, by their own minutes: any shares make a plane.
    fn shared(&self, wanted: &[f64], prices: &[f64], reach_prices: &[f64]) -> Vec<f64> {
        let mut minutes = vec![0.0; self.groups.len()];
        for ((reach, wanted), price) in self.reaches.iter().zip(wanted).zip(reach_prices) {
            if *wanted <= 0.0 {
                continue;
            }
            let cheapest: Vec<usize> = reach
                .iter()
                .copied()
                .filter(|group| prices[*group] <= *price)
                .collect();
            let together: f64 = cheapest.iter().map(|group| self.groups[*group].minutes).sum();
            for group in cheapest {
                minutes[group] += wanted * self.groups[group].minutes / together;
            }
        }
        minutes
    }
}

/// The best offer that takes no minutes, and its gain; the first where none can be believed.
fn best_automatic(offers: &[Offer]) -> (usize, f64) {
    let mut best: Option<(usize, f64)> = None;
    for (place, offer) in offers.iter().enumerate() {
        if offer.minutes == 0 && is_gain(offer.gain) && best.is_none_or(|(_, gain)| offer.gain > gain) {
            best = Some((place, offer.gain));
        }
    }
    best.unwrap_or((0, 0.0))
}

fn add(sums: &mut [f64], parts: &[f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += part;
    }
}
