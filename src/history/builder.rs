//! Rows to typed columns: the one way into a table, for canonical files and import profiles alike.

use polars::prelude::{Column, DataFrame};

use super::cell::{DAY_MIN, Fault};
use super::column::{ColumnBuilder, Parsed};
use super::error::Error;
use super::origin::{Counts, Origins};
use super::parse::{parse_cell, parse_date, shown, trim};
use super::report::Reject;
use super::schema::{
    ColumnKind, ColumnSpec, KNOWN_ON, RECORDED_AT, SLOTS_MAX, SUPERSEDED_ON, Table, columns,
};
use crate::domain::{Currency, Date};

/// A cell on its way into a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Absent,
    /// Canonical text, parsed by the kind of its column: `2026-01-31`, `1234.50`, `EUR`. Blank is no value.
    Text(&'a str),
    /// A date.
    Date(Date),
    /// An amount in minor units.
    Minor(i64),
    /// A whole number; in an amount column, of major units.
    Integer(i64),
    /// A number; in an amount column, of major units that are whole minor units within 1e-6.
    Number(f64),
}

/// Why a row is not taken, as far as the row alone can tell.
#[derive(Debug)]
pub(crate) struct CellFault {
    pub(crate) column: &'static str,
    /// Stable name of the fault.
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    pub(crate) value: String,
}

/// Collects the rows of one table; bad rows become [`Reject`]s.
pub struct TableBuilder {
    table: Table,
    specs: &'static [ColumnSpec],
    currency_slot: Option<usize>,
    business_slot: Option<usize>,
    columns: Vec<ColumnBuilder>,
    recorded_at: ColumnBuilder,
    known_on: ColumnBuilder,
    superseded_on: ColumnBuilder,
    last_currency: Option<Currency>,
    origins: Origins,
    counts: Counts,
    rejects: Vec<Reject>,
}

impl std::fmt::Debug for TableBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TableBuilder")
            .field("table", &self.table)
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}

/// A table whose rows are each valid by themselves.
#[derive(Debug)]
pub struct Built {
    /// The table.
    pub table: Table,
    /// Its rows, in the order they were pushed, with every column of the schema, and with
    /// [`SUPERSEDED_ON`] where a row has it.
    pub frame: DataFrame,
    /// Rows pushed, rejected ones included.
    pub rows_read: u64,
    /// Rows rejected.
    pub rejects: Vec<Reject>,
    pub(crate) origins: Origins,
    pub(crate) counts: Counts,
}

impl Built {
    /// Returns the file and the line that a row of the frame came from.
    #[must_use]
    pub fn origin(&self, row: usize) -> (&str, u64) {
        self.origins.of(row)
    }
}

