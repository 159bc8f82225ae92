//! One pass over a ledger, batch by batch: its dates, its sums, its oddities, and whether it is clean.
//!
//! Works on frames in memory and on Parquet files that stay on disk. Of the invoices it keeps some forty bytes
//! each; of everything else next to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

use polars::prelude::DataFrame;

use super::cell::{DAY_MIN, check_integer, check_number, plausible_amount, plausible_day};
use super::error::Error;
use super::key_index::{KeyIndex, hash_text};
use super::parquet_reader::ParquetFile;
use super::report::{CurrencyTotal, DataReport, Warnings};
use super::row_values::RowValues;
use super::schema::{ColumnKind, ColumnSpec, KNOWN_ON, RECORDED_AT, Table, columns};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date};

/// Where the rows of a table are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Frame(&'a DataFrame),
    Parquet(&'a ParquetFile),
}

impl Source<'_> {
    fn rows(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.height(),
            Self::Parquet(file) => file.rows(),
        }
    }

    fn for_each_batch(
        &self,
        names: &[&str],
        each: &mut dyn FnMut(usize, &DataFrame) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Frame(frame) => each(0, frame),
            Self::Parquet(file) => file.for_each_batch(names, each),
        }
    }
}

/// How closely a survey looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The rows are known to be valid; only facts and oddities are counted.
    Facts,
    /// Every row is checked as if it came from a file; what is wrong is counted as a defect.
    Everything,
}

/// What a survey found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    tables: BTreeMap<Table, TableFacts>,
    warnings: Warnings,
    defects: u64,
}

/// What a survey found in one table.
#[derive(Debug, Default)]
struct TableFacts {
    first_day: Option<i32>,
    last_day: Option<i32>,
    last_known: Option<i32>,
    totals: BTreeMap<String, (u64, i64)>,
}

impl Survey {
    /// Surveys a ledger.
    pub(crate) fn of(sources: &BTreeMap<Table, Source<'_>>, depth: Depth) -> Result<Self, Error> {
        let mut surveyor = Surveyor::new(depth);
        // In this order customers precede invoices, and invoices what hangs on them.
        for table in Table::ALL {
            if let Some(source) = sources.get(&table) {
                surveyor.read(table, source)?;
            }
        }
        Ok(surveyor.finish())
    }

    /// Returns whether every row may be used as it is.
    pub(crate) const fn is_clean(&self) -> bool {
        self.defects == 0
    }

    /// Returns the first invoice date and the last day anything became known.
    pub(crate) fn date_range(&self) -> Option<(Date, Date)> {
        let first = self.tables.get(&Table::Invoices)?.first_day?;
        let facts = self
            .tables
            .iter()
            .filter(|(table, _)| **table != Table::Customers);
        let last = facts.filter_map(|(_, facts)| facts.last_known).max()?;
        Some((from_day_number(first), from_day_number(last)))
    }

    /// Writes the findings into a report.
    pub(crate) fn fill(&self, report: &mut DataReport) {
        report.warnings = self.warnings;
        for (table, facts) in &self.tables {
            let entry = report.tables.entry(*table).or_default();
            entry.first_date = facts.first_day.map(from_day_number);
            entry.last_date = facts.last_day.map(from_day_number);
            for (code, (rows, minor)) in &facts.totals {
                // A code that is no currency is a defect and never gets this far.
                if let Ok(currency) = Currency::parse(code) {
                    entry
                        .totals
                        .insert(code.clone(), CurrencyTotal::new(*rows, *minor, currency));
                }
            }
        }
    }
}

/// The columns of one batch.
struct Batch<'a> {
    business: RowValues<'a>,
    recorded: RowValues<'a>,
    known: RowValues<'a>,
    due: RowValues<'a>,
    amount: RowValues<'a>,
    currency: RowValues<'a>,
    invoice: RowValues<'a>,
    customer: RowValues<'a>,
    keys: Vec<RowValues<'a>>,
    checked: Vec<(&'static ColumnSpec, RowValues<'a>)>,
}

