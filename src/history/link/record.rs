//! What goes into a linker, and what comes out.

mod block;

use std::fmt;
use std::sync::Arc;

use crate::domain::{Currency, Date};
use crate::history::Table;
use crate::history::cell::parse_amount;

use block::Block;

pub(crate) use block::Records;

/// What a field of a record holds, in canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// Trimmed text.
    Text,
    /// `2026-01-31`.
    Date,
    /// `-1234.50`.
    Number,
    /// `-30`.
    Integer,
}

/// A field of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: FieldKind,
    /// Whether a profile must have a rule for it and every record a value.
    pub(crate) required: bool,
    /// What it means, in one sentence.
    pub(crate) doc: &'static str,
}

/// A field that every record has.
pub(crate) const fn must(name: &'static str, kind: FieldKind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        doc,
    }
}

/// A field that a record may have.
pub(crate) const fn may(name: &'static str, kind: FieldKind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        doc,
    }
}

/// A kind of record, as a profile names it: `[[record]] record = "settlement"`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordKind {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

impl RecordKind {
    /// A kind of that name.
    pub(crate) const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields }
    }

    /// Position of a field; the name is one of ours.
    pub(crate) fn slot(&self, field: &str) -> usize {
        self.fields
            .iter()
            .position(|known| known.name == field)
            .expect("linkers ask for fields they declare")
    }
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// File, with its sheet where it has several.
    pub(crate) file: Arc<str>,
    pub(crate) line: u64,
}

/// A record of a foreign system: one value a field, canonical by its kind, `None` where there is none.
///
/// It is a place in a block that it shares with its neighbours, made by [`Records`].
#[derive(Clone)]
pub(crate) struct Record {
    block: Arc<Block>,
    row: u32,
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Record")
            .field("kind", &self.kind().name)
            .field("origin", &self.origin())
            .field("cells", &self.cells().collect::<Vec<_>>())
            .finish()
    }
}

impl Record {
    /// What kind it is of.
    pub(crate) fn kind(&self) -> &'static RecordKind {
        self.block.kind(self.row)
    }

    /// Where it stands.
    pub(crate) fn origin(&self) -> Origin {
        self.block.origin(self.row)
    }

    /// The texts of its fields, in their order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Option<&str>> {
        self.block.cells(self.row)
    }

    /// The text of a field.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.block.cell(self.row, field)
    }

    /// The date of a [`FieldKind::Date`] field.
    pub(crate) fn date(&self, field: &str) -> Option<Date> {
        self.text(field).and_then(|text| text.parse().ok())
    }

    /// The whole number of a [`FieldKind::Integer`] field.
    pub(crate) fn integer(&self, field: &str) -> Option<i64> {
        self.text(field).and_then(|text| text.parse().ok())
    }

    /// The text of a field that must have one; a record without it is refused as one of `table`.
    pub(crate) fn needed(&self, table: Table, field: &'static str) -> Result<&str, Fault> {
        self.text(field).ok_or_else(|| self.missing(table, field))
    }

    /// The currency of a field, if there is one.
    pub(crate) fn currency(&self, table: Table, field: &'static str) -> Result<Option<Currency>, Fault> {
        self.text(field)
            .map(|code| {
                let reason = "not an ISO 4217 currency code such as EUR";
                Currency::parse(code).map_err(|_| self.fault(table, field, reason))
            })
            .transpose()
    }

    /// The amount of a field in minor units, if there is one.
    pub(crate) fn minor(
        &self,
        table: Table,
        field: &'static str,
        currency: Currency,
    ) -> Result<Option<i64>, Fault> {
        self.text(field)
            .map(|text| {
                parse_amount(text.as_bytes(), currency.exponent())
                    .map_err(|problem| self.fault(table, field, &problem.reason()))
            })
            .transpose()
    }

    /// Refuses the record for a field that has no value.
    pub(crate) fn missing(&self, table: Table, field: &'static str) -> Fault {
        self.fault(table, field, "required value is missing")
    }

    /// Refuses the record for what a field says.
    pub(crate) fn fault(&self, table: Table, column: &'static str, reason: &str) -> Fault {
        Fault {
            table,
            origin: self.origin(),
            column,
            value: self.text(column).unwrap_or_default().to_owned(),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
impl Record {
    /// A record in a block of its own.
    pub(crate) fn alone(kind: &'static RecordKind, origin: &Origin, cells: &[Option<String>]) -> Self {
        let mut records = Records::default();
        records.push(kind, origin, cells.iter().map(Option::as_deref));
        records.finish().remove(0)
    }

    /// Exchanges the text of a field.
    pub(crate) fn set(&mut self, field: &str, text: Option<&str>) {
        let mut cells: Vec<Option<String>> = self.cells().map(|cell| cell.map(ToOwned::to_owned)).collect();
        cells[self.kind().slot(field)] = text.map(ToOwned::to_owned);
        *self = Self::alone(self.kind(), &self.origin(), &cells);
    }
}

/// A row for the ledger: canonical texts by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerRow {
    pub(crate) table: Table,
    pub(crate) origin: Origin,
    pub(crate) cells: Vec<(&'static str, String)>,
}

/// That a row of the ledger holds no longer: the source voided, deleted or used up what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Void {
    pub(crate) table: Table,
    /// Value of the table's key.
    pub(crate) id: String,
    /// Since when that is known; absent is the day of the export.
    pub(crate) on: Option<Date>,
}

/// A record that cannot become a row, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Table it would have belonged to.
    pub(crate) table: Table,
    pub(crate) origin: Origin,
    /// Field of the record.
    pub(crate) column: &'static str,
    pub(crate) value: String,
    /// What is wrong, and what is allowed.
    pub(crate) reason: String,
}

/// What a linker makes of its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Linked {
    /// Rows of the ledger; tables in any order, each table's rows in the order they shall have.
    pub(crate) rows: Vec<LedgerRow>,
    /// Rows of the ledger that end; those that it does not have are nothing.
    pub(crate) voids: Vec<Void>,
    /// Records refused; they become rejects.
    pub(crate) faults: Vec<Fault>,
    /// Records that rightly become nothing (a total, a document of another kind).
    pub(crate) passed_over: u64,
    /// What a person should know: "12 clearings without cash are taken as credit notes".
    pub(crate) notes: Vec<String>,
}
