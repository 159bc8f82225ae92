//! Business days: on which days does a payer pay and a bank book?
//!
//! A calendar closes weekends and holidays. Built-in calendars are rules data (fixed dates, offsets from Easter, nth
//! weekdays, and what a weekend does to each), evaluated once for 1970 to 2099; users change single days by
//! [`Overrides`].
//!
//! | name | closed besides weekends |
//! |---|---|
//! | `TARGET` | 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December; nothing is moved |
//! | `FED` (country `US`) | federal holidays; from Sunday to Monday, lost on Saturday |
//! | `GB` (also `UK`) | bank holidays of England and Wales with their substitute days |
//! | `CA` | holidays of the whole country; from a weekend to the next free weekday |
//! | `NL`, `DE`, `FR`, `BE`, `ES`, `IT` | the days of `TARGET` and the public holidays of the whole country |
//! | `WEEKENDS` | nothing |

mod national;
mod overrides;
mod rules;

use std::fmt;
use std::sync::{Arc, LazyLock};

pub use overrides::{CalendarError, Overrides};
pub use rules::easter_sunday;

use super::currency::Currency;
use super::date::{Date, add_days, day_number, from_day_number, month_start};

/// The years holidays are known for; outside them only weekends close.
const YEARS: std::ops::Range<u16> = 1970..2100;
/// The days of [`YEARS`]; day 0 is 1970-01-01.
const DAYS: usize = 47_482;
/// Days in one word of the bit set.
const WORD_BITS: usize = 64;

/// Every built-in calendar, evaluated once.
static BUILT_IN: LazyLock<Vec<BusinessCalendar>> =
    LazyLock::new(|| national::DEFINITIONS.iter().map(evaluate).collect());

/// A calendar of open and closed days.
///
/// Cheap to copy (`clone` shares the days) and to ask: a day is one bit, a count of days two look-ups.
/// Holidays are known for 1970 to 2099; outside those years only weekends are closed.
///
/// # Examples
///
/// ```
/// use duecast::domain::{BusinessCalendar, date::parse_iso};
///
/// let target = BusinessCalendar::target();
/// let good_friday = parse_iso("2026-04-03")?;
/// assert!(!target.is_business_day(good_friday));
/// assert_eq!(target.roll_forward(good_friday), parse_iso("2026-04-07")?);
///
/// // Saturday 4 July: the Federal Reserve banks are open on the Friday.
/// assert!(BusinessCalendar::fed().is_business_day(parse_iso("2026-07-03")?));
/// # Ok::<(), duecast::domain::DateError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BusinessCalendar {
    days: Arc<OpenDays>,
}

/// The evaluated days of one calendar.
#[derive(Clone, PartialEq, Eq)]
struct OpenDays {
    name: &'static str,
    /// One bit a day of [`YEARS`], set when open.
    open: Vec<u64>,
    /// Open days before each word, and behind the last word all of them.
    open_before: Vec<i64>,
}

impl BusinessCalendar {
    /// Finds the calendar of a country by its two-letter code, in any case; nothing for other countries.
    ///
    /// ```
    /// # use duecast::domain::BusinessCalendar;
    /// assert_eq!(BusinessCalendar::for_country("nl").unwrap().name(), "NL");
    /// assert_eq!(BusinessCalendar::for_country("US").unwrap().name(), "FED");
    /// assert!(BusinessCalendar::for_country("ZZ").is_none());
    /// ```
    #[must_use]
    pub fn for_country(code: &str) -> Option<Self> {
        let wanted = code.trim();
        let definitions = national::DEFINITIONS.iter();
        definitions
            .zip(BUILT_IN.iter())
            .find(|(definition, _)| has_country(definition, wanted))
            .map(|(_, calendar)| calendar.clone())
    }

    /// Returns the calendar payments in a currency settle by: TARGET for EUR, the Federal Reserve's for USD, the
    /// bank holidays of GBP and CAD, otherwise weekends only.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, Currency};
    /// assert_eq!(BusinessCalendar::for_currency(Currency::EUR).name(), "TARGET");
    /// assert_eq!(BusinessCalendar::for_currency(Currency::parse("SEK")?).name(), "WEEKENDS");
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    #[must_use]
    pub fn for_currency(currency: Currency) -> Self {
        Self::built_in(match currency.code() {
            "EUR" => national::TARGET,
            "USD" => national::FED,
            "GBP" => national::GB,
            "CAD" => national::CA,
            _ => national::WEEKENDS,
        })
    }

