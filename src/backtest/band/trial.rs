//! A trial: what a past forecast said under every dependence of the grid, beside what arrived.

use std::collections::BTreeMap;

use crate::domain::Date;
use crate::forecast::{
    self, BAND_WEEKS, Band, Bucket, CashBook, CashForecast, CurrencyForecast, ForecastPlan, GroupBy,
    GroupForecast,
};

use super::grid::{Coupling, Quantiles, grid};
use super::received::{Received, Series};
use crate::backtest::Error;
use crate::chart::major;

/// Draws of one simulation of a trial, where the book is small.
const DRAWS_MAX: u32 = 400;
/// Draws of one simulation of a trial, however large the book is: the error of a P10 is then 3 % in probability.
const DRAWS_MIN: u32 = 100;
/// Amounts drawn in one simulation of a trial; with 33 of them a trial stays around a second on two cores.
const AMOUNTS_DRAWN: usize = 4_000_000;

/// What was said of one week.
#[derive(Clone, Debug)]
pub(super) struct SaidWeek {
    /// Mean, in units of the currency.
    pub(super) expected: f64,
    /// Quantiles at every point of the grid.
    pub(super) quantiles: Vec<Quantiles>,
}

/// One past cut-off: the open book, forecast under every dependence of the grid, and what arrived on it.
///
/// The predictions of the book must come from a model that knew nothing after the cut-off; otherwise the
/// forecast errors are too small, and so is the band.
#[derive(Clone, Debug)]
pub struct Trial {
    cutoff: Date,
    received: Received,
    said: BTreeMap<Series, Vec<SaidWeek>>,
}

impl Trial {
    /// Simulates the open book of a past cut-off under every dependence of the grid.
    ///
    /// The seed and the receiving calendar are those of `plan`; its draws are a maximum.
    ///
    /// # Errors
    ///
    /// Those of [`forecast::simulate`].
    pub fn new(book: &CashBook<'_>, plan: &ForecastPlan, received: Received) -> Result<Self, Error> {
        let by_items = u32::try_from(AMOUNTS_DRAWN / book.items.len().max(1)).unwrap_or(u32::MAX);
        let plan = ForecastPlan {
            draws: by_items.clamp(DRAWS_MIN, DRAWS_MAX).min(plan.draws),
            ..weekly(plan, &received)
        };
        let mut said = BTreeMap::new();
        let mut latest: Option<(Coupling, CashForecast)> = None;
        for coupling in grid() {
            let forecast = match latest.take() {
                Some((same, forecast)) if same == coupling => forecast,
                Some(_) | None => forecast::simulate(book, &coupled(&plan, coupling))?.into_forecast(),
            };
            keep(&forecast, &mut said);
            latest = Some((coupling, forecast));
        }
        Ok(Self {
            cutoff: book.as_of,
            received,
            said,
        })
    }

    /// Returns the cut-off.
    pub fn cutoff(&self) -> Date {
        self.cutoff
    }

    /// Returns what arrived.
    pub(super) fn received(&self) -> &Received {
        &self.received
    }

    /// Returns what was said, by series.
    pub(super) fn said(&self) -> &BTreeMap<Series, Vec<SaidWeek>> {
        &self.said
    }
}

/// Returns the weekly plan over 13 weeks, by entity where the book has several.
pub(super) fn weekly(plan: &ForecastPlan, received: &Received) -> ForecastPlan {
    ForecastPlan {
        bucket: Bucket::Week,
        horizon_days: 91,
        group_by: received.has_entities().then_some(GroupBy::Entity),
        ..*plan
    }
}

/// Returns the plan with one dependence and nothing calibrated.
fn coupled(plan: &ForecastPlan, coupling: Coupling) -> ForecastPlan {
    ForecastPlan {
        band: Band {
            customer_coupling: coupling.customer,
            book_coupling: coupling.book,
            low: [1.0; BAND_WEEKS],
            high: [1.0; BAND_WEEKS],
        },
        ..*plan
    }
}

/// Returns the series of a forecast: currencies as a whole, and the named entities.
pub(super) fn series_of(forecast: &CashForecast) -> Vec<(Series, &CurrencyForecast)> {
    let totals = forecast
        .currencies
        .iter()
        .map(|total| (Series::total(total.currency), total));
    let entities = forecast.groups.iter().filter_map(named_entity);
    totals.chain(entities).collect()
}

/// Returns the series of a group, if it is an entity that the ledger names.
fn named_entity(group: &GroupForecast) -> Option<(Series, &CurrencyForecast)> {
    match group.by {
        GroupBy::Entity => {
            let entity = Some(group.group.clone()?);
            let currency = group.forecast.currency;
            Some((Series { currency, entity }, &group.forecast))
        }
        GroupBy::BusinessUnit | GroupBy::Segment | GroupBy::Country | GroupBy::Customer => None,
    }
}

/// Adds what a forecast says to what was said under the dependences before.
fn keep(forecast: &CashForecast, said: &mut BTreeMap<Series, Vec<SaidWeek>>) {
    for (series, book) in series_of(forecast) {
        let units = |minor: i64| major(minor, book.currency);
        let weeks = said.entry(series).or_insert_with(|| {
            let buckets = book.buckets.iter().take(BAND_WEEKS);
            buckets
                .map(|bucket| SaidWeek {
                    expected: units(bucket.expected),
                    quantiles: Vec::new(),
                })
                .collect()
        });
        for (week, bucket) in weeks.iter_mut().zip(&book.buckets) {
            week.quantiles.push(Quantiles {
                p10: units(bucket.p10),
                p50: units(bucket.p50),
                p90: units(bucket.p90),
            });
        }
    }
}
