//! The items of all files together: each once, without those of reversed documents, and found by their document.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::domain::Date;
use crate::history::link::{Fault, Known, Record};

use super::fields::{CUSTOMER_KIND, HEADER_KIND, ITEM_KIND};
use super::item::{Clearing, Item, ItemKey, Kind, Reading, Reference, Reversal, TABLE, read, required};
use super::reversed::{number_of, reversal_days};

/// A document: company code, number, year.
type Document<'r> = (Cow<'r, str>, Cow<'r, str>, Cow<'r, str>);

/// The header of a document.
#[derive(Clone, Debug)]
pub(super) struct Header<'r> {
    pub(super) kind: Option<Kind>,
    pub(super) posted_on: Option<Date>,
    entered_on: Option<Date>,
    year: Cow<'r, str>,
}

/// What was counted on the way, for the notes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Items that came both open and cleared.
    pub(super) open_and_cleared: u64,
    /// Items of documents that were reversed.
    pub(super) reversed: u64,
    /// Items whose document type and posting key say nothing.
    pub(super) guessed: u64,
}

/// The items, sorted by key, and what is known of their documents.
#[derive(Debug, Default)]
pub(super) struct Book<'r> {
    pub(super) items: Vec<Item<'r>>,
    /// Invoices of the ledger that have been reversed since, with the day of it where the export has both documents.
    pub(super) undone: Vec<(Item<'r>, Option<Date>)>,
    /// Credits that have been reversed, with that day: what an earlier export made of them is undone.
    pub(super) reversed: Vec<(Item<'r>, Option<Date>)>,
    pub(super) customers: Vec<&'r Record>,
    pub(super) faults: Vec<Fault>,
    pub(super) passed_over: u64,
    pub(super) seen: Seen,
    headers: BTreeMap<(Cow<'r, str>, Cow<'r, str>), Vec<Header<'r>>>,
}

impl<'r> Book<'r> {
    /// Reads the records.
    pub(super) fn read(records: &'r [Record], known: &Known) -> Self {
        let mut book = Self::default();
        // Nodes of a map stand half empty: large values are boxed.
        let mut items: BTreeMap<ItemKey<'r>, Box<Item<'r>>> = BTreeMap::new();
        let mut reversals = Vec::new();
        for record in records {
            if record.kind().name == ITEM_KIND {
                book.take_item(record, &mut items);
            } else if record.kind().name == HEADER_KIND {
                if let Err(fault) = book.take_header(record, &mut reversals) {
                    book.faults.push(fault);
                }
            } else if record.kind().name == CUSTOMER_KIND {
                book.customers.push(record);
            }
        }
        for item in items.values() {
            if let Some(reversal) = item.reversal.as_deref() {
                reversals.push((document_of(&item.key), reversal.clone()));
            }
        }
        let cancelled = cancelled(&reversals);
        let mut gone = Vec::new();
        book.items.reserve_exact(items.len());
        for item in items.into_values() {
            if cancelled.contains(&document_of(&item.key)) {
                gone.push(*item);
            } else {
                book.seen.guessed += u64::from(item.is_guessed);
                book.items.push(*item);
            }
        }
        let days = reversal_days(&gone);
        for item in gone {
            let reversed_on = days.get(&number_of(&item)).copied();
            book.cancel(item, reversed_on, known);
        }
        book.complete();
        book
    }

    fn take_item(&mut self, record: &'r Record, items: &mut BTreeMap<ItemKey<'r>, Box<Item<'r>>>) {
        let item = match read(record) {
            Reading::Item(item) => item,
            Reading::PassedOver => {
                self.passed_over += 1;
                return;
            }
            Reading::Refused(fault) => {
                self.faults.push(fault);
                return;
            }
        };
        let Some(first) = items.get(&item.key) else {
            items.insert(item.key.clone(), item);
            return;
        };
        if is_same(first, &item) {
            self.passed_over += 1;
        } else if first.clearing.is_some() != item.clearing.is_some() {
            // Lists of two days: what was open on the one is cleared on the other.
            self.seen.open_and_cleared += 1;
            self.passed_over += 1;
            if item.clearing.is_some() {
                items.insert(item.key.clone(), item);
            }
        } else {
            let reason = format!(
                "{} line {} has the same company code, document, year and line and other values",
                first.origin.file, first.origin.line
            );
            self.faults.push(record.fault(TABLE, "document_no", &reason));
        }
    }

    fn take_header(
        &mut self,
        record: &'r Record,
        reversals: &mut Vec<(Document<'r>, Reversal<'r>)>,
    ) -> Result<(), Fault> {
        let company = required(record, "company_code")?;
        let document = required(record, "document_no")?;
        let year = required(record, "fiscal_year")?;
        let kind = match record.text("kind") {
            Some("invoice") => Some(Kind::Invoice),
            Some("credit_note") => Some(Kind::CreditNote),
            Some("payment") => Some(Kind::Payment),
            Some("write_off") => Some(Kind::WriteOff),
            _ => None,
        };
        if let Some(reversal) = Reversal::of(record) {
            reversals.push(((company.clone(), document.clone(), year.clone()), reversal));
        }
        self.headers.entry((company, document)).or_default().push(Header {
            kind,
            posted_on: record.date("posting_date"),
            entered_on: record.date("entry_date"),
            year,
        });
        // A header is no row of ours: it completes the items of its document.
        self.passed_over += 1;
        Ok(())
    }

    /// Leaves out an item of a reversed document, unless the ledger has its invoice already.
    fn cancel(&mut self, item: Item<'r>, reversed_on: Option<Date>, known: &Known) {
        self.seen.reversed += 1;
        self.passed_over += 1;
        let is_open_in_ledger = item.kind == Kind::Invoice
            && item.is_debit
            && known_invoice(known, &item.key.id())
                .and_then(|place| known.invoices.get(place))
                .is_some_and(|invoice| invoice.open_minor > 0);
        if is_open_in_ledger {
            self.undone.push((item, reversed_on));
        } else if !item.is_debit {
            self.reversed.push((item, reversed_on));
        }
    }

    /// Adds what headers and other items of a document know.
    fn complete(&mut self) {
        let transfers: BTreeSet<Document<'r>> = self
            .items
            .iter()
            .filter(|item| item.is_down_payment && item.is_debit && item.kind == Kind::Payment)
            .map(|item| document_of(&item.key))
            .collect();
        for item in &mut self.items {
            let key = (item.key.company.clone(), item.key.document.clone());
            let header = self
                .headers
                .get(&key)
                .and_then(|headers| headers.iter().find(|header| header.year == item.key.year));
            if let Some(header) = header {
                item.entered_on = item.entered_on.or(header.entered_on);
            }
            // What moves a down payment to the account is the customer's money, whatever its type.
            if !item.is_debit && transfers.contains(&document_of(&item.key)) {
                item.kind = Kind::Payment;
            }
        }
    }

    /// The header of the document that cleared an item.
    pub(super) fn clearing_header<'a>(
        &'a self,
        company: &'a str,
        clearing: &'a Clearing<'_>,
    ) -> Option<&'a Header<'a>> {
        let key = (Cow::Borrowed(company), Cow::Borrowed(&*clearing.document));
        let headers = self.headers.get(&key)?;
        let year = clearing.on.format("%Y").to_string();
        headers
            .iter()
            .find(|header| header.posted_on == Some(clearing.on))
            .or_else(|| headers.iter().find(|header| header.year == year))
    }

    /// Places of the items of a document of a company, over all years: their keys begin with both.
    fn of_document(&self, company: &str, document: &str) -> Range<usize> {
        let start = self
            .items
            .partition_point(|item| (&*item.key.company, &*item.key.document) < (company, document));
        let end = self
            .items
            .partition_point(|item| (&*item.key.company, &*item.key.document) <= (company, document));
        start..end
    }

    /// The debit item that a reference means: of the year and line given, else the last of the years that came before.
    pub(super) fn referred(&self, from: usize, reference: &Reference<'_>) -> Option<usize> {
        let item = self.items.get(from)?;
        let fits = |place: &usize| {
            let Some(other) = self.items.get(*place) else {
                return false;
            };
            let is_year = match &reference.year {
                Some(year) => *year == other.key.year,
                None => other.key.year <= item.key.year,
            };
            let is_line = reference
                .line
                .as_ref()
                .is_none_or(|line| other.key.line.is_empty() || *line == other.key.line);
            *place != from && other.is_debit && other.currency == item.currency && is_year && is_line
        };
        let places = self.of_document(&item.key.company, &reference.document);
        // Of equals `min_by_key` takes the first: the first line of the latest year.
        places.filter(fits).min_by_key(|place| {
            let other = self.items.get(*place);
            let is_same_customer = other.is_some_and(|other| other.customer == item.customer);
            let year = other.map(|other| &*other.key.year).unwrap_or_default();
            (!is_same_customer, std::cmp::Reverse(year))
        })
    }
}

