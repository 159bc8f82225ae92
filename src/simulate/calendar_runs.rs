//! The days on which a customer runs payments.

use chrono::{Datelike, Weekday};

use crate::domain::Date;
use crate::domain::calendar::BusinessCalendar;
use crate::domain::date::{day_number, from_day_number};

/// Days around a date that hold every run which can be rolled onto it: the longest closure is five days.
const ROLL_DAYS_MAX: i32 = 10;

/// How often a customer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunType {
    /// On every business day.
    Daily,
    /// On one weekday, or the next business day when that day is closed.
    Weekly(Weekday),
    /// On the 15th and the last day of the month, or the next business day.
    TwiceMonthly,
    /// On the last business day of the month.
    MonthEnd,
}

impl RunType {
    /// Every run type, in the order of [`RunType::index`].
    pub(crate) const ALL: [Self; 8] = [
        Self::Daily,
        Self::Weekly(Weekday::Mon),
        Self::Weekly(Weekday::Tue),
        Self::Weekly(Weekday::Wed),
        Self::Weekly(Weekday::Thu),
        Self::Weekly(Weekday::Fri),
        Self::TwiceMonthly,
        Self::MonthEnd,
    ];

    /// Returns the name used in the truth files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly(_) => "weekly",
            Self::TwiceMonthly => "twice_monthly",
            Self::MonthEnd => "month_end",
        }
    }

    /// Returns the weekday of a weekly payer.
    pub fn weekday(self) -> Option<Weekday> {
        match self {
            Self::Weekly(weekday) => Some(weekday),
            Self::Daily | Self::TwiceMonthly | Self::MonthEnd => None,
        }
    }

    /// Returns the short name of the weekday of a weekly payer.
    pub(crate) fn weekday_name(self) -> Option<&'static str> {
        self.weekday().map(|weekday| match weekday {
            Weekday::Mon => "Mon",
            Weekday::Tue => "Tue",
            Weekday::Wed => "Wed",
            Weekday::Thu => "Thu",
            Weekday::Fri => "Fri",
            Weekday::Sat => "Sat",
            Weekday::Sun => "Sun",
        })
    }

    /// Tells whether the customer runs payments on this day.
    pub fn is_run_day(self, date: Date, calendar: &BusinessCalendar) -> bool {
        let day = day_number(date);
        RunCalendar::build(self, calendar, day - ROLL_DAYS_MAX, day + ROLL_DAYS_MAX)
            .days
            .binary_search(&day)
            .is_ok()
    }

    /// Returns the position in [`RunType::ALL`].
    pub(crate) fn index(self) -> usize {
        Self::ALL
            .iter()
            .position(|other| *other == self)
            .unwrap_or_default()
    }

    /// Returns the day of the run that is planned for this calendar day, rolled to a business day.
    fn run_planned_for(self, day: i32, calendar: &BusinessCalendar) -> Option<i32> {
        let date = from_day_number(day);
        let is_month_end = from_day_number(day + 1).day() == 1;
        match self {
            Self::Daily => calendar.is_business_day(date).then_some(day),
            Self::Weekly(weekday) => (date.weekday() == weekday).then(|| rolled(day, 1, calendar)),
            Self::TwiceMonthly => (date.day() == 15 || is_month_end).then(|| rolled(day, 1, calendar)),
            Self::MonthEnd => is_month_end.then(|| rolled(day, -1, calendar)),
        }
    }
}

/// Returns the first business day from `day` on, in steps of `step`.
fn rolled(day: i32, step: i32, calendar: &BusinessCalendar) -> i32 {
    let mut day = day;
    while !calendar.is_business_day(from_day_number(day)) {
        day += step;
    }
    day
}

/// The run days of one run type in one currency, ready for look-ups by day.
#[derive(Debug)]
pub(crate) struct RunCalendar {
    first: i32,
    days: Vec<i32>,
    /// Position in `days` of the first run on or after `first + i`.
    next: Vec<usize>,
}

impl RunCalendar {
    /// Lists the runs from `first` to `last`.
    pub(crate) fn build(run_type: RunType, calendar: &BusinessCalendar, first: i32, last: i32) -> Self {
        let mut days: Vec<i32> = (first..=last)
            .filter_map(|day| run_type.run_planned_for(day, calendar))
            .filter(|day| (first..=last).contains(day))
            .collect();
        days.sort_unstable();
        days.dedup();
        let mut next = Vec::new();
        let mut position = 0;
        for day in first..=last {
            while position < days.len() && days[position] < day {
                position += 1;
            }
            next.push(position);
        }
        Self { first, days, next }
    }

    /// Returns the position of the first run on or after a day; past the last run, the number of runs.
    pub(crate) fn position(&self, day: i32) -> usize {
        usize::try_from(day - self.first)
            .ok()
            .and_then(|offset| self.next.get(offset).copied())
            .unwrap_or(self.days.len())
    }

    /// Returns the day of the run at a position.
    pub(crate) fn day(&self, position: usize) -> Option<i32> {
        self.days.get(position).copied()
    }

    /// Returns the first run on or after a day.
    pub(crate) fn first_from(&self, day: i32) -> Option<i32> {
        self.day(self.position(day))
    }

    /// Returns the run on this very day with the run before it.
    pub(crate) fn run_on(&self, day: i32) -> Option<Run> {
        let position = self.position(day);
        (self.day(position) == Some(day)).then(|| Run {
            day,
            previous: position.checked_sub(1).and_then(|before| self.day(before)),
        })
    }
}

/// One payment run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Day of the run.
    pub(crate) day: i32,
    /// Day of the run before it.
    pub(crate) previous: Option<i32>,
}
