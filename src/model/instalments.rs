//! The cash of an invoice on an instalment plan: line by line, each on its own due date.
//!
//! A model answers when the invoice is paid in full, which is when its last line is. The payer is taken to
//! be as punctual with every line: the mass at a lateness of the last line moves to the same lateness of
//! this one, and what would fall on the cut-off or before is spread over the days ahead, since the line is
//! still open.

use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date, Money};
use crate::features::InvoiceView;
use crate::model::{Error, PaymentDistribution};

/// What is owed of one instalment, and when it is expected.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalmentLine {
    /// Due date of the line as agreed.
    pub due_date: Date,
    /// What is still owed of it.
    pub open: Money,
    /// Probability of payment of the line by each coming day.
    pub distribution: PaymentDistribution,
}

/// Returns the open lines of an invoice, whose `distribution` is about payment in full.
///
/// # Errors
///
/// As [`PaymentDistribution::sooner`]: never for the lines of a feature table, of which none is due after the last.
pub(crate) fn lines(
    invoice: &InvoiceView<'_>,
    distribution: &PaymentDistribution,
    currency: Currency,
) -> Result<Vec<InstalmentLine>, Error> {
    invoice
        .instalments
        .iter()
        .map(|line| {
            Ok(InstalmentLine {
                due_date: from_day_number(line.due_day),
                open: Money::from_minor(line.open_minor, currency),
                distribution: distribution.sooner(invoice.rolled_due_day - line.rolled_due_day)?,
            })
        })
        .collect()
}
