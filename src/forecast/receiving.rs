//! The calendar of the bank that receives the cash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl TryFrom<String> for ReceivingCalendar {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<ReceivingCalendar> for String {
    fn from(calendar: ReceivingCalendar) -> Self {
        calendar.name.to_owned()
    }
}
