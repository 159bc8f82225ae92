//! The prices of a minute at which what the customers choose is worth as little more than the collectors' time as can be.

use super::market::{Cut, Market};
use super::master::Master;

/// Rounds, if the bound will not settle; about twenty are usual.
const ROUNDS_MAX: usize = 100;
/// Rounds for which a plane is kept without being touched.
const KEPT_ROUNDS: usize = 8;
/// Share of what minutes can add up to which the bound is brought to its least.
const TOLERANCE: f64 = 1e-4;
/// Share of the improvement that the planes promise and that a step must bring.
const SERIOUS: f64 = 0.1;
/// Rounds in a row in which the solver may fail; each time the box is made smaller.
const FAILURES_MAX: usize = 3;
/// Halvings in the search for one price of all minutes.
const HALVINGS: usize = 40;

/// Prices, and the bound that they prove.
pub(super) struct Priced {
    /// Price of a minute of each group.
    pub(super) prices: Vec<f64>,
    /// No choice is worth more.
    pub(super) bound: f64,
    /// What the solver said when it gave up.
    pub(super) trouble: Option<String>,
}

/// Prices that are all zero.
pub(super) fn zero(market: &Market) -> Priced {
    let prices = vec![0.0; market.groups.len()];
    let bound = market.bound(&market.cut(&prices));
    Priced {
        prices,
        bound,
        trouble: None,
    }
}

/// The best price that is the same for all minutes.
pub(super) fn uniform(market: &Market) -> Priced {
    let ceilings = ceilings(market);
    let (mut low, mut high) = (0.0, ceilings.iter().copied().fold(0.0, f64::max));
    let everything: f64 = market.groups.iter().map(|group| group.minutes).sum();
    let free = market.cut(&vec![0.0; market.groups.len()]);
    if wanted(&free) <= everything {
        return zero(market);
    }
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if wanted(&market.cut(&at(middle, &ceilings))) > everything {
            low = middle;
        } else {
            high = middle;
        }
    }
    let prices = at(high, &ceilings);
    let bound = market.bound(&market.cut(&prices));
    Priced {
        prices,
        bound,
        trouble: None,
    }
}

/// The prices of the linear programme.
pub(super) fn minimise(market: &Market) -> Priced {
    let everything: f64 = market.groups.iter().map(|group| group.minutes).sum();
    let free = market.cut(&vec![0.0; market.groups.len()]);
    let most: f64 = free.values.iter().sum();
    if everything <= 0.0 || most <= 0.0 {
        return zero(market);
    }
    let start = uniform(market);
    let price_unit = most / everything;
    let highest = start.prices.iter().copied().fold(0.0, f64::max);
    let minutes: Vec<f64> = market.groups.iter().map(|group| group.minutes).collect();
    let mut search = Search {
        market,
        minutes,
        ceilings: ceilings(market),
        most: free.values.clone(),
        value_unit: most,
        price_unit,
        center_value: start.bound,
        radius: 0.5 * highest.max(0.25 * price_unit),
        cuts: vec![free, market.cut(&start.prices)],
        touched_in: vec![0, 0],
        center: start.prices.clone(),
        best: start,
    };
    search.run();
    search.best
}

/// The search for the least bound.
struct Search<'a> {
    market: &'a Market,
    minutes: Vec<f64>,
    ceilings: Vec<f64>,
    most: Vec<f64>,
    value_unit: f64,
    price_unit: f64,
    /// The planes, and the round in which each was touched last.
    cuts: Vec<Cut>,
    touched_in: Vec<usize>,
    /// Middle of the box, the bound there, and half the side of the box.
    center: Vec<f64>,
    center_value: f64,
    radius: f64,
    best: Priced,
}

impl Search<'_> {
    fn run(&mut self) {
        let mut failures = 0;
        for round in 1..=ROUNDS_MAX {
            match self.round(round) {
                Ok(true) => return,
                Ok(false) => failures = 0,
                Err(reason) => {
                    failures += 1;
                    self.radius *= 0.3;
                    if failures == FAILURES_MAX {
                        self.best.trouble = Some(reason);
                        return;
                    }
                }
            }
        }
    }

    /// One step; true when the bound is as low as the tolerance asks for.
    fn round(&mut self, round: usize) -> Result<bool, String> {
        let lower: Vec<f64> = self
            .center
            .iter()
            .map(|price| (price - self.radius).max(0.0))
            .collect();
        let upper: Vec<f64> = self
            .center
            .iter()
            .zip(&self.ceilings)
            .map(|(price, ceiling)| (price + self.radius).min(*ceiling))
            .collect();
        let master = Master {
            cuts: &self.cuts,
            minutes: &self.minutes,
            lower: &lower,
            upper: &upper,
            most: &self.most,
            value_unit: self.value_unit,
            price_unit: self.price_unit,
        };
        let proposal = master.solve()?;
        let is_at_edge = master.is_at_edge(&proposal.prices, &self.ceilings);
        let promised = self.center_value - (self.market.base + proposal.value);
        if promised <= TOLERANCE * self.value_unit {
            // Nothing to gain here: done, unless it is the box that hides it.
            self.radius *= 4.0;
            return Ok(!is_at_edge);
        }
        self.forget(&proposal.touched, round);
        let cut = self.market.cut(&proposal.prices);
        let bound = self.market.bound(&cut);
        self.cuts.push(cut);
        self.touched_in.push(round);
        if bound < self.best.bound {
            self.best.bound = bound;
            self.best.prices.clone_from(&proposal.prices);
        }
        let gained = self.center_value - bound;
        if gained >= SERIOUS * promised {
            self.center = proposal.prices;
            self.center_value = bound;
            if is_at_edge && gained >= 0.5 * promised {
                self.radius *= 2.0;
            }
        } else if gained < 0.0 {
            self.radius *= 0.5;
        }
        Ok(false)
    }

    /// Drops the planes that have not been touched for some rounds.
    fn forget(&mut self, touched: &[bool], round: usize) {
        for (last, is_touched) in self.touched_in.iter_mut().zip(touched) {
            if *is_touched {
                *last = round;
            }
        }
        let kept: Vec<bool> = self
            .touched_in
            .iter()
            .map(|last| last + KEPT_ROUNDS > round)
            .collect();
        let mut keeps = kept.iter();
        self.cuts.retain(|_| keeps.next().copied().unwrap_or(true));
        let mut keeps = kept.iter();
        self.touched_in.retain(|_| keeps.next().copied().unwrap_or(true));
    }
}

/// Prices at which nobody wants a minute of each group.
fn ceilings(market: &Market) -> Vec<f64> {
    let mut ceilings: Vec<f64> = vec![0.0; market.groups.len()];
    for bid in &market.bids {
        let density = bid.extra / f64::from(bid.minutes);
        for group in &market.reaches[bid.reach] {
            ceilings[*group] = ceilings[*group].max(density);
        }
    }
    ceilings
}

fn at(price: f64, ceilings: &[f64]) -> Vec<f64> {
    ceilings.iter().map(|ceiling| price.min(*ceiling)).collect()
}

/// Minutes that are wanted together.
fn wanted(cut: &Cut) -> f64 {
    cut.minutes
        .iter()
        .map(|minutes| minutes.iter().sum::<f64>())
        .sum()
}
