//! From accounts to a worklist: what may be done, what it is worth, and what is done under the collectors' minutes.
//!
//! 1. Each account on its own: what is admissible, and the gain of each candidate against waiting.
//! 2. The choice under capacity over all customers that are not held out.
//! 3. A declared share of the decisions is drawn. What was drawn for a collector takes its minutes first; the rest of
//!    the customers are chosen for once more with the minutes that are left.
//!
//! A draw never takes a collector's minutes for a customer who would not have had any: actions that take minutes are
//! drawn only where one was planned. So exploration costs no more than its share of the collectors' day, and effects of
//! collectors' actions are learned on the customers for whom they are considered.

mod line;
mod prospect;
mod staff;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

use crate::domain::Date;

use super::account::Account;
use super::choice::{Chosen, CustomerOffers, Method, choose};
use super::collector::Collector;
use super::effect::Effects;
use super::error::Error;
use super::exchange::Exchange;
use super::explore::{Drawn, draw};
use super::law::Law;
use super::policy::Policy;
use super::worklist::{Line, Worklist};
use prospect::Prospect;

/// What a worklist is made from.
#[derive(Clone, Copy)]
pub struct PlanRequest<'a> {
    /// Last day whose facts are known.
    pub as_of: Date,
    /// The day the worklist is for.
    pub day: Date,
    /// Customers with open items.
    pub accounts: &'a [Account],
    /// The policy.
    pub policy: &'a Policy,
    /// The law.
    pub law: &'a Law,
    /// What actions do.
    pub effects: &'a Effects,
    /// Rates of currencies.
    pub exchange: &'a Exchange,
    /// The model that predicted.
    pub model: &'a str,
    /// Hash over the facts of a customer.
    pub facts: &'a (dyn Fn(&Account) -> String + Sync),
    /// How the choice is made.
    pub method: Method,
    /// Whether a share of the decisions is drawn.
    pub explores: bool,
}

impl fmt::Debug for PlanRequest<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PlanRequest")
            .field("as_of", &self.as_of)
            .field("day", &self.day)
            .field("accounts", &self.accounts.len())
            .field("policy", &self.policy.version)
            .field("model", &self.model)
            .field("method", &self.method)
            .field("explores", &self.explores)
            .finish_non_exhaustive()
    }
}

impl PlanRequest<'_> {
    fn collectors(&self) -> Vec<Collector> {
        self.policy
            .collectors
            .iter()
            .map(|rule| rule.on(self.day))
            .collect()
    }
}

/// What was settled for a customer.
struct Settled {
    /// Place of the candidate.
    candidate: usize,
    /// Place of the one that was planned before the draw.
    planned: usize,
    collector: Option<String>,
    drawn: Option<Drawn>,
}

/// Plans a day for all accounts.
///
/// # Errors
///
/// Those of [`choose`]; a linear programme that cannot be solved is none: the greedy plan takes its place, and a note
/// says so.
pub fn plan(request: &PlanRequest<'_>) -> Result<Worklist, Error> {
    let collectors = request.collectors();
    let prospects: Vec<Prospect<'_>> = request
        .accounts
        .par_iter()
        .map(|account| Prospect::of(request, account))
        .collect();
    let mut notes = Vec::new();
    let offers: Vec<CustomerOffers<'_>> = prospects
        .iter()
        .map(|prospect| prospect.offers(request.policy))
        .collect();
    let planned = choose_in_any_case(&offers, &collectors, request.method, &mut notes)?;
    let settled = settle(request, &prospects, offers, &collectors, &planned, &mut notes)?;
    let mut lines: Vec<Line> = prospects
        .into_par_iter()
        .zip(settled)
        .map(|(prospect, settled)| line::line(request, prospect, &settled))
        .collect();
    rank(&mut lines, request.policy);
    notes.extend(words::notes(request, &lines, &collectors));
    let hour_prices = collectors
        .iter()
        .zip(&planned.hour_prices)
        .map(|(collector, price)| (collector.collector_id.clone(), *price))
        .collect();
    Ok(Worklist {
        as_of: request.as_of,
        day: request.day,
        policy_name: request.policy.name.clone(),
        policy_version: request.policy.version.clone(),
        currency: request.policy.currency,
        value: lines.iter().map(|line| line.gain.total).sum(),
        planned_value: planned.value,
        bound: planned.bound,
        greedy_value: planned.greedy_value,
        hour_prices,
        minutes_used: minutes_used(&lines, request.policy, &collectors),
        is_assumption: request.effects.is_assumption_only(),
        lines,
        notes,
    })
}

