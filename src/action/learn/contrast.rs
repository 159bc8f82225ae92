//! The measured effect of an action in one cell.
//!
//! # Definition
//!
//! With the response `p_i(s)` of decision `i`, the share of its window in which cash is in hand, the shift of those acted on solves
//! `sum_i w_i (y_i - p_i(s)) = k s` over them, and that of those who waited the same over those; `w` are clipped
//! inverse propensities with mean one, and the small `k` keeps the answer finite where all or none paid. The
//! difference in risk is the mean of `p_i(s_a) - p_i(s_w)` over everybody, the measured effect `s_a - s_w`.
//! Because the weighted residuals of each sort sum to zero, this is the augmented inverse-propensity estimator,
//! and its influence function gives the variance; it is summed within customers before it is squared. The variance
//! is never taken to be below that of independent decisions, which a small sample can hide.

use super::report::Interval;
use super::response::{Point, Response};
use super::rows::Row;
use crate::action::effect::Z95;

/// Pull towards no shift: that of a normal prior with a standard deviation of about three.
const PULL: f64 = 0.1;
/// Largest shift that is looked for.
const SHIFT_MAX: f64 = 6.0;
/// Step that is not worth taking another after.
const PRECISION: f64 = 1e-10;
/// Steps to the solution.
const STEPS_MAX: usize = 60;

/// What was measured; a standard error is such that 1.645 of them make a 90 % interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    pub(super) decisions: u64,
    pub(super) acted: u64,
    pub(super) customers: u64,
    pub(super) difference: f64,
    pub(super) difference_error: f64,
    pub(super) shift: f64,
    pub(super) shift_error: f64,
    /// Shift by which the model's probabilities are wrong for those who waited.
    pub(super) waiting: f64,
}

impl Contrast {
    /// The difference in days of a window.
    pub(super) fn difference(&self, window_days: u32) -> Interval {
        let days = f64::from(window_days);
        let reach = Z95 * self.difference_error;
        Interval {
            value: days * self.difference,
            low: days * (self.difference - reach).max(-1.0),
            high: days * (self.difference + reach).min(1.0),
        }
    }

    pub(super) fn shift(&self) -> Interval {
        let reach = Z95 * self.shift_error;
        Interval {
            value: self.shift,
            low: self.shift - reach,
            high: self.shift + reach,
        }
    }
}

/// One sort of decisions, brought into agreement with what was paid.
#[derive(Clone, Copy, Debug)]
struct Arm {
    shift: f64,
    /// Factor that makes the mean weight one.
    scale: f64,
    /// By how much the weighted sum of probabilities grows with the shift.
    curvature: f64,
}

