//! Versions of one row in time, and the clocks of rows that an import changes.

use std::collections::BTreeMap;

use polars::prelude::{BooleanChunked, DataFrame};

use super::cell::DAY_MIN;
use super::column::{ColumnBuilder, Parsed};
use super::error::Error;
use super::precedence::CONFIDENCE;
use super::row_values::RowValues;
use super::schema::{ColumnKind, KNOWN_ON, RECORDED_AT, SUPERSEDED_ON, Table};

/// The end of a version that no other has superseded.
pub(super) const FOREVER: i32 = i32::MAX;
/// The beginning of a version that was known always.
pub(super) const ALWAYS: i32 = i32::MIN;

/// Versions of one key, of which no two hold on the same day.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// End and row of each version that holds on some day, by its first day.
    spans: BTreeMap<i32, (i32, usize)>,
    rows: Vec<usize>,
}

impl Chain {
    /// Adds the version that is recorded on `from` and superseded on `until`, unless one that is there already
    /// holds at the same time: then it returns that row.
    pub(super) fn add(&mut self, row: usize, from: i32, until: i32) -> Result<(), usize> {
        if from < until {
            let is_in_the_way = |(start, (end, _)): &(&i32, &(i32, usize))| **start < until && from < *end;
            let before = self.spans.range(..=from).next_back().filter(is_in_the_way);
            let after = self.spans.range(from..).next().filter(is_in_the_way);
            if let Some((_, (_, blocking))) = before.or(after) {
                return Err(*blocking);
            }
            self.spans.insert(from, (until, row));
        }
        self.rows.push(row);
        Ok(())
    }

    /// Returns the row that nothing has superseded.
    pub(super) fn current(&self) -> Option<usize> {
        let last = self.spans.last_key_value();
        last.filter(|(_, (until, _))| *until == FOREVER)
            .map(|(_, (_, row))| *row)
    }

    /// Returns the day on which the last version ends, [`FOREVER`] where it does not.
    pub(super) fn end(&self) -> Option<i32> {
        self.spans.last_key_value().map(|(_, (until, _))| *until)
    }

    /// Returns every version, those included that held on no day.
    pub(super) fn rows(&self) -> &[usize] {
        &self.rows
    }
}

/// Adds the hash of each row's key, and the days between which the row holds.
pub(super) fn add_versions(
    versions: &mut Vec<(u64, i32, i32)>,
    frame: &DataFrame,
    keys: &[RowValues<'_>],
) -> Result<(), Error> {
    let height = frame.height();
    let recorded = RowValues::of(frame, RECORDED_AT)?.days_or(height, ALWAYS);
    let superseded = RowValues::of(frame, SUPERSEDED_ON)?.days_or(height, FOREVER);
    for (row, (from, until)) in recorded.into_iter().zip(superseded).enumerate() {
        versions.push((RowValues::hash_row(keys, row), from.min(until), until));
    }
    Ok(())
}

/// Returns the rows that are not superseded; nothing when none is superseded.
pub(super) fn current_rows(frame: &DataFrame) -> Result<Option<DataFrame>, Error> {
    let superseded = RowValues::of(frame, SUPERSEDED_ON)?;
    if matches!(superseded, RowValues::Nulls) {
        return Ok(None);
    }
    rows_that(frame, |row| superseded.day(row).is_none()).map(Some)
}

/// Returns the payments that were matched at the bank and gave way to the ledger's own; nothing when none did.
pub(super) fn withdrawn_rows(payments: &DataFrame) -> Result<Option<DataFrame>, Error> {
    let superseded = RowValues::of(payments, SUPERSEDED_ON)?;
    let confidence = RowValues::of(payments, CONFIDENCE)?;
    if matches!(superseded, RowValues::Nulls) || matches!(confidence, RowValues::Nulls) {
        return Ok(None);
    }
    let gave_way = |row| superseded.day(row).is_some() && !confidence.is_null(row);
    rows_that(payments, gave_way).map(Some)
}

fn rows_that(frame: &DataFrame, is_kept: impl Fn(usize) -> bool) -> Result<DataFrame, Error> {
    let kept: BooleanChunked = (0..frame.height()).map(is_kept).collect();
    let kept = frame.filter(&kept);
    kept.map_err(|source| Error::polars("choosing among versions of rows", source))
}

/// Returns whether the versions of every key follow each other; each is the hash of its key, the day it was
/// recorded and the day it was superseded. Sorts them.
pub(super) fn follow_each_other(versions: &mut [(u64, i32, i32)]) -> bool {
    versions.sort_unstable();
    versions
        .chunk_by(|one, next| one.0 == next.0)
        .all(|chain| chain.windows(2).all(is_before))
}

fn is_before(pair: &[(u64, i32, i32)]) -> bool {
    match pair {
        [(_, _, until), (_, from, _)] => until <= from,
        _ => true,
    }
}

/// New clocks of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clocks {
    pub(super) recorded: Option<i32>,
    pub(super) superseded: Option<i32>,
}

