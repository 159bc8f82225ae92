//! Versions of a resource: `ETag`, `If-Match` before a change, `If-None-Match` before a read.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::app::crypto::sha256_hex;

use super::error::ApiError;
use super::extract::Answer;

/// Digits of the hash that tell two versions apart: 128 bits.
const DIGITS: usize = 32;

/// Returns the strong tag of a content.
pub(super) fn etag_of(content: &[u8]) -> HeaderValue {
    let tag = format!("\"{}\"", &sha256_hex(content)[..DIGITS]);
    HeaderValue::from_str(&tag).expect("hexadecimal digits are ASCII")
}

/// Lets a change through that was made on the current version.
///
/// # Errors
///
/// 428 without `If-Match`, 412 when it names another version.
pub(super) fn if_match(headers: &HeaderMap, current: &HeaderValue) -> Answer<()> {
    if !headers.contains_key(header::IF_MATCH) {
        return Err(ApiError::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "The version that is changed must be named",
            "send `If-Match` with the `ETag` of the last read",
        ));
    }
    // Strong comparison: a weak tag matches nothing.
    if tags(headers, &header::IF_MATCH).any(|tag| tag == "*" || tag.as_bytes() == current.as_bytes()) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "version_changed",
        "It is another version by now",
        "read it again, and change what is there now",
    )
    .with_header(header::ETAG, current.clone()))
}

/// Returns whether the client has the current version already, so that 304 is the answer.
pub(super) fn if_none_match(headers: &HeaderMap, current: &HeaderValue) -> bool {
    tags(headers, &header::IF_NONE_MATCH).any(|tag| {
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || strong.as_bytes() == current.as_bytes()
    })
}

fn tags<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{etag_of, if_match, if_none_match};
    use axum::http::{HeaderMap, HeaderValue, header};

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        headers
    }

    #[test]
    fn a_change_names_the_version_it_was_made_on() {
        let current = HeaderValue::from_static("\"1\"");
        for (given, status) in [
            ("\"1\"", 200),
            ("\"0\", \"1\"", 200),
            ("*", 200),
            ("\"2\"", 412),
            ("W/\"1\"", 412),
        ] {
            let answer = if_match(&with(header::IF_MATCH, given), &current);
            let found = answer.err().map_or(200, |error| error.problem().status);
            assert_eq!(found, status, "{given}");
        }
        let missing = if_match(&HeaderMap::new(), &current).expect_err("no version is named");
        assert_eq!(missing.problem().status, 428);
    }

    #[test]
    fn a_read_of_what_is_known_is_saved() {
        let current = etag_of(b"content");
        let text = current.to_str().expect("ASCII");
        assert!(if_none_match(&with(header::IF_NONE_MATCH, text), &current));
        assert!(if_none_match(
            &with(header::IF_NONE_MATCH, &format!("W/{text}")),
            &current
        ));
        assert!(!if_none_match(
            &with(header::IF_NONE_MATCH, "\"other\""),
            &current
        ));
        assert!(!if_none_match(&HeaderMap::new(), &current));
        assert_ne!(etag_of(b"content"), etag_of(b"other"));
    }
}
