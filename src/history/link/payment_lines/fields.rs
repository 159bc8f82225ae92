//! The records that a profile fills, and their fields.

use crate::history::link::void::VOID_KIND;
use crate::history::link::{Field, FieldKind, RecordKind, may, must};

use FieldKind::{Date, Integer, Number, Text};

/// Name of the record of a line.
pub(super) const LINE: &str = "line";
/// Name of the record of a payment as a whole.
pub(super) const PAYMENT: &str = "payment";

/// The records of the linker.
pub(super) const KINDS: &[RecordKind] = &[
    RecordKind {
        name: LINE,
        fields: LINE_FIELDS,
    },
    RecordKind {
        name: PAYMENT,
        fields: PAYMENT_FIELDS,
    },
    VOID_KIND,
];

const VERSION_DOC: &str =
    "Number of this state, which grows with every change; of one day the highest counts.";

const LINE_FIELDS: &[Field] = &[
    must("payment_id", Text, "Payment that the line is of."),
    must("invoice_id", Text, "Invoice that the line is put against."),
    must("customer_id", Text, "Customer that paid."),
    must("date", Date, "Date the cash came in."),
    must(
        "amount",
        Number,
        "What of the invoice the line settles, more than zero.",
    ),
    must("payment_amount", Number, "Cash of the whole payment."),
    may("unapplied", Number, "Part of that which no line uses."),
    must("currency", Text, "Currency of the amounts."),
    may("method", Text, "How it was paid."),
    may(
        "recorded_at",
        Date,
        "Day the payment was last changed: of several states the newest counts.",
    ),
    may("version", Integer, VERSION_DOC),
];

const PAYMENT_FIELDS: &[Field] = &[
    must("payment_id", Text, "Payment; it is complete with its lines."),
    may("void", Text, "yes where it was deleted; the rest is then absent."),
    may("customer_id", Text, "Customer that paid."),
    may("date", Date, "Date the cash came in."),
    may(
        "amount",
        Number,
        "Cash of the payment; zero where it was voided, or where credits alone paid.",
    ),
    may("currency", Text, "Currency of the amount."),
    may("remittance", Text, "What the payer wrote."),
    may("source", Text, "Kind of source that knows of the receipt."),
    may("recorded_at", Date, "Day the payment was last changed."),
    may("version", Integer, VERSION_DOC),
];
