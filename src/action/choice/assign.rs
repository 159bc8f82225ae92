//! Whole offers in the minutes of single collectors.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::market::{Bid, Market};
use crate::action::collector::Collector;

/// Share by which prices may differ and still count as the same: there a customer goes to its own collector.
const SAME_PRICE: f64 = 0.01;

/// A bid in the day of a collector.
#[derive(Clone, Copy)]
struct Seat {
    bid: usize,
    collector: usize,
}

/// The collectors' day as it fills.
pub(super) struct Roster<'a> {
    market: &'a Market,
    /// Price of a minute of each group.
    prices: Vec<f64>,
    /// Groups of each reach, the cheapest first.
    order: Vec<Vec<usize>>,
    /// Minutes that each collector has left.
    room: Vec<u32>,
    /// By seeker.
    seats: Vec<Option<Seat>>,
    /// Seekers in each group.
    seated: Vec<Vec<usize>>,
    /// By reach: the shortest bid for which no room could be made. Room only shrinks, so none is tried again.
    refused: Vec<u32>,
}

impl<'a> Roster<'a> {
    /// Makes an empty roster.
    pub(super) fn new(market: &'a Market, collectors: &[Collector], prices: &[f64]) -> Self {
        // Among groups of one price the one that fewest bids can go to, for its minutes.
        let mut sought: Vec<f64> = vec![0.0; market.groups.len()];
        for bid in &market.bids {
            for group in &market.reaches[bid.reach] {
                sought[*group] += f64::from(bid.minutes) / market.groups[*group].minutes;
            }
        }
        let order = market
            .reaches
            .iter()
            .map(|reach| {
                let mut order = reach.clone();
                order.sort_by(|a, b| {
                    prices[*a]
                        .total_cmp(&prices[*b])
                        .then(sought[*a].total_cmp(&sought[*b]))
                        .then(a.cmp(b))
                });
                order
            })
            .collect();
        Self {
            market,
            prices: prices.to_vec(),
            order,
            room: collectors.iter().map(|collector| collector.minutes).collect(),
            seats: vec![None; market.seekers.len()],
            seated: vec![Vec::new(); market.groups.len()],
            refused: vec![u32::MAX; market.reaches.len()],
        }
    }

