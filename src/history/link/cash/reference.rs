//! Creditor references of ISO 11649: `RF`, two check digits, and what the creditor put behind them.

/// Longest reference: `RF`, two check digits and 21 characters.
const CHARS_MAX: usize = 25;

/// Whether a text of capital letters and digits is a creditor reference with the right check digits.
pub(super) fn is_valid(compact: &str) -> bool {
    let bytes = compact.as_bytes();
    let [b'R', b'F', first, second, rest @ ..] = bytes else {
        return false;
    };
    let has_form = first.is_ascii_digit() && second.is_ascii_digit() && !rest.is_empty();
    if !has_form || bytes.len() > CHARS_MAX {
        return false;
    }
    let moved = rest.iter().chain([&b'R', &b'F', first, second]);
    moved.copied().try_fold(0, remainder) == Some(1)
}

/// Returns what the creditor put behind the check digits, without filling zeros, if these are right.
pub(super) fn content(compact: &str) -> Option<&str> {
    if !is_valid(compact) {
        return None;
    }
    let rest = compact.get(4..)?.trim_start_matches('0');
    (!rest.is_empty()).then_some(rest)
}

/// Goes on with the remainder modulo 97: letters count as 10 to 35.
fn remainder(before: u32, byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some((before * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((before * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_iso_11649() {
        // RF18 5390 0754 7034 is the standard's own example.
        assert!(is_valid("RF18539007547034"));
        assert!(is_valid("RF18000000000539007547034"));
        for wrong in [
            "RF19539007547034",
            "RF18539007547043",
            "RF18",
            "RE18539007547034",
            "RFAB539007547034",
            "",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_content_has_no_filling_zeros_and_needs_right_check_digits() {
        assert_eq!(content("RF18000000000539007547034"), Some("539007547034"));
        assert_eq!(content("RF19000000000539007547034"), None);
        assert_eq!(content("539007547034"), None);
    }
}
