//! Cash comes on days on which the receiving bank books.

use duecast::forecast::{Bucket, ForecastPlan, ReceivingCalendar, forecast};
use duecast::model::{PaymentDistribution, PaymentPrediction};

use super::{day, euro, independent, only, prediction};

const BEFORE_CHRISTMAS: &str = "2026-12-23";

fn target() -> Option<ReceivingCalendar> {
    Some("TARGET".parse().unwrap())
}

/// An invoice that is paid on the second day for certain: Friday 25 December.
fn paid_on_christmas_day() -> PaymentPrediction {
    let mut days = vec![1.0; 91];
    days[0] = 0.0;
    let distribution = PaymentDistribution::from_cdf(days).unwrap();
    PaymentPrediction {
        as_of: day(BEFORE_CHRISTMAS),
        ..prediction("I1", "ACME", euro(10_000), distribution)
    }
}

#[test]
fn cash_of_a_bank_holiday_comes_on_the_next_day_the_bank_is_open() {
    let days = |calendar| {
        let plan = ForecastPlan {
            bucket: Bucket::Day,
            horizon_days: 7,
            calendar,
            ..independent()
        };
        let result = forecast(&[paid_on_christmas_day()], &plan).unwrap();
        let days = only(&result)
            .buckets
            .iter()
            .map(|bucket| (bucket.expected, bucket.p50));
        days.collect::<Vec<_>>()
    };
    let (nothing, all) = ((0, 0), (10_000, 10_000));
    assert_eq!(days(None)[..3], [nothing, all, nothing]);
    // 25 and 26 December are holidays, the 27th is a Sunday.
    assert_eq!(days(target())[..5], [nothing, nothing, nothing, nothing, all]);
}

#[test]
fn cash_of_a_holiday_at_the_end_of_a_bucket_moves_to_the_next_and_at_the_last_beyond() {
    let plan = ForecastPlan {
        horizon_days: 4,
        calendar: target(),
        ..independent()
    };
    let result = forecast(&[paid_on_christmas_day()], &plan).unwrap();
    assert_eq!(only(&result).beyond_horizon, 10_000);
    let plan = ForecastPlan {
        horizon_days: 5,
        ..plan
    };
    let result = forecast(&[paid_on_christmas_day()], &plan).unwrap();
    let weeks: Vec<i64> = only(&result)
        .buckets
        .iter()
        .map(|bucket| bucket.expected)
        .collect();
    assert_eq!(weeks, [0, 10_000]);
}

#[test]
fn mixed_buckets_count_the_days_of_the_receiving_bank() {
    let plan = ForecastPlan {
        bucket: Bucket::Mixed,
        calendar: target(),
        ..independent()
    };
    let spans = plan.spans(day(BEFORE_CHRISTMAS));
    assert_eq!(spans[0].label, "2026-12-24");
    assert_eq!(
        (spans[1].start, spans[1].end),
        (day("2026-12-25"), day("2026-12-28"))
    );
    assert_eq!(spans[1].label, "2026-12-28");
    // 1 January is closed as well.
    assert_eq!(
        (spans[5].start, spans[5].end),
        (day("2027-01-01"), day("2027-01-04"))
    );
    let result = forecast(&[paid_on_christmas_day()], &plan).unwrap();
    assert_eq!(only(&result).buckets[1].expected, 10_000);
}

#[test]
fn a_plan_with_a_calendar_survives_json_and_an_unknown_one_is_refused() {
    let plan = ForecastPlan {
        calendar: target(),
        ..independent()
    };
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<ForecastPlan>(&text).unwrap(), plan);
    assert_eq!("gb".parse::<ReceivingCalendar>().unwrap().name(), "GB");
    let refusal = "MARS".parse::<ReceivingCalendar>().unwrap_err().to_string();
    assert!(
        refusal.contains("TARGET") && refusal.ends_with("got \"MARS\""),
        "{refusal}"
    );
}
