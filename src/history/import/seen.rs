//! Records that many source rows repeat, each kept once.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// Ends a text; no byte of UTF-8.
const TEXT_END: u8 = 0xfe;
/// Stands for no value; no byte of UTF-8.
const ABSENT: u8 = 0xff;

/// The records that have been seen: of each the first 128 bits of the SHA-256 of its texts, some 25 bytes in all.
///
/// Two of `n` different records have the same with a probability of `n^2 / 2^129` at most: of a hundred million,
/// 1.5e-23. The hash is a cryptographic one, so that nobody can write a file in which one record hides another.
#[derive(Debug, Default)]
pub(super) struct Seen {
    records: BTreeSet<u128>,
}

impl Seen {
    /// Whether the record is new; it is then known.
    pub(super) fn insert(&mut self, texts: &[Option<Cow<'_, str>>]) -> bool {
        let mut hasher = Sha256::new();
        for text in texts {
            match text {
                Some(text) => {
                    hasher.update(text.as_bytes());
                    hasher.update([TEXT_END]);
                }
                None => hasher.update([ABSENT]),
            }
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let half: [u8; 16] = std::array::from_fn(|at| hash[at]);
        self.records.insert(u128::from_be_bytes(half))
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

    #[test]
    fn a_hash_is_kept_of_a_record_and_not_its_texts() {
        let mut seen = Seen::default();
        let long = "x".repeat(10_000);
        for number in 0..100 {
            let texts = [
                Some(Cow::Borrowed(long.as_str())),
                Some(Cow::Owned(number.to_string())),
            ];
            assert!(seen.insert(&texts), "{number}");
            assert!(!seen.insert(&texts), "{number}");
        }
        assert_eq!(seen.records.len(), 100);
        // `sha256sum` of the bytes 61 fe ff.
        let mut seen = Seen::default();
        seen.insert(&[Some(Cow::Borrowed("a")), None]);
        assert_eq!(
            seen.records.first(),
            Some(&0x994d_ce2f_779f_9d74_6d45_3573_6b72_c764)
        );
    }
}
