//! Logistic regression on sparse rows: linfa's estimator where linfa's solver is too slow.
//!
//! linfa-logistic holds its rows densely and multiplies by their transpose column by column; on
//! 160,000 day-ahead rows of 163 columns a fit took 33 s. More than half of these are zeros. This
//! estimator holds them sparsely, takes cost and gradient in one parallel pass and has what linfa
//! lacks: offsets and weights. The optimiser is the same, argmin's L-BFGS, and so are the solutions
//! (tested against linfa-logistic). ADR 0008 has the measurements.
//!
//! **Objective.** `sum_i w_i ln(1 + exp(-y_i eta_i)) + penalty/2 |b|^2` with `eta_i = a + b'x_i + o_i`
//! and `y_i` in `{-1, 1}`; the intercept `a` is free.
//!
//! Sums run over fixed blocks of rows in a fixed order, so the result does not depend on threads.

use std::cell::RefCell;

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use linfa::DatasetBase;
use linfa::traits::Fit;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::Error;
use crate::model::sparse_rows::SparseRows;

/// Rows summed by one task; fixed, because the order of float sums is part of the result.
const BLOCK_ROWS: usize = 4096;
/// Corrections that L-BFGS remembers.
const MEMORY: usize = 10;

/// Hyperparameters of [`SparseLogistic`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `penalty` | 1 | L2 penalty on the coefficients | at least 0 |
/// | `iterations_max` | 150 | L-BFGS iterations | at least 1 |
/// | `tolerance` | 1e-5 | norm of the gradient a unit of weight at which it stops | above 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SparseLogisticParams {
    /// L2 penalty on the coefficients.
    pub penalty: f64,
    /// L-BFGS iterations.
    pub iterations_max: u32,
    /// Norm of the gradient a unit of weight at which it stops.
    pub tolerance: f64,
}

impl Default for SparseLogisticParams {
    fn default() -> Self {
        Self {
            penalty: 1.0,
            iterations_max: 150,
            tolerance: 1e-5,
        }
    }
}

impl SparseLogisticParams {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn check(self) -> Result<SparseLogisticValidParams, Error> {
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::Parameter {
                name: "penalty",
                allowed: "at least 0",
                given: self.penalty,
            });
        }
        if self.iterations_max == 0 {
            return Err(Error::Parameter {
                name: "iterations_max",
                allowed: "at least 1",
                given: 0.0,
            });
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(Error::Parameter {
                name: "tolerance",
                allowed: "above 0",
                given: self.tolerance,
            });
        }
        Ok(SparseLogisticValidParams(self))
    }
}

/// Checked hyperparameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SparseLogisticValidParams(SparseLogisticParams);

/// Intercept and coefficients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SparseLogistic {
    /// Log-odds where every column is zero.
    pub intercept: f64,
    /// Change of the log-odds a unit of each column.
    pub coefficients: Vec<f64>,
    /// L-BFGS iterations made; at the allowed number, the optimum was not reached.
    pub iterations: u64,
}

impl Fit<SparseRows, Vec<bool>, Error> for SparseLogisticValidParams {
    type Object = SparseLogistic;

    /// Fits; the target is whether the event happened.
    fn fit(&self, dataset: &DatasetBase<SparseRows, Vec<bool>>) -> Result<SparseLogistic, Error> {
        let (rows, events) = (&dataset.records, &dataset.targets);
        if rows.len() != events.len() {
            return Err(Error::Linfa(format!(
                "{} rows need as many targets, got {}",
                rows.len(),
                events.len()
            )));
        }
        let problem = Problem {
            rows,
            events,
            penalty: self.0.penalty,
            latest: RefCell::new(None),
        };
        let total: f64 = rows.weights.iter().sum();
        let refused = |error: argmin::core::Error| Error::Linfa(error.to_string());
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
            .with_tolerance_grad(self.0.tolerance * total)
            .map_err(refused)?;
        let start = vec![0.0; rows.width + 1];
        let result = Executor::new(problem, solver)
            .configure(|state| state.param(start).max_iters(u64::from(self.0.iterations_max)))
            .run()
            .map_err(refused)?;
        let best = result
            .state()
            .get_best_param()
            .ok_or_else(|| Error::Linfa("no step could be made".to_owned()))?;
        Ok(SparseLogistic {
            intercept: best[rows.width],
            coefficients: best[..rows.width].to_vec(),
            iterations: result.state().get_iter(),
        })
    }
}

