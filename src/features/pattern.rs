//! A customer's pattern of payment runs: one run off it is an exception, two in a row are a change.
//!
//! A run is one distinct payment day and one observation, its value the mean bounded lateness of the
//! invoices settled in it. The pattern keeps level and spread of the runs of the current regime and
//! asks of each finished run how surprising it is: its distance from the level over the spread that
//! a coming run has when both are known from few runs. That ratio is Student-t; it is turned into
//! the normal deviate of equal probability, so that one threshold fits short and long histories.
//!
//! False alarms by design: a run of an unchanged customer is 1.75 deviates off on one side with
//! probability 0.040, two in a row on the same side with `2 * 0.040^2`: 0.3 in 100 runs, were runs
//! independent and normal. Long tails and shocks that last a month make it about 1 in 100 on
//! simulated ledgers. A threshold of 1.5 would double that and 2.0 halve it; a shift of three
//! spreads is seen in two runs with probability 0.80 at 1.75, and with 0.87 and 0.71 at the others.

/// Normal deviates from the level at which a run is off the pattern.
const OFF_PATTERN: f64 = 1.75;
/// Runs that make a pattern; before, no run is off it.
const RUNS_OF_A_PATTERN: u32 = 4;
/// Runs that level and spread remember: a plain mean up to here, an exponential average beyond.
const RUNS_REMEMBERED: u32 = 20;
/// Spread of runs in days where nothing is known, and the runs that this is worth.
const SPREAD_PRIOR_DAYS: f64 = 5.0;
const SPREAD_PRIOR_RUNS: f64 = 4.0;
/// Spread below which nobody's runs are known: a weekend more or less is no news.
const SPREAD_DAYS_MIN: f64 = 2.0;
/// Spreads beyond which a run counts as no further off, so that one dispute does not widen a pattern for a year.
const WINSOR_SPREADS: f64 = 2.5;
/// Runs that a change is made of, and what the level before it is still worth.
pub(crate) const RUNS_OF_A_CHANGE: u32 = 2;
const OLD_LEVEL_RUNS: f64 = 0.5;

/// A lasting change of a customer's lateness: two payment runs in a row off the pattern on the same side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Level of the runs since, less the level before, in days; positive is later.
    pub shift_days: f64,
    /// Payment runs on the new pattern after the two that showed it.
    pub runs_since: u32,
    /// Day number of the first payment run off the old pattern.
    pub since_day: i32,
}

/// A finished payment run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) day: i32,
    /// Mean bounded lateness in days of the invoices settled in it.
    pub(crate) lateness: f64,
}

/// Where the current regime came from.
#[derive(Debug, Clone, Copy)]
struct Turn {
    level_before: f64,
    since_day: i32,
}

/// Level and spread of the payment runs of the current regime, and the run that is kept aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    level: f64,
    runs: u32,
    variance: f64,
    exception: Option<Run>,
    turn: Option<Turn>,
}

impl Default for Pattern {
    fn default() -> Self {
        Self {
            level: 0.0,
            runs: 0,
            variance: SPREAD_PRIOR_DAYS * SPREAD_PRIOR_DAYS,
            exception: None,
            turn: None,
        }
    }
}

impl Pattern {
    /// Judges a finished run and learns from it.
    pub(crate) fn observe(&mut self, run: Run) {
        if self.runs < RUNS_OF_A_PATTERN || self.surprise(run) < OFF_PATTERN {
            self.dismiss_exception();
            self.learn(run);
            return;
        }
        match self.exception {
            Some(first) if self.is_later(first) == self.is_later(run) => self.restart(first, run),
            Some(_) | None => {
                self.dismiss_exception();
                self.exception = Some(run);
            }
        }
    }

    /// Mean lateness of the runs of the regime in days; zero before the first run.
    pub(crate) fn level_days(&self) -> f64 {
        self.level
    }

