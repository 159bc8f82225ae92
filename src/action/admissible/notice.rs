//! The formal notice of an item: its days count from the day after delivery, and they are hard.

use super::past::Past;
use crate::action::account::{AccountItem, Contact};
use crate::action::kind::ActionKind;
use crate::domain::Date;
use crate::domain::date::add_days;

/// How the formal notice of an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoticeState {
    /// None was sent.
    None,
    /// Nobody knows whether it arrived.
    Undelivered {
        /// The day it was sent.
        sent_on: Date,
    },
    /// Its days are running.
    Running {
        /// The last of them.
        until: Date,
    },
    /// Its days have passed.
    Expired,
}

/// What the law says of a formal notice to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoticeDays {
    pub(super) days: u32,
    /// Whether the claim may not be handed over without one.
    pub(super) is_required: bool,
}

/// Returns how the last formal notice of an item stands on a day.
pub(super) fn state(past: &Past<'_>, item: &AccountItem, rule: NoticeDays, day: Date) -> NoticeState {
    let Some(notice) = past.last_of_kind(ActionKind::FormalNotice, item) else {
        return NoticeState::None;
    };
    // Where no notice is required its arrival need not be proved.
    let arrived = delivered_on(notice).or((!rule.is_required).then_some(notice.sent_on));
    let Some(arrived) = arrived else {
        return NoticeState::Undelivered {
            sent_on: notice.sent_on,
        };
    };
    let until = add_days(arrived, i64::from(rule.days));
    if day > until {
        NoticeState::Expired
    } else {
        NoticeState::Running { until }
    }
}

/// The day on which it is known to have arrived.
fn delivered_on(notice: &Contact) -> Option<Date> {
    let answers = [
        "delivered",
        "opened",
        "reached",
        "promise",
        "dispute_raised",
        "paid",
        "plan_agreed",
        "refused",
    ];
    let has_arrived = notice
        .outcome
        .as_deref()
        .is_some_and(|outcome| answers.contains(&outcome));
    notice.outcome_on.filter(|_| has_arrived)
}
