//! Bad input through the public import: what is wrong, where, what was allowed and what was given; never the memory.

use std::io::{Cursor, Write};
use std::path::Path;

use duecast::history::profile::Profile;
use duecast::history::recognise::recognise;
use duecast::source::{Format, Options};
use proptest::prelude::*;

use super::desk::{Desk, shipped_profile};
use super::sheets;
use super::workbooks::{drain, zipped};

fn open_items() -> Profile {
    Profile::from_toml("list.toml", sheets::PROFILE).expect("the profile is right")
}

/// What an import of the file says; nothing may be written.
fn refusal(profile: &Profile, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let desk = Desk::new();
    let input = desk.put(name, bytes);
    let error = desk.import(profile, &[input], 1.0).expect_err("it is refused");
    assert!(!desk.ledger().try_exists().expect("a folder"), "{name}");
    error.to_string()
}

fn assert_says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part} in {error}");
    }
}

fn bank(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bank"));
    std::fs::read(folder.join(name)).expect("the example is there")
}

/// A content of an OpenDocument sheet with these rows.
fn content(rows: &str) -> String {
    format!(
        "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body>\
         <office:spreadsheet><table:table table:name=\"A\">{rows}</table:table></office:spreadsheet></office:body>\
         </office:document-content>"
    )
}

/// An OpenDocument workbook with this content.
fn ods(content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet".as_slice(),
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>".as_slice()),
        ("content.xml", content),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a file");
        zip.write_all(bytes).expect("its content");
    }
    zip.finish().expect("a zip").into_inner()
}

const CELLS: &str = "<table:table-row>\
    <table:table-cell office:value-type=\"string\"><text:p>a</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"float\" office:value=\"1.5\"><text:p>1.5</text:p></table:table-cell>\
    <table:table-cell table:number-columns-repeated=\"3\"/></table:table-row>";

#[test]
fn zip_bombs_are_refused_by_their_sizes_and_by_what_they_repeat() {
    let bomb = zipped("xl/workbook.xml", &vec![b' '; 64 << 20]);
    let error = refusal(&open_items(), "bomb.xlsx", bomb);
    assert_says(
        &error,
        &["bomb.xlsx", "bytes unpacked of at most", "got 67108864"],
    );
    let blanks = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>\
        <text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row>";
    let error = refusal(&open_items(), "blanks.ods", ods(content(blanks).as_bytes()));
    assert_says(&error, &["blanks.ods", "bytes of text of at most 33554432"]);
    let wide = "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell \
        table:number-columns-repeated=\"1000\" office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    let error = refusal(&open_items(), "cells.ods", ods(content(wide).as_bytes()));
    assert_says(
        &error,
        &["cells.ods", "cells of at most 1572864", "got 1000000000"],
    );
}

#[test]
fn a_workbook_whose_elements_never_end_is_refused_and_not_waited_for() {
    let open = content(CELLS).replace("</table:table>", "");
    let error = refusal(&open_items(), "open.ods", ods(open.as_bytes()));
    assert_says(&error, &["open.ods", "content.xml"]);
    let cut = &open.as_bytes()[..open.len() - 60];
    let error = refusal(&open_items(), "cut.ods", ods(cut));
    assert_says(&error, &["cut.ods", "content.xml"]);
}

#[test]
fn billion_laughs_are_refused_at_their_line() {
    let statement = String::from_utf8(bank("camt053-v08.xml")).expect("it is UTF-8");
    let (declaration, root) = statement.split_once("?>").expect("a declaration");
    let laughs = "\n<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let error = refusal(
        &shipped_profile("camt"),
        "laughs.xml",
        format!("{declaration}?>{laughs}{root}"),
    );
    assert_says(&error, &["laughs.xml", "line 2", "DOCTYPE"]);
}

#[test]
fn files_that_are_cut_are_refused_by_name_and_place() {
    let statement = bank("camt053-v08.xml");
    let half = &statement[..statement.len() / 2];
    let error = refusal(&shipped_profile("camt"), "half.xml", half);
    assert_says(&error, &["half.xml", "line "]);
    let pages = ":20:R\r\n:25:1\r\n:28C:7/1\r\n:60F:C260101EUR0,00\r\n:61:2601310131C1,00NTRFA\r\n";
    let error = refusal(&shipped_profile("mt940"), "half.sta", pages);
    assert_says(
        &error,
        &["half.sta", "a closing balance (:62F:) expected, got none"],
    );
    let error = refusal(
        &shipped_profile("stripe"),
        "half.json",
        "{\"data\": [{\"id\": \"in_1\", \"num",
    );
    assert_says(&error, &["half.json", "line 1", "the end of the text"]);
}

#[test]
fn a_row_that_is_cut_is_rejected_by_its_line_and_the_others_are_taken() {
    let desk = Desk::new();
    let text = "Nummer;Kunde;Datum;Faellig;Betrag;Waehrung\n\
        R-1;K1;31.01.2026;02.03.2026;1.234,50;EUR\n\
        R-2;K1;31.01.20";
    desk.import(&open_items(), &[desk.put("cut.csv", text)], 0.5)
        .unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id", "amount"]), ["R-1|1234.50"]);
    let rejects = desk.rejects();
    assert!(rejects.len() == 1 && rejects[0].starts_with("3|"), "{rejects:?}");
}

