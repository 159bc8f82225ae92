//! Ids of receipts, made of what every message about them says.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{digest_bytes, hex};

/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 20;
/// How many receipts are remembered, to find the one that a reversal takes back.
const REMEMBERED_MAX: usize = 200_000;

/// The ids given in a file.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    counts: BTreeMap<([u8; 8], Option<usize>), u32>,
    remembered: BTreeMap<[u8; 8], String>,
    statements: BTreeSet<[u8; 8]>,
}

impl Ids {
    /// A statement begins; one that the file had before gives its ids again, for it is the same.
    pub(crate) fn begin_statement(&mut self, parts: &[&str]) {
        if !self.statements.insert(key(parts)) {
            self.counts.clear();
        }
    }

    /// Makes the id of a receipt, or of one part of a batch; equal ones are numbered.
    pub(crate) fn make(&mut self, parts: &[&str], part: Option<usize>) -> String {
        let digest = digest_bytes(parts);
        let base = hex(&digest, ID_DIGITS);
        let id = match part {
            Some(part) => format!("{base}-{}", part.saturating_add(1)),
            None => base,
        };
        let count = self.counts.entry((first(digest), part)).or_insert(0);
        *count = count.saturating_add(1);
        if *count == 1 { id } else { format!("{id}.{count}") }
    }

    /// Remembers a receipt by what its reversal would say.
    pub(crate) fn remember(&mut self, parts: &[&str], id: &str) {
        if self.remembered.len() < REMEMBERED_MAX {
            self.remembered.insert(key(parts), id.to_owned());
        }
    }

    /// The receipt that a reversal takes back; a receipt is taken back once.
    pub(crate) fn taken_back(&mut self, parts: &[&str]) -> Option<String> {
        self.remembered.remove(&key(parts))
    }
}

/// A short name of texts; two different ones share it once in 2^64.
fn key(parts: &[&str]) -> [u8; 8] {
    first(digest_bytes(parts))
}

fn first(digest: [u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_receipts_are_numbered_and_a_statement_sent_again_gives_the_same_ids() {
        let mut ids = Ids::default();
        ids.begin_statement(&["1"]);
        let first = [ids.make(&["a"], None), ids.make(&["a"], None)];
        ids.begin_statement(&["1"]);
        let again = [ids.make(&["a"], None), ids.make(&["a"], None)];
        assert_eq!(first, again);
        assert_eq!(first[1], format!("{}.2", first[0]));
    }

    #[test]
    fn parts_begin_with_the_id_of_their_batch() {
        let batch = Ids::default().make(&["a", "b"], None);
        assert_eq!(Ids::default().make(&["a", "b"], Some(1)), format!("{batch}-2"));
        assert_ne!(Ids::default().make(&["ab", ""], None), batch);
    }
}
