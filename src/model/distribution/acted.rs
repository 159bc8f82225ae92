//! What an action does to a distribution: other odds of payment for some days, and fewer days that stay open.

use crate::model::distribution::PaymentDistribution;
use crate::model::distribution::change::{is_nothing, rising};

/// Logit beyond which odds are as good as zero or endless.
const LOGIT_MAX: f64 = 30.0;

impl PaymentDistribution {
    /// Returns the distribution of an invoice whose daily odds of payment are multiplied by `exp(logit)` on each
    /// day up to `last_day`; the hazards of later days are as before.
    ///
    /// A day on which payment is impossible or certain stays so, and endings without cash keep their hazard.
    ///
    /// ```
    /// use duecast::model::PaymentDistribution;
    /// let steady = PaymentDistribution::from_hazards([0.2; 91])?;
    /// let reminded = steady.with_logit_shift_until(4.0_f64.ln(), 1);
    /// // Odds of 1 to 4 become 1 to 1 on the first day; then a fifth of what is open a day, as before.
    /// assert!((reminded.paid_by(1) - 0.5).abs() < 1e-6);
    /// assert!((reminded.paid_by(2) - 0.6).abs() < 1e-6);
    /// # Ok::<(), duecast::model::Error>(())
    /// ```
    #[must_use]
    pub fn with_logit_shift_until(&self, logit: f64, last_day: i32) -> Self {
        let last_day = last_day.min(self.last_day());
        if is_nothing(logit) || last_day < 1 {
            return self.clone();
        }
        let held = self.held_until(last_day);
        let odds = logit.clamp(-LOGIT_MAX, LOGIT_MAX).exp();
        let (mut open, mut paid, mut ended) = (1.0_f64, 0.0_f64, 0.0_f64);
        let mut days = Vec::with_capacity(held.days.len());
        let mut other = Vec::with_capacity(held.days.len());
        for (cash, otherwise) in held.hazards_until(last_day) {
            let cash = cash * odds / (1.0 - cash + cash * odds);
            paid += open * cash;
            open *= 1.0 - cash;
            ended += open * otherwise;
            open *= 1.0 - otherwise;
            days.push(paid);
            other.push(ended);
        }
        let open_before = held.open_after(last_day);
        let ratio = if open_before > 0.0 {
            open / open_before
        } else {
            0.0
        };
        let (paid_before, ended_before) = (held.paid_by(last_day), held.ended_otherwise(last_day));
        for ahead in last_day + 1..=held.held_days() {
            days.push(paid + ratio * (held.paid_by(ahead) - paid_before));
            other.push(ended + ratio * (held.ended_otherwise(ahead) - ended_before));
        }
        Self {
            days: rising(days.into_iter()),
            other: if held.other.is_empty() {
                Vec::new()
            } else {
                rising(other.into_iter())
            },
            tail: held.tail,
        }
    }

    /// Returns the hazards of payment and of ending otherwise on each day up to `last_day`.
    ///
    /// The first is given open before the day, the second given that no cash came on it. Days beyond the horizon
    /// are left out.
    #[must_use]
    pub fn hazards_until(&self, last_day: i32) -> Vec<(f64, f64)> {
        (1..=last_day.min(self.held_days()))
            .map(|day| self.daily_hazards(day))
            .collect()
    }

