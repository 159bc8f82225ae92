//! A customer's way of paying as hazards: the probability of being paid on a weekday at risk.
//!
//! Hierarchical empirical Bayes. The book's hazard at each lateness is the prior of the group of
//! equal terms, the group's that of its cell of equal country and segment where there is one (`cell`), and the
//! finest of these that of the customer's zones (before due, around due, weeks late, ..),
//! and these that of its single days. A prior is worth a number of payments: with prior hazard `q`
//! and strength `m`, the estimate after `D` payments in `R` weekdays at risk is
//! `(D + m) / (R + m / q)`, the posterior mean of a gamma prior on a Poisson rate
//! (Robbins 1956; Morris 1983). Open invoices are in `R`, so silence counts as evidence.

use statrs::function::gamma::ln_gamma;

use crate::features::cell::strength_factor;
use crate::features::lateness::{self, BINS, ZONES};
use crate::features::pattern::Change;
use crate::features::payer::HazardCounts;
use crate::features::prior::{Counts, WEIGHT_ONE};
use crate::features::replay::PayerRow;
use crate::features::run_calendar::{CUTS, PLACES_MAX, place_shares};
use crate::features::window::CalendarDay;

/// Strength of each prior, in payments.
const BOOK_STRENGTH: f64 = 2.0;
const GROUP_STRENGTH: f64 = 4.0;
const ZONE_STRENGTH: f64 = 1.0;
const DAY_STRENGTH: f64 = 1.0;
const FAST_STRENGTH: f64 = 1.5;
/// Zone of the first week late.
const FIRST_LATE_ZONE: usize = 4;
/// Strength of the calendar priors, in payment runs.
const RUN_STRENGTH: f64 = 2.5;
/// Hazard of the book before anything is known.
const FLAT_HAZARD: f64 = 0.03;
/// Hazards are kept within these bounds before the logit.
const HAZARD_MIN: f64 = 1e-5;
const HAZARD_MAX: f64 = 0.9;
/// Days between runs where nothing else is known, and the runs that this is worth.
const PRIOR_GAP_DAYS: f64 = 14.0;
const PRIOR_GAPS: f64 = 1.0;
const WEEKDAYS_A_DAY: f64 = 5.0 / 7.0;
const RUN_RATE_MIN: f64 = 0.005;
/// A run of another payer need not have taken the invoice along.
const RUN_HAZARD_MAX: f64 = 0.6;
/// Bounds of the logarithm of the probability of a run on a day.
const RUN_LOG_MIN: f64 = -11.5;
const RUN_LOG_MAX: f64 = -0.02;

/// Share of payment runs by weekday where nothing else is known.
const WEEKDAY_SHARE: [f64; 7] = [0.19, 0.19, 0.19, 0.19, 0.19, 0.025, 0.025];

/// Log-odds of payment by lateness bin.
pub(crate) type HazardLogits = [f64; BINS];

/// A customer's behaviour at one cut-off, ready for the days ahead.
#[derive(Debug, Clone)]
pub struct PayerProfile {
    /// Log-odds of payment on a weekday at risk by lateness bin, long memory.
    pub slow: [f64; BINS],
    /// The same with a short memory.
    pub fast: [f64; BINS],
    /// Log-ratio of payment runs by weekday against an even spread.
    pub weekday: [f64; 7],
    /// Ratio of payment runs to an even spread by place in the month, in each cut of the month, times how far the
    /// payer's own runs speak for that cut; over the cuts of a day the sum is its ratio.
    pub places: [[f64; PLACES_MAX]; CUTS],
    /// Log-odds of being paid in a payment run by lateness bin, long memory.
    pub at_run: [f64; BINS],
    /// Payment runs a weekday.
    pub run_rate: f64,
    /// Days since the last payment run, if there was one.
    pub days_since_run: Option<i32>,
    /// Usual days between runs; zero with fewer than two runs.
    pub run_gap_days: f64,
    /// Number of runs seen.
    pub run_count: u32,
    /// The last change of the customer's lateness, which began the current regime.
    pub regime: Option<Change>,
}

fn logit(hazard: f64) -> f64 {
    let hazard = hazard.clamp(HAZARD_MIN, HAZARD_MAX);
    (hazard / (1.0 - hazard)).ln()
}

fn posterior(paid: f64, at_risk: f64, strength: f64, prior: f64) -> f64 {
    ((paid + strength) / (at_risk + strength / prior)).clamp(HAZARD_MIN, HAZARD_MAX)
}

#[expect(clippy::cast_precision_loss, reason = "weighted counts stay far below 2^53")]
fn weighted(count: i64) -> f64 {
    count as f64 / WEIGHT_ONE as f64
}

/// Hazard of the book by lateness bin.
pub(crate) fn book_hazards(book: &Counts) -> HazardLogits {
    std::array::from_fn(|bin| {
        posterior(
            weighted(book.paid[bin]),
            weighted(book.at_risk[bin]),
            BOOK_STRENGTH,
            FLAT_HAZARD,
        )
    })
}

