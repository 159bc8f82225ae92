//! Promises to pay: how each stands, and which open amount it covers.
//!
//! A promise is open while it can be kept, its days of tolerance included, and broken from the day after. It is kept by
//! the cash that came from the day it was given; a credit note in place of cash lowers what it needs. Of two that are
//! open for one invoice the newest counts.

use std::collections::BTreeMap;

use super::judged::Owed;
use super::read::{Places, told};
use super::{Account, AccountItem, Promise, PromiseState};
use crate::action::Error;
use crate::domain::date::{day_number, from_day_number};
use crate::domain::{Currency, Date, Money};
use crate::history::row_values::RowValues;
use crate::history::{Keep, Snapshot, Table};

const NAMES: [&str; 7] = [
    "promise_id",
    "customer_id",
    "invoice_id",
    "currency",
    "created_on",
    "promised_date",
    "promised_amount_minor",
];

/// A promise as it was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) place: usize,
    promise_id: String,
    pub(super) invoice_id: Option<String>,
    created_day: i32,
    promised_day: i32,
    amount_minor: Option<i64>,
    currency: Option<Currency>,
}

/// Reads the promises of customers that have an account, in the order in which they were given.
pub(super) fn read(snapshot: &Snapshot, places: &Places) -> Result<Vec<Given>, Error> {
    if snapshot.is_bare(Table::Promises) {
        return Ok(Vec::new());
    }
    let frame = snapshot.rows(Table::Promises, &NAMES, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, customers, invoices) = (of("promise_id")?, of("customer_id")?, of("invoice_id")?);
    let (currencies, amounts) = (of("currency")?, of("promised_amount_minor")?);
    let (created, promised) = (of("created_on")?, of("promised_date")?);
    let mut given = Vec::new();
    for row in 0..frame.height() {
        let place = customers.text(row).and_then(|id| places.find(id));
        let (Some(place), Some(created_day), Some(promised_day)) =
            (place, created.day(row), promised.day(row))
        else {
            continue;
        };
        given.push(Given {
            place,
            promise_id: ids.text(row).unwrap_or_default().to_owned(),
            invoice_id: told(invoices.text(row)),
            created_day,
            promised_day,
            amount_minor: amounts.integer(row),
            currency: currencies.text(row).and_then(|code| Currency::parse(code).ok()),
        });
    }
    given.sort_by(|left, right| {
        (left.place, left.created_day, &left.promise_id).cmp(&(
            right.place,
            right.created_day,
            &right.promise_id,
        ))
    });
    Ok(given)
}

/// Judges the promises and takes what is promised off the items.
pub(super) fn fill(
    given: &[Given],
    owed: &BTreeMap<usize, Vec<Owed>>,
    tolerance_days: u32,
    accounts: &mut [Account],
) {
    let tolerance = i32::try_from(tolerance_days).unwrap_or(i32::MAX);
    for theirs in given.chunk_by(|left, right| left.place == right.place) {
        let Some(place) = theirs.first().map(|promise| promise.place) else {
            continue;
        };
        let Some(account) = accounts.get_mut(place) else {
            continue;
        };
        let invoices = owed.get(&place).map(Vec::as_slice).unwrap_or_default();
        let as_of = day_number(account.as_of);
        account.promises = theirs
            .iter()
            .map(|promise| promise.judged(invoices, as_of, tolerance))
            .collect();
        cover(&mut account.items, &account.promises);
    }
}

impl Given {
    fn judged(&self, invoices: &[Owed], as_of: i32, tolerance: i32) -> Promise {
        let about: Vec<&Owed> = invoices.iter().filter(|invoice| self.is_about(invoice)).collect();
        // An amount without a currency is in that of the invoices.
        let currency = self.currency.or(about.first().map(|invoice| invoice.currency));
        let amount = self.amount_minor.zip(currency);
        Promise {
            invoice_id: self.invoice_id.clone(),
            created_on: from_day_number(self.created_day),
            promised_date: from_day_number(self.promised_day),
            amount: amount.map(|(minor, currency)| Money::from_minor(minor, currency)),
            state: self.state(&about, as_of, tolerance),
        }
    }

    fn is_about(&self, invoice: &Owed) -> bool {
        let is_named = match &self.invoice_id {
            Some(named) => *named == invoice.invoice_id,
            None => invoice.invoice_day <= self.created_day,
        };
        let is_in_currency =
            self.amount_minor.is_none() || self.currency.is_none_or(|currency| currency == invoice.currency);
        is_named && is_in_currency
    }

