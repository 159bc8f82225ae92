//! Text with a character between cells: CSV and its relatives, in whatever encoding and below whatever titles.

use std::io::{BufRead, BufReader, Chain, Cursor, Read};
use std::path::Path;

use csv::StringRecord;

use super::ahead::{Ahead, Sink};
use super::bounded::Bounded;
use super::encoding::{open_as, sniff_delimiter};
use super::header::{self, HEAD_BYTES, ROWS_SEARCHED};
use super::{COLUMNS_MAX, Error, Options, Rows, Sheet, SourceRow, stem};

/// Bytes that a row may have. More is a quote that is never closed, or no table.
const ROW_BYTES_MAX: u64 = 16 << 20;
/// Size of the parser's buffer, in bytes.
const BUFFER_BYTES: usize = 1 << 18;
/// Characters that may stand between cells, when nothing says which does.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

type Text = BufReader<Box<dyn Read + Send>>;
type Parser = csv::Reader<Bounded<Chain<Cursor<Vec<u8>>, Text>>>;

/// Opens a delimited text; its one sheet has the name of the file without extension.
pub(super) fn open(path: &Path, label: &str, options: &Options) -> Result<Box<dyn Rows>, Error> {
    let name = stem(label);
    let (owned_path, options) = (path.to_path_buf(), options.clone());
    let ahead = Ahead::start(path, move |sink| read(&owned_path, name, &options, sink))?;
    Ok(Box::new(ahead))
}

fn read(path: &Path, name: String, options: &Options, sink: &mut Sink) -> Result<(), Error> {
    let text = open_as(path, options)?;
    // Positions count characters as UTF-8; two bytes stand for most of them in a UTF-16 file.
    let scale = if text.encoding.starts_with("UTF-16") { 2 } else { 1 };
    let bytes = text.bytes;
    let mut lines: Text = BufReader::new(text.reader);
    let mut line = Vec::new();
    for _ in 0..options.skip_lines {
        line.clear();
        if read_line(path, &mut lines, &mut line)? == 0 {
            break;
        }
    }
    let head = head(path, &mut lines)?;
    let (delimiter, place) = layout(path, &head, options)?;
    let mut parser = parser(head, lines, delimiter, options.quoted);
    let mut first = StringRecord::new();
    let mut is_row = next(path, &mut parser, &mut first, options)?;
    for _ in 0..place {
        is_row = next(path, &mut parser, &mut first, options)?;
    }
    if !is_row {
        return Err(Error::malformed(
            path,
            "start of the file",
            "it has no rows: its first line must be the header, or a row",
        ));
    }
    let columns = if options.header {
        header::trimmed(first.iter())
    } else {
        header::numbered(first.len())
    };
    let sheet = Sheet { name, columns };
    let names = sheet.columns.clone();
    if !sink.sheets(vec![sheet]) {
        return Ok(());
    }
    let mut waiting = (!options.header).then_some(first);
    let skips_headers = options.header && options.skips_repeated_headers;
    let mut goes_on = true;
    while goes_on {
        goes_on = sink.push(|row| {
            row.sheet = 0;
            if let Some(first) = waiting.take() {
                row.cells = first;
            } else if !next(path, &mut parser, &mut row.cells, options)? {
                return Ok(false);
            }
            while skips_headers && header::is_repeated(&names, row.cells.iter()) {
                if !next(path, &mut parser, &mut row.cells, options)? {
                    return Ok(false);
                }
            }
            place_of(row, options.skip_lines, scale, bytes);
            Ok(true)
        })?;
    }
    Ok(())
}

/// Says where a row stands.
fn place_of(row: &mut SourceRow, skipped: u64, scale: u64, bytes: u64) {
    let (line, byte) = row.cells.position().map_or((0, 0), |at| (at.line(), at.byte()));
    row.line = skipped.saturating_add(line);
    row.bytes = byte.saturating_mul(scale).min(bytes);
}

