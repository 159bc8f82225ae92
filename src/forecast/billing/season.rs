//! Season of weekly billing: the place of a week in its month, and the month of the year.
//!
//! # Definition
//!
//! Both are indices of mean 1: the billing of such weeks over the mean of their year, years being counted in 52
//! weeks back from the last one, so that growth is no season. The place in the month is the number of weeks since the
//! one that holds the last day of a month; a year shows each of them twelve times. The month of the year is
//! taken only where two years exist, because one December is no rule.
//!
//! An index is shrunk to 1 by the positive-part estimator of James and Stein (1961): with `s^2` the variance within
//! the weeks of one kind and `B` the variance between kinds that one week would have, it keeps the share
//! `max(0, 1 - s^2 / B)` of its distance from 1. Where kinds differ no more than luck makes them, no season is left.
//!
//! The season is taken off by subtraction and put back by multiplication: a stream that bills once a month has weeks
//! of nothing, which no division brings back to the level.

use chrono::Datelike;

use super::numbers::{as_f64, mean};
use crate::domain::date::{from_day_number, month_end};

/// Weeks of a year.
const YEAR: usize = 52;
/// Places of a week in its month.
const PLACES: usize = 5;
/// Months of the year.
const MONTHS: usize = 12;

/// Index of each week of a history, and of those to come.
#[derive(Clone, Debug)]
pub(super) struct Season {
    place: Vec<f64>,
    month: Vec<f64>,
}

/// Returns the place of a week in its month: 0 holds the last day of a month, 1 is the week after it.
fn place_of(last_day: i32) -> usize {
    let last = from_day_number(last_day);
    if last == month_end(last) {
        return 0;
    }
    let weeks = last.day() / 7;
    usize::try_from(weeks).map_or(PLACES - 1, |weeks| weeks.min(PLACES - 1))
}

/// Returns the month of the middle of a week, from 0.
fn month_of(last_day: i32) -> usize {
    let middle = from_day_number(last_day - 3);
    usize::try_from(middle.month0()).map_or(0, |month| month.min(MONTHS - 1))
}

impl Season {
    /// Finds the season of weeks of billing, oldest first, the last of which ends on a day.
    pub(super) fn of(weeks: &[f64], last_day: i32) -> Self {
        let mut season = Self {
            place: vec![1.0; PLACES],
            month: vec![1.0; MONTHS],
        };
        if weeks.len() < YEAR {
            return season;
        }
        let means = year_means(weeks);
        let ratios: Vec<f64> = weeks
            .iter()
            .zip(&means)
            .map(|(week, mean)| if *mean > 0.0 { week / mean } else { 1.0 })
            .collect();
        let days = last_days(weeks.len(), last_day);
        let places: Vec<usize> = days.iter().map(|day| place_of(*day)).collect();
        season.place = index(&ratios, &places, PLACES);
        if weeks.len() >= 2 * YEAR {
            let without_place: Vec<f64> = ratios
                .iter()
                .zip(&places)
                .map(|(ratio, place)| ratio - (season.place[*place] - 1.0))
                .collect();
            let months: Vec<usize> = days.iter().map(|day| month_of(*day)).collect();
            season.month = index(&without_place, &months, MONTHS);
        }
        season
    }

    /// Returns the index of the week that ends on a day.
    pub(super) fn at(&self, last_day: i32) -> f64 {
        self.place[place_of(last_day)] * self.month[month_of(last_day)]
    }

    /// Whether some week differs from another.
    pub(super) fn is_there(&self) -> bool {
        let mut both = self.place.iter().chain(&self.month);
        both.any(|index| (index - 1.0).abs() > 0.01)
    }

    /// Returns the weeks without their season.
    pub(super) fn removed_from(&self, weeks: &[f64], last_day: i32) -> Vec<f64> {
        let days = last_days(weeks.len(), last_day);
        weeks
            .iter()
            .zip(year_means(weeks))
            .zip(days)
            .map(|((week, mean), day)| week - mean * (self.at(day) - 1.0))
            .collect()
    }
}

