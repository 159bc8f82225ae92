//! On which days a customer pays: its payment runs by weekday and by place in the month.
//!
//! A run is a day on which money came, however many invoices it settled. Companies tell their
//! systems "every Tuesday", "the 15th", "the third Friday", or "the Friday nearest to the end of the
//! month": a weekday and one of three ways to cut a month. Each is counted, and the profile takes
//! the cut in which the customer's own runs crowd most.

use chrono::Datelike;

use crate::domain::date::{from_day_number, month_end};
use crate::features::lateness::{self, BINS};
use crate::features::payer::Decay;

/// Bins of the longest cut of a month.
pub(crate) const PLACES_MAX: usize = 11;
/// Ways to cut a month: days in threes, weeks from its first day, weeks around its end.
pub(crate) const CUTS: usize = 3;
/// Days of an average month.
const MONTH_DAYS: f64 = 30.44;

/// The bin of a day in each cut of its month.
pub(crate) type Places = [usize; CUTS];

/// Returns the bin of a day in each cut; `to_month_end` is the number of days left in the month.
#[must_use]
pub(crate) fn places(day_of_month: u32, to_month_end: u32) -> Places {
    let threes = if to_month_end <= 1 {
        PLACES_MAX - 1
    } else {
        small((day_of_month.saturating_sub(1) / 3).min(9))
    };
    let weeks = small(day_of_month.saturating_sub(1) / 7);
    // Days before the nearest month end are negative, the first of a month is one day after it.
    let around_end = match (to_month_end, day_of_month) {
        (0..=3, _) | (_, 1..=3) => 2,
        (4..=10, _) => 1,
        (_, 4..=10) => 3,
        (left, day) if left < day => 0,
        (_, _) => 4,
    };
    [threes, weeks, around_end]
}

/// Share of the days of an average month in each bin of each cut.
pub(crate) fn place_shares() -> [[f64; PLACES_MAX]; CUTS] {
    let mut shares = [[0.0; PLACES_MAX]; CUTS];
    shares[0][..9].fill(3.0 / MONTH_DAYS);
    shares[0][9] = 1.44 / MONTH_DAYS;
    shares[0][10] = 2.0 / MONTH_DAYS;
    shares[1][..4].fill(7.0 / MONTH_DAYS);
    shares[1][4] = 2.44 / MONTH_DAYS;
    shares[2][1..4].fill(7.0 / MONTH_DAYS);
    shares[2][0] = 4.5 / MONTH_DAYS;
    shares[2][4] = 4.94 / MONTH_DAYS;
    shares
}

/// The distinct days on which money came, and how they lie in week and month.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunCalendar {
    /// Day numbers, rising.
    days: Vec<i32>,
    /// Decayed number of runs by weekday.
    pub(crate) weekday: [f64; 7],
    /// Decayed number of runs by bin of each cut of the month.
    pub(crate) place: [[f64; PLACES_MAX]; CUTS],
}

impl RunCalendar {
    /// Takes note of a day on which money came; returns whether it is a new one.
    pub(crate) fn observe(&mut self, day: i32) -> bool {
        let Err(at) = self.days.binary_search(&day) else {
            return false;
        };
        self.days.insert(at, day);
        let date = from_day_number(day);
        let places = places(date.day(), month_end(date).day() - date.day());
        let weight = Decay::SLOW.weight(day);
        self.weekday[lateness::weekday(day)] += weight;
        for (counts, place) in self.place.iter_mut().zip(places) {
            counts[place] += weight;
        }
        true
    }

    /// The latest run.
    pub(crate) fn last_day(&self) -> Option<i32> {
        self.days.last().copied()
    }

