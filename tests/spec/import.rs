//! Import: foreign files through profiles, complete or not at all, and only once.

mod accounting;
mod aliases;
mod bank;
mod cash_application;
mod desk;
mod einvoice;
mod erp;
mod finding;
mod foreign;
mod growth;
mod hostile;
mod json;
mod later;
mod posted_cash;
mod sap;
mod service;
mod settlements;
mod sheets;
mod sources;
mod together;
mod workbooks;
mod wrong;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use duecast::history::import::{ImportRequest, prepare, staging_folder};
use duecast::history::{Error, History, Table};

use desk::{Desk, read_columns, shipped_profile};

const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
    I1,ACME,2025-01-31,2025-03-02,1000.00,EUR\n\
    I2,BETA,2025-02-01,2025-03-03,250.5,EUR\n\
    I3,ACME,2025-02-30,2025-03-03,10.00,EUR\n\
    I4,ACME,2025-02-10,2025-03-12,70.00,EUR\n";
const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency\n\
    P1,I1,2025-03-12,400.00,EUR\n\
    P2,I1,2025-03-20,600.00,EUR\n";

fn canonical_inputs(desk: &Desk) -> Vec<PathBuf> {
    vec![
        desk.put("customers.csv", "customer_id,name\nACME,Acme\nBETA,Beta\n"),
        desk.put("invoices.csv", INVOICES),
        desk.put("payments.csv", PAYMENTS),
    ]
}

#[test]
fn importing_the_same_files_twice_leaves_every_file_byte_identical() {
    let desk = Desk::new();
    let inputs = canonical_inputs(&desk);
    let canonical = shipped_profile("canonical");
    let first = desk.import(&canonical, &inputs, 0.5).unwrap();
    assert_eq!(
        first.added,
        BTreeMap::from([(Table::Customers, 2), (Table::Invoices, 3), (Table::Payments, 2)])
    );
    assert_eq!(desk.rejects(), ["4|invoice_date|2025-02-30"]);
    let before = desk.files();
    let second = desk.import(&canonical, &inputs, 0.5).unwrap();
    assert_eq!(second.added.values().sum::<u64>(), 0);
    assert_eq!(
        second.unchanged,
        BTreeMap::from([(Table::Customers, 2), (Table::Invoices, 3), (Table::Payments, 2)])
    );
    assert_eq!(desk.files(), before);
    History::open(&desk.ledger()).unwrap();
}

#[test]
fn later_files_add_to_the_ledger_whatever_their_order() {
    let (one, other) = (Desk::new(), Desk::new());
    let canonical = shipped_profile("canonical");
    let more = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
        I0,ACME,2025-01-01,2025-01-31,5.00,EUR\n\
        I2,BETA,2025-02-01,2025-03-03,250.50,EUR\n";
    for (desk, is_late) in [(&one, true), (&other, false)] {
        let inputs = canonical_inputs(desk);
        let more = [desk.put("invoices-more.csv", more)];
        if !is_late {
            desk.import(&canonical, &more, 0.5).unwrap();
        }
        desk.import(&canonical, &inputs, 0.5).unwrap();
        if is_late {
            let outcome = desk.import(&canonical, &more, 0.5).unwrap();
            assert_eq!(
                (
                    outcome.added[&Table::Invoices],
                    outcome.unchanged[&Table::Invoices]
                ),
                (1, 1)
            );
        }
    }
    for file in ["customers.csv", "invoices.csv", "payments.csv"] {
        assert_eq!(one.files()[file], other.files()[file], "{file}");
    }
}

