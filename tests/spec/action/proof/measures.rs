//! What is measured of the action stage in a world whose truth is known.

use std::collections::BTreeMap;

use anyhow::Result;
use duecast::action::account::Account;
use duecast::action::admissible::admissible;
use duecast::action::choice::{CustomerOffers, Method, Offer, choose};
use duecast::action::collector::Collector;
use duecast::action::learn::Learned;
use duecast::action::{Admissible, Candidate, Effects};
use duecast::simulate::{self, DecisionTruth, SimulationPlan, Treatment};

use super::world::{Book, World, stage};

/// How many of the true effects lie in the intervals that were learned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coverage {
    /// Cells with a true difference of the probability of payment, and those covered.
    pub(crate) differences: (u32, u32),
    /// Cells with a true shift of the hazard, and those covered.
    pub(crate) shifts: (u32, u32),
}

/// Compares what was learned with the truth of the same decisions. A call may end in a promise, which is no shift.
pub(crate) fn coverage(plan: &SimulationPlan, decisions: &[DecisionTruth], learned: &Learned) -> Coverage {
    let mut coverage = Coverage::default();
    for truth in simulate::true_differences(decisions) {
        let found = learned.cells.iter().find(|cell| {
            cell.action.as_str() == truth.treatment.name()
                && cell.stage == stage(truth.lateness)
                && cell.segment == truth.segment
        });
        let Some(cell) = found else {
            continue;
        };
        coverage.differences.0 += 1;
        coverage.differences.1 += u32::from(cell.difference.covers(truth.difference));
        let effect = plan.effects.iter().find(|effect| {
            effect.treatment == truth.treatment
                && effect.lateness == truth.lateness
                && effect.segment == truth.segment
        });
        if let Some(effect) = effect.filter(|effect| effect.treatment != Treatment::Call) {
            coverage.shifts.0 += 1;
            coverage.shifts.1 += u32::from(cell.shift.covers(effect.logit));
        }
    }
    coverage
}

impl Coverage {
    /// Adds the cells of another ledger.
    pub(crate) fn add(&mut self, other: Self) {
        let sum = |own: &mut (u32, u32), more: (u32, u32)| *own = (own.0 + more.0, own.1 + more.1);
        sum(&mut self.differences, other.differences);
        sum(&mut self.shifts, other.shifts);
    }
}

/// True values against waiting over all books, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values {
    /// Plans with learned effects.
    pub(crate) learned: f64,
    /// The least of these plans, book by book.
    pub(crate) learned_least: f64,
    /// Plans with the true effects on the same predictions.
    pub(crate) knowing: f64,
    /// Choices by the true gain of every candidate, predictions aside.
    pub(crate) clairvoyant: f64,
    /// Plans with assumed effects.
    pub(crate) assumed: f64,
    /// Everybody who may be reminded is reminded.
    pub(crate) reminders: f64,
    /// Calls to the largest overdue amounts until the day is over.
    pub(crate) largest_first: f64,
}

impl Values {
    /// The best rule of thumb.
    pub(crate) fn best_rule(&self) -> f64 {
        self.reminders.max(self.largest_first)
    }
}

/// Values every way to choose by the truth, under the same capacity and the same admissible actions.
pub(crate) fn values(world: &World, learned: &Effects) -> Result<Values> {
    let mut values = Values {
        learned_least: f64::INFINITY,
        ..Values::default()
    };
    let (knowing, assumed) = (world.true_effects(), world.assumed());
    for book in &world.books {
        let own = world.true_value(book, &world.planned(book, learned)?);
        values.learned += own;
        values.learned_least = values.learned_least.min(own);
        values.knowing += world.true_value(book, &world.planned(book, &knowing)?);
        values.assumed += world.true_value(book, &world.planned(book, &assumed)?);
        let offers = offers(world, book);
        values.clairvoyant += clairvoyant(world, book, &offers)?;
        values.reminders += offers
            .iter()
            .filter_map(|(account, admissible)| Some((*account, named(world, admissible, "reminder")?)))
            .map(|(account, candidate)| world.true_gain(book, account, candidate))
            .sum::<f64>();
        values.largest_first += largest_first(world, book, &offers);
    }
    Ok(values)
}

