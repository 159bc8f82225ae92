//! Calibration of both sides of the band by week of the horizon.
//!
//! # Definition
//!
//! The score of a past week is how many times its side of the band the actual was away from the median:
//!
//! ```text
//! low:  (p50 - actual) / (p50 - p10)        high:  (actual - p50) / (p90 - p50)
//! ```
//!
//! The factor of a side is the `1 - a` quantile of its scores, `a` = 10 %: then one actual in ten lies below
//! the band and one in ten above. Scores of the neighbouring weeks count half. The quantile is raised to
//! `(1 - a)(n + 1) / n` of the scores, which makes it valid for `n` exchangeable scores (split conformal
//! prediction); with weights, `n` is `(sum w)^2 / sum w^2`.
//!
//! Payments drift, so the scores are not exchangeable. Therefore `a` itself follows the misses (adaptive
//! conformal inference): the past cut-offs are walked in order, at each the factor is what it would have
//! been with the weeks that were over by then, and once its week is over `a` moves by `0.02 (0.1 - missed)`.
//! Misses count from the eighth trial on; before, they are those of the start and not of the quantile.
//!
//! # When it is wrong
//!
//! A bias is not removed, only carried: see `Bias`. Weeks of neighbouring trials overlap, so that fewer
//! scores are independent than are counted; the draw towards the start makes up for a part of that.
//!
//! # References
//!
//! - Gibbs, I. and Candes, E. (2021), Adaptive conformal inference under distribution shift, NeurIPS 34.
//! - Romano, Y., Patterson, E. and Candes, E. (2019), Conformalized quantile regression, NeurIPS 32: both
//!   sides apart.

use std::collections::VecDeque;

use crate::forecast::{BAND_WEEKS, Band};

use super::fit::{TRIALS_MIN, TRIALS_PRIOR};
use super::grid::{Quantiles, Spot};
use super::point::Point;
use crate::backtest::metrics::real;

/// Share of actuals that may lie outside, on either side.
const TAIL: f64 = 0.1;
/// Range of the adapted share: a side is never without misses, and never gives up.
const TAIL_RANGE: (f64, f64) = (0.02, 0.3);
/// Step of the adaptation; of the size that its authors use for some hundred steps.
const STEP: f64 = 0.02;
/// Range of a factor: beyond, the forecast and not its band is what is wrong.
const FACTOR_RANGE: (f64, f64) = (0.2, 5.0);
/// Weight of the scores of a neighbouring week.
const NEIGHBOUR: f64 = 0.5;

/// The factors of both sides, by week.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    pub(super) low: [f64; BAND_WEEKS],
    pub(super) high: [f64; BAND_WEEKS],
}

/// One week's distance from the median, in sides of the band.
#[derive(Clone, Copy, Debug)]
struct Score {
    trial: usize,
    week: usize,
    last_day: i32,
    weight: f64,
    value: f64,
}

