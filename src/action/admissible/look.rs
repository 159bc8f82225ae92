//! A look at an account on a day: the facts, what may be dunned, and what follows for every action.

use super::caps;
use super::facts::Facts;
use super::hours::Reach;
use super::notice::NoticeDays;
use super::past::Past;
use super::procedure;
use super::refusal::Refusal;
use crate::action::account::{Account, PromiseState};
use crate::action::dunnable::{Dunnable, dunnable_on, is_overdue};
use crate::action::exchange::Exchange;
use crate::action::kind::ActionKind;
use crate::action::law::Law;
use crate::action::policy::{ActionRule, Condition, Policy, Procedure};
use crate::domain::Date;

/// Everything that the rules of an action are asked with.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) dunnable: Dunnable,
    /// Items that are overdue and may be dunned, the oldest first.
    pub(super) overdue: Vec<usize>,
    pub(super) procedure: Option<&'a Procedure>,
    pub(super) reach: Reach,
    pub(super) urgency: Option<Urgency>,
    /// Whether another contact is within the caps of policy and law, and if not why.
    pub(super) caps: Result<(), Refusal>,
}

/// Why a customer is not to be kept waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Its latest promise was broken, and nobody has spoken to it since.
    BrokenPromise {
        /// In words.
        text: String,
        /// The day the promise was given: what led to it is no reason to keep silent.
        given_on: Date,
    },
    /// It pays in time and has not this time.
    SuddenlyLate {
        /// In words.
        text: String,
    },
}

impl Urgency {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::BrokenPromise { text, .. } | Self::SuddenlyLate { text } => text,
        }
    }
}

impl<'a> Look<'a> {
    pub(super) fn of(
        account: &'a Account,
        day: Date,
        policy: &'a Policy,
        law: &Law,
        exchange: &'a Exchange,
    ) -> Self {
        let notice = law.notice(account.country.as_deref(), account.party_type, day);
        let facts = Facts {
            account,
            day,
            policy,
            exchange,
            past: Past::of(account, policy),
            notice_days: NoticeDays {
                days: notice.days,
                is_required: notice.required,
            },
        };
        let dunnable = dunnable_on(account, day, policy, exchange);
        let overdue: Vec<usize> = (0..account.items.len())
            .filter(|place| dunnable.amounts_minor[*place] > 0)
            .filter(|place| is_overdue(&account.items[*place], &policy.exclusions))
            .collect();
        let oldest = overdue.first().copied();
        let reach = Reach::of(account, day, policy, law);
        let urgency = urgency(&facts, oldest);
        Self {
            procedure: procedure::of(&facts, oldest),
            caps: caps::within(&facts, urgency.as_ref(), &reach.caps),
            reach,
            urgency,
            facts,
            dunnable,
            overdue,
        }
    }

    /// Whether an action may be taken before its time: a call, and after a broken promise the next level too.
    pub(super) fn is_urgent(&self, rule: &ActionRule) -> bool {
        let is_next_level = || {
            let levels = self.overdue.iter().map(|place| self.facts.past.level(*place));
            rule.level == levels.max().unwrap_or(0) + 1
        };
        match &self.urgency {
            Some(Urgency::BrokenPromise { .. }) => rule.kind == ActionKind::Call || is_next_level(),
            Some(Urgency::SuddenlyLate { .. }) => rule.kind == ActionKind::Call,
            None => false,
        }
    }

    /// What parts of the items come to, in minor units of the policy's currency.
    pub(super) fn worth(&self, parts: &[(usize, i64)]) -> f64 {
        let amounts = parts.iter().filter_map(|(place, amount)| {
            let currency = self.facts.account.items[*place].currency;
            self.facts.exchange.minor(*amount, currency)
        });
        amounts.sum()
    }
}

fn urgency(facts: &Facts<'_>, oldest: Option<usize>) -> Option<Urgency> {
    let item = &facts.account.items[oldest?];
    if let Some(promise) = facts.broken_promise() {
        let last_day = promise.last_day(facts.policy.exclusions.promise_tolerance_days);
        let is_fresh = facts
            .past
            .contact_days()
            .last()
            .is_none_or(|contact| *contact <= last_day);
        if is_fresh {
            return Some(Urgency::BrokenPromise {
                text: broken_words(facts, promise.promised_date),
                given_on: promise.created_on,
            });
        }
    }
    let usual = facts.account.behaviour.usual_days_past_due.unwrap_or(0.0);
    let is_later = f64::from(item.days_past_due) > usual.max(0.0);
    (facts.holds(Condition::UsuallyPunctual) && is_later).then(|| Urgency::SuddenlyLate {
        text: format!("usually punctual, now {} days late", item.days_past_due),
    })
}

/// `second broken promise, the last was for 2026-03-02`.
fn broken_words(facts: &Facts<'_>, promised_date: Date) -> String {
    let promises = facts.account.promises.iter();
    let count = promises
        .filter(|promise| promise.state == PromiseState::Broken)
        .count();
    let ordinal = match count {
        0 | 1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        more => format!("{more}th"),
    };
    format!("{ordinal} broken promise, the last was for {promised_date}")
}
