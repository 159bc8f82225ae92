//! When an invoice that is still to be issued is paid: the days from issue to cash, counted from the cut-off.

use super::distribution::{PaymentDistribution, TAIL_DAYS, horizon_days, single};

/// Share of what comes after the horizon that has come before the tail counts as begun.
const TAIL_BEGUN: f64 = 0.05;
/// Largest share of what is open at its start that a tail pays; a constant hazard never pays all of it.
const TAIL_SHARE_MAX: f64 = 0.999;

impl PaymentDistribution {
    /// Returns when an invoice is paid that is issued `issued_after` days after the cut-off, if it is issued at all.
    ///
    /// `self` is about the days from issue to cash. Day `d` after the cut-off is day `d - issued_after` of it,
    /// weighted with the probability of issue; what is not issued, or ends without cash, is never-paid mass. The
    /// days of the horizon are exact. The tail has a constant hazard: it begins when a twentieth of what
    /// comes after the horizon has come, has half of it on the right day, and ends with all of it.
    ///
    /// ```
    /// use duecast::model::PaymentDistribution;
    /// let mut on_day_30 = vec![0.0; 91];
    /// on_day_30[29..].fill(1.0);
    /// let lag = PaymentDistribution::from_cdf(on_day_30)?;
    /// let rent = lag.of_later_invoice(10, 0.75);
    /// assert!(rent.paid_by(39) < 1e-6);
    /// assert!((rent.paid_by(40) - 0.75).abs() < 1e-6);
    /// assert!((rent.never() - 0.25).abs() < 1e-6);
    /// # Ok::<(), duecast::model::Error>(())
    /// ```
    #[must_use]
    pub fn of_later_invoice(&self, issued_after: i32, probability: f64) -> Self {
        let probability = probability.clamp(0.0, 1.0);
        let by = |day: i32| probability * self.paid_by(day.saturating_sub(issued_after));
        let mut highest = 0.0_f32;
        let days = (1..=horizon_days()).map(|day| {
            highest = highest.max(single(by(day)).min(1.0));
            highest
        });
        let days: Vec<f32> = days.collect();
        let later = Self::from_cdf(days).expect("a running maximum of probabilities never falls");
        let paid = f64::from(highest);
        let last_day = issued_after.max(0).saturating_add(self.last_day());
        let rest = by(last_day) - paid;
        if rest <= f64::from(f32::EPSILON) {
            return later.with_tail_of(horizon_days(), TAIL_DAYS, 0.0);
        }
        let share = (rest / (1.0 - paid)).min(TAIL_SHARE_MAX);
        let starts_after = first_day(&by, paid + TAIL_BEGUN * rest, last_day) - 1;
        let half = first_day(&by, paid + 0.5 * rest, last_day);
        let stretch = (1.0 - share).ln() / (1.0 - share / 2.0).ln();
        let tail_days = whole_days(f64::from((half - starts_after).max(1)) * stretch);
        let hazard = 1.0 - (1.0 - share).powf(1.0 / f64::from(tail_days));
        later.with_tail_of(starts_after, tail_days, hazard)
    }
}

/// Returns the first day after the horizon on which a rising probability has reached a level.
fn first_day(by: &impl Fn(i32) -> f64, level: f64, last_day: i32) -> i32 {
    let (mut low, mut high) = (horizon_days() + 1, last_day.max(horizon_days() + 1));
    while low < high {
        let middle = low + (high - low) / 2;
        if by(middle) >= level {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a year and a half times ten at most; a cast saturates"
)]
fn whole_days(days: f64) -> i32 {
    (days.round() as i32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HORIZON_DAYS;

    fn geometric() -> PaymentDistribution {
        PaymentDistribution::from_hazards([0.03; HORIZON_DAYS]).unwrap()
    }

    #[test]
    fn within_the_horizon_a_later_invoice_is_the_lag_moved_and_weighted() {
        let (lag, later) = (geometric(), geometric().of_later_invoice(40, 0.8));
        for day in [1, 40, 41, 60, 91] {
            assert!(
                (later.paid_by(day) - 0.8 * lag.paid_by(day - 40)).abs() < 1e-6,
                "day {day}"
            );
        }
    }

    #[test]
    fn beyond_the_horizon_a_later_invoice_has_its_mass_its_half_and_its_start() {
        let (lag, later) = (geometric(), geometric().of_later_invoice(80, 0.9));
        let all = 0.9 * lag.paid_by(lag.last_day());
        assert!((1.0 - later.never() - all).abs() < 0.01, "{}", later.never());
        for day in [100, 120, 150, 200] {
            let wanted = 0.9 * lag.paid_by(day - 80);
            assert!((later.paid_by(day) - wanted).abs() < 0.05, "day {day}");
        }
        let far = lag.of_later_invoice(200, 1.0);
        assert!(far.paid_by(200).abs() < 1e-9);
        assert!((far.paid_by(223) - lag.paid_by(23)).abs() < 0.05);
    }
}
