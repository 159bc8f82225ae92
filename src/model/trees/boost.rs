//! Gradient boosting with the logistic loss: each tree takes a step against what is left to explain.
//!
//! **Objective.** `sum_i ln(1 + exp(-y_i eta_i))`, `eta_i = o_i + a + rate * sum_t tree_t(x_i)` with
//! offset `o_i` (Friedman 2001; Newton steps as in Chen and Guestrin 2016). Each tree sees a share of
//! the rows and columns, drawn by the seed.

use linfa::DatasetBase;
use linfa::traits::Fit;
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::Error;
use crate::model::trees::bins::{BinnedRows, Bins};
use crate::model::trees::grow::{Ground, Limits, Slope};
use crate::model::trees::tree::{LEAVES_MAX, Tree};

/// Hyperparameters of [`BoostedTrees`], unchecked.
///
/// | name | default | meaning | range |
/// | --- | --- | --- | --- |
/// | `trees` | 150 | number of trees | at least 1 |
/// | `leaves` | 16 | leaves of a tree at most | 2 to 64 |
/// | `rate` | 0.08 | share of each step that is taken | above 0, at most 1 |
/// | `penalty` | 1 | L2 penalty on the leaf values | at least 0 |
/// | `curvature_min` | 8 | least sum of `p (1 - p)` in a leaf | at least 0 |
/// | `row_share` | 0.6 | share of the rows that a tree sees | above 0, at most 1 |
/// | `column_share` | 0.5 | share of the columns that a tree sees | above 0, at most 1 |
/// | `seed` | 20261122 | seed of these shares | any |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostedTreesParams {
    /// Number of trees.
    pub trees: usize,
    /// Leaves of a tree at most.
    pub leaves: usize,
    /// Share of each step that is taken.
    pub rate: f64,
    /// L2 penalty on the leaf values.
    pub penalty: f64,
    /// Least sum of `p (1 - p)` in a leaf.
    pub curvature_min: f64,
    /// Share of the rows that a tree sees.
    pub row_share: f64,
    /// Share of the columns that a tree sees.
    pub column_share: f64,
    /// Seed of the shares.
    pub seed: u64,
}

impl Default for BoostedTreesParams {
    fn default() -> Self {
        Self {
            trees: 150,
            leaves: 16,
            rate: 0.08,
            penalty: 1.0,
            curvature_min: 8.0,
            row_share: 0.6,
            column_share: 0.5,
            seed: 20_261_122,
        }
    }
}

impl BoostedTreesParams {
    /// Checks the ranges, for rows binned by `bins`.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn check(self, bins: &Bins) -> Result<BoostedTreesValidParams<'_>, Error> {
        const SHARE: &str = "above 0, at most 1";
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        #[expect(clippy::cast_precision_loss, reason = "small counts, for the message")]
        let ranges = [
            ("trees", "at least 1", self.trees as f64, self.trees >= 1),
            (
                "leaves",
                "2 to 64",
                self.leaves as f64,
                (2..=LEAVES_MAX).contains(&self.leaves),
            ),
            ("rate", SHARE, self.rate, is_share(self.rate)),
            ("penalty", "at least 0", self.penalty, self.penalty >= 0.0),
            (
                "curvature_min",
                "at least 0",
                self.curvature_min,
                self.curvature_min >= 0.0,
            ),
            ("row_share", SHARE, self.row_share, is_share(self.row_share)),
            (
                "column_share",
                SHARE,
                self.column_share,
                is_share(self.column_share),
            ),
        ];
        match ranges.into_iter().find(|(_, _, _, is_allowed)| !is_allowed) {
            Some((name, allowed, given, _)) => Err(Error::Parameter { name, allowed, given }),
            None => Ok(BoostedTreesValidParams { params: self, bins }),
        }
    }
}

/// Checked hyperparameters.
#[derive(Debug, Clone, Copy)]
pub struct BoostedTreesValidParams<'a> {
    params: BoostedTreesParams,
    bins: &'a Bins,
}

