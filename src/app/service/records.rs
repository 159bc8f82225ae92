//! Records of forecasts: stored once, read back as they were, explained by what came.
//!
//! A record is a folder named by its id. It appears whole or not at all, and is never written again.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use super::View;
use super::report::past_forecasts;
use crate::app::output::{self, ForecastContext, StagedFolder};
use crate::app::report::PastForecast;
use crate::domain::{Currency, Date};
use crate::forecast::record::{ForecastRecord, LINES_FILE, RECORD_FILE, RecordFiles, RecordOrigin};
use crate::forecast::variance::{self, CashFacts, CountdownRow, Movement, ReportingRates, Target, Variance};
use crate::forecast::{self, CashBook, CashForecast, Rates};
use crate::history::History;

/// Length of an id: a SHA-256 in hexadecimal.
const ID_LENGTH: usize = 64;

/// Why a record could not be stored, read or explained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of a record could not be read.
    #[error("cannot read the forecast record in {}", .folder.display())]
    Read {
        /// The record's folder.
        folder: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The content of a folder is no record, or not the one that its name says.
    #[error("the forecast record in {} cannot be used", .folder.display())]
    Unusable {
        /// The record's folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: Box<forecast::Error>,
    },
    /// There is no record.
    #[error(
        "no forecast record in {}; `duecast forecast --record` with this folder stores one",
        .folder.display()
    )]
    NoRecord {
        /// The folder of all records.
        folder: PathBuf,
    },
    /// Stage 4 failed.
    #[error(transparent)]
    Forecast(#[from] forecast::Error),
    /// The record could not be written.
    #[error(transparent)]
    Output(#[from] output::Error),
}

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// Stores a forecast in the folder of all records; the same forecast a second time changes nothing.
///
/// # Errors
///
/// - [`Error::Unusable`]: the record was there and has been altered.
/// - [`Error::Output`]: it cannot be written.
pub fn store(
    context: &ForecastContext,
    cash: &CashForecast,
    book: &CashBook<'_>,
    records: &Path,
) -> Result<Stored, Error> {
    put(&record(context, cash, book)?, records)
}

/// Makes the record of a forecast.
///
/// # Errors
///
/// [`Error::Forecast`] when the plan or a line has no written form.
pub fn record(
    context: &ForecastContext,
    cash: &CashForecast,
    book: &CashBook<'_>,
) -> Result<ForecastRecord, Error> {
    let origin = RecordOrigin {
        model: context.model.clone(),
        model_trained_as_of: context.model_trained_as_of,
        ledger_fingerprint: context.ledger_fingerprint.clone(),
    };
    Ok(ForecastRecord::new(&origin, cash, book)?)
}

/// Puts a record into the folder of all records.
///
/// # Errors
///
/// Those of [`store`].
pub fn put(record: &ForecastRecord, records: &Path) -> Result<Stored, Error> {
    let folder = records.join(record.forecast_id());
    if folder.is_dir() {
        load(&folder)?;
        return Ok(Stored {
            folder,
            is_new: false,
        });
    }
    let files = record.files()?;
    let staged = StagedFolder::create(&folder)?;
    for (name, content) in [(RECORD_FILE, &files.record), (LINES_FILE, &files.lines)] {
        let path = staged.path().join(name);
        fs::write(&path, content).map_err(output::Error::at(&folder))?;
    }
    staged.commit()?;
    Ok(Stored { folder, is_new: true })
}

/// Reads a record; its folder must have the id as its name.
///
/// # Errors
///
/// - [`Error::Read`]: a file cannot be read.
/// - [`Error::Unusable`]: the content is not the one that the folder's name says.
pub fn load(folder: &Path) -> Result<ForecastRecord, Error> {
    let refused = |source: std::io::Error| Error::Read {
        folder: folder.to_owned(),
        source,
    };
    let resolved = fs::canonicalize(folder).map_err(refused)?;
    let name = resolved.file_name().and_then(|name| name.to_str());
    let files = RecordFiles {
        record: fs::read(resolved.join(RECORD_FILE)).map_err(refused)?,
        lines: fs::read(resolved.join(LINES_FILE)).map_err(refused)?,
    };
    ForecastRecord::read(name.unwrap_or_default(), &files).map_err(|source| Error::Unusable {
        folder: folder.to_owned(),
        source: Box::new(source),
    })
}

/// Returns what the records in a folder said, for the page of a new forecast; a folder without records, or
/// none at all, said nothing.
///
/// # Errors
///
/// Those of [`load_all`].
pub fn past(records: &Path) -> Result<Vec<PastForecast>, Error> {
    if !records.is_dir() {
        return Ok(Vec::new());
    }
    match load_all(records) {
        Ok(records) => Ok(records
            .iter()
            .flat_map(|record| past_forecasts(record.head()))
            .collect()),
        Err(Error::NoRecord { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Reads every record of a folder, by id; what is not named like one is passed over.
///
/// # Errors
///
/// - [`Error::NoRecord`]: there is none.
/// - Those of [`load`].
pub fn load_all(records: &Path) -> Result<Vec<ForecastRecord>, Error> {
    let refused = |source: std::io::Error| Error::Read {
        folder: records.to_owned(),
        source,
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(records).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let is_id = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.len() == ID_LENGTH && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if is_id {
            folders.push(entry.path());
        }
    }
    if folders.is_empty() {
        return Err(Error::NoRecord {
            folder: records.to_owned(),
        });
    }
    folders.sort();
    folders.iter().map(|folder| load(folder)).collect()
}

/// Explains a forecast by what came until the day of the view, in the reporting currency where one is asked for.
///
/// # Errors
///
/// [`Error::Forecast`] when the ledger cannot be read or has no rate for a currency and day.
pub fn variance(
    history: &History,
    view: &View,
    record: &ForecastRecord,
    reporting: Option<Currency>,
) -> Result<Variance, Error> {
    let facts = CashFacts::read(&view.snapshot)?;
    let found = variance::variance(record, &facts);
    match reporting {
        None => Ok(found),
        Some(into) => Ok(found.translated(&rates(history, view, &found, into)?)?),
    }
}

/// Looks the rates up: those of the forecast's day as they were known then, those of each day of cash as of now.
fn rates(
    history: &History,
    view: &View,
    found: &Variance,
    into: Currency,
) -> Result<ReportingRates, forecast::Error> {
    let at_start = Rates::read(&history.as_of(found.forecast_as_of), found.forecast_as_of)?;
    let mut rates = ReportingRates {
        into,
        at_forecast: BTreeMap::new(),
        at_receipt: BTreeMap::new(),
    };
    for currency in found.rows.iter().filter_map(|row| row.currency) {
        let rate = at_start.rate(currency, into)?.rate;
        rates.at_forecast.insert(currency, rate);
    }
    let mut by_day: BTreeMap<Date, Rates> = BTreeMap::new();
    for receipt in &found.receipts {
        let of_day = match by_day.entry(receipt.date) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Rates::read(&view.snapshot, receipt.date)?),
        };
        let rate = of_day.rate(receipt.currency, into)?.rate;
        rates.at_receipt.insert((receipt.currency, receipt.date), rate);
    }
    Ok(rates)
}

/// Explains how a forecast moved from one record to a later one; the ledger tells credits from payments.
///
/// # Errors
///
/// [`Error::Forecast`] when the second record is the earlier one, or the ledger cannot be read.
pub fn movement(
    from: &ForecastRecord,
    to: &ForecastRecord,
    history: Option<&History>,
) -> Result<Movement, Error> {
    let facts = history
        .map(|history| CashFacts::read(&history.as_of(to.head().as_of)))
        .transpose()?;
    Ok(variance::movement(from, to, facts.as_ref())?)
}

/// Returns what every record said of a target, beside what came until the day of the view.
///
/// # Errors
///
/// [`Error::Forecast`] when the ledger cannot be read.
pub fn countdown(
    view: &View,
    records: &[ForecastRecord],
    target: &Target,
) -> Result<Vec<CountdownRow>, Error> {
    let facts = CashFacts::read(&view.snapshot)?;
    Ok(variance::countdown(records, target, &facts))
}
