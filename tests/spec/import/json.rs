//! JSON and NDJSON by declared paths: notations, nesting, and files that are broken or made to do harm.

use duecast::history::profile::Profile;
use proptest::prelude::*;

use super::desk::Desk;

const PROFILE: &str = r#"
name = "nested"
description = "invoices with their payments"

[source]
format = "json"

[[sheet]]
name = "invoices"
path = "[]"

[[sheet]]
name = "payments"
path = "[].payments[]"

[[table]]
table = "customers"
sheets = ["invoices"]
deduplicate = true
[table.columns]
customer_id = "customer.id"
name = "customer.name"

[[table]]
table = "invoices"
sheets = ["invoices"]
[table.columns]
invoice_id = "id"
customer_id = "customer.id"
invoice_date = "dates[0]"
due_date = "dates[1]"
amount = "total"
currency = { column = "currency", default = "EUR" }

[[table]]
table = "payments"
sheets = ["payments"]
[table.columns]
payment_id = "id"
invoice_id = "^.id"
paid_date = "on"
amount = "amount"
currency = { column = "^.currency", default = "EUR" }
"#;

const FIRST: &str = r#"{"id": 1, "customer": {"id": "C1", "name": "M\u00fcller"}, "dates": ["2025-01-31", "2025-03-02"], "total": 1234567890.10, "payments": [{"id": "P1", "on": "2025-03-01", "amount": 100.00}, {"id": "P2", "on": "2025-03-05", "amount": -40.5}]}"#;
const SECOND: &str = r#"{"id": 2, "customer": {"id": "C1", "name": "M\u00fcller"}, "dates": ["2025-02-01", "2025-03-03"], "total": 5, "currency": "USD", "payments": null}"#;

fn profile() -> Profile {
    Profile::from_toml("test.toml", PROFILE).expect("the profile is right")
}

fn assert_ledger(desk: &Desk) {
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
            "1|C1|2025-01-31|2025-03-02|1234567890.10|EUR",
            "2|C1|2025-02-01|2025-03-03|5.00|USD"
        ]
    );
    // A negative payment is money given back.
    assert_eq!(
        desk.rows(
            "payments",
            &["payment_id", "invoice_id", "paid_date", "amount", "currency"]
        ),
        ["P1|1|2025-03-01|100.00|EUR", "P2|1|2025-03-05|-40.50|EUR"]
    );
    assert_eq!(desk.rows("customers", &["customer_id", "name"]), ["C1|Müller"]);
}

#[test]
fn a_list_and_one_document_a_line_give_the_same_ledger() {
    for (name, text) in [
        ("list.json", format!("[{FIRST},\n  {SECOND}]")),
        ("lines.ndjson", format!("{FIRST}\r\n{SECOND}\r\n")),
        ("marked.json", format!("\u{feff}[{FIRST}, {SECOND}]")),
    ] {
        let desk = Desk::new();
        desk.import(&profile(), &[desk.put(name, text)], 0.0).unwrap();
        assert_ledger(&desk);
    }
}

#[test]
fn utf_16_gives_the_same_ledger() {
    let desk = Desk::new();
    let text = format!("[{FIRST}, {SECOND}]").replace("M\\u00fcller", "Müller");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    desk.import(&profile(), &[desk.put("list.json", bytes)], 0.0)
        .unwrap();
    assert_ledger(&desk);
}

#[test]
fn a_row_that_is_wrong_is_rejected_by_its_sheet_and_the_number_of_its_record() {
    let desk = Desk::new();
    let text = format!(
        "{FIRST}\n{}\n",
        SECOND.replace("\"total\": 5", "\"total\": \"five\"")
    );
    let outcome = desk
        .import(&profile(), &[desk.put("lines.ndjson", text)], 0.5)
        .unwrap();
    assert_eq!(desk.rejects(), ["2|total|five"]);
    let rejects = std::fs::read_to_string(outcome.rejects.expect("there are rejects")).unwrap();
    assert!(rejects.contains("lines.ndjson#invoices"), "{rejects}");
}

#[test]
fn a_broken_text_is_refused_whole_with_its_place() {
    for (text, expected) in [
        (
            format!("{FIRST}\n{{\"id\": 3,, }}\n{SECOND}"),
            "line 2, column 10",
        ),
        (format!("[{FIRST}, {{\"id\": 4"), "the end of the text"),
        (
            format!("[{FIRST}, {}]", "[".repeat(100)),
            "levels of nesting of at most 64",
        ),
        ("{\"id\": ".repeat(100_000), "levels of nesting of at most 64"),
        (
            format!("[{{\"id\": \"{}\"}}]", "x".repeat(2 << 20)),
            "bytes of a text",
        ),
        ("{\"id\": 1, \"id\": 2}".to_owned(), "`id` comes twice"),
        ("<Invoices/>".to_owned(), "`{` or `[` expected"),
        (String::new(), "empty"),
    ] {
        let desk = Desk::new();
        let error = desk
            .import(&profile(), &[desk.put("bad.json", &text)], 0.5)
            .expect_err("the text is broken")
            .to_string();
        assert!(
            error.contains(expected) && error.contains("bad.json"),
            "{expected}: {error}"
        );
        assert!(!desk.ledger().try_exists().unwrap());
    }
}

#[test]
fn a_million_names_are_passed_over() {
    let desk = Desk::new();
    let mut text = "[{".to_owned();
    for number in 0..1_000_000 {
        text.push_str(&format!("\"name{number}\":0,"));
    }
    text.push_str(&FIRST[1..]);
    text.push(',');
    text.push_str(SECOND);
    text.push(']');
    desk.import(&profile(), &[desk.put("wide.json", text)], 0.0)
        .unwrap();
    assert_ledger(&desk);
}

#[test]
fn a_path_above_the_record_is_refused() {
    let text = PROFILE.replace("path = \"[].payments[]\"", "path = \"payments[]\"");
    let desk = Desk::new();
    let refused = Profile::from_toml("test.toml", &text)
        .and_then(|profile| desk.import(&profile, &[desk.put("list.json", FIRST)], 0.5))
        .expect_err("`^.id` leads out of the record")
        .to_string();
    assert!(refused.contains("`^.id`"), "{refused}");
}

/// A good text with some of its bytes exchanged, or any bytes at all.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let good = format!("[{FIRST}, {SECOND}]").into_bytes();
    let length = good.len();
    let mutated = (
        proptest::collection::vec((0..length, any::<u8>()), 1..8),
        0..=length,
    )
        .prop_map(move |(changes, end)| {
            let mut bytes = good.clone();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            bytes.truncate(end);
            bytes
        });
    let signs = proptest::collection::vec(
        proptest::sample::select(b"{}[]:,\"\\u0019.-eE truefalsn\n\xff\xc3".to_vec()),
        0..200,
    );
    prop_oneof![mutated, signs, proptest::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in bytes()) {
        let desk = Desk::new();
        // Whether they are read or refused does not matter.
        let _ = desk.import(&profile(), &[desk.put("any.json", bytes)], 1.0);
    }
}
