//! One cell of a foreign file as canonical text: ISO dates, `-1234.50`, trimmed names.

use chrono::Datelike;

use super::day;
use crate::domain::Date;
use crate::history::parse::is_bare;

/// Years a date may lie in. Outside, a format has read the year wrongly (`%Y` takes `13` for the
/// year 13), so the next format is tried.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// How numbers are written: the marks and where a minus may stand.
#[derive(Clone, Debug)]
pub(crate) struct NumberFormat {
    pub(crate) decimal_mark: char,
    pub(crate) thousands_mark: Option<char>,
    pub(crate) minus: Minus,
}

/// Where a minus may stand beside the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Minus {
    Front,
    Trailing,
    Parentheses,
}

/// Returns the text without blanks around it; a non-breaking space is a blank.
pub(crate) fn trim(text: &str) -> &str {
    if is_bare(text) {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Returns the text without leading zeros; zeros alone leave one.
pub(crate) fn strip_leading_zeros(text: &str) -> &str {
    let stripped = text.trim_start_matches('0');
    if stripped.is_empty() && !text.is_empty() {
        "0"
    } else {
        stripped
    }
}

/// Reads a date in the first of `formats` that fits.
pub(crate) fn date(text: &str, formats: &[String]) -> Result<Date, String> {
    formats
        .iter()
        .filter_map(|format| day::parse(text, format))
        .find(|date| YEARS.contains(&date.year()))
        .ok_or_else(|| {
            format!(
                "not a date between {} and {} in the format {}",
                YEARS.start(),
                YEARS.end(),
                quoted_list(formats)
            )
        })
}

/// Whether a number stands there as it would be returned by [`number`], as it does in most files.
pub(crate) fn is_canonical_number(text: &str, format: &NumberFormat) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((whole, decimals)) if format.decimal_mark == '.' => (whole, Some(decimals)),
        Some(_) => return false,
        None => (unsigned, None),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_number(whole) && decimals.is_none_or(is_number)
}

/// Reads a number and returns it as `-1234.50`: front minus, point, no groups.
///
/// A group mark must stand before exactly three digits at the end and after one to three at the
/// front, so that a file read with the wrong marks is rejected instead of misread by a thousand.
pub(crate) fn number(text: &str, format: &NumberFormat) -> Result<String, String> {
    let refused = || {
        let thousands = format.thousands_mark.map_or_else(
            || "no thousands mark".to_owned(),
            |mark| format!("thousands mark `{mark}`"),
        );
        format!(
            "not a number with decimal mark `{}` and {thousands}",
            format.decimal_mark
        )
    };
    let (negative, unsigned) = split_sign(text, format.minus).ok_or_else(|| {
        "a minus behind the number or around it in parentheses needs sign = \"trailing_minus\" or \"parentheses\" \
         in the profile"
            .to_owned()
    })?;
    let (whole, decimals) = match unsigned.split_once(format.decimal_mark) {
        Some((whole, decimals)) => (whole, decimals),
        None => (unsigned, ""),
    };
    let digits = ungrouped(whole, format.thousands_mark).ok_or_else(refused)?;
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(&digits) || !all_digits(decimals) || (digits.is_empty() && decimals.is_empty()) {
        return Err(refused());
    }
    let mut canonical = String::with_capacity(text.len() + 1);
    if negative {
        canonical.push('-');
    }
    canonical.push_str(if digits.is_empty() { "0" } else { &digits });
    if !decimals.is_empty() {
        canonical.push('.');
        canonical.push_str(decimals);
    }
    Ok(canonical)
}

/// Whether a canonical number is zero.
pub(crate) fn is_zero(canonical: &str) -> bool {
    !canonical.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

/// Returns the canonical number with the other sign; zero has none.
pub(crate) fn negated(canonical: &str) -> String {
    match canonical.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if is_zero(canonical) => canonical.to_owned(),
        None => format!("-{canonical}"),
    }
}

/// Returns the whole number of a canonical number without a fraction (`30`, `30.0`).
pub(crate) fn whole(canonical: &str) -> Result<i64, String> {
    let (whole, decimals) = canonical.split_once('.').unwrap_or((canonical, ""));
    if !is_zero(decimals) {
        return Err("not a whole number".to_owned());
    }
    whole
        .parse()
        .map_err(|_| "not a whole number of at most 18 digits".to_owned())
}

/// Joins values for a message: "`a`, `b`".
pub(crate) fn quoted_list<S: AsRef<str>>(values: &[S]) -> String {
    values
        .iter()
        .map(|value| format!("`{}`", value.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Takes the sign off; `None` when a minus stands where the format does not allow it.
fn split_sign(text: &str, minus: Minus) -> Option<(bool, &str)> {
    let text = trim(text);
    if let Some(rest) = text.strip_prefix('-').or_else(|| text.strip_prefix('\u{2212}')) {
        return Some((true, trim(rest)));
    }
    if let Some(rest) = text.strip_suffix('-') {
        return (minus == Minus::Trailing).then(|| (true, trim(rest)));
    }
    if let Some(rest) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return (minus == Minus::Parentheses).then(|| (true, trim(rest)));
    }
    Some((false, text.strip_prefix('+').unwrap_or(text)))
}

/// Removes group marks; `None` when they do not stand where groups end.
fn ungrouped(whole: &str, mark: Option<char>) -> Option<String> {
    let Some(mark) = mark else {
        return Some(whole.to_owned());
    };
    // Typesetters' forms of the blank and the apostrophe are the same mark.
    let is_mark = |c: char| {
        c == mark
            || (mark == ' ' && (c == '\u{a0}' || c == '\u{202f}' || c == '\u{2009}'))
            || (mark == '\'' && c == '\u{2019}')
    };
    let groups: Vec<&str> = whole.split(is_mark).collect();
    if let [first, middle @ .., last] = groups.as_slice() {
        // Two digits in the middle are India's lakh (12,34,567).
        let fits = (1..=3).contains(&first.len())
            && middle.iter().all(|group| (2..=3).contains(&group.len()))
            && last.len() == 3;
        if !fits {
            return None;
        }
    }
    Some(groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(decimal_mark: char, thousands_mark: Option<char>, minus: Minus) -> NumberFormat {
        NumberFormat {
            decimal_mark,
            thousands_mark,
            minus,
        }
    }

    #[test]
    fn blanks_of_any_kind_around_a_text_are_dropped_and_nothing_else() {
        for (text, expected) in [
            ("a b", "a b"),
            (" a", "a"),
            ("a\t", "a"),
            ("a\u{a0}", "a"),
            ("\u{feff}a", "a"),
            ("\u{e9}", "\u{e9}"),
            ("\u{e9} ", "\u{e9}"),
            ("\u{2003}\u{e9}b", "\u{e9}b"),
            (" ", ""),
            ("", ""),
        ] {
            assert_eq!(trim(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_become_canonical() {
        let german = format(',', Some('.'), Minus::Trailing);
        let english = format('.', Some(','), Minus::Front);
        let french = format(',', Some(' '), Minus::Front);
        let ledger = format('.', Some(','), Minus::Parentheses);
        let table = [
            (&german, "1.234,56-", "-1234.56"),
            (&german, "-1.234,56", "-1234.56"),
            (&german, "12.345.678", "12345678"),
            (&german, "0,00", "0.00"),
            (&english, "1,234.5", "1234.5"),
            (&english, "12,34,567.00", "1234567.00"),
            (&english, ".5", "0.5"),
            (&english, "+7", "7"),
            (&french, "1\u{202f}234\u{a0}567,8", "1234567.8"),
            (&ledger, "(1,234.00)", "-1234.00"),
        ];
        for (format, text, expected) in table {
            assert_eq!(number(text, format).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_number_that_is_canonical_is_what_reading_it_gives() {
        let english = format('.', Some(','), Minus::Trailing);
        let german = format(',', Some('.'), Minus::Front);
        for text in [
            "12.50", "-12", "0", "007.0", "1.", ".5", "", "-", "--1", "1,234.5", "1.234", "+1", "1.2.3",
        ] {
            for format in [&english, &german] {
                if is_canonical_number(text, format) {
                    assert_eq!(number(text, format).as_deref(), Ok(text), "{text}");
                }
            }
        }
        assert!(is_canonical_number("-12.50", &english) && is_canonical_number("1234", &german));
        assert!(!is_canonical_number("1.234", &german));
    }

    #[test]
    fn a_number_in_other_notation_is_refused_rather_than_misread() {
        let english = format('.', Some(','), Minus::Front);
        for text in [
            "1.234,56", "1,23", "12-", "(5)", "", "-", "1e5", "1 234", "1,,234", ",234", "12.5.1",
        ] {
            assert!(number(text, &english).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_date_format_that_fits_a_plausible_year_wins() {
        let formats = ["%m/%d/%Y", "%m/%d/%y", "%d-%b-%y", "%d-%m-%Y %H:%M"].map(str::to_owned);
        for (text, expected) in [
            ("1/2/2013", "2013-01-02"),
            ("1/2/13", "2013-01-02"),
            ("26-Apr-11", "2011-04-26"),
            ("26-04-2011 11:50", "2011-04-26"),
        ] {
            assert_eq!(
                date(text, &formats).map(|date| date.to_string()).as_deref(),
                Ok(expected)
            );
        }
        let refused = date("13/13/2013", &formats).unwrap_err();
        assert!(refused.contains("`%m/%d/%Y`"), "{refused}");
    }

    #[test]
    fn whole_numbers_and_signs() {
        assert_eq!(whole("-30.0"), Ok(-30));
        assert!(whole("30.5").is_err());
        assert_eq!(negated("-1.5"), "1.5");
        assert_eq!(negated("0.00"), "0.00");
        assert_eq!(strip_leading_zeros("000"), "0");
        assert_eq!(strip_leading_zeros("0042"), "42");
    }
}
