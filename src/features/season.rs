//! Seasonal payers: how much later invoices of a calendar month are paid than the customer's level.
//!
//! What befalls a month befalls all its runs, so one December is one observation, however many
//! invoices and runs it has; and a season is what earlier years showed, so the month that an
//! invoice itself falls due in is left out. A prior of two observations keeps one December from
//! being a season.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::Datelike;

use crate::domain::date::from_day_number;
use crate::features::prior::WEIGHT_ONE;

/// Months of earlier years at which half of a season is believed.
const PRIOR_MONTHS: f64 = 2.0;
/// Payment runs at which a month counts as half an observation.
const PRIOR_RUNS: f64 = 2.0;
/// Invoices of typical customers at which a month of the book counts as half an observation.
const PRIOR_BOOK_INVOICES: f64 = 20.0;
/// Days off the level beyond which an invoice tells of a dispute or a change, not of a season.
const OFF_LEVEL_DAYS_MAX: f64 = 20.0;
const MONTHS: usize = 12;
const MONTHS_A_YEAR: i32 = 12;

/// Months since year 0 of a day number.
fn month_number(day: i32) -> i32 {
    let date = from_day_number(day);
    date.year() * MONTHS_A_YEAR + i32::try_from(date.month0()).expect("a month is at most 11")
}

/// Calendar month of a month number, January is 0.
fn calendar_month(month: i32) -> usize {
    usize::try_from(month.rem_euclid(MONTHS_A_YEAR)).expect("a remainder of 12 is not negative")
}

/// Days off the customer's level, as far as a season may explain them.
pub(crate) fn off_level_days(lateness_days: f64, level_days: f64) -> f64 {
    (lateness_days - level_days).clamp(-OFF_LEVEL_DAYS_MAX, OFF_LEVEL_DAYS_MAX)
}

/// One calendar month of one customer: the months of past years, and the latest one.
#[derive(Debug, Clone, Copy, Default)]
struct CalendarMonth {
    weight: f64,
    weighted_days: f64,
    latest: MonthOfYear,
}

/// The invoices due in one month of one year.
#[derive(Debug, Clone, Copy, Default)]
struct MonthOfYear {
    month: i32,
    last_run: u32,
    runs: u32,
    invoices: u32,
    days: f64,
}

impl MonthOfYear {
    /// Weight as an observation, and the weighted mean of days off the level.
    fn observation(&self) -> (f64, f64) {
        if self.invoices == 0 {
            return (0.0, 0.0);
        }
        let runs = f64::from(self.runs);
        let weight = runs / (runs + PRIOR_RUNS);
        (weight, weight * self.days / f64::from(self.invoices))
    }
}

/// One customer's days off its level by calendar month of the due date.
#[derive(Debug, Clone, Default)]
pub(crate) struct Season {
    months: [CalendarMonth; MONTHS],
}

impl Season {
    /// Adds an invoice paid in the customer's payment run number `run`, from 1.
    pub(crate) fn observe(&mut self, due_day: i32, run: u32, off_level_days: f64) {
        let month = month_number(due_day);
        let slot = &mut self.months[calendar_month(month)];
        if month > slot.latest.month {
            let (weight, weighted_days) = slot.latest.observation();
            slot.weight += weight;
            slot.weighted_days += weighted_days;
            slot.latest = MonthOfYear {
                month,
                ..MonthOfYear::default()
            };
        }
        // An invoice more than a year behind the others says nothing about a season.
        if month == slot.latest.month {
            slot.latest.runs += u32::from(slot.latest.last_run != run);
            slot.latest.last_run = run;
            slot.latest.invoices += 1;
            slot.latest.days += off_level_days;
        }
    }

    /// Days by which invoices due in the month of `due_day` were later in earlier years, shrunk to none.
    pub(crate) fn shift_days(&self, due_day: i32) -> f64 {
        let month = month_number(due_day);
        let slot = &self.months[calendar_month(month)];
        let (weight, weighted_days) = if slot.latest.month < month {
            slot.latest.observation()
        } else {
            (0.0, 0.0)
        };
        (slot.weighted_days + weighted_days) / (slot.weight + weight + PRIOR_MONTHS)
    }
}

/// Weighted number of invoices due in a month, and their weighted days off their customers' levels.
#[derive(Debug, Clone, Copy, Default)]
struct MonthSum {
    weight: i64,
    days: i64,
}

impl MonthSum {
    fn add(&mut self, other: Self) {
        self.weight += other.weight;
        self.days += other.days;
    }

    const fn negated(self) -> Self {
        Self {
            weight: -self.weight,
            days: -self.days,
        }
    }

    /// Weight as an observation, and the weighted mean of days off the level.
    #[expect(clippy::cast_precision_loss, reason = "weighted counts stay far below 2^53")]
    fn observation(self) -> (f64, f64) {
        let whole = self.weight as f64 + PRIOR_BOOK_INVOICES * WEIGHT_ONE as f64;
        (self.weight as f64 / whole, self.days as f64 / whole)
    }
}

/// Sums of the book by the first cut-off that knows and the month due; integers, so that no order matters.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeasonSums {
    by_month: BTreeMap<(usize, i32), MonthSum>,
}

