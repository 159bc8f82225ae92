//! Items and what they were set against, as rows of the ledger.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Currency, Date};
use crate::history::Table;
use crate::history::link::{Draft, Known, LedgerRow, Origin, Record};
use crate::history::schema::RECORDED_AT;

use super::book::Book;
use super::item::{Item, Kind, number};
use super::piece::{Cause, Piece, Settled};
use super::role::{Role, Roles, Target};

/// Word in `source` of a receipt that a ledger knows of, not a bank statement.
const SOURCE: &str = "ledger";

/// An invoice that something is set against, as rows name it.
struct Debt<'a> {
    invoice_id: String,
    customer: &'a str,
    currency: Currency,
}

/// Makes the rows.
pub(super) fn rows(book: &Book<'_>, roles: &Roles, settled: &Settled, known: &Known) -> Vec<LedgerRow> {
    let mut rows = customers(book, roles, known);
    for (place, item) in book.items.iter().enumerate() {
        if roles.of[place] == Role::Invoice {
            rows.push(invoice(item));
        }
    }
    let mut parts: BTreeMap<usize, u32> = BTreeMap::new();
    for piece in &settled.pieces {
        rows.extend(settlement(piece, book, known, &mut parts));
    }
    for (place, item) in book.items.iter().enumerate() {
        let minor = settled.on_account[place];
        if item.kind == Kind::CreditNote && minor > 0 {
            let id = part_id(item, place, &mut parts);
            rows.push(
                Draft::new(Table::CreditNotes, &item.origin)
                    .text("credit_note_id", &id)
                    .text("customer_id", &item.customer)
                    .date("credit_date", item.posted_on)
                    .money(minor, item.currency)
                    .text_if("reason", item.text.as_deref())
                    .date_if(RECORDED_AT, item.entered_on)
                    .done(),
            );
        }
        if settled.cash[place] != 0 {
            rows.push(receipt(item, settled.cash[place]));
        }
    }
    rows.extend(book.undone.iter().map(|(item, on)| undone(item, *on)));
    rows
}

fn invoice(item: &Item) -> LedgerRow {
    let document_type = if item.is_down_payment { "down_payment" } else { "" };
    Draft::new(Table::Invoices, &item.origin)
        .text("invoice_id", &item.key.id())
        .text("number", &item.number)
        .text("customer_id", &item.customer)
        .date("invoice_date", item.issued_on)
        .date("due_date", item.due_on)
        .money(item.minor, item.currency)
        .text("entity", &item.key.company)
        .text_if("payment_terms", item.terms.as_deref())
        .text_if("payment_reference", item.payment_reference.as_deref())
        .text("document_type", document_type)
        .date_if(RECORDED_AT, item.entered_on)
        .done()
}

/// The row of a part of an invoice that was settled; nothing where its invoice is gone.
fn settlement(
    piece: &Piece,
    book: &Book<'_>,
    known: &Known,
    parts: &mut BTreeMap<usize, u32>,
) -> Option<LedgerRow> {
    let debt = debt(piece.target, book, known)?;
    let (Cause::Credit(place) | Cause::Absent(place) | Cause::Discount(place) | Cause::Return(place)) =
        piece.cause;
    let item = book.items.get(place)?;
    let own = item.key.id();
    let id = match piece.cause {
        Cause::Credit(place) => part_id(item, place, parts),
        Cause::Return(_) => own.clone(),
        Cause::Discount(_) => format!("{own}/discount"),
        Cause::Absent(_) => {
            let document = item
                .clearing
                .as_ref()
                .map_or("", |clearing| clearing.document.as_ref());
            let document = if document.is_empty() { "cleared" } else { document };
            format!("{own}/{document}")
        }
    };
    let is_receipt =
        matches!(piece.cause, Cause::Credit(_) | Cause::Return(_)) && item.currency == debt.currency;
    let row = match piece.kind {
        Kind::Payment => Draft::new(Table::Payments, &item.origin)
            .text("payment_id", &id)
            .text("invoice_id", &debt.invoice_id)
            .date("paid_date", piece.on)
            .money(piece.minor, debt.currency)
            .text_if("method", item.payment_method.as_deref().filter(|_| is_receipt))
            .text("receipt_id", if is_receipt { &own } else { "" }),
        Kind::CreditNote | Kind::Invoice => Draft::new(Table::CreditNotes, &item.origin)
            .text("credit_note_id", &id)
            .text("customer_id", debt.customer)
            .date("credit_date", piece.on)
            .money(piece.minor, debt.currency)
            .text("invoice_id", &debt.invoice_id)
            .text_if("reason", item.text.as_deref().filter(|_| is_receipt)),
        Kind::WriteOff => Draft::new(Table::WriteOffs, &item.origin)
            .text("write_off_id", &id)
            .text("invoice_id", &debt.invoice_id)
            .date("write_off_date", piece.on)
            .money(piece.minor, debt.currency)
            .text("reason", reason_of_write_off(piece.cause, item)),
    };
    Some(row.date_if(RECORDED_AT, piece.recorded_on).done())
}

fn reason_of_write_off<'a>(cause: Cause, item: &'a Item<'_>) -> &'a str {
    match cause {
        Cause::Discount(_) => "cash_discount",
        Cause::Credit(_) => item.text.as_deref().unwrap_or_default(),
        Cause::Absent(_) | Cause::Return(_) => "",
    }
}

