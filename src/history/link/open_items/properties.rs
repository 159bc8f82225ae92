//! What holds for any items at all.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Known, Linker, Origin, Record};
use super::{OpenItems, fields};
use crate::domain::{Currency, Money};
use crate::history::Table;

/// Values that items are made of: few, so that they refer to and clear each other.
fn record() -> impl Strategy<Value = Record> {
    let documents = prop::sample::select(vec!["1", "2", "3", "4", "5", "V", "000"]);
    let cleared = prop::option::of((1_u32..28, 1_u32..6));
    let words = (
        prop::sample::select(vec!["invoice", "credit_note", "payment", "write_off", "other"]),
        prop::sample::select(vec!["S", "H"]),
        prop::sample::select(vec!["EUR", "EUR", "USD"]),
        prop::option::of(prop::sample::select(vec!["down_payment", "down_payment_request"])),
    );
    let numbers = (1_i64..400, 1_u32..28, 1_u32..6, 1_u32..3, 0_i64..30);
    let odd = prop::option::weighted(0.02, ".{0,12}");
    (
        words,
        numbers,
        cleared,
        prop::option::of(documents),
        any::<bool>(),
        odd,
    )
        .prop_map(|(words, numbers, cleared, reference, is_reversed, odd)| {
            let (kind, side, currency, special) = words;
            let (amount, day, document, line, discount) = numbers;
            let mut cells: BTreeMap<&str, String> = BTreeMap::new();
            cells.insert("company_code", "1000".to_owned());
            cells.insert("customer_id", format!("C{line}"));
            cells.insert("document_no", document.to_string());
            cells.insert("line_no", (line * 7 + day).to_string());
            cells.insert("kind", kind.to_owned());
            cells.insert("debit_credit", side.to_owned());
            cells.insert("currency", currency.to_owned());
            cells.insert("amount", amount.to_string());
            cells.insert("discount", discount.to_string());
            cells.insert("posting_date", format!("2025-01-{day:02}"));
            if let Some((day, by)) = cleared {
                cells.insert("clearing_date", format!("2025-02-{day:02}"));
                cells.insert("clearing_document", by.to_string());
            }
            if let Some(reference) = reference {
                cells.insert("invoice_ref", reference.to_owned());
            }
            if let Some(special) = special.filter(|_| day > 20) {
                cells.insert("special_gl", "A".to_owned());
                cells.insert("special_kind", special.to_owned());
            }
            if is_reversed && day > 25 {
                cells.insert("reversal_document", "5".to_owned());
            }
            if let Some(odd) = odd {
                cells.insert("posting_date", odd.clone());
                cells.insert("amount", odd);
            }
            let kind = &fields::KINDS[0];
            let origin = Origin {
                file: "items.csv".into(),
                line: 1,
            };
            let cells: Vec<Option<String>> =
                kind.fields.iter().map(|field| cells.remove(field.name)).collect();
            Record::alone(kind, &origin, &cells)
        })
}

fn minor(cells: &BTreeMap<&str, String>) -> i64 {
    let currency = Currency::parse(&cells["currency"]).expect("a currency of ours");
    Money::parse(&cells["amount"], currency)
        .expect("an amount of ours")
        .minor()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_invoice_is_settled_by_more_than_it_owes_and_no_id_comes_twice(
        records in prop::collection::vec(record(), 0..40)
    ) {
        let linked = OpenItems.link(&records, &Known::default());
        let mut owed: BTreeMap<String, i64> = BTreeMap::new();
        let mut ids: BTreeMap<(Table, String), u32> = BTreeMap::new();
        for row in &linked.rows {
            let cells: BTreeMap<&str, String> = row.cells.iter().cloned().collect();
            let id = cells[row.table.key()[0]].clone();
            *ids.entry((row.table, id.clone())).or_default() += 1;
            if row.table == Table::Invoices {
                *owed.entry(id).or_default() += minor(&cells);
            } else if row.table.settles()
                && let Some(invoice) = cells.get("invoice_id")
            {
                *owed.entry(invoice.clone()).or_default() -= minor(&cells);
            }
        }
        prop_assert!(owed.values().all(|left| *left >= 0), "{owed:?}");
        prop_assert!(ids.values().all(|count| *count == 1), "{ids:?}");
        prop_assert_eq!(&linked, &OpenItems.link(&records, &Known::default()));
    }

    #[test]
    fn cash_is_allocated_undone_or_on_account(
        drawn in prop::collection::vec(record(), 0..40)
    ) {
        let mut records = drawn;
        let mut is_cleared: BTreeMap<String, bool> = BTreeMap::new();
        for (at, record) in records.iter_mut().enumerate() {
            let line = (at + 1).to_string();
            let document = record.text("document_no").unwrap_or_default().to_owned();
            let cleared = record.text("clearing_date").is_some();
            is_cleared.insert(format!("1000-{document}-2025-{line}"), cleared);
            record.set("line_no", Some(line.as_str()));
        }
        let linked = OpenItems.link(&records, &Known::default());
        let mut left: BTreeMap<(String, String), i64> = BTreeMap::new();
        for row in &linked.rows {
            let cells: BTreeMap<&str, String> = row.cells.iter().cloned().collect();
            let Some(id) = cells.get("receipt_id") else {
                continue;
            };
            let sign = if row.table == Table::Receipts { 1 } else { -1 };
            let key = (id.clone(), cells["currency"].clone());
            *left.entry(key).or_default() += sign * minor(&cells);
        }
        // What was cleared and allocated to nothing was undone: the one receipt by the other.
        let mut undone: BTreeMap<&str, i64> = BTreeMap::new();
        for ((id, currency), minor) in &left {
            if is_cleared[id] {
                *undone.entry(currency.as_str()).or_default() += minor;
            }
        }
        prop_assert!(undone.values().all(|minor| *minor == 0), "{undone:?} {left:?}");
    }
}
