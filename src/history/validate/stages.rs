//! The checks of a ledger step by step, for one that is checked part by part.
//!
//! Three things must meet, and no one way to divide a ledger makes them meet: a row with its invoice, a row with the
//! others of its key, a matched payment with the allocated ones of its invoice. So there are three steps, and between
//! them the rows are divided anew.

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::{Checked, Grown, count};
use crate::history::builder::Built;
use crate::history::cell::DAY_MIN;
use crate::history::error::Error;
use crate::history::invoice_index::InvoiceIndex;
use crate::history::link::Void;
use crate::history::origin::{Counts, Origins};
use crate::history::precedence;
use crate::history::report::{Reject, TableReport};
use crate::history::row_values::RowValues;
use crate::history::schema::{KNOWN_ON, Table};
use crate::history::versions::set_clocks;

/// The last days on which rows became known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ImportDay {
    imported: Option<i32>,
    own: Option<i32>,
}

impl ImportDay {
    /// Takes in rows, of which so many come first and are the ledger's own.
    pub(crate) fn add(&mut self, frame: &DataFrame, own_rows: usize) -> Result<(), Error> {
        let known = RowValues::of(frame, KNOWN_ON)?;
        for row in 0..frame.height() {
            // Master data without a clock is known always.
            let day = known.day(row).filter(|day| *day > DAY_MIN);
            if row < own_rows {
                self.own = self.own.max(day);
            } else {
                self.imported = self.imported.max(day);
            }
        }
        Ok(())
    }

    /// Returns the last day of the imported rows, else that of the ledger's.
    pub(crate) fn day(self) -> i32 {
        self.imported.or(self.own).unwrap_or(DAY_MIN)
    }
}

/// Rows of a table that a step looks at together.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: Table,
    /// The rows; columns that the table does not have are carried along.
    pub(crate) frame: DataFrame,
    pub(crate) origins: Origins,
    /// Rows of the ledger itself; they come first.
    pub(crate) own_rows: usize,
}

impl From<Rows> for Checked {
    fn from(rows: Rows) -> Self {
        let mut checked = Self::from(Built {
            table: rows.table,
            frame: rows.frame,
            rows_read: 0,
            rejects: Vec::new(),
            origins: rows.origins,
            counts: Counts::default(),
        });
        checked.own_rows = rows.own_rows;
        checked
    }
}

/// What a step leaves of the rows of a table.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) table: Table,
    pub(crate) frame: DataFrame,
    /// What the step counted.
    pub(crate) report: TableReport,
    pub(crate) grown: Grown,
    /// What it rejected, each with the number of its row among those that were given.
    pub(crate) rejects: Vec<(usize, Reject)>,
}

impl From<Checked> for Step {
    fn from(checked: Checked) -> Self {
        Self {
            table: checked.table,
            report: checked.report(),
            grown: checked.grown,
            frame: checked.frame,
            rejects: checked.rejected_rows.into_iter().zip(checked.rejects).collect(),
        }
    }
}

/// The first step: invoices, and whether other rows belong to theirs; all rows of each invoice must be there.
pub(crate) fn by_invoice(invoices: Rows, others: Vec<Rows>, day: i32) -> Result<(Step, Vec<Step>), Error> {
    let mut invoices = Checked::from(invoices);
    let others: Vec<Checked> = others.into_iter().map(Checked::from).collect();
    invoices.drop_repeated_invoices(&others, Some(day))?;
    let is_empty = others.iter().all(|checked| checked.frame.height() == 0);
    if is_empty {
        return Ok((Step::from(invoices), others.into_iter().map(Step::from).collect()));
    }
    let attached = {
        let index = InvoiceIndex::of(&invoices.frame)?;
        others
            .into_par_iter()
            .map(|checked| checked.attach(&index).map(Step::from))
            .collect::<Result<Vec<_>, Error>>()?
    };
    Ok((Step::from(invoices), attached))
}

/// The second step: rows that share a key, and those that their source declares void; all rows of each key must be
/// there.
pub(crate) fn by_key(rows: Rows, day: i32, voids: &[Void]) -> Result<Step, Error> {
    let mut checked = Checked::from(rows);
    checked.drop_duplicates(Some(day), &|_| false)?;
    checked.end_void(voids, day)?;
    Ok(Step::from(checked))
}

/// The third step: payments that were only matched where the source itself has allocated them; all payments of each
/// invoice must be there, and `is_last` tells which of them are the last version of theirs. Returns how many gave way.
pub(crate) fn withdraw(payments: &mut DataFrame, is_last: &[bool]) -> Result<u64, Error> {
    let withdrawn = precedence::withdrawals_among(payments, Some(is_last))?;
    set_clocks(Table::Payments, payments, &withdrawn)?;
    Ok(count(withdrawn.len()))
}
