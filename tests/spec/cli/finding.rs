//! A person with a file: it is recognised, or drafted; and what came of it is a page to look at.

use std::fs;
use std::path::Path;

use super::ledgers::{line_of, run, tiny_ledger};

/// A folder with a file of `tests/data` under another name.
fn folder_with(file: &str, name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    fs::copy(data.join(file), folder.path().join(name)).unwrap();
    folder
}

#[test]
fn an_import_without_a_profile_says_which_it_found_and_how_sure_it_is() {
    let folder = folder_with("sap/fbl5n-de.txt", "list.txt");
    let ran = run(folder.path(), "import --input list.txt --ledger mine");
    ran.succeeded();
    let note = line_of(&ran.err, "read by profile");
    assert!(
        note.contains("read by profile sap-line-items, 99 % sure"),
        "{note}"
    );
    assert!(note.contains("sap-line-items-en would fit as well"), "{note}");
    assert!(ran.out.contains("mine is complete."), "{}", ran.out);
    run(folder.path(), "check --ledger mine").succeeded();
}

#[test]
fn a_folder_is_imported_file_by_file_and_one_of_several_sources_is_refused() {
    let folder = folder_with("einvoice/ubl-invoice.xml", "seen.xml");
    let inbox = folder.path().join("inbox");
    fs::create_dir_all(inbox.join("more")).unwrap();
    fs::rename(folder.path().join("seen.xml"), inbox.join("b.xml")).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    fs::copy(data.join("einvoice/cii-factur-x.xml"), inbox.join("more/a.xml")).unwrap();
    fs::write(inbox.join(".hidden"), "neither text nor table").unwrap();
    let ran = run(folder.path(), "import --input inbox --ledger mine");
    ran.succeeded();
    assert!(ran.err.contains("read by profile einvoice"), "{}", ran.err);
    assert!(ran.out.contains("invoices: 2 rows added"), "{}", ran.out);

    fs::copy(
        data.join("bank/camt053-v02.xml"),
        inbox.join("more/statement.xml"),
    )
    .unwrap();
    let ran = run(folder.path(), "import --input inbox --ledger mine");
    ran.failed_with("camt reads inbox/more/statement.xml");
    assert!(
        ran.err.contains("einvoice reads inbox/b.xml, inbox/more/a.xml"),
        "{}",
        ran.err
    );
    fs::create_dir(folder.path().join("empty")).unwrap();
    run(folder.path(), "import --input empty --ledger mine").failed_with("at least one file expected");
}

#[test]
fn an_invoice_without_a_due_date_is_rejected_with_what_to_write_in_the_profile() {
    let folder = folder_with("einvoice/ubl-no-due-date.xml", "invoice.xml");
    let ran = run(
        folder.path(),
        "import --input invoice.xml --ledger mine --max-reject-share 1",
    );
    ran.succeeded();
    let rejects = fs::read_to_string(folder.path().join("mine/rejects.csv")).unwrap();
    for part in ["required value is missing", "add_days", "NET DAYS", "days = 30"] {
        assert!(rejects.contains(part), "{part} in {rejects}");
    }
}

#[test]
fn an_unknown_export_is_refused_drafted_and_then_imported() {
    let folder = folder_with("unknown/debitoren.csv", "debitoren.csv");
    let ran = run(folder.path(), "import --input debitoren.csv --ledger mine");
    ran.failed_with("duecast profile new FILE");
    assert!(!folder.path().join("mine").is_dir());

    let ran = run(folder.path(), "profile new debitoren.csv");
    ran.succeeded();
    assert!(
        ran.out.starts_with("# Drafted from debitoren (3 rows)"),
        "{}",
        ran.out
    );
    let ran = run(folder.path(), "profile new debitoren.csv --out own.toml");
    ran.succeeded();
    assert!(ran.err.contains("the draft is in own.toml"), "{}", ran.err);
    assert!(ran.err.contains("every required column was found"), "{}", ran.err);

    let ran = run(
        folder.path(),
        "import --profile own.toml --input debitoren.csv --ledger mine",
    );
    ran.succeeded();
    assert!(ran.out.contains("invoices: 3 rows added"), "{}", ran.out);
    assert!(ran.out.contains("payments: 2 rows added"), "{}", ran.out);
}

#[test]
fn a_draft_never_takes_the_place_of_what_it_is_drawn_from() {
    let folder = folder_with("unknown/debitoren.csv", "debitoren.csv");
    run(folder.path(), "profile new debitoren.csv --out debitoren.csv").refused_with("debitoren.csv");
    run(folder.path(), "profile new").refused_with("FILE");
    run(folder.path(), "profile new nowhere.csv").failed_with("nowhere.csv");
}

#[test]
fn a_check_becomes_a_page_that_needs_nothing_else() {
    let folder = tiny_ledger();
    let invoices = folder.path().join("ledger/invoices.csv");
    let mut text = fs::read_to_string(&invoices).unwrap();
    text.push_str("X1,ACME,<script>alert(1)</script>,2025-07-20,10.00,EUR\n");
    fs::write(&invoices, text).unwrap();
    let plain = run(folder.path(), "check --ledger ledger");
    let ran = run(folder.path(), "check --ledger ledger --out page.html");
    ran.succeeded();
    assert_eq!(ran.out, plain.out);
    assert!(ran.err.contains("the page is in page.html"), "{}", ran.err);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in [
        "<h1>What is in ledger</h1>",
        "It can be used, from 2024-01-01 to ",
        "Invoiced and paid by month, EUR",
        "Invoiced and paid by month, JPY",
        "Totals by currency",
        "Rejected rows",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for part in ["<script", "http", "<link", "Unapplied cash"] {
        assert!(!page.contains(part), "{part}");
    }
    run(folder.path(), "check --ledger ledger --out again.html").succeeded();
    assert_eq!(
        fs::read_to_string(folder.path().join("again.html")).unwrap(),
        page
    );
    run(folder.path(), "check --ledger ledger --out ledger/page.html").refused_with("ledger");
    run(folder.path(), "check --ledger ledger --out page.pdf").refused_with(".html or .md");
}

#[test]
fn what_a_profile_may_fill_is_told_by_table_record_and_linker() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "profile fields settlements");
    ran.succeeded();
    assert!(
        ran.out.contains("record settlement of linker settlements"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("table invoices"), "{}", ran.out);
    let ran = run(folder.path(), "profile fields invoices");
    ran.succeeded();
    let due = line_of(&ran.out, "due_date");
    assert!(
        due.contains("a date such as 2026-01-31, required: Date it falls due."),
        "{due}"
    );
    run(folder.path(), "profile fields nonsense").failed_with("there are ");
}
