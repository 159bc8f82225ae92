//! The checks of a ledger, one part after the other.
//!
//! - Tables without a part in invoices are divided by their key and checked once.
//! - Invoices and what hangs on them are divided by invoice: repeated invoices, then the rows that do not belong.
//! - What hangs on them is then divided by its own key: two payments may have one key and different invoices.
//! - At last it is divided by invoice again: payments that were only matched, and the survey.
//!
//! Every row carries its place in its table. It decides between rows of one key, whatever part they came through.

use std::collections::BTreeMap;

use polars::prelude::{BooleanChunked, DataFrame};

use super::super::present::rows_beyond;
use super::chunks::{Chunks, PLACE, Taken, add_numbers};
use super::part::{in_order, keys, numbers, rows_of};
use super::parts;
use super::refused::{Phase, Refused};
use super::runs::Runs;
use super::spill::Spill;
use crate::history::Error;
use crate::history::builder::TableBuilder;
use crate::history::link::Void;
use crate::history::report::{DataReport, TableReport};
use crate::history::row_values::RowValues;
use crate::history::schema::{SUPERSEDED_ON, Table};
use crate::history::survey::PartSurvey;
use crate::history::validate::stages::{self, Rows, Step};
use crate::history::validate::{Grown, count};
use crate::history::versions::last_versions;

/// Column that says of a payment whether it is the last version of its own.
const LAST: &str = "~last";
/// What the survey needs of payments that name a receipt.
const OF_CASH: [&str; 5] = [
    "receipt_id",
    "amount_minor",
    "currency",
    "confidence",
    SUPERSEDED_ON,
];

/// What the steps found in a table.
#[derive(Debug, Default)]
pub(super) struct Found {
    report: TableReport,
    pub(super) grown: Grown,
    /// Rows whose key the ledger did not have.
    pub(super) new: u64,
}

/// What the steps leave.
pub(super) struct Checked {
    /// The rows of each table that has any.
    pub(super) runs: BTreeMap<Table, Runs>,
    pub(super) found: BTreeMap<Table, Found>,
    pub(super) report: DataReport,
    pub(super) refused: Refused,
}

/// Checks the rows that were set aside, and ends those that are void; changes are known since `day`, where a row does not
/// say it itself.
pub(super) fn checked(chunks: Chunks, day: i32, voids: Vec<Void>) -> Result<Checked, Error> {
    let mut steps = Steps {
        chunks,
        day,
        voids,
        runs: BTreeMap::new(),
        found: BTreeMap::new(),
        survey: PartSurvey::new(),
    };
    let is_plain =
        |table: &Table| !table.hangs_on_invoice() && ![Table::Invoices, Table::Receipts].contains(table);
    // Customers are the first of them: invoices are compared with them.
    for table in Table::ALL.into_iter().filter(is_plain) {
        steps.plain(table)?;
    }
    let (invoices, attached) = steps.invoices()?;
    let mut kept = BTreeMap::new();
    for (table, spill) in attached {
        kept.insert(table, steps.keyed(table, spill)?);
    }
    let cash = steps.settled(invoices, kept)?;
    steps.receipts(cash)?;
    Ok(steps.concluded())
}

struct Steps {
    chunks: Chunks,
    day: i32,
    voids: Vec<Void>,
    runs: BTreeMap<Table, Runs>,
    found: BTreeMap<Table, Found>,
    survey: PartSurvey,
}

impl Steps {
    /// Checks a table that has no part in invoices.
    fn plain(&mut self, table: Table) -> Result<(), Error> {
        let Some(spill) = self.chunks.spills.remove(&table) else {
            return Ok(());
        };
        for part in 0..self.chunks.parts {
            let frame = self.plain_part(table, &spill, part)?;
            self.survey.add(table, &frame)?;
            self.set_in_order(table, &frame)?;
        }
        spill.remove()
    }

    /// Checks the receipts, and sets the payments that name them against them.
    fn receipts(&mut self, cash: Spill) -> Result<(), Error> {
        let table = Table::Receipts;
        let none = || {
            TableBuilder::new(Table::Receipts)
                .finish()
                .map(|built| built.frame)
        };
        let spill = self.chunks.spills.remove(&table);
        for part in 0..self.chunks.parts {
            let receipts = match &spill {
                Some(spill) => self.plain_part(table, spill, part)?,
                None => none()?,
            };
            let payments = match cash.read(part)? {
                Some(payments) => payments,
                // No row, so any shape will do.
                None => none()?,
            };
            self.survey.add_cash(&receipts, &payments)?;
            self.set_in_order(table, &receipts)?;
        }
        cash.remove()?;
        spill.map_or(Ok(()), Spill::remove)
    }

