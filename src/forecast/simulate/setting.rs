//! What every part of a simulation shares: the plan, its buckets and the factor of the whole book.

use super::random::{generator_of, normal};
use crate::domain::Date;
use crate::forecast::{BucketSpan, ForecastPlan};

/// What every part of a simulation shares.
#[derive(Debug)]
pub(super) struct Setting<'p> {
    pub(super) as_of: Date,
    pub(super) plan: &'p ForecastPlan,
    pub(super) draws: usize,
    pub(super) spans: Vec<BucketSpan>,
    /// Where the probability of each bucket is read; see [`ForecastPlan::edges`].
    pub(super) edges: Vec<i32>,
    /// The part of the latent normal that the whole book has in common, a draw each.
    pub(super) market: Vec<f64>,
}

impl<'p> Setting<'p> {
    /// Lays out the buckets and draws the factor of the book.
    pub(super) fn new(as_of: Date, plan: &'p ForecastPlan) -> Self {
        let spans = plan.spans(as_of);
        let edges = plan.edges(as_of, spans.iter().map(|span| span.end));
        let draws = usize::try_from(plan.draws).expect("the number of draws is at most 10,000");
        Self {
            as_of,
            plan,
            draws,
            spans,
            edges,
            market: market(plan, draws),
        }
    }

    /// Returns whether invoices have anything in common.
    pub(super) fn is_coupled(&self) -> bool {
        self.plan.band.customer_coupling > 0.0 || self.plan.band.book_coupling > 0.0
    }
}

/// Draws `sqrt(b) M`.
fn market(plan: &ForecastPlan, draws: usize) -> Vec<f64> {
    let weight = plan.band.book_coupling.sqrt();
    if plan.band.book_coupling <= 0.0 {
        return vec![0.0; draws];
    }
    let mut generator = generator_of(plan.seed, &[]);
    (0..draws).map(|_| weight * normal(&mut generator)).collect()
}
