//! A table of the ledger as columns of cells, with errors that name it.

use polars::prelude::{DataFrame, Int32Chunked, Int64Chunked, LazyFrame, StringChunked, col};

use super::Error;
use crate::domain::Currency;
use crate::history::Snapshot;

/// A collected table and the name under which its errors are reported.
pub(super) struct Cells {
    table: &'static str,
    frame: DataFrame,
}

impl Cells {
    pub(super) fn open(
        snapshot: &Snapshot,
        table: &'static str,
        rows: LazyFrame,
        columns: &[&'static str],
    ) -> Result<Self, Error> {
        let wanted: Vec<_> = columns.iter().map(|column| col(*column)).collect();
        let frame = snapshot.collect(rows.select(wanted))?;
        Ok(Self { table, frame })
    }

    pub(super) fn text(&self, column: &'static str) -> Result<&StringChunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.str());
        found.map_err(|source| Error::Table {
            table: self.table,
            source,
        })
    }

    pub(super) fn days(&self, column: &'static str) -> Result<&Int32Chunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.date());
        found
            .map(|dates| dates.physical())
            .map_err(|source| Error::Table {
                table: self.table,
                source,
            })
    }

    pub(super) fn amounts(&self, column: &'static str) -> Result<&Int64Chunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.i64());
        found.map_err(|source| Error::Table {
            table: self.table,
            source,
        })
    }

    pub(super) fn present<T>(&self, column: &'static str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.invalid(column))
    }

    pub(super) fn currency(&self, code: Option<&str>) -> Result<Currency, Error> {
        let code = self.present("currency", code)?;
        Currency::parse(code).map_err(|_| self.invalid("currency"))
    }

    pub(super) fn invalid(&self, column: &'static str) -> Error {
        Error::CellInvalid {
            table: self.table,
            column,
        }
    }
}
