//! Opening a ledger: on disk where it is clean canonical Parquet, else in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, DataType, Engine, IntoLazy, LazyFrame, UniqueKeepStrategy, col};
use rayon::prelude::*;

use super::builder::{Cell, TableBuilder};
use super::csv_reader::FileFacts;
use super::error::Error;
use super::parquet_reader::ParquetFile;
use super::reading::{is_parquet, ledger_files, missing_table, read_into, unknown_files};
use super::report::{DataReport, TableReport};
use super::row_values::RowValues;
use super::schema::{KNOWN_ON, SUPERSEDED_ON, Table, columns, frame_columns};
use super::survey::{Depth, Source, Survey};
use super::validate::{Assembled, assemble, count};
use super::{History, OpenOptions, fingerprint};
use crate::domain::Date;

/// Rejects quoted in an error.
const REJECTS_QUOTED: usize = 3;

impl History {
    /// Opens the ledger in a folder, with the usual tolerance.
    ///
    /// # Errors
    ///
    /// As [`open_with`](Self::open_with).
    pub fn open(folder: &Path) -> Result<(Self, DataReport), Error> {
        Self::open_with(folder, &OpenOptions::default())
    }

    /// Opens the ledger in a folder: one file a table, `<table>.csv` or `<table>.parquet`.
    ///
    /// Strict about structure, tolerant about rows. Clean Parquet as [`write::parquet`](super::write::parquet)
    /// makes it stays on disk, so that it may be larger than memory.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`] when the folder or a file cannot be read.
    /// - [`Error::MissingTable`] without invoices, [`Error::TwoFiles`] with a table in both formats.
    /// - [`Error::EmptyFile`], [`Error::MissingColumns`], [`Error::RepeatedColumn`], [`Error::ColumnType`] when a
    ///   file is not the table it is named after.
    /// - [`Error::TooManyRejects`] when too large a share of the rows is bad.
    pub fn open_with(folder: &Path, options: &OpenOptions) -> Result<(Self, DataReport), Error> {
        let files = ledger_files(folder)?;
        if !files.contains_key(&Table::Invoices) {
            return Err(missing_table(folder, Table::Invoices)?);
        }
        let (history, mut report) = of_files(&files, options)?;
        describe_folder(&mut report, folder, files.contains_key(&Table::Payments))?;
        Ok((history, report))
    }

    /// Opens a ledger of canonical Parquet that this program wrote from checked rows, without checking again.
    ///
    /// For the largest ledgers, where another pass over every row is felt. Falls back to
    /// [`open`](Self::open) where a file is not canonical Parquet. The report has the rows but no oddities.
    ///
    /// # Errors
    ///
    /// As [`open_with`](Self::open_with).
    pub fn open_trusted(folder: &Path) -> Result<(Self, DataReport), Error> {
        let files = ledger_files(folder)?;
        let parquet = canonical_files(&files)?;
        let Some(parquet) = parquet.filter(|parquet| parquet.contains_key(&Table::Invoices)) else {
            return Self::open(folder);
        };
        let date_range = date_range_on_disk(&parquet)?;
        let mut report = report_of_files(&parquet);
        describe_folder(&mut report, folder, parquet.contains_key(&Table::Payments))?;
        on_disk(&parquet, date_range, report)
    }

    /// Makes a ledger of frames in memory, in the shape that [`schema::frame_columns`] describes; absent tables
    /// are empty, absent optional columns are null, absent clocks are imputed.
    ///
    /// [`schema::frame_columns`]: super::schema::frame_columns
    ///
    /// # Errors
    ///
    /// - [`Error::MissingColumns`], [`Error::ColumnType`] when a frame has not the shape.
    /// - [`Error::InvalidFrames`] when any row would be rejected from a file.
    pub fn from_frames(frames: &BTreeMap<Table, DataFrame>) -> Result<Self, Error> {
        let clean = clean(frames)?;
        let fingerprint = fingerprint::of_frames(&clean.frames)?;
        Ok(in_frames(clean, fingerprint)?.0)
    }

    /// Makes a ledger as [`from_frames`](Self::from_frames) does, without a fingerprint: for one question.
    pub(crate) fn unnamed(frames: &BTreeMap<Table, DataFrame>) -> Result<Self, Error> {
        Ok(in_frames(clean(frames)?, String::new())?.0)
    }
}

fn clean(frames: &BTreeMap<Table, DataFrame>) -> Result<Assembled, Error> {
    match conformed(frames)? {
        Some(clean) => Ok(clean),
        None => checked(frames),
    }
}

/// Says in the report what the folder lacks, and what in it is not read.
fn describe_folder(report: &mut DataReport, folder: &Path, has_payments: bool) -> Result<(), Error> {
    report.payments_missing = !has_payments;
    report.unknown_files = unknown_files(folder)?;
    Ok(())
}

