//! Ledgers from Dynamics 365, Business Central, Odoo and ERPNext: documents and settlements, row by row.

use std::path::{Path, PathBuf};

use duecast::history::History;
use duecast::history::profile::{Profile, shipped};

use super::desk::{Desk, shipped_profile};

const DYNAMICS: &[&str] = &[
    "dynamics/CustTrans.csv",
    "dynamics/CustSettlement.csv",
    "dynamics/CustInvoiceJour.csv",
    "dynamics/CustTable.csv",
];
const BUSINESS_CENTRAL: &[&str] = &[
    "business-central/Customer Ledger Entries.csv",
    "business-central/Detailed Cust. Ledg. Entries.csv",
];
const ODOO: &[&str] = &[
    "odoo/Journal Entry (account.move).csv",
    "odoo/Journal Item (account.move.line).csv",
    "odoo/Partial Reconcile (account.partial.reconcile).csv",
];
const ERPNEXT: &[&str] = &[
    "erpnext/sales-invoice.json",
    "erpnext/payment-entry.json",
    "erpnext/journal-entry.ndjson",
];

const INVOICES: &[&str] = &["invoice_id", "invoice_date", "due_date", "amount", "currency"];
const PAYMENTS: &[&str] = &["payment_id", "invoice_id", "paid_date", "amount", "recorded_at"];
const CREDITS: &[&str] = &["credit_note_id", "invoice_id", "credit_date", "amount", "reason"];
const WRITE_OFFS: &[&str] = &[
    "write_off_id",
    "invoice_id",
    "write_off_date",
    "amount",
    "recorded_at",
];
const RECEIPTS: &[&str] = &["receipt_id", "value_date", "amount", "source"];

fn inputs(files: &[&str]) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    files.iter().map(|file| folder.join(file)).collect()
}

/// A ledger made of the files; nothing of them may be rejected.
fn imported(profile: &Profile, files: &[&str]) -> Desk {
    let desk = Desk::new();
    let outcome = desk.import(profile, &inputs(files), 0.0).unwrap();
    assert_eq!(outcome.rejects, None);
    History::open(&desk.ledger()).unwrap();
    desk
}

/// What is owed of each invoice at the end of a day.
fn open(desk: &Desk, day: &str) -> Vec<String> {
    let (history, _) = History::open(&desk.ledger()).unwrap();
    let items = history.as_of(day.parse().unwrap()).open_items().unwrap();
    let shown = items
        .iter()
        .map(|item| format!("{} {}", item.invoice_id, item.open));
    shown.collect()
}

/// Business Central does not say what its own currency is; a person has to.
fn business_central() -> Profile {
    let (_, text) = shipped()
        .iter()
        .find(|(name, _)| *name == "business-central")
        .unwrap();
    let without = r#"currency = { column = "Currency Code" }"#;
    assert!(text.contains(without));
    let with = r#"currency = { column = "Currency Code", default = "GBP" }"#;
    Profile::from_toml("own.toml", &text.replace(without, with)).unwrap()
}

#[test]
fn dynamics_365_transactions_become_a_ledger() {
    let desk = imported(&shipped_profile("dynamics-365"), DYNAMICS);
    assert_eq!(
        desk.rows("invoices", INVOICES),
        [
            "1001|2025-01-31|2025-03-02|1000.00|EUR",
            "1002|2025-02-10|2025-03-12|500.00|EUR",
            "1009|2024-12-31|2025-01-30|300.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "number", "payment_terms"]),
        ["1001|FTI-01|Net30", "1002|FTI-02|Net30", "1009|OB-01|"]
    );
    assert_eq!(
        desk.rows("payments", PAYMENTS),
        [
            "2001|1001|2025-03-12|780.00|2025-03-14",
            "2007|1002|2025-03-18|500.00|2025-03-20",
            "2009|1002|2025-03-18|-500.00|2025-04-01",
            "2011|1009|2025-02-10|300.00|2025-02-10",
        ]
    );
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        [
            "1003|1001|2025-03-14|200.00|credit note",
            "2003-credit|1001|2025-03-12|20.00|discount"
        ]
    );
    assert_eq!(
        desk.rows("receipts", RECEIPTS),
        [
            "1004|2025-03-12|780.00|ledger",
            "1006|2025-03-18|500.00|ledger",
            "1008|2025-03-25|50.00|ledger"
        ]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["US-001|Harbour Lights Ltd", "US-002|Quiet Mill GmbH"]
    );
}

#[test]
fn an_undone_settlement_is_seen_from_the_day_it_was_undone() {
    let desk = imported(&shipped_profile("dynamics-365"), DYNAMICS);
    assert_eq!(
        open(&desk, "2025-03-19"),
        ["1002 500.00 EUR"],
        "paid, but not yet settled"
    );
    assert_eq!(open(&desk, "2025-03-20"), Vec::<String>::new());
    assert_eq!(open(&desk, "2025-04-01"), ["1002 500.00 EUR"]);
}

