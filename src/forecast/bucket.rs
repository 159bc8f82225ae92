//! Buckets of days: how the horizon is cut into days, ISO weeks or calendar months.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number, iso_week_label, monday_of, month_end};

/// Size of the buckets of a forecast.
///
/// Weeks are ISO 8601 weeks (Monday to Sunday), months are calendar months. The first and the last
/// bucket may be partial: a forecast as of a Wednesday starts on the Thursday.
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
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Returns the name used on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Returns the label of the bucket that holds `date`.
    #[must_use]
    pub fn label(self, date: Date) -> String {
        match self {
            Self::Day => date.to_string(),
            Self::Week => iso_week_label(date),
            Self::Month => date.format("%Y-%m").to_string(),
        }
    }

    /// Cuts the days after `as_of`, up to `as_of + horizon_days`, into buckets.
    ///
    /// The buckets follow each other without a gap; the first starts on the day after `as_of`, the
    /// last ends on the last day of the horizon.
    #[must_use]
    pub fn spans(self, as_of: Date, horizon_days: u32) -> Vec<BucketSpan> {
        let first = day_number(as_of) + 1;
        let last = day_number(as_of).saturating_add_unsigned(horizon_days);
        let mut spans = Vec::new();
        let mut next = first;
        while next <= last {
            let start = from_day_number(next);
            let end = day_number(self.last_day_of(start)).min(last);
            spans.push(BucketSpan {
                start,
                end: from_day_number(end),
                label: self.label(start),
            });
            next = end + 1;
        }
        spans
    }

    /// Returns the last day of the whole bucket that holds `date`.
    fn last_day_of(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => from_day_number(day_number(monday_of(date)) + 6),
            Self::Month => month_end(date),
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