    /// Lets the customers have what they choose at prices, the most eager first; then fills what is left.
    pub(super) fn round(&mut self, prices: &[f64]) {
        let reach_prices = self.market.reach_prices(prices);
        let mut eager: Vec<(f64, usize, usize)> = Vec::new();
        for (seeker, known) in self.market.seekers.iter().enumerate() {
            if let Some((bid, reduced)) = self.market.best(known, &reach_prices) {
                eager.push((reduced / f64::from(self.market.bids[bid].minutes), seeker, bid));
            }
        }
        eager.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, seeker, bid) in eager {
            self.squeeze(seeker, bid);
        }
        self.fill();
        self.lengthen();
    }

    /// Seats a bid where there is room for it; the customer's own collector first.
    pub(super) fn seat(&mut self, seeker: usize, bid: usize) -> bool {
        if self.seats[seeker].is_some() {
            return false;
        }
        let known = &self.market.bids[bid];
        let Some(collector) = self.own(seeker, known).or_else(|| self.free(known)) else {
            return false;
        };
        self.take(seeker, Seat { bid, collector });
        true
    }

    /// Sum of what the seated bids are worth beyond the offers that take no minutes.
    pub(super) fn extra(&self) -> f64 {
        self.seats
            .iter()
            .flatten()
            .map(|seat| self.market.bids[seat.bid].extra)
            .sum()
    }

    /// Customer, offer and collector of every seat.
    pub(super) fn seated(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.seats.iter().enumerate().filter_map(move |(seeker, seat)| {
            seat.map(|seat| {
                let customer = self.market.seekers[seeker].customer;
                (customer, self.market.bids[seat.bid].offer, seat.collector)
            })
        })
    }

    /// Seats a bid, and lets others move to groups with room where there is none for it.
    fn squeeze(&mut self, seeker: usize, bid: usize) {
        let known = &self.market.bids[bid];
        let (reach, minutes) = (known.reach, known.minutes);
        if self.seats[seeker].is_some() || self.seat(seeker, bid) || minutes >= self.refused[reach] {
            return;
        }
        if !self.make_room(seeker, bid) {
            self.refused[reach] = minutes;
        }
    }

    /// Gives the minutes that are left to those without a seat, the most valuable minute first.
    fn fill(&mut self) {
        let mut waiting: Vec<(f64, usize, usize)> = Vec::new();
        for seeker in 0..self.seats.len() {
            if self.seats[seeker].is_none() {
                for place in self.market.bids_of(seeker) {
                    let bid = &self.market.bids[place];
                    waiting.push((bid.extra / f64::from(bid.minutes), seeker, place));
                }
            }
        }
        waiting.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        for (_, seeker, bid) in waiting {
            self.squeeze(seeker, bid);
        }
    }

    /// Where a collector has minutes left, gives customers who are with them an offer that is longer and worth more.
    fn lengthen(&mut self) {
        for seeker in 0..self.seats.len() {
            let Some(seat) = self.seats[seeker] else { continue };
            let group = self.market.group_of[seat.collector];
            let has = &self.market.bids[seat.bid];
            let room = self.room[seat.collector].saturating_add(has.minutes);
            let mut best = seat.bid;
            for place in self.market.bids_of(seeker) {
                let bid = &self.market.bids[place];
                let fits = bid.minutes <= room && self.market.reaches[bid.reach].contains(&group);
                if fits && bid.extra > self.market.bids[best].extra {
                    best = place;
                }
            }
            self.room[seat.collector] = room - self.market.bids[best].minutes;
            self.seats[seeker] = Some(Seat { bid: best, ..seat });
        }
    }

    /// The customer's own collector, where they can, have room, and cost no more than others.
    fn own(&self, seeker: usize, bid: &Bid) -> Option<usize> {
        let own = self.market.seekers[seeker].own?;
        let group = self.market.group_of[own];
        let cheapest = *self.order[bid.reach].first()?;
        let can = self.market.reaches[bid.reach].contains(&group) && self.room[own] >= bid.minutes;
        (can && self.prices[group] <= self.prices[cheapest] * (1.0 + SAME_PRICE)).then_some(own)
    }

    fn free(&self, bid: &Bid) -> Option<usize> {
        self.order[bid.reach]
            .iter()
            .find_map(|group| self.roomiest(*group, bid.minutes))
    }

    /// The collector of a group with the most minutes left, if these are enough.
    fn roomiest(&self, group: usize, minutes: u32) -> Option<usize> {
        self.market.groups[group]
            .collectors
            .iter()
            .copied()
            .filter(|collector| self.room[*collector] >= minutes)
            .max_by_key(|collector| (self.room[*collector], Reverse(*collector)))
    }

    /// Searches, breadth first, for a chain of moves between groups that ends where there is room.
    fn make_room(&mut self, seeker: usize, bid: usize) -> bool {
        let groups = self.market.groups.len();
        // Who would leave for this group, and which group they would leave.
        let mut comes: Vec<Option<(usize, usize)>> = vec![None; groups];
        let mut needed: Vec<Option<u32>> = vec![None; groups];
        let mut queue = VecDeque::new();
        for group in &self.order[self.market.bids[bid].reach] {
            needed[*group] = Some(self.market.bids[bid].minutes);
            queue.push_back(*group);
        }
        while let Some(group) = queue.pop_front() {
            let minutes = needed[group].unwrap_or(u32::MAX);
            for mover in &self.seated[group] {
                let Some(seat) = self.seats[*mover] else { continue };
                let moving = &self.market.bids[seat.bid];
                if self.room[seat.collector].saturating_add(moving.minutes) < minutes {
                    continue;
                }
                for other in self.order[moving.reach].iter().copied() {
                    if needed[other].is_some() {
                        continue;
                    }
                    needed[other] = Some(moving.minutes);
                    comes[other] = Some((*mover, group));
                    if let Some(collector) = self.roomiest(other, moving.minutes) {
                        self.shift(&comes, (other, collector), (seeker, bid));
                        return true;
                    }
                    queue.push_back(other);
                }
            }
        }
        false
    }

    /// Moves everybody along a chain, from its end on, and seats the newcomer at its start.
    fn shift(
        &mut self,
        comes: &[Option<(usize, usize)>],
        (mut group, mut collector): (usize, usize),
        (seeker, bid): (usize, usize),
    ) {
        while let Some((mover, from)) = comes[group] {
            let Some(seat) = self.leave(mover) else { break };
            let left = seat.collector;
            self.take(mover, Seat { collector, ..seat });
            (group, collector) = (from, left);
        }
        self.take(seeker, Seat { bid, collector });
    }

    fn take(&mut self, seeker: usize, seat: Seat) {
        self.room[seat.collector] -= self.market.bids[seat.bid].minutes;
        self.seated[self.market.group_of[seat.collector]].push(seeker);
        self.seats[seeker] = Some(seat);
    }

    fn leave(&mut self, seeker: usize) -> Option<Seat> {
        let seat = self.seats[seeker].take()?;
        self.room[seat.collector] += self.market.bids[seat.bid].minutes;
        self.seated[self.market.group_of[seat.collector]].retain(|other| *other != seeker);
        Some(seat)
    }
}
