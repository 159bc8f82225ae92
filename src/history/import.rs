//! Import: foreign files through a profile into a ledger, all of it or nothing, and only once.
//!
//! The ledger that results is written beside the old one, made durable and exchanged with it in one
//! step. Whatever goes wrong before (a full disk, Ctrl-C, too many bad rows) leaves the ledger as it
//! was. Rows that the ledger has already count as unchanged; an import that adds nothing writes
//! nothing. A row with a known key and other values becomes a new version of it, beside the one before.

mod beside;
mod foreign;
mod large;
mod limits;
mod lock;
mod merged;
mod plan;
mod present;
mod rejects;
mod request;
mod rows;
mod seen;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use super::link::Known;
use super::profile::Profile;
use super::reading::is_parquet;
use super::report::{DataReport, Reject};
use super::schema::Table;
use super::{Error, write};

use foreign::take_inputs;
use limits::{Limits, ledger_bytes};
use lock::{Lock, Place};
use merged::Merged;
use present::Present;
use request::{check_request, labels};
use rows::Intake;
use stage::Stage;

pub use beside::{Beside, read_beside};
pub use foreign::{ForeignRows, read};
pub use request::{ImportRequest, files_of};

/// From this many invoices on a new ledger is Parquet: reading it takes a tenth of the time.
const PARQUET_FROM_INVOICES: usize = 200_000;

/// What an import did.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    /// The ledger as it is afterwards, with the rows rejected and filtered on the way.
    pub report: DataReport,
    /// Rows added, by table.
    pub added: BTreeMap<Table, u64>,
    /// Records that the ledger had already, by table.
    pub unchanged: BTreeMap<Table, u64>,
    /// Records that became a new version of a row of the ledger, by table.
    pub corrected: BTreeMap<Table, u64>,
    /// Payments matched at the bank that gave way to those the source itself allocated.
    pub withdrawn: u64,
    /// Source rows that the profile leaves out.
    pub filtered: u64,
    /// The file that lists the rejected rows, if there are any: all of them, of an import larger than memory the first
    /// 100,000 and a line that counts the others. The list of the report has no more either.
    pub rejects: Option<PathBuf>,
    /// What a person should know of how rows were joined, one sentence each.
    pub notes: Vec<String>,
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
    prepare_within(request, &Limits::default(), progress)
}

/// Does what [`prepare`] does, in memory as far as the limits allow.
fn prepare_within(
    request: &ImportRequest<'_>,
    limits: &Limits,
    progress: &dyn Fn(u64, u64),
) -> Result<PreparedImport, Error> {
    let place = Place::of(request.ledger)?;
    let ledger = place.ledger();
    let total = check_request(request, &ledger)?;
    let lock = Lock::take(&place)?;
    let present = Present::of(&ledger)?;
    let parts = limits.parts(total.saturating_add(ledger_bytes(&present)?));
    let task = Task {
        request,
        labels: labels(request.inputs, &present),
        ledger,
        place,
        present,
        total,
        lock,
    };
    match parts {
        Some(parts) => large::prepare(task, parts, limits, progress),
        None => in_memory(task, progress),
    }
}

/// An import that has begun.
struct Task<'r> {
    request: &'r ImportRequest<'r>,
    place: Place,
    ledger: PathBuf,
    present: Present,
    /// Names of the inputs, in their order.
    labels: Vec<String>,
    /// Bytes of the inputs.
    total: u64,
    lock: Lock,
}

impl Task<'_> {
    fn label_set(&self) -> BTreeSet<String> {
        self.labels.iter().cloned().collect()
    }
}

/// Imports with all rows in memory.
fn in_memory(mut task: Task<'_>, progress: &dyn Fn(u64, u64)) -> Result<PreparedImport, Error> {
    let request = task.request;
    let builders = task.present.read()?;
    let known = known_before(request.profile, &task.ledger)?;
    let intake = Intake::new(request.profile, builders, None);
    let inputs = request.inputs.iter().zip(&task.labels);
    let mut intake = take_inputs(intake, inputs, &known, task.total, progress)?;
    let notes = std::mem::take(&mut intake.notes);
    let merged = Merged::of(&task.present, intake, &task.label_set(), request.recorded_at)?;
    conclude(task, merged, notes, write_stage)
}

