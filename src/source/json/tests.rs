//! Rows of JSON texts: paths, notations, bounds, and what is said about broken ones.

use std::fmt::Write as _;

use super::*;
use crate::source::Format;

/// Sheets as `name path column,column`.
fn options(sheets: &[(&str, &str, &str)]) -> Options {
    Options {
        format: Format::Json,
        sheets: sheets
            .iter()
            .map(|(name, path, columns)| {
                let columns = columns.split(',').map(str::to_owned).collect();
                ((*name).to_owned(), (*path).to_owned(), columns)
            })
            .collect(),
        ..Options::default()
    }
}

/// Every row as `sheet number|cell|cell`, or the error.
fn read(bytes: &[u8], sheets: &[(&str, &str, &str)]) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export.json");
    std::fs::write(&path, bytes).expect("the file is written");
    let mut rows = open(&path, &options(sheets)).map_err(|error| error.to_string())?;
    let mut row = SourceRow::default();
    let mut texts = Vec::new();
    while rows.next_row(&mut row).map_err(|error| error.to_string())? {
        let mut text = format!("{} {}", rows.sheets()[row.sheet].name, row.line);
        for cell in &row.cells {
            write!(text, "|{cell}").expect("a text can be written to");
        }
        texts.push(text);
    }
    Ok(texts)
}

const BOTH: &[(&str, &str, &str)] = &[
    ("invoices", "Invoices[]", "Id,Total,Contact.Name"),
    ("payments", "Invoices[].Payments[]", "^.Id,Amount"),
];

#[test]
fn nested_lists_become_rows_of_their_sheets() {
    let text = r#"{"Status": "OK", "Invoices": [
        {"Id": "A", "Other": {"Id": 9}, "Total": 12.10, "Contact": {"Name": "M\u00fcller \ud83d\ude00"},
         "Payments": [{"Amount": 2.00}, {"Amount": -1}]},
        {"Total": 1e2, "Id": "B", "Payments": [], "Contact": null},
        {"Id": true, "Total": false}
    ]}"#;
    assert_eq!(
        read(text.as_bytes(), BOTH).expect("a value of the test"),
        [
            "invoices 1|A|12.10|Müller 😀",
            "payments 1|A|2.00",
            "payments 1|A|-1",
            "invoices 2|B|100|",
            "invoices 3|true|false|",
        ]
    );
}

#[test]
fn documents_one_after_the_other_are_read_like_a_list_of_documents() {
    let expected = ["rows 1|1", "rows 2|2", "rows 3|3"];
    for path in ["$", "[]"] {
        for text in [
            "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}\n",
            "[{\"a\":1}, {\"a\":2}, {\"a\":3}]",
            "[{\"a\":1}]\n[{\"a\":2},{\"a\":3}]",
        ] {
            assert_eq!(
                read(text.as_bytes(), &[("rows", path, "a")]).expect("a value of the test"),
                expected,
                "{text}"
            );
        }
    }
}

#[test]
fn pages_of_a_list_are_read_one_after_the_other() {
    let text = r#"{"Invoices":[{"Id":1}]}
        {"Invoices":[{"Id":2}]} [{"Invoices":[]},{"Invoices":{"Id":3}}]"#;
    assert_eq!(
        read(text.as_bytes(), &BOTH[..1]).expect("a value of the test"),
        ["invoices 1|1||", "invoices 2|2||", "invoices 3|3||"]
    );
}

