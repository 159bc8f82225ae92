//! Joint simulation of one currency's receipts: a seeded Monte Carlo, coupled within a customer.
//!
//! # Definition
//!
//! In one draw, invoice `i` of customer `c` is paid on the day `T_i = F_i^-1(U_i)`, where `F_i` is
//! its payment distribution and
//!
//! ```text
//! U_i = Phi(X_i),   X_i = sqrt(rho) Z_c + sqrt(1 - rho) e_i,   Z_c, e_i ~ N(0, 1), independent
//! ```
//!
//! with `rho` the coupling of the plan. `X_i` is standard normal whatever `rho` is, so `U_i` is
//! uniform and every invoice keeps its own distribution: coupling moves the width of the band,
//! never its mean. Two invoices of one customer have latent correlation `rho`; customers are
//! independent. Only the bucket of `T_i` matters. With `C_ib` the probability that `i` is paid by
//! the end of bucket `b`, the bucket is the first with `X_i <= Phi^-1(C_ib)`: the normal
//! distribution function is inverted once a bucket edge (error below 1e-12) instead of being
//! computed once a draw. Without coupling, a 32-bit uniform is compared with `C_ib x 2^32`.
//!
//! # Determinism
//!
//! `Z_c` is drawn from a generator seeded by the plan's seed and the customer, `e_i` from one seeded
//! by the seed, the customer and the invoice. Sums are integers. The result depends neither on the
//! order of the invoices nor on the number of threads, and an invoice keeps its draws when others
//! join or leave the book, so two scenarios share their luck (common random numbers). A line of an
//! instalment plan has its due date as a third name.
//!
//! # When it is wrong
//!
//! Customers are not independent in a crisis, and what is not on an instalment plan is paid in one piece: a
//! book of a few large part-paid invoices has a wider simulated band than the real one. The lines of a plan
//! are drawn like invoices of their own, coupled as two invoices of the customer are and no closer.
//!
//! # References
//!
//! - Li, D. X. (2000), On default correlation: a copula function approach, Journal of Fixed Income
//!   9(4), 43-54: times to an event coupled by a Gaussian copula.
//! - Vasicek, O. (1987), Probability of loss on loan portfolio, KMV: one latent factor.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use super::ForecastPlan;
use super::allocate::{cumulative_counts, probability_of};
use super::item::CashItem;

/// Invoices a work item holds at most, so that one dominant customer is shared among the threads.
/// A part costs one regeneration of `Z_c`, under 1 % of 256 invoices.
const INVOICES_PER_BLOCK: usize = 256;

/// Runs of work items the book is cut into: bounds the matrices alive at a time.
const RUNS: usize = 32;

/// Cash of every draw by bucket, in minor units; the last cell of a draw is what arrives later.
#[derive(Clone, Debug)]
struct DrawMatrix {
    stride: usize,
    cash: Vec<i64>,
}

/// Low, middle and high of a simulated amount, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) p10: i64,
    pub(crate) p50: i64,
    pub(crate) p90: i64,
}

/// The bands of one currency, one entry a bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bands {
    /// Cash within the bucket.
    pub(crate) single: Vec<Band>,
    /// Cash from the first bucket to the end of this one.
    pub(crate) cumulative: Vec<Band>,
}

