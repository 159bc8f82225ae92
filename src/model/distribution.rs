//! The one answer of every model: a distribution over coming days.

mod acted;
mod change;
mod tail;

use serde::{Deserialize, Serialize};

use crate::features::HORIZON_DAYS;
use crate::model::Error;
use tail::Tail;

/// Days for which payment goes on in the tail; what is unpaid then counts as never paid. With the
/// horizon they make a year.
pub const TAIL_DAYS: i32 = 274;
/// Days at the end of the horizon whose mean hazard is carried on beyond it.
const TAIL_WINDOW_DAYS: usize = 28;

/// Probability of having been paid by the end of each coming day, given open at the cut-off.
///
/// Days `1..=91` are held one by one and never fall; a distribution that a scenario has changed may hold more of
/// them. Beyond, payment goes on for [`TAIL_DAYS`] at a daily hazard that is constant within a month, and what is
/// open then is the never-paid mass. The tail starts at the
/// end of the horizon with the mean hazard of its last four weeks, which models that know roll rates
/// carry on by them; where the due date lies so late that these weeks say nothing about payment after it, the
/// tail is set from the payer's own behaviour.
///
/// An invoice may also end without cash. [`PaymentDistribution::with_other_endings`] takes that in:
/// what is paid is then a cumulative incidence, and at the end of the tail
/// `paid_by + ended_otherwise + never = 1`.
///
/// ```
/// use duecast::model::PaymentDistribution;
/// let half = PaymentDistribution::from_cdf(vec![0.5; 91])?;
/// assert_eq!(half.quantile(0.5), Some(1));
/// assert!(half.never() > 0.49);
/// assert!(PaymentDistribution::from_cdf(vec![0.5, 0.4]).is_err());
/// # Ok::<(), duecast::model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentDistribution {
    days: Vec<f32>,
    /// Probability of having ended without cash by the end of each of these days; empty where nothing can.
    other: Vec<f32>,
    tail: Tail,
}

impl PaymentDistribution {
    /// Makes a distribution from the cumulative probabilities of days `1..=91`.
    ///
    /// # Errors
    ///
    /// [`Error::Distribution`] unless there are 91 values in `[0, 1]` that never fall.
    pub fn from_cdf(days: Vec<f32>) -> Result<Self, Error> {
        if days.len() != HORIZON_DAYS {
            let reason = format!("needs {HORIZON_DAYS} days, got {}", days.len());
            return Err(Error::Distribution { reason });
        }
        let mut before = 0.0;
        for (day, value) in days.iter().enumerate() {
            if !(before..=1.0).contains(value) {
                let reason = format!("day {} must lie between {before} and 1, got {value}", day + 1);
                return Err(Error::Distribution { reason });
            }
            before = *value;
        }
        let unpaid = 1.0 - f64::from(days[HORIZON_DAYS - 1]);
        let unpaid_before = 1.0 - f64::from(days[HORIZON_DAYS - 1 - TAIL_WINDOW_DAYS]);
        let window = f64::from(u32::try_from(TAIL_WINDOW_DAYS).expect("a short window"));
        let tail_hazard = if unpaid_before > 0.0 {
            1.0 - (unpaid / unpaid_before).powf(1.0 / window)
        } else {
            0.0
        };
        Ok(Self {
            days,
            other: Vec::new(),
            tail: Tail::constant(horizon_days(), TAIL_DAYS, tail_hazard),
        })
    }

    /// Makes a distribution with all mass on the day `days_ahead`.
    pub(crate) fn on_day(days_ahead: i32) -> Result<Self, Error> {
        let day = usize::try_from(days_ahead.max(1)).expect("at least one");
        let days = (1..=HORIZON_DAYS)
            .map(|ahead| if ahead >= day { 1.0 } else { 0.0 })
            .collect();
        Ok(Self::from_cdf(days)?.with_tail(days_ahead - 1, 1.0))
    }

