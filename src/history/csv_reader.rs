//! Canonical CSV files into a [`TableBuilder`].

use std::io::{BufRead, BufReader};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::builder::{Cell, TableBuilder};
use super::error::Error;
use super::reading::MakeRoom;
use super::schema::{RECORDED_AT, SLOTS_MAX, SUPERSEDED_ON, Table, columns};
use crate::source::encoding::{open_text, sniff_delimiter};

/// Size of the read buffer, in bytes; the header line must fit into it for its delimiter to be found.
const BUFFER_BYTES: usize = 1 << 18;

/// What is known of a file once it is read.
#[derive(Clone, Debug)]
pub(crate) struct FileFacts {
    pub(crate) sha256: [u8; 32],
    pub(crate) encoding: Option<String>,
    pub(crate) ignored_columns: Vec<String>,
}

/// Reads a canonical CSV file.
///
/// Rows that do not fit become rejects of the builder; a file that is not such a table at all is an error.
/// `make_room` is called between rows.
pub(crate) fn read_into(
    builder: &mut TableBuilder,
    path: &Path,
    make_room: MakeRoom<'_>,
) -> Result<FileFacts, Error> {
    let file_name = file_name(path);
    let text = open_text(path)?;
    let mut buffered = BufReader::with_capacity(BUFFER_BYTES, text.reader);
    let delimiter = sniff_delimiter(header_line(
        buffered.fill_buf().map_err(|source| Error::io(path, source))?,
    ));
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(buffered);
    let mut record = ByteRecord::new();
    let is_there = reader
        .read_byte_record(&mut record)
        .map_err(|source| csv_error(path, source))?;
    let names: Vec<String> = record
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    if !is_there || names.iter().all(String::is_empty) {
        return Err(Error::EmptyFile {
            path: path.to_path_buf(),
            allowed: allowed_columns(builder.table()),
        });
    }
    let header = Header::parse(builder.table(), &file_name, &names)?;
    builder.start_file(&file_name);
    while reader
        .read_byte_record(&mut record)
        .map_err(|source| csv_error(path, source))?
    {
        read_row(builder, &header, &record);
        make_room(builder)?;
    }
    Ok(FileFacts {
        sha256: text.sha256,
        encoding: Some(text.encoding.to_owned()),
        ignored_columns: header.ignored,
    })
}

fn read_row(builder: &mut TableBuilder, header: &Header, record: &ByteRecord) {
    let line = record.position().map_or(0, csv::Position::line);
    let Ok(text) = std::str::from_utf8(record.as_slice()) else {
        builder.reject(
            line,
            "",
            &String::from_utf8_lossy(record.as_slice()),
            "not valid text",
        );
        return;
    };
    if record.len() != header.slots.len() {
        let reason = format!(
            "the row has {} fields, the header has {}",
            record.len(),
            header.slots.len()
        );
        builder.reject(line, "", text, &reason);
        return;
    }
    let mut cells = [Cell::Absent; SLOTS_MAX];
    for (field, slot) in header.slots.iter().enumerate() {
        if let (Some(slot), Some(range)) = (slot, record.range(field)) {
            cells[*slot] = Cell::Text(&text[range]);
        }
    }
    let superseded_on = header
        .superseded_on
        .and_then(|field| record.range(field))
        .map_or(Cell::Absent, |range| Cell::Text(&text[range]));
    // A reject is kept by the builder; there is nothing to do about it here.
    let _ = builder.push_version(line, &cells[..builder.slots()], superseded_on);
}

/// Which slot each field of a row goes to.
struct Header {
    slots: Vec<Option<usize>>,
    /// The field that is no slot but the third clock.
    superseded_on: Option<usize>,
    ignored: Vec<String>,
}

impl Header {
    fn parse(table: Table, file: &str, names: &[String]) -> Result<Self, Error> {
        let mut slots = Vec::with_capacity(names.len());
        let mut ignored = Vec::new();
        let mut superseded_on = None;
        for (field, name) in names.iter().enumerate() {
            let is_superseded_on = name.eq_ignore_ascii_case(SUPERSEDED_ON);
            let slot = TableBuilder::slot(table, &name.to_ascii_lowercase());
            if (slot.is_some() && slots.contains(&slot)) || (is_superseded_on && superseded_on.is_some()) {
                return Err(Error::RepeatedColumn {
                    file: file.to_owned(),
                    column: name.clone(),
                });
            }
            if is_superseded_on {
                superseded_on = Some(field);
            } else if slot.is_none() && !name.is_empty() {
                ignored.push(name.clone());
            }
            slots.push(slot);
        }
        let has = |slot: usize| slots.contains(&Some(slot));
        let missing = missing_columns(table, has);
        if missing.is_empty() {
            return Ok(Self {
                slots,
                superseded_on,
                ignored,
            });
        }
        Err(Error::MissingColumns {
            file: file.to_owned(),
            missing,
            found: names.to_vec(),
            allowed: allowed_columns(table),
        })
    }
}

/// Returns the required columns that are absent; an amount makes its currency required.
pub(crate) fn missing_columns(table: Table, has: impl Fn(usize) -> bool) -> Vec<String> {
    let specs = columns(table);
    let has_amount = specs
        .iter()
        .enumerate()
        .any(|(slot, spec)| spec.frame_name() != spec.name && has(slot));
    specs
        .iter()
        .enumerate()
        .filter(|(slot, spec)| !has(*slot) && (spec.required || (has_amount && spec.name == "currency")))
        .map(|(_, spec)| spec.name.to_owned())
        .collect()
}

/// Returns the names of the columns a file of the table may have.
pub(crate) fn allowed_columns(table: Table) -> Vec<String> {
    columns(table)
        .iter()
        .map(|spec| spec.name)
        .chain([RECORDED_AT, SUPERSEDED_ON])
        .map(ToOwned::to_owned)
        .collect()
}

/// Returns the name a file goes by in reports and rejects.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn header_line(buffer: &[u8]) -> &[u8] {
    let start = buffer
        .iter()
        .position(|byte| !matches!(byte, b'\n' | b'\r'))
        .unwrap_or(buffer.len());
    let line = &buffer[start..];
    let end = line
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(line.len());
    &line[..end]
}

fn csv_error(path: &Path, source: csv::Error) -> Error {
    match source.into_kind() {
        csv::ErrorKind::Io(source) => Error::io(path, source),
        kind => Error::Input {
            path: path.to_path_buf(),
            reason: format!("not comma separated values: {kind:?}"),
        },
    }
}
