//! Stage 0: foreign files. In: bytes that somebody else wrote. Out: rows of named texts.
//!
//! One reader a format (delimited text, spreadsheets, JSON, bank statements, e-invoices); each gives the same thing,
//! [`Rows`]: tables ("sheets") with named columns, and their rows one after the other. What the texts mean is not known
//! here: an import profile says it. Readers are strict about structure, bounded in memory, and never panic on bytes.

mod ahead;
mod bank;
mod bounded;
mod camt;
mod delimited;
mod einvoice;
pub mod encoding;
mod error;
mod format;
mod header;
mod json;
mod line_ends;
mod mt940;
mod names;
mod ods_guard;
mod options;
mod workbook;
mod workbook_cell;
mod xlsx_guard;
mod xml;
mod zip_guard;

use std::path::{Path, PathBuf};

pub use error::Error;
pub use format::Format;
pub(crate) use format::is_binary;
pub use names::find_column;
pub(crate) use names::{ColumnIndex, folded};
pub use options::Options;

/// Columns that a sheet may have; a spreadsheet program's own bound.
pub(crate) const COLUMNS_MAX: usize = 16_384;

/// A table of a foreign file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name: the stem of a text file, the name of a sheet of a workbook, the kind of record of a structured file.
    pub name: String,
    /// Names of its columns, trimmed.
    pub columns: Vec<String>,
}

/// A row of a [`Sheet`], reused from row to row.
#[derive(Clone, Debug, Default)]
pub struct SourceRow {
    /// Number of its sheet in [`Rows::sheets`].
    pub sheet: usize,
    /// Where it stands: line of a text, row of a sheet from 1, number of the record in a structured file.
    pub line: u64,
    /// Bytes of the file read so far, for progress.
    pub bytes: u64,
    /// Its cells, as texts; a cell without value is empty.
    pub cells: csv::StringRecord,
}

/// A foreign file as rows.
pub trait Rows {
    /// Every sheet of the file that has rows; fixed after opening.
    fn sheets(&self) -> &[Sheet];

    /// Reads the next row; `false` at the end. Rows of different sheets may alternate.
    ///
    /// # Errors
    ///
    /// [`Error`] when the file cannot be read on.
    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error>;
}

/// Opens a foreign file in whatever format it is; `label` is the name people know it by.
///
/// The file at `path` may be a copy under another name: messages, and the name of the sheet of a text file, go by the
/// label.
///
/// # Errors
///
/// [`Error`], which names the label, when the file cannot be read or is not what its format asks for.
pub fn open(path: &Path, label: &str, options: &Options) -> Result<Box<dyn Rows>, Error> {
    let named = |error: Error| error.named(label);
    let format = match options.format {
        Format::Auto => format::recognise(path).map_err(named)?,
        format => format,
    };
    let rows = match format {
        Format::Auto | Format::Delimited => delimited::open(path, label, options),
        Format::Workbook => workbook::open(path, options),
        Format::Json => json::open(path, options),
        Format::Camt => camt::open(path, options),
        Format::Mt940 => mt940::open(path, options),
        Format::Einvoice => einvoice::open(path, options),
    }
    .map_err(named)?;
    Ok(Box::new(Labelled {
        rows,
        label: PathBuf::from(label),
    }))
}

/// Tells the format of a file by its content; `label` is the name people know it by.
///
/// # Errors
///
/// [`Error`], which names the label, when the file cannot be read, or is of a format that is known and not read.
pub fn format_of(path: &Path, label: &str) -> Result<Format, Error> {
    format::recognise(path).map_err(|error| error.named(label))
}

/// The label of a file without extension: profiles know files by it, and a text file's sheet has it for a name.
pub(crate) fn stem(label: &str) -> String {
    let stem = Path::new(label).file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Rows whose errors go by the label of the file.
struct Labelled {
    rows: Box<dyn Rows>,
    label: PathBuf,
}

impl Rows for Labelled {
    fn sheets(&self) -> &[Sheet] {
        self.rows.sheets()
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        self.rows.next_row(row).map_err(|error| error.named(&self.label))
    }
}