    /// Replaces the tail; it starts at the end of the horizon at the earliest.
    pub(crate) fn with_tail(self, starts_after: i32, hazard: f64) -> Self {
        self.with_tail_of(starts_after, TAIL_DAYS, hazard)
    }

    /// Replaces the hazard of each step of the tail by what `hazard` makes of the middle of the days that the tail
    /// was read off, its hazard there, and the middle of the step.
    pub(crate) fn rolled_on(self, hazard: impl Fn(i32, f64, i32) -> f64) -> Self {
        let window = i32::try_from(TAIL_WINDOW_DAYS).expect("a short window");
        let seen = horizon_days() - window / 2;
        let tail = self.tail.map(|own, middle| hazard(seen, own, middle));
        Self { tail, ..self }
    }

    /// Replaces the tail and its length in days; it starts at the end of the horizon at the earliest.
    pub(crate) fn with_tail_of(self, starts_after: i32, days: i32, hazard: f64) -> Self {
        let tail = Tail::constant(starts_after.max(self.held_days()), days, hazard);
        Self { tail, ..self }
    }

    /// Makes a distribution from daily hazards: the probability of payment on a day, given unpaid before.
    ///
    /// # Errors
    ///
    /// [`Error::Distribution`] unless there are 91 hazards in `[0, 1]`.
    pub fn from_hazards(hazards: impl IntoIterator<Item = f64>) -> Result<Self, Error> {
        let mut unpaid = 1.0;
        let days = hazards.into_iter().map(|hazard| {
            unpaid *= 1.0 - hazard;
            single(1.0 - unpaid)
        });
        Self::from_cdf(days.collect())
    }

    /// Adds endings without cash (credit note, write-off) to a distribution of cash alone.
    ///
    /// `daily` is the probability of such an ending on each day of the horizon, given open until then; the last
    /// of them goes on in the tail. Both hazards act on what is open, cash first on a day (cumulative incidence;
    /// Kalbfleisch and Prentice 1980). Where all of them are zero the distribution is unchanged to the bit.
    #[must_use]
    pub fn with_other_endings(self, daily: &[f64; HORIZON_DAYS]) -> Self {
        if daily.iter().all(|hazard| *hazard <= 0.0) {
            return self;
        }
        let (mut open, mut unpaid) = (1.0_f64, 1.0_f64);
        let (mut paid, mut ended) = (0.0_f64, 0.0_f64);
        let mut days = Vec::with_capacity(self.days.len());
        let mut other = Vec::with_capacity(self.days.len());
        let daily_and_on = daily.iter().chain(std::iter::repeat(&daily[HORIZON_DAYS - 1]));
        for (by_cash_alone, other_hazard) in self.days.iter().zip(daily_and_on) {
            let still_unpaid = 1.0 - f64::from(*by_cash_alone);
            // Where all cash has come nothing is open, and the hazard does not matter.
            let cash_hazard = if unpaid > 0.0 {
                1.0 - still_unpaid / unpaid
            } else {
                0.0
            };
            unpaid = still_unpaid;
            paid += open * cash_hazard;
            open *= 1.0 - cash_hazard;
            ended += open * *other_hazard;
            open *= 1.0 - *other_hazard;
            days.push(single(paid));
            other.push(single(ended));
        }
        Self {
            days,
            other,
            tail: self.tail.with_other_hazard(daily[HORIZON_DAYS - 1]),
        }
    }

