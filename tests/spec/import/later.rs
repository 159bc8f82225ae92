//! What a later export changes in an earlier one: documents voided, deleted, changed and used up since.

mod quickbooks;

use duecast::history::import::ImportOutcome;
use duecast::history::{History, OpenItem, Profile};

use super::desk::{Desk, shipped_profile};
use super::settlements::BOOKS;

/// Imports one document of a source, of which nothing may be rejected.
fn import(desk: &Desk, profile: &str, name: &str, text: &str) -> ImportOutcome {
    let file = desk.put(name, text);
    let outcome = desk
        .import(&shipped_profile(profile), &[file], 0.0)
        .expect("every record is read");
    assert_eq!(outcome.rejects, None);
    outcome
}

/// What is owed of each invoice at the end of a day.
fn open(desk: &Desk, day: &str) -> Vec<String> {
    let (history, _) = History::open(&desk.ledger()).expect("the ledger is good");
    let items = history.as_of(day.parse().expect("a date")).open_items();
    let shown = |item: &OpenItem| format!("{} {}", item.invoice_id, item.open);
    items.expect("it can be read").iter().map(shown).collect()
}

const NOTHING: [&str; 0] = [];
const CREDITS: &[&str] = &["credit_note_id", "invoice_id", "amount", "superseded_on"];

/// A sales invoice of Xero of 10 January, in euros.
pub(super) fn sale(id: &str, total: &str, status: &str, changed_on: &str) -> String {
    format!(
        "{{\"Type\": \"ACCREC\", \"InvoiceID\": \"{id}\", \"InvoiceNumber\": \"N-{id}\", \
         \"Contact\": {{\"ContactID\": \"con-1\"}}, \"DateString\": \"2025-01-10T00:00:00\", \
         \"DueDateString\": \"2025-02-09T00:00:00\", \"Status\": \"{status}\", \"Total\": {total}, \
         \"CurrencyCode\": \"EUR\", \"UpdatedDateUTC\": \"{changed_on}T09:00:00\"}}"
    )
}

/// The payment of invoice `inv-1` on 10 February, entered on the eleventh.
pub(super) fn received(status: &str, changed_on: &str) -> String {
    format!(
        "{{\"PaymentID\": \"pay-1\", \"Date\": \"2025-02-10T00:00:00\", \"Amount\": 100.00, \
         \"PaymentType\": \"ACCRECPAYMENT\", \"Status\": \"{status}\", \
         \"UpdatedDateUTC\": \"{changed_on}T09:00:00\", \
         \"Invoice\": {{\"InvoiceID\": \"inv-1\", \"CurrencyCode\": \"EUR\"}}}}"
    )
}

/// A credit note of 1 February over 60.
pub(super) fn note(status: &str, left: &str, allocations: &str, changed_on: &str) -> String {
    format!(
        "{{\"CreditNoteID\": \"cn-1\", \"Type\": \"ACCRECCREDIT\", \"Status\": \"{status}\", \
         \"Contact\": {{\"ContactID\": \"con-1\"}}, \"DateString\": \"2025-02-01T00:00:00\", \"Total\": 60.00, \
         \"RemainingCredit\": {left}, \"CurrencyCode\": \"EUR\", \"UpdatedDateUTC\": \"{changed_on}T09:00:00\", \
         \"Allocations\": [{allocations}]}}"
    )
}

#[test]
fn xero_payments_invoices_and_credits_that_are_gone_end_on_the_day_of_the_change() {
    let desk = Desk::new();
    let first = format!(
        "{{\"Invoices\": [{}, {}, {}], \"Payments\": [{}], \"CreditNotes\": [{}]}}",
        sale("inv-1", "100.00", "PAID", "2025-02-11"),
        sale("inv-2", "60.00", "AUTHORISED", "2025-01-10"),
        sale("inv-3", "20.00", "AUTHORISED", "2025-01-10"),
        received("AUTHORISED", "2025-02-11"),
        note("AUTHORISED", "60.00", "", "2025-02-01"),
    );
    import(&desk, "xero", "first.json", &first);
    let all = ["inv-1 100.00 EUR", "inv-2 60.00 EUR", "inv-3 20.00 EUR"];
    assert_eq!(open(&desk, "2025-02-10"), all, "paid, but not entered");
    assert_eq!(open(&desk, "2025-02-11"), all[1..]);
    let used =
        "{\"Amount\": 60.00, \"Date\": \"2025-03-05T00:00:00\", \"Invoice\": {\"InvoiceID\": \"inv-2\"}}";
    let second = format!(
        "{{\"Invoices\": [{}, {}, {}], \"Payments\": [{}], \"CreditNotes\": [{}]}}",
        sale("inv-1", "100.00", "AUTHORISED", "2025-03-05"),
        sale("inv-2", "60.00", "PAID", "2025-03-05"),
        sale("inv-3", "20.00", "VOIDED", "2025-03-05"),
        received("DELETED", "2025-03-05"),
        note("PAID", "0.00", used, "2025-03-05"),
    );
    import(&desk, "xero", "second.json", &second);
    assert_eq!(open(&desk, "2025-03-04"), all[1..], "as it was known then");
    assert_eq!(open(&desk, "2025-03-05"), all[..1]);
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        [
            "cn-1-inv-2|inv-2|60.00|",
            "cn-1||60.00|2025-03-05",
            "inv-3/void|inv-3|20.00|"
        ]
    );
    let ledger = desk.files();
    import(&desk, "xero", "second.json", &second);
    assert_eq!(desk.files(), ledger);
}

