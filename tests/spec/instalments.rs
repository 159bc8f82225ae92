//! Instalment plans: lateness by the lines that are owed, predictions and cash line by line.

use duecast::domain::Date;
use duecast::domain::date::{add_days, parse_iso};
use duecast::features::{self, FeatureTable, Sampling};
use duecast::forecast::{Error, ForecastPlan, forecast};
use duecast::model::{FittedModel, PaymentPrediction, Reasons};

use crate::support::table_language::Ledger;

mod agreements;

/// Three instalments agreed after the invoice was overdue; the first is paid on its day.
const ON_PLAN: &str = "
    invoice    I1 ACME issued 2025-04-30 due 2025-05-30 900.00 EUR
    instalment I1 agreed 2025-06-10 due 2025-06-30 300.00
    instalment I1 agreed 2025-06-10 due 2025-07-31 300.00
    instalment I1 agreed 2025-06-10 due 2025-08-29 300.00
    payment    I1 2025-06-30 300.00
";

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn book(text: &str, cutoff: &str) -> FeatureTable {
    let (history, _folder) = Ledger::parse(text).history();
    features::book(&history.as_of(day(cutoff))).unwrap()
}

/// The features of one invoice at one cut-off.
fn values(text: &str, cutoff: &str, invoice: &str, names: &[&str]) -> Vec<f64> {
    let table = book(text, cutoff);
    let ids = table.text("invoice_id").unwrap();
    let row = (0..table.len())
        .find(|row| ids.get(*row) == Some(invoice))
        .unwrap();
    let value = |name: &&str| {
        let value = table.numbers(name).unwrap().get(row).unwrap();
        if name.starts_with("log_") {
            value.exp_m1()
        } else {
            value
        }
    };
    names.iter().map(value).collect()
}

/// Asserts features of one invoice at one cut-off; logarithms are given as what they are of.
fn expect(text: &str, cutoff: &str, invoice: &str, expected: &[(&str, f64)]) {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let found = values(text, cutoff, invoice, &names);
    for ((name, expected), found) in expected.iter().zip(found) {
        assert!(
            (expected - found).abs() < 1e-6,
            "{name} of {invoice} as of {cutoff}: expected {expected}, found {found}"
        );
    }
}

fn predictions(text: &str, cutoff: &str, model: &FittedModel) -> Vec<PaymentPrediction> {
    model.predict(&book(text, cutoff), Reasons::LeftOut).unwrap()
}

#[test]
fn an_invoice_on_its_plan_and_on_time_is_not_overdue() {
    expect(
        ON_PLAN,
        "2025-07-15",
        "I1",
        &[
            ("has_instalment_plan", 1.0),
            ("days_past_due", -45.0),
            ("log_overdue_count", 0.0),
            ("overdue_share", 0.0),
            ("log_lines_left", 2.0),
            ("days_to_next_line", 16.0),
        ],
    );
}

#[test]
fn a_missed_instalment_is_overdue_and_the_later_ones_are_not() {
    expect(
        ON_PLAN,
        "2025-08-04",
        "I1",
        &[
            ("days_to_next_line", -4.0),
            ("log_overdue_count", 1.0),
            ("overdue_amount_share", 0.5),
            ("log_oldest_overdue", 4.0),
            ("days_past_due", -25.0),
        ],
    );
}

#[test]
fn a_plan_counts_from_the_day_it_is_known() {
    let before = [
        ("has_instalment_plan", 0.0),
        ("days_past_due", 10.0),
        ("log_overdue_count", 1.0),
        ("days_to_next_line", 0.0),
    ];
    expect(ON_PLAN, "2025-06-09", "I1", &before);
    let after = [
        ("has_instalment_plan", 1.0),
        ("days_past_due", -80.0),
        ("log_overdue_count", 0.0),
    ];
    expect(ON_PLAN, "2025-06-10", "I1", &after);
}

