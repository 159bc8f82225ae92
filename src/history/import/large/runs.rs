//! Sorted parts of a table that become one file.
//!
//! Each part is sorted by itself and set aside as a run. The runs are then read side by side, some thousand rows of each
//! at a time, and the least row of all comes next, as merge sort has it. What is compared of a row is one text of bytes
//! whose order is that of the row.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame};
use rayon::prelude::*;

use super::chunks::PLACE;
use super::spill::{read_rows, write_groups};
use crate::history::row_values::RowValues;
use crate::history::schema::{ColumnKind, KNOWN_ON, RECORDED_AT, SUPERSEDED_ON, Table, columns};
use crate::history::write::groups::Extent;
use crate::history::write::sorted;
use crate::history::{ColumnBuilder, Error, Parsed};

/// The bit that makes the order of signed numbers that of their bytes.
const SIGN: u64 = 1 << 63;

/// Sorted parts of a table.
#[derive(Debug)]
pub(super) struct Runs {
    table: Table,
    folder: PathBuf,
    /// Rows of a run that are read together.
    at_once: usize,
    /// Rows of each run.
    rows: Vec<usize>,
    extent: Extent,
}

impl Runs {
    pub(super) fn new(table: Table, folder: &Path, at_once: usize) -> Self {
        Self {
            table,
            folder: folder.to_path_buf(),
            at_once: at_once.max(1),
            rows: Vec::new(),
            extent: Extent::default(),
        }
    }

    /// Returns how many rows there are, and in which columns they have values.
    pub(super) const fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Sorts the rows of a part, which come in the order they were read, and sets them aside.
    pub(super) fn add(&mut self, frame: &DataFrame) -> Result<(), Error> {
        let height = frame.height();
        if height == 0 {
            return Ok(());
        }
        let names = columns_of(self.table)
            .into_iter()
            .map(|(name, _)| name)
            .chain([PLACE]);
        let failed = |source| Error::polars("choosing the columns of a table", source);
        let mut run = sorted(self.table, &frame.select(names).map_err(failed)?)?;
        run.rechunk_mut_par();
        for column in run.columns().iter().filter(|column| !column.is_full_null()) {
            self.extent.filled.insert(column.name().to_string());
        }
        let spans: Vec<(usize, usize)> = (0..height)
            .step_by(self.at_once)
            .map(|first| (first, self.at_once.min(height - first)))
            .collect();
        write_groups(&self.path(self.rows.len()), &run, &spans)?;
        self.rows.push(height);
        self.extent.rows = self.extent.rows.saturating_add(height);
        Ok(())
    }

    /// Returns the rows of all runs in the order of the table's file.
    pub(super) fn merged(&self) -> Result<Merge, Error> {
        let mut merge = Merge {
            table: self.table,
            at_once: self.at_once,
            order: order_of(self.table, self.extent.filled.contains(SUPERSEDED_ON)),
            cursors: Vec::with_capacity(self.rows.len()),
            next: BinaryHeap::new(),
        };
        for (number, rows) in self.rows.iter().enumerate() {
            merge.cursors.push(Cursor {
                path: self.path(number),
                unread: 0..*rows,
                batches: Vec::new(),
                keys: Vec::new().into_iter(),
                row: 0,
            });
            merge.advance(number)?;
        }
        Ok(merge)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.join(format!("run-{}-{number}.parquet", self.table))
    }
}

/// A run that is being read.
#[derive(Debug)]
struct Cursor {
    path: PathBuf,
    unread: std::ops::Range<usize>,
    /// The rows that are in memory; the last are at hand, the others were chosen and not yet given.
    batches: Vec<DataFrame>,
    /// What is compared of the rows at hand that were not yet looked at.
    keys: std::vec::IntoIter<Vec<u8>>,
    /// The next row of those at hand.
    row: usize,
}

/// The rows of all runs of a table, in order.
#[derive(Debug)]
pub(super) struct Merge {
    table: Table,
    at_once: usize,
    order: Vec<&'static str>,
    cursors: Vec<Cursor>,
    /// The next row of each run, by what is compared of it.
    next: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

/// A row that was chosen: its run, the batch of it and the row in that.
type Chosen = (usize, usize, usize);

impl Merge {
    /// Returns the next so many rows, or what is left of them.
    pub(super) fn take(&mut self, rows: usize) -> Result<DataFrame, Error> {
        for cursor in &mut self.cursors {
            let given = cursor.batches.len().saturating_sub(1);
            cursor.batches.drain(..given);
        }
        let mut chosen: Vec<Chosen> = Vec::with_capacity(rows);
        while chosen.len() < rows {
            let Some(Reverse((_, run))) = self.next.pop() else {
                break;
            };
            let cursor = &mut self.cursors[run];
            chosen.push((run, cursor.batches.len().saturating_sub(1), cursor.row));
            cursor.row += 1;
            self.advance(run)?;
        }
        let built: Vec<Column> = columns_of(self.table)
            .into_par_iter()
            .map(|(name, kind)| self.column(name, kind, &chosen))
            .collect::<Result<_, Error>>()?;
        DataFrame::new(chosen.len(), built)
            .map_err(|source| Error::polars("merging parts of a table", source))
    }

