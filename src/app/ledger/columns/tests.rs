//! The columns against one frame of the same rows, whatever came between.

mod book;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, SortMultipleOptions};
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

use super::Columns;
use crate::app::ledger::Head;
use crate::domain::date::parse_iso;
use crate::features::{self, FeatureTable};
use crate::history::schema::SUPERSEDED_ON;
use crate::history::{ColumnBuilder, ColumnKind, History, Parsed, Table};
use book::{Book, accepted, book, invoice, numbered, payment};

/// A day after everything these tests make up.
const LATE: &str = "2030-12-31";

fn head(sequence: i64) -> Head {
    Head {
        sequence,
        fingerprint: format!("facts up to {sequence}"),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn open(folder: &Path) -> Columns {
    Columns::open(folder).expect("the folder is free")
}

/// The tables, each in the order of its key.
fn content(history: &History) -> BTreeMap<Table, DataFrame> {
    let snapshot = history.as_of(parse_iso(LATE).expect("a date"));
    Table::ALL
        .into_iter()
        .map(|table| {
            let rows = snapshot
                .table(table)
                .sort(table.key().to_vec(), SortMultipleOptions::default());
            (table, snapshot.collect(rows).expect("the table is read"))
        })
        .collect()
}

fn assert_same(found: &History, expected: &History) {
    assert_eq!(found.date_range(), expected.date_range());
    let (found, expected) = (content(found), content(expected));
    for table in Table::ALL {
        assert_eq!(found[&table], expected[&table], "{table}");
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .collect();
    found.sort();
    found
}

#[test]
fn what_was_saved_is_there_when_opened_again_and_what_was_not_is_topped_up() {
    let folder = folder();
    let mut book = book(20);
    let columns = open(folder.path());
    book.append(&columns);
    columns.save().expect("saved");
    let saved = columns.sequence();
    book.accept(Table::Invoices, 3, invoice(3, 3, 777));
    book.accept(Table::Payments, 99, payment(99, 5, 12));
    book.append(&columns);
    assert_same(&book.found(&columns), &book.expected());
    drop(columns);
    let columns = open(folder.path());
    assert_eq!(columns.sequence(), saved);
    book.top_up(&columns);
    assert_eq!(columns.sequence(), book.sequence);
    assert_same(&book.found(&columns), &book.expected());
}

#[test]
fn rows_that_are_offered_again_after_a_start_count_once() {
    let folder = folder();
    let mut book = book(10);
    let columns = open(folder.path());
    // A start that was killed while it topped up: rows are saved, and the head is still the old one.
    let frames = std::mem::take(&mut book.waiting)
        .iter()
        .map(|(table, facts)| (*table, accepted(*table, facts)))
        .collect();
    columns.append(&frames, &head(0)).expect("rows of the shape");
    columns.save().expect("saved");
    drop(columns);
    let columns = open(folder.path());
    assert_eq!(columns.sequence(), 0);
    book.top_up(&columns);
    assert_same(&book.found(&columns), &book.expected());
}

#[test]
fn superseded_rows_vanish_from_memory_from_segments_and_at_last_from_the_disk() {
    let folder = folder();
    let mut book = book(12);
    let columns = open(folder.path());
    book.append(&columns);
    columns.save().expect("saved");
    // The earliest date of all is corrected away, so that the range of dates must follow.
    for number in 0..6 {
        book.accept(Table::Invoices, number, invoice(number, 200, 5));
        book.accept(Table::Invoices, number, invoice(number, 300, 6));
    }
    book.append(&columns);
    for _ in 0..2 {
        assert_same(&book.found(&columns), &book.expected());
    }
    columns.save().expect("saved");
    assert_same(&book.found(&columns), &book.expected());
    let export = folder.path().join("export");
    columns
        .frozen()
        .expect("frozen")
        .write(&export)
        .expect("exported");
    let (exported, report) = History::open(&export).expect("a canonical ledger");
    assert_eq!(report.rows_rejected(), 0);
    assert_same(&exported, &book.expected());
}

#[test]
fn a_fact_that_only_ends_another_leaves_neither() {
    let folder = folder();
    let mut book = book(3);
    let columns = open(folder.path());
    book.append(&columns);
    columns.save().expect("saved");
    let payments = |columns: &Columns| {
        let history = columns.history(&head(7)).expect("the columns are read");
        content(&history)[&Table::Payments].clone()
    };
    // Three invoices come first, so that the first payment has the number 4.
    let first = payments(&columns).slice(0, 1);
    let mut day = ColumnBuilder::new(SUPERSEDED_ON, ColumnKind::Date);
    day.push(Parsed::Day(20_300));
    let mut ending = numbered(first, vec![7], vec![Some(4)]);
    ending.with_column(day.finish()).expect("as many rows");
    columns
        .append(&BTreeMap::from([(Table::Payments, ending)]), &head(7))
        .expect("rows of the shape");
    assert_eq!(payments(&columns).height(), 2);
    columns.save().expect("saved");
    drop(columns);
    let columns = open(folder.path());
    assert_eq!(columns.sequence(), 7);
    assert_eq!(payments(&columns).height(), 2);
}

#[test]
fn a_question_asked_before_segments_were_put_together_still_gets_its_answer() {
    let folder = folder();
    let mut book = book(5);
    let columns = open(folder.path());
    book.append(&columns);
    columns.save().expect("saved");
    let (before, expected) = (book.found(&columns), book.expected());
    for number in 100..112 {
        book.accept(Table::Invoices, number, invoice(number, 50, 9));
        book.append(&columns);
        columns.save().expect("saved");
    }
    assert_same(&before, &expected);
    assert_same(&book.found(&columns), &book.expected());
    let files = segments(folder.path()).len();
    drop(columns);
    let columns = open(folder.path());
    assert!(
        segments(folder.path()).len() < files,
        "what counts no more is removed"
    );
    assert_same(&book.found(&columns), &book.expected());
}

#[test]
fn a_damaged_segment_or_manifest_means_empty_and_a_new_beginning() {
    for victim in ["invoices", "payments", "manifest"] {
        for damage in ["changed", "cut", "removed"] {
            let folder = folder();
            let mut book = book(15);
            let columns = open(folder.path());
            book.append(&columns);
            columns.save().expect("saved");
            drop(columns);
            let path = fs::read_dir(folder.path())
                .expect("the folder is read")
                .map(|entry| entry.expect("an entry").path())
                .find(|path| path.to_string_lossy().contains(&format!("/{victim}")))
                .expect("the victim is there");
            let mut bytes = fs::read(&path).expect("read");
            match damage {
                "changed" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                }
                "cut" => bytes.truncate(bytes.len() - 1),
                _ => bytes.clear(),
            }
            fs::write(&path, &bytes).expect("written");
            if damage == "removed" {
                fs::remove_file(&path).expect("removed");
            }
            let columns = open(folder.path());
            assert_eq!(columns.sequence(), 0, "{victim} {damage}");
            assert_eq!(book.found(&columns).date_range(), None);
            assert_eq!(segments(folder.path()), Vec::<PathBuf>::new());
            book.top_up(&columns);
            columns.save().expect("saved");
            assert_same(&book.found(&columns), &book.expected());
        }
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let folder = folder();
    let _columns = open(folder.path());
    let refusal = Columns::open(folder.path())
        .expect_err("it is in use")
        .to_string();
    assert!(refusal.contains("another process"), "{refusal}");
}

fn assert_same_bits(found: &FeatureTable, expected: &FeatureTable) {
    let rest = |table: &FeatureTable| {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            table.profiles, table.groups, table.books, table.windows, table.links, table.plans
        )
    };
    assert_eq!(found.frame, expected.frame);
    assert_eq!(rest(found), rest(expected));
}

#[test]
fn the_features_of_the_sample_are_those_of_its_files_to_the_bit() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (files, _) = History::open(&sample).expect("the sample is a ledger");
    let snapshot = files.as_of(parse_iso(LATE).expect("a date"));
    let folder = folder();
    let columns = open(folder.path());
    let mut sequence = 0;
    for table in Table::ALL {
        let rows = snapshot
            .collect(snapshot.table(table))
            .expect("the table is read");
        for (batch, first) in (0..rows.height()).step_by(500).enumerate() {
            let part = rows.slice(i64::try_from(first).expect("a small number"), 500);
            let numbers: Vec<i64> = (sequence + 1..).take(part.height()).collect();
            sequence = numbers.last().copied().unwrap_or(sequence);
            let supersedes = vec![None; part.height()];
            let part = numbered(part, numbers, supersedes);
            columns
                .append(&BTreeMap::from([(table, part)]), &head(sequence))
                .expect("rows of the shape");
            if batch == 1 {
                columns.save().expect("saved");
            }
        }
    }
    let history = columns.history(&head(sequence)).expect("the columns are read");
    assert_same(&history, &files);
    for day in ["2025-06-30", "2026-03-29"] {
        let day = parse_iso(day).expect("a date");
        let found = features::book(&history.as_of(day)).expect("features");
        let expected = features::book(&files.as_of(day)).expect("features");
        assert!(!expected.is_empty());
        assert_same_bits(&found, &expected);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Invoice(i64, i64),
    Correct(Index, i64, i64),
    Pay(Index, i64),
    Append,
    Save,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_i64..300, 1_i64..900).prop_map(|(day, amount)| Step::Invoice(day, amount)),
        3 => (any::<Index>(), 0_i64..300, 1_i64..900).prop_map(|(which, day, amount)| Step::Correct(which, day, amount)),
        4 => (any::<Index>(), 1_i64..900).prop_map(|(which, amount)| Step::Pay(which, amount)),
        4 => Just(Step::Append),
        2 => Just(Step::Save),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_way_of_coming_and_saving_gives_the_same_content(steps in prop::collection::vec(step(), 1..80)) {
        let folder = folder();
        let mut columns = open(folder.path());
        let mut book = Book::default();
        for step in steps {
            let invoices = book.count(Table::Invoices);
            match step {
                Step::Invoice(day, amount) => {
                    book.accept(Table::Invoices, invoices, invoice(invoices, day, amount));
                }
                Step::Correct(which, day, amount) if invoices > 0 => {
                    let number = which.index(invoices);
                    book.accept(Table::Invoices, number, invoice(number, day, amount));
                }
                Step::Pay(which, amount) if invoices > 0 => {
                    let number = book.count(Table::Payments);
                    book.accept(Table::Payments, number, payment(number, which.index(invoices), amount));
                }
                Step::Correct(..) | Step::Pay(..) => {}
                Step::Append => book.append(&columns),
                Step::Save => columns.save().expect("saved"),
                Step::Restart => {
                    drop(columns);
                    columns = open(folder.path());
                    book.waiting.clear();
                    book.top_up(&columns);
                }
            }
        }
        book.append(&columns);
        assert_same(&book.found(&columns), &book.expected());
    }
}
