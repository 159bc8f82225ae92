//! Receipts at the bank, as records of a profile.

use std::mem;

use crate::domain::{Currency, Date, Money};
use crate::history::Table;
use crate::history::link::{Fault, Field, FieldKind, Linked, Record, RecordKind, may, must};

/// The records that a profile fills.
pub(super) const KINDS: &[RecordKind] = &[RecordKind::new("receipt", FIELDS)];

const FIELDS: &[Field] = &[
    must("receipt_id", FieldKind::Text, "Receipt at the bank."),
    must("value_date", FieldKind::Date, "Date the money counts from."),
    must(
        "amount",
        FieldKind::Number,
        "Amount received; negative undoes a receipt.",
    ),
    must("currency", FieldKind::Text, "Currency of the amount, ISO 4217."),
    may("booking_date", FieldKind::Date, "Date the bank booked it."),
    may(
        "customer_id",
        FieldKind::Text,
        "Customer that paid, where the source knows.",
    ),
    may(
        "bank_account",
        FieldKind::Text,
        "Account of ours that it came to.",
    ),
    may(
        "kind",
        FieldKind::Text,
        "transfer, direct_debit, card, cheque, instant, reversal, return or other.",
    ),
    may("reversal_of", FieldKind::Text, "Receipt that it undoes."),
    may("payer_name", FieldKind::Text, "Who paid, as the bank has it."),
    may(
        "payer_account",
        FieldKind::Text,
        "Fingerprint of the account it came from.",
    ),
    may(
        "structured_reference",
        FieldKind::Text,
        "Creditor reference, ISO 11649 or another.",
    ),
    may("remittance", FieldKind::Text, "What the payer wrote."),
    may("end_to_end_id", FieldKind::Text, "The payer's own reference."),
    may(
        "referred_documents",
        FieldKind::Text,
        "Documents the payer named, `NUMBER AMOUNT` each, separated by semicolons.",
    ),
    may("bank_reference", FieldKind::Text, "The bank's own reference."),
    may("source", FieldKind::Text, "Kind of statement it stands in."),
    may("recorded_at", FieldKind::Date, "Day the source knew of it."),
];

/// Fields that go into the ledger as they are, under the same name.
pub(super) const COPIED: [&str; 14] = [
    "receipt_id",
    "value_date",
    "booking_date",
    "bank_account",
    "kind",
    "reversal_of",
    "payer_name",
    "payer_account",
    "structured_reference",
    "remittance",
    "end_to_end_id",
    "referred_documents",
    "bank_reference",
    "source",
];

/// Money at the bank. What is asked for more than once is looked up in the record once.
#[derive(Debug)]
pub(super) struct Receipt<'a> {
    pub(super) record: &'a Record,
    pub(super) id: &'a str,
    pub(super) value_date: Date,
    pub(super) currency: Currency,
    /// Negative where it undoes another.
    pub(super) amount_minor: i64,
    /// The day it was known: as it says, else when the bank booked it, which may be after the value date.
    pub(super) known_on: Option<Date>,
    pub(super) customer_id: Option<&'a str>,
    pub(super) payer_name: Option<&'a str>,
    pub(super) payer_account: Option<&'a str>,
    pub(super) end_to_end_id: Option<&'a str>,
    pub(super) reversal_of: Option<&'a str>,
}

impl<'a> Receipt<'a> {
    /// The text of a field, if it has one.
    pub(super) fn text(&self, field: &str) -> Option<&'a str> {
        self.record.text(field)
    }
}

/// Reads the receipts of all records, each once, by value date and id; what cannot be one becomes a fault.
pub(super) fn read<'a>(records: &'a [Record], linked: &mut Linked) -> Vec<Receipt<'a>> {
    let mut receipts: Vec<Receipt<'a>> = Vec::with_capacity(records.len());
    for record in records {
        match of_record(record) {
            Ok(receipt) if receipt.amount_minor == 0 => linked.passed_over += 1,
            Ok(receipt) => receipts.push(receipt),
            Err(fault) => linked.faults.push(fault),
        }
    }
    receipts.sort_by_key(|receipt| receipt.id);
    receipts.dedup_by(|later, kept| {
        let is_same = later.id == kept.id;
        if is_same {
            // A statement and a notification of the same transaction: the one that says more is taken.
            linked.passed_over += 1;
            if is_fuller(later, kept) {
                mem::swap(later, kept);
            }
        }
        is_same
    });
    // The sort is stable: receipts of a day stay in the order of their ids.
    receipts.sort_by_key(|receipt| receipt.value_date);
    receipts
}

fn is_fuller(one: &Receipt<'_>, other: &Receipt<'_>) -> bool {
    let cells = |receipt: &Receipt<'_>| receipt.record.cells().flatten().count();
    let (mine, its) = (cells(one), cells(other));
    mine > its || (mine == its && one.record.cells().lt(other.record.cells()))
}

fn of_record(record: &Record) -> Result<Receipt<'_>, Fault> {
    let fault = |column: &'static str, reason: &str| record.fault(Table::Receipts, column, reason);
    let text = |column: &'static str| {
        record
            .text(column)
            .ok_or_else(|| fault(column, "a receipt needs a value here"))
    };
    let id = text("receipt_id")?;
    let currency =
        Currency::parse(text("currency")?).map_err(|error| fault("currency", &error.to_string()))?;
    let amount =
        Money::parse(text("amount")?, currency).map_err(|error| fault("amount", &error.to_string()))?;
    // Nothing that can be negated is larger.
    let amount_minor = amount.minor();
    if amount_minor == i64::MIN {
        return Err(fault("amount", "the amount is too large"));
    }
    let value_date = record
        .date("value_date")
        .ok_or_else(|| fault("value_date", "allowed a date such as 2026-01-31"))?;
    Ok(Receipt {
        record,
        id,
        value_date,
        currency,
        amount_minor,
        known_on: record.date("recorded_at").or_else(|| record.date("booking_date")),
        customer_id: record.text("customer_id"),
        payer_name: record.text("payer_name"),
        payer_account: record.text("payer_account"),
        end_to_end_id: record.text("end_to_end_id"),
        reversal_of: record.text("reversal_of"),
    })
}
