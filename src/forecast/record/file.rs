//! The files of a record and the id that they give it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{RecordHead, RecordLine};
use crate::forecast::Error;

/// Name of the file with what a record says beside its lines.
pub const RECORD_FILE: &str = "record.json";

/// Name of the file with the lines of a record, one JSON object a line.
pub const LINES_FILE: &str = "lines.ndjson";

/// The content of a record's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFiles {
    /// The bytes of [`RECORD_FILE`].
    pub record: Vec<u8>,
    /// The bytes of [`LINES_FILE`].
    pub lines: Vec<u8>,
}

impl RecordFiles {
    /// Returns the id of the record: the SHA-256 of each file's name and SHA-256, in hexadecimal.
    #[must_use]
    pub fn forecast_id(&self) -> String {
        let mut text = String::new();
        for (name, content) in [(RECORD_FILE, &self.record), (LINES_FILE, &self.lines)] {
            // As `sha256sum` prints it, so that an id can be computed without this program.
            text.push_str(&hex(content));
            text.push_str("  ");
            text.push_str(name);
            text.push('\n');
        }
        hex(text.as_bytes())
    }
}

/// Returns the SHA-256 of the written form of a value.
pub(super) fn hash_of(value: &impl Serialize) -> Result<String, Error> {
    let bytes = serde_json::to_vec(value).map_err(|error| unwritten(&error))?;
    Ok(hex(&bytes))
}

/// Writes a record.
pub(super) fn write(head: &RecordHead, lines: &[RecordLine]) -> Result<RecordFiles, Error> {
    let mut record = serde_json::to_vec_pretty(head).map_err(|error| unwritten(&error))?;
    record.push(b'\n');
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line).map_err(|error| unwritten(&error))?;
        bytes.push(b'\n');
    }
    Ok(RecordFiles { record, lines: bytes })
}

/// Reads a record.
pub(super) fn parse(files: &RecordFiles) -> Result<(RecordHead, Vec<RecordLine>), Error> {
    let head = serde_json::from_slice(&files.record).map_err(|error| Error::RecordInvalid {
        reason: format!("{RECORD_FILE} cannot be read: {error}"),
    })?;
    let mut lines = Vec::new();
    let written = files.lines.split(|byte| *byte == b'\n').enumerate();
    for (index, line) in written.filter(|(_, line)| !line.is_empty()) {
        let line: RecordLine = serde_json::from_slice(line).map_err(|error| Error::RecordInvalid {
            reason: format!("line {} of {LINES_FILE} cannot be read: {error}", index + 1),
        })?;
        lines.push(line);
    }
    Ok((head, lines))
}

fn unwritten(error: &serde_json::Error) -> Error {
    Error::RecordInvalid {
        reason: format!("it has no written form: {error}"),
    }
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RecordFiles, hex};

    #[test]
    fn the_hash_is_sha_256() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"abc"), expected);
    }

    #[test]
    fn a_byte_that_moves_from_one_file_to_the_other_changes_the_id() {
        let files = |record: &[u8], lines: &[u8]| RecordFiles {
            record: record.to_vec(),
            lines: lines.to_vec(),
        };
        let first = files(b"ab", b"c").forecast_id();
        assert_ne!(first, files(b"a", b"bc").forecast_id());
        assert_eq!(first, files(b"ab", b"c").forecast_id());
    }
}
