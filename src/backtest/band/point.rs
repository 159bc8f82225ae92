//! What a band is fitted on: weeks that were forecast and are over.

use std::collections::BTreeMap;

use crate::backtest::metrics::{self, real};
use crate::chart::major;
use crate::domain::date::day_number;
use crate::domain::{Currency, Date};

use super::grid::{Quantiles, Spot};
use super::received::Series;
use super::trial::{SaidWeek, Trial};

/// Weeks whose losses choose the dependence: later ones depend on what is not billed yet.
pub(super) const WEEKS_FITTED: usize = 8;
/// An entity counts from this share of what its currency received.
const ENTITY_SHARE_MIN: f64 = 0.05;
/// A series counts where at least this share of its weeks 1 to 4 received something.
const BUSY_SHARE_MIN: f64 = 0.5;
/// Weeks by which it is told whether a series is busy: an open book pays most of itself in them.
const BUSY_WEEKS: usize = 4;

/// One week of one series of one trial that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a> {
    /// Position of the trial.
    pub(super) trial: usize,
    /// Week ahead, from 0.
    pub(super) week: usize,
    /// Day number of its last day: from then on it is known.
    pub(super) last_day: i32,
    /// Whether it is a currency as a whole.
    pub(super) is_total: bool,
    /// 1 for a currency as a whole; the entities of a currency weigh 1 together.
    pub(super) weight: f64,
    /// Mean of what the series received a week, above 0.
    pub(super) scale: f64,
    /// What arrived, in units of the currency.
    pub(super) actual: f64,
    said: &'a SaidWeek,
}

impl Point<'_> {
    /// Returns what was said under a dependence.
    pub(super) fn quantiles(&self, spot: Spot) -> Quantiles {
        spot.read(&self.said.quantiles)
    }

    /// Returns the mean that was said, which no dependence moves.
    pub(super) fn expected(&self) -> f64 {
        self.said.expected
    }

    /// Returns the pinball loss of the ends of a band, as a share of the mean of the series.
    pub(super) fn loss(&self, quantiles: Quantiles) -> f64 {
        let low = metrics::pinball_loss(0.1, quantiles.p10, self.actual);
        let high = metrics::pinball_loss(0.9, quantiles.p90, self.actual);
        (low + high) / self.scale
    }
}

/// Returns the weeks that are over at the end of `known_at`, as far as was known then, by series and trial.
///
/// Left out are series that receive next to nothing or only now and then: their bands depend on single
/// payments, not on a dependence. Entities count only where a currency has at least two.
pub(super) fn points(trials: &[Trial], known_at: Date) -> Vec<Point<'_>> {
    let mut by_series: BTreeMap<&Series, Vec<Point<'_>>> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        let cutoff = day_number(trial.cutoff());
        if cutoff >= day_number(known_at) {
            continue;
        }
        for (series, weeks) in trial.said() {
            for (week, said) in weeks.iter().enumerate() {
                let known = trial.received().known(series, week, known_at);
                let (Some(minor), Some(last_day)) = (known, trial.received().week_end(week)) else {
                    break;
                };
                by_series.entry(series).or_default().push(Point {
                    trial: index,
                    week,
                    last_day,
                    is_total: series.entity.is_none(),
                    weight: 1.0,
                    scale: 0.0,
                    actual: major(minor, series.currency),
                    said,
                });
            }
        }
    }
    weighted(by_series)
}

/// Leaves out what cannot tell anything and sets scale and weight of the rest.
fn weighted<'a>(by_series: BTreeMap<&'a Series, Vec<Point<'a>>>) -> Vec<Point<'a>> {
    let mut totals: BTreeMap<Currency, f64> = BTreeMap::new();
    for (series, points) in &by_series {
        if series.entity.is_none() {
            totals.insert(series.currency, amount(points));
        }
    }
    let mut kept: BTreeMap<(Currency, bool), Vec<Vec<Point<'a>>>> = BTreeMap::new();
    for (series, mut points) in by_series {
        let (Some(scale), true) = (scale(&points), is_busy(&points)) else {
            continue;
        };
        let total = totals.get(&series.currency).copied().unwrap_or_default();
        if series.entity.is_some() && amount(&points) < ENTITY_SHARE_MIN * total {
            continue;
        }
        for point in &mut points {
            point.scale = scale;
        }
        let key = (series.currency, series.entity.is_some());
        kept.entry(key).or_default().push(points);
    }
    let mut all = Vec::new();
    for ((_, is_entity), series) in kept {
        if is_entity && series.len() < 2 {
            continue;
        }
        let weight = if is_entity { 1.0 / real(series.len()) } else { 1.0 };
        for mut point in series.into_iter().flatten() {
            point.weight = weight;
            all.push(point);
        }
    }
    all
}

/// Returns the points of the weeks that choose the dependence.
pub(super) fn fitted<'p, 'a>(points: &'p [Point<'a>]) -> impl Iterator<Item = &'p Point<'a>> {
    points.iter().filter(|point| point.week < WEEKS_FITTED)
}

/// Returns what arrived in all.
fn amount(points: &[Point<'_>]) -> f64 {
    fitted(points).map(|point| point.actual.abs()).sum()
}

/// Returns what arrived a week on average, or `None` for nothing.
fn scale(points: &[Point<'_>]) -> Option<f64> {
    let weeks = fitted(points).count();
    let scale = amount(points) / real(weeks.max(1));
    (scale > 0.0).then_some(scale)
}

/// Returns whether money arrived in enough of the weeks.
fn is_busy(points: &[Point<'_>]) -> bool {
    let early = points.iter().filter(|point| point.week < BUSY_WEEKS);
    let (busy, idle): (Vec<&Point<'_>>, Vec<&Point<'_>>) = early.partition(|point| point.actual.abs() > 0.0);
    real(busy.len()) >= BUSY_SHARE_MIN * real(busy.len() + idle.len())
}
