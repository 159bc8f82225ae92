//! What of an account may be asked for, and why the rest may not.
//!
//! `open - disputed - promised - planned - in transit`, item by item, less the credit on account of that currency, off
//! the oldest item first; never below zero. What is left of a disputed invoice may be dunned.

use super::account::{Account, AccountItem, AccountStatus, PromiseState};
use super::candidate::WhyNot;
use super::exchange::Exchange;
use super::policy::{Exclusions, Policy};
use crate::domain::date::add_days;
use crate::domain::{Currency, Date, Money};

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dunnable {
    /// The part of each item, in minor units of its currency; of items that are not due too, see [`is_overdue`].
    pub amounts_minor: Vec<i64>,
    /// Why the rest is left out.
    pub why_nots: Vec<WhyNot>,
}

/// Whether an item is late by more than the days of grace; once it is, days count from the due date.
#[must_use]
pub fn is_overdue(item: &AccountItem, exclusions: &Exclusions) -> bool {
    i64::from(item.days_past_due) > i64::from(exclusions.grace_days)
}

/// Returns what may be asked for on the day after `as_of`.
#[must_use]
pub fn dunnable(account: &Account, policy: &Policy, exchange: &Exchange) -> Dunnable {
    dunnable_on(account, add_days(account.as_of, 1), policy, exchange)
}

/// Returns what may be asked for on a day.
pub(super) fn dunnable_on(account: &Account, day: Date, policy: &Policy, exchange: &Exchange) -> Dunnable {
    let mut found = Dunnable {
        amounts_minor: vec![0; account.items.len()],
        why_nots: Vec::new(),
    };
    if let Some(why_not) = standing(account, day) {
        found.why_nots.push(why_not);
        return found;
    }
    conflicts(account, &mut found.why_nots);
    for (place, item) in account.items.iter().enumerate() {
        if let Some(why_not) = whole(account, item, policy, exchange) {
            found.why_nots.push(why_not);
        } else {
            found.amounts_minor[place] = rest(account, item, &policy.exclusions, &mut found.why_nots);
        }
    }
    if policy.exclusions.subtract_unapplied_credit {
        take_credit(account, &mut found);
    }
    drop_small(account, policy, exchange, &mut found);
    found
}

/// Says why the customer is not dunned at all.
pub(super) fn standing(account: &Account, day: Date) -> Option<WhyNot> {
    let status = match account.status {
        AccountStatus::Active => None,
        AccountStatus::Insolvency => Some(("insolvency", "insolvency proceedings are open")),
        AccountStatus::Deceased => Some(("deceased", "the person has died")),
        AccountStatus::DebtCounselling => {
            Some(("debt_counselling", "a debt counsellor speaks for the customer"))
        }
        AccountStatus::Legal => Some(("legal", "the claim is with a court or a lawyer")),
    };
    if let Some((code, text)) = status {
        return Some(WhyNot::of_account(code, text.to_owned(), None));
    }
    let block = account.block.as_ref()?;
    match block.until {
        Some(until) if until < day => None,
        Some(until) => {
            let text = format!("blocked until {until}: {}", block.reason);
            Some(WhyNot::of_account("blocked", text, Some(until)))
        }
        None => {
            let text = format!("blocked: {}", block.reason);
            Some(WhyNot::of_account("blocked", text, None))
        }
    }
}

/// Says which invoices were promised twice: the newest promise counts.
fn conflicts(account: &Account, why_nots: &mut Vec<WhyNot>) {
    for item in &account.items {
        let mut days: Vec<Date> = account
            .promises
            .iter()
            .filter(|promise| promise.state == PromiseState::Open)
            .filter(|promise| promise.invoice_id.as_ref() == Some(&item.invoice_id))
            .map(|promise| promise.promised_date)
            .collect();
        if let Some(newest) = days.pop().filter(|_| !days.is_empty()) {
            let text = format!(
                "{} promises are open; the newest counts: {newest}",
                days.len() + 1
            );
            why_nots.push(WhyNot::of_item(item, "conflicting_promises", text, None));
        }
    }
}

