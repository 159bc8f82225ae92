//! Records in little memory: blocks of some thousands, in which a text that comes again stands once.
//!
//! A linker has to hold all records of an import. As a vector of optional texts, an item of SAP (42 fields, half of them
//! filled) would take 1.5 kB: 24 bytes a field and a heap block a text. In a block it takes
//!
//! - 1 byte for a field without value and 2 at most for one with: the number of its text in the block,
//! - its texts and 4 bytes each, where the block does not have them already (dates, currencies, customers repeat),
//! - some 5 bytes for kind, file and line, and 4 for its place,
//! - 16 bytes as a [`Record`] of the slice that linkers get.
//!
//! That is some 150 bytes for such an item; a test counts them. Texts are found again by a table of the texts of late,
//! one a hash: where two share a place, the older is written once more, and nothing else happens.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use super::{Origin, Record, RecordKind};
use crate::history::validate::count;

/// Texts in a block at most: the numbers of so many fit in two bytes.
const TEXTS_MAX: usize = (1 << 14) - 1;
/// A block with so many bytes of texts, or of numbers, takes no further record.
const BYTES_FULL: usize = 1 << 20;
/// Places for texts of late; as many as a block has texts.
const RECENT: u64 = 1 << 14;
/// Files looked through, from the last on, for that of a record: sheets of a file alternate, files do not.
const FILES_AT_HAND: usize = 8;

/// Records of some thousand rows, and the texts in them.
#[derive(Debug)]
pub(super) struct Block {
    texts: String,
    /// Where texts end, by number; the first is 0, because number 0 stands for no text.
    ends: Vec<u32>,
    /// Of each record the numbers of its kind and file, its line, and the numbers of its texts by field.
    codes: Vec<u8>,
    /// Where the codes of each record begin.
    starts: Vec<u32>,
    kinds: Vec<&'static RecordKind>,
    files: Vec<Arc<str>>,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            texts: String::new(),
            ends: vec![0],
            codes: Vec::new(),
            starts: Vec::new(),
            kinds: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// A record as it lies in its block.
struct Row<'b> {
    kind: &'static RecordKind,
    file: &'b Arc<str>,
    line: u64,
    /// Numbers of its texts by field, and behind them those of the next record.
    numbers: Numbers<'b>,
}

impl Block {
    fn row(&self, row: u32) -> Row<'_> {
        let start = index(self.starts[index(row)]);
        let mut numbers = Numbers {
            bytes: self.codes[start..].iter(),
        };
        let mut next = || numbers.next().expect("a record begins with three numbers");
        let (kind, file, line) = (next(), next(), next());
        Row {
            kind: self.kinds[place(kind)],
            file: &self.files[place(file)],
            line,
            numbers,
        }
    }

    /// The text of a number; none has the number 0.
    fn text(&self, number: u64) -> Option<&str> {
        let number = place(number);
        let start = *self.ends.get(number.checked_sub(1)?)?;
        let end = *self.ends.get(number)?;
        self.texts.get(index(start)..index(end))
    }

    pub(super) fn kind(&self, row: u32) -> &'static RecordKind {
        self.row(row).kind
    }

    pub(super) fn origin(&self, row: u32) -> Origin {
        let row = self.row(row);
        Origin {
            file: Arc::clone(row.file),
            line: row.line,
        }
    }

    /// The text of a field, one of the record's.
    pub(super) fn cell(&self, row: u32, field: &str) -> Option<&str> {
        let mut row = self.row(row);
        let number = row.numbers.nth(row.kind.slot(field))?;
        self.text(number)
    }

    /// The texts by field.
    pub(super) fn cells(&self, row: u32) -> impl Iterator<Item = Option<&str>> {
        let row = self.row(row);
        let fields = row.kind.fields.len();
        row.numbers.take(fields).map(move |number| self.text(number))
    }

    fn is_full(&self, kind: &RecordKind) -> bool {
        // The first end is no text's.
        self.ends.len() + kind.fields.len() > TEXTS_MAX + 1
            || self.texts.len() >= BYTES_FULL
            || self.codes.len() >= BYTES_FULL
    }

    fn number_of_kind(&mut self, kind: &'static RecordKind) -> usize {
        let known = self.kinds.iter().position(|known| known.name == kind.name);
        known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        })
    }

    fn number_of_file(&mut self, file: &Arc<str>) -> usize {
        let first = self.files.len().saturating_sub(FILES_AT_HAND);
        let known = self.files[first..].iter().position(|known| known == file);
        known.map_or_else(
            || {
                self.files.push(Arc::clone(file));
                self.files.len() - 1
            },
            |known| first + known,
        )
    }

    /// Gives back what it does not need.
    fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.codes.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.kinds.shrink_to_fit();
        self.files.shrink_to_fit();
    }
}

/// Records as they are read, in their order.
#[derive(Debug)]
pub(crate) struct Records {
    full: Vec<Arc<Block>>,
    open: Block,
    /// Numbers of texts of the open block by their hash, the latest; 0 where there is none.
    recent: Vec<u32>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            full: Vec::new(),
            open: Block::default(),
            recent: vec![0; place(RECENT)],
        }
    }
}

impl Records {
    /// Adds a record: its texts by field, canonical by the kind of each, `None` where there is none.
    pub(crate) fn push<'t>(
        &mut self,
        kind: &'static RecordKind,
        origin: &Origin,
        mut texts: impl Iterator<Item = Option<&'t str>>,
    ) {
        if self.open.is_full(kind) {
            self.close();
        }
        let start =
            u32::try_from(self.open.codes.len()).expect("a block that is full takes no further record");
        self.open.starts.push(start);
        let of_kind = count(self.open.number_of_kind(kind));
        let of_file = count(self.open.number_of_file(&origin.file));
        for number in [of_kind, of_file, origin.line] {
            write(&mut self.open.codes, number);
        }
        for _ in kind.fields {
            let number = texts.next().flatten().map_or(0, |text| self.number(text));
            write(&mut self.open.codes, u64::from(number));
        }
    }

    /// The number of a text in the open block, which has it from now on.
    fn number(&mut self, text: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        let at = place(hasher.finish() % RECENT);
        let recent = self.recent[at];
        if self.open.text(u64::from(recent)) == Some(text) {
            return recent;
        }
        let number = u32::try_from(self.open.ends.len()).expect("a block has few texts");
        self.open.texts.push_str(text);
        let end = u32::try_from(self.open.texts.len()).expect("a row of a reader has 64 MiB at most");
        self.open.ends.push(end);
        self.recent[at] = number;
        number
    }

    /// Ends the open block.
    fn close(&mut self) {
        if self.open.starts.is_empty() {
            return;
        }
        let mut block = std::mem::take(&mut self.open);
        block.shrink();
        self.full.push(Arc::new(block));
        self.recent.fill(0);
    }

    /// Returns the records in the order they were added.
    pub(crate) fn finish(mut self) -> Vec<Record> {
        self.close();
        let rows: usize = self.full.iter().map(|block| block.starts.len()).sum();
        let mut records = Vec::with_capacity(rows);
        for block in self.full {
            let rows = u32::try_from(block.starts.len()).expect("a block has few records");
            records.extend((0..rows).map(|row| Record {
                block: Arc::clone(&block),
                row,
            }));
        }
        records
    }
}

/// Numbers as they were written, seven bits a byte, the lowest first.
struct Numbers<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl Iterator for Numbers<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = *self.bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }
}

fn write(codes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        codes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    codes.push(number.to_le_bytes()[0]);
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("memory has 32 bits at least")
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("what counts things in memory fits in it")
}

#[cfg(test)]
mod tests;
