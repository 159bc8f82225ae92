//! E-invoices in every vocabulary and their ledger; what is refused, and that nothing makes a reader panic.
//!
//! tests/data/einvoice/README.md says how the files were made; the sums and dates are worked out beside the rows.

use std::fs;
use std::path::PathBuf;

use duecast::history::profile::{Profile, shipped};
use duecast::history::{Table, import};
use proptest::prelude::*;

use super::desk::{Desk, shipped_profile};

/// Shows the columns of the reader that the shipped profile leaves out, in text columns of ours.
const DETAILS: &str = r#"
name = "details"
description = "columns of the reader"
[source]
format = "einvoice"
[[table]]
table = "customers"
deduplicate = true
columns = { customer_id = "buyer_id" }
[[table]]
table = "invoices"
[table.columns]
invoice_id = "number"
customer_id = "buyer_id"
invoice_date = "issue_date"
due_date = "due_date"
amount = "gross_amount"
currency = "currency"
payment_terms = { computed = { coalesce = ["discounts", { constant = "none" }] } }
business_unit = "due_date_source"
entity = { computed = { coalesce = ["purchase_order", "payment_reference"] } }
"#;

fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/einvoice")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(data(name)).expect("the file is text")
}

fn all(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| data(name)).collect()
}

const XML: [&str; 12] = [
    "cii-credit-note.xml",
    "cii-down-payment.xml",
    "cii-extended.xml",
    "cii-factur-x.xml",
    "ubl-correction.xml",
    "ubl-credit-note.xml",
    "ubl-invoice.xml",
    "ubl-no-due-date.xml",
    "ubl-paid.xml",
    "ubl-pro-forma.xml",
    "ubl-xrechnung.xml",
    "zugferd-1.xml",
];
const PDF: [&str; 4] = ["drafthorse.pdf", "factur-x.pdf", "xrechnung.pdf", "zugferd-1.pdf"];

#[test]
fn every_vocabulary_becomes_the_same_ledger() {
    let desk = Desk::new();
    let mut names = XML.to_vec();
    names.extend(["drafthorse.pdf", "factur-x.pdf"]);
    let outcome = desk
        .import(&shipped_profile("einvoice"), &all(&names), 0.5)
        .unwrap();
    let columns = [
        "invoice_id",
        "customer_id",
        "invoice_date",
        "due_date",
        "amount",
        "currency",
        "document_type",
    ];
    assert_eq!(
        desk.rows("invoices", &columns),
        [
            // (1050 - 50) x 1.19 = 1190 less 200 paid before; the due date is given and the terms say another.
            "D-2026-001|K-1001|2026-01-15|2026-02-14|990.00|EUR|invoice",
            // 30 days after 2026-01-31, in words.
            "D-2026-002|04011000-12345-03|2026-01-31|2026-03-02|1190.00|EUR|invoice",
            "VV-101|NL123456782B01|2026-01-20|2026-02-19|2400.00|USD|invoice",
            "VV-102|4711|2026-01-31|2026-03-02|1200.00|EUR|invoice",
            "VV-103|NL123456782B01|2026-02-01|2026-02-08|360.00|EUR|down_payment",
            // 150 x 1.20 = 180 less 30 paid before.
            "VV-104|NL123456782B01|2026-02-02|2026-03-04|150.00|USD|invoice",
            "VV-105|NL123456782B01|2026-02-03|2026-02-03|96.00|EUR|invoice",
            "Z-1|KD-9|2026-01-10|2026-02-09|235.62|EUR|invoice",
        ]
    );
    let columns = [
        "credit_note_id",
        "customer_id",
        "credit_date",
        "amount",
        "currency",
        "invoice_id",
    ];
    assert_eq!(
        desk.rows("credit_notes", &columns),
        [
            "D-2026-G01|K-1001|2026-02-02|119.00|EUR|D-2026-001",
            // A corrected invoice over -238.
            "D-2026-K01|04011000-12345-03|2026-02-10|238.00|EUR|D-2026-002",
            "VV-G1|NL123456782B01|2026-02-20|60.00|USD|VV-104",
        ]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id", "name", "country", "party_type"]),
        [
            "04011000-12345-03|Stadt Musterhausen|DE|public_body",
            "4711|Polder & Zoon B.V.|NL|",
            // Of an invoice that is rejected, because nothing says when it is due.
            "FR32123456789|Atelier Lumière|FR|",
            "K-1001|Nordlys Energi A/S|DK|legal_entity",
            "KD-9|Kunden AG|DE|",
            "NL123456782B01|Polder & Zoon B.V.|NL|",
        ]
    );
    // The one that was paid before and the pro forma one; the one that nobody knows when it is due.
    assert_eq!(outcome.filtered, 2);
    assert_eq!(desk.rejects(), ["1|due_date|"]);
}

