//! Spreadsheets: XLSX and ODS, every sheet with rows, each below whatever titles.
//!
//! An XLSX sheet is read cell by cell and never whole. Cells have places, so a row that is shorter than the header is
//! filled up, and what stands beside the header's columns belongs to none.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Ods, Reader, SheetType, Xlsx, open_workbook};

use super::ahead::{Ahead, Sink};
use super::header::{self, HEAD_BYTES, ROWS_SEARCHED};
use super::workbook_cell::{write_borrowed, write_owned};
use super::zip_guard::{self, Kind};
use super::{COLUMNS_MAX, Error, Options, Rows, Sheet};

/// Bytes that the text of a cell may have; spreadsheet programs allow 32,767 characters.
const CELL_BYTES_MAX: usize = 1 << 20;
/// Bytes that the texts of a row may have.
const ROW_BYTES_MAX: usize = 16 << 20;
/// Cells that all rows of a workbook may come to, filled up to the width of their headers.
const CELLS_MAX: u64 = 1 << 26;
/// Bytes that the texts of all rows may come to: a shared text may stand in every cell.
const TEXT_BYTES_MAX: u64 = 1 << 30;
/// Columns that the headers of all sheets may come to.
const ALL_COLUMNS_MAX: usize = 4 * COLUMNS_MAX;
/// Sheets that a workbook may have.
const SHEETS_MAX: usize = 256;

/// Opens a workbook.
pub(super) fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, Error> {
    let (owned_path, options) = (path.to_path_buf(), options.clone());
    let ahead = Ahead::start(path, move |sink| read(&owned_path, &options, sink))?;
    Ok(Box::new(ahead))
}

