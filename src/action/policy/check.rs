//! What the parts of a policy must be to each other: names that exist, orders that end, nobody left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::kind::{ActionId, ActionKind, Autonomy, Channel};
use crate::action::law::Law;
use crate::domain::{Currency, Money};

use super::cycle::cycles;
use super::values::Findings;
use super::{ActionRule, Assignment, Policy, Preconditions, Procedure, defaults};

/// Adds every finding about a policy whose lists are still in the order written.
pub(super) fn check(policy: &Policy, findings: &mut Findings) {
    let actions: Vec<&str> = policy.actions.iter().map(|rule| rule.id.as_str()).collect();
    let procedures: Vec<&str> = policy.procedures.iter().map(|one| one.id.as_str()).collect();
    let collectors: Vec<&str> = policy
        .collectors
        .iter()
        .map(|one| one.collector_id.as_str())
        .collect();
    twice("action", &actions, findings);
    twice("procedure", &procedures, findings);
    twice("collector", &collectors, findings);
    let actions = with_wait(actions);
    for (index, rule) in policy.actions.iter().enumerate() {
        let path = format!("action[{index}]");
        action(&path, rule, findings);
        bounds(&format!("{path}.when"), &rule.when, policy.currency, findings);
        for (place, id) in rule.when.after.iter().enumerate() {
            known(
                &format!("{path}.when.after[{place}]"),
                "an action of the catalogue",
                id.as_str(),
                &actions,
                findings,
            );
        }
    }
    levels(&policy.actions, findings);
    order_of_actions(&policy.actions, findings);
    if policy.procedures.is_empty() {
        findings.add("procedure", "at least one procedure", &"none");
    }
    for (index, one) in policy.procedures.iter().enumerate() {
        procedure(&format!("procedure[{index}]"), one, policy, &actions, findings);
        if let Some(then) = &one.then {
            known(
                &format!("procedure[{index}].then"),
                "a procedure of the policy",
                then,
                &procedures,
                findings,
            );
        }
    }
    order_of_procedures(&policy.procedures, findings);
    assignments(policy, &procedures, findings);
}

/// Only law that nobody has verified can be switched on.
pub(super) fn unverified_law(ids: &[String], findings: &mut Findings) {
    if ids.is_empty() {
        return;
    }
    let law = Law::shipped();
    let unverified: Vec<&str> = law.unverified().collect();
    // What was verified since is on anyway: a policy that was kept must still be read.
    let is_on = |id: &str| law.rules().iter().any(|rule| rule.is_on && rule.id == id);
    for (index, id) in ids.iter().map(|id| id.trim()).enumerate() {
        // What says nothing was found before.
        if !id.is_empty() && !is_on(id) {
            known(
                &format!("unverified_law[{index}]"),
                "a rule of law that nobody has verified",
                id,
                &unverified,
                findings,
            );
        }
    }
}

fn twice(list: &str, ids: &[&str], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, id) in ids.iter().enumerate() {
        if !seen.insert(*id) {
            let allowed = "a name that no other has";
            findings.add(&format!("{list}[{index}].id"), allowed, &format!("{id:?} again"));
        }
    }
}

/// Waiting is in every catalogue, named or not.
fn with_wait(mut actions: Vec<&str>) -> Vec<&str> {
    if !actions.contains(&ActionId::WAIT) {
        actions.push(ActionId::WAIT);
    }
    actions
}

fn known(path: &str, allowed: &str, given: &str, names: &[&str], findings: &mut Findings) {
    if !names.contains(&given) {
        let allowed = format!("{allowed} ({})", names.join(", "));
        findings.add(path, &allowed, &format!("{given:?}"));
    }
}

