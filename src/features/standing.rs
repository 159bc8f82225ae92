//! Where a customer lives and what kind it is, as it was known day by day.
//!
//! The customer's row may have become known after its first invoices, or been corrected. What it says holds from the
//! day it was known, for the business days of its country as for the cell of customers like it.

use std::collections::BTreeMap;

use crate::domain::Currency;
use crate::domain::calendar::BusinessCalendar;
use crate::features::Error;
use crate::features::cell::market_name;
use crate::history::{Snapshot, Version, schema::Table};

/// What was known of where a customer lives and what kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Index into [`Facts::calendars`](crate::features::facts::Facts).
    pub(crate) calendar: usize,
    /// Index into [`Facts::markets`](crate::features::facts::Facts); none where neither country nor segment was known.
    pub(crate) market: Option<u32>,
}

/// Country and segment of a customer from a day on, as far as they were known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// First day number on which this was known.
    pub(crate) from_day: i32,
    pub(crate) country: Option<String>,
    pub(crate) segment: Option<String>,
}

/// What was known of country and segment of each customer with a row, by day; of the others nothing ever was.
pub(crate) fn origins(
    snapshot: &Snapshot,
    range: Option<(&str, &str)>,
) -> Result<BTreeMap<String, Vec<Origin>>, Error> {
    let mut by_customer: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    if snapshot.is_bare(Table::Customers) {
        return Ok(BTreeMap::new());
    }
    for mut version in snapshot.versions(Table::Customers, &["country", "segment", "customer_id"], range)? {
        if let Some(id) = version.texts.pop().flatten() {
            by_customer.entry(id).or_default().push(version);
        }
    }
    let origins = by_customer.into_iter().map(|(id, mut versions)| {
        versions.sort_by_key(|version| version.known_day);
        (id, in_turn(&versions))
    });
    Ok(origins.collect())
}

/// The versions of a customer's row one after the other, with nothing known where one ended and none followed.
fn in_turn(versions: &[Version]) -> Vec<Origin> {
    let said = |version: &Version, column: usize| {
        let text = version.texts.get(column).cloned().flatten();
        text.filter(|text| !text.is_empty())
    };
    // A version that was corrected on its first day never held: it ends no other, whichever stands first.
    let holds = |version: &&Version| version.superseded_day.is_none_or(|day| day > version.known_day);
    let held: Vec<&Version> = versions.iter().filter(holds).collect();
    let mut origins: Vec<Origin> = Vec::with_capacity(held.len());
    for (place, version) in held.iter().copied().enumerate() {
        let next_day = held.get(place + 1).map_or(i32::MAX, |next| next.known_day);
        let end_day = version.superseded_day.unwrap_or(i32::MAX).min(next_day);
        origins.push(Origin {
            from_day: version.known_day,
            country: said(version, 0),
            segment: said(version, 1),
        });
        if end_day < next_day {
            origins.push(Origin {
                from_day: end_day,
                ..Origin::default()
            });
        }
    }
    origins
}

/// Calendars and markets of some customers, while they are numbered.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    calendars: Vec<BusinessCalendar>,
    markets: Vec<String>,
    calendar_of: BTreeMap<(Option<String>, String), usize>,
    market_of: BTreeMap<String, u32>,
}

impl Standings {
    /// What is known of a customer at the snapshot, and what was known before, each with the day from which the next
    /// one holds.
    pub(crate) fn in_turn(
        &mut self,
        origins: &[Origin],
        currency: &str,
    ) -> Result<(Standing, Vec<(i32, Standing)>), Error> {
        let mut earlier = Vec::new();
        let mut standing = self.numbered(&Origin::default(), currency)?;
        for origin in origins {
            let next = self.numbered(origin, currency)?;
            if next != standing {
                earlier.push((origin.from_day, standing));
                standing = next;
            }
        }
        Ok((standing, earlier))
    }

    /// The calendar of a standing.
    pub(crate) fn calendar(&self, standing: Standing) -> &BusinessCalendar {
        &self.calendars[standing.calendar]
    }

