//! Typed ids: a customer id cannot be passed where an invoice id is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What can be wrong with an id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing is left once the surrounding blanks are gone.
    #[error("{noun} id is empty; allowed any text that is not blank; given {given:?}")]
    Empty {
        /// What the id names.
        noun: &'static str,
        /// The text that was given.
        given: String,
    },
}

/// Declares an id type: text that is not empty and has no surrounding blanks.
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident, $noun:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes an id of the text without its surrounding blanks.
            ///
            /// # Errors
            ///
            /// - [`IdError::Empty`] when nothing is left.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let trimmed = text.trim();
                if trimmed.is_empty() {
                    return Err(IdError::Empty {
                        noun: $noun,
                        given: text.to_owned(),
                    });
                }
                Ok(Self(trimmed.to_owned()))
            }

            /// Returns the text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

typed_id!(
    /// The id of a customer, as the ledger writes it.
    ///
    /// ```
    /// use duecast::domain::CustomerId;
    ///
    /// assert_eq!(CustomerId::parse(" C-17 ")?.as_str(), "C-17");
    /// assert!(CustomerId::parse("  ").is_err());
    /// # Ok::<(), duecast::domain::IdError>(())
    /// ```
    CustomerId,
    "customer"
);

typed_id!(
    /// The id of an invoice, as the ledger writes it.
    ///
    /// ```
    /// use duecast::domain::InvoiceId;
    ///
    /// let id: InvoiceId = "INV-1".parse()?;
    /// assert_eq!(id.to_string(), "INV-1");
    /// # Ok::<(), duecast::domain::IdError>(())
    /// ```
    InvoiceId,
    "invoice"
);

typed_id!(
    /// The id of a payment, as the ledger writes it.
    ///
    /// ```
    /// use duecast::domain::PaymentId;
    ///
    /// assert!(PaymentId::parse("P1")? < PaymentId::parse("P2")?);
    /// # Ok::<(), duecast::domain::IdError>(())
    /// ```
    PaymentId,
    "payment"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_surrounding_blanks_and_is_never_empty() {
        assert_eq!(InvoiceId::parse("\tA 1 ").unwrap().as_str(), "A 1");
        assert_eq!(
            InvoiceId::parse(" ").unwrap_err().to_string(),
            "invoice id is empty; allowed any text that is not blank; given \" \""
        );
        assert!(serde_json::from_str::<CustomerId>("\"\"").is_err());
        assert_eq!(
            serde_json::to_string(&PaymentId::parse("P1").unwrap()).unwrap(),
            "\"P1\""
        );
    }
}
