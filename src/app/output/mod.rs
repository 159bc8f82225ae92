//! Output files: the format follows the file's extension, and a file appears whole or not at all.
//!
//! A [`Document`] is a table with what a reader must know about it. [`write()`] puts it into a staging
//! file beside its target and renames it, so that a reader never sees half a file and an interruption
//! leaves what was there before.

mod action_tables;
mod cash_reading;
mod cash_tables;
mod delimited;
mod distribution;
mod json;
mod parquet;
mod policy_tables;
mod record_tables;
mod scenarios;
mod stage;
mod table;
mod tables;
mod target;
mod workbook;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::chart::NotDrawn;
use crate::domain::Date;

pub use action_tables::worklist;
pub use cash_reading::read_forecast;
pub use cash_tables::{ForecastContext, forecast};
pub use distribution::{DistributionFile, write_distributions};
pub(crate) use policy_tables::major;
pub use policy_tables::{evaluations, rehearsal};
pub use record_tables::{countdown, movement, variance};
pub use scenarios::{check_scenarios, scenarios};
pub use stage::{StagedFile, StagedFolder};
pub use table::{OutputColumn, OutputTable, Values};
pub use tables::{features, kpis, predictions, rejects};
pub(crate) use target::is_filled;
pub use target::{Given, check_folder, check_targets};

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The extension names no format.
    #[error("the file name must end in {allowed}, got {given:?}")]
    ExtensionUnknown {
        /// The name as given.
        given: String,
        /// The extensions that name a format.
        allowed: String,
    },
    /// The operating system refused a file or folder.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The table library refused the table.
    #[error("cannot write {} as a table", .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: polars::prelude::PolarsError,
    },
    /// A table could not be read for output.
    #[error("cannot read the table to be written")]
    Read(#[source] polars::prelude::PolarsError),
    /// A column has a type that no output format here can carry.
    #[error("column {column:?} has type {given}; text, dates, integers, numbers and booleans can be written")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type.
        given: String,
    },
    /// An amount has more digits than the decimals of a Parquet file.
    #[error(
        "column {column:?} has an amount of more than {allowed} digits, which a decimal of Parquet cannot hold; \
         use .csv"
    )]
    AmountTooLong {
        /// The column.
        column: String,
        /// The most digits.
        allowed: usize,
    },
    /// A picture of a report could not be drawn.
    #[error("a picture could not be drawn: {reason}")]
    NotDrawn {
        /// What the drawing library said.
        reason: String,
    },
    /// The workbook library refused the workbook.
    #[error("cannot write {} as a workbook", .path.display())]
    Workbook {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: rust_xlsxwriter::XlsxError,
    },
    /// A sheet cannot hold this many rows.
    #[error("a sheet of an .xlsx file holds at most {allowed} rows, got {given}; use .csv or .parquet")]
    SheetTooLong {
        /// The most rows a sheet holds below its header.
        allowed: usize,
        /// The rows of the table.
        given: usize,
    },
    /// The folder holds something that would be mixed up with the output.
    #[error("{} holds files of something else; name a new or an empty folder, or {what}", .path.display())]
    FolderOccupied {
        /// The folder.
        path: PathBuf,
        /// What else it may be.
        what: &'static str,
    },
    /// A result would be written among the files that the command reads.
    #[error(
        "{option} {} lies in or around the folder of {owner} ({}), whose files no result may overwrite; \
         name a place outside it",
        .path.display(), .folder.display()
    )]
    TargetInUse {
        /// The option of the result.
        option: &'static str,
        /// The result.
        path: PathBuf,
        /// The option of the folder.
        owner: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// Two results would be written to one place.
    #[error("{first} and {second} both name {}; each result needs a place of its own", .path.display())]
    TargetTwice {
        /// The place, as given for the second.
        path: PathBuf,
        /// The option of one result.
        first: &'static str,
        /// The option of the other.
        second: &'static str,
    },
    /// The text of a document is not one that this program wrote.
    #[error("the stored document {name} cannot be read: {reason}")]
    Unreadable {
        /// What the rows are.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Two scenarios have one name, by which rows are told apart.
    #[error(
        "--scenario names {name:?} twice; the rows of a scenario go by its name, so each is allowed once"
    )]
    ScenarioTwice {
        /// The name, as the scenarios have it.
        name: String,
    },
}

impl Error {
    /// Returns the wrapper that names `path` in an error of the operating system.
    pub fn at(path: &Path) -> impl Fn(std::io::Error) -> Error {
        move |source| Error::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// Returns true when the command line itself is wrong, whatever the files hold.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Error::TargetInUse { .. } | Error::TargetTwice { .. } | Error::ScenarioTwice { .. }
        )
    }
}

