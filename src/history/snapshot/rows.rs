//! Rows of a table without a query: of a small frame in memory they are read in less time than a query is planned, and
//! without a thread of the pool that a training may hold.

use polars::prelude::{BooleanChunked, Column, DataFrame, Expr, PolarsError, col, lit};

use super::{Later, Snapshot, later};
use crate::domain::date::day_number;
use crate::history::column::{ColumnBuilder, Parsed};
use crate::history::error::Error;
use crate::history::row_values::RowValues;
use crate::history::schema::{KNOWN_ON, SUPERSEDED_ON, Table};

/// Rows up to which frames in memory are read without a query.
pub(in crate::history) const ROWS_MAX: usize = 10_000;

/// Which of the rows that were known are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    /// Every one.
    All,
    /// Those with another text in a column than this; never those with none.
    Other {
        /// The column.
        column: &'static str,
        /// The text.
        than: &'static str,
    },
    /// Those without a text in this column.
    Blank(&'static str),
}

impl Keep {
    const fn column(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Other { column, .. } | Self::Blank(column) => Some(column),
        }
    }

    /// The condition of a query; [`keeps`](Self::keeps) says the same of a text.
    pub(crate) fn condition(self) -> Option<Expr> {
        match self {
            Self::All => None,
            Self::Other { column, than } => Some(col(column).neq(lit(than))),
            Self::Blank(column) => Some(col(column).is_null().or(col(column).eq(lit("")))),
        }
    }

    fn keeps(self, text: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Other { than, .. } => text.is_some_and(|text| text != than),
            Self::Blank(_) => text.is_none_or(str::is_empty),
        }
    }
}

/// A row as one of its versions had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Day number on which the version became known.
    pub(crate) known_day: i32,
    /// Day number from which another version held, where that day had come.
    pub(crate) superseded_day: Option<i32>,
    /// Texts of the columns that were asked for.
    pub(crate) texts: Vec<Option<String>>,
}

