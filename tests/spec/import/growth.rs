//! Exports that overlap: what is new is added, what changed becomes a version, and the past stays as it was.

mod files;
mod properties;

use std::collections::BTreeMap;
use std::path::PathBuf;

use duecast::domain::Date;
use duecast::domain::date::parse_iso;
use duecast::history::import::ImportOutcome;
use duecast::history::{History, Table};

use super::desk::{Desk, shipped_profile};

const COLUMNS: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n";
const FIRST: &str = "I1,ACME,2025-01-10,2025-02-09,100.00,EUR\n\
    I2,BETA,2025-01-20,2025-02-19,200.00,EUR\n";
const CHANGED: &str = "I1,ACME,2025-01-10,2025-02-09,100.00,EUR\n\
    I2,BETA,2025-01-20,2025-03-01,180.00,EUR\n\
    I3,BETA,2025-02-10,2025-03-12,300.00,EUR\n";

fn day(text: &str) -> Date {
    parse_iso(text).expect("a date")
}

fn invoices(desk: &Desk, name: &str, rows: &str) -> PathBuf {
    desk.put(name, format!("{COLUMNS}{rows}"))
}

/// Imports one file of invoices, `invoices-NAME.csv`, made on a day.
fn take(desk: &Desk, name: &str, rows: &str, made_on: Option<&str>) -> ImportOutcome {
    let input = [invoices(desk, &format!("invoices-{name}.csv"), rows)];
    desk.import_of(&shipped_profile("canonical"), &input, 0.5, made_on.map(day))
        .expect("the import is complete")
}

fn open(desk: &Desk) -> History {
    History::open(&desk.ledger()).expect("the ledger opens").0
}

/// Invoices that are open at a cut-off, with what is owed and when.
fn owed(history: &History, cutoff: &str) -> Vec<String> {
    let items = history.as_of(day(cutoff)).open_items();
    items
        .expect("the ledger is read")
        .iter()
        .map(|item| format!("{} {} {}", item.invoice_id, item.open.minor(), item.due_date))
        .collect()
}

fn counts(outcome: &ImportOutcome, table: Table) -> (u64, u64, u64) {
    let of = |rows: &BTreeMap<Table, u64>| rows[&table];
    (of(&outcome.added), of(&outcome.corrected), of(&outcome.unchanged))
}

#[test]
fn a_changed_row_counts_from_the_day_the_export_was_made_and_the_days_before_stay_as_they_were() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    let outcome = take(&desk, "second", CHANGED, Some("2025-02-15"));
    assert_eq!(counts(&outcome, Table::Invoices), (1, 1, 1));
    assert_eq!(outcome.rejects, None);
    let history = open(&desk);
    assert_eq!(
        owed(&history, "2025-02-14"),
        [
            "I1 10000 2025-02-09",
            "I2 20000 2025-02-19",
            "I3 30000 2025-03-12"
        ]
    );
    assert_eq!(
        owed(&history, "2025-02-15"),
        [
            "I1 10000 2025-02-09",
            "I2 18000 2025-03-01",
            "I3 30000 2025-03-12"
        ]
    );
}

#[test]
fn an_export_that_does_not_say_when_it_was_made_is_as_old_as_its_last_fact() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    take(&desk, "second", CHANGED, None);
    assert_eq!(
        desk.rows(
            "invoices",
            &["invoice_id", "amount", "recorded_at", "superseded_on"]
        ),
        [
            "I1|100.00|2025-01-10|",
            "I2|180.00|2025-02-10|",
            "I2|200.00|2025-01-20|2025-02-10",
            "I3|300.00|2025-02-10|",
        ]
    );
}

