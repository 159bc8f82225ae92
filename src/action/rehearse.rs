//! A policy on the past book: what it would have done on past days, and how often that would have been in vain.
//!
//! Each day the accounts are as they were known. From the first day on, the contacts that were really made are
//! replaced by those of the rehearsal, so that caps, cooling-off and levels follow the policy that is rehearsed.
//! Payments stay as they really came: the rehearsal shows what would have been done, not what it would have changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::{Account, Contact};
use super::kind::{ActionId, ActionKind};
use super::policy::Policy;
use super::worklist::{Line, Worklist};
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::model::outcome::Ending;

/// Days within which a payment is taken to have come anyway: nobody pays a reminder before it has arrived.
pub const ANYWAY_DAYS: i64 = 5;

/// What a rehearsed contact is taken to have come to.
const DELIVERED: &str = "delivered";

/// What a rehearsal has done so far.
#[derive(Clone, Debug)]
pub struct Memory {
    first_day: Date,
    contacts: BTreeMap<String, Vec<Contact>>,
}

impl Memory {
    /// Starts a rehearsal: contacts before its first day stay as they were.
    #[must_use]
    pub const fn new(first_day: Date) -> Self {
        Self {
            first_day,
            contacts: BTreeMap::new(),
        }
    }

    /// Replaces the contacts that were made since the first day by those of the rehearsal, and the levels with them.
    pub fn replace(&self, accounts: &mut [Account]) {
        for account in accounts {
            let own = self.contacts.get(&account.customer_id);
            let is_rewritten = account
                .contacts
                .iter()
                .any(|contact| contact.sent_on >= self.first_day);
            if own.is_none() && !is_rewritten {
                continue;
            }
            account
                .contacts
                .retain(|contact| contact.sent_on < self.first_day);
            account.contacts.extend(own.into_iter().flatten().cloned());
            account.set_levels();
        }
    }

    /// Remembers what a worklist does; accounts by customer.
    pub fn note(&mut self, worklist: &Worklist, accounts: &[Account], policy: &Policy) {
        for line in &worklist.lines {
            let (Some(rule), Some(account)) = (
                policy.actions.get(line.rule),
                Account::find(accounts, &line.customer_id),
            ) else {
                continue;
            };
            if rule.kind == ActionKind::Wait {
                continue;
            }
            let invoices = line
                .candidate
                .items
                .iter()
                .filter_map(|item| account.items.get(*item));
            // One contact is one contact, however many invoices it names.
            let mut named: Vec<String> = invoices.map(|item| item.invoice_id.clone()).collect();
            let invoice_id = if named.len() == 1 { named.pop() } else { None };
            let contacts = self.contacts.entry(line.customer_id.clone()).or_default();
            contacts.push(Contact {
                action: rule.id.as_str().to_owned(),
                channel: Some(rule.channel),
                sent_on: worklist.day,
                invoice_id,
                level: (rule.level > 0).then_some(rule.level),
                outcome: Some(DELIVERED.to_owned()),
                outcome_on: Some(worklist.day),
            });
        }
    }
}

/// What a policy would have done on a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RehearsedDay {
    /// Last day whose facts were known.
    pub as_of: Date,
    /// The day.
    pub day: Date,
    /// Customers with open items.
    pub customers: usize,
    /// Expected gain of all lines, in minor units of the policy's currency.
    pub gain: f64,
    /// What was done, by action; waiting included.
    pub actions: BTreeMap<ActionId, RehearsedAction>,
}

/// How often an action would have been taken on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RehearsedAction {
    /// Customers.
    pub customers: usize,
    /// Of them, those that are contacted by it.
    pub contacts: usize,
    /// Minutes of collectors.
    pub minutes: u64,
    /// Expected gain, in minor units of the policy's currency.
    pub gain: f64,
    /// Customers all of whose items in question were really paid within [`ANYWAY_DAYS`]: the action was in vain.
    pub paid_anyway: usize,
}

/// Counts what a worklist does, and how much of it was in vain by what came afterwards.
///
/// `accounts` are sorted by customer, as they were given to the plan.
#[must_use]
pub fn rehearsed_day(
    worklist: &Worklist,
    accounts: &[Account],
    policy: &Policy,
    endings: &BTreeMap<String, Ending>,
) -> RehearsedDay {
    let until = add_days(worklist.day, ANYWAY_DAYS);
    let mut actions: BTreeMap<ActionId, RehearsedAction> = BTreeMap::new();
    for line in &worklist.lines {
        let Some(rule) = policy.actions.get(line.rule) else {
            continue;
        };
        let tally = actions.entry(rule.id.clone()).or_default();
        tally.customers += 1;
        tally.contacts += usize::from(rule.kind.is_contact());
        tally.minutes += u64::from(rule.minutes);
        tally.gain += line.gain.total;
        let invoices = invoices(line, accounts);
        let is_paid = |invoice_id: &&str| {
            endings
                .get(*invoice_id)
                .is_some_and(|ending| ending.is_cash && ending.on <= until)
        };
        let is_in_vain =
            rule.kind != ActionKind::Wait && !invoices.is_empty() && invoices.iter().all(is_paid);
        tally.paid_anyway += usize::from(is_in_vain);
    }
    RehearsedDay {
        as_of: worklist.as_of,
        day: worklist.day,
        customers: accounts.len(),
        gain: worklist.value,
        actions,
    }
}

/// The invoices that the lines of a worklist do something about.
#[must_use]
pub fn touched_invoices(worklist: &Worklist, accounts: &[Account]) -> Vec<String> {
    let lines = worklist.lines.iter();
    lines
        .flat_map(|line| invoices(line, accounts))
        .map(str::to_owned)
        .collect()
}

fn invoices<'a>(line: &Line, accounts: &'a [Account]) -> Vec<&'a str> {
    let Some(account) = Account::find(accounts, &line.customer_id) else {
        return Vec::new();
    };
    let items = line.candidate.items.iter();
    items
        .filter_map(|item| account.items.get(*item))
        .map(|item| item.invoice_id.as_str())
        .collect()
}
