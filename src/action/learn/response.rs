//! How the share of a window in which cash is in hand answers to a shift of the hazard.
//!
//! # Definition
//!
//! A decision is followed for a window of `W` days, on which payment has the hazards `h_1 .. h_W`. What is paid on day
//! `t` is in hand for the `W - t` days that are left: a share of `(W - t) / W`, and none where nothing is paid. A shift
//! `s` of the logit makes the hazards of the days on which the action works `h' = h e^s / (1 - h + h e^s)`. With the open
//! share `O_t`, the product of `1 - h'` up to day `t`, the mean share is the sum of `1 - O_t` over the days before the
//! last, divided by `W`, and its slope the sum of `O_t` times the shifted `h'` up to `t`, divided by `W`.
//!
//! The days of money are what a call earns. The probability of payment within the window is not: a promise that is
//! kept on the last day raises it as much as cash that comes at once.

/// Hazards are kept away from 0 and 1, where no shift moves anything.
const HAZARD_MIN: f64 = 1e-6;

/// The response to an action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response {
    /// Days on which it works.
    days: usize,
}

/// The share of the window in which cash is in hand: mean, slope of the mean in the shift, and variance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) mean: f64,
    pub(super) slope: f64,
    pub(super) variance: f64,
}

impl Response {
    /// The response to an action that works so many days.
    pub(super) fn new(days: u32) -> Self {
        Self {
            days: usize::try_from(days).unwrap_or(usize::MAX),
        }
    }

    /// The response of a decision with the hazards of the days of its window.
    pub(super) fn at(&self, hazards: &[f64], shift: f64) -> Point {
        let odds = shift.exp();
        let (mut open, mut moved) = (1.0_f64, 0.0_f64);
        let (mut mean, mut slope, mut square) = (0.0_f64, 0.0_f64, 0.0_f64);
        let window = f64::from(u32::try_from(hazards.len()).unwrap_or(u32::MAX)).max(1.0);
        let mut left = window;
        for (day, hazard) in hazards.iter().enumerate() {
            let mut hazard = hazard.clamp(HAZARD_MIN, 1.0 - HAZARD_MIN);
            if day < self.days {
                hazard = hazard * odds / (1.0 - hazard + hazard * odds);
                moved += hazard;
            }
            left -= 1.0;
            let share = left / window;
            square += open * hazard * share * share;
            open *= 1.0 - hazard;
            if left > 0.0 {
                mean += (1.0 - open) / window;
                slope += open * moved / window;
            }
        }
        Point {
            mean,
            slope,
            variance: (square - mean * mean).max(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_is_in_hand_for_the_days_that_are_left() {
        // Odds of 1 to 4, doubled: 1 to 2. Open after one day 2/3, after two 4/9.
        let point = Response::new(3).at(&[0.2; 3], 2.0_f64.ln());
        assert!((point.mean - (1.0 / 3.0 + 5.0 / 9.0) / 3.0).abs() < 1e-12);
        // An action that works for a day: open after one day 2/3, after two 2/3 * 4/5.
        let brief = Response::new(1).at(&[0.2; 3], 2.0_f64.ln());
        assert!((brief.mean - (1.0 / 3.0 + 7.0 / 15.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for response in [Response::new(14), Response::new(5)] {
            for shift in [-1.0, 0.0, 0.8] {
                let at = |shift| response.at(&[0.05; 14], shift);
                let by_hand = (at(shift + 1e-5).mean - at(shift - 1e-5).mean) / 2e-5;
                assert!((at(shift).slope - by_hand).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn one_run_has_the_variance_of_one_draw() {
        // Paid on the seventh of fourteen days with 0.4: half of the window or nothing.
        let mut run = [0.0; 14];
        run[6] = 0.4;
        let point = Response::new(14).at(&run, 0.0);
        assert!((point.mean - 0.2).abs() < 1e-4, "{point:?}");
        assert!((point.variance - 0.25 * 0.4 * 0.6).abs() < 1e-4, "{point:?}");
    }
}