    /// All calendars and the names of all markets, by their numbers.
    pub(crate) fn into_lists(self) -> (Vec<BusinessCalendar>, Vec<String>) {
        (self.calendars, self.markets)
    }

    fn numbered(&mut self, origin: &Origin, currency: &str) -> Result<Standing, Error> {
        let name = market_name(origin.country.as_deref(), origin.segment.as_deref());
        Ok(Standing {
            calendar: self.number_calendar(origin.country.as_deref(), currency)?,
            market: name.map(|name| self.number_market(name)),
        })
    }

    fn number_market(&mut self, name: String) -> u32 {
        if let Some(number) = self.market_of.get(&name) {
            return *number;
        }
        let number = u32::try_from(self.markets.len()).expect("fewer markets than u32 holds");
        self.markets.push(name.clone());
        self.market_of.insert(name, number);
        number
    }

    /// A country without a calendar has that of the currency, so both name it.
    fn number_calendar(&mut self, country: Option<&str>, currency: &str) -> Result<usize, Error> {
        let key = (country.map(str::to_owned), currency.to_owned());
        if let Some(number) = self.calendar_of.get(&key) {
            return Ok(*number);
        }
        let calendar = match country.and_then(BusinessCalendar::for_country) {
            Some(calendar) => calendar,
            None => BusinessCalendar::for_currency(Currency::parse(currency)?),
        };
        self.calendars.push(calendar);
        self.calendar_of.insert(key, self.calendars.len() - 1);
        Ok(self.calendars.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(known_day: i32, superseded_day: Option<i32>, country: &str) -> Version {
        Version {
            known_day,
            superseded_day,
            texts: vec![Some(country.to_owned()), None],
        }
    }

    fn countries(versions: &[Version]) -> Vec<(i32, Option<String>)> {
        let origins = in_turn(versions).into_iter();
        origins.map(|origin| (origin.from_day, origin.country)).collect()
    }

    fn known(day: i32, country: &str) -> (i32, Option<String>) {
        (day, Some(country.to_owned()))
    }

    #[test]
    fn each_version_holds_until_the_next_is_known() {
        let versions = [version(10, Some(40), "NL"), version(40, None, "DE")];
        assert_eq!(countries(&versions), [known(10, "NL"), known(40, "DE")]);
    }

    #[test]
    fn nothing_is_known_after_a_version_that_none_follows() {
        let versions = [version(10, Some(30), "NL"), version(40, None, "DE")];
        assert_eq!(
            countries(&versions),
            [known(10, "NL"), (30, None), known(40, "DE")]
        );
    }

    #[test]
    fn a_version_that_never_held_says_nothing_and_ends_no_other() {
        let (wrong, right) = (version(10, Some(10), "NL"), version(10, None, "DE"));
        for versions in [[wrong.clone(), right.clone()], [right, wrong]] {
            assert_eq!(countries(&versions), [known(10, "DE")]);
        }
        let between = [
            version(10, Some(35), "NL"),
            version(30, Some(30), "FR"),
            version(40, None, "DE"),
        ];
        assert_eq!(
            countries(&between),
            [known(10, "NL"), (35, None), known(40, "DE")]
        );
    }

    #[test]
    fn before_its_row_is_known_a_customer_is_of_no_market() {
        let mut standings = Standings::default();
        let origins = in_turn(&[version(10, None, "NL")]);
        let (now, earlier) = standings.in_turn(&origins, "EUR").unwrap();
        let (never, _) = standings.in_turn(&[], "EUR").unwrap();
        assert_eq!(earlier, [(10, never)]);
        assert_eq!(never.market, None);
        assert!(now.market.is_some());
        assert_eq!(standings.calendar(now).name(), "NL");
        assert_eq!(standings.calendar(never).name(), "TARGET");
    }

    #[test]
    fn a_country_without_a_calendar_has_that_of_each_customers_currency() {
        let mut standings = Standings::default();
        let origins = in_turn(&[version(0, None, "ZZ")]);
        for (currency, expected) in [("EUR", "TARGET"), ("USD", "FED")] {
            let (standing, _) = standings.in_turn(&origins, currency).unwrap();
            assert_eq!(standings.calendar(standing).name(), expected);
        }
    }
}
