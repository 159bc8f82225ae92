//! Texts of bank statements.

use sha2::{Digest, Sha256};

/// Hexadecimal digits of the digest of a payer's account.
const ACCOUNT_DIGITS: usize = 16;

/// What banks write where there is no reference.
const NO_REFERENCE: [&str; 6] = ["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE", "NOREF", "N/A"];

/// Bytes of a text that every receipt of a statement repeats; standards allow 35 characters.
const REPEATED_BYTES_MAX: usize = 1024;

/// Refuses a text that is too long to be repeated in every receipt; `what` names it.
pub(crate) fn repeated(what: &str, text: String) -> Result<String, String> {
    if text.len() <= REPEATED_BYTES_MAX {
        return Ok(text);
    }
    Err(format!(
        "{what} of at most {REPEATED_BYTES_MAX} bytes expected, got {}",
        text.len()
    ))
}

/// Joins the words of a text by one blank each.
pub(crate) fn clean(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reference, cleaned; empty when it says that there is none.
pub(crate) fn reference(text: &str) -> String {
    let text = clean(text);
    let is_none = NO_REFERENCE.iter().any(|none| text.eq_ignore_ascii_case(none));
    if is_none { String::new() } else { text }
}

/// An account without blanks, in capitals.
pub(crate) fn account_name(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_uppercase()
}

/// The digest of a payer's account, the same however it is spaced; empty when there is none.
pub(crate) fn account_digest(account: &str) -> String {
    let normal: String = account
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    if normal.is_empty() {
        return normal;
    }
    hex(&Sha256::digest(normal.as_bytes()), ACCOUNT_DIGITS)
}

/// The digest of texts, each kept apart from the next.
pub(super) fn digest_bytes(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0_u8]);
    }
    hasher.finalize().into()
}

/// That many hexadecimal digits of bytes, from the first.
pub(super) fn hex(bytes: &[u8], digits: usize) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .take(digits)
        .map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_digest_however_it_is_written() {
        // echo -n DE89370400440532013000 | sha256sum
        let digest = account_digest("DE89 3704 0044 0532 0130 00");
        assert_eq!(digest, "faf7e1c0107370ff");
        assert_eq!(account_digest("de89370400440532013000"), digest);
        assert_eq!(account_digest(" - "), "");
    }

    #[test]
    fn a_reference_that_says_there_is_none_is_empty() {
        assert_eq!(reference(" NotProvided "), "");
        assert_eq!(reference("A  1"), "A 1");
    }

    #[test]
    fn a_text_that_every_receipt_repeats_is_short() {
        assert_eq!(repeated("Id", "A".to_owned()), Ok("A".to_owned()));
        let refused = repeated("Id", "x".repeat(1025)).expect_err("it is long");
        assert_eq!(refused, "Id of at most 1024 bytes expected, got 1025");
    }
}
