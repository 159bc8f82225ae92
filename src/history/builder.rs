//! Rows to typed columns: the one way into a table, for canonical files and import profiles alike.

use std::borrow::Cow;

use polars::prelude::{Column, DataFrame};

use super::cell::{self, DAY_MIN, Fault};
use super::column::{ColumnBuilder, Parsed};
use super::error::Error;
use super::origin::{Counts, Origins};
use super::report::Reject;
use super::schema::{ColumnKind, ColumnSpec, KNOWN_ON, RECORDED_AT, SLOTS_MAX, Sign, Table, columns};
use crate::domain::{Currency, Date, date};

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

/// Collects the rows of one table; bad rows become [`Reject`]s.
pub struct TableBuilder {
    table: Table,
    specs: &'static [ColumnSpec],
    currency_slot: Option<usize>,
    business_slot: Option<usize>,
    columns: Vec<ColumnBuilder>,
    recorded_at: ColumnBuilder,
    known_on: ColumnBuilder,
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
    /// Its rows, in the order they were pushed, with every column of the schema.
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
        for (column, cell) in self.columns.iter_mut().zip(parsed) {
            column.push(cell);
        }
        self.recorded_at.push(recorded);
        self.known_on.push(Parsed::Day(known));
        self.origins.push(line);
        Ok(())
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
            if value == Parsed::Null && spec.required {
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
            Cell::Text(text) => text.trim(),
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
        let column = self.specs.get(slot).map_or(RECORDED_AT, |spec| spec.name);
        let mut reason = fault.reason();
        if self.table == Table::Invoices && fault == Fault::NotPositive {
            reason.push_str("; credit notes belong in the table credit_notes");
        }
        let reject = self.rejection(line, column, shown(cell.unwrap_or(Cell::Absent)), reason);
        self.rejects.push(reject.clone());
        reject
    }

    fn rejection(&self, line: u64, column: &str, value: String, reason: String) -> Reject {
        let file = self
            .origins
            .files()
            .last()
            .unwrap_or(self.table.name())
            .to_owned();
        Reject {
            file,
            line,
            column: column.to_owned(),
            value,
            reason,
        }
    }
}

fn parse_cell<'a>(
    cell: Cell<'a>,
    spec: &ColumnSpec,
    currency: Option<Currency>,
) -> Result<Parsed<'a>, Fault> {
    let cell = match cell {
        Cell::Text(text) => {
            let text = text.trim();
            if text.is_empty() {
                Cell::Absent
            } else {
                Cell::Text(text)
            }
        }
        other => other,
    };
    if cell == Cell::Absent {
        return Ok(Parsed::Null);
    }
    match spec.kind {
        ColumnKind::Id | ColumnKind::Text => match cell {
            Cell::Text(text) => Ok(Parsed::Text(text)),
            _ => Err(Fault::WrongKind),
        },
        ColumnKind::Currency => match cell {
            Cell::Text(text) if is_currency(text, currency) => Ok(Parsed::Text(text)),
            _ => Err(Fault::CurrencyUnknown),
        },
        ColumnKind::Date => parse_date(cell),
        ColumnKind::Amount => parse_amount(cell, spec.sign, currency),
        ColumnKind::Integer => parse_integer(cell, spec.sign),
        ColumnKind::Number => parse_number(cell, spec.sign),
    }
}

/// Returns whether the text is a currency code, letter for letter; the row's own currency is known to be one.
fn is_currency(text: &str, row: Option<Currency>) -> bool {
    row.is_some_and(|currency| currency.code() == text)
        || Currency::parse(text).is_ok_and(|currency| currency.code() == text)
}

fn parse_date(cell: Cell<'_>) -> Result<Parsed<'_>, Fault> {
    match cell {
        Cell::Absent => Ok(Parsed::Null),
        Cell::Text(text) => match text.trim() {
            "" => Ok(Parsed::Null),
            text => cell::parse_day(text.as_bytes()).map(Parsed::Day),
        },
        Cell::Date(day) => cell::plausible_day(date::day_number(day)).map(Parsed::Day),
        Cell::Minor(_) | Cell::Integer(_) | Cell::Number(_) => Err(Fault::WrongKind),
    }
}

fn parse_amount(cell: Cell<'_>, sign: Sign, currency: Option<Currency>) -> Result<Parsed<'_>, Fault> {
    let exponent = currency.ok_or(Fault::AmountWithoutCurrency)?.exponent();
    let minor = match cell {
        Cell::Text(text) => cell::parse_amount(text.as_bytes(), exponent)?,
        Cell::Minor(minor) => cell::plausible_amount(minor)?,
        Cell::Integer(major) => cell::amount_from_integer(major, exponent)?,
        Cell::Number(major) => cell::amount_from_float(major, exponent)?,
        Cell::Absent | Cell::Date(_) => return Err(Fault::WrongKind),
    };
    cell::check_integer(minor, sign).map(Parsed::Integer)
}

fn parse_integer(cell: Cell<'_>, sign: Sign) -> Result<Parsed<'_>, Fault> {
    let value = match cell {
        Cell::Text(text) => cell::parse_integer(text)?,
        Cell::Integer(value) => value,
        Cell::Absent | Cell::Date(_) | Cell::Minor(_) | Cell::Number(_) => return Err(Fault::WrongKind),
    };
    cell::check_integer(value, sign).map(Parsed::Integer)
}

fn parse_number(cell: Cell<'_>, sign: Sign) -> Result<Parsed<'_>, Fault> {
    let number = match cell {
        Cell::Text(text) => cell::parse_number(text)?,
        Cell::Number(number) => number,
        #[expect(
            clippy::cast_precision_loss,
            reason = "scores are small whole numbers; beyond 2^53 the nearest number is meant"
        )]
        Cell::Integer(value) => value as f64,
        Cell::Absent | Cell::Date(_) | Cell::Minor(_) => return Err(Fault::WrongKind),
    };
    cell::check_number(number, sign).map(Parsed::Number)
}

fn shown(cell: Cell<'_>) -> String {
    let text: Cow<'_, str> = match cell {
        Cell::Absent => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Date(day) => Cow::Owned(day.to_string()),
        Cell::Minor(value) | Cell::Integer(value) => Cow::Owned(value.to_string()),
        Cell::Number(value) => Cow::Owned(value.to_string()),
    };
    text.into_owned()
}
