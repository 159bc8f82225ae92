//! What a spreadsheet would unpack to, measured before its reader is let at it.
//!
//! A workbook is a zip of XML files. Few bytes can stand for very many: packed runs, cells that repeat, a count that
//! makes the reader take memory. The directory's sizes are checked first, then every file is unpacked once and kept
//! nowhere, because a directory may lie, and what its reader would hold of it is counted.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::bounded::Bounded;
use super::{Error, ods_guard, xlsx_guard};

/// Bytes that a workbook may unpack to; a million rows of twenty columns take 700 MiB.
const UNPACKED_MAX: u64 = 1 << 30;
/// Bytes unpacked for each byte packed; spreadsheets have ten to fifty, repetitive ones a few hundred.
const RATIO_MAX: u64 = 500;
/// A small workbook may unpack to this much whatever its ratio.
const UNPACKED_FREE: u64 = 16 << 20;
/// Files in a workbook.
const FILES_MAX: usize = 10_000;
const MIME_ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// Which spreadsheet a zip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Ods,
}

/// Tells which spreadsheet the file is, and refuses one that would unpack to too much.
pub(super) fn check(path: &Path) -> Result<Kind, Error> {
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let packed = file.metadata().map_err(|error| Error::io(path, error))?.len();
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, &error.to_string()))?;
    let kind = kind_of(path, &mut archive)?;
    let files = archive.len();
    if files > FILES_MAX {
        return Err(Error::too_large(
            path,
            "files in a workbook",
            number(FILES_MAX),
            number(files),
        ));
    }
    let allowed = packed
        .saturating_mul(RATIO_MAX)
        .clamp(UNPACKED_FREE, UNPACKED_MAX);
    let too_large = |given| Error::too_large(path, "bytes unpacked", allowed, given);
    let mut declared = 0_u64;
    for place in 0..files {
        let entry = archive
            .by_index(place)
            .map_err(|error| damaged(path, &error.to_string()))?;
        declared = declared.saturating_add(entry.size());
    }
    if declared > allowed {
        return Err(too_large(declared));
    }
    let mut left = allowed;
    for place in 0..files {
        let entry = archive
            .by_index(place)
            .map_err(|error| damaged(path, &error.to_string()))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let entry = BufReader::new(entry);
        let bytes = match kind {
            Kind::Xlsx => xlsx_guard::check(path, &name, entry, left, &xlsx_guard::BOUNDS)?,
            Kind::Ods => ods_guard::check(path, &name, entry, left, &ods_guard::BOUNDS)?,
        };
        if bytes > left {
            return Err(too_large(allowed.saturating_add(1)));
        }
        left = left.saturating_sub(bytes);
    }
    Ok(kind)
}

fn kind_of(path: &Path, archive: &mut ZipArchive<BufReader<File>>) -> Result<Kind, Error> {
    let mut mime = Vec::new();
    if let Ok(file) = archive.by_name("mimetype") {
        let read = file.take(number(MIME_ODS.len())).read_to_end(&mut mime);
        read.map_err(|error| damaged(path, &error.to_string()))?;
    }
    let names: Vec<String> = archive
        .file_names_raw()
        .take(FILES_MAX)
        .map(|name| String::from_utf8_lossy(name).to_lowercase())
        .collect();
    let has = |ending: &str| names.iter().any(|name| name.ends_with(ending));
    if mime == MIME_ODS && has("content.xml") {
        Ok(Kind::Ods)
    } else if has("workbook.xml") {
        Ok(Kind::Xlsx)
    } else {
        let given = if has("workbook.bin") {
            "an .xlsb workbook; save it as .xlsx".to_owned()
        } else {
            let first: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            format!("a zip with {}", first.join(", "))
        };
        Err(Error::malformed(
            path,
            "start of the file",
            format!("a zip is read when it is an .xlsx or .ods workbook, got {given}"),
        ))
    }
}

/// Unpacks into nothing; returns how many bytes there are, or one more than `most` when there are more.
pub(super) fn measure(part: impl Read, most: u64) -> io::Result<u64> {
    io::copy(&mut part.take(most.saturating_add(1)), &mut io::sink())
}

/// Goes through the XML of a part piece by piece, its end included; returns how many bytes it has, or some more than
/// `left` when it has more.
pub(super) fn walk(
    path: &Path,
    name: &str,
    part: impl BufRead,
    (left, piece_bytes): (u64, u64),
    each: &mut dyn FnMut(&Event<'_>, u64) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut reader = Reader::from_reader(Bounded::new(part));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().allow(piece_bytes);
        let is_end = match reader.read_event_into(&mut buffer) {
            Ok(event) => {
                each(&event, reader.get_ref().taken())?;
                matches!(event, Event::Eof)
            }
            Err(_) if reader.get_ref().is_exceeded() => {
                let given = piece_bytes.saturating_add(1);
                return Err(Error::too_large(
                    path,
                    "bytes of one tag or text",
                    piece_bytes,
                    given,
                ));
            }
            Err(error) => return Err(damaged(path, &format!("{name}: {error}"))),
        };
        let bytes = reader.get_ref().taken();
        if is_end || bytes > left {
            return Ok(bytes);
        }
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(super) fn damaged(path: &Path, reason: &str) -> Error {
    Error::malformed(path, "zip", format!("the workbook cannot be unpacked: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measuring_stops_where_too_much_is_unpacked() {
        assert_eq!(measure(io::repeat(b'x'), 1000).expect("it does not fail"), 1001);
        assert_eq!(measure(b"abc".as_slice(), 1000).expect("it does not fail"), 3);
    }
}
