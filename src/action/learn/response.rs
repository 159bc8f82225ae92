//! How the probability of payment within a window answers to a shift of the hazard.
//!
//! # Definition
//!
//! `n` equal payment runs in the window, of which the share `f` falls on days on which the action works. With the
//! probability `b` of payment within the window each run has the hazard `h = 1 - (1 - b)^(1/n)`. A shift `s` of
//! the logit makes it `h' = h e^s / (1 - h + h e^s)`, and the probability
//! `1 - (1 - h)^(n (1 - f)) (1 - h')^(n f)`, with the slope `(1 - p) n f h'`.

use crate::model::PaymentDistribution;

/// Most runs that are told apart from payment at any time.
const RUNS_MAX: f64 = 100.0;
/// Probabilities are kept away from 0 and 1, where no shift moves anything.
const BASELINE_MIN: f64 = 0.001;

/// The response of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response {
    runs: f64,
    share: f64,
}

/// A probability with its slope in the shift.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) paid: f64,
    pub(super) slope: f64,
}

impl Response {
    pub(super) fn new(runs: f64, share: f64) -> Self {
        let runs = if runs.is_finite() { runs } else { 1.0 };
        Self {
            runs: runs.clamp(1.0, RUNS_MAX),
            share,
        }
    }

    /// The hazard of a run for a probability of payment within the window.
    pub(super) fn hazard(&self, baseline: f64) -> f64 {
        let baseline = baseline.clamp(BASELINE_MIN, 1.0 - BASELINE_MIN);
        1.0 - (1.0 - baseline).powf(1.0 / self.runs)
    }

    /// The probability of payment within the window for a hazard of a run and a shift of it.
    pub(super) fn at(&self, hazard: f64, shift: f64) -> Point {
        let odds = shift.exp();
        let shifted = hazard * odds / (1.0 - hazard + hazard * odds);
        let acted = self.runs * self.share;
        let open = (1.0 - hazard).powf(self.runs - acted) * (1.0 - shifted).powf(acted);
        Point {
            paid: 1.0 - open,
            slope: open * acted * shifted,
        }
    }
}

/// Returns the number of equal runs for which a small shift moves the probability of the window by as much as in
/// the predictions; none where nothing is expected within it.
///
/// The slope of a prediction at no shift is its probability of staying unpaid times the sum of its hazards.
pub(super) fn runs<'a>(
    predictions: impl IntoIterator<Item = &'a PaymentDistribution>,
    window_days: u32,
) -> Option<f64> {
    let last_day = i32::try_from(window_days).unwrap_or(i32::MAX);
    let mut unpaid = Vec::new();
    let mut slope = 0.0;
    for prediction in predictions {
        let hazards = prediction.hazards_until(last_day);
        let left: f64 = hazards.iter().map(|(cash, _)| 1.0 - cash).product();
        let sum: f64 = hazards.iter().map(|(cash, _)| cash).sum();
        unpaid.push(left);
        slope += left * sum;
    }
    if slope <= 0.0 {
        return None;
    }
    let of_equal = |runs: f64| -> f64 {
        unpaid
            .iter()
            .map(|left| left * runs * (1.0 - left.powf(1.0 / runs)))
            .sum()
    };
    let (mut few, mut many) = (1.0_f64, RUNS_MAX);
    for _ in 0..50 {
        let middle = (few * many).sqrt();
        if of_equal(middle) < slope {
            few = middle;
        } else {
            many = middle;
        }
    }
    Some((few * many).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_moves_its_odds_and_two_runs_each_their_own() {
        // 0.4 has odds of 2 to 3; doubled, 4 to 3.
        let one = Response::new(1.0, 1.0);
        let point = one.at(one.hazard(0.4), 2.0_f64.ln());
        assert!((point.paid - 4.0 / 7.0).abs() < 1e-12);
        // Two runs of 0.2 make 0.36; odds of 1 to 4 doubled are 1 to 2, and two runs of a third make 5/9.
        let two = Response::new(2.0, 1.0);
        assert!((two.hazard(0.36) - 0.2).abs() < 1e-12);
        assert!((two.at(0.2, 2.0_f64.ln()).paid - 5.0 / 9.0).abs() < 1e-12);
        // An action that works for half of the window moves one of the two: 1 - 4/5 * 2/3.
        let half = Response::new(2.0, 0.5);
        assert!((half.at(0.2, 2.0_f64.ln()).paid - 7.0 / 15.0).abs() < 1e-12);
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for response in [Response::new(1.0, 1.0), Response::new(3.0, 0.4)] {
            for shift in [-1.0, 0.0, 0.8] {
                let (before, after) = (response.at(0.3, shift - 1e-5), response.at(0.3, shift + 1e-5));
                let by_hand = (after.paid - before.paid) / 2e-5;
                assert!((response.at(0.3, shift).slope - by_hand).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn the_runs_of_a_book_are_counted_from_what_is_predicted() {
        let mut weekly = [0.0; 91];
        weekly.iter_mut().skip(2).step_by(7).for_each(|run| *run = 0.2);
        let weekly = PaymentDistribution::from_hazards(weekly).unwrap();
        assert!((runs([&weekly], 14).unwrap() - 2.0).abs() < 0.01);
        let daily = PaymentDistribution::from_hazards([0.05; 91]).unwrap();
        assert!((runs([&daily], 14).unwrap() - 14.0).abs() < 0.1);
        let together = runs([&weekly, &daily], 14).unwrap();
        assert!(together > 2.0 && together < 14.0);
        let never = PaymentDistribution::from_cdf(vec![0.0; 91]).unwrap();
        assert_eq!(runs([&never], 14), None);
        assert_eq!(runs([], 14), None);
    }
}