    fn state(&self, about: &[&Owed], as_of: i32, tolerance: i32) -> PromiseState {
        let last_day = self.promised_day.saturating_add(tolerance);
        let until = last_day.min(as_of);
        let (mut covered, mut due, mut cash, mut given_up) = (0_i64, 0_i64, 0_i64, 0_i64);
        for invoice in about {
            let open = invoice.open_before(self.created_day);
            covered = covered.saturating_add(open);
            if invoice.due_day <= self.promised_day {
                due = due.saturating_add(open);
            }
            cash = cash.saturating_add(invoice.settled_between(self.created_day, until, true));
            given_up = given_up.saturating_add(invoice.settled_between(self.created_day, until, false));
        }
        // A promise of the account that names no amount is about what will be due by then.
        let unsaid = if self.invoice_id.is_none() && due > 0 {
            due
        } else {
            covered
        };
        let needed = self
            .amount_minor
            .unwrap_or(unsaid)
            .min(covered.saturating_sub(given_up));
        if cash >= needed {
            PromiseState::Kept
        } else if last_day > as_of {
            PromiseState::Open
        } else {
            PromiseState::Broken
        }
    }
}

/// Spreads the open promises over the items: the newest first, each over the items due first.
pub(super) fn cover(items: &mut [AccountItem], promises: &[Promise]) {
    for item in items.iter_mut() {
        item.promised_minor = 0;
    }
    let open = promises
        .iter()
        .filter(|promise| promise.state == PromiseState::Open);
    for promise in open.rev() {
        let mut left = promise.amount.map_or(i64::MAX, Money::minor);
        for item in items.iter_mut() {
            let amount = item.open_minor.min(left);
            if amount > 0 && item.promised_minor == 0 && promise.is_about(item) {
                item.promised_minor = amount;
                left -= amount;
            }
        }
    }
}

/// Reopens promises whose last day has not passed; see [`Account::with_promises_on`].
pub(super) fn reopened(account: &Account, day: Date, tolerance_days: u32) -> Option<Account> {
    let is_early =
        |promise: &Promise| promise.state == PromiseState::Broken && promise.last_day(tolerance_days) >= day;
    if !account.promises.iter().any(is_early) {
        return None;
    }
    let mut changed = account.clone();
    for promise in &mut changed.promises {
        if is_early(promise) {
            promise.state = PromiseState::Open;
        }
    }
    cover(&mut changed.items, &changed.promises);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An invoice of 500 of day 50, due on day 80, with these settlements: day, amount, whether it was cash.
    fn owed(settlements: &[(i32, i64, bool)]) -> Owed {
        Owed {
            invoice_id: "I1".to_owned(),
            invoice_day: 50,
            due_day: 80,
            currency: Currency::EUR,
            gross_minor: 500,
            settlements: settlements.to_vec(),
        }
    }

    /// A promise of day 100 for day 110, with three days of tolerance.
    fn state(amount_minor: Option<i64>, settlements: &[(i32, i64, bool)], as_of: i32) -> PromiseState {
        let given = Given {
            place: 0,
            promise_id: "P1".to_owned(),
            invoice_id: None,
            created_day: 100,
            promised_day: 110,
            amount_minor,
            currency: None,
        };
        given.judged(&[owed(settlements)], as_of, 3).state
    }

    #[test]
    fn a_promise_is_open_through_its_tolerance_and_broken_when_its_last_day_is_known() {
        assert_eq!(state(None, &[], 112), PromiseState::Open);
        assert_eq!(state(None, &[], 113), PromiseState::Broken);
    }

    #[test]
    fn cash_since_the_promise_keeps_it_even_before_its_day() {
        assert_eq!(state(Some(300), &[(105, 300, true)], 106), PromiseState::Kept);
        assert_eq!(state(Some(300), &[(113, 300, true)], 120), PromiseState::Kept);
        assert_eq!(state(Some(300), &[(114, 300, true)], 120), PromiseState::Broken);
        assert_eq!(state(Some(300), &[(99, 200, true)], 120), PromiseState::Broken);
    }

    #[test]
    fn what_was_credited_need_not_be_paid() {
        assert_eq!(state(None, &[(105, 500, false)], 120), PromiseState::Kept);
        assert_eq!(
            state(None, &[(105, 200, false), (106, 300, true)], 120),
            PromiseState::Kept
        );
        assert_eq!(
            state(None, &[(105, 200, false), (106, 299, true)], 120),
            PromiseState::Broken
        );
    }
}
