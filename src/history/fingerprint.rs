//! What identifies the content of a ledger.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use sha2::{Digest, Sha256};

use super::error::Error;
use super::row_values::RowValues;
use super::schema::Table;

/// Bytes gathered before they are hashed.
const BLOCK_BYTES: usize = 1 << 16;

/// Returns the fingerprint of a ledger of files: tables in their order, each with the SHA-256 of its file.
pub(crate) fn of_files(files: &BTreeMap<Table, [u8; 32]>) -> String {
    let mut hasher = Sha256::new();
    for (table, sha256) in files {
        hasher.update(table.name().as_bytes());
        hasher.update([0_u8]);
        hasher.update(sha256);
    }
    hex(&hasher.finalize())
}

/// Returns the fingerprint of a ledger of frames: tables in their order, each column by column.
pub(crate) fn of_frames(frames: &BTreeMap<Table, DataFrame>) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(2 * BLOCK_BYTES);
    for (table, frame) in frames.iter().filter(|(_, frame)| frame.height() > 0) {
        bytes.extend_from_slice(table.name().as_bytes());
        bytes.push(0);
        for column in frame.columns() {
            bytes.extend_from_slice(column.name().as_bytes());
            bytes.push(0);
            let values = RowValues::from_column(column)?;
            for row in 0..frame.height() {
                values.write_bytes(row, &mut bytes);
                if bytes.len() >= BLOCK_BYTES {
                    hasher.update(&bytes);
                    bytes.clear();
                }
            }
        }
    }
    hasher.update(&bytes);
    Ok(hex(&hasher.finalize()))
}

/// Returns the fingerprint of the part of a ledger that belongs to these legal entities.
pub(crate) fn of_part(whole: &str, entities: &BTreeSet<String>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(whole.as_bytes());
    for entity in entities {
        hasher.update([0_u8]);
        hasher.update(entity.as_bytes());
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