    /// Level that enough runs have made to compare others with it.
    pub(crate) fn settled_level_days(&self) -> Option<f64> {
        (self.runs >= RUNS_OF_A_PATTERN).then_some(self.level)
    }

    /// Runs on the pattern of the current regime, those that made it included.
    pub(crate) fn runs(&self) -> u32 {
        self.runs
    }

    /// How far the latest run was off the level, in days, while it is an exception; else zero.
    pub(crate) fn exception_days(&self) -> f64 {
        self.exception.map_or(0.0, |run| run.lateness - self.level)
    }

    /// The change that began the current regime, if there was one.
    pub(crate) fn change(&self) -> Option<Change> {
        self.turn.map(|turn| Change {
            shift_days: self.level - turn.level_before,
            runs_since: self.runs.saturating_sub(RUNS_OF_A_CHANGE),
            since_day: turn.since_day,
        })
    }

    fn is_later(&self, run: Run) -> bool {
        run.lateness > self.level
    }

    fn runs_remembered(&self) -> f64 {
        f64::from(self.runs.min(RUNS_REMEMBERED))
    }

    fn spread_days(&self) -> f64 {
        self.variance.sqrt().max(SPREAD_DAYS_MIN)
    }

    /// Spread of the next run about a level that is itself the mean of few runs.
    fn predictive_days(&self) -> f64 {
        self.spread_days() * (1.0 + 1.0 / self.runs_remembered()).sqrt()
    }

