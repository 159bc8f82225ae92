//! Rules of thumb, to be beaten: what many a collections department does without a model.
//!
//! A rule is a policy like any other. Over accounts it says what it would do on a day; over the decisions of a log it
//! says with which probability it would have taken each action. A logged decision stands for its week there: a rule
//! that writes to everybody on Mondays has written to everybody once, whatever the weekday of the decision.

use std::collections::BTreeMap;

use chrono::{Datelike, Weekday};
use serde::Serialize;

use super::account::Account;
use super::decision::{Decision, Share};
use super::evaluate::{Logged, words};
use super::exchange::Exchange;
use super::kind::ActionKind;
use super::policy::Policy;
use crate::domain::Date;

/// What a policy would have done at each decision of a log, by decision id.
pub type Targets = BTreeMap<String, Vec<Share>>;

/// A rule of thumb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nothing, ever.
    Wait,
    /// A reminder to everybody with something overdue, every Monday.
    MondayReminders,
    /// Calls to those who owe most that is overdue, as long as the minutes last.
    LargestOverdueFirst,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::Wait, Self::MondayReminders, Self::LargestOverdueFirst];

    /// Returns the name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::MondayReminders => "monday_reminders",
            Self::LargestOverdueFirst => "largest_overdue_first",
        }
    }

    /// Returns what the rule does for each account on a day, in their order.
    ///
    /// Calls take the minutes of the policy's own call from all collectors of the day together; a policy without
    /// collectors, or without a call, has none.
    #[must_use]
    pub fn on_accounts(
        self,
        accounts: &[Account],
        day: Date,
        policy: &Policy,
        exchange: &Exchange,
    ) -> Vec<ActionKind> {
        let mut kinds = vec![ActionKind::Wait; accounts.len()];
        let amounts: Vec<f64> = accounts
            .iter()
            .map(|account| overdue(account, exchange))
            .collect();
        match self {
            Self::Wait => {}
            Self::MondayReminders => {
                for (kind, amount) in kinds.iter_mut().zip(&amounts) {
                    if *amount > 0.0 && day.weekday() == Weekday::Mon {
                        *kind = ActionKind::Reminder;
                    }
                }
            }
            Self::LargestOverdueFirst => {
                for place in largest(&amounts, calls_on(policy, day)) {
                    kinds[place] = ActionKind::Call;
                }
            }
        }
        kinds
    }

    /// Returns what the rule would have done at each decision of a log.
    ///
    /// The calls of a day are as many as the log made on it: the same hands, other customers.
    #[must_use]
    pub fn on_decisions(self, logged: &[Logged], policy: &Policy) -> Targets {
        let called = match self {
            Self::LargestOverdueFirst => largest_by_day(logged, policy),
            Self::Wait | Self::MondayReminders => vec![false; logged.len()],
        };
        logged
            .iter()
            .zip(called)
            .map(|(one, is_called)| {
                let decision = &one.decision;
                let kind = match self {
                    Self::MondayReminders if decision.days_past_due > 0 => ActionKind::Reminder,
                    Self::LargestOverdueFirst if is_called => ActionKind::Call,
                    Self::Wait | Self::MondayReminders | Self::LargestOverdueFirst => ActionKind::Wait,
                };
                (decision.decision_id.clone(), surely(kind, decision, policy))
            })
            .collect()
    }
}

/// The whole probability on an action of a kind, by the word that the log has for it.
fn surely(kind: ActionKind, decision: &Decision, policy: &Policy) -> Vec<Share> {
    vec![Share {
        action: words::word_of_kind(policy, kind, &decision.admissible),
        propensity: 1.0,
    }]
}

/// What is overdue of an account, in minor units of the policy's currency.
fn overdue(account: &Account, exchange: &Exchange) -> f64 {
    account
        .items
        .iter()
        .filter(|item| item.days_past_due > 0)
        .filter_map(|item| exchange.minor(item.open_minor, item.currency))
        .sum()
}

/// How many calls the collectors of a day can make.
fn calls_on(policy: &Policy, day: Date) -> usize {
    let minutes: u64 = policy
        .collectors
        .iter()
        .map(|rule| u64::from(rule.on(day).minutes))
        .sum();
    let of_call = policy
        .actions
        .iter()
        .find(|rule| rule.kind == ActionKind::Call && rule.minutes > 0)
        .map_or(0, |rule| u64::from(rule.minutes));
    let calls = minutes.checked_div(of_call).unwrap_or(0);
    usize::try_from(calls).unwrap_or(usize::MAX)
}

/// The places of the largest amounts above zero, at most so many; of equal ones the first.
fn largest(amounts: &[f64], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..amounts.len()).filter(|place| amounts[*place] > 0.0).collect();
    places.sort_by(|left, right| amounts[*right].total_cmp(&amounts[*left]));
    places.truncate(count);
    places
}

/// Whether each decision is among the largest overdue of its day.
fn largest_by_day(logged: &[Logged], policy: &Policy) -> Vec<bool> {
    let mut days: BTreeMap<Date, (usize, Vec<usize>)> = BTreeMap::new();
    for (place, one) in logged.iter().enumerate() {
        let (calls, places) = days.entry(one.decision.day).or_default();
        let is_call = words::kind_of(policy, &one.decision.action) == Some(ActionKind::Call);
        *calls += usize::from(is_call);
        places.push(place);
    }
    let mut called = vec![false; logged.len()];
    for (calls, mut places) in days.into_values() {
        // Not by the order of the file: equal amounts go by the decision's own id.
        places.sort_by(|left, right| {
            let (left, right) = (&logged[*left].decision, &logged[*right].decision);
            right
                .dunnable
                .total_cmp(&left.dunnable)
                .then_with(|| left.decision_id.cmp(&right.decision_id))
        });
        let overdue = places
            .into_iter()
            .filter(|place| logged[*place].decision.days_past_due > 0);
        for place in overdue.take(calls) {
            called[place] = true;
        }
    }
    called
}