impl SeasonSums {
    /// Adds an invoice that the cut-off with index `first_cutoff` is the first to know as paid.
    pub(crate) fn observe(&mut self, first_cutoff: usize, due_day: i32, weight: i64, off_level_days: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "whole days between -20 and 20")]
        let days = off_level_days.round() as i64;
        let added = MonthSum {
            weight,
            days: weight * days,
        };
        self.by_month
            .entry((first_cutoff, month_number(due_day)))
            .or_default()
            .add(added);
    }

    /// Adds the sums of another part of the book.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, sum) in &other.by_month {
            self.by_month.entry(*key).or_default().add(*sum);
        }
    }

    /// Adds the sums of a customer for the cut-offs in `valid` alone; see
    /// [`PriorSums::merge_within`](crate::features::prior::PriorSums::merge_within).
    pub(crate) fn merge_within(&mut self, other: &Self, valid: &Range<usize>) {
        for ((cutoff, month), sum) in &other.by_month {
            if *cutoff < valid.end {
                let start = (valid.start.max(*cutoff), *month);
                self.by_month.entry(start).or_default().add(*sum);
                self.by_month
                    .entry((valid.end, *month))
                    .or_default()
                    .add(sum.negated());
            }
        }
    }

    /// Sums up over time: the season of the book at each of `cutoffs` cut-offs.
    pub(crate) fn finish(&self, cutoffs: usize) -> Vec<BookSeason> {
        let mut so_far = BookSeason::default();
        (0..cutoffs)
            .map(|cutoff| {
                for ((_, month), sum) in self.by_month.range((cutoff, i32::MIN)..=(cutoff, i32::MAX)) {
                    so_far.months.entry(*month).or_default().add(*sum);
                }
                so_far.clone()
            })
            .collect()
    }
}

/// The book's days off the customers' levels by month due, as one cut-off knows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct BookSeason {
    months: BTreeMap<i32, MonthSum>,
}

impl BookSeason {
    /// Adds the sums of another part of the book.
    pub(crate) fn add(&mut self, other: &Self) {
        for (month, sum) in &other.months {
            self.months.entry(*month).or_default().add(*sum);
        }
    }

    /// Takes off sums that were added before; nothing of them is left, since all are integers.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (month, sum) in &other.months {
            self.months.entry(*month).or_default().add(sum.negated());
        }
    }

    /// Days by which invoices due in the month of `due_day` were later in earlier years, shrunk to none.
    pub(crate) fn shift_days(&self, due_day: i32) -> f64 {
        let Some(first) = self.months.keys().next().copied() else {
            return 0.0;
        };
        let (mut weight, mut weighted_days) = (PRIOR_MONTHS, 0.0);
        let mut month = month_number(due_day) - MONTHS_A_YEAR;
        while month >= first {
            if let Some(sum) = self.months.get(&month) {
                let (seen, days) = sum.observation();
                weight += seen;
                weighted_days += days;
            }
            month -= MONTHS_A_YEAR;
        }
        weighted_days / weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{day_number, parse_iso};

    fn day(text: &str) -> i32 {
        day_number(parse_iso(text).unwrap())
    }

    /// A customer who pays invoices due in December 15 days off its level, in runs `runs` a year.
    fn december_payer(years: Range<i32>, runs: u32) -> Season {
        let mut season = Season::default();
        let mut run = 0;
        for year in years {
            for due in 1..=runs {
                run += 1;
                season.observe(day(&format!("{year}-12-{due:02}")), run, 15.0);
            }
        }
        season
    }

    #[test]
    fn one_december_is_half_as_much_of_a_season_as_three() {
        let due = day("2026-12-10");
        let (one, three) = (december_payer(2025..2026, 8), december_payer(2023..2026, 8));
        let (one, three) = (one.shift_days(due), three.shift_days(due));
        assert!(one > 2.0 && one < 5.0, "{one}");
        assert!(three > 7.0 && three < 10.0, "{three}");
    }

    #[test]
    fn other_months_have_no_season() {
        let season = december_payer(2023..2026, 8);
        assert!(season.shift_days(day("2026-11-10")).abs() < f64::EPSILON);
    }

    #[test]
    fn the_month_of_the_invoice_itself_is_no_season() {
        let season = december_payer(2025..2026, 8);
        assert!(season.shift_days(day("2025-12-20")).abs() < f64::EPSILON);
    }

    #[test]
    fn thirty_invoices_in_one_run_weigh_as_much_as_one() {
        let due = day("2025-12-10");
        let (mut one, mut thirty) = (Season::default(), Season::default());
        one.observe(due, 1, 6.0);
        for _ in 0..30 {
            thirty.observe(due, 1, 6.0);
        }
        let next = day("2026-12-10");
        assert!((one.shift_days(next) - thirty.shift_days(next)).abs() < 1e-12);
    }

    #[test]
    fn a_cutoff_sees_the_season_of_the_book_that_it_knows() {
        let mut sums = SeasonSums::default();
        for _ in 0..200 {
            sums.observe(0, day("2023-12-10"), WEIGHT_ONE, 6.0);
            sums.observe(1, day("2024-12-10"), WEIGHT_ONE, 6.0);
        }
        let seasons = sums.finish(2);
        let due = day("2025-12-10");
        let (first, second) = (seasons[0].shift_days(due), seasons[1].shift_days(due));
        assert!(first > 1.0 && second > first && second < 6.0, "{first} {second}");
        assert!(seasons[1].shift_days(day("2025-08-10")).abs() < f64::EPSILON);
    }

    #[test]
    fn the_order_of_the_parts_of_the_book_does_not_matter() {
        let (mut one, mut other) = (SeasonSums::default(), SeasonSums::default());
        one.observe(0, day("2024-08-01"), 700, 3.4);
        other.observe(0, day("2024-08-31"), 1024, -7.0);
        let (mut forth, mut back) = (one.clone(), other.clone());
        forth.merge(&other);
        back.merge(&one);
        let due = day("2025-08-05");
        let bits = |sums: &SeasonSums| sums.finish(1)[0].shift_days(due).to_bits();
        assert_eq!(bits(&forth), bits(&back));
    }
}
