//! What a spreadsheet would unpack to, measured before its reader is let at it.
//!
//! A workbook is a zip of XML files. Few bytes can stand for very many: packed runs, cells that repeat, a count that
//! makes the reader take memory. The directory's sizes are checked first, then every file is unpacked once into
//! nothing, because a directory may lie.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::Error;
use super::ods_guard;

/// Bytes that a workbook may unpack to.
const UNPACKED_MAX: u64 = 2 << 30;
/// Bytes unpacked for each byte packed; spreadsheets have ten to fifty, repetitive ones a few hundred.
const RATIO_MAX: u64 = 500;
/// A small workbook may unpack to this much whatever its ratio.
const UNPACKED_FREE: u64 = 16 << 20;
/// Files in a workbook.
const FILES_MAX: usize = 10_000;
/// Texts that a workbook may share.
const SHARED_TEXTS_MAX: u64 = 1 << 26;
/// Bytes of the shortest shared text, as XML.
const SHARED_TEXT_BYTES: u64 = 5;
const MIME_ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
/// Size of the blocks read, in bytes.
const BLOCK_BYTES: usize = 1 << 16;
/// Bytes of a block that are looked at again with the next one, for what the boundary cuts.
const CARRY: usize = 96;
const COUNT: &[u8] = b"uniqueCount";

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
        let unpacked = measure(entry, left).map_err(|error| damaged(path, &error.to_string()))?;
        if unpacked.bytes > left {
            return Err(too_large(allowed.saturating_add(1)));
        }
        let shared_max = SHARED_TEXTS_MAX.min(unpacked.bytes / SHARED_TEXT_BYTES);
        if unpacked.shared_texts > shared_max {
            return Err(Error::too_large(
                path,
                "shared texts",
                shared_max,
                unpacked.shared_texts,
            ));
        }
        left = left.saturating_sub(unpacked.bytes);
    }
    if kind == Kind::Ods {
        let content = archive
            .by_name("content.xml")
            .map_err(|error| damaged(path, &error.to_string()))?;
        ods_guard::check(path, BufReader::new(content))?;
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

/// What a file of the zip unpacks to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Unpacked {
    bytes: u64,
    /// Largest number of shared texts that it announces.
    shared_texts: u64,
}

/// Unpacks into nothing, up to some more than `allowed` bytes.
fn measure(mut file: impl Read, allowed: u64) -> io::Result<Unpacked> {
    let mut unpacked = Unpacked::default();
    let mut block = vec![0; BLOCK_BYTES];
    let mut kept = 0_usize;
    loop {
        let count = file.read(&mut block[kept..])?;
        if count == 0 {
            return Ok(unpacked);
        }
        if unpacked.bytes < 2 && (block.starts_with(&[0xff, 0xfe]) || block.starts_with(&[0xfe, 0xff])) {
            return Err(io::Error::other("a part in UTF-16 is not read"));
        }
        unpacked.bytes = unpacked.bytes.saturating_add(number(count));
        if unpacked.bytes > allowed {
            return Ok(unpacked);
        }
        let filled = kept + count;
        unpacked.shared_texts = unpacked.shared_texts.max(largest_count(&block[..filled]));
        let from = filled.saturating_sub(CARRY);
        block.copy_within(from..filled, 0);
        kept = filled - from;
    }
}

/// The largest count of shared texts that stands in the bytes.
fn largest_count(bytes: &[u8]) -> u64 {
    let mut largest = 0;
    let mut rest = bytes;
    while let Some(place) = rest.windows(COUNT.len()).position(|window| window == COUNT) {
        rest = rest.get(place + COUNT.len()..).unwrap_or_default();
        largest = largest.max(count_behind(rest));
    }
    largest
}

/// The number of `="123"`; nothing when another text follows, the largest when it is written in a way that hides it.
fn count_behind(bytes: &[u8]) -> u64 {
    let near = bytes.get(..CARRY / 2).unwrap_or(bytes);
    let text = String::from_utf8_lossy(near);
    let text = text.trim_start();
    if text.is_empty() {
        // Cut by the block; looked at again with the next one, or blanks that hide what follows.
        return if near.len() < CARRY / 2 { 0 } else { u64::MAX };
    }
    let Some(value) = text.strip_prefix('=') else {
        return 0;
    };
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    match digits.len() {
        0 => 0,
        1..=18 => digits.parse().unwrap_or(u64::MAX),
        _ => u64::MAX,
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn damaged(path: &Path, reason: &str) -> Error {
    Error::malformed(path, "zip", format!("the workbook cannot be unpacked: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_wherever_a_block_is_cut() {
        let mut text = vec![b' '; BLOCK_BYTES - 20];
        text.extend_from_slice(b"<sst count=\"9\" uniqueCount=\"123456\">");
        text.extend_from_slice(&[b'x'; 200]);
        for cut in 0..60 {
            let unpacked = measure(&text[cut..], u64::MAX).unwrap();
            assert_eq!(unpacked.shared_texts, 123_456, "{cut}");
            assert_eq!(unpacked.bytes, number(text.len() - cut));
        }
    }

    #[test]
    fn a_count_that_hides_is_the_largest_and_a_word_is_none() {
        assert_eq!(largest_count(b"<t>uniqueCount is a word</t>"), 0);
        assert_eq!(largest_count(b"uniqueCount='7' uniqueCount=\"5\""), 7);
        assert_eq!(largest_count(b"uniqueCount=\"99999999999999999999\""), u64::MAX);
        let mut spaced = b"uniqueCount".to_vec();
        spaced.extend_from_slice(&[b' '; 80]);
        assert_eq!(largest_count(&spaced), u64::MAX);
    }

    #[test]
    fn measuring_stops_where_too_much_is_unpacked() {
        let unpacked = measure(io::repeat(b'x'), 1000).unwrap();
        assert!(unpacked.bytes > 1000);
    }
}
