//! The small notations inside a profile: marks, date formats, row number formats.

use std::fmt::Write as _;

use crate::domain::date::parse_iso;

use super::cell::{Minus, NumberFormat, date, quoted_list};
use super::day::COUNTS;
use super::expr::Node;

/// Splits a row number format such as `A%06d`.
pub(crate) fn row_number(format: &str, first: u64) -> Result<Node, String> {
    let refused = || {
        format!("the format of `row_number` is text with one `%d` or `%0Nd`, such as `A%06d`, got `{format}`")
    };
    let (before, rest) = format.split_once('%').ok_or_else(refused)?;
    let (width, after) = rest.split_once('d').ok_or_else(refused)?;
    // Nobody counts past nineteen digits; a width above that is a slip.
    let width: usize = match width {
        "" => 0,
        digits => digits
            .parse()
            .ok()
            .filter(|width| *width <= 19)
            .ok_or_else(refused)?,
    };
    if after.contains('%') {
        return Err(refused());
    }
    Ok(Node::RowNumber {
        before: before.to_owned(),
        width,
        after: after.to_owned(),
        first,
    })
}

/// Reads the marks of a number.
pub(crate) fn number_format(
    decimal_mark: &str,
    thousands_mark: &str,
    minus: Minus,
) -> Result<NumberFormat, String> {
    let single = |mark: &str| {
        let mut marks = mark.chars();
        marks
            .next()
            .filter(|mark| marks.next().is_none() && !mark.is_ascii_digit())
    };
    let decimal = single(decimal_mark)
        .ok_or_else(|| format!("decimal_mark must be one character, not a digit, got `{decimal_mark}`"))?;
    let thousands = match thousands_mark {
        "" => None,
        mark => Some(single(mark).filter(|mark| *mark != decimal).ok_or_else(|| {
            format!("thousands_mark must be empty or one character other than the decimal mark, got `{mark}`")
        })?),
    };
    Ok(NumberFormat {
        decimal_mark: decimal,
        thousands_mark: thousands,
        minus,
    })
}

/// Every format must be readable and say which day it is.
pub(crate) fn check_date_formats(formats: &[String]) -> Result<(), String> {
    let sample = parse_iso("2024-11-23").expect("a date of the calendar");
    let sample = sample.and_hms_opt(0, 0, 0).expect("midnight exists").and_utc();
    for format in formats.iter().filter(|format| !COUNTS.contains(&format.as_str())) {
        let mut written = String::new();
        let is_readable = write!(written, "{}", sample.format(format)).is_ok()
            && date(&written, std::slice::from_ref(format)).is_ok();
        if !is_readable {
            return Err(format!(
                "date format `{format}` does not name a day; allowed are strftime formats such as `%Y-%m-%d`, \
                 `%d.%m.%Y`, `%d-%b-%y`, and {}",
                quoted_list(&COUNTS)
            ));
        }
    }
    if formats.is_empty() {
        return Err("date_formats needs at least one format".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_formats_must_name_a_day() {
        let of = |format: &str| check_date_formats(&[format.to_owned()]);
        for format in [
            "%Y-%m-%d",
            "%d.%m.%y",
            "%d-%m-%Y %H:%M",
            "%Y-%m-%dT%H:%M:%S%z",
            "%Y%m%d",
            "unix",
            "ms_json",
        ] {
            assert_eq!(of(format), Ok(()), "{format}");
        }
        for format in ["%Y-%m", "%d.%m", "dd.mm.yyyy", "%Q", ""] {
            assert!(of(format).unwrap_err().contains("%d.%m.%Y"), "{format}");
        }
        assert!(check_date_formats(&[]).is_err());
    }

    #[test]
    fn marks_are_single_characters_that_differ() {
        assert!(number_format(",", ".", Minus::Front).is_ok());
        for (decimal, thousands) in [("", "."), (",", ","), (",,", ""), ("1", ""), (".", "abc")] {
            assert!(
                number_format(decimal, thousands, Minus::Front).is_err(),
                "{decimal} {thousands}"
            );
        }
    }

    #[test]
    fn row_number_formats_have_one_number() {
        assert!(row_number("A%06d", 0).is_ok());
        assert!(row_number("%d-x", 0).is_ok());
        for format in ["A", "%s", "%6.2d", "%d%d", "%99d"] {
            assert!(row_number(format, 0).is_err(), "{format}");
        }
    }
}
