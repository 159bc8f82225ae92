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
        // A document that is cut ends in an error; what is wrong with a whole one says the import.
        while left > 0 && matches!(rows.next_row(&mut source_row), Ok(true)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_longer_than_what_is_looked_at_is_read_as_far_as_that() {
        let invoice = format!(
            "{{\"Type\":\"ACCREC\",\"InvoiceID\":\"I1\",\"InvoiceNumber\":\"1\",\"Reference\":\"{}\",\
             \"Contact\":{{\"ContactID\":\"C1\",\"Name\":\"Harbour Joinery\"}},\"Status\":\"PAID\",\
             \"DateString\":\"2025-01-10T00:00:00\",\"DueDateString\":\"2025-02-09T00:00:00\",\
             \"Total\":1800.00,\"CurrencyCode\":\"NZD\"}}",
            "x".repeat(1 << 15)
        );
        // 600 of 32 KiB each are more than 16 MiB.
        let text = format!("{{\"Invoices\":[{}]}}", vec![invoice; 600].join(","));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("invoices.json");
        std::fs::write(&path, text).expect("the file is written");
        let look = Look::at(&path, "invoices.json", &[]).expect("it is JSON");
        let profile = Profile::load("xero").expect("it is shipped");
        let reading = read(&profile, &[look]).expect("the cut is no fault of the file");
        assert!(reading.rows > 400 && reading.rows < 600, "{reading:?}");
        assert_eq!(reading.failed, 0);
    }
}