/// What an action must be to be of its kind.
fn action(path: &str, rule: &ActionRule, findings: &mut Findings) {
    let is_wait = rule.kind == ActionKind::Wait;
    if is_wait != (rule.id.as_str() == ActionId::WAIT) {
        let given = format!("{} for {}", rule.kind.name(), rule.id);
        findings.add(
            &format!("{path}.kind"),
            "wait for the action of that name alone",
            &given,
        );
    }
    if is_wait {
        let mut plain = defaults::wait();
        plain.name.clone_from(&rule.name);
        plain.cooling_off_days = rule.cooling_off_days;
        plain.id = rule.id.clone();
        if *rule != plain {
            let allowed = "a name and cooling_off_days alone: all else is measured against waiting";
            findings.add(path, allowed, &"more");
        }
        return;
    }
    if rule.kind.is_significant() && rule.autonomy == Autonomy::Auto {
        let allowed = format!("review or named_human for {}", rule.kind.name());
        findings.add(&format!("{path}.autonomy"), &allowed, &rule.autonomy.name());
    }
    let is_outward = !matches!(rule.channel, Channel::None | Channel::Internal);
    if rule.kind.is_contact() != is_outward {
        let allowed = if rule.kind.is_contact() {
            "email, sms, post or phone"
        } else {
            "none or internal"
        };
        let allowed = format!("{allowed} for {}", rule.kind.name());
        findings.add(&format!("{path}.channel"), &allowed, &rule.channel.name());
    }
    let has_level = matches!(rule.kind, ActionKind::Reminder | ActionKind::FormalNotice);
    if rule.level > 0 && !has_level {
        let allowed = format!(
            "0 for {}: reminders and formal notices have levels",
            rule.kind.name()
        );
        findings.add(&format!("{path}.level"), &allowed, &rule.level);
    }
    let is_discount = rule.kind == ActionKind::OfferDiscount;
    if is_discount != (rule.discount_percent > 0.0) {
        let allowed = if is_discount {
            "more than 0 for offer_discount".to_owned()
        } else {
            format!("0 for {}", rule.kind.name())
        };
        findings.add(
            &format!("{path}.discount_percent"),
            &allowed,
            &rule.discount_percent,
        );
    }
}

/// Most may not be less than least.
fn bounds(path: &str, when: &Preconditions, currency: Currency, findings: &mut Findings) {
    backwards(
        &format!("{path}.days_past_due_max"),
        when.days_past_due_min,
        when.days_past_due_max,
        findings,
    );
    backwards(
        &format!("{path}.days_to_due_max"),
        when.days_to_due_min,
        when.days_to_due_max,
        findings,
    );
    let (least, most) = (when.amount_min_minor, when.amount_max_minor);
    amounts_backwards(&format!("{path}.amount_max"), least, most, currency, findings);
    let both = when
        .all_of
        .iter()
        .find(|condition| when.none_of.contains(condition));
    if let Some(condition) = both {
        let allowed = "conditions that are not in all_of too";
        findings.add(&format!("{path}.none_of"), allowed, &condition.name());
    }
}

fn backwards<T>(path: &str, least: Option<T>, most: Option<T>, findings: &mut Findings)
where
    T: PartialOrd + std::fmt::Display,
{
    if let (Some(least), Some(most)) = (least, most)
        && most < least
    {
        findings.add(path, &format!("{least} or more, which is the least"), &most);
    }
}

fn amounts_backwards(
    path: &str,
    least: Option<i64>,
    most: Option<i64>,
    currency: Currency,
    findings: &mut Findings,
) {
    if let (Some(least), Some(most)) = (least, most)
        && most < least
    {
        let [least, most] = [least, most].map(|minor| Money::from_minor(minor, currency));
        let allowed = format!("{} or more, which is the least", least.to_decimal_string());
        findings.add(path, &allowed, &most.to_decimal_string());
    }
}

/// Levels are 1, 2, 3 and so on: a gap could never be passed by those who must not skip one.
fn levels(actions: &[ActionRule], findings: &mut Findings) {
    let used: BTreeSet<u32> = actions
        .iter()
        .map(|rule| rule.level)
        .filter(|level| *level > 0)
        .collect();
    for (index, rule) in actions.iter().enumerate() {
        if rule.level > 1 && !used.contains(&(rule.level - 1)) {
            let allowed = format!("a level whose lower one exists ({} does not)", rule.level - 1);
            findings.add(&format!("action[{index}].level"), &allowed, &rule.level);
        }
    }
}

