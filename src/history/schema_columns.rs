//! The columns of each table; read through [`schema::columns`](super::schema::columns).

use super::schema::{ColumnKind, ColumnSpec, Sign};

const fn must(name: &'static str, kind: ColumnKind, doc: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        kind,
        required: true,
        sign: Sign::Any,
        doc,
    }
}

const fn may(name: &'static str, kind: ColumnKind, doc: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        kind,
        required: false,
        sign: Sign::Any,
        doc,
    }
}

const fn signed(spec: ColumnSpec, sign: Sign) -> ColumnSpec {
    ColumnSpec { sign, ..spec }
}

use ColumnKind::{Amount, Currency, Date, Id, Integer, Number, Text};

const OF_INVOICE: &str = "Customer of the row; always the one of its invoice.";
const IN_CURRENCY: &str = "Currency of the amount.";

pub(super) const CUSTOMERS: &[ColumnSpec] = &[
    must("customer_id", Id, "Customer."),
    may("name", Text, "Name, for people."),
    may("country", Text, "Country, ISO 3166-1 alpha-2."),
    may(
        "party_type",
        Text,
        "legal_entity, sole_trader, consumer or public_body.",
    ),
    may(
        "segment",
        Text,
        "Segment, as the business sees it; with terms and country the first guess at a new customer, and key figures group by it.",
    ),
    may("language", Text, "Language of correspondence."),
    may("credit_limit", Amount, "Agreed credit limit."),
    may("currency", Currency, "Currency of the credit limit."),
    may("credit_score", Number, "External credit score, as of the import."),
    may("parent_id", Id, "Parent company, itself a customer."),
    may("collector", Text, "Who looks after the customer."),
    may(
        "status",
        Text,
        "active, insolvency, deceased, debt_counselling or legal; absent is active.",
    ),
    may(
        "dunning_block",
        Text,
        "Why it may not be dunned at all; absent is no block.",
    ),
    may(
        "dunning_block_until",
        Date,
        "Last day of the block; absent is open-ended.",
    ),
    may(
        "do_not_contact",
        Text,
        "Channels that it does not want, separated by blanks: email, sms, post, phone or all.",
    ),
    may(
        "do_not_contact_until",
        Date,
        "Last day of that; absent is open-ended.",
    ),
    may(
        "reachable_by",
        Text,
        "Channels with a verified address, separated by blanks; absent means that nothing is known against any.",
    ),
    may(
        "timezone",
        Text,
        "Time zone, as in the IANA database: Europe/Amsterdam.",
    ),
    may(
        "payment_method",
        Text,
        "How it pays; direct_debit is collected by us.",
    ),
    may("key_account", Text, "yes where it is looked after in person."),
];

pub(super) const INVOICES: &[ColumnSpec] = &[
    must("invoice_id", Id, "Invoice."),
    must("customer_id", Id, "Customer that owes it."),
    must("invoice_date", Date, "Date of issue."),
    must("due_date", Date, "Date it falls due."),
    signed(
        must("amount", Amount, "Gross amount, more than zero."),
        Sign::Positive,
    ),
    must("currency", Currency, IN_CURRENCY),
    may("entity", Text, "Legal entity that issued it."),
    may("business_unit", Text, "Part of the business that issued it."),
    may("payment_terms", Text, "Terms as printed."),
    may(
        "delivery_status",
        Text,
        "Whether it reached the customer: failed where it did not; absent means that it did.",
    ),
    signed(
        may(
            "in_transit",
            Amount,
            "Seen at the bank and not yet allocated, in the currency of the invoice.",
        ),
        Sign::NotNegative,
    ),
    may(
        "document_type",
        Text,
        "Kind of document; `down_payment` is kept apart from receivables and sales by the key figures.",
    ),
    may("number", Text, "Number printed on it, where that is not its id."),
    may(
        "payment_reference",
        Text,
        "Reference the customer is asked to pay under, ISO 11649 or another.",
    ),
];

pub(super) const PAYMENTS: &[ColumnSpec] = &[
    must("payment_id", Id, "Allocation of a payment to an invoice."),
    must("invoice_id", Id, "Invoice it pays."),
    must("paid_date", Date, "Date the cash came in."),
    signed(
        must("amount", Amount, "Amount allocated; negative reverses."),
        Sign::NonZero,
    ),
    must("currency", Currency, "Currency of the amount, the invoice's."),
    may("method", Text, "How it was paid."),
    may("customer_id", Id, OF_INVOICE),
    may("receipt_id", Id, "Receipt at the bank that it allocates."),
    signed(
        may(
            "confidence",
            Number,
            "How sure the match is; absent when the source itself allocated.",
        ),
        Sign::Share,
    ),
];

pub(super) const CREDIT_NOTES: &[ColumnSpec] = &[
    must("credit_note_id", Id, "Credit note."),
    must("customer_id", Id, "Customer that is credited."),
    must("credit_date", Date, "Date of the credit note."),
    signed(
        must("amount", Amount, "Amount credited, more than zero."),
        Sign::Positive,
    ),
    must(
        "currency",
        Currency,
        "Currency of the amount, the invoice's if it names one.",
    ),
    may("invoice_id", Id, "Invoice it reduces; absent when on account."),
    may("reason", Text, "Why."),
];