/// Judges an import whose rows are checked, and has `write` write the ledger if anything changes.
fn conclude(
    task: Task<'_>,
    merged: Merged,
    mut notes: Vec<String>,
    write: impl FnOnce(&Task<'_>, &Merged, &[Reject]) -> Result<Stage, Error>,
) -> Result<PreparedImport, Error> {
    if merged.voided > 0 {
        let count = merged.voided;
        notes.push(format!(
            "{count} rows end, because what they say was voided, deleted or used up in the source"
        ));
    }
    refuse_above_share(task.request, &task.place, &merged)?;
    for table in &merged.changed {
        task.present.check_rewrite(*table, &merged.report)?;
    }

    let earlier = rejects::read(&task.ledger.join(rejects::FILE_NAME))?;
    let rejects = rejects::merged(&earlier, &task.label_set(), &merged.rejected);
    let stage = if merged.changed.is_empty() && rejects == earlier {
        None
    } else {
        Some(write(&task, &merged, &rejects)?)
    };
    let rejects = (!rejects.is_empty()).then(|| task.ledger.join(rejects::FILE_NAME));
    Ok(PreparedImport {
        stage,
        outcome: ImportOutcome {
            filtered: merged.report.filtered_rows,
            report: merged.report,
            added: merged.added,
            unchanged: merged.unchanged,
            corrected: merged.corrected,
            withdrawn: merged.withdrawn,
            rejects,
            notes,
        },
        _lock: task.lock,
    })
}

/// The ledger before the import, as far as the profile's linker looks at it.
fn known_before(profile: &Profile, ledger: &Path) -> Result<Known, Error> {
    match profile.linker() {
        Some(linker) if linker.reads_ledger() => Known::of_ledger(ledger),
        _ => Ok(Known::default()),
    }
}

/// Refuses the import as a whole when too many records are bad, and leaves their list beside the ledger.
fn refuse_above_share(request: &ImportRequest<'_>, place: &Place, merged: &Merged) -> Result<(), Error> {
    let bad = merged.bad;
    if is_within_share(bad, merged.records, request.max_reject_share) {
        return Ok(());
    }
    let path = place.beside(".rejects.csv");
    fs::create_dir_all(&place.parent).map_err(|error| Error::io(&place.parent, error))?;
    write::rejects(&path, &merged.rejected)?;
    Err(Error::ImportRefused {
        rejected: bad,
        read: merged.records,
        allowed_share: request.max_reject_share,
        rejects: path,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn is_within_share(bad: u64, records: u64, share: f64) -> bool {
    bad as f64 <= share * records as f64
}

/// Writes the new ledger beside the old one.
fn write_stage(task: &Task<'_>, merged: &Merged, rejects: &[Reject]) -> Result<Stage, Error> {
    let stage = Stage::begin(&task.place, task.present.is_new)?;
    let invoices = merged.frames.get(&Table::Invoices).map_or(0, DataFrame::height);
    for table in &merged.changed {
        let Some(frame) = merged.frames.get(table) else {
            continue;
        };
        if becomes_parquet(&task.present, *table, invoices) {
            write::parquet(stage.folder(), *table, frame)?;
        } else {
            write::csv(stage.folder(), *table, frame)?;
        }
    }
    completed(stage, task, merged, rejects)
}

/// Whether the file of a table is to be Parquet, in a ledger that will have so many invoices.
fn becomes_parquet(present: &Present, table: Table, invoices: usize) -> bool {
    let files = &present.files;
    let file = files.get(&table).or_else(|| files.get(&Table::Invoices));
    file.map_or(invoices >= PARQUET_FROM_INVOICES, |path| is_parquet(path))
}

/// Writes the rejects beside the tables of the new ledger, and takes over everything else.
fn completed(stage: Stage, task: &Task<'_>, merged: &Merged, rejects: &[Reject]) -> Result<Stage, Error> {
    let mut rewritten = BTreeSet::from([OsString::from(rejects::FILE_NAME)]);
    rewritten.extend(
        merged
            .changed
            .iter()
            .filter_map(|table| task.present.file_name(*table)),
    );
    if !rejects.is_empty() {
        write::rejects(&stage.folder().join(rejects::FILE_NAME), rejects)?;
    }
    stage.carry_over(&rewritten)?;
    stage.sync()?;
    Ok(stage)
}
