//! Import: foreign files through a profile into a ledger, all of it or nothing, and only once.
//!
//! The ledger that results is written beside the old one, made durable and exchanged with it in one
//! step. Whatever goes wrong before (a full disk, Ctrl-C, too many bad rows) leaves the ledger as it
//! was. Rows that the ledger has already count as unchanged; an import that adds nothing writes
//! nothing.

mod rejects;
mod rows;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::{Expr, IntoLazy, JoinArgs, JoinType, DataFrame, col};

use super::builder::{Built, TableBuilder};
use super::profile::Profile;
use super::reading::{is_parquet, ledger_files, read_into};
use super::report::{DataReport, Reject};
use super::schema::Table;
use super::validate::{Assembled, assemble, count};
use super::{Error, OpenOptions, write};

use rows::Intake;
use stage::{Lock, Place, Stage};

/// From this many invoices on a new ledger is Parquet: reading it takes a tenth of the time.
const PARQUET_FROM_INVOICES: usize = 200_000;

/// What is to be imported, and where to.
#[derive(Clone, Copy, Debug)]
pub struct ImportRequest<'a> {
    /// How the files map onto our tables.
    pub profile: &'a Profile,
    /// Files, read in this order.
    pub inputs: &'a [PathBuf],
    /// Folder of the ledger; created when it is not there.
    pub ledger: &'a Path,
    /// Largest share of imported records that may be rejected, from 0 to 1.
    pub max_reject_share: f64,
}

/// What an import did.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    /// The ledger as it is afterwards, with the rows rejected and filtered on the way.
    pub report: DataReport,
    /// Rows added, by table.
    pub added: BTreeMap<Table, u64>,
    /// Records that the ledger had already, by table.
    pub unchanged: BTreeMap<Table, u64>,
    /// Source rows that the profile leaves out.
    pub filtered: u64,
    /// The file that lists the rejected rows, if there are any.
    pub rejects: Option<PathBuf>,
}

/// An import that is complete beside the ledger and waits for [`publish`](Self::publish).
///
/// Dropped instead, it leaves the ledger as it was and nothing beside it.
#[derive(Debug)]
#[must_use = "the ledger changes only when the import is published"]
pub struct PreparedImport {
    /// `None` when the import changes nothing.
    stage: Option<Stage>,
    outcome: ImportOutcome,
    _lock: Lock,
}

impl PreparedImport {
    /// What the import will have done.
    #[must_use]
    pub fn outcome(&self) -> &ImportOutcome {
        &self.outcome
    }

    /// Exchanges the ledger for the new one.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Input`] when the system cannot exchange the folders; the ledger is
    /// then as it was.
    pub fn publish(self) -> Result<ImportOutcome, Error> {
        if let Some(stage) = self.stage {
            stage.publish()?;
        }
        Ok(self.outcome)
    }
}

/// Imports files into a ledger: [`prepare`], then [`PreparedImport::publish`].
///
/// `progress` hears of the input bytes done and their total.
///
/// # Errors
///
/// Those of [`prepare`] and [`PreparedImport::publish`]; the ledger is then as it was.
pub fn import(request: &ImportRequest<'_>, progress: &dyn Fn(u64, u64)) -> Result<ImportOutcome, Error> {
    prepare(request, progress)?.publish()
}

/// Returns the folder in which this process would write the new ledger before the exchange.
///
/// A program that ends itself on Ctrl-C removes it then; otherwise the next import does.
///
/// # Errors
///
/// [`Error::Io`] when the ledger's place cannot be found, [`Error::Input`] when it has no name.
pub fn staging_folder(ledger: &Path) -> Result<PathBuf, Error> {
    Ok(Place::of(ledger)?.staging())
}