    /// Returns the calendar of the euro's settlement system.
    #[must_use]
    pub fn target() -> Self {
        Self::built_in(national::TARGET)
    }

    /// Returns the calendar of the Federal Reserve banks.
    #[must_use]
    pub fn fed() -> Self {
        Self::built_in(national::FED)
    }

    /// Returns the calendar that closes on weekends and on no other day.
    #[must_use]
    pub fn weekends_only() -> Self {
        Self::built_in(national::WEEKENDS)
    }

    fn built_in(name: &str) -> Self {
        BUILT_IN
            .iter()
            .find(|calendar| calendar.name() == name)
            .expect("every name constant has a definition")
            .clone()
    }

    /// Returns the names of the built-in calendars, sorted.
    ///
    /// ```
    /// # use duecast::domain::BusinessCalendar;
    /// assert!(BusinessCalendar::names().any(|name| name == "TARGET"));
    /// ```
    pub fn names() -> impl Iterator<Item = &'static str> {
        national::DEFINITIONS.iter().map(|definition| definition.name)
    }

    /// Finds a built-in calendar by its name or by a country, in any case.
    #[must_use]
    pub fn named(given: &str) -> Option<Self> {
        Self::canonical_name(given).map(Self::built_in)
    }

    /// Returns the name a calendar goes by, given that name or a country, in any case.
    fn canonical_name(given: &str) -> Option<&'static str> {
        national::DEFINITIONS
            .iter()
            .find(|definition| definition.name.eq_ignore_ascii_case(given) || has_country(definition, given))
            .map(|definition| definition.name)
    }

    /// Returns the name, such as `TARGET` or `NL`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.days.name
    }

    /// Returns the calendar with the days the overrides name for it; those of other calendars do not matter.
    ///
    /// ```
    /// use duecast::domain::{BusinessCalendar, date::parse_iso};
    ///
    /// let overrides = BusinessCalendar::overrides_from_toml("[TARGET]\nclosed = ['2026-12-31']")?;
    /// let calendar = BusinessCalendar::target().with_overrides(&overrides);
    /// assert!(!calendar.is_business_day(parse_iso("2026-12-31")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_overrides(self, overrides: &Overrides) -> Self {
        let Some(exceptions) = overrides.of(self.name()) else {
            return self;
        };
        let mut days = OpenDays::clone(&self.days);
        for day in &exceptions.closed {
            days.set(*day, false);
        }
        for day in &exceptions.open {
            days.set(*day, true);
        }
        Self {
            days: Arc::new(days.counted()),
        }
    }

    /// Reads overrides from TOML text; see [`Overrides::from_toml`].
    ///
    /// # Errors
    ///
    /// - Those of [`Overrides::from_toml`].
    pub fn overrides_from_toml(text: &str) -> Result<Overrides, CalendarError> {
        Overrides::from_toml(text)
    }

    /// Tells whether the day is open.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// assert!(BusinessCalendar::weekends_only().is_business_day(parse_iso("2026-12-25")?));
    /// assert!(!BusinessCalendar::target().is_business_day(parse_iso("2026-12-25")?));
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn is_business_day(&self, day: Date) -> bool {
        self.is_open(day_number(day))
    }

    fn is_open(&self, day: i32) -> bool {
        match usize::try_from(day) {
            Ok(index) if index < DAYS => (self.days.open[index / WORD_BITS] >> (index % WORD_BITS)) & 1 == 1,
            _ => weekdays_before(i64::from(day) + 1) > weekdays_before(i64::from(day)),
        }
    }

    /// Tells for each of `days` days from `first` on whether it is open, for callers that ask in bulk.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// let thursday = parse_iso("2026-04-02")?;
    /// assert_eq!(
    ///     BusinessCalendar::target().window(thursday, 6),
    ///     [true, false, false, false, false, true]
    /// );
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn window(&self, first: Date, days: usize) -> Vec<bool> {
        (day_number(first)..)
            .take(days)
            .map(|day| self.is_open(day))
            .collect()
    }

    /// Returns the day itself when open, otherwise the next open day.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// let saturday = parse_iso("2026-02-14")?;
    /// assert_eq!(BusinessCalendar::target().roll_forward(saturday), parse_iso("2026-02-16")?);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn roll_forward(&self, day: Date) -> Date {
        let open = (day_number(day)..).find(|number| self.is_open(*number));
        open.map_or(day, from_day_number)
    }

    /// Returns the day itself when open, otherwise the last open day before it.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// let easter_monday = parse_iso("2026-04-06")?;
    /// assert_eq!(BusinessCalendar::target().roll_back(easter_monday), parse_iso("2026-04-02")?);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn roll_back(&self, day: Date) -> Date {
        let earlier = (day_number(Date::MIN)..=day_number(day)).rev();
        let mut open = earlier.filter(|number| self.is_open(*number));
        open.next().map_or(day, from_day_number)
    }

    /// Counts the open days from `start` up to but not including `end`; negative when `end` is earlier.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// let target = BusinessCalendar::target();
    /// let (thursday, tuesday) = (parse_iso("2026-04-02")?, parse_iso("2026-04-07")?);
    /// assert_eq!(target.business_days_between(thursday, tuesday), 1);
    /// assert_eq!(target.business_days_between(tuesday, thursday), -1);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn business_days_between(&self, start: Date, end: Date) -> i64 {
        self.days.open_before(day_number(end)) - self.days.open_before(day_number(start))
    }

    /// Counts the open days of the month up to and including the day: 1 on the first business day.
    ///
    /// ```
    /// # use duecast::domain::{BusinessCalendar, date::parse_iso};
    /// let target = BusinessCalendar::target();
    /// assert_eq!(target.business_day_of_month(parse_iso("2026-01-02")?), 1);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn business_day_of_month(&self, day: Date) -> i64 {
        self.business_days_between(month_start(day), add_days(day, 1))
    }
}

