//! The calendar of the days after a cut-off, as one payer's country sees them.

use chrono::Datelike;

use crate::domain::calendar::BusinessCalendar;
use crate::domain::date::{from_day_number, month_end};
use crate::features::lateness;
use crate::features::run_calendar::{CUTS, places};

/// What the calendar says about one coming day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarDay {
    /// Monday is 0.
    pub weekday: usize,
    /// Day of the month, from 1.
    pub day_of_month: u32,
    /// Days left in the month after this one.
    pub days_to_month_end: u32,
    /// Bin of the day in each cut of its month.
    pub places: [usize; CUTS],
    /// A weekday on which the banks are closed.
    pub is_holiday: bool,
    /// First business day after a closure of three days or more, or after a holiday.
    pub follows_holiday: bool,
    /// Last business day of the month.
    pub is_month_end: bool,
}

/// Describes day numbers `first .. first + days`.
pub(crate) fn days(calendar: &BusinessCalendar, first: i32, days: usize) -> Vec<CalendarDay> {
    // A week more on each side, so that neighbours of the first and last day are known.
    const MARGIN: i32 = 7;
    let business = calendar.window(from_day_number(first - MARGIN), days + 2 * 7);
    let at = |day: i32| business[usize::try_from(day - first + MARGIN).expect("within the margin")];
    let last = first + i32::try_from(days).expect("a window of days fits i32");
    (first..last)
        .map(|day| {
            let date = from_day_number(day);
            let weekday = lateness::weekday(day);
            let left = month_end(date).day() - date.day();
            let rest_closed =
                (1..=left.min(6)).all(|ahead| !at(day + i32::try_from(ahead).expect("at most six")));
            let holiday_before = (1..=4)
                .take_while(|back| !at(day - back))
                .any(|back| lateness::weekday(day - back) < 5);
            CalendarDay {
                weekday,
                day_of_month: date.day(),
                days_to_month_end: left,
                places: places(date.day(), left),
                is_holiday: weekday < 5 && !at(day),
                follows_holiday: at(day) && holiday_before,
                is_month_end: left <= 6 && at(day) && rest_closed,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{day_number, parse_iso};

    #[test]
    fn easter_2026_closes_friday_and_monday_and_tuesday_follows() {
        let first = day_number(parse_iso("2026-04-01").unwrap());
        let days = days(&BusinessCalendar::target(), first, 30);
        assert!(days[2].is_holiday && days[5].is_holiday);
        assert!(days[6].follows_holiday && !days[7].follows_holiday);
        assert!(days[29].is_month_end);
        assert_eq!(days[0].weekday, 2);
    }
}
