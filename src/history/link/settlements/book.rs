//! Postings into rows: cash, credits, write-offs, and what is left of each credit.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Date;
use crate::history::link::{Draft, LedgerRow, Record};
use crate::history::schema::Table;

use super::debit::Debit;
use super::document::{Document, Kind};
use super::documents::Documents;
use super::notes::Notes;
use super::posting::{Part, Posting};

/// What a credit document has settled of a debit document so far.
#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    record: &'a Record,
    debit: Debit<'a>,
    /// By the credit itself.
    own: i64,
    /// Beyond its amount, so by giving up.
    beyond: i64,
    /// The last day something became known of the pair.
    recorded: Date,
}

/// A row to be: its id, what it settles, its dates, and the record it comes from.
#[derive(Clone, Debug)]
struct Entry<'a> {
    id: String,
    record: &'a Record,
    debit: Debit<'a>,
    minor: i64,
    date: Date,
    recorded: Date,
}

/// The postings booked so far.
#[derive(Debug)]
pub(super) struct Book<'a, 'd> {
    documents: &'d Documents<'a>,
    rows: Vec<LedgerRow>,
    /// What is left of each credit that was used, in its own currency.
    left: BTreeMap<&'a str, i64>,
    /// By credit and debit document.
    pairs: BTreeMap<(&'a str, &'a str), Pair<'a>>,
    /// What was settled of each debit.
    settled: BTreeMap<&'a str, i64>,
    /// How many rows each credit note has become.
    parts: BTreeMap<&'a str, u32>,
    /// Last day each credit note was used.
    used_on: BTreeMap<&'a str, Date>,
    /// Credits of which something was used in another currency, so that nobody knows what is left.
    mixed: BTreeSet<&'a str>,
    /// What of each payment settled something that is no invoice.
    elsewhere: BTreeMap<&'a str, i64>,
}

/// What the postings came to.
#[derive(Debug)]
pub(super) struct Closed<'a> {
    pub(super) rows: Vec<LedgerRow>,
    /// What of each payment is accounted for without a row that could name it as its receipt.
    pub(super) elsewhere: BTreeMap<&'a str, i64>,
    /// Last day each credit was used.
    pub(super) used_on: BTreeMap<&'a str, Date>,
}

impl<'a, 'd> Book<'a, 'd> {
    pub(super) fn new(documents: &'d Documents<'a>) -> Self {
        Self {
            documents,
            rows: Vec::new(),
            left: BTreeMap::new(),
            pairs: BTreeMap::new(),
            settled: BTreeMap::new(),
            parts: BTreeMap::new(),
            used_on: BTreeMap::new(),
            mixed: BTreeSet::new(),
            elsewhere: BTreeMap::new(),
        }
    }

    /// Books a settlement, or the undoing of one.
    pub(super) fn post(&mut self, posting: &Posting<'a>, notes: &mut Notes) {
        let entry = |suffix: &str, minor: i64| Entry {
            id: format!("{}{suffix}", posting.id),
            record: posting.record,
            debit: posting.debit,
            minor,
            date: posting.date,
            recorded: posting.recorded,
        };
        let whole = entry("", posting.minor);
        if !posting.debit.kind.is_invoice() {
            notes.no_invoice += 1;
            self.post_beside_invoices(posting, &whole);
            return;
        }
        match (posting.part, &posting.credit) {
            (Part::Discount, _) => self.non_cash(&whole, "discount", notes),
            (Part::WriteOff, _) => self.write_off(&whole, "written off"),
            (Part::Credit, Some(credit)) => self.settle(posting, credit, &whole, notes),
            (Part::Credit, None) => {
                notes.unknown_credits += 1;
                self.cash(&whole, None);
            }
        }
        self.non_cash(&entry("-discount", posting.discount), "discount", notes);
        self.write_off(&entry("-write-off", posting.write_off), "written off");
    }

    /// A refund or a journal entry uses up a credit and settles no invoice; what goes back of a payment leaves it.
    fn post_beside_invoices(&mut self, posting: &Posting<'a>, entry: &Entry<'a>) {
        let Some(credit) = &posting.credit else {
            return;
        };
        let (own, _) = self.use_up(credit, entry);
        let is_same_currency = credit.receipt() == Some(entry.debit.currency);
        if own == 0 || !is_same_currency {
            return;
        }
        if posting.debit.kind != Kind::Refund {
            let elsewhere = self.elsewhere.entry(credit.id).or_insert(0);
            *elsewhere = elsewhere.saturating_add(own);
            return;
        }
        let documents = self.documents;
        let paid_back_on = documents
            .get(posting.debit.id)
            .map_or(entry.date, |refund| refund.date);
        let row = Draft::new(Table::Receipts, &entry.record.origin())
            .text("receipt_id", &format!("{}-return", entry.id))
            .text_if("customer_id", credit.customer())
            .date("value_date", paid_back_on)
            .money(own.saturating_neg(), entry.debit.currency)
            .text("kind", "return")
            .text("reversal_of", credit.id)
            .text("source", "ledger");
        self.rows.push(row.recorded(Some(entry.recorded)));
    }

