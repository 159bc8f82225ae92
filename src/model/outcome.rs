//! What happened to an invoice after a cut-off. Only training and scoring may ask.

use std::collections::BTreeMap;

use polars::prelude::*;

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::history::{Snapshot, schema::Table};
use crate::model::Error;

/// What became of an invoice that was open at a cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Paid in full, `days` after the cut-off (at least 1).
    Paid {
        /// Days from the cut-off to the payment that settled it.
        days: i32,
    },
    /// Ended without cash, by a credit note or a write-off, `days` after the cut-off (at least 1).
    EndedOtherwise {
        /// Days from the cut-off to the credit note or write-off that ended it; cash could have come until then.
        days: i32,
    },
    /// Right-censored: still open after `days_observed`.
    Open {
        /// Days from the cut-off over which it was seen to be unpaid.
        days_observed: i32,
    },
}

impl Outcome {
    /// Returns the outcome as it was known `days` after the cut-off.
    pub(crate) fn known_after(self, days: i32) -> Self {
        let ended = match self {
            Self::Paid { days } | Self::EndedOtherwise { days } => days,
            Self::Open { days_observed } => days_observed,
        };
        if ended > days {
            Self::Open { days_observed: days }
        } else {
            self
        }
    }
}

/// How and when an invoice ended, as far as a snapshot knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closing {
    /// Day number of the settlement that brought the open amount to zero.
    pub(crate) day: i32,
    /// Day number on which that was known.
    pub(crate) known_day: i32,
    pub(crate) is_cash: bool,
}

impl Closing {
    /// Reads the outcome after `cutoff` as known at `observed` (day numbers).
    pub(crate) fn outcome(closing: Option<Self>, cutoff: i32, observed: i32) -> Outcome {
        match closing {
            Some(closing) if closing.is_cash => Outcome::Paid {
                days: (closing.day - cutoff).max(1),
            },
            Some(closing) => Outcome::EndedOtherwise {
                days: (closing.day - cutoff).max(1),
            },
            None => Outcome::Open {
                days_observed: observed - cutoff,
            },
        }
    }
}

/// How each invoice that has ended by the snapshot's cut-off ended.
///
/// # Errors
///
/// When polars cannot read a table.
pub(crate) fn closings(snapshot: &Snapshot) -> Result<BTreeMap<String, Closing>, Error> {
    closings_in(snapshot.settlements(), snapshot.table(Table::Invoices))
}

/// The same for some of the invoices and their settlements.
fn closings_in(settlements: LazyFrame, invoices: LazyFrame) -> Result<BTreeMap<String, Closing>, Error> {
    let keys = ["invoice_id", "known_on", "date", "kind", "amount_minor"];
    let settlements = settlements
        .select([
            col("invoice_id"),
            col("known_on"),
            col("date"),
            col("kind"),
            col("amount_minor"),
        ])
        .sort(keys, SortMultipleOptions::default())
        .with_columns([
            col("known_on").cast(DataType::Int32),
            col("date").cast(DataType::Int32),
        ])
        .collect()?;
    let invoices = invoices
        .select([col("invoice_id"), col("amount_minor")])
        .sort(["invoice_id"], SortMultipleOptions::default())
        .collect()?;
    let (invoice, amount) = (
        invoices.column("invoice_id")?.str()?,
        invoices.column("amount_minor")?.i64()?,
    );
    let settled = settlements.column("invoice_id")?.str()?;
    let (known, day) = (
        settlements.column("known_on")?.i32()?,
        settlements.column("date")?.i32()?,
    );
    let (kind, paid) = (
        settlements.column("kind")?.str()?,
        settlements.column("amount_minor")?.i64()?,
    );
    let mut closings = BTreeMap::new();
    let mut next = 0;
    for row in 0..invoices.height() {
        let Some(id) = invoice.get(row) else { continue };
        while next < settlements.height() && settled.get(next).is_none_or(|settled| settled < id) {
            next += 1;
        }
        let mut remaining = amount.get(row).unwrap_or_default();
        let mut closing = None;
        while next < settlements.height() && settled.get(next) == Some(id) {
            remaining -= paid.get(next).unwrap_or_default();
            closing = match closing {
                _ if remaining > 0 => None,
                None => Some(Closing {
                    day: day.get(next).unwrap_or_default(),
                    known_day: known.get(next).unwrap_or_default(),
                    is_cash: kind.get(next) == Some("cash"),
                }),
                closed => closed,
            };
            next += 1;
        }
        if let Some(closing) = closing {
            closings.insert(id.to_owned(), closing);
        }
    }
    Ok(closings)
}

/// Returns the outcome of every invoice known at `cutoff` that was open then, as `later` knows it.
///
/// # Errors
///
/// When polars cannot read a table.
pub fn outcomes(later: &Snapshot, cutoff: Date) -> Result<BTreeMap<String, Outcome>, Error> {
    let (from, observed) = (day_number(cutoff), day_number(later.cutoff()));
    let closings = closings(later)?;
    let known = later
        .as_of(cutoff)
        .table(Table::Invoices)
        .select([col("invoice_id")])
        .collect()?;
    let ids = known.column("invoice_id")?.str()?;
    let open = ids.iter().flatten().filter_map(|id| {
        let closing = closings.get(id).copied();
        let still_open = closing.is_none_or(|closing| closing.known_day > from);
        still_open.then(|| (id.to_owned(), Closing::outcome(closing, from, observed)))
    });
    Ok(open.collect())
}

/// How and when an invoice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The day of the payment, credit note or write-off that brought the open amount to zero.
    pub on: Date,
    /// The day on which that was known.
    pub known_on: Date,
    /// Whether it was a payment.
    pub is_cash: bool,
}

/// Returns how those of the given invoices ended that have ended by the snapshot's cut-off.
///
/// # Errors
///
/// When polars cannot read a table.
pub fn endings(snapshot: &Snapshot, invoice_ids: &[String]) -> Result<BTreeMap<String, Ending>, Error> {
    let asked = df!("invoice_id" => invoice_ids)?.lazy();
    let asked = asked.unique(None, UniqueKeepStrategy::Any);
    let among = |lf: LazyFrame| {
        lf.join(
            asked.clone(),
            [col("invoice_id")],
            [col("invoice_id")],
            JoinArgs::new(JoinType::Semi),
        )
    };
    let closings = closings_in(
        among(snapshot.settlements()),
        among(snapshot.table(Table::Invoices)),
    )?;
    let ending = |closing: Closing| Ending {
        on: from_day_number(closing.day),
        known_on: from_day_number(closing.known_day),
        is_cash: closing.is_cash,
    };
    Ok(closings
        .into_iter()
        .map(|(id, closing)| (id, ending(closing)))
        .collect())
}

/// Counts the invoices that were paid in full by something that became known after a day.
///
/// # Errors
///
/// When polars cannot read a table.
pub fn paid_since(snapshot: &Snapshot, day: Date) -> Result<usize, Error> {
    let after = lit(Scalar::new_date(day_number(day)));
    let paid = snapshot
        .table(Table::Payments)
        .filter(col("known_on").gt(after))
        .select([col("invoice_id")])
        .unique(None, UniqueKeepStrategy::Any)
        .collect()?;
    let ids: Vec<String> = paid
        .column("invoice_id")?
        .str()?
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let endings = endings(snapshot, &ids)?;
    Ok(endings
        .values()
        .filter(|ending| ending.is_cash && ending.known_on > day)
        .count())
}