fn of_files(files: &BTreeMap<Table, PathBuf>, options: &OpenOptions) -> Result<(History, DataReport), Error> {
    if let Some(parquet) = canonical_files(files)? {
        let sources = parquet
            .iter()
            .map(|(table, file)| (*table, Source::Parquet(file)))
            .collect();
        let survey = Survey::of(&sources, Depth::Everything)?;
        if survey.is_clean() {
            let mut report = report_of_files(&parquet);
            survey.fill(&mut report);
            return on_disk(&parquet, survey.date_range(), report);
        }
    }
    in_memory(files, options)
}

fn in_memory(
    files: &BTreeMap<Table, PathBuf>,
    options: &OpenOptions,
) -> Result<(History, DataReport), Error> {
    let read: Vec<(TableBuilder, FileFacts)> = files
        .par_iter()
        .map(|(table, path)| {
            let mut builder = TableBuilder::new(*table);
            let facts = read_into(&mut builder, path)?;
            Ok((builder, facts))
        })
        .collect::<Result<_, Error>>()?;
    let (mut built, mut facts) = (BTreeMap::new(), BTreeMap::new());
    for (builder, of_file) in read {
        facts.insert(builder.table(), of_file);
        built.insert(builder.table(), builder.finish()?);
    }
    let mut assembled = assemble(built, options)?;
    let mut hashes = BTreeMap::new();
    for (table, of_file) in facts {
        hashes.insert(table, of_file.sha256);
        let entry = assembled.report.tables.entry(table).or_default();
        entry.encoding = of_file.encoding;
        entry.ignored_columns = of_file.ignored_columns;
    }
    in_frames(assembled, fingerprint::of_files(&hashes))
}

fn in_frames(assembled: Assembled, fingerprint: String) -> Result<(History, DataReport), Error> {
    let Assembled {
        frames,
        mut report,
        date_range,
        ..
    } = assembled;
    let mut tables = BTreeMap::new();
    let mut versioned = BTreeSet::new();
    for table in Table::ALL {
        let frame = match frames.get(&table) {
            Some(frame) => frame.clone(),
            None => TableBuilder::new(table).finish()?.frame,
        };
        if frame.height() > 0 && frame.column(SUPERSEDED_ON).is_ok() {
            versioned.insert(table);
        }
        tables.insert(table, frame.lazy());
    }
    let has_customers = frames
        .get(&Table::Customers)
        .is_some_and(|frame| frame.height() > 0);
    report.customers_derived = derive_customers(&mut tables, has_customers, Engine::InMemory)?;
    let history = History {
        tables: Arc::new(tables),
        versioned: Arc::new(versioned),
        date_range,
        fingerprint,
        is_on_disk: false,
    };
    Ok((history, report))
}

fn on_disk(
    files: &BTreeMap<Table, ParquetFile>,
    date_range: Option<(Date, Date)>,
    mut report: DataReport,
) -> Result<(History, DataReport), Error> {
    let (mut tables, mut hashes) = (BTreeMap::new(), BTreeMap::new());
    let mut versioned = BTreeSet::new();
    for table in Table::ALL {
        let Some(file) = files.get(&table) else {
            tables.insert(table, TableBuilder::new(table).finish()?.frame.lazy());
            continue;
        };
        tables.insert(table, file.scan(table)?);
        if file.rows() > 0 && file.has_versions() {
            versioned.insert(table);
        }
        hashes.insert(table, file.facts(table)?.sha256);
    }
    let has_customers = files.get(&Table::Customers).is_some_and(|file| file.rows() > 0);
    report.customers_derived = derive_customers(&mut tables, has_customers, Engine::Streaming)?;
    let fingerprint = fingerprint::of_files(&hashes);
    let history = History {
        tables: Arc::new(tables),
        versioned: Arc::new(versioned),
        date_range,
        fingerprint,
        is_on_disk: true,
    };
    Ok((history, report))
}

/// Fills an absent table of customers with those the invoices name; returns whether it did.
pub(super) fn derive_customers(
    tables: &mut BTreeMap<Table, LazyFrame>,
    is_there: bool,
    engine: Engine,
) -> Result<bool, Error> {
    let Some(invoices) = tables.get(&Table::Invoices).filter(|_| !is_there) else {
        return Ok(false);
    };
    let ids = invoices
        .clone()
        .select([col("customer_id")])
        .unique(None, UniqueKeepStrategy::Any);
    let failed = |source| Error::polars("deriving customers from invoices", source);
    let ids = ids.collect_with_engine(engine).map_err(failed)?.unwrap_single();
    let values = RowValues::of(&ids, "customer_id")?;
    let mut sorted: Vec<&str> = (0..ids.height()).filter_map(|row| values.text(row)).collect();
    sorted.sort_unstable();
    let mut builder = TableBuilder::new(Table::Customers);
    let slot = TableBuilder::slot(Table::Customers, "customer_id").expect("customers have an id");
    let mut cells = vec![Cell::Absent; builder.slots()];
    for (row, id) in sorted.iter().enumerate() {
        cells[slot] = Cell::Text(id);
        builder
            .push(count(row) + 1, &cells)
            .expect("an id is all a customer needs");
    }
    let is_derived = !sorted.is_empty();
    tables.insert(Table::Customers, builder.finish()?.frame.lazy());
    Ok(is_derived)
}