    fn settle(&mut self, posting: &Posting<'a>, credit: &Document<'a>, entry: &Entry<'a>, notes: &mut Notes) {
        if credit.kind == Kind::Payment && credit.currency.is_some_and(|own| own != entry.debit.currency) {
            notes.other_currency += 1;
        }
        let (own, beyond) = self.use_up(credit, entry);
        let of = |minor: i64, date: Date| Entry {
            minor,
            date,
            ..entry.clone()
        };
        match credit.kind {
            Kind::CreditNote => self.credit(&of(own, posting.date), credit, notes),
            Kind::Discount => self.non_cash(&of(own, credit.date), "discount", notes),
            Kind::WriteOff => self.write_off(&of(own, credit.date), "written off"),
            Kind::Other => self.non_cash(&of(own, credit.date), "journal entry", notes),
            Kind::Payment | Kind::Refund | Kind::Invoice | Kind::DownPayment | Kind::Exchange => {
                self.cash(&of(own, credit.date), Some(credit));
            }
        }
        if beyond != 0 {
            notes.deductions += 1;
            let mut deduction = of(beyond, posting.date);
            deduction.id.push_str("-deduction");
            self.write_off(&deduction, "deducted from the payment");
        }
    }

    /// Takes an amount from what is left of a credit; returns its share of it, and what goes beyond a payment.
    fn use_up(&mut self, credit: &Document<'a>, entry: &Entry<'a>) -> (i64, i64) {
        let pair = self.pairs.entry((credit.id, entry.debit.id)).or_insert(Pair {
            record: entry.record,
            debit: entry.debit,
            own: 0,
            beyond: 0,
            recorded: entry.recorded,
        });
        let left = self.left.entry(credit.id).or_insert(credit.minor);
        let is_comparable = credit.minor > 0 && credit.currency == Some(entry.debit.currency);
        if !is_comparable {
            self.mixed.insert(credit.id);
        }
        let own = if !is_comparable || credit.kind != Kind::Payment {
            entry.minor
        } else if entry.minor >= 0 {
            entry.minor.min((*left).max(0))
        } else {
            entry
                .minor
                .saturating_add(entry.minor.saturating_neg().min(pair.beyond.max(0)))
        };
        let beyond = entry.minor.saturating_sub(own);
        if is_comparable {
            *left = left.saturating_sub(own);
        }
        pair.own = pair.own.saturating_add(own);
        pair.beyond = pair.beyond.saturating_add(beyond);
        pair.recorded = pair.recorded.max(entry.recorded);
        let used_on = self.used_on.entry(credit.id).or_insert(entry.recorded);
        *used_on = (*used_on).max(entry.recorded);
        (own, beyond)
    }

    /// Takes back what cancelled documents settled, and what is left of cancelled invoices.
    pub(super) fn cancel(&mut self, notes: &mut Notes) {
        let documents = self.documents;
        for ((credit_id, debit_id), pair) in std::mem::take(&mut self.pairs) {
            let Some((credit, day)) = documents
                .get(credit_id)
                .and_then(|credit| credit.cancelled_on.map(|day| (credit, day)))
            else {
                continue;
            };
            if !pair.debit.kind.is_invoice() {
                continue;
            }
            let back = |suffix: &str, minor: i64| Entry {
                id: format!("{credit_id}-cancelled-{debit_id}{suffix}"),
                record: pair.record,
                debit: pair.debit,
                minor: minor.saturating_neg(),
                date: day,
                recorded: day.max(pair.recorded),
            };
            match credit.kind {
                Kind::Payment => self.cash(&back("", pair.own), Some(credit)),
                Kind::CreditNote | Kind::Discount | Kind::Other => {
                    self.withdraw(&back("", pair.own), notes);
                }
                Kind::WriteOff => self.write_off(&back("", pair.own), "cancelled"),
                Kind::Invoice | Kind::DownPayment | Kind::Refund | Kind::Exchange => {}
            }
            self.write_off(&back("-deduction", pair.beyond), "cancelled");
        }
        for invoice in documents.invoices() {
            let Some((day, currency)) = invoice.cancelled_on.zip(invoice.currency) else {
                continue;
            };
            let settled = self.settled.get(invoice.id).copied().unwrap_or(0);
            let entry = Entry {
                id: format!("{}-cancelled", invoice.id),
                record: invoice.record,
                debit: Debit {
                    id: invoice.id,
                    kind: invoice.kind,
                    customer: invoice.customer(),
                    currency,
                },
                minor: invoice.minor.saturating_sub(settled).max(0),
                date: day,
                recorded: day,
            };
            self.credit_row(&entry, &entry.id, "cancelled", invoice.customer());
        }
    }

