//! Exchange rates as they were known: the latest on or before a day, direct, inverse or through a third currency.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataType, col, lit};

use super::Error;
use super::attributes::{collected, texts, told};
use crate::domain::date::{day_number, from_day_number};
use crate::domain::{Currency, Date, MoneyError};
use crate::history::{Snapshot, Table};

/// Units of one currency for one unit of another, as quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The currency of which one unit is meant.
    pub from: Currency,
    /// The currency of the units.
    pub into: Currency,
    /// Units of `into` for one unit of `from`.
    pub rate: f64,
    /// Day of the rate.
    pub rate_date: Date,
    /// Who quoted it, where that is told.
    pub source: Option<String>,
}

/// The rate used for a currency, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct RateUsed {
    /// The currency translated.
    pub currency: Currency,
    /// Units of the target for one unit of it.
    pub rate: f64,
    /// Day of the rate; the older one where two were needed.
    pub rate_date: Date,
    /// Who quoted it and how it was found: `ECB`, `ECB, inverse` or `ECB, through EUR`.
    pub source: String,
}

/// The latest rate of each pair on or before a day.
#[derive(Clone, Debug)]
pub struct Rates {
    as_of: Date,
    latest: BTreeMap<(Currency, Currency), Rate>,
}

impl Rates {
    /// Keeps of each pair the latest rate on or before `as_of`; of two on one day the last given.
    ///
    /// # Errors
    ///
    /// [`Error::RateInvalid`] if a rate is not finite or not more than zero.
    pub fn new(as_of: Date, rates: impl IntoIterator<Item = Rate>) -> Result<Self, Error> {
        let mut latest: BTreeMap<(Currency, Currency), Rate> = BTreeMap::new();
        for rate in rates {
            if !(rate.rate.is_finite() && rate.rate > 0.0) {
                return Err(Error::RateInvalid {
                    from: rate.from,
                    into: rate.into,
                    rate_date: rate.rate_date,
                    given: rate.rate,
                });
            }
            let pair = (rate.from, rate.into);
            let is_newer = latest
                .get(&pair)
                .is_none_or(|known| known.rate_date <= rate.rate_date);
            if rate.rate_date <= as_of && is_newer {
                latest.insert(pair, rate);
            }
        }
        Ok(Self { as_of, latest })
    }

    /// Reads the rates of a snapshot.
    ///
    /// # Errors
    ///
    /// - [`Error::Ledger`], [`Error::Table`] or [`Error::Money`] when the ledger cannot be read.
    /// - Those of [`Rates::new`].
    pub fn read(snapshot: &Snapshot, as_of: Date) -> Result<Self, Error> {
        let day = col("rate_date").cast(DataType::Int32);
        let query = snapshot
            .table(Table::FxRates)
            .filter(day.clone().lt_eq(lit(day_number(as_of))))
            .select([
                col("from_currency"),
                col("to_currency"),
                day,
                col("rate"),
                col("source"),
            ]);
        let frame = collected(snapshot, query)?;
        let (from, into) = (texts(&frame, "from_currency")?, texts(&frame, "to_currency")?);
        let sources = texts(&frame, "source")?;
        let days = frame.column("rate_date")?.i32()?;
        let values = frame.column("rate")?.f64()?;
        let rates = (0..frame.height()).map(|row| {
            Ok(Rate {
                from: Currency::parse(from.get(row).unwrap_or_default())?,
                into: Currency::parse(into.get(row).unwrap_or_default())?,
                rate: values.get(row).unwrap_or(f64::NAN),
                rate_date: days.get(row).map_or(as_of, from_day_number),
                source: told(sources.get(row)),
            })
        });
        Self::new(as_of, rates.collect::<Result<Vec<_>, MoneyError>>()?)
    }

    /// Returns the rate from one currency into another.
    ///
    /// The pair and its inverse come first, the one quoted later; where neither is there, the third currency whose
    /// older rate is the newest.
    ///
    /// # Errors
    ///
    /// [`Error::RateMissing`] if no rate leads from one to the other.
    pub fn rate(&self, from: Currency, into: Currency) -> Result<RateUsed, Error> {
        if from == into {
            return Ok(RateUsed {
                currency: from,
                rate: 1.0,
                rate_date: self.as_of,
                source: "same currency".to_owned(),
            });
        }
        self.quoted(from, into)
            .or_else(|| self.through_a_third(from, into))
            .ok_or(Error::RateMissing {
                from,
                into,
                as_of: self.as_of,
            })
    }

    /// Returns the rate of the pair or the inverse of the opposite pair.
    fn quoted(&self, from: Currency, into: Currency) -> Option<RateUsed> {
        let direct = self.latest.get(&(from, into));
        let opposite = self.latest.get(&(into, from));
        let is_direct = match (direct, opposite) {
            (Some(direct), Some(opposite)) => direct.rate_date >= opposite.rate_date,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_direct {
            direct.map(|quote| used(from, quote.rate, quote, ""))
        } else {
            opposite.map(|quote| used(from, 1.0 / quote.rate, quote, ", inverse"))
        }
    }

    fn through_a_third(&self, from: Currency, into: Currency) -> Option<RateUsed> {
        let mut thirds = BTreeSet::new();
        for (one, other) in self.latest.keys() {
            thirds.extend([*one, *other]);
        }
        let mut best: Option<RateUsed> = None;
        for third in thirds.into_iter().filter(|third| *third != from && *third != into) {
            let (Some(first), Some(second)) = (self.quoted(from, third), self.quoted(third, into)) else {
                continue;
            };
            let found = RateUsed {
                currency: from,
                rate: first.rate * second.rate,
                rate_date: first.rate_date.min(second.rate_date),
                source: format!("{}, through {third}", first.source),
            };
            if best.as_ref().is_none_or(|best| best.rate_date < found.rate_date) {
                best = Some(found);
            }
        }
        best
    }
}

/// Says where a quoted rate comes from.
fn used(currency: Currency, rate: f64, quote: &Rate, how: &str) -> RateUsed {
    let source = quote.source.as_deref().unwrap_or("source not told");
    RateUsed {
        currency,
        rate,
        rate_date: quote.rate_date,
        source: format!("{source}{how}"),
    }
}
