//! `QuickBooks` Online keeps the last state of each document, and says when it was last changed.

use super::{CREDITS, NOTHING, import, open};
use crate::import::desk::{Desk, shipped_profile};

/// An answer of `QuickBooks` with these lists of documents.
fn answer(lists: &[(&str, &str)]) -> String {
    let lists: Vec<String> = lists
        .iter()
        .map(|(name, documents)| format!("\"{name}\": [{documents}]"))
        .collect();
    format!("{{\"QueryResponse\": {{{}}}}}", lists.join(", "))
}

/// An invoice of 10 January.
fn invoice(id: &str, total: &str, changed_on: &str) -> String {
    format!(
        "{{\"Id\": \"{id}\", \"MetaData\": {{\"CreateTime\": \"2025-01-10T10:00:00-08:00\", \
         \"LastUpdatedTime\": \"{changed_on}T10:00:00-08:00\"}}, \"DocNumber\": \"10{id}\", \
         \"TxnDate\": \"2025-01-10\", \"CustomerRef\": {{\"value\": \"9\"}}, \"DueDate\": \"2025-02-09\", \
         \"TotalAmt\": {total}, \"Balance\": 0}}"
    )
}

/// Payment 2, of cash that came in on 4 February, with its lines as `amount document type`.
fn payment(total: &str, lines: &[(&str, &str, &str)], changed_on: &str, token: u32) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|(amount, id, kind)| {
            format!(
                "{{\"Amount\": {amount}, \"LinkedTxn\": [{{\"TxnId\": \"{id}\", \"TxnType\": \"{kind}\"}}]}}"
            )
        })
        .collect();
    format!(
        "{{\"Id\": \"2\", \"SyncToken\": \"{token}\", \"MetaData\": {{\"CreateTime\": \
         \"2025-02-05T10:00:00-08:00\", \"LastUpdatedTime\": \"{changed_on}T10:00:00-08:00\"}}, \
         \"TxnDate\": \"2025-02-04\", \"CustomerRef\": {{\"value\": \"9\"}}, \"TotalAmt\": {total}, \
         \"UnappliedAmt\": 0, \"Line\": [{}]}}",
        lines.join(", ")
    )
}

/// A ledger with invoice 1 over 100, paid by payment 2, and the answer that it is made of.
fn paid() -> (Desk, String) {
    let desk = Desk::new();
    let text = answer(&[
        ("Invoice", &invoice("1", "100.00", "2025-02-05")),
        (
            "Payment",
            &payment("100.00", &[("100.00", "1", "Invoice")], "2025-02-05", 0),
        ),
    ]);
    import(&desk, "quickbooks-online", "first.json", &text);
    (desk, text)
}

#[test]
fn a_voided_quickbooks_payment_is_owed_again_from_the_day_it_was_voided() {
    let (desk, first) = paid();
    assert_eq!(
        open(&desk, "2025-02-04"),
        ["1 100.00 USD"],
        "paid, but not entered"
    );
    let voided = answer(&[("Payment", &payment("0", &[], "2025-03-01", 1))]);
    let outcome = import(&desk, "quickbooks-online", "second.json", &voided);
    assert_eq!(open(&desk, "2025-02-05"), NOTHING);
    assert_eq!(open(&desk, "2025-02-28"), NOTHING);
    assert_eq!(open(&desk, "2025-03-01"), ["1 100.00 USD"]);
    assert_eq!(
        desk.rows("receipts", &["receipt_id", "recorded_at", "superseded_on"]),
        ["2|2025-02-05|2025-03-01"]
    );
    let notes = outcome.notes.join("\n");
    assert!(notes.contains("2 rows end"), "{notes}");
    let ledger = desk.files();
    for (name, text) in [("second.json", &voided), ("first.json", &first)] {
        import(&desk, "quickbooks-online", name, text);
        assert_eq!(desk.files(), ledger, "{name}");
    }
}

#[test]
fn a_deleted_quickbooks_payment_comes_by_change_data_capture() {
    let (desk, _) = paid();
    let deleted = "{\"CDCResponse\": [{\"QueryResponse\": [{\"Payment\": [{\"domain\": \"QBO\", \
        \"status\": \"Deleted\", \"Id\": \"2\", \"MetaData\": {\"LastUpdatedTime\": \
        \"2025-03-02T09:00:00-08:00\"}}], \"startPosition\": 1, \"maxResults\": 1}]}], \
        \"time\": \"2025-03-03T09:00:00-08:00\"}";
    import(&desk, "quickbooks-online", "changes.json", deleted);
    assert_eq!(open(&desk, "2025-03-01"), NOTHING);
    assert_eq!(open(&desk, "2025-03-02"), ["1 100.00 USD"]);
}

