//! Import: foreign files through a profile into a ledger, all of it or nothing, and only once.
//!
//! The ledger that results is written beside the old one, made durable and exchanged with it in one
//! step. Whatever goes wrong before (a full disk, Ctrl-C, too many bad rows) leaves the ledger as it
//! was. Rows that the ledger has already count as unchanged; an import that adds nothing writes
//! nothing. A row with a known key and other values becomes a new version of it, beside the one before.

mod beside;
mod foreign;
mod lock;
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
use super::validate::{Assembled, Onto, assemble_onto, count};
use super::{Error, OpenOptions, write};
use crate::domain::Date;

use foreign::take_inputs;
use lock::{Lock, Place};
use present::{Present, rows_beyond};
use request::{check_request, labels};
use rows::Intake;
use stage::Stage;

pub use beside::{Beside, read_beside};
pub use foreign::{ForeignRows, read};
pub use request::ImportRequest;

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
    /// The file that lists the rejected rows, if there are any.
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
    let place = Place::of(request.ledger)?;
    let ledger = place.ledger();
    let total = check_request(request, &ledger)?;
    let lock = Lock::take(&place)?;
    let (present, builders) = Present::read(&ledger)?;
    let labels = labels(request.inputs, &present);
    let inputs = request.inputs.iter().zip(&labels);
    let known = known_before(request.profile, &ledger)?;
    let mut intake = take_inputs(request.profile, builders, inputs, &known, total, progress)?;
    let mut notes = std::mem::take(&mut intake.notes);
    let labels: BTreeSet<String> = labels.into_iter().collect();
    let merged = Merged::of(&present, intake, &labels, request.recorded_at)?;
    if merged.voided > 0 {
        let count = merged.voided;
        notes.push(format!(
            "{count} rows end, because what they say was voided, deleted or used up in the source"
        ));
    }
    refuse_above_share(request, &place, &merged)?;
    for table in &merged.changed {
        present.check_rewrite(*table, &merged.report)?;
    }

    let earlier = rejects::read(&ledger.join(rejects::FILE_NAME))?;
    let rejects = rejects::merged(&earlier, &labels, &merged.rejected);
    let stage = if merged.changed.is_empty() && rejects == earlier {
        None
    } else {
        Some(write_stage(&place, &present, &merged, &rejects)?)
    };
    let rejects = (!rejects.is_empty()).then(|| ledger.join(rejects::FILE_NAME));
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
        _lock: lock,
    })
}

/// The ledger before the import, as far as the profile's linker looks at it.
fn known_before(profile: &Profile, ledger: &Path) -> Result<Known, Error> {
    match profile.linker() {
        Some(linker) if linker.reads_ledger() => Known::of_ledger(ledger),
        _ => Ok(Known::default()),
    }
}

/// The ledger with the imported rows in it, and what became of each.
struct Merged {
    frames: BTreeMap<Table, DataFrame>,
    report: DataReport,
    /// Records of the inputs, rejected ones included.
    records: u64,
    /// Those rejected.
    rejected: Vec<Reject>,
    added: BTreeMap<Table, u64>,
    unchanged: BTreeMap<Table, u64>,
    corrected: BTreeMap<Table, u64>,
    withdrawn: u64,
    /// Rows that ended because their source declared them void.
    voided: u64,
    /// Tables that gained rows or versions.
    changed: BTreeSet<Table>,
}

impl Merged {
    fn of(
        present: &Present,
        intake: Intake<'_>,
        labels: &BTreeSet<String>,
        recorded_at: Option<Date>,
    ) -> Result<Self, Error> {
        let (records, filtered, voids) = (intake.records, intake.filtered, intake.voids);
        let mut built = BTreeMap::new();
        let mut known = BTreeMap::new();
        for (table, builder) in intake.builders {
            let rows = builder.finish()?;
            known.insert(table, present.keys_of(&rows)?);
            built.insert(table, rows);
        }
        // The share of rejects is judged over the imported rows alone, not over the whole ledger.
        let onto = Onto {
            own_rows: present.rows.clone(),
            recorded_at,
            voids,
        };
        let tolerant = OpenOptions {
            max_reject_share: 1.0,
        };
        let Assembled {
            frames,
            mut report,
            growth,
            ..
        } = assemble_onto(built, Some(&onto), &tolerant)?;
        report.filtered_rows = filtered;
        let is_imported = |reject: &&Reject| rejects::is_of(labels, &reject.file);
        let rejected = report.rejects().iter().filter(is_imported).cloned().collect();

        let (mut added, mut unchanged, mut corrected) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (table, taken) in &records {
            let (Some(frame), Some(known)) = (frames.get(table), known.get(table)) else {
                continue;
            };
            let new = rows_beyond(*table, frame, known)?;
            let own_bad = count(present.rejects_of(*table, &report).count());
            let all_bad = report.tables.get(table).map_or(0, |facts| facts.rows_rejected);
            let bad = all_bad.saturating_sub(own_bad);
            let changed = growth.get(table).map_or(0, |grown| grown.corrected);
            added.insert(*table, new);
            corrected.insert(*table, changed);
            let other = bad.saturating_add(new).saturating_add(changed);
            unchanged.insert(*table, taken.saturating_sub(other));
        }
        let withdrawn = growth.values().map(|grown| grown.withdrawn).sum();
        let voided = growth.values().map(|grown| grown.voided).sum();
        let has_grown = |table: &Table| {
            let versions = growth.get(table).map_or(0, |grown| {
                let ended = grown.withdrawn.saturating_add(grown.voided);
                grown.corrected.saturating_add(ended)
            });
            versions > 0 || added.get(table).is_some_and(|rows| *rows > 0)
        };
        Ok(Self {
            changed: Table::ALL.into_iter().filter(has_grown).collect(),
            records: records.values().sum(),
            frames,
            report,
            rejected,
            added,
            unchanged,
            corrected,
            withdrawn,
            voided,
        })
    }
}

/// Refuses the import as a whole when too many records are bad, and leaves their list beside the ledger.
fn refuse_above_share(request: &ImportRequest<'_>, place: &Place, merged: &Merged) -> Result<(), Error> {
    let bad = count(merged.rejected.len());
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
fn write_stage(
    place: &Place,
    present: &Present,
    merged: &Merged,
    rejects: &[Reject],
) -> Result<Stage, Error> {
    let stage = Stage::begin(place, present.is_new)?;
    let mut rewritten = BTreeSet::from([OsString::from(rejects::FILE_NAME)]);
    let invoices = merged.frames.get(&Table::Invoices).map_or(0, DataFrame::height);
    let format_of_new = present
        .files
        .get(&Table::Invoices)
        .map_or(invoices >= PARQUET_FROM_INVOICES, |path| is_parquet(path));
    for table in &merged.changed {
        let Some(frame) = merged.frames.get(table) else {
            continue;
        };
        rewritten.extend(present.file_name(*table));
        let as_parquet = present
            .files
            .get(table)
            .map_or(format_of_new, |path| is_parquet(path));
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