    /// Offers the next row of a run, if it has one.
    fn advance(&mut self, run: usize) -> Result<(), Error> {
        let cursor = &mut self.cursors[run];
        if cursor.keys.as_slice().is_empty() && !cursor.unread.is_empty() {
            let rows = self.at_once.min(cursor.unread.len());
            let batch = read_rows(&cursor.path, cursor.unread.start, rows)?;
            cursor.unread.start += rows;
            cursor.keys = keys(&batch, &self.order)?.into_iter();
            cursor.batches.push(batch);
            cursor.row = 0;
        }
        if let Some(key) = cursor.keys.next() {
            self.next.push(Reverse((key, run)));
        }
        Ok(())
    }

    fn column(&self, name: &'static str, kind: ColumnKind, chosen: &[Chosen]) -> Result<Column, Error> {
        let mut values: Vec<Vec<RowValues<'_>>> = Vec::with_capacity(self.cursors.len());
        for cursor in &self.cursors {
            let batches = cursor.batches.iter().map(|batch| RowValues::of(batch, name));
            values.push(batches.collect::<Result<_, Error>>()?);
        }
        let mut column = ColumnBuilder::new(name, kind);
        for (run, batch, row) in chosen {
            column.push(cell(&values[*run][*batch], *row));
        }
        Ok(column.finish())
    }
}

/// Every column of a table's frames, and its kind.
fn columns_of(table: Table) -> Vec<(&'static str, ColumnKind)> {
    let clocks = [RECORDED_AT, KNOWN_ON, SUPERSEDED_ON].map(|name| (name, ColumnKind::Date));
    let own = columns(table).iter().map(|spec| (spec.frame_name(), spec.kind));
    own.chain(clocks).collect()
}

/// The columns that a table's file is sorted by, as [`sorted`] has them, and the place of the row at last.
fn order_of(table: Table, has_versions: bool) -> Vec<&'static str> {
    let names = [Some("customer_id"), table.business_date()]
        .into_iter()
        .flatten()
        .chain(table.key().iter().copied())
        .chain(has_versions.then_some(RECORDED_AT))
        .chain([SUPERSEDED_ON, PLACE]);
    let mut order: Vec<&'static str> = Vec::new();
    for name in names {
        if !order.contains(&name) {
            order.push(name);
        }
    }
    order
}

fn cell<'a>(values: &RowValues<'a>, row: usize) -> Parsed<'a> {
    let cell = match values {
        RowValues::Nulls => None,
        RowValues::Text(_) => values.text(row).map(Parsed::Text),
        RowValues::Days(_) => values.day(row).map(Parsed::Day),
        RowValues::Integers(_) => values.integer(row).map(Parsed::Integer),
        RowValues::Numbers(_) => values.number(row).map(Parsed::Number),
    };
    cell.unwrap_or(Parsed::Null)
}

/// What is compared of each row of a frame.
fn keys(frame: &DataFrame, order: &[&str]) -> Result<Vec<Vec<u8>>, Error> {
    let values = order
        .iter()
        .map(|name| RowValues::of(frame, name))
        .collect::<Result<Vec<_>, Error>>()?;
    let key = |row: usize| {
        let mut bytes = Vec::new();
        values.iter().for_each(|values| add_key(&mut bytes, values, row));
        bytes
    };
    Ok((0..frame.height()).map(key).collect())
}

