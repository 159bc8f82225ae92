//! The ledger's tables and columns, as data.
//!
//! One list serves the readers, the writers, the import profiles, the messages and the documentation.

use polars::prelude::DataType;
use serde::Serialize;

use super::schema_columns as list;

/// Name of the column that says when the source knew of a fact; optional in every table.
pub const RECORDED_AT: &str = "recorded_at";
/// Name of the derived column a [`Snapshot`](super::Snapshot) filters on: the later of both clocks.
pub const KNOWN_ON: &str = "known_on";
/// Name of the column that says from which day on another version of the row, or none, holds; optional in every
/// table, and in frames only there where a row has it.
pub const SUPERSEDED_ON: &str = "superseded_on";
/// Largest number of slots of any table: its columns and [`RECORDED_AT`].
pub(crate) const SLOTS_MAX: usize = 24;

const _: () = {
    // A table wider than the rows that are parsed must not compile.
    let mut place = 0;
    while place < Table::ALL.len() {
        assert!(columns(Table::ALL[place]).len() < SLOTS_MAX);
        place += 1;
    }
};

/// A table of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Who owes.
    Customers,
    /// What is owed, and when it is due.
    Invoices,
    /// Cash allocated to invoices, one row an allocation; a reversal is negative.
    Payments,
    /// What the seller gave back.
    CreditNotes,
    /// What the seller gave up.
    WriteOffs,
    /// Invoices the customer objects to.
    Disputes,
    /// Dates a customer promised to pay on.
    Promises,
    /// Agreed instalments of an invoice.
    InstalmentPlans,
    /// Reminders, calls and letters that were sent.
    Actions,
    /// Scores bought from a credit agency.
    CreditRatings,
    /// Exchange rates.
    FxRates,
    /// Money seen at the bank, whether it is allocated or not; what was undone is negative.
    Receipts,
}

impl Table {
    /// Every table, in the order the ledger is read, fingerprinted and reported.
    pub const ALL: [Self; 12] = [
        Self::Customers,
        Self::Invoices,
        Self::Payments,
        Self::CreditNotes,
        Self::WriteOffs,
        Self::Disputes,
        Self::Promises,
        Self::InstalmentPlans,
        Self::Actions,
        Self::CreditRatings,
        Self::FxRates,
        Self::Receipts,
    ];

    /// Returns the name of the table, which is also the stem of its file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::CreditNotes => "credit_notes",
            Self::WriteOffs => "write_offs",
            Self::Disputes => "disputes",
            Self::Promises => "promises",
            Self::InstalmentPlans => "instalment_plans",
            Self::Actions => "actions",
            Self::CreditRatings => "credit_ratings",
            Self::FxRates => "fx_rates",
            Self::Receipts => "receipts",
        }
    }

    /// Returns the table of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Returns the business date of the table's rows; customers have none.
    #[must_use]
    pub const fn business_date(self) -> Option<&'static str> {
        match self {
            Self::Customers => None,
            Self::Invoices => Some("invoice_date"),
            Self::Payments => Some("paid_date"),
            Self::CreditNotes => Some("credit_date"),
            Self::WriteOffs => Some("write_off_date"),
            Self::Disputes => Some("opened_on"),
            Self::Promises => Some("created_on"),
            Self::InstalmentPlans => Some("agreed_on"),
            Self::Actions => Some("sent_on"),
            Self::CreditRatings => Some("score_date"),
            Self::FxRates => Some("rate_date"),
            Self::Receipts => Some("value_date"),
        }
    }

    /// Returns the columns that identify a row.
    #[must_use]
    pub const fn key(self) -> &'static [&'static str] {
        match self {
            Self::Customers => &["customer_id"],
            Self::Invoices => &["invoice_id"],
            Self::Payments => &["payment_id"],
            Self::CreditNotes => &["credit_note_id"],
            Self::WriteOffs => &["write_off_id"],
            Self::Disputes => &["dispute_id"],
            Self::Promises => &["promise_id"],
            Self::InstalmentPlans => &["plan_id", "instalment_no"],
            Self::Actions => &["action_id"],
            Self::CreditRatings => &["customer_id", "score_date", "source"],
            Self::FxRates => &["from_currency", "to_currency", "rate_date"],
            Self::Receipts => &["receipt_id"],
        }
    }

    /// Returns whether each row of the table must belong to an invoice of the ledger, if it names one.
    pub(crate) const fn hangs_on_invoice(self) -> bool {
        matches!(
            self,
            Self::Payments | Self::CreditNotes | Self::WriteOffs | Self::Disputes | Self::InstalmentPlans
        )
    }

    /// Returns whether the rows of the table reduce what an invoice still owes.
    pub(crate) const fn settles(self) -> bool {
        matches!(self, Self::Payments | Self::CreditNotes | Self::WriteOffs)
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// An identifier: text, trimmed, never empty.
    Id,
    /// Free text.
    Text,
    /// A civil date, `2026-01-31`; a time part is dropped.
    Date,
    /// Money: a decimal string in files, `Int64` minor units of the row's `currency` in frames.
    Amount,
    /// An ISO 4217 code.
    Currency,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
}

