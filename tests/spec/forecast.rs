//! What a cash forecast promises: sums that hold, a band that means something, and repeatability.

use duecast::domain::date::parse_iso;
use duecast::domain::{Currency, Date, Money};
use duecast::forecast::{
    Band, Bucket, CashForecast, CurrencyForecast, ForecastPlan, HORIZON_DAYS_MAX, forecast,
};
use duecast::model::{PaymentDistribution, PaymentPrediction};
use proptest::prelude::*;

mod difference;
mod edges;
mod groups;
mod layers;
mod receiving;
mod shape;
mod translation;

/// A Wednesday, so that the first week of a forecast has four days.
const AS_OF: &str = "2026-09-30";

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// Paid on the day after the cut-off with this probability, and no more within the horizon.
fn paid_at_once(probability: f32) -> PaymentDistribution {
    PaymentDistribution::from_cdf(vec![probability; 91]).unwrap()
}

/// A constant chance a day.
fn steady(hazard: f64) -> PaymentDistribution {
    PaymentDistribution::from_hazards([hazard; 91]).unwrap()
}

fn prediction(
    invoice: &str,
    customer: &str,
    open: Money,
    distribution: PaymentDistribution,
) -> PaymentPrediction {
    PaymentPrediction {
        invoice_id: invoice.to_string(),
        customer_id: customer.to_string(),
        entity: None,
        as_of: day(AS_OF),
        invoice_date: day("2026-09-01"),
        due_date: day("2026-10-02"),
        open,
        gross: open,
        customer_paid_count: 0,
        distribution,
        lines: Vec::new(),
        reasons: Vec::new(),
    }
}

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn independent() -> ForecastPlan {
    ForecastPlan {
        band: Band::independent(),
        seed: 7,
        ..ForecastPlan::default()
    }
}

/// Invoices of one customer have this share in common.
fn coupled(customer_coupling: f64) -> Band {
    Band {
        customer_coupling,
        ..Band::independent()
    }
}

/// `customers` customers with `each` invoices of 10.00, each paid at once with probability 0.5.
fn book(customers: usize, each: usize) -> Vec<PaymentPrediction> {
    (0..customers * each)
        .map(|index| {
            let customer = format!("C{}", index / each);
            prediction(&format!("I{index}"), &customer, euro(1_000), paid_at_once(0.5))
        })
        .collect()
}

fn only(forecast: &CashForecast) -> &CurrencyForecast {
    assert_eq!(forecast.currencies.len(), 1);
    &forecast.currencies[0]
}

fn sum_of_parts(forecast: &CurrencyForecast) -> i64 {
    let buckets: i64 = forecast.buckets.iter().map(|bucket| bucket.expected).sum();
    buckets + forecast.beyond_horizon + forecast.expected_loss
}

#[test]
fn two_invoices_have_the_mean_and_the_quantiles_worked_by_hand() {
    let invoices = [
        prediction("I1", "ACME", euro(10_000), paid_at_once(0.6)),
        prediction("I2", "BOLT", euro(10_000), paid_at_once(0.6)),
    ];
    let forecast = forecast(&invoices, &independent()).unwrap();
    let first = &only(&forecast).buckets[0];
    assert_eq!(first.expected, 12_000);
    assert_eq!((first.p10, first.p50, first.p90), (0, 10_000, 20_000));
}

#[test]
fn invoices_of_one_customer_without_coupling_are_independent_too() {
    let invoices = [
        prediction("I1", "ACME", euro(10_000), paid_at_once(0.6)),
        prediction("I2", "ACME", euro(10_000), paid_at_once(0.6)),
    ];
    let forecast = forecast(&invoices, &independent()).unwrap();
    let first = &only(&forecast).buckets[0];
    assert_eq!((first.p10, first.p50, first.p90), (0, 10_000, 20_000));
}

