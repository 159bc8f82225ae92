//! What is known of one customer's way of paying: sums that grow as facts become known.
//!
//! Every sum is updated in the order in which the facts became known and is only ever read, so a
//! state that has seen the facts up to a day cannot contain anything later.

use std::collections::{BTreeMap, VecDeque};

use crate::features::lateness::{self, BINS, Exposure};
use crate::features::pattern::{Pattern, Run};
use crate::features::run_calendar::{RunCalendar, RunsAtRisk};
use crate::features::season::{self, Season};

/// Half-life in days of the long memory: a year of behaviour counts, ten years do not.
const SLOW_HALF_LIFE_DAYS: f64 = 270.0;
/// Half-life in days of the short memory, which follows a change within about two months.
const FAST_HALF_LIFE_DAYS: f64 = 60.0;
/// Half-life in days of level and spread of lateness.
const LEVEL_HALF_LIFE_DAYS: f64 = 180.0;
/// Weights are counted from this day (2000-01-01), so that no sum ever needs rescaling.
const WEIGHT_EPOCH_DAY: i32 = 10_957;
/// Half-lives, in payment runs, of the fast and the slow average of lateness.
const FAST_RUNS: f64 = 3.0;
const SLOW_RUNS: f64 = 20.0;
/// Lateness beyond these bounds says "very early" or "very late", not how the customer usually pays.
const LATENESS_MIN: i32 = -60;
const LATENESS_MAX: i32 = 150;
/// Days past due within the bounds of how a customer usually pays.
pub(crate) fn bounded_lateness(days_past_due: i32) -> i32 {
    days_past_due.clamp(LATENESS_MIN, LATENESS_MAX)
}

/// Sums whose terms lose half their weight every half-life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decay {
    half_life_days: f64,
}

impl Decay {
    pub(crate) const SLOW: Self = Self {
        half_life_days: SLOW_HALF_LIFE_DAYS,
    };
    pub(crate) const FAST: Self = Self {
        half_life_days: FAST_HALF_LIFE_DAYS,
    };
    pub(crate) const LEVEL: Self = Self {
        half_life_days: LEVEL_HALF_LIFE_DAYS,
    };

    /// Weight of a term of `day` in a sum kept relative to the epoch.
    pub(crate) fn weight(self, day: i32) -> f64 {
        (f64::from(day - WEIGHT_EPOCH_DAY) / self.half_life_days).exp2()
    }

    /// Factor that turns a sum kept relative to the epoch into its value on `day`.
    pub(crate) fn discount(self, day: i32) -> f64 {
        (-f64::from(day - WEIGHT_EPOCH_DAY) / self.half_life_days).exp2()
    }
}

/// Payments and weekdays at risk by lateness bin, decayed.
#[derive(Debug, Clone)]
pub(crate) struct HazardCounts {
    pub(crate) paid: [f64; BINS],
    pub(crate) at_risk: [f64; BINS],
}

impl Default for HazardCounts {
    fn default() -> Self {
        Self {
            paid: [0.0; BINS],
            at_risk: [0.0; BINS],
        }
    }
}

/// Weighted count, sum and sum of squares of lateness in days.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) weight: f64,
    pub(crate) sum: f64,
    pub(crate) square_sum: f64,
    pub(crate) late: f64,
}

/// The customer's payment days: how often, on which weekdays, on which days of the month.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    pub(crate) count: u32,
    pub(crate) calendar: RunCalendar,
    /// Exponential average of the days between runs.
    pub(crate) gap_days: f64,
    fast: f64,
    slow: f64,
    /// Day of the run under way, and what was settled in it.
    run_day: i32,
    settled: u32,
    lateness_sum: f64,
    /// The pattern of the runs before the one under way.
    finished: Pattern,
}

impl Runs {
    /// Adds a payment day; a day already seen changes nothing.
    fn observe_day(&mut self, day: i32) {
        let last = self.calendar.last_day();
        if !self.calendar.observe(day) {
            return;
        }
        self.finish_run();
        self.run_day = day;
        if let Some(last) = last
            && day > last
        {
            let gap = f64::from((day - last).min(120));
            let rate = if self.count <= 4 {
                1.0 / f64::from(self.count.max(1))
            } else {
                0.2
            };
            self.gap_days += rate * (gap - self.gap_days);
        }
        self.count += 1;
    }

    fn observe_lateness(&mut self, days_past_due: f64) {
        self.settled += 1;
        self.lateness_sum += days_past_due;
    }

    /// Folds the run that is under way into the averages.
    fn finish_run(&mut self) {
        let (fast, slow) = self.averages();
        (self.fast, self.slow) = (fast, slow);
        self.finished = self.pattern();
        (self.settled, self.lateness_sum) = (0, 0.0);
    }

