//! What is billed after the cut-off: rhythms, plans, and new billing with its way to cash.

use std::fmt::Write;

use duecast::domain::Date;
use duecast::domain::date::{add_days, add_months, parse_iso};
use duecast::forecast::{
    Attributes, Billing, BillingPlan, CashItem, Error, Layer, billing, billing_with_plan,
};

use crate::support::table_language::Ledger;

mod business;
mod plans;

/// A day in the middle of a month.
const CUTOFF: &str = "2026-10-15";
/// Thirteen weeks.
const HORIZON_DAYS: u32 = 91;

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn planned(ledger: &Ledger, cutoff: &str, plan: &BillingPlan) -> Billing {
    let (history, _folder) = ledger.history();
    let snapshot = history.as_of(day(cutoff));
    let attributes = Attributes::read(&snapshot).unwrap();
    billing_with_plan(&snapshot, &attributes, plan, HORIZON_DAYS).unwrap()
}

fn found(text: &str, cutoff: &str) -> Billing {
    planned(&Ledger::parse(text), cutoff, &BillingPlan::default())
}

/// An invoice and its payment, as lines of the ledger language.
fn paid_invoice(text: &mut String, id: &str, customer: &str, issued: Date, euros: u32, lag_days: i64) {
    let due = add_days(issued, 14);
    let paid = add_days(issued, lag_days);
    writeln!(
        text,
        "invoice {id} {customer} issued {issued} due {due} {euros}.00 EUR"
    )
    .unwrap();
    writeln!(text, "payment {id} {paid} {euros}.00").unwrap();
}

/// Rent on the first of each month from January 2026, paid ten days later.
fn rent(months: u32) -> String {
    let mut text = String::new();
    for month in 0..months {
        let issued = add_months(day("2026-01-01"), month);
        paid_invoice(&mut text, &format!("R{month}"), "TENANT", issued, 1_200, 10);
    }
    text
}

/// A count or an amount of minor units that is far from overflow.
fn number(value: i64) -> f64 {
    f64::from(i32::try_from(value).unwrap())
}

fn assert_near(given: f64, wanted: f64, tolerance: f64, what: &str) {
    let is_near = (given - wanted).abs() <= tolerance * wanted.abs();
    assert!(is_near, "{what}: {given} is not within {tolerance} of {wanted}");
}

#[test]
fn a_monthly_rent_is_found_and_billed_on_the_first_of_the_coming_months() {
    let billing = found(&rent(10), CUTOFF);
    let dates: Vec<Date> = billing.recurring.iter().map(|item| item.invoice_date).collect();
    assert_eq!(dates, [day("2026-11-01"), day("2026-12-01"), day("2027-01-01")]);
    assert!(billing.recurring.iter().all(|item| item.open_minor == 120_000));
    assert!(
        billing
            .recurring
            .iter()
            .all(|item| item.layer == Layer::Recurring)
    );
    assert_eq!(billing.recurring[0].due_date, day("2026-11-15"));
    let rhythm = &billing.report.rhythms[0];
    assert_eq!((rhythm.every.as_str(), rhythm.times_billed), ("1 month", 10));
    assert!(billing.streams.is_empty(), "all of it is recurring");
}

#[test]
fn a_rent_is_paid_after_its_issue_with_the_lag_of_the_customer() {
    let billing = found(&rent(10), CUTOFF);
    let first = &billing.recurring[0].distribution;
    // Issued 17 days after the cut-off, paid ten days later.
    assert!(first.paid_by(26) < 1e-6);
    assert!((0.9..1.0).contains(&first.paid_by(27)));
    assert!((1.0 - first.paid_by(91) - first.never()).abs() < 1e-4);
    let chances: Vec<f64> = billing
        .recurring
        .iter()
        .map(|item| 1.0 - item.distribution.never())
        .collect();
    assert!(
        chances.is_sorted_by(|sooner, later| sooner > later),
        "{chances:?}"
    );
}

#[test]
fn an_irregular_customer_has_no_rhythm_and_is_new_billing() {
    let mut text = String::new();
    let days = [
        "2026-01-03",
        "2026-01-09",
        "2026-03-20",
        "2026-03-28",
        "2026-06-15",
        "2026-09-30",
    ];
    for issued in days {
        paid_invoice(&mut text, issued, "ACME", day(issued), 1_000, 10);
    }
    let billing = found(&text, CUTOFF);
    assert!(billing.recurring.is_empty());
    assert_eq!(billing.streams.len(), 1);
}

#[test]
fn three_invoices_are_no_rhythm_yet() {
    let billing = found(&rent(3), "2026-03-15");
    assert!(billing.recurring.is_empty());
    assert_eq!(found(&rent(4), "2026-04-15").recurring.len(), 3);
}

#[test]
fn a_stopped_contract_is_not_continued_neither_as_rhythm_nor_as_new_billing() {
    let billing = found(&rent(6), CUTOFF);
    assert!(billing.recurring.is_empty());
    assert_eq!(billing.report.stopped_rhythms, 1);
    assert!(billing.streams.is_empty());
}

