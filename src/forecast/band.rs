//! How far a band reaches: the dependence behind it, and its calibration by week of the horizon.

use serde::{Deserialize, Serialize};

use super::Error;

/// Weeks of the horizon that are calibrated each on its own; later ones follow the last.
pub const BAND_WEEKS: usize = 13;

/// Coupling of a customer's invoices used where none was fitted.
///
/// With 0.36, no common part and factors of 1 cold bands held too few weeks, 66 % of those of four simulated ledgers;
/// with 0.5, 0.03 and 1.15 too many where the book is large. What stands here lies between (METHOD section 12
/// has what it holds). It is a starting point: `duecast calibrate` fits one's own.
pub const COUPLING_DEFAULT: f64 = 0.5;
/// Coupling of the whole book used where none was fitted.
const BOOK_COUPLING_DEFAULT: f64 = 0.01;
/// Factor of both halves of the band used where none was fitted.
const FACTOR_DEFAULT: f64 = 1.1;

/// Widest factor of a calibration: beyond it nothing is calibrated, something is wrong.
const FACTOR_MAX: f64 = 100.0;

/// How far a band reaches: the dependence behind it, and its calibration by week of the horizon.
///
/// With `P50` as simulated, a band that ends in week `w` becomes
///
/// ```text
/// P10' = P50 - low[w]  (P50 - P10)
/// P90' = P50 + high[w] (P90 - P50)
/// ```
///
/// and a P10 of zero or more is not moved below zero. A band over billing to come as well has factors that are
/// drawn to 1 by the share of that billing in its mean.
///
/// # Parameters
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `customer_coupling` | 0.5 | share of the latent variance that a customer's invoices have in common | 0 to 1 |
/// | `book_coupling` | 0.01 | share of the latent variance that all invoices have in common | 0 to 1, both together too |
/// | `low`, `high` | 1.1 | factors of the two halves of the band, a week of the horizon each | 0 to 100 |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Band {
    /// Share of the latent variance that a customer's invoices have in common.
    pub customer_coupling: f64,
    /// Share of the latent variance that all invoices have in common.
    pub book_coupling: f64,
    /// Factor of the half below the median, by week of the horizon.
    pub low: [f64; BAND_WEEKS],
    /// Factor of the half above the median, by week of the horizon.
    pub high: [f64; BAND_WEEKS],
}

impl Default for Band {
    fn default() -> Self {
        Self {
            customer_coupling: COUPLING_DEFAULT,
            book_coupling: BOOK_COUPLING_DEFAULT,
            low: [FACTOR_DEFAULT; BAND_WEEKS],
            high: [FACTOR_DEFAULT; BAND_WEEKS],
        }
    }
}

/// Low, middle and high of a simulated amount, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quantiles {
    pub(super) p10: i64,
    pub(super) p50: i64,
    pub(super) p90: i64,
}

impl Band {
    /// Returns the band of invoices that have nothing in common, as simulated.
    #[must_use]
    pub const fn independent() -> Self {
        Self {
            customer_coupling: 0.0,
            book_coupling: 0.0,
            low: [1.0; BAND_WEEKS],
            high: [1.0; BAND_WEEKS],
        }
    }

    /// Checks every parameter against its range.
    ///
    /// # Errors
    ///
    /// - [`Error::CouplingInvalid`] if a coupling is not within 0 and 1, or not a number.
    /// - [`Error::CouplingsExceedOne`] if both together exceed 1.
    /// - [`Error::BandFactorInvalid`] if a factor is not within 0 and 100, or not a number.
    pub fn check(&self) -> Result<(), Error> {
        for given in [self.customer_coupling, self.book_coupling] {
            if !(0.0..=1.0).contains(&given) {
                return Err(Error::CouplingInvalid { given });
            }
        }
        if self.customer_coupling + self.book_coupling > 1.0 {
            return Err(Error::CouplingsExceedOne {
                customer: self.customer_coupling,
                book: self.book_coupling,
            });
        }
        for (side, factors) in [("low", &self.low), ("high", &self.high)] {
            for (index, &given) in factors.iter().enumerate() {
                if !(0.0..=FACTOR_MAX).contains(&given) {
                    return Err(Error::BandFactorInvalid {
                        side,
                        week: index + 1,
                        max: FACTOR_MAX,
                        given,
                    });
                }
            }
        }
        Ok(())
    }

    /// Moves the ends of a band that closes `days_ahead` days after the cut-off, and of which `share` is cash on
    /// open invoices: the factors were fitted on these, and billing to come has errors of its own.
    pub(super) fn calibrated(&self, days_ahead: i32, raw: Quantiles, share: f64) -> Quantiles {
        let factor = |factor: f64| 1.0 + share.clamp(0.0, 1.0) * (factor - 1.0);
        let week = usize::try_from((days_ahead - 1).div_euclid(7)).unwrap_or(0);
        let week = week.min(BAND_WEEKS - 1);
        let low = raw
            .p50
            .saturating_sub(scaled(raw.p50 - raw.p10, factor(self.low[week])));
        let high = raw
            .p50
            .saturating_add(scaled(raw.p90 - raw.p50, factor(self.high[week])));
        Quantiles {
            p10: if raw.p10 >= 0 { low.max(0) } else { low },
            p50: raw.p50,
            p90: high,
        }
    }
}

/// Multiplies a width by a factor; by 1 exactly, whatever its size.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a width above 2^53 minor units may round; one above 64 bits stops at their end"
)]
fn scaled(width: i64, factor: f64) -> i64 {
    if (factor - 1.0).abs() < f64::EPSILON {
        width
    } else {
        (width as f64 * factor).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::{BAND_WEEKS, Band, Quantiles};

    const RAW: Quantiles = Quantiles {
        p10: 60,
        p50: 100,
        p90: 180,
    };

    #[test]
    fn factors_of_one_leave_a_band_as_it_is() {
        assert_eq!(Band::independent().calibrated(40, RAW, 1.0), RAW);
        let large = Quantiles {
            p10: 1,
            p50: i64::MAX / 2,
            p90: i64::MAX / 2 + 7,
        };
        assert_eq!(Band::independent().calibrated(40, large, 1.0), large);
    }

    #[test]
    fn each_week_has_its_own_factors_and_the_last_serves_all_later_days() {
        let mut band = Band::independent();
        band.low[1] = 0.5;
        band.high[1] = 2.0;
        band.high[BAND_WEEKS - 1] = 3.0;
        assert_eq!(band.calibrated(7, RAW, 1.0), RAW);
        assert_eq!(band.calibrated(8, RAW, 0.0), RAW);
        let second = band.calibrated(8, RAW, 1.0);
        assert_eq!((second.p10, second.p50, second.p90), (80, 100, 260));
        assert_eq!(band.calibrated(400, RAW, 1.0).p90, 340);
    }

    #[test]
    fn a_low_end_is_not_moved_below_nothing() {
        let mut band = Band::independent();
        band.low[0] = 5.0;
        assert_eq!(band.calibrated(1, RAW, 1.0).p10, 0);
        let credit = Quantiles { p10: -1, ..RAW };
        assert_eq!(band.calibrated(1, credit, 1.0).p10, 100 - 505);
    }
}