    /// The run under way, if an invoice was settled in it.
    fn under_way(&self) -> Option<Run> {
        (self.settled > 0).then(|| Run {
            day: self.run_day,
            lateness: self.lateness_sum / f64::from(self.settled),
        })
    }

    /// The pattern of the runs, the one under way taken as finished.
    pub(crate) fn pattern(&self) -> Pattern {
        let mut pattern = self.finished;
        if let Some(run) = self.under_way() {
            pattern.observe(run);
        }
        pattern
    }

    /// Fast and slow average lateness over runs, the one under way included.
    pub(crate) fn averages(&self) -> (f64, f64) {
        let Some(Run { lateness: mean, .. }) = self.under_way() else {
            return (self.fast, self.slow);
        };
        if self.count <= 1 {
            return (mean, mean);
        }
        // A plain mean until there are as many runs as the average remembers: the first run is no prior.
        let rate = |half_life: f64| (1.0 - (-1.0 / half_life).exp2()).max(1.0 / f64::from(self.count));
        (
            self.fast + rate(FAST_RUNS) * (mean - self.fast),
            self.slow + rate(SLOW_RUNS) * (mean - self.slow),
        )
    }
}

/// An invoice that was paid in full, as the sums need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaidInvoice {
    rolled_due_day: i32,
    at_risk_from: i32,
    pub(crate) exposure: Exposure,
    pub(crate) days_past_due: i32,
    pub(crate) paid_day: i32,
    /// Paid on a weekend or before it was entered: that day counts as exposure though it is none.
    pub(crate) is_off_risk: bool,
}

impl PaidInvoice {
    /// Describes an invoice that was at risk from `at_risk_from` on and paid on `paid_day`.
    pub(crate) fn new(rolled_due_day: i32, at_risk_from: i32, paid_day: i32) -> Self {
        Self {
            rolled_due_day,
            at_risk_from,
            exposure: Exposure::new(rolled_due_day, at_risk_from, paid_day),
            days_past_due: paid_day - rolled_due_day,
            paid_day,
            is_off_risk: lateness::weekday(paid_day) >= 5 || paid_day < at_risk_from,
        }
    }
}

/// The state of one customer after a prefix of its facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct PayerState {
    pub(crate) slow: HazardCounts,
    pub(crate) fast: HazardCounts,
    /// Payment runs at which an invoice could have been paid, by its lateness, long memory.
    pub(crate) runs_at_risk: RunsAtRisk,
    pub(crate) level: Moments,
    pub(crate) runs: Runs,
    pub(crate) season: Season,
    pub(crate) paid_count: u32,
    pub(crate) last_lateness: f64,
    pub(crate) invoice_count: u32,
    pub(crate) log_amount_sum: f64,
    pub(crate) partial_count: u32,
    pub(crate) promises_kept: u32,
    pub(crate) promises_broken: u32,
    /// Disputes that were resolved, and the days that took.
    pub(crate) disputes_resolved: u32,
    pub(crate) dispute_days: i32,
    /// All cash that came in, in minor units.
    pub(crate) cash_minor: i64,
    pub(crate) contact_days: VecDeque<i32>,
    pub(crate) credit_score: Option<f64>,
    pub(crate) latest_group: u32,
    /// Number of invoices paid in cash, by due day.
    pub(crate) paid_by_due_day: BTreeMap<i32, u32>,
}

impl PayerState {
    /// Takes note of a day on which money arrived.
    pub(crate) fn observe_payment_day(&mut self, day: i32) {
        self.runs.observe_day(day);
    }

    /// Takes note of an invoice that was paid in full.
    pub(crate) fn observe_paid(&mut self, paid: &PaidInvoice) {
        let PaidInvoice {
            rolled_due_day,
            at_risk_from,
            days_past_due,
            paid_day,
            ..
        } = *paid;
        self.expose(&paid.exposure, paid_day);
        // The run that paid it counts even if the invoice was entered after it.
        self.expose_to_runs(rolled_due_day, at_risk_from.min(paid_day), paid_day);
        let bin = lateness::bin(days_past_due);
        for (counts, decay) in [(&mut self.slow, Decay::SLOW), (&mut self.fast, Decay::FAST)] {
            let weight = decay.weight(paid_day);
            counts.paid[bin] += weight;
            if paid.is_off_risk {
                counts.at_risk[bin] += weight;
            }
        }
        let lateness = f64::from(bounded_lateness(days_past_due));
        let weight = Decay::LEVEL.weight(paid_day);
        self.level.weight += weight;
        self.level.sum += weight * lateness;
        self.level.square_sum += weight * lateness * lateness;
        self.level.late += if days_past_due > 0 { weight } else { 0.0 };
        if let Some(days) = self.off_level_days(paid) {
            self.season
                .observe(paid_day - days_past_due, self.runs.count, days);
        }
        self.runs.observe_lateness(lateness);
        self.last_lateness = lateness;
        self.paid_count += 1;
    }

