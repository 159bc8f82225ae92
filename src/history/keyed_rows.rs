//! Rows by the hash of their key, sorted: to find rows that repeat a key, and the rows other tables refer to.
//!
//! Sorting and merging touch memory in order, which on ledgers beyond the processor's cache is several times
//! faster than a hash table. Sixteen bytes a row and no copy of any key, because the keys of a ledger larger
//! than memory must themselves fit. The hash has a fixed seed: the same ledger gives the same answers.

use std::hash::{DefaultHasher, Hasher};

use rayon::prelude::*;

/// Rows from which on sorting in parallel pays.
const PARALLEL_ROWS: usize = 1 << 16;

/// Rows by the hash of their key.
#[derive(Debug, Default)]
pub(crate) struct KeyedRows {
    pairs: Vec<(u64, u32)>,
}

impl KeyedRows {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            pairs: Vec::with_capacity(rows),
        }
    }

    /// Adds a row; [`sort`](Self::sort) before asking anything.
    pub(crate) fn push(&mut self, hash: u64, row: usize) {
        self.pairs.push((hash, to_stored(row)));
    }

    /// Adds so many rows from the first one on, hashed in parallel; `hash` counts them from zero.
    pub(crate) fn extend(&mut self, first: usize, rows: usize, hash: impl Fn(usize) -> u64 + Sync) {
        let pairs = (0..rows).into_par_iter();
        self.pairs
            .par_extend(pairs.map(|row| (hash(row), to_stored(first + row))));
    }

    pub(crate) const fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(crate) fn sort(&mut self) {
        if self.pairs.len() < PARALLEL_ROWS {
            self.pairs.sort_unstable();
        } else {
            self.pairs.par_sort_unstable();
        }
    }

    /// Returns the rows that repeat the key of an earlier row, each with the first row of that key, in the
    /// order of rows. `is_same` compares the keys of two rows whose hashes are equal.
    pub(crate) fn repeats(&self, is_same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
        let mut repeats = Vec::new();
        let mut firsts: Vec<usize> = Vec::new();
        for group in self.pairs.chunk_by(|left, right| left.0 == right.0) {
            if group.len() == 1 {
                continue;
            }
            firsts.clear();
            for row in group.iter().map(|&(_, row)| to_row(row)) {
                let known = firsts.iter().copied().find(|&first| is_same(row, first));
                match known {
                    Some(first) => repeats.push((row, first)),
                    None => firsts.push(row),
                }
            }
        }
        repeats.sort_unstable();
        repeats
    }

    /// Calls `each` with every row of `others` whose key is here, and the row here. `is_same` compares the
    /// keys of a row there and a row here whose hashes are equal.
    pub(crate) fn find_all(
        &self,
        others: &Self,
        is_same: impl Fn(usize, usize) -> bool,
        mut each: impl FnMut(usize, usize),
    ) {
        let mut position = 0;
        for &(hash, other) in &others.pairs {
            position = self.advance(position, hash);
            let other = to_row(other);
            let group = self.pairs[position..].iter().take_while(|pair| pair.0 == hash);
            let found = group
                .map(|&(_, row)| to_row(row))
                .find(|&row| is_same(other, row));
            if let Some(row) = found {
                each(other, row);
            }
        }
    }

    /// Returns the first position from `low` on whose hash is not smaller, by growing steps.
    fn advance(&self, mut low: usize, hash: u64) -> usize {
        let mut step = 1;
        while low + step <= self.pairs.len() && self.pairs[low + step - 1].0 < hash {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.pairs.len());
        low + self.pairs[low..high].partition_point(|pair| pair.0 < hash)
    }
}

fn to_stored(row: usize) -> u32 {
    u32::try_from(row).expect("polars counts rows in 32 bits")
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

    fn keyed(keys: &[&str], hash: impl Fn(&str) -> u64) -> KeyedRows {
        let mut rows = KeyedRows::with_capacity(keys.len());
        for (row, key) in keys.iter().enumerate() {
            rows.push(hash(key), row);
        }
        rows.sort();
        rows
    }

    #[test]
    fn repeats_are_told_apart_even_when_every_hash_is_equal() {
        let keys = ["a", "b", "a", "c", "b", "a"];
        let hashes: [fn(&str) -> u64; 2] = [hash_text, |_| 7];
        for hash in hashes {
            let repeats = keyed(&keys, hash).repeats(|row, other| keys[row] == keys[other]);
            assert_eq!(repeats, [(2, 0), (4, 1), (5, 0)]);
        }
    }

    #[test]
    fn every_row_finds_its_partner_and_only_that() {
        let here: Vec<String> = (0..500).map(|number| format!("K{number}")).collect();
        let here: Vec<&str> = here.iter().map(String::as_str).collect();
        let there = ["K499", "K0", "nowhere", "K0", "K17"];
        let mut found = Vec::new();
        let is_same = |other: usize, row: usize| there[other] == here[row];
        keyed(&here, hash_text).find_all(&keyed(&there, hash_text), is_same, |other, row| {
            found.push((other, row))
        });
        found.sort_unstable();
        assert_eq!(found, [(0, 499), (1, 0), (3, 0), (4, 17)]);
    }
}