#[test]
fn full_coupling_pays_equal_invoices_of_one_customer_together() {
    let plan = ForecastPlan {
        band: coupled(1.0),
        ..independent()
    };
    let forecast = forecast(&book(1, 10), &plan).unwrap();
    let first = &only(&forecast).buckets[0];
    assert_eq!(first.expected, 5_000);
    assert_eq!((first.p10, first.p90), (0, 10_000));
}

#[test]
fn coupling_widens_the_band_and_leaves_the_mean() {
    let invoices = book(5, 40);
    let mut widths = Vec::new();
    for coupling in [0.0, 0.4, 0.9] {
        let plan = ForecastPlan {
            band: coupled(coupling),
            ..independent()
        };
        let forecast = forecast(&invoices, &plan).unwrap();
        let first = &only(&forecast).buckets[0];
        assert_eq!(first.expected, 100_000);
        widths.push(first.p90 - first.p10);
    }
    assert!(widths[0] < widths[1] && widths[1] < widths[2], "{widths:?}");
}

#[test]
fn coupling_of_customers_with_one_invoice_each_changes_nothing_but_luck() {
    let invoices = book(400, 1);
    let band = |coupling| {
        let plan = ForecastPlan {
            band: coupled(coupling),
            ..independent()
        };
        let forecast = forecast(&invoices, &plan).unwrap();
        let first = &only(&forecast).buckets[0];
        first.p90 - first.p10
    };
    // The binomial band is 2 x 1.2816 x sqrt(400 x 0.25) x 10.00 = 256.3; with 1,000 draws the
    // standard error of its width is about 8.
    for coupling in [0.0, 0.9] {
        let width = band(coupling);
        assert!((19_000..=32_000).contains(&width), "{coupling}: {width}");
    }
}

#[test]
fn the_low_end_of_a_large_independent_book_is_above_the_sum_of_low_ends() {
    let invoices = book(30, 20);
    let plan = independent();
    let whole = forecast(&invoices, &plan).unwrap();
    let parts: i64 = invoices
        .chunks(20)
        .map(|customer| only(&forecast(customer, &plan).unwrap()).buckets[0].p10)
        .sum();
    let total = only(&whole).buckets[0].p10;
    assert!(total > parts, "{total} against {parts}");
}

#[test]
fn cumulative_figures_never_fall_and_end_near_what_is_paid_within_the_horizon() {
    let invoices: Vec<_> = (0..200)
        .map(|index| {
            prediction(
                &format!("I{index}"),
                &format!("C{index}"),
                euro(10_000),
                steady(0.02),
            )
        })
        .collect();
    let forecast = forecast(&invoices, &independent()).unwrap();
    let result = only(&forecast);
    for pair in result.buckets.windows(2) {
        assert!(pair[0].cumulative_expected <= pair[1].cumulative_expected);
        assert!(pair[0].cumulative_p10 <= pair[1].cumulative_p10);
        assert!(pair[0].cumulative_p50 <= pair[1].cumulative_p50);
        assert!(pair[0].cumulative_p90 <= pair[1].cumulative_p90);
    }
    for bucket in &result.buckets {
        assert!(bucket.p10 <= bucket.p50 && bucket.p50 <= bucket.p90);
    }
    let last = result.buckets.last().unwrap();
    assert_eq!(
        last.cumulative_expected + result.beyond_horizon + result.expected_loss,
        result.open_balance
    );
    assert!(last.cumulative_p10 < last.cumulative_expected);
    assert!(last.cumulative_expected < last.cumulative_p90);
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_order_and_the_threads() {
    let mut invoices = book(50, 7);
    let plan = ForecastPlan {
        seed: 42,
        ..ForecastPlan::default()
    };
    let text = |invoices: &[PaymentPrediction], threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let result = pool.install(|| forecast(invoices, &plan)).unwrap();
        serde_json::to_string(&result).unwrap()
    };
    let expected = text(&invoices, 1);
    assert_eq!(text(&invoices, 3), expected);
    invoices.reverse();
    assert_eq!(text(&invoices, 2), expected);
    let other = ForecastPlan { seed: 43, ..plan };
    let other = serde_json::to_string(&forecast(&invoices, &other).unwrap()).unwrap();
    assert_ne!(other, expected);
}

