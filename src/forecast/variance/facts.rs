//! What came in: the payments and credits of a ledger, as far as they were known on a day.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataType, col};

use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date};
use crate::forecast::Error;
use crate::history::schema::KNOWN_ON;
use crate::history::{Snapshot, Table};

/// Sums of amounts below this cannot overflow, whatever is added or taken away.
const AMOUNTS_MAX: u128 = 1 << 62;

/// A payment, a credit note or a write-off of one invoice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settlement {
    /// The invoice.
    pub invoice_id: String,
    /// The day it happened.
    pub date: Date,
    /// Whether it is cash; otherwise a credit note or a write-off.
    pub is_cash: bool,
    /// The amount in minor units; a negative one reverses.
    pub minor: i64,
    /// The day it was known.
    pub known_on: Date,
    /// Currency of the amount.
    pub currency: Currency,
}

/// What was known of payments and credits at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashFacts {
    as_of: Date,
    settlements: Vec<Settlement>,
    known_invoices: BTreeMap<String, Date>,
}

impl CashFacts {
    /// Makes the facts known at the end of `as_of`; later ones are left out.
    ///
    /// `known_invoices` says on which day each invoice was known. The order of the settlements does not matter.
    ///
    /// # Errors
    ///
    /// [`Error::AmountOverflow`] if the absolute amounts of a currency are too large to add up.
    pub fn new(
        as_of: Date,
        mut settlements: Vec<Settlement>,
        known_invoices: BTreeMap<String, Date>,
    ) -> Result<Self, Error> {
        settlements.retain(|settlement| settlement.known_on <= as_of);
        settlements.sort_unstable();
        let currencies: BTreeSet<Currency> = settlements.iter().map(|one| one.currency).collect();
        for currency in currencies {
            let total: u128 = settlements
                .iter()
                .filter(|one| one.currency == currency)
                .map(|one| u128::from(one.minor.unsigned_abs()))
                .sum();
            if total >= AMOUNTS_MAX {
                return Err(Error::AmountOverflow { currency });
            }
        }
        Ok(Self {
            as_of,
            settlements,
            known_invoices,
        })
    }

    /// Reads the facts of a snapshot.
    ///
    /// # Errors
    ///
    /// - [`Error::Ledger`], [`Error::Table`] or [`Error::Money`] if the ledger cannot be read.
    /// - Those of [`CashFacts::new`].
    pub fn read(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut settlements = Vec::new();
        read_settlements(snapshot, Table::Payments, "paid_date", &mut settlements)?;
        read_settlements(snapshot, Table::CreditNotes, "credit_date", &mut settlements)?;
        read_settlements(snapshot, Table::WriteOffs, "write_off_date", &mut settlements)?;
        Self::new(snapshot.cutoff(), settlements, read_invoices(snapshot)?)
    }

    /// Returns the last day of which anything is known.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.as_of
    }

    /// Returns the settlements, by invoice, then by day.
    #[must_use]
    pub fn settlements(&self) -> &[Settlement] {
        &self.settlements
    }

    /// Returns true when the invoice was known on a day.
    pub(super) fn knew(&self, invoice_id: &str, day: Date) -> bool {
        self.known_invoices
            .get(invoice_id)
            .is_some_and(|known| *known <= day)
    }
}

fn read_settlements(
    snapshot: &Snapshot,
    table: Table,
    date_column: &str,
    settlements: &mut Vec<Settlement>,
) -> Result<(), Error> {
    let query = snapshot
        .table(table)
        .filter(col("invoice_id").is_not_null())
        .select([
            col("invoice_id"),
            col("currency"),
            col(date_column).cast(DataType::Int32).alias("day"),
            col(KNOWN_ON).cast(DataType::Int32),
            col("amount_minor"),
        ]);
    let frame = snapshot.collect(query)?;
    let invoices = frame.column("invoice_id")?.str()?;
    let codes = frame.column("currency")?.str()?;
    let days = frame.column("day")?.i32()?;
    let known_days = frame.column(KNOWN_ON)?.i32()?;
    let amounts = frame.column("amount_minor")?.i64()?;
    for row in 0..frame.height() {
        let (Some(invoice_id), Some(code), Some(day), Some(known_day), Some(minor)) = (
            invoices.get(row),
            codes.get(row),
            days.get(row),
            known_days.get(row),
            amounts.get(row),
        ) else {
            continue;
        };
        settlements.push(Settlement {
            invoice_id: invoice_id.to_owned(),
            date: from_day_number(day),
            is_cash: table == Table::Payments,
            minor,
            known_on: from_day_number(known_day),
            currency: Currency::parse(code)?,
        });
    }
    Ok(())
}

/// Reads the day on which each invoice was known.
fn read_invoices(snapshot: &Snapshot) -> Result<BTreeMap<String, Date>, Error> {
    let query = snapshot
        .table(Table::Invoices)
        .select([col("invoice_id"), col(KNOWN_ON).cast(DataType::Int32)]);
    let frame = snapshot.collect(query)?;
    let invoices = frame.column("invoice_id")?.str()?;
    let known_days = frame.column(KNOWN_ON)?.i32()?;
    let mut known = BTreeMap::new();
    for row in 0..frame.height() {
        if let (Some(invoice), Some(day)) = (invoices.get(row), known_days.get(row)) {
            known.insert(invoice.to_owned(), from_day_number(day));
        }
    }
    Ok(known)
}
