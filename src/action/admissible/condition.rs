//! What is true of an account, in the words of the policy.

use super::facts::Facts;
use super::notice::{self, NoticeState};
use crate::action::account::{Promise, PromiseState};
use crate::action::kind::{ActionKind, Channel};
use crate::action::policy::Condition;
use crate::domain::date::add_days;

/// Days in which a missed plan counts.
const PLAN_DAYS: i64 = 365;
/// Days in which an answered call counts.
const REACHED_DAYS: i64 = 7;
/// Paid invoices below which a customer is new.
const NEW_PAID_MAX: u32 = 3;
/// Paid invoices from which a habit can be told.
const HABIT_PAID_MIN: u32 = 5;
/// Share of invoices paid in time from which a customer is punctual.
const PUNCTUAL_SHARE: f64 = 0.9;

impl Facts<'_> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: Condition) -> bool {
        let account = self.account;
        match condition {
            Condition::BrokenPromise => self.broken_promise().is_some(),
            Condition::OpenPromise => account
                .promises
                .iter()
                .any(|promise| promise.state == PromiseState::Open),
            Condition::OpenDispute => account.items.iter().any(|item| item.disputed_minor > 0),
            Condition::BrokenPlan => {
                let since = add_days(self.day, -PLAN_DAYS);
                account.plan_broken_on.is_some_and(|missed| missed >= since)
            }
            Condition::OverCreditLimit => self.is_over_limit(),
            Condition::KeyAccount => account.is_key_account,
            Condition::NewCustomer => account.behaviour.paid_count < NEW_PAID_MAX,
            Condition::UsuallyPunctual => {
                let share = account.behaviour.on_time_share;
                account.behaviour.paid_count >= HABIT_PAID_MIN
                    && share.is_some_and(|share| share >= PUNCTUAL_SHARE)
            }
            Condition::InabilitySignals => self.is_unable(),
            Condition::EmailBounced => self.has_email_bounced(),
            Condition::Reached => {
                let since = add_days(self.day, -REACHED_DAYS);
                account.contacts.iter().any(|contact| {
                    let is_call = contact.channel == Some(Channel::Phone) || contact.action == "call";
                    let answer = contact.outcome.as_deref();
                    let is_reached = matches!(
                        answer,
                        Some("reached" | "promise" | "dispute_raised" | "plan_agreed")
                    );
                    is_call && is_reached && contact.sent_on >= since
                })
            }
            Condition::NoticeExpired => account.items.iter().any(|item| {
                let state = notice::state(&self.past, item, self.notice_days, self.day);
                state == NoticeState::Expired
            }),
            Condition::DiscountTaken => self.has_taken_discount(),
        }
    }

    /// The promise given last, where it was broken.
    pub(super) fn broken_promise(&self) -> Option<&Promise> {
        let latest = self.account.promises.last()?;
        (latest.state == PromiseState::Broken).then_some(latest)
    }

    /// Whether the last e-mail did not arrive.
    pub(super) fn has_email_bounced(&self) -> bool {
        let last = self.account.contacts.iter().rev().find(|contact| {
            let rule = self
                .policy
                .actions
                .iter()
                .find(|rule| rule.id.as_str() == contact.action);
            contact.channel.or(rule.map(|rule| rule.channel)) == Some(Channel::Email)
        });
        last.is_some_and(|contact| contact.outcome.as_deref() == Some("bounced"))
    }

    fn is_over_limit(&self) -> bool {
        let limit = self.account.credit_limit;
        let limit = limit.and_then(|limit| self.exchange.minor(limit.minor(), limit.currency()));
        limit.is_some_and(|limit| self.open() > limit)
    }

    /// It paid a part and stopped, broke a promise or a plan, or asked for time.
    fn is_unable(&self) -> bool {
        let stopped = self.account.items.iter().any(|item| {
            item.days_past_due > 0 && item.open_minor < item.gross_minor && item.disputed_minor == 0
        });
        let asked = self
            .account
            .contacts
            .iter()
            .any(|contact| contact.outcome.as_deref() == Some("asked_for_time"));
        stopped || asked || self.broken_promise().is_some() || self.holds(Condition::BrokenPlan)
    }

    /// Whether the discount that was offered last was taken.
    fn has_taken_discount(&self) -> bool {
        let last = self.account.contacts.iter().rev().find(|contact| {
            let rule = self
                .policy
                .actions
                .iter()
                .find(|rule| rule.id.as_str() == contact.action);
            rule.is_some_and(|rule| rule.kind == ActionKind::OfferDiscount)
        });
        last.is_some_and(|contact| matches!(contact.outcome.as_deref(), Some("paid" | "discount_taken")))
    }
}
