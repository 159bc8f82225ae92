//! The calendar of the bank that receives the cash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;
use crate::domain::BusinessCalendar;

/// The calendar of the bank that receives the cash: one of the built-in business calendars, by name.
///
/// ```
/// use duecast::forecast::ReceivingCalendar;
///
/// let bank: ReceivingCalendar = "us".parse()?;
/// assert_eq!(bank.name(), "FED");
/// assert!("MARS".parse::<ReceivingCalendar>().is_err());
/// # Ok::<(), duecast::forecast::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReceivingCalendar {
    name: &'static str,
}

impl ReceivingCalendar {
    /// Returns the name of the calendar.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Returns the days on which the bank books.
    #[must_use]
    pub fn days(self) -> BusinessCalendar {
        BusinessCalendar::named(self.name).expect("the name was looked up when the value was made")
    }
}

impl fmt::Display for ReceivingCalendar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name)
    }
}

impl FromStr for ReceivingCalendar {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        BusinessCalendar::named(given)
            .and_then(|found| BusinessCalendar::names().find(|name| *name == found.name()))
            .map(|name| Self { name })
            .ok_or_else(|| Error::CalendarUnknown {
                given: given.to_owned(),
                allowed: BusinessCalendar::names().collect::<Vec<_>>().join(", "),
            })
    }
}

impl Serialize for ReceivingCalendar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for ReceivingCalendar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