impl ColumnKind {
    /// Returns what a cell of this kind may look like, for messages.
    #[must_use]
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Id | Self::Text => "text",
            Self::Date => "a date such as 2026-01-31",
            Self::Amount => "a decimal amount such as 1234.50",
            Self::Currency => "an ISO 4217 code such as EUR",
            Self::Integer => "a whole number",
            Self::Number => "a number such as 0.25",
        }
    }

    /// Returns the polars type of the column in a frame.
    #[must_use]
    pub const fn dtype(self) -> DataType {
        match self {
            Self::Id | Self::Text | Self::Currency => DataType::String,
            Self::Date => DataType::Date,
            Self::Amount | Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
        }
    }
}

/// Which values of a numeric column are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Every value.
    Any,
    /// More than zero.
    Positive,
    /// Anything but zero: a negative value reverses.
    NonZero,
    /// Zero or more.
    NotNegative,
    /// From zero to one.
    Share,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// Name in files.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether every row must have a value.
    pub required: bool,
    /// Which values are possible.
    pub sign: Sign,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

impl ColumnSpec {
    /// Returns the name of the column in frames: an amount `cost` is `cost_minor` there.
    #[must_use]
    pub fn frame_name(&self) -> &'static str {
        match self.name {
            "amount" => "amount_minor",
            "promised_amount" => "promised_amount_minor",
            "credit_limit" => "credit_limit_minor",
            "cost" => "cost_minor",
            "in_transit" => "in_transit_minor",
            "in_ledger" => "in_ledger_minor",
            other => other,
        }
    }
}

/// Returns the columns of a table, without [`RECORDED_AT`], in the order of files and frames.
#[must_use]
pub const fn columns(table: Table) -> &'static [ColumnSpec] {
    match table {
        Table::Customers => list::CUSTOMERS,
        Table::Invoices => list::INVOICES,
        Table::Payments => list::PAYMENTS,
        Table::CreditNotes => list::CREDIT_NOTES,
        Table::WriteOffs => list::WRITE_OFFS,
        Table::Disputes => list::DISPUTES,
        Table::Promises => list::PROMISES,
        Table::InstalmentPlans => list::INSTALMENT_PLANS,
        Table::Actions => list::ACTIONS,
        Table::CreditRatings => list::CREDIT_RATINGS,
        Table::FxRates => list::FX_RATES,
        Table::Receipts => list::RECEIPTS,
    }
}

/// Returns name and type of every column of a frame, [`RECORDED_AT`] and [`KNOWN_ON`] last.
///
/// A frame with superseded rows has [`SUPERSEDED_ON`], a date, beside them.
#[must_use]
pub fn frame_columns(table: Table) -> Vec<(&'static str, DataType)> {
    columns(table)
        .iter()
        .map(|spec| (spec.frame_name(), spec.kind.dtype()))
        .chain([(RECORDED_AT, DataType::Date), (KNOWN_ON, DataType::Date)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_business_dates_are_columns_and_every_table_fits_its_slots() {
        for table in Table::ALL {
            let names: Vec<&str> = columns(table).iter().map(|spec| spec.name).collect();
            assert!(names.len() < SLOTS_MAX, "{table}");
            assert!(table.key().iter().all(|name| names.contains(name)), "{table}");
            assert!(
                table.business_date().is_none_or(|name| names.contains(&name)),
                "{table}"
            );
            let amounts = columns(table).iter().any(|spec| spec.kind == ColumnKind::Amount);
            assert!(!amounts || names.contains(&"currency"), "{table}");
            assert_eq!(Table::parse(table.name()), Some(table));
        }
    }

    #[test]
    fn every_amount_has_a_name_of_its_own_in_frames() {
        for table in Table::ALL {
            for spec in columns(table)
                .iter()
                .filter(|spec| spec.kind == ColumnKind::Amount)
            {
                assert!(spec.frame_name().ends_with("_minor"), "{}", spec.name);
            }
        }
    }
}
