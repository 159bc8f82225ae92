//! What a client is told when the book has no answer.

use crate::app::book;

use super::error::ApiError;

impl From<book::Error> for ApiError {
    fn from(error: book::Error) -> Self {
        match error {
            book::Error::NoChampion => Self::conflict("no_champion", error.to_string()),
            book::Error::AsOfAhead { .. } => {
                let detail = error.to_string();
                Self::malformed(
                    "invalid_parameter",
                    "a parameter of the query string cannot be used",
                )
                .at("as_of", "after_today", detail)
            }
            book::Error::Impossible { ref column, .. } => {
                let (pointer, detail) = (format!("/{column}"), error.to_string());
                Self::invalid("invalid_invoice", "the invoice cannot be as it is").at(
                    pointer,
                    "invalid_value",
                    detail,
                )
            }
            book::Error::Ledger(error) => error.into(),
            book::Error::History(_)
            | book::Error::Features(_)
            | book::Error::Model(_)
            | book::Error::Table(_)
            | book::Error::Stopped(_) => Self::fault(&error),
        }
    }
}
