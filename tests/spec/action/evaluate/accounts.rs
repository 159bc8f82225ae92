//! Rules of thumb over accounts, and the memory of a rehearsal.

use std::collections::BTreeSet;

use duecast::action::account::{AccountItem, Contact};
use duecast::action::policy::CollectorRule;
use duecast::action::rehearse::Memory;
use duecast::action::rules::Rule;
use duecast::action::{Account, ActionKind, Exchange, Policy};
use duecast::model::{HORIZON_DAYS, PaymentDistribution};

use super::date;
use crate::support::items::plain_item;

/// Sunday evening; the next day is a Monday.
const AS_OF: &str = "2025-03-02";

fn item(open_minor: i64, days_past_due: i32) -> AccountItem {
    let distribution = PaymentDistribution::from_cdf(vec![0.5; HORIZON_DAYS]).unwrap();
    let id = format!("I{open_minor}");
    AccountItem {
        invoice_date: date("2025-01-01"),
        due_date: date("2025-01-31"),
        level: 3,
        ..plain_item(&id, date(AS_OF), days_past_due, open_minor, distribution)
    }
}

fn account(customer_id: &str, items: Vec<AccountItem>, contacts: Vec<Contact>) -> Account {
    Account {
        contacts,
        ..Account::unknown(customer_id.to_owned(), date(AS_OF), items)
    }
}

fn contact(sent_on: &str, level: u32) -> Contact {
    Contact {
        action: "reminder".to_owned(),
        channel: None,
        sent_on: date(sent_on),
        invoice_id: None,
        level: Some(level),
        outcome_on: None,
        outcome: None,
    }
}

#[test]
fn reminders_go_out_on_mondays_and_calls_to_the_largest_while_the_minutes_last() {
    let mut policy = Policy::default_policy();
    let exchange = Exchange::of(policy.currency);
    let accounts = [
        account("A", vec![item(100, 30)], Vec::new()),
        account("B", vec![item(900, -5)], Vec::new()),
        account("C", vec![item(300, 30), item(200, 30)], Vec::new()),
    ];
    let on =
        |rule: Rule, day: &str, policy: &Policy| rule.on_accounts(&accounts, date(day), policy, &exchange);
    let (wait, remind, call) = (ActionKind::Wait, ActionKind::Reminder, ActionKind::Call);
    assert_eq!(
        on(Rule::MondayReminders, "2025-03-03", &policy),
        [remind, wait, remind]
    );
    assert_eq!(on(Rule::MondayReminders, "2025-03-04", &policy), [wait; 3]);
    // Nobody works by the policy that ships.
    policy.collectors.clear();
    assert_eq!(on(Rule::LargestOverdueFirst, "2025-03-03", &policy), [wait; 3]);
    let minutes = policy
        .actions
        .iter()
        .find(|rule| rule.kind == call)
        .map(|rule| rule.minutes);
    policy.collectors.push(CollectorRule {
        collector_id: "anna".to_owned(),
        minutes_per_day: 2 * minutes.unwrap() - 1,
        skills: BTreeSet::new(),
        languages: BTreeSet::new(),
        only_own_customers: false,
        leave: vec![(date("2025-03-04"), date("2025-03-04"))],
    });
    assert_eq!(
        on(Rule::LargestOverdueFirst, "2025-03-03", &policy),
        [wait, wait, call]
    );
    assert_eq!(on(Rule::LargestOverdueFirst, "2025-03-04", &policy), [wait; 3]);
}

#[test]
fn a_rehearsal_forgets_what_was_really_sent_since_its_first_day() {
    let contacts = vec![contact("2025-02-10", 1), contact("2025-02-20", 3)];
    let mut accounts = [
        account("A", vec![item(100, 30)], contacts),
        account("B", vec![item(100, 30)], vec![contact("2025-02-10", 3)]),
    ];
    Memory::new(date("2025-02-15")).replace(&mut accounts);
    assert_eq!(accounts[0].contacts.len(), 1);
    assert_eq!(accounts[0].items[0].level, 1);
    // What was sent before stays as it was.
    assert_eq!(accounts[1].contacts.len(), 1);
    assert_eq!(accounts[1].items[0].level, 3);
}