fn read(path: &Path, options: &Options, sink: &mut Sink) -> Result<(), Error> {
    let mut book = Book::open(path)?;
    let mut plans = Vec::new();
    let mut columns = 0_usize;
    for name in book.names()? {
        if let Some(plan) = Plan::of(&mut book, &name, options)? {
            columns = columns.saturating_add(plan.sheet.columns.len());
            allow(path, "columns of all sheets", ALL_COLUMNS_MAX, columns)?;
            plans.push(plan);
        }
    }
    if !sink.sheets(plans.iter().map(|plan| plan.sheet.clone()).collect()) {
        return Ok(());
    }
    let mut total = Total::default();
    for (place, plan) in plans.iter().enumerate() {
        let mut goes_on = true;
        book.rows(&plan.sheet.name, &mut |line, cells| {
            goes_on = plan.take(path, place, line, cells, &mut total, sink)?;
            Ok(goes_on)
        })?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// What the rows so far come to.
#[derive(Default)]
struct Total {
    cells: u64,
    bytes: u64,
}

impl Total {
    /// Adds a row that is written as that many cells.
    fn add(&mut self, path: &Path, columns: usize, cells: &[String]) -> Result<(), Error> {
        let bytes: usize = cells.iter().take(columns).map(String::len).sum();
        self.cells = self.cells.saturating_add(count(columns));
        self.bytes = self.bytes.saturating_add(count(bytes));
        if self.cells > CELLS_MAX {
            return Err(Error::too_large(path, "cells", CELLS_MAX, self.cells));
        }
        if self.bytes > TEXT_BYTES_MAX {
            return Err(Error::too_large(
                path,
                "bytes of text",
                TEXT_BYTES_MAX,
                self.bytes,
            ));
        }
        Ok(())
    }
}

/// How the rows of a sheet are read.
struct Plan {
    sheet: Sheet,
    /// Row of the header; rows up to it are no data.
    header_line: u64,
    skips_headers: bool,
}

impl Plan {
    /// Looks at the first rows of a sheet; nothing when it has none.
    fn of(book: &mut Book<'_>, name: &str, options: &Options) -> Result<Option<Self>, Error> {
        let mut lines = Vec::new();
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut bytes = 0_usize;
        book.rows(name, &mut |line, cells| {
            if line > options.skip_lines {
                lines.push(line);
                rows.push(header::trimmed(cells.iter().map(String::as_str)));
                bytes = bytes.saturating_add(cells.iter().map(String::len).sum());
            }
            Ok(rows.len() < ROWS_SEARCHED && bytes < HEAD_BYTES)
        })?;
        let Some(first_line) = lines.first().copied() else {
            return Ok(None);
        };
        let (columns, header_line) = if options.header {
            let (place, _) = header::best(&rows, &options.wanted);
            let line = lines.get(place).copied().unwrap_or(first_line);
            (rows.into_iter().nth(place).unwrap_or_default(), line)
        } else {
            let width = rows.iter().map(Vec::len).max().unwrap_or(0);
            (header::numbered(width), first_line.saturating_sub(1))
        };
        Ok(Some(Self {
            sheet: Sheet {
                name: name.to_owned(),
                columns,
            },
            header_line,
            skips_headers: options.header && options.skips_repeated_headers,
        }))
    }

    /// Hands on a row; the answer is whether to go on.
    fn take(
        &self,
        path: &Path,
        place: usize,
        line: u64,
        cells: &[String],
        total: &mut Total,
        sink: &mut Sink,
    ) -> Result<bool, Error> {
        let columns = &self.sheet.columns;
        let is_header = self.skips_headers && header::is_repeated(columns, cells.iter().map(String::as_str));
        if line <= self.header_line || is_header {
            return Ok(true);
        }
        total.add(path, columns.len(), cells)?;
        sink.push(|row| {
            row.sheet = place;
            row.line = line;
            row.bytes = 0;
            row.cells.clear();
            for column in 0..columns.len() {
                row.cells.push_field(cells.get(column).map_or("", String::as_str));
            }
            Ok(true)
        })
    }
}

/// What hears of a row: its number from 1 and its cells up to the last; the answer is whether to go on.
type Each<'e> = dyn FnMut(u64, &[String]) -> Result<bool, Error> + 'e;

/// A workbook that is open.
struct Book<'p> {
    path: &'p Path,
    file: BookFile,
}

enum BookFile {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Ods(Box<Ods<BufReader<File>>>),
}

impl<'p> Book<'p> {
    fn open(path: &'p Path) -> Result<Self, Error> {
        let file = match zip_guard::check(path)? {
            Kind::Xlsx => open_workbook::<Xlsx<BufReader<File>>, _>(path)
                .map(|book| BookFile::Xlsx(Box::new(book)))
                .map_err(|error| damaged(path, "workbook", &error))?,
            Kind::Ods => open_workbook::<Ods<BufReader<File>>, _>(path)
                .map(|book| BookFile::Ods(Box::new(book)))
                .map_err(|error| damaged(path, "workbook", &error))?,
        };
        Ok(Self { path, file })
    }

    /// Names of the sheets that have cells, in their order.
    fn names(&self) -> Result<Vec<String>, Error> {
        let sheets = match &self.file {
            BookFile::Xlsx(book) => book.sheets_metadata(),
            BookFile::Ods(book) => book.sheets_metadata(),
        };
        allow(self.path, "sheets", SHEETS_MAX, sheets.len())?;
        let mut names: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
            // The reader knows sheets by name: it would give the same one twice.
            if !known.insert(sheet.name.as_str()) {
                let reason = format!(
                    "each sheet must have a name of its own, two are called {:?}",
                    sheet.name
                );
                return Err(Error::malformed(self.path, "workbook", reason));
            }
            names.push(sheet.name.clone());
        }
        Ok(names)
    }

    /// Goes through the rows of a sheet that have a text.
    fn rows(&mut self, name: &str, each: &mut Each<'_>) -> Result<(), Error> {
        let path = self.path;
        match &mut self.file {
            BookFile::Xlsx(book) => xlsx_rows(path, book, name, each),
            BookFile::Ods(book) => ods_rows(path, book, name, each),
        }
    }
}

