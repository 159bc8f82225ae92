//! On which days and at what hours a customer may be contacted, in its own time: the tighter of policy and law.

use chrono::{Datelike, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;

use super::refusal::Refusal;
use crate::action::account::Account;
use crate::action::candidate::ContactWindow;
use crate::action::law::{ContactHours, Law};
use crate::action::policy::{ContactCap, Policy};
use crate::domain::date::add_days;
use crate::domain::{BusinessCalendar, Date};

/// Days that are looked through for the next one on which somebody may be contacted.
const LOOK_AHEAD_DAYS: i64 = 31;
/// Minutes by which a time that a change of the clock skips is moved; every zone changes by a multiple of these.
const SKIP_MINUTES: i64 = 15;

/// When a customer may be reached.
#[derive(Debug)]
pub(super) struct Reach {
    /// The hours of the day, or why there are none.
    pub(super) window: Result<ContactWindow, Refusal>,
    /// Caps of the law.
    pub(super) caps: Vec<ContactCap>,
}

impl Reach {
    pub(super) fn of(account: &Account, day: Date, policy: &Policy, law: &Law) -> Self {
        let hours = law.contact_hours(account.country.as_deref(), account.party_type, day);
        let days = Days {
            account,
            policy,
            hours: &hours,
            calendar: calendar(account),
        };
        Self {
            window: days.window(day),
            caps: hours.caps.clone(),
        }
    }
}

/// The days of a customer.
#[derive(Debug)]
struct Days<'a> {
    account: &'a Account,
    policy: &'a Policy,
    hours: &'a ContactHours,
    calendar: BusinessCalendar,
}

impl Days<'_> {
    fn window(&self, day: Date) -> Result<ContactWindow, Refusal> {
        if let Some(reason) = self.closed(day) {
            let next = (1..=LOOK_AHEAD_DAYS)
                .map(|ahead| add_days(day, ahead))
                .find(|later| self.closed(*later).is_none());
            let words = next
                .map(|next| format!("; {next} is the next possible day"))
                .unwrap_or_default();
            let refusal = Refusal::new("outside_contact_days", format!("{day} is {reason}{words}"));
            return Err(match next {
                Some(next) => refusal.until(add_days(next, -1)),
                None => refusal,
            });
        }
        let zone = zone(self.account, self.policy);
        let caps = &self.policy.caps;
        let from = existing(zone, day, caps.earliest.max(self.hours.earliest));
        let until = caps.latest.min(self.hours.latest);
        match from.filter(|from| *from < until) {
            Some(from) => Ok(ContactWindow {
                date: day,
                from,
                until,
                timezone: zone.name().to_owned(),
            }),
            None => {
                let text = format!(
                    "the policy allows {} to {}, the law {} to {}",
                    caps.earliest, caps.latest, self.hours.earliest, self.hours.latest
                );
                Err(Refusal::new("outside_contact_hours", text))
            }
        }
    }

    /// Says what a day is on which nobody is contacted.
    fn closed(&self, day: Date) -> Option<&'static str> {
        let weekday = day.weekday();
        let is_person = self.account.party_type.is_natural_person();
        let is_weekend = matches!(weekday, Weekday::Sat | Weekday::Sun);
        if weekday == Weekday::Sun && (is_person || self.hours.days_off.sundays) {
            return Some("a Sunday");
        }
        if is_weekend && self.policy.caps.business_days_only {
            return Some("on a weekend");
        }
        let keeps_holidays = is_person || self.policy.caps.business_days_only;
        let is_off = self.hours.is_day_off(day, self.account.country.as_deref());
        (is_off || (keeps_holidays && self.is_holiday(day))).then_some("a public holiday")
    }

    /// Whether a day is a public holiday. A calendar knows that a Saturday is closed and not why: a day that is closed
    /// on all working days of the years around it is a holiday on a Saturday too.
    fn is_holiday(&self, day: Date) -> bool {
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            return !self.calendar.is_business_day(day);
        }
        let around = (-6..=6).filter(|years| *years != 0);
        let same = around.filter_map(|years| Date::from_ymd_opt(day.year() + years, day.month(), day.day()));
        let working: Vec<Date> = same
            .filter(|other| !matches!(other.weekday(), Weekday::Sat | Weekday::Sun))
            .collect();
        !working.is_empty() && working.iter().all(|other| !self.calendar.is_business_day(*other))
    }
}

/// The calendar of the customer's country; where it is not known only weekends are closed.
fn calendar(account: &Account) -> BusinessCalendar {
    let known = account.country.as_deref().and_then(BusinessCalendar::for_country);
    known.unwrap_or_else(BusinessCalendar::weekends_only)
}

/// The customer's time zone; that of the policy where none is told, or one that nobody knows.
fn zone(account: &Account, policy: &Policy) -> Tz {
    let told = account
        .timezone
        .as_deref()
        .and_then(|name| name.parse::<Tz>().ok());
    told.or_else(|| policy.caps.timezone.parse::<Tz>().ok())
        .unwrap_or(Tz::UTC)
}

/// The first time of a day, from `time` on, that its clock shows: in spring an hour is skipped.
fn existing(zone: Tz, day: Date, time: NaiveTime) -> Option<NaiveTime> {
    let mut local = day.and_time(time);
    while local.date() == day {
        if zone.from_local_datetime(&local).earliest().is_some() {
            return Some(local.time());
        }
        local = local.checked_add_signed(TimeDelta::minutes(SKIP_MINUTES))?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    fn day(year: i32, month: u32, day: u32) -> Date {
        Date::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn an_hour_that_the_clock_skips_in_spring_is_moved_to_the_first_that_there_is() {
        let spring = day(2026, 3, 29);
        assert_eq!(existing(Tz::Europe__Amsterdam, spring, at(2, 30)), Some(at(3, 0)));
        assert_eq!(
            existing(Tz::Europe__Amsterdam, spring, at(1, 59)),
            Some(at(1, 59))
        );
        assert_eq!(existing(Tz::Europe__London, spring, at(1, 30)), Some(at(2, 0)));
    }

    #[test]
    fn an_hour_that_comes_twice_in_autumn_is_there() {
        assert_eq!(
            existing(Tz::Europe__Amsterdam, day(2026, 10, 25), at(2, 30)),
            Some(at(2, 30))
        );
    }

    #[test]
    fn a_day_that_begins_at_one_begins_at_one() {
        // Beirut moves its clock at midnight: 29 March 2026 has no hour from 0 to 1.
        assert_eq!(
            existing(Tz::Asia__Beirut, day(2026, 3, 29), at(0, 0)),
            Some(at(1, 0))
        );
    }
}
