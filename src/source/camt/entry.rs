//! An entry of a statement (`Ntry`): its head, and the transactions it is a batch of.

use super::Statement;
use super::balance::{amount_of, is_credit, is_true};
use super::booked::Booked;
use super::details::{Code, Transaction};
use crate::domain::date::parse_iso;
use crate::source::bank::{Amount, clean, reference, repeated};
use crate::source::error::Error;
use crate::source::xml::{Event, Node, Reader};

/// What an entry may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Elements beside its transactions, and bytes that they take.
    pub(super) parts: u64,
    pub(super) head_bytes: u64,
    /// Transactions that it is a batch of, and bytes that they take.
    pub(super) transactions: u64,
    pub(super) transaction_bytes: u64,
}

/// Some 150 MiB in memory at most. Whether a batch adds up is known behind its last transaction only.
pub(super) const BOUNDS: Bounds = Bounds {
    parts: 1000,
    head_bytes: 1 << 24,
    transactions: 200_000,
    transaction_bytes: 1 << 27,
};

/// An entry, as read.
pub(super) struct Entry {
    /// Everything but its details.
    head: Node,
    transactions: Vec<Transaction>,
    /// How many transactions it says that it has.
    batch_size: Option<u64>,
    /// Bytes that its head and its transactions take.
    head_bytes: u64,
    transaction_bytes: u64,
}

impl Entry {
    /// Reads the `Ntry` that has just begun.
    pub(super) fn read(xml: &mut Reader, bounds: &Bounds) -> Result<Self, Error> {
        let mut entry = Self {
            head: Node::default(),
            transactions: Vec::new(),
            batch_size: None,
            head_bytes: 0,
            transaction_bytes: 0,
        };
        // Details may come in several groups; their depth below the entry says when it ends.
        let mut is_in_details = false;
        loop {
            match xml.next_event()? {
                Some(Event::Start { name, .. }) => match name.as_str() {
                    "NtryDtls" if !is_in_details => is_in_details = true,
                    "TxDtls" => entry.read_transaction(xml, bounds)?,
                    "Btch" if is_in_details => {
                        let batch = xml.subtree()?;
                        let size = batch.text_at("NbOfTxs").and_then(|text| text.parse::<u64>().ok());
                        entry.batch_size =
                            Some(entry.batch_size.unwrap_or(0).saturating_add(size.unwrap_or(0)));
                    }
                    _ if is_in_details => xml.skip()?,
                    _ => entry.read_part(xml, bounds)?,
                },
                Some(Event::End { .. }) if is_in_details => is_in_details = false,
                Some(Event::End { .. }) => return Ok(entry),
                Some(Event::Text(_)) => {}
                None => return Err(xml.malformed("the document ends within an entry")),
            }
        }
    }

    fn read_part(&mut self, xml: &mut Reader, bounds: &Bounds) -> Result<(), Error> {
        let part = xml.subtree()?;
        self.head_bytes = self.head_bytes.saturating_add(part.bytes());
        self.head.children.push(part);
        let parts = count(self.head.children.len());
        xml.allow("elements of an entry", bounds.parts, parts)?;
        xml.allow("bytes of an entry", bounds.head_bytes, self.head_bytes)
    }

    fn read_transaction(&mut self, xml: &mut Reader, bounds: &Bounds) -> Result<(), Error> {
        let node = xml.subtree()?;
        let transaction = Transaction::of(&node).map_err(|reason| xml.malformed(reason))?;
        self.transaction_bytes = self.transaction_bytes.saturating_add(transaction.bytes());
        self.transactions.push(transaction);
        let (given, bytes) = (count(self.transactions.len()), self.transaction_bytes);
        xml.allow("transactions of an entry", bounds.transactions, given)?;
        xml.allow(
            "bytes of the transactions of an entry",
            bounds.transaction_bytes,
            bytes,
        )
    }