/// Reads the files and writes the ledger that results beside the present one.
///
/// # Errors
///
/// - [`Error::Input`] when a file lacks columns, fits no table of the profile or is part of the ledger,
///   or when another import runs.
/// - [`Error::ImportRefused`] when too large a share of the records is bad; it names the file that
///   lists them.
/// - [`Error::Io`], [`Error::Csv`], [`Error::Polars`] when reading or writing fails, a full disk among them.
pub fn prepare(request: &ImportRequest<'_>, progress: &dyn Fn(u64, u64)) -> Result<PreparedImport, Error> {
    let place = Place::of(request.ledger)?;
    let ledger = place.ledger();
    let total = check_request(request, &ledger)?;
    let lock = Lock::take(&place)?;
    let (present, builders) = Present::read(&ledger)?;
    let labels = labels(request.inputs, &present);
    let intake = take_inputs(request, builders, &labels, total, progress)?;
    let (records, filtered) = (intake.records, intake.filtered);

    let mut built = BTreeMap::new();
    let mut known = BTreeMap::new();
    for (table, builder) in intake.builders {
        let table_built = builder.finish()?;
        known.insert(table, present.keys_of(&table_built)?);
        built.insert(table, table_built);
    }
    let Assembled { frames, mut report } = assemble(built, &OpenOptions { max_reject_share: 1.0 })?;
    report.filtered_rows = filtered;

    let labels: BTreeSet<String> = labels.into_iter().collect();
    let rejected: Vec<Reject> = report
        .rejects()
        .iter()
        .filter(|reject| labels.contains(&reject.file))
        .cloned()
        .collect();
    refuse_above_share(request, &place, &rejected, records.values().sum())?;

    let (mut added, mut unchanged) = (BTreeMap::new(), BTreeMap::new());
    for (table, taken) in &records {
        let (Some(frame), Some(known)) = (frames.get(table), known.get(table)) else {
            continue;
        };
        let new = rows_beyond(*table, frame, known)?;
        let bad = report.tables.get(table).map_or(0, |facts| facts.rows_rejected);
        let bad = bad.saturating_sub(count(present.rejects_of(*table, &report).count()));
        added.insert(*table, new);
        unchanged.insert(*table, taken.saturating_sub(bad).saturating_sub(new));
    }
    let changed: BTreeSet<Table> = added.iter().filter(|(_, rows)| **rows > 0).map(|(table, _)| *table).collect();
    for table in &changed {
        present.check_rewrite(*table, &report)?;
    }

    let earlier = rejects::read(&ledger.join(rejects::FILE_NAME))?;
    let rejects = rejects::merged(&earlier, &labels, &rejected);
    let stage = if changed.is_empty() && rejects == earlier {
        None
    } else {
        Some(write_stage(&place, &present, &frames, &changed, &rejects)?)
    };
    let rejects = (!rejects.is_empty()).then(|| ledger.join(rejects::FILE_NAME));
    Ok(PreparedImport {
        stage,
        outcome: ImportOutcome {
            report,
            added,
            unchanged,
            filtered,
            rejects,
        },
        _lock: lock,
    })
}

/// The ledger as it is before the import.
#[derive(Debug, Default)]
struct Present {
    files: BTreeMap<Table, PathBuf>,
    /// Rows accepted, by table.
    rows: BTreeMap<Table, usize>,
    /// Columns of the files that a ledger has no use for.
    ignored: BTreeMap<Table, Vec<String>>,
}

impl Present {
    /// Reads every table of the ledger into a builder; a ledger that is not there has none.
    fn read(ledger: &Path) -> Result<(Self, BTreeMap<Table, TableBuilder>), Error> {
        let mut present = Self::default();
        let mut builders = BTreeMap::new();
        if is_absent(ledger)? {
            return Ok((present, builders));
        }
        present.files = ledger_files(ledger)?;
        if present.files.is_empty() && !is_empty_folder(ledger)? {
            return Err(input_error(
                ledger,
                "the folder has files but no table of a ledger; choose a new or an empty folder".to_owned(),
            ));
        }
        for (table, path) in &present.files {
            let mut builder = TableBuilder::new(*table);
            let facts = read_into(&mut builder, path)?;
            present.rows.insert(*table, builder.rows());
            present.ignored.insert(*table, facts.ignored_columns);
            builders.insert(*table, builder);
        }
        Ok((present, builders))
    }

