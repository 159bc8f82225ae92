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

/// The days that are in both sets.
pub(super) fn both(one: Days, other: Days) -> Days {
    [one[0] & other[0], one[1] & other[1]]
}

/// The days that are in either set.
pub(crate) fn union(one: Days, other: Days) -> Days {
    [one[0] | other[0], one[1] | other[1]]
}
