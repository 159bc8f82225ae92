//! Whether one action may be taken, and if not why: the first reason that holds.

use super::about::{self, Part};
use super::look::Look;
use super::notice::{self, NoticeState};
use super::refusal::Refusal;
use crate::action::candidate::Candidate;
use crate::action::dunnable::{in_words, standing};
use crate::action::kind::{ActionId, ActionKind, Autonomy, Channel};
use crate::action::policy::ActionRule;
use crate::domain::date::add_days;

/// Returns the action as something that may be done, or why it may not.
pub(super) fn candidate(look: &Look<'_>, action: usize) -> Result<Candidate, Refusal> {
    let rule = &look.facts.policy.actions[action];
    if rule.kind == ActionKind::Wait {
        return Ok(waiting(action));
    }
    stands_well(look, rule)?;
    for_this_customer(look, rule)?;
    let step_from = step(look, rule)?;
    let parts = about::items(look, rule, step_from)?;
    let parts = noticed(look, rule, parts)?;
    preconditions(look, rule, &parts)?;
    cooled_off(look, rule)?;
    not_expected(look, rule, &parts)?;
    let window = if rule.kind.is_contact() {
        reachable(look, rule)?;
        look.caps.clone()?;
        Some(look.reach.window.clone()?)
    } else {
        None
    };
    let because = because(look, rule, &parts);
    let (items, amounts_minor) = parts.into_iter().unzip();
    Ok(Candidate {
        action,
        items,
        amounts_minor,
        window,
        autonomy: autonomy(look, rule),
        because,
    })
}

fn waiting(action: usize) -> Candidate {
    Candidate {
        action,
        items: Vec::new(),
        amounts_minor: Vec::new(),
        window: None,
        autonomy: Autonomy::Auto,
        because: Vec::new(),
    }
}

/// A customer that is blocked, or for whom others speak, is neither contacted nor handed over.
fn stands_well(look: &Look<'_>, rule: &ActionRule) -> Result<(), Refusal> {
    if !rule.kind.is_contact() && rule.kind != ActionKind::Handover {
        return Ok(());
    }
    standing(look.facts.account, look.facts.day).map_or(Ok(()), |why_not| Err(Refusal::from(why_not)))
}

fn for_this_customer(look: &Look<'_>, rule: &ActionRule) -> Result<(), Refusal> {
    let account = look.facts.account;
    let parties = &rule.when.party_types;
    if !parties.is_empty() && !parties.contains(&account.party_type) {
        let text = format!("not for a customer that is a {}", account.party_type.name());
        return Err(Refusal::new("precondition", text));
    }
    let countries = &rule.when.countries;
    let is_there = account
        .country
        .as_ref()
        .is_some_and(|country| countries.contains(country));
    if !countries.is_empty() && !is_there {
        let country = account.country.as_deref().unwrap_or("an unknown country");
        return Err(Refusal::new(
            "precondition",
            format!("not for customers in {country}"),
        ));
    }
    let is_person = account.party_type.is_natural_person();
    if rule.kind == ActionKind::CreditHold && is_person && !look.facts.policy.natural_person_scoring {
        let text = "limits and blocks are not advised for natural persons";
        return Err(Refusal::new("natural_person_scoring", text));
    }
    let language = account.language.as_ref().filter(|_| !rule.languages.is_empty());
    if let Some(language) = language.filter(|language| !rule.languages.contains(*language)) {
        return Err(Refusal::new(
            "no_language",
            format!("it does not exist in {language}"),
        ));
    }
    Ok(())
}

/// Returns the days past due from which on the customer's procedure takes the action; none where the policy has no
/// procedures. What is no step of it is not done.
fn step(look: &Look<'_>, rule: &ActionRule) -> Result<Option<i32>, Refusal> {
    let Some(procedure) = look.procedure else {
        return Ok(None);
    };
    let own = procedure.steps.iter().filter(|step| step.action == rule.id);
    match own.map(|step| step.from_days_past_due).min() {
        Some(first) => Ok(Some(first)),
        None => {
            let text = format!("no step of the procedure {}", procedure.id);
            Err(Refusal::new("not_in_procedure", text))
        }
    }
}