fn xlsx_rows(
    path: &Path,
    book: &mut Xlsx<BufReader<File>>,
    name: &str,
    each: &mut Each<'_>,
) -> Result<(), Error> {
    let place = format!("sheet {name}");
    let mut reader = book
        .worksheet_cells_reader(name)
        .map_err(|error| damaged(path, &place, &error))?;
    let mut row = RowText::default();
    let mut at = 0;
    while let Some(cell) = reader
        .next_cell()
        .map_err(|error| damaged(path, &place, &error))?
    {
        let (line, column) = cell.get_position();
        if line < at {
            return Err(Error::malformed(
                path,
                format!("{place}, row {}", u64::from(line) + 1),
                format!("rows must go down, got it behind row {}", u64::from(at) + 1),
            ));
        }
        if line > at {
            if !row.hand_on(u64::from(at) + 1, each)? {
                return Ok(());
            }
            at = line;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        write_borrowed(row.cell(path, column)?, cell.get_value());
        row.check(path, column)?;
    }
    row.hand_on(u64::from(at) + 1, each)?;
    Ok(())
}

fn ods_rows(
    path: &Path,
    book: &mut Ods<BufReader<File>>,
    name: &str,
    each: &mut Each<'_>,
) -> Result<(), Error> {
    let range = book
        .worksheet_range(name)
        .map_err(|error| damaged(path, &format!("sheet {name}"), &error))?;
    let first = range.start().map_or(0, |(line, _)| u64::from(line));
    let mut row = RowText::default();
    for (cells, line) in range.rows().zip(first + 1..) {
        for (column, cell) in cells.iter().enumerate() {
            write_owned(row.cell(path, column)?, cell);
            row.check(path, column)?;
        }
        if !row.hand_on(line, each)? {
            break;
        }
    }
    Ok(())
}

/// The texts of a row, whose memory is used again.
#[derive(Default)]
struct RowText {
    cells: Vec<String>,
    /// Cells of this row; those behind are spare.
    used: usize,
    bytes: usize,
}

impl RowText {
    /// The cell at a column, empty.
    fn cell(&mut self, path: &Path, column: usize) -> Result<&mut String, Error> {
        allow(path, "columns", COLUMNS_MAX, column.saturating_add(1))?;
        while self.cells.len() <= column {
            self.cells.push(String::new());
        }
        self.used = self.used.max(column + 1);
        let cell = &mut self.cells[column];
        cell.clear();
        Ok(cell)
    }

    /// Refuses a row whose texts are too long.
    fn check(&mut self, path: &Path, column: usize) -> Result<(), Error> {
        let written = self.cells.get(column).map_or(0, String::len);
        self.bytes = self.bytes.saturating_add(written);
        allow(path, "bytes in a cell", CELL_BYTES_MAX, written)?;
        allow(path, "bytes in a row", ROW_BYTES_MAX, self.bytes)
    }

    /// Hands the row on, unless it has no text, and begins the next.
    fn hand_on(&mut self, line: u64, each: &mut Each<'_>) -> Result<bool, Error> {
        let cells = self.cells.get(..self.used).unwrap_or_default();
        let is_blank = cells.iter().all(|cell| cell.trim().is_empty());
        let goes_on = is_blank || each(line, cells)?;
        for cell in self.cells.iter_mut().take(self.used) {
            cell.clear();
        }
        self.used = 0;
        self.bytes = 0;
        Ok(goes_on)
    }
}

fn allow(path: &Path, what: &'static str, allowed: usize, given: usize) -> Result<(), Error> {
    if given <= allowed {
        return Ok(());
    }
    Err(Error::too_large(path, what, count(allowed), count(given)))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn damaged(path: &Path, at: &str, error: &dyn std::error::Error) -> Error {
    Error::malformed(path, at, error.to_string())
}
