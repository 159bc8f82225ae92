//! Day-ahead rows: which days of which open invoices a hazard is fitted on.
//!
//! Every day on which payment came is kept. Days without payment are kept at a rate that depends on
//! the days ahead and on whether it is a weekend; with the offset `-ln rate` a logistic model fitted
//! on the sample is the one of all days (Prentice and Pyke 1979).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::outcome::Outcome;

/// Relative rates at which days without payment are kept: up to a week ahead, a month, beyond.
const AHEAD_RATES: [(usize, f64); 3] = [(7, 1.0), (30, 0.5), (HORIZON_DAYS, 0.25)];
/// Weekends say little, and the same for everyone.
const WEEKEND_RATE: f64 = 0.3;

/// Rows that one task writes out, whatever it writes.
pub(crate) const DAYS_A_TASK: usize = 4096;

/// One day-ahead row to fit on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayRow {
    /// Row of the feature table.
    pub(crate) row: usize,
    /// Days ahead of its cut-off, from 1.
    pub(crate) ahead: usize,
    /// Whether payment came on that day.
    pub(crate) paid: bool,
    /// Minus the logarithm of the rate at which days like it are kept when unpaid.
    pub(crate) offset: f64,
}

/// Draws about `day_rows_max` rows, or twice the payments where these are more than half of it.
pub(crate) fn draw(table: &FeatureTable, outcomes: &[Outcome], day_rows_max: u32, seed: u64) -> Vec<DayRow> {
    let mut payments = 0.0;
    let mut others = 0.0;
    for (row, outcome) in outcomes.iter().enumerate() {
        let (days, paid) = observed(*outcome);
        payments += f64::from(u8::from(paid));
        others += (1..=days)
            .map(|ahead| relative_rate(table, row, ahead))
            .sum::<f64>();
    }
    let budget = (f64::from(day_rows_max) - payments).max(payments);
    let rate = (budget / others.max(1.0)).min(1.0);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for (row, outcome) in outcomes.iter().enumerate() {
        let (days, last_paid) = observed(*outcome);
        for ahead in 1..=days {
            let paid = last_paid && ahead == days;
            let rate = rate * relative_rate(table, row, ahead);
            let is_kept = random.random::<f64>() < rate;
            if paid || is_kept {
                rows.push(DayRow {
                    row,
                    ahead,
                    paid,
                    offset: -rate.ln(),
                });
            }
        }
    }
    rows
}

/// Relative rate at which a day without payment is kept.
fn relative_rate(table: &FeatureTable, row: usize, ahead: usize) -> f64 {
    let rate = AHEAD_RATES
        .iter()
        .find(|(last, _)| ahead <= *last)
        .map_or(0.0, |(_, rate)| *rate);
    if table.invoice(row).days[ahead - 1].weekday >= 5 {
        rate * WEEKEND_RATE
    } else {
        rate
    }
}

/// Days on which payment could come, and whether the last of them brought it. An invoice that ended without cash
/// was at risk of payment up to that day.
fn observed(outcome: Outcome) -> (usize, bool) {
    let (days, paid) = match outcome {
        Outcome::Paid { days } => (days, true),
        Outcome::EndedOtherwise { days } | Outcome::Open { days_observed: days } => (days, false),
    };
    let days = usize::try_from(days).unwrap_or(0);
    (days.min(HORIZON_DAYS), paid && days <= HORIZON_DAYS)
}
