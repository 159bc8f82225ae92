//! The way in for facts, and all of them in columns.
//!
//! A row is checked by itself, then against the ledger inside the transaction that writes it; what is accepted
//! gets the next numbers, is made durable, and is put in columns before the answer. Nothing is changed or removed:
//! what is said again in another way is a new fact that supersedes the old one.

mod check;
mod columns;
mod ending;
mod error;
mod frame;
pub(crate) mod frames;
mod head;
mod intake;
mod lookup;
mod open;
mod row;
mod shown;
mod slots;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use polars::prelude::DataFrame;
use tokio::sync::Mutex;

use crate::app::access::Scope;
use crate::app::clock::{Timestamp, micros};
pub(crate) use crate::app::store::FactFilter;
pub use crate::app::store::InvoiceOwner;
use crate::app::store::{Store, Write};
use crate::domain::Date;
use crate::history::{History, Table};
use check::check;
pub(crate) use check::{ID_CHARS_MAX, TEXT_CHARS_MAX};
use columns::Columns;
pub use ending::Ending;
pub use error::Error;
pub use head::Head;
use intake::{Decided, decide};
use lookup::Known;
pub use row::{OnFault, Outcome, RawCell, RawRow, Recorded, RowFault, Terms};
pub(crate) use shown::Shown;

/// Rows up to which checks are made on the spot; they take about a microsecond each.
const ROWS_ON_THE_SPOT: usize = 200;

/// Every fact: in the store, and in columns.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    columns: Columns,
    /// What the columns have; held while they are changed, so that head and columns are of one moment.
    head: RwLock<Head>,
    /// One writer at a time, so that the columns see facts in the order of their numbers.
    turn: Mutex<()>,
}

/// What the ledger has of one customer.
#[derive(Clone, Debug)]
pub struct CustomerFacts {
    /// The latest versions, in the canonical shape; absent tables have no row.
    pub frames: BTreeMap<Table, DataFrame>,
}

impl CustomerFacts {
    /// Returns the facts as a history of this customer alone, without a fingerprint.
    ///
    /// # Errors
    ///
    /// [`Error::Columns`] when they do not make one.
    pub fn history(&self) -> Result<History, Error> {
        Ok(History::unnamed(&self.frames)?)
    }
}

impl Ledger {
    /// Opens the ledger of a store; its columns are kept under `cache/columns` and topped up from the store.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store does not answer, [`Error::Columns`] and [`Error::Folder`] when the folder
    /// cannot be used, [`Error::Incomplete`] and [`Error::Altered`] when the store has not what was recorded.
    pub async fn open(store: Store, cache: &Path) -> Result<Self, Error> {
        let columns = open::columns(&store, cache).await?;
        let head = open::top_up(&store, &columns).await?;
        Ok(Self {
            store,
            columns,
            head: RwLock::new(head),
            turn: Mutex::new(()),
        })
    }

