//! Statements of several countries, and what is wrong with them.

use proptest::prelude::*;

use super::open;
use crate::source::bank::support::{Cells, columns, example, example_bytes, read, read_bytes};

/// A statement with these entries.
fn statement(opening: &str, entries: &str, closing: &str) -> String {
    format!(":20:R\r\n:25:ACC 1\r\n:28C:7/1\r\n:60F:{opening}\r\n{entries}:62F:{closing}\r\n-\r\n")
}

fn rows(text: &str) -> Vec<Cells> {
    read_bytes(open, text.as_bytes()).expect("the statement is right")
}

fn refusal(text: &str) -> String {
    let refused = read_bytes(open, text.as_bytes());
    refused.expect_err("the statement is refused").to_string()
}

#[test]
fn a_german_statement_of_two_pages_in_cp1252() {
    let rows = read(open, &example("mt940-german.sta")).expect("the example is right");
    let names = [
        "booking_date",
        "value_date",
        "amount",
        "kind",
        "payer_name",
        "end_to_end_id",
        "remittance",
    ];
    let weber = "Weber & S\u{f6}hne Maschinenbau GmbH";
    let text = "Rechnung 2025-0815 vom 01.12.2025 abz\u{fc}glich Skonto";
    assert_eq!(
        columns(&rows, &names),
        [
            [
                "2025-12-31",
                "2025-12-31",
                "250.00",
                "transfer",
                weber,
                "RE-2025-0815",
                text
            ],
            [
                "2026-01-02",
                "2025-12-31",
                "80.50",
                "direct_debit",
                "Kunze KG",
                "DD-1",
                "Abo Januar"
            ],
            [
                "2025-12-31",
                "2026-01-02",
                "-30.50",
                "return",
                "Kunze KG",
                "DD-1",
                "Retoure AC04"
            ],
            [
                "2026-01-02",
                "2026-01-02",
                "-250.00",
                "reversal",
                weber,
                "",
                "Storno"
            ],
        ]
    );
    assert_eq!(rows[0]["payer_account"], "faf7e1c0107370ff");
    assert_eq!(rows[0]["bank_reference"], "2025123100001");
    assert_eq!(rows[3]["reversal_of"], rows[0]["receipt_id"]);
    assert_eq!(rows[3]["statement_id"], "00041/002");
}

#[test]
fn a_dutch_statement_names_its_details() {
    let rows = read(open, &example("mt940-dutch.sta")).expect("the example is right");
    assert_eq!(
        columns(
            &rows,
            &[
                "amount",
                "payer_name",
                "remittance",
                "structured_reference",
                "end_to_end_id"
            ]
        ),
        [
            ["121.00", "JANSSEN EN ZONEN", "FACTUUR 2026-044", "", ""],
            [
                "10.00",
                "ING BANK NV INZAKE WEB",
                "",
                "9999123456789012",
                "DC3LKJ"
            ],
            ["7.50", "DE BOER", "NOTA 5", "", ""],
        ]
    );
}

#[test]
fn a_plain_statement_keeps_text_and_references_of_the_entry() {
    let rows = read(open, &example("mt940-plain.sta")).expect("the example is right");
    assert_eq!(
        columns(
            &rows,
            &["amount", "currency", "kind", "remittance", "bank_reference"]
        ),
        [
            [
                "1050.25",
                "GBP",
                "transfer",
                "BGC FROM ACME TRADING LTD INV 7788",
                "0302BACS0001"
            ],
            ["5.00", "GBP", "other", "COUNTER CREDIT", ""],
        ]
    );
}

#[test]
fn expected_entries_are_not_booked_and_the_mark_decides_the_sign() {
    let entries = ":61:2603020302EC5000,00NTRFNONREF\r\n:61:260302RD7,NTRFNONREF\r\n:61:260302RC3,NTRFNONREF\r\n\
                   :61:260302C1,NRTINONREF\r\n:61:260302DR4,NRTINONREF\r\n";
    // 10 + 7 - 3 + 1 - 4
    let rows = rows(&statement("C260301EUR10,", entries, "C260302EUR11,"));
    assert_eq!(
        columns(&rows, &["amount", "kind"]),
        [["-3.00", "reversal"], ["-4.00", "return"]]
    );
}

#[test]
fn text_of_several_lines_is_joined() {
    let full = "x".repeat(65);
    let entries = format!(":61:260302C1,NTRFNONREF\r\n:86:{full}\r\ncut\r\nended\r\n");
    let rows = rows(&statement("C260301EUR0,", &entries, "C260302EUR1,"));
    assert_eq!(rows[0]["remittance"], format!("{full}cut ended"));
}

#[test]
fn details_without_an_entry_and_unknown_fields_are_passed_over() {
    let text = statement(
        "C260301EUR0,",
        ":86:about the statement\r\n:13D:2603020000+0100\r\n",
        "C260302EUR0,",
    );
    assert!(rows(&text).is_empty());
}

