//! A survey of a ledger that is never in memory as a whole.

use polars::prelude::DataFrame;

use super::{Batch, Depth, Source, Surveyor};
use crate::history::error::Error;
use crate::history::report::DataReport;
use crate::history::schema::Table;
use crate::history::versions::{current_rows, withdrawn_rows};

/// A survey part by part: of facts and oddities, because the rows are known to be valid.
///
/// Customers first, then parts of the invoices with everything that hangs on them, then parts of the receipts with the
/// payments that name them. Of the customers it keeps sixteen bytes each.
pub(crate) struct PartSurvey {
    surveyor: Surveyor,
}

impl PartSurvey {
    pub(crate) fn new() -> Self {
        Self {
            surveyor: Surveyor::new(Depth::Facts),
        }
    }

    /// Takes in some rows of a table: of invoices at most once, before what hangs on them.
    pub(crate) fn add(&mut self, table: Table, frame: &DataFrame) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        self.surveyor.read(table, &Source::Frame(frame))
    }

    /// Ends a part of the invoices: nothing more hangs on them.
    pub(crate) fn close_invoices(&mut self) {
        self.surveyor.close_invoices();
    }

    /// Takes in a part of the receipts and what is said of cash by the payments that name them.
    pub(crate) fn add_cash(&mut self, receipts: &DataFrame, payments: &DataFrame) -> Result<(), Error> {
        let table = Table::Payments;
        self.add(Table::Receipts, receipts)?;
        let surveyor = &mut self.surveyor;
        if let Some(withdrawn) = withdrawn_rows(payments)? {
            // The ledger's own payment is the same money, and does not name the receipt.
            let batch = Batch::of(table, &withdrawn, &mut surveyor.codes)?;
            surveyor.cash.read(table, &batch)?;
        }
        let current = current_rows(payments)?;
        let current = current.as_ref().unwrap_or(payments);
        let batch = Batch::of(table, current, &mut surveyor.codes)?;
        surveyor.cash.read(table, &batch)?;
        surveyor.cash.settle();
        Ok(())
    }

    /// Writes the findings into a report.
    pub(crate) fn finish(self, report: &mut DataReport) {
        self.surveyor.finish().fill(report);
    }
}
