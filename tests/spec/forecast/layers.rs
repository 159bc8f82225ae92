//! Open invoices, recurring billing and new billing stand apart and add up.

use std::borrow::Cow;
use std::sync::Arc;

use duecast::domain::Currency;
use duecast::domain::date::add_days;
use duecast::forecast::{
    Attributes, BillingStream, BillingWeek, CashBook, CashItem, CurrencyForecast, ForecastPlan, Layer,
    simulate,
};
use duecast::model::PaymentDistribution;

use super::{AS_OF, book, day, independent, only, steady, sum_of_parts};
use crate::support::table_language::Ledger;

/// An invoice that is not written yet.
pub(super) fn recurring(name: &str, open_minor: i64, distribution: PaymentDistribution) -> CashItem<'static> {
    CashItem {
        layer: Layer::Recurring,
        customer_id: Cow::Borrowed("RENT"),
        invoice_id: Cow::Owned(name.to_owned()),
        is_line: false,
        place: Arc::default(),
        currency: Currency::EUR,
        invoice_date: add_days(day(AS_OF), 1),
        due_date: add_days(day(AS_OF), 31),
        open_minor,
        disputed_minor: 0,
        promised: None,
        distribution: Cow::Owned(distribution),
    }
}

/// Thirteen weeks of billing, paid with a constant chance a day.
pub(super) fn stream(name: &str, weekly_minor: i64, errors: &[f64], lumps: u32) -> BillingStream {
    BillingStream {
        name: name.to_owned(),
        place: Arc::default(),
        currency: Currency::EUR,
        weeks: (0..13)
            .map(|week| BillingWeek {
                first_day: 7 * week + 1,
                last_day: 7 * week + 7,
                expected_minor: weekly_minor,
            })
            .collect(),
        errors: errors.to_vec(),
        lumps,
        lag: steady(0.03),
        terms: Vec::new(),
    }
}

/// The forecast of a book that has nothing but streams.
fn of_streams(streams: Vec<BillingStream>, plan: &ForecastPlan) -> CurrencyForecast {
    let book = CashBook {
        as_of: day(AS_OF),
        items: Vec::new(),
        streams,
    };
    only(simulate(&book, plan).unwrap().forecast()).clone()
}

#[test]
fn layers_stand_apart_and_each_adds_up_exactly() {
    let invoices = book(20, 3);
    let plan = ForecastPlan::default();
    let open_alone = CashBook::new(day(AS_OF), &invoices, &Attributes::default()).unwrap();
    let mut all = open_alone.clone();
    all.items.push(recurring("RENT 2026-10", 123_457, steady(0.02)));
    all.items.push(recurring("RENT 2026-11", 123_457, steady(0.01)));
    all.streams.push(stream("EUR", 98_765, &[0.5, 1.5], 20));
    let alone = simulate(&open_alone, &plan).unwrap().into_forecast();
    let together = simulate(&all, &plan).unwrap().into_forecast();
    let (alone, together) = (only(&alone), only(&together));
    assert_eq!(sum_of_parts(together), together.open_balance);
    assert_eq!(together.open_balance, alone.open_balance);
    assert_eq!(together.invoice_count, 60);
    for (without, with) in alone.buckets.iter().zip(&together.buckets) {
        assert_eq!(
            (
                without.expected,
                without.p10,
                without.p50,
                without.p90,
                without.contractual
            ),
            (with.expected, with.p10, with.p50, with.p90, with.contractual)
        );
        assert_eq!((without.recurring, without.new_billing), (0, 0));
        assert_eq!(
            (without.total, without.total_p10, without.cumulative_total_p90),
            (without.expected, without.p10, without.cumulative_p90)
        );
        assert_eq!(with.total, with.expected + with.recurring + with.new_billing);
    }
    let recurring: i64 = together.buckets.iter().map(|bucket| bucket.recurring).sum();
    assert_eq!(
        recurring + together.recurring_beyond_horizon + together.recurring_loss,
        2 * 123_457
    );
    let new: i64 = together.buckets.iter().map(|bucket| bucket.new_billing).sum();
    assert_eq!(
        new + together.new_billing_beyond_horizon + together.new_billing_loss,
        13 * 98_765
    );
    let total: i64 = together.buckets.iter().map(|bucket| bucket.total).sum();
    assert_eq!(together.buckets.last().unwrap().cumulative_total, total);
}

