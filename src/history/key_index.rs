//! Rows by key: open addressing over 64-bit hashes.
//!
//! Twelve bytes a slot and no copy of any key, because the index of a ledger larger than memory must itself fit.
//! The hash has a fixed seed: the same ledger gives the same answers on every run.

use std::hash::{DefaultHasher, Hasher};

/// Marks a free slot; a table has fewer rows, polars counts them in 32 bits.
const FREE: u32 = u32::MAX;

/// Finds the row of a key.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    hashes: Vec<u64>,
    rows: Vec<u32>,
}

impl KeyIndex {
    /// Returns an index with room for that many rows; it never grows.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        // At most two thirds full, which keeps runs of occupied slots short.
        let slots = rows + rows / 2 + 2;
        Self {
            hashes: vec![0; slots],
            rows: vec![FREE; slots],
        }
    }

    /// Adds a row; returns the earlier row with the same key, if there is one. `is_same` compares the keys of
    /// the new row and the row it is given, for the rare case of equal hashes.
    pub(crate) fn insert(&mut self, hash: u64, row: usize, is_same: impl Fn(usize) -> bool) -> Option<usize> {
        let mut slot = self.first_slot(hash);
        while self.rows[slot] != FREE {
            let other = to_row(self.rows[slot]);
            if self.hashes[slot] == hash && is_same(other) {
                return Some(other);
            }
            slot = self.next_slot(slot);
        }
        self.hashes[slot] = hash;
        self.rows[slot] = u32::try_from(row).expect("polars counts rows in 32 bits");
        None
    }

    /// Returns the row of a key.
    pub(crate) fn find(&self, hash: u64, is_same: impl Fn(usize) -> bool) -> Option<usize> {
        let mut slot = self.first_slot(hash);
        while self.rows[slot] != FREE {
            let other = to_row(self.rows[slot]);
            if self.hashes[slot] == hash && is_same(other) {
                return Some(other);
            }
            slot = self.next_slot(slot);
        }
        None
    }

    /// Scales the hash to the number of slots, which need not be a power of two (Lemire 2019).
    fn first_slot(&self, hash: u64) -> usize {
        let slots = u128::try_from(self.rows.len()).expect("a length fits 128 bits");
        usize::try_from((u128::from(hash) * slots) >> 64).expect("less than the number of slots")
    }

    fn next_slot(&self, slot: usize) -> usize {
        if slot + 1 == self.rows.len() { 0 } else { slot + 1 }
    }
}

fn to_row(stored: u32) -> usize {
    usize::try_from(stored).expect("a row number fits the address space")
}

/// Hashes a text key.
pub(crate) fn hash_text(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    write_text(&mut hasher, text);
    hasher.finish()
}

/// Adds a text to a hash, so that neighbouring texts cannot run together.
pub(crate) fn write_text(hasher: &mut DefaultHasher, text: &str) {
    hasher.write(text.as_bytes());
    hasher.write_u8(0xff);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_even_when_every_hash_is_equal() {
        let keys = ["a", "b", "c", "d"];
        let mut index = KeyIndex::with_capacity(keys.len());
        for (row, key) in keys.iter().enumerate() {
            assert_eq!(index.insert(7, row, |other| keys[other] == *key), None);
        }
        assert_eq!(index.insert(7, 9, |other| keys[other] == "c"), Some(2));
        assert_eq!(index.find(7, |other| keys[other] == "d"), Some(3));
        assert_eq!(index.find(8, |_| true), None);
    }

    #[test]
    fn the_hash_of_a_text_is_the_same_on_every_run() {
        assert_eq!(hash_text("INV-1"), hash_text("INV-1"));
        assert_ne!(hash_text("INV-1"), hash_text("INV-2"));
    }
}