/// A claim is handed over when the days of its formal notice have passed; where the law asks for one, never without.
fn noticed(look: &Look<'_>, rule: &ActionRule, mut parts: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    if rule.kind != ActionKind::Handover {
        return Ok(parts);
    }
    let facts = &look.facts;
    let state = |place: usize| {
        notice::state(
            &facts.past,
            &facts.account.items[place],
            facts.notice_days,
            facts.day,
        )
    };
    let first = parts.first().map(|(place, _)| state(*place));
    let is_required = facts.notice_days.is_required;
    parts.retain(|(place, _)| match state(*place) {
        NoticeState::Expired => true,
        NoticeState::None => !is_required,
        NoticeState::Undelivered { .. } | NoticeState::Running { .. } => false,
    });
    if !parts.is_empty() {
        return Ok(parts);
    }
    Err(match first {
        Some(NoticeState::Running { until }) => {
            let days = facts.notice_days.days;
            let text = format!("the {days} days of the formal notice run until {until}");
            Refusal::new("notice_running", text).until(until)
        }
        Some(NoticeState::Undelivered { sent_on }) => {
            let text = format!("the formal notice of {sent_on} is not known to have been delivered");
            Refusal::new("notice_not_delivered", text)
        }
        _ => Refusal::new("notice_missing", "the law asks for a formal notice first"),
    })
}

fn preconditions(look: &Look<'_>, rule: &ActionRule, parts: &[Part]) -> Result<(), Refusal> {
    let facts = &look.facts;
    let (when, currency) = (&rule.when, facts.policy.currency);
    let unmet = |text: String| Err(Refusal::new("precondition", text));
    let amount = look.worth(parts);
    let bound = |minor: Option<i64>| minor.and_then(|minor| facts.exchange.minor(minor, currency));
    if let Some(least) = bound(when.amount_min_minor).filter(|least| amount < *least) {
        return unmet(format!(
            "{} is less than {}",
            in_words(amount, currency),
            in_words(least, currency)
        ));
    }
    if let Some(most) = bound(when.amount_max_minor).filter(|most| amount > *most) {
        return unmet(format!(
            "{} is more than {}",
            in_words(amount, currency),
            in_words(most, currency)
        ));
    }
    let count = facts.account.items.len();
    if let Some(least) = when.open_items_min.filter(|least| count < *least) {
        return unmet(format!("{count} items are open, {least} are needed"));
    }
    let oldest = parts.first().map(|(place, _)| &facts.account.items[*place]);
    let was_done = |id: &ActionId| {
        let before = facts.policy.actions.iter().find(|before| before.id == *id);
        before
            .zip(oldest)
            .is_some_and(|(before, item)| facts.past.was_done(before, item))
    };
    if !when.after.is_empty() && !when.after.iter().any(was_done) {
        let names: Vec<&str> = when.after.iter().map(ActionId::as_str).collect();
        return unmet(format!("the oldest item had none of: {}", names.join(", ")));
    }
    if let Some(missing) = when.all_of.iter().find(|condition| !facts.holds(**condition)) {
        return unmet(format!("{} does not hold", missing.name()));
    }
    if !when.any_of.is_empty() && !when.any_of.iter().any(|condition| facts.holds(*condition)) {
        let names: Vec<&str> = when.any_of.iter().map(|condition| condition.name()).collect();
        return unmet(format!("none of {} holds", names.join(", ")));
    }
    match when.none_of.iter().find(|condition| facts.holds(**condition)) {
        Some(present) => unmet(format!("{} holds", present.name())),
        None => Ok(()),
    }
}

