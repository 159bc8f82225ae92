//! A forecast with its draws, and what two of them differ by.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::simulate::{DrawMatrix, LayerDraws};
use super::{CashForecast, CurrencyForecast, Error};
use crate::domain::{Currency, Date};

/// A forecast with the draws of its totals, of the open invoices and of all layers.
#[derive(Clone, Debug)]
pub struct Simulated {
    forecast: CashForecast,
    draws: BTreeMap<Currency, LayerDraws>,
    /// Sum of the absolute amounts of each currency, in minor units.
    sizes: BTreeMap<Currency, i64>,
}

/// What one bucket of a forecast differs by from that of another, over all layers; amounts in minor units.
///
/// The quantiles are those of the difference, draw by draw: both forecasts share their luck, so that what they
/// have in common cancels. They are as simulated: a band's calibration is about cash, not about differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceRow {
    /// Currency of the amounts.
    pub currency: Currency,
    /// First day of the bucket.
    pub bucket_start: Date,
    /// Last day of the bucket, inclusive.
    pub bucket_end: Date,
    /// Label of the bucket.
    pub bucket: String,
    /// Mean of all layers in the forecast compared with.
    pub base_expected: i64,
    /// Mean of all layers in the other forecast.
    pub other_expected: i64,
    /// Mean of the difference: other minus base.
    pub expected: i64,
    /// The difference is at least this with a chance of 90 %.
    pub p10: i64,
    /// Median of the difference.
    pub p50: i64,
    /// The difference is at least this with a chance of 10 %.
    pub p90: i64,
    /// Mean of the difference up to the end of the bucket.
    pub cumulative_expected: i64,
    /// The difference up to the end of the bucket is at least this with a chance of 90 %.
    pub cumulative_p10: i64,
    /// Median of the difference up to the end of the bucket.
    pub cumulative_p50: i64,
    /// The difference up to the end of the bucket is at least this with a chance of 10 %.
    pub cumulative_p90: i64,
}

impl Simulated {
    pub(super) const fn new(
        forecast: CashForecast,
        draws: BTreeMap<Currency, LayerDraws>,
        sizes: BTreeMap<Currency, i64>,
    ) -> Self {
        Self {
            forecast,
            draws,
            sizes,
        }
    }

    /// Returns the forecast.
    #[must_use]
    pub const fn forecast(&self) -> &CashForecast {
        &self.forecast
    }

    /// Returns the forecast and drops the draws.
    #[must_use]
    pub fn into_forecast(self) -> CashForecast {
        self.forecast
    }

    /// Returns the draws of the totals, by currency.
    pub(super) const fn draws(&self) -> &BTreeMap<Currency, LayerDraws> {
        &self.draws
    }

    /// Returns the sum of the absolute amounts of a currency, in minor units.
    pub(super) fn size_of(&self, currency: Currency) -> i64 {
        self.sizes.get(&currency).copied().unwrap_or(0)
    }

    /// Returns the other forecast minus this one, by currency and bucket, over all layers.
    ///
    /// # Errors
    ///
    /// [`Error::NotComparable`] unless both have the same cut-off, buckets, horizon, draws, seed and calendar.
    pub fn difference(&self, other: &Self) -> Result<Vec<DifferenceRow>, Error> {
        self.check_comparable(other)?;
        let currencies: BTreeSet<Currency> = self.draws.keys().chain(other.draws.keys()).copied().collect();
        let mut rows = Vec::new();
        for currency in currencies {
            let base = self.book(currency);
            let changed = other.book(currency);
            let Some(shape) = changed.or(base) else {
                continue;
            };
            let bands = difference_of(self.draws.get(&currency), other.draws.get(&currency)).bands();
            let mut running = 0;
            for (index, bucket) in shape.buckets.iter().enumerate() {
                let mean = |book: Option<&CurrencyForecast>| book.map_or(0, |book| book.buckets[index].total);
                let (base_expected, other_expected) = (mean(base), mean(changed));
                running += other_expected - base_expected;
                let (single, cumulative) = (bands.single[index], bands.cumulative[index]);
                rows.push(DifferenceRow {
                    currency,
                    bucket_start: bucket.start,
                    bucket_end: bucket.end,
                    bucket: bucket.label.clone(),
                    base_expected,
                    other_expected,
                    expected: other_expected - base_expected,
                    p10: single.p10,
                    p50: single.p50,
                    p90: single.p90,
                    cumulative_expected: running,
                    cumulative_p10: cumulative.p10,
                    cumulative_p50: cumulative.p50,
                    cumulative_p90: cumulative.p90,
                });
            }
        }
        Ok(rows)
    }

    fn book(&self, currency: Currency) -> Option<&CurrencyForecast> {
        self.forecast
            .currencies
            .iter()
            .find(|book| book.currency == currency)
    }

    fn check_comparable(&self, other: &Self) -> Result<(), Error> {
        let (ours, theirs) = (&self.forecast, &other.forecast);
        let calendar = |forecast: &CashForecast| {
            forecast
                .plan
                .calendar
                .map_or_else(|| "none".to_owned(), |calendar| calendar.to_string())
        };
        let pairs = [
            ("cut-off", ours.as_of.to_string(), theirs.as_of.to_string()),
            (
                "bucket size",
                ours.plan.bucket.to_string(),
                theirs.plan.bucket.to_string(),
            ),
            (
                "horizon",
                ours.plan.horizon_days.to_string(),
                theirs.plan.horizon_days.to_string(),
            ),
            (
                "number of draws",
                ours.plan.draws.to_string(),
                theirs.plan.draws.to_string(),
            ),
            ("seed", ours.plan.seed.to_string(), theirs.plan.seed.to_string()),
            ("receiving calendar", calendar(ours), calendar(theirs)),
        ];
        for (what, expected, given) in pairs {
            if expected != given {
                return Err(Error::NotComparable {
                    what,
                    expected,
                    given,
                });
            }
        }
        Ok(())
    }
}

/// Subtracts draw by draw; a currency that one side lacks has no cash there.
fn difference_of(base: Option<&LayerDraws>, other: Option<&LayerDraws>) -> DrawMatrix {
    match (base.map(LayerDraws::all), other.map(LayerDraws::all)) {
        (Some(base), Some(other)) => {
            let mut difference = Cow::into_owned(other);
            difference.subtract(&base);
            difference
        }
        (None, Some(other)) => Cow::into_owned(other),
        (Some(base), None) => base.map(|cell| -cell),
        (None, None) => DrawMatrix::zero(0, 0),
    }
}
