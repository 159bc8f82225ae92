//! Figures by group: every fact is in one group, and what tells none is a group too.

use std::collections::BTreeSet;
use std::fs;

use duecast::domain::Money;
use duecast::history::History;
use duecast::kpi::{self, CurrencyKpis, GroupBy, GroupKpis, KpiPlan, KpiReport};

use super::{percent, snapshot};
use crate::support::feature_rows;
use crate::support::table_language::Ledger;

/// A figure that adds up over groups.
type Amount = fn(&CurrencyKpis) -> Money;

fn by(group_by: GroupBy) -> KpiPlan {
    KpiPlan {
        group_by: Some(group_by),
        ..KpiPlan::default()
    }
}

fn group<'a>(report: &'a KpiReport, name: Option<&str>) -> &'a CurrencyKpis {
    let found = report
        .groups
        .iter()
        .find(|of_group| of_group.group.as_deref() == name);
    &found.unwrap_or_else(|| panic!("no group {name:?}")).kpis
}

#[test]
fn groups_add_up_to_their_currency_whatever_they_are() {
    let history = feature_rows::history(&feature_rows::ledger(11));
    let (_, last) = history.date_range().unwrap();
    let amounts: [Amount; 6] = [
        |kpis| kpis.receivables,
        |kpis| kpis.overdue_receivables,
        |kpis| kpis.disputed_receivables,
        |kpis| kpis.begin_receivables,
        |kpis| kpis.credit_sales,
        |kpis| kpis.unapplied_credits,
    ];
    for group_by in GroupBy::ALL {
        let series = kpi::series(&history.as_of(last), &by(group_by), None).unwrap();
        let report = &series[0];
        for whole in &report.currencies {
            let parts: Vec<&GroupKpis> = report
                .groups
                .iter()
                .filter(|part| part.kpis.currency == whole.currency)
                .collect();
            for amount in amounts {
                let sum: i64 = parts.iter().map(|part| amount(&part.kpis).minor()).sum();
                assert_eq!(sum, amount(whole).minor(), "{group_by}");
            }
            let promises: usize = parts.iter().map(|part| part.kpis.promises_due).sum();
            assert_eq!(promises, whole.promises_due, "{group_by}");
        }
    }
}

#[test]
fn what_tells_no_group_is_a_group_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,business_unit\n\
         I1,ACME,2026-08-01,2026-08-31,1000.00,EUR,Retail\n\
         I2,ACME,2026-08-01,2026-08-31,200.00,EUR,\n\
         I3,BOLT,2026-08-01,2026-10-31,30.00,EUR,Retail\n";
    fs::write(folder.path().join("invoices.csv"), invoices).unwrap();
    let (history, _report) = History::open(folder.path()).unwrap();
    let series = kpi::series(
        &snapshot(&history, "2026-09-30"),
        &by(GroupBy::BusinessUnit),
        None,
    )
    .unwrap();
    let report = &series[0];
    let names: Vec<Option<&str>> = report
        .groups
        .iter()
        .map(|of_group| of_group.group.as_deref())
        .collect();
    assert_eq!(names, [None, Some("Retail")]);
    assert_eq!(group(report, None).receivables.minor(), 20_000);
    assert_eq!(group(report, Some("Retail")).receivables.minor(), 103_000);
    let rows = report.rows();
    let kinds: BTreeSet<(bool, Option<&str>)> = rows
        .iter()
        .map(|row| (row.group_by.is_some(), row.group.as_deref()))
        .collect();
    // The whole of the currency and the group without a name are told apart.
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [(false, None), (true, None), (true, Some("Retail"))]
    );
}

#[test]
fn a_promise_without_an_invoice_is_kept_by_the_cash_of_every_entity() {
    let folder = tempfile::tempdir().unwrap();
    let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,entity\n\
         I1,ACME,2026-07-01,2026-07-31,1000.00,EUR,NL01\n\
         I2,ACME,2026-07-01,2026-07-31,500.00,EUR,DE01\n";
    let payments = "payment_id,invoice_id,paid_date,amount,currency\n\
         P1,I1,2026-08-10,1000.00,EUR\n\
         P2,I2,2026-08-10,500.00,EUR\n";
    let promises = "promise_id,customer_id,created_on,promised_date,promised_amount,currency\n\
         R1,ACME,2026-08-01,2026-08-10,1500.00,EUR\n";
    for (name, text) in [
        ("invoices.csv", invoices),
        ("payments.csv", payments),
        ("promises.csv", promises),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (history, _report) = History::open(folder.path()).unwrap();
    let series = kpi::series(&snapshot(&history, "2026-09-30"), &by(GroupBy::Entity), None).unwrap();
    let without = group(&series[0], None);
    assert_eq!(without.promises_due, 1);
    percent(without.promise_kept_by_count, 100.0);
    assert_eq!(group(&series[0], Some("NL01")).promises_due, 0);
}

#[test]
fn a_group_in_which_nothing_is_open_or_happened_is_left_out() {
    let (history, _folder) = Ledger::parse(
        "
        invoice I1 GONE issued 2024-01-01 due 2024-01-31 1000.00 EUR
        payment I1 2024-02-05 1000.00
        invoice I2 ACME issued 2026-09-01 due 2026-10-01 1000.00 EUR
        ",
    )
    .history();
    let series = kpi::series(&snapshot(&history, "2026-09-30"), &by(GroupBy::Customer), None).unwrap();
    let names: Vec<Option<&str>> = series[0]
        .groups
        .iter()
        .map(|of_group| of_group.group.as_deref())
        .collect();
    assert_eq!(names, [Some("ACME")]);
}
