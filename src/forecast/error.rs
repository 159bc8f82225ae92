//! What can go wrong while forecasting cash.

use super::billing::{PlanReject, listed};
use crate::domain::{Currency, Date, Money, MoneyError};
use crate::history;

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
    /// The couplings take more than the whole.
    #[error(
        "couplings share one variance; together at most 1 is allowed; got {customer} by customer and {book} of the book"
    )]
    CouplingsExceedOne {
        /// Coupling of a customer's invoices.
        customer: f64,
        /// Coupling of all invoices.
        book: f64,
    },
    /// A factor of the band cannot widen or narrow it.
    #[error("factor {side} of week {week} of the band is out of range; 0 to {max} is allowed; got {given}")]
    BandFactorInvalid {
        /// `low` or `high`.
        side: &'static str,
        /// Week of the horizon, from 1.
        week: usize,
        /// Largest factor allowed.
        max: f64,
        /// The factor asked for.
        given: f64,
    },
    /// The name of a group is not known.
    #[error(
        "group is unknown; entity, business_unit, segment, country and customer are allowed; got {given:?}"
    )]
    GroupByUnknown {
        /// The name asked for.
        given: String,
    },
    /// The name of a calendar is not known.
    #[error("receiving calendar is unknown; {allowed} and their countries are allowed; got {given:?}")]
    CalendarUnknown {
        /// The name asked for.
        given: String,
        /// The names there are.
        allowed: String,
    },
    /// The name of a bucket size is not known.
    #[error("bucket size is unknown; day, week, month and mixed are allowed; got {given:?}")]
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
    /// Two simulations do not have their days and draws in common.
    #[error("forecasts can be compared only with the same {what}; expected {expected}; got {given}")]
    NotComparable {
        /// What differs.
        what: &'static str,
        /// That of the first.
        expected: String,
        /// That of the other.
        given: String,
    },
    /// No rate leads from one currency to another.
    #[error(
        "no rate leads from {from} to {into} on or before {as_of}; \
         fx_rates needs the pair, its inverse, or both against a third currency"
    )]
    RateMissing {
        /// Currency to translate from.
        from: Currency,
        /// Currency to translate into.
        into: Currency,
        /// Last day a rate may have.
        as_of: Date,
    },
    /// A rate is no factor.
    #[error("the rate from {from} to {into} of {rate_date} must be finite and more than 0; got {given}")]
    RateInvalid {
        /// Currency to translate from.
        from: Currency,
        /// Currency to translate into.
        into: Currency,
        /// Day of the rate.
        rate_date: Date,
        /// The rate.
        given: f64,
    },
    /// A currency of the ledger is not known.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] history::Error),
    /// A table of the ledger could not be read.
    #[error("cannot read a table of the ledger")]
    Table(#[from] polars::prelude::PolarsError),
    /// A billing plan has rows that cannot be used.
    #[error("the billing plan is refused; {}", listed(.rejects))]
    BillingPlanInvalid {
        /// Every row that cannot be used.
        rejects: Vec<PlanReject>,
    },
    /// A record is not one, or its parts do not fit each other.
    #[error("forecast record is not valid: {reason}")]
    RecordInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The content of a record is not the one that its id names.
    #[error("forecast record {forecast_id} was altered; its content must have that SHA-256; got {found}")]
    RecordAltered {
        /// The id it should have.
        forecast_id: String,
        /// The id of its content.
        found: String,
    },
    /// The later of two records is the earlier one.
    #[error("a movement runs forward in time; the second forecast must be as of {from} or later; got {to}")]
    RecordsReversed {
        /// The cut-off of the first record.
        from: Date,
        /// The cut-off of the second record.
        to: Date,
    },
    /// The text names no day, week or month.
    #[error(
        "target is unknown; a day (2026-10-01), an ISO week (2026-W40) or a month (2026-10) is allowed; \
         got {given:?}"
    )]
    TargetInvalid {
        /// The text as given.
        given: String,
    },
}
