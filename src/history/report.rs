//! What reading a ledger found: counted, listed, and readable on one page.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::schema::Table;
use crate::domain::{Currency, Date, format_minor};

/// Rejects listed on the page; the others are in `rejects.csv`.
const REJECTS_SHOWN: usize = 10;

/// A row that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// File the row stands in.
    pub file: String,
    /// Line of the file, the header being 1; in Parquet files and frames, the number of the row from 1.
    pub line: u64,
    /// Column that is at fault.
    pub column: String,
    /// Its value, as it stands there.
    pub value: String,
    /// What is wrong, and what is allowed.
    pub reason: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            value,
            reason,
        } = self;
        write!(formatter, "{file} line {line}, {column} {value:?}: {reason}")
    }
}

/// Rows and sum of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CurrencyTotal {
    /// Rows kept in the currency.
    pub rows: u64,
    /// Their sum, as a decimal string.
    pub total: String,
}

impl CurrencyTotal {
    pub(crate) fn new(rows: u64, minor: i64, currency: Currency) -> Self {
        Self {
            rows,
            total: format_minor(minor, currency.exponent()),
        }
    }
}

/// What was found in one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Files the rows came from; empty when the table is absent.
    pub files: Vec<String>,
    /// Encoding of the text file, if it is one.
    pub encoding: Option<String>,
    /// Columns of the file that the ledger has no use for.
    pub ignored_columns: Vec<String>,
    /// Rows read.
    pub rows_read: u64,
    /// Rows kept.
    pub rows_kept: u64,
    /// Rows rejected, each listed with its reason.
    pub rows_rejected: u64,
    /// Rows kept for the days before a later version superseded them; in no sum.
    #[serde(skip_serializing_if = "is_zero")]
    pub rows_superseded: u64,
    /// Rows dropped because an earlier row says exactly the same.
    pub duplicates_equal: u64,
    /// Rows rejected because an earlier row with the same key says otherwise.
    pub duplicates_conflicting: u64,
    /// Rows rejected because their invoice does not exist.
    pub orphans: u64,
    /// Rows rejected because their currency is not their invoice's.
    pub other_currency: u64,
    /// Rows that named another customer than their invoice does; the invoice's is taken.
    pub customers_corrected: u64,
    /// Rows rejected for a date that cannot be.
    pub impossible_dates: u64,
    /// Rows without `recorded_at`, taken as known on their business date.
    pub recorded_at_imputed: u64,
    /// Amounts that were floating-point numbers, each a whole number of minor units.
    pub amounts_from_floats: u64,
    /// First business date kept.
    pub first_date: Option<Date>,
    /// Last business date kept.
    pub last_date: Option<Date>,
    /// Sums of the amounts kept, by currency.
    pub totals: BTreeMap<String, CurrencyTotal>,
}

/// Rows that are kept although they look odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Warnings {
    /// Invoices due before they were issued.
    pub due_before_invoice_date: u64,
    /// Payments dated before their invoice.
    pub payments_before_invoice_date: u64,
    /// Invoices settled by more than their amount.
    pub overpaid_invoices: u64,
    /// Invoices whose customer is not in the table of customers; a customer without attributes is assumed.
    pub invoices_of_unknown_customers: u64,
    /// Payments that name a receipt at the bank which the ledger does not have.
    pub payments_of_unknown_receipts: u64,
}

/// What reading a ledger found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DataReport {
    /// By table, absent tables included.
    pub tables: BTreeMap<Table, TableReport>,
    /// Oddities that are kept.
    pub warnings: Warnings,
    /// Whether the table of customers was derived from the invoices.
    pub customers_derived: bool,
    /// Receipts at the bank that are not allocated, or not wholly, and the sum of what is not, by currency.
    pub unapplied_cash: BTreeMap<String, CurrencyTotal>,
    /// Whether the ledger's folder has no payments file, so that every invoice counts as unpaid.
    pub payments_missing: bool,
    /// CSV and Parquet files of the ledger's folder that are no table of a ledger, and are not read.
    pub unknown_files: Vec<String>,
    /// Rows that the filters of an import profile left out.
    pub filtered_rows: u64,
    /// Rows not taken.
    pub(crate) rejects: Vec<Reject>,
}

impl DataReport {
    /// Returns every row that was not taken, in the order of tables, then lines as they were found bad.
    #[must_use]
    pub fn rejects(&self) -> &[Reject] {
        &self.rejects
    }

    /// Returns the rows read, of all tables.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.tables.values().map(|table| table.rows_read).sum()
    }

    /// Returns what a reader must know of the ledger's files, one sentence each: missing, or not read.
    #[must_use]
    pub fn file_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.payments_missing {
            warnings.push(format!(
                "the ledger has no payments file ({table}.csv or {table}.parquet), so every invoice counts as \
                 unpaid",
                table = Table::Payments
            ));
        }
        if !self.unknown_files.is_empty() {
            warnings.push(format!(
                "not read, because the name is that of no table: {}; a file must be named {}, \
                 with .csv or .parquet",
                self.unknown_files.join(", "),
                Table::ALL.map(Table::name).join(", ")
            ));
        }
        warnings
    }

    /// Returns the rows rejected, of all tables.
    #[must_use]
    pub fn rows_rejected(&self) -> u64 {
        self.tables.values().map(|table| table.rows_rejected).sum()
    }
}

