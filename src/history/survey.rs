//! One pass over a ledger, batch by batch: its dates, its sums, its oddities, and whether it is clean.
//!
//! Works on frames in memory and on Parquet files that stay on disk. Of the invoices it keeps forty bytes
//! each, of the keys of the table at hand sixteen.

mod parts;

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::error::Error;
use super::keyed_rows::{KeyedRows, hash_text};
use super::parquet_reader::ParquetFile;
use super::report::{CurrencyTotal, DataReport, Warnings};
use super::row_values::RowValues;
use super::schema::{ColumnKind, ColumnSpec, KNOWN_ON, RECORDED_AT, SUPERSEDED_ON, Table, columns};
use super::survey_batch::{Batch, Codes, NO_AMOUNT, NO_CODE, NO_DAY};
use super::survey_cash::CashSurvey;
use super::validate::count;
use super::versions::{add_versions, current_rows, follow_each_other, withdrawn_rows};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date};

pub(crate) use parts::PartSurvey;

/// Rows of a frame that are looked at together; bounds what is decoded at a time.
const BATCH_ROWS: usize = 1 << 18;

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

    /// Whether rows of the table may be superseded.
    fn has_versions(&self) -> bool {
        match self {
            Self::Frame(frame) => frame.column(SUPERSEDED_ON).is_ok(),
            Self::Parquet(file) => file.has_versions(),
        }
    }

    fn for_each_batch(
        &self,
        names: &[&str],
        each: &mut dyn FnMut(usize, &DataFrame) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Frame(frame) => {
                for first in (0..frame.height()).step_by(BATCH_ROWS) {
                    let offset = i64::try_from(first).expect("polars counts rows in 32 bits");
                    each(first, &frame.slice(offset, BATCH_ROWS))?;
                }
                Ok(())
            }
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
    /// Receipts with a rest and the sum of the rests, by currency.
    unapplied: BTreeMap<String, (u64, i64)>,
    defects: u64,
}

/// What a survey found in one table.
#[derive(Debug, Default)]
struct TableFacts {
    first_day: Option<i32>,
    last_day: Option<i32>,
    last_known: Option<i32>,
    superseded: u64,
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
        report.unapplied_cash = in_currencies(&self.unapplied);
        for (table, facts) in &self.tables {
            let entry = report.tables.entry(*table).or_default();
            entry.first_date = facts.first_day.map(from_day_number);
            entry.last_date = facts.last_day.map(from_day_number);
            entry.rows_superseded = facts.superseded;
            entry.totals = in_currencies(&facts.totals);
        }
    }
}

/// What is kept of an invoice.
struct InvoiceFacts {
    unsettled_minor: i64,
    owner: u64,
    day: i32,
    code: u16,
}

struct Surveyor {
    depth: Depth,
    survey: Survey,
    codes: Codes,
    customers: Option<KeyedRows>,
    /// Invoices by the hash of their id; the rows are positions in `invoices`.
    invoice_ids: KeyedRows,
    invoices: Vec<InvoiceFacts>,
    cash: CashSurvey,
}

impl Surveyor {
    fn new(depth: Depth) -> Self {
        Self {
            depth,
            survey: Survey::default(),
            codes: Codes::default(),
            customers: None,
            invoice_ids: KeyedRows::default(),
            invoices: Vec::new(),
            cash: CashSurvey::default(),
        }
    }

