//! A document: what kind it is, on which side of the customer's account it stands, and what it is worth.

use crate::domain::{Currency, Date};
use crate::history::link::{Fault, Record};
use crate::history::schema::Table;

use super::row::{is_yes, needed_date};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoice,
    /// Asked for, or (on the credit side) received, before anything was delivered.
    DownPayment,
    CreditNote,
    Payment,
    /// Money that we gave back.
    Refund,
    WriteOff,
    Discount,
    /// A difference of exchange rates, which nobody pays.
    Exchange,
    /// A journal entry or something else.
    Other,
}

/// The words of profiles for the kinds.
const KINDS: &[(&str, Kind)] = &[
    ("invoice", Kind::Invoice),
    ("down_payment", Kind::DownPayment),
    ("credit_note", Kind::CreditNote),
    ("payment", Kind::Payment),
    ("refund", Kind::Refund),
    ("write_off", Kind::WriteOff),
    ("discount", Kind::Discount),
    ("exchange", Kind::Exchange),
    ("other", Kind::Other),
];

/// The side of the customer's account that a document stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The customer owes it.
    Debit,
    /// It settles what the customer owes.
    Credit,
}

impl Kind {
    fn parse(word: &str) -> Option<Self> {
        KINDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, kind)| *kind)
    }

    /// Whether the ledger has it among the invoices.
    pub(super) const fn is_invoice(self) -> bool {
        matches!(self, Self::Invoice | Self::DownPayment)
    }

    /// The table that a document of the kind belongs to, for faults.
    const fn table(self) -> Table {
        match self {
            Self::Invoice | Self::DownPayment => Table::Invoices,
            Self::CreditNote | Self::Discount | Self::Other | Self::Exchange => Table::CreditNotes,
            Self::Payment | Self::Refund => Table::Payments,
            Self::WriteOff => Table::WriteOffs,
        }
    }

    /// Returns kind and side of an amount; the side of a document without amount is open.
    ///
    /// A negative invoice is a credit note everywhere. Elsewhere the sign speaks only where the source has `signed`
    /// amounts, because others write payments without sign.
    const fn settled(self, minor: i64, is_signed: bool) -> (Self, Option<Side>) {
        match self {
            Self::Invoice if minor < 0 => (Self::CreditNote, Some(Side::Credit)),
            Self::DownPayment if minor < 0 => (Self::Payment, Some(Side::Credit)),
            Self::Refund if is_signed && minor < 0 => (Self::Payment, Some(Side::Credit)),
            Self::CreditNote if is_signed && minor > 0 => (Self::Invoice, Some(Side::Debit)),
            Self::Payment if is_signed && minor > 0 => (Self::Refund, Some(Side::Debit)),
            Self::WriteOff | Self::Discount if is_signed && minor > 0 => (Self::Other, Some(Side::Debit)),
            Self::Exchange | Self::Other if minor == 0 => (self, None),
            Self::Exchange | Self::Other if minor < 0 => (self, Some(Side::Credit)),
            Self::Invoice | Self::DownPayment | Self::Refund | Self::Exchange | Self::Other => {
                (self, Some(Side::Debit))
            }
            Self::CreditNote | Self::Payment | Self::WriteOff | Self::Discount => (self, Some(Side::Credit)),
        }
    }
}

/// A document, checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'a> {
    pub(super) record: &'a Record,
    pub(super) id: &'a str,
    pub(super) kind: Kind,
    pub(super) side: Option<Side>,
    pub(super) date: Date,
    /// Its worth without sign; zero where the source says none.
    pub(super) minor: i64,
    pub(super) currency: Option<Currency>,
    /// Whether `minor` is in the currency of the customer's account, and not in the document's.
    pub(super) is_in_account_currency: bool,
    /// The day it was cancelled, if it was; its own date where the source does not say the day.
    pub(super) cancelled_on: Option<Date>,
}

impl<'a> Document<'a> {
    pub(super) fn read(record: &'a Record) -> Result<Self, Fault> {
        let word = record.needed(Table::Invoices, "kind")?;
        let given = Kind::parse(word).ok_or_else(|| {
            let known: Vec<&str> = KINDS.iter().map(|(known, _)| *known).collect();
            let reason = format!("not a kind of document; allowed are {}", known.join(", "));
            record.fault(Table::Invoices, "kind", &reason)
        })?;
        let table = given.table();
        let id = record.needed(table, "document_id")?;
        let date = needed_date(record, table, "date")?;
        let worth = Worth::read(record, table)?;
        let (kind, side) = given.settled(worth.minor, is_yes(record.text("signed")));
        if kind.is_invoice() || kind == Kind::CreditNote {
            record.needed(table, "customer_id")?;
        }
        if kind.is_invoice() && worth.currency.is_none() {
            record.needed(table, "currency")?;
        }
        Ok(Self {
            record,
            id,
            kind,
            side,
            date,
            minor: worth.minor.saturating_abs(),
            currency: worth.currency,
            is_in_account_currency: worth.is_in_account_currency,
            cancelled_on: is_yes(record.text("cancelled"))
                .then(|| record.date("cancelled_on").unwrap_or(date)),
        })
    }

    pub(super) fn customer(&self) -> Option<&'a str> {
        self.record.text("customer_id")
    }

    /// The day the source knew of it, where it says so.
    pub(super) fn recorded_at(&self) -> Option<Date> {
        self.record.date("recorded_at")
    }

    /// Whether it is a receipt of money whose amount is known.
    pub(super) fn receipt(&self) -> Option<Currency> {
        self.currency
            .filter(|_| self.kind == Kind::Payment && self.side == Some(Side::Credit) && self.minor > 0)
    }
}

/// What a document is worth, with the sign of the source.
struct Worth {
    minor: i64,
    currency: Option<Currency>,
    is_in_account_currency: bool,
}

impl Worth {
    /// Where settlements are in the currency of the customer's account, that is what counts.
    fn read(record: &Record, table: Table) -> Result<Self, Fault> {
        let (own, account) = (record.text("currency"), record.text("account_currency"));
        let is_in_account_currency = account.is_some() && own.is_some() && own != account;
        let (code_field, amount_field) = if is_in_account_currency {
            ("account_currency", "account_amount")
        } else {
            ("currency", "amount")
        };
        let Some(currency) = record.currency(table, code_field)? else {
            return Ok(Self {
                minor: 0,
                currency: None,
                is_in_account_currency,
            });
        };
        Ok(Self {
            minor: record.minor(table, amount_field, currency)?.unwrap_or(0),
            currency: Some(currency),
            is_in_account_currency,
        })
    }
}
