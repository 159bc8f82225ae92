//! Sets of days of the horizon.

use crate::features::HORIZON_DAYS;

/// A set of days, the first day in the lowest bit of the first word.
pub(crate) type Days = [u64; 2];

/// No day.
pub(super) const NO_DAY: Days = [0; 2];
/// All days of the horizon.
pub(crate) const ALL_DAYS: Days = [u64::MAX, (1 << (HORIZON_DAYS - 64)) - 1];

/// The set of one day, from 0.
pub(crate) fn day(day: usize) -> Days {
    if day < 64 {
        [1 << day, 0]
    } else {
        [0, 1 << (day - 64)]
    }
}

/// The set of the first `count` days, at most all.
pub(super) fn first(count: usize) -> Days {
    if count < 64 {
        [(1 << count) - 1, 0]
    } else {
        [u64::MAX, (1 << (count - 64)) - 1]
    }
}

/// The earliest day of a set, from 0; `None` where it is empty.
pub(crate) fn earliest(days: Days) -> Option<usize> {
    let at = if days[0] == 0 {
        64 + days[1].trailing_zeros()
    } else {
        days[0].trailing_zeros()
    };
    usize::try_from(at).ok().filter(|at| *at < HORIZON_DAYS)
}

/// The days that are in both sets.
pub(super) fn both(one: Days, other: Days) -> Days {
    [one[0] & other[0], one[1] & other[1]]
}

/// The days that are in either set.
pub(crate) fn union(one: Days, other: Days) -> Days {
    [one[0] | other[0], one[1] | other[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_days_are_those_before_the_next_and_the_earliest_comes_first() {
        let mut so_far = NO_DAY;
        for at in 0..HORIZON_DAYS {
            assert_eq!(first(at), so_far);
            assert_eq!(earliest(day(at)), Some(at));
            so_far = union(so_far, day(at));
            assert_eq!(earliest(so_far), Some(0));
        }
        assert_eq!(first(HORIZON_DAYS), ALL_DAYS);
        assert_eq!((so_far, earliest(NO_DAY)), (ALL_DAYS, None));
    }
}