#[test]
fn a_wrong_balance_is_refused_with_both_amounts() {
    let entries = ":61:260302C1,50NTRFNONREF\r\n";
    let refused = refusal(&statement("C260301EUR10,", entries, "C260302EUR11,00"));
    assert!(
        refused.contains("statement \"7/1\" of account \"ACC1\""),
        "{refused}"
    );
    assert!(
        refused.contains("closing balance of 11.50 EUR expected"),
        "{refused}"
    );
    assert!(refused.contains("got 11.00 EUR"), "{refused}");
}

#[test]
fn a_missing_page_is_refused() {
    let german: String = example_bytes("mt940-german.sta")
        .iter()
        .map(|&byte| char::from(byte))
        .collect();
    let opening = german.replace(":60M:C260102EUR1330,50", ":60M:C260102EUR1330,51");
    assert!(refusal(&opening).contains("with which the page before has closed"));
}

#[test]
fn what_is_no_statement_is_refused() {
    let good = ":61:260302C1,NTRFNONREF\r\n";
    for (text, reason) in [
        (
            statement("C260301EUR0,", &good.replace("260302", "260230"), "C260302EUR1,"),
            "YYMMDD",
        ),
        (
            statement("C260301EUR0,", &good.replace("C1,", "X1,"), "C260302EUR1,"),
            "C, D, RC, RD, EC or ED",
        ),
        (
            statement("C260301EUR0,", &good.replace("C1,", "C,"), "C260302EUR1,"),
            "decimal comma",
        ),
        (
            statement("C260301EUR0,", &good.replace("NTRFNONREF", ""), "C260302EUR1,"),
            "a type such as NTRF",
        ),
        (
            statement("260301EUR0,", good, "C260302EUR1,"),
            "a balance such as",
        ),
        (statement("C260301EUR0,", good, "C260302USD1,"), "got 1.00 USD"),
        (
            ":20:R\r\n:25:A\r\n:61:260302C1,NTRFNONREF\r\n".to_owned(),
            "between opening and closing balance",
        ),
        (
            ":20:R\r\n:25:A\r\n:60F:C260301EUR0,\r\n".to_owned(),
            "a closing balance (:62F:) expected",
        ),
        (format!(":20:{}", "x".repeat(70_000)), "bytes of one line"),
        (
            format!(":20:R\r\n:25:A\r\n:86:{}", "x\r\n".repeat(1001)),
            "lines are allowed in a field",
        ),
    ] {
        let refused = refusal(&text);
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn a_statement_cut_before_its_closing_balance_is_refused() {
    let text = statement("C260301EUR0,", ":61:260302C1,NTRFNONREF\r\n", "C260302EUR1,");
    let opening = text.find("EUR0,").expect("an opening balance") + 5;
    let closing = text.find(":62F:").expect("a closing balance") + 5;
    for cut in opening..closing + 10 {
        assert!(read_bytes(open, &text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_text_that_every_receipt_would_repeat_is_short() {
    let good = statement("C260101EUR0,00", "", "C260101EUR0,00");
    let long = "7".repeat(2000);
    for (place, expected) in [
        (":20:R", ":20: of at most 1024 bytes expected, got 2000"),
        (":25:ACC 1", ":25: of at most 1024 bytes expected, got 2000"),
        (":28C:7/1", ":28C: of at most 1024 bytes expected, got 2000"),
    ] {
        let tag = place.rsplit_once(':').map_or(place, |(tag, _)| tag);
        let error = refusal(&good.replace(place, &format!("{tag}:{long}")));
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(open, &bytes);
    }

    #[test]
    fn no_change_of_a_statement_makes_the_reader_panic(
        start in 0_usize..1300,
        length in 0_usize..60,
        insert in "[0-9A-Z:?/+,{}\u{e4}\r\n -]{0,20}",
        is_dutch in any::<bool>(),
    ) {
        let mut bytes = example_bytes(if is_dutch { "mt940-dutch.sta" } else { "mt940-german.sta" });
        let start = start.min(bytes.len());
        let end = (start + length).min(bytes.len());
        drop(bytes.splice(start..end, insert.into_bytes()));
        let _ = read_bytes(open, &bytes);
    }

    #[test]
    fn no_details_make_the_reader_panic(text in "([?/+][0-9]{0,2}|EREF\\+|SVWZ\\+|/REMI/|/NAME/|[a-z\u{e4} ]{0,30}){0,12}") {
        let entries = format!(":61:260302C1,NTRFNONREF\r\n:86:{text}\r\n");
        let _ = read_bytes(open, statement("C260301EUR0,", &entries, "C260302EUR1,").as_bytes());
    }
}