    /// Returns the distribution of the same invoice `days` later, given that it is still open then.
    ///
    /// Nothing is fitted again: past days are dropped, what remains is divided by the probability of being open,
    /// and the last of the 91 days are filled from the tail, which ends on the same date as before. So the ratio
    /// of any two days that lie ahead is kept. `None` where nothing was left open, as far as single precision
    /// tells.
    ///
    /// ```
    /// use duecast::model::PaymentDistribution;
    /// let mut runs = [0.0; 91];
    /// runs.iter_mut().skip(2).step_by(7).for_each(|run| *run = 0.9); // pays on day 3, 10, 17, ...
    /// let tonight = PaymentDistribution::from_hazards(runs)?;
    /// assert_eq!(tonight.quantile(0.5), Some(3));
    /// let missed = tonight.given_open_after(3).expect("a tenth was left");
    /// assert_eq!(missed.quantile(0.5), Some(7));
    /// # Ok::<(), duecast::model::Error>(())
    /// ```
    #[must_use]
    pub fn given_open_after(&self, days: u32) -> Option<Self> {
        let passed = i32::try_from(days).unwrap_or(i32::MAX);
        if passed == 0 {
            return Some(self.clone());
        }
        let open = self.open_after(passed);
        if open <= f64::from(f32::EPSILON) {
            return None;
        }
        let other = if self.other.is_empty() {
            Vec::new()
        } else {
            self.since(passed, open, Self::ended_otherwise)
        };
        Some(Self {
            days: self.since(passed, open, Self::paid_by),
            other,
            tail: self.tail.later(passed, horizon_days()),
        })
    }

    /// What comes in the 91 days after day `passed`, by the cumulative probability `by`, as shares of `open`.
    fn since(&self, passed: i32, open: f64, by: impl Fn(&Self, i32) -> f64) -> Vec<f32> {
        let before = by(self, passed);
        let mut highest = 0.0_f32;
        (1..=self.held_days().saturating_sub(passed).max(horizon_days()))
            .map(|ahead| {
                let share = (by(self, passed.saturating_add(ahead)) - before) / open;
                // Rounding to single precision must not make the curve fall.
                highest = highest.max(single(share.clamp(0.0, 1.0)));
                highest
            })
            .collect()
    }

    /// Returns the probability of having been paid by the end of day `days_ahead` after the cut-off.
    #[must_use]
    pub fn paid_by(&self, days_ahead: i32) -> f64 {
        if days_ahead <= self.held_days() {
            return at(&self.days, days_ahead);
        }
        let in_tail = self.open_before_tail() * self.tail.shares(days_ahead).paid;
        (at(&self.days, self.held_days()) + in_tail).min(1.0)
    }

    /// Returns the probability of having ended without cash (credit note, write-off) by the end of day `days_ahead`.
    #[must_use]
    pub fn ended_otherwise(&self, days_ahead: i32) -> f64 {
        if days_ahead <= self.held_days() {
            return at(&self.other, days_ahead);
        }
        let tail = self.tail.shares(days_ahead);
        at(&self.other, self.held_days()) + self.open_before_tail() * (1.0 - tail.open - tail.paid).max(0.0)
    }

    /// Returns the probability of being open at the end of day `days_ahead`: neither paid nor ended otherwise.
    #[must_use]
    pub fn open_after(&self, days_ahead: i32) -> f64 {
        (1.0 - self.paid_by(days_ahead) - self.ended_otherwise(days_ahead)).max(0.0)
    }

    /// Last day that is held by itself: the horizon, or later.
    fn held_days(&self) -> i32 {
        i32::try_from(self.days.len()).expect("a few hundred days")
    }

    fn open_before_tail(&self) -> f64 {
        let held = self.held_days();
        // Two roundings to single precision may add up to a little more than one.
        (1.0 - at(&self.days, held) - at(&self.other, held)).max(0.0)
    }

    /// Returns the last day of the tail, in days ahead of the cut-off.
    #[must_use]
    pub fn last_day(&self) -> i32 {
        self.tail.last_day()
    }

    /// Returns the cumulative probabilities of days `1..=91`.
    #[must_use]
    pub fn days(&self) -> &[f32] {
        &self.days[..HORIZON_DAYS]
    }