impl fmt::Debug for BusinessCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessCalendar")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl OpenDays {
    /// Opens or closes a day; days outside [`YEARS`] stay as they are.
    fn set(&mut self, day: Date, is_open: bool) {
        if let Ok(index) = usize::try_from(day_number(day))
            && index < DAYS
        {
            let bit = 1_u64 << (index % WORD_BITS);
            if is_open {
                self.open[index / WORD_BITS] |= bit;
            } else {
                self.open[index / WORD_BITS] &= !bit;
            }
        }
    }

    /// Brings the counts in line with the days.
    fn counted(mut self) -> Self {
        let mut total = 0;
        self.open_before = vec![0];
        for word in &self.open {
            total += i64::from(word.count_ones());
            self.open_before.push(total);
        }
        self
    }

    /// Counts the open days from 1970-01-01 up to but not including the day, negative before 1970.
    fn open_before(&self, day: i32) -> i64 {
        let day = i64::from(day);
        let Ok(index) = usize::try_from(day) else {
            return weekdays_before(day);
        };
        if index >= DAYS {
            let all = self.open_before[self.open.len()];
            let known = i64::try_from(DAYS).expect("the known days are few");
            return all + weekdays_before(day) - weekdays_before(known);
        }
        let earlier_in_word = (1_u64 << (index % WORD_BITS)) - 1;
        let word = self.open[index / WORD_BITS] & earlier_in_word;
        self.open_before[index / WORD_BITS] + i64::from(word.count_ones())
    }
}

/// Counts the days from Monday to Friday from 1970-01-01 up to but not including the day.
fn weekdays_before(day: i64) -> i64 {
    let since_monday = |day: i64| 5 * day.div_euclid(7) + day.rem_euclid(7).min(5);
    // 1970-01-01 is a Thursday, three days after a Monday.
    since_monday(day + 3) - since_monday(3)
}

fn has_country(definition: &national::Definition, code: &str) -> bool {
    let mut countries = definition.countries.iter();
    countries.any(|country| country.eq_ignore_ascii_case(code))
}

/// Evaluates the rules of a calendar for all known years.
fn evaluate(definition: &national::Definition) -> BusinessCalendar {
    let mut days = OpenDays {
        name: definition.name,
        open: vec![0; DAYS.div_ceil(WORD_BITS)],
        open_before: Vec::new(),
    };
    for day in (0..).take(DAYS).map(from_day_number) {
        days.set(day, !rules::is_weekend(day));
    }
    for day in YEARS.flat_map(|year| rules::holidays(definition.rules, year)) {
        days.set(day, false);
    }
    BusinessCalendar {
        days: Arc::new(days.counted()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn the_known_days_are_exactly_the_known_years() {
        let last = from_day_number(i32::try_from(DAYS).unwrap() - 1);
        assert_eq!(last.year(), i32::from(YEARS.end) - 1);
        assert_eq!((last.month(), last.day()), (12, 31));
    }
}
