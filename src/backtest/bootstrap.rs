//! Paired block bootstrap: how far a difference of two models could be chance.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::metrics::real;

/// Draws of the bootstrap: enough for a 95 % interval whose ends move by less than its tenth.
pub const DRAWS: u32 = 1_000;

/// A difference of two models on the same cases, summed up by block.
///
/// The statistic is `sum of differences / sum of cases`, so that two numbers a block suffice and a
/// draw never looks at a case again.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSums {
    /// Sum over the cases of the block of (measure of the model - measure of the baseline).
    pub differences: Vec<f64>,
    /// Cases of the block that the measure counts.
    pub cases: Vec<f64>,
}

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The difference on the cases themselves.
    pub estimate: f64,
    /// 2.5 % of the draws lie below.
    pub lower: f64,
    /// 2.5 % of the draws lie above.
    pub upper: f64,
}

/// An estimate with its one-sided bounds, each of which holds with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// The difference on the cases themselves.
    pub estimate: f64,
    /// 5 % of the draws lie below.
    pub lower: f64,
    /// 5 % of the draws lie above.
    pub upper: f64,
}

/// Returns the percentile interval of the mean difference, for several measures at once.
///
/// # Definition
///
/// A draw takes as many blocks as there are, with replacement, each with all its cases, and forms
/// the mean difference. The interval lies between the 2.5th and 97.5th percentile of the draws.
/// Blocks are customers: the invoices of one customer are paid in the same runs and are open at
/// several cut-offs, so that cases are not independent but customers nearly are. Pairing removes
/// what is hard for both models (Künsch 1989, Annals of Statistics 17; Davison and Hinkley 1997).
///
/// Every draw has its own stream of the generator, so that threads do not change the result. All
/// series must have the same number of blocks. A series without a case yields `None`.
pub fn paired_block_bootstrap(series: &[BlockSums], draws: u32, seed: u64) -> Vec<Option<Interval>> {
    let drawn = draw_sums(series, draws, seed);
    (0..series.len())
        .map(|index| {
            let (estimate, means) = means(&series[index], &drawn, index)?;
            Some(Interval {
                estimate,
                lower: percentile(&means, 25)?,
                upper: percentile(&means, 975)?,
            })
        })
        .collect()
}

/// Returns the one-sided bounds of the mean difference: the draws of [`paired_block_bootstrap`], cut at the 5th
/// and at the 95th percentile.
pub fn paired_block_bounds(series: &[BlockSums], draws: u32, seed: u64) -> Vec<Option<Bounds>> {
    let drawn = draw_sums(series, draws, seed);
    (0..series.len())
        .map(|index| {
            let (estimate, means) = means(&series[index], &drawn, index)?;
            Some(Bounds {
                estimate,
                lower: percentile(&means, 50)?,
                upper: percentile(&means, 950)?,
            })
        })
        .collect()
}

/// Returns for each draw the sums of differences and of cases of every series, one after the other.
fn draw_sums(series: &[BlockSums], draws: u32, seed: u64) -> Vec<Vec<f64>> {
    let blocks = series.first().map_or(0, |sums| sums.differences.len());
    if blocks == 0 {
        return Vec::new();
    }
    // Interleaved by block, so that a drawn block is one run of memory.
    let mut table = Vec::with_capacity(blocks * series.len() * 2);
    for block in 0..blocks {
        for sums in series {
            table.push(sums.differences[block]);
            table.push(sums.cases[block]);
        }
    }
    let width = series.len() * 2;
    (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(draw));
            let mut sums = vec![0.0_f64; width];
            for _ in 0..blocks {
                let block = rng.random_range(0..blocks);
                let values = &table[block * width..(block + 1) * width];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value;
                }
            }
            sums
        })
        .collect()
}

/// Returns the mean difference of one series, and those of the draws in ascending order.
fn means(sums: &BlockSums, drawn: &[Vec<f64>], index: usize) -> Option<(f64, Vec<f64>)> {
    let cases: f64 = sums.cases.iter().sum();
    if cases <= 0.0 {
        return None;
    }
    let mut means: Vec<f64> = drawn
        .iter()
        .filter(|draw| draw[index * 2 + 1] > 0.0)
        .map(|draw| draw[index * 2] / draw[index * 2 + 1])
        .collect();
    means.sort_by(f64::total_cmp);
    Some((sums.differences.iter().sum::<f64>() / cases, means))
}

/// Returns the value below which `per_mille` of the sorted values lie, interpolated between neighbours.
fn percentile(sorted: &[f64], per_mille: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let below = last * per_mille / 1_000;
    let rest = last * per_mille % 1_000;
    let above = (below + 1).min(last);
    let weight = real(rest) / 1_000.0;
    Some(sorted[below] + weight * (sorted[above] - sorted[below]))
}
