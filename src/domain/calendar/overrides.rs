//! What users know better: days a calendar is closed or open, as TOML text.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::{BusinessCalendar, DAYS};
use crate::domain::date::{Date, day_number, parse_iso};

/// What can be wrong with calendar overrides.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CalendarError {
    /// The text is not TOML.
    #[error("calendar overrides are not TOML; allowed a table a calendar, such as [TARGET]")]
    TomlInvalid {
        /// Where and why.
        source: toml::de::Error,
    },
    /// No calendar has that name.
    #[error("calendar is unknown; allowed {allowed}; given {given:?}")]
    CalendarUnknown {
        /// The names there are.
        allowed: String,
        /// The name that was given.
        given: String,
    },
    /// A key is not one of the two, or does not hold a list.
    #[error(
        "calendar override of [{calendar}] is invalid; allowed closed = [dates] and open = [dates]; given {given}"
    )]
    KeyInvalid {
        /// The calendar.
        calendar: String,
        /// The key, with its value where that is wrong.
        given: String,
    },
    /// A list holds something that is not a day holidays are known for.
    #[error(
        "date in {key} of [{calendar}] is invalid; allowed YYYY-MM-DD from 1970-01-01 to 2099-12-31; given {given}"
    )]
    DateInvalid {
        /// The calendar.
        calendar: String,
        /// `closed` or `open`.
        key: String,
        /// The value that was given.
        given: String,
    },
    /// A day is declared both closed and open.
    #[error("date of [{calendar}] is contradictory; allowed closed or open; given both for {date}")]
    DateContradictory {
        /// The calendar.
        calendar: String,
        /// The day.
        date: Date,
    },
}

/// Days on which calendars differ from their rules, by the name of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    calendars: BTreeMap<&'static str, Exceptions>,
}

/// The days of one calendar that differ from its rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exceptions {
    pub(super) closed: BTreeSet<Date>,
    pub(super) open: BTreeSet<Date>,
}

impl Overrides {
    /// Reads overrides: a table a calendar, with the lists `closed` and `open`.
    ///
    /// A calendar goes by its name or by a country it belongs to (`US` is `FED`), in any case. Dates are text or
    /// TOML dates.
    ///
    /// ```
    /// use duecast::domain::calendar::Overrides;
    ///
    /// let text = r#"
    /// [TARGET]
    /// closed = ["2026-12-31"]
    /// [NL]
    /// open = [2026-04-27]
    /// "#;
    /// assert!(Overrides::from_toml(text).is_ok());
    ///
    /// let error = Overrides::from_toml("[TARGET]\nclosed = ['31-12-2026']").unwrap_err();
    /// assert!(error.to_string().contains("allowed YYYY-MM-DD"));
    /// ```
    ///
    /// # Errors
    ///
    /// - [`CalendarError::TomlInvalid`] when the text is not TOML.
    /// - [`CalendarError::CalendarUnknown`] when no calendar has the name.
    /// - [`CalendarError::KeyInvalid`] for keys other than `closed` and `open`, or when they hold no list.
    /// - [`CalendarError::DateInvalid`] for anything but an existing day of 1970 to 2099.
    /// - [`CalendarError::DateContradictory`] when a day is both closed and open.
    pub fn from_toml(text: &str) -> Result<Self, CalendarError> {
        let document: toml::Table =
            toml::from_str(text).map_err(|source| CalendarError::TomlInvalid { source })?;
        let mut calendars: BTreeMap<&'static str, Exceptions> = BTreeMap::new();
        for (calendar, value) in &document {
            let name =
                BusinessCalendar::canonical_name(calendar).ok_or_else(|| CalendarError::CalendarUnknown {
                    allowed: BusinessCalendar::names().collect::<Vec<_>>().join(", "),
                    given: calendar.clone(),
                })?;
            let exceptions = calendars.entry(name).or_default();
            let table = value
                .as_table()
                .ok_or_else(|| key_invalid(calendar, &value.to_string()))?;
            for (key, dates) in table {
                let days = read_dates(calendar, key, dates)?;
                if key == "closed" {
                    exceptions.closed.extend(days);
                } else {
                    exceptions.open.extend(days);
                }
            }
            if let Some(date) = exceptions.closed.intersection(&exceptions.open).next() {
                return Err(CalendarError::DateContradictory {
                    calendar: calendar.clone(),
                    date: *date,
                });
            }
        }
        Ok(Self { calendars })
    }

    /// Tells whether nothing is overridden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calendars.is_empty()
    }

    /// Returns what differs for the calendar of that name.
    pub(super) fn of(&self, name: &str) -> Option<&Exceptions> {
        self.calendars.get(name)
    }
}

fn key_invalid(calendar: &str, given: &str) -> CalendarError {
    CalendarError::KeyInvalid {
        calendar: calendar.to_owned(),
        given: given.to_owned(),
    }
}

/// Reads the list of one key.
fn read_dates(calendar: &str, key: &str, dates: &toml::Value) -> Result<BTreeSet<Date>, CalendarError> {
    if !matches!(key, "closed" | "open") {
        return Err(key_invalid(calendar, key));
    }
    let list = dates
        .as_array()
        .ok_or_else(|| key_invalid(calendar, &format!("{key} = {dates}")))?;
    list.iter()
        .map(|value| {
            // A TOML date prints as it is written.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parse_iso(&text)
                .ok()
                .filter(|date| usize::try_from(day_number(*date)).is_ok_and(|day| day < DAYS))
                .ok_or_else(|| CalendarError::DateInvalid {
                    calendar: calendar.to_owned(),
                    key: key.to_owned(),
                    given: value.to_string(),
                })
        })
        .collect()
}
