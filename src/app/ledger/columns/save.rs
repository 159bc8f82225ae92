//! Memory into segments, small segments into larger ones, superseded rows out.
//!
//! A segment is durable before the manifest names it, and the manifest is exchanged in one step: killed at any
//! moment, the folder has the old state or the new one, and at worst files that nothing names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use polars::prelude::DataFrame;

use super::manifest::Manifest;
use super::part::Compaction;
use super::recent::{Recent, kept, sequences, stacked};
use super::segment::Segment;
use super::{Error, SAVE_ROWS, Shared, State};
use crate::history::Table;

/// How long a file that counts no more is kept for the questions that may still read it.
const OBSOLETE_KEPT: Duration = Duration::from_secs(3_600);

impl Shared {
    /// Writes what is only in memory, and puts segments together where there are many.
    pub(super) fn save(&self) -> Result<(), Error> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = self.save_recent().and_then(|()| self.compact());
        let mut state = self.state();
        // After a failure, on a full disk for example, not every row tries again.
        state.due_rows = match saved {
            Ok(()) => SAVE_ROWS,
            Err(_) => state.rows_in_memory() + SAVE_ROWS,
        };
        state.remove_obsolete();
        saved
    }

    fn save_recent(&self) -> Result<(), Error> {
        let sequence = {
            let mut state = self.state();
            if state.rows_in_memory() == 0 && state.sequence == state.saved {
                return Ok(());
            }
            state.begin_saving();
            state.sequence
        };
        match self.write_segments() {
            Ok(segments) => self.state().end_saving(segments, sequence),
            Err(error) => {
                self.state().give_back();
                return Err(error);
            }
        }
        self.write_manifest()
    }

    /// Writes the rows that are to be saved, without keeping questions and new facts waiting.
    fn write_segments(&self) -> Result<Vec<(Table, Segment)>, Error> {
        let mut frames: BTreeMap<Table, DataFrame> = BTreeMap::new();
        for (table, part) in &self.state().parts {
            if let Some(frame) = part.saving.frame()? {
                frames.insert(*table, frame);
            }
        }
        let mut segments = Vec::with_capacity(frames.len());
        for (table, frame) in frames {
            let file = self.new_file(table);
            segments.push((table, Segment::write(&self.folder, file, table, &frame)?));
        }
        Ok(segments)
    }

    fn compact(&self) -> Result<(), Error> {
        for table in Table::ALL {
            let overdue = self.state().parts.get(&table).and_then(|part| part.compaction());
            let Some(compaction) = overdue else {
                continue;
            };
            let mut dropped = BTreeSet::new();
            let mut segments = Vec::new();
            for group in &compaction.groups {
                let rows = self.counting_rows(group, &compaction, &mut dropped)?;
                if let Some(rows) = rows.filter(|rows| rows.height() > 0) {
                    let file = self.new_file(table);
                    segments.push(Segment::write(&self.folder, file, table, &rows)?);
                }
            }
            self.state()
                .exchange(table, &compaction, segments, &dropped, &self.folder);
            self.write_manifest()?;
        }
        Ok(())
    }

    /// Reads the rows of a group that still count, and notes the sequences of the others.
    fn counting_rows(
        &self,
        group: &[Segment],
        compaction: &Compaction,
        dropped: &mut BTreeSet<i64>,
    ) -> Result<Option<DataFrame>, Error> {
        let is_gone = |sequence: i64| compaction.superseded.contains(&sequence);
        let mut all: Option<DataFrame> = None;
        for segment in group {
            let rows = segment.read(&self.folder)?;
            dropped.extend(
                sequences(&rows)?
                    .iter()
                    .flatten()
                    .filter(|&sequence| is_gone(sequence)),
            );
            let rows = kept(&rows, |sequence| !is_gone(sequence))?;
            all = Some(match all {
                Some(before) => stacked(before, &rows)?,
                None => rows,
            });
        }
        Ok(all)
    }

    fn new_file(&self, table: Table) -> String {
        let mut state = self.state();
        state.files += 1;
        format!("{table}-{:06}.parquet", state.files)
    }

    fn write_manifest(&self) -> Result<(), Error> {
        let manifest = self.state().manifest();
        manifest.store(&self.folder)
    }
}

impl State {
    fn begin_saving(&mut self) {
        for part in self.parts.values_mut() {
            part.saving = std::mem::take(&mut part.recent);
        }
    }

    fn end_saving(&mut self, segments: Vec<(Table, Segment)>, sequence: i64) {
        for part in self.parts.values_mut() {
            part.saving = Recent::default();
        }
        for (table, segment) in segments {
            self.parts.entry(table).or_default().add(segment);
        }
        self.saved = sequence;
    }

    fn give_back(&mut self) {
        for part in self.parts.values_mut() {
            let saving = std::mem::take(&mut part.saving);
            part.recent.put_before(saving);
        }
    }

    fn manifest(&self) -> Manifest {
        let tables = self
            .parts
            .iter()
            .map(|(table, part)| (table.name().to_owned(), part.listed()))
            .collect();
        Manifest::new(self.saved, self.files, tables)
    }

    fn exchange(
        &mut self,
        table: Table,
        done: &Compaction,
        new: Vec<Segment>,
        dropped: &BTreeSet<i64>,
        folder: &std::path::Path,
    ) {
        let since = Instant::now();
        let old = done.groups.iter().flatten();
        self.obsolete
            .extend(old.map(|segment| (folder.join(&segment.file), since)));
        self.parts.entry(table).or_default().exchange(done, new, dropped);
    }

    /// Removes files that no question can be reading any more; what stays is removed at the next start.
    fn remove_obsolete(&mut self) {
        self.obsolete.retain(|(path, since)| {
            let is_kept = since.elapsed() < OBSOLETE_KEPT;
            if !is_kept && let Err(error) = fs::remove_file(path) {
                tracing::warn!(file = %path.display(), %error, "an old segment stays until the next start");
            }
            is_kept
        });
    }
}