#[test]
fn a_plan_recorded_after_the_cutoff_changes_nothing() {
    let invoice = "invoice I1 ACME issued 2025-04-30 due 2025-05-30 900.00 EUR\n";
    let planned =
        format!("{invoice}instalment I1 agreed 2025-06-10 due 2025-08-29 900.00 recorded 2025-07-16");
    let (with, without) = (book(&planned, "2025-07-15"), book(invoice, "2025-07-15"));
    assert!(with.frame().equals_missing(without.frame()));
    expect(&planned, "2025-07-15", "I1", &[("days_past_due", 46.0)]);
    expect(&planned, "2025-07-16", "I1", &[("days_past_due", -44.0)]);
    let lines = |cutoff| {
        predictions(&planned, cutoff, &FittedModel::DueDate)[0]
            .lines
            .len()
    };
    assert_eq!((lines("2025-07-15"), lines("2025-07-16")), (0, 1));
}

#[test]
fn a_new_plan_replaces_the_old_one() {
    let replanned = format!("{ON_PLAN} instalment I1 agreed 2025-08-01 due 2025-09-30 600.00 plan P2");
    expect(
        &replanned,
        "2025-08-04",
        "I1",
        &[
            ("log_lines_left", 1.0),
            ("days_past_due", -57.0),
            ("log_overdue_count", 0.0),
        ],
    );
}

#[test]
fn an_invoice_paid_by_its_plan_was_paid_on_time() {
    let paid = format!(
        "{ON_PLAN} payment I1 2025-07-31 300.00
         payment I1 2025-08-29 300.00
         invoice I2 ACME issued 2025-08-20 due 2025-09-19 100.00 EUR"
    );
    expect(&paid, "2025-08-29", "I2", &[("last_lateness", 0.0)]);
}

