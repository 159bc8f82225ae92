//! One table: its segments, the rows in memory, and which rows of the segments no longer count.

use std::collections::BTreeSet;
use std::path::Path;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, Engine, Expr, IntoColumn, IntoLazy, JoinArgs, JoinType, LazyFrame,
    UnionArgs, col, concat,
};

use super::manifest::Listed;
use super::recent::{Recent, kept, sequences};
use super::segment::{Extent, Segment};
use super::{Error, SEQUENCE, SUPERSEDES};
use crate::history::row_values::RowValues;
use crate::history::schema::{KNOWN_ON, SUPERSEDED_ON, columns, frame_columns};
use crate::history::{Table, TableBuilder};

/// Segments with fewer rows are put together when there are many of them.
const SMALL_ROWS: u64 = 1 << 20;
/// Most small segments of a table.
const SMALL_MAX: usize = 8;
/// One superseded row in so many is too much to filter at each question.
const SUPERSEDED_SHARE: usize = 4;

/// One table.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) segments: Vec<Segment>,
    /// Sequences of rows that were not in memory any more when a later row superseded them.
    pub(super) superseded: BTreeSet<i64>,
    pub(super) recent: Recent,
    /// Rows on their way into a segment.
    pub(super) saving: Recent,
    /// Last sequence that the segments had when they were opened: rows up to it may be offered again.
    restored: i64,
    /// Extent of what counts in the segments, where a question had to look for it since that changed.
    looked_up: Option<Extent>,
    /// How often what counts in the segments has changed.
    changes: u64,
}

/// What a question needs of a table.
pub(super) struct View {
    /// The rows that count, in the canonical shape.
    pub(super) rows: LazyFrame,
    pub(super) is_on_disk: bool,
    extent: Extent,
    /// What counts in the segments, where their first or last day may be that of a superseded row.
    to_look_up: Option<LazyFrame>,
    changes: u64,
}

/// An extent that a question had to look up, and the state that it is of.
pub(super) struct LookedUp {
    extent: Extent,
    changes: u64,
}

/// Segments to be written anew, each list as one.
#[derive(Debug)]
pub(super) struct Compaction {
    pub(super) groups: Vec<Vec<Segment>>,
    pub(super) superseded: BTreeSet<i64>,
    /// Whether no segment is left out, so that nothing superseded remains.
    is_whole: bool,
}

impl Part {
    pub(super) fn restored(listed: Listed) -> Self {
        Self {
            restored: listed
                .segments
                .iter()
                .map(|segment| segment.last)
                .max()
                .unwrap_or(0),
            segments: listed.segments,
            superseded: listed.superseded,
            ..Self::default()
        }
    }

    pub(super) fn listed(&self) -> Listed {
        Listed {
            segments: self.segments.clone(),
            superseded: self.superseded.clone(),
        }
    }

    /// Takes accepted rows and leaves out what they supersede, be it older or among them.
    pub(super) fn take(&mut self, table: Table, frame: &DataFrame) -> Result<(), Error> {
        let (restored, gone) = (self.restored, &self.superseded);
        let new = kept(frame, |sequence| sequence > restored && !gone.contains(&sequence))?;
        let replaced = replaced(&new)?;
        self.recent.push(shaped(table, &holding(&new)?)?)?;
        if replaced.is_empty() {
            return Ok(());
        }
        let older = self.recent.drop_rows(&replaced)?;
        // What is being saved is already in the file that is being written.
        self.saving.drop_rows(&older)?;
        if !older.is_empty() {
            self.superseded.extend(older);
            self.change();
        }
        Ok(())
    }

    /// Adds a segment of newer rows.
    pub(super) fn add(&mut self, segment: Segment) {
        self.segments.push(segment);
        self.change();
    }

    /// Keeps what a question has found out, if it still holds.
    pub(super) fn remember(&mut self, found: &LookedUp) {
        let LookedUp { extent, changes } = *found;
        if changes == self.changes {
            self.looked_up = Some(extent);
        }
    }

    fn change(&mut self) {
        self.changes += 1;
        self.looked_up = None;
    }

    /// Returns what a question needs.
    pub(super) fn view(&self, table: Table, folder: &Path) -> Result<View, Error> {
        let canonical: Vec<Expr> = frame_columns(table)
            .into_iter()
            .map(|(name, _)| col(name))
            .collect();
        let failed = |source| Error::polars("putting segments together", source);
        let (mut parts, mut extent) = (Vec::new(), Extent::default());
        let mut to_look_up = None;
        if !self.segments.is_empty() {
            let scans = self
                .segments
                .iter()
                .map(|segment| segment.scan(folder))
                .collect::<Result<Vec<_>, _>>()?;
            let scanned = concat(scans, UnionArgs::default()).map_err(failed)?;
            let counting = self.counting(scanned)?.select(canonical.clone());
            match self.extent() {
                Some(known) => extent = known,
                None => to_look_up = Some(counting.clone()),
            }
            parts.push(counting);
        }
        for recent in [&self.saving, &self.recent] {
            if let Some(frame) = recent.frame()? {
                extent = extent.and(Extent::of(table, &frame)?);
                parts.push(frame.lazy().select(canonical.clone()));
            }
        }
        let rows = if parts.is_empty() {
            TableBuilder::new(table).finish()?.frame.lazy()
        } else {
            concat(parts, UnionArgs::default()).map_err(failed)?
        };
        Ok(View {
            rows,
            is_on_disk: !self.segments.is_empty(),
            extent,
            to_look_up,
            changes: self.changes,
        })
    }

