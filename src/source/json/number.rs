//! A JSON number by its text: checked, never computed with.

/// Zeros that an exponent may make; no amount needs as many.
const SHIFT_MAX: usize = 99;

/// Returns the number as it is written, an exponent written out; `None` when it is not a JSON number.
///
/// `12.10` stays `12.10`; `1.2345E+3` is `1234.5`, as programs write large numbers that computed with them.
pub(super) fn plain(literal: &str) -> Option<String> {
    let (sign, unsigned) = match literal.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", literal),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, decimals) = match mantissa.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (mantissa, None),
    };
    let is_whole = is_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    if !is_whole || !decimals.is_none_or(is_digits) {
        return None;
    }
    match exponent {
        None => Some(literal.to_owned()),
        Some(exponent) => {
            let shifted = shifted(whole, decimals.unwrap_or_default(), exponent)?;
            Some(format!("{sign}{shifted}"))
        }
    }
}

/// The number with its point moved.
fn shifted(whole: &str, decimals: &str, exponent: &str) -> Option<String> {
    let (is_negative, digits) = match exponent.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    if !is_digits(digits) {
        return None;
    }
    let shift: usize = digits.parse().ok().filter(|shift| *shift <= SHIFT_MAX)?;
    let zeros = "0".repeat(shift);
    let (whole, decimals) = if is_negative {
        let padded = format!("{zeros}{whole}");
        let (whole, moved) = padded.split_at_checked(padded.len().checked_sub(shift)?)?;
        (whole.to_owned(), format!("{moved}{decimals}"))
    } else {
        let padded = format!("{decimals}{zeros}");
        let (moved, rest) = padded.split_at_checked(shift)?;
        (format!("{whole}{moved}"), rest.to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let decimals = decimals.trim_end_matches('0');
    Some(if decimals.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{decimals}")
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_as_it_is_written() {
        for literal in ["0", "-0.00", "12.10", "1234567890123456789.01", "-5"] {
            assert_eq!(plain(literal).as_deref(), Some(literal));
        }
    }

    #[test]
    fn an_exponent_is_written_out_exactly() {
        for (literal, expected) in [
            ("1.2345E+3", "1234.5"),
            ("1.0E7", "10000000"),
            ("-2.5e-3", "-0.0025"),
            ("125e-2", "1.25"),
            ("12e0", "12"),
            ("0.05e1", "0.5"),
            ("1.23e1", "12.3"),
        ] {
            assert_eq!(plain(literal).as_deref(), Some(expected), "{literal}");
        }
    }

    #[test]
    fn what_json_does_not_allow_is_not_a_number() {
        for literal in [
            "", "-", "01", ".5", "5.", "+5", "1e", "1e+", "1e100", "1.2.3", "--1", "1e1.5", "0x1",
        ] {
            assert_eq!(plain(literal), None, "{literal}");
        }
    }
}