impl TableBuilder {
    /// Returns an empty table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        let specs = columns(table);
        Self {
            table,
            specs,
            currency_slot: Self::slot(table, "currency"),
            business_slot: table.business_date().and_then(|name| Self::slot(table, name)),
            columns: specs
                .iter()
                .map(|spec| ColumnBuilder::new(spec.frame_name(), spec.kind))
                .collect(),
            recorded_at: ColumnBuilder::new(RECORDED_AT, ColumnKind::Date),
            known_on: ColumnBuilder::new(KNOWN_ON, ColumnKind::Date),
            superseded_on: ColumnBuilder::new(SUPERSEDED_ON, ColumnKind::Date),
            last_currency: None,
            origins: Origins::default(),
            counts: Counts::default(),
            rejects: Vec::new(),
        }
    }

    /// Returns the table being built.
    #[must_use]
    pub const fn table(&self) -> Table {
        self.table
    }

    /// Returns the number of cells of a row: the schema's columns and `recorded_at`.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.specs.len() + 1
    }

    /// Returns the position of a column, by its name in files; `recorded_at` is the last.
    #[must_use]
    pub fn slot(table: Table, column: &str) -> Option<usize> {
        let specs = columns(table);
        if column == RECORDED_AT {
            return Some(specs.len());
        }
        specs.iter().position(|spec| spec.name == column)
    }

    /// Names the file that the next rows come from.
    pub fn start_file(&mut self, file: &str) {
        self.origins.start_file(file);
    }

    /// Returns the number of rows accepted.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.origins.rows()
    }

    /// Adds a row, all of it or nothing. A rejected row is kept among the rejects; the copy returned is for
    /// information.
    ///
    /// # Errors
    ///
    /// The reject, when a cell is missing, malformed or impossible.
    pub fn push(&mut self, line: u64, cells: &[Cell<'_>]) -> Result<(), Reject> {
        self.push_version(line, cells, Cell::Absent)
    }

    /// Adds a row as [`push`](Self::push) does, with the day from which on another version of it holds; absent is
    /// none.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_version(
        &mut self,
        line: u64,
        cells: &[Cell<'_>],
        superseded_on: Cell<'_>,
    ) -> Result<(), Reject> {
        debug_assert!(
            cells.len() == self.slots(),
            "{} has {} slots, got {}",
            self.table,
            self.slots(),
            cells.len()
        );
        self.counts.rows_read += 1;
        let mut parsed = [Parsed::Null; SLOTS_MAX];
        if let Err((slot, fault)) = self.parse_row(cells, &mut parsed) {
            return Err(self.refuse(line, slot, cells.get(slot).copied(), fault));
        }
        let superseded = match parse_date(superseded_on) {
            Ok(day) => day,
            Err(fault) => return Err(self.refuse(line, self.slots(), Some(superseded_on), fault)),
        };
        let recorded = parsed[self.specs.len()];
        let business = self.business_slot.map_or(Parsed::Null, |slot| parsed[slot]);
        let (recorded, known) = match (recorded, business) {
            (Parsed::Day(recorded), Parsed::Day(business)) => (Parsed::Day(recorded), recorded.max(business)),
            (Parsed::Day(recorded), _) => (Parsed::Day(recorded), recorded),
            (_, Parsed::Day(business)) => {
                self.counts.recorded_at_imputed += 1;
                (Parsed::Day(business), business)
            }
            _ => (Parsed::Null, DAY_MIN),
        };
        for (column, cell) in self.columns.iter_mut().zip(&parsed) {
            column.push(*cell);
        }
        self.recorded_at.push(recorded);
        self.known_on.push(Parsed::Day(known));
        self.superseded_on.push(superseded);
        self.origins.push(line);
        Ok(())
    }

    /// Checks a row as [`push`](Self::push) does, and gives its values back instead of keeping them.
    pub(crate) fn parse<'a>(&mut self, cells: &[Cell<'a>]) -> Result<[Parsed<'a>; SLOTS_MAX], CellFault> {
        let mut parsed = [Parsed::Null; SLOTS_MAX];
        match self.parse_row(cells, &mut parsed) {
            Ok(()) => Ok(parsed),
            Err((slot, fault)) => Err(CellFault {
                column: self.column_of(slot),
                code: fault.code(),
                reason: self.reason_of(fault),
                value: shown(cells.get(slot).copied().unwrap_or(Cell::Absent)),
            }),
        }
    }

    /// Adds a row that the caller refuses itself.
    pub fn reject(&mut self, line: u64, column: &str, value: &str, reason: &str) {
        self.counts.rows_read += 1;
        let reject = self.rejection(line, column, value.to_owned(), reason.to_owned());
        self.rejects.push(reject);
    }

    /// Returns the table.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when the columns do not make a frame, which would be a defect of this module.
    pub fn finish(self) -> Result<Built, Error> {
        let height = self.rows();
        let mut columns: Vec<Column> = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        columns.push(self.recorded_at.finish());
        columns.push(self.known_on.finish());
        let superseded = self.superseded_on.finish();
        // A ledger without corrections does not pay for them.
        if !superseded.is_full_null() {
            columns.push(superseded);
        }
        let frame =
            DataFrame::new(height, columns).map_err(|source| Error::polars("building a table", source))?;
        Ok(Built {
            table: self.table,
            frame,
            rows_read: self.counts.rows_read,
            rejects: self.rejects,
            origins: self.origins,
            counts: self.counts,
        })
    }

    fn parse_row<'a>(
        &mut self,
        cells: &[Cell<'a>],
        parsed: &mut [Parsed<'a>; SLOTS_MAX],
    ) -> Result<(), (usize, Fault)> {
        let currency = match self.currency_slot {
            Some(slot) => self.currency_of(cells[slot]).map_err(|fault| (slot, fault))?,
            None => None,
        };
        let mut floats = 0;
        for (slot, spec) in self.specs.iter().enumerate() {
            let value = parse_cell(cells[slot], spec, currency).map_err(|fault| (slot, fault))?;
            if spec.required && matches!(value, Parsed::Null) {
                return Err((slot, Fault::Missing));
            }
            if spec.kind == ColumnKind::Amount && matches!(cells[slot], Cell::Number(_)) {
                floats += 1;
            }
            parsed[slot] = value;
        }
        let last = self.specs.len();
        parsed[last] = parse_date(cells[last]).map_err(|fault| (last, fault))?;
        self.counts.amounts_from_floats += floats;
        Ok(())
    }

    /// Parses the currency of the row; most rows have the one of the row before.
    fn currency_of(&mut self, cell: Cell<'_>) -> Result<Option<Currency>, Fault> {
        let text = match cell {
            Cell::Absent => return Ok(None),
            Cell::Text(text) => trim(text),
            Cell::Date(_) | Cell::Minor(_) | Cell::Integer(_) | Cell::Number(_) => {
                return Err(Fault::WrongKind);
            }
        };
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(last) = self.last_currency.filter(|last| last.code() == text) {
            return Ok(Some(last));
        }
        let currency = Currency::parse(text).map_err(|_| Fault::CurrencyUnknown)?;
        self.last_currency = Some(currency);
        Ok(Some(currency))
    }

    fn refuse(&mut self, line: u64, slot: usize, cell: Option<Cell<'_>>, fault: Fault) -> Reject {
        if fault.is_impossible_date() {
            self.counts.impossible_dates += 1;
        }
        let value = shown(cell.unwrap_or(Cell::Absent));
        let reject = self.rejection(line, self.column_of(slot), value, self.reason_of(fault));
        self.rejects.push(reject.clone());
        reject
    }

    fn column_of(&self, slot: usize) -> &'static str {
        match self.specs.get(slot) {
            Some(spec) => spec.name,
            None if slot == self.specs.len() => RECORDED_AT,
            None => SUPERSEDED_ON,
        }
    }

    fn reason_of(&self, fault: Fault) -> String {
        let mut reason = fault.reason();
        if self.table == Table::Invoices && fault == Fault::NotPositive {
            reason.push_str("; credit notes belong in the table credit_notes");
        }
        reason
    }

    fn rejection(&self, line: u64, column: &str, value: String, reason: String) -> Reject {
        let file = self.origins.file_at_hand().unwrap_or(self.table.name());
        Reject {
            file: file.to_owned(),
            line,
            column: column.to_owned(),
            value,
            reason,
        }
    }
}