/// Fitted trees; the log-odds of a row are the intercept and the values of its leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostedTrees {
    /// Log-odds before any tree.
    pub intercept: f64,
    /// The trees, leaf values already multiplied by the rate.
    pub trees: Vec<Tree>,
}

impl Fit<BinnedRows, Vec<bool>, Error> for BoostedTreesValidParams<'_> {
    type Object = BoostedTrees;

    /// Fits; the target is whether the event happened.
    fn fit(&self, dataset: &DatasetBase<BinnedRows, Vec<bool>>) -> Result<BoostedTrees, Error> {
        let (rows, events, params) = (&dataset.records, &dataset.targets, &self.params);
        if rows.len() != events.len() || rows.columns.len() != self.bins.width() {
            return Err(Error::Linfa(format!(
                "{} rows of {} columns need as many targets and bins, got {} and {}",
                rows.len(),
                rows.columns.len(),
                events.len(),
                self.bins.width()
            )));
        }
        let intercept = intercept(&rows.offsets, events);
        let mut scores: Vec<f64> = rows.offsets.iter().map(|offset| offset + intercept).collect();
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let mut trees = Vec::with_capacity(params.trees);
        for _ in 0..params.trees {
            let slopes: Vec<Slope> = scores
                .par_iter()
                .zip(events)
                .map(|(score, event)| slope(*score, *event))
                .collect();
            let members = share_of(rows.len(), params.row_share, &mut random);
            let columns: Vec<usize> = share_of(rows.columns.len(), params.column_share, &mut random)
                .into_iter()
                .map(|column| usize::try_from(column).expect("a column is an index"))
                .collect();
            let ground = Ground {
                rows,
                bins: self.bins,
                slopes: &slopes,
                columns: &columns,
                limits: Limits {
                    leaves: params.leaves,
                    curvature_min: params.curvature_min,
                    penalty: params.penalty,
                },
            };
            let mut tree = ground.grow(members);
            tree.leaves.iter_mut().for_each(|leaf| *leaf *= params.rate);
            scores.par_iter_mut().enumerate().for_each(|(row, score)| {
                *score += tree.leaves[tree.leaf(|column| rows.columns[column][row])];
            });
            trees.push(tree);
        }
        Ok(BoostedTrees { intercept, trees })
    }
}

impl BoostedTrees {
    /// Returns the log-odds of a row, its offset left out.
    #[must_use]
    pub fn log_odds(&self, bin_of: impl Fn(usize) -> u8) -> f64 {
        let values = self.trees.iter().map(|tree| tree.leaves[tree.leaf(&bin_of)]);
        self.intercept + values.sum::<f64>()
    }

    /// Checks that the trees are sound and ask for columns below `width`.
    pub(crate) fn check(&self, width: usize) -> Result<(), String> {
        if !self.intercept.is_finite() {
            return Err("the intercept of the trees must be finite".to_owned());
        }
        self.trees.iter().try_for_each(|tree| tree.check(width))
    }
}

/// Gradient and curvature of the logistic loss.
#[expect(clippy::cast_possible_truncation, reason = "24 bits of a slope are enough")]
fn slope(score: f64, event: bool) -> Slope {
    let probability = 1.0 / (1.0 + (-score).exp());
    Slope {
        gradient: (probability - f64::from(u8::from(event))) as f32,
        curvature: (probability * (1.0 - probability)) as f32,
    }
}

/// The intercept with which the mean probability is the share of events, by Newton steps.
fn intercept(offsets: &[f64], events: &[bool]) -> f64 {
    let happened: f64 = events.iter().map(|event| f64::from(u8::from(*event))).sum();
    let mut intercept = 0.0;
    for _ in 0..20 {
        let (mut expected, mut curvature) = (0.0, 1e-9);
        for offset in offsets {
            let probability = 1.0 / (1.0 + (-(offset + intercept)).exp());
            expected += probability;
            curvature += probability * (1.0 - probability);
        }
        intercept = f64::clamp(
            intercept + ((happened - expected) / curvature).clamp(-2.0, 2.0),
            -20.0,
            20.0,
        );
    }
    intercept
}

