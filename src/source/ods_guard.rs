//! What the cells of an OpenDocument sheet would take, before its reader is let at it.
//!
//! A cell and a row may say how often they stand; the reader writes each repetition out.

use std::io::BufRead;
use std::path::Path;

use quick_xml::events::{BytesStart, Event};

use super::Error;
use super::zip_guard::{damaged, measure, walk};

/// What a workbook may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Cells, counted as rectangles around what is filled; the reader takes some 120 bytes for each.
    pub(super) cells: u64,
    /// Elements of rows, filled or not.
    pub(super) rows: u64,
    /// Bytes of all texts of cells, repeated ones counted each time; the reader has them up to four times.
    pub(super) text: u64,
    pub(super) sheets: u64,
    /// Styles of sheets, and names of ranges.
    pub(super) names: u64,
    /// Bytes of a cell, as XML.
    pub(super) cell_bytes: u64,
    /// Bytes of a tag or of the text between two.
    pub(super) piece_bytes: u64,
    /// Bytes of another part that is held whole: the list of parts, properties of the document.
    pub(super) held_bytes: u64,
    /// Elements in each other.
    pub(super) depth: u64,
}

/// Some 250 MiB in memory at most: cells, mainly.
pub(super) const BOUNDS: Bounds = Bounds {
    cells: 3 << 19,
    rows: 1 << 21,
    text: 32 << 20,
    sheets: 256,
    names: 1 << 16,
    cell_bytes: 4 << 20,
    piece_bytes: 4 << 20,
    held_bytes: 4 << 20,
    depth: 256,
};

/// The part that has the sheets.
const CONTENT: &str = "content.xml";
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

/// Goes through a part of that name; returns how many bytes it has, or some more than `left` when it has more.
pub(super) fn check(
    path: &Path,
    name: &str,
    part: impl BufRead,
    left: u64,
    bounds: &Bounds,
) -> Result<u64, Error> {
    if name == CONTENT {
        return check_content(path, part, left, bounds);
    }
    let is_held = name.ends_with("manifest.xml") || name.ends_with("meta.xml");
    let bytes = measure(part, left).map_err(|error| damaged(path, &error.to_string()))?;
    if is_held && bytes > bounds.held_bytes {
        return Err(Error::too_large(
            path,
            "bytes of a list of parts",
            bounds.held_bytes,
            bytes,
        ));
    }
    Ok(bytes)
}

/// Refuses a `content.xml` whose cells would take too much. It must be well-formed: the reader waits for ends for ever.
fn check_content(path: &Path, content: impl BufRead, left: u64, bounds: &Bounds) -> Result<u64, Error> {
    let mut tally = Tally::default();
    walk(
        path,
        CONTENT,
        content,
        (left, bounds.piece_bytes),
        &mut |event, at| {
            if matches!(event, Event::Eof) && tally.depth > 0 {
                return Err(Error::malformed(path, CONTENT, "it ends within an element"));
            }
            tally.take(event, at);
            tally.check(path, at, bounds)
        },
    )
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
    /// Where it begins, and how many are open in it.
    cell_start: u64,
    cells_open: u64,
    depth: u64,
    row_elements: u64,
    sheets: u64,
    names: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    repeats: u64,
    width: u64,
    empty: u64,
    text: u64,
}

impl Tally {
    fn take(&mut self, event: &Event<'_>, at: u64) {
        match event {
            Event::Start(element) => {
                self.depth = self.depth.saturating_add(1);
                if is_cell(element.local_name().as_ref()) {
                    if self.cells_open == 0 {
                        self.cell_start = at;
                    }
                    self.cells_open = self.cells_open.saturating_add(1);
                }
                self.start(element);
            }
            Event::Empty(element) => {
                self.start(element);
                if is_cell(element.local_name().as_ref()) {
                    self.cell = 0;
                }
            }
            Event::Eof => self.end_table(),
            Event::Text(text) => self.text(length(text.len())),
            Event::CData(text) => self.text(length(text.len())),
            // A reference stands for one character.
            Event::GeneralRef(_) => self.text(4),
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                let name = element.local_name();
                if is_cell(name.as_ref()) {
                    self.cells_open = self.cells_open.saturating_sub(1);
                    self.cell = 0;
                } else if name.as_ref() == "table" {
                    self.end_table();
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "table" => {
                self.end_table();
                self.sheets = self.sheets.saturating_add(1);
            }
            "table-properties" | "named-range" | "named-expression" => {
                self.names = self.names.saturating_add(1);
            }
            // So many blanks.
            "s" => self.text(repeats(element, "c")),
            "p" | "tab" | "line-break" => self.text(1),
            "table-row" => {
                self.end_row();
                self.row_elements = self.row_elements.saturating_add(1);
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
                    self.text(length(element.len().saturating_sub(ELEMENT_BYTES)));
                } else {
                    self.row.empty = self.row.empty.saturating_add(self.cell).min(COLUMNS_MAX);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, bytes: u64) {
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

    fn check(&self, path: &Path, bytes: u64, bounds: &Bounds) -> Result<(), Error> {
        let cells = self.cells.saturating_add(self.rows.saturating_mul(self.width));
        let cell = if self.cells_open > 0 {
            bytes.saturating_sub(self.cell_start)
        } else {
            0
        };
        for (what, allowed, given) in [
            ("cells", bounds.cells, cells),
            (
                "bytes of text",
                bounds.text,
                self.text.saturating_add(self.row.text),
            ),
            ("bytes of a cell", bounds.cell_bytes, cell),
            ("rows", bounds.rows, self.row_elements),
            ("sheets", bounds.sheets, self.sheets),
            ("styles and names", bounds.names, self.names),
            ("levels of nesting", bounds.depth, self.depth),
        ] {
            if given > allowed {
                return Err(Error::too_large(path, what, allowed, given));
            }
        }
        Ok(())
    }
}

fn is_cell(name: &str) -> bool {
    name == "table-cell" || name == "covered-table-cell"
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
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
mod tests;
