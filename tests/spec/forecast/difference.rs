//! Two forecasts share their luck, so their difference has a band of its own.

use duecast::forecast::{Attributes, CashBook, Error, ForecastPlan, Simulated, simulate};
use duecast::model::PaymentPrediction;

use super::layers::stream;
use super::{AS_OF, book, day, euro, independent, paid_at_once, prediction, steady};

fn simulated(invoices: &[PaymentPrediction], factor: i64, plan: &ForecastPlan) -> Simulated {
    let mut book = CashBook::new(day(AS_OF), invoices, &Attributes::default()).unwrap();
    book.streams
        .push(stream("EUR", 100_000 * factor, &[0.7, 1.3], 12));
    simulate(&book, plan).unwrap()
}

#[test]
fn a_forecast_differs_from_itself_by_nothing() {
    let invoices = book(30, 4);
    let plan = ForecastPlan::default();
    let rows = simulated(&invoices, 1, &plan)
        .difference(&simulated(&invoices, 1, &plan))
        .unwrap();
    assert_eq!(rows.len(), 14);
    for row in rows {
        assert_eq!(row.base_expected, row.other_expected);
        assert_eq!((row.expected, row.p10, row.p50, row.p90), (0, 0, 0, 0));
        assert_eq!(
            (
                row.cumulative_expected,
                row.cumulative_p10,
                row.cumulative_p50,
                row.cumulative_p90
            ),
            (0, 0, 0, 0)
        );
    }
}

#[test]
fn one_more_invoice_differs_by_that_invoice_alone() {
    let plan = independent();
    let mut invoices = book(100, 3);
    let base = simulated(&invoices, 1, &plan);
    invoices.push(prediction("NEW", "NEWCOMER", euro(7_000), paid_at_once(1.0)));
    let other = simulated(&invoices, 1, &plan);
    let rows = base.difference(&other).unwrap();
    let first = &rows[0];
    assert_eq!(
        (first.expected, first.p10, first.p50, first.p90),
        (7_000, 7_000, 7_000, 7_000)
    );
    assert_eq!((rows[1].p10, rows[1].p90), (0, 0));
    assert_eq!(rows[13].cumulative_p10, 7_000);
}

#[test]
fn twice_the_new_billing_differs_by_the_new_billing_draw_by_draw() {
    let plan = independent();
    let base = simulated(&[], 1, &plan);
    let rows = base.difference(&simulated(&[], 2, &plan)).unwrap();
    for (row, bucket) in rows.iter().zip(&base.forecast().currencies[0].buckets) {
        // Each draw is rounded to a minor unit on both sides.
        assert!((row.p10 - bucket.total_p10).abs() <= 2, "{row:?}");
        assert!((row.p90 - bucket.total_p90).abs() <= 2, "{row:?}");
    }
}

#[test]
fn a_currency_that_one_side_lacks_has_no_cash_there() {
    let plan = independent();
    let invoices = [prediction("I1", "ACME", euro(1_000), steady(0.02))];
    let of = |invoices: &[PaymentPrediction]| {
        let book = CashBook::new(day(AS_OF), invoices, &Attributes::default()).unwrap();
        simulate(&book, &plan).unwrap()
    };
    let rows = of(&invoices).difference(&of(&[])).unwrap();
    assert_eq!(rows.len(), 14);
    assert!(rows[0].base_expected > 0 && rows[0].other_expected == 0);
    assert!(rows.iter().all(|row| row.expected <= 0 && row.p90 <= 0));
    assert!(of(&[]).difference(&of(&[])).unwrap().is_empty());
}

#[test]
fn forecasts_of_other_days_or_luck_are_not_compared() {
    let invoices = book(2, 2);
    let plan = independent();
    let base = simulated(&invoices, 1, &plan);
    let other = simulated(
        &invoices,
        1,
        &ForecastPlan {
            horizon_days: 30,
            ..plan
        },
    );
    let refusal = base.difference(&other).unwrap_err();
    assert!(matches!(refusal, Error::NotComparable { .. }));
    assert!(
        refusal
            .to_string()
            .ends_with("the same horizon; expected 91; got 30")
    );
    let other = simulated(&invoices, 1, &ForecastPlan { seed: 8, ..plan });
    assert!(base.difference(&other).is_err());
}
