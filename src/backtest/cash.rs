//! Cash: what arrived on the open book after a cut-off, beside what was forecast.

use std::collections::BTreeMap;

use polars::prelude::{DataType, col};
use serde::Serialize;

use crate::chart::major;
use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::history::Snapshot;
use crate::model::{ModelName, PaymentPrediction};

use super::band::{Received, Series};
use super::metrics::{self, real};
use super::replay::{Fold, Replay};
use super::score::as_text;
use super::{Error, case::HORIZON};

/// Weeks of the horizon.
pub(crate) const WEEKS: u32 = 13;

/// Payments received on the open book of one cut-off, in one currency, day by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualCash {
    /// Currency of the open invoices.
    pub currency: Currency,
    /// Minor units received on day 1, 2 .. 91 after the cut-off; days not yet observed are absent.
    pub received_minor: Vec<i64>,
}

impl ActualCash {
    /// Returns what was received from day `first` to day `last` after the cut-off, both included.
    ///
    /// `None` unless every one of these days was observed.
    pub fn between(&self, first: i32, last: i32) -> Option<i64> {
        let from = usize::try_from(first - 1).ok()?;
        let to = usize::try_from(last).ok()?;
        let days = self.received_minor.get(from..to)?;
        Some(days.iter().fold(0, |sum: i64, &minor| sum.saturating_add(minor)))
    }
}

/// One receipt: the day of the money and the day on which it was known, as day numbers.
struct Receipt {
    day: i32,
    known_day: i32,
    minor: i64,
}

/// Every payment that the end of the ledger knows, by invoice.
pub(crate) struct Receipts {
    by_invoice: BTreeMap<String, Vec<Receipt>>,
}

impl Receipts {
    /// Reads the cash settlements of a snapshot.
    pub(crate) fn read(later: &Snapshot) -> Result<Self, Error> {
        let df = later
            .settlements()
            .select([
                col("invoice_id"),
                col("kind"),
                col("date").cast(DataType::Int32),
                col("known_on").cast(DataType::Int32),
                col("amount_minor"),
            ])
            .collect()?;
        let invoices = df.column("invoice_id")?.str()?;
        let kinds = df.column("kind")?.str()?;
        let days = df.column("date")?.i32()?;
        let known_days = df.column("known_on")?.i32()?;
        let amounts = df.column("amount_minor")?.i64()?;
        let mut by_invoice: BTreeMap<String, Vec<Receipt>> = BTreeMap::new();
        for row in 0..df.height() {
            let (Some(invoice), Some("cash")) = (invoices.get(row), kinds.get(row)) else {
                continue;
            };
            let (Some(day), Some(known_day), Some(minor)) =
                (days.get(row), known_days.get(row), amounts.get(row))
            else {
                continue;
            };
            let receipt = Receipt {
                day,
                known_day,
                minor,
            };
            if let Some(receipts) = by_invoice.get_mut(invoice) {
                receipts.push(receipt);
            } else {
                by_invoice.insert(invoice.to_string(), vec![receipt]);
            }
        }
        Ok(Self { by_invoice })
    }

    /// Returns what arrived on the given open invoices after the cut-off, by currency.
    ///
    /// A payment made before the cut-off and known only afterwards counts on day 1: the book of the
    /// cut-off still waits for it.
    pub(crate) fn after<'a>(
        &self,
        cutoff: Date,
        known_until: Date,
        book: impl Iterator<Item = (&'a str, Currency)>,
    ) -> Vec<ActualCash> {
        let cutoff_day = day_number(cutoff);
        let observed = (day_number(known_until) - cutoff_day).clamp(0, HORIZON);
        let days = usize::try_from(observed).unwrap_or(0);
        let mut by_currency: BTreeMap<Currency, Vec<i64>> = BTreeMap::new();
        for (invoice_id, currency) in book {
            let received = by_currency.entry(currency).or_insert_with(|| vec![0; days]);
            let receipts = self
                .by_invoice
                .get(invoice_id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            for receipt in receipts {
                if receipt.known_day <= cutoff_day {
                    continue;
                }
                let day = (receipt.day - cutoff_day).max(1);
                let slot = usize::try_from(day - 1).ok();
                if let Some(sum) = slot.and_then(|index| received.get_mut(index)) {
                    *sum = sum.saturating_add(receipt.minor);
                }
            }
        }
        by_currency
            .into_iter()
            .map(|(currency, received_minor)| ActualCash {
                currency,
                received_minor,
            })
            .collect()
    }

    /// Returns what arrived on an open book after the cut-off, by series and week, with when it was known.
    pub(crate) fn by_week(&self, cutoff: Date, book: &[PaymentPrediction]) -> Received {
        let mut received = Received::new(cutoff);
        for prediction in book {
            let series = Series::of(prediction.open.currency(), prediction.entity.as_deref());
            for series in &series {
                received.watch(series);
            }
            let receipts = self
                .by_invoice
                .get(&prediction.invoice_id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            for receipt in receipts {
                for series in &series {
                    received.add(series, receipt.day, receipt.known_day, receipt.minor);
                }
            }
        }
        received
    }
}

/// One week of one cash forecast beside what arrived in it; amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashPoint {
    /// When the forecast was made.
    pub cutoff: Date,
    /// How many weeks ahead, from 1.
    pub week: u32,
    /// Currency of the amounts.
    pub currency: Currency,
    /// First day of the week.
    pub start: Date,
    /// Last day of the week.
    pub end: Date,
    /// Expected cash.
    pub expected_minor: i64,
    /// Low end of the band.
    pub p10_minor: i64,
    /// Median.
    pub p50_minor: i64,
    /// High end of the band.
    pub p90_minor: i64,
    /// What the due dates alone promise.
    pub contractual_minor: i64,
    /// What arrived, or `None` where the ledger ends before the week does.
    pub actual_minor: Option<i64>,
}

/// Returns the weeks 1 to 13 of every forecast of a model, by cut-off, currency and week.
pub fn cash_points(replay: &Replay, model: ModelName) -> Vec<CashPoint> {
    replay
        .folds
        .iter()
        .flat_map(|fold| fold_points(fold, model))
        .collect()
}

/// Returns the weeks of one forecast.
pub(crate) fn fold_points(fold: &Fold, model: ModelName) -> Vec<CashPoint> {
    let mut points = Vec::new();
    let Some(forecast) = fold.forecasts.iter().find(|said| said.model == model) else {
        return points;
    };
    let cutoff_day = day_number(fold.cutoff);
    for currency in &forecast.cash.currencies {
        let actual = fold
            .actual_cash
            .iter()
            .find(|actual| actual.currency == currency.currency);
        for (week, bucket) in (1..=WEEKS).zip(&currency.buckets) {
            let first = day_number(bucket.start) - cutoff_day;
            let last = day_number(bucket.end) - cutoff_day;
            points.push(CashPoint {
                cutoff: fold.cutoff,
                week,
                currency: currency.currency,
                start: bucket.start,
                end: bucket.end,
                expected_minor: bucket.expected,
                p10_minor: bucket.p10,
                p50_minor: bucket.p50,
                p90_minor: bucket.p90,
                contractual_minor: bucket.contractual,
                actual_minor: actual.and_then(|cash| cash.between(first, last)),
            });
        }
    }
    points
}

/// Scores of the weekly cash in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CashScore {
    /// Currency; currencies are never added up.
    #[serde(serialize_with = "as_text")]
    pub currency: Currency,
    /// One entry a week ahead, 1 to 13.
    pub weeks: Vec<CashWeekScore>,
    /// Weeks 1 to 4 together, each week by itself: errors of one week do not offset those of the next.
    pub weeks_1_to_4: CashWeekScore,
    /// Weeks 1 to 13 together.
    pub weeks_1_to_13: CashWeekScore,
}

