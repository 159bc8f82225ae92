//! What a profile says of items, of document headers and of customers.

use crate::history::link::{Field, FieldKind, RecordKind, may, must};

use FieldKind::{Date, Integer, Number, Text};

const KINDS_DOC: &str =
    "What documents of the type are: invoice, credit_note, payment, write_off, exclude or other.";

const ITEM: &[Field] = &[
    must("company_code", Text, "Company code."),
    must("customer_id", Text, "Customer."),
    must("document_no", Text, "Number of the document."),
    may(
        "fiscal_year",
        Text,
        "Fiscal year; that of the posting date when absent.",
    ),
    may("line_no", Text, "Line of the document."),
    may("kind", Text, KINDS_DOC),
    may(
        "posting_kind",
        Text,
        "The same by posting key, for document types that are `other`.",
    ),
    may(
        "special_gl",
        Text,
        "Special general ledger indicator; empty on ordinary items.",
    ),
    may(
        "special_kind",
        Text,
        "What items of the indicator are: down_payment, down_payment_request or exclude.",
    ),
    may(
        "debit_credit",
        Text,
        "S or D for debit, H or C for credit; without it the sign of the amount says so.",
    ),
    may("amount", Number, "Amount in the currency of the document."),
    may("currency", Text, "Currency of the document."),
    may(
        "decimals",
        Integer,
        "Decimals of the currency where amounts are stored as if it had two.",
    ),
    may(
        "local_amount",
        Number,
        "Amount in the company's currency, where the document's is absent.",
    ),
    may("local_currency", Text, "Currency of the company."),
    may(
        "discount",
        Number,
        "Cash discount that was taken, in the currency of the document.",
    ),
    must("posting_date", Date, "Date of posting."),
    may("document_date", Date, "Date of the document."),
    may("value_date", Date, "Day the money counts from, on a payment."),
    may("entry_date", Date, "Day it was entered."),
    may("terms", Text, "Key of the payment terms."),
    may("baseline_date", Date, "Day from which the terms count."),
    may("days_1", Integer, "Days of the first discount."),
    may("days_2", Integer, "Days of the second discount."),
    may("days_net", Integer, "Days net."),
    may("percent_1", Number, "Percentage of the first discount."),
    may("percent_2", Number, "Percentage of the second discount."),
    may("net_due_date", Date, "Net due date, where the export has it."),
    may("clearing_date", Date, "Date of clearing; absent on open items."),
    may("clearing_document", Text, "Document that cleared the item."),
    may(
        "invoice_ref",
        Text,
        "Document of the invoice that the item belongs to.",
    ),
    may("invoice_ref_year", Text, "Fiscal year of that document."),
    may("invoice_ref_line", Text, "Line of that document."),
    may(
        "reversed",
        Text,
        "yes, X, true, 1 or 2 where the document was reversed or reverses.",
    ),
    may(
        "reversal_document",
        Text,
        "Document that reverses it, or that it reverses.",
    ),
    may("reversal_year", Text, "Fiscal year of that document."),
    may(
        "dunning_block",
        Text,
        "Reason why the item is not dunned at present.",
    ),
    may("reference", Text, "Number printed on the invoice."),
    may(
        "payment_reference",
        Text,
        "Reference the customer is asked to pay under.",
    ),
    may("payment_method", Text, "How it was paid."),
    may("text", Text, "Text of the item."),
    may("customer_name", Text, "Name of the customer."),
];

const HEADER: &[Field] = &[
    must("company_code", Text, "Company code."),
    must("document_no", Text, "Number of the document."),
    must("fiscal_year", Text, "Fiscal year."),
    may("kind", Text, KINDS_DOC),
    may("posting_date", Date, "Date of posting."),
    may("entry_date", Date, "Day it was entered."),
    may(
        "reversed",
        Text,
        "yes, X, true, 1 or 2 where the document was reversed or reverses.",
    ),
    may(
        "reversal_document",
        Text,
        "Document that reverses it, or that it reverses.",
    ),
    may("reversal_year", Text, "Fiscal year of that document."),
];

const CUSTOMER: &[Field] = &[
    must("customer_id", Text, "Customer."),
    may("name", Text, "Name."),
    may("country", Text, "Country, ISO 3166-1 alpha-2."),
    may("language", Text, "Language of correspondence."),
    may(
        "dunning_block",
        Text,
        "Why the customer may not be dunned at all.",
    ),
];

/// Items of customer accounts.
pub(super) const ITEM_KIND: &str = "item";
/// Headers of documents.
pub(super) const HEADER_KIND: &str = "header";
/// Customers.
pub(super) const CUSTOMER_KIND: &str = "customer";

/// Every kind of record.
pub(super) const KINDS: &[RecordKind] = &[
    RecordKind::new(ITEM_KIND, ITEM),
    RecordKind::new(HEADER_KIND, HEADER),
    RecordKind::new(CUSTOMER_KIND, CUSTOMER),
];