    fn plain_part(&mut self, table: Table, spill: &Spill, part: usize) -> Result<DataFrame, Error> {
        let rows = self.rows(table, spill.read(part)?)?;
        let known = keys(table, &rows.frame, rows.own_rows)?;
        self.check_keys(rows, Some(&known))
    }

    /// Checks invoices, and what hangs on them beside them; gives the invoices by invoice, the others by their key.
    fn invoices(&mut self) -> Result<(Spill, BTreeMap<Table, Spill>), Error> {
        let parts = self.chunks.parts;
        let invoices = self.chunks.spills.remove(&Table::Invoices);
        let mut others = BTreeMap::new();
        for table in Table::ALL.into_iter().filter(|table| table.hangs_on_invoice()) {
            if let Some(spill) = self.chunks.spills.remove(&table) {
                others.insert(table, spill);
            }
        }
        let mut kept = self.chunks.spill("kept-invoices");
        let mut attached: BTreeMap<Table, Spill> = BTreeMap::new();
        for part in 0..parts {
            let of_part = invoices.as_ref().map_or(Ok(None), |spill| spill.read(part))?;
            let of_part = self.rows(Table::Invoices, of_part)?;
            let known = keys(Table::Invoices, &of_part.frame, of_part.own_rows)?;
            let places = numbers(&of_part.frame, PLACE)?;
            let (mut hanging, mut places_of_hanging) = (Vec::new(), Vec::new());
            for (table, spill) in &others {
                let rows = self.rows(*table, spill.read(part)?)?;
                places_of_hanging.push(numbers(&rows.frame, PLACE)?);
                hanging.push(rows);
            }
            let (of_part, hanging) = stages::by_invoice(of_part, hanging, self.day)?;
            let frame = self.count(of_part, &places, Phase::Key);
            let found = self.found.entry(Table::Invoices).or_default();
            found.new += rows_beyond(Table::Invoices, &frame, &known)?;
            kept.append_to(part, &frame)?;
            for (step, places) in hanging.into_iter().zip(places_of_hanging) {
                let table = step.table;
                let frame = self.count(step, &places, Phase::Invoice);
                let divided = parts::by_key(table, &frame, parts)?;
                let new = || self.chunks.spill(&format!("attached-{table}"));
                attached
                    .entry(table)
                    .or_insert_with(new)
                    .append(&frame, &divided)?;
            }
        }
        for spill in invoices.into_iter().chain(others.into_values()) {
            spill.remove()?;
        }
        Ok((kept, attached))
    }

    /// Checks what hangs on invoices beside the others of its key; gives it by invoice.
    fn keyed(&mut self, table: Table, attached: Spill) -> Result<Spill, Error> {
        let parts = self.chunks.parts;
        let own_keys = self.chunks.own_keys.remove(&table);
        let mut kept = self.chunks.spill(&format!("kept-{table}"));
        for part in 0..parts {
            let Some(frame) = attached.read(part)? else {
                continue;
            };
            let known = own_keys.as_ref().map_or(Ok(None), |spill| spill.read(part))?;
            let rows = self.rows(table, Some(frame))?;
            let mut frame = self.check_keys(rows, known.as_ref())?;
            if table == Table::Payments {
                let is_last = last_versions(&frame, "payment_id")?;
                let is_last = is_last.unwrap_or_else(|| vec![true; frame.height()]);
                add_numbers(&mut frame, LAST, is_last.into_iter().map(i64::from).collect())?;
            }
            kept.append(&frame, &parts::by_invoice(table, &frame, parts)?)?;
        }
        attached.remove()?;
        own_keys.map_or(Ok(()), Spill::remove)?;
        Ok(kept)
    }

    /// Lets matched payments give way, surveys the parts and puts them in order; gives what payments say of receipts.
    fn settled(&mut self, invoices: Spill, kept: BTreeMap<Table, Spill>) -> Result<Spill, Error> {
        let mut cash = self.chunks.spill("cash");
        for part in 0..self.chunks.parts {
            if let Some(frame) = invoices.read(part)? {
                let frame = in_order(frame)?;
                self.survey.add(Table::Invoices, &frame)?;
                self.set_in_order(Table::Invoices, &frame)?;
            }
            for (table, spill) in &kept {
                let Some(frame) = spill.read(part)? else {
                    continue;
                };
                let mut frame = in_order(frame)?;
                if *table == Table::Payments {
                    self.withdraw(&mut frame)?;
                    set_cash_aside(&mut cash, &frame, self.chunks.parts)?;
                    self.survey.add(*table, &without_receipts(&frame)?)?;
                } else {
                    self.survey.add(*table, &frame)?;
                }
                self.set_in_order(*table, &frame)?;
            }
            self.survey.close_invoices();
        }
        for spill in kept.into_values().chain([invoices]) {
            spill.remove()?;
        }
        Ok(cash)
    }

