//! Checks across rows and tables: duplicates, rows without their invoice, currencies that do not match.

pub(crate) mod stages;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{BooleanChunked, DataFrame, IntoColumn, StringChunkedBuilder};
use rayon::prelude::*;

use super::OpenOptions;
use super::builder::{Built, TableBuilder};
use super::duplicates::{self, Growth};
use super::error::Error;
use super::invoice_index::{InvoiceIndex, Misfit};
use super::keyed_rows::hash_text;
use super::link::Void;
use super::origin::{Counts, Origins};
use super::precedence;
use super::report::{DataReport, Reject, TableReport};
use super::row_values::RowValues;
use super::schema::Table;
use super::survey::{Depth, Source, Survey};
use super::versions::set_clocks;
use super::voids;
use crate::domain::Date;
use crate::domain::date::day_number;

use stages::ImportDay;

/// Rejects quoted in an error.
const REJECTS_QUOTED: usize = 3;

/// A ledger whose rows agree with each other.
#[derive(Debug)]
pub struct Assembled {
    /// Every table, absent ones empty, in the canonical shape.
    pub frames: BTreeMap<Table, DataFrame>,
    /// What was found.
    pub report: DataReport,
    /// First invoice date and last day anything became known.
    pub(crate) date_range: Option<(Date, Date)>,
    /// What an import changed in the rows of the ledger, by table.
    pub(crate) growth: BTreeMap<Table, Grown>,
}

/// A ledger that imported rows are added to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Onto {
    /// Rows of the ledger itself, by table; they come first.
    pub(crate) own_rows: BTreeMap<Table, usize>,
    /// The day the imported files were made, as far as it was stated.
    pub(crate) recorded_at: Option<Date>,
    /// Rows, whether of the ledger or of the import, that their source declares void.
    pub(crate) voids: Vec<Void>,
}

/// What an import changed in the rows that a table had.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grown {
    /// Imported rows that became a new version of one of them.
    pub(crate) corrected: u64,
    /// Rows that gave way to those of another source.
    pub(crate) withdrawn: u64,
    /// Rows that ended because their source declared them void.
    pub(crate) voided: u64,
}

/// Checks the tables against each other and leaves out what does not fit.
///
/// Of rows with the same key the first wins: equal ones are dropped, others rejected, unless they are versions that
/// follow each other in time. Rows that belong to an invoice get its customer where they name none.
///
/// # Errors
///
/// [`Error::TooManyRejects`] when a larger share of the rows is rejected than the options tolerate.
pub fn assemble(tables: BTreeMap<Table, Built>, options: &OpenOptions) -> Result<Assembled, Error> {
    assemble_onto(tables, None, options)
}

/// Does what [`assemble`] does, with the rows of a ledger and, behind them, those of an import: an imported row with
/// a known key and other values corrects the ledger's, which is kept as the version before.
///
/// # Errors
///
/// As [`assemble`].
pub(crate) fn assemble_onto(
    tables: BTreeMap<Table, Built>,
    onto: Option<&Onto>,
    options: &OpenOptions,
) -> Result<Assembled, Error> {
    let mut given = tables;
    let mut all = Vec::with_capacity(Table::ALL.len());
    for table in Table::ALL {
        let built = match given.remove(&table) {
            Some(built) => built,
            None => TableBuilder::new(table).finish()?,
        };
        let mut checked = Checked::from(built);
        checked.own_rows = onto
            .and_then(|onto| onto.own_rows.get(&table).copied())
            .unwrap_or(0);
        all.push(checked);
    }
    let day = onto.map(|onto| import_day(&all, onto.recorded_at)).transpose()?;
    let (mut invoices, mut others): (Vec<Checked>, Vec<Checked>) = all
        .into_iter()
        .partition(|checked| checked.table == Table::Invoices);
    invoices
        .iter_mut()
        .try_for_each(|invoices| invoices.drop_repeated_invoices(&others, day))?;
    // The index costs as much as the duplicates did, so it is made only for rows that are looked up in it.
    let hang_on_invoices = others
        .iter()
        .any(|checked| checked.table.hangs_on_invoice() && checked.frame.height() > 0);
    if let Some(invoices) = invoices.first().filter(|_| hang_on_invoices) {
        let index = InvoiceIndex::of(&invoices.frame)?;
        others = others
            .into_par_iter()
            .map(|checked| checked.attach(&index))
            .collect::<Result<Vec<_>, _>>()?;
    }
    // Only now are rows complete: one that names its customer equals one that leaves it to the invoice.
    others
        .par_iter_mut()
        .try_for_each(|checked| checked.drop_duplicates(day, &|_| false))?;
    if let (Some(day), Some(onto)) = (day, onto) {
        for checked in &mut others {
            checked.end_void(&onto.voids, day)?;
            checked.withdraw_provisional()?;
        }
    }
    let mut checked: Vec<Checked> = invoices.into_iter().chain(others).collect();
    checked.sort_by_key(|checked| checked.table);
    let growth = checked
        .iter()
        .map(|checked| (checked.table, checked.grown))
        .collect();
    let (frames, mut report) = conclude(checked);
    check_share(&report, options.max_reject_share)?;
    let sources = frames
        .iter()
        .map(|(table, frame)| (*table, Source::Frame(frame)))
        .collect();
    let survey = Survey::of(&sources, Depth::Facts)?;
    survey.fill(&mut report);
    Ok(Assembled {
        frames,
        report,
        date_range: survey.date_range(),
        growth,
    })
}

