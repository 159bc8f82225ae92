//! The id of a request: the client's where it is sane, else our own; in the answer, the problem and the log.

use axum::http::HeaderMap;
use uuid::Uuid;

/// The header that carries it, both ways.
pub(super) const HEADER: &str = "x-request-id";
/// Longest id that is taken over.
const LENGTH_MAX: usize = 128;

/// Returns the id of a request.
pub(super) fn of(headers: &HeaderMap) -> String {
    headers
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_sane(id))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Returns whether an id can stand in a header, a log line and a search without harm.
fn is_sane(id: &str) -> bool {
    (1..=LENGTH_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::{HEADER, LENGTH_MAX, of};
    use axum::http::{HeaderMap, HeaderValue};

    fn id_for(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(given).unwrap());
        of(&headers)
    }

    #[test]
    fn a_sane_id_of_the_client_is_kept() {
        assert_eq!(id_for("order-17:a_b.c"), "order-17:a_b.c");
    }

    #[test]
    fn anything_else_gets_an_id_of_ours() {
        for wrong in ["", "two words", "\"quoted\"", &"x".repeat(LENGTH_MAX + 1)] {
            let id = id_for(wrong);
            assert_ne!(id, wrong);
            assert_eq!(id.len(), 36, "{id}");
        }
    }
}
