//! The expected loss from a model, beside the provision matrix.

use duecast::domain::date::{add_days, parse_iso};
use duecast::domain::{Currency, Date, Money};
use duecast::forecast::{ForecastPlan, credit_losses, forecast};
use duecast::kpi::{self, GroupBy, KpiPlan, KpiReport, ModelLoss};
use duecast::model::{InstalmentLine, PaymentDistribution, PaymentPrediction};

use super::{near, snapshot};
use crate::support::table_language::Ledger;

const AS_OF: &str = "2026-09-30";

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// A chance of 2 % a day to be paid and of 1 in 1,000 to be credited or written off.
fn distribution() -> PaymentDistribution {
    PaymentDistribution::from_hazards([0.02; 91])
        .unwrap()
        .with_other_endings(&[0.001; 91])
}

fn prediction(invoice: &str, due_date: Date) -> PaymentPrediction {
    PaymentPrediction {
        invoice_id: invoice.to_owned(),
        customer_id: "ACME".to_owned(),
        entity: None,
        as_of: day(AS_OF),
        invoice_date: day("2026-08-01"),
        due_date,
        open: euro(100_000),
        gross: euro(100_000),
        customer_paid_count: 0,
        distribution: distribution(),
        lines: Vec::new(),
        reasons: Vec::new(),
    }
}

#[test]
fn the_lifetime_loss_is_the_expected_loss_of_a_forecast() {
    let predictions = [
        prediction("I1", day("2026-09-01")),
        prediction("I2", day("2026-12-01")),
    ];
    let losses = credit_losses(&predictions);
    assert_eq!(losses.len(), 2);
    let lifetime: f64 = losses.iter().map(|loss| loss.lifetime_share * 100_000.0).sum();
    let cash = forecast(&predictions, &ForecastPlan::default()).unwrap();
    let expected = i32::try_from(cash.currencies[0].expected_loss).unwrap();
    assert!(
        (lifetime - f64::from(expected)).abs() <= 1.5,
        "{lifetime} is not {expected}"
    );
    // Of what ends on a day 2 parts are paid and 0.098 parts are not; 365 days leave next to nothing.
    near(Some(losses[0].lifetime_share), 0.000_98 / 0.020_98);
}

#[test]
fn a_loss_counts_for_twelve_months_if_the_default_lies_in_them() {
    let as_of = day(AS_OF);
    // 90 days past due is reached on day 365, and a day after it.
    let losses = credit_losses(&[
        prediction("I1", add_days(as_of, 275)),
        prediction("I2", add_days(as_of, 276)),
    ]);
    let share = |index: usize| losses[index].twelve_month_share;
    assert!((share(0) - losses[0].lifetime_share).abs() < f64::EPSILON);
    let by_then = distribution().ended_otherwise(365);
    assert!((share(1) - by_then).abs() < f64::EPSILON);
    assert!(share(1) < losses[1].lifetime_share);
}

#[test]
fn an_invoice_on_a_plan_loses_line_by_line() {
    let mut on_plan = prediction("I1", day("2026-09-01"));
    on_plan.lines = [("2026-09-01", 40_000), ("2026-11-01", 60_000)]
        .map(|(due, minor)| InstalmentLine {
            due_date: day(due),
            open: euro(minor),
            distribution: distribution(),
        })
        .to_vec();
    let losses = credit_losses(&[on_plan]);
    let lines: Vec<(Date, i64)> = losses
        .iter()
        .map(|loss| (loss.due_date, loss.open.minor()))
        .collect();
    assert_eq!(lines, [(day("2026-09-01"), 40_000), (day("2026-11-01"), 60_000)]);
}

/// A report with the losses of a model that loses 10 % of I1 and 1 % of I2, half of that within the year.
fn with_losses() -> Vec<KpiReport> {
    let (history, _folder) = Ledger::parse(
        "
        invoice I1 ACME issued 2026-07-01 due 2026-07-31 1000.00 EUR
        invoice I2 BOLT issued 2026-09-01 due 2026-10-31 5000.00 EUR
        ",
    )
    .history();
    let loss = |invoice: &str, due: &str, minor: i64, share: f64| ModelLoss {
        invoice_id: invoice.to_owned(),
        due_date: day(due),
        open: euro(minor),
        lifetime_share: share,
        twelve_month_share: share / 2.0,
    };
    let losses = [
        loss("I1", "2026-07-31", 100_000, 0.1),
        loss("I2", "2026-10-31", 500_000, 0.01),
    ];
    let plan = KpiPlan {
        months: 2,
        group_by: Some(GroupBy::Customer),
        ..KpiPlan::default()
    };
    kpi::series(&snapshot(&history, AS_OF), &plan, Some(&losses)).unwrap()
}

#[test]
fn the_loss_of_a_model_stands_by_ageing_bucket_beside_the_matrix() {
    let series = with_losses();
    let whole = &series[1].currencies[0];
    let lost = |money: Option<Money>| money.map(Money::minor);
    let aged: Vec<Option<i64>> = whole.aging.iter().map(|line| lost(line.expected_loss)).collect();
    // I1 is 61 days past due.
    assert_eq!(aged, [Some(5_000), Some(0), Some(0), Some(10_000), Some(0)]);
    assert_eq!(lost(whole.expected_loss_lifetime), Some(15_000));
    assert_eq!(lost(whole.expected_loss_12_months), Some(7_500));
    let acme = &series[1].groups[0];
    assert_eq!(acme.group.as_deref(), Some("ACME"));
    assert_eq!(lost(acme.kpis.expected_loss_lifetime), Some(10_000));
}

#[test]
fn a_model_says_nothing_of_earlier_months() {
    let series = with_losses();
    assert_eq!(series[0].currencies[0].expected_loss_lifetime, None);
    let names = |report: &KpiReport| -> Vec<String> {
        let rows = report.rows().into_iter().map(|row| row.kpi);
        rows.filter(|kpi| kpi.starts_with("expected_loss")).collect()
    };
    assert!(names(&series[0]).is_empty());
    // Two totals and five buckets, of the whole and of two customers.
    assert_eq!(names(&series[1]).len(), 21);
}
