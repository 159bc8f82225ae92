//! Imports that are larger than memory, with the same result to the byte as in memory.
//!
//! Rows are set aside on disk while they are read, the ledger's own first, divided into parts by the hash of the invoice
//! they belong to or of their own key. Then every part is checked by itself ([`steps`] says in which order, and why once
//! is not enough), sorted and set aside again; at last the sorted parts of each table are merged into its file.
//!
//! In memory are a chunk of rows, a part, the rejects up to a bound, sixteen bytes for each customer, the receipts that
//! are not wholly allocated, and what an import holds anyway: the records that it deduplicates or gives to a linker. A
//! part is as large as the rows of its largest invoice or key at least: a file in which one of them has most rows is not
//! divided.
//!
//! Everything is set aside in the stage of the new ledger, so that it goes when the stage goes.

mod chunks;
mod part;
mod parts;
mod refused;
mod runs;
mod spill;
mod steps;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::limits::Limits;
use super::merged::{Fate, Merged};
use super::rows::Intake;
use super::stage::Stage;
use super::{PreparedImport, Task, becomes_parquet, completed, conclude, known_before, take_inputs};
use crate::domain::date::day_number;
use crate::history::schema::Table;
use crate::history::write::groups;
use crate::history::{Error, Reject};

use refused::Refused;
use runs::Runs;

pub(super) use chunks::Chunks;

/// Imports in so many parts.
pub(super) fn prepare(
    mut task: Task<'_>,
    parts: usize,
    limits: &Limits,
    progress: &dyn Fn(u64, u64),
) -> Result<PreparedImport, Error> {
    let request = task.request;
    let stage = Stage::begin(&task.place, task.present.is_new)?;
    let scratch = stage.make_scratch()?;
    let refused = Refused::new(task.label_set(), task.present.file_names(), limits.rejects_max);
    let mut chunks = Chunks::new(&scratch, parts, *limits, refused);
    task.present.read_in_chunks(&mut chunks)?;
    chunks.is_own = false;

    let known = known_before(request.profile, &task.ledger)?;
    let intake = Intake::new(request.profile, BTreeMap::new(), Some(chunks));
    let inputs = request.inputs.iter().zip(&task.labels);
    let mut intake = take_inputs(intake, inputs, &known, task.total, progress)?;
    let notes = std::mem::take(&mut intake.notes);
    let (records, filtered) = (std::mem::take(&mut intake.records), intake.filtered);
    let voids = std::mem::take(&mut intake.voids);
    let chunks = taken(intake)?;

    let day = request.recorded_at.map_or(chunks.days.day(), day_number);
    let steps::Checked {
        runs,
        found,
        mut report,
        refused,
    } = steps::checked(chunks, day, voids)?;
    report.filtered_rows = filtered;
    let fate = |table: Table| {
        let found = found.get(&table);
        Fate {
            new: found.map_or(0, |found| found.new),
            own_bad: refused.own_of(table),
            grown: found.map(|found| found.grown).unwrap_or_default(),
        }
    };
    let fates: BTreeMap<Table, Fate> = Table::ALL.into_iter().map(|table| (table, fate(table))).collect();
    let bad = refused.imported();
    let listed = refused.list();
    report.rejects = listed.all;
    let merged = Merged::counted(report, (listed.imported, bad), &records, &fates);
    conclude(task, merged, notes, |task, merged, rejects| {
        write(stage, &scratch, &runs, task, merged, rejects)
    })
}

/// Returns the rows of an intake, all set aside.
fn taken(intake: Intake<'_>) -> Result<Chunks, Error> {
    let mut chunks = intake.chunks.expect("an intake keeps where its rows go");
    for builder in intake.builders.into_values() {
        chunks.take(builder.finish()?)?;
    }
    Ok(chunks)
}

/// Merges the parts of each table that changed into its file.
fn write(
    stage: Stage,
    scratch: &Path,
    runs: &BTreeMap<Table, Runs>,
    task: &Task<'_>,
    merged: &Merged,
    rejects: &[Reject],
) -> Result<Stage, Error> {
    let invoices = runs.get(&Table::Invoices).map_or(0, |runs| runs.extent().rows);
    for table in &merged.changed {
        let Some(runs) = runs.get(table) else {
            continue;
        };
        let mut rows = runs.merged()?;
        let mut next = |count: usize| rows.take(count);
        if becomes_parquet(&task.present, *table, invoices) {
            groups::parquet(stage.folder(), *table, runs.extent(), &mut next)?;
        } else {
            groups::csv(stage.folder(), *table, runs.extent(), &mut next)?;
        }
    }
    fs::remove_dir_all(scratch).map_err(|error| Error::io(scratch, error))?;
    completed(stage, task, merged, rejects)
}

#[cfg(test)]
mod tests;
