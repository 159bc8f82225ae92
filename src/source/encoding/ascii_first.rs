//! Text whose encoding is asked for at its first byte that is not ASCII: before it, all that may be meant agree.
//!
//! Most exports are ASCII to their end and are thus read once. It is still the whole file that decides.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Encoding, UTF_8};

use super::{Transcoder, detect, survey};

/// Reads a file as UTF-8.
pub(super) struct AsciiFirst {
    file: File,
    /// The next byte of the file.
    at: u64,
    /// UTF-8 where that is known to be meant; what cannot be decoded then becomes U+FFFD.
    stated: Option<&'static Encoding>,
    /// The text from its first byte that is not ASCII on.
    rest: Option<Box<dyn Read + Send>>,
}

impl AsciiFirst {
    /// Takes a file that stands behind its byte order mark.
    pub(super) fn new(file: File, mark_bytes: usize, stated: Option<&'static Encoding>) -> Self {
        Self {
            file,
            at: u64::try_from(mark_bytes).expect("a byte order mark has at most three bytes"),
            stated,
            rest: None,
        }
    }

    /// Finds out how the text goes on. ASCII before it is UTF-8, and leaves no decoder in another state.
    fn decided(&mut self) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(self.at))?;
        let is_utf8 = survey(&mut file, false)?.is_utf8;
        let encoding = match self.stated {
            _ if is_utf8 => UTF_8,
            Some(stated) => stated,
            None => detect(&mut file)?,
        };
        file.seek(SeekFrom::Start(self.at))?;
        let rest: Box<dyn Read + Send> = if is_utf8 {
            Box::new(file)
        } else {
            Box::new(Transcoder::lenient(file, encoding))
        };
        Ok(rest)
    }
}

impl Read for AsciiFirst {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(rest) = &mut self.rest {
            return rest.read(buffer);
        }
        let count = self.file.read(buffer)?;
        let filled = buffer.get(..count).unwrap_or_default();
        let ascii = if filled.is_ascii() {
            count
        } else {
            filled.iter().take_while(|byte| byte.is_ascii()).count()
        };
        self.at = self
            .at
            .saturating_add(u64::try_from(ascii).expect("a block fits 64 bits"));
        if ascii == count {
            return Ok(count);
        }
        let mut rest = self.decided()?;
        let given = if ascii > 0 { ascii } else { rest.read(buffer)? };
        self.rest = Some(rest);
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{open_rows, open_text};
    use super::*;

    /// Bytes of a block of the reader below, and more than a survey looks at for UTF-16.
    const LONG: usize = 70_000;

    fn text_of(reader: &mut dyn Read) -> Vec<u8> {
        let mut text = Vec::new();
        reader.read_to_end(&mut text).expect("the file is read");
        text
    }

    /// Checks the text against that of a reader which knows the whole file before it begins.
    fn check(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, bytes).expect("the file is written");
        let mut rows = open_rows(&path, "auto").expect("the file opens");
        let mut whole = open_text(&path).expect("the file opens");
        assert_eq!(rows.bytes, whole.bytes);
        (text_of(&mut rows.reader), text_of(&mut whole.reader))
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => Just(b"a;b;1,5\r\n".to_vec()),
            2 => Just("M\u{fc}ller;\u{20ac}\n".as_bytes().to_vec()),
            1 => Just(b"M\xfcller\n".to_vec()),
            1 => Just(b"\xff\xfe".to_vec()),
            1 => Just(b"\xef\xbb\xbf".to_vec()),
            1 => Just(vec![b'x'; LONG]),
            1 => proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn the_text_is_that_of_a_file_known_before_it_is_read(pieces in proptest::collection::vec(piece(), 0..8)) {
            let (rows, whole) = check(&pieces.concat());
            prop_assert!(rows == whole, "{} and {} bytes", rows.len(), whole.len());
        }
    }

    #[test]
    fn a_late_byte_of_another_encoding_changes_what_earlier_ones_mean() {
        let mut bytes = vec![b'x'; LONG];
        bytes.extend_from_slice("\u{fc}".as_bytes());
        let (rows, _) = check(&bytes);
        assert!(rows.ends_with("x\u{fc}".as_bytes()));
        bytes.extend(vec![b'x'; LONG]);
        bytes.extend_from_slice(b"M\xfcller");
        let (rows, whole) = check(&bytes);
        assert!(rows == whole);
        // The two bytes of the first umlaut mean something else in the encoding of the second.
        assert_ne!(rows.get(LONG..LONG + 2), Some("\u{fc}".as_bytes()));
    }

    #[test]
    fn utf8_that_is_stated_stays_utf8_whatever_comes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, b"a;M\xfcller;\xc3\xbc").expect("the file is written");
        let mut rows = open_rows(&path, "utf-8").expect("the file opens");
        assert_eq!(text_of(&mut rows.reader), "a;M\u{fffd}ller;\u{fc}".as_bytes());
    }
}
