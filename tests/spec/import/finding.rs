//! Finding the profile: files speak for themselves, together, under any name; what nobody knows becomes a draft.

mod drafting;

use std::fs;
use std::path::PathBuf;

use duecast::history::recognise::{CONFIDENCE_MIN, Recognition, rank, recognise};
use duecast::history::{Error, Profile};

use super::desk::Desk;

/// Files of `tests/data`, and the profile that reads them.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "business-central",
        &[
            "business-central/Customer Ledger Entries.csv",
            "business-central/Detailed Cust. Ledg. Entries.csv",
        ],
    ),
    (
        "camt",
        &[
            "bank/camt053-v02.xml",
            "bank/camt053-v08.xml",
            "bank/camt054-v08.xml",
        ],
    ),
    (
        "dynamics-365",
        &[
            "dynamics/CustInvoiceJour.csv",
            "dynamics/CustSettlement.csv",
            "dynamics/CustTable.csv",
            "dynamics/CustTrans.csv",
        ],
    ),
    (
        "einvoice",
        &[
            "einvoice/cii-credit-note.xml",
            "einvoice/cii-down-payment.xml",
            "einvoice/cii-extended.xml",
            "einvoice/cii-factur-x.xml",
            "einvoice/drafthorse.pdf",
            "einvoice/factur-x.pdf",
            "einvoice/ubl-correction.xml",
            "einvoice/ubl-credit-note.xml",
            "einvoice/ubl-invoice.xml",
            "einvoice/ubl-no-due-date.xml",
            "einvoice/ubl-paid.xml",
            "einvoice/ubl-pro-forma.xml",
            "einvoice/ubl-xrechnung.xml",
            "einvoice/xrechnung.pdf",
            "einvoice/zugferd-1.pdf",
            "einvoice/zugferd-1.xml",
        ],
    ),
    (
        "erpnext",
        &[
            "erpnext/journal-entry.ndjson",
            "erpnext/payment-entry.json",
            "erpnext/sales-invoice.json",
        ],
    ),
    (
        "erpnext-csv",
        &["erpnext/Payment Entry.csv", "erpnext/Sales Invoice.csv"],
    ),
    (
        "mt940",
        &[
            "bank/mt940-dutch.sta",
            "bank/mt940-german.sta",
            "bank/mt940-plain.sta",
            "bank/mt942-plain.sta",
        ],
    ),
    (
        "odoo",
        &[
            "odoo/Journal Entry (account.move).csv",
            "odoo/Journal Item (account.move.line).csv",
            "odoo/Partial Reconcile (account.partial.reconcile).csv",
        ],
    ),
    (
        "quickbooks-online",
        &[
            "quickbooks/credit-memos.json",
            "quickbooks/documents.ndjson",
            "quickbooks/invoices.json",
            "quickbooks/payments.json",
        ],
    ),
    (
        "quickbooks-online-csv",
        &["quickbooks/ar-aging-detail.csv", "quickbooks/invoice-list.csv"],
    ),
    ("s4-journal", &["sap/journal.csv"]),
    ("sap-line-items", &["sap/fbl5n-de.txt"]),
    ("sap-line-items-en", &["sap/fbl5n-en.txt"]),
    (
        "sap-tables",
        &["sap/bkpf.csv", "sap/bsad.csv", "sap/bsid.csv", "sap/kna1.csv"],
    ),
    ("stripe", &["stripe/invoices.json"]),
    ("stripe-csv", &["stripe/invoices.csv"]),
    (
        "xero",
        &[
            "xero/credit-notes.json",
            "xero/invoices.json",
            "xero/overpayments.json",
            "xero/payments.json",
        ],
    ),
    ("xero-aged-receivables", &["xero/aged-receivables-detail.csv"]),
    ("xero-csv", &["xero/sales-invoices.csv"]),
];

/// Columns of SAP's list as both of its profiles know them.
const LIST: &str = "Company Code;Customer;Document Number;Fiscal Year;Line Item;Document Type;Posting Key;Posting Date;\
    Document Date;Entry Date;Net Due Date;Amount in Document Currency;Document Currency;Clearing Date;Clearing Document";

fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

fn names(inputs: &[PathBuf]) -> Vec<String> {
    inputs.iter().map(|input| input.display().to_string()).collect()
}

fn find(inputs: &[PathBuf]) -> Result<Recognition, Error> {
    recognise(inputs, &names(inputs))
}

/// The file with its columns turned round; the header decides, so that commas within cells do not matter.
fn turned(text: &str) -> String {
    let turn = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    text.lines().map(|line| turn(line) + "\n").collect()
}

#[test]
fn every_test_file_is_recognised_alone() {
    for (profile, files) in KNOWN {
        for file in *files {
            let found = find(&[data(file)]).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(found.profile.name(), *profile, "{file}: {}", found.reason);
            assert!((CONFIDENCE_MIN..1.0).contains(&found.confidence), "{file}");
            assert!(found.reason.contains(profile), "{file}: {}", found.reason);
        }
    }
}

#[test]
fn files_of_one_source_are_judged_together() {
    for (profile, files) in KNOWN {
        let inputs: Vec<PathBuf> = files.iter().map(|file| data(file)).collect();
        let found = find(&inputs).unwrap();
        assert_eq!(found.profile.name(), *profile, "{}", found.reason);
    }
}

