//! The shape of a forecast: its buckets, its columns, and what it refuses.

use duecast::domain::{Currency, Money};
use duecast::forecast::{
    BAND_WEEKS, Band, Bucket, Error, ForecastPlan, ForecastRow, forecast, forecast_as_of,
};
use duecast::model::PaymentPrediction;

use super::{AS_OF, book, coupled, day, euro, independent, only, paid_at_once, prediction, steady};

#[test]
fn weeks_are_iso_weeks_and_2026_has_53_of_them() {
    let spans = Bucket::Week.spans(day("2026-12-27"), 14);
    let labels: Vec<&str> = spans.iter().map(|span| span.label.as_str()).collect();
    assert_eq!(labels, ["2026-W53", "2027-W01"]);
    assert_eq!(spans[0].start, day("2026-12-28"));
    assert_eq!(spans[0].end, day("2027-01-03"));
}

#[test]
fn the_first_and_the_last_week_may_be_partial() {
    let spans = Bucket::Week.spans(day(AS_OF), 91);
    assert_eq!(spans.len(), 14);
    assert_eq!(spans[0].start, day("2026-10-01"));
    assert_eq!(spans[0].end, day("2026-10-04"));
    assert_eq!(spans[13].start, day("2026-12-28"));
    assert_eq!(spans[13].end, day("2026-12-30"));
}

#[test]
fn months_are_calendar_months_cut_at_both_ends() {
    let spans = Bucket::Month.spans(day("2026-01-15"), 91);
    let expected = [
        ("2026-01-16", "2026-01-31", "2026-01"),
        ("2026-02-01", "2026-02-28", "2026-02"),
        ("2026-03-01", "2026-03-31", "2026-03"),
        ("2026-04-01", "2026-04-16", "2026-04"),
    ];
    assert_eq!(spans.len(), expected.len());
    for (span, (start, end, label)) in spans.iter().zip(expected) {
        assert_eq!((span.start, span.end), (day(start), day(end)));
        assert_eq!(span.label, label);
    }
}

#[test]
fn days_are_single_days() {
    let spans = Bucket::Day.spans(day(AS_OF), 2);
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[1].start, spans[1].end);
    assert_eq!(spans[1].label, "2026-10-02");
}

#[test]
fn mixed_buckets_are_ten_business_days_then_weeks_then_months() {
    // A Monday. Day 91 is Monday 2027-03-01, so the week of that day is the last one.
    let as_of = day("2026-11-30");
    let spans = Bucket::Mixed.spans(as_of, 200);
    let labels: Vec<&str> = spans.iter().map(|span| span.label.as_str()).collect();
    assert_eq!(labels[0], "2026-12-01");
    assert_eq!(
        (spans[4].start, spans[4].end),
        (day("2026-12-05"), day("2026-12-07"))
    );
    assert_eq!(labels[4], "2026-12-07");
    assert_eq!(labels[9], "2026-12-14");
    assert_eq!(labels[10..14], ["2026-W51", "2026-W52", "2026-W53", "2027-W01"]);
    assert_eq!(spans[10].start, day("2026-12-15"));
    assert_eq!((labels[21], spans[21].end), ("2027-W09", day("2027-03-07")));
    assert_eq!(labels[22..], ["2027-03", "2027-04", "2027-05", "2027-06"]);
    assert_eq!(spans[22].start, day("2027-03-08"));
    assert_eq!(spans[25].end, day("2027-06-18"));
    let mut next = day("2026-12-01");
    for span in &spans {
        assert_eq!(span.start, next);
        next = span.end.succ_opt().unwrap();
    }
}

#[test]
fn contractual_cash_goes_by_due_date_and_overdue_stands_apart() {
    let due = |invoice: &str, due_date: &str, minor: i64| PaymentPrediction {
        due_date: day(due_date),
        ..prediction(invoice, "ACME", euro(minor), steady(0.05))
    };
    let invoices = [
        due("I1", "2026-09-01", 1),
        due("I2", "2026-09-30", 20),
        due("I3", "2026-10-01", 300),
        due("I4", "2026-10-04", 4_000),
        due("I5", "2026-12-30", 50_000),
        due("I6", "2026-12-31", 600_000),
    ];
    let forecast = forecast(&invoices, &independent()).unwrap();
    let result = only(&forecast);
    assert_eq!(result.overdue, 21);
    assert_eq!(result.buckets[0].contractual, 4_300);
    assert_eq!(result.buckets[0].invoice_count, 2);
    assert_eq!(result.buckets[13].contractual, 50_000);
    assert_eq!(result.due_beyond_horizon, 600_000);
    assert_eq!(result.invoice_count, 6);
    let due: i64 = result.buckets.iter().map(|bucket| bucket.contractual).sum();
    assert_eq!(
        due + result.overdue + result.due_beyond_horizon,
        result.open_balance
    );
}

