//! How far the ledger is, and a hash over all of it.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::store::Value;
use crate::history::Table;

const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// How far the ledger is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Head {
    /// Number of the last fact; 0 where there is none.
    pub sequence: i64,
    /// Hash over all facts in their order; empty where there is none.
    pub fingerprint: String,
}

impl Head {
    /// Moves on by one fact. How the facts came in batches makes no difference.
    pub(super) fn follow(&mut self, content_hash: &str) {
        self.sequence += 1;
        self.fingerprint = chained(&self.fingerprint, content_hash);
    }
}

/// Returns the fingerprint after one more fact.
pub(super) fn chained(fingerprint: &str, content_hash: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(fingerprint.as_bytes());
    hasher.update(content_hash.as_bytes());
    hex(&hasher.finalize())
}

/// Returns the hash of what a row says.
pub(super) fn content_hash(table: Table, values: &[Value]) -> String {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(table.name().as_bytes());
    for value in values {
        match value {
            Value::Null => bytes.push(0),
            Value::Text(text) => {
                bytes.push(1);
                // The length first, so that no two rows are the same bytes.
                bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            Value::Integer(number) => {
                bytes.push(2);
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            Value::Day(day) => {
                bytes.push(3);
                bytes.extend_from_slice(&day.to_le_bytes());
            }
            Value::Number(number) => {
                bytes.push(4);
                bytes.extend_from_slice(&number.to_bits().to_le_bytes());
            }
        }
    }
    hex(&Sha256::digest(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_row_tells_its_values_apart() {
        let text = |text: &str| Value::Text(text.to_owned());
        let hashes = [
            content_hash(Table::Customers, &[text("ab"), text("c")]),
            content_hash(Table::Customers, &[text("a"), text("bc")]),
            content_hash(Table::Customers, &[text("ab"), Value::Null]),
            content_hash(Table::Invoices, &[text("ab"), text("c")]),
            content_hash(Table::Customers, &[Value::Integer(1)]),
            content_hash(Table::Customers, &[Value::Day(1)]),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert_eq!(hash.len(), 64);
            assert!(!hashes[..index].contains(hash), "{index}");
        }
    }

    #[test]
    fn bytes_are_written_in_hexadecimal() {
        assert_eq!(hex(&[0, 255, 26]), "00ff1a");
    }
}
