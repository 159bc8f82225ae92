//! Rows of a frame into a [`TableBuilder`]: Parquet files of other programs, and rows a ledger has already.

use polars::prelude::{
    Column, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked, StringChunked,
};

use super::builder::{Cell, TableBuilder};
use super::csv_reader::{allowed_columns, missing_columns};
use super::error::Error;
use super::schema::{ColumnKind, RECORDED_AT, SLOTS_MAX, SUPERSEDED_ON, columns};
use crate::domain::date::from_day_number;

/// The values of one slot. Chunked arrays are shared, not copied.
enum Values {
    Absent,
    Text(StringChunked),
    Days(Int32Chunked),
    Minor(Int64Chunked),
    Integers(Int64Chunked),
    Numbers(Float64Chunked),
}

impl Values {
    fn cell(&self, row: usize) -> Cell<'_> {
        let cell = match self {
            Self::Absent => None,
            Self::Text(values) => values.get(row).map(Cell::Text),
            Self::Days(values) => values.get(row).map(|day| Cell::Date(from_day_number(day))),
            Self::Minor(values) => values.get(row).map(Cell::Minor),
            Self::Integers(values) => values.get(row).map(Cell::Integer),
            Self::Numbers(values) => values.get(row).map(Cell::Number),
        };
        cell.unwrap_or(Cell::Absent)
    }
}

impl TableBuilder {
    /// Adds the rows of a frame in the canonical shape, or with texts for dates and `amount` as decimal string
    /// or number. Lines count from 1. Other columns, `known_on` among them, are ignored.
    ///
    /// # Errors
    ///
    /// - [`Error::MissingColumns`] when required columns are absent.
    /// - [`Error::ColumnType`] when a column cannot hold what it should.
    pub fn push_frame(&mut self, file: &str, frame: &DataFrame) -> Result<(), Error> {
        self.start_file(file);
        self.push_batch(file, frame, 1)
    }

    /// Adds the rows of one batch of a file whose first row has that number.
    pub(crate) fn push_batch(&mut self, file: &str, frame: &DataFrame, first_line: u64) -> Result<(), Error> {
        let slots = self.values_of(file, frame)?;
        let superseded_on = match frame.column(SUPERSEDED_ON) {
            Ok(column) => values(file, column, ColumnKind::Date, false)?,
            Err(_) => Values::Absent,
        };
        for (line, row) in (first_line..).zip(0..frame.height()) {
            let mut cells = [Cell::Absent; SLOTS_MAX];
            for (cell, values) in cells.iter_mut().zip(&slots) {
                *cell = values.cell(row);
            }
            // A reject is kept by the builder; there is nothing to do about it here.
            let _ = self.push_version(line, &cells[..slots.len()], superseded_on.cell(row));
        }
        Ok(())
    }

    fn values_of(&self, file: &str, frame: &DataFrame) -> Result<Vec<Values>, Error> {
        let table = self.table();
        let specs = columns(table);
        let column_of = |slot: usize| match specs.get(slot) {
            Some(spec) => frame
                .column(spec.frame_name())
                .or_else(|_| frame.column(spec.name))
                .ok(),
            None => frame.column(RECORDED_AT).ok(),
        };
        let missing = missing_columns(table, |slot| column_of(slot).is_some());
        if !missing.is_empty() {
            return Err(Error::MissingColumns {
                file: file.to_owned(),
                missing,
                found: frame
                    .get_column_names()
                    .into_iter()
                    .map(ToString::to_string)
                    .collect(),
                allowed: allowed_columns(table),
            });
        }
        (0..self.slots())
            .map(|slot| {
                let kind = specs.get(slot).map_or(ColumnKind::Date, |spec| spec.kind);
                let is_minor = specs.get(slot).is_some_and(|spec| spec.frame_name() != spec.name);
                match column_of(slot) {
                    Some(column) => values(file, column, kind, is_minor),
                    None => Ok(Values::Absent),
                }
            })
            .collect()
    }
}

/// Returns the values of a column if its type suits the kind.
fn values(file: &str, column: &Column, kind: ColumnKind, has_minor_name: bool) -> Result<Values, Error> {
    let failed = |source| Error::polars("reading a column", source);
    if column.is_full_null() {
        return Ok(Values::Absent);
    }
    let is_minor = has_minor_name && column.name().ends_with("_minor");
    let (takes_integers, takes_numbers) = match kind {
        ColumnKind::Amount => (true, !is_minor),
        ColumnKind::Integer => (true, false),
        ColumnKind::Number => (true, true),
        ColumnKind::Id | ColumnKind::Text => (true, false),
        ColumnKind::Date | ColumnKind::Currency => (false, false),
    };
    match column.dtype() {
        DataType::String if !is_minor => Ok(Values::Text(column.str().map_err(failed)?.clone())),
        DataType::Date if kind == ColumnKind::Date => {
            Ok(Values::Days(column.date().map_err(failed)?.physical().clone()))
        }
        DataType::Int32 | DataType::Int64 | DataType::UInt32 if takes_integers => {
            let wide = column.cast(&DataType::Int64).map_err(failed)?;
            let integers = wide.i64().map_err(failed)?;
            Ok(match kind {
                // Identifiers that another program stored as numbers are text here.
                ColumnKind::Id | ColumnKind::Text => Values::Text(
                    integers
                        .iter()
                        .map(|value| value.map(|value| value.to_string()))
                        .collect(),
                ),
                _ if is_minor => Values::Minor(integers.clone()),
                _ => Values::Integers(integers.clone()),
            })
        }
        DataType::Float32 | DataType::Float64 if takes_numbers => {
            let wide = column.cast(&DataType::Float64).map_err(failed)?;
            Ok(Values::Numbers(wide.f64().map_err(failed)?.clone()))
        }
        other => Err(Error::ColumnType {
            file: file.to_owned(),
            column: column.name().to_string(),
            allowed: if is_minor {
                "whole minor units (Int64)".to_owned()
            } else {
                kind.allowed().to_owned()
            },
            given: other.to_string(),
        }),
    }
}