fn order_of_actions(actions: &[ActionRule], findings: &mut Findings) {
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in actions {
        let after = edges.entry(rule.id.as_str()).or_default();
        after.extend(rule.when.after.iter().map(ActionId::as_str));
    }
    for cycle in cycles(&edges) {
        let is_first = |rule: &ActionRule| cycle.first() == Some(&rule.id.as_str());
        let index = actions.iter().position(is_first).unwrap_or(0);
        let given = cycle.join(" after ");
        findings.add(
            &format!("action[{index}].when.after"),
            "an order without a cycle",
            &given,
        );
    }
}

fn order_of_procedures(procedures: &[Procedure], findings: &mut Findings) {
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in procedures {
        let then = edges.entry(one.id.as_str()).or_default();
        then.extend(one.then.as_deref());
    }
    for cycle in cycles(&edges) {
        let is_first = |one: &Procedure| cycle.first() == Some(&one.id.as_str());
        let index = procedures.iter().position(is_first).unwrap_or(0);
        let given = cycle.join(" then ");
        findings.add(
            &format!("procedure[{index}].then"),
            "an order without a cycle",
            &given,
        );
    }
}

fn procedure(path: &str, one: &Procedure, policy: &Policy, actions: &[&str], findings: &mut Findings) {
    if one.steps.is_empty() {
        findings.add(&format!("{path}.steps"), "at least one step", &"none");
    }
    let mut seen = BTreeSet::new();
    for (index, step) in one.steps.iter().enumerate() {
        let at = format!("{path}.steps[{index}].action");
        known(
            &at,
            "an action of the catalogue",
            step.action.as_str(),
            actions,
            findings,
        );
        if !seen.insert(&step.action) {
            findings.add(&at, "each action once", &format!("{} again", step.action));
        }
        let level = level_of(policy, &step.action);
        let milder = one.steps.iter().find(|other| {
            other.from_days_past_due > step.from_days_past_due
                && (1..level).contains(&level_of(policy, &other.action))
        });
        if let Some(milder) = milder {
            let allowed = format!(
                "a day not before that of {}, which has a lower level ({})",
                milder.action, milder.from_days_past_due
            );
            let at = format!("{path}.steps[{index}].from_days_past_due");
            findings.add(&at, &allowed, &step.from_days_past_due);
        }
    }
}

fn level_of(policy: &Policy, id: &ActionId) -> u32 {
    policy
        .action(id.as_str())
        .map_or(0, |index| policy.actions[index].level)
}

/// Everybody is on a procedure, and every assignment can be reached.
fn assignments(policy: &Policy, procedures: &[&str], findings: &mut Findings) {
    let last = policy.assignments.len().checked_sub(1);
    if last.is_none() && !policy.procedures.is_empty() {
        findings.add("assignment", "at least one, the last for everybody", &"none");
    }
    for (index, one) in policy.assignments.iter().enumerate() {
        let path = format!("assignment[{index}]");
        let at = |field: &str| format!("{path}.{field}");
        known(
            &at("procedure"),
            "a procedure of the policy",
            &one.procedure,
            procedures,
            findings,
        );
        backwards(&at("risk_max"), one.risk_min, one.risk_max, findings);
        backwards(&at("score_max"), one.score_min, one.score_max, findings);
        let (least, most) = (one.open_min_minor, one.open_max_minor);
        amounts_backwards(&at("open_max"), least, most, policy.currency, findings);
        let is_last = Some(index) == last;
        if is_last && !fits_everybody(one) {
            findings.add(&path, "a last assignment without conditions", &"conditions");
        }
        if !is_last && fits_everybody(one) {
            let allowed = "a condition: what follows would never be reached";
            findings.add(&path, allowed, &"none");
        }
    }
}

fn fits_everybody(assignment: &Assignment) -> bool {
    let without_conditions = Assignment {
        procedure: assignment.procedure.clone(),
        ..Assignment::default()
    };
    *assignment == without_conditions
}
