//! Hashes and random bytes, written as text.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the 32 bytes that 64 hexadecimal digits stand for.
pub(crate) fn unhex_32(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

/// Returns bytes from the operating system's source of randomness.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).expect("a system that runs has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::{hex, random_bytes, sha256_hex, unhex_32};

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // FIPS 180-4, the example "abc".
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn digits_come_back_as_the_bytes_they_stand_for() {
        let bytes = random_bytes::<32>();
        assert_eq!(unhex_32(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex_32("00"), None);
        assert_eq!(unhex_32(&"g".repeat(64)), None);
    }
}
