//! Spreadsheets: sheets told apart by name, typed cells, and files that are none.

use std::io::{Cursor, Write};

use duecast::history::Profile;
use duecast::source::{Error, Format, Options, SourceRow, open};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet};

use super::desk::{Desk, read_columns};

const PROFILE: &str = r#"
name = "book"
description = "invoices and payments, a sheet each"
[[table]]
table = "invoices"
sheets = ["rechnungen*"]
[table.columns]
invoice_id = "Nummer"
customer_id = "Kunde"
invoice_date = "Datum"
due_date = "Faellig"
amount = "Betrag"
currency = "Waehrung"
[[table]]
table = "payments"
sheets = ["zahlungen*"]
[table.columns]
payment_id = "Zahlung"
invoice_id = "Rechnung"
paid_date = "Datum"
amount = "Betrag"
currency = "Waehrung"
"#;

fn profile() -> Profile {
    Profile::from_toml("book.toml", PROFILE).expect("the profile is right")
}

fn texts(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in (0_u16..).zip(cells) {
        sheet.write_string(row, column, *text).expect("a cell");
    }
}

fn dates(sheet: &mut Worksheet, row: u32, cells: &[(u16, u8, u8, u16)]) {
    let format = CellFormat::new().set_num_format("dd.mm.yyyy");
    for (year, month, day, column) in cells {
        let date = ExcelDateTime::from_ymd(*year, *month, *day).expect("a date");
        sheet
            .write_datetime_with_format(row, *column, &date, &format)
            .expect("a cell");
    }
}

/// A cover sheet, invoices under a title, and payments of which the second is unreadable.
fn book() -> Vec<u8> {
    let mut book = Workbook::new();
    let cover = book.add_worksheet();
    cover.set_name("Deckblatt").expect("a name");
    texts(cover, 0, &["Muster Nord GmbH"]);
    let invoices = book.add_worksheet();
    invoices.set_name("Rechnungen 2026").expect("a name");
    texts(invoices, 0, &["Offene Posten"]);
    texts(
        invoices,
        2,
        &["Nummer", "Kunde", "Datum", "Faellig", "Betrag", "Waehrung"],
    );
    for (row, number, amount) in [(3, "R-1", 1234.5), (4, "R-2", 0.1 + 0.2)] {
        texts(invoices, row, &[number, "Abendrot KG"]);
        dates(invoices, row, &[(2026, 1, 31, 2), (2026, 3, 2, 3)]);
        invoices.write_number(row, 4, amount).expect("a cell");
        texts_from(invoices, row, 5, "EUR");
    }
    texts_from(invoices, 3, 8, "a remark beside the table");
    invoices.write_number(5, 0, 4711.0).expect("a cell");
    texts_from(invoices, 5, 1, "Beispiel AG");
    dates(invoices, 5, &[(2026, 2, 2, 2), (2026, 3, 4, 3)]);
    invoices.write_number(5, 4, 20.0).expect("a cell");
    texts_from(invoices, 5, 5, "EUR");
    let payments = book.add_worksheet();
    payments.set_name("Zahlungen").expect("a name");
    texts(
        payments,
        0,
        &["Zahlung", "Rechnung", "Datum", "Betrag", "Waehrung"],
    );
    for (row, number, amount) in [(1, "Z-1", "1000"), (2, "Z-2", "abc")] {
        texts(payments, row, &[number, "R-1"]);
        dates(payments, row, &[(2026, 3, 5, 2)]);
        texts_from(payments, row, 3, amount);
        texts_from(payments, row, 4, "EUR");
    }
    book.save_to_buffer().expect("a workbook")
}

fn texts_from(sheet: &mut Worksheet, row: u32, column: u16, text: &str) {
    sheet.write_string(row, column, text).expect("a cell");
}

const INVOICE_COLUMNS: [&str; 5] = ["invoice_id", "customer_id", "invoice_date", "due_date", "amount"];

#[test]
fn an_xlsx_workbook_is_read_sheet_by_sheet_with_its_dates_and_numbers() {
    let desk = Desk::new();
    let outcome = desk
        .import(&profile(), &[desk.put("book.xlsx", book())], 0.5)
        .unwrap();
    assert_eq!(
        desk.rows("invoices", &INVOICE_COLUMNS),
        [
            "4711|Beispiel AG|2026-02-02|2026-03-04|20.00",
            "R-1|Abendrot KG|2026-01-31|2026-03-02|1234.50",
            "R-2|Abendrot KG|2026-01-31|2026-03-02|0.30",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "paid_date"]),
        ["Z-1|2026-03-05"]
    );
    let rejects = read_columns(
        &desk.ledger().join("rejects.csv"),
        &["file", "line", "column", "value"],
    );
    assert_eq!(rejects.len(), 1);
    assert!(
        rejects[0].ends_with("book.xlsx#Zahlungen|3|Betrag|abc"),
        "{rejects:?}"
    );
    assert_eq!(outcome.report.rows_rejected(), 1);
}

