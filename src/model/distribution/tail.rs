//! The tail of a distribution: what comes after its last day, month by month.

use serde::{Deserialize, Serialize};

use super::single;

/// Days of a step, within which the hazard is constant.
const STEP_DAYS: i32 = 30;
/// Steps; the last one goes on to the end.
const STEPS: usize = 10;

/// Hazards of ending in the months after the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tail {
    /// Last day before the tail, from the cut-off.
    pub(super) starts_after: i32,
    /// Days of the tail; what is open then is never paid.
    days: i32,
    /// Days of the tail that have passed since the prediction was made.
    passed: i32,
    /// Daily hazard of cash in each step.
    hazards: [f32; STEPS],
    /// Daily hazard of ending without cash, given that no cash comes.
    other_hazard: f64,
}

/// Shares of what is open at the start of the tail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Still open.
    pub(super) open: f64,
    /// Paid.
    pub(super) paid: f64,
}

impl Tail {
    /// Makes a tail of one hazard.
    pub(super) fn constant(starts_after: i32, days: i32, hazard: f64) -> Self {
        Self {
            starts_after,
            days,
            passed: 0,
            hazards: [single(hazard); STEPS],
            other_hazard: 0.0,
        }
    }

    /// Lets what is open end without cash as well, at a daily hazard.
    pub(super) fn with_other_hazard(self, other_hazard: f64) -> Self {
        Self { other_hazard, ..self }
    }

    /// Makes the hazard of each step from what it is and the middle of the step, in days ahead.
    pub(super) fn map(self, hazard: impl Fn(f64, i32) -> f64) -> Self {
        let mut middle = self.starts_after - STEP_DAYS / 2;
        let hazards = self.hazards.map(|own| {
            middle += STEP_DAYS;
            single(hazard(f64::from(own), middle))
        });
        Self { hazards, ..self }
    }

    /// Last day of the tail, in days ahead of the cut-off.
    pub(super) fn last_day(&self) -> i32 {
        self.starts_after + self.days
    }

    /// The same tail, on dates so many days later.
    pub(super) fn moved(&self, days: u32) -> Self {
        Self {
            starts_after: self.starts_after.saturating_add_unsigned(days),
            ..self.clone()
        }
    }

    /// The same tail seen `days` later; it starts after day `earliest` at the earliest and ends on the same date.
    pub(super) fn later(&self, days: i32, earliest: i32) -> Self {
        let starts_after = self.starts_after.saturating_sub(days).max(earliest);
        Self {
            starts_after,
            days: (self.last_day().saturating_sub(days) - starts_after).max(0),
            passed: self
                .passed
                .saturating_add(starts_after - self.starts_after.saturating_sub(days)),
            ..self.clone()
        }
    }

    /// Where a day stands in the tail.
    pub(super) fn shares(&self, days_ahead: i32) -> Shares {
        let mut left = days_ahead.saturating_sub(self.starts_after).clamp(0, self.days);
        let mut position = self.passed;
        let mut shares = Shares { open: 1.0, paid: 0.0 };
        for (step, hazard) in self.hazards.into_iter().enumerate() {
            let end = step_end(step);
            let days = (end - position).clamp(0, left);
            let cash = f64::from(hazard);
            let other = (1.0 - cash) * self.other_hazard;
            let open = shares.open * (1.0 - cash - other).powi(days);
            let cash_share = if other > 0.0 { cash / (cash + other) } else { 1.0 };
            shares.paid += (shares.open - open) * cash_share;
            shares.open = open;
            position += days;
            left -= days;
        }
        shares
    }

    /// Expected days of the tail on which what was open before it is open at their start.
    pub(super) fn open_days(&self) -> f64 {
        let (mut left, mut position) = (self.days.max(0), self.passed);
        let (mut open, mut total) = (1.0_f64, 0.0_f64);
        for (step, hazard) in self.hazards.into_iter().enumerate() {
            let days = (step_end(step) - position).clamp(0, left);
            let cash = f64::from(hazard);
            let ending = cash + (1.0 - cash) * self.other_hazard;
            let later = open * (1.0 - ending).powi(days);
            // A geometric sum; where hardly anything ends, its limit.
            total += if ending > 1e-9 {
                (open - later) / ending
            } else {
                open * f64::from(days)
            };
            open = later;
            position += days;
            left -= days;
        }
        total
    }
}

/// Last day of a step, in days of the tail; the last step has no end.
fn step_end(step: usize) -> i32 {
    match i32::try_from(step + 1) {
        Ok(step) if step < i32::try_from(STEPS).unwrap_or(0) => step * STEP_DAYS,
        Ok(_) | Err(_) => i32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_seen_later_has_the_same_hazards_on_the_same_dates() {
        let steps = Tail::constant(91, 274, 0.0).map(|_, middle| f64::from(middle) / 10_000.0);
        let later = steps.later(50, 91);
        let open_between = |tail: &Tail, from: i32, to: i32| tail.shares(to).open / tail.shares(from).open;
        let (before, after) = (open_between(&steps, 150, 200), open_between(&later, 100, 150));
        assert!((before - after).abs() < 1e-12, "{before} {after}");
        assert_eq!(later.last_day(), steps.last_day() - 50);
    }

    #[test]
    fn what_ends_in_a_step_is_cash_by_the_share_of_its_hazard() {
        let tail = Tail::constant(91, 274, 0.01).with_other_hazard(0.01);
        let end = tail.shares(tail.last_day());
        let ended = 1.0 - end.open;
        assert!((end.paid / ended - 0.01 / 0.0199).abs() < 1e-6);
    }
}
