//! Which procedure a customer is on: the first assignment that fits, and what follows its last step.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::action::policy::{Assignment, Procedure};

/// Returns the procedure; none where the policy has none. `oldest` is the oldest item that may be dunned.
pub(super) fn of<'a>(facts: &Facts<'a>, oldest: Option<usize>) -> Option<&'a Procedure> {
    let policy = facts.policy;
    let named = move |id: &str| policy.procedures.iter().find(|procedure| procedure.id == id);
    let assigned = policy
        .assignments
        .iter()
        .find(|assignment| fits(assignment, facts))?;
    let mut current = named(&assigned.procedure)?;
    // Each is followed once at most, so that a cycle ends.
    for _ in &policy.procedures {
        let next = current.then.as_deref().and_then(named);
        match next {
            Some(next) if is_done(current, facts, oldest) => current = next,
            _ => break,
        }
    }
    Some(current)
}

/// Whether the last step was taken for the oldest item.
fn is_done(procedure: &Procedure, facts: &Facts<'_>, oldest: Option<usize>) -> bool {
    let last = procedure.steps.iter().max_by_key(|step| step.from_days_past_due);
    let rule = last.and_then(|step| facts.policy.actions.iter().find(|rule| rule.id == step.action));
    match (rule, oldest) {
        (Some(rule), Some(oldest)) => facts.past.was_done(rule, &facts.account.items[oldest]),
        _ => false,
    }
}

fn fits(assignment: &Assignment, facts: &Facts<'_>) -> bool {
    let account = facts.account;
    let is_party = assignment.party_types.is_empty() || assignment.party_types.contains(&account.party_type);
    let is_told = |wanted: &BTreeSet<String>, given: Option<&String>| {
        wanted.is_empty() || given.is_some_and(|given| wanted.contains(given))
    };
    is_party
        && is_told(&assignment.countries, account.country.as_ref())
        && is_told(&assignment.segments, account.segment.as_ref())
        && assignment.all_of.iter().all(|condition| facts.holds(*condition))
        && is_sized(assignment, facts)
        && within(account.credit_score, assignment.score_min, assignment.score_max)
        && is_risky(assignment, facts)
}

fn is_sized(assignment: &Assignment, facts: &Facts<'_>) -> bool {
    let bound =
        |minor: Option<i64>| minor.and_then(|minor| facts.exchange.minor(minor, facts.policy.currency));
    let (least, most) = (bound(assignment.open_min_minor), bound(assignment.open_max_minor));
    (least.is_none() && most.is_none()) || within(Some(facts.open()), least, most)
}

fn is_risky(assignment: &Assignment, facts: &Facts<'_>) -> bool {
    let (least, most) = (assignment.risk_min, assignment.risk_max);
    // The risk is not free of cost, and most assignments do not ask for it.
    (least.is_none() && most.is_none()) || within(Some(facts.account.risk()), least, most)
}

/// Whether a value lies in `[least, most)`; one that is not known lies nowhere, unless nothing is asked.
fn within(value: Option<f64>, least: Option<f64>, most: Option<f64>) -> bool {
    match value {
        Some(value) => least.is_none_or(|least| value >= least) && most.is_none_or(|most| value < most),
        None => least.is_none() && most.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_from_the_least_to_below_the_most_and_the_unknown_lies_nowhere() {
        assert!(within(Some(0.2), Some(0.2), Some(0.5)));
        assert!(!within(Some(0.5), Some(0.2), Some(0.5)));
        assert!(!within(None, Some(0.2), None));
        assert!(within(None, None, None));
    }
}
