//! What can be wrong with payment terms.

use thiserror::Error;

/// What can be wrong with payment terms.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TermsError {
    /// The text has two meanings in use.
    #[error("payment terms have two meanings; allowed {first:?} or {second:?}; given {given:?}")]
    Ambiguous {
        /// One meaning, written so that it is understood.
        first: &'static str,
        /// The other meaning, written so that it is understood.
        second: &'static str,
        /// The text that was given.
        given: String,
    },
    /// The text is not understood.
    #[error(
        "payment terms are not understood; allowed such as \"net 30\", \"2/10 net 30\", \"EOM\", \
         \"EOM then +30 days\", \"+30 days then EOM\", \"day 15 of next month\", \"due on receipt\" or \
         \"50% net 30; 50% net 60\"; given {given:?}"
    )]
    NotUnderstood {
        /// The text that was given.
        given: String,
    },
    /// A percentage is out of range or too fine.
    #[error("percentage is invalid; allowed 0 to 100 with at most two decimals; given {given:?}")]
    PercentInvalid {
        /// The value that was given.
        given: String,
    },
    /// A day of the month does not exist in any month.
    #[error("day of the month is invalid; allowed 1 to 31; given {given}")]
    DayInvalid {
        /// The day that was given.
        given: u8,
    },
    /// Instalments do not add up to the whole amount.
    #[error("instalments are not the whole; allowed positive percentages that add up to 100%; given {given}")]
    InstalmentsNotWhole {
        /// The percentages that were given.
        given: String,
    },
    /// The discounts cannot all be offered.
    #[error(
        "discounts are inconsistent; allowed percentages between 0% and 100% that fall as the days grow, all before \
         the amount is due; given {given}"
    )]
    DiscountsInconsistent {
        /// The discounts that were given.
        given: String,
    },
}
