//! Buckets of days: how the horizon is cut into days, ISO weeks, calendar months or all three.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::domain::date::{add_days, day_number, from_day_number, iso_week_label, monday_of, month_end};
use crate::domain::{BusinessCalendar, Date};

/// Business days that mixed buckets tell one by one.
const MIXED_DAYS: usize = 10;
/// Last day after the cut-off whose week is a bucket of its own among mixed buckets.
const MIXED_WEEKS_END: i32 = 91;

/// Size of the buckets of a forecast.
///
/// Weeks are ISO 8601 weeks (Monday to Sunday), months are calendar months. The first and the last
/// bucket may be partial: a forecast as of a Wednesday starts on the Thursday.
///
/// Mixed buckets are ten business days, then ISO weeks to the end of the one that holds day 91, then
/// calendar months. Days on which the bank is closed belong to the business day that follows, so a
/// Monday's bucket begins on the Saturday. The first week and the first month may be partial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// One calendar day.
    Day,
    /// One ISO week, Monday to Sunday.
    #[default]
    Week,
    /// One calendar month.
    Month,
    /// Ten business days, then ISO weeks, then calendar months.
    Mixed,
}

/// One bucket's days, both ends inclusive, and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSpan {
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// `2026-10-01`, `2026-W53` or `2026-10`.
    pub label: String,
}

impl Bucket {
    /// Every bucket size.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Mixed];

    /// Returns the name used on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Mixed => "mixed",
        }
    }

    /// Returns the label of the bucket that holds `date`; of mixed buckets, the one of a day.
    #[must_use]
    pub fn label(self, date: Date) -> String {
        match self {
            Self::Day | Self::Mixed => date.to_string(),
            Self::Week => iso_week_label(date),
            Self::Month => date.format("%Y-%m").to_string(),
        }
    }

    /// Cuts the days after `as_of`, up to `as_of + horizon_days`, into buckets.
    ///
    /// The buckets follow each other without a gap; the first starts on the day after `as_of`, the
    /// last ends on the last day of the horizon. Business days are those from Monday to Friday.
    #[must_use]
    pub fn spans(self, as_of: Date, horizon_days: u32) -> Vec<BucketSpan> {
        self.spans_by(as_of, horizon_days, &BusinessCalendar::weekends_only())
    }

    /// Cuts the horizon into buckets by a calendar, which matters to mixed ones alone.
    pub(super) fn spans_by(
        self,
        as_of: Date,
        horizon_days: u32,
        business_days: &BusinessCalendar,
    ) -> Vec<BucketSpan> {
        let first = day_number(as_of) + 1;
        let last = day_number(as_of).saturating_add_unsigned(horizon_days);
        let mut spans = Vec::new();
        let mut next = first;
        while next <= last {
            let start = from_day_number(next);
            let size = self.size_at(next - first, spans.len());
            let whole_end = size.last_day_of(start, business_days);
            let end = day_number(whole_end).min(last);
            // A business day names its bucket, not the closed days before it.
            let named = if size == Self::Mixed {
                from_day_number(end)
            } else {
                start
            };
            spans.push(BucketSpan {
                start,
                end: from_day_number(end),
                label: size.label(named),
            });
            next = end + 1;
        }
        spans
    }

    /// Returns the size of the bucket that starts after `passed` days and `count` buckets.
    fn size_at(self, passed: i32, count: usize) -> Self {
        match self {
            Self::Day | Self::Week | Self::Month => self,
            Self::Mixed if count < MIXED_DAYS => Self::Mixed,
            Self::Mixed if passed < MIXED_WEEKS_END => Self::Week,
            Self::Mixed => Self::Month,
        }
    }

    /// Returns the last day of the whole bucket that holds `date`; of mixed buckets, the one of a business day.
    fn last_day_of(self, date: Date, business_days: &BusinessCalendar) -> Date {
        match self {
            Self::Day => date,
            Self::Week => add_days(monday_of(date), 6),
            Self::Month => month_end(date),
            Self::Mixed => business_days.roll_forward(date),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Bucket {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|bucket| bucket.name() == name)
            .ok_or_else(|| Error::BucketUnknown {
                given: name.to_string(),
            })
    }
}
