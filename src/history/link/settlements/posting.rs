//! Settlements as postings: which credit settles which debit, by how much, and since when that is known.

use std::collections::BTreeMap;

use crate::domain::Date;
use crate::history::link::{Fault, Known, Linked, Record};
use crate::history::schema::Table;

use super::debit::{Debit, side_of};
use super::document::{Document, Kind, Side};
use super::documents::Documents;
use super::fields;
use super::notes::Notes;
use super::row::{distinct, is_yes, needed_date};

const TABLE: Table = Table::Payments;

/// How a settlement settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// By its credit document.
    Credit,
    /// By a discount.
    Discount,
    /// By giving up.
    WriteOff,
}

/// A settlement, or the undoing of one, ready to be booked.
#[derive(Clone, Debug)]
pub(super) struct Posting<'a> {
    pub(super) record: &'a Record,
    /// Id of the settlement; until [`named`] an empty one where the source gives none.
    pub(super) id: String,
    pub(super) part: Part,
    pub(super) debit: Debit<'a>,
    pub(super) credit_id: Option<&'a str>,
    pub(super) credit: Option<Document<'a>>,
    /// In minor units of the debit's currency; negative undoes.
    pub(super) minor: i64,
    pub(super) discount: i64,
    pub(super) write_off: i64,
    /// Date of the settlement; the undoing of one has the same.
    pub(super) date: Date,
    /// The day it became known.
    pub(super) recorded: Date,
}

/// Reads the settlements, in the order they became known.
pub(super) fn read<'a>(
    records: &'a [Record],
    documents: &Documents<'a>,
    known: &'a Known,
    linked: &mut Linked,
    notes: &mut Notes,
) -> Vec<Posting<'a>> {
    let mut postings = Vec::new();
    for record in distinct(records, fields::SETTLEMENT, "settlement_id", TABLE, linked) {
        match read_one(record, documents, known, notes) {
            Ok(Some(posting)) => postings.push(posting),
            Ok(None) => linked.passed_over += 1,
            Err(fault) => linked.faults.push(fault),
        }
    }
    sort(&mut postings);
    named(&mut postings);
    let undone: Vec<Posting<'a>> = postings.iter().filter_map(undoing).collect();
    postings.extend(undone);
    sort(&mut postings);
    postings
}

/// Sorts by content alone; what is undone on a day comes before what is settled anew.
fn sort(postings: &mut [Posting<'_>]) {
    let key = |posting: &Posting<'_>| {
        (
            posting.recorded,
            posting.minor >= 0 && posting.discount >= 0 && posting.write_off >= 0,
            posting.date,
        )
    };
    postings.sort_by(|one, other| {
        key(one)
            .cmp(&key(other))
            .then_with(|| one.debit.id.cmp(other.debit.id))
            .then_with(|| one.credit_id.cmp(&other.credit_id))
            .then_with(|| one.id.cmp(&other.id))
            .then_with(|| one.record.cells().cmp(other.record.cells()))
    });
}

/// Names settlements without id after their documents and their number among those of the two.
fn named(postings: &mut [Posting<'_>]) {
    let mut counts: BTreeMap<(&str, Option<&str>), u32> = BTreeMap::new();
    for posting in postings.iter_mut().filter(|posting| posting.id.is_empty()) {
        let count = counts.entry((posting.debit.id, posting.credit_id)).or_default();
        *count = count.saturating_add(1);
        posting.id = format!(
            "{}:{}:{count}",
            posting.debit.id,
            posting.credit_id.unwrap_or("-")
        );
    }
}

/// The undoing of a settlement that the source marks as undone.
fn undoing<'a>(posting: &Posting<'a>) -> Option<Posting<'a>> {
    if !is_yes(posting.record.text("reversed")) {
        return None;
    }
    let day = posting.record.date("reversed_on").unwrap_or(posting.recorded);
    Some(Posting {
        id: format!("{}-reversed", posting.id),
        minor: posting.minor.saturating_neg(),
        discount: posting.discount.saturating_neg(),
        write_off: posting.write_off.saturating_neg(),
        recorded: day.max(posting.recorded),
        ..posting.clone()
    })
}

/// The documents of a settlement, the debit first.
struct Pair<'a> {
    debit: &'a str,
    credit: Option<&'a str>,
    /// The field that names the debit.
    debit_field: &'static str,
    /// Whether the amount is given from the point of view of the credit.
    is_of_credit: bool,
}

/// How a settlement settles; nothing where it is a difference of exchange rates.
fn part(record: &Record) -> Result<Option<Part>, Fault> {
    match record.text("kind") {
        None | Some("settlement") => Ok(Some(Part::Credit)),
        Some("discount") => Ok(Some(Part::Discount)),
        Some("write_off") => Ok(Some(Part::WriteOff)),
        Some("exchange") => Ok(None),
        Some(_) => {
            let reason = "not a kind of settlement; allowed are settlement, discount, write_off, exchange";
            Err(record.fault(TABLE, "kind", reason))
        }
    }
}