/// A random share of `0..count`, in order.
fn share_of(count: usize, share: f64, random: &mut ChaCha8Rng) -> Vec<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a count is a count"
    )]
    let taken = ((count as f64 * share).round() as usize).clamp(count.min(1), count);
    let narrow = |at: usize| u32::try_from(at).expect("fewer rows than u32 holds");
    if taken == count {
        return (0..count).map(narrow).collect();
    }
    let mut members: Vec<u32> = sample(random, count, taken).iter().map(narrow).collect();
    members.sort_unstable();
    members
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// Of three columns every one is needed.
    const ALL_COLUMNS: BoostedTreesParams = BoostedTreesParams {
        trees: 150,
        leaves: 16,
        rate: 0.08,
        penalty: 1.0,
        curvature_min: 8.0,
        row_share: 0.6,
        column_share: 1.0,
        seed: 1,
    };

    /// Rows of three columns whose event depends on the first two together and not on the third.
    fn data(offset: f64) -> (Bins, BinnedRows, Vec<bool>, Vec<f64>) {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let values: Vec<f32> = (0..60_000).map(|_| random.random::<f32>()).collect();
        let bins = Bins::of_rows(&values, 3);
        let mut rows = bins.apply(&values);
        rows.offsets.fill(offset);
        let truth: Vec<f64> = values
            .chunks(3)
            .map(|row| {
                if (row[0] > 0.5) == (row[1] > 0.3) {
                    0.8
                } else {
                    0.1
                }
            })
            .collect();
        let events = truth.iter().map(|p| random.random::<f64>() < *p).collect();
        (bins, rows, events, truth)
    }

    fn fit(params: BoostedTreesParams, offset: f64) -> (BoostedTrees, BinnedRows, Vec<f64>) {
        let (bins, rows, events, truth) = data(offset);
        let dataset = DatasetBase::new(rows, events);
        let fitted = params.check(&bins).unwrap().fit(&dataset).unwrap();
        (fitted, dataset.records, truth)
    }

    fn error(fitted: &BoostedTrees, rows: &BinnedRows, truth: &[f64], shift: f64) -> f64 {
        let errors = truth.iter().enumerate().map(|(row, truth)| {
            let score = fitted.log_odds(|column| rows.columns[column][row]) + shift;
            (1.0 / (1.0 + (-score).exp()) - truth).abs()
        });
        errors.sum::<f64>() / f64::from(u32::try_from(truth.len()).unwrap())
    }

    #[test]
    fn an_interaction_that_no_sum_of_terms_has_is_found() {
        let (fitted, rows, truth) = fit(ALL_COLUMNS, 0.0);
        let error = error(&fitted, &rows, &truth, 0.0);
        assert!(error < 0.045, "{error}");
    }

    #[test]
    fn an_offset_is_taken_off_again() {
        let (fitted, rows, truth) = fit(ALL_COLUMNS, 1.5);
        let error = error(&fitted, &rows, &truth, 1.5);
        assert!(error < 0.045, "{error}");
    }

    #[test]
    fn the_same_seed_gives_the_same_trees_whatever_the_number_of_threads() {
        let params = BoostedTreesParams {
            trees: 20,
            ..BoostedTreesParams::default()
        };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| fit(params, 0.0).0)
        };
        assert_eq!(on(1), on(4));
        let other = BoostedTreesParams { seed: 1, ..params };
        assert_ne!(fit(params, 0.0).0, fit(other, 0.0).0);
    }

    #[test]
    fn a_parameter_out_of_range_is_refused_by_name() {
        let bins = Bins::of_rows(&[1.0, 2.0], 1);
        let params = BoostedTreesParams {
            row_share: 1.5,
            ..BoostedTreesParams::default()
        };
        let error = params.check(&bins).unwrap_err().to_string();
        assert!(error.contains("row_share") && error.contains("1.5"), "{error}");
    }
}