    fn withdraw(&mut self, payments: &mut DataFrame) -> Result<(), Error> {
        let is_last: Vec<bool> = numbers(payments, LAST)?
            .into_iter()
            .map(|last| last != 0)
            .collect();
        let withdrawn = stages::withdraw(payments, &is_last)?;
        self.found.entry(Table::Payments).or_default().grown.withdrawn += withdrawn;
        Ok(())
    }

    fn rows(&self, table: Table, frame: Option<DataFrame>) -> Result<Rows, Error> {
        let own_rows = self.chunks.tables.get(&table).map_or(0, |taken| taken.own_rows);
        rows_of(table, frame, own_rows, &self.chunks.files)
    }

    /// Checks rows that share a key, and counts those whose key the ledger did not have.
    fn check_keys(&mut self, rows: Rows, known: Option<&DataFrame>) -> Result<DataFrame, Error> {
        let table = rows.table;
        let places = numbers(&rows.frame, PLACE)?;
        let step = stages::by_key(rows, self.day, &self.voids)?;
        let frame = self.count(step, &places, Phase::Key);
        let new = match known {
            Some(known) => rows_beyond(table, &frame, known)?,
            None => count(frame.height()),
        };
        self.found.entry(table).or_default().new += new;
        Ok(frame)
    }

    /// Adds up what a step found; gives the rows it left.
    fn count(&mut self, step: Step, places: &[i64], phase: Phase) -> DataFrame {
        for (row, reject) in step.rejects {
            let place = places.get(row).and_then(|place| u64::try_from(*place).ok());
            self.chunks
                .refused
                .push(step.table, phase, place.unwrap_or(u64::MAX), reject);
        }
        let found = self.found.entry(step.table).or_default();
        found.grown.corrected += step.grown.corrected;
        found.grown.voided += step.grown.voided;
        found.report.duplicates_equal += step.report.duplicates_equal;
        found.report.duplicates_conflicting += step.report.duplicates_conflicting;
        found.report.orphans += step.report.orphans;
        found.report.other_currency += step.report.other_currency;
        found.report.customers_corrected += step.report.customers_corrected;
        step.frame
    }

    /// Sets rows aside that are checked.
    fn set_in_order(&mut self, table: Table, frame: &DataFrame) -> Result<(), Error> {
        let folder = self.chunks.folder();
        let at_once = self.chunks.limits.run_rows / self.chunks.parts.max(1);
        let runs = self.runs.entry(table);
        runs.or_insert_with(|| Runs::new(table, folder, at_once))
            .add(frame)
    }

    /// Says what was found.
    fn concluded(mut self) -> Checked {
        let mut report = DataReport::default();
        for table in Table::ALL {
            let found = self.found.entry(table).or_default();
            let mut facts = std::mem::take(&mut found.report);
            if let Some(Taken { files, counts, .. }) = self.chunks.tables.remove(&table) {
                facts.files = files;
                facts.rows_read = counts.rows_read;
                facts.impossible_dates = counts.impossible_dates;
                facts.recorded_at_imputed = counts.recorded_at_imputed;
                facts.amounts_from_floats = counts.amounts_from_floats;
            }
            facts.rows_kept = self.runs.get(&table).map_or(0, |runs| count(runs.extent().rows));
            facts.rows_rejected = self.chunks.refused.of_table(table);
            report.tables.insert(table, facts);
        }
        self.survey.finish(&mut report);
        Checked {
            runs: self.runs,
            found: self.found,
            report,
            refused: self.chunks.refused,
        }
    }
}

/// Sets aside what payments say of the receipts that they name.
fn set_cash_aside(cash: &mut Spill, payments: &DataFrame, parts: usize) -> Result<(), Error> {
    let failed = |source| Error::polars("taking what payments say of receipts", source);
    let receipts = RowValues::of(payments, "receipt_id")?;
    if matches!(receipts, RowValues::Nulls) {
        return Ok(());
    }
    let names_one: BooleanChunked = (0..payments.height()).map(|row| !receipts.is_null(row)).collect();
    let of_cash = payments.select(OF_CASH).map_err(failed)?;
    let of_cash = of_cash.filter(&names_one).map_err(failed)?;
    cash.append(&of_cash, &parts::by_receipt(&of_cash, parts)?)
}

/// The payments as the survey of invoices is to see them: what they say of receipts is added up with these.
fn without_receipts(payments: &DataFrame) -> Result<DataFrame, Error> {
    payments
        .drop("receipt_id")
        .map_err(|source| Error::polars("leaving out a column", source))
}