#[test]
fn mixed_encodings_lose_no_row_in_a_text_and_are_refused_in_xml() {
    let desk = Desk::new();
    let mut text = b"Nummer;Kunde;Datum;Faellig;Betrag;Waehrung\n".to_vec();
    text.extend_from_slice("R-1;M\u{fc}ller;31.01.2026;02.03.2026;1.234,50;EUR\n".as_bytes());
    text.extend_from_slice(b"R-2;M\xfcller;31.01.2026;02.03.2026;20,00;EUR\n");
    desk.import(&open_items(), &[desk.put("mixed.csv", text)], 0.0)
        .unwrap();
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "amount"]),
        ["R-1|1234.50", "R-2|20.00"]
    );
    let statement = String::from_utf8(bank("camt053-v08.xml")).expect("it is UTF-8");
    let mut bytes = statement.replacen("</", "\u{1}</", 1).into_bytes();
    let place = bytes
        .iter()
        .position(|byte| *byte == 1)
        .expect("it was put there");
    bytes[place] = 0xfc;
    let error = refusal(&shipped_profile("camt"), "mixed.xml", bytes);
    assert_says(
        &error,
        &[
            "mixed.xml",
            "line ",
            "bytes that are not UTF-8, the encoding of the document",
        ],
    );
}

#[test]
fn columns_in_another_language_are_answered_with_what_is_there() {
    let text = "Laskunumero;Asiakas;P\u{e4}iv\u{e4};Er\u{e4}p\u{e4}iv\u{e4};Summa;Valuutta\n\
        R-1;K1;31.01.2026;02.03.2026;1,00;EUR\n";
    let error = refusal(&open_items(), "suomi.csv", text);
    assert_says(
        &error,
        &[
            "suomi.csv",
            "`Nummer`",
            "`Betrag`",
            "`Laskunumero`",
            "`Er\u{e4}p\u{e4}iv\u{e4}`",
        ],
    );
    let desk = Desk::new();
    let file = desk.put("suomi.csv", text);
    let error = recognise(&[file], &["suomi.csv".to_owned()])
        .unwrap_err()
        .to_string();
    assert_says(
        &error,
        &["suomi.csv", "`Laskunumero`", "duecast profile new FILE"],
    );
}

#[test]
fn of_two_header_rows_the_one_that_the_profile_knows_names_the_columns() {
    let labels = "Nummer;Kunde;Datum;Faellig;Betrag;Waehrung\n";
    let technical = "VBELN;KUNNR;FKDAT;NETDT;WRBTR;WAERS\n";
    let row = "R-1;K1;31.01.2026;02.03.2026;1.234,50;EUR\n";
    let desk = Desk::new();
    let file = desk.put("above.csv", format!("{technical}{labels}{row}"));
    desk.import(&open_items(), &[file], 0.0).unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id", "amount"]), ["R-1|1234.50"]);
    let desk = Desk::new();
    let file = desk.put("below.csv", format!("{labels}{technical}{row}"));
    desk.import(&open_items(), &[file], 0.5).unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id", "amount"]), ["R-1|1234.50"]);
    let rejects = desk.rejects();
    assert!(rejects.len() == 1 && rejects[0].starts_with("2|"), "{rejects:?}");
}

#[test]
fn a_million_columns_are_refused_by_import_and_by_recognition() {
    let text = "a,".repeat(1_000_000);
    let error = refusal(&open_items(), "wide.csv", &text);
    assert_says(
        &error,
        &["wide.csv", "columns of at most 16384 expected, got 1000001"],
    );
    let desk = Desk::new();
    let file = desk.put("wide.csv", &text);
    let error = recognise(&[file], &["wide.csv".to_owned()])
        .unwrap_err()
        .to_string();
    assert_says(
        &error,
        &["wide.csv", "columns of at most 16384 expected, got 1000001"],
    );
}

#[test]
fn a_statement_cannot_repeat_a_long_text_in_every_receipt() {
    let statement = String::from_utf8(bank("camt053-v08.xml")).expect("it is UTF-8");
    let (before, rest) = statement.split_once("<Stmt>").expect("a statement");
    let (_, behind) = rest.split_once("</Id>").expect("its id");
    let long = format!("{before}<Stmt><Id>{}</Id>{behind}", "x".repeat(1 << 16));
    let error = refusal(&shipped_profile("camt"), "long.xml", long);
    assert_says(
        &error,
        &["long.xml", "Id of at most 1024 bytes expected, got 65536"],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn damaged_contents_of_open_documents_are_errors_or_rows(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[<>/a-z=\"0-9:-]"), 0..8),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = content(&CELLS.repeat(3)).into_bytes();
        for (place, letter) in changes {
            let place = place.index(bytes.len());
            bytes[place] = letter.as_bytes()[0];
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        let options = Options { format: Format::Workbook, ..Options::default() };
        // Either is right; a panic or a hang is not.
        let _ = drain(&ods(&bytes), &options);
    }
}
