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

/// Finds the word among `among` for a kind of action, by e-mail before any other channel; the kind's own name where
/// none was tried.
#[must_use]
pub fn word_of_kind(policy: &Policy, kind: ActionKind, among: &[Share]) -> ActionId {
    let rank = |share: &Share| match meaning(policy, share.action.as_str()) {
        Some((found, None | Some(Channel::Email))) if found == kind => Some(0),
        Some((found, Some(_))) if found == kind => Some(1),
        _ => None,
    };
    among
        .iter()
        .filter(|share| share.propensity > 0.0)
        .filter_map(|share| rank(share).map(|rank| (rank, share)))
        .min_by_key(|(rank, _)| *rank)
        .map_or_else(|| ActionId::new(kind.name()), |(_, share)| share.action.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(words: &[&str]) -> Vec<Share> {
        words
            .iter()
            .map(|word| Share {
                action: ActionId::new(word),
                propensity: 0.25,
            })
            .collect()
    }

    fn word(rule: &str, tried: &[&str]) -> Option<String> {
        let policy = Policy::default_policy();
        let rule = policy.action(rule).unwrap();
        word_among(&policy, rule, &shares(tried)).map(|word| word.to_string())
    }

    #[test]
    fn a_word_of_an_old_log_stands_for_the_first_action_of_its_kind_and_channel() {
        let policy = Policy::default_policy();
        let kind = |word: &str| rule_of(&policy, word, None).map(|rule| policy.actions[rule].kind);
        assert_eq!(kind("reminder"), Some(ActionKind::Reminder));
        assert_eq!(kind("call"), Some(ActionKind::Call));
        assert_eq!(kind("wait"), Some(ActionKind::Wait));
        assert_eq!(kind("pigeon"), None);
        let posted = rule_of(&policy, "reminder", Some(Channel::Post)).unwrap();
        assert_eq!(policy.actions[posted].channel, Channel::Post);
    }

    #[test]
    fn an_action_is_found_by_its_name_then_by_its_channel_then_by_a_word_that_names_none() {
        let found = |rule: &str, tried: &[&str]| word(rule, tried);
        assert_eq!(
            found("email_reminder_2", &["wait", "email_reminder_2", "reminder"]).as_deref(),
            Some("email_reminder_2")
        );
        assert_eq!(
            found("email_reminder_2", &["wait", "email_reminder_1", "reminder"]).as_deref(),
            Some("email_reminder_1")
        );
        assert_eq!(
            found("email_reminder_2", &["sms", "reminder"]).as_deref(),
            Some("reminder")
        );
        assert_eq!(found("email_reminder_2", &["wait", "sms", "call"]), None);
        let policy = Policy::default_policy();
        let reminder = word_of_kind(
            &policy,
            ActionKind::Reminder,
            &shares(&["letter", "reminder", "sms"]),
        );
        assert_eq!(reminder.as_str(), "reminder");
    }
}
