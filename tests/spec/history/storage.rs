//! Files this program wrote, and Parquet of others.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use duecast::history::{Error, History, Reject, Table, write};
use polars::prelude::{Column, DataFrame, ParquetWriter};

use super::{INVOICES, ONE_INVOICE, day, facts, folder, of_payments, open_at};

const CUTOFF: &str = "2025-03-12";

fn ledger() -> History {
    of_payments("P1,I1,2025-03-12,400.00,EUR\nP2,I1,2025-04-01,600.00,EUR\n").0
}

fn save(history: &History, folder: &Path, write: impl Fn(&Path, Table, &DataFrame)) {
    let everything = history.as_of(day("2199-12-31"));
    for table in [Table::Customers, Table::Invoices, Table::Payments] {
        write(
            folder,
            table,
            &everything.table(table).collect().expect("a table"),
        );
    }
}

fn to_parquet(folder: &Path, table: Table, frame: &DataFrame) {
    write::parquet(folder, table, frame).expect("parquet is written");
}

fn to_csv(folder: &Path, table: Table, frame: &DataFrame) {
    write::csv(folder, table, frame).expect("csv is written");
}

#[test]
fn what_is_written_reads_back_the_same() {
    for write in [to_parquet, to_csv] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let original = ledger();
        save(&original, folder.path(), write);
        let (history, report) = History::open(folder.path()).expect("our own files open");
        assert_eq!(report.rows_rejected(), 0);
        assert_eq!(report.tables[&Table::Payments].rows_kept, 2);
        assert_eq!(history.date_range(), original.date_range());
        for cutoff in ["2025-01-30", CUTOFF, "2025-04-01"] {
            assert_eq!(open_at(&history, cutoff), open_at(&original, cutoff), "{cutoff}");
        }
    }
}

#[test]
fn canonical_parquet_opens_the_same_with_and_without_checks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    save(&ledger(), folder.path(), to_parquet);
    let (checked, report) = History::open(folder.path()).expect("checked");
    let (trusted, _) = History::open_trusted(folder.path()).expect("trusted");
    assert_eq!(checked.fingerprint(), trusted.fingerprint());
    assert_eq!(checked.date_range(), trusted.date_range());
    assert_eq!(open_at(&checked, CUTOFF), open_at(&trusted, CUTOFF));
    assert_eq!(facts(&report, Table::Payments).totals["EUR"].total, "1000.00");
}

#[test]
fn a_bad_row_in_canonical_parquet_is_rejected_like_any_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    save(&ledger(), folder.path(), to_parquet);
    fs::remove_file(folder.path().join("invoices.parquet")).expect("removed");
    let other = format!("{INVOICES}I2,ACME,2025-01-31,2025-03-02,1000.00,EUR\n");
    let (others, _) = super::opened(&[("invoices.csv", &other)]);
    let invoices = others
        .as_of(day(CUTOFF))
        .table(Table::Invoices)
        .collect()
        .expect("invoices");
    to_parquet(folder.path(), Table::Invoices, &invoices);
    let options = duecast::history::OpenOptions {
        max_reject_share: 1.0,
    };
    let (history, report) = History::open_with(folder.path(), &options).expect("opens");
    assert_eq!(facts(&report, Table::Payments).orphans, 2);
    assert_eq!(open_at(&history, CUTOFF), ["I2 1000.00"]);
}

fn foreign(amount: Column) -> Result<(History, duecast::history::DataReport), Error> {
    let columns = vec![
        Column::new("invoice_id".into(), [41_i64, 42]),
        Column::new("customer_id".into(), ["ACME", "BOLT"]),
        Column::new("invoice_date".into(), ["2025-01-31", "2025-01-31"]),
        Column::new("due_date".into(), ["2025-03-02", "2025-03-02"]),
        amount,
        Column::new("currency".into(), ["EUR", "JPY"]),
    ];
    let mut frame = DataFrame::new(2, columns).expect("a frame");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = fs::File::create(folder.path().join("invoices.parquet")).expect("a file");
    ParquetWriter::new(file)
        .finish(&mut frame)
        .expect("parquet is written");
    History::open_with(
        folder.path(),
        &duecast::history::OpenOptions {
            max_reject_share: 1.0,
        },
    )
}

#[test]
fn parquet_of_other_programs_may_hold_amounts_as_text_numbers_or_minor_units() {
    for amount in [
        Column::new("amount_minor".into(), [1050_i64, 300]),
        Column::new("amount".into(), ["10.50", "300"]),
        Column::new("amount".into(), [10.5, 300.0]),
    ] {
        let is_float = amount.dtype().is_float();
        let (history, report) = foreign(amount).expect("opens");
        assert_eq!(open_at(&history, "2025-02-01"), ["41 10.50", "42 300"]);
        assert_eq!(
            facts(&report, Table::Invoices).amounts_from_floats,
            if is_float { 2 } else { 0 }
        );
    }
}

#[test]
fn a_float_between_two_cents_is_rejected_and_a_wrong_type_is_an_error() {
    let (_, report) = foreign(Column::new("amount".into(), [10.505, 300.0])).expect("opens");
    assert_eq!(
        super::rejected(&report),
        ["1 amount: amount is not a whole number of minor units"]
    );
    let error =
        foreign(Column::new("amount_minor".into(), [10.5, 300.0])).expect_err("minor units are whole");
    assert!(matches!(error, Error::ColumnType { .. }), "{error}");
}

#[test]
fn a_table_in_both_formats_is_an_error() {
    let text = format!("{INVOICES}{ONE_INVOICE}");
    let folder = folder(&[("invoices.csv", text.as_bytes()), ("invoices.parquet", b"")]);
    let error = History::open(folder.path()).expect_err("which one counts?");
    assert!(
        matches!(
            error,
            Error::TwoFiles {
                table: Table::Invoices,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_fingerprint_changes_with_the_content_and_with_nothing_else() {
    let frames = |rows: &str| {
        let everything = of_payments(rows).0.as_of(day("2199-12-31"));
        let table = |table: Table| everything.table(table).collect().expect("a table");
        BTreeMap::from([
            (Table::Invoices, table(Table::Invoices)),
            (Table::Payments, table(Table::Payments)),
        ])
    };
    let of = |rows: &str| {
        History::from_frames(&frames(rows))
            .expect("frames")
            .fingerprint()
            .to_owned()
    };
    assert_eq!(
        of("P1,I1,2025-03-12,400.00,EUR\n"),
        of("P1,I1,2025-03-12,400.00,EUR\n")
    );
    assert_ne!(
        of("P1,I1,2025-03-12,400.00,EUR\n"),
        of("P1,I1,2025-03-12,400.01,EUR\n")
    );
    let first = of_payments("P1,I1,2025-03-12,400.00,EUR\n").0;
    let second = of_payments("P1,I1,2025-03-12,400.00,EUR\n").0;
    assert_eq!(
        (first.fingerprint(), first.fingerprint().len()),
        (second.fingerprint(), 64)
    );
}

#[test]
fn rejects_are_written_with_their_reasons() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rejects.csv");
    let reject = Reject {
        file: "invoices.csv".to_owned(),
        line: 7,
        column: "amount".to_owned(),
        value: "1,5".to_owned(),
        reason: "not an amount".to_owned(),
    };
    write::rejects(&path, &[reject]).expect("written");
    let text = fs::read_to_string(&path).expect("read");
    assert_eq!(
        text,
        "file,line,column,value,reason\ninvoices.csv,7,amount,\"1,5\",not an amount\n"
    );
}
