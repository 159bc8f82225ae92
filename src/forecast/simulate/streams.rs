//! Draws of billing that has no invoice yet.
//!
//! # Definition
//!
//! In one draw a week's billing is its expected amount times a past ratio of actual to expected, drawn with
//! replacement. It is split into `lumps` equal amounts, each of which comes `L` days after its day of issue with `L`
//! from the stream's lag; every day of the week is as likely to be the day of issue. So the size of the billing is
//! uncertain together and its payment piece by piece. Above 64 lumps only the share `k = sqrt(64 / lumps)` of a
//! week is drawn, in 64 lumps, and the rest follows the mean of the lag: mean and covariance of the buckets are
//! those of all lumps, at a cost that does not grow with them.
//!
//! The mean takes no draw: the expected amount of each week is split by the lag in integers, as an invoice is.
//!
//! # When it is wrong
//!
//! Weeks are drawn one by one, so a level that turns out wrong for a whole quarter widens the band too little.

use rand_chacha::ChaCha8Rng;

use super::layers::Sums;
use super::random::{generator_of, uniform};
use super::setting::Setting;
use crate::forecast::allocate::{cumulative_counts, lost_count, probability_of};
use crate::forecast::book::{BillingStream, BillingWeek};

/// Most lumps of a week that are drawn one by one.
const LUMPS_DRAWN: u32 = 64;

/// A coming week, ready to be drawn.
struct Week {
    expected: f64,
    /// Cumulative probability of cash by the end of each bucket.
    counts: Vec<u64>,
    /// Probability of each cell; the last is later or never.
    shares: Vec<f64>,
}

/// Adds the means and the draws of a stream.
pub(super) fn add_stream(stream: &BillingStream, setting: &Setting<'_>, sums: &mut Sums) {
    let lost = lost_count(&stream.lag);
    let mut weeks = Vec::with_capacity(stream.weeks.len());
    for week in &stream.weeks {
        let counts = week_counts(stream, *week, &setting.edges);
        sums.new_billing.add_amount(week.expected_minor, &counts, lost);
        weeks.push(Week {
            expected: as_double(week.expected_minor),
            shares: shares(&counts),
            counts,
        });
    }
    let lumps = stream.lumps.clamp(1, LUMPS_DRAWN);
    let drawn_share = (f64::from(lumps) / f64::from(stream.lumps.max(1))).sqrt();
    // No customer has an empty name, so no other generator has these names.
    let mut generator = generator_of(setting.plan.seed, &["", "billing", &stream.name]);
    let mut cells = vec![0.0; setting.edges.len() + 1];
    for cash in sums.draws.billing_mut().rows_mut() {
        cells.fill(0.0);
        for week in &weeks {
            let billed = week.expected * ratio(&stream.errors, &mut generator);
            let lump = billed * drawn_share / f64::from(lumps);
            for _ in 0..lumps {
                let drawn = uniform(&mut generator);
                let cell = week.counts.partition_point(|&count| count <= drawn);
                cells[cell] += lump;
            }
            let rest = billed * (1.0 - drawn_share);
            for (cell, share) in cells.iter_mut().zip(&week.shares) {
                *cell += rest * share;
            }
        }
        for (cell, amount) in cash.iter_mut().zip(&cells) {
            *cell += as_minor(*amount);
        }
    }
}

/// Returns the most that a stream can bill, in minor units.
pub(super) fn most(stream: &BillingStream) -> u128 {
    let ratio = stream.errors.iter().fold(1.0, |most: f64, ratio| most.max(ratio.abs()));
    let weeks = stream
        .weeks
        .iter()
        .map(|week| as_double(week.expected_minor).abs());
    as_wide((weeks.sum::<f64>() * ratio).ceil())
}

/// Returns the cumulative probability of cash of a week's billing by each edge.
fn week_counts(stream: &BillingStream, week: BillingWeek, edges: &[i32]) -> Vec<u64> {
    let days = f64::from((week.last_day - week.first_day + 1).max(1));
    let mut counts = Vec::with_capacity(edges.len());
    let paid_by = |edge: i32| {
        let issued = week.first_day..=week.last_day.max(week.first_day);
        let sum: f64 = issued.map(|day| stream.lag.paid_by(edge - day)).sum();
        sum / days
    };
    cumulative_counts(paid_by, edges, &mut counts);
    counts
}

/// Returns the probability of each cell.
fn shares(counts: &[u64]) -> Vec<f64> {
    let mut before = 0.0;
    let mut shares: Vec<f64> = counts
        .iter()
        .map(|&count| {
            let share = probability_of(count) - before;
            before = probability_of(count);
            share
        })
        .collect();
    shares.push(1.0 - before);
    shares
}

/// Draws one of the past ratios; 1 where there is none.
fn ratio(errors: &[f64], generator: &mut ChaCha8Rng) -> f64 {
    let count = u64::try_from(errors.len()).unwrap_or(u64::MAX);
    let place = (uniform(generator) * count) >> 32;
    let place = usize::try_from(place).unwrap_or(0);
    errors.get(place).copied().unwrap_or(1.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawn amount of billing is an estimate; 53 bits are more than it has"
)]
fn as_double(minor: i64) -> f64 {
    minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller has made sure that billing fits an i64"
)]
fn as_minor(amount: f64) -> i64 {
    amount.round() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of absolute amounts, cut far above all that is allowed"
)]
fn as_wide(amount: f64) -> u128 {
    amount.min(1e30) as u128
}
