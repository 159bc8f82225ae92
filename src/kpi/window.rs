//! The days a report looks back on.

use crate::domain::Date;
use crate::domain::date::{add_days, day_number, month_start};

/// Longest window of a report: a year, leap years included.
pub const WINDOW_DAYS_MAX: u32 = 366;

/// Days after the promised date within which the cash may still come: a transfer sent on the day
/// itself, a Friday, is booked on the Monday.
pub const PROMISE_TOLERANCE_DAYS: i32 = 3;

/// Returns the days of three calendar months: from the first day of the month two months before
/// `as_of` to `as_of`, both inclusive.
///
/// At a month's end these are three whole months, at a quarter's end the calendar quarter.
///
/// # Examples
///
/// ```
/// use duecast::domain::date::parse_iso;
/// use duecast::kpi::default_window_days;
///
/// assert_eq!(default_window_days(parse_iso("2026-09-30")?), 92);
/// assert_eq!(default_window_days(parse_iso("2026-03-15")?), 31 + 28 + 15);
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[must_use]
pub fn default_window_days(as_of: Date) -> u32 {
    let one_back = month_start(add_days(month_start(as_of), -1));
    let two_back = month_start(add_days(one_back, -1));
    u32::try_from(day_number(as_of) - day_number(two_back) + 1)
        .expect("the month before the one before starts before today")
}

/// The window as day numbers, both ends inclusive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) first_day: i32,
    pub(crate) last_day: i32,
}

impl Window {
    /// Returns the window of so many days that ends with `as_of`.
    pub(crate) fn ending(as_of: Date, days: u32) -> Self {
        let last_day = day_number(as_of);
        Self {
            first_day: last_day.saturating_add(1).saturating_sub_unsigned(days),
            last_day,
        }
    }

    /// Tells whether a day belongs to the window.
    pub(crate) fn contains(self, day: i32) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}
