//! Items that are no plain invoice or payment, and items that come twice.

use super::{BY_14, NOTHING, credit_notes, dump, import, invoices, payments, receipts, rows, write_offs};
use crate::import::desk::{Desk, shipped_profile};

#[test]
fn a_reversed_document_and_its_reversal_are_both_left_out() {
    let desk = Desk::new();
    let outcome = import(
        &desk,
        "RV 1 1 S 1000.00 20250110 STBLG=2 AUGDT=20250120 AUGBL=2
         RV 2 1 H 1000.00 20250120 XREVERSAL=2 AUGDT=20250120 AUGBL=2
         RV 3 1 S 70.00 20250110
         DZ 14 2 H 70.00 20250312 STBLG=15 AUGDT=20250315 AUGBL=15
         DZ 15 2 S 70.00 20250315 STBLG=14 AUGDT=20250315 AUGBL=15",
    );
    // The clearing of invoice 3 was reset before its payment was reversed: it is open.
    assert_eq!(invoices(&desk), ["1000-3-2025-1|2025-01-10|70.00"]);
    assert_eq!(payments(&desk), NOTHING);
    assert_eq!(credit_notes(&desk), NOTHING);
    assert_eq!(receipts(&desk), NOTHING);
    assert!(
        outcome.notes.join("\n").contains("4 items of reversed documents"),
        "{:?}",
        outcome.notes
    );
}

#[test]
fn an_invoice_that_the_ledger_has_is_credited_when_it_is_reversed() {
    let desk = Desk::new();
    import(&desk, "RV 1 1 S 1000.00 20250110");
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110 STBLG=2 AUGDT=20250120 AUGBL=2
         RV 2 1 H 1000.00 20250120 STBLG=1 AUGDT=20250120 AUGBL=2",
    );
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-01-10|1000.00"]);
    assert_eq!(
        credit_notes(&desk),
        ["1000-1-2025-1/reversal|1000-1-2025-1|2025-01-20|1000.00"]
    );
}

#[test]
fn a_reversed_invoice_that_nothing_cleared_is_owed_until_its_reversal_is_posted() {
    let desk = Desk::new();
    import(&desk, "RV 1 1 S 1000.00 20250110");
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110 STBLG=2
         RV 2 1 H 1000.00 20250120 STBLG=1",
    );
    assert_eq!(
        credit_notes(&desk),
        ["1000-1-2025-1/reversal|1000-1-2025-1|2025-01-20|1000.00"]
    );
}

#[test]
fn special_items_are_left_out_and_down_payments_are_cash_on_account() {
    let desk = Desk::new();
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110
         DZ 12 2 H 300.00 20250105 UMSKZ=A
         DZ 13 1 S 300.00 20250103 UMSKZ=F
         AB 14 1 S 99.00 20250103 UMSKZ=W",
    );
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-01-10|1000.00"]);
    assert_eq!(payments(&desk), NOTHING);
    assert_eq!(receipts(&desk), ["1000-12-2025-2|2025-01-05|300.00|ledger"]);
}

#[test]
fn a_down_payment_that_is_moved_to_the_account_pays_the_invoice_once() {
    let desk = Desk::new();
    import(
        &desk,
        "DZ 12 2 H 300.00 20250105 UMSKZ=A AUGDT=20250210 AUGBL=20
         AB 20 1 S 300.00 20250210 UMSKZ=A AUGDT=20250210 AUGBL=20
         AB 20 2 H 300.00 20250210 AUGDT=20250312 AUGBL=14
         RV 1 1 S 1000.00 20250110 AUGDT=20250312 AUGBL=14
         DZ 14 2 H 700.00 20250312 AUGDT=20250312 AUGBL=14",
    );
    assert_eq!(
        payments(&desk),
        [
            "1000-14-2025-2|1000-1-2025-1|2025-03-12|700.00",
            "1000-20-2025-2|1000-1-2025-1|2025-02-10|300.00",
        ]
    );
    assert_eq!(write_offs(&desk), NOTHING);
    // Received 300, moved (minus and plus 300), received 700: nothing is left on account.
    assert_eq!(
        receipts(&desk),
        [
            "1000-12-2025-2|2025-01-05|300.00|ledger",
            "1000-14-2025-2|2025-03-12|700.00|ledger",
            "1000-20-2025-1|2025-02-10|-300.00|ledger",
            "1000-20-2025-2|2025-02-10|300.00|ledger",
        ]
    );
}

#[test]
fn a_payment_on_account_is_a_receipt_and_stays_one_when_it_is_cleared() {
    let desk = Desk::new();
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110\nDZ 12 2 H 1000.00 20250305 CPUDT=20250306",
    );
    assert_eq!(payments(&desk), NOTHING);
    let receipt = ["1000-12-2025-2|2025-03-05|1000.00|ledger"];
    assert_eq!(receipts(&desk), receipt);
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 12 2 H 1000.00 20250305 CPUDT=20250306 {BY_14}"
        ),
    );
    assert_eq!(receipts(&desk), receipt);
    assert_eq!(
        rows(&desk, "payments", &["payment_id", "receipt_id", "amount"]),
        ["1000-12-2025-2|1000-12-2025-2|1000.00"]
    );
}

#[test]
fn a_credit_note_on_account_keeps_its_row_and_names_no_invoice() {
    let desk = Desk::new();
    import(&desk, "RV 1 1 S 10.00 20250110\nDG 7 1 H 100.00 20250201 REBZG=V");
    assert_eq!(credit_notes(&desk), ["1000-7-2025-1||2025-02-01|100.00"]);
}

