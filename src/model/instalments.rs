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
/// [`Error::Distribution`] never occurs: a day of payment is always a distribution.
pub(crate) fn lines(
    invoice: &InvoiceView<'_>,
    distribution: &PaymentDistribution,
    currency: Currency,
) -> Result<Vec<InstalmentLine>, Error> {
    invoice
        .instalments
        .iter()
        .map(|line| {
            // Due as much sooner, and open nevertheless.
            let days_sooner = u32::try_from(invoice.rolled_due_day - line.rolled_due_day).unwrap_or(0);
            let sooner = distribution.given_open_after(days_sooner);
            Ok(InstalmentLine {
                due_date: from_day_number(line.due_day),
                open: Money::from_minor(line.open_minor, currency),
                distribution: sooner.map_or_else(|| PaymentDistribution::on_day(1), Ok)?,
            })
        })
        .collect()
}