/// Says why an item is left out as a whole.
fn whole(account: &Account, item: &AccountItem, policy: &Policy, exchange: &Exchange) -> Option<WhyNot> {
    if exchange.minor(0, item.currency).is_none() {
        let text = format!(
            "no rate from {} to {}",
            item.currency.code(),
            exchange.base().code()
        );
        return Some(WhyNot::of_item(item, "no_rate", text, None));
    }
    if !item.is_delivered {
        let text = "the invoice did not reach the customer".to_owned();
        return Some(WhyNot::of_item(item, "not_delivered", text, None));
    }
    let days = i64::from(policy.exclusions.direct_debit_days);
    if account.is_direct_debit && i64::from(item.days_past_due).abs() <= days {
        let until = add_days(item.due_date, days);
        let text = format!("collected by direct debit, on its way until {until}");
        return Some(WhyNot::of_item(item, "direct_debit", text, Some(until)));
    }
    None
}

/// Returns what is left of an item once its parts are taken off.
fn rest(account: &Account, item: &AccountItem, exclusions: &Exclusions, why_nots: &mut Vec<WhyNot>) -> i64 {
    let promised = account
        .promises
        .iter()
        .rev()
        .find(|promise| promise.state == PromiseState::Open && promise.is_about(item));
    let promised_date = promised.map(|promise| promise.promised_date);
    let promised_until = promised.map(|promise| promise.last_day(exclusions.promise_tolerance_days));
    let promise = promised_date.map_or_else(|| "promised".to_owned(), |day| format!("promised for {day}"));
    let parts = [
        ("disputed", item.disputed_minor, "in dispute".to_owned(), None),
        ("promised", item.promised_minor, promise, promised_until),
        (
            "planned",
            item.planned_minor,
            "of an instalment plan, not due".to_owned(),
            None,
        ),
        (
            "in_transit",
            item.in_transit_minor,
            "seen at the bank, not yet allocated".to_owned(),
            None,
        ),
    ];
    let mut left = item.open_minor.max(0);
    for (code, part, words, until) in parts {
        let taken = part.clamp(0, left);
        if taken > 0 {
            left -= taken;
            let text = format!("{} {words}", Money::from_minor(taken, item.currency));
            why_nots.push(WhyNot::of_item(item, code, text, until));
        }
    }
    if left > 0 && item.days_past_due > 0 && !is_overdue(item, exclusions) {
        let until = add_days(item.due_date, i64::from(exclusions.grace_days));
        let text = format!(
            "{} days past due, {} days are let pass",
            item.days_past_due, exclusions.grace_days
        );
        why_nots.push(WhyNot::of_item(item, "grace", text, Some(until)));
    }
    left
}

/// Takes credit on account off the oldest items.
fn take_credit(account: &Account, found: &mut Dunnable) {
    for (currency, credit) in &account.unapplied_credit {
        let mut left = (*credit).max(0);
        for (item, amount) in account.items.iter().zip(&mut found.amounts_minor) {
            let taken = left.min(*amount);
            if item.currency != *currency || taken <= 0 {
                continue;
            }
            left -= taken;
            *amount -= taken;
            let text = format!(
                "{} are covered by credit on account",
                Money::from_minor(taken, *currency)
            );
            found
                .why_nots
                .push(WhyNot::of_item(item, "unapplied_credit", text, None));
        }
    }
}

/// Lets small overdue amounts be.
fn drop_small(account: &Account, policy: &Policy, exchange: &Exchange, found: &mut Dunnable) {
    let minimum = exchange.minor(policy.exclusions.minimum_minor, policy.currency);
    let overdue: Vec<usize> = (0..account.items.len())
        .filter(|place| is_overdue(&account.items[*place], &policy.exclusions))
        .collect();
    let sum: f64 = overdue
        .iter()
        .filter_map(|place| exchange.minor(found.amounts_minor[*place], account.items[*place].currency))
        .sum();
    let Some(minimum) = minimum.filter(|minimum| sum > 0.0 && sum < *minimum) else {
        return;
    };
    for place in overdue {
        found.amounts_minor[place] = 0;
    }
    let text = format!(
        "{} may be dunned, less than {}",
        in_words(sum, policy.currency),
        in_words(minimum, policy.currency)
    );
    found
        .why_nots
        .push(WhyNot::of_account("below_minimum", text, None));
}

/// Writes an expectation for people: `1234.50 EUR`.
pub(super) fn in_words(minor: f64, currency: Currency) -> String {
    let decimals = usize::try_from(currency.exponent()).unwrap_or(2);
    let scale = 10_f64.powi(i32::try_from(currency.exponent()).unwrap_or(2));
    format!("{:.decimals$} {}", minor / scale, currency.code())
}