/// Reads a line with its end; the number of its bytes is zero at the end of the file.
fn read_line(path: &Path, lines: &mut Text, line: &mut Vec<u8>) -> Result<usize, Error> {
    let count = lines
        .by_ref()
        .take(ROW_BYTES_MAX)
        .read_until(b'\n', line)
        .map_err(|error| Error::io(path, error))?;
    if u64::try_from(count).is_ok_and(|count| count < ROW_BYTES_MAX) {
        return Ok(count);
    }
    Err(too_long(path))
}

/// The first lines, among which the header is.
fn head(path: &Path, lines: &mut Text) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    let mut count = 0;
    while count < ROWS_SEARCHED && head.len() < HEAD_BYTES {
        let before = head.len();
        if read_line(path, lines, &mut head)? == 0 {
            break;
        }
        // Empty lines are no rows.
        count += usize::from(head.get(before..) != Some(b"\n".as_slice()));
    }
    Ok(head)
}

/// The delimiter, and the number of rows above the header.
fn layout(path: &Path, head: &[u8], options: &Options) -> Result<(u8, usize), Error> {
    let first_line = head
        .split(|byte| *byte == b'\n')
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let sniffed = options.delimiter.unwrap_or_else(|| sniff_delimiter(first_line));
    if !options.header {
        return Ok((sniffed, 0));
    }
    let mut candidates = vec![sniffed];
    if options.delimiter.is_none() {
        candidates.extend(DELIMITERS.into_iter().filter(|delimiter| *delimiter != sniffed));
    }
    let mut best = (sniffed, 0, header::Fit::default());
    for delimiter in candidates {
        let rows = rows_of(path, head, delimiter, options)?;
        let (place, fit) = header::best(&rows, &options.wanted);
        if fit > best.2 {
            best = (delimiter, place, fit);
        }
    }
    Ok((best.0, best.1))
}

/// The rows of the first lines, if this is the delimiter.
fn rows_of(path: &Path, head: &[u8], delimiter: u8, options: &Options) -> Result<Vec<Vec<String>>, Error> {
    let mut parser = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(options.quoted)
        .from_reader(head);
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    // Whatever is wrong with these bytes is said when they are read as rows.
    while parser.read_record(&mut record).unwrap_or(false) {
        check_columns(path, &record)?;
        rows.push(header::trimmed(record.iter()));
    }
    Ok(rows)
}

fn parser(head: Vec<u8>, lines: Text, delimiter: u8, quoted: bool) -> Parser {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoted)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(Bounded::new(Cursor::new(head).chain(lines)))
}

/// Reads the next record; `false` at the end.
fn next(
    path: &Path,
    parser: &mut Parser,
    record: &mut StringRecord,
    options: &Options,
) -> Result<bool, Error> {
    parser.get_mut().allow(ROW_BYTES_MAX);
    match parser.read_record(record) {
        Ok(is_row) => {
            check_columns(path, record)?;
            Ok(is_row)
        }
        Err(_) if parser.get_ref().is_exceeded() => Err(too_long(path)),
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            let at = format!("line {}", options.skip_lines.saturating_add(line));
            match error.into_kind() {
                csv::ErrorKind::Io(source) => Err(Error::io(path, source)),
                kind => Err(Error::malformed(
                    path,
                    at,
                    format!("cannot be read as delimited text: {kind:?}"),
                )),
            }
        }
    }
}

fn check_columns(path: &Path, record: &StringRecord) -> Result<(), Error> {
    if record.len() <= COLUMNS_MAX {
        return Ok(());
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Err(Error::too_large(
        path,
        "columns",
        count(COLUMNS_MAX),
        count(record.len()),
    ))
}

fn too_long(path: &Path) -> Error {
    Error::too_large(
        path,
        "bytes in a row",
        ROW_BYTES_MAX,
        ROW_BYTES_MAX.saturating_add(1),
    )
}
