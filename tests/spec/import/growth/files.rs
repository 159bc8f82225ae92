//! Versions in the files of a ledger, whoever wrote them.

use std::collections::BTreeMap;

use duecast::history::{Cell, History, OpenOptions, Table, TableBuilder, write};

use super::super::desk::Desk;
use super::{CHANGED, FIRST, open, owed, take};

#[test]
fn versions_are_the_same_in_csv_and_in_parquet_that_stays_on_disk() {
    let desk = Desk::new();
    take(&desk, "first", FIRST, None);
    take(&desk, "second", CHANGED, Some("2025-02-15"));
    let csv = open(&desk);
    let mut builder = TableBuilder::new(Table::Invoices);
    for (line, (row, until)) in (1..).zip([
        ("I1,ACME,2025-01-10,2025-02-09,100.00,EUR,2025-01-10", ""),
        (
            "I2,BETA,2025-01-20,2025-02-19,200.00,EUR,2025-01-20",
            "2025-02-15",
        ),
        ("I2,BETA,2025-01-20,2025-03-01,180.00,EUR,2025-02-15", ""),
        ("I3,BETA,2025-02-10,2025-03-12,300.00,EUR,2025-02-10", ""),
    ]) {
        let mut cells = vec![Cell::Absent; builder.slots()];
        let names = "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at";
        for (name, text) in names.split(',').zip(row.split(',')) {
            cells[TableBuilder::slot(Table::Invoices, name).expect("a column")] = Cell::Text(text);
        }
        builder
            .push_version(line, &cells, Cell::Text(until))
            .expect("the row is valid");
    }
    let frame = builder.finish().expect("a frame").frame;
    let folder = tempfile::tempdir().expect("a temporary folder");
    write::parquet(folder.path(), Table::Invoices, &frame).expect("parquet is written");
    let (checked, report) = History::open(folder.path()).expect("checked");
    let (trusted, _) = History::open_trusted(folder.path()).expect("trusted");
    let frames = BTreeMap::from([(Table::Invoices, frame)]);
    let in_memory = History::from_frames(&frames).expect("the frame is a ledger");
    assert_eq!(
        (
            report.rows_rejected(),
            report.tables[&Table::Invoices].rows_superseded
        ),
        (0, 1)
    );
    // What is superseded is in no sum.
    assert_eq!(report.tables[&Table::Invoices].totals["EUR"].total, "580.00");
    for history in [&checked, &trusted, &in_memory] {
        assert_eq!(history.date_range(), csv.date_range());
        for cutoff in [
            "2025-01-09",
            "2025-01-20",
            "2025-02-14",
            "2025-02-15",
            "2025-03-31",
        ] {
            assert_eq!(owed(history, cutoff), owed(&csv, cutoff), "{cutoff}");
        }
    }
}

#[test]
fn versions_that_hold_at_the_same_time_are_rejected() {
    let desk = Desk::new();
    std::fs::create_dir(desk.ledger()).expect("a folder");
    let rows = "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at,superseded_on\n\
        I1,ACME,2025-01-10,2025-02-09,100.00,EUR,2025-01-10,2025-01-20\n\
        I1,ACME,2025-01-10,2025-02-09,90.00,EUR,2025-01-15,2025-01-25\n\
        I1,ACME,2025-01-10,2025-02-09,80.00,EUR,2025-01-25,\n";
    std::fs::write(desk.ledger().join("invoices.csv"), rows).expect("the ledger is written");
    let tolerant = OpenOptions {
        max_reject_share: 1.0,
    };
    let (history, report) = History::open_with(&desk.ledger(), &tolerant).expect("the ledger opens");
    assert_eq!(report.rejects().len(), 1);
    assert_eq!(
        (report.rejects()[0].line, report.rejects()[0].column.as_str()),
        (3, "invoice_id")
    );
    assert!(
        report.rejects()[0].reason.contains("superseded_on"),
        "{:?}",
        report.rejects()
    );
    assert_eq!(owed(&history, "2025-01-24"), Vec::<String>::new());
    assert_eq!(owed(&history, "2025-01-25"), ["I1 8000 2025-02-09"]);
}