#[test]
fn a_refused_import_leaves_the_ledger_as_it_was_and_names_the_list_of_rejects() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    desk.import(&canonical, &canonical_inputs(&desk), 0.5).unwrap();
    let before = desk.files();
    let bad = desk.put(
        "invoices-bad.csv",
        "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
         I8,ACME,2025-01-31,2025-03-02,12.00,EUR\nI9,ACME,2025-01-31,2025-03-02,twelve,EUR\n",
    );
    let error = desk.import(&canonical, &[bad], 0.1).unwrap_err();
    let Error::ImportRefused {
        rejected,
        read,
        rejects,
        ..
    } = &error
    else {
        panic!("another error: {error}");
    };
    assert_eq!((*rejected, *read), (1, 2));
    assert_eq!(
        read_columns(rejects, &["line", "column", "value"]),
        ["3|amount|twelve"]
    );
    assert!(
        error.to_string().contains(&rejects.display().to_string()),
        "{error}"
    );
    assert_eq!(desk.files(), before);
}

#[test]
fn a_prepared_import_that_is_dropped_leaves_nothing_behind() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let inputs = canonical_inputs(&desk);
    let ledger = desk.ledger();
    let names = desk.beside();
    let request = ImportRequest {
        profile: &canonical,
        inputs: &inputs,
        ledger: &ledger,
        max_reject_share: 0.5,
        recorded_at: None,
    };
    let prepared = prepare(&request, &|_, _| {}).unwrap();
    assert!(staging_folder(&ledger).unwrap().try_exists().unwrap());
    assert!(!ledger.try_exists().unwrap());
    drop(prepared);
    assert_eq!(desk.beside(), names);
    prepare(&request, &|_, _| {}).unwrap().publish().unwrap();
    assert!(ledger.try_exists().unwrap());
}

#[test]
fn a_key_with_other_content_is_a_correction_and_the_ledger_keeps_the_row_before() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    desk.import(&canonical, &canonical_inputs(&desk), 0.5).unwrap();
    let changed = INVOICES.replace("250.5,", "251.00,");
    let outcome = desk.import(&canonical, &[desk.put("changed.d-invoices.csv", "x")], 0.5);
    assert!(outcome.unwrap_err().to_string().contains("`invoices*`"));
    let outcome = desk
        .import(&canonical, &[desk.put("invoices-changed.csv", changed)], 0.5)
        .unwrap();
    assert_eq!(
        (
            outcome.added[&Table::Invoices],
            outcome.corrected[&Table::Invoices],
            outcome.unchanged[&Table::Invoices]
        ),
        (0, 1, 2)
    );
    // The last invoice of the export is of 10 February: it cannot be older.
    assert_eq!(
        desk.rows(
            "invoices",
            &["invoice_id", "amount", "recorded_at", "superseded_on"]
        ),
        [
            "I1|1000.00|2025-01-31|",
            "I2|250.50|2025-02-01|2025-02-10",
            "I2|251.00|2025-02-10|",
            "I4|70.00|2025-02-10|",
        ]
    );
}

#[test]
fn a_repaired_file_clears_its_own_rejects() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let inputs = canonical_inputs(&desk);
    assert!(desk.import(&canonical, &inputs, 0.5).unwrap().rejects.is_some());
    desk.put("invoices.csv", INVOICES.replace("2025-02-30", "2025-02-28"));
    let outcome = desk.import(&canonical, &inputs, 0.5).unwrap();
    assert_eq!(outcome.added[&Table::Invoices], 1);
    assert_eq!(outcome.rejects, None);
    assert!(!desk.files().contains_key("rejects.csv"));
}

#[test]
fn content_of_a_ledger_that_an_import_would_lose_stops_it() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    fs::create_dir(desk.ledger()).unwrap();
    let own = "invoice_id,customer_id,invoice_date,due_date,amount,currency,note\n\
        I0,ACME,2025-01-01,2025-01-31,5.00,EUR,call first\n";
    fs::write(desk.ledger().join("invoices.csv"), own).unwrap();
    let error = desk
        .import(&canonical, &canonical_inputs(&desk), 0.5)
        .unwrap_err();
    assert!(error.to_string().contains("note"), "{error}");
    assert_eq!(desk.files()["invoices.csv"], own.as_bytes());
}