/// Returns since when the changes of an import are known: the day that is stated, else the last one on which any of
/// its rows became known, else that of the ledger. A source that has no clock is never later than its last fact.
fn import_day(tables: &[Checked], stated: Option<Date>) -> Result<i32, Error> {
    if let Some(day) = stated {
        return Ok(day_number(day));
    }
    let mut days = ImportDay::default();
    for checked in tables {
        days.add(&checked.frame, checked.own_rows)?;
    }
    Ok(days.day())
}

/// Returns the hashes of the invoices that other rows hang on, sorted.
fn invoices_in_use(tables: &[Checked]) -> Vec<u64> {
    let mut hashes = Vec::new();
    for checked in tables.iter().filter(|checked| checked.table.hangs_on_invoice()) {
        let ids = RowValues::of(&checked.frame, "invoice_id").expect("the ids of invoices are texts");
        ids.for_each_text(checked.frame.height(), |_, id| hashes.extend(id.map(hash_text)));
    }
    hashes.sort_unstable();
    hashes
}

fn conclude(checked: Vec<Checked>) -> (BTreeMap<Table, DataFrame>, DataReport) {
    let mut frames = BTreeMap::new();
    let mut report = DataReport::default();
    for mut table in checked {
        report.tables.insert(table.table, table.report());
        report.rejects.append(&mut table.rejects);
        frames.insert(table.table, table.frame);
    }
    (frames, report)
}

/// Refuses a ledger of which too large a share was rejected.
pub(crate) fn check_share(report: &DataReport, max_reject_share: f64) -> Result<(), Error> {
    let (rejected, read) = (report.rows_rejected(), report.rows_read());
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    let is_within_share = rejected as f64 <= max_reject_share * read as f64;
    if is_within_share {
        return Ok(());
    }
    Err(Error::TooManyRejects {
        rejected,
        read,
        allowed_share: max_reject_share,
        first: report.rejects.iter().take(REJECTS_QUOTED).cloned().collect(),
    })
}

/// A table on its way through the checks.
struct Checked {
    table: Table,
    frame: DataFrame,
    rejects: Vec<Reject>,
    /// The rows that were rejected here, numbered as they were when they were looked at.
    rejected_rows: Vec<usize>,
    origins: Origins,
    counts: Counts,
    duplicates_equal: u64,
    duplicates_conflicting: u64,
    orphans: u64,
    other_currency: u64,
    customers_corrected: u64,
    /// Rows of the ledger itself; they come first.
    own_rows: usize,
    grown: Grown,
}

impl From<Built> for Checked {
    fn from(built: Built) -> Self {
        Self {
            table: built.table,
            frame: built.frame,
            rejects: built.rejects,
            rejected_rows: Vec::new(),
            origins: built.origins,
            counts: built.counts,
            duplicates_equal: 0,
            duplicates_conflicting: 0,
            orphans: 0,
            other_currency: 0,
            customers_corrected: 0,
            own_rows: 0,
            grown: Grown::default(),
        }
    }
}

impl Checked {
    fn report(&self) -> TableReport {
        let mut named = BTreeSet::new();
        let files = self.origins.files().filter(|file| named.insert(*file));
        TableReport {
            files: files.map(ToOwned::to_owned).collect(),
            rows_read: self.counts.rows_read,
            rows_kept: count(self.frame.height()),
            rows_rejected: count(self.rejects.len()),
            duplicates_equal: self.duplicates_equal,
            duplicates_conflicting: self.duplicates_conflicting,
            orphans: self.orphans,
            other_currency: self.other_currency,
            customers_corrected: self.customers_corrected,
            impossible_dates: self.counts.impossible_dates,
            recorded_at_imputed: self.counts.recorded_at_imputed,
            amounts_from_floats: self.counts.amounts_from_floats,
            ..TableReport::default()
        }
    }

