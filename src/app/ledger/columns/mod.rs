//! All facts in columns: what questions about the whole book read.
//!
//! The store has every fact; this is a copy of it in the form that the stages want, kept beside it and topped up
//! with each fact. Most rows are in *segments*, Parquet files that never change; a *manifest* names those that
//! count. The rows of late are in memory. A row that a later one supersedes is left out.
//!
//! Guaranteed: what a question sees does not depend on how the rows came and where they are; a process killed at
//! any moment comes back with a prefix of the facts, whose end [`Columns::sequence`] tells; a folder that is
//! damaged or of another version counts as empty. Rows have no order: the stages sort by what they need.

mod manifest;
mod part;
mod recent;
mod save;
mod segment;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use polars::prelude::{DataFrame, LazyFrame};

use super::Head;
use crate::history::{History, Table, write};
use manifest::{Manifest, sweep};
use part::{Part, View, collected};
use segment::Extent;

pub(crate) use crate::history::Error;

/// Column of the number by which a fact was accepted.
const SEQUENCE: &str = "sequence";
/// Column of the sequence of the row that a row takes the place of.
const SUPERSEDES: &str = "supersedes";
/// Rows in memory from which on they are saved; replaying as many from the store takes about a second.
const SAVE_ROWS: usize = 100_000;
/// File that a process locks while it uses the folder.
const LOCK_FILE: &str = "lock";

/// All facts in columns.
#[derive(Debug)]
pub(crate) struct Columns {
    shared: Arc<Shared>,
}

/// What a save in the background shares with the questions.
#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    state: Mutex<State>,
    /// Held by the one who writes segments and the manifest.
    writing: Mutex<()>,
    is_saving: AtomicBool,
    /// Keeps other processes out until it is closed.
    _lock: File,
}

#[derive(Debug)]
struct State {
    /// Every fact up to here is in the parts.
    sequence: i64,
    /// Every fact up to here is in segments.
    saved: i64,
    /// Number of the last file that was begun.
    files: u64,
    /// Rows in memory from which on they are saved.
    due_rows: usize,
    parts: BTreeMap<Table, Part>,
    /// Files that count no more, and since when: a question asked before may still read them.
    obsolete: Vec<(PathBuf, Instant)>,
}

impl Columns {
    /// Opens the folder, which is made where it is not there; what cannot be used in it counts as absent.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be made or read, [`Error::Input`] when another process uses it.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        let lock = locked(folder)?;
        let manifest = Manifest::load(folder).unwrap_or_else(|reason| {
            tracing::warn!(folder = %folder.display(), %reason, "the ledger is put into columns anew");
            None
        });
        sweep(folder, manifest.as_ref()).map_err(|source| Error::io(folder, source))?;
        Ok(Self {
            shared: Arc::new(Shared {
                folder: folder.to_path_buf(),
                state: Mutex::new(State::of(manifest.unwrap_or_default())),
                writing: Mutex::new(()),
                is_saving: AtomicBool::new(false),
                _lock: lock,
            }),
        })
    }

    /// Returns the sequence up to which every fact is here.
    pub(crate) fn sequence(&self) -> i64 {
        self.shared.state().sequence
    }

    /// Adds accepted facts: canonical columns, `sequence` and `supersedes`.
    ///
    /// Facts come in the order of their sequence. `head.sequence` says that with these rows every fact up to it
    /// is here, in all tables: while topping up table by table it stays the one before, until the last table.
    /// When many rows are in memory they are saved in the background.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnType`] or [`Error::Polars`] when a frame has not the shape.
    pub(crate) fn append(&self, frames: &BTreeMap<Table, DataFrame>, head: &Head) -> Result<(), Error> {
        let is_due = {
            let mut state = self.shared.state();
            for (table, frame) in frames {
                state.parts.entry(*table).or_default().take(*table, frame)?;
            }
            state.sequence = state.sequence.max(head.sequence);
            state.rows_in_memory() > state.due_rows
        };
        if is_due {
            self.save_beside();
        }
        Ok(())
    }

    /// Returns everything recorded, as it is now; rows that come later do not show in it.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when a segment cannot be read.
    pub(crate) fn history(&self, head: &Head) -> Result<History, Error> {
        let mut tables: BTreeMap<Table, LazyFrame> = BTreeMap::new();
        let (mut extent, mut is_on_disk) = (Extent::default(), false);
        for (table, view) in self.views()? {
            let (of_table, looked_up) = view.extent(table)?;
            if let Some(found) = looked_up {
                self.shared
                    .state()
                    .parts
                    .entry(table)
                    .or_default()
                    .remember(&found);
            }
            extent = extent.and(of_table);
            is_on_disk |= view.is_on_disk;
            tables.insert(table, view.rows);
        }
        History::from_parts(tables, extent.dates(), head.fingerprint.clone(), is_on_disk)
    }

    /// Writes what is only in memory, and puts small segments together.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Polars`] when a file cannot be written; nothing is lost then, and the segments
    /// that were written before still count.
    pub(crate) fn save(&self) -> Result<(), Error> {
        self.shared.save()
    }

    /// Returns everything recorded so far, which stays as it is while more is recorded.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when a table cannot be read.
    pub(crate) fn frozen(&self) -> Result<Frozen, Error> {
        Ok(Frozen(self.views()?))
    }

    /// Returns every table as it is now, all at the same fact.
    fn views(&self) -> Result<Vec<(Table, View)>, Error> {
        let mut state = self.shared.state();
        Table::ALL
            .into_iter()
            .map(|table| {
                let part = state.parts.entry(table).or_default();
                Ok((table, part.view(table, &self.shared.folder)?))
            })
            .collect()
    }

    fn save_beside(&self) {
        if self.shared.is_saving.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let started = thread::Builder::new().name("columns".to_owned()).spawn(move || {
            if let Err(error) = shared.save() {
                tracing::warn!(%error, "rows stay in memory: they could not be saved in columns");
            }
            shared.is_saving.store(false, Ordering::Release);
        });
        if let Err(error) = started {
            tracing::warn!(%error, "rows stay in memory: no thread to save them");
            self.shared.is_saving.store(false, Ordering::Release);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(manifest: Manifest) -> Self {
        Self {
            sequence: manifest.sequence,
            saved: manifest.sequence,
            files: manifest.files,
            due_rows: SAVE_ROWS,
            parts: manifest
                .tables
                .into_iter()
                .filter_map(|(name, listed)| Some((Table::parse(&name)?, Part::restored(listed))))
                .collect(),
            obsolete: Vec::new(),
        }
    }

    fn rows_in_memory(&self) -> usize {
        self.parts.values().map(|part| part.recent.rows()).sum()
    }
}

/// Everything that was recorded at one moment.
pub(crate) struct Frozen(Vec<(Table, View)>);

impl Frozen {
    /// Writes it as a canonical ledger of Parquet files.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Polars`] when a table cannot be read or written.
    pub(crate) fn write(self, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        for (table, view) in self.0 {
            let frame = collected(view.rows)?;
            // A ledger folder without invoices is none, and one without payments is warned of.
            if frame.height() > 0 || matches!(table, Table::Invoices | Table::Payments) {
                write::parquet(folder, table, &frame)?;
            }
        }
        Ok(())
    }
}

/// Takes the folder for this process; on a file system without locks nothing is taken.
fn locked(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK_FILE);
    let file = File::create(&path).map_err(|source| Error::io(&path, source))?;
    match file.try_lock() {
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Input {
            path: folder.to_path_buf(),
            reason: "another process uses this folder; each service needs a cache folder of its own"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