/// Sets the clocks of some rows of a frame; `known_on` follows.
pub(super) fn set_clocks(
    table: Table,
    frame: &mut DataFrame,
    changes: &BTreeMap<usize, Clocks>,
) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut built =
        [RECORDED_AT, KNOWN_ON, SUPERSEDED_ON].map(|name| ColumnBuilder::new(name, ColumnKind::Date));
    let business = match table.business_date() {
        Some(name) => RowValues::of(frame, name)?,
        None => RowValues::Nulls,
    };
    let before = [
        RowValues::of(frame, RECORDED_AT)?,
        RowValues::of(frame, KNOWN_ON)?,
        RowValues::of(frame, SUPERSEDED_ON)?,
    ];
    for row in 0..frame.height() {
        let change = changes.get(&row).copied().unwrap_or_default();
        let [recorded, known, superseded] = [&before[0], &before[1], &before[2]].map(|clock| clock.day(row));
        let known = match change.recorded {
            Some(day) => Some(
                business
                    .day(row)
                    .map_or(day, |business| business.max(day))
                    .max(DAY_MIN),
            ),
            None => known,
        };
        let days = [
            change.recorded.or(recorded),
            known,
            change.superseded.or(superseded),
        ];
        for (column, day) in built.iter_mut().zip(days) {
            column.push(day.map_or(Parsed::Null, Parsed::Day));
        }
    }
    for column in built.map(ColumnBuilder::finish) {
        if column.name().as_str() == SUPERSEDED_ON && column.is_full_null() {
            continue;
        }
        frame
            .with_column(column)
            .map_err(|source| Error::polars("setting clocks", source))?;
    }
    Ok(())
}

/// Returns which rows are the last version of their id, the one that nothing superseded or the one superseded last;
/// nothing when no row of the frame is superseded.
pub(super) fn last_versions(frame: &DataFrame, id: &str) -> Result<Option<Vec<bool>>, Error> {
    let superseded = RowValues::of(frame, SUPERSEDED_ON)?;
    if matches!(superseded, RowValues::Nulls) {
        return Ok(None);
    }
    let ids = RowValues::of(frame, id)?;
    let height = frame.height();
    // Few rows are superseded: only these are kept, the others are looked up among them.
    let mut last: BTreeMap<&str, (i32, usize)> = BTreeMap::new();
    let mut is_last = vec![true; height];
    for (row, is_last) in is_last.iter_mut().enumerate() {
        if let (Some(day), Some(id)) = (superseded.day(row), ids.text(row)) {
            let found = last.entry(id).or_insert((day, row));
            *found = (*found).max((day, row));
            *is_last = false;
        }
    }
    for row in 0..height {
        let is_current = superseded.day(row).is_none();
        if let Some(found) = ids
            .text(row)
            .filter(|_| is_current)
            .and_then(|id| last.get_mut(id))
        {
            *found = (FOREVER, row);
        }
    }
    for (_, row) in last.into_values() {
        if let Some(is_last) = is_last.get_mut(row) {
            *is_last = true;
        }
    }
    Ok(Some(is_last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_hold_on_the_same_day_are_told_apart_from_those_that_follow_each_other() {
        let mut chain = Chain::default();
        assert_eq!(chain.add(0, 10, 20), Ok(()));
        assert_eq!(chain.add(1, 20, FOREVER), Ok(()));
        assert_eq!(chain.add(2, ALWAYS, 10), Ok(()));
        assert_eq!(chain.add(3, 15, 16), Err(0));
        assert_eq!(chain.add(4, 5, 11), Err(2));
        assert_eq!(chain.add(5, 30, FOREVER), Err(1));
        // Superseded on the day it was recorded: it never held.
        assert_eq!(chain.add(6, 15, 15), Ok(()));
        assert_eq!(chain.current(), Some(1));
        assert_eq!(chain.rows(), [0, 1, 2, 6]);
    }

    #[test]
    fn a_chain_whose_last_version_is_superseded_has_no_current_row() {
        let mut chain = Chain::default();
        assert_eq!(chain.add(0, 10, 20), Ok(()));
        assert_eq!(chain.current(), None);
    }

    #[test]
    fn of_every_key_one_version_follows_the_other_or_the_ledger_is_not_clean() {
        for (mut versions, expected) in [
            (vec![(1, 10, FOREVER), (2, 5, 10), (2, 10, FOREVER)], true),
            (vec![(2, 10, FOREVER), (2, ALWAYS, 10)], true),
            (vec![(1, 10, FOREVER), (1, 12, FOREVER)], false),
            (vec![(1, 10, 13), (1, 12, FOREVER)], false),
            (vec![(1, 10, 10), (1, 10, FOREVER)], true),
        ] {
            assert_eq!(follow_each_other(&mut versions), expected, "{versions:?}");
        }
    }
}
