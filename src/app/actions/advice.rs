//! From a line of a plan to the recommendation that is told.

use chrono::NaiveTime;

use super::told::{
    Alternative, AskedItem, GainView, Kept, Recommendation, ShareView, Unit, WhyNotView, Window, finite, sums,
};
use super::{Error, InForce};
use crate::action::candidate::ContactWindow;
use crate::action::learn::WINDOW_DAYS;
use crate::action::worklist::Line;
use crate::action::{Account, Candidate, Decision, WhyNot};
use crate::app::access::Scope;
use crate::app::service::effects::cash_hazards;
use crate::domain::{Currency, format_minor};

/// What a line does not say of itself, and needs the account for.
#[derive(Clone, Debug)]
pub(super) struct Particulars {
    items: Vec<AskedItem>,
    unit: Option<Unit>,
    invoice: Option<(String, Currency)>,
    is_natural_person: bool,
}

impl Particulars {
    /// Takes from an account what its line is about.
    pub(super) fn of(account: &Account, line: &Line, scope: &Scope) -> Self {
        Self {
            items: asked(account, &line.candidate),
            unit: unit(account, line),
            invoice: recorded_under(account, &line.candidate, scope),
            is_natural_person: account.party_type.is_natural_person(),
        }
    }
}

fn asked(account: &Account, candidate: &Candidate) -> Vec<AskedItem> {
    let parts = candidate.items.iter().zip(&candidate.amounts_minor);
    parts
        .filter_map(|(place, minor)| {
            let item = account.items.get(*place)?;
            let exponent = item.currency.exponent();
            Some(AskedItem {
                invoice_id: item.invoice_id.clone(),
                currency: item.currency.code().to_owned(),
                amount: format_minor(*minor, exponent),
                open_amount: format_minor(item.open_minor, exponent),
                due_date: item.due_date,
            })
        })
        .collect()
}

/// The oldest item that may be dunned, whatever was chosen: else what is judged would depend on the choice.
fn unit(account: &Account, line: &Line) -> Option<Unit> {
    let item = account.items.get(line.oldest?)?;
    let decision = &line.decision;
    let days_before = u32::try_from((decision.day - decision.as_of).num_days() - 1).unwrap_or(0);
    let on_the_day = item.distribution.given_open_after(days_before)?;
    Some(Unit {
        invoice_id: item.invoice_id.clone(),
        open_minor: item.open_minor,
        hazards: cash_hazards(&on_the_day, WINDOW_DAYS)?,
    })
}

/// An action on one invoice is recorded there, one on several under the account: one contact is one row.
///
/// Who sees some entities alone writes to invoices only, so the first one stands for the others.
fn recorded_under(account: &Account, candidate: &Candidate, scope: &Scope) -> Option<(String, Currency)> {
    let place = match (candidate.items.as_slice(), scope) {
        ([only], _) => *only,
        ([first, ..], Scope::Entities(_)) => *first,
        ([], Scope::Entities(_)) => 0,
        (_, Scope::All) => return None,
    };
    let item = account.items.get(place)?;
    Some((item.invoice_id.clone(), item.currency))
}

/// Puts together what is told and kept.
pub(super) fn kept(
    line: &Line,
    particulars: &Particulars,
    scope: &Scope,
    in_force: &InForce,
    is_planned: bool,
) -> Result<Kept, Error> {
    let (invoice_id, invoice_currency) = particulars.invoice.clone().unzip();
    Ok(Kept {
        entities: match scope {
            Scope::All => None,
            Scope::Entities(entities) => Some(entities.clone()),
        },
        decision: Decision {
            // JSON has no number for what is not finite, and what is kept must be read again.
            propensity: finite(line.decision.propensity),
            dunnable: finite(line.decision.dunnable),
            gain: finite(line.decision.gain),
            paid_probability: finite(line.decision.paid_probability),
            ..line.decision.clone()
        },
        unit: particulars.unit.clone(),
        invoice_id,
        invoice_currency,
        is_natural_person: particulars.is_natural_person,
        told: told(line, particulars, in_force, is_planned)?,
    })
}

fn told(
    line: &Line,
    particulars: &Particulars,
    in_force: &InForce,
    is_planned: bool,
) -> Result<Recommendation, Error> {
    let (decision, policy) = (&line.decision, &in_force.policy);
    let rule = &policy.actions[line.rule];
    let shares = decision.admissible.iter().map(|share| ShareView {
        action: share.action.to_string(),
        propensity: finite(share.propensity),
    });
    let alternatives = line.alternatives.iter().map(|one| Alternative {
        action: one.action.to_string(),
        gain: GainView::of(&one.gain, policy.currency),
        is_chosen: one.is_chosen,
    });
    let mut advice = Vec::with_capacity(line.advice.len());
    for one in &line.advice {
        advice.push(serde_json::to_value(one)?);
    }
    Ok(Recommendation {
        recommendation_id: decision.decision_id.clone(),
        customer_id: decision.customer_id.clone(),
        as_of: decision.as_of,
        day: decision.day,
        action: decision.action.to_string(),
        action_name: rule.name.clone(),
        channel: decision.channel.name().to_owned(),
        autonomy: decision.autonomy.name().to_owned(),
        collector: decision.collector.clone(),
        minutes: rule.minutes,
        skill: rule.skill.clone(),
        template: rule.template.clone(),
        tone: rule.tone.clone(),
        level: (rule.level > 0).then_some(rule.level),
        window: line.candidate.window.as_ref().map(window),
        items: particulars.items.clone(),
        open: sums(&line.open),
        dunnable: sums(&line.dunnable),
        currency: policy.currency.code().to_owned(),
        gain: GainView::of(&line.gain, policy.currency),
        alternatives: alternatives.collect(),
        reasons: decision.reasons.clone(),
        why_nots: line.why_nots.iter().map(why_not).collect(),
        advice,
        review_on: line.review_on,
        priority: is_planned.then_some(line.priority),
        stage: decision.stage.name().to_owned(),
        days_past_due: decision.days_past_due,
        propensity: finite(decision.propensity),
        is_randomised: decision.is_randomised,
        is_hold_out: decision.is_hold_out,
        admissible: shares.collect(),
        policy: decision.policy.clone(),
        model_version: decision.model.clone(),
        effects_id: in_force.effects_id.clone(),
        facts_hash: decision.facts_hash.clone(),
        seed: decision.seed.to_string(),
    })
}

fn window(window: &ContactWindow) -> Window {
    let clock = |time: NaiveTime| time.format("%H:%M").to_string();
    Window {
        date: window.date,
        from: clock(window.from),
        until: clock(window.until),
        timezone: window.timezone.clone(),
    }
}

fn why_not(why_not: &WhyNot) -> WhyNotView {
    WhyNotView {
        action: why_not.action.as_ref().map(ToString::to_string),
        invoice_id: why_not.invoice_id.clone(),
        code: why_not.code.clone(),
        text: why_not.text.clone(),
        until: why_not.until,
    }
}
