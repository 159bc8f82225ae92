//! Foreign files through a profile into table builders.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use crate::history::Error;
use crate::history::builder::{Cell, TableBuilder};
use crate::history::encoding::{TextFile, open_text, open_text_as, sniff_delimiter};
use crate::history::profile::{
    Bound, BoundTable, CellError, Columns, Header, Profile, Row, Source, Test, quoted_list,
};
use crate::history::schema::Table;

/// Rows between two reports of progress.
const ROWS_BETWEEN_REPORTS: u64 = 8192;

/// Takes rows of foreign files into the builders of our tables.
pub(super) struct Intake<'p> {
    profile: &'p Profile,
    /// One builder a table, the ledger's own rows already in it.
    pub(super) builders: BTreeMap<Table, TableBuilder>,
    /// Records that the rows yielded, rejected ones included, by table.
    pub(super) records: BTreeMap<Table, u64>,
    /// Rows that yield nothing: dropped by a filter, wanted by no table, or empty.
    pub(super) filtered: u64,
    /// Data rows read, over all files.
    rows: u64,
    /// Records of tables that are to be deduplicated.
    seen: BTreeMap<Table, BTreeSet<Vec<Option<String>>>>,
}

impl<'p> Intake<'p> {
    pub(super) fn new(profile: &'p Profile, builders: BTreeMap<Table, TableBuilder>) -> Self {
        Self {
            profile,
            builders,
            records: BTreeMap::new(),
            filtered: 0,
            rows: 0,
            seen: BTreeMap::new(),
        }
    }

    /// Reads a file to its end; `label` is its name for the profile and in rejects, `progress` hears of the bytes
    /// done.
    pub(super) fn take_file(
        &mut self,
        path: &Path,
        label: &str,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let profile = self.profile;
        let source = profile.source();
        // The file may be a copy under another name; people and profiles know it by its label.
        let named = Path::new(label);
        let text = open(path, source)?;
        // Positions count characters as UTF-8; two bytes stand for most of them in a UTF-16 file.
        let scale = if text.encoding.starts_with("UTF-16") { 2 } else { 1 };
        let bytes = text.bytes;
        let mut reader = csv_reader(path, source, text)?;
        let mut record = csv::StringRecord::new();
        let mut is_row = reader
            .read_record(&mut record)
            .map_err(|error| csv_error(named, error))?;
        if !is_row {
            return Err(input_error(
                named,
                "has no rows: its first line must be the header, or a row".to_owned(),
            ));
        }
        let names = column_names(source, &record);
        let bound = self.bind(named, &names)?;
        for table in &bound.tables {
            self.builder(table.table).start_file(label);
        }
        if source.header {
            is_row = reader
                .read_record(&mut record)
                .map_err(|error| csv_error(named, error))?;
        }
        while is_row {
            let position = record.position().map_or((0, 0), |at| (at.line(), at.byte()));
            self.take_row(
                &bound,
                &record,
                names.len(),
                source.skip_lines.saturating_add(position.0),
            );
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_BETWEEN_REPORTS) {
                progress(position.1.saturating_mul(scale).min(bytes));
            }
            is_row = reader
                .read_record(&mut record)
                .map_err(|error| csv_error(named, error))?;
        }
        progress(bytes);
        Ok(())
    }

    /// Binds the profile to the file's columns, or says everything that does not fit at once.
    fn bind(&self, path: &Path, names: &[String]) -> Result<Bound, Error> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut columns = Columns::Named(Header {
            names,
            ..Header::default()
        });
        let bound = self.profile.bind(&stem, &mut columns)?;
        if bound.tables.is_empty() {
            let patterns = self.profile.patterns();
            return Err(input_error(
                path,
                format!(
                    "profile `{}` reads no file of this name; allowed are names like {}",
                    self.profile.name(),
                    quoted_list(&patterns)
                ),
            ));
        }
        let Columns::Named(header) = columns else {
            return Ok(bound);
        };
        let mut wrong = Vec::new();
        if !header.missing.is_empty() {
            wrong.push(format!("lacks the columns {}", quoted_list(&header.missing)));
        }
        if !header.repeated.is_empty() {
            wrong.push(format!(
                "has more than one of the columns {}",
                quoted_list(&header.repeated)
            ));
        }
        if wrong.is_empty() {
            return Ok(bound);
        }
        Err(input_error(
            path,
            format!(
                "{}, which profile `{}` reads; the file has {}",
                wrong.join(" and "),
                self.profile.name(),
                quoted_list(names)
            ),
        ))
    }

    fn builder(&mut self, table: Table) -> &mut TableBuilder {
        self.builders
            .entry(table)
            .or_insert_with(|| TableBuilder::new(table))
    }

    fn take_row(&mut self, bound: &Bound, cells: &csv::StringRecord, width: usize, line: u64) {
        let profile = self.profile;
        let row = Row {
            cells,
            number: self.rows,
            null_markers: &profile.source().null_markers,
        };
        let is_blank = cells.iter().all(|cell| cell.trim().is_empty());
        let meets = |tests: &[Test]| tests.iter().all(|test| test.holds(row));
        if is_blank || !meets(&bound.filter) {
            self.filtered += 1;
            return;
        }
        if !has_width(cells, width) {
            // Which cell is missing or split nobody knows, so no cell of the row can be trusted.
            let reason = format!("the row has {} cells, the header has {width}", cells.len());
            let text = cells.iter().collect::<Vec<_>>().join(" | ");
            if let Some(first) = bound.tables.first() {
                self.refuse(first.table, line, "", &text, &reason);
            }
            return;
        }
        let wanted: Vec<&BoundTable> = bound.tables.iter().filter(|table| meets(&table.when)).collect();
        // A deduplicated record accompanies others (the customer of an invoice); alone it says that
        // no table wants the row.
        let stands_alone = |table: &BoundTable| !table.deduplicate;
        let is_wanted = if bound.tables.iter().any(stands_alone) {
            wanted.iter().any(|table| stands_alone(table))
        } else {
            !wanted.is_empty()
        };
        if !is_wanted {
            self.filtered += 1;
            return;
        }
        let mut records = Vec::with_capacity(wanted.len());
        for table in wanted {
            match evaluate(table, row) {
                Ok(texts) => records.push((table, texts)),
                // All or nothing: an invoice without its unreadable payment would look unpaid for ever.
                Err((target, fault)) => {
                    let reason = format!("{}.{target}: {}", table.table, fault.reason);
                    self.refuse(table.table, line, &fault.column, &fault.value, &reason);
                    return;
                }
            }
        }
        for (table, texts) in records {
            self.push(table, line, texts);
        }
    }

    fn push(&mut self, table: &BoundTable, line: u64, texts: Vec<Option<String>>) {
        let cells: Vec<Cell<'_>> = texts
            .iter()
            .map(|text| text.as_deref().map_or(Cell::Absent, Cell::Text))
            .collect();
        if table.deduplicate
            && self
                .seen
                .get(&table.table)
                .is_some_and(|seen| seen.contains(&texts))
        {
            return;
        }
        *self.records.entry(table.table).or_default() += 1;
        // A reject is kept by the builder; there is nothing to do about it here.
        let _ = self.builder(table.table).push(line, &cells);
        drop(cells);
        if table.deduplicate {
            self.seen.entry(table.table).or_default().insert(texts);
        }
    }

    fn refuse(&mut self, table: Table, line: u64, column: &str, value: &str, reason: &str) {
        *self.records.entry(table).or_default() += 1;
        self.builder(table).reject(line, column, value, reason);
    }
}