#[test]
fn currencies_stay_apart_and_amounts_are_decimal_strings() {
    let yen = Currency::parse("JPY").unwrap();
    let dinar = Currency::parse("KWD").unwrap();
    let invoices = [
        prediction("I1", "ACME", Money::from_minor(500, yen), paid_at_once(1.0)),
        prediction("I2", "ACME", Money::from_minor(1_500, dinar), paid_at_once(1.0)),
    ];
    let forecast = forecast(&invoices, &independent()).unwrap();
    let json = serde_json::to_value(&forecast).unwrap();
    assert_eq!(json["as_of"], AS_OF);
    assert_eq!(json["plan"]["bucket"], "week");
    assert_eq!(json["currencies"][0]["currency"], "JPY");
    assert_eq!(json["currencies"][0]["open_balance"], "500");
    assert_eq!(json["currencies"][1]["open_balance"], "1.500");
    assert_eq!(json["currencies"][1]["buckets"][0]["p10"], "1.500");
    assert_eq!(json["currencies"][1]["expected_loss"], "0.000");
}

#[test]
fn rows_carry_the_documented_columns_in_order() {
    let invoices = [prediction("I1", "ACME", euro(12_345), paid_at_once(1.0))];
    let rows = forecast(&invoices, &independent()).unwrap().rows();
    assert_eq!(rows.len(), 14);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(&rows[0]).unwrap();
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let expected = format!(
        "{}\n{}\n",
        ForecastRow::COLUMNS.join(","),
        "2026-09-30,2026-10-01,2026-10-04,2026-W40,EUR,123.45,123.45,123.45,123.45,123.45,\
         123.45,123.45,123.45,123.45,1,0.00,0.00,0.00,0.00,\
         123.45,123.45,123.45,123.45,123.45,123.45,123.45,123.45,"
    );
    assert_eq!(text, expected);
}

#[test]
fn an_empty_book_is_an_answer_where_the_day_is_stated() {
    let plan = ForecastPlan::default();
    assert!(matches!(forecast(&[], &plan), Err(Error::NoPredictions)));
    let empty = forecast_as_of(day(AS_OF), &[], &plan).unwrap();
    assert!(empty.rows().is_empty());
}

#[test]
fn what_cannot_be_forecast_is_refused_with_its_reason() {
    let invoices = book(1, 2);
    let refusal = |plan: ForecastPlan| forecast(&invoices, &plan).unwrap_err().to_string();
    let plan = ForecastPlan::default();
    let cases = [
        (
            refusal(ForecastPlan {
                horizon_days: 401,
                ..plan
            }),
            "1 to 400 days are allowed; got 401",
        ),
        (
            refusal(ForecastPlan { draws: 0, ..plan }),
            "1 to 10000 are allowed; got 0",
        ),
        (
            refusal(ForecastPlan {
                band: coupled(1.5),
                ..plan
            }),
            "0 to 1 is allowed; got 1.5",
        ),
        (
            refusal(ForecastPlan {
                band: coupled(f64::NAN),
                ..plan
            }),
            "0 to 1 is allowed; got NaN",
        ),
        (
            refusal(ForecastPlan {
                band: Band {
                    book_coupling: 0.3,
                    ..coupled(0.9)
                },
                ..plan
            }),
            "got 0.9 by customer and 0.3 of the book",
        ),
        (
            refusal(ForecastPlan {
                band: Band {
                    low: [f64::INFINITY; BAND_WEEKS],
                    ..Band::default()
                },
                ..plan
            }),
            "0 to 100 is allowed; got inf",
        ),
    ];
    for (message, expected) in cases {
        assert!(message.ends_with(expected), "{message}");
    }
    assert!("fortnight".parse::<Bucket>().is_err());
    assert_eq!("month".parse::<Bucket>().unwrap(), Bucket::Month);
}

#[test]
fn a_book_that_would_count_cash_twice_or_mix_days_is_refused() {
    let plan = ForecastPlan::default();
    let mut twice = book(1, 2);
    twice[1].invoice_id = twice[0].invoice_id.clone();
    let refusal = forecast(&twice, &plan);
    assert!(matches!(refusal, Err(Error::InvoiceRepeated { .. })));
    let mut mixed = book(1, 2);
    mixed[1].as_of = day("2026-10-01");
    let refusal = forecast(&mixed, &plan);
    assert!(matches!(refusal, Err(Error::MixedAsOf { .. })));
    let mut large = book(1, 2);
    large[0].open = euro(i64::MAX);
    let refusal = forecast(&large, &plan);
    assert!(matches!(refusal, Err(Error::AmountOverflow { .. })));
}
