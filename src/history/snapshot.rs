//! What was known at the end of a day.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{DataFrame, DslPlan, Engine, Expr, LazyFrame, NULL, Scalar, col, lit, when};

use super::error::Error;
use super::schema::{ColumnKind, KNOWN_ON, SUPERSEDED_ON, Table, frame_columns};
use super::settlement;
use super::settlement::{OpenItem, Settlement};
use crate::domain::{Date, date};
pub(super) use rows::ROWS_MAX;
pub(crate) use rows::{Keep, Version};

/// A ledger as it was known at the end of the cut-off day, and nothing later.
///
/// Cheap to clone; nothing is computed until a table is collected.
#[derive(Clone)]
pub struct Snapshot {
    tables: Arc<BTreeMap<Table, LazyFrame>>,
    /// Tables with superseded rows.
    versioned: Arc<BTreeSet<Table>>,
    cutoff: Date,
    is_on_disk: bool,
}

impl Snapshot {
    pub(super) const fn new(
        tables: Arc<BTreeMap<Table, LazyFrame>>,
        versioned: Arc<BTreeSet<Table>>,
        cutoff: Date,
        is_on_disk: bool,
    ) -> Self {
        Self {
            tables,
            versioned,
            cutoff,
            is_on_disk,
        }
    }

    /// Returns the last day whose facts the snapshot holds.
    #[must_use]
    pub const fn cutoff(&self) -> Date {
        self.cutoff
    }

    /// Returns an earlier view of the same facts; a later day than the cut-off changes nothing.
    #[must_use]
    pub fn as_of(&self, earlier: Date) -> Self {
        Self {
            cutoff: earlier.min(self.cutoff),
            ..self.clone()
        }
    }

    /// Returns the rows of a table that were known, in the order of the ledger; of the versions of a row the one
    /// that held.
    ///
    /// What became of a dispute or an action is one row in the ledger, but two facts: `resolved_on`, `outcome`
    /// and `outcome_on` are null as long as their own date had not come. An outcome without a date cannot be
    /// placed in time and is never shown.
    pub fn table(&self, table: Table) -> LazyFrame {
        let known = self.known(table);
        match later(table) {
            Some(later) => known.with_columns(self.seen(later)),
            None => known,
        }
    }

    /// Returns the rows whose day had come, and no other version's yet.
    fn known(&self, table: Table) -> LazyFrame {
        let come = self.tables[&table]
            .clone()
            .filter(col(KNOWN_ON).lt_eq(self.cutoff_literal()));
        if !self.versioned.contains(&table) {
            return come;
        }
        let superseded_on = col(SUPERSEDED_ON);
        let holds = superseded_on
            .clone()
            .is_null()
            .or(superseded_on.gt(self.cutoff_literal()));
        // When a version ends is of the future: nobody may see it.
        let canonical: Vec<Expr> = frame_columns(table)
            .into_iter()
            .map(|(name, _)| col(name))
            .collect();
        come.filter(holds).select(canonical)
    }

    /// Returns whether a table is known to have no row without a look at it: most tables of one customer have none,
    /// and each query that is not asked is a good part of a millisecond.
    pub(crate) fn is_bare(&self, table: Table) -> bool {
        self.frame(table).is_some_and(|frame| frame.height() == 0)
    }

    /// Returns a table as it is, superseded rows included, where it is a frame in memory.
    fn frame(&self, table: Table) -> Option<&DataFrame> {
        in_memory(&self.tables[&table])
    }

    /// Returns everything that reduced what invoices owe: payments, credit notes that name an invoice, and
    /// write-offs.
    ///
    /// Columns: `invoice_id`, `customer_id` (the invoice's), `kind` (`cash`, `credit_note`, `write_off`),
    /// `date`, `known_on`, `amount_minor` (in the invoice's currency).
    pub fn settlements(&self) -> LazyFrame {
        settlement::settlements(self)
    }

    /// Returns everything that reduced what invoices owe, where that is little and in memory: to sum it by hand takes
    /// less time than to plan a query. Nothing where it is more.
    pub(crate) fn few_settlements(&self) -> Result<Option<Vec<Settlement>>, Error> {
        settlement::few(self)
    }

    /// Returns the invoices of which something was still owed, sorted by invoice id.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when the ledger cannot be read.
    pub fn open_items(&self) -> Result<Vec<OpenItem>, Error> {
        settlement::open_items(self)
    }

    /// Collects a query over this snapshot with the engine that suits where the ledger is.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when the query fails.
    pub fn collect(&self, query: LazyFrame) -> Result<DataFrame, Error> {
        let engine = if self.is_on_disk {
            Engine::Streaming
        } else {
            Engine::InMemory
        };
        let result = query.collect_with_engine(engine);
        Ok(result
            .map_err(|source| Error::polars("reading the ledger", source))?
            .unwrap_single())
    }

    fn cutoff_literal(&self) -> Expr {
        lit(Scalar::new_date(date::day_number(self.cutoff)))
    }

    fn seen(&self, later: Later) -> Vec<Expr> {
        later
            .columns
            .into_iter()
            .map(|(name, _)| {
                let has_come = col(later.seen_from).lt_eq(self.cutoff_literal());
                when(has_come).then(col(name)).otherwise(lit(NULL)).alias(name)
            })
            .collect()
    }
}

/// Returns a table that is a frame in memory, and nothing else, as it is.
pub(super) fn in_memory(table: &LazyFrame) -> Option<&DataFrame> {
    match &table.logical_plan {
        DslPlan::DataFrameScan { df, .. } => Some(df.as_ref()),
        _ => None,
    }
}

/// What became of a row: a fact of its own, that is seen from its own date on.
#[derive(Clone, Copy, Debug)]
struct Later {
    seen_from: &'static str,
    columns: [(&'static str, ColumnKind); 2],
}

/// Returns what the rows of a table say of later.
const fn later(table: Table) -> Option<Later> {
    match table {
        Table::Disputes => Some(Later {
            seen_from: "resolved_on",
            columns: [("resolved_on", ColumnKind::Date), ("outcome", ColumnKind::Text)],
        }),
        Table::Actions => Some(Later {
            seen_from: "outcome_on",
            columns: [("outcome_on", ColumnKind::Date), ("outcome", ColumnKind::Text)],
        }),
        Table::Customers
        | Table::Invoices
        | Table::Payments
        | Table::CreditNotes
        | Table::WriteOffs
        | Table::Promises
        | Table::InstalmentPlans
        | Table::CreditRatings
        | Table::FxRates
        | Table::Receipts => None,
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Snapshot")
            .field("cutoff", &self.cutoff)
            .finish_non_exhaustive()
    }
}
