//! Intervals by drawing customers with replacement.
//!
//! Each customer is one block of four sums, so that a draw never looks at a decision again. Every draw has its own
//! stream of the generator: threads do not change the result.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::estimators::Case;
use super::{Estimate, EvaluationPlan};

/// `sum w r`, `sum w`, sum of doubly robust rewards, decisions.
type Sums = [f64; 4];

/// The decisions of each customer, summed up; customers come one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    last: Option<String>,
    sums: Vec<Sums>,
}

impl Blocks {
    /// Adds a decision; those of one customer follow each other.
    pub(super) fn add(&mut self, customer_id: &str, case: &Case) {
        if self.last.as_deref() != Some(customer_id) {
            self.last = Some(customer_id.to_owned());
            self.sums.push(Sums::default());
        }
        let block = self.sums.last_mut().expect("a block was pushed for the customer");
        let parts = [case.weight * case.reward, case.weight, case.doubly_robust, 1.0];
        for (sum, part) in block.iter_mut().zip(parts) {
            *sum += part;
        }
    }

    /// Returns the number of customers.
    pub(super) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Returns the self-normalised and the doubly robust estimate.
    pub(super) fn estimates(&self, plan: &EvaluationPlan) -> (Estimate, Estimate) {
        bounded(self.len(), plan, &|places: &[usize]| {
            ratios(&total(&self.sums, places))
        })
    }

    /// Returns how much more these are worth than `other`, the same customers weighed for another policy.
    pub(super) fn differences(&self, other: &Self, plan: &EvaluationPlan) -> (Estimate, Estimate) {
        bounded(self.len(), plan, &|places: &[usize]| {
            let own = ratios(&total(&self.sums, places));
            let others = ratios(&total(&other.sums, places));
            [own[0] - others[0], own[1] - others[1]]
        })
    }
}

fn total(sums: &[Sums], places: &[usize]) -> Sums {
    let mut total = Sums::default();
    for place in places {
        for (sum, part) in total.iter_mut().zip(sums[*place]) {
            *sum += part;
        }
    }
    total
}

/// Returns both estimates of some sums; zero where nothing has weight.
fn ratios(sums: &Sums) -> [f64; 2] {
    let ratio = |above: f64, below: f64| if below > 0.0 { above / below } else { 0.0 };
    [ratio(sums[0], sums[1]), ratio(sums[2], sums[3])]
}

/// Returns two statistics of all blocks, with the percentiles of their draws.
fn bounded(
    blocks: usize,
    plan: &EvaluationPlan,
    statistic: &(dyn Fn(&[usize]) -> [f64; 2] + Sync),
) -> (Estimate, Estimate) {
    if blocks == 0 {
        return (Estimate::default(), Estimate::default());
    }
    let every: Vec<usize> = (0..blocks).collect();
    let whole = statistic(&every);
    let drawn: Vec<[f64; 2]> = (0..plan.draws)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
            rng.set_stream(u64::from(draw));
            let places: Vec<usize> = (0..blocks).map(|_| rng.random_range(0..blocks)).collect();
            statistic(&places)
        })
        .collect();
    let outside = (1.0 - plan.confidence.clamp(0.0, 1.0)) / 2.0;
    let estimate = |index: usize| {
        let mut values: Vec<f64> = drawn.iter().map(|both| both[index]).collect();
        values.sort_by(f64::total_cmp);
        let value = whole[index];
        Estimate {
            value,
            low: quantile(&values, outside).unwrap_or(value),
            high: quantile(&values, 1.0 - outside).unwrap_or(value),
        }
    };
    (estimate(0), estimate(1))
}

/// Returns a quantile of sorted values, interpolated between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * super::overlap::real(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between zero and the last place"
    )]
    let below = (place.floor().max(0.0) as usize).min(last);
    let above = (below + 1).min(last);
    let weight = place - place.floor();
    Some(sorted[below] + weight * (sorted[above] - sorted[below]))
}