    fn drop_duplicates(
        &mut self,
        import_day: Option<i32>,
        is_used: &dyn Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let growth = import_day.map(|day| Growth {
            own_rows: self.own_rows,
            day,
        });
        let resolved = duplicates::resolve(self.table, &self.frame, &self.origins, growth, is_used)?;
        self.duplicates_equal = resolved.equal;
        self.duplicates_conflicting = count(resolved.rejects.len());
        self.grown.corrected = resolved.corrected;
        for (row, reject) in resolved.rejects {
            self.rejected_rows.push(row);
            self.rejects.push(reject);
        }
        set_clocks(self.table, &mut self.frame, &resolved.clocks)?;
        self.retain(&resolved.keep)
    }

    /// Does so with invoices; one that another row hangs on keeps its customer and its currency.
    fn drop_repeated_invoices(&mut self, others: &[Self], import_day: Option<i32>) -> Result<(), Error> {
        let used = OnceCell::new();
        let is_used = |invoice_id: &str| {
            let used = used.get_or_init(|| invoices_in_use(others));
            used.binary_search(&hash_text(invoice_id)).is_ok()
        };
        self.drop_duplicates(import_day, &is_used)
    }

    /// Ends rows that their source declares void.
    fn end_void(&mut self, voids: &[Void], import_day: i32) -> Result<(), Error> {
        let ended = voids::endings(self.table, &self.frame, voids, import_day)?;
        self.grown.voided = count(ended.len());
        set_clocks(self.table, &mut self.frame, &ended)
    }

    /// Ends payments that were only matched where the source itself has allocated them.
    fn withdraw_provisional(&mut self) -> Result<(), Error> {
        if self.table != Table::Payments {
            return Ok(());
        }
        let withdrawn = precedence::withdrawals(&self.frame)?;
        self.grown.withdrawn = count(withdrawn.len());
        set_clocks(self.table, &mut self.frame, &withdrawn)
    }

    /// Rejects rows without their invoice or in another currency, and gives the others its customer.
    fn attach(mut self, invoices: &InvoiceIndex<'_>) -> Result<Self, Error> {
        if !self.table.hangs_on_invoice() {
            return Ok(self);
        }
        let height = self.frame.height();
        let ids = RowValues::of(&self.frame, "invoice_id")?;
        let currencies = RowValues::of(&self.frame, "currency")?;
        let customers = RowValues::of(&self.frame, "customer_id")?;
        let mut keep = vec![true; height];
        let mut rejects = Vec::new();
        let (mut filled, mut corrected) = (0, 0);
        let mut owners = StringChunkedBuilder::new("customer_id".into(), height);
        let partners = invoices.partners(&ids, height);
        for (row, keep) in keep.iter_mut().enumerate() {
            let owner = customers.text(row);
            let Some(id) = ids.text(row) else {
                owners.append_option(owner);
                continue;
            };
            let found = partners[row].and_then(|invoice| invoices.facts(invoice));
            if let Some(fault) = Misfit::of(found, currencies.text(row)) {
                *keep = false;
                owners.append_option(owner);
                let (file, line) = self.origins.of(row);
                rejects.push(fault.reject(file, line, id));
                self.rejected_rows.push(row);
                match fault {
                    Misfit::Orphan => self.orphans += 1,
                    Misfit::Currency { .. } => self.other_currency += 1,
                }
                continue;
            }
            let invoice_owner = found.map(|invoice| invoice.customer);
            filled += u64::from(owner.is_none());
            corrected += u64::from(owner.is_some() && owner != invoice_owner);
            owners.append_option(invoice_owner);
        }
        self.customers_corrected = corrected;
        self.rejects.append(&mut rejects);
        if filled + corrected > 0 {
            let failed = |source| Error::polars("filling in customers", source);
            self.frame
                .with_column(owners.finish().into_column())
                .map_err(failed)?;
        }
        self.retain(&keep)?;
        Ok(self)
    }

    /// Drops rows. Origins no longer match afterwards unless they are dropped too.
    fn retain(&mut self, keep: &[bool]) -> Result<(), Error> {
        if keep.iter().all(|&keep| keep) {
            return Ok(());
        }
        let mask: BooleanChunked = keep.iter().copied().collect();
        let mut kept = self
            .frame
            .filter(&mask)
            .map_err(|source| Error::polars("dropping rows", source))?;
        kept.rechunk_mut_par();
        self.frame = kept;
        self.origins.retain(keep);
        self.own_rows = keep.iter().take(self.own_rows).filter(|keep| **keep).count();
        Ok(())
    }
}

/// Converts a count of things in memory.
pub(crate) fn count(things: usize) -> u64 {
    u64::try_from(things).expect("a count fits 64 bits")
}
