//! Promises, disputes and part payments: what is known of them when, and what it says.

use super::expect;

/// Two invoices that a promise for the account covers, and one that is issued after it was given.
const ACCOUNT: &str = "
    invoice I1 ACME issued 2025-05-01 due 2025-05-30 100.00 EUR
    invoice I2 ACME issued 2025-05-02 due 2025-06-02 200.00 EUR
    invoice I3 ACME issued 2025-06-12 due 2025-07-11 300.00 EUR
";

#[test]
fn a_promise_for_the_account_covers_the_invoices_that_were_there_when_it_was_given() {
    let text = format!("{ACCOUNT} promise ACME given 2025-06-10 for 2025-06-20");
    for (invoice, has, past) in [("I1", 1.0, -5.0), ("I2", 1.0, -5.0), ("I3", 0.0, 0.0)] {
        let expected = [("has_promise", has), ("days_past_promise", past)];
        expect(&text, "2025-06-15", invoice, &expected);
    }
    expect(&text, "2025-06-09", "I1", &[("has_promise", 0.0)]);
}

#[test]
fn a_promise_for_an_invoice_covers_no_other_even_before_that_one_is_known() {
    let text = format!(
        "{ACCOUNT} invoice I4 ACME issued 2025-06-01 due 2025-06-30 50.00 EUR recorded 2025-06-18
         promise ACME given 2025-06-10 for 2025-06-20 invoice I4"
    );
    expect(&text, "2025-06-15", "I1", &[("has_promise", 0.0)]);
    expect(&text, "2025-06-18", "I1", &[("has_promise", 0.0)]);
    expect(&text, "2025-06-18", "I4", &[("has_promise", 1.0)]);
}

#[test]
fn a_promise_is_judged_by_the_cash_known_three_days_after_its_date() {
    let promised = format!("{ACCOUNT} promise ACME given 2025-06-10 for 2025-06-20\n");
    let kept = format!("{promised} payment I1 2025-06-20 100.00\n payment I2 2025-06-20 200.00");
    expect(&kept, "2025-06-22", "I3", &[("promise_kept_rate", 2.0 / 3.0)]);
    expect(&kept, "2025-06-23", "I3", &[("promise_kept_rate", 3.0 / 4.0)]);
    let broken = format!("{promised} payment I1 2025-06-20 100.00");
    let expected = [
        ("promise_kept_rate", 2.0 / 4.0),
        ("has_promise", 1.0),
        ("days_past_promise", 3.0),
    ];
    expect(&broken, "2025-06-23", "I2", &expected);
    // Cash that is recorded after the deadline comes too late for the judgement, then and ever after.
    let late = format!(
        "{promised} payment I1 2025-06-20 100.00
         payment I2 2025-06-20 200.00 recorded 2025-06-24"
    );
    expect(&late, "2025-06-23", "I3", &[("promise_kept_rate", 2.0 / 4.0)]);
    expect(&late, "2025-07-31", "I3", &[("promise_kept_rate", 2.0 / 4.0)]);
}

#[test]
fn a_promise_of_a_part_is_kept_by_that_part_and_says_nothing_about_the_rest() {
    let text = format!(
        "{ACCOUNT} promise ACME given 2025-06-10 for 2025-06-20 invoice I1 amount 40.00
         payment I1 2025-06-19 40.00"
    );
    expect(&text, "2025-06-20", "I1", &[("has_promise", 1.0)]);
    let after = [("has_promise", 0.0), ("promise_kept_rate", 3.0 / 4.0)];
    expect(&text, "2025-06-23", "I1", &after);
}

#[test]
fn a_dispute_waits_until_the_day_it_is_resolved() {
    let text = "invoice I1 ACME issued 2025-05-01 due 2025-05-30 100.00 EUR
                dispute I1 2025-06-02 100.00 resolved 2025-06-12";
    let open = [
        ("is_disputed", 1.0),
        ("log_dispute_days", 9.0),
        ("disputes_resolved", 0.0),
    ];
    expect(text, "2025-06-11", "I1", &open);
    let resolved = [
        ("is_disputed", 0.0),
        ("log_dispute_days", 0.0),
        ("log_dispute_wait", 0.0),
        ("disputes_resolved", 1.0),
    ];
    expect(text, "2025-06-12", "I1", &resolved);
}

#[test]
fn the_wait_for_a_resolution_is_learned_from_the_disputes_so_far() {
    let first = "invoice I1 ACME issued 2025-05-01 due 2025-05-30 100.00 EUR
                 invoice I2 ACME issued 2025-05-01 due 2025-05-30 100.00 EUR
                 dispute I1 2025-06-02 100.00";
    // Nine days so far; the book: (9 + 2 x 30) / 2 = 34.5; the customer: (9 + 2 x 34.5) / 2.
    expect(first, "2025-06-11", "I1", &[("log_dispute_wait", 39.0)]);
    let quick = format!("{first}\n dispute I2 2025-05-05 100.00 resolved 2025-05-15");
    // Nineteen days and one resolved; the book: 79 / 3; the customer: (19 + 2 x 79 / 3) / 3.
    let wait = (19.0 + 2.0 * 79.0 / 3.0) / 3.0;
    expect(&quick, "2025-06-11", "I1", &[("log_dispute_wait", wait)]);
}

#[test]
fn a_part_payment_is_a_run_and_leaves_the_rest_at_risk() {
    let text = "invoice I1 ACME issued 2025-05-01 due 2025-05-30 100.00 EUR
                payment I1 2025-06-05 40.00
                credit_note I1 2025-06-06 10.00";
    expect(
        text,
        "2025-06-10",
        "I1",
        &[
            ("paid_share", 0.5),
            ("log_run_count", 1.0),
            ("log_partial_count", 1.0),
            ("log_part_payment_days", 6.0),
            ("days_past_due", 11.0),
        ],
    );
    expect(text, "2025-06-04", "I1", &[("log_part_payment_days", 0.0)]);
}
