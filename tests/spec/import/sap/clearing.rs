//! What cleared what: dates, part payments, rests and returns.

use super::{BY_14, NOTHING, credit_notes, dump, import, invoices, payments, receipts, rows, write_offs};
use crate::import::desk::{Desk, shipped_profile};

#[test]
fn the_net_due_date_is_the_baseline_date_and_the_last_days_that_are_not_zero() {
    let desk = Desk::new();
    import(
        &desk,
        "RV 1 1 S 10.00 20250110 ZFBDT=20250110 ZBD1T=14 ZBD2T=30 ZBD3T=60
         RV 2 1 S 10.00 20250110 ZFBDT=20250110 ZBD1T=14 ZBD2T=30
         RV 3 1 S 10.00 20250110 ZFBDT=20250115 ZBD1T=14
         RV 4 1 S 10.00 20250110",
    );
    assert_eq!(
        invoices(&desk),
        [
            "1000-1-2025-1|2025-03-11|10.00",
            "1000-2-2025-1|2025-02-09|10.00",
            "1000-3-2025-1|2025-01-29|10.00",
            "1000-4-2025-1|2025-01-10|10.00",
        ]
    );
}

#[test]
fn company_code_document_year_and_line_are_the_key_and_padding_is_no_part_of_it() {
    let desk = Desk::new();
    import(
        &desk,
        "RV 0000000018 001 S 10.00 20250110
         RV 0000000018 002 S 20.00 20250110
         RV 0000000018 001 S 30.00 20240110 GJAHR=2024
         RV 0000000018 001 S 40.00 20250110 BUKRS=2000",
    );
    assert_eq!(
        rows(
            &desk,
            "invoices",
            &["invoice_id", "customer_id", "amount", "entity"]
        ),
        [
            "1000-18-2024-1|4711|30.00|1000",
            "1000-18-2025-1|4711|10.00|1000",
            "1000-18-2025-2|4711|20.00|1000",
            "2000-18-2025-1|4711|40.00|2000",
        ]
    );
}

#[test]
fn the_cash_date_is_the_posting_date_of_the_payment_and_not_the_clearing_date() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 CPUDT=20250111 {BY_14}
             DZ 12 2 H 1000.00 20250305 CPUDT=20250306 {BY_14}"
        ),
    );
    assert_eq!(
        payments(&desk),
        ["1000-12-2025-2|1000-1-2025-1|2025-03-05|1000.00"]
    );
    // Who paid what was known when it was cleared, the invoice when it was entered.
    assert_eq!(rows(&desk, "payments", &["recorded_at"]), ["2025-03-12"]);
    assert_eq!(rows(&desk, "invoices", &["recorded_at"]), ["2025-01-11"]);
    assert_eq!(receipts(&desk), ["1000-12-2025-2|2025-03-05|1000.00|ledger"]);
}

#[test]
fn a_value_date_goes_before_the_posting_date() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 14 2 H 1000.00 20250312 VALUT=20250310 {BY_14}"
        ),
    );
    assert_eq!(
        payments(&desk),
        ["1000-14-2025-2|1000-1-2025-1|2025-03-10|1000.00"]
    );
}

#[test]
fn credit_notes_and_write_offs_clear_as_well_and_are_no_cash() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             RV 2 1 H 150.00 20250201 {BY_14}
             AB 14 2 H 20.00 20250312 {BY_14}
             DZ 14 3 H 830.00 20250312 {BY_14}"
        ),
    );
    assert_eq!(
        payments(&desk),
        ["1000-14-2025-3|1000-1-2025-1|2025-03-12|830.00"]
    );
    assert_eq!(
        credit_notes(&desk),
        ["1000-2-2025-1|1000-1-2025-1|2025-03-12|150.00"]
    );
    assert_eq!(
        write_offs(&desk),
        ["1000-14-2025-2|1000-1-2025-1|2025-03-12|20.00"]
    );
}

#[test]
fn a_clearing_without_cash_is_a_credit_note() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 150.00 20250110 {BY_14}
             DG 2 1 H 150.00 20250201 {BY_14}"
        ),
    );
    assert_eq!(payments(&desk), NOTHING);
    assert_eq!(
        credit_notes(&desk),
        ["1000-2-2025-1|1000-1-2025-1|2025-03-12|150.00"]
    );
}

#[test]
fn within_a_clearing_references_go_first_then_equal_amounts_then_the_oldest() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 500.00 20250101 {BY_14}
             RV 2 1 S 300.00 20250102 {BY_14}
             RV 3 1 S 400.00 20250103 {BY_14}
             DG 7 1 H 100.00 20250201 REBZG=3 {BY_14}
             DZ 14 2 H 300.00 20250312 {BY_14}
             DZ 14 3 H 800.00 20250312 {BY_14}"
        ),
    );
    assert_eq!(
        credit_notes(&desk),
        ["1000-7-2025-1|1000-3-2025-1|2025-02-01|100.00"]
    );
    assert_eq!(
        payments(&desk),
        [
            "1000-14-2025-2|1000-2-2025-1|2025-03-12|300.00",
            "1000-14-2025-3/2|1000-3-2025-1|2025-03-12|300.00",
            "1000-14-2025-3|1000-1-2025-1|2025-03-12|500.00",
        ]
    );
}

