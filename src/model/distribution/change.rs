//! What a scenario does to a distribution: payment later or earlier, never, at other hazards, by a day.
//!
//! Every change keeps the whole: `paid_by + ended_otherwise + never` stays 1 at the end of the tail, and no
//! curve falls. A change of nothing (zero days, zero probability, zero logit, factor one) returns the same
//! bits. Where the tail has to take other masses than before, its two hazards are solved for from them: the
//! masses are kept, and the days within the tail on which they fall are a geometric curve again.

use crate::model::distribution::{PaymentDistribution, Tail, at, horizon_days, single};

impl PaymentDistribution {
    /// Returns the distribution of an invoice for which everything comes `days` later.
    ///
    /// ```
    /// use duecast::model::PaymentDistribution;
    /// let half = PaymentDistribution::from_cdf(vec![0.5; 91])?.later(30);
    /// assert_eq!(half.quantile(0.5), Some(31));
    /// # Ok::<(), duecast::model::Error>(())
    /// ```
    #[must_use]
    pub fn later(&self, days: u32) -> Self {
        let zeros = usize::try_from(days).expect("a number of days fits");
        let moved = |held: &[f32]| {
            if held.is_empty() {
                return Vec::new();
            }
            let mut curve = vec![0.0; zeros];
            curve.extend_from_slice(held);
            curve
        };
        Self {
            days: moved(&self.days),
            other: moved(&self.other),
            tail: self.tail.moved(days),
        }
    }

    /// Returns the distribution of an invoice for which everything comes `days` earlier, on the first day at the
    /// earliest.
    #[must_use]
    pub fn earlier(&self, days: u32) -> Self {
        if days == 0 {
            return self.clone();
        }
        let gained = i32::try_from(days).unwrap_or(i32::MAX);
        let held = self.held_days().saturating_sub(gained).max(horizon_days());
        let curve = |by: &dyn Fn(i32) -> f64| rising((1..=held).map(|day| by(day.saturating_add(gained))));
        let other = if self.other.is_empty() {
            Vec::new()
        } else {
            curve(&|day| self.ended_otherwise(day))
        };
        Self {
            days: curve(&|day| self.paid_by(day)),
            other,
            tail: self.tail.later(gained, held),
        }
    }

    /// Returns the distribution of an invoice that with this probability never ends, and is as before otherwise.
    #[must_use]
    pub fn or_never(&self, probability: f64) -> Self {
        if probability <= 0.0 {
            return self.clone();
        }
        let kept = (1.0 - probability).max(0.0);
        let scaled = |held: &[f32]| rising(held.iter().map(|share| f64::from(*share) * kept));
        let last_day = self.last_day();
        let (paid, ended) = (self.paid_by(last_day), self.ended_otherwise(last_day));
        Self {
            days: scaled(&self.days),
            other: scaled(&self.other),
            ..self.clone()
        }
        .with_tail_masses(paid * kept, ended * kept)
    }

    /// Returns the distribution of an invoice whose daily odds of payment are multiplied by `exp(logit)`.
    ///
    /// The probability of payment on a day, given open before it, has its logit raised by `logit`; a day on which
    /// payment is impossible or certain stays so. Endings without cash keep their hazard.
    #[must_use]
    pub fn with_logit_shift(&self, logit: f64) -> Self {
        if is_nothing(logit) {
            return self.clone();
        }
        let odds = logit.exp();
        self.with_hazards_after(0, |hazard| hazard * odds / (1.0 - hazard + hazard * odds))
    }

    /// Returns the distribution of an invoice whose daily probability of payment, given open before it, is
    /// multiplied by `factor` on every day after `day`. Factor zero stops payment there.
    #[must_use]
    pub fn slowed_after(&self, day: i32, factor: f64) -> Self {
        if is_nothing(factor - 1.0) {
            return self.clone();
        }
        self.with_hazards_after(day, |hazard| (hazard * factor).clamp(0.0, 1.0))
    }

    /// Returns the distribution of an invoice for which the share `uptake` of what would be paid after `day` is
    /// paid on that day instead. What would never be paid, or end without cash, stays as it is.
    #[must_use]
    pub fn drawn_to(&self, day: i32, uptake: f64) -> Self {
        if uptake <= 0.0 || day < 1 || day >= self.last_day() {
            return self.clone();
        }
        let uptake = uptake.min(1.0);
        let held = self.held_until(day);
        let last_day = held.last_day();
        let (paid, ended) = (held.paid_by(last_day), held.ended_otherwise(last_day));
        let days = rising((1..=held.held_days()).map(|ahead| {
            let before = held.paid_by(ahead);
            if ahead < day {
                before
            } else {
                before * (1.0 - uptake) + paid * uptake
            }
        }));
        Self { days, ..held }.with_tail_masses(paid, ended)
    }