    /// The keys of the rows that were there before the import; they come first in the frame.
    fn keys_of(&self, built: &Built) -> Result<DataFrame, Error> {
        let rows = self.rows.get(&built.table).copied().unwrap_or(0);
        built
            .frame
            .slice(0, rows)
            .select(built.table.key().iter().copied())
            .map_err(|source| Error::polars("taking the keys of a table", source))
    }

    fn file_name(&self, table: Table) -> Option<OsString> {
        self.files.get(&table).and_then(|path| path.file_name()).map(OsString::from)
    }

    /// Rows of the ledger's own file that are not valid.
    fn rejects_of<'r>(&self, table: Table, report: &'r DataReport) -> impl Iterator<Item = &'r Reject> + use<'r> {
        let name = self.file_name(table).map(|name| name.to_string_lossy().into_owned());
        report
            .rejects()
            .iter()
            .filter(move |reject| name.as_deref() == Some(reject.file.as_str()))
    }

    /// Refuses to rewrite a file with content that would be lost.
    fn check_rewrite(&self, table: Table, report: &DataReport) -> Result<(), Error> {
        let Some(path) = self.files.get(&table) else {
            return Ok(());
        };
        let ignored = self.ignored.get(&table).map_or(&[][..], Vec::as_slice);
        if !ignored.is_empty() {
            return Err(input_error(
                path,
                format!(
                    "an import would drop the columns {}, which the table {table} does not have; remove them first",
                    ignored.join(", ")
                ),
            ));
        }
        let mut bad = self.rejects_of(table, report);
        match bad.next() {
            None => Ok(()),
            Some(first) => Err(input_error(
                path,
                format!(
                    "an import would drop {} rows that are not valid; repair or remove them first; the first: {first}",
                    1 + bad.count()
                ),
            )),
        }
    }
}