/// Cost and gradient at a point; L-BFGS asks for both at the same points, one after the other.
#[derive(Debug, Clone)]
struct Evaluation {
    at: Vec<f64>,
    cost: f64,
    gradient: Vec<f64>,
}

/// The objective over one data set. Parameters are the coefficients, then the intercept.
struct Problem<'a> {
    rows: &'a SparseRows,
    events: &'a [bool],
    penalty: f64,
    latest: RefCell<Option<Evaluation>>,
}

impl Problem<'_> {
    fn evaluate(&self, at: &[f64]) -> Evaluation {
        if let Some(latest) = self.latest.borrow().as_ref()
            && latest.at == at
        {
            return latest.clone();
        }
        let (rows, events) = (self.rows, self.events);
        let width = rows.width;
        let blocks: Vec<(f64, Vec<f64>)> = (0..rows.len().div_ceil(BLOCK_ROWS))
            .into_par_iter()
            .map(|block| evaluate_block(rows, events, at, block))
            .collect();
        let mut cost = 0.5 * self.penalty * at[..width].iter().map(|b| b * b).sum::<f64>();
        let mut gradient: Vec<f64> = at.iter().map(|b| self.penalty * b).collect();
        gradient[width] = 0.0;
        for (block_cost, block_gradient) in blocks {
            cost += block_cost;
            for (sum, part) in gradient.iter_mut().zip(block_gradient) {
                *sum += part;
            }
        }
        let evaluation = Evaluation {
            at: at.to_vec(),
            cost,
            gradient,
        };
        self.latest.replace(Some(evaluation.clone()));
        evaluation
    }
}

/// Cost and gradient of one block of rows, without the penalty. What rows of a run share is multiplied once.
fn evaluate_block(rows: &SparseRows, events: &[bool], at: &[f64], block: usize) -> (f64, Vec<f64>) {
    let width = rows.width;
    let mut cost = 0.0;
    let mut gradient = vec![0.0; width + 1];
    let members = block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(rows.len());
    for (run, members) in rows.runs(members) {
        let eta_of_run = at[width] + rows.shared().dot(run, at);
        let mut slope_of_run = 0.0;
        for row in members {
            let eta = eta_of_run + rows.offsets[row] + rows.own().dot(row, at);
            let sign = if events[row] { 1.0 } else { -1.0 };
            let weight = rows.weights[row];
            let (softplus, missed) = softplus(-sign * eta);
            cost += weight * softplus;
            let slope = -weight * sign * missed;
            rows.own().add(row, slope, &mut gradient);
            slope_of_run += slope;
        }
        rows.shared().add(run, slope_of_run, &mut gradient);
        gradient[width] += slope_of_run;
    }
    (cost, gradient)
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.evaluate(at).cost)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.evaluate(at).gradient)
    }
}

/// `ln(1 + exp(x))` and its slope `1 / (1 + exp(-x))`, from one exponential and without overflow.
fn softplus(x: f64) -> (f64, f64) {
    let small = (-x.abs()).exp();
    let slope = if x > 0.0 { 1.0 } else { small } / (1.0 + small);
    (x.max(0.0) + small.ln_1p(), slope)
}

#[cfg(test)]
mod tests {
    use linfa_logistic::LogisticRegression;
    use ndarray::{Array1, Array2};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// 2,000 rows of 6 columns, half of them zeros, with known coefficients.
    fn data() -> (Array2<f64>, Vec<bool>) {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let truth = [1.0, -2.0, 0.5, 0.0, 1.5, -0.3];
        let rows = Array2::from_shape_fn((2_000, 6), |_| {
            if random.random::<bool>() {
                random.random::<f64>() * 2.0 - 1.0
            } else {
                0.0
            }
        });
        let events = rows
            .outer_iter()
            .map(|row| {
                let eta = row.iter().zip(truth).map(|(x, b)| x * b).sum::<f64>() - 1.0;
                random.random::<f64>() < 1.0 / (1.0 + (-eta).exp())
            })
            .collect();
        (rows, events)
    }

