//! Cells of an action pooled towards its typical effect, and that towards the assumption.
//!
//! # Definition
//!
//! `measured_c ~ N(shift_c, error_c^2)`, `shift_c ~ N(typical, tau^2)`, `typical ~ N(assumed, prior^2)`. The spread
//! `tau` between cells has a half-normal prior with standard deviation 0.3 and is summed over on a grid, so that
//! what is not known of it widens every interval (Gelman 2006).
//!
//! A sceptical assumption must be able to lose. With `z` the distance of the assumption from what the cells say
//! together, in standard errors of both, its variance is multiplied by `max(1, z^4)`: where they agree it counts in
//! full, where they contradict it, it yields.

use super::contrast::Contrast;
use super::report::Interval;
use crate::action::effect::{Effect, Z95};

/// Standard deviation of the prior of the spread between cells.
const SPREAD_SCALE: f64 = 0.3;
/// Points and step of the grid of the spread.
const GRID_POINTS: u32 = 20;
const GRID_STEP: f64 = 0.05;
/// Variance of an assumption that says nothing.
const VAGUE: f64 = 1.0;
/// Least standard error of an assumption or a measurement, so that nothing is certain.
const ERROR_MIN: f64 = 1e-3;

/// A normal distribution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Normal {
    pub(super) mean: f64,
    pub(super) std_error: f64,
}

impl Normal {
    pub(super) fn interval(&self) -> Interval {
        Interval {
            value: self.mean,
            low: self.mean - Z95 * self.std_error,
            high: self.mean + Z95 * self.std_error,
        }
    }
}

/// What is known of the effects of an action.
#[derive(Clone, Debug)]
pub(super) struct Pooled {
    /// The effect in a typical cell.
    pub(super) typical: Normal,
    /// Standard error of the effect in a cell of which nothing was measured.
    pub(super) unseen_error: f64,
    /// Standard deviation between cells.
    pub(super) between: f64,
    /// Share of what is known of the typical effect that comes from decisions.
    pub(super) data_share: f64,
    /// The cells, in the order given.
    pub(super) cells: Vec<PooledCell>,
}

/// What is known of the effect in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct PooledCell {
    pub(super) normal: Normal,
    /// Share of it that comes from decisions.
    pub(super) data_share: f64,
}

/// Pools what was measured in cells.
pub(super) fn pooled(cells: &[&Contrast], prior: Effect) -> Pooled {
    let measured: Vec<(f64, f64)> = cells
        .iter()
        .map(|cell| (cell.shift, cell.shift_error.max(ERROR_MIN).powi(2)))
        .collect();
    let prior_variance = prior.std_error.max(ERROR_MIN).powi(2);
    let alone = Grid::over(&measured, prior.shift, VAGUE).summed();
    let distance = (alone.data_mean - prior.shift).powi(2) / (prior_variance + alone.data_variance);
    let yielding = prior_variance * distance.powi(2).max(1.0);
    let sum = Grid::over(&measured, prior.shift, yielding).summed();
    let share = |variance: f64, before: f64| (1.0 - variance / before).clamp(0.0, 1.0);
    Pooled {
        typical: Normal {
            mean: sum.typical.0,
            std_error: sum.typical.1.sqrt(),
        },
        unseen_error: (sum.typical.1 + sum.between).sqrt(),
        between: sum.between.sqrt(),
        data_share: share(sum.typical.1, prior_variance),
        cells: sum
            .cells
            .iter()
            .map(|(mean, variance)| PooledCell {
                normal: Normal {
                    mean: *mean,
                    std_error: variance.sqrt(),
                },
                data_share: share(*variance, prior_variance + sum.between),
            })
            .collect(),
    }
}

/// What is known given a spread between cells; pairs are a mean and a variance.
struct Given {
    log_weight: f64,
    spread: f64,
    typical: (f64, f64),
    /// The typical effect by the cells alone.
    data: (f64, f64),
    cells: Vec<(f64, f64)>,
}

impl Given {
    fn spread(spread: f64, measured: &[(f64, f64)], assumed: f64, prior_variance: f64) -> Self {
        let between = spread * spread;
        let (mut weights, mut weighted, mut log_weight) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (shift, variance) in measured {
            let variance = variance + between;
            weights += 1.0 / variance;
            weighted += shift / variance;
            log_weight -= 0.5 * variance.ln();
        }
        let precision = weights + 1.0 / prior_variance;
        let typical = (weighted + assumed / prior_variance) / precision;
        log_weight -= 0.5 * (precision.ln() + prior_variance.ln());
        log_weight -= 0.5 * (typical - assumed).powi(2) / prior_variance;
        log_weight -= 0.5 * (spread / SPREAD_SCALE).powi(2);
        for (shift, variance) in measured {
            log_weight -= 0.5 * (shift - typical).powi(2) / (variance + between);
        }
        let cells = measured
            .iter()
            .map(|(shift, variance)| {
                let own = between / (between + variance);
                (
                    own * shift + (1.0 - own) * typical,
                    own * variance + (1.0 - own).powi(2) / precision,
                )
            })
            .collect();
        Self {
            log_weight,
            spread,
            typical: (typical, 1.0 / precision),
            data: (weighted / weights, 1.0 / weights),
            cells,
        }
    }
}

/// What is known for each spread of the grid.
struct Grid(Vec<Given>);

/// The same, summed over the spread.
struct Summed {
    typical: (f64, f64),
    data_mean: f64,
    data_variance: f64,
    /// Mean variance between cells.
    between: f64,
    cells: Vec<(f64, f64)>,
}

impl Grid {
    fn over(measured: &[(f64, f64)], assumed: f64, prior_variance: f64) -> Self {
        Self(
            (0..GRID_POINTS)
                .map(|point| {
                    let spread = GRID_STEP * (f64::from(point) + 0.5);
                    Given::spread(spread, measured, assumed, prior_variance)
                })
                .collect(),
        )
    }

    fn summed(&self) -> Summed {
        let highest = self
            .0
            .iter()
            .map(|given| given.log_weight)
            .fold(f64::MIN, f64::max);
        let weights: Vec<f64> = self
            .0
            .iter()
            .map(|given| (given.log_weight - highest).exp())
            .collect();
        let total: f64 = weights.iter().sum();
        let mean = |value: &dyn Fn(&Given) -> f64| -> f64 {
            self.0
                .iter()
                .zip(&weights)
                .map(|(given, weight)| weight / total * value(given))
                .sum()
        };
        // Mean and variance of a mixture.
        let mixed = |pair: &dyn Fn(&Given) -> (f64, f64)| -> (f64, f64) {
            let middle = mean(&|given| pair(given).0);
            let variance = mean(&|given| pair(given).1 + (pair(given).0 - middle).powi(2));
            (middle, variance)
        };
        let (data_mean, data_variance) = mixed(&|given| given.data);
        let cells = self.0.first().map_or(0, |given| given.cells.len());
        Summed {
            typical: mixed(&|given| given.typical),
            data_mean,
            data_variance,
            between: mean(&|given| given.spread * given.spread),
            cells: (0..cells).map(|cell| mixed(&|given| given.cells[cell])).collect(),
        }
    }
}