    fn read(&mut self, table: Table, source: &Source<'_>) -> Result<(), Error> {
        let rows = source.rows();
        if table == Table::Invoices {
            self.invoices.reserve_exact(rows);
            self.invoice_ids = KeyedRows::with_capacity(rows);
        }
        let needs_keys = self.depth == Depth::Everything || table == Table::Customers;
        let mut keys = (needs_keys && table != Table::Invoices).then(|| self.keys_before(table, rows));
        let mut facts = self.survey.tables.remove(&table).unwrap_or_default();
        let has_versions = source.has_versions();
        let mut versions = Vec::new();
        source.for_each_batch(
            &surveyed_columns(table),
            &mut |first: usize, frame: &DataFrame| {
                let batch = Batch::of(table, frame, &mut self.codes)?;
                facts.add_days(&batch, has_versions)?;
                if self.depth == Depth::Everything {
                    self.survey.defects += batch.defects(&self.codes)?;
                    if has_versions {
                        add_versions(&mut versions, frame, &batch.keys()?)?;
                    }
                }
                // Of the rest only the last word counts.
                let current = if has_versions { current_rows(frame)? } else { None };
                facts.superseded += current
                    .as_ref()
                    .map_or(0, |rows| count(frame.height() - rows.height()));
                if table == Table::Payments
                    && let Some(withdrawn) = withdrawn_rows(frame)?
                {
                    // The ledger's own payment is the same money, and does not name the receipt.
                    self.cash
                        .read(table, &Batch::of(table, &withdrawn, &mut self.codes)?)?;
                }
                let frame = current.as_ref().unwrap_or(frame);
                let batch = if current.is_some() {
                    Batch::of(table, frame, &mut self.codes)?
                } else {
                    batch
                };
                facts.add_amounts(&batch, &self.codes);
                if let Some(keys) = &mut keys {
                    add_keys(keys, first, frame.height(), &batch.keys()?);
                }
                self.cash.read(table, &batch)?;
                if table == Table::Invoices {
                    self.add_invoices(&batch)?;
                } else if table.hangs_on_invoice() {
                    self.add_to_invoices(table, &batch)?;
                }
                Ok(())
            },
        )?;
        self.survey.tables.insert(table, facts);
        self.survey.defects += u64::from(!follow_each_other(&mut versions));
        if let Some(mut keys) = keys {
            keys.sort();
            self.survey.defects += repeats(&keys);
            if table == Table::Customers && rows > 0 {
                self.customers = Some(keys);
            }
        }
        if table == Table::Invoices {
            self.invoice_ids.sort();
            self.survey.defects += repeats(&self.invoice_ids);
        }
        Ok(())
    }

    /// The keys of a table that were read before: those of the customers, where they come in parts.
    fn keys_before(&mut self, table: Table, rows: usize) -> KeyedRows {
        let before = self.customers.take_if(|_| table == Table::Customers);
        before.unwrap_or_else(|| KeyedRows::with_capacity(rows))
    }

    /// Judges the invoices read so far, when everything that hangs on them has been read.
    fn close_invoices(&mut self) {
        let overpaid = self.invoices.iter().filter(|invoice| invoice.unsettled_minor < 0);
        self.survey.warnings.overpaid_invoices += count(overpaid.count());
        self.invoices.clear();
        self.invoice_ids = KeyedRows::default();
    }

    fn finish(mut self) -> Survey {
        self.close_invoices();
        let cash = self.cash.finish();
        self.survey.warnings.payments_of_unknown_receipts = cash.strangers;
        for (code, total) in cash.unapplied {
            let name = self.codes.name(usize::from(code)).to_owned();
            self.survey.unapplied.insert(name, total);
        }
        self.survey
    }

    fn add_invoices(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let first = self.invoices.len();
        for (row, id) in batch.hashes("invoice_id")?.into_iter().enumerate() {
            self.invoice_ids.push(id, first + row);
        }
        let hashes = batch.hashes("customer_id")?;
        for (row, &owner) in hashes.iter().enumerate() {
            self.invoices.push(InvoiceFacts {
                unsettled_minor: batch.amounts[row],
                owner,
                day: batch.business[row],
                code: batch.codes[row],
            });
        }
        if let Some(customers) = &self.customers {
            let mut owners = KeyedRows::with_capacity(hashes.len());
            owners.extend(0, hashes.len(), |row| hashes[row]);
            owners.sort();
            let mut known = 0;
            customers.find_all(&owners, |_, _| true, |_, _| known += 1);
            self.survey.warnings.invoices_of_unknown_customers += count(batch.codes.len() - known);
        }
        let due_days = batch.days("due_date")?;
        let early = due_days
            .iter()
            .zip(&batch.business)
            .filter(|(due, day)| **due != NO_DAY && due < day);
        self.survey.warnings.due_before_invoice_date += count(early.count());
        Ok(())
    }

