//! The first bytes of a text, for who only looks at it: they alone decide what encoding they are in.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use super::{SNIFF_BYTES, TextFile, Transcoder, UnixLines, encoding_of, utf16_without_mark};
use crate::source::Error;

/// Reads the first bytes of a text file into memory.
pub(super) fn open(path: &Path, label: &str, bytes_max: u64) -> Result<TextFile, Error> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes_max).read_to_end(&mut text))
        .map_err(|source| Error::io(path, source))?;
    let (encoding, mark_bytes) = match Encoding::for_bom(&text) {
        Some(found) => found,
        None if label == "auto" => (guess(&text), 0),
        None => (encoding_of(path, label)?, 0),
    };
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let mut text = Cursor::new(text);
    text.set_position(u64::try_from(mark_bytes).expect("a byte order mark has at most three bytes"));
    Ok(TextFile {
        encoding: encoding.name(),
        bytes,
        sha256: [0; 32],
        reader: Box::new(UnixLines::new(Transcoder::lenient(text, encoding))),
    })
}

fn guess(text: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf16_without_mark(text.get(..SNIFF_BYTES).unwrap_or(text)) {
        return encoding;
    }
    // The last character may be cut.
    let is_utf8 = std::str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_utf8 {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(text, true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], bytes_max: u64) -> (&'static str, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("long.txt");
        std::fs::write(&path, content).expect("the file is written");
        let mut file = open(&path, "auto", bytes_max).expect("the file opens");
        let mut text = String::new();
        file.reader.read_to_string(&mut text).expect("valid UTF-8");
        (file.encoding, text)
    }

    #[test]
    fn the_first_bytes_are_a_text_whatever_they_cut() {
        let content = "ab\u{20ac}uro".as_bytes();
        for (bytes_max, expected) in [
            (2, "ab"),
            (3, "ab\u{fffd}"),
            (5, "ab\u{20ac}"),
            (100, "ab\u{20ac}uro"),
        ] {
            assert_eq!(read(content, bytes_max), ("UTF-8", expected.to_owned()));
        }
    }

    #[test]
    fn marks_and_legacy_encodings_are_known_as_in_a_whole_file() {
        assert_eq!(read(b"\xef\xbb\xbfA", 100), ("UTF-8", "A".to_owned()));
        assert_eq!(read(b"\xff\xfeA\0", 100), ("UTF-16LE", "A".to_owned()));
        assert_eq!(read(b"Gr\xfc\xdfe aus K\xf6ln", 100).0, "windows-1252");
    }
}