    /// Returns the extent of what counts in the segments, where it is known without looking.
    fn extent(&self) -> Option<Extent> {
        if self.superseded.is_empty() {
            let extents = self.segments.iter().map(|segment| segment.extent);
            return Some(extents.fold(Extent::default(), Extent::and));
        }
        self.looked_up
    }

    /// Leaves the superseded rows out.
    fn counting(&self, rows: LazyFrame) -> Result<LazyFrame, Error> {
        if self.superseded.is_empty() {
            return Ok(rows);
        }
        let gone: Vec<i64> = self.superseded.iter().copied().collect();
        let gone = DataFrame::new(gone.len(), vec![Column::new(SEQUENCE.into(), gone)])
            .map_err(|source| Error::polars("listing superseded rows", source))?;
        let key = [col(SEQUENCE)];
        Ok(rows.join(gone.lazy(), key.clone(), key, JoinArgs::new(JoinType::Anti)))
    }

    /// Returns what is to be written anew, if anything is.
    pub(super) fn compaction(&self) -> Option<Compaction> {
        let rows: u64 = self.segments.iter().map(|segment| segment.rows).sum();
        let superseded = u64::try_from(self.superseded.len().saturating_mul(SUPERSEDED_SHARE));
        let is_whole = superseded.is_ok_and(|superseded| superseded > rows);
        let (small, large): (Vec<Segment>, Vec<Segment>) = self
            .segments
            .iter()
            .cloned()
            .partition(|segment| segment.rows < SMALL_ROWS);
        let mut groups = Vec::new();
        if is_whole {
            groups.extend(large.into_iter().map(|segment| vec![segment]));
        }
        if small.len() > SMALL_MAX || (is_whole && !small.is_empty()) {
            groups.push(small);
        }
        (!groups.is_empty()).then(|| Compaction {
            groups,
            superseded: self.superseded.clone(),
            is_whole,
        })
    }

    /// Puts the segments that were written anew in the place of the old ones; `dropped` are the rows that are
    /// not in them any more.
    pub(super) fn exchange(&mut self, done: &Compaction, new: Vec<Segment>, dropped: &BTreeSet<i64>) {
        let is_old = |segment: &Segment| done.groups.iter().flatten().any(|old| old.file == segment.file);
        self.segments.retain(|segment| !is_old(segment));
        self.segments.extend(new);
        let gone = if done.is_whole { &done.superseded } else { dropped };
        self.superseded.retain(|sequence| !gone.contains(sequence));
        self.change();
    }
}

impl View {
    /// Returns first and last day, and what had to be looked up for them.
    pub(super) fn extent(&self, table: Table) -> Result<(Extent, Option<LookedUp>), Error> {
        let is_dated = table != Table::Customers;
        let Some(counting) = self.to_look_up.clone().filter(|_| is_dated) else {
            return Ok((self.extent, None));
        };
        let mut days = vec![col(KNOWN_ON).max()];
        if table == Table::Invoices {
            days.push(col("invoice_date").min());
        }
        let extent = Extent::of(table, &collected(counting.select(days))?)?;
        let found = LookedUp {
            extent,
            changes: self.changes,
        };
        Ok((self.extent.and(extent), Some(found)))
    }
}

pub(super) fn collected(rows: LazyFrame) -> Result<DataFrame, Error> {
    let frame = rows
        .collect_with_engine(Engine::Streaming)
        .map_err(|source| Error::polars("reading segments", source))?;
    Ok(frame.unwrap_single())
}

/// Returns the sequences that the rows of a frame supersede.
fn replaced(frame: &DataFrame) -> Result<BTreeSet<i64>, Error> {
    let supersedes = frame
        .column(SUPERSEDES)
        .and_then(|column| column.i64())
        .map_err(|source| Error::polars("reading which rows are superseded", source))?;
    Ok(supersedes.iter().flatten().collect())
}

/// Returns the rows that say something, without those that only end the one they supersede.
fn holding(frame: &DataFrame) -> Result<DataFrame, Error> {
    let ended = RowValues::of(frame, SUPERSEDED_ON)?;
    if matches!(ended, RowValues::Nulls) {
        return Ok(frame.clone());
    }
    let holds: BooleanChunked = (0..frame.height()).map(|row| ended.day(row).is_none()).collect();
    frame
        .filter(&holds)
        .map_err(|source| Error::polars("leaving out rows that hold no more", source))
}

/// Returns the rows with the columns of a segment, in their order; absent optional columns are null.
fn shaped(table: Table, frame: &DataFrame) -> Result<DataFrame, Error> {
    let height = frame.height();
    let mut shaped = Vec::new();
    for (name, dtype) in frame_columns(table) {
        let is_optional = columns(table)
            .iter()
            .any(|spec| spec.frame_name() == name && !spec.required);
        let column = match frame.column(name) {
            Ok(column) if *column.dtype() == dtype => column.clone(),
            Err(_) if is_optional => Column::full_null(name.into(), height, &dtype),
            found => {
                return Err(Error::ColumnType {
                    file: format!("frame of {table}"),
                    column: name.to_owned(),
                    allowed: dtype.to_string(),
                    given: found.map_or("nothing".to_owned(), |column| column.dtype().to_string()),
                });
            }
        };
        shaped.push(column);
    }
    shaped.push(sequences(frame)?.clone().into_column());
    DataFrame::new(height, shaped).map_err(|source| Error::polars("shaping rows", source))
}
