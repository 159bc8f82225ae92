//! An entry that is booked, receipt by receipt: a batch gives one for each of its transactions.

use std::vec::IntoIter;

use super::Statement;
use super::details::{Code, Transaction};
use crate::source::bank::{Amount, Effect, Ids, Receipt};

/// What is left to be told of an entry.
pub(super) struct Booked {
    /// Of the whole entry, signed.
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) booking_date: String,
    pub(super) value_date: String,
    pub(super) is_reversal: bool,
    pub(super) code: Code,
    /// Reference of the entry.
    pub(super) bank_reference: String,
    /// What the entry says beside its transactions.
    pub(super) additional: String,
    /// Whether its transactions are receipts of their own.
    pub(super) is_split: bool,
    /// Number of the next transaction.
    pub(super) number: usize,
    pub(super) transactions: IntoIter<Transaction>,
    /// The signed amount of each transaction.
    pub(super) amounts: IntoIter<Amount>,
}

impl Booked {
    /// The next receipt.
    pub(super) fn next(&mut self, statement: &Statement, ids: &mut Ids) -> Option<Receipt> {
        loop {
            let transaction = self.transactions.next()?;
            let amount = self.amounts.next()?;
            let number = self.is_split.then_some(self.number);
            self.number = self.number.saturating_add(1);
            if let Some(receipt) = self.receipt(&transaction, amount, number, statement, ids) {
                return Some(receipt);
            }
        }
    }

    fn receipt(
        &self,
        transaction: &Transaction,
        amount: Amount,
        number: Option<usize>,
        statement: &Statement,
        ids: &mut Ids,
    ) -> Option<Receipt> {
        let is_credit = amount > Amount::default();
        let effect = transaction
            .code
            .effect(&self.code, is_credit, self.is_reversal, transaction.is_return);
        let kind = match effect {
            Effect::Receipt(kind) | Effect::Undo(kind) if amount != Amount::default() => kind,
            _ => return None,
        };
        let mut details = transaction.details_for(&statement.account);
        if details.remittance.is_empty() && details.structured_reference.is_empty() {
            details.remittance.clone_from(&transaction.additional);
            if details.remittance.is_empty() && !self.is_split {
                details.remittance.clone_from(&self.additional);
            }
        }
        // The reference of the entry numbers the parts; one of a part's own stands alone.
        let (known, entry_amount, number) = if self.bank_reference.is_empty() {
            (&transaction.bank_reference, amount, None)
        } else {
            (&self.bank_reference, self.amount, number)
        };
        let mut receipt = Receipt {
            statement_id: statement.id.clone(),
            bank_account: statement.account.clone(),
            booking_date: self.booking_date.clone(),
            value_date: self.value_date.clone(),
            amount,
            currency: self.currency.clone(),
            kind,
            details,
            bank_reference: known.clone(),
            source: statement.source,
            ..Receipt::default()
        };
        receipt.identify(ids, entry_amount, number);
        Some(receipt)
    }
}
