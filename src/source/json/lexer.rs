//! The characters of a JSON text, one after the other, and where they stand.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::source::Error;

use super::number::plain;

/// Bytes read at a time.
const BLOCK_BYTES: usize = 1 << 16;
/// Bytes of the name of a member.
const KEY_BYTES_MAX: usize = 4096;
/// Characters of a number; nobody counts so far.
const NUMBER_CHARS_MAX: usize = 128;

/// Takes a JSON text apart, without ever having more of it than a block.
pub(super) struct Lexer {
    path: PathBuf,
    input: Box<dyn Read + Send>,
    block: Vec<u8>,
    next: usize,
    end: usize,
    line: u64,
    column: u64,
    taken: u64,
}

impl Lexer {
    pub(super) fn new(path: &Path, input: Box<dyn Read + Send>) -> Self {
        Self {
            path: path.to_path_buf(),
            input,
            block: vec![0; BLOCK_BYTES],
            next: 0,
            end: 0,
            line: 1,
            column: 1,
            taken: 0,
        }
    }

    /// Bytes of the text taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The next character's first byte behind any blanks, which stays; `None` at the end of the text.
    pub(super) fn blank(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {
                    self.take()?;
                }
                byte => return Ok(byte),
            }
        }
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self) -> Result<Option<u8>, Error> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.next += 1;
            self.taken += 1;
            if byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else if is_start(byte) {
                self.column += 1;
            }
        }
        Ok(byte)
    }

    /// Steps to the next member of a list or an object; `false` when it closes.
    pub(super) fn next_member(&mut self, is_first: bool, close: u8) -> Result<bool, Error> {
        let byte = self.blank()?;
        if byte == Some(close) {
            self.take()?;
            return Ok(false);
        }
        if is_first && byte.is_some() {
            return Ok(true);
        }
        if byte != Some(b',') {
            return Err(self.unexpected(byte, &format!("`,` or `{}`", char::from(close))));
        }
        self.take()?;
        if self.blank()? == Some(close) {
            return Err(self.unexpected(Some(close), "a value behind the comma"));
        }
        Ok(true)
    }

    /// Takes the name of a member and the colon behind it.
    pub(super) fn key(&mut self) -> Result<String, Error> {
        let byte = self.blank()?;
        if byte != Some(b'"') {
            return Err(self.unexpected(byte, "a name in double quotes"));
        }
        let key = self.string(Some((KEY_BYTES_MAX, "bytes of a name")))?;
        let byte = self.blank()?;
        if byte != Some(b':') {
            return Err(self.unexpected(byte, "`:`"));
        }
        self.take()?;
        Ok(key)
    }

    /// Takes a text whose opening quote is next; without a bound the text is only checked, and empty.
    pub(super) fn string(&mut self, bound: Option<(usize, &'static str)>) -> Result<String, Error> {
        self.take()?;
        let mut bytes = Vec::new();
        loop {
            self.take_run(&mut bytes, bound.is_some());
            match bound {
                None => bytes.clear(),
                Some((most, what)) if bytes.len() > most => {
                    return Err(self.too_large(what, most, bytes.len()));
                }
                Some(_) => {}
            }
            let byte = self.peek()?;
            if let Some(byte @ 0..=0x1f) = byte {
                return Err(self.malformed(format!(
                    "a control character within a text must be written \\u{byte:04x}"
                )));
            }
            self.take()?;
            match byte {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut bytes)?,
                Some(byte) => bytes.push(byte),
                None => return Err(self.unexpected(None, "the `\"` that ends the text")),
            }
        }
        if bound.is_none() {
            return Ok(String::new());
        }
        String::from_utf8(bytes).map_err(|_| self.malformed("a text that is not valid UTF-8"))
    }

    /// Takes a number, and writes it out if it has an exponent.
    pub(super) fn number(&mut self) -> Result<String, Error> {
        let mut literal = String::new();
        while let Some(byte @ (b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) = self.peek()? {
            if literal.len() >= NUMBER_CHARS_MAX {
                return Err(self.too_large("digits of a number", NUMBER_CHARS_MAX, literal.len() + 1));
            }
            literal.push(char::from(byte));
            self.take()?;
        }
        plain(&literal).ok_or_else(|| {
            self.malformed(format!(
                "a number such as -12.50 or 1.2e6 with an exponent of at most two digits expected, got `{literal}`"
            ))
        })
    }

    /// Takes `true`, `false` or `null`.
    pub(super) fn word(&mut self) -> Result<&'static str, Error> {
        let first = self.peek()?;
        let word = match first {
            Some(b't') => "true",
            Some(b'f') => "false",
            Some(b'n') => "null",
            other => return Err(self.unexpected(other, "a value")),
        };
        for expected in word.bytes() {
            let byte = self.peek()?;
            if byte != Some(expected) {
                return Err(self.unexpected(byte, &format!("`{word}`")));
            }
            self.take()?;
        }
        Ok(word)
    }

    /// Says that something else was expected here.
    pub(super) fn unexpected(&self, given: Option<u8>, expected: &str) -> Error {
        let given = match given {
            None => "the end of the text".to_owned(),
            Some(byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
            Some(byte) => format!("the byte {byte:#04x}"),
        };
        self.malformed(format!("{expected} expected, got {given}"))
    }

    /// Says what is wrong here.
    pub(super) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::malformed(
            &self.path,
            format!("line {}, column {}", self.line, self.column),
            reason,
        )
    }

    /// Says what is too large.
    pub(super) fn too_large(&self, what: &'static str, allowed: usize, given: usize) -> Error {
        Error::TooLarge {
            path: self.path.clone(),
            what,
            allowed: u64::try_from(allowed).unwrap_or(u64::MAX),
            given: u64::try_from(given).unwrap_or(u64::MAX),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.next == self.end {
            (self.next, self.end) = (0, 0);
            self.end = loop {
                match self.input.read(&mut self.block) {
                    Ok(count) => break count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::io(&self.path, error)),
                }
            };
        }
        if self.next < self.end {
            Ok(self.block.get(self.next).copied())
        } else {
            Ok(None)
        }
    }

    /// Takes the characters of a text that stand for themselves, as far as the block goes.
    fn take_run(&mut self, bytes: &mut Vec<u8>, keeps: bool) {
        let rest = self.block.get(self.next..self.end).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| matches!(*byte, b'"' | b'\\' | 0..=0x1f))
            .unwrap_or(rest.len());
        let run = rest.get(..length).unwrap_or_default();
        if keeps {
            bytes.extend_from_slice(run);
        }
        let starts = run.iter().filter(|byte| is_start(**byte)).count();
        self.column = self
            .column
            .saturating_add(u64::try_from(starts).unwrap_or(u64::MAX));
        self.taken = self
            .taken
            .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        self.next += length;
    }

    /// Takes what follows a backslash.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let character = match self.take()? {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(bytes),
            other => return Err(self.unexpected(other, "one of `\"\\/bfnrtu` behind the backslash")),
        };
        push(bytes, character);
        Ok(())
    }

    /// Takes the digits behind `\u`; half of a pair alone, as careless programs cut texts, is U+FFFD.
    fn unicode_escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let high = self.hex_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            push(bytes, char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        if self.peek()? != Some(b'\\') {
            push(bytes, char::REPLACEMENT_CHARACTER);
            return Ok(());
        }
        self.take()?;
        if self.peek()? != Some(b'u') {
            push(bytes, char::REPLACEMENT_CHARACTER);
            return self.escape(bytes);
        }
        self.take()?;
        let low = self.hex_digits()?;
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            push(bytes, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        } else {
            push(bytes, char::REPLACEMENT_CHARACTER);
            push(bytes, char::from_u32(low).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(())
    }

    fn hex_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.take()?;
            let digit = byte.and_then(|byte| char::from(byte).to_digit(16));
            match digit {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.unexpected(byte, "four hexadecimal digits behind \\u")),
            }
        }
        Ok(code)
    }
}

/// Whether a byte of UTF-8 starts a character.
fn is_start(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

fn push(bytes: &mut Vec<u8>, character: char) {
    let mut buffer = [0; 4];
    bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
}
