//! What is open at the end of any day, and what later facts may not change.

use duecast::history::{History, Table};
use proptest::prelude::*;

use super::{INVOICES, ONE_INVOICE, PAYMENTS, day, of_payments, open_at, opened};

#[test]
fn the_open_amount_is_right_on_every_day_of_partial_payments() {
    let (history, _) = of_payments("P2,I1,2025-03-20,600.00,EUR\nP1,I1,2025-03-12,400.00,EUR\n");
    for (cutoff, expected) in [
        ("2025-01-30", Vec::new()),
        ("2025-01-31", vec!["I1 1000.00"]),
        ("2025-03-11", vec!["I1 1000.00"]),
        ("2025-03-12", vec!["I1 600.00"]),
        ("2025-03-19", vec!["I1 600.00"]),
        ("2025-03-20", Vec::new()),
        ("2199-12-31", Vec::new()),
    ] {
        assert_eq!(open_at(&history, cutoff), expected, "{cutoff}");
    }
}

#[test]
fn an_open_item_says_how_late_it_is_and_what_was_invoiced() {
    let (history, _) = of_payments("P1,I1,2025-03-12,400.00,EUR\n");
    let items = history.as_of(day("2025-03-12")).open_items().expect("open items");
    let item = &items[0];
    assert_eq!(
        (items.len(), item.customer_id.as_str(), item.days_past_due),
        (1, "ACME", 10)
    );
    assert_eq!(
        (item.gross.to_string(), item.open.to_string()),
        ("1000.00 EUR".to_owned(), "600.00 EUR".to_owned())
    );
    assert_eq!(
        (item.invoice_date, item.due_date),
        (day("2025-01-31"), day("2025-03-02"))
    );
}

#[test]
fn credit_notes_and_write_offs_reduce_the_invoice_and_reversals_restore_it() {
    let (history, report) = opened(&[
        ("invoices.csv", &format!("{INVOICES}{ONE_INVOICE}")),
        (
            "payments.csv",
            &format!("{PAYMENTS}P1,I1,2025-03-01,700.00,EUR\nP2,I1,2025-03-05,-700.00,EUR\n"),
        ),
        (
            "credit_notes.csv",
            "credit_note_id,customer_id,credit_date,amount,currency,invoice_id\n\
             C1,ACME,2025-03-10,150.00,EUR,I1\nC2,ACME,2025-03-11,99.00,EUR,\n",
        ),
        (
            "write_offs.csv",
            "write_off_id,invoice_id,write_off_date,amount,currency\nW1,I1,2025-06-30,850.00,EUR\n",
        ),
    ]);
    assert_eq!(report.rows_rejected(), 0);
    for (cutoff, expected) in [
        ("2025-03-01", vec!["I1 300.00"]),
        ("2025-03-05", vec!["I1 1000.00"]),
        ("2025-03-11", vec!["I1 850.00"]),
        ("2025-06-30", Vec::new()),
    ] {
        assert_eq!(open_at(&history, cutoff), expected, "{cutoff}");
    }
    let settlements = history
        .as_of(day("2025-12-31"))
        .settlements()
        .collect()
        .expect("settlements");
    assert_eq!(settlements.height(), 4);
    let customers = settlements.column("customer_id").expect("filled in").clone();
    assert_eq!(customers.null_count(), 0);
}

#[test]
fn a_fact_counts_from_the_day_it_was_recorded() {
    let (history, report) = opened(&[
        (
            "invoices.csv",
            "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at\n\
             I1,ACME,2025-01-31,2025-03-02,10.00,EUR,2025-02-03T18:30:00Z\n\
             I2,ACME,2025-01-31,2025-03-02,20.00,EUR,2025-01-15\n",
        ),
        (
            "payments.csv",
            "payment_id,invoice_id,paid_date,amount,currency,recorded_at\nP1,I1,2025-02-10,10.00,EUR,2025-02-20\n",
        ),
    ]);
    assert_eq!(report.rows_rejected(), 0);
    assert_eq!(report.tables[&Table::Invoices].recorded_at_imputed, 0);
    for (cutoff, expected) in [
        ("2025-01-30", Vec::new()),
        ("2025-01-31", vec!["I2 20.00"]),
        ("2025-02-02", vec!["I2 20.00"]),
        ("2025-02-03", vec!["I1 10.00", "I2 20.00"]),
        ("2025-02-19", vec!["I1 10.00", "I2 20.00"]),
        ("2025-02-20", vec!["I2 20.00"]),
    ] {
        assert_eq!(open_at(&history, cutoff), expected, "{cutoff}");
    }
}