#[test]
fn business_central_entries_become_a_ledger() {
    let desk = imported(&business_central(), BUSINESS_CENTRAL);
    assert_eq!(
        desk.rows("invoices", INVOICES),
        [
            "11|2025-01-31|2025-03-02|1000.00|GBP",
            "12|2025-02-10|2025-03-12|400.00|GBP"
        ]
    );
    assert_eq!(
        desk.rows("payments", PAYMENTS),
        [
            "11|12|2025-03-20|400.00|2025-03-21",
            "13|12|2025-03-20|-400.00|2025-04-02",
            "8|11|2025-03-12|880.00|2025-03-12",
        ]
    );
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        [
            "13|11|2025-02-20|100.00|credit note",
            "7-credit|11|2025-03-12|20.00|discount"
        ]
    );
    assert_eq!(open(&desk, "2025-04-02"), ["12 400.00 GBP"]);
}

#[test]
fn business_central_does_not_guess_a_currency() {
    let desk = Desk::new();
    let profile = shipped_profile("business-central");
    desk.import(&profile, &inputs(BUSINESS_CENTRAL), 1.0).unwrap();
    let rejects = desk.rejects();
    assert!(
        rejects.iter().any(|reject| reject.contains("|currency|")),
        "{rejects:?}"
    );
}

#[test]
fn odoo_moves_become_a_ledger() {
    let desk = imported(&shipped_profile("odoo"), ODOO);
    assert_eq!(
        desk.rows("invoices", INVOICES),
        [
            "m1|2025-01-15|2025-03-31|1200.00|EUR",
            "m2|2025-02-15|2025-03-17|600.00|USD",
            "m5|2025-02-01|2025-03-03|300.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows(
            "instalment_plans",
            &["plan_id", "instalment_no", "due_date", "amount"]
        ),
        ["m1|1|2025-02-14|600.00", "m1|2|2025-03-31|600.00"]
    );
    assert_eq!(
        desk.rows("payments", PAYMENTS),
        [
            "p1|m1|2025-02-20|600.00|2025-02-21",
            "p2|m1|2025-02-20|150.00|2025-02-21",
            "p4|m2|2025-03-18|600.00|2025-03-19",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "currency", "receipt_id"]),
        ["p1|EUR|Ll5", "p2|EUR|Ll5", "p4|USD|"]
    );
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        [
            "m3|m1|2025-03-01|150.00|credit note",
            "m5-cancelled|m5|2025-02-20|300.00|cancelled"
        ]
    );
    assert_eq!(
        desk.rows("receipts", RECEIPTS),
        [
            "Ll5|2025-02-20|750.00|ledger",
            "Ll6|2025-03-18|555.00|ledger",
            "Ll8|2025-03-20|80.00|ledger"
        ]
    );
    assert_eq!(open(&desk, "2025-03-31"), ["m1 300.00 EUR"]);
}

#[test]
fn erpnext_documents_become_a_ledger() {
    let desk = imported(&shipped_profile("erpnext"), ERPNEXT);
    assert_eq!(
        desk.rows("invoices", INVOICES),
        [
            "SI-1|2025-01-15|2025-03-16|1000.00|EUR",
            "SI-2|2025-02-01|2025-03-03|460.00|EUR",
            "SI-5|2025-02-03|2025-03-05|250.00|EUR",
            "SI-7|2025-03-01|2025-03-31|60.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows(
            "instalment_plans",
            &["plan_id", "instalment_no", "due_date", "amount"]
        ),
        ["SI-1|1|2025-02-14|400.00", "SI-1|2|2025-03-16|600.00"]
    );
    assert_eq!(
        desk.rows("payments", PAYMENTS),
        [
            "SI-1:PE-1:1|SI-1|2025-03-01|880.00|2025-03-01",
            "SI-2:PE-2:1|SI-2|2025-03-05|460.00|2025-03-05"
        ]
    );
    assert_eq!(
        desk.rows("write_offs", WRITE_OFFS),
        [
            "SI-1:PE-1:1-deduction|SI-1|2025-03-01|20.00|2025-03-01",
            "jea1|SI-7|2025-06-30|60.00|2025-07-02"
        ]
    );
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        [
            "SI-3|SI-1|2025-02-10|100.00|credit note",
            "SI-5-cancelled|SI-5|2025-02-25|250.00|cancelled"
        ]
    );
    assert_eq!(
        desk.rows("receipts", RECEIPTS),
        [
            "PE-1|2025-03-01|880.00|ledger",
            "PE-2|2025-03-05|460.00|ledger",
            "PE-3|2025-03-06|75.00|ledger"
        ]
    );
    assert_eq!(open(&desk, "2025-07-02"), Vec::<String>::new());
}

#[test]
fn the_order_of_the_files_does_not_matter_and_a_second_import_changes_nothing() {
    for (profile, files) in [
        (shipped_profile("dynamics-365"), DYNAMICS),
        (business_central(), BUSINESS_CENTRAL),
        (shipped_profile("odoo"), ODOO),
        (shipped_profile("erpnext"), ERPNEXT),
    ] {
        let mut turned = files.to_vec();
        turned.reverse();
        let (one, other) = (imported(&profile, files), imported(&profile, &turned));
        let ledger = one.files();
        assert_eq!(ledger, other.files(), "{}", profile.name());
        let outcome = one.import(&profile, &inputs(files), 0.0).unwrap();
        assert_eq!(outcome.added.values().sum::<u64>(), 0, "{}", profile.name());
        assert_eq!(ledger, one.files(), "{}", profile.name());
    }
}
