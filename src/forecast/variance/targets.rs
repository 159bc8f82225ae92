//! Stretches of days that two records can be compared on: the finest that both of them tell.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::forecast::record::RecordBucket;

/// Days that hold whole buckets of both records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: Date,
    pub(super) end: Date,
    /// The label of the bucket with these days, where a record has one.
    pub(super) label: String,
    /// Buckets of the earlier record.
    pub(super) from: Range<usize>,
    /// Buckets of the later record.
    pub(super) to: Range<usize>,
}

/// Cuts the days of two records where both have an edge, and where only one of them says anything.
pub(super) fn stretches(from: &[RecordBucket], to: &[RecordBucket]) -> Vec<Stretch> {
    let (earlier, later) = (edges(from), edges(to));
    let mut cuts: BTreeSet<i32> = earlier
        .iter()
        .copied()
        .filter(|edge| is_cut(&later, *edge))
        .collect();
    cuts.extend(later.iter().copied().filter(|edge| is_cut(&earlier, *edge)));
    let cuts: Vec<i32> = cuts.into_iter().collect();
    cuts.windows(2)
        .map(|pair| stretch(pair[0], pair[1], from, to))
        .filter(|stretch| !stretch.from.is_empty() || !stretch.to.is_empty())
        .collect()
}

/// The day before the first bucket, and the last day of each.
fn edges(buckets: &[RecordBucket]) -> Vec<i32> {
    let first = buckets.first().map(|bucket| day_number(bucket.start) - 1);
    let ends = buckets.iter().map(|bucket| day_number(bucket.end));
    first.into_iter().chain(ends).collect()
}

/// True unless the edge lies within a bucket of the other record.
fn is_cut(other: &[i32], edge: i32) -> bool {
    match (other.first(), other.last()) {
        (Some(first), Some(last)) => edge <= *first || edge >= *last || other.contains(&edge),
        (None, _) | (_, None) => true,
    }
}

/// The stretch after day `before` up to day `last`.
fn stretch(before: i32, last: i32, from: &[RecordBucket], to: &[RecordBucket]) -> Stretch {
    let (start, end) = (from_day_number(before + 1), from_day_number(last));
    let within = |buckets: &[RecordBucket]| {
        let first = buckets.partition_point(|bucket| bucket.start < start);
        let after = buckets.partition_point(|bucket| bucket.end <= end);
        first..after.max(first)
    };
    let label = to
        .iter()
        .chain(from)
        .find(|bucket| bucket.start == start && bucket.end == end)
        .map_or_else(|| format!("{start} to {end}"), |bucket| bucket.label.clone());
    Stretch {
        start,
        end,
        label,
        from: within(from),
        to: within(to),
    }
}

#[cfg(test)]
mod tests {
    use super::{RecordBucket, stretches};
    use crate::domain::date::parse_iso;
    use crate::forecast::Bucket;

    fn weeks(as_of: &str, days: i64) -> Vec<RecordBucket> {
        let as_of = parse_iso(as_of).unwrap();
        let last = crate::domain::date::add_days(as_of, days);
        let mut buckets = Vec::new();
        let mut start = crate::domain::date::add_days(as_of, 1);
        while start <= last {
            let sunday = crate::domain::date::add_days(crate::domain::date::monday_of(start), 6);
            let end = sunday.min(last);
            buckets.push(RecordBucket {
                start,
                end,
                label: Bucket::Week.label(start),
            });
            start = crate::domain::date::add_days(end, 1);
        }
        buckets
    }

    #[test]
    fn a_week_later_each_week_has_its_stretch_and_one_has_passed() {
        // Both Wednesdays.
        let (from, to) = (weeks("2026-09-30", 21), weeks("2026-10-07", 21));
        let found = stretches(&from, &to);
        let labels: Vec<&str> = found.iter().map(|stretch| stretch.label.as_str()).collect();
        assert_eq!(
            labels,
            ["2026-W40", "2026-W41", "2026-W42", "2026-W43", "2026-W44"]
        );
        // W40 has passed, W41 has begun, W43 ended early in the first, W44 is new.
        assert_eq!((found[0].from.clone(), found[0].to.clone()), (0..1, 0..0));
        assert_eq!((found[1].from.clone(), found[1].to.clone()), (1..2, 0..1));
        assert_eq!((found[3].from.clone(), found[3].to.clone()), (3..4, 2..3));
        assert_eq!((found[4].from.clone(), found[4].to.clone()), (4..4, 3..4));
    }

    #[test]
    fn every_bucket_of_both_has_one_place() {
        for (from, to) in [
            (weeks("2026-09-30", 91), weeks("2026-10-05", 60)),
            (weeks("2026-09-30", 10), weeks("2026-12-01", 30)),
            (weeks("2026-09-30", 10), Vec::new()),
            (Vec::new(), weeks("2026-09-30", 10)),
        ] {
            let found = stretches(&from, &to);
            let earlier: Vec<usize> = found.iter().flat_map(|stretch| stretch.from.clone()).collect();
            let later: Vec<usize> = found.iter().flat_map(|stretch| stretch.to.clone()).collect();
            assert_eq!(earlier, (0..from.len()).collect::<Vec<usize>>());
            assert_eq!(later, (0..to.len()).collect::<Vec<usize>>());
        }
    }
}