#[test]
fn an_earlier_view_of_a_snapshot_is_the_snapshot_of_that_day() {
    let (history, _) = of_payments("P1,I1,2025-03-12,400.00,EUR\n");
    let late = history.as_of(day("2025-04-01"));
    let earlier = late.as_of(day("2025-03-01"));
    assert_eq!(
        earlier.open_items().expect("items"),
        history.as_of(day("2025-03-01")).open_items().expect("items")
    );
    assert_eq!(late.as_of(day("2026-01-01")).cutoff(), day("2025-04-01"));
}

#[test]
fn a_dispute_counts_until_it_was_resolved_and_its_outcome_is_hidden_before() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let disputes = "dispute_id,invoice_id,opened_on,amount,currency,resolved_on,outcome\n\
                    D1,I1,2025-03-05,200.00,EUR,2025-03-20,valid\n";
    let (history, _) = opened(&[("invoices.csv", &invoices), ("disputes.csv", disputes)]);
    for (cutoff, disputed, known_outcomes) in [
        ("2025-03-04", "0.00", 0),
        ("2025-03-05", "200.00", 0),
        ("2025-03-19", "200.00", 0),
        ("2025-03-20", "0.00", 1),
    ] {
        let snapshot = history.as_of(day(cutoff));
        let items = snapshot.open_items().expect("open items");
        assert_eq!(items[0].disputed.to_decimal_string(), disputed, "{cutoff}");
        let table = snapshot.table(Table::Disputes).collect().expect("disputes");
        let outcomes = table.column("outcome").expect("a column");
        assert_eq!(outcomes.len() - outcomes.null_count(), known_outcomes, "{cutoff}");
    }
}

#[test]
fn a_dispute_without_an_amount_is_about_all_that_is_open() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let payments = format!("{PAYMENTS}P1,I1,2025-03-01,300.00,EUR\n");
    let disputes = "dispute_id,invoice_id,opened_on\nD1,I1,2025-03-05\n";
    let files = [
        ("invoices.csv", invoices.as_str()),
        ("payments.csv", &payments),
        ("disputes.csv", disputes),
    ];
    let items = opened(&files)
        .0
        .as_of(day("2025-03-05"))
        .open_items()
        .expect("open items");
    assert_eq!(items[0].disputed.to_decimal_string(), "700.00");
}

#[test]
fn the_customer_of_a_payment_is_the_one_of_its_invoice() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let payments =
        "payment_id,invoice_id,paid_date,amount,currency,customer_id\nP1,I1,2025-03-01,300.00,EUR,PARENT\n";
    let (history, report) = opened(&[("invoices.csv", &invoices), ("payments.csv", payments)]);
    assert_eq!(report.tables[&Table::Payments].customers_corrected, 1);
    let table = history
        .as_of(day("2025-03-01"))
        .table(Table::Payments)
        .collect()
        .expect("payments");
    assert_eq!(
        table
            .column("customer_id")
            .expect("a column")
            .str()
            .expect("text")
            .get(0),
        Some("ACME")
    );
}

/// A ledger of twelve invoices with facts before and, if wanted, after the cut-off 2025-06-30.
fn ledger(seeds: &[(u8, u8, u16)], with_later: bool) -> History {
    let mut invoices = INVOICES.replace('\n', ",recorded_at\n");
    let mut payments = PAYMENTS.replace('\n', ",recorded_at\n");
    for number in 1..=12 {
        invoices.push_str(&format!(
            "I{number},C{},2025-{:02}-01,2025-{number:02}-20,100.00,EUR,\n",
            number % 3,
            number
        ));
    }
    for (position, (invoice, shift, cents)) in seeds.iter().enumerate() {
        let (invoice, cents) = (invoice % 12 + 1, u32::from(*cents) + 1);
        let row = |id: &str, paid: &str, recorded: &str| {
            format!(
                "{id}{position},I{invoice},{paid},{}.{:02},EUR,{recorded}\n",
                cents / 100,
                cents % 100
            )
        };
        let before = format!("2025-{:02}-15", shift % 6 + 1);
        payments.push_str(&row("B", &before, &before));
        if with_later {
            // Dated later, and dated earlier but recorded later: neither was known.
            payments.push_str(&row("L", "2025-07-01", ""));
            payments.push_str(&row("R", &before, "2025-07-01"));
        }
    }
    let invoices = if with_later {
        format!("{invoices}I99,C0,2025-06-01,2025-06-20,5.00,EUR,2025-07-02\n")
    } else {
        invoices
    };
    opened(&[("invoices.csv", &invoices), ("payments.csv", &payments)]).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn facts_known_after_the_cutoff_leave_the_open_items_unchanged(
        seeds in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u16..9000), 0..30)
    ) {
        let cutoff = day("2025-06-30");
        let without = ledger(&seeds, false).as_of(cutoff).open_items().expect("open items");
        let with = ledger(&seeds, true).as_of(cutoff).open_items().expect("open items");
        prop_assert_eq!(without, with);
    }
}