/// A sent invoice of Stripe over 100 or 50 euros, finalised on 5 January.
fn sent(id: &str, cents: u32, status: &str, more: &str, transitions: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"object\": \"invoice\", \"status\": \"{status}\", \
         \"collection_method\": \"send_invoice\", \"currency\": \"eur\", \"amount_due\": {cents}, \
         \"customer\": \"cus_A\", \"created\": 1735689600, \"due_date\": 1738710000, {more}, \
         \"status_transitions\": {{\"finalized_at\": 1736085600{transitions}}}}}"
    )
}

const GIVEN_UP: &str = ", \"marked_uncollectible_at\": 1738965600";
const PAID: &str = ", \"paid_at\": 1738965600";

/// What is paid and what remains of an amount.
fn rest(paid: u32, remaining: u32) -> String {
    format!("\"amount_paid\": {paid}, \"amount_remaining\": {remaining}")
}

/// An open invoice, one that was given up, and one that was paid, the last two on 7 February.
fn early_list() -> String {
    [
        sent("in_1", 10_000, "open", &rest(0, 10_000), ""),
        sent("in_2", 5_000, "uncollectible", &rest(0, 5_000), GIVEN_UP),
        sent("in_3", 5_000, "paid", &rest(5_000, 0), PAID),
    ]
    .join("\n")
}

/// The same, voided on 5 March, paid after all on 6 March, and with its payment.
fn late_list() -> String {
    let after_all = format!("{GIVEN_UP}, \"paid_at\": 1741219200");
    let payments = format!(
        "{}, \"payments\": {{\"data\": [{{\"id\": \"inpay_3\", \"amount_paid\": 5000, \"currency\": \"eur\", \
         \"created\": 1738965600, \"status\": \"paid\", \"status_transitions\": {{\"paid_at\": 1738965600}}}}]}}",
        rest(5_000, 0)
    );
    [
        sent(
            "in_1",
            10_000,
            "void",
            &rest(0, 10_000),
            ", \"voided_at\": 1741132800",
        ),
        sent("in_2", 5_000, "paid", &rest(5_000, 0), &after_all),
        sent("in_3", 5_000, "paid", &payments, PAID),
    ]
    .join("\n")
}

#[test]
fn stripe_invoices_are_void_paid_after_all_and_given_with_their_payments_by_the_times_of_stripe() {
    let desk = Desk::new();
    import(&desk, "stripe", "first.json", &early_list());
    assert_eq!(open(&desk, "2025-02-07"), ["in_1 100.00 EUR"]);
    import(&desk, "stripe", "second.json", &late_list());
    assert_eq!(open(&desk, "2025-03-04"), ["in_1 100.00 EUR"]);
    assert_eq!(open(&desk, "2025-03-05"), NOTHING);
    assert_eq!(
        desk.rows("credit_notes", &["credit_note_id", "credit_date", "amount"]),
        ["in_1/void|2025-03-05|100.00"]
    );
    assert_eq!(
        desk.rows("write_offs", &["write_off_id", "write_off_date", "superseded_on"]),
        ["uncollectible-in_2|2025-02-07|2025-03-06"]
    );
    assert_eq!(
        desk.rows(
            "payments",
            &["payment_id", "paid_date", "amount", "superseded_on"]
        ),
        [
            "inpay_3|2025-02-07|50.00|",
            "paid-in_2|2025-03-06|50.00|",
            "paid-in_3|2025-02-07|50.00|2025-02-07"
        ]
    );
}

#[test]
fn a_credit_on_account_counts_once_when_a_later_export_uses_a_part_and_pays_out_the_rest() {
    let desk = Desk::new();
    let profile = Profile::from_toml("books.toml", BOOKS).expect("the profile is right");
    let header = "document_id,kind,customer_id,date,due_date,amount,currency\n";
    let documents = "I1,invoice,ACME,2025-01-31,2025-03-02,100.00,EUR\n\
        C1,credit_note,ACME,2025-02-01,,150.00,EUR\n";
    let first = [desk.put("documents-1.csv", format!("{header}{documents}"))];
    desk.import(&profile, &first, 0.0).expect("every row is read");
    let refund = "R1,refund,ACME,2025-03-10,,50.00,EUR\n";
    let settlements = "settlement_id,debit_document_id,credit_document_id,amount,date\n\
        S1,I1,C1,100.00,2025-03-04\n";
    let second = [
        desk.put("documents-2.csv", format!("{header}{documents}")),
        desk.put("settlements-2.csv", settlements),
    ];
    desk.import(&profile, &second, 0.0).expect("every row is read");
    let rest = "C1-2||50.00|";
    assert!(desk.rows("credit_notes", CREDITS).contains(&rest.to_owned()));
    let third = [
        desk.put("documents-3.csv", format!("{header}{documents}{refund}")),
        desk.put(
            "settlements-3.csv",
            format!("{settlements}S2,R1,C1,50.00,2025-03-11\n"),
        ),
    ];
    desk.import(&profile, &third, 0.0).expect("every row is read");
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        ["C1-2||50.00|2025-03-11", "C1|I1|100.00|", "C1||150.00|2025-03-04"]
    );
    assert_eq!(open(&desk, "2025-03-03"), ["I1 100.00 EUR"]);
    assert_eq!(open(&desk, "2025-03-04"), NOTHING);
}