    fn sparse(rows: &Array2<f64>, offset: f64) -> SparseRows {
        let mut sparse = SparseRows::new(rows.ncols());
        for row in rows.outer_iter() {
            let terms = row.iter().enumerate().filter(|(_, value)| **value != 0.0);
            #[expect(clippy::cast_possible_truncation, reason = "test data")]
            sparse.push(terms.map(|(column, value)| (column, *value as f32)), offset, 1.0);
        }
        sparse
    }

    fn fit(rows: SparseRows, events: Vec<bool>) -> SparseLogistic {
        let params = SparseLogisticParams {
            tolerance: 1e-9,
            ..SparseLogisticParams::default()
        };
        params
            .check()
            .unwrap()
            .fit(&DatasetBase::new(rows, events))
            .unwrap()
    }

    #[test]
    fn the_solution_matches_linfa_logistic() {
        let (rows, events) = data();
        let ours = fit(sparse(&rows, 0.0), events.clone());
        let targets: Array1<usize> = events.iter().map(|event| usize::from(*event)).collect();
        let linfa = LogisticRegression::default()
            .alpha(1.0)
            .gradient_tolerance(1e-6)
            .max_iterations(500);
        let theirs = linfa.fit(&DatasetBase::new(rows, targets)).unwrap();
        let sign = if theirs.labels().pos.class == 1 { 1.0 } else { -1.0 };
        // Single precision of our values bounds the agreement.
        assert!((ours.intercept - sign * theirs.intercept()).abs() < 1e-4);
        for (ours, theirs) in ours.coefficients.iter().zip(theirs.params()) {
            assert!((ours - sign * theirs).abs() < 1e-4, "{ours} {theirs}");
        }
    }

    #[test]
    fn an_offset_moves_the_intercept_and_nothing_else() {
        let (rows, events) = data();
        let plain = fit(sparse(&rows, 0.0), events.clone());
        let offset = fit(sparse(&rows, 0.7), events);
        assert!((plain.intercept - offset.intercept - 0.7).abs() < 1e-5);
        for (plain, offset) in plain.coefficients.iter().zip(&offset.coefficients) {
            assert!((plain - offset).abs() < 1e-5);
        }
    }

    #[test]
    fn what_rows_share_counts_as_if_each_had_it() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let mut value = |_: usize| random.random::<f32>();
        // Runs go on over the end of a block, and one value is partly shared and partly own.
        let (mut shared, mut apart) = (SparseRows::new(3), SparseRows::new(3));
        let mut events = Vec::new();
        for run in 0..300 {
            let of_run: [f32; 2] = std::array::from_fn(&mut value);
            shared.share([(0, of_run[0]), (1, of_run[1])]);
            for day in 0..40 {
                let [own, more] = std::array::from_fn(&mut value);
                shared.push([(1, more), (2, own)], 0.3, 1.0);
                apart.push([(0, of_run[0]), (1, of_run[1] + more), (2, own)], 0.3, 1.0);
                events.push((run + day) % 3 == 0 || own > 0.8);
            }
        }
        let (shared, apart) = (fit(shared, events.clone()), fit(apart, events));
        assert!((shared.intercept - apart.intercept).abs() < 1e-5);
        for (shared, apart) in shared.coefficients.iter().zip(&apart.coefficients) {
            assert!((shared - apart).abs() < 1e-5, "{shared} {apart}");
        }
    }

    #[test]
    fn a_weight_of_two_counts_a_row_twice() {
        let (rows, events) = data();
        let mut twice = sparse(&rows, 0.0);
        twice.append(sparse(&rows, 0.0));
        let repeated = fit(twice, events.repeat(2));
        let mut weighted = sparse(&rows, 0.0);
        weighted.weights.fill(2.0);
        let weighted = fit(weighted, events);
        for (one, other) in repeated.coefficients.iter().zip(&weighted.coefficients) {
            assert!((one - other).abs() < 1e-6);
        }
    }
}