#[test]
fn discounts_and_where_a_due_date_comes_from_are_told() {
    let desk = Desk::new();
    let profile = Profile::from_toml("details.toml", DETAILS).expect("the profile is right");
    let names = [
        "ubl-invoice.xml",
        "ubl-xrechnung.xml",
        "cii-extended.xml",
        "cii-factur-x.xml",
    ];
    desk.import(&profile, &all(&names), 0.0).unwrap();
    let columns = ["invoice_id", "amount", "payment_terms", "business_unit", "entity"];
    assert_eq!(
        desk.rows("invoices", &columns),
        [
            // The allowance of 50 is part of the price and no discount.
            "D-2026-001|1190.00|none|given|PO-77",
            // 3 percent of 595 are 1.5 percent of 1190.
            "D-2026-002|1190.00|7 1.50; 14 2.25|terms|D-2026-002",
            "VV-101|2400.00|none|given|PO-4711",
            "VV-102|1200.00|10 2.00; 20 1.00|terms|PO-4711",
        ]
    );
}

#[test]
fn an_invoice_is_the_same_alone_in_a_pdf_and_in_an_envelope() {
    let desk = Desk::new();
    let profile = shipped_profile("einvoice");
    desk.import(&profile, &all(&["ubl-xrechnung.xml", "zugferd-1.xml"]), 0.0)
        .unwrap();
    let before = desk.files();
    let document = text("ubl-xrechnung.xml");
    let (_, root) = document.split_once("?>").expect("a declaration");
    let envelope = format!(
        "<StandardBusinessDocument xmlns=\"http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader\">\n\
         <StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion></StandardBusinessDocumentHeader>\n\
         {root}</StandardBusinessDocument>"
    );
    let mut inputs = all(&["xrechnung.pdf", "zugferd-1.pdf"]);
    inputs.push(desk.put("envelope.xml", envelope));
    for input in inputs {
        let outcome = desk.import(&profile, std::slice::from_ref(&input), 0.0).unwrap();
        let numbers = (
            outcome.added[&Table::Invoices],
            outcome.unchanged[&Table::Invoices],
        );
        assert_eq!(numbers, (0, 1), "{}", input.display());
    }
    assert_eq!(desk.files(), before);
}

#[test]
fn a_profile_supplies_the_terms_that_a_document_lacks() {
    let desk = Desk::new();
    let (_, toml) = shipped()
        .iter()
        .find(|(name, _)| *name == "einvoice")
        .expect("it is shipped");
    let rule = "due_date = { computed = { coalesce = [\"due_date\", \
                { computed = { add_days = { date = \"issue_date\", days = 30 } } }] } }";
    let profile = Profile::from_toml(
        "own.toml",
        &toml.replace("\ndue_date = \"due_date\"\n", &format!("\n{rule}\n")),
    )
    .expect("the profile is right");
    desk.import(&profile, &all(&["ubl-no-due-date.xml", "ubl-invoice.xml"]), 0.0)
        .unwrap();
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "customer_id", "due_date"]),
        // 30 days after 2026-02-05; a due date that is given stands.
        [
            "D-2026-001|K-1001|2026-02-14",
            "D-2026-004|FR32123456789|2026-03-07"
        ]
    );
}

#[test]
fn a_field_that_cannot_be_is_rejected_by_its_name_and_as_it_is_written() {
    for (before, after, expected) in [
        (
            ">380</cbc:InvoiceTypeCode>",
            ">999</cbc:InvoiceTypeCode>",
            "1|document_type|999",
        ),
        (
            "<cbc:PayableAmount currencyID=\"EUR\">990.00",
            "<cbc:PayableAmount currencyID=\"USD\">990.00",
            "1|payable_amount|990.00 USD",
        ),
        (
            "<cbc:PayableAmount currencyID=\"EUR\">990.00",
            "<cbc:PayableAmount currencyID=\"EUR\">990,00",
            "1|payable_amount|990,00",
        ),
        (
            "<cbc:DueDate>2026-02-14",
            "<cbc:DueDate>2026-02-30",
            "1|due_date|2026-02-30",
        ),
        ("<cbc:ID>D-2026-001</cbc:ID>", "", "1|invoice_id|"),
    ] {
        let desk = Desk::new();
        let whole = text("ubl-invoice.xml");
        let changed = whole.replacen(before, after, 1);
        assert_ne!(changed, whole, "{before}");
        let inputs = [desk.put("bad.xml", changed), data("zugferd-1.xml")];
        desk.import(&shipped_profile("einvoice"), &inputs, 0.9).unwrap();
        assert_eq!(desk.rejects(), [expected]);
        assert_eq!(desk.rows("invoices", &["invoice_id"]), ["Z-1"]);
    }
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    let desk = Desk::new();
    let input = desk.put(name, bytes);
    let error = desk
        .import(&shipped_profile("einvoice"), &[input], 1.0)
        .expect_err("it is refused");
    assert!(!desk.ledger().try_exists().unwrap(), "{name}");
    error.to_string()
}