#[test]
fn files_of_several_sources_are_refused_with_which_is_which() {
    let mixed = [
        data("dynamics/CustTrans.csv"),
        data("xero/sales-invoices.csv"),
        data("unknown/debitoren.csv"),
        data("bank/camt053-v02.xml"),
    ];
    let refused = find(&mixed).unwrap_err().to_string();
    let file = |index: usize| mixed[index].display().to_string();
    for part in [
        format!("dynamics-365 reads {};", file(0)),
        format!("xero-csv reads {};", file(1)),
        format!("no shipped profile surely reads {}", file(2)),
        "`OP-Liste Muster GmbH`".to_owned(),
        format!("camt reads {};", file(3)),
        "--profile".to_owned(),
    ] {
        assert!(refused.contains(&part), "{part} in {refused}");
    }
}

#[test]
fn names_of_files_and_the_order_of_columns_do_not_matter() {
    for (profile, file) in [
        ("dynamics-365", "dynamics/CustTrans.csv"),
        ("dynamics-365", "dynamics/CustSettlement.csv"),
        ("odoo", "odoo/Journal Entry (account.move).csv"),
        ("sap-tables", "sap/bsid.csv"),
        ("s4-journal", "sap/journal.csv"),
        ("stripe-csv", "stripe/invoices.csv"),
        ("xero-csv", "xero/sales-invoices.csv"),
    ] {
        let desk = Desk::new();
        let text = fs::read_to_string(data(file)).unwrap();
        let renamed = desk.put("export (3).csv", turned(text.trim_start_matches('\u{feff}')));
        let found = find(&[renamed]).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(found.profile.name(), profile, "{}", found.reason);
    }
}

#[test]
fn our_own_tables_are_told_from_receipts_by_their_names() {
    let desk = Desk::new();
    let text = "receipt_id,value_date,amount,currency,remittance,payer_name,bank_account,kind\n\
        R1,2025-01-31,10.00,EUR,F1,Acme,A,transfer\n";
    let own = desk.put("receipts.csv", text);
    assert_eq!(find(&[own]).unwrap().profile.name(), "canonical");
    let other = desk.put("bank.csv", text);
    assert_eq!(find(&[other]).unwrap().profile.name(), "bank-receipts");
}

#[test]
fn the_reason_names_columns_and_the_next_best() {
    let found = find(&[data("dynamics/CustTrans.csv")]).unwrap();
    for part in [
        "6 of 6 columns of dynamics-365",
        "among them `TRANSTYPE`",
        "next best",
    ] {
        assert!(found.reason.contains(part), "{part} in {}", found.reason);
    }
    let inputs = [data("dynamics/CustTrans.csv")];
    let ranking = rank(&inputs, &names(&inputs)).unwrap();
    assert_eq!(ranking[0].profile, "dynamics-365");
    assert_eq!((ranking[0].columns_found, ranking[0].columns_asked), (6, 6));
    assert!(
        ranking
            .windows(2)
            .all(|pair| pair[0].confidence >= pair[1].confidence)
    );
}

#[test]
fn cells_tell_profiles_apart_that_know_the_same_columns() {
    let row = |date: &str, amount: &str| {
        format!("{LIST}\n1000;4711;1800000001;2025;1;RV;01;{date};{date};{date};{date};{amount};EUR;;\n")
    };
    for (date, amount, profile) in [
        ("2025-01-31", "1.234,56-", "sap-line-items"),
        ("2025-01-31", "1,234.56-", "sap-line-items-en"),
        ("01/31/2025", "800", "sap-line-items-en"),
    ] {
        let desk = Desk::new();
        let file = desk.put("list.csv", row(date, amount));
        let found = find(&[file]).unwrap();
        assert_eq!(found.profile.name(), profile, "{amount}: {}", found.reason);
        assert!(found.reason.contains("cells"), "{}", found.reason);
    }
    let desk = Desk::new();
    let file = desk.put("list.csv", row("2025-01-31", "800"));
    let refused = find(&[file]).unwrap_err().to_string();
    for part in [
        "`sap-line-items`",
        "`sap-line-items-en`",
        "equally well",
        "--profile",
    ] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
}

#[test]
fn a_ledger_nobody_knows_is_refused_with_what_was_seen() {
    for file in ["debitoren.csv", "receivables.csv", "openstaand.txt"] {
        let refused = find(&[data("unknown").join(file)]).unwrap_err().to_string();
        for part in [file, "80 %", "best candidates", "duecast profile new FILE"] {
            assert!(refused.contains(part), "{part} in {refused}");
        }
    }
    let desk = Desk::new();
    let json = desk.put("list.json", "[{\"a\": 1, \"b\": {\"c\": 2}}]");
    assert!(find(&[json]).unwrap_err().to_string().contains("JSON"));
    let binary = desk.put("picture.csv", [0x89, b'P', b'N', b'G', 0, 0, 0, 1]);
    let refused = find(&[binary]).unwrap_err().to_string();
    assert!(refused.contains("neither text nor"), "{refused}");
    let missing = data("unknown/nowhere.csv");
    assert!(matches!(find(&[missing]), Err(Error::Io { .. })));
}

#[test]
fn every_shipped_profile_with_marks_knows_them() {
    for (name, _) in duecast::history::profile::shipped() {
        let marks = Profile::load(name).unwrap();
        assert!(
            marks.recognise().iter().all(|mark| !mark.trim().is_empty()),
            "{name}"
        );
    }
}