    /// Books what is left of credit notes, counts what is left of payments, and hands out the rows.
    pub(super) fn close(mut self, notes: &mut Notes) -> Closed<'a> {
        let documents = self.documents;
        for payment in documents.all() {
            let is_open = payment.receipt().is_some()
                && payment.cancelled_on.is_none()
                && !self.mixed.contains(payment.id)
                && self.left.get(payment.id).is_none_or(|left| *left > 0);
            notes.unapplied += u64::from(is_open);
            if self.mixed.contains(payment.id) {
                // What it settled in another currency only its own would tell: all that is left passes for that.
                let left = self.left.get(payment.id).copied().unwrap_or(0).max(0);
                let elsewhere = self.elsewhere.entry(payment.id).or_insert(0);
                *elsewhere = elsewhere.saturating_add(left);
            }
        }
        for note in documents.credit_notes() {
            let left = self.left.get(note.id).copied().unwrap_or(note.minor);
            let Some(currency) = note.currency.filter(|_| left > 0) else {
                continue;
            };
            if note.cancelled_on.is_some() || self.mixed.contains(note.id) {
                continue;
            }
            let id = next_part(&mut self.parts, note.id);
            let row = Draft::new(Table::CreditNotes, &note.record.origin())
                .text("credit_note_id", &id)
                .text_if("customer_id", note.customer())
                .date("credit_date", note.date)
                .money(left, currency);
            let known = self.used_on.get(note.id).copied().max(note.recorded_at());
            self.rows.push(row.recorded(known));
        }
        Closed {
            rows: self.rows,
            elsewhere: self.elsewhere,
            used_on: self.used_on,
        }
    }

    fn add_settled(&mut self, entry: &Entry<'a>) {
        let settled = self.settled.entry(entry.debit.id).or_insert(0);
        *settled = settled.saturating_add(entry.minor);
    }

    fn cash(&mut self, entry: &Entry<'a>, payment: Option<&Document<'a>>) {
        if entry.minor == 0 {
            return;
        }
        self.add_settled(entry);
        let receipt = payment.filter(|payment| payment.receipt() == Some(entry.debit.currency));
        let row = Draft::new(Table::Payments, &entry.record.origin())
            .text("payment_id", &entry.id)
            .text("invoice_id", entry.debit.id)
            .date("paid_date", entry.date)
            .money(entry.minor, entry.debit.currency)
            .text_if(
                "method",
                payment.and_then(|payment| payment.record.text("method")),
            )
            .text_if("receipt_id", receipt.map(|receipt| receipt.id));
        self.rows.push(row.recorded(Some(entry.recorded)));
    }

    /// Books a credit note; its first row has its own id, so that a later export corrects the row on account.
    fn credit(&mut self, entry: &Entry<'a>, note: &Document<'a>, notes: &mut Notes) {
        if entry.minor < 0 {
            self.withdraw(entry, notes);
        } else if entry.minor > 0 {
            let id = next_part(&mut self.parts, note.id);
            let customer = note.customer().or(entry.debit.customer);
            self.credit_row(entry, &id, "credit note", customer);
        }
    }

    /// Books a credit that is neither cash nor a credit note; its id must not be that of a credit note.
    fn non_cash(&mut self, entry: &Entry<'a>, reason: &str, notes: &mut Notes) {
        if entry.minor < 0 {
            self.withdraw(entry, notes);
        } else {
            let id = format!("{}-credit", entry.id);
            self.credit_row(entry, &id, reason, entry.debit.customer);
        }
    }

    fn withdraw(&mut self, entry: &Entry<'a>, notes: &mut Notes) {
        if entry.minor != 0 {
            notes.withdrawn += 1;
            self.write_off(entry, "credit withdrawn");
        }
    }

    fn credit_row(&mut self, entry: &Entry<'a>, id: &str, reason: &str, customer: Option<&str>) {
        if entry.minor <= 0 {
            return;
        }
        self.add_settled(entry);
        let row = Draft::new(Table::CreditNotes, &entry.record.origin())
            .text("credit_note_id", id)
            .text_if("customer_id", customer)
            .date("credit_date", entry.date)
            .money(entry.minor, entry.debit.currency)
            .text("invoice_id", entry.debit.id)
            .text("reason", reason);
        self.rows.push(row.recorded(Some(entry.recorded)));
    }

    fn write_off(&mut self, entry: &Entry<'a>, reason: &str) {
        if entry.minor == 0 {
            return;
        }
        self.add_settled(entry);
        let row = Draft::new(Table::WriteOffs, &entry.record.origin())
            .text("write_off_id", &entry.id)
            .text("invoice_id", entry.debit.id)
            .date("write_off_date", entry.date)
            .money(entry.minor, entry.debit.currency)
            .text("reason", reason);
        self.rows.push(row.recorded(Some(entry.recorded)));
    }
}

/// The id of the next row of a credit note: its own, then numbered.
fn next_part<'a>(parts: &mut BTreeMap<&'a str, u32>, note: &'a str) -> String {
    let part = parts.entry(note).or_insert(0);
    *part = part.saturating_add(1);
    if *part == 1 {
        note.to_owned()
    } else {
        format!("{note}-{part}")
    }
}