#[test]
fn a_horizon_beyond_the_models_days_uses_the_tail() {
    let plan = ForecastPlan {
        bucket: Bucket::Month,
        horizon_days: HORIZON_DAYS_MAX,
        ..independent()
    };
    let invoices = [prediction("I1", "ACME", euro(1_000_000), steady(0.01))];
    let forecast = forecast(&invoices, &plan).unwrap();
    let result = only(&forecast);
    assert_eq!(sum_of_parts(result), result.open_balance);
    let after_horizon: i64 = result
        .buckets
        .iter()
        .filter(|bucket| bucket.start > day("2026-12-31"))
        .map(|bucket| bucket.expected)
        .sum();
    assert!(after_horizon > 200_000, "{after_horizon}");
}

#[test]
fn what_a_credit_note_or_a_write_off_ends_is_expected_loss() {
    let loss = |distribution: PaymentDistribution| {
        let invoices = [prediction("I1", "ACME", euro(100_000), distribution)];
        let forecast = forecast(&invoices, &independent()).unwrap();
        let result = only(&forecast);
        assert_eq!(sum_of_parts(result), result.open_balance);
        result.expected_loss
    };
    let mut daily = [0.0; 91];
    daily[9] = 0.5;
    let more = loss(steady(0.02).with_other_endings(&daily)) - loss(steady(0.02));
    // Half of what is open after ten days: 0.98^10 / 2 = 0.4085, of which 0.0003 was lost before.
    assert!((40_780..=40_860).contains(&more), "{more}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn forecast_parts_sum_to_the_open_amount(
        invoices in prop::collection::vec((-1_000_i64..2_000_000_000, 0.0_f64..0.9, 0.0_f32..1.0), 1..40),
        bucket in prop::sample::select(Bucket::ALL.to_vec()),
        horizon_days in 1_u32..=HORIZON_DAYS_MAX,
    ) {
        let predictions: Vec<_> = invoices
            .iter()
            .enumerate()
            .map(|(index, (open, hazard, jump))| {
                let shape = match index % 3 {
                    0 => steady(*hazard),
                    1 => paid_at_once(*jump),
                    _ => steady(*hazard).with_other_endings(&[f64::from(*jump) / 20.0; 91]),
                };
                prediction(&format!("I{index}"), "ACME", euro(*open), shape)
            })
            .collect();
        let plan = ForecastPlan { bucket, horizon_days, draws: 5, ..ForecastPlan::default() };
        let forecast = forecast(&predictions, &plan).unwrap();
        let result = only(&forecast);
        let open: i64 = invoices.iter().map(|(open, _, _)| open).sum();
        prop_assert_eq!(result.open_balance, open);
        prop_assert_eq!(sum_of_parts(result), open);
        #[expect(clippy::cast_precision_loss, reason = "the open amounts drawn here are far below 2^53")]
        let exact: f64 = predictions
            .iter()
            .map(|one| one.open.minor() as f64 * one.distribution.paid_by(
                i32::try_from(horizon_days).unwrap()))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "at most the sum of the open amounts")]
        let last = result.buckets.last().unwrap().cumulative_expected as f64;
        #[expect(clippy::cast_precision_loss, reason = "the open amounts drawn here are far below 2^53")]
        let single_precision = open as f64 * f64::from(f32::EPSILON);
        // One unit of rounding a bucket, and probabilities held in single precision.
        let tolerance = f64::from(horizon_days) + 10.0 + single_precision;
        prop_assert!((last - exact).abs() <= tolerance, "{} against {}", last, exact);
    }
}
