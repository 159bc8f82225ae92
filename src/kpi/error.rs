//! What can go wrong while computing key figures.

use polars::prelude::PolarsError;

use crate::domain::Currency;

/// Why the key figures could not be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The window has no day or is longer than a year.
    #[error("window is out of range; 1 to {max} days are allowed; got {given}")]
    WindowInvalid {
        /// Days asked for.
        given: u32,
        /// Most days allowed.
        max: u32,
    },
    /// The series has no month or too many.
    #[error("number of months is out of range; 1 to {max} are allowed; got {given}")]
    MonthsInvalid {
        /// Months asked for.
        given: u32,
        /// Most months allowed.
        max: u32,
    },
    /// The name of a group is not known.
    #[error(
        "group is unknown; entity, business_unit, segment, country, customer, collector and payment_terms are \
         allowed; got {given:?}"
    )]
    GroupUnknown {
        /// The name asked for.
        given: String,
    },
    /// A forward-looking factor is not a sensible number.
    #[error(
        "forward-looking factor is out of range; one number from 0 to {max} or five of them, separated by \
         commas and youngest ageing bucket first, are allowed; got {given:?}"
    )]
    ForwardLookingInvalid {
        /// The factors asked for.
        given: String,
        /// Largest factor allowed.
        max: f64,
    },
    /// The ledger refused a reading.
    #[error("the ledger could not be read")]
    History(#[from] crate::history::Error),
    /// A table could not be read in the shape the history promises.
    #[error("table {table} could not be read")]
    Table {
        /// Name of the table.
        table: &'static str,
        /// Cause, as polars states it.
        source: PolarsError,
    },
    /// A required cell is empty or holds what its column does not allow.
    #[error("table {table} breaks its promise; column {column} must hold a valid value in every row")]
    CellInvalid {
        /// Name of the table.
        table: &'static str,
        /// Name of the column.
        column: &'static str,
    },
    /// The amounts of one currency do not fit an integer count of minor units.
    #[error("amounts in {currency} are too large; their absolute sum must fit 62 bits of minor units")]
    AmountOverflow {
        /// The currency concerned.
        currency: Currency,
    },
}
