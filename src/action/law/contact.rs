//! Formal notices, hours of contact, and terms of payment.

use chrono::{Datelike, NaiveTime, Weekday};
use serde::Serialize;

use super::Law;
use super::rule::{ContactTerms, Content, Subject};
use crate::action::kind::PartyType;
use crate::action::policy::ContactCap;
use crate::domain::date::add_days;
use crate::domain::{BusinessCalendar, Date};

/// Days of a notice where no table has any.
const NOTICE_DAYS: u32 = 14;

/// How long a formal notice must leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Days, counted from the day after it was delivered: that day is the first.
    pub days: u32,
    /// Whether the law asks for it; otherwise the days are our own.
    pub required: bool,
    /// Who says so.
    pub source: String,
}

impl Notice {
    /// Returns the last day of a notice that was delivered on a day; from the next day on it has expired.
    #[must_use]
    pub fn last_day(&self, delivered_on: Date) -> Date {
        add_days(delivered_on, i64::from(self.days))
    }
}

/// Days on which nobody is contacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DaysOff {
    /// Whether Sundays are off.
    pub sundays: bool,
    /// Whether public holidays are off.
    pub holidays: bool,
}

/// When a customer may be contacted, in its own time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactHours {
    /// Earliest time of a day.
    pub earliest: NaiveTime,
    /// Latest time of a day.
    pub latest: NaiveTime,
    /// Days without any contact.
    pub days_off: DaysOff,
    /// At most so many contacts in so many days.
    pub caps: Vec<ContactCap>,
    /// Who says so; empty where nobody does.
    pub source: String,
}

impl ContactHours {
    /// Returns whether a day is off in a country; holidays are those of its calendar, or none where it has none.
    #[must_use]
    pub fn is_day_off(&self, day: Date, country: Option<&str>) -> bool {
        let weekday = day.weekday();
        if weekday == Weekday::Sun && self.days_off.sundays {
            return true;
        }
        let is_weekend = matches!(weekday, Weekday::Sat | Weekday::Sun);
        let calendar = country.and_then(BusinessCalendar::for_country);
        let is_holiday = !is_weekend && calendar.is_some_and(|calendar| !calendar.is_business_day(day));
        is_holiday && self.days_off.holidays
    }

    fn tightened(mut self, terms: &ContactTerms, source: &str) -> Self {
        self.earliest = self.earliest.max(terms.earliest);
        self.latest = self.latest.min(terms.latest);
        self.days_off.sundays |= terms.sundays_off;
        self.days_off.holidays |= terms.holidays_off;
        self.caps.extend_from_slice(&terms.caps);
        if !self.source.is_empty() {
            self.source.push_str("; ");
        }
        self.source.push_str(source);
        self
    }
}

/// How long a contract may leave to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Most days, unless expressly agreed otherwise.
    pub days: u32,
    /// Days where no term was agreed.
    pub days_where_none: u32,
    /// Most days where a large company buys from a small or medium one.
    pub days_of_large_buyer: Option<u32>,
    /// Who says so.
    pub source: String,
}

impl Law {
    /// Returns how long a formal notice to a customer must leave: 14 days where no rule is known.
    #[must_use]
    pub fn notice(&self, country: Option<&str>, party: PartyType, on: Date) -> Notice {
        let rules = self.rules_on(Subject::Notice, country, party, on);
        let found = rules.iter().find_map(|rule| match &rule.content {
            Content::Notice(terms) => Some(Notice {
                days: terms.days,
                required: terms.is_required,
                source: rule.source.clone(),
            }),
            _ => None,
        });
        found.unwrap_or_else(|| Notice {
            days: NOTICE_DAYS,
            required: false,
            source: "own default".to_owned(),
        })
    }

    /// Returns when a customer may be contacted: the tightest of all rules that hold; the whole day where none does.
    #[must_use]
    pub fn contact_hours(&self, country: Option<&str>, party: PartyType, on: Date) -> ContactHours {
        let whole_day = ContactHours {
            earliest: NaiveTime::MIN,
            latest: NaiveTime::from_hms_opt(23, 59, 59).expect("a time of day"),
            days_off: DaysOff::default(),
            caps: Vec::new(),
            source: String::new(),
        };
        let rules = self.rules_on(Subject::Contact, country, party, on);
        rules.iter().fold(whole_day, |hours, rule| match &rule.content {
            Content::Contact(terms) => hours.tightened(terms, &rule.source),
            _ => hours,
        })
    }

    /// Returns how long a contract with a customer may leave to pay, where a rule is known.
    #[must_use]
    pub fn longest_term(&self, country: Option<&str>, party: PartyType, on: Date) -> Option<Term> {
        let rules = self.rules_on(Subject::Term, country, party, on);
        rules.iter().find_map(|rule| match &rule.content {
            Content::Term(limits) => Some(Term {
                days: limits.days,
                days_where_none: limits.days_where_none,
                days_of_large_buyer: limits.days_of_large_buyer,
                source: rule.source.clone(),
            }),
            _ => None,
        })
    }
}
