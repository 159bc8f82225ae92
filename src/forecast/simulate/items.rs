//! Draws of what has a customer and a distribution: open invoices, lines of plans and recurring billing.

use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use super::layers::Sums;
use super::matrix::DrawMatrix;
use super::random::{generator_of, normal, uniform};
use super::setting::Setting;
use crate::forecast::allocate::{cumulative_counts, lost_count, probability_of};
use crate::forecast::book::CashItem;
use crate::model::PaymentDistribution;

/// Items a work item holds at most, so that one dominant customer is shared among the threads.
/// A part costs one regeneration of `Z_c`, under 1 % of 256 items.
const ITEMS_PER_BLOCK: usize = 256;

/// Cuts items, sorted by customer, into blocks of one customer each.
pub(super) fn blocks<'p>(items: &'p [&'p CashItem<'p>]) -> impl Iterator<Item = &'p [&'p CashItem<'p>]> {
    items
        .chunk_by(|left, right| left.customer_id == right.customer_id)
        .flat_map(|customer| customer.chunks(ITEMS_PER_BLOCK))
}

/// Adds the means and the draws of some items of one customer.
pub(super) fn add_block(block: &[&CashItem<'_>], setting: &Setting<'_>, sums: &mut Sums) {
    let mut counts = Vec::with_capacity(setting.edges.len());
    let shared = shared_normals(block, setting);
    for item in block {
        let distribution: &PaymentDistribution = &item.distribution;
        cumulative_counts(
            |days| distribution.paid_by(days),
            &setting.edges,
            &mut counts,
        );
        let open = item.open_minor;
        let (split, matrix) = sums.layer_mut(item.layer);
        split.add_amount(open, &counts, lost_count(distribution));
        if open == 0 {
            continue;
        }
        let mut generator = item_generator(item, setting.plan.seed);
        match &shared {
            Some(shared) => add_coupled(open, &counts, setting, shared, &mut generator, matrix),
            None => add_independent(open, &counts, &mut generator, matrix),
        }
    }
}

/// Returns the generator of an item's own luck.
fn item_generator(item: &CashItem<'_>, seed: u64) -> ChaCha8Rng {
    if item.is_line {
        // A line keeps its draws when others are paid.
        let line = item.due_date.to_string();
        generator_of(seed, &[&item.customer_id, &item.invoice_id, &line])
    } else {
        generator_of(seed, &[&item.customer_id, &item.invoice_id])
    }
}

/// Draws what the items of a block have in common, `sqrt(b) M + sqrt(c) Z_c`; nothing without coupling.
fn shared_normals(block: &[&CashItem<'_>], setting: &Setting<'_>) -> Option<Vec<f64>> {
    let first = block.first()?;
    if !setting.is_coupled() {
        return None;
    }
    let coupling = setting.plan.band.customer_coupling;
    if coupling <= 0.0 {
        return Some(setting.market.clone());
    }
    let mut generator = generator_of(setting.plan.seed, &[&first.customer_id]);
    let weight = coupling.sqrt();
    let shared = setting
        .market
        .iter()
        .map(|market| market + weight * normal(&mut generator));
    Some(shared.collect())
}

/// Adds one item whose latent normal has a part in common with others.
fn add_coupled(
    open: i64,
    counts: &[u64],
    setting: &Setting<'_>,
    shared: &[f64],
    generator: &mut ChaCha8Rng,
    matrix: &mut DrawMatrix,
) {
    let edges = latent_edges(counts);
    let band = &setting.plan.band;
    let weight = (1.0 - band.customer_coupling - band.book_coupling).max(0.0).sqrt();
    for (cash, common) in matrix.rows_mut().zip(shared) {
        let latent = common + weight * normal(generator);
        let cell = edges.partition_point(|&edge| edge < latent);
        cash[cell] += open;
    }
}

/// Returns the latent normal at which each bucket ends.
fn latent_edges(counts: &[u64]) -> Vec<f64> {
    let standard = Normal::standard();
    let mut edges: Vec<f64> = Vec::with_capacity(counts.len());
    for (index, &count) in counts.iter().enumerate() {
        // Days without a chance of cash share their edge.
        let edge = if index > 0 && counts[index - 1] == count {
            edges[index - 1]
        } else {
            standard.inverse_cdf(probability_of(count))
        };
        edges.push(edge);
    }
    edges
}

/// Adds one item that is paid without regard to any other.
fn add_independent(open: i64, counts: &[u64], generator: &mut ChaCha8Rng, matrix: &mut DrawMatrix) {
    for cash in matrix.rows_mut() {
        let drawn = uniform(generator);
        let cell = counts.partition_point(|&count| count <= drawn);
        cash[cell] += open;
    }
}