fn read_one<'a>(
    record: &'a Record,
    documents: &Documents<'a>,
    known: &'a Known,
    notes: &mut Notes,
) -> Result<Option<Posting<'a>>, Fault> {
    let Some(part) = part(record)? else {
        notes.exchange += 1;
        return Ok(None);
    };
    let Some(pair) = pair(record, part, documents, known)? else {
        return Ok(None);
    };
    let credit = pair.credit.and_then(|id| documents.get(id)).copied();
    let is_exchange = |id: &str| {
        documents
            .get(id)
            .is_some_and(|document| document.kind == Kind::Exchange)
    };
    if is_exchange(pair.debit) || pair.credit.is_some_and(is_exchange) {
        notes.exchange += 1;
        return Ok(None);
    }
    let of_credit = credit.as_ref().and_then(|credit| credit.currency);
    let Some(debit) = Debit::find(pair.debit, documents, known, of_credit) else {
        let reason = "no such document with a currency among those read or in the ledger; documents of before the \
                      export have to be exported too";
        return Err(record.fault(TABLE, pair.debit_field, reason));
    };
    let amount = settled(record, &debit, credit.as_ref(), pair.is_of_credit)?;
    let beside = |field| {
        record
            .minor(TABLE, field, debit.currency)
            .map(|minor| minor.unwrap_or(0))
    };
    let (discount, write_off) = (beside("discount")?, beside("write_off")?);
    if amount == 0 && discount == 0 && write_off == 0 {
        return Ok(None);
    }
    let date = needed_date(record, TABLE, "date")?;
    // Nobody knows an allocation before the payment itself.
    let entered = credit.as_ref().and_then(Document::recorded_at).unwrap_or(date);
    Ok(Some(Posting {
        record,
        id: record.text("settlement_id").unwrap_or_default().to_owned(),
        part,
        debit,
        credit_id: pair.credit,
        credit,
        minor: amount,
        discount,
        write_off,
        date,
        recorded: record.date("recorded_at").unwrap_or_else(|| date.max(entered)),
    }))
}

/// Finds out which document is the debit; nothing where the row only mirrors another one.
fn pair<'a>(
    record: &'a Record,
    part: Part,
    documents: &Documents<'a>,
    known: &Known,
) -> Result<Option<Pair<'a>>, Fault> {
    let first = documents.resolve(record.needed(TABLE, "debit_document_id")?);
    let second = record.text("credit_document_id").map(|id| documents.resolve(id));
    if second == Some(first) {
        return Ok(None);
    }
    let side = |id: &str| side_of(id, documents, known);
    let (first_side, second_side) = (side(first), second.and_then(side));
    if part != Part::Credit && first_side == Some(Side::Credit) {
        // A discount on a credit note, or a rest of a payment that was rounded off, settles no debit.
        return Ok(None);
    }
    if first_side.is_some() && first_side == second_side {
        let reason = if first_side == Some(Side::Debit) {
            "both documents are owed by the customer; one of them must be a credit"
        } else {
            "both documents are credits of the customer; one of them must be a debit"
        };
        return Err(record.fault(TABLE, "credit_document_id", reason));
    }
    let is_credit_first =
        first_side == Some(Side::Credit) || (first_side.is_none() && second_side == Some(Side::Debit));
    let is_from_either_side = match record.text("booked_on") {
        None | Some("debit") => false,
        Some("either") => true,
        Some("both") if is_credit_first => return Ok(None),
        Some("both") => false,
        Some(_) => {
            let reason = "not a way to book settlements; allowed are debit, both, either";
            return Err(record.fault(TABLE, "booked_on", reason));
        }
    };
    Ok(match (is_credit_first, second) {
        (false, credit) => Some(Pair {
            debit: first,
            credit,
            debit_field: "debit_document_id",
            is_of_credit: false,
        }),
        (true, Some(debit)) => Some(Pair {
            debit,
            credit: Some(first),
            debit_field: "credit_document_id",
            is_of_credit: is_from_either_side,
        }),
        // Without another document there is nothing that the credit could settle.
        (true, None) => None,
    })
}

/// The amount that is settled, in minor units of the debit's currency.
fn settled(
    record: &Record,
    debit: &Debit<'_>,
    credit: Option<&Document<'_>>,
    is_of_credit: bool,
) -> Result<i64, Fault> {
    let has_same_currency = |credit: &&Document<'_>| credit.currency == Some(debit.currency);
    let Some(given) = record.minor(TABLE, "amount", debit.currency)? else {
        return credit
            .filter(has_same_currency)
            .map(|credit| credit.minor)
            .ok_or_else(|| {
                let reason =
                    "an amount is required where no credit document in the currency of the debit gives it";
                record.fault(TABLE, "amount", reason)
            });
    };
    if !is_of_credit {
        return Ok(given);
    }
    if credit.is_some_and(|credit| !has_same_currency(&credit)) {
        let reason = "the amount is in the currency of the credit document, which is not the debit's";
        return Err(record.fault(TABLE, "amount", reason));
    }
    Ok(given.saturating_neg())
}