#[test]
fn pdfs_without_an_invoice_are_refused_with_what_they_have() {
    for (name, expected) in [
        ("no-attachment.pdf", vec!["factur-x.xml", "got none"]),
        ("other-attachment.pdf", vec!["factur-x.xml", "\"terms.txt\""]),
        ("order-x.pdf", vec!["order-x.xml is an order"]),
        ("encrypted.pdf", vec!["without encryption"]),
        // 64 MiB of blanks, where an invoice may have 16.
        ("bomb.pdf", vec!["bytes of XML of at most 16777216"]),
    ] {
        let bytes = fs::read(data("refused").join(name)).expect("the file is there");
        let error = refusal(name, &bytes);
        for part in [vec![name], expected].concat() {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
    let whole = fs::read(data("factur-x.pdf")).expect("the file is there");
    let half = whole.get(..whole.len() / 2).expect("it has a half");
    assert!(refusal("half.pdf", half).contains("half.pdf"));
}

#[test]
fn xml_that_is_no_e_invoice_or_means_harm_is_refused() {
    let whole = text("ubl-invoice.xml");
    let (declaration, root) = whole.split_once('\n').expect("a declaration");
    let laughs = "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let deep = format!("{}{}", "<cac:A>".repeat(10_000), "</cac:A>".repeat(10_000));
    for (what, bytes, expected) in [
        (
            "a DTD",
            format!("{declaration}<!DOCTYPE Invoice>{root}"),
            "DOCTYPE",
        ),
        (
            "a billion laughs",
            format!("{declaration}{laughs}{}", root.replace("Net 60 days", "&b;")),
            "DOCTYPE",
        ),
        ("an entity", whole.replace("Net 60 days", "&boom;"), "&amp;"),
        (
            "10,000 levels",
            whole.replace("<cac:PaymentMeans>", &format!("{deep}<cac:PaymentMeans>")),
            "depth of nesting of at most 64",
        ),
        (
            "another namespace",
            whole.replace("xsd:Invoice-2", "xsd:Invoice-3"),
            "Invoice-3",
        ),
        ("an order", "<Order xmlns=\"urn:x\"/>".to_owned(), "\"Order\""),
        ("two documents", format!("{whole}{root}"), "\"Invoice\""),
        ("a part", whole.chars().take(2000).collect(), "bad.xml"),
        ("text", "number;amount\n1;2\n".to_owned(), "bad.xml"),
        ("nothing", String::new(), "bad.xml"),
    ] {
        let error = refusal("bad.xml", bytes.as_bytes());
        assert!(error.contains(expected), "{what}: {error}");
    }
}

/// Reads bytes as an e-invoice; whether they are one does not matter.
fn read(bytes: &[u8]) {
    let desk = Desk::new();
    let input = desk.put("any", bytes);
    let _ = import::read(
        &shipped_profile("einvoice"),
        &[input],
        &["any".to_owned()],
        &|_, _| {},
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_the_reader_panic(
        start in prop::sample::select(vec!["", "%PDF-1.7\n", "<?xml version=\"1.0\"?><Invoice>", "\u{feff}<"]),
        tail in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut bytes = start.as_bytes().to_vec();
        bytes.extend(tail);
        read(&bytes);
    }

    #[test]
    fn no_damage_to_a_good_file_makes_the_reader_panic(
        name in prop::sample::select([XML.as_slice(), PDF.as_slice()].concat()),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in prop::option::of(any::<prop::sample::Index>()),
        doubled in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = fs::read(data(name)).expect("the file is there");
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(from) = doubled {
            bytes.extend_from_within(from.index(bytes.len())..);
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        read(&bytes);
    }
}
