//! Two imports of anything: keys repeat, rows hang on invoices that are not there, clocks go back and forth.

use std::path::PathBuf;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{PARTS, Twins};

/// Rows of a file by the numbers they are made of.
type Drawn = Vec<(u8, u8, u8, Option<u8>, bool)>;

fn drawn() -> impl Strategy<Value = Drawn> {
    vec(
        (
            0_u8..9,
            0_u8..9,
            0_u8..4,
            option::weighted(0.4, 0_u8..9),
            any::<bool>(),
        ),
        0..24,
    )
}

/// A day of a month, or nothing.
fn day(month: &str, number: Option<u8>) -> String {
    number.map_or_else(String::new, |number| {
        format!("2025-{month}-{:02}", number % 28 + 1)
    })
}

fn currency(is_other: bool) -> &'static str {
    if is_other { "USD" } else { "EUR" }
}

fn lines(header: &str, rows: &Drawn, line: impl Fn(u8, u8, u8, Option<u8>, bool) -> String) -> String {
    let mut text = format!("{header}\n");
    for (id, of, number, maybe, flag) in rows {
        text.push_str(&line(*id, *of, *number, *maybe, *flag));
        text.push('\n');
    }
    text
}

fn invoices(rows: &Drawn) -> String {
    let header = "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at";
    lines(header, rows, |id, customer, amount, recorded, is_other| {
        format!(
            "I{id},C{},2025-01-0{},2025-03-01,{amount}.00,{},{}",
            customer % 3,
            id % 3 + 1,
            currency(is_other && id == 0),
            day("02", recorded)
        )
    })
}

fn payments(rows: &Drawn) -> String {
    let header = "payment_id,invoice_id,paid_date,amount,currency,receipt_id,confidence,recorded_at";
    lines(header, rows, |id, invoice, amount, maybe, is_matched| {
        let receipt = maybe.map_or_else(String::new, |receipt| format!("R{}", receipt % 4));
        let confidence = if is_matched { "0.75" } else { "" };
        let recorded = day("04", maybe.filter(|number| number % 2 == 0));
        format!(
            "P{id},I{invoice},2025-01-{:02},{amount}.00,EUR,{receipt},{confidence},{recorded}",
            id + 8
        )
    })
}

fn credit_notes(rows: &Drawn) -> String {
    let header = "credit_note_id,customer_id,credit_date,amount,currency,invoice_id";
    lines(header, rows, |id, customer, amount, invoice, is_other| {
        let invoice = invoice.map_or_else(String::new, |invoice| format!("I{invoice}"));
        format!(
            "CN{id},C{customer},2025-02-01,{amount}.50,{},{invoice}",
            currency(is_other)
        )
    })
}

fn receipts(rows: &Drawn) -> String {
    let header = "receipt_id,value_date,amount,currency,reversal_of";
    lines(header, rows, |id, of, amount, maybe, is_other| {
        let reverses = maybe.map_or_else(String::new, |_| format!("R{of}"));
        let sign = if maybe.is_some() { "-" } else { "" };
        format!(
            "R{id},2025-01-12,{sign}{amount}.00,{},{reverses}",
            currency(is_other)
        )
    })
}

fn customers(rows: &Drawn) -> String {
    let header = "customer_id,name,recorded_at";
    lines(header, rows, |id, name, _, recorded, _| {
        format!("C{},Name {},{}", id % 4, name % 2, day("01", recorded))
    })
}

fn ratings(rows: &Drawn) -> String {
    let header = "customer_id,score_date,score,source";
    lines(header, rows, |id, _, score, source, _| {
        let source = source.map_or("", |number| if number % 2 == 0 { "Agency" } else { "Bureau" });
        format!("C{},2025-01-0{},0.{score},{source}", id % 2, id % 4 + 1)
    })
}

/// A table's name and what writes drawn rows of it as CSV.
type Writer = (&'static str, fn(&Drawn) -> String);

fn inputs(twins: &Twins, number: usize, drawn: &[Drawn]) -> Vec<PathBuf> {
    let writers: [Writer; 6] = [
        ("invoices", invoices),
        ("payments", payments),
        ("credit_notes", credit_notes),
        ("receipts", receipts),
        ("customers", customers),
        ("credit_ratings", ratings),
    ];
    let named = writers.into_iter().zip(drawn);
    named
        .map(|((name, text), rows)| twins.put(&format!("{name}-{number}.csv"), &text(rows)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_two_imports_say_parts_give_what_memory_gives(
        imports in vec(vec(drawn(), 6), 2)
    ) {
        let twins = Twins::new();
        for (number, drawn) in imports.iter().enumerate() {
            let inputs = inputs(&twins, number, drawn);
            // Both may refuse it, for the same reason.
            let _ = twins.agree(&inputs, 1.0, None, &PARTS);
        }
    }
}
