//! What a forecast is asked for, and which values are allowed.

use serde::{Deserialize, Serialize};

use super::{Bucket, Error};

/// Furthest day a forecast may reach. Beyond the model's own 91 days the tail of the distribution is
/// used; a little over a year lets month buckets reach the same month of the next year.
pub const HORIZON_DAYS_MAX: u32 = 400;

/// Most draws a simulation may take: 10,000 draws by 400 day buckets are 32 MB a matrix.
pub const DRAWS_MAX: u32 = 10_000;

/// Coupling used where none is given.
///
/// On a simulated book, the 80 % band of weeks 1 to 6 covered 75.0 % with independent invoices and
/// 86.1 % with four fifths in common; the straight line between them meets 80 % at 0.36. The value
/// is a starting point: a backtest on one's own ledger is the way to choose it.
pub const COUPLING_DEFAULT: f64 = 0.36;

/// Parameters of a cash forecast.
///
/// # Parameters
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `bucket` | week | size of the buckets | day, week, month |
/// | `horizon_days` | 91 | last day of the forecast, counted from the cut-off | 1 to 400 |
/// | `draws` | 1,000 | simulated futures; the band's own error falls with its square root | 1 to 10,000 |
/// | `seed` | 0 | same seed and same book, same bytes | any |
/// | `coupling` | 0.36 | share of the latent normal's variance that a customer's invoices have in common | 0 to 1 |
///
/// # Examples
///
/// ```
/// use duecast::forecast::ForecastPlan;
///
/// assert!(ForecastPlan::default().check().is_ok());
/// let plan = ForecastPlan { horizon_days: 0, ..ForecastPlan::default() };
/// let refusal = plan.check().unwrap_err().to_string();
/// assert_eq!(refusal, "forecast horizon is out of range; 1 to 400 days are allowed; got 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForecastPlan {
    /// Size of the buckets.
    pub bucket: Bucket,
    /// Days after the cut-off that the forecast covers.
    pub horizon_days: u32,
    /// Simulated futures behind the quantiles.
    pub draws: u32,
    /// Seed of the simulation.
    pub seed: u64,
    /// Correlation of the latent normals of two invoices of one customer.
    pub coupling: f64,
}

impl Default for ForecastPlan {
    fn default() -> Self {
        Self {
            bucket: Bucket::Week,
            horizon_days: 91,
            draws: 1_000,
            seed: 0,
            coupling: COUPLING_DEFAULT,
        }
    }
}

impl ForecastPlan {
    /// Checks every parameter against its range.
    ///
    /// # Errors
    ///
    /// - [`Error::HorizonInvalid`] if the horizon is 0 or above [`HORIZON_DAYS_MAX`].
    /// - [`Error::DrawsInvalid`] if the draws are 0 or above [`DRAWS_MAX`].
    /// - [`Error::CouplingInvalid`] if the coupling is not within 0 and 1, or not a number.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=HORIZON_DAYS_MAX).contains(&self.horizon_days) {
            return Err(Error::HorizonInvalid {
                given: self.horizon_days,
                max: HORIZON_DAYS_MAX,
            });
        }
        if !(1..=DRAWS_MAX).contains(&self.draws) {
            return Err(Error::DrawsInvalid {
                given: self.draws,
                max: DRAWS_MAX,
            });
        }
        if !(0.0..=1.0).contains(&self.coupling) {
            return Err(Error::CouplingInvalid { given: self.coupling });
        }
        Ok(())
    }
}