#[test]
fn a_second_import_of_a_workbook_changes_nothing_and_keeps_its_reject_once() {
    let desk = Desk::new();
    let file = desk.put("book.xlsx", book());
    desk.import(&profile(), std::slice::from_ref(&file), 0.5).unwrap();
    let before = desk.files();
    desk.import(&profile(), &[file], 0.5).unwrap();
    assert_eq!(desk.files(), before);
}

#[test]
fn an_ods_workbook_of_another_program_gives_the_same_kind_of_rows() {
    let desk = Desk::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/workbook/muster.ods");
    desk.import(&profile(), &[path.into()], 0.0).unwrap();
    assert_eq!(
        desk.rows("invoices", &INVOICE_COLUMNS),
        [
            "4711|Beispiel AG|2026-02-02|2026-03-04|20.00",
            "R-1|Abendrot KG|2026-01-31|2026-03-02|1234.50",
            "R-2|Abendrot KG|2026-02-01|2026-03-03|0.30",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "invoice_id", "paid_date", "amount"]),
        ["Z-1|R-1|2026-03-05|1000.00"]
    );
}

#[test]
fn a_workbook_none_of_whose_sheets_fits_says_what_each_lacks() {
    let desk = Desk::new();
    let open_to_all = PROFILE
        .replace("sheets = [\"rechnungen*\"]\n", "")
        .replace("sheets = [\"zahlungen*\"]\n", "")
        .replace("\"Waehrung\"", "\"Devise\"");
    let profile = Profile::from_toml("book.toml", &open_to_all).unwrap();
    let error = desk
        .import(&profile, &[desk.put("book.xlsx", book())], 0.5)
        .unwrap_err()
        .to_string();
    for part in [
        "`Rechnungen 2026`",
        "`Zahlungen`",
        "`Devise`",
        "`invoices`",
        "`payments`",
        "book.xlsx",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let error = desk
        .import(
            &Profile::from_toml(
                "book.toml",
                &PROFILE
                    .replace("rechnungen*", "bills*")
                    .replace("zahlungen*", "cash*"),
            )
            .unwrap(),
            &[desk.put("book.xlsx", book())],
            0.5,
        )
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`bills*`") && error.contains("`Zahlungen`"),
        "{error}"
    );
}

/// Reads a file to its end, whatever it holds.
pub(super) fn drain(bytes: &[u8], options: &Options) -> Result<u64, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("the file is written");
    let mut rows = open(&path, "file", options)?;
    let mut row = SourceRow::default();
    let mut count = 0;
    while rows.next_row(&mut row)? {
        assert!(row.sheet < rows.sheets().len());
        count += 1;
    }
    Ok(count)
}

pub(super) fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default())
        .expect("a file");
    zip.write_all(content).expect("its content");
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn a_workbook_that_would_unpack_to_too_much_is_refused_before_it_does() {
    let bomb = zipped("xl/workbook.xml", &vec![b' '; 64 << 20]);
    let error = drain(&bomb, &Options::default()).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { what: "bytes unpacked", given, .. } if given == 64 << 20),
        "{error}"
    );
    let greedy = zipped("xl/workbook.xml", b"<sst uniqueCount=\"4000000000\"/>");
    let error = drain(&greedy, &Options::default()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "shared texts",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_is_no_workbook_says_what_it_is() {
    for (bytes, part) in [
        (zipped("photo.jpg", b"x"), "photo.jpg"),
        (zipped("xl/workbook.bin", b"x"), ".xlsb"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), ".xls"),
        (book()[..3000].to_vec(), "zip"),
    ] {
        let error = drain(&bytes, &Options::default()).unwrap_err().to_string();
        assert!(error.contains(part), "{part} in {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damaged_workbooks_are_errors_or_rows(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = book();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        let options = Options { format: Format::Workbook, ..Options::default() };
        // Either is right; a panic or a hang is not.
        let _ = drain(&bytes, &options);
    }

    #[test]
    fn any_bytes_are_an_error_or_rows_in_every_encoding(
        bytes in prop::collection::vec(any::<u8>(), 0..4000),
        header in any::<bool>(),
        quoted in any::<bool>(),
    ) {
        let options = Options {
            format: Format::Delimited,
            header,
            quoted,
            wanted: vec![vec![vec!["a".to_owned()]]],
            ..Options::default()
        };
        let _ = drain(&bytes, &options);
        let _ = drain(&bytes, &Options::default());
    }
}
