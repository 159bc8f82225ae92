//! Files as programs export them: forms that read alike, and files that are no ledger.

use duecast::history::{Error, History, Table};

use super::{INVOICES, ONE_INVOICE, PAYMENTS, day, facts, folder, of_invoices, open, open_at, opened};

#[test]
fn an_empty_file_is_an_error_that_names_the_columns() {
    let error = open(&[("invoices.csv", "")]).expect_err("nothing to read");
    assert!(matches!(error, Error::EmptyFile { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("invoice_id, customer_id, invoice_date"),
        "{error}"
    );
}

#[test]
fn a_header_without_rows_is_an_empty_table() {
    let (history, report) = of_invoices("");
    assert_eq!(history.date_range(), None);
    assert_eq!(open_at(&history, "2025-01-01"), Vec::<String>::new());
    assert_eq!(report.rows_read(), 0);
}

#[test]
fn a_ledger_without_invoices_is_an_error_that_says_what_is_there() {
    let error = open(&[("payments.csv", PAYMENTS)]).expect_err("invoices are required");
    assert!(
        matches!(
            error,
            Error::MissingTable {
                table: Table::Invoices,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("found payments.csv"), "{error}");
}

#[test]
fn a_folder_says_which_files_it_lacks_and_which_are_not_read() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let (_, whole) = opened(&[("invoices.csv", &invoices), ("payments.csv", PAYMENTS)]);
    assert_eq!(whole.file_warnings(), Vec::<String>::new());
    let (_, report) = opened(&[
        ("invoices.csv", &invoices),
        ("credit_note.csv", "x\n"),
        ("Payments.CSV", PAYMENTS),
        ("rates.parquet", "x"),
        ("rejects.csv", "file,line,column,value,reason\n"),
        ("notes.txt", "x"),
    ]);
    assert!(report.payments_missing);
    assert_eq!(
        report.unknown_files,
        ["Payments.CSV", "credit_note.csv", "rates.parquet"]
    );
    let page = report.to_string();
    for part in [
        "every invoice counts as unpaid",
        "credit_note.csv",
        "credit_notes",
        "fx_rates",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn every_missing_column_is_named_at_once() {
    let error = open(&[("invoices.csv", "invoice_id,customer,amount\nI1,ACME,10\n")])
        .expect_err("columns are missing");
    let Error::MissingColumns { missing, found, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(missing.join(" "), "customer_id invoice_date due_date currency");
    assert_eq!(found.join(" "), "invoice_id customer amount");
}

#[test]
fn an_amount_needs_a_currency_column() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let customers = "customer_id,credit_limit\nACME,500\n";
    let error = open(&[("invoices.csv", &invoices), ("customers.csv", customers)]).expect_err("no currency");
    assert!(
        error
            .to_string()
            .contains("customers.csv lacks the columns currency"),
        "{error}"
    );
}

#[test]
fn a_column_named_twice_is_an_error() {
    let error = open(&[("invoices.csv", "invoice_id,invoice_id\n")]).expect_err("which one counts?");
    assert!(matches!(error, Error::RepeatedColumn { .. }), "{error}");
}

#[test]
fn byte_order_marks_utf16_and_legacy_encodings_read_alike() {
    let text = format!("{INVOICES}I1,M\u{fc}ller & S\u{f6}hne,2025-01-31,2025-03-02,1000.00,EUR\n");
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let le: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let be: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let cp1252: Vec<u8> = text
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).expect("latin"))
        .collect();
    let forms: [(&str, Vec<u8>); 7] = [
        ("UTF-8", text.clone().into_bytes()),
        ("UTF-8", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16LE", [b"\xff\xfe".as_slice(), &le].concat()),
        ("UTF-16BE", [b"\xfe\xff".as_slice(), &be].concat()),
        ("UTF-16LE", le),
        ("UTF-16BE", be),
        ("windows-1252", cp1252),
    ];
    for (encoding, bytes) in forms {
        let folder = folder(&[("invoices.csv", &bytes)]);
        let (history, report) = History::open(folder.path()).expect(encoding);
        let items = history.as_of(day("2025-02-01")).open_items().expect("open items");
        assert_eq!(items[0].customer_id, "M\u{fc}ller & S\u{f6}hne", "{encoding}");
        assert_eq!(
            facts(&report, Table::Invoices).encoding.as_deref(),
            Some(encoding)
        );
    }
}

#[test]
fn semicolons_tabs_windows_lines_and_quotes_read_alike() {
    let text = format!("{INVOICES}{ONE_INVOICE}");
    for form in [
        text.replace(',', ";"),
        text.replace(',', "\t"),
        text.replace('\n', "\r\n"),
        text.replace("ACME", "\"ACME\""),
        text.replace("invoice_id", " Invoice_ID ")
            .replace("ACME", " ACME "),
        format!("{text}\n\n"),
    ] {
        let (history, report) = opened(&[("invoices.csv", &form)]);
        assert_eq!(open_at(&history, "2025-02-01"), ["I1 1000.00"], "{form:?}");
        assert_eq!(report.rows_rejected(), 0, "{form:?}");
    }
}

#[test]
fn columns_without_use_are_named() {
    let text = "invoice_id,customer_id,invoice_date,due_date,amount,currency,colour\nI1,A,2025-01-31,2025-03-02,1,EUR,red\n";
    let (_, report) = opened(&[("invoices.csv", text)]);
    assert_eq!(facts(&report, Table::Invoices).ignored_columns, ["colour"]);
}
