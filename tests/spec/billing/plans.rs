//! A billing plan where the ledger knows little: other currencies, other days, other customers.

use duecast::domain::date::add_days;
use duecast::forecast::{Billing, BillingPlan, CashItem};

use super::{CUTOFF, day, found, paid_invoice, planned, rent};
use crate::support::table_language::Ledger;

/// A plan of one invoice a row, each `customer,invoice_date,due_date,amount,currency`.
fn plan_of(rows: &[&str]) -> BillingPlan {
    let header = "customer_id,invoice_date,due_date,amount,currency";
    BillingPlan::parse(&format!("{header}\n{}\n", rows.join("\n"))).unwrap()
}

/// The planned invoice of a customer.
fn item_of<'b>(billing: &'b Billing, customer_id: &str) -> &'b CashItem<'static> {
    let mut planned = billing
        .recurring
        .iter()
        .filter(|item| item.invoice_id.starts_with("plan line"));
    planned.find(|item| item.customer_id == customer_id).unwrap()
}

/// Twelve customers without a rhythm, each of whom paid one invoice after forty days.
fn slow_customers(text: &mut String) {
    for number in 0..12 {
        let issued = add_days(day("2026-03-01"), 11 * number);
        let name = format!("S{number}");
        paid_invoice(
            text,
            &format!("I{number}"),
            &name,
            issued,
            900 + 400 * u32::try_from(number).unwrap(),
            40,
        );
    }
}

#[test]
fn a_plan_in_a_currency_without_history_is_paid_as_other_invoices_are() {
    let plan = BillingPlan::parse(
        "customer_id,invoice_date,due_date,amount,currency,entity\nNEW,2026-10-20,2026-11-04,500,CHF,CH01\n",
    )
    .unwrap();
    let billing = planned(&Ledger::parse(&rent(10)), CUTOFF, &plan);
    assert_eq!(item_of(&billing, "NEW").place.entity.as_deref(), Some("CH01"));
    let distribution = &item_of(&billing, "NEW").distribution;
    // Issued five days after the cut-off; every invoice of the ledger was paid ten days after its issue.
    assert!(distribution.paid_by(14) < 1e-6);
    assert!((distribution.paid_by(15) - 1.0).abs() < 1e-4);
}

#[test]
fn a_plan_in_a_new_currency_follows_the_customer_s_own_lag_before_that_of_all() {
    let mut text = rent(10);
    slow_customers(&mut text);
    let plan = plan_of(&[
        "TENANT,2026-10-20,2026-11-04,500,CHF",
        "S1,2026-10-20,2026-11-04,500,CHF",
    ]);
    let billing = planned(&Ledger::parse(&text), CUTOFF, &plan);
    // The tenant has paid ten invoices in euro, after ten days; S1 has paid one, and follows all of them.
    let tenant = item_of(&billing, "TENANT").distribution.paid_by(15);
    let other = item_of(&billing, "S1").distribution.paid_by(15);
    assert!(tenant > 0.8, "{tenant}");
    assert!((0.1..0.7).contains(&other), "{other}");
}

#[test]
fn a_plan_is_paid_when_due_where_nothing_was_ever_paid() {
    let text = "invoice I1 ACME issued 2026-10-01 due 2026-10-31 100.00 EUR\n";
    let plan = plan_of(&["NEW,2026-10-20,2026-11-04,500,CHF"]);
    let billing = planned(&Ledger::parse(text), CUTOFF, &plan);
    let distribution = &item_of(&billing, "NEW").distribution;
    assert!(distribution.paid_by(19) < 1e-6);
    assert!((distribution.paid_by(20) - 1.0).abs() < 1e-6);
}

#[test]
fn rows_outside_the_forecast_are_named_and_change_nothing() {
    let mut text = rent(10);
    slow_customers(&mut text);
    let plan = plan_of(&[
        "TENANT,2026-10-15,2026-10-31,1200.00,EUR",
        "S3,2027-01-15,2027-02-15,2100.00,EUR",
    ]);
    let with = planned(&Ledger::parse(&text), CUTOFF, &plan);
    let without = found(&text, CUTOFF);
    assert_eq!(with.recurring.len(), without.recurring.len());
    for (left, right) in with.recurring.iter().zip(&without.recurring) {
        assert_eq!(
            (&left.invoice_id, left.open_minor),
            (&right.invoice_id, right.open_minor)
        );
        assert_eq!(left.distribution, right.distribution);
    }
    assert_eq!(with.report.streams, without.report.streams);
    assert_eq!(with.report.replaced_rhythms, 0);
    let lines = with.report.lines().join("\n");
    for part in [
        "line 2, column invoice_date: 2026-10-15 is on or before the cut-off; an invoice from 2026-10-16 counts",
        "line 3, column invoice_date: 2027-01-15 is beyond the horizon; an invoice up to 2027-01-14 counts",
    ] {
        assert!(lines.contains(part), "{part} is not in\n{lines}");
    }
}

#[test]
fn a_customer_that_the_ledger_does_not_know_is_named_and_counts() {
    let plan = plan_of(&[
        "TENANT,2026-12-01,2026-12-31,1200.00,EUR",
        "TENNANT,2026-12-01,2026-12-31,1200.00,EUR",
    ]);
    let billing = planned(&Ledger::parse(&rent(10)), CUTOFF, &plan);
    assert_eq!(billing.report.planned_unknown_customers, ["TENNANT"]);
    assert_eq!(item_of(&billing, "TENNANT").open_minor, 120_000);
    assert!(billing.report.lines().join("\n").contains("TENNANT"));
}

#[test]
fn a_stream_knows_the_terms_of_its_last_half_year() {
    let mut text = String::new();
    for number in 0..40 {
        let issued = add_days(day("2026-01-03"), 7 * number + number % 4);
        // The terms were 60 days until spring; since then a quarter of the amount has 45 and the rest 30.
        let days = if number < 12 {
            60
        } else if number % 4 == 0 {
            45
        } else {
            30
        };
        let due = add_days(issued, days);
        text.push_str(&format!(
            "invoice I{number} C{number} issued {issued} due {due} 100.00 EUR\n"
        ));
    }
    let billing = found(&text, "2026-10-10");
    let terms = &billing.streams[0].terms;
    assert_eq!(terms.iter().map(|(days, _)| *days).collect::<Vec<_>>(), [30, 45]);
    assert!((terms[0].1 + terms[1].1 - 1.0).abs() < 1e-9);
    assert!((0.2..0.3).contains(&terms[1].1), "{terms:?}");
}
