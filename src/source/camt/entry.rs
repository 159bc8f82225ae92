//! An entry of a statement (`Ntry`), and the receipts it is.

use super::Statement;
use super::balance::{amount_of, is_credit, is_true};
use super::details::{Code, Transaction};
use crate::domain::date::parse_iso;
use crate::source::bank::{Amount, Effect, Ids, Receipt, clean, reference};
use crate::source::error::Error;
use crate::source::xml::{Event, Node, Reader};

/// How many elements an entry may have beside its transactions.
const PARTS_MAX: usize = 1000;
/// How many transactions an entry may be a batch of.
const TRANSACTIONS_MAX: usize = 200_000;

/// An entry, as read.
pub(super) struct Entry {
    /// Everything but its details.
    head: Node,
    transactions: Vec<Transaction>,
    /// How many transactions it says that it has.
    batch_size: Option<u64>,
}

/// A transaction of an entry, or the entry as a whole.
struct Part<'a> {
    transaction: &'a Transaction,
    /// Signed.
    amount: Amount,
    /// Its number in a batch that is split.
    number: Option<usize>,
}

impl Entry {
    /// Reads the `Ntry` that has just begun.
    pub(super) fn read(xml: &mut Reader) -> Result<Self, Error> {
        let mut entry = Self {
            head: Node::default(),
            transactions: Vec::new(),
            batch_size: None,
        };
        // Details may come in several groups; their depth below the entry says when it ends.
        let mut is_in_details = false;
        loop {
            match xml.next_event()? {
                Some(Event::Start { name, .. }) => match name.as_str() {
                    "NtryDtls" if !is_in_details => is_in_details = true,
                    "TxDtls" => entry.read_transaction(xml)?,
                    "Btch" if is_in_details => {
                        let batch = xml.subtree()?;
                        let size = batch.text_at("NbOfTxs").and_then(|text| text.parse::<u64>().ok());
                        entry.batch_size =
                            Some(entry.batch_size.unwrap_or(0).saturating_add(size.unwrap_or(0)));
                    }
                    _ if is_in_details => xml.skip()?,
                    _ if entry.head.children.len() < PARTS_MAX => {
                        let part = xml.subtree()?;
                        entry.head.children.push(part);
                    }
                    _ => {
                        return Err(
                            xml.malformed(format!("at most {PARTS_MAX} elements are allowed in an entry"))
                        );
                    }
                },
                Some(Event::End { .. }) if is_in_details => is_in_details = false,
                Some(Event::End { .. }) => return Ok(entry),
                Some(Event::Text(_)) => {}
                None => return Err(xml.malformed("the document ends within an entry")),
            }
        }
    }

    fn read_transaction(&mut self, xml: &mut Reader) -> Result<(), Error> {
        if self.transactions.len() == TRANSACTIONS_MAX {
            return Err(xml.malformed(format!(
                "at most {TRANSACTIONS_MAX} transactions are allowed in an entry"
            )));
        }
        let node = xml.subtree()?;
        let transaction = Transaction::of(&node).map_err(|reason| xml.malformed(reason))?;
        self.transactions.push(transaction);
        Ok(())
    }

    /// Books the entry and gives the receipts it is; none when it is not booked.
    pub(super) fn receipts(&self, statement: &mut Statement, ids: &mut Ids) -> Result<Vec<Receipt>, String> {
        let status = self.head.text_at("Sts/Cd").or_else(|| self.head.text_at("Sts"));
        if status.is_some_and(|status| status != "BOOK") {
            return Ok(Vec::new());
        }
        let (size, currency) = amount_of(&self.head, "Amt")?.ok_or("an entry needs an amount (Amt)")?;
        let is_credit = is_credit(&self.head)?.ok_or("an entry needs CdtDbtInd")?;
        let amount = size.signed(is_credit);
        statement.balances.book(&currency, amount)?;
        let (booking_date, value_date) = self.dates()?;
        let is_reversal = self.head.text_at("RvslInd").is_some_and(is_true);
        let code = Code::of(&self.head);
        let bank_reference = reference(self.head.text_at("AcctSvcrRef").unwrap_or_default());
        let nothing = Transaction::default();
        let mut receipts = Vec::new();
        for part in self.parts(&nothing, amount, &currency, is_credit) {
            let transaction = part.transaction;
            let is_credit = part.amount > Amount::default();
            let effect = transaction
                .code
                .effect(&code, is_credit, is_reversal, transaction.is_return);
            let kind = match effect {
                Effect::Receipt(kind) | Effect::Undo(kind) if part.amount != Amount::default() => kind,
                _ => continue,
            };
            let mut details = transaction.details_for(&statement.account);
            if details.remittance.is_empty() && details.structured_reference.is_empty() {
                details.remittance.clone_from(&transaction.additional);
            }
            if details.remittance.is_empty()
                && details.structured_reference.is_empty()
                && part.number.is_none()
            {
                details.remittance = clean(self.head.text_at("AddtlNtryInf").unwrap_or_default());
            }
            // The reference of the entry numbers the parts; one of a part's own stands alone.
            let (known, entry_amount, number) = if bank_reference.is_empty() {
                (&transaction.bank_reference, part.amount, None)
            } else {
                (&bank_reference, amount, part.number)
            };
            let mut receipt = Receipt {
                statement_id: statement.id.clone(),
                bank_account: statement.account.clone(),
                booking_date: booking_date.clone(),
                value_date: value_date.clone(),
                amount: part.amount,
                currency: currency.clone(),
                kind,
                details,
                bank_reference: known.clone(),
                source: statement.source,
                ..Receipt::default()
            };
            receipt.identify(ids, entry_amount, number);
            receipts.push(receipt);
        }
        Ok(receipts)
    }

    /// The transactions of the entry if they add up to it, before or after their charges, else the entry as a whole.
    fn parts<'a>(
        &'a self,
        nothing: &'a Transaction,
        amount: Amount,
        currency: &str,
        is_credit: bool,
    ) -> Vec<Part<'a>> {
        let whole = |transaction| {
            vec![Part {
                transaction,
                amount,
                number: None,
            }]
        };
        match self.transactions.as_slice() {
            [] => whole(nothing),
            [only] if self.batch_size.is_none_or(|size| size <= 1) => whole(only),
            // One of several, the others left out: its payer is not that of the whole.
            [_] => whole(nothing),
            several => {
                let gross = amounts(several, currency, is_credit, false);
                let split = gross
                    .filter(|amounts| sum(amounts) == Some(amount))
                    .or_else(|| amounts(several, currency, is_credit, true))
                    .filter(|amounts| sum(amounts) == Some(amount));
                let Some(split) = split else {
                    return whole(nothing);
                };
                several
                    .iter()
                    .zip(split)
                    .enumerate()
                    .map(|(number, (transaction, amount))| Part {
                        transaction,
                        amount,
                        number: Some(number),
                    })
                    .collect()
            }
        }
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
