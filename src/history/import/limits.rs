//! How much an import may hold in memory.

use std::fs;

use super::present::Present;
use crate::history::Error;
use crate::history::reading::is_parquet;

/// Bytes of CSV that a byte of Parquet stands for: a ledger of ours is about a fifth to a tenth of its text.
const PARQUET_EXPANSION: u64 = 8;
/// Fewest parts that a ledger is divided into, when it is divided.
const PARTS_MIN: u64 = 2;

/// When an import is taken part by part, and how large its parts are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of text up to which inputs and ledger are taken as a whole: in memory they are about three times as
    /// large, and twice that while they are sorted.
    pub(super) whole_bytes: u64,
    /// Bytes of text that a part has, on average.
    pub(super) part_bytes: u64,
    /// Most parts: each step has a slice of a file for every pair of parts.
    pub(super) parts_max: u64,
    /// Rows of a table that are set aside together.
    pub(super) chunk_rows: usize,
    /// Rows of all sorted parts that are in memory while the parts become one file.
    pub(super) run_rows: usize,
    /// Rejects that are listed; others are counted.
    pub(super) rejects_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            whole_bytes: 1 << 30,
            part_bytes: 1 << 26,
            parts_max: 512,
            chunk_rows: 1 << 19,
            run_rows: 1 << 19,
            rejects_max: 100_000,
        }
    }
}

impl Limits {
    /// Returns the number of parts for so many bytes of text; nothing when they are taken as a whole.
    pub(super) fn parts(&self, bytes: u64) -> Option<usize> {
        if bytes <= self.whole_bytes {
            return None;
        }
        let parts = bytes.div_ceil(self.part_bytes.max(1)).min(self.parts_max);
        usize::try_from(parts.max(PARTS_MIN)).ok()
    }
}

/// Returns the bytes of text that a ledger stands for.
pub(super) fn ledger_bytes(present: &Present) -> Result<u64, Error> {
    let mut bytes = 0_u64;
    for path in present.files.values() {
        let metadata = fs::metadata(path).map_err(|error| Error::io(path, error))?;
        let expansion = if is_parquet(path) { PARQUET_EXPANSION } else { 1 };
        bytes = bytes.saturating_add(metadata.len().saturating_mul(expansion));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gibibyte_is_taken_as_a_whole_and_more_in_parts_of_64_mebibytes() {
        let limits = Limits::default();
        assert_eq!(limits.parts(1 << 30), None);
        assert_eq!(limits.parts((1 << 30) + 1), Some(17));
        assert_eq!(limits.parts(5_000_000_000), Some(75));
        assert_eq!(limits.parts(u64::MAX), Some(512));
    }
}
