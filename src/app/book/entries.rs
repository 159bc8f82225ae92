//! The predictions of every open invoice, by invoice and by customer.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::app::access::Scope;
use crate::app::book::outlook::InvoiceOutlook;

/// The predictions of every open invoice, by invoice and by customer.
#[derive(Debug, Default)]
pub(super) struct Entries {
    invoices: BTreeMap<String, Arc<InvoiceOutlook>>,
    /// By id, those of one customer one after the other; never an empty list.
    customers: BTreeMap<String, Vec<Arc<InvoiceOutlook>>>,
}

impl Entries {
    /// Takes the predictions of a whole book.
    pub(super) fn of(outlooks: Vec<Arc<InvoiceOutlook>>) -> Self {
        let mut entries = Self::default();
        for outlook in outlooks {
            entries.put(outlook);
        }
        entries
    }

    /// Exchanges the predictions of one customer.
    pub(super) fn replace(&mut self, customer_id: &str, outlooks: Vec<Arc<InvoiceOutlook>>) {
        for old in self.customers.remove(customer_id).unwrap_or_default() {
            let invoice_id = &old.prediction().invoice_id;
            // An invoice that was booked to another customer by now is that one's.
            let is_own = |entry: &Arc<InvoiceOutlook>| entry.prediction().customer_id == customer_id;
            if self.invoices.get(invoice_id).is_some_and(is_own) {
                self.invoices.remove(invoice_id);
            }
        }
        for outlook in outlooks {
            self.put(outlook);
        }
    }

    fn put(&mut self, outlook: Arc<InvoiceOutlook>) {
        let prediction = outlook.prediction();
        let (invoice_id, customer_id) = (prediction.invoice_id.clone(), prediction.customer_id.clone());
        self.customers
            .entry(customer_id)
            .or_default()
            .push(Arc::clone(&outlook));
        self.invoices.insert(invoice_id, outlook);
    }

    /// Returns the prediction of an invoice.
    pub(super) fn invoice(&self, invoice_id: &str) -> Option<Arc<InvoiceOutlook>> {
        self.invoices.get(invoice_id).cloned()
    }

    /// Returns the predictions of a customer's open invoices.
    pub(super) fn customer(&self, customer_id: &str) -> Vec<Arc<InvoiceOutlook>> {
        self.customers.get(customer_id).cloned().unwrap_or_default()
    }

    /// Returns the predictions after an invoice, by id, as far as they are seen.
    pub(super) fn after(
        &self,
        invoice_id: Option<&str>,
        limit: usize,
        scope: &Scope,
    ) -> Vec<Arc<InvoiceOutlook>> {
        let start = invoice_id.map_or(Bound::Unbounded, Bound::Excluded);
        self.invoices
            .range::<str, _>((start, Bound::Unbounded))
            .map(|(_, outlook)| outlook)
            .filter(|outlook| scope.sees(outlook.prediction().entity.as_deref()))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Returns the predictions of each customer, by id.
    pub(super) fn by_customer(&self) -> Vec<(String, Vec<Arc<InvoiceOutlook>>)> {
        let customers = self.customers.iter();
        customers
            .map(|(id, outlooks)| (id.clone(), outlooks.clone()))
            .collect()
    }

    /// Returns every prediction, by invoice id.
    pub(super) fn all(&self) -> Vec<Arc<InvoiceOutlook>> {
        self.invoices.values().cloned().collect()
    }

    /// Returns the number of invoices and of customers.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.invoices.len(), self.customers.len())
    }
}