    /// Returns the same distribution with every day up to `day` held by itself.
    pub(super) fn held_until(&self, day: i32) -> Self {
        let day = day.min(self.last_day());
        let held = self.held_days();
        if day <= held {
            return self.clone();
        }
        let days = rising((1..=day).map(|ahead| self.paid_by(ahead)));
        let other = if self.other.is_empty() {
            Vec::new()
        } else {
            rising((1..=day).map(|ahead| self.ended_otherwise(ahead)))
        };
        Self {
            days,
            other,
            tail: self.tail.later(0, day),
        }
    }

    /// Applies `change` to the hazard of payment on every day after `day`; the days before keep their bits.
    fn with_hazards_after(&self, day: i32, change: impl Fn(f64) -> f64) -> Self {
        let held = self.held_until(day);
        let first = day.max(0).saturating_add(1);
        let (mut paid, mut ended) = (at(&held.days, first - 1), at(&held.other, first - 1));
        let mut open = (1.0 - paid - ended).max(0.0);
        let mut changed = held.clone();
        for ahead in first..=held.held_days() {
            let (cash, otherwise) = held.daily_hazards(ahead);
            let cash = change(cash);
            paid += open * cash;
            open *= 1.0 - cash;
            ended += open * otherwise;
            open *= 1.0 - otherwise;
            let index = usize::try_from(ahead - 1).expect("the first day is one");
            changed.days[index] = single(paid.min(1.0));
            if let Some(share) = changed.other.get_mut(index) {
                *share = single(ended.min(1.0));
            }
        }
        changed.tail = changed.tail.map(|own, _| change(own));
        changed
    }

    /// The hazards of payment and of ending otherwise on a day that is held; cash comes first on a day.
    pub(super) fn daily_hazards(&self, day: i32) -> (f64, f64) {
        let (paid_before, ended_before) = (at(&self.days, day - 1), at(&self.other, day - 1));
        let open = (1.0 - paid_before - ended_before).max(0.0);
        let paid = at(&self.days, day) - paid_before;
        let ended = at(&self.other, day) - ended_before;
        (share_of(paid, open), share_of(ended, open - paid))
    }

    /// Sets the tail such that by its end `paid` and `ended` have come.
    fn with_tail_masses(self, paid: f64, ended: f64) -> Self {
        let held = self.held_days();
        let cash = (paid - at(&self.days, held)).max(0.0);
        let otherwise = (ended - at(&self.other, held)).max(0.0);
        let gone = share_of(cash + otherwise, self.open_before_tail());
        let days = self.last_day() - self.tail.starts_after;
        let daily = if days > 0 {
            1.0 - (1.0 - gone).powf(1.0 / f64::from(days))
        } else {
            0.0
        };
        // Of `daily`, what ends a day, cash takes its share first and the other endings act on what it leaves.
        let hazard = daily * share_of(cash, cash + otherwise);
        let other_hazard = share_of(daily - hazard, 1.0 - hazard);
        let tail = Tail::constant(self.tail.starts_after, days, hazard).with_other_hazard(other_hazard);
        Self { tail, ..self }
    }
}

/// A part of a whole, as a share within 0 and 1; zero of nothing.
fn share_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// True for zero, on either side.
pub(super) fn is_nothing(change: f64) -> bool {
    change.abs() <= 0.0
}