/// Calibrates both sides, with `cutoffs` the day numbers of all trials, ascending.
pub(super) fn factors(points: &[Point<'_>], spot: Spot, cutoffs: &[i32], start: &Band) -> Factors {
    let low = scores(points, spot, |said, actual| {
        (said.p50 - actual, said.p50 - said.p10)
    });
    let high = scores(points, spot, |said, actual| {
        (actual - said.p50, said.p90 - said.p50)
    });
    let mut factors = Factors {
        low: start.low,
        high: start.high,
    };
    for (week, factor) in factors.low.iter_mut().enumerate() {
        *factor = adapted(&low, week, cutoffs, *factor);
    }
    for (week, factor) in factors.high.iter_mut().enumerate() {
        *factor = adapted(&high, week, cutoffs, *factor);
    }
    factors
}

/// Returns the scores of one side in the order in which they became known.
///
/// `side` gives the distance of the actual and the width of the side; a side without width has no score.
fn scores(points: &[Point<'_>], spot: Spot, side: impl Fn(Quantiles, f64) -> (f64, f64)) -> Vec<Score> {
    let mut scores: Vec<Score> = points
        .iter()
        .filter_map(|point| {
            let (distance, width) = side(point.quantiles(spot), point.actual);
            // A side of less than a millionth of a mean week is no width but rounding.
            (width > 1e-6 * point.scale).then(|| Score {
                trial: point.trial,
                week: point.week,
                last_day: point.last_day,
                weight: point.weight,
                value: distance / width,
            })
        })
        .collect();
    scores.sort_by_key(|score| (score.last_day, score.trial, score.week));
    scores
}

/// Walks the trials in order and returns the factor of one week after the last of them.
fn adapted(scores: &[Score], week: usize, cutoffs: &[i32], start: f64) -> f64 {
    let near: Vec<Score> = scores
        .iter()
        .copied()
        .filter(|score| score.week.abs_diff(week) <= 1)
        .collect();
    let mut pool = Pool::default();
    let mut tail = TAIL;
    let mut next = 0;
    let mut misses: VecDeque<(i32, f64)> = VecDeque::new();
    for (trial, &cutoff) in cutoffs.iter().enumerate() {
        while let Some(score) = near.get(next).filter(|score| score.last_day <= cutoff) {
            pool.add(score, week);
            next += 1;
        }
        while let Some(&(_, missed)) = misses.front().filter(|(day, _)| *day <= cutoff) {
            tail = moved(tail, missed);
            misses.pop_front();
        }
        if pool.trials >= TRIALS_MIN {
            let factor = pool.factor(tail, start);
            misses.extend(missed(&near, trial, week, factor));
        }
    }
    for score in near.iter().skip(next) {
        pool.add(score, week);
    }
    for (_, missed) in misses {
        tail = moved(tail, missed);
    }
    pool.factor(tail, start)
}

/// Returns the share of misses after one more trial.
fn moved(tail: f64, missed: f64) -> f64 {
    (tail + STEP * (TAIL - missed)).clamp(TAIL_RANGE.0, TAIL_RANGE.1)
}

/// Returns when one trial's week was over and which share of its series lay beyond the factor.
fn missed(scores: &[Score], trial: usize, week: usize, factor: f64) -> Option<(i32, f64)> {
    let mut last_day = None;
    let (mut beyond, mut weights) = (0.0, 0.0);
    for score in scores {
        if score.trial != trial || score.week != week {
            continue;
        }
        last_day = Some(score.last_day);
        weights += score.weight;
        if score.value > factor {
            beyond += score.weight;
        }
    }
    last_day.map(|day| (day, beyond / weights))
}

/// Scores in ascending order with their weights.
#[derive(Debug, Default)]
struct Pool {
    sorted: Vec<(f64, f64)>,
    weight: f64,
    squared_weight: f64,
    /// Trials whose own week is over.
    trials: usize,
    last_trial: Option<usize>,
}

impl Pool {
    /// Adds a score that has become known; scores of one trial and week come one after the other.
    fn add(&mut self, score: &Score, week: usize) {
        let weight = if score.week == week {
            score.weight
        } else {
            NEIGHBOUR * score.weight
        };
        if score.week == week && self.last_trial != Some(score.trial) {
            self.trials += 1;
            self.last_trial = Some(score.trial);
        }
        let place = self
            .sorted
            .partition_point(|(value, _)| value.total_cmp(&score.value).is_lt());
        self.sorted.insert(place, (score.value, weight));
        self.weight += weight;
        self.squared_weight += weight * weight;
    }

    /// Returns the factor that leaves the share `tail` beyond, drawn towards the start while trials are few.
    fn factor(&self, tail: f64, start: f64) -> f64 {
        let Some(found) = self.quantile(1.0 - tail) else {
            return start;
        };
        let trials = real(self.trials);
        let found = found.clamp(FACTOR_RANGE.0, FACTOR_RANGE.1);
        (trials * found + TRIALS_PRIOR * start) / (trials + TRIALS_PRIOR)
    }

    /// Returns the smallest score with at least the share `level (n + 1) / n` of the weight at or below it.
    fn quantile(&self, level: f64) -> Option<f64> {
        let (largest, _) = *self.sorted.last()?;
        let effective = self.weight * self.weight / self.squared_weight;
        let wanted = level * (1.0 + 1.0 / effective) * self.weight;
        let mut below = 0.0;
        for &(value, weight) in &self.sorted {
            below += weight;
            if below >= wanted {
                return Some(value);
            }
        }
        Some(largest)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, Score, adapted, moved};

    fn score(trial: usize, week: usize, value: f64) -> Score {
        Score {
            trial,
            week,
            last_day: 7 * (i32::try_from(trial).unwrap() + i32::try_from(week).unwrap() + 1),
            weight: 1.0,
            value,
        }
    }

    fn weekly_cutoffs(count: i32) -> Vec<i32> {
        (0..count).map(|trial| 7 * trial).collect()
    }

    #[test]
    fn the_quantile_is_that_of_split_conformal_prediction() {
        let mut pool = Pool::default();
        for trial in 0..19_u8 {
            pool.add(&score(trial.into(), 0, f64::from(trial) + 1.0), 0);
        }
        // 0.9 x 20 = 18 of 19 scores.
        assert_eq!(pool.quantile(0.9), Some(18.0));
        assert_eq!(pool.quantile(1.0), Some(19.0));
        assert_eq!(Pool::default().quantile(0.9), None);
    }

    #[test]
    fn without_a_score_the_factor_is_the_start() {
        assert!((adapted(&[], 3, &weekly_cutoffs(10), 1.3) - 1.3).abs() < 1e-12);
        let other_week = [score(0, 9, 4.0)];
        assert!((adapted(&other_week, 3, &weekly_cutoffs(10), 1.3) - 1.3).abs() < 1e-12);
    }

    #[test]
    fn few_trials_move_the_factor_little_and_many_move_it_far() {
        let run = |count: usize| {
            let scores: Vec<Score> = (0..count).map(|trial| score(trial, 0, 2.0)).collect();
            adapted(&scores, 0, &weekly_cutoffs(i32::try_from(count).unwrap()), 1.0)
        };
        assert!(run(1) < 1.12, "{}", run(1));
        assert!(run(50) > 1.8, "{}", run(50));
    }

    #[test]
    fn misses_widen_the_band_and_quiet_weeks_narrow_it() {
        assert!(moved(0.1, 1.0) < 0.1);
        assert!(moved(0.1, 0.0) > 0.1);
        assert!((0..1_000).fold(0.1, |tail, _| moved(tail, 1.0)) >= 0.02);
    }

    #[test]
    fn an_actual_that_is_always_beyond_the_median_gets_a_narrow_other_side() {
        // Each actual lies half a side above the median: no low side is needed.
        let scores: Vec<Score> = (0..40).map(|trial| score(trial, 0, -0.5)).collect();
        let low = adapted(&scores, 0, &weekly_cutoffs(40), 1.0);
        assert!((0.3..0.4).contains(&low), "{low}");
    }
}
