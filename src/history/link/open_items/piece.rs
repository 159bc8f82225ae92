//! What came of setting credits against invoices.

use crate::domain::Date;

use super::item::{Clearing, Item, Kind};
use super::role::Target;

/// What brought about a [`Piece`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A credit item.
    Credit(usize),
    /// The clearing of a debit item by a document that is not in the export.
    Absent(usize),
    /// A cash discount on a debit item.
    Discount(usize),
    /// Money that went back.
    Return(usize),
}

/// A part of an invoice that was settled, or is owed again when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) cause: Cause,
    pub(super) target: Target,
    pub(super) kind: Kind,
    pub(super) minor: i64,
    pub(super) on: Date,
    /// When it was known that the one settles the other.
    pub(super) recorded_on: Option<Date>,
}

/// What was counted on the way, for the notes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Clearings whose document is not in the export.
    pub(super) absent: u64,
    /// Clearings whose document is not in the export, but in the ledger from an earlier one.
    pub(super) in_ledger: u64,
    /// Groups cleared by credit notes and write-offs alone.
    pub(super) without_cash: u64,
    /// Credits that cleared something which is not in the export.
    pub(super) outside: u64,
    /// Invoices cleared by a credit in another currency.
    pub(super) across: u64,
    /// Invoices that are open here and owe less in the ledger.
    pub(super) reopened: u64,
}

/// What every item was set against.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) pieces: Vec<Piece>,
    /// Cash that an item stands for, by item: received when positive, given back when negative.
    pub(super) cash: Vec<i64>,
    /// What an open credit has left, by item.
    pub(super) on_account: Vec<i64>,
    pub(super) tally: Tally,
}

impl Piece {
    /// Sets a part of a credit against an invoice. One that names its invoice settles it from its own day; any other
    /// does so by the clearing.
    pub(super) fn of_credit(
        place: usize,
        item: &Item,
        target: Target,
        minor: i64,
        cleared: Option<&Clearing>,
    ) -> Self {
        let on = match (item.kind, cleared) {
            (Kind::Payment, _) => item.cash_on,
            (Kind::CreditNote | Kind::Invoice, Some(clearing)) => clearing.on,
            (Kind::CreditNote | Kind::Invoice, None) | (Kind::WriteOff, _) => item.posted_on,
        };
        let recorded_on = match (item.entered_on, cleared) {
            (entered_on, None) => entered_on,
            (None, Some(clearing)) => Some(clearing.on),
            (Some(entered_on), Some(clearing)) => Some(entered_on.max(clearing.on)),
        };
        Self {
            cause: Cause::Credit(place),
            target,
            kind: item.kind,
            minor,
            on,
            recorded_on,
        }
    }
}
