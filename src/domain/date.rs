//! Civil dates: no time of day, no time zone, and never "today".

use chrono::{Datelike, Days, Months};
use thiserror::Error;

/// A civil date.
pub type Date = chrono::NaiveDate;

/// What can be wrong with a date or a range of dates.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// The text is not a date.
    #[error("date is invalid; allowed an existing day written YYYY-MM-DD; given {given:?}")]
    Invalid {
        /// The text that was given.
        given: String,
    },
    /// A range ends before it starts.
    #[error("range ends before it starts; allowed an end on or after {start}; given {end}")]
    RangeBackwards {
        /// The first day.
        start: Date,
        /// The day after the last.
        end: Date,
    },
}

/// Returns the days since 1970-01-01, the number a date column of polars holds.
///
/// ```
/// use duecast::domain::date::{day_number, parse_iso};
///
/// assert_eq!(day_number(parse_iso("1970-01-02")?), 1);
/// assert_eq!(day_number(parse_iso("1969-12-31")?), -1);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn day_number(date: Date) -> i32 {
    date.to_epoch_days()
}

/// Returns the date of a day number; a number beyond the calendar gives its first or last day.
///
/// ```
/// use duecast::domain::date::{day_number, from_day_number};
///
/// assert_eq!(from_day_number(20_454).to_string(), "2026-01-01");
/// assert_eq!(day_number(from_day_number(-1)), -1);
/// ```
#[must_use]
pub fn from_day_number(number: i32) -> Date {
    Date::from_epoch_days(number).unwrap_or(if number < 0 { Date::MIN } else { Date::MAX })
}

/// Reads a date written `YYYY-MM-DD`, exactly: ten characters and an existing day.
///
/// ```
/// use duecast::domain::date::parse_iso;
///
/// assert!(parse_iso("2028-02-29").is_ok());
/// assert!(parse_iso("2026-02-29").is_err());
/// assert!(parse_iso("2026-2-9").is_err());
/// ```
///
/// # Errors
///
/// - [`DateError::Invalid`] for any other text.
pub fn parse_iso(text: &str) -> Result<Date, DateError> {
    iso_parts(text.as_bytes())
        .and_then(|(year, month, day)| Date::from_ymd_opt(year, month, day))
        .ok_or_else(|| DateError::Invalid {
            given: text.to_owned(),
        })
}

/// Returns year, month and day as written, whether or not the day exists.
fn iso_parts(text: &[u8]) -> Option<(i32, u32, u32)> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))
        })
    };
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = i32::try_from(number(&text[..4])?).ok()?;
    Some((year, number(&text[5..7])?, number(&text[8..])?))
}

/// Returns the date `days` later, or earlier when negative; it stops at the ends of the calendar.
///
/// ```
/// use duecast::domain::date::{add_days, parse_iso};
///
/// assert_eq!(add_days(parse_iso("2026-01-31")?, 30), parse_iso("2026-03-02")?);
/// assert_eq!(add_days(parse_iso("2026-03-01")?, -1), parse_iso("2026-02-28")?);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn add_days(date: Date, days: i64) -> Date {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 {
        date.checked_sub_days(distance).unwrap_or(Date::MIN)
    } else {
        date.checked_add_days(distance).unwrap_or(Date::MAX)
    }
}

/// Returns the same day `months` later, or the month's last day when it has no such day.
///
/// ```
/// use duecast::domain::date::{add_months, parse_iso};
///
/// assert_eq!(add_months(parse_iso("2026-01-31")?, 1), parse_iso("2026-02-28")?);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn add_months(date: Date, months: u32) -> Date {
    date.checked_add_months(Months::new(months)).unwrap_or(Date::MAX)
}

/// Returns the label of the ISO 8601 week, such as `2026-W53`; its year is the week's, not the date's.
///
/// ```
/// use duecast::domain::date::{iso_week_label, parse_iso};
///
/// assert_eq!(iso_week_label(parse_iso("2027-01-03")?), "2026-W53");
/// assert_eq!(iso_week_label(parse_iso("2027-01-04")?), "2027-W01");
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn iso_week_label(date: Date) -> String {
    let week = date.iso_week();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// Returns the Monday of the date's week.
///
/// ```
/// use duecast::domain::date::{monday_of, parse_iso};
///
/// assert_eq!(monday_of(parse_iso("2027-01-03")?), parse_iso("2026-12-28")?);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn monday_of(date: Date) -> Date {
    add_days(date, -i64::from(date.weekday().num_days_from_monday()))
}