/// What may be done for every account of a book.
fn offers<'a>(world: &World, book: &'a Book) -> Vec<(&'a Account, Admissible)> {
    book.accounts
        .iter()
        .map(|account| {
            let found = admissible(account, book.day(), &world.policy, &world.law, &world.exchange);
            (account, found)
        })
        .collect()
}

fn named<'a>(world: &World, admissible: &'a Admissible, id: &str) -> Option<&'a Candidate> {
    admissible
        .candidates
        .iter()
        .find(|candidate| world.policy.actions[candidate.action].id.as_str() == id)
}

fn collectors(world: &World, book: &Book) -> Vec<Collector> {
    let rules = world.policy.collectors.iter();
    rules.map(|rule| rule.on(book.day())).collect()
}

/// The value of the best choice for whoever knows what every candidate is truly worth.
fn clairvoyant(world: &World, book: &Book, offers: &[(&Account, Admissible)]) -> Result<f64> {
    let customers: Vec<CustomerOffers<'_>> = offers
        .iter()
        .map(|(account, admissible)| CustomerOffers {
            customer_id: &account.customer_id,
            language: account.language.as_deref(),
            collector: account.collector.as_deref(),
            offers: admissible
                .candidates
                .iter()
                .enumerate()
                .map(|(place, candidate)| Offer {
                    candidate: place,
                    gain: world.true_gain(book, account, candidate),
                    minutes: world.policy.actions[candidate.action].minutes,
                    skill: world.policy.actions[candidate.action].skill.clone(),
                })
                .collect(),
        })
        .collect();
    let chosen = choose(&customers, &collectors(world, book), Method::Prices)?;
    Ok(chosen.value)
}

/// The value of calls by size of what may be dunned.
fn largest_first(world: &World, book: &Book, offers: &[(&Account, Admissible)]) -> f64 {
    let mut minutes: Vec<u32> = collectors(world, book)
        .iter()
        .map(|collector| collector.minutes)
        .collect();
    let mut ranked: Vec<&(&Account, Admissible)> = offers.iter().collect();
    ranked.sort_by(|left, right| right.1.dunnable.total_cmp(&left.1.dunnable));
    let mut value = 0.0;
    for (account, admissible) in ranked {
        let Some(call) = named(world, admissible, "call") else {
            continue;
        };
        let needed = world.policy.actions[call.action].minutes;
        if let Some(left) = minutes.iter_mut().find(|left| **left >= needed) {
            *left -= needed;
            value += world.true_gain(book, account, call);
        }
    }
    value
}

/// Returns the rank correlation (Spearman) of the expected with the true gain of calls, over all accounts of all books
/// that may be called.
pub(crate) fn call_ranks(world: &World, effects: &Effects) -> f64 {
    let (mut expected, mut truth) = (Vec::new(), Vec::new());
    for book in &world.books {
        for (account, admissible) in offers(world, book) {
            if let Some(call) = named(world, &admissible, "call") {
                let gain =
                    duecast::action::value::gain(account, call, &world.policy, effects, &world.exchange);
                expected.push(gain.total);
                truth.push(world.true_gain(book, account, call));
            }
        }
    }
    correlation(&ranks(&expected), &ranks(&truth))
}

/// The rank of each value; equal ones in the order given.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let places: BTreeMap<usize, u32> = order.into_iter().zip(0..).collect();
    places.into_values().map(f64::from).collect()
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let count = f64::from(u32::try_from(left.len()).unwrap_or(u32::MAX)).max(1.0);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let (mean_left, mean_right) = (mean(left), mean(right));
    let (mut both, mut of_left, mut of_right) = (0.0, 0.0, 0.0);
    for (one, other) in left.iter().zip(right) {
        let (one, other) = (one - mean_left, other - mean_right);
        both += one * other;
        of_left += one * one;
        of_right += other * other;
    }
    both / (of_left * of_right).sqrt()
}