/// Scores of a set of forecast weeks; amounts in units of the currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CashWeekScore {
    /// How many weeks ahead; 0 for several together.
    pub week: u32,
    /// Forecast weeks with a known actual.
    pub forecasts: usize,
    /// Mean cash a week that arrived.
    pub mean_actual: Option<f64>,
    /// See [`metrics::wape`].
    pub wape: Option<f64>,
    /// See [`metrics::bias`].
    pub bias: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P10.
    pub pinball_p10: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P50.
    pub pinball_p50: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P90.
    pub pinball_p90: Option<f64>,
    /// Share of the actuals within P10 to P90; 0.8 is right.
    pub coverage: Option<f64>,
    /// See [`metrics::relative_width`].
    pub relative_width: Option<f64>,
}

/// Scores forecast weeks by currency.
pub(crate) fn score_cash(points: &[CashPoint]) -> Vec<CashScore> {
    let mut by_currency: BTreeMap<Currency, Vec<&CashPoint>> = BTreeMap::new();
    for point in points {
        by_currency.entry(point.currency).or_default().push(point);
    }
    by_currency
        .into_iter()
        .map(|(currency, points)| {
            let upto = |last: u32| points.iter().copied().filter(move |point| point.week <= last);
            CashScore {
                currency,
                weeks: (1..=WEEKS)
                    .map(|week| {
                        let only = points.iter().copied().filter(|point| point.week == week);
                        week_score(week, only)
                    })
                    .collect(),
                weeks_1_to_4: week_score(0, upto(4)),
                weeks_1_to_13: week_score(0, upto(WEEKS)),
            }
        })
        .collect()
}

/// Scores a set of forecast weeks of one currency.
fn week_score<'a>(week: u32, points: impl Iterator<Item = &'a CashPoint>) -> CashWeekScore {
    let mut columns: [Vec<f64>; 5] = Default::default();
    for point in points {
        let Some(actual) = point.actual_minor else {
            continue;
        };
        let amounts = [
            actual,
            point.expected_minor,
            point.p10_minor,
            point.p50_minor,
            point.p90_minor,
        ];
        for (column, minor) in columns.iter_mut().zip(amounts) {
            column.push(major(minor, point.currency));
        }
    }
    let [actual, expected, p10, p50, p90] = columns;
    let pinball = |q: f64, forecast: &[f64]| {
        let losses = forecast.iter().zip(&actual);
        let sum: f64 = losses.map(|(f, a)| metrics::pinball_loss(q, *f, *a)).sum();
        (!actual.is_empty()).then(|| sum / real(actual.len()))
    };
    CashWeekScore {
        week,
        forecasts: actual.len(),
        mean_actual: metrics::mean(&actual),
        wape: metrics::wape(&expected, &actual),
        bias: metrics::bias(&expected, &actual),
        pinball_p10: pinball(0.1, &p10),
        pinball_p50: pinball(0.5, &p50),
        pinball_p90: pinball(0.9, &p90),
        coverage: metrics::coverage(&p10, &p90, &actual),
        relative_width: metrics::relative_width(&p10, &p90, &actual),
    }
}