    /// Distance from the level as the normal deviate of the same probability, by Wallace's (1959) approximation.
    fn surprise(&self, run: Run) -> f64 {
        let freedom = self.runs_remembered() + SPREAD_PRIOR_RUNS - 1.0;
        let t = (run.lateness - self.level) / self.predictive_days();
        let scale = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0);
        scale * (freedom * (t * t / freedom).ln_1p()).sqrt()
    }

    /// Folds a run into level and spread.
    fn learn(&mut self, run: Run) {
        if self.runs == 0 {
            self.level = run.lateness;
        } else {
            let residual = self.winsorised(run);
            self.learn_spread(residual);
            self.level += residual / (self.runs_remembered() + 1.0);
        }
        self.runs += 1;
    }

    fn winsorised(&self, run: Run) -> f64 {
        let bound = WINSOR_SPREADS * self.predictive_days();
        (run.lateness - self.level).clamp(-bound, bound)
    }

    fn learn_spread(&mut self, residual: f64) {
        let runs = self.runs_remembered();
        // The level is as unsure as one run in so many, which is in the residual and not in the spread.
        let square = residual * residual * runs / (runs + 1.0);
        self.variance += (square - self.variance) / (runs + SPREAD_PRIOR_RUNS);
    }

    /// Lets go of an exception: it says something about the spread and nothing about the level.
    fn dismiss_exception(&mut self) {
        if let Some(run) = self.exception.take() {
            self.learn_spread(self.winsorised(run));
        }
    }

    /// Begins a regime with the two runs that were off the old one.
    fn restart(&mut self, first: Run, second: Run) {
        let (first_days, second_days) = (first.lateness - self.level, second.lateness - self.level);
        // The farther of the two may be an exception of the new regime: it counts as little beyond the nearer.
        let bound = first_days.abs().min(second_days.abs()) + self.spread_days();
        let sum = first_days.clamp(-bound, bound) + second_days.clamp(-bound, bound);
        self.turn = Some(Turn {
            level_before: self.level,
            since_day: first.day.min(second.day),
        });
        self.level += sum / (f64::from(RUNS_OF_A_CHANGE) + OLD_LEVEL_RUNS);
        self.runs = RUNS_OF_A_CHANGE;
        self.exception = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a week apart from day 20,000 on.
    fn pattern(lateness: &[f64]) -> Pattern {
        let mut pattern = Pattern::default();
        for (day, lateness) in (20_000..).step_by(7).zip(lateness) {
            let lateness = *lateness;
            pattern.observe(Run { day, lateness });
        }
        pattern
    }

    /// Ten runs around two days late.
    const STEADY: [f64; 10] = [2.0, 4.0, 1.0, 3.0, 0.0, 2.0, 3.0, 1.0, 4.0, 2.0];

    fn after_steady(lateness: &[f64]) -> Pattern {
        pattern(&[&STEADY[..], lateness].concat())
    }

    #[test]
    fn a_steady_customer_has_a_level_and_no_change() {
        let pattern = after_steady(&[]);
        assert!(
            (pattern.level_days() - 2.2).abs() < 0.3,
            "{}",
            pattern.level_days()
        );
        assert_eq!(pattern.runs(), 10);
        assert_eq!(pattern.change(), None);
        assert!(pattern.exception_days().abs() < f64::EPSILON);
    }

    #[test]
    fn one_run_off_the_pattern_is_an_exception_and_leaves_the_level() {
        let (before, after) = (after_steady(&[]), after_steady(&[25.0]));
        assert!((before.level_days() - after.level_days()).abs() < f64::EPSILON);
        assert!(after.exception_days() > 20.0);
        assert_eq!(after.change(), None);
    }

    #[test]
    fn a_run_back_on_the_pattern_clears_the_exception() {
        let pattern = after_steady(&[25.0, 2.0]);
        assert!(pattern.exception_days().abs() < f64::EPSILON);
        assert_eq!(pattern.change(), None);
        assert!((pattern.level_days() - 2.2).abs() < 0.3);
        // Late, on the pattern, late again: two exceptions are no change either.
        assert_eq!(after_steady(&[25.0, 2.0, 25.0]).change(), None);
    }

    #[test]
    fn two_runs_off_the_pattern_on_the_same_side_are_a_change_from_the_first_of_them_on() {
        let change = after_steady(&[14.0, 16.0]).change().unwrap();
        assert_eq!(change.since_day, 20_000 + 7 * 10);
        assert_eq!(change.runs_since, 0);
        assert!((9.0..14.0).contains(&change.shift_days), "{change:?}");
        let earlier = after_steady(&[-14.0, -16.0]).change().unwrap();
        assert!(earlier.shift_days < -9.0, "{earlier:?}");
    }

    #[test]
    fn two_runs_off_the_pattern_on_opposite_sides_are_no_change() {
        let pattern = after_steady(&[25.0, -20.0]);
        assert_eq!(pattern.change(), None);
        assert!(pattern.exception_days() < -20.0);
    }

    #[test]
    fn the_new_level_is_reached_and_its_runs_are_counted() {
        let pattern = after_steady(&[14.0, 16.0, 15.0, 14.0, 16.0, 15.0, 14.0, 16.0]);
        assert!(
            (pattern.level_days() - 15.0).abs() < 1.5,
            "{}",
            pattern.level_days()
        );
        let change = pattern.change().unwrap();
        assert_eq!((change.runs_since, change.since_day), (6, 20_070));
        assert!((change.shift_days - 12.8).abs() < 1.5, "{change:?}");
    }

    #[test]
    fn a_customer_whose_runs_scatter_is_not_said_to_change() {
        let scattered = [
            -9.0, 15.0, 4.0, 21.0, -3.0, 12.0, -8.0, 18.0, 2.0, 20.0, -5.0, 14.0,
        ];
        let pattern = pattern(&[&scattered[..], &[16.0, 17.0]].concat());
        assert_eq!(pattern.change(), None);
    }

    #[test]
    fn a_few_runs_are_no_pattern_to_be_off() {
        let pattern = pattern(&[0.0, 30.0, 30.0]);
        assert_eq!(pattern.change(), None);
        assert!(pattern.exception_days().abs() < f64::EPSILON);
    }

    #[test]
    fn one_far_run_does_not_carry_the_level_of_a_change() {
        let change = after_steady(&[120.0, 14.0]).change().unwrap();
        assert!(change.shift_days < 14.0, "{change:?}");
    }
}