    /// Takes note of the payment runs that passed by an invoice, until it ended on `ended`.
    pub(crate) fn expose_to_runs(&mut self, rolled_due_day: i32, at_risk_from: i32, ended: i32) {
        let weight = Decay::SLOW.weight(ended);
        let calendar = &self.runs.calendar;
        self.runs_at_risk
            .expose(calendar, rolled_due_day, at_risk_from, ended, weight);
    }

    /// How far off the level of the finished payment runs an invoice was paid, once there is one.
    pub(crate) fn off_level_days(&self, paid: &PaidInvoice) -> Option<f64> {
        let lateness = f64::from(bounded_lateness(paid.days_past_due));
        let level = self.runs.finished.settled_level_days()?;
        Some(season::off_level_days(lateness, level))
    }

    /// Takes note of the weekdays on which an invoice could have been paid, until it ended on `ended`.
    pub(crate) fn expose(&mut self, exposure: &Exposure, ended: i32) {
        let (slow, fast) = (Decay::SLOW.weight(ended), Decay::FAST.weight(ended));
        for (bin, weekdays) in exposure.bins() {
            self.slow.at_risk[bin] += slow * f64::from(weekdays);
            self.fast.at_risk[bin] += fast * f64::from(weekdays);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_weight_is_left_after_a_half_life() {
        let day = WEIGHT_EPOCH_DAY + 9_000;
        let later = day + 60;
        let left = Decay::FAST.weight(day) * Decay::FAST.discount(later);
        assert!((left - 0.5).abs() < 1e-12);
    }

    #[test]
    fn thirty_invoices_in_one_run_are_one_observation_of_the_calendar() {
        let mut state = PayerState::default();
        for _ in 0..30 {
            state.observe_payment_day(20_000);
            state.observe_paid(&PaidInvoice::new(19_995, 19_970, 20_000));
        }
        assert_eq!(state.runs.count, 1);
        assert_eq!(state.paid_count, 30);
        let (fast, slow) = state.runs.averages();
        assert!((fast - 5.0).abs() < 1e-12 && (slow - 5.0).abs() < 1e-12);
    }

    #[test]
    fn two_late_runs_move_the_fast_average_more_than_the_slow_one() {
        let mut state = PayerState::default();
        for run in 0..20 {
            state.observe_payment_day(20_000 + 7 * run);
            let late = if run >= 18 { 20 } else { 0 };
            state.observe_paid(&PaidInvoice::new(
                20_000 + 7 * run - late,
                19_900,
                20_000 + 7 * run,
            ));
        }
        let (fast, slow) = state.runs.averages();
        assert!(fast > 6.0 && slow < 2.5, "fast {fast}, slow {slow}");
        assert!((state.runs.gap_days - 7.0).abs() < 1e-9);
    }

    fn pay(state: &mut PayerState, day: i32, days_past_due: i32) {
        state.observe_payment_day(day);
        state.observe_paid(&PaidInvoice::new(day - days_past_due, day - 60, day));
    }

    #[test]
    fn thirty_late_invoices_in_one_run_are_an_exception_and_those_of_a_second_run_a_change() {
        let mut state = PayerState::default();
        for run in 0..8 {
            pay(&mut state, 20_000 + 7 * run, run % 3);
        }
        for _ in 0..30 {
            pay(&mut state, 20_060, 20);
        }
        let pattern = state.runs.pattern();
        assert_eq!(pattern.change(), None);
        assert!(pattern.exception_days() > 15.0);
        pay(&mut state, 20_067, 21);
        let change = state.runs.pattern().change().unwrap();
        assert_eq!(change.since_day, 20_060);
        // Reading takes the run under way as finished and does not finish it.
        assert_eq!(state.runs.finished.change(), None);
    }

    #[test]
    fn a_payment_recorded_late_for_a_day_already_seen_begins_no_run() {
        let mut state = PayerState::default();
        for run in 0..8 {
            pay(&mut state, 20_000 + 7 * run, 2);
        }
        let runs = state.runs.pattern().runs();
        pay(&mut state, 20_042, 3);
        assert_eq!(state.runs.pattern().runs(), runs);
    }
}