#[test]
fn a_row_that_says_when_it_was_recorded_is_believed() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    let input = [desk.put(
        "invoices-second.csv",
        "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at\n\
         I2,BETA,2025-01-20,2025-02-19,180.00,EUR,2025-01-28\n\
         I1,ACME,2025-01-10,2025-02-09,90.00,EUR,2025-01-09\n",
    )];
    let made_on = Some(day("2025-02-15"));
    desk.import_of(&shipped_profile("canonical"), &input, 0.0, made_on)
        .expect("the import is complete");
    // I1 says the day on which it was first entered: its change is no older than the export.
    assert_eq!(
        desk.rows(
            "invoices",
            &["invoice_id", "amount", "recorded_at", "superseded_on"]
        ),
        [
            "I1|100.00|2025-01-10|2025-02-15",
            "I1|90.00|2025-02-15|",
            "I2|180.00|2025-01-28|",
            "I2|200.00|2025-01-20|2025-01-28",
        ]
    );
}

#[test]
fn importing_any_export_again_changes_no_byte() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    take(&desk, "second", CHANGED, None);
    let files = desk.files();
    for (name, rows) in [("second", CHANGED), ("first", FIRST), ("second", CHANGED)] {
        let outcome = take(&desk, name, rows, None);
        let (added, corrected, _) = counts(&outcome, Table::Invoices);
        assert_eq!((added, corrected), (0, 0), "{name}");
        assert_eq!(desk.files(), files, "{name}");
    }
}

#[test]
fn a_value_that_comes_back_is_a_third_version() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, Some("2025-01-31"));
    take(&desk, "second", CHANGED, Some("2025-02-15"));
    take(&desk, "third", FIRST, Some("2025-02-28"));
    let history = open(&desk);
    for (cutoff, expected) in [
        ("2025-02-14", "I2 20000 2025-02-19"),
        ("2025-02-27", "I2 18000 2025-03-01"),
        ("2025-02-28", "I2 20000 2025-02-19"),
    ] {
        assert_eq!(owed(&history, cutoff)[1], expected, "{cutoff}");
    }
}

#[test]
fn an_older_export_with_values_that_nobody_knows_is_rejected_and_told_why() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    take(&desk, "second", CHANGED, Some("2025-02-15"));
    let other = "I2,BETA,2025-01-20,2025-02-19,170.00,EUR\nI4,BETA,2025-01-20,2025-02-19,1.00,EUR\n";
    let outcome = take(&desk, "older", other, Some("2025-02-01"));
    assert_eq!(counts(&outcome, Table::Invoices), (1, 0, 0));
    assert_eq!(desk.rejects(), ["2|invoice_id|I2"]);
    let reason = &outcome.report.rejects()[0].reason;
    assert!(
        reason.contains("2025-02-15") && reason.contains("order"),
        "{reason}"
    );
}

#[test]
fn rows_of_one_export_that_contradict_each_other_are_no_versions_unless_each_says_its_day() {
    let desk = Desk::new();
    let contradiction = "I1,ACME,2025-01-10,2025-02-09,100.00,EUR\nI1,ACME,2025-01-10,2025-02-09,90.00,EUR\n";
    let mut files = BTreeMap::new();
    for repeat in 0..2 {
        take(&desk, "first", contradiction, Some("2025-01-31"));
        assert_eq!(desk.rejects(), ["3|invoice_id|I1"], "{repeat}");
        assert_eq!(desk.rows("invoices", &["amount"]), ["100.00"], "{repeat}");
        if repeat == 0 {
            files = desk.files();
        }
    }
    assert_eq!(desk.files(), files);

    let desk = Desk::new();
    let input = [desk.put(
        "invoices-log.csv",
        "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at\n\
         I1,ACME,2025-01-10,2025-02-09,80.00,EUR,2025-01-20\n\
         I1,ACME,2025-01-10,2025-02-09,100.00,EUR,2025-01-10\n\
         I1,ACME,2025-01-10,2025-02-09,100.00,EUR,2025-01-25\n",
    )];
    for _ in 0..2 {
        desk.import(&shipped_profile("canonical"), &input, 0.0)
            .expect("the import is complete");
        assert_eq!(
            desk.rows("invoices", &["recorded_at", "superseded_on", "amount"]),
            [
                "2025-01-10|2025-01-20|100.00",
                "2025-01-20|2025-01-25|80.00",
                "2025-01-25||100.00"
            ]
        );
    }
}

