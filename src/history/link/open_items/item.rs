//! One item of a customer account, read from its record, whose texts it borrows.

use std::borrow::Cow;

use crate::domain::date::add_days;
use crate::domain::{Currency, Date};
use crate::history::Table;
use crate::history::cell::AMOUNT_MINOR_MAX;
use crate::history::link::{Fault, Origin, Record};

use super::amount::{amount, is_debit, shifted};

/// Table that items belong to, for faults.
pub(super) const TABLE: Table = Table::Invoices;

/// What identifies an item: company code, document, fiscal year and line, all four.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ItemKey<'r> {
    pub(super) company: Cow<'r, str>,
    pub(super) document: Cow<'r, str>,
    pub(super) year: Cow<'r, str>,
    /// Empty where the export has no lines.
    pub(super) line: Cow<'r, str>,
}

impl ItemKey<'_> {
    /// The id of the item in our tables.
    pub(super) fn id(&self) -> String {
        let mut id = format!("{}-{}-{}", self.company, self.document, self.year);
        if !self.line.is_empty() {
            id.push('-');
            id.push_str(&self.line);
        }
        id
    }
}

/// What an item is by its document, whichever side it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoice,
    CreditNote,
    Payment,
    WriteOff,
}

/// That an item was cleared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clearing<'r> {
    pub(super) on: Date,
    /// The clearing document; empty where the export does not say.
    pub(super) document: Cow<'r, str>,
}

/// The item that an item belongs to, as far as the export says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference<'r> {
    pub(super) document: Cow<'r, str>,
    pub(super) year: Option<Cow<'r, str>>,
    pub(super) line: Option<Cow<'r, str>>,
}

/// That a document was reversed, or reverses another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reversal<'r> {
    /// Number and year of the other document, where the export names it.
    pub(super) other: Option<(Cow<'r, str>, Option<Cow<'r, str>>)>,
}

impl<'r> Reversal<'r> {
    /// Reads the fields, which items and headers share; nothing where there was no reversal.
    pub(super) fn of(record: &'r Record) -> Option<Self> {
        let flag = record.text("reversed").unwrap_or_default().to_lowercase();
        let is_flagged = matches!(flag.as_str(), "yes" | "x" | "true" | "1" | "2");
        let other = number(record, "reversal_document").map(|other| (other, number(record, "reversal_year")));
        (is_flagged || other.is_some()).then_some(Self { other })
    }
}

/// An item of a customer account; what few items have is boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'r> {
    pub(super) origin: Origin,
    pub(super) key: ItemKey<'r>,
    pub(super) customer: Cow<'r, str>,
    pub(super) kind: Kind,
    pub(super) is_debit: bool,
    /// It is a down payment, or asks for one.
    pub(super) is_down_payment: bool,
    /// What it is had to be guessed by the side it stands on.
    pub(super) is_guessed: bool,
    /// More than zero.
    pub(super) minor: i64,
    pub(super) currency: Currency,
    pub(super) discount_minor: i64,
    pub(super) posted_on: Date,
    pub(super) issued_on: Date,
    pub(super) cash_on: Date,
    pub(super) entered_on: Option<Date>,
    pub(super) due_on: Date,
    pub(super) terms: Option<Cow<'r, str>>,
    pub(super) clearing: Option<Clearing<'r>>,
    pub(super) refers_to: Option<Box<Reference<'r>>>,
    pub(super) reversal: Option<Box<Reversal<'r>>>,
    pub(super) number: Cow<'r, str>,
    pub(super) payment_reference: Option<Cow<'r, str>>,
    pub(super) payment_method: Option<Cow<'r, str>>,
    pub(super) text: Option<Cow<'r, str>>,
    pub(super) customer_name: Option<Cow<'r, str>>,
    pub(super) dunning_block: Option<Cow<'r, str>>,
}

/// What a record becomes.
pub(super) enum Reading<'r> {
    Item(Box<Item<'r>>),
    /// It is none of our business.
    PassedOver,
    Refused(Fault),
}

/// Reads an item.
pub(super) fn read(record: &Record) -> Reading<'_> {
    match item(record) {
        Ok(Some(item)) => Reading::Item(Box::new(item)),
        Ok(None) => Reading::PassedOver,
        Err(fault) => Reading::Refused(fault),
    }
}

/// A text without the zeros that pad numbers to their full length; zeros alone are no number.
fn unpadded(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.trim_start_matches('0')
    } else {
        text
    };
    (!bare.is_empty()).then_some(bare)
}

/// The number of a document, a year or a line.
pub(super) fn number<'r>(record: &'r Record, field: &str) -> Option<Cow<'r, str>> {
    record.text(field).and_then(unpadded).map(Cow::Borrowed)
}

/// A field that must not be empty.
pub(super) fn required<'r>(record: &'r Record, field: &'static str) -> Result<Cow<'r, str>, Fault> {
    number(record, field).ok_or_else(|| record.missing(TABLE, field))
}

fn text<'r>(record: &'r Record, field: &str) -> Option<Cow<'r, str>> {
    record.text(field).map(Cow::Borrowed)
}

