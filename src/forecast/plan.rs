//! What a forecast is asked for, and which values are allowed.

use serde::{Deserialize, Serialize};

use super::{Band, Bucket, BucketSpan, Error, GroupBy, ReceivingCalendar};
use crate::domain::date::day_number;
use crate::domain::{BusinessCalendar, Date};

/// Furthest day a forecast may reach. Beyond the model's own 91 days the tail of the distribution is
/// used; a little over a year lets month buckets reach the same month of the next year.
pub const HORIZON_DAYS_MAX: u32 = 400;

/// Most draws a simulation may take: 10,000 draws by 400 day buckets are 32 MB a matrix.
pub const DRAWS_MAX: u32 = 10_000;

/// Parameters of a cash forecast.
///
/// # Parameters
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `bucket` | week | size of the buckets | day, week, month, mixed |
/// | `horizon_days` | 91 | last day of the forecast, counted from the cut-off | 1 to 400 |
/// | `draws` | 1,000 | simulated futures; the band's own error falls with its square root | 1 to 10,000 |
/// | `seed` | 0 | same seed and same book, same bytes | any |
/// | `band` | the cold one | dependence and calibration of the band | see [`Band`] |
/// | `group_by` | nothing | what the forecast is split by beside its totals | see [`GroupBy`] |
/// | `calendar` | none: cash may come on any day | on which days the receiving bank books | see [`ReceivingCalendar`] |
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
    /// Dependence and calibration of the band.
    pub band: Band,
    /// What the forecast is split by beside its totals.
    pub group_by: Option<GroupBy>,
    /// Days on which the receiving bank books; without one, cash may come on any day.
    pub calendar: Option<ReceivingCalendar>,
}

impl Default for ForecastPlan {
    fn default() -> Self {
        Self {
            bucket: Bucket::Week,
            horizon_days: 91,
            draws: 1_000,
            seed: 0,
            band: Band::default(),
            group_by: None,
            calendar: None,
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
    /// - Those of [`Band::check`].
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
        self.band.check()
    }

    /// Cuts the days after `as_of` into the buckets of the plan.
    ///
    /// Mixed buckets count the business days of the receiving calendar, or from Monday to Friday without one.
    #[must_use]
    pub fn spans(&self, as_of: Date) -> Vec<BucketSpan> {
        let business_days = self
            .calendar
            .map_or_else(BusinessCalendar::weekends_only, ReceivingCalendar::days);
        self.bucket.spans_by(as_of, self.horizon_days, &business_days)
    }

    /// Returns the day on which the probability of each bucket is read, in days after `as_of`: the last receiving day
    /// up to its end.
    pub(super) fn edges(&self, as_of: Date, ends: impl Iterator<Item = Date>) -> Vec<i32> {
        let bank = self.calendar.map(ReceivingCalendar::days);
        ends.map(|end| {
            let read = bank.as_ref().map_or(end, |days| days.roll_back(end));
            day_number(read) - day_number(as_of)
        })
        .collect()
    }
}
