//! Payments that the ledger has of its own, and which of them a receipt is.
//!
//! A payment is sought a few days around the receipt: one of the amount, all of a day, all of those days, or the only
//! sum of some. Payments that a receipt explains explain no other.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::history::link::Known;

use super::book::Book;
use super::confidence::{ALLOCATED_FROM, LEDGER_DAYS_APART, of_sum};
use super::receipt::Receipt;
use super::subset::{AMOUNTS_MAX, OnlySum, only_sum};

/// Payments on the invoices of one receipt that are looked at.
const ON_NAMED_MAX: usize = 1_000;
/// Days around an import within which payments of the ledger may matter: those of its receipts, of earlier receipts
/// that may have been the same payments, and the payments of these.
const WINDOW_DAYS: i32 = 3 * LEDGER_DAYS_APART;

/// A payment that the ledger has without naming a receipt of the bank.
#[derive(Clone, Copy, Debug)]
struct Payment {
    customer: usize,
    /// Position of its invoice.
    position: usize,
    currency: Currency,
    day: i32,
    minor: i64,
}

/// What is sought: the payments of a customer that are this receipt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    pub(super) customer: usize,
    pub(super) currency: Currency,
    pub(super) day: i32,
    /// More than zero.
    pub(super) minor: i64,
}

impl Sought {
    /// The first and the last day on which a payment may be the receipt.
    const fn days(&self) -> (i32, i32) {
        (
            self.day.saturating_sub(LEDGER_DAYS_APART),
            self.day.saturating_add(LEDGER_DAYS_APART),
        )
    }
}

/// The payments of the ledger; all indexes hold only those that no receipt explains yet.
#[derive(Debug, Default)]
pub(super) struct Posted {
    payments: Vec<Payment>,
    by_amount: BTreeSet<(usize, Currency, i64, i32, usize)>,
    by_day: BTreeSet<(usize, Currency, i32, usize)>,
    by_invoice: BTreeSet<(usize, i32, usize)>,
    sums: BTreeMap<(usize, Currency, i32), i128>,
    /// Explained by a receipt of the ledger, of which nobody knows any more what it named; by invoice and day.
    loose: BTreeSet<(usize, i32, usize)>,
}

