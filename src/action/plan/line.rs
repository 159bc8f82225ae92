//! A line of the worklist, with its decision as it is logged.

use std::collections::BTreeMap;

use super::prospect::Prospect;
use super::{PlanRequest, Settled, words};
use crate::action::account::Account;
use crate::action::advice::advise;
use crate::action::choice::is_gain;
use crate::action::decision::{Decision, Share};
use crate::action::exchange::Exchange;
use crate::action::explore::digest;
use crate::action::kind::{ActionId, Stage};
use crate::action::learn::WINDOW_DAYS;
use crate::action::policy::Policy;
use crate::action::worklist::{Alternative, Line};
use crate::domain::Currency;

/// Hexadecimal digits of a decision's id.
const ID_DIGITS: usize = 32;

/// Writes the line of a customer.
pub(super) fn line(request: &PlanRequest<'_>, prospect: Prospect<'_>, settled: &Settled) -> Line {
    let policy = request.policy;
    let account = prospect.account;
    let amounts = &prospect.admissible.amounts_minor;
    // A promise that can still be kept on the day is not yet broken.
    let later = account.with_promises_on(request.day, policy.exclusions.promise_tolerance_days);
    let on_day = later.as_ref().unwrap_or(account);
    let advice = advise(on_day, &prospect.admissible, policy, request.exchange, None);
    let candidate = prospect.admissible.candidates[settled.candidate].clone();
    let decision = decision(request, &prospect, settled);
    let mut open = BTreeMap::new();
    let mut may_be_dunned = BTreeMap::new();
    for (place, item) in account.items.iter().enumerate() {
        add(&mut open, item.currency, item.open_minor);
        add(
            &mut may_be_dunned,
            item.currency,
            amounts.get(place).copied().unwrap_or(0),
        );
    }
    Line {
        customer_id: account.customer_id.clone(),
        decision,
        rule: candidate.action,
        gain: prospect.gains[settled.candidate],
        candidate,
        open,
        dunnable: may_be_dunned,
        oldest: amounts.iter().position(|minor| *minor > 0),
        alternatives: alternatives(&prospect, policy, settled.candidate),
        review_on: prospect.admissible.review_on,
        why_nots: prospect.admissible.why_nots,
        advice,
        priority: 1,
    }
}

fn decision(request: &PlanRequest<'_>, prospect: &Prospect<'_>, settled: &Settled) -> Decision {
    let policy = request.policy;
    let account = prospect.account;
    let rule = prospect.rule(policy, settled.candidate);
    let facts_hash = (request.facts)(account);
    let days_past_due = prospect.admissible.days_past_due;
    let admissible = shares(prospect, policy, settled);
    Decision {
        decision_id: decision_id(request, account, &facts_hash),
        customer_id: account.customer_id.clone(),
        invoice_id: None,
        as_of: request.as_of,
        day: request.day,
        action: rule.id.clone(),
        channel: rule.channel,
        propensity: admissible[settled.candidate].propensity,
        is_randomised: settled.drawn.is_some(),
        is_hold_out: prospect.is_held_out,
        admissible,
        segment: account.segment.clone(),
        stage: Stage::of(days_past_due),
        days_past_due,
        dunnable: prospect.admissible.dunnable,
        gain: prospect.gains[settled.candidate].total,
        paid_probability: paid_probability(account, &prospect.admissible.amounts_minor, request.exchange),
        collector: settled.collector.clone(),
        autonomy: prospect.admissible.candidates[settled.candidate].autonomy,
        facts_hash,
        model: request.model.to_owned(),
        policy: format!("{} {}", policy.name, policy.version),
        seed: policy.exploration.seed,
        reasons: words::reasons(request, prospect, settled),
        overridden_by: None,
    }
}

/// Names the decision: the same customer, day, facts, policy and model give the same one.
fn decision_id(request: &PlanRequest<'_>, account: &Account, facts_hash: &str) -> String {
    let mut id: String = digest(&[
        &account.customer_id,
        &request.day.to_string(),
        &request.as_of.to_string(),
        facts_hash,
        &request.policy.version,
        request.model,
    ])
    .iter()
    .map(|byte| format!("{byte:02x}"))
    .collect();
    id.truncate(ID_DIGITS);
    id
}

/// The probability of each candidate, in their order; certainty for what was not drawn.
fn shares(prospect: &Prospect<'_>, policy: &Policy, settled: &Settled) -> Vec<Share> {
    (0..prospect.gains.len())
        .map(|candidate| {
            let propensity = match &settled.drawn {
                Some(drawn) => drawn
                    .among
                    .iter()
                    .zip(&drawn.shares)
                    .find(|(among, _)| **among == candidate)
                    .map_or(0.0, |(_, share)| *share),
                None if candidate == settled.candidate => 1.0,
                None => 0.0,
            };
            Share {
                action: prospect.rule(policy, candidate).id.clone(),
                propensity,
            }
        })
        .collect()
}

/// Probability that a unit of what may be dunned is paid within the window; of what is open where nothing may be.
fn paid_probability(account: &Account, amounts: &[i64], exchange: &Exchange) -> f64 {
    let paid = |amount: &dyn Fn(usize) -> i64| {
        let (mut sum, mut paid) = (0.0, 0.0);
        for (place, item) in account.items.iter().enumerate() {
            let amount = exchange
                .minor(amount(place), item.currency)
                .unwrap_or(0.0)
                .max(0.0);
            sum += amount;
            paid += amount * item.distribution.paid_by(WINDOW_DAYS.cast_signed());
        }
        (sum > 0.0).then(|| paid / sum)
    };
    paid(&|place| amounts.get(place).copied().unwrap_or(0))
        .or_else(|| paid(&|place| account.items[place].open_minor))
        .unwrap_or(0.0)
}

/// Everything that could be done, the most valuable first; what no gain can be believed of comes last.
fn alternatives(prospect: &Prospect<'_>, policy: &Policy, chosen: usize) -> Vec<Alternative> {
    let worth = |candidate: usize| {
        let total = prospect.gains[candidate].total;
        if is_gain(total) { total } else { f64::NEG_INFINITY }
    };
    let mut order: Vec<usize> = (0..prospect.gains.len()).collect();
    order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
    order
        .into_iter()
        .map(|candidate| {
            let action: ActionId = prospect.rule(policy, candidate).id.clone();
            Alternative {
                action,
                gain: prospect.gains[candidate],
                is_chosen: candidate == chosen,
            }
        })
        .collect()
}

fn add(sums: &mut BTreeMap<Currency, i64>, currency: Currency, minor: i64) {
    let sum = sums.entry(currency).or_insert(0);
    *sum = sum.saturating_add(minor);
}