/// Adds a cell, so that the order of bytes is that of cells; no value comes first.
fn add_key(bytes: &mut Vec<u8>, values: &RowValues<'_>, row: usize) {
    let number = match cell(values, row) {
        Parsed::Null => {
            bytes.push(0);
            return;
        }
        Parsed::Text(text) => {
            bytes.push(1);
            for byte in text.bytes() {
                bytes.push(byte);
                if byte == 0 {
                    // Behind the end of a text, which is two zeros.
                    bytes.push(u8::MAX);
                }
            }
            bytes.extend([0, 0]);
            return;
        }
        Parsed::Day(day) => i64::from(day),
        Parsed::Integer(number) => number,
        // No table is sorted by one; its bits keep equal ones together.
        Parsed::Number(number) => number.to_bits().cast_signed(),
    };
    bytes.push(1);
    bytes.extend((number.cast_unsigned() ^ SIGN).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use polars::prelude::BooleanChunked;

    use super::*;

    /// Ratings of customers whose names are hard to sort, some with versions, some without a source.
    fn ratings() -> DataFrame {
        let customers = ["ab", "a", "é", "a\0", "a\0b", "B", "a"];
        let rows = 60_usize;
        let numbers: Vec<i64> = (0..60).collect();
        let day = |name: &'static str, step: i32, is_there: fn(usize) -> bool| {
            let mut column = ColumnBuilder::new(name, ColumnKind::Date);
            for row in 0..rows {
                let number = i32::try_from(row).unwrap();
                let day = Parsed::Day(number * step % 5 - 2);
                column.push(if is_there(row) { day } else { Parsed::Null });
            }
            column.finish()
        };
        let of = |row: usize| customers[row * 3 % customers.len()];
        let source =
            |row: usize| (!row.is_multiple_of(4)).then_some(if row.is_multiple_of(3) { "S1" } else { "" });
        let columns = vec![
            Column::new("customer_id".into(), (0..rows).map(of).collect::<Vec<_>>()),
            day("score_date", 2, |_| true),
            Column::new("score".into(), vec![0.5_f64; rows]),
            Column::new("source".into(), (0..rows).map(source).collect::<Vec<_>>()),
            day(RECORDED_AT, 3, |row| row % 7 != 0),
            day(KNOWN_ON, 1, |_| true),
            day(SUPERSEDED_ON, 4, |row| row % 2 == 0),
            Column::new(PLACE.into(), numbers),
        ];
        DataFrame::new(rows, columns).unwrap()
    }

    fn places(frame: &DataFrame) -> Vec<i64> {
        let places = RowValues::of(frame, PLACE).unwrap();
        (0..frame.height())
            .filter_map(|row| places.integer(row))
            .collect()
    }

    #[test]
    fn merged_parts_are_the_table_sorted_however_many_rows_are_taken_at_a_time() {
        let table = Table::CreditRatings;
        let whole = ratings();
        let expected = sorted(table, &whole).unwrap();
        for (at_once, taken) in [(1, 1), (2, 7), (3, 60), (100, 13)] {
            let folder = tempfile::tempdir().unwrap();
            let mut runs = Runs::new(table, folder.path(), at_once);
            for part in 0..3 {
                let of_part: BooleanChunked = (0..60).map(|row| row % 3 == part).collect();
                runs.add(&whole.filter(&of_part).unwrap()).unwrap();
            }
            assert_eq!(runs.extent().rows, 60);
            assert!(runs.extent().filled.contains("source"));
            let mut merge = runs.merged().unwrap();
            let mut rows = Vec::new();
            while rows.len() < 60 {
                let group = merge.take(taken).unwrap();
                assert!(group.height() > 0 && group.height() <= taken);
                for row in 0..group.height() {
                    let cells = columns_of(table).into_iter().map(|(name, _)| name);
                    let shown = cells.map(|name| RowValues::of(&group, name).unwrap().shown(row));
                    rows.push(shown.collect::<Vec<_>>());
                }
            }
            assert_eq!(merge.take(1).unwrap().height(), 0);
            let of_expected = |row: usize| {
                let cells = columns_of(table).into_iter().map(|(name, _)| name);
                cells
                    .map(|name| RowValues::of(&expected, name).unwrap().shown(row))
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                rows,
                (0..60).map(of_expected).collect::<Vec<_>>(),
                "{at_once} {taken}"
            );
        }
        // The sort is worth its name: it moved rows.
        assert_ne!(places(&expected), places(&whole));
    }

    #[test]
    fn what_is_compared_of_texts_and_numbers_has_their_order() {
        let names = [
            None,
            Some(""),
            Some("\0"),
            Some("a"),
            Some("a\0"),
            Some("a\0b"),
            Some("ab"),
            Some("é"),
        ];
        let numbers = [i64::MIN, -1, 0, 1, 255, 256, i64::MAX, i64::MAX];
        let columns = vec![
            Column::new("name".into(), names.as_slice()),
            Column::new("number".into(), numbers.as_slice()),
        ];
        let frame = DataFrame::new(names.len(), columns).unwrap();
        for order in [["name"], ["number"]] {
            let keys = keys(&frame, &order).unwrap();
            assert!(keys.is_sorted(), "{order:?}");
        }
    }
}