impl From<NotDrawn> for Error {
    fn from(refusal: NotDrawn) -> Self {
        Self::NotDrawn {
            reason: refusal.reason,
        }
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Comma-separated values, RFC 4180, UTF-8.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// An Excel workbook.
    Xlsx,
}

impl Format {
    /// Every format, in the order in which messages list them.
    pub const ALL: [Format; 5] = [
        Format::Csv,
        Format::Parquet,
        Format::Json,
        Format::Ndjson,
        Format::Xlsx,
    ];

    /// The extension that names the format, without its dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Xlsx => "xlsx",
        }
    }

    /// Reads the format off a file name.
    ///
    /// # Errors
    ///
    /// [`Error::ExtensionUnknown`] when the extension is none of `allowed`.
    pub fn of(path: &Path, allowed: &[Format]) -> Result<Format, Error> {
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        allowed
            .iter()
            .copied()
            .find(|format| format.extension() == extension)
            .ok_or_else(|| Error::ExtensionUnknown {
                given: path.display().to_string(),
                allowed: listed(allowed),
            })
    }
}

/// Lists formats for a person: `.csv, .parquet or .json`.
fn listed(formats: &[Format]) -> String {
    let names: Vec<String> = formats
        .iter()
        .map(|format| format!(".{}", format.extension()))
        .collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// A file that takes a table in any [`Format`], as named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where the file is to appear.
    pub path: PathBuf,
    /// The format that its extension names.
    pub format: Format,
}

impl FromStr for OutputFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let path = PathBuf::from(text);
        let format = Format::of(&path, &Format::ALL)?;
        Ok(Self { path, format })
    }
}

impl fmt::Display for OutputFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())
    }
}

/// A table with what a reader must know about it.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the rows are, as the name of a sheet: `predictions`.
    pub name: &'static str,
    /// The day on whose facts the table rests; stands for the file's own date where one is needed.
    pub as_of: Date,
    /// The rows.
    pub table: OutputTable,
    /// The text column whose values become sheets of a workbook.
    pub sheet_column: Option<&'static str>,
    /// What the rows rest on; makes the JSON form an object instead of a plain array.
    pub assumptions: Option<Assumptions>,
}

/// What the rows of a [`Document`] rest on.
#[derive(Clone, Debug)]
pub struct Assumptions {
    /// Named facts in reading order: model, seed, cut-off.
    pub facts: Vec<(&'static str, serde_json::Value)>,
    /// Totals a currency, with the name of their JSON field.
    pub totals: (&'static str, OutputTable),
    /// Further tables, each with the name of its JSON field and of its sheet in a workbook; a format with
    /// one table leaves them out.
    pub tables: Vec<(&'static str, OutputTable)>,
}

/// Writes a document into the file, in the file's format.
///
/// # Errors
///
/// - [`Error::Write`], [`Error::Table`], [`Error::Workbook`]: the file could not be written.
/// - [`Error::SheetTooLong`]: more rows than a workbook's sheet can hold.
pub fn write(file: &OutputFile, document: &Document) -> Result<(), Error> {
    let mut staged = StagedFile::create(&file.path)?;
    write_to(staged.writer(), file.format, document, &file.path)?;
    staged.commit()
}

/// Returns a document as the bytes of a file of that format.
///
/// # Errors
///
/// Those of [`write()`].
pub fn bytes(document: &Document, format: Format) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, format, document, Path::new(document.name))?;
    Ok(bytes)
}

/// Writes a document; `path` names it in errors.
fn write_to(
    writer: &mut impl std::io::Write,
    format: Format,
    document: &Document,
    path: &Path,
) -> Result<(), Error> {
    match format {
        Format::Csv => delimited::write(writer, &document.table).map_err(Error::at(path)),
        Format::Json => json::write_document(writer, document).map_err(Error::at(path)),
        Format::Ndjson => json::write_lines(writer, &document.table).map_err(Error::at(path)),
        Format::Parquet => parquet::write(writer, &document.table, path),
        Format::Xlsx => workbook::write(writer, document, path),
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, OutputFile};

    #[test]
    fn the_extension_names_the_format() {
        let file: OutputFile = "folder/book.CSV".parse().unwrap();
        assert_eq!(file.format, Format::Csv);
    }

    #[test]
    fn an_unknown_extension_is_told_what_is_allowed() {
        let error = "book.txt".parse::<OutputFile>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file name must end in .csv, .parquet, .json, .ndjson or .xlsx, got \"book.txt\""
        );
    }
}
