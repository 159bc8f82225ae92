//! The documents of an import by their id, with their lines and what is printed on them.

use std::collections::BTreeMap;

use crate::domain::Date;
use crate::history::link::{Linked, Record};
use crate::history::schema::Table;

use super::document::{Document, Kind};
use super::fields;
use super::notes::Notes;
use super::row::distinct;

/// A line of a document that falls due on a day of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line<'a> {
    id: Option<&'a str>,
    number: i64,
    pub(super) due: Date,
    pub(super) minor: i64,
}

/// Documents, their lines and their headers.
#[derive(Debug, Default)]
pub(super) struct Documents<'a> {
    by_id: BTreeMap<&'a str, Document<'a>>,
    /// Document of each line that settlements may name.
    owners: BTreeMap<&'a str, &'a str>,
    /// Lines of each document with an amount and a due date, in due order.
    lines: BTreeMap<&'a str, Vec<Line<'a>>>,
    /// By number and legal entity; without entity where numbers do not repeat.
    headers: BTreeMap<(&'a str, Option<&'a str>), &'a Record>,
}

impl<'a> Documents<'a> {
    pub(super) fn read(records: &'a [Record], linked: &mut Linked, notes: &mut Notes) -> Self {
        let mut documents = Self::default();
        for record in distinct(records, fields::DOCUMENT, "document_id", Table::Invoices, linked) {
            match Document::read(record) {
                Ok(document) => {
                    if document.cancelled_on.is_some() && record.date("cancelled_on").is_none() {
                        notes.cancelled_without_day += 1;
                    }
                    documents.by_id.insert(document.id, document);
                }
                Err(fault) => linked.faults.push(fault),
            }
        }
        let mut headers: Vec<&'a Record> = records
            .iter()
            .filter(|record| record.kind().name == fields::HEADER)
            .collect();
        headers.sort_by(|one, other| one.cells().cmp(other.cells()));
        for record in headers {
            if let Some(number) = record.text("number") {
                documents
                    .headers
                    .entry((number, record.text("entity")))
                    .or_insert(record);
            }
        }
        for record in records {
            if record.kind().name == fields::INSTALMENT {
                documents.read_line(record, linked);
            }
        }
        for lines in documents.lines.values_mut() {
            lines.sort_unstable();
            lines.dedup();
            lines.sort_by_key(|line| (line.due, line.number));
        }
        documents
    }

    /// Takes a line: its id for settlements, and its due date and amount if it is one of an invoice.
    fn read_line(&mut self, record: &'a Record, linked: &mut Linked) {
        let document = match record.needed(Table::InstalmentPlans, "document_id") {
            Ok(document) => document,
            Err(fault) => {
                linked.faults.push(fault);
                return;
            }
        };
        if let Some(line) = record.text("line_id") {
            self.owners
                .entry(line)
                .and_modify(|owner| *owner = (*owner).min(document))
                .or_insert(document);
        }
        let Some(owner) = self.by_id.get(document) else {
            if record.text("line_id").is_none() {
                let reason = "no such document among those read";
                linked
                    .faults
                    .push(record.fault(Table::InstalmentPlans, "document_id", reason));
            }
            return;
        };
        // An amount in the document's currency says nothing about an account in another one.
        let currency = owner
            .currency
            .filter(|_| owner.kind.is_invoice() && !owner.is_in_account_currency);
        let (Some(currency), Some(due)) = (currency, record.date("due_date")) else {
            return;
        };
        match record.minor(Table::InstalmentPlans, "amount", currency) {
            Ok(Some(minor)) if minor > 0 => self.lines.entry(document).or_default().push(Line {
                id: record.text("line_id"),
                number: record.integer("instalment_no").unwrap_or(0),
                due,
                minor,
            }),
            Ok(_) => {}
            Err(fault) => linked.faults.push(fault),
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Document<'a>> {
        self.by_id.get(id)
    }

    /// Every document, sorted by id.
    pub(super) fn all(&self) -> impl Iterator<Item = &Document<'a>> {
        self.by_id.values()
    }

    /// The document of a line, or the id itself.
    pub(super) fn resolve(&self, id: &'a str) -> &'a str {
        if self.by_id.contains_key(id) {
            return id;
        }
        self.owners.get(id).copied().unwrap_or(id)
    }

    /// The lines of a document in due order.
    pub(super) fn lines(&self, document: &str) -> &[Line<'a>] {
        self.lines.get(document).map_or(&[], Vec::as_slice)
    }

    /// A text of a document, or the one printed on it.
    pub(super) fn printed(&self, document: &Document<'a>, field: &str) -> Option<&'a str> {
        document.record.text(field).or_else(|| {
            let number = document.record.text("number").unwrap_or(document.id);
            let entity = document.record.text("entity");
            self.headers
                .get(&(number, entity))
                .or_else(|| self.headers.get(&(number, None)))
                .and_then(|header| header.text(field))
        })
    }

    /// The invoices, sorted by id.
    pub(super) fn invoices(&self) -> impl Iterator<Item = &Document<'a>> {
        self.all().filter(|document| document.kind.is_invoice())
    }

    /// The credit notes, sorted by id.
    pub(super) fn credit_notes(&self) -> impl Iterator<Item = &Document<'a>> {
        self.all().filter(|document| document.kind == Kind::CreditNote)
    }
}