    /// Books the entry; nothing when it is not booked.
    pub(super) fn book(self, statement: &mut Statement) -> Result<Option<Booked>, String> {
        let head = &self.head;
        let status = head.text_at("Sts/Cd").or_else(|| head.text_at("Sts"));
        if status.is_some_and(|status| status != "BOOK") {
            return Ok(None);
        }
        let (size, currency) = amount_of(head, "Amt")?.ok_or("an entry needs an amount (Amt)")?;
        let is_credit = is_credit(head)?.ok_or("an entry needs CdtDbtInd")?;
        let amount = size.signed(is_credit);
        statement.balances.book(&currency, amount)?;
        let (booking_date, value_date) = self.dates()?;
        let bank_reference = reference(head.text_at("AcctSvcrRef").unwrap_or_default());
        let bank_reference = repeated("AcctSvcrRef", bank_reference)?;
        let is_reversal = head.text_at("RvslInd").is_some_and(is_true);
        let code = Code::of(head);
        let additional = clean(head.text_at("AddtlNtryInf").unwrap_or_default());
        let split = self.split(amount, &currency, is_credit);
        let is_split = split.is_some();
        let (transactions, amounts) = match split {
            Some(amounts) => (self.transactions, amounts),
            None => (vec![self.only()], vec![amount]),
        };
        Ok(Some(Booked {
            amount,
            currency,
            booking_date,
            value_date,
            is_reversal,
            code,
            bank_reference,
            additional,
            is_split,
            number: 0,
            transactions: transactions.into_iter(),
            amounts: amounts.into_iter(),
        }))
    }

    /// The amounts of its transactions, if these are several and add up to it, before or after their charges.
    fn split(&self, amount: Amount, currency: &str, is_credit: bool) -> Option<Vec<Amount>> {
        if self.transactions.len() < 2 {
            return None;
        }
        [false, true]
            .into_iter()
            .filter_map(|deducts_charges| amounts(&self.transactions, currency, is_credit, deducts_charges))
            .find(|amounts| sum(amounts) == Some(amount))
    }

    /// The transaction that the whole entry is; one without details where there is none, or several.
    fn only(self) -> Transaction {
        // One of several, the others left out: its payer is not that of the whole.
        let is_one = self.transactions.len() == 1 && self.batch_size.is_none_or(|size| size <= 1);
        let mut transactions = self.transactions.into_iter().filter(|_| is_one);
        transactions.next().unwrap_or_default()
    }

    /// Booking and value date; a bank that gives one of them means both.
    fn dates(&self) -> Result<(String, String), String> {
        let booking = date_of(&self.head, "BookgDt")?;
        let value = date_of(&self.head, "ValDt")?;
        match (booking, value) {
            (Some(booking), Some(value)) => Ok((booking, value)),
            (Some(date), None) | (None, Some(date)) => Ok((date.clone(), date)),
            (None, None) => Err("an entry needs a value date (ValDt) or a booking date (BookgDt)".to_owned()),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Signed amounts of transactions, if each has one in the currency of the entry.
fn amounts(
    transactions: &[Transaction],
    currency: &str,
    is_credit: bool,
    deducts_charges: bool,
) -> Option<Vec<Amount>> {
    transactions
        .iter()
        .map(|transaction| {
            let (amount, known) = transaction.amount.as_ref()?;
            if known != currency {
                return None;
            }
            let amount = amount.signed(transaction.is_credit.unwrap_or(is_credit));
            if deducts_charges {
                amount.plus(transaction.charges.signed(false))
            } else {
                Some(amount)
            }
        })
        .collect()
}

fn sum(amounts: &[Amount]) -> Option<Amount> {
    amounts
        .iter()
        .try_fold(Amount::default(), |sum, amount| sum.plus(*amount))
}

/// The civil date in an element that has `Dt` or `DtTm`.
fn date_of(head: &Node, name: &str) -> Result<Option<String>, String> {
    let Some(node) = head.child(name) else {
        return Ok(None);
    };
    let text = node
        .text_at("Dt")
        .or_else(|| node.text_at("DtTm"))
        .unwrap_or_default();
    let day = text.get(..10).unwrap_or(text);
    match parse_iso(day) {
        Ok(date) => Ok(Some(date.to_string())),
        Err(_) => Err(format!(
            "{name}: a date such as 2026-01-31 expected, got {text:?}"
        )),
    }
}