/// Checks what can be checked before anything is read; returns the bytes of all inputs.
fn check_request(request: &ImportRequest<'_>, ledger: &Path) -> Result<u64, Error> {
    if !(0.0..=1.0).contains(&request.max_reject_share) {
        let share = request.max_reject_share;
        return Err(input_error(
            ledger,
            format!("the share of rejects tolerated must be from 0 to 1, got {share}"),
        ));
    }
    if request.inputs.is_empty() {
        return Err(input_error(ledger, "an import needs at least one input file".to_owned()));
    }
    if fs::canonicalize(".").is_ok_and(|here| here.starts_with(ledger)) {
        return Err(input_error(
            ledger,
            "an import replaces the ledger's folder, which is the current one; run it from outside".to_owned(),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut total = 0_u64;
    for input in request.inputs {
        let path = fs::canonicalize(input).map_err(|error| Error::io(input, error))?;
        let metadata = fs::metadata(&path).map_err(|error| Error::io(input, error))?;
        if !metadata.is_file() {
            return Err(input_error(input, "an input must be a file".to_owned()));
        }
        if path.starts_with(ledger) {
            return Err(input_error(input, "an input must not be part of the ledger itself".to_owned()));
        }
        if !seen.insert(path) {
            return Err(input_error(input, "the input is given twice".to_owned()));
        }
        total = total.saturating_add(metadata.len());
    }
    Ok(total)
}

/// Names of the inputs in rejects: as given, and told apart from the ledger's own files.
fn labels(inputs: &[PathBuf], present: &Present) -> Vec<String> {
    let own: BTreeSet<OsString> = Table::ALL.iter().filter_map(|table| present.file_name(*table)).collect();
    inputs
        .iter()
        .map(|input| {
            if own.contains(input.as_os_str()) {
                format!("./{}", input.display())
            } else {
                input.display().to_string()
            }
        })
        .collect()
}

/// Reads every input.
fn take_inputs<'p>(
    request: &ImportRequest<'p>,
    builders: BTreeMap<Table, TableBuilder>,
    labels: &[String],
    total: u64,
    progress: &dyn Fn(u64, u64),
) -> Result<Intake<'p>, Error> {
    let mut intake = Intake::new(request.profile, builders);
    let mut done = 0_u64;
    for (input, label) in request.inputs.iter().zip(labels) {
        let bytes = fs::metadata(input).map_err(|error| Error::io(input, error))?.len();
        intake.take_file(input, label, &|within| progress(done.saturating_add(within), total))?;
        done = done.saturating_add(bytes);
    }
    Ok(intake)
}

/// Refuses the import as a whole when too many records are bad, and leaves their list beside the ledger.
fn refuse_above_share(
    request: &ImportRequest<'_>,
    place: &Place,
    rejected: &[Reject],
    records: u64,
) -> Result<(), Error> {
    let bad = count(rejected.len());
    if is_within_share(bad, records, request.max_reject_share) {
        return Ok(());
    }
    let path = place.beside(".rejects.csv");
    fs::create_dir_all(&place.parent).map_err(|error| Error::io(&place.parent, error))?;
    write::rejects(&path, rejected)?;
    Err(Error::ImportRefused {
        rejected: bad,
        read: records,
        allowed_share: request.max_reject_share,
        rejects: path,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn is_within_share(bad: u64, records: u64, share: f64) -> bool {
    bad as f64 <= share * records as f64
}

/// Counts the rows whose key is not among the known ones.
fn rows_beyond(table: Table, frame: &DataFrame, known: &DataFrame) -> Result<u64, Error> {
    if known.height() == 0 {
        return Ok(count(frame.height()));
    }
    let keys: Vec<Expr> = table.key().iter().map(|name| col(*name)).collect();
    let mut args = JoinArgs::new(JoinType::Anti);
    args.nulls_equal = true;
    let new = frame
        .select(table.key().iter().copied())
        .and_then(|given| given.lazy().join(known.clone().lazy(), keys.clone(), keys, args).collect())
        .map_err(|source| Error::polars("comparing a table with the ledger", source))?;
    Ok(count(new.height()))
}

/// Writes the new ledger beside the old one.
fn write_stage(
    place: &Place,
    present: &Present,
    frames: &BTreeMap<Table, DataFrame>,
    changed: &BTreeSet<Table>,
    rejects: &[Reject],
) -> Result<Stage, Error> {
    let stage = Stage::begin(place)?;
    let mut rewritten = BTreeSet::from([OsString::from(rejects::FILE_NAME)]);
    let invoices = frames.get(&Table::Invoices).map_or(0, DataFrame::height);
    let format_of_new = present
        .files
        .get(&Table::Invoices)
        .map_or(invoices >= PARQUET_FROM_INVOICES, |path| is_parquet(path));
    for table in changed {
        let Some(frame) = frames.get(table) else {
            continue;
        };
        rewritten.extend(present.file_name(*table));
        let as_parquet = present.files.get(table).map_or(format_of_new, |path| is_parquet(path));
        if as_parquet {
            write::parquet(stage.folder(), *table, frame)?;
        } else {
            write::csv(stage.folder(), *table, frame)?;
        }
    }
    if !rejects.is_empty() {
        write::rejects(&stage.folder().join(rejects::FILE_NAME), rejects)?;
    }
    stage.carry_over(&rewritten)?;
    stage.sync()?;
    Ok(stage)
}

fn is_absent(folder: &Path) -> Result<bool, Error> {
    match fs::metadata(folder) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::io(folder, error)),
    }
}

fn is_empty_folder(folder: &Path) -> Result<bool, Error> {
    let mut entries = fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    Ok(entries.next().is_none())
}

fn input_error(path: &Path, reason: String) -> Error {
    Error::Input {
        path: path.to_path_buf(),
        reason,
    }
}
