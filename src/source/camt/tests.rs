//! Statements, notifications, and what is wrong with them.

use proptest::prelude::*;

use super::entry::{Bounds, Entry};
use super::open;
use crate::source::bank::support::{Cells, columns, example, example_bytes, read, read_bytes};
use crate::source::xml::Reader;

/// An account with one statement.
fn statement(balances: &str, entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>S</Id>\
         <Acct><Id><Othr><Id>12 34</Id></Othr></Id></Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn balance(code: &str, amount: &str, currency: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd></Bal>"
    )
}

fn entry(amount: &str, currency: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><DtTm>2026-03-02T23:59:00+01:00</DtTm></BookgDt>{more}</Ntry>"
    )
}

fn rows(document: &str) -> Vec<Cells> {
    read_bytes(open, document.as_bytes()).expect("the statement is right")
}

fn refusal(document: &str) -> String {
    let refused = read_bytes(open, document.as_bytes());
    refused.expect_err("the statement is refused").to_string()
}

#[test]
fn a_statement_gives_what_came_in_and_what_was_taken_back() {
    let rows = read(open, &example("camt053-v02.xml")).expect("the example is right");
    assert_eq!(
        columns(&rows, &["amount", "currency", "kind", "payer_name", "value_date"]),
        [
            [
                "250.00",
                "EUR",
                "transfer",
                "Weber & S\u{f6}hne GmbH",
                "2026-03-01"
            ],
            ["100.00", "EUR", "transfer", "Bakker BV", "2026-03-02"],
            ["150.00", "EUR", "transfer", "Dupont SA", "2026-03-02"],
            ["50.00", "EUR", "transfer", "Rossi SpA", "2026-03-02"],
            ["-250.00", "EUR", "reversal", "", "2026-03-02"],
            ["-80.00", "EUR", "return", "Kovacs Kft", "2026-03-02"],
            ["500.00", "EUR", "transfer", "", "2026-03-02"],
            ["98.50", "EUR", "transfer", "Smith Ltd", "2026-03-02"],
            ["75.25", "USD", "transfer", "Acme Inc", "2026-03-02"],
        ]
    );
}

#[test]
fn references_documents_and_texts_are_kept_apart() {
    let rows = read(open, &example("camt053-v02.xml")).expect("the example is right");
    let names = [
        "structured_reference",
        "remittance",
        "end_to_end_id",
        "referred_documents",
    ];
    assert_eq!(
        columns(&rows[..3], &names),
        [
            ["RF18539007547034", "", "", ""],
            ["", "", "E2E-1", "INV4711 120.00; CN-9 -20.00"],
            ["", "Facture 2026-17 client 88", "E2E-2", ""],
        ]
    );
    assert_eq!(rows[0]["payer_account"], "faf7e1c0107370ff");
    assert_eq!(rows[0]["bank_account"], "DE02120300000000202051");
    assert_eq!(rows[0]["statement_id"], "STMT-41");
    assert_eq!(rows[0]["source"], "camt053");
}

#[test]
fn a_reversal_names_the_receipt_that_it_takes_back() {
    let rows = read(open, &example("camt053-v02.xml")).expect("the example is right");
    assert_eq!(rows[4]["reversal_of"], rows[0]["receipt_id"]);
    assert_eq!(rows[5]["reversal_of"], "");
}

#[test]
fn a_batch_whose_parts_do_not_add_up_is_one_receipt_without_payer() {
    let rows = read(open, &example("camt053-v02.xml")).expect("the example is right");
    let names = [
        "amount",
        "payer_name",
        "payer_account",
        "end_to_end_id",
        "remittance",
    ];
    assert_eq!(columns(&rows[6..7], &names), [["500.00", "", "", "", "Sammler"]]);
}

#[test]
fn both_versions_say_the_same() {
    let old = read(open, &example("camt053-v02.xml")).expect("the example is right");
    let new = read(open, &example("camt053-v08.xml")).expect("the example is right");
    assert_eq!(old[..8], new[..]);
}

#[test]
fn statement_and_notification_give_a_transaction_one_id() {
    let statement = read(open, &example("camt053-v08.xml")).expect("the example is right");
    let notification = read(open, &example("camt054-v08.xml")).expect("the example is right");
    assert_eq!(
        columns(&statement[..4], &["receipt_id"]),
        columns(&notification, &["receipt_id"])
    );
    assert_eq!(notification[0]["source"], "camt054");
    let mut ids = columns(&statement, &["receipt_id"]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), statement.len());
}

