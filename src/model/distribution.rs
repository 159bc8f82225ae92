//! The one answer of every model: a distribution over coming days.

use serde::{Deserialize, Serialize};

use crate::features::HORIZON_DAYS;
use crate::model::Error;

/// Days after the cut-off at which an invoice that is still unpaid counts as never paid.
pub const NEVER_AFTER_DAYS: i32 = 365;
/// Days at the end of the horizon whose mean hazard is carried on beyond it.
const TAIL_WINDOW_DAYS: usize = 28;

/// Probability of having been paid by the end of each coming day, given open at the cut-off.
///
/// Days `1..=91` are held one by one and never fall; beyond, payment goes on at the constant daily
/// hazard of the last four weeks of the horizon until [`NEVER_AFTER_DAYS`], and what is unpaid
/// then is the never-paid mass.
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
    tail_hazard: f64,
    never: f64,
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
        let mut distribution = Self {
            days,
            tail_hazard: 0.0,
            never: 0.0,
        };
        distribution.set_tail(tail_hazard);
        Ok(distribution)
    }

    /// Makes a distribution with all mass on the day `days_ahead`; beyond the horizon half of it comes by that day.
    pub(crate) fn on_day(days_ahead: i32) -> Result<Self, Error> {
        let day = usize::try_from(days_ahead.max(1)).expect("at least one");
        let days = (1..=HORIZON_DAYS)
            .map(|ahead| if ahead >= day { 1.0 } else { 0.0 })
            .collect();
        let mut distribution = Self::from_cdf(days)?;
        if day > HORIZON_DAYS {
            let horizon = i32::try_from(HORIZON_DAYS).expect("a short horizon");
            distribution.set_tail(1.0 - 0.5_f64.powf(1.0 / f64::from(days_ahead - horizon)));
        }
        Ok(distribution)
    }

    /// Sets the daily hazard beyond the horizon, and with it the never-paid mass.
    fn set_tail(&mut self, hazard: f64) {
        let left = i32::try_from(HORIZON_DAYS).map_or(0, |horizon| NEVER_AFTER_DAYS - horizon);
        self.tail_hazard = hazard;
        self.never = (1.0 - f64::from(self.days[HORIZON_DAYS - 1])) * (1.0 - hazard).powi(left);
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
        let horizon = i32::try_from(HORIZON_DAYS).unwrap_or(i32::MAX);
        let beyond = (days_ahead.min(NEVER_AFTER_DAYS)) - horizon;
        let unpaid = 1.0 - f64::from(self.days[HORIZON_DAYS - 1]);
        1.0 - unpaid * (1.0 - self.tail_hazard).powi(beyond)
    }

    /// Returns the cumulative probabilities of days `1..=91`.
    #[must_use]
    pub fn days(&self) -> &[f32] {
        &self.days
    }

    /// Returns the probability of never being paid: still unpaid a year after the cut-off.
    #[must_use]
    pub fn never(&self) -> f64 {
        self.never
    }

    /// Returns the first day ahead by which payment has probability `quantile`, if within the horizon.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<i32> {
        let day = self.days.partition_point(|paid| f64::from(*paid) < quantile);
        if day < HORIZON_DAYS {
            i32::try_from(day + 1).ok()
        } else {
            None
        }
    }
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
    fn a_falling_distribution_is_refused_with_the_day() {
        let mut days = vec![0.5; HORIZON_DAYS];
        days[4] = 0.4;
        let error = PaymentDistribution::from_cdf(days).unwrap_err();
        assert!(error.to_string().contains("day 5"), "{error}");
    }
}