/// Simulates the receipts of one currency and returns their quantiles.
///
/// `book` is sorted by customer, `days_ahead` holds the last day of each bucket counted from the
/// cut-off. The caller has made sure that the sum of the absolute open amounts fits an `i64`, so no
/// partial sum can overflow.
pub(crate) fn simulate(book: &[CashItem<'_>], days_ahead: &[i32], plan: &ForecastPlan) -> Bands {
    let draws = usize::try_from(plan.draws).expect("the number of draws is at most 10,000");
    let stride = days_ahead.len() + 1;
    let blocks: Vec<&[CashItem<'_>]> = book
        .chunk_by(|left, right| left.customer_id == right.customer_id)
        .flat_map(|customer| customer.chunks(INVOICES_PER_BLOCK))
        .collect();
    let run_length = blocks.len().div_ceil(RUNS).max(1);
    let matrix = blocks
        .par_chunks(run_length)
        .map(|run| {
            let mut matrix = DrawMatrix::zero(draws, stride);
            for block in run {
                add_block(block, days_ahead, plan, &mut matrix);
            }
            matrix
        })
        .reduce_with(DrawMatrix::plus)
        .unwrap_or_else(|| DrawMatrix::zero(draws, stride));
    matrix.into_bands()
}

/// Adds the draws of some invoices of one customer.
fn add_block(block: &[CashItem<'_>], days_ahead: &[i32], plan: &ForecastPlan, matrix: &mut DrawMatrix) {
    let mut counts = Vec::with_capacity(days_ahead.len());
    let is_coupled = plan.coupling > 0.0;
    let shared = match block.first() {
        Some(first) if is_coupled => shared_normals(first.customer_id, plan),
        Some(_) | None => Vec::new(),
    };
    for item in block {
        cumulative_counts(item.distribution, days_ahead, &mut counts);
        let mut generator = if item.is_line {
            // A line keeps its draws when others are paid.
            let line = item.due_date.to_string();
            generator_of(plan.seed, &[item.customer_id, item.invoice_id, line.as_str()])
        } else {
            generator_of(plan.seed, &[item.customer_id, item.invoice_id])
        };
        let open = item.open_minor;
        if is_coupled {
            add_coupled(open, &counts, plan, &shared, &mut generator, matrix);
        } else {
            add_independent(open, &counts, &mut generator, matrix);
        }
    }
}

/// Draws `sqrt(rho) Z_c` for every draw.
fn shared_normals(customer_id: &str, plan: &ForecastPlan) -> Vec<f64> {
    let mut generator = generator_of(plan.seed, &[customer_id]);
    let weight = plan.coupling.sqrt();
    (0..plan.draws)
        .map(|_| {
            let normal: f64 = StandardNormal.sample(&mut generator);
            weight * normal
        })
        .collect()
}

/// Adds one invoice whose latent normal has a part in common with its customer's other invoices.
fn add_coupled(
    open: i64,
    counts: &[u64],
    plan: &ForecastPlan,
    shared: &[f64],
    generator: &mut ChaCha8Rng,
    matrix: &mut DrawMatrix,
) {
    let normal = Normal::standard();
    let edges: Vec<f64> = counts
        .iter()
        .map(|&count| normal.inverse_cdf(probability_of(count)))
        .collect();
    let weight = (1.0 - plan.coupling).sqrt();
    for (cash, common) in matrix.cash.chunks_exact_mut(matrix.stride).zip(shared) {
        let own: f64 = StandardNormal.sample(generator);
        let latent = common + weight * own;
        let cell = edges.partition_point(|&edge| edge < latent);
        cash[cell] += open;
    }
}

/// Adds one invoice that is paid without regard to any other.
fn add_independent(open: i64, counts: &[u64], generator: &mut ChaCha8Rng, matrix: &mut DrawMatrix) {
    for cash in matrix.cash.chunks_exact_mut(matrix.stride) {
        let uniform = u64::from(generator.next_u32());
        let cell = counts.partition_point(|&count| count <= uniform);
        cash[cell] += open;
    }
}

/// Returns the generator that belongs to a seed and a list of names.
///
/// FNV-1a (Fowler, Noll, Vo; 64 bits) gives a hash that is the same on every platform and in every
/// version; a zero byte after each name keeps ("ab", "c") apart from ("a", "bc").
fn generator_of(seed: u64, names: &[&str]) -> ChaCha8Rng {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for name in names {
        for byte in name.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    ChaCha8Rng::seed_from_u64(seed ^ hash)
}

impl DrawMatrix {
    /// Returns a matrix without cash.
    fn zero(draws: usize, stride: usize) -> Self {
        Self {
            stride,
            cash: vec![0; draws * stride],
        }
    }

    /// Adds another matrix of the same shape, cell by cell.
    fn plus(mut self, other: Self) -> Self {
        for (cell, added) in self.cash.iter_mut().zip(other.cash) {
            *cell += added;
        }
        self
    }

    /// Reads the quantiles of every bucket, then of the running totals.
    fn into_bands(mut self) -> Bands {
        let single = self.column_bands();
        for cash in self.cash.chunks_exact_mut(self.stride) {
            let mut running = 0;
            for cell in cash {
                running += *cell;
                *cell = running;
            }
        }
        let cumulative = self.column_bands();
        Bands { single, cumulative }
    }

    /// Returns the band of every bucket; the cell for later cash has none.
    fn column_bands(&self) -> Vec<Band> {
        (0..self.stride - 1)
            .map(|bucket| {
                let mut column: Vec<i64> = self
                    .cash
                    .iter()
                    .skip(bucket)
                    .step_by(self.stride)
                    .copied()
                    .collect();
                column.sort_unstable();
                Band {
                    p10: quantile(&column, 10),
                    p50: quantile(&column, 50),
                    p90: quantile(&column, 90),
                }
            })
            .collect()
    }
}

/// Returns the smallest value with at least `percent` of the draws at or below it.
///
/// This is the inverse of the empirical distribution function (Hyndman and Fan 1996, type 1): a
/// quantile is always an amount that was drawn, never one between two.
fn quantile(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::{RngCore, generator_of, quantile};

    #[test]
    fn a_quantile_is_a_value_that_was_drawn() {
        let sorted: Vec<i64> = (1..=10).collect();
        assert_eq!(quantile(&sorted, 10), 1);
        assert_eq!(quantile(&sorted, 50), 5);
        assert_eq!(quantile(&sorted, 90), 9);
        assert_eq!(quantile(&[7], 10), 7);
    }

    #[test]
    fn names_that_run_into_each_other_have_their_own_generators() {
        let left = generator_of(1, &["ab", "c"]).next_u64();
        let right = generator_of(1, &["a", "bc"]).next_u64();
        assert_ne!(left, right);
        assert_eq!(left, generator_of(1, &["ab", "c"]).next_u64());
        assert_ne!(left, generator_of(2, &["ab", "c"]).next_u64());
    }
}