    /// Returns the expected number of days, from the end of `day` on, for which the invoice stays open; what never
    /// ends counts until the end of the tail.
    ///
    /// ```
    /// use duecast::model::PaymentDistribution;
    /// let third_day = PaymentDistribution::from_cdf([vec![0.0; 2], vec![1.0; 89]].concat())?;
    /// assert!((third_day.days_open_after(0) - 3.0).abs() < 1e-6);
    /// assert!((third_day.days_open_after(1) - 2.0).abs() < 1e-6);
    /// # Ok::<(), duecast::model::Error>(())
    /// ```
    #[must_use]
    pub fn days_open_after(&self, day: i32) -> f64 {
        let first = day.max(0);
        let (held, tail_start) = (self.held_days(), self.tail.starts_after);
        if first > tail_start {
            return (first..self.last_day()).map(|ahead| self.open_after(ahead)).sum();
        }
        // What is gone at the end of each day from `first` on, of those that are held; on day zero nothing is.
        let from = usize::try_from(first - 1).unwrap_or(0);
        let until = self.days.len().saturating_sub(1);
        let gone = |held: &[f32]| -> f64 {
            let days = held.get(from..until).unwrap_or_default();
            days.iter().map(|share| f64::from(*share)).sum()
        };
        let listed = f64::from((held - first).max(0)) - gone(&self.days) - gone(&self.other);
        let before_tail = f64::from((tail_start - first.max(held)).max(0));
        listed + self.open_before_tail() * (before_tail + self.tail.open_days())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::HORIZON_DAYS;

    const TOLERANCE: f64 = 1e-6;

    /// Weekly payment runs from day 3, other endings, and a tail.
    fn weekly() -> PaymentDistribution {
        let mut runs = [0.0; HORIZON_DAYS];
        runs.iter_mut().skip(2).step_by(7).for_each(|run| *run = 0.2);
        PaymentDistribution::from_hazards(runs)
            .unwrap()
            .with_other_endings(&[0.001; HORIZON_DAYS])
    }

    /// Nothing until a tail that was set late.
    fn far() -> PaymentDistribution {
        PaymentDistribution::from_cdf(vec![0.0; HORIZON_DAYS])
            .unwrap()
            .with_tail(120, 0.02)
    }

    #[test]
    fn a_shift_until_the_end_is_a_shift_of_the_days_that_are_held() {
        let (all, some) = (
            weekly().with_logit_shift(0.7),
            weekly().with_logit_shift_until(0.7, 91),
        );
        for day in 1..=91 {
            assert!(
                (all.paid_by(day) - some.paid_by(day)).abs() < TOLERANCE,
                "day {day}"
            );
            let (all, some) = (all.ended_otherwise(day), some.ended_otherwise(day));
            assert!((all - some).abs() < TOLERANCE, "day {day}");
        }
    }

    #[test]
    fn later_hazards_are_as_before_and_the_whole_is_kept() {
        let start = weekly();
        for logit in [-0.8, 0.4, 3.0] {
            let acted = start.with_logit_shift_until(logit, 14);
            let ratio = acted.open_after(14) / start.open_after(14);
            for day in [15, 40, 91, 120, 300] {
                let expected = ratio * start.open_after(day);
                assert!((acted.open_after(day) - expected).abs() < TOLERANCE, "day {day}");
            }
            assert!((acted.never() - ratio * start.never()).abs() < TOLERANCE);
            let end = acted.last_day();
            let whole = acted.paid_by(end) + acted.ended_otherwise(end) + acted.never();
            assert!((whole - 1.0).abs() < TOLERANCE, "{logit}: {whole}");
        }
    }

    #[test]
    fn nothing_to_change_keeps_the_bits() {
        for start in [weekly(), far()] {
            assert_eq!(start.with_logit_shift_until(0.0, 14), start);
            assert_eq!(start.with_logit_shift_until(0.5, 0), start);
        }
        // Nobody pays within the fourteen days, whatever the odds are multiplied by.
        let acted = far().with_logit_shift_until(0.5, 14);
        assert!((acted.never() - far().never()).abs() < TOLERANCE);
        assert!((acted.paid_by(200) - far().paid_by(200)).abs() < TOLERANCE);
    }

    #[test]
    fn a_shift_that_reaches_into_the_tail_works_there() {
        let acted = far().with_logit_shift_until(1.0, 130);
        let hazard = 0.02 * 1.0_f64.exp() / (0.98 + 0.02 * 1.0_f64.exp());
        assert!((acted.paid_by(130) - (1.0 - (1.0 - hazard).powi(10))).abs() < 1e-5);
        assert!((acted.open_after(131) / acted.open_after(130) - 0.98).abs() < 1e-5);
    }

    #[test]
    fn days_open_are_the_sum_over_every_day() {
        for start in [weekly(), far(), weekly().later(100)] {
            for day in [0, 14, 91, 119, 150, 400] {
                let by_hand: f64 = (day..start.last_day()).map(|ahead| start.open_after(ahead)).sum();
                let given = start.days_open_after(day);
                assert!((given - by_hand).abs() < 1e-3, "after {day}: {given} {by_hand}");
            }
        }
    }
}
