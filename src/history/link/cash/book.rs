//! What is owed while receipts are applied, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::history::link::{Known, KnownInvoice};

use super::confidence::LEDGER_DAYS_APART;

/// Open invoices of one customer that are looked at for one receipt, the earliest due first.
const ITEMS_MAX: usize = 500;

/// A payment that the ledger has without naming a receipt.
#[derive(Debug)]
struct SourcePayment {
    day: i32,
    amount_minor: i64,
    currency: Currency,
    /// Whether a receipt was found for it.
    is_explained: bool,
}

/// The invoices, by position in the ledger's list, with what is still owed.
#[derive(Debug)]
pub(super) struct Book<'k> {
    invoices: &'k [KnownInvoice],
    /// What is owed of each; negative where more was paid.
    open: Vec<i64>,
    /// Customer of each, by number.
    owners: Vec<usize>,
    customers: Vec<&'k str>,
    /// Invoices of each customer that are or were open, by due date.
    items: Vec<Vec<usize>>,
    /// Payments of each customer that name no receipt, by day.
    payments: BTreeMap<usize, Vec<SourcePayment>>,
}

impl<'k> Book<'k> {
    pub(super) fn of(known: &'k Known) -> Self {
        let invoices = known.invoices.as_slice();
        let names = known.customers.iter().map(|(id, _)| id.as_str());
        let owners = invoices.iter().map(|invoice| invoice.customer_id.as_str());
        let customers: BTreeSet<&str> = names.chain(owners).collect();
        let customers: Vec<&str> = customers.into_iter().collect();
        let mut book = Self {
            invoices,
            open: invoices
                .iter()
                .map(|invoice| {
                    let beyond = known.overpaid.get(&invoice.invoice_id).copied().unwrap_or(0);
                    invoice.open_minor.saturating_sub(beyond)
                })
                .collect(),
            owners: Vec::with_capacity(invoices.len()),
            items: vec![Vec::new(); customers.len()],
            customers,
            payments: BTreeMap::new(),
        };
        for (position, invoice) in invoices.iter().enumerate() {
            let owner = book.customer(&invoice.customer_id).unwrap_or(0);
            book.owners.push(owner);
            if invoice.open_minor > 0
                && let Some(items) = book.items.get_mut(owner)
            {
                items.push(position);
            }
        }
        for items in &mut book.items {
            items.sort_by_key(|position| due_order(invoices, *position));
        }
        book.add_payments(known);
        book
    }

    fn add_payments(&mut self, known: &Known) {
        let of_bank: BTreeSet<&str> = known
            .receipts
            .iter()
            .filter(|receipt| !receipt.is_ledgers)
            .map(|receipt| receipt.receipt_id.as_str())
            .collect();
        for payment in &known.payments {
            let names_bank = payment
                .receipt_id
                .as_deref()
                .is_some_and(|id| of_bank.contains(id));
            let is_of_source = payment.confidence.is_none() && !names_bank;
            let Some(position) = self.position(&payment.invoice_id).filter(|_| is_of_source) else {
                continue;
            };
            let (Some(owner), Some(invoice)) = (self.owner(position), self.invoice(position)) else {
                continue;
            };
            self.payments.entry(owner).or_default().push(SourcePayment {
                day: day_number(payment.paid_date),
                amount_minor: payment.amount_minor,
                currency: invoice.currency,
                is_explained: false,
            });
        }
        for payments in self.payments.values_mut() {
            payments.sort_by_key(|payment| payment.day);
        }
    }

    /// Returns the position of an invoice.
    pub(super) fn position(&self, invoice_id: &str) -> Option<usize> {
        let found = self
            .invoices
            .binary_search_by(|invoice| invoice.invoice_id.as_str().cmp(invoice_id));
        found.ok()
    }

    /// Returns the number of a customer.
    pub(super) fn customer(&self, customer_id: &str) -> Option<usize> {
        self.customers.binary_search(&customer_id).ok()
    }

    /// Returns the id of a customer.
    pub(super) fn customer_id(&self, customer: usize) -> Option<&'k str> {
        self.customers.get(customer).copied()
    }

    pub(super) fn invoice(&self, position: usize) -> Option<&'k KnownInvoice> {
        self.invoices.get(position)
    }

    pub(super) fn owner(&self, position: usize) -> Option<usize> {
        self.owners.get(position).copied()
    }

    /// Returns what is owed of an invoice, zero where nothing is.
    pub(super) fn open(&self, position: usize) -> i64 {
        self.open.get(position).copied().unwrap_or(0).max(0)
    }

    /// Takes an amount off an invoice; a negative one puts it back.
    pub(super) fn settle(&mut self, position: usize, minor: i64) {
        let was_open = self.open(position) > 0;
        if let Some(open) = self.open.get_mut(position) {
            *open = open.saturating_sub(minor);
        }
        if was_open || self.open(position) == 0 {
            return;
        }
        let invoices = self.invoices;
        let owner = self.owner(position);
        if let Some(items) = owner.and_then(|owner| self.items.get_mut(owner))
            && !items.contains(&position)
        {
            items.push(position);
            items.sort_by_key(|position| due_order(invoices, *position));
        }
    }

    /// Returns the open invoices of a customer in a currency that were issued by a day, the earliest due first.
    pub(super) fn items(&self, customer: usize, currency: Currency, by: Date) -> Vec<usize> {
        let of_customer = self.items.get(customer).into_iter().flatten().copied();
        of_customer
            .filter(|position| self.open(*position) > 0)
            .filter(|position| {
                self.invoice(*position)
                    .is_some_and(|invoice| invoice.currency == currency && invoice.invoice_date <= by)
            })
            .take(ITEMS_MAX)
            .collect()
    }

    /// Finds the payments of a customer that are this receipt, and takes note that they are explained.
    ///
    /// That is one payment of the amount, or all of a day, a few days apart at most.
    pub(super) fn explain(&mut self, customer: usize, minor: i64, currency: Currency, on: Date) -> bool {
        let Some(payments) = self.payments.get_mut(&customer) else {
            return false;
        };
        let day = day_number(on);
        let near = |payment: &SourcePayment| {
            !payment.is_explained
                && payment.currency == currency
                && payment.day.saturating_sub(day).saturating_abs() <= LEDGER_DAYS_APART
        };
        let is_one = |payment: &SourcePayment| near(payment) && payment.amount_minor == minor;
        let nearest = payments
            .iter_mut()
            .filter(|payment| is_one(payment))
            .min_by_key(|payment| payment.day.saturating_sub(day).saturating_abs());
        if let Some(payment) = nearest {
            payment.is_explained = true;
            return true;
        }
        let mut sums: BTreeMap<i32, i64> = BTreeMap::new();
        for payment in payments.iter().filter(|payment| near(payment)) {
            let sum = sums.entry(payment.day).or_default();
            *sum = sum.saturating_add(payment.amount_minor);
        }
        let Some((day, _)) = sums.into_iter().find(|(_, sum)| *sum == minor) else {
            return false;
        };
        for payment in payments.iter_mut() {
            payment.is_explained |= payment.day == day && payment.currency == currency;
        }
        true
    }
}

/// The order in which invoices are paid where nothing else is said.
pub(super) fn due_order(invoices: &[KnownInvoice], position: usize) -> (Option<Date>, usize) {
    (invoices.get(position).map(|invoice| invoice.due_date), position)
}
