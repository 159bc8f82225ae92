//! The course of an item under a shift of its hazards for some days.
//!
//! The hazards of these days are read once; what comes later is what would have come, in the ratio of what is
//! left open.

use crate::model::PaymentDistribution;

use super::UPLIFT_DAYS;

/// Logit beyond which odds are as good as zero or endless.
const LOGIT_MAX: f64 = 30.0;

/// What becomes of a unit of an item.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    /// Expected days until it is paid or ended otherwise, to the end of the tail at most.
    pub(super) days_open: f64,
    /// Share that never ends.
    pub(super) never: f64,
    /// Share paid in a month.
    pub(super) paid_in_month: f64,
    /// Share paid while the action works.
    pub(super) paid_in_window: f64,
}

/// The course of an item without an action, ready to be shifted.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Hazards of payment and of other endings on the days on which the action works.
    hazards: Vec<(f64, f64)>,
    /// Share open at the end of these days.
    open: f64,
    /// Days that are open from then on.
    days_open_later: f64,
    never: f64,
    /// Share paid from then on within a month.
    paid_later_in_month: f64,
}

impl Waiting {
    /// Reads a distribution for an action that works `days` days, up to the horizon at most.
    pub(super) fn of(distribution: &PaymentDistribution, days: u32) -> Self {
        let horizon = i32::try_from(distribution.days().len()).unwrap_or(i32::MAX);
        let last_day = i32::try_from(days).unwrap_or(i32::MAX).min(horizon);
        let in_month = distribution.paid_by(UPLIFT_DAYS) - distribution.paid_by(last_day);
        Self {
            hazards: distribution.hazards_until(last_day),
            open: distribution.open_after(last_day),
            days_open_later: distribution.days_open_after(last_day),
            never: distribution.never(),
            paid_later_in_month: in_month.max(0.0),
        }
    }

    /// Returns the course under a shift of the logit of each of these hazards.
    pub(super) fn under(&self, shift: f64) -> Course {
        let odds = shift.clamp(-LOGIT_MAX, LOGIT_MAX).exp();
        let (mut open, mut paid, mut days_open) = (1.0_f64, 0.0_f64, 0.0_f64);
        let (mut paid_in_month, mut day) = (0.0_f64, 0_i32);
        for (cash, otherwise) in &self.hazards {
            // What is open at the start of a day is open for that day.
            days_open += open;
            let cash = cash * odds / (1.0 - cash + cash * odds);
            paid += open * cash;
            open *= (1.0 - cash) * (1.0 - otherwise);
            day += 1;
            if day <= UPLIFT_DAYS {
                paid_in_month = paid;
            }
        }
        let ratio = if self.open > 0.0 { open / self.open } else { 0.0 };
        Course {
            days_open: days_open + ratio * self.days_open_later,
            never: ratio * self.never,
            paid_in_month: paid_in_month + ratio * self.paid_later_in_month,
            paid_in_window: paid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORIZON_DAYS: usize = 91;

    fn weekly() -> PaymentDistribution {
        let mut runs = [0.0; HORIZON_DAYS];
        runs.iter_mut().skip(2).step_by(7).for_each(|run| *run = 0.2);
        PaymentDistribution::from_hazards(runs)
            .unwrap()
            .with_other_endings(&[0.001; HORIZON_DAYS])
    }

    #[test]
    fn the_course_is_that_of_the_shifted_distribution() {
        let start = weekly();
        for days in [7, 14, 40, 91] {
            let waiting = Waiting::of(&start, days);
            for shift in [-0.7, 0.0, 0.3, 1.5] {
                let acted = start.with_logit_shift_until(shift, i32::try_from(days).unwrap());
                let course = waiting.under(shift);
                let what = format!("{days} days, shift {shift}");
                assert!(
                    (course.days_open - acted.days_open_after(0)).abs() < 1e-3,
                    "{what}"
                );
                assert!((course.never - acted.never()).abs() < 1e-6, "{what}");
                assert!((course.paid_in_month - acted.paid_by(30)).abs() < 1e-6, "{what}");
                let in_window = acted.paid_by(i32::try_from(days).unwrap());
                assert!((course.paid_in_window - in_window).abs() < 1e-6, "{what}");
            }
        }
    }

    #[test]
    fn what_is_surely_paid_today_is_not_moved_by_anything() {
        let paid = PaymentDistribution::from_cdf(vec![1.0; HORIZON_DAYS]).unwrap();
        let waiting = Waiting::of(&paid, 14);
        for shift in [-2.0, 0.0, 2.0] {
            let course = waiting.under(shift);
            assert!((course.days_open - 1.0).abs() < 1e-9);
            assert!(course.never.abs() < 1e-9);
            assert!((course.paid_in_month - 1.0).abs() < 1e-9);
        }
    }
}
