//! The one answer of every model: a distribution over coming days.

use serde::{Deserialize, Serialize};

use crate::features::HORIZON_DAYS;
use crate::model::Error;

/// Days for which payment goes on in the tail; what is unpaid then counts as never paid. With the
/// horizon they make a year.
pub const TAIL_DAYS: i32 = 274;
/// Days at the end of the horizon whose mean hazard is carried on beyond it.
const TAIL_WINDOW_DAYS: usize = 28;

/// Probability of having been paid by the end of each coming day, given open at the cut-off.
///
/// Days `1..=91` are held one by one and never fall. Beyond, payment goes on at a constant daily
/// hazard for [`TAIL_DAYS`], and what is unpaid then is the never-paid mass. The tail starts at the
/// end of the horizon with the mean hazard of its last four weeks; where the due date lies so late
/// that these say nothing about payment after it, the tail is set from the payer's own behaviour.
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
    /// Last day before the tail, from the cut-off.
    tail_starts_after: i32,
    tail_hazard: f64,
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
            tail_starts_after: horizon_days(),
            tail_hazard,
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
        Self {
            tail_starts_after: starts_after.max(horizon_days()),
            tail_hazard: hazard,
            ..self
        }
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

    /// Returns the probability of having been paid by the end of day `days_ahead` after the cut-off.
    #[must_use]
    pub fn paid_by(&self, days_ahead: i32) -> f64 {
        let Ok(day) = usize::try_from(days_ahead) else {
            return 0.0;
        };
        if day == 0 {
            return 0.0;
        }
        if day <= HORIZON_DAYS {
            return f64::from(self.days[day - 1]);
        }
        let days_in_tail = (days_ahead - self.tail_starts_after).clamp(0, TAIL_DAYS);
        1.0 - self.unpaid_at_horizon() * (1.0 - self.tail_hazard).powi(days_in_tail)
    }

    /// Returns the distribution of what is paid `days` earlier, given that it was not paid by the cut-off.
    ///
    /// Its day `k` is this one's day `k + days`; what falls on the cut-off or before is renormalised away. What
    /// should have been paid for sure is paid on the first day.
    ///
    /// # Errors
    ///
    /// [`Error::Distribution`] when `days` is negative, which would need days that are not known.
    pub(crate) fn sooner(&self, days: i32) -> Result<Self, Error> {
        if days < 0 {
            let reason = format!("can be moved by 0 days or more towards the cut-off, got {days}");
            return Err(Error::Distribution { reason });
        }
        if days == 0 {
            return Ok(self.clone());
        }
        let unpaid_before = self.unpaid_after(days);
        if unpaid_before <= 0.0 {
            return Self::on_day(1);
        }
        let paid = (1..=horizon_days()).map(|day| {
            let unpaid = self.unpaid_after(day.saturating_add(days)) / unpaid_before;
            single(1.0 - unpaid)
        });
        let sooner = Self::from_cdf(paid.collect())?;
        Ok(sooner.with_tail(self.tail_starts_after - days, self.tail_hazard))
    }

    /// Returns the probability of being unpaid at the end of a day ahead; the tail's hazard never ends here.
    fn unpaid_after(&self, days_ahead: i32) -> f64 {
        if days_ahead <= horizon_days() {
            return 1.0 - self.paid_by(days_ahead);
        }
        let days_in_tail = (days_ahead - self.tail_starts_after).max(0);
        self.unpaid_at_horizon() * (1.0 - self.tail_hazard).powi(days_in_tail)
    }

    fn unpaid_at_horizon(&self) -> f64 {
        1.0 - f64::from(self.days[HORIZON_DAYS - 1])
    }

    /// Returns the last day of the tail, in days ahead of the cut-off.
    #[must_use]
    pub fn last_day(&self) -> i32 {
        self.tail_starts_after + TAIL_DAYS
    }

    /// Returns the cumulative probabilities of days `1..=91`.
    #[must_use]
    pub fn days(&self) -> &[f32] {
        &self.days
    }

    /// Returns the probability of never being paid: still unpaid at the end of the tail.
    #[must_use]
    pub fn never(&self) -> f64 {
        self.unpaid_at_horizon() * (1.0 - self.tail_hazard).powi(TAIL_DAYS)
    }

    /// Returns the first day ahead by which payment has probability `quantile`, if there is one.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<i32> {
        let day = self.days.partition_point(|paid| f64::from(*paid) < quantile);
        if day < HORIZON_DAYS {
            return i32::try_from(day + 1).ok();
        }
        let mut tail = self.tail_starts_after + 1..=self.last_day();
        tail.find(|ahead| self.paid_by(*ahead) >= quantile)
    }
}

/// The horizon as a number of days ahead.
fn horizon_days() -> i32 {
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
        assert!((far.paid_by(201) - 0.1).abs() < 1e-12);
        assert_eq!(far.quantile(0.5), Some(207));
        assert!(far.never() < 1e-9);
        let on_day = PaymentDistribution::on_day(150).unwrap();
        assert_eq!(on_day.quantile(0.9), Some(150));
    }

    #[test]
    fn what_is_due_sooner_is_paid_as_much_sooner_given_that_it_is_open() {
        let geometric = PaymentDistribution::from_hazards([0.02; HORIZON_DAYS]).unwrap();
        let sooner = geometric.sooner(60).unwrap();
        for day in [1, 31, 32, 91, 200] {
            assert!(
                (sooner.paid_by(day) - geometric.paid_by(day)).abs() < 1e-4,
                "day {day}: a constant hazard has no memory"
            );
        }
        let on_day = PaymentDistribution::on_day(70).unwrap();
        assert_eq!(on_day.sooner(60).unwrap().quantile(0.5), Some(10));
        assert_eq!(on_day.sooner(80).unwrap().quantile(0.5), Some(1));
        assert_eq!(on_day.sooner(0).unwrap(), on_day);
        let far = PaymentDistribution::on_day(150).unwrap();
        assert_eq!(far.sooner(30).unwrap().quantile(0.9), Some(120));
        assert!(far.sooner(-1).is_err());
    }

    #[test]
    fn a_falling_distribution_is_refused_with_the_day() {
        let mut days = vec![0.5; HORIZON_DAYS];
        days[4] = 0.4;
        let error = PaymentDistribution::from_cdf(days).unwrap_err();
        assert!(error.to_string().contains("day 5"), "{error}");
    }
}