impl fmt::Display for DataReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:<16} {:>10} {:>10} {:>9} {:>10}  dates",
            "table", "read", "kept", "rejected", "duplicates"
        )?;
        writeln!(formatter)?;
        for (table, facts) in self.tables.iter().filter(|(_, facts)| facts.is_worth_a_line()) {
            let dates = match (facts.first_date, facts.last_date) {
                (Some(first), Some(last)) => format!("{first} to {last}"),
                _ => "-".to_owned(),
            };
            writeln!(
                formatter,
                "{:<16} {:>10} {:>10} {:>9} {:>10}  {dates}",
                table.name(),
                facts.rows_read,
                facts.rows_kept,
                facts.rows_rejected,
                facts.duplicates_equal,
            )?;
        }
        self.write_totals(formatter)?;
        for note in self.notes() {
            writeln!(formatter, "{note}")?;
        }
        for warning in self.all_warnings() {
            writeln!(formatter, "warning: {warning}")?;
        }
        self.write_rejects(formatter)
    }
}

impl DataReport {
    fn write_totals(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (table, facts) in &self.tables {
            for (currency, total) in &facts.totals {
                writeln!(
                    formatter,
                    "{table}: {} rows, {} {currency}",
                    total.rows, total.total
                )?;
            }
        }
        for (currency, total) in &self.unapplied_cash {
            writeln!(
                formatter,
                "unapplied cash: {} receipts, {} {currency}",
                total.rows, total.total
            )?;
        }
        Ok(())
    }

    /// Returns what is worth knowing of the rows, one sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (table, facts) in &self.tables {
            let counted = [
                (
                    facts.recorded_at_imputed,
                    "rows without recorded_at: taken as known on their business date",
                ),
                (
                    facts.amounts_from_floats,
                    "amounts read from floating-point numbers",
                ),
                (
                    facts.duplicates_conflicting,
                    "rows rejected: same key as an earlier row, other values",
                ),
                (facts.orphans, "rows rejected: no such invoice"),
                (
                    facts.other_currency,
                    "rows rejected: not in the currency of their invoice",
                ),
                (facts.impossible_dates, "rows rejected: impossible date"),
                (
                    facts.rows_superseded,
                    "rows superseded by a later version (kept for the days before)",
                ),
                (
                    facts.customers_corrected,
                    "rows named another customer than their invoice (the invoice's is taken)",
                ),
            ];
            for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
                notes.push(format!("{table}: {count} {what}"));
            }
            if let Some(encoding) = facts.encoding.as_deref().filter(|&name| name != "UTF-8") {
                notes.push(format!("{table}: read as {encoding}"));
            }
            if !facts.ignored_columns.is_empty() {
                notes.push(format!(
                    "{table}: columns without use: {}",
                    facts.ignored_columns.join(", ")
                ));
            }
        }
        if self.customers_derived {
            notes.push("customers: no such table, derived from the invoices".to_owned());
        }
        if self.filtered_rows > 0 {
            notes.push(format!(
                "{} rows left out by the profile's filters",
                self.filtered_rows
            ));
        }
        notes
    }

    /// Returns what looks odd, one sentence each: of the files, then of the rows.
    #[must_use]
    pub fn all_warnings(&self) -> Vec<String> {
        let mut all = self.file_warnings();
        let warnings = [
            (
                self.warnings.due_before_invoice_date,
                "invoices due before their invoice date (kept)",
            ),
            (
                self.warnings.payments_before_invoice_date,
                "payments before their invoice date (kept)",
            ),
            (
                self.warnings.overpaid_invoices,
                "invoices settled by more than their amount (kept)",
            ),
            (
                self.warnings.invoices_of_unknown_customers,
                "invoices of customers absent from customers (kept)",
            ),
            (
                self.warnings.payments_of_unknown_receipts,
                "payments of receipts absent from receipts (kept)",
            ),
        ];
        let seen = warnings.into_iter().filter(|(count, _)| *count > 0);
        all.extend(seen.map(|(count, what)| format!("{count} {what}")));
        all
    }

    fn write_rejects(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reject in self.rejects.iter().take(REJECTS_SHOWN) {
            writeln!(formatter, "rejected: {reject}")?;
        }
        let more = self.rejects.len().saturating_sub(REJECTS_SHOWN);
        if more > 0 {
            writeln!(formatter, "... and {more} more rejects")?;
        }
        Ok(())
    }
}

/// A ledger without corrections has no number of them.
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl TableReport {
    fn is_worth_a_line(&self) -> bool {
        self.rows_read > 0 || !self.files.is_empty()
    }
}