/// Hazard of a group of equal terms by lateness bin.
pub(crate) fn group_hazards(group: &Counts, book: &HazardLogits) -> HazardLogits {
    std::array::from_fn(|bin| {
        posterior(
            weighted(group.paid[bin]),
            weighted(group.at_risk[bin]),
            GROUP_STRENGTH,
            book[bin],
        )
    })
}

/// Hazard of a cell of a group by lateness bin, as far from its group's as its payers are many.
pub(crate) fn cell_hazards(cell: &Counts, group: &HazardLogits) -> HazardLogits {
    let strength = GROUP_STRENGTH * strength_factor(cell);
    std::array::from_fn(|bin| {
        posterior(
            weighted(cell.paid[bin]),
            weighted(cell.at_risk[bin]),
            strength,
            group[bin],
        )
    })
}

/// Turns hazards into log-odds.
pub(crate) fn logits(hazards: &HazardLogits) -> HazardLogits {
    hazards.map(logit)
}

impl PayerProfile {
    /// Forms the profile of a customer whose group has the hazards `group`.
    pub(crate) fn new(row: &PayerRow, group: &HazardLogits) -> Self {
        let slow = customer_hazards(&row.slow, group);
        let fast: HazardLogits = std::array::from_fn(|bin| {
            posterior(
                row.fast.paid[bin],
                row.fast.at_risk[bin],
                FAST_STRENGTH,
                slow[bin],
            )
        });
        let run_rate = run_rate(row.run_count, row.run_gap_days);
        Self {
            slow: logits(&slow),
            fast: logits(&fast),
            weekday: ratios(&row.weekday_runs, &WEEKDAY_SHARE).map(f64::ln),
            places: place_factors(&row.place_runs),
            at_run: logits(&run_hazards(row, group, run_rate)),
            run_rate,
            days_since_run: row.days_since_run,
            run_gap_days: row.run_gap_days,
            run_count: row.run_count,
            regime: row.regime,
        }
    }
}

impl PayerProfile {
    /// The typical customer of a group with the log-odds `group`: the group's hazards, and no payment run seen.
    pub(crate) fn typical(group: &HazardLogits) -> Self {
        let run_rate = run_rate(0, 0.0);
        Self {
            slow: *group,
            fast: *group,
            weekday: [0.0; 7],
            places: place_factors(&[[0.0; PLACES_MAX]; CUTS]),
            at_run: Self::typical_at_run(group, run_rate),
            run_rate,
            days_since_run: None,
            run_gap_days: 0.0,
            run_count: 0,
            regime: None,
        }
    }

    /// Log-odds of being paid in a run by a typical customer of a group with the log-odds `group`, whose runs
    /// come at the rate `run_rate`.
    pub(crate) fn typical_at_run(group: &HazardLogits, run_rate: f64) -> HazardLogits {
        let daily = group.map(|log_odds| 1.0 / (1.0 + (-log_odds).exp()));
        logits(&run_priors(&daily, run_rate))
    }
}

impl PayerProfile {
    /// Log-ratio of runs at a day's place in the month, averaged over the cuts of the month.
    #[must_use]
    pub fn place_ratio(&self, day: &CalendarDay) -> f64 {
        let factors = self.places.iter().zip(day.places);
        factors.map(|(factors, place)| factors[place]).sum::<f64>().ln()
    }

    /// Logarithm of the probability of a payment run on a day, from rate, weekday and the ratio of its place in the
    /// month ([`PayerProfile::place_ratio`]).
    #[must_use]
    pub fn run_log_probability(&self, day: &CalendarDay, place_ratio: f64) -> f64 {
        let log = self.run_rate.ln() + self.weekday[day.weekday] + place_ratio;
        log.clamp(RUN_LOG_MIN, RUN_LOG_MAX)
    }
}

fn customer_hazards(counts: &HazardCounts, group: &HazardLogits) -> HazardLogits {
    let (mut paid, mut expected) = ([0.0; ZONES], [0.0; ZONES]);
    for bin in 0..BINS {
        paid[lateness::zone(bin)] += counts.paid[bin];
        expected[lateness::zone(bin)] += counts.at_risk[bin] * group[bin];
    }
    let mut ratios = [1.0; ZONES];
    for zone in 0..ZONES {
        // How a customer pays what is late carries over to what is later.
        let before = if zone > FIRST_LATE_ZONE {
            ratios[zone - 1]
        } else {
            1.0
        };
        ratios[zone] = (paid[zone] + ZONE_STRENGTH * before) / (expected[zone] + ZONE_STRENGTH);
    }
    std::array::from_fn(|bin| {
        let prior = (group[bin] * ratios[lateness::zone(bin)]).clamp(HAZARD_MIN, HAZARD_MAX);
        posterior(counts.paid[bin], counts.at_risk[bin], DAY_STRENGTH, prior)
    })
}

/// Payment runs a weekday: one over the usual gap, with a fortnight between runs as the prior.
fn run_rate(run_count: u32, run_gap_days: f64) -> f64 {
    let runs = f64::from(run_count.min(8));
    let gap = (run_gap_days * runs + PRIOR_GAP_DAYS * PRIOR_GAPS) / (runs + PRIOR_GAPS);
    (WEEKDAYS_A_DAY * gap).recip().clamp(RUN_RATE_MIN, 1.0)
}