impl<'a> Batch<'a> {
    fn of(table: Table, frame: &'a DataFrame) -> Result<Self, Error> {
        let of = |name: &str| RowValues::of(frame, name);
        Ok(Self {
            business: table.business_date().map_or(Ok(RowValues::Nulls), of)?,
            recorded: of(RECORDED_AT)?,
            known: of(KNOWN_ON)?,
            due: of("due_date")?,
            amount: of("amount_minor")?,
            currency: of("currency")?,
            invoice: of("invoice_id")?,
            customer: of("customer_id")?,
            keys: table
                .key()
                .iter()
                .map(|name| of(name))
                .collect::<Result<_, _>>()?,
            checked: columns(table)
                .iter()
                .map(|spec| of(spec.frame_name()).map(|values| (spec, values)))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// What is kept of the invoices, by the number of their row.
#[derive(Default)]
struct Invoices {
    index: Option<KeyIndex>,
    days: Vec<i32>,
    unsettled: Vec<i64>,
    currencies: Vec<u16>,
    owners: Vec<u64>,
}

struct Surveyor {
    depth: Depth,
    survey: Survey,
    customers: Option<KeyIndex>,
    invoices: Invoices,
    codes: Vec<String>,
    valid_codes: BTreeSet<String>,
}

impl Surveyor {
    fn new(depth: Depth) -> Self {
        Self {
            depth,
            survey: Survey::default(),
            customers: None,
            invoices: Invoices::default(),
            codes: Vec::new(),
            valid_codes: BTreeSet::new(),
        }
    }

    fn read(&mut self, table: Table, source: &Source<'_>) -> Result<(), Error> {
        let rows = source.rows();
        if table == Table::Customers && rows > 0 {
            self.customers = Some(KeyIndex::with_capacity(rows));
        }
        if table == Table::Invoices {
            self.invoices.index = Some(KeyIndex::with_capacity(rows));
        }
        let is_keyed_apart =
            self.depth == Depth::Everything && table != Table::Invoices && table != Table::Customers;
        let mut keys = is_keyed_apart.then(|| KeyIndex::with_capacity(rows));
        let mut facts = TableFacts::default();
        source.for_each_batch(
            &surveyed_columns(table),
            &mut |first: usize, frame: &DataFrame| {
                let batch = Batch::of(table, frame)?;
                for row in 0..frame.height() {
                    facts.add(&batch, row);
                    if self.depth == Depth::Everything {
                        self.survey.defects += self.defects_of(table, &batch, row);
                    }
                    if let Some(keys) = &mut keys {
                        let mut hasher = DefaultHasher::new();
                        batch
                            .keys
                            .iter()
                            .for_each(|values| values.hash_into(row, &mut hasher));
                        // Equal hashes of different keys are possible, and then cost a closer look, no more.
                        self.survey.defects +=
                            u64::from(keys.insert(hasher.finish(), first + row, |_| true).is_some());
                    }
                    match table {
                        Table::Customers => self.add_customer(&batch, row),
                        Table::Invoices => self.add_invoice(&batch, row),
                        _ if table.hangs_on_invoice() => self.add_to_invoice(table, &batch, row),
                        _ => {}
                    }
                }
                Ok(())
            },
        )?;
        self.survey.tables.insert(table, facts);
        Ok(())
    }

    fn finish(mut self) -> Survey {
        let overpaid = self.invoices.unsettled.iter().filter(|&&unsettled| unsettled < 0);
        self.survey.warnings.overpaid_invoices = super::validate::count(overpaid.count());
        self.survey
    }

    fn add_customer(&mut self, batch: &Batch<'_>, row: usize) {
        if let (Some(index), Some(id)) = (&mut self.customers, batch.customer.text(row)) {
            self.survey.defects += u64::from(index.insert(hash_text(id), row, |_| true).is_some());
        }
    }

    fn add_invoice(&mut self, batch: &Batch<'_>, row: usize) {
        let day = batch.business.day(row).unwrap_or(DAY_MIN);
        let id = batch.invoice.text(row).unwrap_or("");
        let code = self.code_of(batch.currency.text(row).unwrap_or(""));
        let invoices = &mut self.invoices;
        let ordinal = invoices.days.len();
        if let Some(index) = &mut invoices.index {
            self.survey.defects += u64::from(index.insert(hash_text(id), ordinal, |_| true).is_some());
        }
        invoices.days.push(day);
        invoices.unsettled.push(batch.amount.integer(row).unwrap_or(0));
        invoices.currencies.push(code);
        invoices
            .owners
            .push(batch.customer.text(row).map_or(0, hash_text));
        let warnings = &mut self.survey.warnings;
        warnings.due_before_invoice_date += u64::from(batch.due.day(row).is_some_and(|due| due < day));
        if let (Some(customers), Some(customer)) = (&self.customers, batch.customer.text(row)) {
            warnings.invoices_of_unknown_customers +=
                u64::from(customers.find(hash_text(customer), |_| true).is_none());
        }
    }

    fn add_to_invoice(&mut self, table: Table, batch: &Batch<'_>, row: usize) {
        let Some(id) = batch.invoice.text(row) else { return };
        let found = self
            .invoices
            .index
            .as_ref()
            .and_then(|index| index.find(hash_text(id), |_| true));
        let Some(invoice) = found else {
            self.survey.defects += 1;
            return;
        };
        let owner = batch.customer.text(row).map(hash_text);
        self.survey.defects += u64::from(owner != Some(self.invoices.owners[invoice]));
        if let Some(currency) = batch.currency.text(row) {
            let code = self.code_of(currency);
            self.survey.defects += u64::from(code != self.invoices.currencies[invoice]);
        }
        if table.settles() {
            let unsettled = &mut self.invoices.unsettled[invoice];
            *unsettled = unsettled.saturating_sub(batch.amount.integer(row).unwrap_or(0));
        }
        let is_early = batch
            .business
            .day(row)
            .is_some_and(|day| day < self.invoices.days[invoice]);
        if table == Table::Payments && is_early {
            self.survey.warnings.payments_before_invoice_date += 1;
        }
    }

    /// Returns a small number for a currency code.
    fn code_of(&mut self, code: &str) -> u16 {
        let position = self
            .codes
            .iter()
            .position(|known| known == code)
            .unwrap_or_else(|| {
                self.codes.push(code.to_owned());
                self.codes.len() - 1
            });
        u16::try_from(position).unwrap_or(u16::MAX)
    }

    fn defects_of(&mut self, table: Table, batch: &Batch<'_>, row: usize) -> u64 {
        let mut defects = 0;
        for (spec, values) in &batch.checked {
            let is_fine = if values.is_null(row) {
                !spec.required
            } else {
                match spec.kind {
                    ColumnKind::Id | ColumnKind::Text => values
                        .text(row)
                        .is_some_and(|text| !text.is_empty() && text.trim() == text),
                    ColumnKind::Date => values.day(row).is_some_and(|day| plausible_day(day).is_ok()),
                    ColumnKind::Amount => values.integer(row).is_some_and(|minor| {
                        plausible_amount(minor).is_ok()
                            && check_integer(minor, spec.sign).is_ok()
                            && !batch.currency.is_null(row)
                    }),
                    ColumnKind::Integer => values
                        .integer(row)
                        .is_some_and(|value| check_integer(value, spec.sign).is_ok()),
                    ColumnKind::Number => values
                        .number(row)
                        .is_some_and(|value| check_number(value, spec.sign).is_ok()),
                    ColumnKind::Currency => values.text(row).is_some_and(|code| self.is_valid_code(code)),
                }
            };
            defects += u64::from(!is_fine);
        }
        defects + u64::from(!is_known_on_right(table, batch, row))
    }

    fn is_valid_code(&mut self, code: &str) -> bool {
        if self.valid_codes.contains(code) {
            return true;
        }
        let is_valid = Currency::parse(code).is_ok_and(|currency| currency.code() == code);
        if is_valid {
            self.valid_codes.insert(code.to_owned());
        }
        is_valid
    }
}

impl TableFacts {
    fn add(&mut self, batch: &Batch<'_>, row: usize) {
        if let Some(day) = batch.business.day(row) {
            self.first_day = Some(self.first_day.map_or(day, |first| first.min(day)));
            self.last_day = Some(self.last_day.map_or(day, |last| last.max(day)));
        }
        self.last_known = self.last_known.max(batch.known.day(row));
        if let (Some(amount), Some(code)) = (batch.amount.integer(row), batch.currency.text(row)) {
            if !self.totals.contains_key(code) {
                self.totals.insert(code.to_owned(), (0, 0));
            }
            if let Some((rows, total)) = self.totals.get_mut(code) {
                *rows += 1;
                *total = total.saturating_add(amount);
            }
        }
    }
}

fn is_known_on_right(table: Table, batch: &Batch<'_>, row: usize) -> bool {
    let expected = if table == Table::Customers {
        batch.recorded.day(row).or(Some(DAY_MIN))
    } else {
        batch
            .recorded
            .day(row)
            .and_then(|recorded| batch.business.day(row).map(|day| day.max(recorded)))
    };
    expected.is_some() && batch.known.day(row) == expected
}

/// Returns the columns a survey reads from disk: all but the free texts.
fn surveyed_columns(table: Table) -> Vec<&'static str> {
    columns(table)
        .iter()
        .filter(|spec| spec.required || spec.kind != ColumnKind::Text || table.key().contains(&spec.name))
        .map(ColumnSpec::frame_name)
        .chain([RECORDED_AT, KNOWN_ON])
        .collect()
}
