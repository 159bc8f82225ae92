//! Books that are unusual and right: empty, in credit, of nothing, of one giant customer.

use duecast::forecast::{CashBook, ForecastPlan, GroupBy, forecast, simulate};

use super::{AS_OF, book, coupled, day, euro, independent, only, prediction, steady, sum_of_parts};

#[test]
fn an_empty_book_forecasts_nothing_and_translates_to_nothing() {
    let empty = CashBook {
        as_of: day(AS_OF),
        items: Vec::new(),
        streams: Vec::new(),
    };
    let plan = ForecastPlan {
        group_by: Some(GroupBy::Customer),
        ..ForecastPlan::default()
    };
    let result = simulate(&empty, &plan).unwrap();
    assert!(result.forecast().currencies.is_empty());
    assert!(result.forecast().groups.is_empty());
    let rates = duecast::forecast::Rates::new(day(AS_OF), []).unwrap();
    let translation = result.translated(duecast::domain::Currency::EUR, &rates).unwrap();
    assert_eq!(translation.rows().len(), 14);
    assert_eq!(translation.forecast.open_balance, 0);
}

#[test]
fn an_unapplied_credit_is_cash_that_will_not_come() {
    let invoices = [
        prediction("I1", "ACME", euro(100_000), steady(0.03)),
        prediction("CREDIT", "ACME", euro(-30_001), steady(0.03)),
        prediction("NOTHING", "ACME", euro(0), steady(0.03)),
    ];
    let result = forecast(&invoices, &independent()).unwrap();
    let result = only(&result);
    assert_eq!(result.open_balance, 69_999);
    assert_eq!(sum_of_parts(result), 69_999);
    assert_eq!(result.invoice_count, 3);
    assert_eq!(result.disputed, 0);
    let only_credit = forecast(&invoices[1..2], &independent()).unwrap();
    let last = only(&only_credit).buckets[13].clone();
    assert!(last.cumulative_expected < 0);
    assert!(last.cumulative_p10 <= last.cumulative_p50 && last.cumulative_p50 <= last.cumulative_p90);
}

#[test]
fn one_giant_customer_is_shared_among_the_threads_and_stays_one_customer() {
    let invoices = book(1, 1_000);
    let plan = ForecastPlan {
        band: coupled(1.0),
        ..independent()
    };
    let result = forecast(&invoices, &plan).unwrap();
    let first = &only(&result).buckets[0];
    // All or nothing: a thousand invoices in several blocks are paid in one run.
    assert_eq!((first.p10, first.p90), (0, 1_000_000));
    assert_eq!(first.expected, 500_000);
}

#[test]
fn a_calibrated_band_moves_its_ends_and_not_its_middle() {
    let invoices = book(40, 5);
    let raw = forecast(&invoices, &independent()).unwrap();
    let mut plan = independent();
    plan.band.low[0] = 0.5;
    plan.band.high[0] = 2.0;
    let moved = forecast(&invoices, &plan).unwrap();
    let (raw, moved) = (&only(&raw).buckets[0], &only(&moved).buckets[0]);
    assert_eq!((raw.p50, raw.expected), (moved.p50, moved.expected));
    assert_eq!(moved.p90 - moved.p50, 2 * (raw.p90 - raw.p50));
    assert!(moved.p10 > raw.p10);
}

#[test]
fn ten_years_are_too_far() {
    let plan = ForecastPlan {
        horizon_days: 3_650,
        ..ForecastPlan::default()
    };
    let refusal = forecast(&book(1, 1), &plan).unwrap_err().to_string();
    assert!(
        refusal.ends_with("1 to 400 days are allowed; got 3650"),
        "{refusal}"
    );
}
