//! The records that a profile fills, and their fields.

use crate::history::link::{Field, FieldKind, RecordKind, may, must};

use FieldKind::{Date, Integer, Number, Text};

/// Name of the record of a document.
pub(super) const DOCUMENT: &str = "document";
/// Name of the record of what is printed on a document and kept elsewhere.
pub(super) const HEADER: &str = "header";
/// Name of the record of a settlement.
pub(super) const SETTLEMENT: &str = "settlement";
/// Name of the record of an instalment, or of the line of a document.
pub(super) const INSTALMENT: &str = "instalment";
/// Name of the record of a customer.
pub(super) const CUSTOMER: &str = "customer";

/// The records of the linker.
pub(super) const KINDS: &[RecordKind] = &[
    RecordKind::new(DOCUMENT, DOCUMENT_FIELDS),
    RecordKind::new(HEADER, HEADER_FIELDS),
    RecordKind::new(SETTLEMENT, SETTLEMENT_FIELDS),
    RecordKind::new(INSTALMENT, INSTALMENT_FIELDS),
    RecordKind::new(CUSTOMER, CUSTOMER_FIELDS),
];

const DOCUMENT_FIELDS: &[Field] = &[
    must("document_id", Text, "Document, as settlements name it."),
    must(
        "kind",
        Text,
        "invoice, down_payment, credit_note, payment, refund, write_off, discount, exchange or other.",
    ),
    may("number", Text, "Number printed on it, where that is not its id."),
    may(
        "customer_id",
        Text,
        "Customer; an invoice and a credit note need one.",
    ),
    may(
        "customer_name",
        Text,
        "Name of the customer, where there is no list of customers.",
    ),
    must(
        "date",
        Date,
        "Date of the document; of a payment the date the cash came in.",
    ),
    may("due_date", Date, "Date it falls due."),
    may("amount", Number, "Gross amount; an invoice needs one."),
    may("currency", Text, "Currency of the amount; an invoice needs one."),
    may(
        "account_amount",
        Number,
        "Amount in the currency of the customer's account, where settlements are in that.",
    ),
    may("account_currency", Text, "Currency of the customer's account."),
    may(
        "signed",
        Text,
        "yes where credits are negative in the source: a positive payment is a refund then.",
    ),
    may("entity", Text, "Legal entity that issued it."),
    may("business_unit", Text, "Part of the business that issued it."),
    may("payment_terms", Text, "Terms as printed."),
    may("payment_reference", Text, "Reference it is, or was, paid under."),
    may("method", Text, "How it was paid."),
    may("cancelled", Text, "yes where it was cancelled."),
    may("cancelled_on", Date, "Day it was cancelled."),
    may("recorded_at", Date, "Day it was entered."),
];

const HEADER_FIELDS: &[Field] = &[
    must("number", Text, "Number of the document that it is about."),
    may(
        "entity",
        Text,
        "Legal entity, where numbers repeat from one to the other.",
    ),
    may("payment_terms", Text, "Terms as printed."),
    may("payment_reference", Text, "Reference to pay under."),
];

const SETTLEMENT_FIELDS: &[Field] = &[
    may(
        "settlement_id",
        Text,
        "Settlement; without one it is named after its documents.",
    ),
    may(
        "kind",
        Text,
        "settlement (also when absent), discount, write_off or exchange: the last three need no credit document.",
    ),
    may(
        "booked_on",
        Text,
        "debit (also when absent): one row, positive; both: a row on each document with its sign, of which the \
         debit's counts; either: one row on the document named first, negative where that is the credit.",
    ),
    must(
        "debit_document_id",
        Text,
        "Document that is settled, or the line of one.",
    ),
    may(
        "credit_document_id",
        Text,
        "Document that settles it, or the line of one.",
    ),
    may(
        "amount",
        Number,
        "Amount in the currency of the debit document, negative where it is undone; absent is all of the credit \
         document.",
    ),
    must("date", Date, "Date of the settlement."),
    may("discount", Number, "Discount granted beside the amount."),
    may("write_off", Number, "Amount given up beside the amount."),
    may("reversed", Text, "yes where it was undone later."),
    may("reversed_on", Date, "Day it was undone."),
    may("recorded_at", Date, "Day it was entered."),
];

const INSTALMENT_FIELDS: &[Field] = &[
    must("document_id", Text, "Document that it is a line of."),
    may("line_id", Text, "Id of the line, where settlements name lines."),
    may(
        "instalment_no",
        Integer,
        "Number; without one lines count by due date.",
    ),
    may(
        "due_date",
        Date,
        "Date it falls due; a line without one is no instalment.",
    ),
    may("amount", Number, "Amount of it."),
];

const CUSTOMER_FIELDS: &[Field] = &[
    must("customer_id", Text, "Customer."),
    may("name", Text, "Name, for people."),
    may("country", Text, "Country, ISO 3166-1 alpha-2."),
    may(
        "party_type",
        Text,
        "legal_entity, sole_trader, consumer or public_body.",
    ),
    may("segment", Text, "Segment, as the business sees it."),
    may("language", Text, "Language of correspondence."),
    may("credit_limit", Number, "Agreed credit limit."),
    may("currency", Text, "Currency of the credit limit."),
    may("parent_id", Text, "Parent company, itself a customer."),
    may("collector", Text, "Who looks after the customer."),
    may(
        "status",
        Text,
        "active, insolvency, deceased, debt_counselling or legal.",
    ),
    may("dunning_block", Text, "Why it may not be dunned."),
    may("payment_method", Text, "How it pays."),
    may("recorded_at", Date, "Day it was entered."),
];
