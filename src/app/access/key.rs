//! Keys of systems: `duecast_KEYID.SECRET`, 256 random bits of which the store keeps a SHA-256.
//!
//! A slow hash as for passwords would add nothing: what is random cannot be guessed from its hash, and a slow hash is
//! work that anybody without a key could make the service do.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::app::crypto::{hex, random_bytes, sha256_hex};

/// What every key begins with, so that scanners find one that leaked.
const PREFIX: &str = "duecast_";
/// Random bytes of the part that is told.
const ID_BYTES: usize = 8;
/// Random bytes of the part that is not.
const SECRET_BYTES: usize = 32;

/// A key as its owner has it.
pub(crate) struct KeySecret {
    /// The part by which it is known.
    pub(crate) key_id: String,
    secret: String,
}

impl KeySecret {
    /// Returns a new key.
    pub(crate) fn new() -> Self {
        Self {
            key_id: hex(&random_bytes::<ID_BYTES>()),
            secret: URL_SAFE_NO_PAD.encode(random_bytes::<SECRET_BYTES>()),
        }
    }

    /// Reads what a client sent, if it has the form of a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (key_id, secret) = text.strip_prefix(PREFIX)?.split_once('.')?;
        (!key_id.is_empty() && !secret.is_empty()).then(|| Self {
            key_id: key_id.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// Returns the text for its owner: shown once, kept nowhere.
    pub(crate) fn reveal(&self) -> String {
        format!("{PREFIX}{}.{}", self.key_id, self.secret)
    }

    /// Returns what the store keeps.
    pub(crate) fn hash(&self) -> String {
        sha256_hex(self.secret.as_bytes())
    }

    /// Returns whether this is the key whose hash is kept, in a time that does not tell how much of it was right.
    pub(crate) fn is_of(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

/// Returns whether a text has the beginning of a key; else it may be a token.
pub(crate) fn is_secret(text: &str) -> bool {
    text.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::KeySecret;

    #[test]
    fn a_key_is_known_again_by_its_hash() {
        let made = KeySecret::new();
        let read = KeySecret::parse(&made.reveal()).expect("it has the form of a key");
        assert_eq!(read.key_id, made.key_id);
        assert!(read.is_of(&made.hash()));
        assert!(!KeySecret::new().is_of(&made.hash()));
        assert!(!read.is_of(""));
    }

    #[test]
    fn a_key_has_256_random_bits() {
        let made = KeySecret::new().reveal();
        let (_, secret) = made.split_once('.').expect("two parts");
        assert_eq!(secret.len(), 43);
        assert_ne!(made, KeySecret::new().reveal());
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in ["", "duecast_", "duecast_a", "duecast_a.", "duecast_.b", "key_a.b"] {
            assert!(KeySecret::parse(text).is_none(), "{text:?}");
        }
    }
}
