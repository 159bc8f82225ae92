//! What can go wrong while forecasting cash.

use super::billing::{PlanReject, listed};
use crate::domain::{Currency, Date, Money};

/// Why a cash forecast was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The horizon is empty or further away than the tail of a distribution can be trusted.
    #[error("forecast horizon is out of range; 1 to {max} days are allowed; got {given}")]
    HorizonInvalid {
        /// Days asked for.
        given: u32,
        /// Most days allowed.
        max: u32,
    },
    /// The number of simulated draws is zero or would need too much memory.
    #[error("number of draws is out of range; 1 to {max} are allowed; got {given}")]
    DrawsInvalid {
        /// Draws asked for.
        given: u32,
        /// Most draws allowed.
        max: u32,
    },
    /// The coupling is not a share.
    #[error("coupling is not a share; 0 to 1 is allowed; got {given}")]
    CouplingInvalid {
        /// The value asked for.
        given: f64,
    },
    /// The name of a bucket size is not known.
    #[error("bucket size is unknown; day, week and month are allowed; got {given:?}")]
    BucketUnknown {
        /// The name asked for.
        given: String,
    },
    /// There is no open invoice, hence no day to forecast from.
    #[error("no prediction to forecast from; at least one open invoice is needed; got 0")]
    NoPredictions,
    /// Two predictions were made on different days.
    #[error(
        "predictions of different days cannot be added; all must be as of {expected}; invoice {invoice_id} is as of {given}"
    )]
    MixedAsOf {
        /// The first invoice that differs.
        invoice_id: String,
        /// The day of the forecast.
        expected: Date,
        /// The day of that prediction.
        given: Date,
    },
    /// The same invoice was given twice, so its cash would be counted twice.
    #[error("an invoice is predicted twice; each may appear once; got {invoice_id} again")]
    InvoiceRepeated {
        /// The invoice that appears again.
        invoice_id: String,
    },
    /// The instalments of an invoice are not what is open of it, so its cash would be counted wrongly.
    #[error("instalments of invoice {invoice_id} must sum to what is open of it, {expected}; got {given}")]
    LinesDiffer {
        /// The invoice concerned.
        invoice_id: String,
        /// What is open of it.
        expected: Money,
        /// Its instalments.
        given: String,
    },
    /// The open amounts of one currency do not fit an integer count of minor units.
    #[error("open amounts in {currency} are too large; their sum must fit 64 bits of minor units")]
    AmountOverflow {
        /// The currency concerned.
        currency: Currency,
    },
    /// A billing plan has rows that cannot be used.
    #[error("the billing plan is refused; {}", listed(.rejects))]
    BillingPlanInvalid {
        /// Every row that cannot be used.
        rejects: Vec<PlanReject>,
    },
}