/// Narrows a curve to single precision, whose rounding must not make it fall.
pub(super) fn rising(curve: impl Iterator<Item = f64>) -> Vec<f32> {
    let mut highest = 0.0_f32;
    curve
        .map(|share| {
            highest = highest.max(single(share.clamp(0.0, 1.0)));
            highest
        })
        .collect()
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

    fn all_changes(of: &PaymentDistribution) -> Vec<(&'static str, PaymentDistribution)> {
        vec![
            ("later", of.later(40)),
            ("earlier", of.earlier(40)),
            ("or_never", of.or_never(0.3)),
            ("surely never", of.or_never(1.0)),
            ("faster", of.with_logit_shift(0.7)),
            ("slower", of.with_logit_shift(-0.7)),
            ("slow tail", of.slowed_after(30, 0.5)),
            ("slow from within the tail", of.slowed_after(150, 0.5)),
            ("stopped", of.slowed_after(20, 0.0)),
            ("drawn", of.drawn_to(10, 0.4)),
            ("drawn to a day of the tail", of.drawn_to(140, 0.4)),
        ]
    }

    #[test]
    fn every_change_keeps_the_whole_and_no_curve_falls() {
        for start in [weekly(), far()] {
            for (name, changed) in all_changes(&start) {
                let end = changed.last_day();
                let whole = changed.paid_by(end) + changed.ended_otherwise(end) + changed.never();
                assert!((whole - 1.0).abs() < TOLERANCE, "{name}: {whole}");
                for day in 1..=end {
                    // The tail is computed from what is open before it, which is a sum of rounded shares.
                    let paid = changed.paid_by(day) - changed.paid_by(day - 1);
                    let ended = changed.ended_otherwise(day) - changed.ended_otherwise(day - 1);
                    assert!(paid > -1e-7 && ended > -1e-7, "{name}, day {day}: {paid} {ended}");
                }
                assert!(changed.days().is_sorted(), "{name}");
                assert_eq!(changed.days().len(), HORIZON_DAYS, "{name}");
            }
        }
    }

    #[test]
    fn a_change_of_nothing_is_the_identity_to_the_bit() {
        for start in [weekly(), far()] {
            assert_eq!(start.later(0), start);
            assert_eq!(start.earlier(0), start);
            assert_eq!(start.or_never(0.0), start);
            assert_eq!(start.with_logit_shift(0.0), start);
            assert_eq!(start.slowed_after(10, 1.0), start);
            assert_eq!(start.drawn_to(10, 0.0), start);
        }
    }

    #[test]
    fn later_moves_every_day_beyond_the_horizon_too_and_earlier_brings_it_back() {
        for start in [weekly(), far()] {
            let later = start.later(40);
            for day in 1..=start.last_day() {
                assert!(
                    (later.paid_by(day + 40) - start.paid_by(day)).abs() <= 0.0,
                    "day {day}"
                );
            }
            assert!(later.paid_by(40).abs() <= 0.0);
            assert!((later.never() - start.never()).abs() <= 0.0);
            let back = later.earlier(40);
            for day in 1..=start.last_day() {
                assert!(
                    (back.paid_by(day) - start.paid_by(day)).abs() < TOLERANCE,
                    "day {day}"
                );
            }
        }
    }

    #[test]
    fn earlier_gathers_on_the_first_day_what_would_have_come_before_it() {
        let start = weekly();
        let earlier = start.earlier(10);
        assert!((earlier.paid_by(1) - start.paid_by(11)).abs() <= 0.0);
        assert!((earlier.paid_by(91) - start.paid_by(101)).abs() < TOLERANCE);
        assert_eq!(earlier.last_day(), start.last_day() - 10);
    }

    #[test]
    fn a_default_takes_its_share_of_every_day_and_gives_it_to_never() {
        let start = weekly();
        let changed = start.or_never(0.25);
        for day in [3, 50, 91] {
            assert!((changed.paid_by(day) - 0.75 * start.paid_by(day)).abs() < TOLERANCE);
        }
        assert!((changed.never() - (0.25 + 0.75 * start.never())).abs() < TOLERANCE);
        assert!((start.or_never(1.0).never() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_logit_shift_moves_the_odds_of_every_day() {
        let start = PaymentDistribution::from_hazards([0.2; HORIZON_DAYS]).unwrap();
        let changed = start.with_logit_shift(4.0_f64.ln());
        // Odds of 1 to 4 become 1 to 1.
        assert!((changed.paid_by(1) - 0.5).abs() < TOLERANCE);
        assert!((changed.paid_by(2) - 0.75).abs() < TOLERANCE);
        let paid = PaymentDistribution::from_cdf(vec![1.0; HORIZON_DAYS]).unwrap();
        assert!((paid.with_logit_shift(-2.0).paid_by(1) - 1.0).abs() < TOLERANCE);
    }

    #[test]
    fn what_is_slowed_after_a_day_keeps_its_bits_until_then() {
        let start = weekly();
        let slowed = start.slowed_after(20, 0.0);
        assert_eq!(slowed.days()[..20], start.days()[..20]);
        assert!((slowed.paid_by(slowed.last_day()) - start.paid_by(20)).abs() < TOLERANCE);
    }

    #[test]
    fn uptake_moves_its_share_of_later_cash_to_the_day_and_no_loss() {
        let start = weekly();
        let end = start.last_day();
        let changed = start.drawn_to(10, 0.4);
        let moved = 0.4 * (start.paid_by(end) - start.paid_by(10));
        assert_eq!(changed.days()[..9], start.days()[..9]);
        assert!((changed.paid_by(10) - (start.paid_by(10) + moved)).abs() < TOLERANCE);
        assert!((changed.paid_by(end) - start.paid_by(end)).abs() < TOLERANCE);
        assert!((changed.never() - start.never()).abs() < TOLERANCE);
    }
}
