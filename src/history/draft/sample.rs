//! The first rows of an export that nobody knows.

use std::collections::BTreeMap;
use std::path::Path;

use super::shape::{Column, Shape};
use super::words::Words;
use crate::history::Error;
use crate::history::profile::quoted_list;
use crate::history::recognise::refuse_binary;
use crate::source::{self, Format, Options, SourceRow, folded};

/// Rows of a sheet that are read.
const ROWS_READ: usize = 1_000;
/// Bytes of cells that are read.
const BYTES_READ: usize = 8 << 20;
/// Bytes that a cell counts for beside its text: a wide table of empty cells takes memory too.
const CELL_BYTES: usize = 8;
/// Columns of dates or numbers that a second header breaks at least.
const BROKEN_COLUMNS: usize = 2;
/// Cells shown of a row.
const CELLS_SHOWN: usize = 6;

/// The first rows of a table.
#[derive(Debug)]
pub(super) struct Sample {
    /// Name of the file without extension.
    pub(super) stem: String,
    /// Name of the sheet, where the file has others.
    pub(super) sheet: Option<String>,
    pub(super) columns: Vec<Column>,
    /// Rows read.
    pub(super) rows: usize,
}

/// Cells of a sheet, column by column.
struct Table {
    name: String,
    headings: Vec<String>,
    cells: Vec<Vec<String>>,
}

impl Sample {
    /// Reads the first rows of the sheet of a file that has the most headings we know.
    pub(super) fn read(path: &Path, label: &str, words: &Words) -> Result<Self, Error> {
        let format = source::format_of(path, label)?;
        refuse_binary(path, label, format)?;
        refuse_structured(label, format)?;
        let tables = tables(path, label, words)?;
        let has_others = tables.len() > 1;
        let known = |table: &Table| table.headings.iter().filter(|name| words.knows(name)).count();
        let mut best: Option<Table> = None;
        for table in tables {
            // The first of equals.
            if best.as_ref().is_none_or(|best| known(&table) > known(best)) {
                best = Some(table);
            }
        }
        let Some(table) = best else {
            return Err(refused(label, "it has no sheet with rows"));
        };
        let sample = Self::of(label, table, has_others);
        check(label, &sample, words)?;
        Ok(sample)
    }

    fn of(label: &str, table: Table, has_others: bool) -> Self {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for heading in &table.headings {
            *times.entry(folded(heading)).or_insert(0) += 1;
        }
        let columns = table
            .headings
            .iter()
            .zip(&table.cells)
            .map(|(heading, cells)| {
                let plain = folded(heading);
                let is_usable = !plain.is_empty() && times.get(&plain) == Some(&1);
                Column::of(heading, is_usable, cells)
            })
            .collect();
        Self {
            stem: source::stem(label),
            sheet: has_others.then_some(table.name),
            columns,
            rows: table.cells.first().map_or(0, Vec::len),
        }
    }
}

/// Reads the first rows of every sheet; rows without any cell are none.
fn tables(path: &Path, label: &str, words: &Words) -> Result<Vec<Table>, Error> {
    let options = Options {
        wanted: words.wanted(),
        ..Options::default()
    };
    let mut rows = source::open(path, label, &options)?;
    let mut tables: Vec<Table> = rows
        .sheets()
        .iter()
        .map(|sheet| Table {
            name: sheet.name.clone(),
            cells: vec![Vec::new(); sheet.columns.len()],
            headings: sheet.columns.clone(),
        })
        .collect();
    let mut row = SourceRow::default();
    let mut bytes = 0_usize;
    while bytes < BYTES_READ && rows.next_row(&mut row)? {
        if row.cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(table) = tables.get_mut(row.sheet) else {
            continue;
        };
        if table.cells.first().is_none_or(|first| first.len() >= ROWS_READ) {
            // The sheets of a workbook come one after the other: the next one may still be short.
            if tables.len() == 1 {
                break;
            }
            continue;
        }
        for (place, column) in table.cells.iter_mut().enumerate() {
            let cell = row.cells.get(place).unwrap_or_default();
            bytes = bytes.saturating_add(cell.len()).saturating_add(CELL_BYTES);
            column.push(cell.to_owned());
        }
    }
    Ok(tables)
}

/// Refuses what a draft has nothing to say on.
fn refuse_structured(label: &str, format: Format) -> Result<(), Error> {
    let reason = match format {
        Format::Auto | Format::Delimited | Format::Workbook => return Ok(()),
        Format::Json => {
            "it is JSON, of which only a person can say which objects are rows: start with `duecast profile show \
             xero` and write its [[sheet]] sections anew"
        }
        Format::Camt => "it is a bank statement, which the profile `camt` reads",
        Format::Mt940 => "it is a bank statement, which the profile `mt940` reads",
        Format::Einvoice => "it is an e-invoice, which the profile `einvoice` reads",
    };
    Err(refused(label, reason))
}

/// Refuses a table of which nothing can be said.
fn check(label: &str, sample: &Sample, words: &Words) -> Result<(), Error> {
    if let [only] = sample.columns.as_slice() {
        return Err(refused(
            label,
            &format!(
                "it has one column only, `{}`: a table needs several, with commas, semicolons, tabs or `|` between \
                 them",
                shown(&only.name)
            ),
        ));
    }
    if sample.rows == 0 {
        return Err(refused(
            label,
            "it has a header and no rows; export it again with at least a few",
        ));
    }
    check_header(label, sample, words)?;
    check_second_header(label, sample)
}

/// Refuses a file whose first row is data.
fn check_header(label: &str, sample: &Sample, words: &Words) -> Result<(), Error> {
    if sample.columns.iter().any(|column| words.knows(&column.name)) {
        return Ok(());
    }
    let is_data = |column: &&Column| {
        matches!(column.shape, Shape::Date(_) | Shape::Number(_))
            && !column.name.is_empty()
            && column.takes(&column.name)
    };
    if sample.columns.iter().filter(is_data).count() < BROKEN_COLUMNS {
        return Ok(());
    }
    let row = row_shown(sample.columns.iter().map(|column| column.name.as_str()));
    Err(refused(
        label,
        &format!(
            "its first row, {row}, is data and no header; put a row with the names of the columns above it, or write a \
             profile with `header = false`"
        ),
    ))
}

/// Refuses a file with a second row of headings.
fn check_second_header(label: &str, sample: &Sample) -> Result<(), Error> {
    let typed: Vec<&Column> = sample
        .columns
        .iter()
        .filter(|column| column.rest_is_typed())
        .collect();
    let broken = typed.iter().filter(|column| !column.takes_first()).count();
    if broken < BROKEN_COLUMNS || broken < typed.len() {
        return Ok(());
    }
    let first = row_shown(sample.columns.iter().map(|column| column.name.as_str()));
    let second = row_shown(sample.columns.iter().map(|column| column.first.as_str()));
    Err(refused(
        label,
        &format!("it has two rows of headings, {first} and {second}; delete one of them and try again"),
    ))
}

fn row_shown<'c>(cells: impl Iterator<Item = &'c str>) -> String {
    let cells: Vec<String> = cells.take(CELLS_SHOWN).map(shown).collect();
    quoted_list(&cells)
}

/// A text from a file on one line of a message: without control characters, and short.
pub(super) fn shown(text: &str) -> String {
    const LETTERS: usize = 40;
    let mut shown: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(LETTERS)
        .collect();
    if text.chars().nth(LETTERS).is_some() {
        shown.push('…');
    }
    shown
}

fn refused(label: &str, reason: &str) -> Error {
    Error::Input {
        path: Path::new(label).to_path_buf(),
        reason: reason.to_owned(),
    }
}