#[test]
fn a_batch_without_its_parts_has_the_id_that_theirs_begin_with() {
    let balances = balance("OPBD", "0", "EUR") + &balance("CLBD", "30", "EUR");
    let part = |amount: &str| format!("<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt></TxDtls>");
    let reference = "<AcctSvcrRef>B1</AcctSvcrRef>";
    let split = format!("{reference}<NtryDtls>{}{}</NtryDtls>", part("10"), part("20"));
    let whole = rows(&statement(&balances, &entry("30", "EUR", reference)));
    let parts = rows(&statement(&balances, &entry("30", "EUR", &split)));
    let id = &whole[0]["receipt_id"];
    assert_eq!(
        columns(&parts, &["receipt_id", "amount"]),
        [
            [format!("{id}-1"), "10.00".to_owned()],
            [format!("{id}-2"), "20.00".to_owned()]
        ]
    );
}

#[test]
fn charges_taken_from_the_parts_of_a_batch_are_no_cash() {
    let balances = balance("OPBD", "0", "EUR") + &balance("CLBD", "97.50", "EUR");
    let part = |amount: &str, charge: &str| {
        format!(
            "<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><Chrgs><Rcrd><Amt Ccy=\"EUR\">{charge}</Amt></Rcrd></Chrgs></TxDtls>"
        )
    };
    let split = format!("<NtryDtls>{}{}</NtryDtls>", part("60", "1.50"), part("40", "1"));
    let rows = rows(&statement(&balances, &entry("97.50", "EUR", &split)));
    assert_eq!(columns(&rows, &["amount"]), [["58.50"], ["39.00"]]);
}

#[test]
fn one_transaction_of_several_does_not_name_the_payer_of_all() {
    let balances = balance("OPBD", "0", "EUR") + &balance("CLBD", "30", "EUR");
    let part = "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch><TxDtls><RltdPties><Dbtr><Nm>A</Nm></Dbtr></RltdPties>\
                </TxDtls></NtryDtls>";
    let rows = rows(&statement(&balances, &entry("30", "EUR", part)));
    assert_eq!(columns(&rows, &["amount", "payer_name"]), [["30.00", ""]]);
}

#[test]
fn equal_receipts_without_reference_of_the_bank_stay_two() {
    let balances = balance("OPBD", "0", "EUR") + &balance("CLBD", "20", "EUR");
    let rows = rows(&statement(&balances, &entry("10", "EUR", "").repeat(2)));
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0]["receipt_id"], rows[1]["receipt_id"]);
    assert_eq!(rows[0]["value_date"], "2026-03-02");
    assert_eq!(rows[0]["bank_account"], "1234");
}

#[test]
fn each_currency_of_an_account_has_its_balances() {
    let euros = balance("OPBD", "1", "EUR") + &balance("CLBD", "3", "EUR");
    let dollars = balance("OPBD", "5", "USD") + &balance("CLBD", "9.50", "USD");
    let entries = entry("2", "EUR", "") + &entry("4.50", "USD", "");
    assert_eq!(rows(&statement(&format!("{euros}{dollars}"), &entries)).len(), 2);
    assert!(refusal(&statement(&euros, &entries)).contains("in USD expected"));
}

#[test]
fn pages_between_interim_balances_are_checked() {
    let first = balance("OPBD", "1", "EUR") + &balance("ITBD", "3", "EUR");
    let middle = balance("ITBD", "1", "EUR") + &balance("ITBD", "3", "EUR");
    let last = balance("ITBD", "1", "EUR") + &balance("CLBD", "3", "EUR");
    for balances in [first, middle, last] {
        assert_eq!(rows(&statement(&balances, &entry("2", "EUR", ""))).len(), 1);
        assert!(
            refusal(&statement(&balances, &entry("2.01", "EUR", ""))).contains("closing balance of 3.01 EUR")
        );
    }
}

#[test]
fn a_wrong_balance_is_refused_by_name() {
    let text = String::from_utf8(example_bytes("camt053-v02.xml")).expect("UTF-8");
    let refused = refusal(&text.replace("1758.50", "1758.51"));
    assert!(
        refused.contains("statement \"STMT-41\" of account \"DE02120300000000202051\""),
        "{refused}"
    );
    assert!(
        refused.contains("closing balance of 1758.50 EUR expected"),
        "{refused}"
    );
    assert!(refused.contains("got 1758.51"), "{refused}");
}

