//! Pages of a list: how many, from where, and the signed cursor to the next one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::{IntoParams, ToSchema};

use crate::app::state::App;

use super::error::ApiError;
use super::extract::Answer;

/// Rows of a page where the client does not say.
const LIMIT_DEFAULT: u32 = 100;
/// Bytes of the signature that a cursor carries: 128 bits.
const SIGNATURE_BYTES: usize = 16;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) data: Vec<T>,
    /// Give it back as `cursor` for the rows after these; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// Which page is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParams {
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl PageParams {
    /// Returns the number of rows asked for.
    ///
    /// # Errors
    ///
    /// 400 `invalid_parameter` when it is none that is allowed.
    pub(super) fn limit(&self, app: &App) -> Answer<i64> {
        let limit_max = app.config.limits.page_max;
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT.min(limit_max));
        if limit == 0 || limit > limit_max {
            let detail = format!("limit must be from 1 to {limit_max}, got {limit}");
            return Err(ApiError::malformed(
                "invalid_parameter",
                "a parameter of the query string cannot be used",
            )
            .at("limit", "invalid_value", detail));
        }
        Ok(i64::from(limit))
    }

    /// Returns the parts of the cursor, where one is given.
    ///
    /// # Errors
    ///
    /// 400 `invalid_cursor` when it is not one that was given out.
    pub(super) fn parts(&self, app: &App) -> Answer<Option<Vec<String>>> {
        self.cursor
            .as_deref()
            .map(|cursor| Cursor::decode(&app.cursor_key, cursor))
            .transpose()
    }
}

/// A place in a list, as text that only this service can write.
#[derive(Debug)]
pub(crate) struct Cursor;

impl Cursor {
    /// Returns the parts as an opaque text. Let the first part name the list, so that no other list takes it.
    pub(crate) fn encode(key: &[u8; 32], parts: &[&str]) -> String {
        let content = serde_json::json!(parts).to_string();
        let signature = signed(key, content.as_bytes()).finalize().into_bytes();
        let mut bytes = signature[..SIGNATURE_BYTES].to_vec();
        bytes.extend_from_slice(content.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the parts of a cursor that was given out.
    ///
    /// # Errors
    ///
    /// 400 `invalid_cursor` for any other text.
    pub(crate) fn decode(key: &[u8; 32], cursor: &str) -> Answer<Vec<String>> {
        read(key, cursor).ok_or_else(Self::refused)
    }

    /// Returns the refusal of a cursor, also for the list that finds other parts in it than its own.
    pub(crate) fn refused() -> ApiError {
        let detail = "give back the next_cursor of the page before, unchanged and to the same list";
        ApiError::malformed("invalid_cursor", detail).at("cursor", "invalid_cursor", detail)
    }
}

fn read(key: &[u8; 32], cursor: &str) -> Option<Vec<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (signature, content) = bytes.split_at_checked(SIGNATURE_BYTES)?;
    signed(key, content).verify_truncated_left(signature).ok()?;
    serde_json::from_slice(content).ok()
}

fn signed(key: &[u8; 32], content: &[u8]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(content);
    mac
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor::encode(&[7; 32], &["invoices", "2026-01-31", "I-1"]);
        let parts = Cursor::decode(&[7; 32], &cursor).expect("it was given out");
        assert_eq!(parts, ["invoices", "2026-01-31", "I-1"]);
    }

    #[test]
    fn a_cursor_that_was_not_given_out_is_refused() {
        let cursor = Cursor::encode(&[7; 32], &["invoices", "I-1"]);
        assert!(Cursor::decode(&[8; 32], &cursor).is_err());
        for index in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("it stays ASCII");
            assert!(Cursor::decode(&[7; 32], &altered).is_err(), "at {index}");
        }
        assert!(Cursor::decode(&[7; 32], "").is_err());
    }
}