/// Place of an invoice of the ledger.
pub(super) fn known_invoice(known: &Known, id: &str) -> Option<usize> {
    known
        .invoices
        .binary_search_by(|invoice| invoice.invoice_id.as_str().cmp(id))
        .ok()
}

/// Place of the invoice of the ledger that a reference means, where the export does not have it.
pub(super) fn known_by_reference(known: &Known, item: &Item<'_>, reference: &Reference<'_>) -> Option<usize> {
    let mut start = format!("{}-{}-", item.key.company, reference.document);
    if let Some(year) = &reference.year {
        start.push_str(year);
        if let Some(line) = &reference.line {
            return known_invoice(known, &format!("{start}-{line}"));
        }
    }
    let first = known
        .invoices
        .partition_point(|invoice| invoice.invoice_id.as_str() < start.as_str());
    let of_document = known
        .invoices
        .iter()
        .enumerate()
        .skip(first)
        .map_while(|(place, invoice)| Some((place, invoice.invoice_id.strip_prefix(&start)?)));
    // Without a year: the last of the years that came before, as within an export.
    let fits = |rest: &str| {
        let year = rest.split('-').next().unwrap_or_default();
        reference.year.is_some() || year <= &*item.key.year
    };
    let fitting: Vec<usize> = of_document
        .filter(|(_, rest)| fits(rest))
        .map(|(place, _)| place)
        .collect();
    if reference.year.is_some() {
        fitting.first().copied()
    } else {
        fitting.last().copied()
    }
}

