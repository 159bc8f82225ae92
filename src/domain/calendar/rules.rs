//! The language holiday calendars are written in, and the days it means in one year.

use std::collections::BTreeSet;

use chrono::{Datelike, Weekday};

use crate::domain::date::{Date, add_days};

/// Which day of a year a holiday is.
#[derive(Clone, Copy, Debug)]
enum Day {
    /// The same date every year.
    Fixed { month: u32, day: u32 },
    /// Days after Easter Sunday, negative before it.
    Easter { offset: i64 },
    /// The first, second, ... weekday of a month.
    Nth { nth: u8, weekday: Weekday, month: u32 },
    /// The last such weekday of a month.
    Last { weekday: Weekday, month: u32 },
    /// The last such weekday up to and including a date.
    UpTo { weekday: Weekday, month: u32, day: u32 },
}

/// What happens when the day falls on a weekend.
#[derive(Clone, Copy, Debug)]
enum OnWeekend {
    /// The holiday is lost.
    Lost,
    /// From Sunday it moves to Monday; on Saturday it is lost.
    SundayToMonday,
    /// It moves to the next weekday that is not itself a holiday.
    NextFreeWeekday,
}

/// One holiday: a day, the years it applies to, and what a weekend does to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    day: Day,
    on_weekend: OnWeekend,
    first_year: u16,
    last_year: u16,
    except: &'static [u16],
    every_years: u16,
}

const fn rule(day: Day) -> Rule {
    Rule {
        day,
        on_weekend: OnWeekend::Lost,
        first_year: 0,
        last_year: u16::MAX,
        except: &[],
        every_years: 1,
    }
}

/// The same date every year.
pub(super) const fn fixed(month: u32, day: u32) -> Rule {
    rule(Day::Fixed { month, day })
}

/// Days after Easter Sunday, negative before it.
pub(super) const fn easter(offset: i64) -> Rule {
    rule(Day::Easter { offset })
}

/// The first, second, ... weekday of a month.
pub(super) const fn nth(nth: u8, weekday: Weekday, month: u32) -> Rule {
    rule(Day::Nth { nth, weekday, month })
}

/// The last such weekday of a month.
pub(super) const fn last(weekday: Weekday, month: u32) -> Rule {
    rule(Day::Last { weekday, month })
}

/// The last such weekday up to and including a date.
pub(super) const fn up_to(weekday: Weekday, month: u32, day: u32) -> Rule {
    rule(Day::UpTo { weekday, month, day })
}

/// One date of one year.
pub(super) const fn once(year: u16, month: u32, day: u32) -> Rule {
    fixed(month, day).since(year).until(year)
}

impl Rule {
    /// Applies from this year on.
    pub(super) const fn since(mut self, year: u16) -> Self {
        self.first_year = year;
        self
    }

    /// Applies up to and including this year.
    pub(super) const fn until(mut self, year: u16) -> Self {
        self.last_year = year;
        self
    }

    /// Skips these years, in which the day was moved or dropped.
    pub(super) const fn except(mut self, years: &'static [u16]) -> Self {
        self.except = years;
        self
    }

    /// Applies only to years divisible by this number.
    pub(super) const fn every(mut self, years: u16) -> Self {
        self.every_years = years;
        self
    }

    /// Moves from Sunday to Monday; is lost on a Saturday.
    pub(super) const fn sunday_to_monday(mut self) -> Self {
        self.on_weekend = OnWeekend::SundayToMonday;
        self
    }

    /// Moves from a weekend to the next weekday that is not itself a holiday.
    pub(super) const fn next_free_weekday(mut self) -> Self {
        self.on_weekend = OnWeekend::NextFreeWeekday;
        self
    }

    /// Returns the day of the year, before any move.
    fn in_year(&self, year: u16) -> Option<Date> {
        let applies = (self.first_year..=self.last_year).contains(&year)
            && year.is_multiple_of(self.every_years)
            && !self.except.contains(&year);
        if !applies {
            return None;
        }
        let civil_year = i32::from(year);
        match self.day {
            Day::Fixed { month, day } => Date::from_ymd_opt(civil_year, month, day),
            Day::Easter { offset } => Some(add_days(easter_sunday(year), offset)),
            Day::Nth { nth, weekday, month } => {
                Date::from_weekday_of_month_opt(civil_year, month, weekday, nth)
            }
            Day::Last { weekday, month } => Date::from_weekday_of_month_opt(civil_year, month, weekday, 5)
                .or_else(|| Date::from_weekday_of_month_opt(civil_year, month, weekday, 4)),
            Day::UpTo { weekday, month, day } => {
                let latest = Date::from_ymd_opt(civil_year, month, day)?;
                let surplus = 7 + latest.weekday().num_days_from_monday() - weekday.num_days_from_monday();
                Some(add_days(latest, -i64::from(surplus % 7)))
            }
        }
    }
}

/// Tells whether the day is a Saturday or a Sunday.
pub(super) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Returns the holidays of a year, moved where a rule says so.
///
/// Days are moved in the order of the rules, so that of two holidays on one weekend the first rule takes the
/// first free weekday.
pub(super) fn holidays(rules: &[&[Rule]], year: u16) -> BTreeSet<Date> {
    let dated: Vec<(&Rule, Date)> = rules
        .iter()
        .flat_map(|group| group.iter())
        .filter_map(|rule| rule.in_year(year).map(|day| (rule, day)))
        .collect();
    let mut closed: BTreeSet<Date> = dated.iter().map(|(_, day)| *day).collect();
    for (rule, day) in dated {
        match rule.on_weekend {
            OnWeekend::SundayToMonday if day.weekday() == Weekday::Sun => {
                closed.insert(add_days(day, 1));
            }
            OnWeekend::NextFreeWeekday if is_weekend(day) => {
                let mut moved = add_days(day, 1);
                while is_weekend(moved) || closed.contains(&moved) {
                    moved = add_days(moved, 1);
                }
                closed.insert(moved);
            }
            OnWeekend::Lost | OnWeekend::SundayToMonday | OnWeekend::NextFreeWeekday => {}
        }
    }
    closed
}

/// Returns Easter Sunday of a year of the Gregorian calendar.
///
/// ```
/// use duecast::domain::calendar::easter_sunday;
///
/// assert_eq!(easter_sunday(2026).to_string(), "2026-04-05");
/// assert_eq!(easter_sunday(2027).to_string(), "2027-03-28");
/// ```
///
/// # References
///
/// The anonymous Gregorian algorithm (Nature, 20 April 1876; Meeus, Astronomical Algorithms, chapter 8).
#[must_use]
pub fn easter_sunday(year: u16) -> Date {
    let number = u32::from(year);
    let golden = number % 19;
    let (century, in_century) = (number / 100, number % 100);
    let (century_leaps, century_rest) = (century / 4, century % 4);
    let moon_shift = (century - (century + 8) / 25 + 1) / 3;
    // The days from 21 March to the full moon, before the correction below.
    let moon = (19 * golden + century + 15 - century_leaps - moon_shift) % 30;
    let (leaps, leap_rest) = (in_century / 4, in_century % 4);
    let to_sunday = (32 + 2 * century_rest + 2 * leaps - moon - leap_rest) % 7;
    let correction = (golden + 11 * moon + 22 * to_sunday) / 451;
    let sum = moon + to_sunday + 114 - 7 * correction;
    Date::from_ymd_opt(i32::from(year), sum / 31, sum % 31 + 1).expect("Easter falls on 22 March to 25 April")
}
