//! Records of forecasts never change, and what they were wrong by adds up to the last cent.

mod movement;
mod records;

use std::collections::BTreeMap;

use duecast::domain::date::{add_days, parse_iso};
use duecast::domain::{Currency, Date};
use duecast::forecast::ForecastPlan;
use duecast::forecast::record::{
    ForecastRecord, RECORD_FORMAT, RecordAmounts, RecordBucket, RecordCurrency, RecordHead, RecordLine,
};
use duecast::forecast::variance::{
    CashFacts, ReportingRates, Settlement, Variance, VarianceParts, VarianceRow, variance,
};
use proptest::prelude::*;

use crate::support::table_language::Ledger;

/// A Sunday: the first bucket is the whole week 40, from 28 September on.
const AS_OF: &str = "2026-09-27";

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// What is open of one invoice, and what is expected of it, week by week.
fn line(invoice: &str, customer: &str, open: i64, weeks: &[i64]) -> RecordLine {
    RecordLine {
        customer_id: customer.to_owned(),
        invoice_id: invoice.to_owned(),
        is_recurring: false,
        is_instalment: false,
        currency: Currency::EUR,
        invoice_date: day("2026-08-28"),
        due_date: day("2026-09-27"),
        open_minor: open,
        disputed_minor: 0,
        expected: weeks.iter().copied().enumerate().collect(),
        beyond_horizon: open - weeks.iter().sum::<i64>(),
        expected_loss: 0,
    }
}

/// The record of whole weeks after a Sunday; `new_billing` is of the euro.
fn record(as_of: &str, lines: Vec<RecordLine>, new_billing: &[i64]) -> ForecastRecord {
    let as_of = day(as_of);
    let count = i64::try_from(new_billing.len()).unwrap();
    let buckets = (0..count)
        .map(|week| {
            let start = add_days(as_of, 7 * week + 1);
            RecordBucket {
                start,
                end: add_days(start, 6),
                label: start.format("%G-W%V").to_string(),
            }
        })
        .collect();
    let mut sums: BTreeMap<Currency, Vec<RecordAmounts>> = BTreeMap::new();
    let empty = || vec![RecordAmounts::default(); new_billing.len()];
    for (amounts, expected) in sums
        .entry(Currency::EUR)
        .or_insert_with(empty)
        .iter_mut()
        .zip(new_billing)
    {
        amounts.new_billing = *expected;
    }
    for line in &lines {
        let amounts = sums.entry(line.currency).or_insert_with(empty);
        for (bucket, amount) in &line.expected {
            if line.is_recurring {
                amounts[*bucket].recurring += amount;
            } else {
                amounts[*bucket].open_invoices += amount;
            }
        }
    }
    let currencies = sums
        .into_iter()
        .map(|(currency, amounts)| RecordCurrency {
            currency,
            open_balance: 0,
            beyond_horizon: 0,
            expected_loss: 0,
            amounts,
        })
        .collect();
    let head = RecordHead {
        format: RECORD_FORMAT,
        as_of,
        model: "customer_histogram".to_owned(),
        model_trained_as_of: as_of,
        ledger_fingerprint: "0".to_owned(),
        code_version: "0".to_owned(),
        configuration_hash: "0".to_owned(),
        plan: ForecastPlan::default(),
        buckets,
        currencies,
    };
    ForecastRecord::of(head, lines).unwrap()
}

/// What a ledger knew on a day.
fn facts(ledger: &str, as_of: &str) -> CashFacts {
    let (history, _folder) = Ledger::parse(ledger).history();
    CashFacts::read(&history.as_of(day(as_of))).unwrap()
}

fn row<'v>(found: &'v Variance, label: &str) -> &'v VarianceRow {
    found.rows.iter().find(|row| row.label == label).unwrap()
}

/// A credited, an overpaid, a short paid, a new and a reversed invoice.
const LEDGER: &str = "
    invoice     I1 ACME issued 2026-08-28 due 2026-09-27 1000.00 EUR
    credit_note I1 2026-10-01 200.00
    payment     I1 2026-10-06 800.00
    invoice     I2 BOLT issued 2026-08-28 due 2026-09-27 500.00 EUR
    payment     I2 2026-09-29 505.00
    invoice     I3 CERA issued 2026-08-28 due 2026-09-27 400.00 EUR
    payment     I3 2026-10-02 390.00
    invoice     N1 ACME issued 2026-09-29 due 2026-10-08 70.00 EUR
    payment     N1 2026-10-08 70.00
    invoice     O1 BOLT issued 2026-08-01 due 2026-09-01 300.00 EUR
    payment     O1 2026-09-10 300.00
    payment     O1 2026-10-02 -300.00
";

fn forecast_of_the_ledger() -> ForecastRecord {
    let lines = vec![
        line("I1", "ACME", 100_000, &[60_000, 30_000]),
        line("I2", "BOLT", 50_000, &[50_000, 0]),
        line("I3", "CERA", 40_000, &[40_000, 0]),
    ];
    record(AS_OF, lines, &[0, 10_000])
}

