//! One look at a file: its format, and the columns of its sheets.

use std::path::Path;

use crate::history::Error;
use crate::history::profile::quoted_list;
use crate::source::{self, ColumnIndex, Format, Options, folded};

/// Columns that are shown of a file that nobody knows.
const COLUMNS_SHOWN: usize = 12;

/// Bytes of a text that are looked at: a file of gigabytes is recognised as fast as a small one. A record of JSON may
/// be as long.
pub(super) const BYTES_READ: u64 = 1 << 24;

/// The columns of a sheet, ready to be looked for by every profile.
#[derive(Clone, Debug)]
pub(super) struct Headings {
    pub(super) columns: Vec<String>,
    /// The columns, folded.
    pub(super) folded: Vec<String>,
    pub(super) index: ColumnIndex,
}

impl Headings {
    fn of(columns: &[String]) -> Self {
        Self {
            columns: columns.to_vec(),
            folded: columns.iter().map(|column| folded(column)).collect(),
            index: ColumnIndex::new(columns),
        }
    }
}

/// What a file looks like.
#[derive(Debug)]
pub(super) struct Look<'i> {
    pub(super) path: &'i Path,
    /// The name people know it by.
    pub(super) label: &'i str,
    /// Its name without extension.
    pub(super) stem: String,
    pub(super) format: Format,
    /// The sheets, if double quotes enclose cells.
    quoted: Vec<Headings>,
    /// The sheets, if double quotes are characters like others.
    unquoted: Vec<Headings>,
}

impl<'i> Look<'i> {
    /// Looks at a file; `wanted` is what its header may have.
    pub(super) fn at(path: &'i Path, label: &'i str, wanted: &[Vec<Vec<String>>]) -> Result<Self, Error> {
        let format = source::format_of(path, label)?;
        let mut look = Self {
            path,
            label,
            stem: source::stem(label),
            format,
            quoted: Vec::new(),
            unquoted: Vec::new(),
        };
        if matches!(format, Format::Delimited | Format::Workbook) {
            refuse_binary(path, label, format)?;
            look.quoted = sheets(path, label, wanted, true)?;
            // A spreadsheet has cells and no quotes.
            look.unquoted = if format == Format::Workbook {
                look.quoted.clone()
            } else {
                sheets(path, label, wanted, false)?
            };
        }
        Ok(look)
    }

    /// The sheets of a table, as a profile reads its cells.
    pub(super) fn sheets(&self, is_quoted: bool) -> &[Headings] {
        if is_quoted { &self.quoted } else { &self.unquoted }
    }

    /// "`export.csv`: text with the columns `A`, `B`", for the message about a file that nobody knows.
    pub(super) fn described(&self) -> String {
        let what = match self.format {
            Format::Auto | Format::Delimited => "delimited text",
            Format::Workbook => "a workbook",
            Format::Json => "JSON",
            Format::Camt => "a bank statement (camt)",
            Format::Mt940 => "a bank statement (MT940)",
            Format::Einvoice => "an e-invoice",
        };
        let Some(sheet) = self.quoted.iter().max_by_key(|sheet| sheet.columns.len()) else {
            return format!("{} ({what})", self.label);
        };
        let shown: Vec<&String> = sheet.columns.iter().take(COLUMNS_SHOWN).collect();
        let more = sheet.columns.len().saturating_sub(shown.len());
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!(
            "{} ({what} with the columns {}{rest})",
            self.label,
            quoted_list(&shown)
        )
    }
}

/// Refuses a file whose bytes are those of no text.
pub(crate) fn refuse_binary(path: &Path, label: &str, format: Format) -> Result<(), Error> {
    if format == Format::Delimited && source::is_binary(path)? {
        return Err(Error::Input {
            path: Path::new(label).to_path_buf(),
            reason: "it is neither text nor any other format that is read (CSV and its relatives, .xlsx, .ods, JSON, \
                     camt, MT940, e-invoices)"
                .to_owned(),
        });
    }
    Ok(())
}

fn sheets(
    path: &Path,
    label: &str,
    wanted: &[Vec<Vec<String>>],
    quoted: bool,
) -> Result<Vec<Headings>, Error> {
    let options = Options {
        quoted,
        wanted: wanted.to_vec(),
        bytes_max: Some(BYTES_READ),
        ..Options::default()
    };
    let rows = source::open(path, label, &options)?;
    Ok(rows
        .sheets()
        .iter()
        .map(|sheet| Headings::of(&sheet.columns))
        .collect())
}
