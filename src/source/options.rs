//! How a foreign file is written, as far as its reader must know.

use super::format::Format;

/// How a foreign file is written, and what is looked for in it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Format of the file.
    pub format: Format,
    /// Encoding of a text file: `auto`, or a name of the encoding standard such as `windows-1252`.
    pub encoding: String,
    /// Character between the cells of a text file; found in the file when absent.
    pub delimiter: Option<u8>,
    /// Whether a double quote encloses cells.
    pub quoted: bool,
    /// Lines, or rows of a sheet, that are passed over before anything is read.
    pub skip_lines: u64,
    /// Whether a row names the columns; without, they are named `1`, `2`, ...
    pub header: bool,
    /// Whether rows equal to the header are passed over.
    pub skips_repeated_headers: bool,
    /// Which objects of a JSON document are rows: name of the sheet, path, and the columns wanted of it.
    pub sheets: Vec<(String, String, Vec<String>)>,
    /// What is looked for: one entry a section of the profile, with the columns it cannot do without; each column is
    /// a list of names that it may have. By this the header row is found below titles.
    pub wanted: Vec<Vec<Vec<String>>>,
    /// Bytes of a text, or of JSON, that are read; the whole file when absent. What is only looked at needs no more.
    pub bytes_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            encoding: "auto".to_owned(),
            delimiter: None,
            quoted: true,
            skip_lines: 0,
            header: true,
            skips_repeated_headers: true,
            sheets: Vec::new(),
            wanted: Vec::new(),
            bytes_max: None,
        }
    }
}
