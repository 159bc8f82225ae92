//! The open book with its predictions, in memory and up to date with every fact.
//!
//! A question is a lookup: the predictions of every open invoice are there. When facts of a customer come in, that
//! customer is replayed and predicted anew ([`LiveBook`](crate::features::LiveBook)), beside the answers and
//! swapped in at the end, so that no question waits for it. Facts of a bulk only mark their customers; the next question
//! about one renews it first. So what was acknowledged is in every later answer, whichever way it came.
//!
//! **What is shared.** Customers depend on each other through the priors of their terms and of the book. The
//! predictions of a customer hold the priors of the moment when it was last renewed; what others pay moves them by
//! little in a day. A rebuild, at the turn of the day or with a new champion, brings all to the same state.
//!
//! **When the book is built anew.** At the first question; at the first one of another day, which waits for it; when
//! another model has become champion and when a bulk has left more than a thousand customers or a tenth of all waiting,
//! both beside the answers; where more wait than the book was built from, as after a first load, the question waits.
//! Facts that come in meanwhile are marked in the new book too.
//!
//! **Earlier days** are computed whole, as `duecast predict --as-of` does, and the last two of them are kept.
//!
//! Answers are not kept as text: a prediction is a few hundred bytes, written in some microseconds.

mod entries;
mod error;
mod marks;
mod outlook;
mod past;
mod record;
mod risk;
mod shelf;
mod state;
mod thought;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::access::Scope;
use crate::app::clock::Clock;
use crate::app::ledger::{CustomerFacts, Ledger};
use crate::app::registry::Registry;
use crate::domain::Date;
use crate::history::Table;

pub use error::Error;
pub use outlook::{
    Behaviour, BookState, CustomerOutlook, FeatureValue, InvoiceOutlook, NewInvoice, OpenBook,
};
pub use record::{CustomerRecord, DisputeRecord, InvoiceRecord, PaidRecord, PromiseRecord, SettlementRecord};
pub use risk::{CustomerRisk, Risk};

use shelf::Shelf;
use state::State;

/// Owners of an invoice that are renewed for one question: it may have been booked to another customer.
const OWNERS_MAX: usize = 3;
/// Customers that are renewed before their facts are acknowledged; more of them are a bulk.
const RENEWED_NOW_MAX: usize = 20;

/// The open book with its predictions.
#[derive(Debug, Clone)]
pub struct Book {
    shelf: Arc<Shelf>,
}