/// Returns the first day of the date's month.
///
/// ```
/// use duecast::domain::date::{month_start, parse_iso};
///
/// assert_eq!(month_start(parse_iso("2026-02-17")?), parse_iso("2026-02-01")?);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn month_start(date: Date) -> Date {
    date.with_day(1).expect("every month has a first day")
}

/// Returns the last day of the date's month.
///
/// ```
/// use duecast::domain::date::{month_end, parse_iso};
///
/// assert_eq!(month_end(parse_iso("2028-02-01")?), parse_iso("2028-02-29")?);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn month_end(date: Date) -> Date {
    let days = u32::from(date.num_days_in_month());
    date.with_day(days).expect("every month has a last day")
}

/// A half-open range of days: `start` belongs to it, `end` does not.
///
/// A range never ends before it starts, so its length is never negative.
///
/// ```
/// use duecast::domain::{DateRange, date::parse_iso};
///
/// let january = DateRange::try_new(parse_iso("2026-01-01")?, parse_iso("2026-02-01")?)?;
/// assert_eq!(january.len_days(), 31);
/// assert!(january.contains(parse_iso("2026-01-31")?));
/// assert!(!january.contains(parse_iso("2026-02-01")?));
/// assert!(DateRange::try_new(january.end(), january.start()).is_err());
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange {
    start: Date,
    end: Date,
}

impl DateRange {
    /// Makes the range of the days from `start` up to but not including `end`.
    ///
    /// # Errors
    ///
    /// - [`DateError::RangeBackwards`] when `end` is before `start`.
    pub fn try_new(start: Date, end: Date) -> Result<Self, DateError> {
        if end < start {
            return Err(DateError::RangeBackwards { start, end });
        }
        Ok(Self { start, end })
    }

    /// Makes the range of `days` days from `start` on.
    ///
    /// ```
    /// # use duecast::domain::{DateRange, date::parse_iso};
    /// let week = DateRange::of_days(parse_iso("2026-12-28")?, 7);
    /// assert_eq!(week.last_day(), Some(parse_iso("2027-01-03")?));
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn of_days(start: Date, days: u32) -> Self {
        Self {
            start,
            end: add_days(start, i64::from(days)),
        }
    }

    /// Makes the range of the ISO week that holds the date.
    ///
    /// ```
    /// # use duecast::domain::{DateRange, date::parse_iso};
    /// let week = DateRange::iso_week(parse_iso("2027-01-01")?);
    /// assert_eq!(week.start(), parse_iso("2026-12-28")?);
    /// assert_eq!(week.end(), parse_iso("2027-01-04")?);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn iso_week(date: Date) -> Self {
        Self::of_days(monday_of(date), 7)
    }

    /// Makes the range of the month that holds the date.
    ///
    /// ```
    /// # use duecast::domain::{DateRange, date::parse_iso};
    /// assert_eq!(DateRange::month(parse_iso("2026-02-10")?).len_days(), 28);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn month(date: Date) -> Self {
        Self {
            start: month_start(date),
            end: add_days(month_end(date), 1),
        }
    }

    /// Returns the first day.
    #[must_use]
    pub const fn start(&self) -> Date {
        self.start
    }

    /// Returns the day after the last.
    #[must_use]
    pub const fn end(&self) -> Date {
        self.end
    }

    /// Returns the last day, nothing when the range is empty.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        (!self.is_empty()).then(|| add_days(self.end, -1))
    }

    /// Returns the number of days.
    #[must_use]
    pub fn len_days(&self) -> i64 {
        i64::from(day_number(self.end)) - i64::from(day_number(self.start))
    }

    /// Tells whether the range holds no day.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Tells whether the day belongs to the range.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.start <= day && day < self.end
    }

    /// Returns the days both ranges hold, nothing when there are none.
    ///
    /// ```
    /// # use duecast::domain::{DateRange, date::parse_iso};
    /// let january = DateRange::month(parse_iso("2026-01-01")?);
    /// let week = DateRange::iso_week(parse_iso("2026-01-31")?);
    /// assert_eq!(january.intersection(&week).map(|both| both.len_days()), Some(6));
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        (start < end).then_some(Self { start, end })
    }

    /// Returns the days in order.
    ///
    /// ```
    /// # use duecast::domain::{DateRange, date::parse_iso};
    /// let days = DateRange::of_days(parse_iso("2026-02-27")?, 3).days();
    /// assert_eq!(days.last(), Some(parse_iso("2026-03-01")?));
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let end = self.end;
        self.start.iter_days().take_while(move |day| *day < end)
    }
}