    /// Returns how far the ledger is: everything up to here shows in every answer.
    pub fn head(&self) -> Head {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records rows of one table for a client that sees everything; bad rows are left out.
    ///
    /// # Errors
    ///
    /// As [`record_under`](Self::record_under).
    pub async fn record(
        &self,
        table: Table,
        rows: Vec<RawRow>,
        now: Timestamp,
        today: Date,
    ) -> Result<Recorded, Error> {
        let terms = Terms {
            now,
            known_since: Some(today),
            corrected_on: None,
            scope: Scope::All,
            on_fault: OnFault::Skip,
        };
        self.record_under(table, rows, terms).await
    }

    /// Checks rows of one table and writes the good ones in one transaction; when this returns they are durable
    /// and show in every answer. Dropped before, it may or may not have written: run it in a task of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store does not answer; nothing was written then, unless the answer to the commit
    /// was lost: sending the rows again does no harm. [`Error::Columns`] when they could not be put in columns.
    pub async fn record_under(
        &self,
        table: Table,
        rows: Vec<RawRow>,
        terms: Terms,
    ) -> Result<Recorded, Error> {
        let count = rows.len();
        let rows = apart(count, move || check(table, &rows)).await?;
        let _turn = self.turn.lock().await;
        let mut write = self.store.write().await?;
        let (sequence, fingerprint) = write.lock_head().await?;
        let before = Head {
            sequence,
            fingerprint,
        };
        let known = Known::look_up(&mut write, table, &rows, &terms).await?;
        let (head, accepted_at, on_fault) = (before.clone(), micros(terms.now), terms.on_fault);
        let mut decided = apart(count, move || decide(table, rows, known, head, &terms)).await?;
        if on_fault == OnFault::Refuse {
            refuse_all(&mut decided, &before);
        }
        let withdrawn = withdraw::withdraw(&mut write, &mut decided).await?;
        self.write_down(write, &before, &decided, accepted_at).await?;
        Ok(Recorded {
            outcomes: decided.outcomes,
            withdrawn,
            ended: 0,
            customers: decided.customers,
            head: decided.head,
        })
    }

    /// Ends rows that their source declared void, in one transaction; what the ledger does not have, or what ended
    /// before, is nothing.
    ///
    /// # Errors
    ///
    /// As [`record_under`](Self::record_under).
    pub async fn end_rows(&self, endings: &[Ending], terms: &Terms) -> Result<Recorded, Error> {
        let _turn = self.turn.lock().await;
        let mut write = self.store.write().await?;
        let (sequence, fingerprint) = write.lock_head().await?;
        let before = Head {
            sequence,
            fingerprint,
        };
        let mut decided = Decided {
            outcomes: Vec::new(),
            facts: BTreeMap::new(),
            customers: BTreeSet::new(),
            head: before.clone(),
        };
        let ended = ending::end_rows(&mut write, endings, terms, &mut decided).await?;
        self.write_down(write, &before, &decided, micros(terms.now))
            .await?;
        Ok(Recorded {
            outcomes: Vec::new(),
            withdrawn: 0,
            ended,
            customers: decided.customers,
            head: decided.head,
        })
    }

    /// Writes what was decided and ends the transaction.
    async fn write_down(
        &self,
        mut write: Write,
        before: &Head,
        decided: &Decided,
        accepted_at: i64,
    ) -> Result<(), Error> {
        if decided.facts.is_empty() {
            return Ok(write.abandon().await?);
        }
        for (table, facts) in &decided.facts {
            write.add_facts(*table, facts, accepted_at).await?;
        }
        write
            .move_head(decided.head.sequence, &decided.head.fingerprint)
            .await?;
        write.commit().await?;
        self.take_in(before, decided).await
    }

    /// Returns everything recorded; cheap.
    ///
    /// # Errors
    ///
    /// [`Error::Columns`] when the columns cannot be read.
    pub fn history(&self) -> Result<History, Error> {
        let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
        Ok(self.columns.history(&head)?)
    }

    /// Returns what the ledger has of a customer; nothing where it has neither the customer nor an invoice of it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store does not answer.
    pub async fn customer(&self, customer_id: &str) -> Result<Option<CustomerFacts>, Error> {
        let facts = self.store.facts_of_customer(customer_id).await?;
        if !facts.contains_key(&Table::Customers) && !facts.contains_key(&Table::Invoices) {
            return Ok(None);
        }
        let mut frames = BTreeMap::new();
        for (table, facts) in &facts {
            frames.insert(*table, frame::canonical(*table, facts)?);
        }
        Ok(Some(CustomerFacts { frames }))
    }

    /// Writes everything recorded as a canonical ledger folder and returns how far it goes at least; blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Columns`] when a table cannot be read or written.
    pub fn export(&self, folder: &Path) -> Result<Head, Error> {
        let (head, frozen) = {
            // Facts are appended under the same lock: what is frozen is what the head says.
            let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
            (head.clone(), self.columns.frozen()?)
        };
        frozen.write(folder)?;
        Ok(head)
    }

    /// Writes what the columns have only in memory, so that the next start has nothing to top up; blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Columns`] when a file cannot be written; nothing is lost then.
    pub fn save(&self) -> Result<(), Error> {
        Ok(self.columns.save()?)
    }

    /// Returns whose an invoice is; nothing where it is not in the ledger.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store does not answer.
    pub async fn invoice_owner(&self, invoice_id: &str) -> Result<Option<InvoiceOwner>, Error> {
        Ok(self.store.invoice_owner(invoice_id).await?)
    }

    /// Returns a page of the latest versions of a table as they are shown, each with its number.
    pub(crate) async fn list(&self, table: Table, filter: &FactFilter) -> Result<Vec<(i64, Shown)>, Error> {
        let facts = self.store.list_facts(table, filter).await?;
        let shown = facts
            .iter()
            .map(|fact| (fact.sequence, shown::shown(table, fact)));
        Ok(shown.collect())
    }

    /// Returns the number of facts of each table, corrections included.
    pub(crate) async fn counts(&self) -> Result<BTreeMap<Table, i64>, Error> {
        Ok(self.store.count_facts().await?)
    }

    /// Puts what was committed in columns. Another process may have written in between, and a write that was
    /// dropped after its commit is not in them yet: both come from the store.
    async fn take_in(&self, before: &Head, decided: &Decided) -> Result<(), Error> {
        if self.columns.sequence() != before.sequence {
            let head = open::top_up(&self.store, &self.columns).await?;
            *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
            return Ok(());
        }
        let mut frames = BTreeMap::new();
        for (table, facts) in &decided.facts {
            frames.insert(*table, frame::numbered(*table, facts)?);
        }
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        self.columns.append(&frames, &decided.head)?;
        head.clone_from(&decided.head);
        Ok(())
    }
}

/// Leaves nothing to be written, and the faults alone to be told, where there is one.
fn refuse_all(decided: &mut Decided, before: &Head) {
    let is_rejected = |outcome: &Outcome| matches!(outcome, Outcome::Rejected(_));
    if decided.outcomes.iter().any(|(_, outcome)| is_rejected(outcome)) {
        decided.outcomes.retain(|(_, outcome)| is_rejected(outcome));
        decided.facts.clear();
        decided.customers.clear();
        decided.head = before.clone();
    }
}

/// Runs work on rows, on a thread of its own where it would keep others waiting.
async fn apart<T: Send + 'static>(
    rows: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if rows <= ROWS_ON_THE_SPOT {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Interrupted)
}