#[test]
fn every_part_of_the_variance_is_the_one_worked_by_hand() {
    let found = variance(&forecast_of_the_ledger(), &facts(LEDGER, "2026-10-11"));
    assert_eq!(found.rows.len(), 2);
    let first = row(&found, "2026-W40");
    assert_eq!((first.forecast, first.actual), (150_000, 59_500));
    let expected = VarianceParts {
        // 600.00 of the first invoice was expected; of the 480.00 that could still come, nothing did.
        timing: -48_000,
        // A fifth of the 600.00 was credited, 5.00 overpaid, 10.00 of the short paid invoice left open.
        amount: -12_000 + 500 - 1_000,
        new_invoices: 0,
        // The payment of an invoice that was settled was reversed.
        unforecast: -30_000,
        currency_effect: 0,
    };
    assert_eq!(first.parts, expected);
    assert_eq!(first.difference(), first.parts.sum());
    let second = row(&found, "2026-W41");
    assert_eq!((second.forecast, second.actual), (40_000, 87_000));
    let expected = VarianceParts {
        timing: 80_000 - 24_000,
        amount: -6_000,
        new_invoices: 7_000 - 10_000,
        unforecast: 0,
        currency_effect: 0,
    };
    assert_eq!(second.parts, expected);
    assert_eq!(second.difference(), second.parts.sum());
    assert!(!first.is_partial && !second.is_partial);
}

#[test]
fn a_bucket_that_is_not_over_is_marked_and_one_that_has_not_begun_is_left_out() {
    let record = forecast_of_the_ledger();
    let found = variance(&record, &facts(LEDGER, "2026-10-07"));
    assert!(!row(&found, "2026-W40").is_partial);
    assert!(row(&found, "2026-W41").is_partial);
    // The payment of 8 October is not known yet.
    assert_eq!(row(&found, "2026-W41").actual, 80_000);
    let found = variance(&record, &facts(LEDGER, "2026-10-04"));
    assert_eq!(found.rows.len(), 1);
    assert!(!found.rows[0].is_partial);
    assert!(variance(&record, &facts(LEDGER, AS_OF)).rows.is_empty());
}

#[test]
fn a_part_payment_of_an_instalment_plan_is_no_short_payment() {
    let mut lines = vec![
        line("I1", "ACME", 5_000, &[5_000, 0]),
        line("I1", "ACME", 5_000, &[0, 5_000]),
    ];
    let ledger = "
        invoice I1 ACME issued 2026-08-28 due 2026-09-27 100.00 EUR
        payment I1 2026-09-29 50.00
    ";
    let facts = facts(ledger, "2026-10-04");
    let short = variance(&record(AS_OF, lines.clone(), &[0, 0]), &facts);
    assert_eq!(
        (short.rows[0].parts.timing, short.rows[0].parts.amount),
        (2_500, -2_500)
    );
    for line in &mut lines {
        line.is_instalment = true;
    }
    let agreed = variance(&record(AS_OF, lines, &[0, 0]), &facts);
    assert_eq!(agreed.rows[0].parts, VarianceParts::default());
}

#[test]
fn a_payment_from_before_the_cutoff_that_was_not_known_counts_on_the_first_day() {
    let ledger = "
        invoice I1 ACME issued 2026-08-28 due 2026-09-27 100.00 EUR
        payment I1 2026-09-25 60.00
        payment I1 2026-09-26 40.00 recorded 2026-09-30
    ";
    let found = variance(
        &record(AS_OF, vec![line("I1", "ACME", 4_000, &[4_000])], &[0]),
        &facts(ledger, "2026-10-04"),
    );
    assert_eq!(found.rows[0].actual, 4_000);
    assert_eq!(found.rows[0].parts, VarianceParts::default());
}

#[test]
fn what_the_lines_leave_of_a_bucket_is_a_matter_of_time() {
    let with = forecast_of_the_ledger();
    let mut head = with.head().clone();
    head.currencies[0].amounts[0].open_invoices += 3;
    let record = ForecastRecord::of(head, with.lines().to_vec()).unwrap();
    let found = variance(&record, &facts(LEDGER, "2026-10-11"));
    let first = row(&found, "2026-W40");
    assert_eq!(first.parts.timing, -48_003);
    assert_eq!(first.difference(), first.parts.sum());
}

/// 100.00 dollars are expected, 110.00 come.
fn dollars() -> Variance {
    let mut expected = line("I1", "ACME", 11_000, &[10_000]);
    expected.currency = Currency::USD;
    let ledger = "
        invoice I1 ACME issued 2026-08-28 due 2026-09-27 110.00 USD
        payment I1 2026-10-01 110.00
    ";
    variance(&record(AS_OF, vec![expected], &[0]), &facts(ledger, "2026-10-04"))
}

fn rates(into: Currency, first: f64, then: f64) -> ReportingRates {
    ReportingRates {
        into,
        at_forecast: BTreeMap::from([(Currency::USD, first), (Currency::EUR, 1.0)]),
        at_receipt: BTreeMap::from([((Currency::USD, day("2026-10-01")), then)]),
    }
}

