//! Which items an action is about.
//!
//! A letter is about all items of the customer that are late enough for it, never one letter an invoice.

use super::look::Look;
use super::past::has_bounced_above;
use super::refusal::Refusal;
use crate::action::kind::ActionKind;
use crate::action::policy::ActionRule;
use crate::domain::date::add_days;

/// An item and the part of it that is asked for, in minor units of its currency.
pub(super) type Part = (usize, i64);

/// Returns the items that an action is about; `step_from` is the days past due from which the procedure takes it.
pub(super) fn items(
    look: &Look<'_>,
    rule: &ActionRule,
    step_from: Option<i32>,
) -> Result<Vec<Part>, Refusal> {
    let pool = pool(look, rule)?;
    let parts = late_enough(look, rule, step_from, pool)?;
    let parts = due_in_time(look, rule, parts)?;
    let parts = of_level(look, rule, parts)?;
    not_yet_told(look, rule, parts)
}

/// Whatever an action of the kind may be about.
fn pool(look: &Look<'_>, rule: &ActionRule) -> Result<Vec<Part>, Refusal> {
    let account = look.facts.account;
    let asked = || {
        look.dunnable
            .amounts_minor
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, amount)| *amount > 0)
    };
    let of = |place: usize| &account.items[place];
    let (parts, otherwise): (Vec<Part>, &str) = match rule.kind {
        ActionKind::ResolveDispute => {
            let disputed = account
                .items
                .iter()
                .map(|item| item.disputed_minor.min(item.open_minor));
            (
                disputed.enumerate().filter(|(_, amount)| *amount > 0).collect(),
                "nothing is in dispute",
            )
        }
        ActionKind::PreDueNotice | ActionKind::OfferDiscount => (
            asked()
                .filter(|(place, _)| of(*place).days_past_due <= 0)
                .collect(),
            "nothing is to come due",
        ),
        ActionKind::Statement => (asked().collect(), "nothing may be asked for"),
        ActionKind::CreditHold if look.overdue.is_empty() => (asked().collect(), "nothing may be asked for"),
        _ => (
            look.overdue
                .iter()
                .map(|place| (*place, look.dunnable.amounts_minor[*place]))
                .collect(),
            "nothing is overdue that may be dunned",
        ),
    };
    if parts.is_empty() {
        return Err(Refusal::new("nothing_to_dun", otherwise));
    }
    Ok(parts)
}

/// Keeps what is late enough for the action and for its step.
fn late_enough(
    look: &Look<'_>,
    rule: &ActionRule,
    step_from: Option<i32>,
    mut parts: Vec<Part>,
) -> Result<Vec<Part>, Refusal> {
    let items = &look.facts.account.items;
    let oldest = parts
        .iter()
        .map(|(place, _)| items[*place].days_past_due)
        .max()
        .unwrap_or(0);
    if let Some(most) = rule.when.days_past_due_max.filter(|most| oldest > *most) {
        let text = format!("the oldest item is {oldest} days past due, more than {most}");
        return Err(Refusal::new("precondition", text));
    }
    if look.is_urgent(rule) {
        return Ok(parts);
    }
    let of_rule = rule.when.days_past_due_min;
    let is_step = step_from > of_rule;
    let Some(least) = of_rule.max(step_from) else {
        return Ok(parts);
    };
    parts.retain(|(place, _)| items[*place].days_past_due >= least);
    if parts.is_empty() {
        let code = if is_step {
            "step_not_reached"
        } else {
            "precondition"
        };
        let text = format!("the oldest item is {oldest} days past due, {least} are needed");
        let until = add_days(look.facts.day, i64::from(least) - i64::from(oldest) - 1);
        return Err(Refusal::new(code, text).until(until));
    }
    Ok(parts)
}

/// Keeps what falls due when the action is for.
fn due_in_time(look: &Look<'_>, rule: &ActionRule, mut parts: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    let (least, most) = (rule.when.days_to_due_min, rule.when.days_to_due_max);
    if least.is_none() && most.is_none() {
        return Ok(parts);
    }
    let items = &look.facts.account.items;
    let next = parts
        .iter()
        .map(|(place, _)| -items[*place].days_past_due)
        .min()
        .unwrap_or(0);
    parts.retain(|(place, _)| {
        let ahead = -items[*place].days_past_due;
        least.is_none_or(|least| ahead >= least) && most.is_none_or(|most| ahead <= most)
    });
    if !parts.is_empty() {
        return Ok(parts);
    }
    let refusal = Refusal::new("precondition", format!("the next item is due in {next} days"));
    Err(match most.filter(|most| next > *most) {
        Some(most) => refusal.until(add_days(look.facts.day, i64::from(next) - i64::from(most) - 1)),
        None => refusal,
    })
}

/// Keeps what the dunning level is for: a level repeats or follows, and never comes before a milder one that is due.
fn of_level(look: &Look<'_>, rule: &ActionRule, mut parts: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    if rule.level == 0 {
        return Ok(parts);
    }
    let facts = &look.facts;
    let items = &facts.account.items;
    let highest = parts
        .iter()
        .map(|(place, _)| facts.past.level(*place))
        .max()
        .unwrap_or(0);
    parts.retain(|(place, _)| facts.past.level(*place) <= rule.level);
    if parts.is_empty() {
        let text = format!("level {highest} was sent already");
        return Err(Refusal::new("level_passed", text));
    }
    parts.retain(|(place, _)| may_step(look, *place, rule.level));
    if parts.is_empty() {
        let text = format!("level {} was not sent, {highest} is the highest", rule.level - 1);
        return Err(Refusal::new("level_not_reached", text));
    }
    if look.is_urgent(rule) {
        return Ok(parts);
    }
    let day = facts.day;
    let rests = |place: usize| {
        let is_step = facts.past.level(place) < rule.level;
        let until = facts.past.level_rests_until(&items[place], rule.cooling_off_days);
        until.filter(|until| is_step && *until >= day)
    };
    let last = parts.iter().filter_map(|(place, _)| rests(*place)).max();
    parts.retain(|(place, _)| rests(*place).is_none());
    match last {
        Some(until) if parts.is_empty() => {
            let text = format!("the level before is given until {until}");
            Err(Refusal::new("cooling_off", text).until(until))
        }
        _ => Ok(parts),
    }
}

/// Whether an item may go to a level. A natural person gets every level in turn. A company may begin late, where nothing
/// was sent before; once begun it gets every level in turn too, and one that bounced was not sent.
fn may_step(look: &Look<'_>, place: usize, level: u32) -> bool {
    let facts = &look.facts;
    let (reached, item) = (facts.past.level(place), &facts.account.items[place]);
    if reached + 1 >= level {
        return true;
    }
    let is_fresh = reached == 0 && !has_bounced_above(facts.account, facts.policy, item, reached);
    is_fresh && !facts.account.party_type.is_natural_person()
}

/// Drops what the action was done for already, where it is done once.
fn not_yet_told(look: &Look<'_>, rule: &ActionRule, mut parts: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    if rule.is_once_per_invoice {
        let items = &look.facts.account.items;
        parts.retain(|(place, _)| !look.facts.past.was_done(rule, &items[*place]));
        if parts.is_empty() {
            return Err(Refusal::new(
                "once_per_invoice",
                "it was done for every item before",
            ));
        }
    }
    Ok(parts)
}
