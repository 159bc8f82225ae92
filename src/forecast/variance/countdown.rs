//! Every forecast ever made for one target, beside what came.

use std::str::FromStr;

use super::facts::CashFacts;
use crate::domain::date::{
    add_days, day_number, iso_week_label, monday_of, month_end, month_start, parse_iso,
};
use crate::domain::{Currency, Date};
use crate::forecast::Error;
use crate::forecast::record::{ForecastRecord, RecordAmounts, RecordCurrency};

/// A day, an ISO week or a calendar month that forecasts were made for.
///
/// ```
/// use duecast::forecast::variance::Target;
///
/// let week: Target = "2026-W53".parse()?;
/// assert_eq!(week.start().to_string(), "2026-12-28");
/// assert_eq!(week.end().to_string(), "2027-01-03");
/// assert!("2027-W53".parse::<Target>().is_err());
/// # Ok::<(), duecast::forecast::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    start: Date,
    end: Date,
    label: String,
}

impl Target {
    /// Returns the first day.
    #[must_use]
    pub fn start(&self) -> Date {
        self.start
    }

    /// Returns the last day, inclusive.
    #[must_use]
    pub fn end(&self) -> Date {
        self.end
    }

    /// Returns `2026-10-01`, `2026-W40` or `2026-10`.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = match text.len() {
            10 => parse_iso(text).ok().map(|day| (day, day)),
            8 => week(text),
            7 => parse_iso(&format!("{text}-01"))
                .ok()
                .map(|day| (month_start(day), month_end(day))),
            _ => None,
        };
        let (start, end) = days.ok_or_else(|| Error::TargetInvalid {
            given: text.to_owned(),
        })?;
        Ok(Self {
            start,
            end,
            label: text.to_owned(),
        })
    }
}

/// Returns the days of an ISO week, `2026-W40`.
fn week(text: &str) -> Option<(Date, Date)> {
    let (year, number) = text.split_once("-W")?;
    let weeks: i64 = number.parse().ok()?;
    // The fourth of January is always in the first week.
    let first = monday_of(parse_iso(&format!("{year}-01-04")).ok()?);
    let monday = add_days(first, 7 * (weeks - 1));
    (iso_week_label(monday) == text).then(|| (monday, add_days(monday, 6)))
}

/// What one forecast said of the target, in one currency; amounts in its minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountdownRow {
    /// The record.
    pub forecast_id: String,
    /// The model of the forecast.
    pub model: String,
    /// The cut-off of the forecast.
    pub as_of: Date,
    /// Days from the cut-off to the first day of the target.
    pub days_ahead: i32,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Mean of all layers.
    pub expected: i64,
    /// P10, P50 and P90; `None` where the target is several buckets, since quantiles do not add up.
    pub band: Option<(i64, i64, i64)>,
    /// What came so far.
    pub actual: i64,
    /// Whether the target was over on the last day of the facts.
    pub is_over: bool,
}

impl CountdownRow {
    /// Returns forecast minus actual: above zero promised too much.
    #[must_use]
    pub fn error(&self) -> i64 {
        self.expected - self.actual
    }
}

/// Returns what every record that covers the whole target said of it, by currency, the earliest forecast first.
///
/// A record made within the target, or with buckets that the target cuts, says nothing of it.
#[must_use]
pub fn countdown(records: &[ForecastRecord], target: &Target, facts: &CashFacts) -> Vec<CountdownRow> {
    let mut rows = Vec::new();
    for record in records {
        let head = record.head();
        let first = head
            .buckets
            .iter()
            .position(|bucket| bucket.start == target.start);
        let last = head.buckets.iter().position(|bucket| bucket.end == target.end);
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        for currency in &head.currencies {
            let (expected, band) = said(currency, first, last);
            rows.push(CountdownRow {
                forecast_id: record.forecast_id().to_owned(),
                model: head.model.clone(),
                as_of: head.as_of,
                days_ahead: day_number(target.start) - day_number(head.as_of),
                currency: currency.currency,
                expected,
                band,
                actual: received(facts, target, currency.currency),
                is_over: target.end <= facts.as_of(),
            });
        }
    }
    rows.sort_by(|one, other| {
        (one.currency, one.as_of, &one.forecast_id).cmp(&(other.currency, other.as_of, &other.forecast_id))
    });
    rows
}

fn said(currency: &RecordCurrency, first: usize, last: usize) -> (i64, Option<(i64, i64, i64)>) {
    let amounts = currency.amounts.get(first..=last).unwrap_or_default();
    let expected = amounts.iter().map(RecordAmounts::expected).sum();
    let band = match amounts {
        [only] => Some((only.p10, only.p50, only.p90)),
        [] | [_, ..] => None,
    };
    (expected, band)
}

/// Returns the cash of the target's days.
fn received(facts: &CashFacts, target: &Target, currency: Currency) -> i64 {
    let of_target = facts.settlements().iter().filter(|one| {
        one.is_cash && one.currency == currency && (target.start..=target.end).contains(&one.date)
    });
    of_target.map(|one| one.minor).sum()
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_target_is_a_day_a_week_or_a_month() {
        let days = |text: &str| {
            let target: Target = text.parse().unwrap();
            format!("{} {}", target.start(), target.end())
        };
        assert_eq!(days("2026-10-01"), "2026-10-01 2026-10-01");
        assert_eq!(days("2026-W40"), "2026-09-28 2026-10-04");
        assert_eq!(days("2026-W01"), "2025-12-29 2026-01-04");
        assert_eq!(days("2028-02"), "2028-02-01 2028-02-29");
    }

    #[test]
    fn what_is_no_target_is_told_what_is_allowed() {
        for text in [
            "2026",
            "2026-13",
            "2026-W00",
            "2026-W54",
            "2025-W53",
            "2026-02-30",
            "2026-w40",
        ] {
            let refusal = text.parse::<Target>().unwrap_err().to_string();
            assert!(
                refusal.contains("2026-W40") && refusal.contains(text),
                "{refusal}"
            );
        }
    }
}