#[test]
fn a_plan_takes_the_place_of_the_rhythm_it_speaks_of() {
    let plan = BillingPlan::parse(
        "customer_id;invoice_date;due_date;amount;currency\n\
         TENANT;2026-10-01;2026-10-31;1200.00;EUR\n\
         TENANT;2026-12-01;2026-12-31;1300.00;EUR\n\
         TENANT;2027-12-01;2027-12-31;1300.00;EUR\n",
    )
    .unwrap();
    let billing = planned(&Ledger::parse(&rent(10)), CUTOFF, &plan);
    let item: &CashItem<'_> = match billing.recurring.as_slice() {
        [only] => only,
        other => panic!("one item is planned, found {other:?}"),
    };
    assert_eq!((item.invoice_date, item.open_minor), (day("2026-12-01"), 130_000));
    let report = &billing.report;
    assert_eq!((report.replaced_rhythms, report.planned_invoices), (1, 1));
    assert_eq!(
        (report.planned_in_the_past, report.planned_beyond_horizon),
        (1, 1)
    );
    // A rhythm is not sure to go on; a plan is.
    assert!(item.distribution.never() < 0.01);
}

#[test]
fn bad_rows_of_a_plan_are_refused_with_line_column_and_reason() {
    let text = "customer_id,invoice_date,due_date,amount,currency\n\
                ACME,2026-12-01,2026-12-31,100.00,EUR\n\
                ACME,2026-12-01,2026-11-30,100.00,EUR\n\
                ACME,2026-12-01,2026-12-31,-5,EUR\n\
                ,2026-12-01,2026-12-31,5,EUR\n\
                ACME,01.12.2026,2026-12-31,5,EUR\n\
                ACME,2026-12-01,2026-12-31,5\n";
    let error = BillingPlan::parse(text).unwrap_err();
    let message = error.to_string();
    let Error::BillingPlanInvalid { rejects } = error else {
        panic!("{message}");
    };
    let places: Vec<(u64, &str)> = rejects
        .iter()
        .map(|reject| (reject.line, reject.column.as_str()))
        .collect();
    let wanted = [
        (3, "due_date"),
        (4, "amount"),
        (5, "customer_id"),
        (6, "invoice_date"),
        (7, ""),
    ];
    assert_eq!(places, wanted);
    assert!(
        message.contains("line 4, column amount: allowed is more than zero; given -5.00 EUR"),
        "{message}"
    );
}

#[test]
fn a_plan_without_a_column_or_with_an_unknown_one_is_refused() {
    let message = |text: &str| BillingPlan::parse(text).unwrap_err().to_string();
    assert!(message("").contains("lacks customer_id"));
    assert!(message("customer_id,invoice_date,amount,currency\n").contains("lacks due_date"));
    assert!(message("customer_id,entitiy\n").contains("\"entitiy\""));
}

#[test]
fn a_horizon_of_nothing_or_of_years_is_refused() {
    let (history, _folder) = Ledger::parse(&rent(5)).history();
    let snapshot = history.as_of(day(CUTOFF));
    for horizon in [0, 4_000] {
        let refusal = billing(&snapshot, &Attributes::default(), horizon);
        assert!(matches!(refusal, Err(Error::HorizonInvalid { .. })), "{horizon}");
    }
}

#[test]
fn the_lag_of_a_stream_is_right_although_the_last_invoices_are_open() {
    let mut text = String::new();
    for number in 0..60_i64 {
        let issued = add_days(day("2026-01-05"), 4 * number + number % 3);
        paid_invoice(
            &mut text,
            &format!("I{number}"),
            &format!("C{number}"),
            issued,
            500,
            40,
        );
    }
    // The last ten invoices are younger than 40 days: open, and no word about day 40.
    let billing = found(&text, "2026-09-01");
    let lag = &billing.streams[0].lag;
    assert!(lag.paid_by(39) < 1e-6);
    assert!((lag.paid_by(40) - 1.0).abs() < 1e-6, "{}", lag.paid_by(40));
}

#[test]
fn invoices_recorded_late_do_not_make_the_last_week_look_low() {
    let mut text = String::new();
    for number in 0..400_i64 {
        let issued = add_days(day("2025-09-01"), number);
        let (due, recorded) = (add_days(issued, 30), add_days(issued, 7));
        writeln!(
            text,
            "invoice I{number} C{number} issued {issued} due {due} 100.00 EUR recorded {recorded}"
        )
        .unwrap();
    }
    let billing = found(&text, "2026-09-30");
    let stream = &billing.report.streams[0];
    assert_near(number(stream.weekly.minor()), 70_000.0, 0.05, "a week");
    assert_near(number(stream.unrecorded.minor()), 70_000.0, 0.05, "unrecorded");
    let first = billing.streams[0].weeks[0].expected_minor;
    assert_near(
        number(first),
        140_000.0,
        0.05,
        "the first week and what is unrecorded",
    );
}