impl Book {
    /// Returns a book that is empty until the first rebuild or the first question.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, registry: Arc<Registry>, clock: Clock) -> Self {
        Self {
            shelf: Arc::new(Shelf::new(ledger, registry, clock)),
        }
    }

    /// Builds the whole book of today with the champion.
    ///
    /// # Errors
    ///
    /// [`Error::NoChampion`] without a champion; else what the ledger, the features or the model say.
    pub async fn rebuild(&self) -> Result<(), Error> {
        self.shelf.rebuilt().await.map(drop)
    }

    /// Takes note of new facts of customers: no answer from here on is older. Those of a bulk are renewed at the next
    /// question about them, others beside the answers at once; a question that comes before waits for it.
    pub fn touch(&self, customers: &BTreeSet<String>, is_bulk: bool) {
        // Without a book there is nothing to renew: the first one will have read these facts.
        let Some(state) = self.shelf.mark(customers) else {
            return;
        };
        if is_bulk || customers.len() > RENEWED_NOW_MAX {
            self.shelf.relieve(&state);
        } else {
            self.shelf.renew_beside(state, customers.clone());
        }
    }

    /// Returns what is expected of an open invoice; nothing where there is none, or none that is seen.
    ///
    /// # Errors
    ///
    /// [`Error::NoChampion`], [`Error::AsOfAhead`]; else what the ledger, the features or the model say.
    pub async fn invoice(
        &self,
        invoice_id: &str,
        as_of: Option<Date>,
        scope: &Scope,
    ) -> Result<Option<Arc<InvoiceOutlook>>, Error> {
        let found = match self.past_day(as_of)? {
            Some(day) => self.past(day).await?.invoice(invoice_id),
            None => self.invoice_today(invoice_id).await?,
        };
        Ok(found.filter(|outlook| scope.sees(outlook.prediction().entity.as_deref())))
    }

    async fn invoice_today(&self, invoice_id: &str) -> Result<Option<Arc<InvoiceOutlook>>, Error> {
        let state = self.shelf.present().await?;
        for _ in 0..OWNERS_MAX {
            let Some(owner) = self.owner(&state, invoice_id).await? else {
                break;
            };
            if state.marks().of(&owner).is_none() {
                break;
            }
            state.freshen(&self.shelf.ledger, &owner).await?;
        }
        // Looked up after the marks: whoever took one off had swapped the prediction in before.
        let entries = state.entries();
        Ok(entries.invoice(invoice_id))
    }

    /// Whose invoice it is, if somebody waits to be renewed; an open invoice of the book says so itself.
    async fn owner(&self, state: &State, invoice_id: &str) -> Result<Option<String>, Error> {
        if state.marks().count() == 0 {
            return Ok(None);
        }
        let known = state.entries().invoice(invoice_id);
        match known {
            Some(outlook) => Ok(Some(outlook.prediction().customer_id.clone())),
            None => self.customer_of(invoice_id).await,
        }
    }

    /// Who owes an invoice, open or not.
    async fn customer_of(&self, invoice_id: &str) -> Result<Option<String>, Error> {
        let owner = self.shelf.ledger.invoice_owner(invoice_id).await?;
        Ok(owner.map(|owner| owner.customer_id))
    }

    /// Returns what is expected of a customer; nothing where it has no open invoice that is seen.
    ///
    /// # Errors
    ///
    /// As [`Book::invoice`].
    pub async fn customer(
        &self,
        customer_id: &str,
        as_of: Option<Date>,
        scope: &Scope,
    ) -> Result<Option<CustomerOutlook>, Error> {
        let (as_of, mut invoices) = match self.past_day(as_of)? {
            Some(day) => (day, self.past(day).await?.customer(customer_id)),
            None => {
                let state = self.shelf.present().await?;
                state.freshen(&self.shelf.ledger, customer_id).await?;
                let invoices = state.entries().customer(customer_id);
                (state.as_of(), invoices)
            }
        };
        invoices.retain(|outlook| scope.sees(outlook.prediction().entity.as_deref()));
        Ok((!invoices.is_empty()).then(|| CustomerOutlook {
            customer_id: customer_id.to_owned(),
            as_of,
            invoices,
        }))
    }

    /// Returns what is expected of the open invoices after the one named, by id, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// As [`Book::invoice`].
    pub async fn page(
        &self,
        after: Option<&str>,
        limit: usize,
        scope: &Scope,
    ) -> Result<Vec<Arc<InvoiceOutlook>>, Error> {
        let state = self.shelf.settled().await?;
        let entries = state.entries();
        Ok(entries.after(after, limit, scope))
    }

    /// Predicts an invoice that is not in the ledger, and keeps nothing of it.
    ///
    /// A customer of whom nothing is seen is taken for one that is new.
    ///
    /// # Errors
    ///
    /// [`Error::Impossible`] for an invoice that cannot be; else as [`Book::invoice`].
    pub async fn what_if(&self, invoice: &NewInvoice, scope: &Scope) -> Result<Arc<InvoiceOutlook>, Error> {
        let state = self.shelf.present().await?;
        let sequence = self.shelf.ledger.head().sequence;
        let facts = self.shelf.ledger.customer(&invoice.customer_id).await?;
        let facts = facts.filter(|facts| is_seen(facts, scope));
        let invoice = invoice.clone();
        let asked = move || state.what_if(&invoice, facts.as_ref(), sequence);
        tokio::task::spawn_blocking(asked).await?
    }

    /// Returns what the ledger says of a customer at the end of a day, today where none is named; nothing where it
    /// says nothing that is seen.
    ///
    /// # Errors
    ///
    /// [`Error::AsOfAhead`]; else what the ledger says.
    pub async fn record(
        &self,
        customer_id: &str,
        as_of: Option<Date>,
        scope: &Scope,
    ) -> Result<Option<CustomerRecord>, Error> {
        let day = self.past_day(as_of)?.unwrap_or(self.shelf.clock.today());
        let Some(facts) = self.shelf.ledger.customer(customer_id).await? else {
            return Ok(None);
        };
        let (customer_id, scope) = (customer_id.to_owned(), scope.clone());
        let read = move || {
            let snapshot = facts.history()?.as_of(day);
            CustomerRecord::read(&snapshot, &customer_id, &scope)
        };
        tokio::task::spawn_blocking(read).await?
    }

    /// Returns what the ledger says of an invoice at the end of a day, today where none is named.
    ///
    /// # Errors
    ///
    /// As [`Book::record`].
    pub async fn invoice_record(
        &self,
        invoice_id: &str,
        as_of: Option<Date>,
        scope: &Scope,
    ) -> Result<Option<InvoiceRecord>, Error> {
        let Some(customer_id) = self.customer_of(invoice_id).await? else {
            return Ok(None);
        };
        let customer = self.record(&customer_id, as_of, scope).await?;
        let invoices = customer.map(|customer| customer.invoices).unwrap_or_default();
        Ok(invoices
            .into_iter()
            .find(|invoice| invoice.invoice_id == invoice_id))
    }

    /// Returns whether there is a book of today.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let today = self.shelf.clock.today();
        self.shelf.state().is_some_and(|state| state.as_of() == today)
    }

    /// Returns what the book holds.
    #[must_use]
    pub fn state(&self) -> BookState {
        let Some(state) = self.shelf.state() else {
            return BookState::default();
        };
        let (invoices, customers) = state.entries().counts();
        BookState {
            as_of: Some(state.as_of()),
            model_version: Some(state.model().version.clone()),
            sequence: state.sequence(),
            invoices,
            customers,
            waiting: state.marks().count(),
        }
    }

    /// Returns the risk of every customer with an open invoice, today, by customer.
    ///
    /// # Errors
    ///
    /// As [`Book::invoice`].
    pub async fn risks(&self) -> Result<Vec<CustomerRisk>, Error> {
        let state = self.shelf.settled().await?;
        let weigh = move || -> Vec<CustomerRisk> {
            let as_of = state.as_of();
            let customers = state.entries().by_customer();
            let outlooks = customers
                .into_iter()
                .map(|(customer_id, invoices)| CustomerOutlook {
                    customer_id,
                    as_of,
                    invoices,
                });
            outlooks.filter_map(|outlook| outlook.risk()).collect()
        };
        Ok(tokio::task::spawn_blocking(weigh).await?)
    }

    /// Returns every open invoice's prediction, without reasons, by invoice id, with the day and the model they are of
    /// and the number of a fact up to which all facts are in them.
    ///
    /// # Errors
    ///
    /// As [`Book::invoice`].
    pub async fn open_book(&self) -> Result<OpenBook, Error> {
        let sequence = self.shelf.ledger.head().sequence;
        let state = self.shelf.settled().await?;
        let copy = move || OpenBook {
            as_of: state.as_of(),
            model_version: state.model().version.clone(),
            sequence,
            predictions: state
                .entries()
                .all()
                .iter()
                .map(|outlook| outlook.prediction().clone())
                .collect(),
        };
        Ok(tokio::task::spawn_blocking(copy).await?)
    }

    /// The day asked for, where it is before today.
    fn past_day(&self, as_of: Option<Date>) -> Result<Option<Date>, Error> {
        let today = self.shelf.clock.today();
        match as_of {
            Some(given) if given > today => Err(Error::AsOfAhead { today, given }),
            Some(given) if given < today => Ok(Some(given)),
            Some(_) | None => Ok(None),
        }
    }

    async fn past(&self, day: Date) -> Result<Arc<entries::Entries>, Error> {
        let model = self.shelf.champion()?;
        self.shelf.past.on(day, &self.shelf.ledger, &model).await
    }
}

/// Whether a customer has an invoice that is seen.
fn is_seen(facts: &CustomerFacts, scope: &Scope) -> bool {
    if *scope == Scope::All {
        return true;
    }
    let invoices = facts.frames.get(&Table::Invoices);
    let entities = invoices.and_then(|invoices| invoices.column("entity").ok()?.str().ok());
    entities.is_some_and(|entities| entities.iter().any(|entity| scope.sees(entity)))
}