/// Hazards of being paid in a run by a payer of whom only its group and its run rate are known.
fn run_priors(group: &HazardLogits, run_rate: f64) -> HazardLogits {
    group.map(|daily| (daily / run_rate).min(RUN_HAZARD_MAX))
}

/// Hazards of being paid in a run. The prior is the group's daily hazard over the payer's run rate.
fn run_hazards(row: &PayerRow, group: &HazardLogits, run_rate: f64) -> HazardLogits {
    let counts = HazardCounts {
        paid: row.slow.paid,
        at_risk: row.runs_at_risk.0,
    };
    customer_hazards(&counts, &run_priors(group, run_rate))
}

/// Posterior weight of each cut of the month: how probable it makes the payer's runs (Dirichlet-multinomial evidence).
fn cut_weights(runs: &[[f64; PLACES_MAX]; CUTS], shares: &[[f64; PLACES_MAX]; CUTS]) -> [f64; CUTS] {
    let evidence: [f64; CUTS] = std::array::from_fn(|cut| {
        let bins = runs[cut].iter().zip(shares[cut]).filter(|(runs, _)| **runs > 0.0);
        bins.map(|(runs, share)| {
            let prior = RUN_STRENGTH * share;
            ln_gamma(runs + prior) - ln_gamma(prior) - runs * share.ln()
        })
        .sum()
    });
    let most = evidence.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let odds = evidence.map(|evidence| (evidence - most).exp());
    let sum: f64 = odds.iter().sum();
    odds.map(|odds| odds / sum)
}

/// Ratio of runs to an even spread in each bin of each cut, times the weight of the cut.
fn place_factors(runs: &[[f64; PLACES_MAX]; CUTS]) -> [[f64; PLACES_MAX]; CUTS] {
    let shares = place_shares();
    let weights = cut_weights(runs, &shares);
    std::array::from_fn(|cut| ratios(&runs[cut], &shares[cut]).map(|ratio| weights[cut] * ratio))
}

/// `(H + k q) / ((N + k) q)` with `H` the decayed number of runs in a bin, `N` their sum and `q` the even share.
fn ratios<const N: usize>(runs: &[f64; N], share: &[f64; N]) -> [f64; N] {
    let total: f64 = runs.iter().sum();
    std::array::from_fn(|bin| {
        let even = share[bin];
        if even <= 0.0 {
            return 1.0;
        }
        (runs[bin] + RUN_STRENGTH * even) / ((total + RUN_STRENGTH) * even)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_without_history_behaves_like_its_group() {
        let group: HazardLogits =
            std::array::from_fn(|bin| 0.01 + 0.002 * f64::from(u8::try_from(bin).unwrap()));
        let hazards = customer_hazards(&HazardCounts::default(), &group);
        for bin in 0..BINS {
            assert!((hazards[bin] - group[bin]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_typical_customer_pays_like_its_group_on_no_day_of_its_own() {
        let group = logits(&[0.05; BINS]);
        let typical = PayerProfile::typical(&group);
        assert!((typical.slow[3] - group[3]).abs() < 1e-12 && (typical.fast[3] - group[3]).abs() < 1e-12);
        // A run a fortnight is one weekday in ten: half of the runs take an invoice along.
        assert!(typical.at_run[3].abs() < 1e-9, "{}", typical.at_run[3]);
        assert!((typical.places[1][2] - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_cell_leaves_its_group_as_its_payers_become_many() {
        let bin = lateness::bin(3);
        let hazard = |payers: i64| {
            let mut cell = Counts {
                payers,
                ..Counts::default()
            };
            (cell.paid[bin], cell.at_risk[bin]) = (payers * 6 * WEIGHT_ONE, payers * 20 * WEIGHT_ONE);
            cell_hazards(&cell, &[0.1; BINS])[bin]
        };
        // (12 + 4 * 5) / (40 + 4 * 5 / 0.1) and (240 + 4 * 1.2) / (800 + 4 * 1.2 / 0.1).
        assert!((hazard(2) - 32.0 / 240.0).abs() < 1e-12, "{}", hazard(2));
        assert!((hazard(40) - 244.8 / 848.0).abs() < 1e-12, "{}", hazard(40));
    }

    #[test]
    fn much_history_overrules_the_group() {
        let mut counts = HazardCounts::default();
        let bin = lateness::bin(3);
        (counts.paid[bin], counts.at_risk[bin]) = (800.0, 1_000.0);
        let hazards = customer_hazards(&counts, &[0.02; BINS]);
        assert!((hazards[bin] - 0.8).abs() < 0.02, "{}", hazards[bin]);
    }

    #[test]
    fn unpaid_weekdays_lower_the_hazard_without_any_payment() {
        let mut counts = HazardCounts::default();
        counts.at_risk[lateness::bin(0)] = 50.0;
        let hazards = customer_hazards(&counts, &[0.2; BINS]);
        assert!(hazards[lateness::bin(0)] < 0.05);
    }
}