#[test]
fn what_is_no_statement_is_refused() {
    let balances = balance("OPBD", "0", "EUR") + &balance("CLBD", "1", "EUR");
    for (document, reason) in [
        (
            "<Document xmlns='urn:pain'><CstmrCdtTrfInitn/></Document>".to_owned(),
            "camt.052, camt.053 or camt.054",
        ),
        ("<Document/>".to_owned(), "an empty document"),
        ("<Invoice/>".to_owned(), "the element Document"),
        (statement("", ""), "an opening balance"),
        (
            statement(&balances, &entry("1,00", "EUR", "")),
            "digits with at most one point",
        ),
        (statement(&balances, &entry("1", "eur", "")), "three capitals"),
        (
            statement(
                &balances,
                &entry("1", "EUR", "").replace("2026-03-02", "2026-02-30"),
            ),
            "entry 1: BookgDt: a date",
        ),
        (
            statement(&balances, &entry("1", "EUR", "").replace("CRDT", "CR")),
            "CRDT or DBIT",
        ),
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]><Document/>".to_owned(),
            "<!DOCTYPE",
        ),
    ] {
        let refused = refusal(&document);
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn a_statement_cut_anywhere_is_refused() {
    let bytes = example_bytes("camt053-v02.xml");
    for cut in (0..bytes.len() - 20).step_by(97) {
        assert!(read_bytes(open, &bytes[..cut]).is_err(), "cut at {cut}");
    }
}

/// What is wrong with an entry when little is allowed.
fn entry_refusal(content: &str) -> String {
    let bounds = Bounds {
        parts: 3,
        head_bytes: 2000,
        transactions: 2,
        transaction_bytes: 4000,
    };
    let document = format!("<Ntry>{content}</Ntry>");
    let mut xml = Reader::from_bytes(std::path::Path::new("a.xml"), document.into_bytes()).expect("it opens");
    xml.next_event().expect("the entry begins");
    let refused = Entry::read(&mut xml, &bounds).err();
    refused.expect("the entry is too large").to_string()
}

#[test]
fn an_entry_is_bounded_by_its_elements_its_transactions_and_what_they_take() {
    let details = |transactions: &str| format!("<NtryDtls>{transactions}</NtryDtls>");
    let long = "x".repeat(5000);
    for (content, expected) in [
        (
            "<A/>".repeat(4),
            "elements of an entry of at most 3 expected, got 4",
        ),
        (
            format!("<A>{long}</A>"),
            "bytes of an entry of at most 2000 expected",
        ),
        (
            details(&"<TxDtls/>".repeat(3)),
            "transactions of an entry of at most 2 expected, got 3",
        ),
        (
            details(&format!("<TxDtls><AddtlTxInf>{long}</AddtlTxInf></TxDtls>")),
            "bytes of the transactions of an entry of at most 4000 expected",
        ),
    ] {
        let error = entry_refusal(&content);
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_text_that_every_receipt_would_repeat_is_short() {
    let long = "x".repeat(2000);
    let good = statement("", "");
    let by_id = good.replace("<Id>S</Id>", &format!("<Id>{long}</Id>"));
    assert!(refusal(&by_id).contains("Id of at most 1024 bytes expected, got 2000"));
    let by_account = good.replace("12 34", &long);
    assert!(refusal(&by_account).contains("Acct of at most 1024 bytes expected, got 2000"));
    let by_reference = entry("1", "EUR", &format!("<AcctSvcrRef>{long}</AcctSvcrRef>"));
    let error = refusal(&statement(&balance("OPBD", "0", "EUR"), &by_reference));
    assert!(
        error.contains("entry 1") && error.contains("AcctSvcrRef of at most 1024 bytes expected, got 2000"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_change_of_a_statement_makes_the_reader_panic(
        start in 0_usize..8000,
        length in 0_usize..200,
        insert in prop::collection::vec(any::<u8>(), 0..20),
        duplicates in any::<bool>(),
    ) {
        let mut bytes = example_bytes("camt053-v02.xml");
        let start = start.min(bytes.len());
        let end = (start + length).min(bytes.len());
        let taken: Vec<u8> = bytes[start..end].to_vec();
        let put = if duplicates { [taken.clone(), taken].concat() } else { insert };
        drop(bytes.splice(start..end, put));
        let _ = read_bytes(open, &bytes);
    }
}
