//! Why, in words.

use super::prospect::Prospect;
use super::{PlanRequest, Settled};
use crate::action::choice::is_gain;
use crate::action::collector::Collector;
use crate::action::effect::EffectSource;
use crate::action::gain::Gain;
use crate::action::kind::ActionKind;
use crate::action::value::effect_of;
use crate::action::worklist::Line;
use crate::domain::{Currency, Money};

/// Reasons of a decision: what led to it, what it is worth, how well that is known, and what chance had to do with it.
pub(super) fn reasons(request: &PlanRequest<'_>, prospect: &Prospect<'_>, settled: &Settled) -> Vec<String> {
    let policy = request.policy;
    let rule = prospect.rule(policy, settled.candidate);
    let mut reasons = prospect.admissible.candidates[settled.candidate].because.clone();
    if prospect.is_held_out {
        reasons
            .push("held out: nothing is done for this customer, so that effects can be measured".to_owned());
        return reasons;
    }
    if let Some(drawn) = &settled.drawn {
        let planned = &prospect.rule(policy, settled.planned).id;
        reasons.push(format!(
            "drawn at random among {} actions so that effects can be learned; {planned} was planned",
            drawn.among.len()
        ));
    }
    if rule.kind == ActionKind::Wait {
        if settled.drawn.is_none() {
            reasons.push(why_wait(prospect, settled));
        }
    } else {
        reasons.push(worth(&prospect.gains[settled.candidate], policy.currency));
        let candidate = &prospect.admissible.candidates[settled.candidate];
        let effect = effect_of(prospect.account, candidate, rule, request.effects);
        reasons.push(match effect.source {
            EffectSource::Assumption => "its effect is an assumption".to_owned(),
            EffectSource::Learned { decisions } => {
                format!("its effect is learned from {decisions} decisions")
            }
        });
    }
    if settled.drawn.is_none() {
        reasons.extend(passed_over(request, prospect, settled));
    }
    reasons
}

fn why_wait(prospect: &Prospect<'_>, settled: &Settled) -> String {
    if prospect.gains.len() == 1 {
        return "nothing else may be done".to_owned();
    }
    let is_best = prospect
        .gains
        .iter()
        .all(|gain| !is_gain(gain.total) || gain.total <= prospect.gains[settled.candidate].total);
    if is_best {
        "nothing that may be done is expected to be worth what it costs".to_owned()
    } else {
        "nothing that somebody has the time for is expected to be worth what it costs".to_owned()
    }
}

/// The best action that would have been worth more, had a collector the time.
fn passed_over(request: &PlanRequest<'_>, prospect: &Prospect<'_>, settled: &Settled) -> Option<String> {
    let chosen = prospect.gains[settled.candidate].total;
    let mut best: Option<usize> = None;
    for (candidate, gain) in prospect.gains.iter().enumerate() {
        let least = best.map_or(chosen, |best| prospect.gains[best].total);
        if is_gain(gain.total) && gain.total > least {
            best = Some(candidate);
        }
    }
    let best = best?;
    Some(format!(
        "{} would be worth {}, but the minutes that it takes are worth more elsewhere or nobody has them",
        prospect.rule(request.policy, best).id,
        Money::nearest(prospect.gains[best].total, request.policy.currency)
    ))
}

fn worth(gain: &Gain, currency: Currency) -> String {
    let mut parts = Vec::new();
    for (amount, name) in [
        (gain.earlier_cash, "earlier cash"),
        (gain.avoided_loss, "avoided loss"),
        (-gain.cost, "cost"),
        (-gain.goodwill, "goodwill"),
        (-gain.discount, "discount"),
    ] {
        // Less than half a minor unit would be read as nothing.
        if amount.abs() >= 0.5 {
            parts.push(format!("{name} {}", Money::nearest(amount, currency)));
        }
    }
    format!(
        "worth {} more than to wait ({} to {}): {}",
        Money::nearest(gain.total, currency),
        Money::nearest(gain.low, currency),
        Money::nearest(gain.high, currency),
        if parts.is_empty() {
            "hardly anything".to_owned()
        } else {
            parts.join(", ")
        }
    )
}

/// What the reader of a worklist should know.
pub(super) fn notes(request: &PlanRequest<'_>, lines: &[Line], collectors: &[Collector]) -> Vec<String> {
    let mut notes = Vec::new();
    if request.effects.is_assumption_only() {
        notes.push("no effect has been measured: gains rest on assumptions of the policy".to_owned());
    }
    let is_staffed = collectors.iter().any(|collector| collector.minutes > 0);
    if !is_staffed && request.policy.actions.iter().any(|rule| rule.minutes > 0) {
        notes.push(format!(
            "no collector has minutes on {}: nothing is planned that takes any",
            request.day
        ));
    }
    let held_out = lines.iter().filter(|line| line.decision.is_hold_out).count();
    if held_out > 0 {
        notes.push(format!(
            "{held_out} customers are held out: nothing is done for them"
        ));
    }
    let drawn = lines.iter().filter(|line| line.decision.is_randomised).count();
    if drawn > 0 {
        notes.push(format!(
            "{drawn} decisions were drawn at random, as the policy declares"
        ));
    }
    notes
}
