//! The course of an item under a shift of its hazards for some days.
//!
//! # Definition
//!
//! While the action works, the logit of each daily hazard is shifted: that is what is measured. What comes of it later
//! depends on whom it reached. If all were alike, what is left open would go on in the ratio of what is left; but those
//! whom an action moves are mostly those who were about to pay. Of those who never pay most are beyond reach, whatever
//! is done: they are put aside, as in a mixture with a cured share (Berkson and Gage 1952). Among the others, with a
//! frailty that is exponentially distributed over invoices of one prediction (Vaupel, Manton and Stallard 1979), the open
//! share `O` becomes `1 / O'(t) = 1 / O(t) + 1 / O'(w) - 1 / O(w)` after the last day `w` on which it works: what is about
//! to be paid is brought forward almost as a whole, of what is never paid next to nothing is rescued.

use crate::model::PaymentDistribution;

use super::UPLIFT_DAYS;

/// Logit beyond which odds are as good as zero or endless.
const LOGIT_MAX: f64 = 30.0;
/// Days of a step after the action has worked: within the horizon, and in the tail, where little changes from day to
/// day.
const STEP_DAYS: i32 = 7;
const TAIL_STEP_DAYS: i32 = 60;
/// Open share below which nothing is open.
const OPEN_MIN: f64 = 1e-12;

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

/// A step after the action has worked: its days, and the open share at its end.
#[derive(Clone, Copy, Debug)]
struct Step {
    days: f64,
    open: f64,
}

/// The course of an item without an action, ready to be shifted.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Hazards of payment and of other endings on the days on which the action works.
    hazards: Vec<(f64, f64)>,
    /// Share open at the end of these days.
    open: f64,
    /// From then on, to the end of the tail.
    later: Vec<Step>,
    /// Days that are open in these steps, as a share of what the ends of the steps say.
    sag: f64,
    never: f64,
    /// Share that is never paid whatever is done.
    beyond_reach: f64,
    /// Share open after a month, and the share of what ends from `open` until then that is paid.
    open_after_month: f64,
    paid_share: f64,
}

