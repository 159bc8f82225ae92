//! Profiles that fit the same columns, told apart by which of them can read the cells.

use super::look::{BYTES_READ, Look};
use crate::history::Error;
use crate::history::profile::{Profile, Row, SheetFit};
use crate::source::{self, Options, SourceRow};

/// Rows of a file that are read.
const ROWS_READ: u64 = 1_000;

/// What a profile makes of the first rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Rows that a section wants.
    pub(super) rows: u64,
    /// Those of them with a cell that the profile cannot read.
    pub(super) failed: u64,
}

/// Reads the first rows of files by a profile.
pub(super) fn read(profile: &Profile, looks: &[Look<'_>]) -> Result<Reading, Error> {
    let mut reading = Reading::default();
    for look in looks {
        let options = Options {
            bytes_max: Some(BYTES_READ),
            ..profile.options(&look.stem)?
        };
        let mut rows = source::open(look.path, look.label, &options)?;
        let mut fits = Vec::new();
        for sheet in rows.sheets() {
            fits.push(profile.fit(&look.stem, sheet)?);
        }
        let mut source_row = SourceRow::default();
        let mut left = ROWS_READ;
        while left > 0 && rows.next_row(&mut source_row)? {
            left -= 1;
            let row = Row {
                cells: &source_row.cells,
                number: 0,
                null_markers: profile.null_markers(),
            };
            if let Some(is_read) = fits.get(source_row.sheet).and_then(|fit| is_read(fit, row)) {
                reading.rows += 1;
                reading.failed += u64::from(!is_read);
            }
        }
    }
    Ok(reading)
}

/// Whether every cell can be read that the sections want; nothing when none wants the row.
fn is_read(fit: &SheetFit, row: Row<'_>) -> Option<bool> {
    if !fit.filter.iter().all(|test| test.holds(row)) {
        return None;
    }
    let mut is_wanted = false;
    for section in &fit.sections {
        if !section.wants.are_met() || !section.bound.when.iter().all(|test| test.holds(row)) {
            continue;
        }
        is_wanted = true;
        let mut columns = section.bound.columns.iter();
        if columns.any(|column| column.rule.evaluate(row).is_err()) {
            return Some(false);
        }
    }
    is_wanted.then_some(true)
}
