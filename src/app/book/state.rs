//! The book of one day with one model: what is known, what is expected, and who waits to be renewed.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::Mutex;

use crate::app::book::Error;
use crate::app::book::entries::Entries;
use crate::app::book::marks::Marks;
use crate::app::book::outlook::{InvoiceOutlook, NewInvoice};
use crate::app::book::thought;
use crate::app::ledger::{CustomerFacts, Ledger};
use crate::app::registry::ServedModel;
use crate::domain::Date;
use crate::features::{self, LiveBook, column};
use crate::history::{History, Snapshot};

/// Renewals of different customers that may be under way at once; those of one customer take turns.
const TURNS: usize = 64;

/// One customer in so many must wait for the priors to count as moved.
const MOVED_SHARE: usize = 10;

/// The book of one day with one model.
#[derive(Debug)]
pub(super) struct State {
    as_of: Date,
    model: Arc<ServedModel>,
    sequence: i64,
    /// Customers with open invoices when it was built.
    customers: usize,
    live: RwLock<LiveBook>,
    /// Held for a lookup or a swap, never while anything is computed.
    entries: RwLock<Entries>,
    marks: Arc<Marks>,
    turns: Vec<Arc<Mutex<()>>>,
}

/// Predicts every open invoice of a snapshot.
pub(super) fn predicted(
    snapshot: &Snapshot,
    model: &Arc<ServedModel>,
    sequence: i64,
) -> Result<Entries, Error> {
    let table = features::book(snapshot)?;
    Ok(Entries::of(InvoiceOutlook::of_table(model, table, sequence)?))
}

impl State {
    /// Reads and predicts the whole book; a long computation. `marks` are of what came since the history was read.
    pub(super) fn build(
        history: &History,
        as_of: Date,
        model: Arc<ServedModel>,
        sequence: i64,
        marks: Arc<Marks>,
    ) -> Result<Self, Error> {
        let snapshot = history.as_of(as_of);
        let live = LiveBook::new(&snapshot)?;
        let entries = predicted(&snapshot, &model, sequence)?;
        Ok(Self {
            as_of,
            model,
            sequence,
            customers: entries.counts().1,
            live: RwLock::new(live),
            entries: RwLock::new(entries),
            marks,
            turns: (0..TURNS).map(|_| Arc::default()).collect(),
        })
    }

    /// Returns the last day whose facts are known.
    pub(super) const fn as_of(&self) -> Date {
        self.as_of
    }

    /// Returns the model that predicts.
    pub(super) const fn model(&self) -> &Arc<ServedModel> {
        &self.model
    }

    /// Returns the number of the last fact that was there when the state was built.
    pub(super) const fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Returns the customers that wait to be renewed.
    pub(super) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Returns whether more customers wait than it was built from: the priors that they would be renewed with are
    /// those of another book, such as one that was empty.
    pub(super) fn is_outgrown(&self) -> bool {
        self.marks.count() > self.customers
    }

    /// Returns whether so many customers wait that the priors may have moved.
    pub(super) fn is_moved(&self) -> bool {
        self.marks.count() * MOVED_SHARE > self.customers
    }

    /// Returns the predictions, for a lookup.
    pub(super) fn entries(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn entries_to_swap(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> RwLockReadGuard<'_, LiveBook> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn live_to_change(&self) -> RwLockWriteGuard<'_, LiveBook> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews a customer that is marked; when this returns, all that was known of it before is in its predictions.
    pub(super) async fn freshen(self: &Arc<Self>, ledger: &Ledger, customer_id: &str) -> Result<(), Error> {
        if self.marks.of(customer_id).is_none() {
            return Ok(());
        }
        let turn = self.turn_of(customer_id).lock_owned().await;
        // Whoever had the turn before may have done it.
        let Some(mark) = self.marks.of(customer_id) else {
            return Ok(());
        };
        let sequence = ledger.head().sequence;
        let facts = ledger.customer(customer_id).await?;
        let (state, customer_id) = (Arc::clone(self), customer_id.to_owned());
        let renewal = move || -> Result<(), Error> {
            // Given back when all is done, also when nobody waits for it any longer: an older renewal must not
            // come after a newer one.
            let _turn = turn;
            state.renew(&customer_id, facts.as_ref(), sequence)?;
            state.marks.clear(&customer_id, mark);
            Ok(())
        };
        tokio::task::spawn_blocking(renewal).await?
    }

    fn renew(&self, customer_id: &str, facts: Option<&CustomerFacts>, sequence: i64) -> Result<(), Error> {
        let history = thought::history_of(facts)?;
        let renewal = self.live().renewed(customer_id, &history.as_of(self.as_of))?;
        let table = self.live_to_change().apply(renewal)?;
        let outlooks = InvoiceOutlook::of_table(&self.model, table, sequence)?;
        self.entries_to_swap().replace(customer_id, outlooks);
        Ok(())
    }

    /// Predicts an invoice that is not in the ledger, beside what `facts` say of its customer; keeps nothing.
    pub(super) fn what_if(
        &self,
        invoice: &NewInvoice,
        facts: Option<&CustomerFacts>,
        sequence: i64,
    ) -> Result<Arc<InvoiceOutlook>, Error> {
        let (history, invoice_id) = thought::with_invoice(facts, invoice, self.as_of)?;
        let table = self.live().what_if(&history.as_of(self.as_of))?;
        let ids = table.text(column::INVOICE_ID)?;
        let row = (0..table.len()).find(|row| ids.get(*row) == Some(invoice_id.as_str()));
        let row = row.map(|row| table.row(row));
        let outlooks = row.map(|row| InvoiceOutlook::of_table(&self.model, row, sequence));
        let outlook = outlooks
            .transpose()?
            .and_then(|outlooks| outlooks.into_iter().next());
        outlook.ok_or_else(|| Error::Impossible {
            column: "invoice_date".to_owned(),
            reason: format!("must be {} at the latest, which is today", self.as_of),
            value: invoice.invoice_date.to_string(),
        })
    }

    fn turn_of(&self, customer_id: &str) -> Arc<Mutex<()>> {
        let hash = customer_id.bytes().fold(0_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        Arc::clone(&self.turns[hash % self.turns.len()])
    }
}