    fn add_to_invoices(&mut self, table: Table, batch: &Batch<'_>) -> Result<(), Error> {
        let mut ids = KeyedRows::with_capacity(batch.codes.len());
        batch.for_each_text("invoice_id", |row, id| {
            if let Some(id) = id {
                ids.push(hash_text(id), row);
            }
        })?;
        ids.sort();
        let owners = batch.hashes("customer_id")?;
        let (mut found, mut misfits, mut early) = (0, 0, 0);
        self.invoice_ids.find_all(
            &ids,
            |_, _| true,
            |row, position| {
                found += 1;
                let invoice = &mut self.invoices[position];
                let is_other_currency = batch.codes[row] != NO_CODE && batch.codes[row] != invoice.code;
                misfits += u64::from(is_other_currency || owners[row] != invoice.owner);
                if table.settles() && batch.amounts[row] != NO_AMOUNT {
                    invoice.unsettled_minor = invoice.unsettled_minor.saturating_sub(batch.amounts[row]);
                }
                early += u64::from(table == Table::Payments && batch.business[row] < invoice.day);
            },
        );
        self.survey.defects += misfits + count(ids.len() - found);
        self.survey.warnings.payments_before_invoice_date += early;
        Ok(())
    }
}

impl TableFacts {
    fn add_days(&mut self, batch: &Batch<'_>, has_versions: bool) -> Result<(), Error> {
        let business = || batch.business.iter().copied().filter(|day| *day != NO_DAY);
        let known = batch.known.iter().copied().filter(|day| *day != NO_DAY);
        self.first_day = self.first_day.into_iter().chain(business()).min();
        self.last_day = self.last_day.into_iter().chain(business()).max();
        self.last_known = self.last_known.into_iter().chain(known).max();
        if has_versions {
            // That a row holds no longer is known from a day on as well.
            let ends = batch.days(SUPERSEDED_ON)?;
            let ends = ends.into_iter().filter(|day| *day != NO_DAY);
            self.last_known = self.last_known.into_iter().chain(ends).max();
        }
        Ok(())
    }

    fn add_amounts(&mut self, batch: &Batch<'_>, codes: &Codes) {
        let mut sums: Vec<(u64, i64)> = Vec::new();
        for (&code, &amount) in batch.codes.iter().zip(&batch.amounts) {
            if code == NO_CODE || amount == NO_AMOUNT {
                continue;
            }
            let number = usize::from(code);
            if number >= sums.len() {
                sums.resize(number + 1, (0, 0));
            }
            sums[number].0 += 1;
            sums[number].1 = sums[number].1.saturating_add(amount);
        }
        for (number, (rows, minor)) in sums.into_iter().enumerate().filter(|(_, (rows, _))| *rows > 0) {
            let total = self.totals.entry(codes.name(number).to_owned()).or_default();
            total.0 += rows;
            total.1 = total.1.saturating_add(minor);
        }
    }
}

/// Returns sums in the currencies of their codes; a code that is no currency is a defect and never gets this far.
fn in_currencies(totals: &BTreeMap<String, (u64, i64)>) -> BTreeMap<String, CurrencyTotal> {
    totals
        .iter()
        .filter_map(|(code, (rows, minor))| {
            let currency = Currency::parse(code).ok()?;
            Some((code.clone(), CurrencyTotal::new(*rows, *minor, currency)))
        })
        .collect()
}

fn add_keys(keys: &mut KeyedRows, first: usize, height: usize, columns: &[RowValues<'_>]) {
    keys.extend(first, height, |row| RowValues::hash_row(columns, row));
}

/// Counts repeated keys. Equal hashes of different keys are possible, and then cost a closer look, no more.
fn repeats(keys: &KeyedRows) -> u64 {
    count(keys.repeats(|_, _| true).len())
}

/// Returns the columns a survey reads from disk: all but the free texts.
fn surveyed_columns(table: Table) -> Vec<&'static str> {
    columns(table)
        .iter()
        .filter(|spec| spec.required || spec.kind != ColumnKind::Text || table.key().contains(&spec.name))
        .map(ColumnSpec::frame_name)
        .chain([RECORDED_AT, KNOWN_ON, SUPERSEDED_ON])
        .collect()
}