    /// Returns the probability of no ending at all: still open at the end of the tail.
    #[must_use]
    pub fn never(&self) -> f64 {
        self.open_before_tail() * self.tail.shares(self.last_day()).open
    }

    /// Returns the first day ahead by which payment has probability `quantile`, if there is one.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<i32> {
        let day = self.days.partition_point(|paid| f64::from(*paid) < quantile);
        if day < self.days.len() {
            return i32::try_from(day + 1).ok();
        }
        let (mut before, mut reached) = (self.tail.starts_after, self.last_day());
        if self.paid_by(reached) < quantile {
            return None;
        }
        while reached - before > 1 {
            let middle = before + (reached - before) / 2;
            if self.paid_by(middle) >= quantile {
                reached = middle;
            } else {
                before = middle;
            }
        }
        Some(reached)
    }
}

/// Reads a cumulative probability on a day of the horizon; zero before it, and where no day is held.
fn at(days: &[f32], days_ahead: i32) -> f64 {
    usize::try_from(days_ahead.saturating_sub(1))
        .ok()
        .and_then(|index| days.get(index))
        .map_or(0.0, |probability| f64::from(*probability))
}

/// The horizon as a number of days ahead.
pub(crate) fn horizon_days() -> i32 {
    i32::try_from(HORIZON_DAYS).expect("a short horizon")
}

/// Narrows a probability to the precision in which distributions are kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "24 bits of a probability are enough"
)]
pub(crate) fn single(probability: f64) -> f32 {
    probability as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_hazard_gives_a_geometric_distribution_beyond_the_horizon_too() {
        let geometric = PaymentDistribution::from_hazards([0.02; HORIZON_DAYS]).unwrap();
        for day in [1, 7, 91, 150, 300] {
            let expected = 1.0 - 0.98_f64.powi(day);
            assert!((geometric.paid_by(day) - expected).abs() < 1e-4, "day {day}");
        }
        assert!((geometric.never() - 0.98_f64.powi(365)).abs() < 1e-4);
        assert_eq!(geometric.quantile(0.5), Some(35));
        assert!((geometric.paid_by(0)).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_surely_paid_has_no_tail() {
        let paid = PaymentDistribution::from_cdf(vec![1.0; HORIZON_DAYS]).unwrap();
        assert!(paid.never().abs() < f64::EPSILON);
        assert!((paid.paid_by(200) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_tail_set_late_lets_nobody_pay_before_it_and_has_its_own_quantiles() {
        let far = PaymentDistribution::from_cdf(vec![0.0; HORIZON_DAYS])
            .unwrap()
            .with_tail(200, 0.1);
        assert!(far.paid_by(200).abs() < f64::EPSILON);
        assert!((far.paid_by(201) - 0.1).abs() < 1e-6);
        assert_eq!(far.quantile(0.5), Some(207));
        assert!(far.never() < 1e-9);
        let on_day = PaymentDistribution::on_day(150).unwrap();
        assert_eq!(on_day.quantile(0.9), Some(150));
    }

    #[test]
    fn a_night_moves_a_tail_that_was_set_late_and_leaves_its_last_date() {
        let far = PaymentDistribution::from_cdf(vec![0.0; HORIZON_DAYS])
            .unwrap()
            .with_tail(200, 0.1);
        let later = far.given_open_after(50).unwrap();
        assert!(later.paid_by(150).abs() < f64::EPSILON);
        assert!((later.paid_by(151) - 0.1).abs() < 1e-6);
        assert_eq!(later.last_day(), far.last_day() - 50);
        assert_eq!(PaymentDistribution::on_day(3).unwrap().given_open_after(3), None);
    }

    #[test]
    fn a_falling_distribution_is_refused_with_the_day() {
        let mut days = vec![0.5; HORIZON_DAYS];
        days[4] = 0.4;
        let error = PaymentDistribution::from_cdf(days).unwrap_err();
        assert!(error.to_string().contains("day 5"), "{error}");
    }
}
