//! SAP customer line items: each trap of the clearing logic, and the exports and notations they come in.

mod clearing;
mod exports;
mod items;
mod later;

use std::collections::BTreeMap;

use duecast::history::import::ImportOutcome;

use super::desk::{Desk, shipped_profile};

/// Columns of a dump of BSID or BSAD, as far as the tests need them.
const COLUMNS: [&str; 33] = [
    "BUKRS",
    "KUNNR",
    "BELNR",
    "GJAHR",
    "BUZEI",
    "BLART",
    "BSCHL",
    "UMSKZ",
    "SHKZG",
    "WRBTR",
    "WAERS",
    "BUDAT",
    "BLDAT",
    "CPUDT",
    "VALUT",
    "ZTERM",
    "ZFBDT",
    "ZBD1T",
    "ZBD2T",
    "ZBD3T",
    "ZBD1P",
    "WSKTO",
    "AUGDT",
    "AUGBL",
    "REBZG",
    "REBZJ",
    "REBZZ",
    "MANSP",
    "STBLG",
    "XREVERSAL",
    "XBLNR",
    "SGTXT",
    "KIDNO",
];

/// What every item has unless it says otherwise; empty dates as the tables have them.
const DEFAULTS: [(&str, &str); 14] = [
    ("BUKRS", "1000"),
    ("KUNNR", "0000004711"),
    ("GJAHR", "2025"),
    ("WAERS", "EUR"),
    ("CPUDT", "00000000"),
    ("VALUT", "00000000"),
    ("ZFBDT", "00000000"),
    ("ZBD1T", "0"),
    ("ZBD2T", "0"),
    ("ZBD3T", "0"),
    ("WSKTO", "0.00"),
    ("AUGDT", "00000000"),
    ("REBZJ", "0000"),
    ("REBZZ", "000"),
];

/// Writes a dump. A line is an item: type, document, line, side, amount, posting date, then `COLUMN=VALUE` words.
pub(super) fn dump(lines: &str) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut cells: BTreeMap<&str, &str> = DEFAULTS.into_iter().collect();
        for (column, word) in ["BLART", "BELNR", "BUZEI", "SHKZG", "WRBTR", "BUDAT"]
            .into_iter()
            .zip(&words)
        {
            cells.insert(column, word);
        }
        cells.insert("BLDAT", words[5]);
        for word in &words[6..] {
            let (column, value) = word.split_once('=').expect("COLUMN=VALUE");
            assert!(COLUMNS.contains(&column), "{column}");
            cells.insert(column, value);
        }
        let row = COLUMNS.map(|column| cells.get(column).copied().unwrap_or_default());
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// Rows of a table as `a|b|c`, sorted; a column that no row has a value for is empty, and so is an absent table.
pub(super) fn rows(desk: &Desk, table: &str, columns: &[&str]) -> Vec<String> {
    let path = desk.ledger().join(format!("{table}.csv"));
    if !path.try_exists().expect("the ledger can be looked at") {
        return Vec::new();
    }
    let mut reader = csv::Reader::from_path(path).expect("the table is there");
    let header = reader.headers().expect("a header").clone();
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|name| header.iter().position(|column| column == *name))
        .collect();
    let mut rows: Vec<String> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            let cells: Vec<&str> = places
                .iter()
                .map(|place| place.and_then(|place| record.get(place)).unwrap_or_default())
                .collect();
            cells.join("|")
        })
        .collect();
    rows.sort();
    rows
}

pub(super) fn invoices(desk: &Desk) -> Vec<String> {
    rows(desk, "invoices", &["invoice_id", "due_date", "amount"])
}

pub(super) fn payments(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "payments",
        &["payment_id", "invoice_id", "paid_date", "amount"],
    )
}

pub(super) fn credit_notes(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "credit_notes",
        &["credit_note_id", "invoice_id", "credit_date", "amount"],
    )
}

pub(super) fn write_offs(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "write_offs",
        &["write_off_id", "invoice_id", "write_off_date", "amount"],
    )
}

pub(super) fn receipts(desk: &Desk) -> Vec<String> {
    rows(
        desk,
        "receipts",
        &["receipt_id", "value_date", "amount", "source"],
    )
}

pub(super) const NOTHING: [&str; 0] = [];

/// Imports a dump with the table profile, none of which may be rejected.
pub(super) fn import(desk: &Desk, lines: &str) -> ImportOutcome {
    let file = desk.put("bsid-bsad.csv", dump(lines));
    desk.import(&shipped_profile("sap-tables"), &[file], 0.0)
        .expect("every item is read")
}

/// An item that document 14 cleared on 12 March.
pub(super) const BY_14: &str = "AUGDT=20250312 AUGBL=14";
