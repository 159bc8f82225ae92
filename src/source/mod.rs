//! Stage 0: foreign files. In: bytes that somebody else wrote. Out: rows of named texts.
//!
//! One reader a format (delimited text, spreadsheets, JSON, bank statements, e-invoices); each gives the same thing,
//! [`Rows`]: tables ("sheets") with named columns, and their rows one after the other. What the texts mean is not known
//! here: an import profile says it. Readers are strict about structure, bounded in memory, and never panic on bytes.

mod error;

pub use error::Error;

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
