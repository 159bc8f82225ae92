//! What feedback must say.

use super::{Feedback, FeedbackKind};
use crate::action::{ActionId, Autonomy};
use crate::app::access::Principal;
use crate::app::actions::told::Kept;
use crate::app::actions::{Error, InForce};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 2_000;
/// How the actor of a person begins who has signed in with the identity provider.
const PERSON: &str = "oidc:";

/// What was done, which must be in the catalogue of the policy in force.
pub(super) fn decided_action(
    kept: &Kept,
    feedback: &Feedback,
    in_force: &InForce,
) -> Result<ActionId, Error> {
    if feedback.kind == FeedbackKind::Accepted {
        let recommended = kept.decision.action.as_str();
        return match feedback.action.as_deref() {
            Some(other) if other != recommended => Err(wrong(
                "action",
                format!("accepting {recommended:?} is to do it; given {other:?}: that is an override"),
            )),
            Some(_) | None => Ok(kept.decision.action.clone()),
        };
    }
    let given = feedback.action.as_deref().unwrap_or_default();
    if in_force.policy.action(given).is_none() {
        let allowed: Vec<&str> = in_force
            .policy
            .actions
            .iter()
            .map(|rule| rule.id.as_str())
            .collect();
        let reason = format!(
            "must be an action of the policy: {}; given {given:?}",
            allowed.join(", ")
        );
        return Err(wrong("action", reason));
    }
    let reason = feedback.reason.as_deref().unwrap_or_default().trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        let reason = format!("an override needs a reason of 1 to {REASON_CHARS_MAX} characters");
        return Err(wrong("reason", reason));
    }
    Ok(ActionId::new(given))
}

/// What weighs much on a natural person is decided by a person who gives their name.
pub(super) fn check_person(
    kept: &Kept,
    feedback: &Feedback,
    action: &ActionId,
    in_force: &InForce,
    by: &Principal,
) -> Result<(), Error> {
    let rule = in_force.policy.action(action.as_str());
    let is_significant = rule.is_some_and(|place| in_force.policy.actions[place].kind.is_significant());
    let is_named = kept.decision.autonomy == Autonomy::NamedHuman && feedback.kind == FeedbackKind::Accepted;
    let must_be_named = is_named || (is_significant && kept.is_natural_person);
    if !must_be_named {
        return Ok(());
    }
    let is_told = feedback
        .decided_by
        .as_deref()
        .is_some_and(|name| !name.trim().is_empty());
    if is_told || by.actor.starts_with(PERSON) {
        return Ok(());
    }
    let reason = format!("{action} needs a person who decides: tell who; a system may not");
    Err(wrong("decided_by", reason))
}

/// Returns the refusal of a field.
pub(super) fn wrong(field: &'static str, reason: String) -> Error {
    Error::Feedback { field, reason }
}
