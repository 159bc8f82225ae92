//! Bytes of a document as UTF-8, a bounded number for each event.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::source::encoding::Transcoder;
use crate::source::error::Error;

/// Size of the blocks read, in bytes.
const BLOCK_BYTES: usize = 1 << 16;
/// How much of a document is looked at for its declaration, in bytes.
const HEAD_BYTES: u64 = 1024;

/// A buffer that gives no more bytes than were allowed, and counts lines.
pub(super) struct Budget {
    inner: BufReader<Transcoder<Box<dyn Read + Send>>>,
    left: usize,
    is_exceeded: bool,
    line: u64,
    bytes: u64,
}

impl Budget {
    /// Finds out the encoding of a document and makes it UTF-8.
    pub(super) fn new(path: &Path, mut source: Box<dyn Read + Send>) -> Result<Self, Error> {
        let mut head = Vec::new();
        source
            .by_ref()
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(|source| Error::io(path, source))?;
        let (encoding, skipped) =
            encoding_of(&head).map_err(|reason| Error::malformed(path, "line 1", reason))?;
        let text = head.get(skipped..).unwrap_or_default().to_vec();
        let whole: Box<dyn Read + Send> = Box::new(Cursor::new(text).chain(source));
        Ok(Self {
            inner: BufReader::with_capacity(BLOCK_BYTES, Transcoder::strict(whole, encoding)),
            left: 0,
            is_exceeded: false,
            line: 1,
            bytes: 0,
        })
    }

    /// Allows that many bytes until the next call.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Read for Budget {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Budget {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.is_exceeded = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too much at once"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let taken = self.inner.buffer().get(..amount).unwrap_or_default();
        let lines = taken.iter().filter(|&&byte| byte == b'\n').count();
        self.line += u64::try_from(lines).unwrap_or(0);
        self.bytes += u64::try_from(amount).unwrap_or(0);
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

/// Returns bytes as text, if they are UTF-8.
pub(super) fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Tells the encoding from a byte order mark, the zero bytes of UTF-16 or the declaration; also how many bytes the mark has.
fn encoding_of(head: &[u8]) -> Result<(&'static Encoding, usize), String> {
    if let Some(marked) = Encoding::for_bom(head) {
        return Ok(marked);
    }
    if head.starts_with(b"<\0") {
        return Ok((UTF_16LE, 0));
    }
    if head.starts_with(b"\0<") {
        return Ok((UTF_16BE, 0));
    }
    let Some(label) = declared(head) else {
        return Ok((UTF_8, 0));
    };
    match Encoding::for_label(&label) {
        // Without the zero bytes it is no UTF-16, whatever it says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((UTF_8, 0)),
        Some(encoding) => Ok((encoding, 0)),
        None => Err(format!(
            "the declared encoding must be known, such as UTF-8 or ISO-8859-1, got {:?}",
            String::from_utf8_lossy(&label)
        )),
    }
}

/// The encoding that the XML declaration names.
fn declared(head: &[u8]) -> Option<Vec<u8>> {
    let text: String = head.iter().map(|&byte| char::from(byte)).collect();
    let declaration = text.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let rest = declaration.split_once("encoding")?.1.trim_start();
    let rest = rest.strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let label = rest.get(1..)?.split_once(quote)?.0;
    Some(label.as_bytes().to_vec())
}
