//! Cells of a small table by row and name.

use std::ops::Range;

use polars::prelude::{Column, DataFrame, LazyFrame};

use crate::app::book::Error;
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date};
use crate::history::schema::frame_columns;
use crate::history::{Keep, Snapshot, Table};

/// The rows of a small table; a cell that is not there is null.
#[derive(Debug)]
pub(super) struct Rows {
    frame: DataFrame,
}

impl Rows {
    /// Reads a table.
    pub(super) fn of(snapshot: &Snapshot, table: Table) -> Result<Self, Error> {
        let columns: Vec<&'static str> = frame_columns(table).into_iter().map(|(name, _)| name).collect();
        Ok(Self {
            frame: snapshot.rows(table, &columns, Keep::All)?,
        })
    }

    /// Reads what a query finds.
    pub(super) fn collect(snapshot: &Snapshot, query: LazyFrame) -> Result<Self, Error> {
        Ok(Self {
            frame: snapshot.collect(query)?,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frame.height() == 0
    }

    pub(super) fn all(&self) -> Range<usize> {
        0..self.frame.height()
    }

    pub(super) fn text(&self, row: usize, column: &str) -> Option<String> {
        self.cell(row, column)?.str().ok()?.get(row).map(str::to_owned)
    }

    pub(super) fn date(&self, row: usize, column: &str) -> Option<Date> {
        let days = self.cell(row, column)?.date().ok()?;
        days.physical().get(row).map(from_day_number)
    }

    pub(super) fn integer(&self, row: usize, column: &str) -> Option<i64> {
        self.cell(row, column)?.i64().ok()?.get(row)
    }

    pub(super) fn number(&self, row: usize, column: &str) -> Option<f64> {
        self.cell(row, column)?.f64().ok()?.get(row)
    }

    /// The column, if it has the row.
    fn cell(&self, row: usize, column: &str) -> Option<&Column> {
        let column = self.frame.column(column).ok()?;
        (row < self.frame.height()).then_some(column)
    }

    /// The currency of the row.
    pub(super) fn currency(&self, row: usize) -> Option<Currency> {
        Currency::parse(&self.text(row, "currency")?).ok()
    }
}