    /// Runs by lateness bin from `first_day` to `last_day`, by days past `rolled_due_day`.
    pub(crate) fn runs_at_risk(
        &self,
        rolled_due_day: i32,
        first_day: i32,
        last_day: i32,
    ) -> impl Iterator<Item = (usize, f64)> + '_ {
        let start = self.days.partition_point(|day| *day < first_day);
        let mut rest = &self.days[start..];
        std::iter::from_fn(move || {
            let next = *rest.first().filter(|day| **day <= last_day)?;
            let bin = lateness::bin(next - rolled_due_day);
            let end = lateness::last_day_of(bin)
                .saturating_add(rolled_due_day)
                .min(last_day);
            let runs = rest.partition_point(|day| *day <= end);
            rest = &rest[runs..];
            Some((bin, f64::from(u32::try_from(runs).expect("runs are few"))))
        })
    }
}

/// Payment runs at which invoices could have been paid, decayed, by their lateness on that day.
#[derive(Debug, Clone)]
pub(crate) struct RunsAtRisk(pub(crate) [f64; BINS]);

impl Default for RunsAtRisk {
    fn default() -> Self {
        Self([0.0; BINS])
    }
}

impl RunsAtRisk {
    /// Adds the runs that an invoice saw from `first_day` to `last_day`.
    pub(crate) fn expose(
        &mut self,
        calendar: &RunCalendar,
        rolled_due_day: i32,
        first_day: i32,
        last_day: i32,
        weight: f64,
    ) {
        for (bin, runs) in calendar.runs_at_risk(rolled_due_day, first_day, last_day) {
            self.0[bin] += weight * runs;
        }
    }
}

fn small(number: u32) -> usize {
    usize::try_from(number).expect("a small number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{day_number, parse_iso};

    fn place_on(iso: &str) -> Places {
        let date = parse_iso(iso).unwrap();
        places(date.day(), month_end(date).day() - date.day())
    }

    #[test]
    fn the_fridays_nearest_to_a_month_end_share_a_bin_and_the_others_have_theirs() {
        for friday in [
            "2019-03-01",
            "2019-03-29",
            "2019-05-03",
            "2019-05-31",
            "2019-08-02",
            "2019-09-27",
        ] {
            assert_eq!(place_on(friday)[2], 2, "{friday}");
        }
        for friday in ["2019-03-08", "2019-03-22", "2019-05-10", "2019-08-16"] {
            assert_ne!(place_on(friday)[2], 2, "{friday}");
        }
    }

    #[test]
    fn the_last_two_days_of_a_month_have_a_bin_of_their_own() {
        assert_eq!(place_on("2026-04-30")[0], PLACES_MAX - 1);
        assert_eq!(place_on("2026-04-28")[0], 9);
        assert_eq!(place_on("2026-05-01"), [0, 0, 2]);
    }

    #[test]
    fn the_shares_of_each_cut_sum_to_one_and_are_those_of_real_months() {
        let mut seen = [[0.0; PLACES_MAX]; CUTS];
        let first = day_number(parse_iso("2001-01-01").unwrap());
        for day in first..first + 146_097 {
            let date = from_day_number(day);
            for (counts, place) in seen
                .iter_mut()
                .zip(places(date.day(), month_end(date).day() - date.day()))
            {
                counts[place] += 1.0 / 146_097.0;
            }
        }
        for (seen, share) in seen.iter().zip(place_shares()) {
            assert!((share.iter().sum::<f64>() - 1.0).abs() < 0.002);
            for (seen, share) in seen.iter().zip(share) {
                assert!((seen - share).abs() < 0.006, "{seen} {share}");
            }
        }
    }

    #[test]
    fn runs_at_risk_are_counted_by_the_lateness_of_the_invoice_on_that_day() {
        let mut calendar = RunCalendar::default();
        for day in [20_028, 20_000, 20_007, 20_007, 20_014] {
            calendar.observe(day);
        }
        let runs: Vec<(usize, f64)> = calendar.runs_at_risk(20_007, 20_001, 20_014).collect();
        assert_eq!(runs, [(lateness::bin(0), 1.0), (lateness::bin(7), 1.0)]);
    }
}
