//! Records that many source rows repeat, each kept once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

/// Ends a text; no byte of UTF-8.
const TEXT_END: u8 = 0xfe;
/// Stands for no value; no byte of UTF-8.
const ABSENT: u8 = 0xff;

/// The records that have been seen, by the hash of their texts.
#[derive(Debug, Default)]
pub(super) struct Seen {
    records: BTreeMap<u64, Vec<Box<[u8]>>>,
    /// The record at hand.
    bytes: Vec<u8>,
}

impl Seen {
    /// Whether the record is new; it is then known.
    pub(super) fn insert(&mut self, texts: &[Option<Cow<'_, str>>]) -> bool {
        self.bytes.clear();
        for text in texts {
            match text {
                Some(text) => {
                    self.bytes.extend_from_slice(text.as_bytes());
                    self.bytes.push(TEXT_END);
                }
                None => self.bytes.push(ABSENT),
            }
        }
        // Its seed is fixed.
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.bytes);
        let known = self.records.entry(hasher.finish()).or_default();
        let is_new = known.iter().all(|record| record[..] != self.bytes[..]);
        if is_new {
            known.push(self.bytes.clone().into_boxed_slice());
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_records_are_one_and_others_are_not() {
        let mut seen = Seen::default();
        let mut insert = |texts: &[Option<&str>]| {
            let texts: Vec<Option<Cow<'_, str>>> = texts.iter().map(|text| text.map(Cow::Borrowed)).collect();
            seen.insert(&texts)
        };
        assert!(insert(&[Some("a"), Some("b")]));
        assert!(!insert(&[Some("a"), Some("b")]));
        assert!(insert(&[Some("ab"), None]));
        assert!(insert(&[None, Some("ab")]));
        assert!(insert(&[Some("ab"), Some("")]));
    }
}