/// An action is not repeated before its cooling-off is over; a broken promise does not wait for it.
fn cooled_off(look: &Look<'_>, rule: &ActionRule) -> Result<(), Refusal> {
    if rule.cooling_off_days == 0 || look.is_urgent(rule) {
        return Ok(());
    }
    let last = look
        .facts
        .past
        .of_rule(rule)
        .next_back()
        .map(|known| known.contact.sent_on);
    let Some(sent_on) = last else {
        return Ok(());
    };
    let until = add_days(sent_on, i64::from(rule.cooling_off_days) - 1);
    if until < look.facts.day {
        return Ok(());
    }
    let text = format!("done on {sent_on}, not repeated until {until}");
    Err(Refusal::new("cooling_off", text).until(until))
}

/// Nobody is asked for what comes by itself; whoever broke a promise is.
fn not_expected(look: &Look<'_>, rule: &ActionRule, parts: &[Part]) -> Result<(), Refusal> {
    let is_asking = rule.kind.is_dunning() || rule.kind == ActionKind::PreDueNotice;
    if !is_asking || look.is_urgent(rule) {
        return Ok(());
    }
    let exclusions = &look.facts.policy.exclusions;
    let days = i32::try_from(exclusions.expected_days).unwrap_or(i32::MAX);
    let amount = look.worth(parts);
    let expected: f64 = parts
        .iter()
        .map(|part| {
            let item = &look.facts.account.items[part.0];
            look.worth(&[*part]) * item.distribution.paid_by(days)
        })
        .sum();
    if amount <= 0.0 || expected / amount <= exclusions.expected_probability {
        return Ok(());
    }
    let percent = 100.0 * expected / amount;
    let text = format!("{percent:.0} % is expected within {days} days without it");
    Err(Refusal::new("expected_anyway", text))
}

/// Whether the customer can and wants to be reached through the channel.
fn reachable(look: &Look<'_>, rule: &ActionRule) -> Result<(), Refusal> {
    let (account, channel) = (look.facts.account, rule.channel);
    let declined = account
        .do_not_contact
        .iter()
        .find(|(declined, until)| *declined == channel && until.is_none_or(|until| until >= look.facts.day));
    if let Some((_, until)) = declined {
        let text = format!("the customer does not want {}", channel.name());
        let refusal = Refusal::new("do_not_contact", text);
        return Err(match until {
            Some(until) => refusal.until(*until),
            None => refusal,
        });
    }
    let needs_address = !matches!(channel, Channel::None | Channel::Internal);
    let is_known = account
        .reachable
        .as_ref()
        .is_none_or(|known| known.contains(&channel));
    if needs_address && !is_known {
        let text = format!("no verified address for {}", channel.name());
        return Err(Refusal::new("no_channel", text));
    }
    if channel == Channel::Email && look.facts.has_email_bounced() {
        return Err(Refusal::new("bounced", "the last e-mail bounced"));
    }
    Ok(())
}

/// What weighs on a natural person is decided by a named human; what weighs on a company is seen by one.
fn autonomy(look: &Look<'_>, rule: &ActionRule) -> Autonomy {
    if !rule.kind.is_significant() {
        rule.autonomy
    } else if look.facts.account.party_type.is_natural_person() {
        Autonomy::NamedHuman
    } else {
        rule.autonomy.max(Autonomy::Review)
    }
}

fn because(look: &Look<'_>, rule: &ActionRule, parts: &[Part]) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(urgency) = look.urgency.as_ref().filter(|_| look.is_urgent(rule)) {
        reasons.push(urgency.text().to_owned());
    }
    let items = &look.facts.account.items;
    let amount = in_words(look.worth(parts), look.facts.policy.currency);
    let oldest = parts.iter().map(|(place, _)| items[*place].days_past_due).max();
    let what = if rule.kind == ActionKind::ResolveDispute {
        "in dispute"
    } else {
        "to ask for"
    };
    reasons.push(match oldest {
        Some(days) if days > 0 => format!("{amount} {what}, the oldest {days} days past due"),
        Some(days) => format!("{amount} {what}, due in {} days", -days),
        None => format!("{amount} {what}"),
    });
    reasons
}
