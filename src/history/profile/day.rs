//! Dates that are counted instead of written: seconds, milliseconds, days of a spreadsheet. All are days of UTC.

use chrono::TimeDelta;

use crate::domain::Date;

/// Names of the counts, beside strftime's formats.
pub(crate) const COUNTS: [&str; 4] = ["unix", "unix_ms", "ms_json", "excel"];

const DAY_SECONDS: i64 = 86_400;
const DAY_MILLISECONDS: i64 = 86_400_000;
/// The day that spreadsheets believe in and no calendar has: 29 February 1900.
const FALSE_LEAP_DAY: i64 = 60;

/// Reads a date by a format: one of [`COUNTS`], or strftime's.
pub(crate) fn parse(text: &str, format: &str) -> Option<Date> {
    match format {
        "unix" => day(whole(text)?.div_euclid(DAY_SECONDS)),
        "unix_ms" => day(whole(text)?.div_euclid(DAY_MILLISECONDS)),
        "ms_json" => day(json_milliseconds(text)?.div_euclid(DAY_MILLISECONDS)),
        "excel" => spreadsheet_day(whole(text)?),
        format => Date::parse_from_str(text, format).ok(),
    }
}

/// The whole part of a number; what is behind the point is a time of day.
fn whole(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.parse().ok()
}

/// The number of `/Date(1508889600000+0000)/`; what follows the sign is the zone it is shown in.
fn json_milliseconds(text: &str) -> Option<i64> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let (sign, digits) = match inside.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, inside),
    };
    let end = digits.find(['+', '-']).unwrap_or(digits.len());
    let (count, zone) = digits.split_at(end);
    let is_zone = zone.len() == 5 && zone.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    if !zone.is_empty() && !is_zone {
        return None;
    }
    let count: i64 = count.parse().ok()?;
    count.checked_mul(sign)
}

fn day(since_1970: i64) -> Option<Date> {
    Date::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::try_days(since_1970)?)
}

fn spreadsheet_day(serial: i64) -> Option<Date> {
    if serial < 1 || serial == FALSE_LEAP_DAY {
        return None;
    }
    let first_before = if serial < FALSE_LEAP_DAY { 31 } else { 30 };
    Date::from_ymd_opt(1899, 12, first_before)?.checked_add_signed(TimeDelta::try_days(serial)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_days_of_utc() {
        for (text, format, expected) in [
            ("1508889600", "unix", Some("2017-10-25")),
            ("1508975999", "unix", Some("2017-10-25")),
            ("1508889600.75", "unix", Some("2017-10-25")),
            ("-1", "unix", Some("1969-12-31")),
            ("1508889600000", "unix_ms", Some("2017-10-25")),
            ("/Date(1508889600000+0000)/", "ms_json", Some("2017-10-25")),
            ("/Date(1508889600000)/", "ms_json", Some("2017-10-25")),
            ("/Date(-86400000-0500)/", "ms_json", Some("1969-12-31")),
            ("/Date(1508889600000+00)/", "ms_json", None),
            ("1508889600000", "ms_json", None),
            ("46053", "excel", Some("2026-01-31")),
            ("46053.75", "excel", Some("2026-01-31")),
            ("59", "excel", Some("1900-02-28")),
            ("60", "excel", None),
            ("61", "excel", Some("1900-03-01")),
            ("0", "excel", None),
            ("9223372036854775807", "unix_ms", None),
            ("9223372036854775807", "excel", None),
            ("1e9", "unix", None),
            ("31.01.2026", "%d.%m.%Y", Some("2026-01-31")),
        ] {
            let found = parse(text, format).map(|date| date.to_string());
            assert_eq!(found.as_deref(), expected, "{text} as {format}");
        }
    }
}