impl Arm {
    fn fitted(rows: &[Row<'_>], is_acted: bool, response: &Response) -> Self {
        let of_sort = || rows.iter().filter(move |row| row.is_acted == is_acted);
        let (mut count, mut weights) = (0.0_f64, 0.0_f64);
        for row in of_sort() {
            count += 1.0;
            weights += row.weight;
        }
        let scale = if weights > 0.0 { count / weights } else { 0.0 };
        let (mut low, mut high) = (-SHIFT_MAX, SHIFT_MAX);
        let (mut shift, mut curvature) = (0.0_f64, PULL);
        for _ in 0..STEPS_MAX {
            let mut excess = -PULL * shift;
            curvature = PULL;
            for row in of_sort() {
                let point = response.at(&row.observation.hazards, row.offset + shift);
                excess += scale * row.weight * (row.observation.in_hand - point.mean);
                curvature += scale * row.weight * point.slope;
            }
            let step = excess / curvature;
            if step.abs() < PRECISION {
                shift += step;
                break;
            }
            // The excess falls in the shift: a step of Newton where it stays within what is left, else half of it.
            if step > 0.0 {
                low = shift;
            } else {
                high = shift;
            }
            let newton = shift + step;
            shift = if newton > low && newton < high {
                newton
            } else {
                low.midpoint(high)
            };
        }
        Self {
            shift,
            scale,
            curvature,
        }
    }

    /// What a row contributes to the error of the shift, and the variance of that if rows were independent.
    fn influence(&self, row: &Row<'_>, point: Point) -> (f64, f64) {
        let lever = self.scale * row.weight / self.curvature;
        (
            lever * (row.observation.in_hand - point.mean),
            lever * lever * point.variance,
        )
    }
}

/// Measures the effect of an action against waiting; rows of a customer stand together.
pub(super) fn contrast(rows: &[Row<'_>], response: &Response) -> Contrast {
    let (acted, waited) = (
        Arm::fitted(rows, true, response),
        Arm::fitted(rows, false, response),
    );
    let points = |row: &Row<'_>| {
        (
            response.at(&row.observation.hazards, row.offset + acted.shift),
            response.at(&row.observation.hazards, row.offset + waited.shift),
        )
    };
    let total: f64 = rows.iter().map(|row| row.share).sum();
    let (mut difference, mut acted_slope, mut waited_slope) = (0.0_f64, 0.0_f64, 0.0_f64);
    for row in rows {
        let (with, without) = points(row);
        let share = row.share / total;
        difference += share * (with.mean - without.mean);
        acted_slope += share * with.slope;
        waited_slope += share * without.slope;
    }
    let influences = rows.iter().map(|row| {
        let (with, without) = points(row);
        let in_mean = row.share / total * (with.mean - without.mean - difference);
        let (of_acted, of_waited, variance) = if row.is_acted {
            let (influence, variance) = acted.influence(row, with);
            (influence, 0.0, variance)
        } else {
            let (influence, variance) = waited.influence(row, without);
            (0.0, influence, variance)
        };
        Influence {
            customer: row.customer,
            shift: of_acted - of_waited,
            difference: in_mean + acted_slope * of_acted - waited_slope * of_waited,
            variance,
        }
    });
    let errors = spread(influences, acted_slope.max(waited_slope));
    let mut customers: Vec<usize> = rows.iter().map(|row| row.customer).collect();
    customers.dedup();
    Contrast {
        decisions: count(rows.len()),
        acted: count(rows.iter().filter(|row| row.is_acted).count()),
        customers: count(customers.len()),
        difference,
        difference_error: errors.difference,
        shift: acted.shift - waited.shift,
        shift_error: errors.shift,
        waiting: waited.shift,
    }
}

/// The shift of those acted on against what their offsets say, with its standard error.
pub(super) fn deviation(rows: &[Row<'_>], response: &Response) -> (f64, f64) {
    let acted = Arm::fitted(rows, true, response);
    let influences = rows.iter().filter(|row| row.is_acted).map(|row| {
        let point = response.at(&row.observation.hazards, row.offset + acted.shift);
        let (shift, variance) = acted.influence(row, point);
        Influence {
            customer: row.customer,
            shift,
            difference: 0.0,
            variance,
        }
    });
    (acted.shift, spread(influences, 0.0).shift)
}

/// What a row contributes to the errors.
#[derive(Clone, Copy, Debug)]
struct Influence {
    customer: usize,
    shift: f64,
    difference: f64,
    /// Variance of the shift if rows were independent.
    variance: f64,
}

/// Standard errors.
#[derive(Clone, Copy, Debug)]
struct Errors {
    shift: f64,
    difference: f64,
}

/// Sums influences within customers, squares the sums, and widens the result for few of them.
fn spread(influences: impl Iterator<Item = Influence>, slope: f64) -> Errors {
    let mut clusters: Vec<(usize, f64, f64, f64)> = Vec::new();
    let mut independent = 0.0;
    for influence in influences {
        independent += influence.variance;
        let own = influence.shift * influence.shift;
        let is_known = clusters
            .last()
            .is_some_and(|cluster| cluster.0 == influence.customer);
        if !is_known {
            clusters.push((influence.customer, 0.0, 0.0, 0.0));
        }
        if let Some(cluster) = clusters.last_mut() {
            cluster.1 += influence.shift;
            cluster.2 += influence.difference;
            cluster.3 += own;
        }
    }
    let (mut shift, mut difference, mut first, mut second) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for (_, of_shift, of_difference, own) in &clusters {
        shift += of_shift * of_shift;
        difference += of_difference * of_difference;
        first += own;
        second += own * own;
    }
    let customers = f64::from(u32::try_from(clusters.len()).unwrap_or(u32::MAX)).max(2.0);
    let few = customers / (customers - 1.0);
    let (shift, difference) = (shift * few, difference * few);
    // The customers that carry the sum, by Satterthwaite's approximation.
    let effective = if second > 0.0 { first * first / second } else { 1.0 };
    let widening = student95(effective.min(customers - 1.0)) / Z95;
    let floor = independent.max(f64::MIN_POSITIVE);
    let difference = if shift > 0.0 {
        difference * (floor / shift).max(1.0)
    } else {
        floor * slope * slope
    };
    Errors {
        shift: shift.max(floor).sqrt() * widening,
        difference: difference.sqrt() * widening,
    }
}

/// The 95 % quantile of Student's distribution (Abramowitz and Stegun 1964, 26.7.5); at least three degrees.
fn student95(degrees: f64) -> f64 {
    let degrees = degrees.max(3.0);
    let (third, fifth, seventh) = (Z95.powi(3), Z95.powi(5), Z95.powi(7));
    Z95 + (third + Z95) / (4.0 * degrees)
        + (5.0 * fifth + 16.0 * third + 3.0 * Z95) / (96.0 * degrees.powi(2))
        + (3.0 * seventh + 19.0 * fifth + 17.0 * third - 15.0 * Z95) / (384.0 * degrees.powi(3))
}

/// A number of rows.
fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_of_student_are_those_of_the_tables() {
        for (degrees, expected) in [(5.0, 2.015), (10.0, 1.812), (30.0, 1.697), (1e9, 1.645)] {
            assert!((student95(degrees) - expected).abs() < 1.5e-3, "{degrees}");
        }
    }
}
