//! The fields of a SWIFT message: `:NN:`, or `:NNA:`, and lines up to the next.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::source::encoding::open_rows;
use crate::source::error::Error;

/// How long a line may be, in bytes; the network allows 65.
const LINE_BYTES_MAX: u64 = 1 << 16;
/// How many lines a field may have; the network allows 6.
const LINES_MAX: usize = 1000;

/// A field of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// Its number and letter: `61`, `60F`.
    pub(super) tag: String,
    /// Its lines, the first without the tag.
    pub(super) lines: Vec<String>,
    /// Number of its first line in the file.
    pub(super) line: u64,
}

/// A piece of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Field(Field),
    /// A message ends, at that line.
    End(u64),
}

/// The fields of a file.
pub(super) struct Fields {
    path: PathBuf,
    input: BufReader<Box<dyn Read + Send>>,
    line: u64,
    bytes: u64,
    field: Option<Field>,
    /// A message has ended, which is said after its last field.
    end: Option<u64>,
}

impl Fields {
    pub(super) fn open(path: &Path, encoding: &str) -> Result<Self, Error> {
        let text = open_rows(path, encoding)?;
        Ok(Self {
            path: path.to_path_buf(),
            input: BufReader::new(text.reader),
            line: 0,
            bytes: 0,
            field: None,
            end: None,
        })
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes read so far, counted as UTF-8.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next field, or end of a message; `None` at the end of the file.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(line) = self.end.take() {
                return Ok(Some(Item::End(line)));
            }
            let Some(line) = self.next_line()? else {
                return Ok(self.field.take().map(Item::Field));
            };
            let text = match envelope(&line) {
                Envelope::None => line.as_str(),
                Envelope::Start(rest) => rest,
                Envelope::End => {
                    self.end = Some(self.line);
                    if let Some(field) = self.field.take() {
                        return Ok(Some(Item::Field(field)));
                    }
                    continue;
                }
            };
            if let Some((tag, rest)) = tagged(text) {
                let next = Field {
                    tag: tag.to_owned(),
                    lines: vec![rest.to_owned()],
                    line: self.line,
                };
                if let Some(field) = self.field.replace(next) {
                    return Ok(Some(Item::Field(field)));
                }
            } else if let Some(field) = &mut self.field {
                // Before the first field of a message, banks write lines of their own.
                if field.lines.len() == LINES_MAX {
                    let at = format!("line {}", self.line);
                    let reason = format!("at most {LINES_MAX} lines are allowed in a field");
                    return Err(Error::malformed(&self.path, at, reason));
                }
                field.lines.push(text.to_owned());
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<String>, Error> {
        let mut bytes = Vec::new();
        let count = self
            .input
            .by_ref()
            .take(LINE_BYTES_MAX + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| Error::io(&self.path, source))?;
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if count > LINE_BYTES_MAX {
            return Err(Error::TooLarge {
                path: self.path.clone(),
                what: "bytes of one line",
                allowed: LINE_BYTES_MAX,
                given: count,
            });
        }
        if count == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.bytes += count;
        let text = String::from_utf8_lossy(&bytes);
        // The end of the file in old systems is a character.
        let text = text.trim_end_matches(['\n', '\r', '\u{1a}']);
        Ok(Some(text.trim_start_matches(['\u{feff}', '\u{1}']).to_owned()))
    }
}

/// What a line is in the envelope of a message.
enum Envelope<'a> {
    None,
    /// The text block begins; the rest of the line belongs to it.
    Start(&'a str),
    End,
}

/// Tells `{1:..}{2:..}{4:`, `-}` and the lone `-` from the lines of a message.
fn envelope(line: &str) -> Envelope<'_> {
    let is_mark = ["{1:", "{2:", "{3:", "{4:", "{5:", "-}"]
        .iter()
        .any(|mark| line.starts_with(mark));
    if is_mark {
        return match line.split_once("{4:") {
            Some((_, rest)) => Envelope::Start(rest),
            None if line.starts_with("-}") => Envelope::End,
            None => Envelope::Start(""),
        };
    }
    if line.trim_end() == "-" {
        Envelope::End
    } else {
        Envelope::None
    }
}

/// Splits `:60F:C2601..` into its tag and the rest.
fn tagged(text: &str) -> Option<(&str, &str)> {
    let (tag, rest) = text.strip_prefix(':')?.split_once(':')?;
    let mut characters = tag.chars();
    let is_tag = characters.next().is_some_and(|c| c.is_ascii_digit())
        && characters.next().is_some_and(|c| c.is_ascii_digit())
        && characters.next().is_none_or(|c| c.is_ascii_uppercase())
        && characters.next().is_none();
    (is_tag || tag == "NS").then_some((tag, rest))
}
