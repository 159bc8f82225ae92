//! The one place that reads the time.
//!
//! Two times are told apart: the *instant* at which something was done, for audit columns and time-outs, and the
//! *business day*, the last day whose facts may be known. The business day may be fixed, which replays the past.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

use crate::domain::Date;

/// An instant; only audit columns, time-outs and HTTP know one.
pub type Timestamp = DateTime<Utc>;

/// Tells the instant and the business day.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    today: Option<Date>,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// Returns the clock of the system; a business day that is given stays the same for ever.
    #[must_use]
    pub const fn system(today: Option<Date>) -> Self {
        Self {
            source: Source::System,
            today,
        }
    }

    /// Returns a clock that stands still until it is moved, for tests.
    #[must_use]
    pub fn manual(now: Timestamp) -> Self {
        Self {
            source: Source::Manual(Arc::new(Mutex::new(now))),
            today: None,
        }
    }

    /// Returns the instant, in UTC, to the microsecond, which is what the store keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System => from_micros(system_micros()),
            Source::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Returns the business day: the fixed one, else the civil day in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today.unwrap_or_else(|| self.now().date_naive())
    }

    /// Moves a manual clock, forwards or backwards; a clock of the system does not move.
    pub fn set(&self, instant: Timestamp) {
        if let Source::Manual(now) = &self.source {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = instant;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn system_micros() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Returns the instant as the store keeps it: microseconds since 1970-01-01T00:00:00Z.
#[must_use]
pub const fn micros(instant: Timestamp) -> i64 {
    instant.timestamp_micros()
}

/// Returns the instant of a number of microseconds; one outside the calendar is its beginning.
#[must_use]
pub fn from_micros(micros: i64) -> Timestamp {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}
