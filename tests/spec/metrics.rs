//! Measures of forecasts, against numbers worked by hand.

use duecast::backtest::metrics::{
    self, Binary, PROBABILITY_MIN, auc, average_precision, bias, brier_score, calibration_ratio, coverage,
    crps_days, expected_calibration_error, log_loss, median, pinball_loss, pit_histogram, quantile_day,
    relative_width, reliability, share_within, wape,
};
use duecast::backtest::{BlockSums, paired_block_bootstrap};

fn assert_close(given: f64, expected: f64) {
    assert!(
        (given - expected).abs() < 1e-9,
        "expected {expected}, got {given}"
    );
}

fn assert_measure(given: Option<f64>, expected: f64) {
    assert_close(given.expect("the measure exists"), expected);
}

fn events(pairs: &[(bool, f64)]) -> Vec<Binary> {
    pairs
        .iter()
        .map(|&(happened, probability)| Binary::new(happened, probability))
        .collect()
}

/// Certain of payment on `day`.
fn step(day: usize) -> Vec<f32> {
    (1..=91).map(|at| if at >= day { 1.0 } else { 0.0 }).collect()
}

#[test]
fn wape_and_bias_of_four_weeks() {
    let forecast = [100.0, 120.0, 80.0, 90.0];
    let actual = [90.0, 130.0, 100.0, 60.0];
    // Errors 10, 10, 20, 30 of 380; forecasts sum to 390.
    assert_measure(wape(&forecast, &actual), 70.0 / 380.0);
    assert_measure(bias(&forecast, &actual), 10.0 / 380.0);
    assert_eq!(
        format!("{:.2}", 100.0 * wape(&forecast, &actual).unwrap()),
        "18.42"
    );
    assert_eq!(
        format!("{:+.2}", 100.0 * bias(&forecast, &actual).unwrap()),
        "+2.63"
    );
}

#[test]
fn a_week_without_cash_has_no_relative_error() {
    assert_eq!(wape(&[10.0], &[0.0]), None);
    assert_eq!(wape(&[], &[]), None);
    assert_measure(wape(&[10.0, 10.0], &[0.0, 20.0]), 1.0);
}

#[test]
fn pinball_loss_weighs_the_two_sides() {
    assert_close(pinball_loss(0.1, 70.0, 90.0), 2.0);
    assert_close(pinball_loss(0.9, 110.0, 90.0), 2.0);
    assert_close(pinball_loss(0.9, 70.0, 90.0), 18.0);
    assert_close(pinball_loss(0.5, 80.0, 90.0), 5.0);
    assert_close(pinball_loss(0.1, 90.0, 90.0), 0.0);
}

#[test]
fn a_band_covers_its_ends() {
    let lower = [10.0, 10.0, 10.0, 10.0];
    let upper = [20.0, 20.0, 20.0, 20.0];
    let actual = [10.0, 20.0, 9.0, 15.0];
    assert_measure(coverage(&lower, &upper, &actual), 0.75);
    assert_measure(relative_width(&lower, &upper, &actual), 40.0 / 54.0);
    assert_eq!(coverage(&[], &[], &[]), None);
}

#[test]
fn crps_of_a_certain_forecast_is_its_absolute_error() {
    for (said, happened) in [(10, 10), (10, 17), (17, 10), (1, 91), (91, 1)] {
        let cdf = step(said);
        let day = i32::try_from(happened).unwrap();
        let error = said.abs_diff(happened);
        assert_close(
            crps_days(&cdf, Some(day), 91),
            f64::from(u32::try_from(error).unwrap()),
        );
    }
}

#[test]
fn crps_counts_observed_days_only() {
    let half = vec![0.5_f32; 91];
    assert_close(crps_days(&half, None, 91), 91.0 * 0.25);
    assert_close(crps_days(&half, None, 20), 20.0 * 0.25);
    assert_close(crps_days(&half, Some(5), 20), 20.0 * 0.25);
    assert_close(crps_days(&step(3), None, 10), 8.0);
}

#[test]
fn a_quantile_is_the_first_day_that_reaches_it() {
    let mut cdf = vec![0.25_f32; 91];
    cdf[4..].fill(0.5);
    assert_eq!(quantile_day(&cdf, 0.25), Some(1));
    assert_eq!(quantile_day(&cdf, 0.5), Some(5));
    assert_eq!(quantile_day(&cdf, 0.75), None);
}

#[test]
fn log_loss_and_brier_score_by_hand() {
    let cases = events(&[(true, 0.8), (false, 0.4)]);
    assert_measure(log_loss(&cases), -(0.8_f64.ln() + 0.6_f64.ln()) / 2.0);
    assert_measure(brier_score(&cases), (0.04 + 0.16) / 2.0);
    assert_eq!(log_loss(&[]), None);
}

#[test]
fn a_wrong_certainty_costs_much_but_not_infinitely_much() {
    let cases = events(&[(false, 1.0)]);
    assert_measure(log_loss(&cases), -PROBABILITY_MIN.ln());
}

