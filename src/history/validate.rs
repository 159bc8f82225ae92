//! Checks across rows and tables: duplicates, rows without their invoice, currencies that do not match.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use polars::prelude::{BooleanChunked, DataFrame, IntoColumn, StringChunkedBuilder};
use rayon::prelude::*;

use super::OpenOptions;
use super::builder::{Built, TableBuilder};
use super::error::Error;
use super::keyed_rows::{KeyedRows, hash_text};
use super::origin::{Counts, Origins};
use super::report::{DataReport, Reject, TableReport};
use super::row_values::RowValues;
use super::schema::Table;
use super::survey::{Depth, Source, Survey};
use crate::domain::Date;

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
}

/// Checks the tables against each other and leaves out what does not fit.
///
/// Of rows with the same key the first wins: equal ones are dropped, others rejected. Rows that belong to an
/// invoice get its customer where they name none.
///
/// # Errors
///
/// [`Error::TooManyRejects`] when a larger share of the rows is rejected than the options tolerate.
pub fn assemble(tables: BTreeMap<Table, Built>, options: &OpenOptions) -> Result<Assembled, Error> {
    let mut given = tables;
    let mut all = Vec::with_capacity(Table::ALL.len());
    for table in Table::ALL {
        let built = match given.remove(&table) {
            Some(built) => built,
            None => TableBuilder::new(table).finish()?,
        };
        all.push(Checked::from(built));
    }
    let (mut invoices, mut others): (Vec<Checked>, Vec<Checked>) = all
        .into_iter()
        .partition(|checked| checked.table == Table::Invoices);
    invoices.iter_mut().try_for_each(Checked::drop_duplicates)?;
    if let Some(invoices) = invoices.first() {
        let index = InvoiceIndex::of(&invoices.frame)?;
        others = others
            .into_par_iter()
            .map(|checked| checked.attach(&index))
            .collect::<Result<Vec<_>, _>>()?;
    }
    // Only now are rows complete: one that names its customer equals one that leaves it to the invoice.
    others.par_iter_mut().try_for_each(Checked::drop_duplicates)?;
    let mut checked: Vec<Checked> = invoices.into_iter().chain(others).collect();
    checked.sort_by_key(|checked| checked.table);
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
    })
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
    origins: Origins,
    counts: Counts,
    duplicates_equal: u64,
    duplicates_conflicting: u64,
    orphans: u64,
    other_currency: u64,
    customers_corrected: u64,
}

impl From<Built> for Checked {
    fn from(built: Built) -> Self {
        Self {
            table: built.table,
            frame: built.frame,
            rejects: built.rejects,
            origins: built.origins,
            counts: built.counts,
            duplicates_equal: 0,
            duplicates_conflicting: 0,
            orphans: 0,
            other_currency: 0,
            customers_corrected: 0,
        }
    }
}

