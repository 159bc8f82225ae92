//! Two imports at once: one waits its turn, and nothing of either is lost.

use std::path::PathBuf;
use std::thread;

use duecast::history::Error;
use duecast::history::import::{ImportRequest, prepare};

use super::desk::{Desk, shipped_profile};

const COLUMNS: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n";

/// A file with one invoice.
fn one_invoice(desk: &Desk, id: &str) -> PathBuf {
    let row = format!("{id},ACME,2025-01-31,2025-03-02,10.00,EUR\n");
    desk.put(&format!("invoices-{id}.csv"), format!("{COLUMNS}{row}"))
}

fn is_refused_by_another(error: &Error) -> bool {
    error.to_string().contains("another import") || error.to_string().contains("other imports")
}

#[test]
fn a_second_import_into_a_new_ledger_is_refused_until_the_first_is_done() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let (first, second) = ([one_invoice(&desk, "I1")], [one_invoice(&desk, "I2")]);
    let ledger = desk.ledger();
    let request = ImportRequest {
        profile: &canonical,
        inputs: &first,
        ledger: &ledger,
        max_reject_share: 0.0,
        recorded_at: None,
    };
    let names = desk.beside();
    let prepared = prepare(&request, &|_, _| {}).unwrap();
    let error = desk.import(&canonical, &second, 0.0).unwrap_err();
    assert!(is_refused_by_another(&error), "{error}");
    prepared.publish().unwrap();
    desk.import(&canonical, &second, 0.0).unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id"]), ["I1", "I2"]);
    let mut with_ledger = names;
    with_ledger.push("ledger".to_owned());
    with_ledger.sort();
    assert_eq!(desk.beside(), with_ledger);
}

#[test]
fn of_imports_at_once_into_a_new_ledger_none_is_lost() {
    let desk = Desk::new();
    let ids = ["I1", "I2", "I3", "I4"];
    thread::scope(|scope| {
        for id in ids {
            let desk = &desk;
            scope.spawn(move || {
                let input = [one_invoice(desk, id)];
                let canonical = shipped_profile("canonical");
                while let Err(error) = desk.import(&canonical, &input, 0.0) {
                    assert!(is_refused_by_another(&error), "{error}");
                    thread::yield_now();
                }
            });
        }
    });
    assert_eq!(desk.rows("invoices", &["invoice_id"]), ids);
}

#[test]
fn a_failed_import_leaves_no_folder_that_it_made_for_the_ledger() {
    let desk = Desk::new();
    let canonical = shipped_profile("canonical");
    let bad = [desk.put("invoices.csv", "invoice_id,customer\nI1,ACME\n")];
    let names = desk.beside();
    let ledger = desk.ledger().join("deep/er");
    let request = ImportRequest {
        profile: &canonical,
        inputs: &bad,
        ledger: &ledger,
        max_reject_share: 0.0,
        recorded_at: None,
    };
    prepare(&request, &|_, _| {}).unwrap_err();
    assert_eq!(desk.beside(), names);
}
