//! Stage 1 of 5. In: ledger files. Out: Snapshot.
//!
//! Reads a folder of CSV or Parquet files, checks every row, and lets facts out only through
//! [`History::as_of`]: what was *known* at the end of a day. `*_date` columns say when something happened,
//! `recorded_at` when the source knew it; a [`Snapshot`] holds the rows for which both had come.
//!
//! Bad rows never vanish: each becomes a [`Reject`] with file, line, column, value and reason, and the
//! [`DataReport`] counts them. Above a tolerated share the ledger is refused whole.
//!
//! ```no_run
//! use duecast::history::History;
//!
//! let (history, report) = History::open("ledger".as_ref())?;
//! assert!(report.rows_rejected() < report.rows_read());
//! if let Some((_, last)) = history.date_range() {
//!     let items = history.as_of(last).open_items()?;
//!     assert!(items.iter().all(|item| item.open.minor() > 0));
//! }
//! # Ok::<(), duecast::history::Error>(())
//! ```

pub mod builder;
mod cell;
mod column;
mod csv_reader;
pub mod draft;
mod duplicates;
mod entity;
mod error;
mod fingerprint;
mod frame_rows;
pub mod import;
mod invoice_index;
mod keyed_rows;
mod link;
mod open;
mod origin;
mod parquet_reader;
mod parse;
mod parts;
pub mod precedence;
pub mod profile;
pub(crate) mod reading;
pub mod recognise;
pub mod report;
mod row_order;
pub(crate) mod row_values;
pub mod schema;
mod schema_columns;
mod settlement;
#[cfg(test)]
pub(crate) mod small_ledger;
mod snapshot;
pub(crate) mod staging;
mod survey;
mod survey_batch;
mod survey_cash;
pub mod validate;
mod versions;
mod voids;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::LazyFrame;

pub use crate::source::encoding;
pub use builder::{Built, Cell, TableBuilder};
pub(crate) use cell::DAY_MIN;
pub(crate) use column::{ColumnBuilder, Parsed};
pub use error::Error;
pub use import::{ImportOutcome, ImportRequest, PreparedImport, import};
pub use profile::Profile;
pub use report::{DataReport, Reject, TableReport, Warnings};
pub use schema::{ColumnKind, ColumnSpec, Table};
pub use settlement::OpenItem;
pub(crate) use settlement::Settlement;
pub use snapshot::Snapshot;
pub(crate) use snapshot::{Keep, Version};

use crate::domain::Date;

/// How tolerant reading is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenOptions {
    /// Largest share of all rows that may be rejected, from 0 to 1.
    pub max_reject_share: f64,
}

impl OpenOptions {
    /// Default of [`max_reject_share`](Self::max_reject_share): one row in twenty. More than that is rarely a
    /// few bad rows and mostly a file that is not what it is taken for.
    pub const MAX_REJECT_SHARE: f64 = 0.05;
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            max_reject_share: Self::MAX_REJECT_SHARE,
        }
    }
}

/// A validated ledger, complete: past, present and what was recorded later.
///
/// It cannot be read directly, because a model that sees tomorrow's payments forecasts yesterday perfectly.
#[derive(Clone)]
pub struct History {
    tables: Arc<BTreeMap<Table, LazyFrame>>,
    /// Tables with superseded rows, whose frames have `superseded_on`.
    versioned: Arc<BTreeSet<Table>>,
    date_range: Option<(Date, Date)>,
    fingerprint: String,
    is_on_disk: bool,
}

impl History {
    /// Returns what was known at the end of the cut-off day: the only door out.
    #[must_use]
    pub fn as_of(&self, cutoff: Date) -> Snapshot {
        Snapshot::new(
            Arc::clone(&self.tables),
            Arc::clone(&self.versioned),
            cutoff,
            self.is_on_disk,
        )
    }

    /// Returns the first invoice date and the last day any fact became known; nothing without invoices.
    #[must_use]
    pub const fn date_range(&self) -> Option<(Date, Date)> {
        self.date_range
    }

    /// Returns the SHA-256 of the ledger's content, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("History")
            .field("date_range", &self.date_range)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
