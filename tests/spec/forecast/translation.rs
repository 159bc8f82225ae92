//! Totals in one currency, at rates that are stated.

use std::fs;

use duecast::domain::{Currency, Money};
use duecast::forecast::{
    Attributes, CashBook, Error, ForecastPlan, Rate, Rates, Simulated, Translation, simulate,
};
use duecast::history::History;
use duecast::model::PaymentPrediction;

use super::{AS_OF, day, euro, independent, paid_at_once, prediction, steady, sum_of_parts};
use crate::support::table_language::Ledger;

fn yen() -> Currency {
    Currency::parse("JPY").unwrap()
}

fn rate(from: Currency, into: Currency, rate: f64, rate_date: &str) -> Rate {
    Rate {
        from,
        into,
        rate,
        rate_date: day(rate_date),
        source: Some("ECB".to_owned()),
    }
}

fn simulated(invoices: &[PaymentPrediction], plan: &ForecastPlan) -> Simulated {
    let book = CashBook::new(day(AS_OF), invoices, &Attributes::default()).unwrap();
    simulate(&book, plan).unwrap()
}

fn translated(invoices: &[PaymentPrediction], into: Currency, rates: Vec<Rate>) -> Translation {
    let rates = Rates::new(day(AS_OF), rates).unwrap();
    simulated(invoices, &independent())
        .translated(into, &rates)
        .unwrap()
}

#[test]
fn yen_have_no_decimals_and_euro_have_two() {
    let invoices = [
        prediction("I1", "ACME", euro(1_000), paid_at_once(1.0)),
        prediction("I2", "BOLT", Money::from_minor(1_000, yen()), paid_at_once(1.0)),
    ];
    let quote = vec![rate(Currency::EUR, yen(), 160.0, "2026-09-29")];
    let in_euro = translated(&invoices, Currency::EUR, quote.clone());
    let first = &in_euro.forecast.buckets[0];
    // 10.00 EUR and 1,000 JPY / 160 = 6.25 EUR.
    assert_eq!(
        (first.expected, first.p10, first.total_p90),
        (1_625, 1_625, 1_625)
    );
    assert_eq!(in_euro.forecast.invoice_count, 2);
    assert_eq!(in_euro.rates[1].source, "ECB, inverse");
    assert_eq!(in_euro.rates[1].rate_date, day("2026-09-29"));
    let in_yen = translated(&invoices, yen(), quote);
    assert_eq!(in_yen.forecast.buckets[0].expected, 2_600);
    assert_eq!(in_yen.rows()[0].expected.to_decimal_string(), "2600");
}

#[test]
fn the_sums_hold_in_the_target_too() {
    let invoices: Vec<_> =
        (0..40)
            .map(|index| {
                let currency = if index % 2 == 0 {
                    Currency::USD
                } else {
                    Currency::GBP
                };
                let open = Money::from_minor(10_007 * (index + 1), currency);
                PaymentPrediction {
                    due_date: day(
                        ["2026-09-01", "2026-10-20", "2027-02-01"][usize::try_from(index % 3).unwrap()]
                    ),
                    ..prediction(&format!("I{index}"), &format!("C{index}"), open, steady(0.013))
                }
            })
            .collect();
    let rates = vec![
        rate(Currency::USD, Currency::EUR, 0.876_543, "2026-09-01"),
        rate(Currency::GBP, Currency::EUR, 1.123_456, "2026-09-01"),
    ];
    let result = translated(&invoices, Currency::EUR, rates).forecast;
    assert_eq!(sum_of_parts(&result), result.open_balance);
    let due: i64 = result.buckets.iter().map(|bucket| bucket.contractual).sum();
    assert_eq!(
        due + result.overdue + result.due_beyond_horizon,
        result.open_balance
    );
    let last = result.buckets.last().unwrap();
    assert!(last.cumulative_p10 < last.cumulative_expected);
    assert!(last.cumulative_expected < last.cumulative_p90);
}

#[test]
fn the_latest_rate_of_the_day_counts_and_a_third_currency_is_a_bridge() {
    let (eur, usd, gbp) = (Currency::EUR, Currency::USD, Currency::GBP);
    let rates = Rates::new(
        day(AS_OF),
        [
            rate(usd, eur, 0.9, "2026-09-01"),
            rate(usd, eur, 0.8, "2026-09-30"),
            rate(usd, eur, 0.1, "2026-10-01"),
            rate(eur, gbp, 0.5, "2026-09-15"),
        ],
    )
    .unwrap();
    let direct = rates.rate(usd, eur).unwrap();
    assert!((direct.rate - 0.8).abs() < 1e-12);
    assert_eq!((direct.source.as_str(), direct.rate_date), ("ECB", day(AS_OF)));
    let bridged = rates.rate(usd, gbp).unwrap();
    assert!((bridged.rate - 0.4).abs() < 1e-12);
    assert_eq!(bridged.rate_date, day("2026-09-15"));
    assert_eq!(bridged.source, "ECB, through EUR");
}

#[test]
fn a_missing_rate_is_told_with_its_pair_and_day() {
    let invoices = [prediction(
        "I1",
        "ACME",
        Money::from_minor(1_000, yen()),
        steady(0.02),
    )];
    let rates = Rates::new(day(AS_OF), [rate(yen(), Currency::EUR, 0.006, "2026-10-01")]).unwrap();
    let refusal = simulated(&invoices, &independent()).translated(Currency::EUR, &rates);
    assert!(matches!(refusal, Err(Error::RateMissing { .. })));
    let text = refusal.unwrap_err().to_string();
    assert!(
        text.starts_with("no rate leads from JPY to EUR on or before 2026-09-30"),
        "{text}"
    );
    let zero = Rates::new(day(AS_OF), [rate(yen(), Currency::EUR, 0.0, AS_OF)]);
    assert!(matches!(zero, Err(Error::RateInvalid { .. })));
}

#[test]
fn rates_are_read_from_the_ledger_as_they_were_known() {
    let ledger = Ledger::parse(
        "invoice I1 ACME issued 2026-09-01 due 2026-10-02 100.00 EUR\n\
         payment I1 2026-09-20 10.00\n",
    );
    let folder = tempfile::tempdir().unwrap();
    ledger.write(folder.path());
    fs::write(
        folder.path().join("fx_rates.csv"),
        "from_currency,to_currency,rate_date,rate,source,recorded_at\n\
         USD,EUR,2026-09-28,0.91,ECB,\n\
         USD,EUR,2026-09-29,0.92,ECB,2026-10-05\n",
    )
    .unwrap();
    let (history, _) = History::open(folder.path()).unwrap();
    let early = Rates::read(&history.as_of(day(AS_OF)), day(AS_OF)).unwrap();
    let used = early.rate(Currency::USD, Currency::EUR).unwrap();
    assert!((used.rate - 0.91).abs() < 1e-12);
    let late = Rates::read(&history.as_of(day("2026-10-05")), day(AS_OF)).unwrap();
    let used = late.rate(Currency::USD, Currency::EUR).unwrap();
    assert!((used.rate - 0.92).abs() < 1e-12);
}
