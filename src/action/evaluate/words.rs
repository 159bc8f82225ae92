//! Words of the ledger and actions of the catalogue: which stands for which.
//!
//! A ledger that this program wrote names actions of the catalogue; an older one says `reminder` or `call`. What
//! has no exact namesake is matched by what it is and through which channel it goes.

use crate::action::decision::Share;
use crate::action::kind::{ActionId, ActionKind, Channel};
use crate::action::policy::{ActionRule, Policy};

/// What a word of the ledger means: the kind, and the channel where the word implies one.
fn meaning(policy: &Policy, word: &str) -> Option<(ActionKind, Option<Channel>)> {
    if let Some(rule) = policy.action(word) {
        let rule = &policy.actions[rule];
        return Some((rule.kind, Some(rule.channel)));
    }
    let found = match word {
        "email" => (ActionKind::Reminder, Some(Channel::Email)),
        "sms" => (ActionKind::Reminder, Some(Channel::Sms)),
        "letter" => (ActionKind::Reminder, Some(Channel::Post)),
        other => {
            let kind = ActionKind::ALL.into_iter().find(|kind| kind.name() == other)?;
            (kind, None)
        }
    };
    Some(found)
}

/// Returns what kind of action a word of the ledger is.
#[must_use]
pub fn kind_of(policy: &Policy, word: &ActionId) -> Option<ActionKind> {
    meaning(policy, word.as_str()).map(|(kind, _)| kind)
}

/// Finds the action of the catalogue that a word of the ledger stands for: its namesake, else the first of its kind
/// and channel, else the first of its kind.
#[must_use]
pub fn rule_of(policy: &Policy, word: &str, channel: Option<Channel>) -> Option<usize> {
    if let Some(rule) = policy.action(word) {
        return Some(rule);
    }
    let (kind, implied) = meaning(policy, word)?;
    let wanted = implied.or(channel);
    let is_kind = |rule: &ActionRule| rule.kind == kind;
    policy
        .actions
        .iter()
        .position(|rule| is_kind(rule) && wanted.is_none_or(|channel| channel == rule.channel))
        .or_else(|| policy.actions.iter().position(is_kind))
}

/// Finds the word among `among` by which the log names an action of the catalogue; none where it was never tried.
#[must_use]
pub fn word_among(policy: &Policy, rule: usize, among: &[Share]) -> Option<ActionId> {
    let rule = policy.actions.get(rule)?;
    let tried = || among.iter().filter(|share| share.propensity > 0.0);
    if let Some(namesake) = tried().find(|share| share.action == rule.id) {
        return Some(namesake.action.clone());
    }
    let of_channel = |wanted: Option<Channel>| {
        tried().find(|share| {
            meaning(policy, share.action.as_str())
                .is_some_and(|(kind, channel)| kind == rule.kind && channel == wanted)
        })
    };
    of_channel(Some(rule.channel))
        .or_else(|| of_channel(None))
        .map(|share| share.action.clone())
}

/// Finds the word among `among` for a kind of action; the kind's own name where none was tried.
#[must_use]
pub fn word_of_kind(policy: &Policy, kind: ActionKind, among: &[Share]) -> ActionId {
    among
        .iter()
        .filter(|share| share.propensity > 0.0)
        .find(|share| kind_of(policy, &share.action) == Some(kind))
        .map_or_else(|| ActionId::new(kind.name()), |share| share.action.clone())
}

/// Returns what an action of the catalogue costs, the collector's time and goodwill included, in minor units.
#[must_use]
pub fn cost_of(policy: &Policy, rule: usize) -> f64 {
    let Some(rule) = policy.actions.get(rule) else {
        return 0.0;
    };
    #[expect(clippy::cast_precision_loss, reason = "a cost needs no more than 53 bits")]
    let direct = rule.cost_minor.saturating_add(rule.goodwill_minor) as f64;
    direct + f64::from(rule.minutes) * policy.value.minute_cost_minor
}