impl Waiting {
    /// Reads a distribution for an action that works `days` days, up to the horizon at most; of what is never paid an
    /// action can reach `rescue_share`.
    pub(super) fn of(distribution: &PaymentDistribution, days: u32, rescue_share: f64) -> Self {
        let horizon = i32::try_from(distribution.days().len()).unwrap_or(i32::MAX);
        let last_day = i32::try_from(days).unwrap_or(i32::MAX).min(horizon);
        let open = distribution.open_after(last_day);
        let open_after_month = distribution.open_after(UPLIFT_DAYS.max(last_day));
        let paid = distribution.paid_by(UPLIFT_DAYS.max(last_day)) - distribution.paid_by(last_day);
        let ended = open - open_after_month;
        let later = steps(distribution, last_day);
        let by_ends = days_open(open, &later, |open| open);
        Self {
            hazards: distribution.hazards_until(last_day),
            open,
            later,
            sag: if by_ends > OPEN_MIN {
                distribution.days_open_after(last_day) / by_ends
            } else {
                0.0
            },
            never: distribution.never(),
            beyond_reach: distribution.never() * (1.0 - rescue_share),
            open_after_month,
            paid_share: if ended > OPEN_MIN {
                (paid / ended).clamp(0.0, 1.0)
            } else {
                0.0
            },
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
        // Shares of what is within reach.
        let within = |share: f64| (share - self.beyond_reach) / (1.0 - self.beyond_reach);
        let (with, without) = (within(open), within(self.open));
        let fewer = if with > OPEN_MIN && without > OPEN_MIN {
            1.0 / with - 1.0 / without
        } else {
            f64::INFINITY
        };
        let of = |before: f64| {
            let reached = within(before);
            if reached > OPEN_MIN && fewer.is_finite() {
                let left = 1.0 / (1.0 / reached + fewer);
                (self.beyond_reach + (1.0 - self.beyond_reach) * left).clamp(0.0, 1.0)
            } else {
                self.beyond_reach.min(before)
            }
        };
        days_open += self.sag * self::days_open(self.open, &self.later, of);
        Course {
            days_open,
            never: of(self.never),
            paid_in_month: paid_in_month
                + self.paid_share * (of(self.open) - of(self.open_after_month)).max(0.0),
            paid_in_window: paid,
        }
    }
}

/// The steps after a day.
fn steps(distribution: &PaymentDistribution, last_day: i32) -> Vec<Step> {
    let horizon = i32::try_from(distribution.days().len()).unwrap_or(i32::MAX);
    let end_of_tail = distribution.last_day();
    let mut steps = Vec::new();
    let mut first = last_day;
    while first < end_of_tail {
        let last = if first < horizon {
            (first + STEP_DAYS).min(horizon)
        } else {
            first + TAIL_STEP_DAYS
        };
        let last = last.min(end_of_tail);
        steps.push(Step {
            days: f64::from(last - first),
            open: distribution.open_after(last),
        });
        first = last;
    }
    steps
}

/// Days that are open in the steps, as the ends of the steps say.
fn days_open(start: f64, steps: &[Step], of: impl Fn(f64) -> f64) -> f64 {
    let (mut before, mut days) = (of(start), 0.0);
    for step in steps {
        let after = of(step.open);
        days += step.days * f64::midpoint(before, after);
        before = after;
    }
    days
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
    fn without_a_shift_the_course_is_that_of_the_distribution() {
        let start = weekly();
        for days in [7, 14, 40, 91] {
            let course = Waiting::of(&start, days, 1.0).under(0.0);
            assert!(
                (course.days_open - start.days_open_after(0)).abs() < 1e-3,
                "{days} days"
            );
            assert!((course.never - start.never()).abs() < 1e-9, "{days} days");
            assert!(
                (course.paid_in_month - start.paid_by(30)).abs() < 1e-4,
                "{days} days"
            );
        }
    }

    #[test]
    fn while_it_works_an_action_shifts_the_hazards() {
        let start = weekly();
        for (days, shift) in [(7, -0.7), (14, 0.3), (40, 1.5), (91, 0.3)] {
            let course = Waiting::of(&start, days, 1.0).under(shift);
            let last_day = i32::try_from(days).unwrap();
            let acted = start.with_logit_shift_until(shift, last_day);
            assert!((course.paid_in_window - acted.paid_by(last_day)).abs() < 1e-6);
        }
    }

    #[test]
    fn what_is_about_to_be_paid_is_brought_forward_and_what_is_never_paid_is_hardly_moved() {
        let start = weekly().or_never(0.1);
        let waiting = Waiting::of(&start, 14, 1.0);
        let (before, after) = (waiting.under(0.0), waiting.under(0.7));
        let alike = start.with_logit_shift_until(0.7, 14);
        assert!(
            after.never < before.never && after.never > 0.9 * before.never,
            "{after:?}"
        );
        assert!(alike.never() < 0.8 * before.never, "{}", alike.never());
        let (sooner, if_alike) = (
            before.days_open - after.days_open,
            before.days_open - alike.days_open_after(0),
        );
        assert!(sooner > 0.5 && sooner < if_alike, "{sooner} of {if_alike}");
    }

    #[test]
    fn nobody_beyond_reach_is_rescued_and_what_was_about_to_be_paid_still_comes_sooner() {
        let start = weekly().or_never(0.1);
        let waiting = Waiting::of(&start, 14, 0.0);
        let (before, after, at_most) = (waiting.under(0.0), waiting.under(0.7), waiting.under(9.0));
        assert!((before.never - start.never()).abs() < 1e-9);
        assert!((after.never - start.never()).abs() < 1e-9);
        assert!((at_most.never - start.never()).abs() < 1e-9);
        assert!(before.days_open - after.days_open > 0.5);
        let half = Waiting::of(&start, 14, 0.5).under(0.7);
        assert!(half.never < after.never && half.never > Waiting::of(&start, 14, 1.0).under(0.7).never);
    }

    #[test]
    fn what_is_surely_paid_today_is_not_moved_by_anything() {
        let paid = PaymentDistribution::from_cdf(vec![1.0; HORIZON_DAYS]).unwrap();
        let waiting = Waiting::of(&paid, 14, 1.0);
        for shift in [-2.0, 0.0, 2.0] {
            let course = waiting.under(shift);
            assert!((course.days_open - 1.0).abs() < 1e-9);
            assert!(course.never.abs() < 1e-9);
            assert!((course.paid_in_month - 1.0).abs() < 1e-9);
        }
    }
}