#[test]
fn a_clearing_document_that_is_not_in_the_export_is_cash_on_the_clearing_date_and_is_told() {
    let desk = Desk::new();
    let outcome = import(
        &desk,
        "RV 1 1 S 1000.00 20250110 AUGDT=20250312 AUGBL=14
         RV 2 1 S 50.00 20250110 AUGDT=20250313 AUGBL=15",
    );
    assert_eq!(
        payments(&desk),
        [
            "1000-1-2025-1/14|1000-1-2025-1|2025-03-12|1000.00",
            "1000-2-2025-1/15|1000-2-2025-1|2025-03-13|50.00",
        ]
    );
    assert_eq!(receipts(&desk), NOTHING);
    let notes = outcome.notes.join("\n");
    assert!(notes.contains("2 items were cleared by a document"), "{notes}");
}

#[test]
fn the_header_of_a_missing_clearing_document_says_when_and_what_it_was() {
    let desk = Desk::new();
    let items = desk.put(
        "bsad.csv",
        dump(
            "RV 1 1 S 1000.00 20250110 AUGDT=20250312 AUGBL=14
             RV 2 1 S 50.00 20250110 AUGDT=20250313 AUGBL=15",
        ),
    );
    let headers = desk.put(
        "bkpf.csv",
        "BUKRS,BELNR,GJAHR,BLART,BUDAT,CPUDT,STBLG,STJAH\n\
         1000,0000000001,2025,RV,20250110,20250113,,0000\n\
         1000,0000000014,2025,DZ,20250310,20250312,,0000\n\
         1000,0000000015,2025,AB,20250313,20250313,,0000\n",
    );
    desk.import(&shipped_profile("sap-tables"), &[items, headers], 0.0)
        .expect("every row is read");
    assert_eq!(
        payments(&desk),
        ["1000-1-2025-1/14|1000-1-2025-1|2025-03-10|1000.00"]
    );
    assert_eq!(
        write_offs(&desk),
        ["1000-2-2025-1/15|1000-2-2025-1|2025-03-13|50.00"]
    );
    // The date of entry of an invoice is in its header.
    let recorded = rows(&desk, "invoices", &["invoice_id", "recorded_at"]);
    assert!(
        recorded.contains(&"1000-1-2025-1|2025-01-13".to_owned()),
        "{recorded:?}"
    );
}

#[test]
fn a_part_payment_is_an_open_credit_that_names_its_invoice_and_keeps_its_own_date() {
    let desk = Desk::new();
    let open = "RV 1 1 S 1000.00 20250110
                DZ 12 2 H 400.00 20250215 CPUDT=20250216 REBZG=1 REBZJ=2025 REBZZ=001";
    import(&desk, open);
    let part = "1000-12-2025-2|1000-1-2025-1|2025-02-15|400.00";
    assert_eq!(payments(&desk), [part]);
    let later = Desk::new();
    import(
        &later,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 12 2 H 400.00 20250215 CPUDT=20250216 REBZG=1 REBZJ=2025 REBZZ=001 {BY_14}
             DZ 14 2 H 600.00 20250312 {BY_14}"
        ),
    );
    assert_eq!(
        payments(&later),
        [part, "1000-14-2025-2|1000-1-2025-1|2025-03-12|600.00"]
    );
    // Open or cleared since: the row of the part payment is the same.
    let row = |desk: &Desk| {
        rows(
            desk,
            "payments",
            &["payment_id", "paid_date", "amount", "recorded_at"],
        )
    };
    assert_eq!(row(&desk), row(&later)[..1]);
}

#[test]
fn a_rest_is_no_new_invoice_and_the_chain_of_rests_pays_the_first_one() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 ZFBDT=20250110 ZBD1T=30 {BY_14}
             DZ 14 2 H 1000.00 20250312 {BY_14}
             DZ 14 3 S 400.00 20250312 ZFBDT=20250312 ZBD1T=30 REBZG=1 AUGDT=20250420 AUGBL=16
             DZ 16 2 H 400.00 20250420 AUGDT=20250420 AUGBL=16
             DZ 16 3 S 150.00 20250420 REBZG=14 REBZZ=003"
        ),
    );
    // Due when it was due; 600 and 250 paid, 150 still owed.
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-02-09|1000.00"]);
    assert_eq!(
        payments(&desk),
        [
            "1000-14-2025-2|1000-1-2025-1|2025-03-12|600.00",
            "1000-16-2025-2|1000-1-2025-1|2025-04-20|250.00",
        ]
    );
    assert_eq!(
        receipts(&desk),
        [
            "1000-14-2025-2|2025-03-12|600.00|ledger",
            "1000-16-2025-2|2025-04-20|250.00|ledger",
        ]
    );
}

#[test]
fn a_rest_that_names_no_invoice_belongs_to_the_only_one_its_document_cleared() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 14 2 H 1000.00 20250312 {BY_14}
             DZ 14 3 S 400.00 20250312"
        ),
    );
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-01-10|1000.00"]);
    assert_eq!(
        payments(&desk),
        ["1000-14-2025-2|1000-1-2025-1|2025-03-12|600.00"]
    );
}

#[test]
fn a_returned_payment_is_owed_again() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 14 2 H 1000.00 20250312 {BY_14}
             DZ 17 2 S 1000.00 20250320 REBZG=1"
        ),
    );
    assert_eq!(
        payments(&desk),
        [
            "1000-14-2025-2|1000-1-2025-1|2025-03-12|1000.00",
            "1000-17-2025-2|1000-1-2025-1|2025-03-20|-1000.00",
        ]
    );
}