/// Returns the files if every one is canonical Parquet.
fn canonical_files(files: &BTreeMap<Table, PathBuf>) -> Result<Option<BTreeMap<Table, ParquetFile>>, Error> {
    let mut parquet = BTreeMap::new();
    for (table, path) in files {
        if !is_parquet(path) {
            return Ok(None);
        }
        let file = ParquetFile::inspect(path)?;
        if !file.is_canonical(*table) {
            return Ok(None);
        }
        parquet.insert(*table, file);
    }
    Ok(Some(parquet))
}

fn report_of_files(files: &BTreeMap<Table, ParquetFile>) -> DataReport {
    let mut report = DataReport::default();
    for table in Table::ALL {
        let entry = files
            .get(&table)
            .map_or_else(TableReport::default, |file| TableReport {
                files: vec![file.name().to_owned()],
                ignored_columns: file.ignored_columns(table),
                rows_read: count(file.rows()),
                rows_kept: count(file.rows()),
                ..TableReport::default()
            });
        report.tables.insert(table, entry);
    }
    report
}

/// Returns the date range by the two columns it needs, table by table.
fn date_range_on_disk(files: &BTreeMap<Table, ParquetFile>) -> Result<Option<(Date, Date)>, Error> {
    let failed = |source| Error::polars("reading the dates of the ledger", source);
    let (mut first, mut last) = (None, None);
    for (table, file) in files.iter().filter(|(table, _)| **table != Table::Customers) {
        let business = table.business_date().unwrap_or(KNOWN_ON);
        let range = file
            .scan(*table)?
            .select([
                col(business).min().alias("first"),
                col(KNOWN_ON).max().alias("last"),
            ])
            .collect_with_engine(Engine::Streaming)
            .map_err(failed)?
            .unwrap_single();
        if *table == Table::Invoices && range.height() > 0 {
            first = RowValues::of(&range, "first")?.day(0);
        }
        if range.height() > 0 {
            last = last.max(RowValues::of(&range, "last")?.day(0));
        }
    }
    let as_date = crate::domain::date::from_day_number;
    Ok(first
        .zip(last)
        .map(|(first, last)| (as_date(first), as_date(last))))
}

/// Returns the frames as they are if they have the exact shape and every row is clean.
fn conformed(frames: &BTreeMap<Table, DataFrame>) -> Result<Option<Assembled>, Error> {
    let mut shaped = BTreeMap::new();
    for (table, frame) in frames {
        let Some(frame) = shape(*table, frame)? else {
            return Ok(None);
        };
        shaped.insert(*table, frame);
    }
    let sources = shaped
        .iter()
        .map(|(table, frame)| (*table, Source::Frame(frame)))
        .collect();
    let survey = Survey::of(&sources, Depth::Everything)?;
    if !survey.is_clean() {
        return Ok(None);
    }
    Ok(Some(Assembled {
        frames: shaped,
        report: DataReport::default(),
        date_range: survey.date_range(),
        growth: BTreeMap::new(),
    }))
}

/// Returns the frame with every column of the schema in order, unless a column needs converting.
fn shape(table: Table, frame: &DataFrame) -> Result<Option<DataFrame>, Error> {
    let height = frame.height();
    let is_required = |name: &str| {
        let spec = columns(table).iter().find(|spec| spec.frame_name() == name);
        // The clocks are no columns of the schema; an amount may be there under its name in files.
        spec.is_none_or(|spec| spec.required || frame.column(spec.name).is_ok())
    };
    let mut shaped = Vec::new();
    for (name, dtype) in frame_columns(table) {
        match frame.column(name) {
            Ok(column) if *column.dtype() == dtype => shaped.push(column.clone()),
            Err(_) if !is_required(name) => shaped.push(Column::full_null(name.into(), height, &dtype)),
            _ => return Ok(None),
        }
    }
    if let Some(column) = frame
        .column(SUPERSEDED_ON)
        .ok()
        .filter(|column| !column.is_full_null())
    {
        if *column.dtype() != DataType::Date {
            return Ok(None);
        }
        shaped.push(column.clone());
    }
    let mut shaped =
        DataFrame::new(height, shaped).map_err(|source| Error::polars("shaping a frame", source))?;
    shaped.rechunk_mut_par();
    Ok(Some(shaped))
}

/// Takes the frames row by row, and refuses them if any row is bad.
fn checked(frames: &BTreeMap<Table, DataFrame>) -> Result<Assembled, Error> {
    let mut built = BTreeMap::new();
    for (table, frame) in frames {
        let mut builder = TableBuilder::new(*table);
        builder.push_frame(table.name(), frame)?;
        built.insert(*table, builder.finish()?);
    }
    let assembled = assemble(
        built,
        &OpenOptions {
            max_reject_share: 1.0,
        },
    )?;
    let rejected = assembled.report.rows_rejected();
    if rejected == 0 {
        return Ok(assembled);
    }
    let first = assembled
        .report
        .rejects()
        .iter()
        .take(REJECTS_QUOTED)
        .cloned()
        .collect();
    Err(Error::InvalidFrames { rejected, first })
}