/// Recommends for one customer, at the prices of an hour of each collector; one that is not told costs nothing.
///
/// It is the line that [`plan`] has for the customer, as long as the prices are those of the plan and no rounding to
/// whole minutes of a collector stood in the way.
#[must_use]
pub fn recommend(request: &PlanRequest<'_>, account: &Account, hour_prices: &BTreeMap<String, f64>) -> Line {
    let collectors = request.collectors();
    let prospect = Prospect::of(request, account);
    let (planned, mut collector) = staff::best_at(&prospect, request.policy, &collectors, hour_prices);
    let mut candidate = planned;
    let mut drawn = draw_for(request, &prospect, &collectors, planned);
    if let Some(draw) = &drawn {
        let rule = prospect.rule(request.policy, draw.chosen);
        let who = staff::cheapest(account, rule, &collectors, hour_prices);
        if rule.minutes > 0 && who.is_none() {
            drawn = None;
        } else {
            candidate = draw.chosen;
            collector = who.filter(|_| rule.minutes > 0).map(|(collector, _)| collector);
        }
    }
    let settled = Settled {
        candidate,
        planned,
        collector: collector.map(|place| collectors[place].collector_id.clone()),
        drawn,
    };
    line::line(request, prospect, &settled)
}

/// Chooses; where the solver gives up, greedily.
fn choose_in_any_case(
    offers: &[CustomerOffers<'_>],
    collectors: &[Collector],
    method: Method,
    notes: &mut Vec<String>,
) -> Result<Chosen, Error> {
    match choose(offers, collectors, method) {
        Err(Error::Solver { reason }) => {
            notes.push(format!(
                "the linear programme was not solved ({reason}); the plan is the greedy one"
            ));
            choose(offers, collectors, Method::Greedy)
        }
        other => other,
    }
}

/// Draws the share that is left to chance, gives its minutes out, and chooses again for the rest.
fn settle(
    request: &PlanRequest<'_>,
    prospects: &[Prospect<'_>],
    mut offers: Vec<CustomerOffers<'_>>,
    collectors: &[Collector],
    planned: &Chosen,
    notes: &mut Vec<String>,
) -> Result<Vec<Settled>, Error> {
    let draws: Vec<Option<Drawn>> = prospects
        .iter()
        .zip(&planned.picks)
        .map(|(prospect, pick)| draw_for(request, prospect, collectors, pick.offer))
        .collect();
    let (draws, left, unstaffed) = staff::staffed(draws, prospects, request.policy, collectors);
    if unstaffed > 0 {
        notes.push(format!(
            "{unstaffed} decisions were to be drawn for a collector, but nobody had the minutes; they were not drawn"
        ));
    }
    let is_any = draws.iter().any(Option::is_some);
    for (offers, drawn) in offers.iter_mut().zip(&draws) {
        if drawn.is_some() {
            offers.offers.truncate(1);
        }
    }
    let again = if is_any {
        Some(choose_in_any_case(&offers, &left, request.method, notes)?)
    } else {
        None
    };
    let picks = again.as_ref().map_or(&planned.picks, |again| &again.picks);
    Ok(draws
        .into_iter()
        .zip(planned.picks.iter().zip(picks))
        .map(|(drawn, (planned, pick))| match drawn {
            Some((drawn, collector)) => Settled {
                candidate: drawn.chosen,
                planned: planned.offer,
                collector: collector.map(|place| collectors[place].collector_id.clone()),
                drawn: Some(drawn),
            },
            None => Settled {
                candidate: pick.offer,
                planned: pick.offer,
                collector: pick.collector.map(|place| collectors[place].collector_id.clone()),
                drawn: None,
            },
        })
        .collect())
}

fn draw_for(
    request: &PlanRequest<'_>,
    prospect: &Prospect<'_>,
    collectors: &[Collector],
    planned: usize,
) -> Option<Drawn> {
    if !request.explores || prospect.is_held_out {
        return None;
    }
    let among = prospect.explorable(request.policy, collectors, planned);
    let customer_id = &prospect.account.customer_id;
    draw(
        &request.policy.exploration,
        customer_id,
        request.day,
        planned,
        &among,
    )
}

/// Sorts by the worth of a minute and numbers the lines; what takes no minute counts as one.
fn rank(lines: &mut [Line], policy: &Policy) {
    let worth = |line: &Line| line.gain.total / f64::from(policy.actions[line.rule].minutes.max(1));
    lines.sort_by(|a, b| {
        worth(b)
            .total_cmp(&worth(a))
            .then_with(|| a.customer_id.cmp(&b.customer_id))
    });
    for (priority, line) in (1..).zip(lines) {
        line.priority = priority;
    }
}

fn minutes_used(lines: &[Line], policy: &Policy, collectors: &[Collector]) -> BTreeMap<String, u32> {
    let mut used: BTreeMap<String, u32> = collectors
        .iter()
        .map(|collector| (collector.collector_id.clone(), 0))
        .collect();
    for line in lines {
        if let Some(minutes) = line.decision.collector.as_ref().and_then(|id| used.get_mut(id)) {
            *minutes += policy.actions[line.rule].minutes;
        }
    }
    used
}
