//! What the cells of an OpenDocument sheet would take, before its reader is let at it.
//!
//! A cell and a row may say how often they stand; the reader writes each repetition out.

use std::io::BufRead;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Error;

/// Cells that a workbook may have, counted as rectangles around what is filled.
const CELLS_MAX: u64 = 1 << 24;
/// Bytes of all texts of cells, repeated ones counted each time.
const TEXT_MAX: u64 = 1 << 30;
/// Bytes of a cell's element beyond which its value is long.
const ELEMENT_BYTES: usize = 96;
/// A spreadsheet program's own bounds.
const ROWS_MAX: u64 = 1 << 20;
const COLUMNS_MAX: u64 = 1 << 14;

/// Attributes that give a cell a value.
const VALUES: [&str; 7] = [
    "value",
    "string-value",
    "date-value",
    "time-value",
    "boolean-value",
    "value-type",
    "formula",
];

/// Refuses a `content.xml` whose cells would take too much.
pub(super) fn check(path: &Path, content: impl BufRead) -> Result<(), Error> {
    let mut reader = Reader::from_reader(content);
    reader.config_mut().check_end_names = false;
    let mut tally = Tally::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| Error::malformed(path, "content.xml", error.to_string()))?;
        match event {
            Event::Start(element) | Event::Empty(element) => tally.start(&element),
            Event::Text(text) => tally.text(text.len()),
            Event::CData(text) => tally.text(text.len()),
            Event::End(element) if element.local_name().as_ref() == "table" => tally.end_table(),
            Event::Eof => break,
            _ => {}
        }
        tally.check(path)?;
    }
    tally.end_table();
    tally.check(path)
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Tally {
    /// Cells of the sheets that are done.
    cells: u64,
    /// Bytes of texts.
    text: u64,
    /// Rows of the sheet up to the last that is filled, empty ones behind it, and its widest row.
    rows: u64,
    empty_rows: u64,
    width: u64,
    /// The row at hand: repetitions, columns up to the last that is filled, empty ones behind, bytes of texts.
    row: Row,
    /// Repetitions of the cell at hand.
    cell: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    repeats: u64,
    width: u64,
    empty: u64,
    text: u64,
}

impl Tally {
    fn start(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "table" => self.end_table(),
            "table-row" => {
                self.end_row();
                self.row.repeats = repeats(element, "number-rows-repeated").min(ROWS_MAX);
            }
            "table-cell" | "covered-table-cell" => {
                self.cell = repeats(element, "number-columns-repeated").min(COLUMNS_MAX);
                if has_value(element) {
                    self.row.width = self
                        .row
                        .width
                        .saturating_add(self.row.empty)
                        .saturating_add(self.cell)
                        .min(COLUMNS_MAX);
                    self.row.empty = 0;
                    // What a cell takes anyway is counted as a cell.
                    self.text(element.len().saturating_sub(ELEMENT_BYTES));
                } else {
                    self.row.empty = self.row.empty.saturating_add(self.cell).min(COLUMNS_MAX);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.row.text = self.row.text.saturating_add(bytes.saturating_mul(self.cell));
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        self.cell = 0;
        if row.width == 0 {
            self.empty_rows = self.empty_rows.saturating_add(row.repeats).min(ROWS_MAX);
            return;
        }
        self.rows = self
            .rows
            .saturating_add(self.empty_rows)
            .saturating_add(row.repeats);
        self.empty_rows = 0;
        self.width = self.width.max(row.width);
        self.text = self.text.saturating_add(row.text.saturating_mul(row.repeats));
    }

    fn end_table(&mut self) {
        self.end_row();
        self.cells = self.cells.saturating_add(self.rows.saturating_mul(self.width));
        self.rows = 0;
        self.empty_rows = 0;
        self.width = 0;
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let cells = self.cells.saturating_add(self.rows.saturating_mul(self.width));
        if cells > CELLS_MAX {
            return Err(Error::too_large(path, "cells", CELLS_MAX, cells));
        }
        let text = self.text.saturating_add(self.row.text);
        if text > TEXT_MAX {
            return Err(Error::too_large(path, "bytes of text", TEXT_MAX, text));
        }
        Ok(())
    }
}

/// The number of an attribute; once when there is none.
fn repeats(element: &BytesStart<'_>, name: &str) -> u64 {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map_or(1, |attribute| {
            let digits = &attribute.value;
            // What is no number is refused by the reader; until then it counts as very often.
            digits.trim().parse().unwrap_or(u64::MAX)
        })
}

fn has_value(element: &BytesStart<'_>) -> bool {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .any(|attribute| VALUES.contains(&attribute.key.local_name().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(rows: &str) -> Result<(), Error> {
        let content =
            format!("<o:spreadsheet><table:table table:name=\"A\">{rows}</table:table></o:spreadsheet>");
        check(Path::new("a.ods"), content.as_bytes())
    }

    const FILLED: &str = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";

    #[test]
    fn empty_rests_of_sheets_and_rows_cost_nothing() {
        let row = format!(
            "<table:table-row>{FILLED}<table:table-cell table:number-columns-repeated=\"16383\"/></table:table-row>"
        );
        let rest =
            "<table:table-row table:number-rows-repeated=\"1048500\"><table:table-cell/></table:table-row>";
        checked(&format!("{}{rest}", row.repeat(50))).unwrap();
    }

    #[test]
    fn cells_and_rows_that_repeat_are_refused_when_they_are_too_many() {
        let wide = "<table:table-cell table:number-columns-repeated=\"16384\" office:value=\"1\"/>";
        let error = checked(&format!("<table:table-row>{wide}</table:table-row>").repeat(1025)).unwrap_err();
        assert!(matches!(error, Error::TooLarge { what: "cells", .. }), "{error}");
        checked(&format!("<table:table-row>{wide}</table:table-row>").repeat(1024)).unwrap();
        let tall = format!(
            "<table:table-row table:number-rows-repeated=\"1048576\">{}</table:table-row>",
            FILLED.repeat(17)
        );
        assert!(matches!(
            checked(&tall),
            Err(Error::TooLarge { what: "cells", .. })
        ));
        let far = format!(
            "<table:table-row><table:table-cell table:number-columns-repeated=\"16383\"/>{FILLED}</table:table-row>"
        );
        let one = format!("<table:table-row>{FILLED}</table:table-row>");
        assert!(matches!(
            checked(&format!("{far}{}", one.repeat(1024))),
            Err(Error::TooLarge { what: "cells", .. })
        ));
    }

    #[test]
    fn a_long_text_that_repeats_is_refused() {
        let text = "x".repeat(1 << 17);
        let cell = format!(
            "<table:table-cell table:number-columns-repeated=\"9000\" office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        );
        let error = checked(&format!("<table:table-row>{cell}</table:table-row>")).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    what: "bytes of text",
                    ..
                }
            ),
            "{error}"
        );
    }
}
