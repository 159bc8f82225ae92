//! Scores of the bands: how often they held what arrived, cold and warm, and how wide they were.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::backtest::metrics::{self, real};
use crate::backtest::score::as_text;
use crate::backtest::{Fold, FoldForecast};
use crate::chart::major;
use crate::domain::{Currency, Date};
use crate::forecast::CashForecast;
use crate::model::ModelName;

use super::fit::TRIALS_MIN;
use super::grid::Quantiles;
use super::received::Series;
use super::trial::series_of;

/// Weeks ahead at which bands are scored.
pub const BAND_WEEKS_SCORED: [u32; 4] = [1, 2, 4, 8];

/// Entities of a currency that are scored, those that received most.
const ENTITIES_MAX: usize = 10;

/// How good the bands of one series were, so many weeks ahead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandScore {
    /// Currency of the series.
    #[serde(serialize_with = "as_text")]
    pub currency: Currency,
    /// Its legal entity, or `None` for all of them together.
    pub entity: Option<String>,
    /// How many weeks ahead, from 1.
    pub week: u32,
    /// The band of the plan, at all cut-offs.
    pub cold: BandMeasures,
    /// The band of the plan, at the cut-offs where there was a warm one.
    pub cold_where_warm: BandMeasures,
    /// The band fitted on at least [`TRIALS_MIN`] earlier cut-offs.
    pub warm: BandMeasures,
}

/// Measures of a set of bands. A measure without a forecast is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandMeasures {
    /// Forecasts with a known actual.
    pub forecasts: usize,
    /// Share of the actuals within P10 to P90; 0.8 is right.
    pub coverage: Option<f64>,
    /// Share of the actuals below P10; 0.1 is right.
    pub below: Option<f64>,
    /// See [`metrics::relative_width`].
    pub relative_width: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P10 and P90 together, in units of the currency.
    pub pinball: Option<f64>,
}

/// Bands and what arrived, week by week.
#[derive(Debug, Default)]
struct Column {
    low: Vec<f64>,
    high: Vec<f64>,
    actual: Vec<f64>,
}

impl Column {
    fn push(&mut self, band: Quantiles, actual: f64) {
        self.low.push(band.p10);
        self.high.push(band.p90);
        self.actual.push(actual);
    }

    fn measures(&self) -> BandMeasures {
        let ends = self.low.iter().zip(&self.high).zip(&self.actual);
        let losses: Vec<f64> = ends
            .map(|((low, high), actual)| {
                metrics::pinball_loss(0.1, *low, *actual) + metrics::pinball_loss(0.9, *high, *actual)
            })
            .collect();
        let below = self.low.iter().zip(&self.actual);
        let below = below.filter(|(low, actual)| actual < low).count();
        let forecasts = self.actual.len();
        BandMeasures {
            forecasts,
            coverage: metrics::coverage(&self.low, &self.high, &self.actual),
            below: (forecasts > 0).then(|| real(below) / real(forecasts)),
            relative_width: metrics::relative_width(&self.low, &self.high, &self.actual),
            pinball: metrics::mean(&losses),
        }
    }
}

/// The three sets of bands of one series and week.
#[derive(Debug, Default)]
struct Columns {
    cold: Column,
    cold_where_warm: Column,
    warm: Column,
}

/// Scores the bands of a model by currency, then by entity, then by weeks ahead.
pub(crate) fn score_bands(folds: &[&Fold], model: ModelName, known_until: Date) -> Vec<BandScore> {
    let mut columns: BTreeMap<(Series, u32), Columns> = BTreeMap::new();
    for fold in folds {
        if let Some(said) = fold.forecast_of(model) {
            add_fold(fold, said, known_until, &mut columns);
        }
    }
    let scored = series_scored(&columns);
    columns
        .into_iter()
        .filter(|((series, _), _)| scored.contains(series))
        .map(|((series, week), columns)| BandScore {
            currency: series.currency,
            entity: series.entity,
            week,
            cold: columns.cold.measures(),
            cold_where_warm: columns.cold_where_warm.measures(),
            warm: columns.warm.measures(),
        })
        .collect()
}

/// Adds the bands of one fold.
fn add_fold(
    fold: &Fold,
    said: &FoldForecast,
    known_until: Date,
    columns: &mut BTreeMap<(Series, u32), Columns>,
) {
    let is_warm = said.band.evidence.trials >= TRIALS_MIN;
    for (series, week, band, actual) in compared(fold, &said.cold_cash, known_until) {
        let columns = columns.entry((series, week)).or_default();
        columns.cold.push(band, actual);
        if is_warm {
            columns.cold_where_warm.push(band, actual);
        }
    }
    if is_warm {
        for (series, week, band, actual) in compared(fold, &said.cash, known_until) {
            columns.entry((series, week)).or_default().warm.push(band, actual);
        }
    }
}

/// Returns the bands of the weeks that are scored and over, beside what arrived.
fn compared(fold: &Fold, forecast: &CashForecast, known_until: Date) -> Vec<(Series, u32, Quantiles, f64)> {
    let mut found = Vec::new();
    for (series, book) in series_of(forecast) {
        for (index, bucket) in book.buckets.iter().enumerate() {
            let week = u32::try_from(index + 1).expect("a forecast has few weeks");
            if !BAND_WEEKS_SCORED.contains(&week) {
                continue;
            }
            let Some(actual) = fold.received.known(&series, index, known_until) else {
                continue;
            };
            let units = |minor: i64| major(minor, book.currency);
            let band = Quantiles {
                p10: units(bucket.p10),
                p50: units(bucket.p50),
                p90: units(bucket.p90),
            };
            found.push((series.clone(), week, band, units(actual)));
        }
    }
    found
}

/// Returns the series that are scored: every currency, and its largest entities where it has several.
fn series_scored(columns: &BTreeMap<(Series, u32), Columns>) -> Vec<Series> {
    let mut entities: BTreeMap<Currency, BTreeMap<&Series, f64>> = BTreeMap::new();
    let mut scored = Vec::new();
    for ((series, _), columns) in columns {
        if series.entity.is_none() {
            if !scored.contains(series) {
                scored.push(series.clone());
            }
            continue;
        }
        let received: f64 = columns.cold.actual.iter().map(|actual| actual.abs()).sum();
        let by_series = entities.entry(series.currency).or_default();
        *by_series.entry(series).or_default() += received;
    }
    for by_series in entities.into_values() {
        if by_series.len() < 2 {
            continue;
        }
        let mut ranked: Vec<(&Series, f64)> = by_series.into_iter().collect();
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(right.0)));
        scored.extend(
            ranked
                .into_iter()
                .take(ENTITIES_MAX)
                .map(|(series, _)| series.clone()),
        );
    }
    scored
}
