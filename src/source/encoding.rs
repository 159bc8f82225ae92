//! Any text file as UTF-8: byte order marks, UTF-16, UTF-8, else the detected legacy encoding.
//!
//! A file is read twice. The first pass finds out whether it is valid UTF-8 to its very end, and fingerprints it
//! where that is asked for; a cp1252 umlaut on the last line of a gigabyte must not surprise the parser. The second
//! pass streams. Where no fingerprint is asked for, the first pass waits for the first byte that is not ASCII.

mod ascii_first;
mod first_bytes;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use super::line_ends::UnixLines;
use super::{Error, Options};
use ascii_first::AsciiFirst;

/// Size of the blocks files are read in, in bytes.
const BLOCK_BYTES: usize = 1 << 18;
/// How much of a file without a byte order mark is looked at for the zero bytes of UTF-16.
const SNIFF_BYTES: usize = 4096;

/// A text file, transcoded to UTF-8 while it is read.
pub struct TextFile {
    /// Name of the encoding the file is in; `UTF-8` stands for every one that begins with ASCII until it is known.
    pub encoding: &'static str,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// SHA-256 of the file's bytes; zeros where it was not asked for.
    pub sha256: [u8; 32],
    /// The text: UTF-8, without byte order mark, lines ending in `\n`.
    pub reader: Box<dyn Read + Send>,
}

impl std::fmt::Debug for TextFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TextFile")
            .field("encoding", &self.encoding)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Opens a text file in whatever encoding it is, and fingerprints it.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be read.
pub fn open_text(path: &Path) -> Result<TextFile, Error> {
    let failed = |source| Error::io(path, source);
    let mut file = File::open(path).map_err(failed)?;
    let facts = survey(&mut file, true).map_err(failed)?;
    let (encoding, skip) = match Encoding::for_bom(&facts.head) {
        Some(found) => found,
        None => (guess(&mut file, &facts).map_err(failed)?, 0),
    };
    start_at(&mut file, skip).map_err(failed)?;
    let reader: Box<dyn Read + Send> = if encoding == UTF_8 && facts.is_utf8 {
        Box::new(UnixLines::new(file))
    } else {
        Box::new(UnixLines::new(Transcoder::lenient(file, encoding)))
    };
    Ok(TextFile {
        encoding: encoding.name(),
        bytes: facts.bytes,
        sha256: facts.sha256,
        reader,
    })
}

/// Opens a text file for its rows as the options say: all of it, or its first bytes.
pub(super) fn open_as(path: &Path, options: &Options) -> Result<TextFile, Error> {
    match options.bytes_max {
        None => open_rows(path, &options.encoding),
        Some(bytes_max) => first_bytes::open(path, &options.encoding, bytes_max),
    }
}

/// Opens a text file for its rows alone: in whatever encoding it is when the label is `auto`, else in that of the
/// label, for example `windows-1252`; a byte order mark wins. There is no fingerprint, which takes time.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be read, [`Error::Malformed`] when no encoding has the label.
pub(super) fn open_rows(path: &Path, label: &str) -> Result<TextFile, Error> {
    let failed = |source| Error::io(path, source);
    let stated = if label == "auto" {
        None
    } else {
        Some(encoding_of(path, label)?)
    };
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let sniffed = u64::try_from(SNIFF_BYTES).expect("a small number");
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    file.by_ref()
        .take(sniffed)
        .read_to_end(&mut head)
        .map_err(failed)?;
    let (encoding, skip) = match Encoding::for_bom(&head) {
        Some((encoding, length)) => (Some(encoding), length),
        None => (stated.or_else(|| utf16_without_mark(&head)), 0),
    };
    start_at(&mut file, skip).map_err(failed)?;
    let reader: Box<dyn Read + Send> = match encoding {
        Some(encoding) if encoding != UTF_8 => Box::new(UnixLines::new(Transcoder::lenient(file, encoding))),
        stated => Box::new(UnixLines::new(AsciiFirst::new(file, skip, stated))),
    };
    Ok(TextFile {
        encoding: encoding.unwrap_or(UTF_8).name(),
        bytes,
        sha256: [0; 32],
        reader,
    })
}

fn encoding_of(path: &Path, label: &str) -> Result<&'static Encoding, Error> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        Error::malformed(
            path,
            "encoding",
            format!("must be `auto` or a name such as `utf-8`, `windows-1252`, `utf-16le`, got `{label}`"),
        )
    })
}

fn start_at(file: &mut File, skip: usize) -> io::Result<()> {
    let start = u64::try_from(skip).expect("a byte order mark has at most three bytes");
    file.seek(SeekFrom::Start(start))?;
    Ok(())
}

/// Returns size and SHA-256 of a file of any kind.
pub(crate) fn fingerprint(path: &Path) -> Result<(u64, [u8; 32]), Error> {
    let mut file = File::open(path).map_err(|source| Error::io(path, source))?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut block).map_err(|source| Error::io(path, source))?;
        if count == 0 {
            return Ok((bytes, hasher.finalize().into()));
        }
        bytes += u64::try_from(count).expect("a block fits 64 bits");
        hasher.update(&block[..count]);
    }
}

/// Returns the delimiter of a header line: the one of comma, semicolon and tab that occurs most outside quotes.
#[must_use]
pub fn sniff_delimiter(header_line: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in header_line {
        if byte == b'"' {
            quoted = !quoted;
        }
        if let Some((_, count)) = counts
            .iter_mut()
            .find(|(delimiter, _)| !quoted && *delimiter == byte)
        {
            *count += 1;
        }
    }
    // On a tie the earlier wins, so that a single column reads as comma separated.
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}

