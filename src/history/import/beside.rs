//! Foreign files read for a ledger that is no folder of files, such as that of the service.
//!
//! What a linker joins it joins with what that ledger knows, and rows that the files repeat are dealt with as an import
//! into a folder does. Whether the rows fit the ledger is for the ledger to say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use polars::prelude::BooleanChunked;

use super::foreign::{ForeignRows, read_knowing};
use crate::domain::date::day_number;
use crate::history::builder::Built;
use crate::history::duplicates::{Growth, resolve};
use crate::history::link::Known;
use crate::history::row_values::RowValues;
use crate::history::schema::SUPERSEDED_ON;
use crate::history::validate::count;
use crate::history::versions::set_clocks;
use crate::history::{DAY_MIN, Error, History, Profile};

/// The ledger that foreign files are read for.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Everything it knows.
    pub history: &'a History,
    /// Legal entities whose rows may be looked at; absent where all may.
    pub entities: Option<&'a BTreeSet<String>>,
}

/// Reads foreign files through a profile as [`read`](super::read) does, for a ledger.
///
/// Of rows with the same key that the files have more than once, equal ones count once, versions that say when they
/// were recorded give the last, and others are rejected but for the first.
///
/// # Errors
///
/// Those of [`read`](super::read), and [`Error::Polars`] when the ledger cannot be read.
pub fn read_beside(
    profile: &Profile,
    inputs: &[PathBuf],
    names: &[String],
    beside: Beside<'_>,
    progress: &dyn Fn(u64, u64),
) -> Result<ForeignRows, Error> {
    let known = match profile.linker() {
        Some(linker) if linker.reads_ledger() => Known::of_history(beside.history, beside.entities)?,
        _ => Known::default(),
    };
    let mut rows = read_knowing(profile, inputs, names, &known, progress)?;
    drop(known);
    let day = rows.last_known.map_or(DAY_MIN, day_number);
    let mut tables = BTreeMap::new();
    for (table, built) in rows.tables {
        let (built, repeated) = without_repeats(built, day)?;
        rows.repeated.insert(table, repeated);
        tables.insert(table, built);
    }
    rows.tables = tables;
    Ok(rows)
}

/// Leaves out the rows that are repeated or that a later row of the files supersedes, and counts them.
fn without_repeats(mut built: Built, day: i32) -> Result<(Built, u64), Error> {
    let growth = Growth { own_rows: 0, day };
    let resolved = resolve(built.table, &built.frame, &built.origins, Some(growth), &|_| {
        false
    })?;
    set_clocks(built.table, &mut built.frame, &resolved.clocks)?;
    let superseded = RowValues::of(&built.frame, SUPERSEDED_ON)?;
    let keep: Vec<bool> = (0..)
        .zip(&resolved.keep)
        .map(|(row, keep)| *keep && superseded.day(row).is_none())
        .collect();
    let dropped = keep.iter().filter(|keep| !**keep).count();
    let repeated = dropped.saturating_sub(resolved.rejects.len());
    built.rejects.extend(resolved.rejects.into_values());
    if dropped > 0 {
        let mask: BooleanChunked = keep.iter().copied().collect();
        let kept = built
            .frame
            .filter(&mask)
            .map_err(|source| Error::polars("leaving out rows that are repeated", source))?;
        built.frame = kept;
        built.origins.retain(&keep);
    }
    Ok((built, count(repeated)))
}

#[cfg(test)]
mod tests {
    use super::without_repeats;
    use crate::history::{Built, Cell, Table, TableBuilder};

    fn customers_of(rows: &[[&str; 3]]) -> Built {
        let mut builder = TableBuilder::new(Table::Customers);
        builder.start_file("customers.csv");
        let places =
            ["customer_id", "name", "recorded_at"].map(|name| TableBuilder::slot(Table::Customers, name));
        for (line, row) in (2..).zip(rows) {
            let mut cells = vec![Cell::Absent; builder.slots()];
            for (place, text) in places.iter().zip(row) {
                cells[place.unwrap()] = Cell::Text(text);
            }
            builder.push(line, &cells).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn what_files_repeat_counts_once_and_what_they_contradict_is_rejected() {
        let built = customers_of(&[
            ["C1", "One", ""],
            ["C1", "One", ""],
            ["C2", "Two", ""],
            ["C2", "Other", ""],
        ]);
        let (built, repeated) = without_repeats(built, 0).unwrap();
        assert_eq!((built.frame.height(), repeated), (2, 1));
        assert_eq!(built.rejects.len(), 1);
        assert_eq!(
            (built.rejects[0].line, built.origin(1)),
            (5, ("customers.csv", 4))
        );
    }

    #[test]
    fn of_versions_that_say_when_they_were_recorded_the_last_is_left() {
        let built = customers_of(&[["C1", "New", "2026-02-01"], ["C1", "Old", "2026-01-01"]]);
        let (built, repeated) = without_repeats(built, 0).unwrap();
        assert_eq!((built.frame.height(), repeated), (1, 1));
        assert!(built.rejects.is_empty());
        assert_eq!(built.origin(0), ("customers.csv", 2));
    }
}