impl Checked {
    fn report(&self) -> TableReport {
        let mut files: Vec<String> = self.origins.files().map(ToOwned::to_owned).collect();
        // Sheets whose rows alternate name their file again and again.
        let mut named = std::collections::BTreeSet::new();
        files.retain(|file| named.insert(file.clone()));
        TableReport {
            files,
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

    fn drop_duplicates(&mut self) -> Result<(), Error> {
        let height = self.frame.height();
        let key = self.table.key();
        let keys = key
            .iter()
            .map(|name| RowValues::of(&self.frame, name))
            .collect::<Result<Vec<_>, _>>()?;
        let every = self
            .frame
            .columns()
            .iter()
            .map(RowValues::from_column)
            .collect::<Result<Vec<_>, _>>()?;
        let mut keyed = KeyedRows::with_capacity(height);
        for row in 0..height {
            let mut hasher = DefaultHasher::new();
            keys.iter().for_each(|values| values.hash_into(row, &mut hasher));
            keyed.push(hasher.finish(), row);
        }
        keyed.sort();
        let repeats = keyed.repeats(|row, other| keys.iter().all(|values| values.is_same(row, other)));
        drop(keyed);
        let mut keep = vec![true; height];
        let mut rejects = Vec::new();
        let mut equal = 0;
        for (row, first) in repeats {
            keep[row] = false;
            if every.iter().all(|values| values.is_same(row, first)) {
                equal += 1;
                continue;
            }
            let (file, line) = self.origins.of(row);
            let (first_file, first_line) = self.origins.of(first);
            let shown: Vec<String> = keys.iter().map(|values| values.shown(row)).collect();
            rejects.push(Reject {
                file: file.to_owned(),
                line,
                column: key.join(", "),
                value: shown.join(", "),
                reason: format!(
                    "duplicate: {first_file} line {first_line} has the same key and other values"
                ),
            });
        }
        drop((keys, every));
        self.duplicates_equal = equal;
        self.duplicates_conflicting = count(rejects.len());
        self.rejects.append(&mut rejects);
        self.retain(&keep)
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
        Ok(())
    }
}

/// Why a row does not belong to its invoice.
#[derive(Clone, Copy)]
enum Misfit<'a> {
    Orphan,
    Currency { given: &'a str, of_invoice: &'a str },
}

impl<'a> Misfit<'a> {
    fn of(invoice: Option<FoundInvoice<'a>>, currency: Option<&'a str>) -> Option<Self> {
        let Some(invoice) = invoice else {
            return Some(Self::Orphan);
        };
        let of_invoice = invoice.currency;
        currency
            .filter(|&given| given != of_invoice)
            .map(|given| Self::Currency { given, of_invoice })
    }

    fn reject(self, file: &str, line: u64, invoice_id: &str) -> Reject {
        let (column, value, reason) = match self {
            Self::Orphan => ("invoice_id", invoice_id, "no such invoice".to_owned()),
            Self::Currency { given, of_invoice } => (
                "currency",
                given,
                format!("not the currency of its invoice, which is {of_invoice}"),
            ),
        };
        Reject {
            file: file.to_owned(),
            line,
            column: column.to_owned(),
            value: value.to_owned(),
            reason,
        }
    }
}

/// The invoices of a ledger by their id.
struct InvoiceIndex<'a> {
    ids: RowValues<'a>,
    customers: RowValues<'a>,
    currencies: RowValues<'a>,
    keyed: KeyedRows,
}

/// What other tables need of an invoice.
#[derive(Clone, Copy)]
struct FoundInvoice<'a> {
    customer: &'a str,
    currency: &'a str,
}

impl<'a> InvoiceIndex<'a> {
    fn of(frame: &'a DataFrame) -> Result<Self, Error> {
        let ids = RowValues::of(frame, "invoice_id")?;
        Ok(Self {
            customers: RowValues::of(frame, "customer_id")?,
            currencies: RowValues::of(frame, "currency")?,
            keyed: keyed_texts(&ids, frame.height()),
            ids,
        })
    }

    /// Returns the invoice each row names, by the number of its row.
    fn partners(&self, ids: &RowValues<'_>, height: usize) -> Vec<Option<usize>> {
        let mut partners = vec![None; height];
        let is_same = |row: usize, invoice: usize| ids.text(row) == self.ids.text(invoice);
        self.keyed
            .find_all(&keyed_texts(ids, height), is_same, |row, invoice| {
                partners[row] = Some(invoice)
            });
        partners
    }

    fn facts(&self, row: usize) -> Option<FoundInvoice<'a>> {
        Some(FoundInvoice {
            customer: self.customers.text(row)?,
            currency: self.currencies.text(row)?,
        })
    }
}

/// Sorts the rows that have a text by its hash.
fn keyed_texts(texts: &RowValues<'_>, height: usize) -> KeyedRows {
    let mut keyed = KeyedRows::with_capacity(height);
    texts.for_each_text(height, |row, text| {
        if let Some(text) = text {
            keyed.push(hash_text(text), row);
        }
    });
    keyed.sort();
    keyed
}

/// Converts a count of things in memory.
pub(crate) fn count(things: usize) -> u64 {
    u64::try_from(things).expect("a count fits 64 bits")
}
