//! A stream of bytes into records: lines of NDJSON, rows of CSV; what is longer than allowed is passed over.

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// A JSON object a line.
    Ndjson,
    /// RFC 4180, with a header.
    Csv,
}

/// One record without its line end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Line that it begins on, from 1.
    pub(super) line: u64,
    /// Its bytes; none where it is too long.
    pub(super) bytes: Option<Vec<u8>>,
}

/// Cuts what comes into records.
#[derive(Debug)]
pub(super) struct Splitter {
    notation: Notation,
    bytes_max: usize,
    /// Line that the next byte is on.
    line: u64,
    started_on: u64,
    begun: Vec<u8>,
    is_too_long: bool,
    quotes: Quotes,
}

/// Where in a row of CSV the next byte is.
#[derive(Clone, Copy, Debug)]
struct Quotes {
    is_inside: bool,
    /// At the start of a field, or behind a quote that may have ended one: a quote here opens.
    may_open: bool,
}

impl Quotes {
    const START: Self = Self {
        is_inside: false,
        may_open: true,
    };

    /// Moves on by a byte.
    const fn pass(&mut self, byte: u8) {
        match byte {
            b'"' if self.is_inside => *self = Self::START,
            b'"' if self.may_open => {
                self.is_inside = true;
                self.may_open = false;
            }
            _ => self.may_open = byte == b',',
        }
    }
}

impl Splitter {
    pub(super) fn new(notation: Notation, bytes_max: usize) -> Self {
        Self {
            notation,
            bytes_max,
            line: 1,
            started_on: 1,
            begun: Vec::new(),
            is_too_long: false,
            quotes: Quotes::START,
        }
    }

    /// Adds the records that end in the bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8], records: &mut Vec<Record>) {
        while let Some(end) = self.end_in(bytes) {
            self.keep(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.line += 1;
            records.extend(self.take());
        }
        self.keep(bytes);
    }

    /// Adds the last record, which may have no line end.
    pub(super) fn finish(&mut self, records: &mut Vec<Record>) {
        records.extend(self.take());
    }

    /// Returns where the record ends, counting the lines before.
    fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.notation == Notation::Ndjson {
            return bytes.iter().position(|byte| *byte == b'\n');
        }
        for (index, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' && !self.quotes.is_inside {
                return Some(index);
            }
            self.line += u64::from(*byte == b'\n');
            self.quotes.pass(*byte);
        }
        None
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.is_too_long || self.begun.len() + bytes.len() > self.bytes_max {
            self.is_too_long = true;
            self.begun.clear();
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn take(&mut self) -> Option<Record> {
        let is_too_long = std::mem::take(&mut self.is_too_long);
        let mut bytes = std::mem::take(&mut self.begun);
        let line = std::mem::replace(&mut self.started_on, self.line);
        self.quotes = Quotes::START;
        if is_too_long {
            return Some(Record { line, bytes: None });
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if line == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let is_blank = bytes.iter().all(u8::is_ascii_whitespace);
        (!is_blank).then_some(Record {
            line,
            bytes: Some(bytes),
        })
    }
}

/// Returns the fields of a row of CSV.
pub(super) fn fields(row: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = vec![Vec::new()];
    let mut quotes = Quotes::START;
    let mut was_closed = false;
    for byte in row {
        let before = quotes;
        quotes.pass(*byte);
        let is_end = *byte == b',' && !before.is_inside;
        let opens = quotes.is_inside && !before.is_inside;
        let closes = before.is_inside && !quotes.is_inside;
        if is_end {
            fields.push(Vec::new());
        } else if let Some(field) = fields.last_mut() {
            // A quote that opens right behind one that closed stands for a quote.
            if (!opens && !closes) || (opens && was_closed) {
                field.push(*byte);
            }
        }
        was_closed = closes;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(notation: Notation, text: &str, piece: usize) -> Vec<(u64, Option<String>)> {
        let mut splitter = Splitter::new(notation, 12);
        let mut records = Vec::new();
        for bytes in text.as_bytes().chunks(piece) {
            splitter.push(bytes, &mut records);
        }
        splitter.finish(&mut records);
        records
            .into_iter()
            .map(|record| {
                let text = record
                    .bytes
                    .map(|bytes| String::from_utf8(bytes).expect("the text is ASCII"));
                (record.line, text)
            })
            .collect()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        let text = "{\"a\":1}\r\n\n  \n{\"b\":2}\n0123456789abcdef\nlast";
        for piece in 1..text.len() {
            let wanted = [
                (1, some("{\"a\":1}")),
                (4, some("{\"b\":2}")),
                (5, None),
                (6, some("last")),
            ];
            assert_eq!(split(Notation::Ndjson, text, piece), wanted, "{piece}");
        }
    }

    #[test]
    fn a_row_of_csv_ends_outside_of_quotes() {
        let text = "a,\"b\nc\"\nd\"e,f\n\"g\"\"\n\",h\n";
        for piece in 1..text.len() {
            let wanted = [
                (1, some("a,\"b\nc\"")),
                (3, some("d\"e,f")),
                (4, some("\"g\"\"\n\",h")),
            ];
            assert_eq!(split(Notation::Csv, text, piece), wanted, "{piece}");
        }
    }

    #[test]
    fn fields_lose_their_quotes_and_nothing_else() {
        let texts = |row: &str| -> Vec<String> {
            fields(row.as_bytes())
                .into_iter()
                .map(|field| String::from_utf8(field).expect("the text is UTF-8"))
                .collect()
        };
        assert_eq!(
            texts("a,,\"b,c\",\"say \"\"hi\"\"\""),
            ["a", "", "b,c", "say \"hi\""]
        );
        assert_eq!(texts("d\"e,\"\""), ["d\"e", ""]);
        assert_eq!(texts(","), ["", ""]);
    }
}
