//! The lists, tables and views that items come in, in their encodings and notations.

use std::path::{Path, PathBuf};

use super::{NOTHING, credit_notes, invoices, payments, receipts, rows, write_offs};
use crate::import::desk::{Desk, shipped_profile};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/sap")
        .join(name)
}

/// The ledger that every export of tests/data/sap becomes.
fn assert_the_same_books(desk: &Desk) {
    assert_eq!(
        rows(
            desk,
            "invoices",
            &[
                "invoice_id",
                "number",
                "customer_id",
                "invoice_date",
                "due_date",
                "amount",
                "currency",
                "recorded_at"
            ]
        ),
        [
            "1000-1800000001-2025-1|9000451|4711|2025-01-10|2025-02-09|1234.56|EUR|2025-01-11",
            "1000-1800000002-2025-1|9000452|4711|2025-01-20|2025-02-19|12345678.00|EUR|2025-01-20",
            "1000-1800000003-2025-1|9000453|4712|2025-02-03|2025-02-17|800.00|EUR|2025-02-03",
        ]
    );
    assert_eq!(
        payments(desk),
        [
            "1000-1400000001-2025-2|1000-1800000001-2025-1|2025-02-12|1184.56",
            "1000-1400000002-2025-2|1000-1800000003-2025-1|2025-03-01|300.00",
        ]
    );
    assert_eq!(
        credit_notes(desk),
        ["1000-1600000001-2025-1|1000-1800000001-2025-1|2025-01-25|50.00"]
    );
    assert_eq!(
        receipts(desk),
        [
            "1000-1400000001-2025-2|2025-02-12|1184.56|ledger",
            "1000-1400000002-2025-2|2025-03-01|300.00|ledger",
            "1000-1400000003-2025-2|2025-03-05|25.00|ledger",
        ]
    );
    assert_eq!(write_offs(desk), NOTHING);
}

fn import_data(profile: &str, names: &[&str]) -> Desk {
    let desk = Desk::new();
    let files: Vec<PathBuf> = names.iter().map(|name| data(name)).collect();
    desk.import(&shipped_profile(profile), &files, 0.0)
        .expect("every row is read");
    desk
}

#[test]
fn a_german_list_in_cp1252_with_pages_and_subtotals_is_read() {
    let desk = import_data("sap-line-items", &["fbl5n-de.txt"]);
    assert_the_same_books(&desk);
    assert_eq!(
        rows(&desk, "customers", &["customer_id", "name"]),
        ["4711|Müller & Söhne", "4712|Bäckerei Groß"]
    );
}

#[test]
fn an_english_list_in_utf_16_is_read() {
    let desk = import_data("sap-line-items-en", &["fbl5n-en.txt"]);
    assert_the_same_books(&desk);
}

#[test]
fn dumps_of_the_tables_are_read() {
    let desk = import_data("sap-tables", &["bsid.csv", "bsad.csv", "bkpf.csv", "kna1.csv"]);
    assert_the_same_books(&desk);
    assert_eq!(
        rows(&desk, "customers", &["customer_id", "name", "country"]),
        ["4711|Müller & Söhne|DE", "4712|Bäckerei Groß|DE"]
    );
}

#[test]
fn the_journal_view_is_read() {
    assert_the_same_books(&import_data("s4-journal", &["journal.csv"]));
}

#[test]
fn reading_an_export_twice_changes_nothing() {
    let desk = import_data("sap-line-items", &["fbl5n-de.txt"]);
    let before = desk.files();
    desk.import(&shipped_profile("sap-line-items"), &[data("fbl5n-de.txt")], 0.0)
        .expect("every row is read");
    assert_eq!(desk.files(), before);
}

#[test]
fn the_profile_for_closed_items_still_reads_its_ledger() {
    let desk = Desk::new();
    let file = desk.put(
        "closed.csv",
        "row_id,business_code_inferred,cust_number,name_customer,clear_date,posting_date_est,posting_date_source,\
         due_in_date,invoice_currency_inferred,total_open_amount,cust_payment_terms_inferred\n\
         C2,U001,0200540723,LAKE,2019-03-08,2018-11-15,customer_terms,2019-03-06,USD,2480.0,90M7\n",
    );
    desk.import(&shipped_profile("sap-ar"), &[file], 0.0).unwrap();
    assert_eq!(invoices(&desk), ["C2|2019-03-06|2480.00"]);
    assert_eq!(payments(&desk), ["P-C2|C2|2019-03-08|2480.00"]);
}
