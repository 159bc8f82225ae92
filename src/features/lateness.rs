//! The lateness axis: days past due cut into bins, and bins into zones.
//!
//! Lateness is counted from the due date rolled to the payer's next business day, so that an
//! invoice that falls due on a Saturday and is paid on the Monday was paid on the day it fell due.
//! Bins are one day wide where payments crowd and grow where they thin out; zones are the coarse
//! stretches over which a customer with little history is compared with its group.

/// First day (inclusive) of each bin after the first, in days past due.
///
/// Bin `0` is everything before `EDGES[0]`; bin `b` starts at `EDGES[b - 1]`.
const EDGES: [i32; 43] = [
    -60, -45, -37, -30, -25, -21, -18, -15, -13, -11, -9, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7,
    8, 9, 10, 12, 14, 16, 19, 23, 29, 36, 46, 61, 76, 91, 121, 181, 366,
];

/// Number of lateness bins.
pub const BINS: usize = EDGES.len() + 1;

/// First bin of each zone: long before due, one to two weeks before, the last week, the days around due, the first week late,
/// the first month late, the second month late, later.
const ZONE_STARTS: [usize; 8] = [0, 8, 12, 17, 20, 27, 35, 38];

/// Number of lateness zones.
pub const ZONES: usize = ZONE_STARTS.len();

/// Returns the bin of `days_past_due`.
#[must_use]
pub fn bin(days_past_due: i32) -> usize {
    EDGES.partition_point(|edge| *edge <= days_past_due)
}

/// Returns the bins of a first day and of each day after it.
pub(crate) fn bins_from(days_past_due: i32) -> impl Iterator<Item = usize> {
    let mut bin = bin(days_past_due);
    (days_past_due..).map(move |day| {
        // No bin is shorter than a day.
        bin += usize::from(EDGES.get(bin).is_some_and(|edge| *edge <= day));
        bin
    })
}

/// Returns the zone of a bin.
#[must_use]
pub fn zone(bin: usize) -> usize {
    ZONE_STARTS.partition_point(|start| *start <= bin) - 1
}

/// Returns the last day (inclusive) of a bin; the last bin has no end.
pub(crate) fn last_day_of(bin: usize) -> i32 {
    EDGES.get(bin).map_or(i32::MAX, |edge| edge - 1)
}

/// Weekdays at risk by lateness bin: the bins that a stretch of days crosses.
///
/// Only Mondays to Fridays are counted: payment needs a bank day, so a weekend is no exposure to
/// the risk of being paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exposure {
    first_bin: usize,
    bins: usize,
    weekdays: [i32; BINS],
}

impl Exposure {
    /// Counts the weekdays of the day numbers `first_day..=last_day` by days past `rolled_due_day`.
    pub(crate) fn new(rolled_due_day: i32, first_day: i32, last_day: i32) -> Self {
        let (mut from, last) = (first_day - rolled_due_day, last_day - rolled_due_day);
        let first_bin = bin(from);
        let mut exposure = Self {
            first_bin,
            bins: 0,
            weekdays: [0; BINS],
        };
        let mut before = weekdays_before(first_day);
        while from <= last {
            let to = last_day_of(first_bin + exposure.bins).min(last);
            let after = weekdays_before(rolled_due_day + to + 1);
            exposure.weekdays[exposure.bins] = after - before;
            exposure.bins += 1;
            before = after;
            from = to + 1;
        }
        exposure
    }

    /// The bins crossed, with the weekdays in each.
    pub(crate) fn bins(&self) -> impl Iterator<Item = (usize, i32)> + '_ {
        self.weekdays[..self.bins]
            .iter()
            .enumerate()
            .map(|(index, weekdays)| (self.first_bin + index, *weekdays))
    }
}

/// Returns the number of weekdays from the Monday 1969-12-29 up to but excluding `day`.
fn weekdays_before(day: i32) -> i32 {
    // 1970-01-01 was a Thursday: shifting by three starts the count on a Monday.
    let shifted = day + 3;
    shifted.div_euclid(7) * 5 + shifted.rem_euclid(7).min(5)
}

/// Returns the weekday of a day number, Monday is 0.
#[must_use]
pub fn weekday(day: i32) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).expect("a remainder of 7 is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_days_in_turn_are_those_of_each_day() {
        for first in [-200, -61, -60, 0, 300, 400] {
            for (day, in_turn) in (first..first + 91).zip(bins_from(first)) {
                assert_eq!(in_turn, bin(day), "{day}");
            }
        }
    }

    #[test]
    fn every_day_lies_in_the_bin_that_its_edges_say() {
        for day in -400..800 {
            let bin = bin(day);
            assert!(day <= last_day_of(bin));
            assert!(bin == 0 || day > last_day_of(bin - 1));
        }
    }

    #[test]
    fn the_days_around_the_due_date_have_bins_of_their_own() {
        for day in -7..=9 {
            assert_eq!(bin(day) + 1, bin(day + 1));
        }
        assert_eq!(zone(bin(0)), zone(bin(-2)));
        assert_ne!(zone(bin(0)), zone(bin(1)));
    }

    #[test]
    fn exposure_counts_weekdays_one_by_one() {
        let due = 20_000;
        for (first, last) in [(-40, -3), (-3, 12), (0, 0), (5, 400), (3, 2)] {
            let mut counted = [0; BINS];
            for (bin, weekdays) in Exposure::new(due, due + first, due + last).bins() {
                counted[bin] += weekdays;
            }
            let mut expected = [0; BINS];
            for day in first..=last {
                expected[bin(day)] += i32::from(weekday(due + day) < 5);
            }
            assert_eq!(counted, expected);
        }
    }

    #[test]
    fn the_epoch_was_a_thursday() {
        assert_eq!(weekday(0), 3);
    }
}