struct Facts {
    bytes: u64,
    sha256: [u8; 32],
    head: Vec<u8>,
    is_utf8: bool,
}

/// Reads a file from where it stands to its end, or without a fingerprint to the first block that is not UTF-8.
fn survey(file: &mut File, fingerprints: bool) -> io::Result<Facts> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    let (mut bytes, mut head, mut is_utf8) = (0_u64, Vec::new(), true);
    // The bytes of a character that a block boundary cut stay at the front of the next block.
    let mut carried = 0;
    loop {
        let count = file.read(&mut block[carried..])?;
        if count == 0 {
            is_utf8 &= carried == 0;
            break;
        }
        bytes += u64::try_from(count).expect("a block fits 64 bits");
        let filled = carried + count;
        if fingerprints {
            hasher.update(&block[carried..filled]);
        }
        if head.len() < SNIFF_BYTES {
            head.extend_from_slice(&block[carried..filled]);
            head.truncate(SNIFF_BYTES);
        }
        carried = 0;
        if is_utf8 && let Err(error) = std::str::from_utf8(&block[..filled]) {
            if error.error_len().is_some() {
                is_utf8 = false;
                if !fingerprints {
                    // Nothing else is asked.
                    break;
                }
            } else {
                let valid = error.valid_up_to();
                block.copy_within(valid..filled, 0);
                carried = filled - valid;
            }
        }
    }
    Ok(Facts {
        bytes,
        sha256: if fingerprints {
            hasher.finalize().into()
        } else {
            [0; 32]
        },
        head,
        is_utf8,
    })
}

fn guess(file: &mut File, facts: &Facts) -> io::Result<&'static Encoding> {
    if let Some(encoding) = utf16_without_mark(&facts.head) {
        return Ok(encoding);
    }
    if facts.is_utf8 {
        return Ok(UTF_8);
    }
    detect(file)
}

/// Tells the legacy encoding of a file by all its bytes.
fn detect(file: &mut File) -> io::Result<&'static Encoding> {
    start_at(file, 0)?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let count = file.read(&mut block)?;
        if count == 0 {
            detector.feed(&[], true);
            return Ok(detector.guess(None, Utf8Detection::Deny));
        }
        detector.feed(&block[..count], false);
    }
}

/// Tells UTF-16 by its zero bytes: every other byte of mostly Latin text.
pub(super) fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = head.len() / 4;
    if many == 0 {
        None
    } else if odd > many && even == 0 {
        Some(UTF_16LE)
    } else if even > many && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Reads bytes of one encoding as UTF-8.
pub(super) struct Transcoder<R> {
    source: R,
    decoder: Decoder,
    /// Whether what cannot be decoded is an error; it becomes U+FFFD otherwise.
    is_strict: bool,
    input: Vec<u8>,
    input_start: usize,
    input_end: usize,
    source_is_done: bool,
    is_done: bool,
    output: Vec<u8>,
    output_start: usize,
    output_end: usize,
}

impl<R: Read> Transcoder<R> {
    fn lenient(source: R, encoding: &'static Encoding) -> Self {
        Self::new(source, encoding, false)
    }

    /// Refuses a sequence that the encoding does not have.
    pub(super) fn strict(source: R, encoding: &'static Encoding) -> Self {
        Self::new(source, encoding, true)
    }

    fn new(source: R, encoding: &'static Encoding, is_strict: bool) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            is_strict,
            input: vec![0; BLOCK_BYTES],
            input_start: 0,
            input_end: 0,
            source_is_done: false,
            is_done: false,
            output: vec![0; BLOCK_BYTES],
            output_start: 0,
            output_end: 0,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.input_start == self.input_end && !self.source_is_done {
            self.input_start = 0;
            self.input_end = self.source.read(&mut self.input)?;
            self.source_is_done = self.input_end == 0;
        }
        let input = &self.input[self.input_start..self.input_end];
        let (result, read, written) = if self.is_strict {
            self.decoder
                .decode_to_utf8_without_replacement(input, &mut self.output, self.source_is_done)
        } else {
            let (result, read, written, _) =
                self.decoder
                    .decode_to_utf8(input, &mut self.output, self.source_is_done);
            let result = match result {
                CoderResult::InputEmpty => DecoderResult::InputEmpty,
                CoderResult::OutputFull => DecoderResult::OutputFull,
            };
            (result, read, written)
        };
        self.input_start += read;
        self.output_start = 0;
        self.output_end = written;
        if matches!(result, DecoderResult::Malformed(..)) {
            let reason = format!(
                "bytes that are not {}, the encoding of the document",
                self.decoder.encoding().name()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        self.is_done = self.source_is_done && result == DecoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.output_start == self.output_end {
            if self.is_done {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.output_end - self.output_start);
        buffer[..count].copy_from_slice(&self.output[self.output_start..self.output_start + count]);
        self.output_start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_commonest_outside_quotes() {
        assert_eq!(sniff_delimiter(b"a,b,c"), b',');
        assert_eq!(sniff_delimiter(b"a;b;\"c,d,e,f\""), b';');
        assert_eq!(sniff_delimiter(b"a\tb"), b'\t');
        assert_eq!(sniff_delimiter(b"single"), b',');
    }

    #[test]
    fn a_character_cut_by_a_block_boundary_is_still_utf8() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("long.txt");
        let mut text = "a".repeat(BLOCK_BYTES - 1);
        text.push_str("\u{20ac}uro");
        std::fs::write(&path, &text).expect("the file is written");
        let mut file = open_text(&path).expect("the file opens");
        let mut read = String::new();
        file.reader.read_to_string(&mut read).expect("valid UTF-8");
        assert_eq!((file.encoding, read), ("UTF-8", text));
    }
}