/// Returns the last day of each week, oldest first.
fn last_days(weeks: usize, last_day: i32) -> Vec<i32> {
    let weeks = i32::try_from(weeks).unwrap_or(i32::MAX / 7);
    (0..weeks).map(|week| last_day - 7 * (weeks - 1 - week)).collect()
}

/// Returns the mean of each week's year, counted back from the last week; what is over belongs to the oldest.
fn year_means(weeks: &[f64]) -> Vec<f64> {
    let years = (weeks.len() / YEAR).max(1);
    let mut means = Vec::with_capacity(weeks.len());
    for year in (0..years).rev() {
        let end = weeks.len() - year * YEAR;
        let start = if year == years - 1 { 0 } else { end - YEAR };
        let of_year = mean(&weeks[start..end]);
        means.extend(std::iter::repeat_n(of_year, end - start));
    }
    means
}

/// Returns the shrunk mean ratio of each kind; 1 of a kind that was never seen.
fn index(ratios: &[f64], kinds: &[usize], count: usize) -> Vec<f64> {
    let (mut numbers, mut sums) = (vec![0_usize; count], vec![0.0; count]);
    for (ratio, kind) in ratios.iter().zip(kinds) {
        numbers[*kind] += 1;
        sums[*kind] += ratio;
    }
    let means: Vec<f64> = numbers
        .iter()
        .zip(&sums)
        .map(|(number, sum)| if *number > 0 { sum / as_f64(*number) } else { 1.0 })
        .collect();
    let seen = numbers.iter().filter(|number| **number > 0).count();
    if seen < 2 || ratios.len() <= seen {
        return vec![1.0; count];
    }
    let within: f64 = ratios
        .iter()
        .zip(kinds)
        .map(|(ratio, kind)| (ratio - means[*kind]).powi(2))
        .sum();
    let between: f64 = numbers
        .iter()
        .zip(&means)
        .map(|(number, mean)| as_f64(*number) * (mean - 1.0).powi(2))
        .sum();
    let noise = within / as_f64(ratios.len() - seen);
    let spread = between / as_f64(seen - 1);
    let kept = if spread > noise { 1.0 - noise / spread } else { 0.0 };
    means
        .iter()
        .map(|mean| (1.0 + kept * (mean - 1.0)).max(0.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{day_number, parse_iso};

    fn day(text: &str) -> i32 {
        day_number(parse_iso(text).unwrap())
    }

    #[test]
    fn every_month_turns_in_exactly_one_week() {
        let days = last_days(523, day("2026-11-18"));
        let turns = days.iter().filter(|last| place_of(**last) == 0).count();
        let months = days
            .iter()
            .flat_map(|last| last - 6..=*last)
            .map(from_day_number)
            .filter(|date| month_end(*date) == *date)
            .count();
        assert_eq!(turns, months);
    }

    #[test]
    fn billing_at_the_end_of_the_month_is_a_season_and_has_a_level() {
        let last_day = day("2026-11-18");
        let days = last_days(104, last_day);
        let weeks: Vec<f64> = days
            .iter()
            .map(|last| if place_of(*last) == 0 { 400.0 } else { 0.0 })
            .collect();
        let season = Season::of(&weeks, last_day);
        assert!(season.at(day("2026-12-02")) > 3.5);
        assert!(season.at(day("2026-12-16")) < 0.2);
        let level = season.removed_from(&weeks, last_day);
        assert!(level.iter().all(|week| (week - 92.3).abs() < 60.0), "{level:?}");
    }

    #[test]
    fn one_year_has_no_months_and_even_billing_no_season() {
        let last_day = day("2026-11-18");
        let rising: Vec<f64> = (0..60).map(|week| 100.0 + f64::from(week % 3)).collect();
        assert!(!Season::of(&rising, last_day).is_there());
    }
}
