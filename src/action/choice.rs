//! Which offer each customer gets while collectors have so many minutes, skills, languages and customers of their own.
//!
//! # Definition
//!
//! Each customer `i` gets one of its offers `o`, worth `g_io` and taking `m_io` minutes of one collector who can do it.
//! The sum of the gains is to be as large as can be while no collector works longer than there are minutes.
//!
//! Collectors with the same skills, languages and customers are one group `k` with `c_k` minutes. At a price `p_k` of a
//! minute the customers decide one by one, and for every `p >= 0`
//!
//! ```text
//! bound(p) = sum_k c_k p_k + sum_i max_o (g_io - m_io min_k p_k)
//! ```
//!
//! is at least the optimum. The prices that make the bound least are those of the linear programme; they are found by
//! cutting planes (Kelley 1960) with a box step (Marsten, Hogan and Blankenship 1975). At these prices the customers'
//! own choices fill the collectors up to rounding. What is returned is feasible, and its distance to the bound is known.
//!
//! Offers that take no minutes have no limit: nobody is overlooked for being small.
//!
//! A gain that is no finite number, or beyond any book, counts as minus infinity: such an offer is never chosen.

mod assign;
mod greedy;
mod market;
mod master;
mod prices;
mod reach;

use super::collector::Collector;
use super::error::Error;
use assign::Roster;
use market::Market;
use prices::Priced;

/// Share of the bound that may be missing when the solver gives up.
const GAP_MAX: f64 = 0.01;
/// Minutes of an hour.
const HOUR_MINUTES: f64 = 60.0;
/// A gain beyond it, in minor units, is no gain but a mistake.
const GAIN_MAX: f64 = 1e15;

/// What may be offered to a customer.
#[derive(Clone, Debug)]
pub struct CustomerOffers<'a> {
    /// The customer.
    pub customer_id: &'a str,
    /// Language of the customer, in lower case; none: any collector can speak with it.
    pub language: Option<&'a str>,
    /// The collector who looks after it.
    pub collector: Option<&'a str>,
    /// What may be done; the first is to wait, which is worth nothing and takes no minutes.
    pub offers: Vec<Offer>,
}

/// Something that may be done for a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Place among the customer's candidates.
    pub candidate: usize,
    /// Expected gain against waiting.
    pub gain: f64,
    /// Minutes of a collector; zero needs none.
    pub minutes: u32,
    /// Skill that the collector needs.
    pub skill: Option<String>,
}

/// How the choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By the prices of the linear programme; never worth less than the greedy choice.
    Prices,
    /// The most valuable minute first, without looking back.
    Greedy,
}

/// What was chosen for each customer, and what it is worth.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// One a customer, in their order.
    pub picks: Vec<Pick>,
    /// Sum of the gains.
    pub value: f64,
    /// What no choice can exceed; proven.
    pub bound: f64,
    /// Sum of the gains of the greedy choice.
    pub greedy_value: f64,
    /// What one more hour of each collector would be worth, in their order.
    ///
    /// Of a collector who is on leave, or whose day is too short for any offer: what the first hour would be worth.
    pub hour_prices: Vec<f64>,
}

/// What was chosen for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Place among its offers.
    pub offer: usize,
    /// Place of the collector who does it; none is needed for what takes no minutes.
    pub collector: Option<usize>,
}

/// Chooses one offer for each customer within the collectors' minutes.
///
/// The same input gives the same choice, however many threads there are.
///
/// # Errors
///
/// [`Error::Solver`] if the linear programme cannot be solved and what was found without it is more than one per
/// cent below the bound; [`Method::Greedy`] needs no solver.
pub fn choose(
    customers: &[CustomerOffers<'_>],
    collectors: &[Collector],
    method: Method,
) -> Result<Chosen, Error> {
    let market = Market::new(customers, collectors);
    let greedy = greedy::fill(&market, collectors);
    let (priced, roster) = match method {
        Method::Greedy => (prices::uniform(&market), None),
        Method::Prices => {
            let (priced, roster) = by_prices(&market, collectors);
            (priced, Some(roster))
        }
    };
    let greedy_value = market.base + greedy.extra();
    let roster = match roster {
        Some(roster) if roster.extra() >= greedy.extra() => roster,
        _ => greedy,
    };
    let value = market.base + roster.extra();
    // Rounding of sums may lift a value that is the optimum above the bound by the last digits.
    let bound = priced.bound.max(value);
    if let Some(reason) = priced.trouble
        && bound - value > GAP_MAX * bound.abs()
    {
        return Err(Error::Solver { reason });
    }
    Ok(Chosen {
        picks: picks(&market, &roster),
        value,
        bound,
        greedy_value,
        hour_prices: hour_prices(&market, customers, collectors, &priced.prices),
    })
}

/// Whether a gain can be believed; what cannot is never chosen.
pub(super) fn is_gain(gain: f64) -> bool {
    gain.abs() <= GAIN_MAX
}

/// Finds prices and rounds; where minutes are not short, none has a price.
fn by_prices<'a>(market: &'a Market, collectors: &[Collector]) -> (Priced, Roster<'a>) {
    let free = prices::zero(market);
    let mut roster = Roster::new(market, collectors, &free.prices);
    roster.round(&free.prices);
    // Exact up to the rounding of sums: every customer has what it would choose if minutes cost nothing.
    if market.base + roster.extra() >= free.bound - free.bound.abs() * 1e-12 {
        return (free, roster);
    }
    let priced = prices::minimise(market);
    let mut roster = Roster::new(market, collectors, &priced.prices);
    roster.round(&priced.prices);
    (priced, roster)
}

fn picks(market: &Market, roster: &Roster<'_>) -> Vec<Pick> {
    let mut picks: Vec<Pick> = market
        .automatic
        .iter()
        .map(|offer| Pick {
            offer: *offer,
            collector: None,
        })
        .collect();
    for (customer, offer, collector) in roster.seated() {
        picks[customer] = Pick {
            offer,
            collector: Some(collector),
        };
    }
    picks
}

fn hour_prices(
    market: &Market,
    customers: &[CustomerOffers<'_>],
    collectors: &[Collector],
    prices: &[f64],
) -> Vec<f64> {
    let by_group: Vec<f64> = market
        .groups
        .iter()
        .zip(prices)
        .map(|(group, price)| {
            if group.minutes > 0.0 {
                *price
            } else {
                market.first_minute(&collectors[group.collectors[0]], customers, prices)
            }
        })
        .collect();
    (0..collectors.len())
        .map(|collector| by_group[market.group_of[collector]] * HOUR_MINUTES)
        .collect()
}
