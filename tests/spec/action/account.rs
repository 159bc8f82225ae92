//! What an account is, what of it may be dunned, and what may be done about it.

mod dunning;
mod hours;
mod ledger;
mod levels;
mod promises;
mod refusals;

use std::collections::BTreeSet;

use chrono::NaiveTime;
use duecast::action::account::{AccountItem, Contact, Promise, PromiseState};
use duecast::action::law::Law;
use duecast::action::policy::{ActionRule, Assumption, Preconditions};
use duecast::action::{
    Account, ActionId, ActionKind, Admissible, Autonomy, Candidate, Channel, Exchange, Policy, admissible,
    dunnable,
};
use duecast::domain::date::parse_iso;
use duecast::domain::{Currency, Date};
use duecast::model::PaymentDistribution;

use crate::support::items::plain_item;

/// The last day whose facts are known: a Sunday. The worklist is for the Monday after.
const AS_OF: &str = "2026-03-08";

fn date(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// The day of the worklist.
fn monday() -> Date {
    date("2026-03-09")
}

/// An invoice of so many minor units, so many days past due at `AS_OF`, that nobody is expected to pay soon.
fn item(invoice_id: &str, open_minor: i64, days_past_due: i32) -> AccountItem {
    let distribution = PaymentDistribution::from_cdf(vec![0.1; 91]).unwrap();
    plain_item(invoice_id, date(AS_OF), days_past_due, open_minor, distribution)
}

/// A Dutch company that owes these.
fn account(items: Vec<AccountItem>) -> Account {
    Account {
        country: Some("NL".to_owned()),
        is_party_assumed: false,
        language: Some("nl".to_owned()),
        timezone: Some("Europe/Amsterdam".to_owned()),
        ..Account::unknown("C1".to_owned(), date(AS_OF), items)
    }
}

fn rule(id: &str, kind: ActionKind, channel: Channel, level: u32, cooling_off_days: u32) -> ActionRule {
    ActionRule {
        id: ActionId::new(id),
        name: id.to_owned(),
        kind,
        channel,
        cost_minor: 0,
        goodwill_minor: 0,
        minutes: 0,
        skill: None,
        languages: BTreeSet::new(),
        level,
        template: None,
        tone: None,
        autonomy: Autonomy::Auto,
        cooling_off_days,
        is_once_per_invoice: false,
        when: Preconditions::default(),
        effect: Assumption {
            odds_ratio: 1.1,
            low: 1.0,
            high: 1.2,
            days: 14,
        },
        discount_percent: 0.0,
    }
}

/// Three levels of reminders, a call, and what follows; no procedures, no caps, all hours of all days.
fn policy() -> Policy {
    let mut policy = Policy::default_policy();
    let late = |mut rule: ActionRule, days: i32| {
        rule.when.days_past_due_min = Some(days);
        rule
    };
    policy.actions = vec![
        rule("wait", ActionKind::Wait, Channel::None, 0, 0),
        late(rule("reminder_1", ActionKind::Reminder, Channel::Email, 1, 7), 3),
        late(
            rule("reminder_2", ActionKind::Reminder, Channel::Email, 2, 10),
            14,
        ),
        late(rule("notice", ActionKind::FormalNotice, Channel::Post, 3, 14), 28),
        late(rule("call", ActionKind::Call, Channel::Phone, 0, 5), 10),
        rule(
            "resolve_dispute",
            ActionKind::ResolveDispute,
            Channel::Internal,
            0,
            0,
        ),
        late(
            rule("credit_hold", ActionKind::CreditHold, Channel::Internal, 0, 0),
            30,
        ),
        late(rule("agency", ActionKind::Handover, Channel::Internal, 0, 0), 45),
    ];
    policy.procedures = Vec::new();
    policy.assignments = Vec::new();
    policy.caps.contacts = Vec::new();
    policy.caps.earliest = NaiveTime::MIN;
    policy.caps.latest = NaiveTime::from_hms_opt(23, 0, 0).unwrap();
    policy.caps.business_days_only = false;
    let exclusions = &mut policy.exclusions;
    exclusions.minimum_minor = 2_500;
    exclusions.promise_tolerance_days = 3;
    exclusions.subtract_unapplied_credit = true;
    exclusions.direct_debit_days = 5;
    exclusions.grace_days = 0;
    exclusions.expected_probability = 0.7;
    exclusions.expected_days = 5;
    policy
}

fn euros() -> Exchange {
    Exchange::of(Currency::EUR)
}

fn look(account: &Account, policy: &Policy, day: Date) -> Admissible {
    admissible(account, day, policy, &Law::shipped(), &euros())
}

/// The names of what may be done.
fn names(found: &Admissible, policy: &Policy) -> Vec<String> {
    let names = found.candidates.iter();
    names
        .map(|candidate| policy.actions[candidate.action].id.as_str().to_owned())
        .collect()
}

fn candidate<'a>(found: &'a Admissible, policy: &Policy, id: &str) -> Option<&'a Candidate> {
    let action = policy.action(id);
    found
        .candidates
        .iter()
        .find(|candidate| Some(candidate.action) == action)
}

/// The code and the last day of the reason against an action.
fn refusal(found: &Admissible, id: &str) -> Option<(String, Option<Date>)> {
    let of_action = |action: &ActionId| action.as_str() == id;
    let why_not = found
        .why_nots
        .iter()
        .find(|why_not| why_not.action.as_ref().is_some_and(of_action));
    why_not.map(|why_not| (why_not.code.clone(), why_not.until))
}

fn code(found: &Admissible, id: &str) -> String {
    refusal(found, id).map(|(code, _)| code).unwrap_or_default()
}

fn contact(action: &str, sent_on: &str) -> Contact {
    Contact {
        action: action.to_owned(),
        channel: None,
        sent_on: date(sent_on),
        invoice_id: None,
        level: None,
        outcome: None,
        outcome_on: None,
    }
}

fn promise(invoice_id: &str, created_on: &str, promised_date: &str, state: PromiseState) -> Promise {
    Promise {
        invoice_id: Some(invoice_id.to_owned()),
        created_on: date(created_on),
        promised_date: date(promised_date),
        amount: None,
        state,
    }
}

/// The codes of what is left out of what may be dunned.
fn codes(account: &Account, policy: &Policy) -> Vec<String> {
    let found = dunnable(account, policy, &euros());
    found.why_nots.into_iter().map(|why_not| why_not.code).collect()
}

fn amounts(account: &Account, policy: &Policy) -> Vec<i64> {
    dunnable(account, policy, &euros()).amounts_minor
}
