//! Rows on their way into the ledger, and what became of them.

use std::collections::BTreeSet;

use super::head::Head;
use crate::app::access::Scope;
use crate::app::clock::Timestamp;
use crate::domain::Date;

/// A row as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRow {
    /// Its place in the request: the index in a list from 0, the line of a stream from 1.
    pub place: u64,
    /// Column and cell, in the order they were sent.
    pub cells: Vec<(String, RawCell)>,
}

/// A cell as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub enum RawCell {
    /// A text; blank is no value.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// No value.
    Null,
    /// Something that is never a value, by what it is: `an object`.
    Unfit(&'static str),
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a fact that was not known.
    Added,
    /// It takes the place of what was said before under the same key.
    Corrected,
    /// It was known.
    Unchanged,
    /// It was not taken.
    Rejected(Vec<RowFault>),
}

/// Why a row was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The column at fault; empty for the row as a whole.
    pub column: String,
    /// Stable, for programs.
    pub code: &'static str,
    /// What is wrong, and what is allowed.
    pub detail: String,
    /// What was given.
    pub value: String,
}

impl RowFault {
    /// Returns the fault of a column with what was given there.
    pub(crate) fn new(
        column: &str,
        code: &'static str,
        detail: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            column: column.to_owned(),
            code,
            detail: detail.into(),
            value: value.into(),
        }
    }
}

/// What to do with the good rows of a request that has bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFault {
    /// All rows or none; a key that the request has twice with different content is a fault as well.
    Refuse,
    /// Bad rows are left out.
    Skip,
}

/// Under which terms rows are taken.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The instant, for the audit column.
    pub now: Timestamp,
    /// Since when rows are known that do not say it: since this day, or their own where that is later. Absent:
    /// since their own, as a load of history has it.
    pub known_since: Option<Date>,
    /// Since when corrections are known that do not say it: the day the files of an import were made. Absent where the
    /// rows are no import: then a row takes the place of the one before whatever its clock says.
    pub corrected_on: Option<Date>,
    /// Legal entities whose rows may be written.
    pub scope: Scope,
    /// What to do with the good rows of a request that has bad ones.
    pub on_fault: OnFault,
}

/// What became of the rows of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Place and outcome of each row, in the order they came; of the rejected ones alone where one of them made
    /// [`OnFault::Refuse`] refuse all.
    pub outcomes: Vec<(u64, Outcome)>,
    /// Payments matched at the bank that gave way to those the source itself allocated.
    pub withdrawn: u64,
    /// Rows that ended because their source declared them void.
    pub ended: u64,
    /// Customers of which something changed.
    pub customers: BTreeSet<String>,
    /// The ledger after it.
    pub head: Head,
}
