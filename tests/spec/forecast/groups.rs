//! Groups are drawn together: totals are sums of draws, never of quantiles.

use duecast::forecast::{
    Attributes, Band, CashBook, CashForecast, ForecastPlan, ForecastRow, GroupBy, forecast, simulate,
};
use duecast::model::PaymentPrediction;

use super::layers::stream;
use super::{AS_OF, book, coupled, day, independent, only, steady, sum_of_parts};

fn by(group_by: GroupBy, plan: ForecastPlan) -> ForecastPlan {
    ForecastPlan {
        group_by: Some(group_by),
        ..plan
    }
}

/// A book whose invoices belong in turn to two entities and to none.
fn of_entities(customers: usize, each: usize) -> Vec<PaymentPrediction> {
    let mut invoices = book(customers, each);
    for (index, invoice) in invoices.iter_mut().enumerate() {
        invoice.distribution = steady(0.02);
        invoice.entity = match index % 3 {
            0 => Some("NORTH".to_owned()),
            1 => Some("SOUTH".to_owned()),
            _ => None,
        };
    }
    invoices
}

fn names(forecast: &CashForecast) -> Vec<Option<&str>> {
    forecast.groups.iter().map(|one| one.group.as_deref()).collect()
}

#[test]
fn the_totals_are_the_same_bytes_with_and_without_groups() {
    let invoices = of_entities(60, 5);
    let plan = ForecastPlan::default();
    let whole = forecast(&invoices, &plan).unwrap();
    for group_by in GroupBy::ALL {
        let grouped = forecast(&invoices, &by(group_by, plan)).unwrap();
        assert_eq!(grouped.currencies, whole.currencies, "{group_by}");
        for one in &grouped.groups {
            assert_eq!(one.by, group_by);
            assert_eq!(sum_of_parts(&one.forecast), one.forecast.open_balance);
        }
        let open: i64 = grouped.groups.iter().map(|one| one.forecast.open_balance).sum();
        assert_eq!(open, only(&whole).open_balance);
    }
}

#[test]
fn groups_are_sorted_and_what_the_ledger_does_not_tell_is_one_of_them() {
    let invoices = of_entities(6, 3);
    let grouped = forecast(&invoices, &by(GroupBy::Entity, independent())).unwrap();
    assert_eq!(names(&grouped), [None, Some("NORTH"), Some("SOUTH")]);
    let rows = grouped.rows();
    assert_eq!(rows.len(), 4 * 14);
    assert!(rows[..14].iter().all(|row| row.group.is_empty()));
    assert_eq!(rows[14].group, ForecastRow::GROUP_UNKNOWN);
    assert_eq!(rows[28].group, "NORTH");
    let expected: i64 = rows[14..]
        .iter()
        .filter(|row| row.bucket == "2026-W40")
        .map(|row| row.expected.minor())
        .sum();
    let total = only(&grouped).buckets[0].expected;
    assert!((expected - total).abs() <= 3, "{expected} {total}");
}

#[test]
fn the_low_end_of_a_total_of_independent_groups_is_above_the_sum_of_theirs() {
    let invoices = of_entities(120, 5);
    let grouped = forecast(&invoices, &by(GroupBy::Entity, independent())).unwrap();
    for week in 0..8 {
        let of_groups = grouped.groups.iter().map(|one| one.forecast.buckets[week].p10);
        let sum: i64 = of_groups.sum();
        let total = only(&grouped).buckets[week].p10;
        assert!(total >= sum, "week {week}: {total} against {sum}");
    }
}

#[test]
fn a_customer_in_two_groups_has_the_same_luck_in_both() {
    let mut invoices = book(1, 2);
    for (invoice, entity) in invoices.iter_mut().zip(["NORTH", "SOUTH"]) {
        invoice.distribution = steady(0.02);
        invoice.entity = Some(entity.to_owned());
    }
    let plan = ForecastPlan {
        band: coupled(1.0),
        ..by(GroupBy::Entity, independent())
    };
    let grouped = forecast(&invoices, &plan).unwrap();
    let (north, south) = (&grouped.groups[0].forecast, &grouped.groups[1].forecast);
    for (week, total) in only(&grouped).buckets.iter().enumerate() {
        assert_eq!(
            north.buckets[week].cumulative_p50,
            south.buckets[week].cumulative_p50
        );
        assert_eq!(
            total.cumulative_p50,
            north.buckets[week].cumulative_p50 + south.buckets[week].cumulative_p50
        );
    }
}

#[test]
fn a_shock_of_the_whole_book_widens_the_tails_and_leaves_the_mean() {
    let invoices = book(400, 1);
    let band = |book_coupling| {
        let plan = ForecastPlan {
            band: Band {
                book_coupling,
                ..Band::independent()
            },
            ..independent()
        };
        let forecast = forecast(&invoices, &plan).unwrap();
        let first = only(&forecast).buckets[0].clone();
        (first.expected, first.p90 - first.p10)
    };
    let (mean, narrow) = band(0.0);
    let (same_mean, wide) = band(0.2);
    assert_eq!(mean, same_mean);
    assert!(wide > 3 * narrow, "{wide} against {narrow}");
}

#[test]
fn by_customer_new_billing_is_a_group_that_is_not_told() {
    let invoices = of_entities(50, 2);
    let plan = by(GroupBy::Customer, ForecastPlan::default());
    let mut book = CashBook::new(day(AS_OF), &invoices, &Attributes::default()).unwrap();
    book.streams.push(stream("EUR", 50_000, &[0.9, 1.1], 10));
    let text = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let result = pool.install(|| simulate(&book, &plan)).unwrap().into_forecast();
        assert_eq!(result.groups.len(), 51);
        assert_eq!(result.groups[0].group, None);
        assert_eq!(result.groups[0].forecast.invoice_count, 0);
        let new = &result.groups[0].forecast.buckets[5];
        assert_eq!(new.total, only(&result).buckets[5].new_billing);
        assert!(new.total > 0);
        serde_json::to_string(&result).unwrap()
    };
    assert_eq!(text(1), text(3));
}
