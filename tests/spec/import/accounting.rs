//! Cloud accounting: the ledgers that exports of `QuickBooks` Online, Xero and Stripe become.

use std::path::{Path, PathBuf};

use duecast::history::import::ImportOutcome;

use super::desk::{Desk, shipped_profile};

const INVOICE: &[&str] = &[
    "invoice_id",
    "number",
    "customer_id",
    "invoice_date",
    "due_date",
    "amount",
    "currency",
];
const PAYMENT: &[&str] = &["payment_id", "invoice_id", "paid_date", "amount", "currency"];
const CREDIT_NOTE: &[&str] = &[
    "credit_note_id",
    "invoice_id",
    "customer_id",
    "credit_date",
    "amount",
    "currency",
];

/// Files of `tests/data`.
fn data(source: &str, names: &[&str]) -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(source);
    names.iter().map(|name| folder.join(name)).collect()
}

fn import(desk: &Desk, profile: &str, source: &str, names: &[&str]) -> ImportOutcome {
    desk.import(&shipped_profile(profile), &data(source, names), 0.0)
        .expect("every row of the files is good")
}

#[test]
fn quickbooks_payments_are_split_into_cash_and_the_credits_they_used() {
    let desk = Desk::new();
    let names = ["invoices.json", "payments.json", "credit-memos.json"];
    let outcome = import(&desk, "quickbooks-online", "quickbooks", &names);
    assert_eq!(outcome.rejects, None);
    // Voided (133, with an amount of zero) and deleted (134) ones are left out.
    assert_eq!(
        desk.rows("invoices", INVOICE),
        [
            "130|1037|24|2025-01-10|2025-02-09|362.07|USD",
            "131|1038|25|2025-01-15|2025-02-14|100.00|USD",
            "132|1039|24|2025-01-20|2025-02-19|250.50|USD",
            "135|1041|26|2025-02-03|2025-03-05|1130.00|CAD",
        ]
    );
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "payment_terms", "recorded_at"])[..2],
        ["130|Net 30|2025-01-11", "131||2025-01-15"]
    );
    // 70 of the 100 on invoice 131 were cash, 30 a credit memo; 132 had a deposit.
    assert_eq!(
        desk.rows("payments", PAYMENT),
        [
            "200-130|130|2025-02-12|362.07|USD",
            "201-131|131|2025-02-20|70.00|USD",
            "deposit-132|132|2025-01-20|100.00|USD",
        ]
    );
    assert_eq!(
        desk.rows("credit_notes", CREDIT_NOTE),
        [
            "201-131-credit|131|25|2025-02-20|30.00|USD",
            "credit-memo-180||25|2025-02-01|15.00|USD",
        ]
    );
    // 37.93 of the first receipt are unapplied.
    assert_eq!(
        desk.rows(
            "receipts",
            &["receipt_id", "customer_id", "value_date", "amount", "currency"]
        ),
        ["200|24|2025-02-12|400.00|USD", "201|25|2025-02-20|70.00|USD"]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["24|Lakeside Bakery", "25|Copper Kettle", "26|Érable & Fils"]
    );
}

#[test]
fn quickbooks_objects_without_a_wrapper_are_told_apart_by_what_they_have() {
    let desk = Desk::new();
    import(&desk, "quickbooks-online", "quickbooks", &["documents.ndjson"]);
    assert_eq!(
        desk.rows("invoices", INVOICE),
        ["1|7|9|2025-01-10|2025-01-24|80.10|USD"]
    );
    assert_eq!(desk.rows("payments", PAYMENT), ["2-1|1|2025-01-30|80.10|USD"]);
    assert_eq!(
        desk.rows("credit_notes", &["credit_note_id", "customer_id", "amount"]),
        ["credit-memo-3|9|5.00"]
    );
}

#[test]
fn the_quickbooks_report_gives_what_is_open_and_passes_over_titles_and_totals() {
    let desk = Desk::new();
    import(
        &desk,
        "quickbooks-online-csv",
        "quickbooks",
        &["invoice-list.csv"],
    );
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "customer_id",
                "invoice_date",
                "due_date",
                "amount",
                "currency"
            ]
        ),
        [
            "1039|Lakeside Bakery|2025-01-20|2025-02-19|1150.50|USD",
            "1041|Erable & Fils|2025-02-03|2025-03-05|80.00|USD",
        ]
    );
}

