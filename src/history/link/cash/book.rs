//! What is owed while receipts are applied, one after the other.

use std::collections::BTreeSet;

use crate::domain::{Currency, Date};
use crate::history::link::{Known, KnownInvoice};

/// Open invoices of one customer that are taken up for one receipt, the earliest due first.
const ITEMS_MAX: usize = 500;
/// Open invoices that are looked at for these: some may not have been issued yet.
const LOOKED_AT_MAX: usize = 2_000;

/// Customer, currency, due date and position.
type DueKey = (usize, Currency, Date, usize);
/// Customer, currency, what is open and position.
type OpenKey = (usize, Currency, i64, usize);

/// The invoices, by position in the ledger's list, with what is still owed.
#[derive(Debug)]
pub(super) struct Book<'k> {
    invoices: &'k [KnownInvoice],
    /// What is owed of each; negative where more was paid.
    open: Vec<i64>,
    /// Customer of each, by number.
    owners: Vec<usize>,
    customers: Vec<&'k str>,
    /// Invoices with something open.
    by_due: BTreeSet<DueKey>,
    by_open: BTreeSet<OpenKey>,
}

impl<'k> Book<'k> {
    pub(super) fn of(known: &'k Known) -> Self {
        let invoices = known.invoices.as_slice();
        let names = known.customers.iter().map(|(id, _)| id.as_str());
        let owners = invoices.iter().map(|invoice| invoice.customer_id.as_str());
        let customers: BTreeSet<&str> = names.chain(owners).collect();
        let customers: Vec<&str> = customers.into_iter().collect();
        let number = |id: &str| customers.binary_search(&id).unwrap_or(0);
        let mut book = Self {
            open: invoices
                .iter()
                .map(|invoice| {
                    let beyond = known.overpaid.get(&invoice.invoice_id).copied().unwrap_or(0);
                    invoice.open_minor.saturating_sub(beyond)
                })
                .collect(),
            owners: invoices
                .iter()
                .map(|invoice| number(&invoice.customer_id))
                .collect(),
            invoices,
            customers,
            by_due: BTreeSet::new(),
            by_open: BTreeSet::new(),
        };
        let listed = || (0..invoices.len()).filter_map(|position| book.keys_of(position));
        let by_due: BTreeSet<DueKey> = listed().map(|(by_due, _)| by_due).collect();
        let by_open: BTreeSet<OpenKey> = listed().map(|(_, by_open)| by_open).collect();
        book.by_due = by_due;
        book.by_open = by_open;
        book
    }

    /// Returns what an invoice is listed under, if anything is open.
    fn keys_of(&self, position: usize) -> Option<(DueKey, OpenKey)> {
        let open = Some(self.open(position)).filter(|open| *open > 0)?;
        let (owner, invoice) = (self.owner(position)?, self.invoice(position)?);
        Some((
            (owner, invoice.currency, invoice.due_date, position),
            (owner, invoice.currency, open, position),
        ))
    }

    /// Returns the number of invoices.
    pub(super) const fn count(&self) -> usize {
        self.invoices.len()
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
        if let Some((by_due, by_open)) = self.keys_of(position) {
            self.by_due.remove(&by_due);
            self.by_open.remove(&by_open);
        }
        if let Some(open) = self.open.get_mut(position) {
            *open = open.saturating_sub(minor);
        }
        if let Some((by_due, by_open)) = self.keys_of(position) {
            self.by_due.insert(by_due);
            self.by_open.insert(by_open);
        }
    }

    /// Returns the open invoices of a customer in a currency that were issued by a day, the earliest due first.
    pub(super) fn items(&self, customer: usize, currency: Currency, by: Date) -> impl Iterator<Item = usize> {
        let all = (customer, currency, Date::MIN, 0)..=(customer, currency, Date::MAX, usize::MAX);
        let looked_at = self.by_due.range(all).take(LOOKED_AT_MAX).map(|key| key.3);
        looked_at
            .filter(move |position| self.is_issued(*position, by))
            .take(ITEMS_MAX)
    }

    /// Returns the invoices of a customer in a currency that owe from one amount to another and were issued by a day;
    /// nothing where there are too many to look at.
    pub(super) fn owing(
        &self,
        customer: usize,
        currency: Currency,
        amounts: (i64, i64),
        by: Date,
    ) -> Option<Vec<usize>> {
        let (least, most) = amounts;
        if least > most {
            return Some(Vec::new());
        }
        let all = (customer, currency, least, 0)..=(customer, currency, most, usize::MAX);
        let mut looked_at = self.by_open.range(all).map(|key| key.3);
        let found = looked_at.by_ref().take(ITEMS_MAX);
        let found = found.filter(|position| self.is_issued(*position, by)).collect();
        looked_at.next().is_none().then_some(found)
    }

    fn is_issued(&self, position: usize, by: Date) -> bool {
        let invoice = self.invoice(position);
        invoice.is_some_and(|invoice| invoice.invoice_date <= by)
    }
}