fn item(record: &Record) -> Result<Option<Item<'_>>, Fault> {
    let (minor, currency, is_amount_local) = amount(record)?;
    let is_debit = is_debit(record, minor)?;
    let Some(nature) = nature(record, is_debit)? else {
        return Ok(None);
    };
    if minor == 0 {
        return Ok(None);
    }
    // Within the bound, sums over a book cannot overflow.
    if minor.saturating_abs() > AMOUNT_MINOR_MAX {
        let column = if is_amount_local { "local_amount" } else { "amount" };
        return Err(record.fault(TABLE, column, "amount too large: at most 10^15 minor units"));
    }
    let posted_on = record
        .date("posting_date")
        .ok_or_else(|| record.missing(TABLE, "posting_date"))?;
    let issued_on = record.date("document_date").unwrap_or(posted_on);
    let document = required(record, "document_no")?;
    let year = number(record, "fiscal_year").unwrap_or_else(|| posted_on.format("%Y").to_string().into());
    let discount_minor = match (record.text("discount"), is_amount_local) {
        (Some(_), false) => shifted(record, "discount", currency)?.saturating_abs(),
        _ => 0,
    };
    Ok(Some(Item {
        origin: record.origin(),
        customer: required(record, "customer_id")?,
        kind: nature.kind,
        is_debit,
        is_down_payment: nature.is_down_payment,
        is_guessed: nature.is_guessed,
        minor: minor.saturating_abs(),
        currency,
        discount_minor,
        posted_on,
        issued_on,
        cash_on: record.date("value_date").unwrap_or(posted_on),
        entered_on: record.date("entry_date"),
        due_on: due_on(record, issued_on),
        terms: terms(record),
        clearing: clearing(record)?,
        refers_to: reference(record).map(Box::new),
        reversal: Reversal::of(record).map(Box::new),
        number: text(record, "reference").unwrap_or_else(|| document.clone()),
        payment_reference: text(record, "payment_reference"),
        payment_method: text(record, "payment_method"),
        text: text(record, "text"),
        customer_name: text(record, "customer_name"),
        dunning_block: text(record, "dunning_block"),
        key: ItemKey {
            company: required(record, "company_code")?,
            document,
            year,
            line: number(record, "line_no").unwrap_or_default(),
        },
    }))
}

/// What an item is, by its special ledger indicator, its document type or its posting key.
struct Nature {
    kind: Kind,
    is_down_payment: bool,
    is_guessed: bool,
}

/// Reads what an item is; nothing when it is to be left out.
fn nature(record: &Record, is_debit: bool) -> Result<Option<Nature>, Fault> {
    let of = |kind, is_down_payment, is_guessed| {
        Ok(Some(Nature {
            kind,
            is_down_payment,
            is_guessed,
        }))
    };
    if record.text("special_gl").is_some() {
        return match record.text("special_kind") {
            Some("down_payment") => of(Kind::Payment, true, false),
            Some("down_payment_request") if is_debit => of(Kind::Invoice, true, false),
            Some("down_payment_request" | "exclude") | None => Ok(None),
            Some(_) => Err(record.fault(
                TABLE,
                "special_kind",
                "not a kind of special item; allowed `down_payment`, `down_payment_request`, `exclude`",
            )),
        };
    }
    for field in ["kind", "posting_kind"] {
        match record.text(field) {
            None | Some("other") => {}
            Some("exclude") => return Ok(None),
            // An invoice on the credit side is one that was reversed.
            Some("invoice") if is_debit => return of(Kind::Invoice, false, false),
            Some("invoice") => return of(Kind::CreditNote, false, false),
            Some("credit_note") => return of(Kind::CreditNote, false, false),
            Some("payment") => return of(Kind::Payment, false, false),
            Some("write_off") => return of(Kind::WriteOff, false, false),
            Some(_) => {
                return Err(record.fault(TABLE, field,
                    "not a kind of item; allowed `invoice`, `credit_note`, `payment`, `write_off`, `exclude`, `other`",
                ));
            }
        }
    }
    let kind = if is_debit { Kind::Invoice } else { Kind::CreditNote };
    of(kind, false, true)
}

/// Net due date: the export's own, else the baseline date and the last days of the terms that are not zero.
fn due_on(record: &Record, issued_on: Date) -> Date {
    if let Some(given) = record.date("net_due_date") {
        return given;
    }
    let baseline = record.date("baseline_date").unwrap_or(issued_on);
    let days = ["days_net", "days_2", "days_1"]
        .into_iter()
        .filter_map(|field| record.integer(field))
        .find(|days| *days != 0);
    add_days(baseline, days.unwrap_or(0))
}

/// The key of the terms, else what their days and percentages say.
fn terms(record: &Record) -> Option<Cow<'_, str>> {
    if let Some(key) = record.text("terms") {
        return Some(Cow::Borrowed(key));
    }
    let mut words = Vec::new();
    let mut net = record.integer("days_net").unwrap_or(0);
    for (percent, days) in [("percent_1", "days_1"), ("percent_2", "days_2")] {
        let days = record.integer(days).unwrap_or(0);
        let percent = record
            .text(percent)
            .map_or("", |text| match text.split_once('.') {
                Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
                None => text,
            });
        if percent.is_empty() || percent == "0" {
            net = if net == 0 { days } else { net };
        } else {
            words.push(format!("{percent}/{days}"));
        }
    }
    words.push(format!("net {net}"));
    let says_something = words.len() > 1 || net > 0;
    says_something.then(|| Cow::Owned(words.join(" ")))
}

fn clearing(record: &Record) -> Result<Option<Clearing<'_>>, Fault> {
    let document = number(record, "clearing_document");
    match (record.date("clearing_date"), document) {
        (Some(on), document) => Ok(Some(Clearing {
            on,
            document: document.unwrap_or_default(),
        })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(record.fault(
            TABLE,
            "clearing_date",
            "a cleared item needs the date of its clearing",
        )),
    }
}

/// The item that this one belongs to. `V` in place of a document says that a credit has terms of its own.
fn reference(record: &Record) -> Option<Reference<'_>> {
    let document = number(record, "invoice_ref").filter(|document| *document != "V")?;
    Some(Reference {
        document,
        year: number(record, "invoice_ref_year"),
        line: number(record, "invoice_ref_line"),
    })
}