#[test]
fn a_part_payment_of_an_invoice_that_only_the_ledger_has_pays_it_once() {
    let desk = Desk::new();
    import(&desk, "RV 1 1 S 1000.00 20250110");
    let part = "DZ 12 2 H 400.00 20250215 CPUDT=20250216 REBZG=1 REBZJ=2025 REBZZ=001";
    import(&desk, part);
    assert_eq!(
        payments(&desk),
        ["1000-12-2025-2|1000-1-2025-1|2025-02-15|400.00"]
    );
    let before = desk.files();
    import(&desk, part);
    assert_eq!(desk.files(), before);
}

#[test]
fn a_dunning_block_on_all_open_invoices_blocks_the_customer() {
    let desk = Desk::new();
    let outcome = import(
        &desk,
        "RV 1 1 S 10.00 20250110 MANSP=A
         RV 2 1 S 10.00 20250110 MANSP=A KUNNR=0000004712
         RV 3 1 S 10.00 20250110 KUNNR=0000004712",
    );
    assert_eq!(
        rows(&desk, "customers", &["customer_id", "dunning_block"]),
        ["4711|A", "4712|"]
    );
    let notes = outcome.notes.join("\n");
    assert!(notes.contains("2 open invoices have a dunning block"), "{notes}");
}

#[test]
fn a_cash_discount_is_given_up_and_not_paid() {
    let desk = Desk::new();
    import(
        &desk,
        &format!(
            "RV 1 1 S 1000.00 20250310 WSKTO=20.00 {BY_14}
             DZ 14 2 H 1000.00 20250312 {BY_14}"
        ),
    );
    assert_eq!(
        payments(&desk),
        ["1000-14-2025-2|1000-1-2025-1|2025-03-12|980.00"]
    );
    assert_eq!(
        rows(
            &desk,
            "write_offs",
            &["write_off_id", "invoice_id", "amount", "reason"]
        ),
        ["1000-1-2025-1/discount|1000-1-2025-1|20.00|cash_discount"]
    );
    assert_eq!(receipts(&desk), ["1000-14-2025-2|2025-03-12|980.00|ledger"]);
}

#[test]
fn a_credit_that_clears_something_outside_of_the_export_is_not_on_account() {
    let desk = Desk::new();
    let outcome = import(
        &desk,
        &format!("RV 1 1 S 10.00 20250110\nDZ 14 2 H 1000.00 20250312 {BY_14}"),
    );
    assert_eq!(receipts(&desk), NOTHING);
    assert!(
        outcome.notes.join("\n").contains("1 credits cleared something"),
        "{:?}",
        outcome.notes
    );
}

#[test]
fn stored_amounts_of_currencies_without_decimals_are_moved_by_two_places() {
    let desk = Desk::new();
    import(
        &desk,
        "RV 1 1 S 123.45 20250110 WAERS=JPY
         RV 2 1 S 12345 20250110 WAERS=JPY
         RV 3 1 S 12.34 20250110 WAERS=KWD
         RV 4 1 S 12.34 20250110 WAERS=EUR",
    );
    assert_eq!(
        rows(&desk, "invoices", &["invoice_id", "amount", "currency"]),
        [
            "1000-1-2025-1|12345|JPY",
            "1000-2-2025-1|12345|JPY",
            "1000-3-2025-1|1.234|KWD",
            "1000-4-2025-1|12.34|EUR",
        ]
    );
}

#[test]
fn what_was_open_on_one_day_and_cleared_on_another_is_cleared() {
    let desk = Desk::new();
    let open = desk.put("bsid.csv", dump("RV 1 1 S 1000.00 20250110"));
    let cleared = desk.put(
        "bsad.csv",
        dump(&format!(
            "RV 1 1 S 1000.00 20250110 {BY_14}
             DZ 14 2 H 1000.00 20250312 {BY_14}"
        )),
    );
    desk.import(&shipped_profile("sap-tables"), &[open, cleared], 0.0)
        .expect("every item is read");
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-01-10|1000.00"]);
    assert_eq!(
        payments(&desk),
        ["1000-14-2025-2|1000-1-2025-1|2025-03-12|1000.00"]
    );
}

#[test]
fn an_item_with_the_key_of_another_and_other_values_is_rejected() {
    let desk = Desk::new();
    let file = desk.put(
        "bsid.csv",
        dump("RV 1 1 S 1000.00 20250110\nRV 1 1 S 1001.00 20250110\nRV 2 1 X 5.00 20250110"),
    );
    desk.import(&shipped_profile("sap-tables"), &[file], 0.9).unwrap();
    assert_eq!(invoices(&desk), ["1000-1-2025-1|2025-01-10|1000.00"]);
    assert_eq!(desk.rejects(), ["3|document_no|1", "4|debit_credit|X"]);
}

#[test]
fn the_order_of_the_items_changes_nothing() {
    let lines = [
        "RV 1 1 S 500.00 20250101 AUGDT=20250312 AUGBL=14",
        "RV 2 1 S 500.00 20250101 AUGDT=20250312 AUGBL=14",
        "DZ 14 2 H 700.00 20250312 AUGDT=20250312 AUGBL=14",
        "DZ 14 3 H 300.00 20250312 AUGDT=20250312 AUGBL=14",
        "DZ 12 2 H 20.00 20250301 REBZG=3",
        "RV 3 1 S 90.00 20250105",
    ];
    let (forwards, backwards) = (Desk::new(), Desk::new());
    import(&forwards, &lines.join("\n"));
    let turned: Vec<&str> = lines.into_iter().rev().collect();
    import(&backwards, &turned.join("\n"));
    assert_eq!(forwards.files(), backwards.files());
}