/// Whether two items say the same, wherever they stand.
fn is_same<'r>(first: &Item<'r>, other: &Item<'r>) -> bool {
    let moved = Item {
        origin: first.origin.clone(),
        ..other.clone()
    };
    *first == moved
}

fn document_of<'r>(key: &ItemKey<'r>) -> Document<'r> {
    (key.company.clone(), key.document.clone(), key.year.clone())
}

/// The documents that were reversed and those that reverse them.
fn cancelled<'r>(reversals: &[(Document<'r>, Reversal<'r>)]) -> BTreeSet<Document<'r>> {
    let mut documents = BTreeSet::new();
    for (document, reversal) in reversals {
        documents.insert(document.clone());
        if let Some((other, year)) = &reversal.other {
            let year = year.clone().unwrap_or_else(|| document.2.clone());
            documents.insert((document.0.clone(), other.clone(), year));
        }
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::super::fields::KINDS;
    use super::*;
    use crate::history::link::Origin;

    fn item(company: &str, document: &str, year: &str, line: &str) -> Record {
        let kind = &KINDS[0];
        let cells: Vec<Option<String>> = kind
            .fields
            .iter()
            .map(|field| match field.name {
                "company_code" => Some(company.to_owned()),
                "document_no" => Some(document.to_owned()),
                "fiscal_year" => Some(year.to_owned()),
                "line_no" => Some(line.to_owned()),
                "customer_id" => Some("C".to_owned()),
                "amount" => Some("10.00".to_owned()),
                "currency" => Some("EUR".to_owned()),
                "posting_date" => Some("2025-01-31".to_owned()),
                _ => None,
            })
            .collect();
        let origin = Origin {
            file: "items.csv".into(),
            line: 1,
        };
        Record::alone(kind, &origin, &cells)
    }

    #[test]
    fn items_of_a_document_are_found_over_its_years_and_those_of_its_neighbours_are_not() {
        let records = [
            item("2000", "1", "2025", "1"),
            item("1000", "10", "2025", "1"),
            item("1000", "0001", "2025", "2"),
            item("1000", "1", "2024", "1"),
            item("1000", "2", "2025", "1"),
            item("1000", "1", "2025", "1"),
        ];
        let book = Book::read(&records, &Known::default());
        let ids = |company: &str, document: &str| -> Vec<String> {
            let places = book.of_document(company, document);
            book.items[places].iter().map(|item| item.key.id()).collect()
        };
        assert_eq!(
            ids("1000", "1"),
            ["1000-1-2024-1", "1000-1-2025-1", "1000-1-2025-2"]
        );
        assert_eq!(ids("1000", "10"), ["1000-10-2025-1"]);
        assert_eq!(ids("2000", "1"), ["2000-1-2025-1"]);
        assert_eq!(ids("1000", "3"), Vec::<String>::new());
    }
}
