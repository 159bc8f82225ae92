//! What a later export says of items that an earlier one had: cash counts once, whichever document came first.

use duecast::history::History;

use super::{BY_14, import, receipts, rows};
use crate::import::desk::Desk;

const INVOICE: &str = "RV 1 1 S 1000.00 20250110 AUGDT=20250312 AUGBL=14";
const PAID: &str = "DZ 14 2 H 1000.00 20250310 AUGDT=20250312 AUGBL=14";

/// Payments with the day on which they ended.
fn payments(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "payments",
        &["payment_id", "paid_date", "amount", "superseded_on"],
    )
}

fn credit_notes(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "credit_notes",
        &["credit_note_id", "invoice_id", "amount", "superseded_on"],
    )
}

/// What is owed of each invoice at the end of a day.
fn open(desk: &Desk, day: &str) -> Vec<String> {
    let (history, _) = History::open(&desk.ledger()).expect("the ledger is good");
    let items = history.as_of(day.parse().expect("a date")).open_items();
    let shown = |item: &duecast::history::OpenItem| format!("{} {}", item.invoice_id, item.open);
    items.expect("it can be read").iter().map(shown).collect()
}

#[test]
fn the_payment_itself_takes_the_place_of_cash_that_was_inferred_from_the_clearing() {
    let desk = Desk::new();
    import(&desk, INVOICE);
    assert_eq!(payments(&desk), ["1000-1-2025-1/14|2025-03-12|1000.00|"]);
    import(&desk, &format!("{INVOICE}\n{PAID}"));
    // On the same day, so that no cut-off has both.
    let expected = [
        "1000-1-2025-1/14|2025-03-12|1000.00|2025-03-12",
        "1000-14-2025-2|2025-03-10|1000.00|",
    ];
    assert_eq!(payments(&desk), expected);
    assert_eq!(open(&desk, "2025-03-11"), ["1000-1-2025-1 1000.00 EUR"]);
    assert_eq!(open(&desk, "2025-03-12"), Vec::<String>::new());
    let ledger = desk.files();
    import(&desk, INVOICE);
    import(&desk, &format!("{INVOICE}\n{PAID}"));
    assert_eq!(desk.files(), ledger, "an export imported again changes nothing");
}

#[test]
fn no_cash_is_inferred_where_the_ledger_has_the_payment_from_an_earlier_export() {
    let desk = Desk::new();
    import(&desk, &format!("{INVOICE}\n{PAID}"));
    let ledger = desk.files();
    let outcome = import(&desk, INVOICE);
    assert_eq!(desk.files(), ledger);
    let notes = outcome.notes.join("\n");
    assert!(
        notes.contains("1 items were cleared by a document that is not in the export, but"),
        "{notes}"
    );
}

#[test]
fn a_credit_note_of_an_earlier_export_is_not_inferred_as_cash_either() {
    let desk = Desk::new();
    let note = format!("DG 2 1 H 150.00 20250201 {BY_14}");
    let paid = format!("DZ 14 2 H 850.00 20250312 {BY_14}");
    // First all but the payment, then all but the credit note.
    import(&desk, &format!("{INVOICE}\n{note}"));
    assert_eq!(payments(&desk), ["1000-1-2025-1/14|2025-03-12|850.00|"]);
    import(&desk, &format!("{INVOICE}\n{paid}"));
    assert_eq!(
        payments(&desk),
        [
            "1000-1-2025-1/14|2025-03-12|850.00|2025-03-12",
            "1000-14-2025-2|2025-03-12|850.00|",
        ]
    );
    assert_eq!(credit_notes(&desk), ["1000-2-2025-1|1000-1-2025-1|150.00|"]);
}

#[test]
fn a_credit_on_account_that_is_paid_out_later_leaves_the_account() {
    let desk = Desk::new();
    import(&desk, "DG 2 1 H 150.00 20250201\nRV 3 1 S 20.00 20250110");
    assert_eq!(credit_notes(&desk), ["1000-2-2025-1||150.00|"]);
    import(
        &desk,
        &format!(
            "DG 2 1 H 150.00 20250201 {BY_14}
             DZ 14 2 S 150.00 20250312 {BY_14}
             RV 3 1 S 20.00 20250110"
        ),
    );
    assert_eq!(credit_notes(&desk), ["1000-2-2025-1||150.00|2025-03-12"]);
}

#[test]
fn a_payment_that_is_reversed_later_counts_until_then() {
    let desk = Desk::new();
    import(&desk, &format!("{INVOICE}\n{PAID}"));
    assert_eq!(receipts(&desk), ["1000-14-2025-2|2025-03-10|1000.00|ledger"]);
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110
         DZ 14 2 H 1000.00 20250310 STBLG=20
         DZ 20 2 S 1000.00 20250401 STBLG=14",
    );
    assert_eq!(payments(&desk), ["1000-14-2025-2|2025-03-10|1000.00|2025-04-01"]);
    assert_eq!(
        rows(&desk, "receipts", &["receipt_id", "superseded_on"]),
        ["1000-14-2025-2|2025-04-01"]
    );
    assert_eq!(open(&desk, "2025-03-31"), Vec::<String>::new());
    assert_eq!(open(&desk, "2025-04-01"), ["1000-1-2025-1 1000.00 EUR"]);
}

#[test]
fn a_reversal_posted_under_the_day_of_its_payment_is_known_since_the_export_that_has_it() {
    let desk = Desk::new();
    // Cleared two days after it was posted.
    import(&desk, &format!("{INVOICE}\n{PAID}"));
    import(
        &desk,
        "RV 1 1 S 1000.00 20250110
         DZ 14 2 H 1000.00 20250310 STBLG=20
         DZ 20 2 S 1000.00 20250310 STBLG=14
         RV 3 1 S 20.00 20250401",
    );
    assert_eq!(payments(&desk), ["1000-14-2025-2|2025-03-10|1000.00|2025-04-01"]);
    assert_eq!(
        rows(&desk, "receipts", &["receipt_id", "superseded_on"]),
        ["1000-14-2025-2|2025-04-01"]
    );
    assert_eq!(open(&desk, "2025-03-31"), Vec::<String>::new());
    assert_eq!(
        open(&desk, "2025-04-01"),
        ["1000-1-2025-1 1000.00 EUR", "1000-3-2025-1 20.00 EUR"]
    );
}