fn debt<'a>(target: Target, book: &'a Book<'_>, known: &'a Known) -> Option<Debt<'a>> {
    match target {
        Target::Item(place) => book.items.get(place).map(|item| Debt {
            invoice_id: item.key.id(),
            customer: &item.customer,
            currency: item.currency,
        }),
        Target::Known(place) => known.invoices.get(place).map(|invoice| Debt {
            invoice_id: invoice.invoice_id.clone(),
            customer: invoice.customer_id.as_str(),
            currency: invoice.currency,
        }),
    }
}

/// The id of a part of a credit. The first part has the credit's own, so that a credit on account keeps its row when
/// it is set against an invoice later.
fn part_id(item: &Item, place: usize, parts: &mut BTreeMap<usize, u32>) -> String {
    let part = parts.entry(place).or_default();
    *part += 1;
    match *part {
        1 => item.key.id(),
        part => format!("{}/{part}", item.key.id()),
    }
}

fn receipt(item: &Item, minor: i64) -> LedgerRow {
    Draft::new(Table::Receipts, &item.origin)
        .text("receipt_id", &item.key.id())
        .text("customer_id", &item.customer)
        .date("value_date", item.cash_on)
        .date("booking_date", item.posted_on)
        .money(minor, item.currency)
        .text("kind", if minor < 0 { "return" } else { "" })
        .text_if("remittance", item.text.as_deref())
        .text("source", SOURCE)
        .date_if(RECORDED_AT, item.entered_on)
        .done()
}

/// The credit of an invoice of the ledger that has been reversed since.
fn undone(item: &Item, reversed_on: Option<Date>) -> LedgerRow {
    let cleared_on = item.clearing.as_ref().map(|clearing| clearing.on);
    let on = cleared_on.or(reversed_on).unwrap_or(item.posted_on);
    Draft::new(Table::CreditNotes, &item.origin)
        .text("credit_note_id", &format!("{}/reversal", item.key.id()))
        .text("customer_id", &item.customer)
        .date("credit_date", on)
        .money(item.minor, item.currency)
        .text("invoice_id", &item.key.id())
        .text("reason", "reversal")
        .date(RECORDED_AT, on)
        .done()
}

/// What the items say of a customer.
#[derive(Default)]
struct Customer<'a> {
    origin: Option<Origin>,
    name: Option<&'a str>,
    master: Option<&'a Record>,
    open_invoices: u64,
    /// Reasons of the blocks on them, one an invoice.
    blocks: Vec<&'a str>,
}

fn customers(book: &Book<'_>, roles: &Roles, known: &Known) -> Vec<LedgerRow> {
    let mut customers: BTreeMap<Cow<'_, str>, Customer<'_>> = BTreeMap::new();
    for &record in &book.customers {
        if let Some(id) = number(record, "customer_id") {
            let customer = customers.entry(id).or_default();
            customer.origin.get_or_insert_with(|| record.origin());
            customer.master = customer.master.or(Some(record));
        }
    }
    for (place, item) in book.items.iter().enumerate() {
        let customer = customers.entry(item.customer.clone()).or_default();
        customer.origin.get_or_insert_with(|| item.origin.clone());
        customer.name = customer.name.or(item.customer_name.as_deref());
        if item.clearing.is_none() && roles.of[place] == Role::Invoice {
            customer.open_invoices += 1;
            customer.blocks.extend(item.dunning_block.as_deref());
        }
    }
    let in_ledger: BTreeSet<(&str, &str)> = known
        .customers
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()))
        .collect();
    customers
        .iter()
        .filter_map(|(id, customer)| customer_row(id, customer, &in_ledger))
        .collect()
}

/// The row of a customer; nothing when the ledger knows as much already.
fn customer_row(id: &str, customer: &Customer<'_>, in_ledger: &BTreeSet<(&str, &str)>) -> Option<LedgerRow> {
    let of_master = |field: &str| customer.master.and_then(|record| record.text(field));
    let name = of_master("name").or(customer.name).unwrap_or_default();
    // A block is of an item; a customer none of whose open invoices may be dunned may not be dunned.
    let is_all_blocked = u64::try_from(customer.blocks.len()) == Ok(customer.open_invoices);
    let of_items = customer.blocks.first().copied().filter(|_| is_all_blocked);
    let block = of_master("dunning_block").or(of_items);
    let says_more = customer.master.is_some() || block.is_some();
    let mut same_id = in_ledger.range((id, "")..).take_while(|(known, _)| *known == id);
    let is_known = if name.is_empty() {
        same_id.next().is_some()
    } else {
        same_id.any(|(_, known)| *known == name)
    };
    if is_known && !says_more {
        return None;
    }
    Some(
        Draft::new(Table::Customers, customer.origin.as_ref()?)
            .text("customer_id", id)
            .text("name", name)
            .text_if("country", of_master("country"))
            .text_if("language", of_master("language"))
            .text_if("dunning_block", block)
            .done(),
    )
}

/// Open invoices with a dunning block.
pub(super) fn blocked_items(book: &Book<'_>, roles: &Roles) -> u64 {
    let mut count = 0;
    for (place, item) in book.items.iter().enumerate() {
        let is_open = item.clearing.is_none() && roles.of[place] == Role::Invoice;
        count += u64::from(is_open && item.dunning_block.is_some());
    }
    count
}