#[test]
fn the_lines_of_a_plan_are_predicted_each_for_its_own_due_date() {
    let invoice = predictions(ON_PLAN, "2025-07-15", &FittedModel::DueDate).remove(0);
    assert_eq!(invoice.due_date, day("2025-05-30"));
    assert!((invoice.late_probability() - 1.0).abs() < f64::EPSILON);
    let lines: Vec<(Date, String, Option<i32>)> = invoice
        .lines
        .iter()
        .map(|line| {
            (
                line.due_date,
                line.open.to_decimal_string(),
                line.distribution.quantile(0.5),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (day("2025-07-31"), "300.00".to_owned(), Some(16)),
            (day("2025-08-29"), "300.00".to_owned(), Some(45)),
        ]
    );
    assert_eq!(invoice.distribution.quantile(0.5), Some(45));
}

#[test]
fn the_cash_of_a_plan_arrives_line_by_line() {
    let invoices = predictions(ON_PLAN, "2025-07-15", &FittedModel::DueDate);
    let result = forecast(&invoices, &ForecastPlan::default()).unwrap();
    let currency = &result.currencies[0];
    let paid: Vec<(&str, i64, i64)> = currency
        .buckets
        .iter()
        .filter(|bucket| bucket.expected > 0)
        .map(|bucket| (bucket.label.as_str(), bucket.expected, bucket.contractual))
        .collect();
    assert_eq!(paid, [("2025-W31", 30_000, 30_000), ("2025-W35", 30_000, 30_000)]);
    assert_eq!(
        (currency.invoice_count, currency.open_balance, currency.overdue),
        (1, 60_000, 0)
    );
}

/// Twenty invoices paid on their due dates, then one on a plan.
fn punctual_on_plan() -> String {
    let mut text = String::new();
    let first = day("2024-12-02");
    for week in 0..20 {
        let issued = add_days(first, 7 * week);
        let due = add_days(issued, 14);
        text += &format!("invoice P{week} ACME issued {issued} due {due} 100.00 EUR\n");
        text += &format!("payment P{week} {due} 100.00\n");
    }
    text + ON_PLAN
}

#[test]
fn an_instalment_due_sooner_is_expected_sooner() {
    let text = punctual_on_plan();
    let invoice = predictions(&text, "2025-07-15", &FittedModel::CustomerHistogram).remove(0);
    let by = |line: usize| invoice.lines[line].distribution.paid_by(20);
    assert!(by(0) > by(1) + 0.3, "{} against {}", by(0), by(1));
    assert_eq!(invoice.lines[1].distribution, invoice.distribution);
}

#[test]
fn buckets_rest_and_loss_of_a_book_with_instalments_add_up_to_what_is_open() {
    let text = punctual_on_plan() + "invoice I2 ACME issued 2025-07-01 due 2025-07-31 33.33 EUR";
    for cutoff in ["2025-06-10", "2025-07-15", "2025-08-04", "2026-08-04"] {
        let invoices = predictions(&text, cutoff, &FittedModel::CustomerHistogram);
        let result = forecast(&invoices, &ForecastPlan::default()).unwrap();
        let currency = &result.currencies[0];
        let expected: i64 = currency.buckets.iter().map(|bucket| bucket.expected).sum();
        let contractual: i64 = currency.buckets.iter().map(|bucket| bucket.contractual).sum();
        let open: i64 = invoices.iter().map(|invoice| invoice.open.minor()).sum();
        assert_eq!(currency.open_balance, open, "{cutoff}");
        assert_eq!(
            expected + currency.beyond_horizon + currency.expected_loss,
            open,
            "{cutoff}"
        );
        assert_eq!(
            contractual + currency.overdue + currency.due_beyond_horizon,
            open,
            "{cutoff}"
        );
    }
}

#[test]
fn instalments_that_are_not_what_is_open_are_refused_with_both_amounts() {
    let mut invoices = predictions(ON_PLAN, "2025-07-15", &FittedModel::DueDate);
    invoices[0].lines.pop();
    let error = forecast(&invoices, &ForecastPlan::default()).unwrap_err();
    assert!(matches!(&error, Error::LinesDiffer { invoice_id, .. } if invoice_id == "I1"));
    let text = error.to_string();
    assert!(text.contains("600.00") && text.contains("300.00"), "{text}");
}

#[test]
fn agreements_at_a_past_cutoff_are_those_that_were_known_then() {
    let text = format!(
        "{ON_PLAN} instalment I1 agreed 2025-08-01 due 2025-09-30 600.00 plan P2 recorded 2025-08-06
         invoice I2 ACME issued 2025-05-02 due 2025-06-02 200.00 EUR
         invoice I3 BOLT issued 2025-05-02 due 2025-06-02 300.00 EUR
         invoice I4 BOLT issued 2025-05-05 due 2025-06-05 400.00 EUR recorded 2025-06-16
         payment I4 2025-05-20 100.00
         payment I2 2025-06-20 50.00 recorded 2025-06-25
         promise ACME given 2025-06-10 for 2025-06-20
         promise ACME given 2025-07-01 for 2025-07-10 invoice I2 amount 20.00
         promise BOLT given 2025-06-03 for 2025-06-13 invoice I4
         dispute I3 2025-06-02 300.00 resolved 2025-06-25
         dispute I4 2025-06-02 400.00 resolved 2025-06-10"
    );
    let (history, _folder) = Ledger::parse(&text).history();
    let later = history.as_of(day("2025-12-31"));
    let cutoffs: Vec<Date> = (0..30)
        .map(|week| add_days(day("2025-05-05"), 7 * week))
        .collect();
    let together = features::at_cutoffs(&later, &cutoffs, Sampling::ALL).unwrap();
    for cutoff in cutoffs {
        let rows = together.rows_at(cutoff);
        let start = i64::try_from(rows.start).unwrap();
        let now = together.frame().slice(start, rows.len());
        let then = features::book(&history.as_of(cutoff)).unwrap();
        assert!(now.equals_missing(then.frame()), "{cutoff}");
    }
}
