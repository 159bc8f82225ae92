//! Invented facts as a ledger accepts them, and what counts of them in the end.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame};

use super::head;
use crate::app::ledger::columns::{Columns, SEQUENCE, SUPERSEDES};
use crate::domain::date::{add_days, parse_iso};
use crate::history::{Cell, History, Table, TableBuilder};

/// A row of cells by the names of their columns.
pub(super) type Cells = Vec<(&'static str, String)>;

#[derive(Clone)]
pub(super) struct Fact {
    cells: Cells,
    sequence: i64,
    supersedes: Option<i64>,
}

fn frame(table: Table, facts: &[Fact]) -> DataFrame {
    let mut builder = TableBuilder::new(table);
    for (line, fact) in (1..).zip(facts) {
        let mut cells = vec![Cell::Absent; builder.slots()];
        for (name, text) in &fact.cells {
            cells[TableBuilder::slot(table, name).expect("a column")] = Cell::Text(text);
        }
        builder.push(line, &cells).expect("a valid row");
    }
    builder.finish().expect("a frame").frame
}

pub(super) fn accepted(table: Table, facts: &[Fact]) -> DataFrame {
    let sequences: Vec<i64> = facts.iter().map(|fact| fact.sequence).collect();
    let supersedes: Vec<Option<i64>> = facts.iter().map(|fact| fact.supersedes).collect();
    numbered(frame(table, facts), sequences, supersedes)
}

pub(super) fn numbered(mut frame: DataFrame, sequences: Vec<i64>, supersedes: Vec<Option<i64>>) -> DataFrame {
    for column in [
        Column::new(SEQUENCE.into(), sequences),
        Column::new(SUPERSEDES.into(), supersedes),
    ] {
        frame.with_column(column).expect("as many rows");
    }
    frame
}

pub(super) fn invoice(number: usize, day: i64, amount: i64) -> Cells {
    let date = add_days(parse_iso("2025-01-01").expect("a date"), day);
    vec![
        ("invoice_id", format!("I{number:04}")),
        ("customer_id", format!("C{}", number % 7)),
        ("invoice_date", date.to_string()),
        ("due_date", add_days(date, 30).to_string()),
        ("amount", amount.to_string()),
        ("currency", "EUR".to_owned()),
    ]
}

pub(super) fn payment(number: usize, of_invoice: usize, amount: i64) -> Cells {
    vec![
        ("payment_id", format!("P{number:04}")),
        ("invoice_id", format!("I{of_invoice:04}")),
        ("customer_id", format!("C{}", of_invoice % 7)),
        ("paid_date", "2025-06-30".to_owned()),
        ("amount", amount.to_string()),
        ("currency", "EUR".to_owned()),
    ]
}

/// Facts as the ledger accepts them, and what counts of them.
#[derive(Default)]
pub(super) struct Book {
    pub(super) sequence: i64,
    all: BTreeMap<Table, Vec<Fact>>,
    /// Facts of a table that are not superseded, by the number of their key.
    latest: BTreeMap<Table, BTreeMap<usize, Fact>>,
    pub(super) waiting: BTreeMap<Table, Vec<Fact>>,
}

impl Book {
    pub(super) fn accept(&mut self, table: Table, number: usize, cells: Cells) {
        self.sequence += 1;
        let latest = self.latest.entry(table).or_default();
        let fact = Fact {
            cells,
            sequence: self.sequence,
            supersedes: latest.get(&number).map(|before| before.sequence),
        };
        latest.insert(number, fact.clone());
        self.all.entry(table).or_default().push(fact.clone());
        self.waiting.entry(table).or_default().push(fact);
    }

    pub(super) fn count(&self, table: Table) -> usize {
        self.latest.get(&table).map_or(0, BTreeMap::len)
    }

    pub(super) fn append(&mut self, columns: &Columns) {
        let frames = std::mem::take(&mut self.waiting)
            .iter()
            .map(|(table, facts)| (*table, accepted(*table, facts)))
            .collect();
        columns
            .append(&frames, &head(self.sequence))
            .expect("rows of the shape");
    }

    /// What a start does: everything after the sequence that is here.
    pub(super) fn top_up(&self, columns: &Columns) {
        let after = columns.sequence();
        let frames = self
            .all
            .iter()
            .map(|(table, facts)| {
                let missing: Vec<Fact> = facts
                    .iter()
                    .filter(|fact| fact.sequence > after)
                    .cloned()
                    .collect();
                (*table, accepted(*table, &missing))
            })
            .collect();
        columns
            .append(&frames, &head(self.sequence))
            .expect("rows of the shape");
    }

    pub(super) fn expected(&self) -> History {
        let frames = self
            .latest
            .iter()
            .map(|(table, facts)| {
                let facts: Vec<Fact> = facts.values().cloned().collect();
                (*table, frame(*table, &facts))
            })
            .collect();
        History::from_frames(&frames).expect("valid rows")
    }

    pub(super) fn found(&self, columns: &Columns) -> History {
        columns
            .history(&head(self.sequence))
            .expect("the columns are read")
    }
}

/// A book of so many invoices and a payment each.
pub(super) fn book(invoices: usize) -> Book {
    let mut book = Book::default();
    for number in 0..invoices {
        let day = i64::try_from(number).expect("a small number");
        book.accept(Table::Invoices, number, invoice(number, day, 100));
    }
    for number in 0..invoices {
        book.accept(Table::Payments, number, payment(number, number, 40));
    }
    book
}