/// The canonical texts of a record by slot, or our column and what is wrong with its cell.
fn evaluate(table: &BoundTable, row: Row<'_>) -> Result<Vec<Option<String>>, (&'static str, CellError)> {
    let mut texts = vec![None; table.slots];
    for column in &table.columns {
        texts[column.slot] = column.rule.evaluate(row).map_err(|fault| (column.name, fault))?;
    }
    Ok(texts)
}

/// Whether the row has a cell for each column; empty ones behind the last are common and harmless.
fn has_width(cells: &csv::StringRecord, width: usize) -> bool {
    cells.len() >= width && cells.iter().skip(width).all(str::is_empty)
}

fn open(path: &Path, source: &Source) -> Result<TextFile, Error> {
    if source.encoding == "auto" {
        open_text(path)
    } else {
        open_text_as(path, &source.encoding)
    }
}

fn csv_reader(path: &Path, source: &Source, text: TextFile) -> Result<csv::Reader<impl Read>, Error> {
    let mut lines = BufReader::new(text.reader);
    let mut line = Vec::new();
    for _ in 0..source.skip_lines {
        line.clear();
        lines
            .read_until(b'\n', &mut line)
            .map_err(|error| Error::io(path, error))?;
    }
    line.clear();
    lines
        .read_until(b'\n', &mut line)
        .map_err(|error| Error::io(path, error))?;
    let delimiter = match source.delimiter.as_bytes() {
        [byte] => *byte,
        _ => sniff_delimiter(&line),
    };
    Ok(csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(source.quoted)
        .from_reader(Cursor::new(line).chain(lines)))
}

/// The header, or the numbers of the columns from 1 where there is none.
fn column_names(source: &Source, first: &csv::StringRecord) -> Vec<String> {
    if source.header {
        first.iter().map(|name| name.trim().to_owned()).collect()
    } else {
        (1..=first.len()).map(|number| number.to_string()).collect()
    }
}

fn input_error(path: &Path, reason: String) -> Error {
    Error::Input {
        path: path.to_path_buf(),
        reason,
    }
}

fn csv_error(path: &Path, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Error::io(path, source),
        kind => input_error(path, format!("cannot be read as delimited text: {kind:?}")),
    }
}