pub(super) const WRITE_OFFS: &[ColumnSpec] = &[
    must("write_off_id", Id, "Write-off."),
    must("invoice_id", Id, "Invoice that is given up."),
    must("write_off_date", Date, "Date of the write-off."),
    signed(
        must("amount", Amount, "Amount given up; negative reverses."),
        Sign::NonZero,
    ),
    must("currency", Currency, "Currency of the amount, the invoice's."),
    may("reason", Text, "Why."),
    may("customer_id", Id, OF_INVOICE),
];

pub(super) const DISPUTES: &[ColumnSpec] = &[
    must("dispute_id", Id, "Dispute."),
    must("invoice_id", Id, "Invoice objected to."),
    must("opened_on", Date, "Date the dispute was opened."),
    signed(
        may(
            "amount",
            Amount,
            "Amount in dispute; absent means the whole invoice.",
        ),
        Sign::NotNegative,
    ),
    may("currency", Currency, IN_CURRENCY),
    may("reason_code", Text, "Why."),
    may("resolved_on", Date, "Date it was resolved."),
    may("outcome", Text, "How it was resolved; seen from resolved_on."),
    may("customer_id", Id, OF_INVOICE),
];

pub(super) const PROMISES: &[ColumnSpec] = &[
    must("promise_id", Id, "Promise to pay."),
    must("customer_id", Id, "Customer that promised."),
    must("created_on", Date, "Date the promise was given."),
    must("promised_date", Date, "Date the cash was promised for."),
    signed(
        may("promised_amount", Amount, "Amount promised."),
        Sign::NotNegative,
    ),
    may("currency", Currency, IN_CURRENCY),
    may("invoice_id", Id, "Invoice the promise is about."),
    may("channel", Text, "How it was given."),
];

pub(super) const INSTALMENT_PLANS: &[ColumnSpec] = &[
    must("plan_id", Id, "Instalment plan."),
    must("invoice_id", Id, "Invoice paid in instalments."),
    signed(
        must("instalment_no", Integer, "Number of the instalment, from 1."),
        Sign::Positive,
    ),
    must("agreed_on", Date, "Date the plan was agreed."),
    must("due_date", Date, "Date the instalment falls due."),
    signed(
        must("amount", Amount, "Amount of the instalment."),
        Sign::Positive,
    ),
    must("currency", Currency, "Currency of the amount, the invoice's."),
    may("customer_id", Id, OF_INVOICE),
];

pub(super) const ACTIONS: &[ColumnSpec] = &[
    must("action_id", Id, "Action."),
    must("customer_id", Id, "Customer it was aimed at."),
    must(
        "action_type",
        Text,
        "Kind of action, for example reminder or call.",
    ),
    may("channel", Text, "How it was sent."),
    must("sent_on", Date, "Date it was sent."),
    may("invoice_id", Id, "Invoice it was about."),
    may("level", Integer, "Dunning level."),
    signed(may("cost", Amount, "What it cost."), Sign::NotNegative),
    may("currency", Currency, "Currency of the cost."),
    signed(
        may("propensity", Number, "Probability with which it was chosen."),
        Sign::Share,
    ),
    may("chosen_by", Text, "human, policy or rule."),
    may("outcome", Text, "What came of it; seen from outcome_on."),
    may("outcome_on", Date, "Date the outcome was known."),
];

pub(super) const CREDIT_RATINGS: &[ColumnSpec] = &[
    must("customer_id", Id, "Customer rated."),
    must("score_date", Date, "Date of the score."),
    must("score", Number, "The score."),
    may("source", Text, "Agency."),
];

pub(super) const FX_RATES: &[ColumnSpec] = &[
    must("from_currency", Currency, "Currency converted from."),
    must("to_currency", Currency, "Currency converted to."),
    must("rate_date", Date, "Date of the rate."),
    signed(
        must(
            "rate",
            Number,
            "Units of to_currency for one unit of from_currency.",
        ),
        Sign::Positive,
    ),
    may("source", Text, "Who quoted it."),
];

pub(super) const RECEIPTS: &[ColumnSpec] = &[
    must("receipt_id", Id, "Receipt at the bank."),
    may("customer_id", Id, "Customer that paid, where that is known."),
    must("value_date", Date, "Date the money counts from: the cash date."),
    may("booking_date", Date, "Date the bank booked it."),
    signed(
        must("amount", Amount, "Amount received; negative undoes a receipt."),
        Sign::NonZero,
    ),
    must("currency", Currency, IN_CURRENCY),
    signed(
        may(
            "in_ledger",
            Amount,
            "Part of it that payments of the ledger account for without naming it.",
        ),
        Sign::NotNegative,
    ),
    may("bank_account", Text, "Account of ours that it came to."),
    may(
        "kind",
        Text,
        "transfer, direct_debit, card, cheque, instant, reversal, return or other.",
    ),
    may("reversal_of", Id, "Receipt that it undoes."),
    may("payer_name", Text, "Who paid, as the bank has it."),
    may(
        "payer_account",
        Text,
        "Fingerprint of the account it came from, never the account itself.",
    ),
    may(
        "structured_reference",
        Text,
        "Creditor reference, ISO 11649 or another.",
    ),
    may("remittance", Text, "What the payer wrote."),
    may("end_to_end_id", Text, "The payer's own reference."),
    may(
        "referred_documents",
        Text,
        "Documents the payer named, `NUMBER AMOUNT` each, separated by semicolons.",
    ),
    may("bank_reference", Text, "The bank's own reference."),
    may("source", Text, "Kind of statement it stands in."),
];