#[test]
fn new_billing_comes_after_it_is_billed_and_the_band_holds_its_mean() {
    let result = of_streams(
        vec![stream("EUR", 1_000_000, &[0.8, 1.0, 1.2], 50)],
        &independent(),
    );
    assert_eq!(result.open_balance, 0);
    let weeks: Vec<i64> = result.buckets.iter().map(|bucket| bucket.new_billing).collect();
    // The last bucket has three days; until then each week has more invoices waiting for their payment.
    assert!(weeks[..13].windows(2).all(|pair| pair[0] < pair[1]), "{weeks:?}");
    for bucket in &result.buckets[2..13] {
        assert!(
            bucket.total_p10 < bucket.total && bucket.total < bucket.total_p90,
            "{bucket:?}"
        );
        let distance = (bucket.total_p50 - bucket.total).abs();
        assert!(distance * 5 < bucket.total, "{bucket:?}");
    }
    assert_eq!((result.buckets[5].expected, result.buckets[5].p90), (0, 0));
}

#[test]
fn errors_of_the_level_widen_the_band_of_new_billing_and_many_invoices_narrow_it() {
    let width = |errors: &[f64], lumps: u32| {
        let result = of_streams(vec![stream("EUR", 1_000_000, errors, lumps)], &independent());
        let last = &result.buckets[12];
        last.total_p90 - last.total_p10
    };
    let wild = width(&[0.2, 1.8], 10_000);
    let few = width(&[], 4);
    let some = width(&[], 64);
    let many = width(&[], 10_000);
    assert!(wild > 4 * many, "{wild} {many}");
    assert!(few > 2 * some && some > 4 * many, "{few} {some} {many}");
}

#[test]
fn streams_are_independent_and_keep_their_draws_when_others_join() {
    let width = |streams: Vec<BillingStream>| {
        let result = of_streams(streams, &independent());
        result.buckets[12].total_p90 - result.buckets[12].total_p10
    };
    let one = width(vec![stream("A", 1_000_000, &[0.5, 1.5], 8)]);
    let other = width(vec![stream("B", 1_000_000, &[0.5, 1.5], 8)]);
    let both = width(vec![
        stream("B", 1_000_000, &[0.5, 1.5], 8),
        stream("A", 1_000_000, &[0.5, 1.5], 8),
    ]);
    assert_ne!(one, other);
    assert!(both < (one + other) * 9 / 10, "{one} {other} {both}");
}

#[test]
fn promised_and_disputed_amounts_stand_beside_the_expected() {
    let (history, _folder) = Ledger::parse(
        "invoice I0 ACME issued 2026-06-01 due 2026-07-01 10.00 EUR\n\
         payment I0 2026-07-05 10.00\n\
         invoice I1 ACME issued 2026-09-01 due 2026-10-02 100.00 EUR\n\
         invoice I2 ACME issued 2026-09-01 due 2026-10-09 50.00 EUR\n\
         dispute I1 2026-09-20 30.00\n\
         promise ACME given 2026-09-10 for 2026-10-20 invoice I2 amount 50.00\n\
         promise ACME given 2026-09-25 for 2026-10-06 amount 120.00\n\
         promise ACME given 2026-09-28 for 2026-09-29 invoice I1 amount 100.00\n",
    )
    .history();
    let attributes = Attributes::read(&history.as_of(day(AS_OF))).unwrap();
    // The newest promise of each whose day has not come; the account's covers what is due first.
    assert_eq!(attributes.promised("I1"), Some((day("2026-10-06"), 10_000)));
    assert_eq!(attributes.promised("I2"), Some((day("2026-10-06"), 2_000)));
    assert_eq!(attributes.disputed_minor("I1"), 3_000);
    let invoices = [
        super::prediction("I1", "ACME", super::euro(10_000), steady(0.05)),
        super::prediction("I2", "ACME", super::euro(5_000), steady(0.05)),
    ];
    let book = CashBook::new(day(AS_OF), &invoices, &attributes).unwrap();
    let result = simulate(&book, &ForecastPlan::default()).unwrap().into_forecast();
    let result = only(&result);
    assert_eq!((result.promised, result.disputed), (12_000, 3_000));
    assert_eq!(
        (result.buckets[0].disputed, result.buckets[0].promised),
        (3_000, 0)
    );
    assert_eq!(
        (result.buckets[1].disputed, result.buckets[1].promised),
        (0, 12_000)
    );
}
