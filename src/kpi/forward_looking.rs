//! The forward-looking factor of the provision matrix: how much worse than the past the future is taken to be.

use std::str::FromStr;

use serde::Serialize;

use super::Error;
use super::aging::AGING_BUCKETS;

/// Largest factor: ten times the losses of the past is no outlook but a slip of the pen.
pub const FORWARD_LOOKING_MAX: f64 = 10.0;

/// What the loss rate of each ageing bucket is multiplied with, youngest first.
///
/// Written as one number for all buckets, or as five.
///
/// ```
/// use duecast::kpi::ForwardLooking;
///
/// let worse: ForwardLooking = "1.1".parse()?;
/// assert_eq!(worse.factors(), &[1.1; 5]);
/// let young: ForwardLooking = "1.2,1.2,1,1,1".parse()?;
/// assert_eq!(young.factors()[0], 1.2);
/// assert!("1.1,1.2".parse::<ForwardLooking>().is_err());
/// # Ok::<(), duecast::kpi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ForwardLooking([f64; AGING_BUCKETS]);

impl ForwardLooking {
    /// History as it was: factor 1 in every bucket.
    pub const UNCHANGED: Self = Self([1.0; AGING_BUCKETS]);

    /// Makes a factor a bucket, youngest first.
    ///
    /// # Errors
    ///
    /// [`Error::ForwardLookingInvalid`] where one is not from 0 to [`FORWARD_LOOKING_MAX`].
    pub fn new(factors: [f64; AGING_BUCKETS]) -> Result<Self, Error> {
        if factors
            .iter()
            .all(|factor| (0.0..=FORWARD_LOOKING_MAX).contains(factor))
        {
            return Ok(Self(factors));
        }
        Err(Error::ForwardLookingInvalid {
            given: format!("{factors:?}"),
            max: FORWARD_LOOKING_MAX,
        })
    }

    /// Returns the factors, youngest bucket first.
    #[must_use]
    pub const fn factors(&self) -> &[f64; AGING_BUCKETS] {
        &self.0
    }
}

impl Default for ForwardLooking {
    fn default() -> Self {
        Self::UNCHANGED
    }
}

impl FromStr for ForwardLooking {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = || Error::ForwardLookingInvalid {
            given: text.to_owned(),
            max: FORWARD_LOOKING_MAX,
        };
        let given: Vec<f64> = text
            .split(',')
            .map(|number| number.trim().parse::<f64>().map_err(|_| invalid()))
            .collect::<Result<_, Error>>()?;
        let factors = match given.as_slice() {
            [factor] => [*factor; AGING_BUCKETS],
            several => <[f64; AGING_BUCKETS]>::try_from(several).map_err(|_| invalid())?,
        };
        Self::new(factors)
    }
}