#[test]
fn the_currency_effect_is_the_actual_at_both_rates() {
    let found = dollars().translated(&rates(Currency::EUR, 0.9, 0.95)).unwrap();
    let dollar = found
        .rows
        .iter()
        .find(|row| row.currency == Some(Currency::USD))
        .unwrap();
    assert_eq!(
        (dollar.unit, dollar.forecast, dollar.actual),
        (Currency::EUR, 9_000, 10_450)
    );
    assert_eq!((dollar.parts.timing, dollar.parts.currency_effect), (900, 550));
    assert_eq!(dollar.difference(), dollar.parts.sum());
    let total = found.rows.iter().find(|row| row.currency.is_none()).unwrap();
    assert_eq!((total.forecast, total.actual), (9_000, 10_450));
    assert_eq!(total.difference(), total.parts.sum());
}

#[test]
fn a_currency_without_decimals_is_translated_into_whole_units() {
    let yen = Currency::parse("JPY").unwrap();
    let mut rates = rates(yen, 150.0, 151.0);
    rates.at_forecast.insert(Currency::EUR, 160.0);
    let found = dollars().translated(&rates).unwrap();
    let total = found.rows.iter().find(|row| row.currency.is_none()).unwrap();
    assert_eq!((total.forecast, total.actual), (15_000, 16_610));
    assert_eq!(total.parts.currency_effect, 110);
}

#[test]
fn a_missing_rate_is_named_with_its_day() {
    let mut rates = rates(Currency::EUR, 0.9, 0.95);
    rates.at_receipt.clear();
    let refusal = dollars().translated(&rates).unwrap_err().to_string();
    for told in ["USD", "EUR", "2026-10-01"] {
        assert!(refusal.contains(told), "{refusal}");
    }
}

/// One line as (open, weights of two weeks and of the time beyond); what happens as (invoice, day, minor, cash).
type LineSeed = (i64, u8, u8, u8);
type Event = (usize, i64, i64, bool);

fn lines_of(seeds: &[LineSeed]) -> Vec<RecordLine> {
    seeds
        .iter()
        .enumerate()
        .map(|(index, &(open, first, second, later))| {
            let weights = i64::from(first) + i64::from(second) + i64::from(later) + 1;
            let weeks = [
                open * i64::from(first) / weights,
                open * i64::from(second) / weights,
            ];
            line(&format!("I{index}"), &format!("C{}", index % 3), open, &weeks)
        })
        .collect()
}

fn facts_of(events: &[Event]) -> CashFacts {
    let settlements = events
        .iter()
        .map(|&(invoice, ahead, minor, is_cash)| {
            let date = add_days(day(AS_OF), ahead);
            Settlement {
                invoice_id: format!("I{invoice}"),
                date,
                is_cash,
                minor,
                known_on: date.max(add_days(day(AS_OF), 1)),
                currency: Currency::EUR,
            }
        })
        .collect();
    // Of the invoices that no record has, the even ones were known.
    let known = (0..20)
        .step_by(2)
        .map(|index| (format!("I{index}"), day("2026-09-01")))
        .collect();
    CashFacts::new(day("2026-10-08"), settlements, known).unwrap()
}

fn lines() -> impl Strategy<Value = Vec<LineSeed>> {
    prop::collection::vec((-5_000_i64..50_000, any::<u8>(), any::<u8>(), any::<u8>()), 0..12)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(
        (0_usize..16, -5_i64..20, -9_000_i64..30_000, any::<bool>()),
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_parts_sum_to_actual_minus_forecast_to_the_cent(
        lines in lines(),
        events in events(),
        billing in prop::array::uniform2(0_i64..9_000),
    ) {
        let facts = facts_of(&events);
        let found = variance(&record(AS_OF, lines_of(&lines), &billing), &facts);
        for row in &found.rows {
            prop_assert_eq!(row.difference(), row.parts.sum());
        }
        // Nothing that came is lost: the week of 5 October is known until the eighth.
        let came: i64 = facts.settlements().iter().filter(|one| one.is_cash).map(|one| one.minor).sum();
        prop_assert_eq!(found.rows.iter().map(|row| row.actual).sum::<i64>(), came);
    }

    #[test]
    fn the_parts_sum_in_the_reporting_currency_too(
        lines in lines(),
        events in events(),
        first in 0.01_f64..200.0,
        then in 0.01_f64..200.0,
    ) {
        let found = variance(&record(AS_OF, lines_of(&lines), &[500, 700]), &facts_of(&events));
        let rates = ReportingRates {
            into: Currency::parse("JPY").unwrap(),
            at_forecast: BTreeMap::from([(Currency::EUR, first)]),
            at_receipt: found.receipts.iter().map(|one| ((one.currency, one.date), then)).collect(),
        };
        for row in found.translated(&rates).unwrap().rows {
            prop_assert_eq!(row.difference(), row.parts.sum());
        }
    }
}