#[test]
fn xero_sales_are_settled_by_payments_credit_notes_and_overpayments() {
    let desk = Desk::new();
    let names = [
        "invoices.json",
        "payments.json",
        "credit-notes.json",
        "overpayments.json",
    ];
    let outcome = import(&desk, "xero", "xero", &names);
    assert_eq!(outcome.rejects, None);
    // A bill, a draft, a voided one and one of nothing are left out.
    assert_eq!(
        desk.rows("invoices", INVOICE),
        [
            "inv-1|INV-0001|con-1|2025-01-10|2025-02-09|1800.00|NZD",
            "inv-2|INV-0002|con-2|2025-01-31|2025-03-02|240.50|EUR",
            "inv-6|INV-0005|con-1|2025-02-10|2025-03-12|350.00|NZD",
        ]
    );
    // The payment that is in both files counts once; the overpaid cash came in before its allocation.
    assert_eq!(
        desk.rows("payments", PAYMENT),
        [
            "over-1-inv-6|inv-6|2025-01-20|100.00|NZD",
            "pay-1|inv-1|2025-02-14|1000.00|NZD",
            "pay-2|inv-1|2025-03-03|500.00|NZD",
            "pay-5|inv-2|2025-03-10|40.50|EUR",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "recorded_at"])[0],
        "over-1-inv-6|2025-03-01"
    );
    assert_eq!(
        desk.rows("credit_notes", CREDIT_NOTE),
        [
            "alloc-7|inv-2|con-2|2025-03-02|20.00|EUR",
            "credit-1-inv-1|inv-1|con-1|2025-03-03|300.00|NZD",
            "credit-2||con-2|2025-03-01|60.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["con-1|Harbour Joinery", "con-2|Birkenhof"]
    );
}

#[test]
fn the_xero_export_gives_each_invoice_once_with_what_is_due() {
    let desk = Desk::new();
    let outcome = import(&desk, "xero-csv", "xero", &["sales-invoices.csv"]);
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "customer_id",
                "invoice_date",
                "due_date",
                "amount",
                "currency"
            ]
        ),
        [
            "INV-0002|Birkenhof|2025-01-31|2025-03-02|240.50|EUR",
            "INV-0005|Harbour Joinery|2025-02-10|2025-03-12|250.00|NZD",
        ]
    );
    // Paid, a credit note and a draft.
    assert_eq!(outcome.filtered, 3);
}

#[test]
fn only_sent_stripe_invoices_are_receivables_and_minor_units_follow_the_currency() {
    let desk = Desk::new();
    let outcome = import(&desk, "stripe", "stripe", &["invoices.json"]);
    assert_eq!(outcome.rejects, None);
    // in_3 was charged automatically, in_4 is a draft, in_5 is void.
    assert_eq!(
        desk.rows("invoices", INVOICE),
        [
            "in_1|AC-0001|cus_A|2025-01-02|2025-02-01|108.00|USD",
            "in_2|AC-0002|cus_B|2025-01-05|2025-02-04|250.50|EUR",
            "in_6|AC-0006|cus_A|2025-01-10|2025-02-09|4000|JPY",
            "in_7|AC-0007|cus_A|2025-01-12|2025-02-11|1.234|KWD",
        ]
    );
    // in_2 is paid in part; in_7 was paid beside Stripe, which counts nothing as paid.
    assert_eq!(
        desk.rows("payments", PAYMENT),
        [
            "inpay_1|in_2|2025-01-20|100.00|EUR",
            "paid-in_1|in_1|2025-02-07|108.00|USD",
            "paid-in_7|in_7|2025-02-12|1.234|KWD",
        ]
    );
    assert_eq!(
        desk.rows(
            "write_offs",
            &[
                "write_off_id",
                "invoice_id",
                "write_off_date",
                "amount",
                "currency"
            ]
        ),
        ["uncollectible-in_6|in_6|2025-06-30|4000|JPY"]
    );
}

#[test]
fn the_stripe_export_gives_the_same_of_sent_invoices() {
    let desk = Desk::new();
    import(&desk, "stripe-csv", "stripe", &["invoices.csv"]);
    assert_eq!(
        desk.rows("invoices", INVOICE),
        [
            "in_1|AC-0001|cus_A|2025-01-02|2025-02-01|108.00|USD",
            "in_2|AC-0002|cus_B|2025-01-05|2025-02-04|1250.50|EUR",
            "in_6|AC-0006|cus_A|2025-01-09|2025-02-08|12.00|USD",
        ]
    );
    // What was paid beside Stripe counts in full.
    assert_eq!(
        desk.rows("payments", PAYMENT),
        [
            "paid-in_1|in_1|2025-02-07|108.00|USD",
            "paid-in_6|in_6|2025-02-09|12.00|USD",
        ]
    );
}

#[test]
fn the_same_export_again_changes_nothing() {
    let desk = Desk::new();
    for (profile, source, names) in [
        (
            "quickbooks-online",
            "quickbooks",
            ["invoices.json", "payments.json", "credit-memos.json"],
        ),
        (
            "xero",
            "xero",
            ["invoices.json", "payments.json", "credit-notes.json"],
        ),
    ] {
        import(&desk, profile, source, &names);
        let before = desk.files();
        let again = import(&desk, profile, source, &names);
        assert!(
            again.added.values().all(|added| *added == 0),
            "{source}: {:?}",
            again.added
        );
        assert_eq!(desk.files(), before, "{source}");
    }
}