#[test]
fn a_document_is_a_record_unless_it_holds_records() {
    let sheets = [
        ("wrapped", "data[]", "id"),
        ("bare", "[]", "id,data"),
        ("lines", "[].lines[]", "^.id,$"),
    ];
    assert_eq!(
        read(br#"{"id": "list", "data": [{"id": "x"}], "lines": [7]}"#, &sheets)
            .expect("a value of the test"),
        ["wrapped 1|x"]
    );
    assert_eq!(
        read(br#"{"lines": [7, null, "8"], "id": "y"}"#, &sheets).expect("a value of the test"),
        ["bare 1|y|", "lines 1|y|7", "lines 1|y|8"]
    );
}

#[test]
fn columns_go_up_down_and_into_lists() {
    let text =
        r#"{"Payment":[{"Id":"P","Line":[{"Amount":5.0,"LinkedTxn":[{"TxnId":"1"},{"TxnId":"2"}]}]}]}"#;
    let columns = "^.^.Id,^.Amount,TxnId,^.LinkedTxn[1].TxnId,^.LinkedTxn[2].TxnId,^.LinkedTxn";
    assert_eq!(
        read(
            text.as_bytes(),
            &[("links", "Payment[].Line[].LinkedTxn[]", columns)]
        )
        .expect("a value of the test"),
        ["links 1|P|5.0|1|2||", "links 1|P|5.0|2|2||"]
    );
}

#[test]
fn a_column_wanted_twice_is_there_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export.json");
    std::fs::write(&path, "{}").expect("the file is written");
    let rows = open(&path, &options(&[("rows", "$", "a,b,a")])).expect("it opens");
    assert_eq!(rows.sheets()[0].columns, ["a", "b"]);
}

#[test]
fn byte_order_marks_and_utf_16_are_taken() {
    let text = r#"[{"a":"Zoë"}]"#;
    let sheets = [("rows", "$", "a")];
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(text.bytes());
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [marked, wide, big] {
        assert_eq!(
            read(&bytes, &sheets).expect("a value of the test"),
            ["rows 1|Zoë"]
        );
    }
}

#[test]
fn a_broken_text_is_answered_with_its_line_and_column() {
    for (text, place, reason) in [
        (
            "{\"a\":1}\n{\"a\":2,}\n{\"a\":3}",
            "line 2, column 8",
            "a value behind the comma expected, got `}`",
        ),
        (
            "[{\"a\": 1}, {\"a\": 2",
            "line 1, column 19",
            "`,` or `}` expected, got the end of the text",
        ),
        (
            "[{\"a\": 1} {\"a\": 2}]",
            "line 1, column 11",
            "`,` or `]` expected, got `{`",
        ),
        ("[{\"ä\": nul}]", "line 1, column 11", "`null` expected, got `}`"),
        ("[{\"a\": \"x\n\"}]", "line 1, column", "\\u000a"),
        ("[{\"a\": \"x", "line 1, column 10", "the `\"` that ends the text"),
        ("[{\"a\": 01}]", "line 1, column 10", "got `01`"),
        (
            "[{a: 1}]",
            "line 1, column 3",
            "a name in double quotes expected, got `a`",
        ),
        ("17", "line 1, column 1", "`{` or `[` expected, got `1`"),
        (
            "id;amount\n1;2",
            "line 1, column 1",
            "`{` or `[` expected, got `i`",
        ),
        ("[{\"a\": 1, \"a\": 2}]", "line 1, column", "`a` comes twice"),
        (
            "[{\"a\": 1}]]",
            "line 1, column 11",
            "`{` or `[` expected, got `]`",
        ),
        ("  \n", "line 2, column 1", "the file is empty"),
    ] {
        let error = read(text.as_bytes(), &[("rows", "$", "a")]).unwrap_err();
        assert!(error.contains(place) && error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_document_with_none_of_the_paths_is_refused_with_what_it_has() {
    let error = read(br#"{"Fault": {"Error": []}, "time": 1}"#, BOTH).unwrap_err();
    assert!(
        error.contains("`Invoices[]`") && error.contains("has `Fault`, `time`"),
        "{error}"
    );
    assert!(
        read(br#"{"Invoices": [], "Status": "OK"}"#, BOTH)
            .expect("a value of the test")
            .is_empty()
    );
    assert!(read(b"[]", BOTH).expect("a value of the test").is_empty());
}

#[test]
fn depth_is_bounded_wherever_it_is() {
    let sheets = [("rows", "$", "a")];
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for (levels, fits) in [(64, true), (65, false), (100_000, false)] {
        assert_eq!(
            read(nested(levels).as_bytes(), &sheets).is_ok(),
            fits,
            "{levels} lists"
        );
        for name in ["a", "b"] {
            let text = format!("{{\"{name}\":{}}}", nested(levels - 1));
            assert_eq!(read(text.as_bytes(), &sheets).is_ok(), fits, "{levels} in {name}");
        }
    }
    let error = read(nested(65).as_bytes(), &sheets).unwrap_err();
    assert!(
        error.contains("levels of nesting of at most 64 expected, got 65"),
        "{error}"
    );
}

#[test]
fn names_and_texts_that_nobody_asks_for_cost_nothing() {
    let mut text = "[{".to_owned();
    for number in 0..300_000 {
        write!(text, "\"k{number}\":\"\\u00e4\\n\",").expect("a text can be written to");
    }
    write!(text, "\"big\":\"{}\",\"a\":1}}]", "x".repeat(3 << 20)).expect("a text can be written to");
    assert_eq!(
        read(text.as_bytes(), &[("rows", "$", "a")]).expect("a value of the test"),
        ["rows 1|1"]
    );
}

#[test]
fn what_somebody_asks_for_is_bounded() {
    let sheets = [("rows", "[].a[]", "$,^.b")];
    for (text, what) in [
        (
            format!("[{{\"b\":\"{}\"}}]", "x".repeat((1 << 20) + 1)),
            "bytes of a text of at most 1048576",
        ),
        (
            format!("[{{\"{}\":1}}]", "k".repeat(5000)),
            "bytes of a name of at most 4096",
        ),
        (
            format!("[{{\"a\":{}}}]", "9".repeat(200)),
            "digits of a number of at most 128",
        ),
        (
            format!("[{{\"a\":[{}0]}}]", "0,".repeat(250_000)),
            "values of one record of at most 250000",
        ),
        (
            format!(
                "[{{\"a\":[{}0],\"b\":\"{}\"}}]",
                "0,".repeat(200),
                "x".repeat(1 << 20)
            ),
            "bytes of the rows of one record of at most 67108864",
        ),
    ] {
        let error = read(text.as_bytes(), &sheets).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn after_an_error_there_is_nothing_more() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export.json");
    std::fs::write(&path, "{\"a\":1} x {\"a\":2}").expect("the file is written");
    let mut rows = open(&path, &options(&[("rows", "$", "a")])).expect("it opens");
    let mut row = SourceRow::default();
    assert!(rows.next_row(&mut row).expect("the first row"));
    assert!(rows.next_row(&mut row).is_err());
    assert!(!rows.next_row(&mut row).expect("the end"));
}

#[test]
fn half_of_a_surrogate_pair_is_a_replacement_character() {
    let text = r#"[{"a":"x\ud83d"},{"a":"\ud83d\n"},{"a":"\ud83d\ud83d"},{"a":"\ude00y"}]"#;
    assert_eq!(
        read(text.as_bytes(), &[("rows", "$", "a")]).expect("a value of the test"),
        [
            "rows 1|x\u{fffd}",
            "rows 2|\u{fffd}\n",
            "rows 3|\u{fffd}\u{fffd}",
            "rows 4|\u{fffd}y"
        ]
    );
}
