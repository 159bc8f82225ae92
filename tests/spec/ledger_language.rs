//! What is open on which day, as ledgers with the answer beside them.

use crate::support::table_language::Ledger;

fn check(text: &str) {
    Ledger::parse(text).check();
    // The order of rows in a file says nothing.
    Ledger::parse(text).reversed().check();
}

#[test]
fn an_invoice_is_open_until_it_is_paid_in_full() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-12 400.00
         payment I1 2025-04-01 600.00
         as_of 2025-03-01 I1 open 1000.00 days_past_due -1
         as_of 2025-03-02 I1 open 1000.00 days_past_due 0
         as_of 2025-03-12 I1 open 600.00 days_past_due 10
         as_of 2025-03-31 I1 open 600.00 days_past_due 29
         as_of 2025-04-01 I1 absent",
    );
}

#[test]
fn an_invoice_exists_from_the_end_of_the_day_it_was_issued() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         as_of 2025-01-30 I1 absent
         as_of 2025-01-31 I1 open 1000.00 days_past_due -30",
    );
}

#[test]
fn a_leap_day_is_a_day() {
    check(
        "invoice I1 ACME issued 2024-01-31 due 2024-02-29 10.00 EUR
         as_of 2024-02-28 I1 open 10.00 days_past_due -1
         as_of 2024-02-29 I1 open 10.00 days_past_due 0
         as_of 2024-03-01 I1 open 10.00 days_past_due 1",
    );
}

#[test]
fn a_payment_counts_from_the_day_it_was_recorded() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-12 1000.00 recorded 2025-03-17
         as_of 2025-03-16 I1 open 1000.00 days_past_due 14
         as_of 2025-03-17 I1 absent",
    );
}

#[test]
fn a_payment_announced_in_advance_counts_from_its_date() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-12 1000.00 recorded 2025-03-03
         as_of 2025-03-11 I1 open 1000.00
         as_of 2025-03-12 I1 absent",
    );
}

#[test]
fn an_invoice_recorded_late_is_unknown_until_then() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR recorded 2025-02-10
         as_of 2025-02-09 I1 absent
         as_of 2025-02-10 I1 open 1000.00 days_past_due -20",
    );
}

#[test]
fn credit_notes_and_write_offs_reduce_what_is_open() {
    check(
        "invoice     I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         credit_note I1 2025-02-15 100.00
         payment     I1 2025-03-01 850.00
         write_off   I1 2025-06-30 50.00
         as_of 2025-02-14 I1 open 1000.00
         as_of 2025-02-15 I1 open 900.00
         as_of 2025-03-01 I1 open 50.00
         as_of 2025-06-30 I1 absent",
    );
}

#[test]
fn a_reversed_payment_opens_the_invoice_again() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-01 1000.00
         payment I1 2025-03-05 -1000.00
         as_of 2025-03-01 I1 absent
         as_of 2025-03-05 I1 open 1000.00 days_past_due 3",
    );
}

#[test]
fn an_overpaid_invoice_is_not_open() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-01 1000.01
         as_of 2025-02-28 I1 open 1000.00
         as_of 2025-03-01 I1 absent",
    );
}

#[test]
fn one_cent_short_is_open() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         payment I1 2025-03-01 999.99
         as_of 2025-03-02 I1 open 0.01 days_past_due 0",
    );
}

#[test]
fn a_payment_touches_its_own_invoice_only() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         invoice I2 ACME issued 2025-02-28 due 2025-03-30 500.00 EUR
         invoice I3 BETA issued 2025-02-28 due 2025-03-30 70.00 USD
         payment I1 2025-03-12 1000.00
         as_of 2025-03-12 I1 absent
         as_of 2025-03-12 I2 open 500.00 days_past_due -18
         as_of 2025-03-12 I3 open 70.00 days_past_due -18",
    );
}

#[test]
fn a_currency_keeps_its_own_number_of_decimals() {
    check(
        "invoice I1 KITE issued 2025-01-31 due 2025-03-02 1000 JPY
         invoice I2 DHOW issued 2025-01-31 due 2025-03-02 1.250 KWD
         payment I1 2025-02-10 1
         payment I2 2025-02-10 0.001
         as_of 2025-02-10 I1 open 999
         as_of 2025-02-10 I2 open 1.249",
    );
}

#[test]
fn a_dispute_holds_its_amount_until_it_is_resolved() {
    check(
        "invoice I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         dispute I1 2025-03-05 200.00 resolved 2025-03-20
         as_of 2025-03-04 I1 open 1000.00 disputed 0.00
         as_of 2025-03-05 I1 open 1000.00 disputed 200.00
         as_of 2025-03-19 I1 open 1000.00 disputed 200.00
         as_of 2025-03-20 I1 open 1000.00 disputed 0.00",
    );
}

#[test]
#[should_panic(expected = "line 1: no invoice I9 above this line")]
fn the_language_knows_which_invoice_is_missing() {
    Ledger::parse("payment I9 2025-03-12 400.00");
}

#[test]
#[should_panic(expected = "line 2: expected \"due\", found \"1000.00\"")]
fn the_language_names_the_line_that_is_wrong() {
    Ledger::parse("# one comment\ninvoice I1 ACME issued 2025-01-31 1000.00 EUR");
}
