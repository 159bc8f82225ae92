//! Facts of the ledger as rows: found by key, added, read in order. All SQL is made from the schema.

mod find;
mod read;
mod statement;
mod write;

pub use find::InvoiceOwner;
pub(crate) use find::Versions;
pub(crate) use read::FactFilter;

use crate::history::schema::{KNOWN_ON, RECORDED_AT, columns};
use crate::history::{ColumnKind, Table};

/// A value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Integer(i64),
    /// Days since 1970-01-01; a civil date as text in the store.
    Day(i32),
    Number(f64),
}

impl Value {
    /// Returns the text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Integer(_) | Self::Day(_) | Self::Number(_) => None,
        }
    }

    /// Returns the day, if it is one.
    pub(crate) const fn day(&self) -> Option<i32> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Null | Self::Text(_) | Self::Integer(_) | Self::Number(_) => None,
        }
    }
}

/// One version of one row of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    /// Its place in the order of all facts.
    pub(crate) sequence: i64,
    /// The version that it takes the place of.
    pub(crate) supersedes: Option<i64>,
    /// Hash of what it says.
    pub(crate) content_hash: String,
    /// Since when the version that it takes the place of holds no more, where it says nothing else.
    pub(crate) superseded_on: Option<i32>,
    /// As [`layout`] has them.
    pub(crate) values: Vec<Value>,
}

/// Returns name and kind of a fact's values: the columns of the schema, then `recorded_at` and `known_on`.
pub(crate) fn layout(table: Table) -> Vec<(&'static str, ColumnKind)> {
    columns(table)
        .iter()
        .map(|spec| (spec.frame_name(), spec.kind))
        .chain([(RECORDED_AT, ColumnKind::Date), (KNOWN_ON, ColumnKind::Date)])
        .collect()
}