impl Posted {
    /// Takes the payments of the ledger around the days of an import.
    pub(super) fn of(known: &Known, book: &Book<'_>, import: &[Receipt<'_>]) -> Self {
        let mut posted = Self::default();
        let Some((first, last)) = window(import, WINDOW_DAYS) else {
            return posted;
        };
        let of_bank: BTreeSet<&str> = known
            .receipts
            .iter()
            .filter(|receipt| !receipt.is_ledgers)
            .map(|receipt| receipt.receipt_id.as_str())
            .collect();
        for payment in &known.payments {
            let day = day_number(payment.paid_date);
            if payment.confidence.is_some() || day < first || day > last {
                continue;
            }
            let names_bank = payment
                .receipt_id
                .as_deref()
                .is_some_and(|id| of_bank.contains(id));
            let Some(position) = book.position(&payment.invoice_id).filter(|_| !names_bank) else {
                continue;
            };
            if let (Some(customer), Some(invoice)) = (book.owner(position), book.invoice(position)) {
                posted.add(Payment {
                    customer,
                    position,
                    currency: invoice.currency,
                    day,
                    minor: payment.amount_minor,
                });
            }
        }
        posted.add_past(known, book, import);
        posted
    }

    /// The payments that explained receipts of the ledger explain no other.
    fn add_past(&mut self, known: &Known, book: &Book<'_>, import: &[Receipt<'_>]) {
        let Some((first, last)) = window(import, 2 * LEDGER_DAYS_APART) else {
            return;
        };
        for receipt in &known.receipts {
            let day = day_number(receipt.value_date);
            if receipt.in_ledger_minor <= 0 || day < first || day > last {
                continue;
            }
            let customer = receipt.customer_id.as_deref().and_then(|id| book.customer(id));
            let Some(customer) = customer else { continue };
            let sought = Sought {
                customer,
                currency: receipt.currency,
                day,
                minor: receipt.in_ledger_minor,
            };
            for place in self.found(&sought, 0.0).unwrap_or_default() {
                self.explain(place);
                if let Some(payment) = self.payments.get(place) {
                    self.loose.insert((payment.position, payment.day, place));
                }
            }
        }
    }

    fn add(&mut self, payment: Payment) {
        let place = self.payments.len();
        let Payment {
            customer,
            position,
            currency,
            day,
            minor,
        } = payment;
        self.by_amount.insert((customer, currency, minor, day, place));
        self.by_day.insert((customer, currency, day, place));
        self.by_invoice.insert((position, day, place));
        *self.sums.entry((customer, currency, day)).or_default() += i128::from(minor);
        self.payments.push(payment);
    }

    /// Takes a payment out of the indexes.
    fn explain(&mut self, place: usize) {
        let Some(payment) = self.payments.get(place).copied() else {
            return;
        };
        let Payment {
            customer,
            position,
            currency,
            day,
            minor,
        } = payment;
        self.by_day.remove(&(customer, currency, day, place));
        self.by_invoice.remove(&(position, day, place));
        if self.by_amount.remove(&(customer, currency, minor, day, place))
            && let Some(sum) = self.sums.get_mut(&(customer, currency, day))
        {
            *sum -= i128::from(minor);
        }
    }

    /// Finds the payments that are a receipt, and takes note that they are explained.
    pub(super) fn explained(&mut self, sought: &Sought) -> bool {
        let found = self.found(sought, ALLOCATED_FROM);
        self.note(found)
    }

    /// As [`explained`](Self::explained), by payments that agree with the invoices which the receipt names: all are on
    /// one of `named`, or each of `surely` has one of them.
    pub(super) fn explained_as_named(
        &mut self,
        sought: &Sought,
        named: &BTreeSet<usize>,
        surely: &BTreeSet<usize>,
    ) -> bool {
        let on_named = self.on(named, &self.by_invoice, sought);
        let found = self
            .among(&on_named, sought)
            .or_else(|| self.with_others(surely, sought));
        self.note(found) || self.exchanged(named, sought)
    }

    fn note(&mut self, found: Option<Vec<usize>>) -> bool {
        let is_found = found.is_some();
        for place in found.unwrap_or_default() {
            self.explain(place);
        }
        is_found
    }

    /// Returns the payments that are a receipt, as far as customer, amount and day tell; a sum of some must be so sure.
    fn found(&self, sought: &Sought, sure_from: f64) -> Option<Vec<usize>> {
        if let Some(place) = self.one(sought) {
            return Some(vec![place]);
        }
        let (first, last) = sought.days();
        let wanted = i128::from(sought.minor);
        let mut sums = self.sums_between(sought, first, last);
        if let Some((day, _)) = sums.find(|(_, sum)| *sum == wanted) {
            return Some(self.between(sought, day, day).collect());
        }
        if self
            .sums_between(sought, first, last)
            .map(|(_, sum)| sum)
            .sum::<i128>()
            == wanted
        {
            return Some(self.between(sought, first, last).collect());
        }
        let near: Vec<usize> = self.between(sought, first, last).take(AMOUNTS_MAX + 1).collect();
        let (places, sum) = self.only(&near, sought.minor)?;
        (of_sum(sum.sums, sum.places) >= sure_from).then_some(places)
    }

    /// Returns the payment of the amount that is nearest, the earlier of two.
    fn one(&self, sought: &Sought) -> Option<usize> {
        let Sought {
            customer,
            currency,
            day,
            minor,
        } = *sought;
        let (first, last) = sought.days();
        let from = |day: i32| (customer, currency, minor, day, 0);
        let mut later = self
            .by_amount
            .range(from(day)..=(customer, currency, minor, last, usize::MAX));
        let mut earlier = self.by_amount.range(from(first)..from(day));
        let earlier = earlier.next_back().and_then(|found| {
            let mut of_day = self.by_amount.range(from(found.3)..);
            of_day.next()
        });
        match (earlier, later.next()) {
            (Some(earlier), Some(later)) => {
                let is_nearer = day.saturating_sub(earlier.3) <= later.3.saturating_sub(day);
                Some(if is_nearer { earlier.4 } else { later.4 })
            }
            (found, None) | (None, found) => found.map(|found| found.4),
        }
    }

    /// Returns days with the sum of their payments.
    fn sums_between(&self, sought: &Sought, first: i32, last: i32) -> impl Iterator<Item = (i32, i128)> {
        let Sought {
            customer, currency, ..
        } = *sought;
        let days = (customer, currency, first)..=(customer, currency, last);
        self.sums.range(days).map(|(key, sum)| (key.2, *sum))
    }

    /// Returns the payments of some days.
    fn between(&self, sought: &Sought, first: i32, last: i32) -> impl Iterator<Item = usize> {
        let Sought {
            customer, currency, ..
        } = *sought;
        let days = (customer, currency, first, 0)..=(customer, currency, last, usize::MAX);
        self.by_day.range(days).map(|key| key.3)
    }

    /// Returns the payments on some invoices that may be the receipt.
    fn on(
        &self,
        invoices: &BTreeSet<usize>,
        index: &BTreeSet<(usize, i32, usize)>,
        sought: &Sought,
    ) -> Vec<usize> {
        let (first, last) = sought.days();
        let is_sought = |place: &usize| {
            self.payments.get(*place).is_some_and(|payment| {
                payment.customer == sought.customer && payment.currency == sought.currency
            })
        };
        let of_invoice =
            |position: &usize| index.range((*position, first, 0)..=(*position, last, usize::MAX));
        let places = invoices.iter().flat_map(of_invoice).map(|key| key.2);
        places.filter(is_sought).take(ON_NAMED_MAX).collect()
    }

    /// Returns which of some payments are the receipt: one, all, all of a day, or the only sum of some.
    fn among(&self, places: &[usize], sought: &Sought) -> Option<Vec<usize>> {
        let payments = || {
            let found = places.iter().map(|place| (*place, self.payments.get(*place)));
            found.filter_map(|(place, payment)| Some((place, payment?)))
        };
        let apart = |payment: &Payment| payment.day.saturating_sub(sought.day).saturating_abs();
        let one = payments()
            .filter(|(_, payment)| payment.minor == sought.minor)
            .min_by_key(|(place, payment)| (apart(payment), payment.day, *place));
        if let Some((place, _)) = one {
            return Some(vec![place]);
        }
        let mut sums: BTreeMap<i32, i128> = BTreeMap::new();
        for (_, payment) in payments() {
            *sums.entry(payment.day).or_default() += i128::from(payment.minor);
        }
        let wanted = i128::from(sought.minor);
        if sums.values().sum::<i128>() == wanted {
            return Some(places.to_vec());
        }
        if let Some((day, _)) = sums.iter().find(|(_, sum)| **sum == wanted) {
            let of_day = payments().filter(|(_, payment)| payment.day == *day);
            return Some(of_day.map(|(place, _)| place).collect());
        }
        self.only(places, sought.minor).map(|(places, _)| places)
    }

    /// Returns the payments of a day, or of all days, that are the receipt, where each of the invoices has one of them:
    /// the payer named some, and whoever posted it knew of the others.
    fn with_others(&self, invoices: &BTreeSet<usize>, sought: &Sought) -> Option<Vec<usize>> {
        if invoices.is_empty() {
            return None;
        }
        let has_one = |position: &usize, first: i32, last: i32| {
            let mut of_invoice = self
                .by_invoice
                .range((*position, first, 0)..=(*position, last, usize::MAX));
            of_invoice.next().is_some()
        };
        let wanted = i128::from(sought.minor);
        let (first, last) = sought.days();
        let mut sums = self.sums_between(sought, first, last);
        let of_day = sums.find(|(day, sum)| {
            *sum == wanted && invoices.iter().all(|position| has_one(position, *day, *day))
        });
        if let Some((day, _)) = of_day {
            return Some(self.between(sought, day, day).collect());
        }
        let is_all = self
            .sums_between(sought, first, last)
            .map(|(_, sum)| sum)
            .sum::<i128>()
            == wanted
            && invoices.iter().all(|position| has_one(position, first, last));
        is_all.then(|| self.between(sought, first, last).collect())
    }

    /// A receipt of the ledger was taken for the payment that this one names, and another payment is as good for it.
    fn exchanged(&mut self, named: &BTreeSet<usize>, sought: &Sought) -> bool {
        let loose = self.on(named, &self.loose, sought);
        let is_it = |place: &&usize| {
            let payment = self.payments.get(**place);
            payment.is_some_and(|payment| payment.minor == sought.minor)
        };
        let (Some(taken), Some(free)) = (loose.iter().find(is_it).copied(), self.one(sought)) else {
            return false;
        };
        self.explain(free);
        for (place, is_loose) in [(taken, false), (free, true)] {
            let Some(payment) = self.payments.get(place) else {
                continue;
            };
            let key = (payment.position, payment.day, place);
            if is_loose {
                self.loose.insert(key);
            } else {
                self.loose.remove(&key);
            }
        }
        true
    }

    /// Returns the only sum of some of the payments.
    fn only(&self, places: &[usize], wanted: i64) -> Option<(Vec<usize>, OnlySum)> {
        let amount = |place: &usize| self.payments.get(*place).map_or(0, |payment| payment.minor);
        let amounts: Vec<i64> = places.iter().map(amount).collect();
        let sum = only_sum(&amounts, wanted)?;
        let parts = sum.parts.iter();
        Some((parts.filter_map(|part| places.get(*part).copied()).collect(), sum))
    }
}

/// Returns the first and the last day of an import, with some days around them; nothing without receipts.
fn window(import: &[Receipt<'_>], days: i32) -> Option<(i32, i32)> {
    let dates = || import.iter().map(|receipt| receipt.value_date);
    let (first, last): (Date, Date) = (dates().min()?, dates().max()?);
    let (first, last) = (day_number(first), day_number(last));
    Some((first.saturating_sub(days), last.saturating_add(days)))
}