#[test]
fn a_quickbooks_payment_that_is_put_against_another_invoice_and_back_leaves_the_one_each_time() {
    let (desk, _) = paid();
    let to = |invoice: &str, day: &str, token: u32| {
        let line = [("100.00", invoice, "Invoice")];
        answer(&[("Payment", &payment("100.00", &line, day, token))])
    };
    let other = answer(&[("Invoice", &invoice("3", "100.00", "2025-01-10"))]);
    import(&desk, "quickbooks-online", "other.json", &other);
    import(
        &desk,
        "quickbooks-online",
        "moved.json",
        &to("3", "2025-02-20", 1),
    );
    assert_eq!(open(&desk, "2025-02-19"), ["3 100.00 USD"]);
    assert_eq!(open(&desk, "2025-02-20"), ["1 100.00 USD"]);
    import(&desk, "quickbooks-online", "back.json", &to("1", "2025-03-03", 2));
    assert_eq!(open(&desk, "2025-03-02"), ["1 100.00 USD"]);
    assert_eq!(open(&desk, "2025-03-03"), ["3 100.00 USD"]);
    let ledger = desk.files();
    import(&desk, "quickbooks-online", "back.json", &to("1", "2025-03-03", 2));
    assert_eq!(desk.files(), ledger);
}

#[test]
fn of_two_states_of_a_quickbooks_payment_in_one_import_the_newest_counts() {
    let desk = Desk::new();
    let old = answer(&[
        ("Invoice", &invoice("1", "100.00", "2025-02-05")),
        (
            "Payment",
            &payment("100.00", &[("100.00", "1", "Invoice")], "2025-02-05", 0),
        ),
    ]);
    // Changed twice on one day: the number of the state tells them apart.
    let states = [("70.00", 1), ("60.00", 2)]
        .map(|(amount, token)| payment(amount, &[(amount, "1", "Invoice")], "2025-02-20", token));
    let new = answer(&[("Payment", &states.join(", "))]);
    let files = [desk.put("new.json", new), desk.put("old.json", old)];
    let profile = shipped_profile("quickbooks-online");
    let outcome = desk.import(&profile, &files, 0.0).expect("every record is read");
    assert_eq!(outcome.rejects, None);
    assert_eq!(
        desk.rows("payments", &["payment_id", "paid_date", "amount", "recorded_at"]),
        ["2-1|2025-02-04|60.00|2025-02-20"]
    );
    assert_eq!(desk.rows("receipts", &["receipt_id", "amount"]), ["2|60.00"]);
    // What was changed is not known before it was.
    assert_eq!(open(&desk, "2025-02-19"), ["1 100.00 USD"]);
    assert_eq!(open(&desk, "2025-02-20"), ["1 40.00 USD"]);
}

#[test]
fn a_quickbooks_credit_memo_counts_once_when_it_is_used_up_later() {
    let desk = Desk::new();
    let memo = |left: &str, changed_on: &str| {
        format!(
            "{{\"Id\": \"5\", \"MetaData\": {{\"CreateTime\": \"2025-02-01T10:00:00-08:00\", \
             \"LastUpdatedTime\": \"{changed_on}T10:00:00-08:00\"}}, \"TxnDate\": \"2025-02-01\", \
             \"CustomerRef\": {{\"value\": \"9\"}}, \"TotalAmt\": 30.00, \"RemainingCredit\": {left}, \
             \"Balance\": {left}}}"
        )
    };
    let first = answer(&[
        ("Invoice", &invoice("1", "100.00", "2025-01-10")),
        ("CreditMemo", &memo("30.00", "2025-02-01")),
    ]);
    import(&desk, "quickbooks-online", "first.json", &first);
    let lines = [("100.00", "1", "Invoice"), ("30.00", "5", "CreditMemo")];
    let second = answer(&[
        ("Payment", &payment("70.00", &lines, "2025-03-01", 0)),
        ("CreditMemo", &memo("0", "2025-03-01")),
    ]);
    import(&desk, "quickbooks-online", "second.json", &second);
    assert_eq!(
        desk.rows("credit_notes", CREDITS),
        ["2-1-credit|1|30.00|", "credit-memo-5||30.00|2025-03-01"]
    );
    assert_eq!(open(&desk, "2025-02-28"), ["1 100.00 USD"]);
    assert_eq!(open(&desk, "2025-03-01"), NOTHING);
}

#[test]
fn a_voided_quickbooks_invoice_is_credited_without_cash() {
    let desk = Desk::new();
    let first = answer(&[("Invoice", &invoice("1", "100.00", "2025-01-10"))]);
    import(&desk, "quickbooks-online", "first.json", &first);
    let voided = answer(&[("Invoice", &invoice("1", "0", "2025-03-01"))]);
    import(&desk, "quickbooks-online", "second.json", &voided);
    assert_eq!(open(&desk, "2025-02-28"), ["1 100.00 USD"]);
    assert_eq!(open(&desk, "2025-03-01"), NOTHING);
    assert_eq!(
        desk.rows(
            "credit_notes",
            &["credit_note_id", "invoice_id", "credit_date", "amount", "reason"]
        ),
        ["1/void|1|2025-03-01|100.00|void"]
    );
    assert!(!desk.files().contains_key("payments.csv"));
}