#[test]
fn auc_counts_ties_half() {
    // Of the 2 x 3 pairs: 0.8 beats 0.1, 0.4 and 0.4; 0.4 beats 0.1 and ties with two: 4 + 2/2 = 5.
    let cases = events(&[(true, 0.8), (true, 0.4), (false, 0.4), (false, 0.4), (false, 0.1)]);
    assert_measure(auc(&cases), 5.0 / 6.0);
}

#[test]
fn auc_of_constant_perfect_and_reversed_order() {
    let constant = events(&[(true, 0.3), (false, 0.3), (false, 0.3)]);
    assert_measure(auc(&constant), 0.5);
    let perfect = events(&[(true, 0.9), (false, 0.2), (false, 0.1)]);
    assert_measure(auc(&perfect), 1.0);
    let reversed = events(&[(true, 0.1), (false, 0.2), (false, 0.9)]);
    assert_measure(auc(&reversed), 0.0);
    assert_eq!(auc(&events(&[(true, 0.1)])), None);
}

#[test]
fn average_precision_by_hand() {
    // Descending: hit (precision 1), miss, hit (2/3): 0.5 * 1 + 0.5 * 2/3.
    let cases = events(&[(true, 0.9), (false, 0.7), (true, 0.5), (false, 0.1)]);
    assert_measure(average_precision(&cases), 0.5 + 0.5 * 2.0 / 3.0);
    // Everything tied enters at once: the base rate.
    let tied = events(&[(true, 0.5), (false, 0.5), (false, 0.5), (false, 0.5)]);
    assert_measure(average_precision(&tied), 0.25);
    assert_eq!(average_precision(&events(&[(false, 0.5)])), None);
}

#[test]
fn calibration_compares_shares_with_probabilities() {
    // Bin 0.2: two cases of 0.2, one happened; bin 0.8: two cases of 0.8, both happened.
    let cases = events(&[(true, 0.2), (false, 0.2), (true, 0.8), (true, 0.8)]);
    assert_measure(expected_calibration_error(&cases, 10), 0.5 * 0.3 + 0.5 * 0.2);
    assert_measure(calibration_ratio(&cases), 2.0 / 3.0);
    let bins = reliability(&cases, 10);
    assert_eq!(bins.len(), 2);
    assert_eq!((bins[0].cases, bins[1].cases), (2, 2));
    assert_close(bins[0].lower, 0.2);
    assert_close(bins[0].observed_share, 0.5);
    assert_close(bins[1].mean_probability, 0.8);
    assert_eq!(calibration_ratio(&events(&[(false, 0.4)])), None);
}

#[test]
fn the_median_of_an_even_number_lies_between() {
    assert_measure(median(&[4.0, 1.0, 3.0]), 3.0);
    assert_measure(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    assert_eq!(median(&[]), None);
    assert_measure(metrics::mean(&[1.0, 2.0]), 1.5);
    assert_measure(share_within(&[0.0, 3.0, 4.0, 7.0], 3.0), 0.5);
}

#[test]
fn a_pit_histogram_spreads_each_case_over_its_interval() {
    let shares = pit_histogram(&[(0.0, 1.0)], 4).unwrap();
    for share in &shares {
        assert_close(*share, 0.25);
    }
    let shares = pit_histogram(&[(0.25, 0.5), (0.5, 1.0), (1.0, 1.0), (0.3, 0.3)], 4).unwrap();
    let expected = [0.0, 0.5, 0.125, 0.375];
    for (share, expected) in shares.iter().zip(expected) {
        assert_close(*share, expected);
    }
    assert_close(shares.iter().sum(), 1.0);
    assert_eq!(pit_histogram(&[], 4), None);
}

#[test]
fn a_bootstrap_tells_a_difference_from_none() {
    let blocks: Vec<f64> = (0..60).map(f64::from).collect();
    let always = BlockSums {
        differences: blocks.iter().map(|block| -1.0 - block / 100.0).collect(),
        cases: vec![2.0; 60],
    };
    let balanced = BlockSums {
        differences: blocks
            .iter()
            .map(|block| if block % 2.0 < 0.5 { 1.0 } else { -1.0 })
            .collect(),
        cases: vec![2.0; 60],
    };
    let nothing = BlockSums {
        differences: vec![0.0; 60],
        cases: vec![0.0; 60],
    };
    let series = [always, balanced, nothing];
    let intervals = paired_block_bootstrap(&series, 1_000, 5);
    let always = intervals[0].unwrap();
    assert!((always.estimate + 0.6475).abs() < 1e-12);
    assert!(always.lower < always.estimate && always.estimate < always.upper);
    assert!(always.upper < 0.0);
    let balanced = intervals[1].unwrap();
    assert!(balanced.lower < 0.0 && balanced.upper > 0.0);
    assert_eq!(intervals[2], None);
    assert_eq!(intervals, paired_block_bootstrap(&series, 1_000, 5));
}
