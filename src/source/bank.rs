//! What bank statements of every format become: one sheet, `receipts`.
//!
//! A row is money that came in, or the undoing of money that came in. Payments of our own and their undoing are no rows,
//! but they move the balance that a statement is checked by.

mod amount;
mod ids;
mod kind;
#[cfg(test)]
pub(crate) mod support;
mod text;

use super::{Sheet, SourceRow};

pub(crate) use amount::Amount;
pub(crate) use ids::Ids;
pub(crate) use kind::{Effect, of_gvc};
pub(crate) use text::{account_digest, account_name, clean, reference, repeated};

/// Names of the columns, in the order of [`Receipt::write`].
const COLUMNS: [&str; 17] = [
    "receipt_id",
    "statement_id",
    "bank_account",
    "booking_date",
    "value_date",
    "amount",
    "currency",
    "kind",
    "reversal_of",
    "payer_name",
    "payer_account",
    "structured_reference",
    "remittance",
    "end_to_end_id",
    "referred_documents",
    "bank_reference",
    "source",
];

/// The sheet of a statement.
pub(crate) fn sheet() -> Sheet {
    Sheet {
        name: "receipts".to_owned(),
        columns: COLUMNS.map(ToOwned::to_owned).to_vec(),
    }
}

/// Money that came in or that was taken back, as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) receipt_id: String,
    pub(crate) statement_id: String,
    /// Our account.
    pub(crate) bank_account: String,
    pub(crate) booking_date: String,
    pub(crate) value_date: String,
    /// Negative when it takes money back.
    pub(crate) amount: Amount,
    pub(crate) currency: String,
    pub(crate) kind: &'static str,
    pub(crate) reversal_of: String,
    pub(crate) details: Details,
    pub(crate) bank_reference: String,
    pub(crate) source: &'static str,
}

/// Who paid, and what for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) payer_name: String,
    /// In clear; only its digest leaves the reader.
    pub(crate) payer_account: String,
    pub(crate) structured_reference: String,
    pub(crate) remittance: String,
    pub(crate) end_to_end_id: String,
    pub(crate) referred_documents: String,
}

impl Details {
    /// Bytes of its texts.
    pub(crate) fn text_bytes(&self) -> usize {
        [
            &self.payer_name,
            &self.payer_account,
            &self.structured_reference,
            &self.remittance,
            &self.end_to_end_id,
            &self.referred_documents,
        ]
        .into_iter()
        .map(String::len)
        .sum()
    }
}

impl Receipt {
    /// Gives it its id, the same in every statement and notification that has it.
    ///
    /// With a reference of the bank that is account, reference, value date and amount of the entry, and the number of the
    /// part when the entry is a batch: a batch without its parts has the id that those of its parts begin with. Without
    /// one it is all that is known. Equal ones are numbered.
    pub(crate) fn identify(&mut self, ids: &mut Ids, entry_amount: Amount, part: Option<usize>) {
        let details = &self.details;
        self.receipt_id = if self.bank_reference.is_empty() {
            let amount = self.amount.text(&self.currency);
            ids.make(
                &[
                    "text",
                    &self.bank_account,
                    &self.booking_date,
                    &self.value_date,
                    &amount,
                    &self.currency,
                    &details.payer_account,
                    &details.end_to_end_id,
                    &details.structured_reference,
                    &details.remittance,
                ],
                None,
            )
        } else {
            let amount = entry_amount.text(&self.currency);
            let known: [&str; 6] = [
                "reference",
                &self.bank_account,
                &self.bank_reference,
                &self.value_date,
                &amount,
                &self.currency,
            ];
            ids.make(&known, part)
        };
        for reference in [&self.bank_reference, &details.end_to_end_id] {
            if reference.is_empty() {
                continue;
            }
            let size = self.amount.size().text(&self.currency);
            let key: [&str; 4] = [&self.bank_account, reference, &size, &self.currency];
            if self.amount < Amount::default() {
                if self.reversal_of.is_empty() {
                    self.reversal_of = ids.taken_back(&key).unwrap_or_default();
                }
            } else {
                ids.remember(&key, &self.receipt_id);
            }
        }
    }

    /// Writes it as a row of [`sheet`].
    pub(crate) fn write(&self, row: &mut SourceRow) {
        let amount = self.amount.text(&self.currency);
        let account = account_digest(&self.details.payer_account);
        let cells: [&str; COLUMNS.len()] = [
            &self.receipt_id,
            &self.statement_id,
            &self.bank_account,
            &self.booking_date,
            &self.value_date,
            &amount,
            &self.currency,
            self.kind,
            &self.reversal_of,
            &self.details.payer_name,
            &account,
            &self.details.structured_reference,
            &self.details.remittance,
            &self.details.end_to_end_id,
            &self.details.referred_documents,
            &self.bank_reference,
            self.source,
        ];
        row.sheet = 0;
        row.cells.clear();
        for cell in cells {
            row.cells.push_field(cell);
        }
    }
}