#[test]
fn what_a_later_export_does_not_list_stays_in_the_ledger() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    let files = desk.files();
    take(
        &desk,
        "second",
        "I1,ACME,2025-01-10,2025-02-09,100.00,EUR\n",
        Some("2025-03-01"),
    );
    assert_eq!(desk.files(), files);
}

#[test]
fn an_invoice_that_payments_hang_on_keeps_its_customer_and_its_currency() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let payments = desk.put(
        "payments.csv",
        "payment_id,invoice_id,paid_date,amount,currency\nP1,I1,2025-02-01,40.00,EUR\n",
    );
    let inputs = [invoices(&desk, "invoices.csv", FIRST), payments];
    desk.import(&canonical, &inputs, 0.0)
        .expect("the import is complete");
    let moved = "I1,BETA,2025-01-10,2025-02-09,100.00,EUR\nI2,ACME,2025-01-20,2025-02-19,200.00,EUR\n";
    let outcome = take(&desk, "moved", moved, Some("2025-02-15"));
    assert_eq!(counts(&outcome, Table::Invoices), (0, 1, 0));
    assert_eq!(desk.rejects(), ["2|customer_id|BETA"]);
    // Lowered below what is paid already: it is what the source says, and settles the invoice.
    take(
        &desk,
        "lower",
        "I1,ACME,2025-01-10,2025-02-09,30.00,EUR\n",
        Some("2025-02-20"),
    );
    let history = open(&desk);
    assert_eq!(
        owed(&history, "2025-02-19"),
        ["I1 6000 2025-02-09", "I2 20000 2025-02-19"]
    );
    assert_eq!(owed(&history, "2025-02-20"), ["I2 20000 2025-02-19"]);
}

#[test]
fn master_data_changes_from_the_day_of_the_export_on() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let customers = |name: &str, limit: &str| {
        desk.put(
            name,
            format!("customer_id,credit_limit,currency\nACME,{limit},EUR\n"),
        )
    };
    let first = [
        invoices(&desk, "invoices.csv", FIRST),
        customers("customers.csv", "100.00"),
    ];
    desk.import(&canonical, &first, 0.0)
        .expect("the import is complete");
    let second = [customers("customers-2.csv", "250.00")];
    desk.import_of(&canonical, &second, 0.0, Some(day("2025-02-15")))
        .expect("the import is complete");
    let history = open(&desk);
    for (cutoff, limit) in [
        ("2025-01-01", 10_000),
        ("2025-02-14", 10_000),
        ("2025-02-15", 25_000),
    ] {
        let snapshot = history.as_of(day(cutoff));
        let frame = snapshot
            .collect(snapshot.table(Table::Customers))
            .expect("customers");
        let limits = frame.column("credit_limit_minor").expect("a column");
        assert_eq!(
            limits.i64().expect("amounts").iter().collect::<Vec<_>>(),
            [Some(limit)],
            "{cutoff}"
        );
    }
}

#[test]
fn a_dispute_that_is_resolved_goes_on_under_its_own_date() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let disputes = |name: &str, rest: &str| {
        desk.put(
            name,
            format!("dispute_id,invoice_id,opened_on,resolved_on,outcome\nD1,I1,2025-01-15,{rest}\n"),
        )
    };
    let first = [
        invoices(&desk, "invoices.csv", FIRST),
        disputes("disputes.csv", ","),
    ];
    desk.import(&canonical, &first, 0.0)
        .expect("the import is complete");
    let second = [disputes("disputes-2.csv", "2025-02-03,valid")];
    let outcome = desk
        .import_of(&canonical, &second, 0.0, Some(day("2025-02-15")))
        .expect("the import is complete");
    assert_eq!(counts(&outcome, Table::Disputes), (0, 1, 0));
    assert_eq!(
        desk.rows(
            "disputes",
            &["dispute_id", "recorded_at", "resolved_on", "outcome"]
        ),
        ["D1|2025-01-15|2025-02-03|valid"]
    );
}
