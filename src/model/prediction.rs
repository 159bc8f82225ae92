//! A prediction: the distribution of one open invoice, and what is read off it.

use rayon::prelude::*;

use crate::domain::date::add_days;
use crate::domain::{Date, Money};
use crate::features::{FeatureTable, column};
use crate::model::instalments::{self, InstalmentLine};
use crate::model::{Error, PaymentDistribution};

/// One reason for a prediction that is later than its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Code of the reason, `R01` and so on (GLOSSARY).
    pub code: &'static str,
    /// The reason in words, ending with its effect: `in dispute for 12 days: +6 days, -21 points`.
    pub text: String,
    /// Days by which payment is expected later, against [`BASELINE`](crate::model::BASELINE).
    pub days: f64,
    /// What that does to the probability of being paid in time, in percentage points; negative is less likely.
    pub points: f64,
}

/// Whether predictions come with reasons, which cost some hundred times the prediction itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// Each prediction has its reasons.
    Given,
    /// No prediction has any.
    LeftOut,
}

/// When one open invoice is expected to be paid.
#[derive(Debug, Clone)]
pub struct PaymentPrediction {
    /// The invoice.
    pub invoice_id: String,
    /// Its customer.
    pub customer_id: String,
    /// Legal entity that issued it, where known.
    pub entity: Option<String>,
    /// Last day whose facts were known.
    pub as_of: Date,
    /// Invoice date.
    pub invoice_date: Date,
    /// Due date in the ledger, whatever instalments were agreed later.
    pub due_date: Date,
    /// What is still owed.
    pub open: Money,
    /// What was invoiced.
    pub gross: Money,
    /// Invoices that the customer had paid in full by `as_of`.
    pub customer_paid_count: u32,
    /// Probability of payment in full by each coming day.
    pub distribution: PaymentDistribution,
    /// What is owed of each instalment, by due date, where the invoice is on a plan; the lines sum to `open`.
    pub lines: Vec<InstalmentLine>,
    /// Why, most weighty first; empty where they were left out, and for a model that gives none.
    pub reasons: Vec<Reason>,
}

impl PaymentPrediction {
    /// Days from the cut-off to the due date; zero or negative when it has passed.
    #[must_use]
    pub fn days_to_due(&self) -> i32 {
        i32::try_from((self.due_date - self.as_of).num_days()).unwrap_or(i32::MAX)
    }

    /// Returns the probability of being open at the end of the due date; 1 once that has passed.
    #[must_use]
    pub fn late_probability(&self) -> f64 {
        if self.days_to_due() <= 0 {
            1.0
        } else {
            self.distribution.open_after(self.days_to_due())
        }
    }

    /// Returns the probability of being open at the end of the 90th day past due; 1 once that has passed.
    #[must_use]
    pub fn unpaid_90_days_probability(&self) -> f64 {
        self.distribution.open_after(self.days_to_due() + 90)
    }

    /// Returns the day by which payment has probability `quantile`; the last day of the tail where it never has.
    #[must_use]
    pub fn quantile_date(&self, quantile: f64) -> Date {
        let ahead = self
            .distribution
            .quantile(quantile)
            .unwrap_or(self.distribution.last_day());
        add_days(self.as_of, i64::from(ahead))
    }

    /// Returns the median payment date minus the due date in days: positive when late.
    #[must_use]
    pub fn predicted_delay_days(&self) -> i64 {
        (self.quantile_date(0.5) - self.due_date).num_days()
    }
}

/// Joins the rows of a table with their distributions, and with their reasons where they have any.
///
/// # Errors
///
/// [`Error::Table`] when a key column is missing, [`Error::Money`] for an unknown currency.
pub(crate) fn assemble(
    table: &FeatureTable,
    distributions: Vec<PaymentDistribution>,
    reasons: Option<Vec<Vec<Reason>>>,
) -> Result<Vec<PaymentPrediction>, Error> {
    let (invoice, customer) = (table.text(column::INVOICE_ID)?, table.text(column::CUSTOMER_ID)?);
    let (entity, currency) = (table.text(column::ENTITY)?, table.text(column::CURRENCY)?);
    let (open, gross) = (
        table.integers(column::OPEN_MINOR)?,
        table.integers(column::GROSS_MINOR)?,
    );
    let paid = table.integers(column::PAID_COUNT)?;
    let invoice_days = table.invoice_days()?;
    let mut reasons = reasons.unwrap_or_default();
    reasons.resize_with(distributions.len(), Vec::new);
    let predictions: Vec<Result<PaymentPrediction, Error>> = distributions
        .into_par_iter()
        .zip(reasons)
        .enumerate()
        .map(|(row, (distribution, reasons))| {
            let currency = crate::domain::Currency::parse(currency.get(row).unwrap_or_default())?;
            let lines = instalments::lines(&table.invoice(row), &distribution, currency)?;
            let text =
                |column: &polars::prelude::StringChunked| column.get(row).unwrap_or_default().to_owned();
            Ok(PaymentPrediction {
                invoice_id: text(invoice),
                customer_id: text(customer),
                entity: entity.get(row).map(str::to_owned),
                as_of: table.cutoff(row),
                invoice_date: crate::domain::date::from_day_number(invoice_days[row]),
                due_date: table.due_date(row),
                open: Money::from_minor(open.get(row).unwrap_or_default(), currency),
                gross: Money::from_minor(gross.get(row).unwrap_or_default(), currency),
                customer_paid_count: paid
                    .get(row)
                    .and_then(|count| u32::try_from(count).ok())
                    .unwrap_or_default(),
                distribution,
                lines,
                reasons,
            })
        })
        .collect();
    // Of several errors that of the first row is told, whichever thread was faster.
    predictions.into_iter().collect()
}