impl Snapshot {
    /// Returns text columns of all versions of the rows that had become known, in the order of the ledger.
    ///
    /// `range` holds the first and the last customer; a small table is given whole.
    pub(crate) fn versions(
        &self,
        table: Table,
        columns: &[&'static str],
        range: Option<(&str, &str)>,
    ) -> Result<Vec<Version>, Error> {
        match self.frame(table).filter(|frame| frame.height() <= ROWS_MAX) {
            Some(frame) => self.read_versions(frame, columns),
            None => self.read_versions(&self.queried_versions(table, columns, range)?, columns),
        }
    }

    fn read_versions(&self, frame: &DataFrame, columns: &[&'static str]) -> Result<Vec<Version>, Error> {
        let texts: Vec<RowValues<'_>> = columns
            .iter()
            .map(|name| RowValues::of(frame, name))
            .collect::<Result<_, Error>>()?;
        let known = RowValues::of(frame, KNOWN_ON)?;
        let superseded = RowValues::of(frame, SUPERSEDED_ON)?;
        let cutoff = day_number(self.cutoff);
        let version = |row: usize| {
            Some(Version {
                known_day: known.day(row).filter(|day| *day <= cutoff)?,
                // When a version ends after the cut-off is of the future: nobody may see it.
                superseded_day: superseded.day(row).filter(|day| *day <= cutoff),
                texts: texts
                    .iter()
                    .map(|text| text.text(row).map(str::to_owned))
                    .collect(),
            })
        };
        Ok((0..frame.height()).filter_map(version).collect())
    }

    fn queried_versions(
        &self,
        table: Table,
        columns: &[&'static str],
        range: Option<(&str, &str)>,
    ) -> Result<DataFrame, Error> {
        let mut come = self.tables[&table]
            .clone()
            .filter(col(KNOWN_ON).lt_eq(self.cutoff_literal()));
        if let Some((first, last)) = range {
            let id = col("customer_id");
            let is_asked = id
                .clone()
                .gt_eq(lit(first.to_owned()))
                .and(id.lt_eq(lit(last.to_owned())));
            come = come.filter(is_asked);
        }
        let mut chosen: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
        chosen.push(col(KNOWN_ON));
        if self.versioned.contains(&table) {
            chosen.push(col(SUPERSEDED_ON));
        }
        let mut frame = self.collect(come.select(chosen))?;
        frame.rechunk_mut();
        Ok(frame)
    }

    /// Returns columns of the rows that were known and are kept, as [`table`](Self::table) has them, one chunk a column.
    pub(crate) fn rows(
        &self,
        table: Table,
        columns: &[&'static str],
        keep: Keep,
    ) -> Result<DataFrame, Error> {
        match self.frame(table).filter(|frame| frame.height() <= ROWS_MAX) {
            Some(frame) => self.looked_up(table, frame, columns, keep),
            None => self.queried(table, columns, keep),
        }
    }

    /// Returns whether tables together have few rows, all of them in memory.
    pub(crate) fn is_small(&self, tables: &[Table]) -> bool {
        let heights = tables
            .iter()
            .map(|table| self.frame(*table).map(DataFrame::height));
        heights
            .sum::<Option<usize>>()
            .is_some_and(|rows| rows <= ROWS_MAX)
    }

    fn queried(&self, table: Table, columns: &[&'static str], keep: Keep) -> Result<DataFrame, Error> {
        let known = self.table(table);
        let kept = match keep.condition() {
            Some(condition) => known.filter(condition),
            None => known,
        };
        let chosen: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
        let mut frame = self.collect(kept.select(chosen))?;
        frame.rechunk_mut();
        Ok(frame)
    }

    fn looked_up(
        &self,
        table: Table,
        frame: &DataFrame,
        columns: &[&'static str],
        keep: Keep,
    ) -> Result<DataFrame, Error> {
        let mut chosen = Vec::with_capacity(columns.len());
        for name in columns {
            chosen.push(self.seen_column(table, frame, name)?);
        }
        let mut rows = DataFrame::new(frame.height(), chosen).map_err(failed)?;
        let mask = self.mask(table, frame, keep)?;
        if !mask.iter().all(|is_kept| *is_kept) {
            let mask: BooleanChunked = mask.into_iter().collect();
            rows = rows.filter_seq(&mask).map_err(failed)?;
        }
        rows.rechunk_mut();
        Ok(rows)
    }

    /// Says of each row whether it was known, held, and is kept.
    fn mask(&self, table: Table, frame: &DataFrame, keep: Keep) -> Result<Vec<bool>, Error> {
        let cutoff = day_number(self.cutoff);
        let known = RowValues::of(frame, KNOWN_ON)?;
        let superseded = if self.versioned.contains(&table) {
            RowValues::of(frame, SUPERSEDED_ON)?
        } else {
            RowValues::Nulls
        };
        let judged = match keep.column() {
            Some(name) => Some(self.seen_column(table, frame, name)?),
            None => None,
        };
        let judged = match &judged {
            Some(column) => RowValues::from_column(column)?,
            None => RowValues::Nulls,
        };
        let is_kept = |row: usize| {
            known.day(row).is_some_and(|day| day <= cutoff)
                && superseded.day(row).is_none_or(|day| day > cutoff)
                && keep.keeps(judged.text(row))
        };
        Ok((0..frame.height()).map(is_kept).collect())
    }

    /// Returns a column, with what became of a row hidden until its date has come.
    fn seen_column(&self, table: Table, frame: &DataFrame, name: &str) -> Result<Column, Error> {
        let column = frame.column(name).map_err(failed)?;
        let Some(Later { seen_from, columns }) = later(table) else {
            return Ok(column.clone());
        };
        let Some((name, kind)) = columns.into_iter().find(|(hidden, _)| *hidden == name) else {
            return Ok(column.clone());
        };
        let cutoff = day_number(self.cutoff);
        let (values, days) = (RowValues::from_column(column)?, RowValues::of(frame, seen_from)?);
        let has_come = |row: usize| days.day(row).is_some_and(|day| day <= cutoff);
        if (0..frame.height()).all(|row| has_come(row) || values.is_null(row)) {
            return Ok(column.clone());
        }
        let mut seen = ColumnBuilder::new(name, kind);
        for row in 0..frame.height() {
            let day = values.day(row).map(Parsed::Day);
            let cell = day.or_else(|| values.text(row).map(Parsed::Text));
            seen.push(cell.filter(|_| has_come(row)).unwrap_or(Parsed::Null));
        }
        Ok(seen.finish())
    }
}

fn failed(source: PolarsError) -> Error {
    Error::polars("reading the rows of a table", source)
}

#[cfg(test)]
mod tests {
    use polars::prelude::DataType;
    use proptest::prelude::*;

    use super::*;
    use crate::history::schema::frame_columns;
    use crate::history::small_ledger::{cutoffs, history, seeds};

    fn types(frame: &DataFrame) -> Vec<DataType> {
        frame
            .columns()
            .iter()
            .map(|column| column.dtype().clone())
            .collect()
    }

    /// What is asked of a table, columns that are hidden at first among it.
    fn asked(columns: &[&'static str]) -> Vec<Keep> {
        let blank = ["invoice_id", "outcome"].into_iter();
        let mut asked: Vec<Keep> = blank
            .filter(|name| columns.contains(name))
            .map(Keep::Blank)
            .collect();
        if columns.contains(&"action_type") {
            asked.push(Keep::Other {
                column: "action_type",
                than: "wait",
            });
        }
        asked.push(Keep::All);
        asked
    }

    #[test]
    fn the_versions_that_still_hold_are_the_rows_and_none_tells_of_the_future() {
        let history = history(&[]);
        let columns = ["invoice_id", "entity"];
        let mut superseded = 0;
        for cutoff in cutoffs() {
            let snapshot = history.as_of(cutoff);
            let versions = snapshot.versions(Table::Invoices, &columns, None).unwrap();
            let queried = snapshot
                .queried_versions(Table::Invoices, &columns, None)
                .unwrap();
            assert_eq!(snapshot.read_versions(&queried, &columns).unwrap(), versions);
            let holding = versions.iter().filter(|version| version.superseded_day.is_none());
            let holding: Vec<Option<String>> = holding.map(|version| version.texts[0].clone()).collect();
            let rows = snapshot.rows(Table::Invoices, &columns, Keep::All).unwrap();
            let ids = rows.column("invoice_id").unwrap().str().unwrap().iter();
            let ids: Vec<Option<String>> = ids.map(|id| id.map(str::to_owned)).collect();
            assert_eq!(holding, ids, "{cutoff}");
            superseded += versions.len() - holding.len();
        }
        // Two invoices were corrected on 10 June, which three of the days know.
        assert_eq!(superseded, 6);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn rows_of_a_frame_are_those_that_a_query_finds(seeds in seeds()) {
            let history = history(&seeds);
            for cutoff in cutoffs() {
                let snapshot = history.as_of(cutoff);
                prop_assert!(snapshot.is_small(&Table::ALL));
                for table in Table::ALL {
                    let columns = frame_columns(table).into_iter().map(|(name, _)| name);
                    let columns: Vec<&'static str> = columns.collect();
                    for keep in asked(&columns) {
                        let found = snapshot.rows(table, &columns, keep).unwrap();
                        let queried = snapshot.queried(table, &columns, keep).unwrap();
                        let is_same = found.equals_missing(&queried);
                        prop_assert!(is_same, "{table} on {cutoff}, {keep:?}: {found:?} {queried:?}");
                        prop_assert_eq!(types(&found), types(&queried));
                    }
                }
            }
        }
    }
}
