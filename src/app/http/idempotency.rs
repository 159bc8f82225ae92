//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that is sent twice is acted on once.
//!
//! The work goes on when the client hangs up, so that the second attempt finds the answer to the first. Bulk and
//! import uploads take no key: they are not held in memory, and their rows are known by their natural keys.

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::app::access::Principal;
use crate::app::clock::Timestamp;
use crate::app::crypto::hex;
use crate::app::service::replays::{Begun, Claim, KEPT_HOURS};
use crate::app::state::App;
use crate::app::store::StoredAnswer;

use super::auth;
use super::error::ApiError;
use super::extract::{Answer, read_body};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key.
const KEY_MAX: usize = 255;

/// Answers a request that was answered before as it was then; the layer of every POST that takes a key.
pub(super) async fn replay(State(app): State<App>, request: Request, next: Next) -> Response {
    match key_of(request.headers()) {
        Ok(Some(key)) => once(app, key, request, next)
            .await
            .unwrap_or_else(IntoResponse::into_response),
        Ok(None) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn once(app: App, key: String, request: Request, next: Next) -> Answer<Response> {
    let principal = request.extensions().get::<Principal>().cloned();
    let principal = principal.ok_or_else(auth::unauthenticated)?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, app.config.limits.body_bytes_max).await?;
    let request_hash = hash_of(&parts, &bytes);
    let now = app.clock.now();
    let begun = app
        .gate
        .replays()
        .begin(&app.store, &principal.actor, &key, &request_hash, now)
        .await?;
    match begun {
        Begun::Answered(answer) => Ok(replayed(answer)),
        Begun::Reused => Err(ApiError::invalid(
            "idempotency_key_reused",
            format!("this Idempotency-Key belongs to another request of the last {KEPT_HOURS} hours"),
        )
        .at(
            IDEMPOTENCY_KEY.as_str(),
            "idempotency_key_reused",
            "take a new key",
        )),
        Begun::InFlight => Err(ApiError::conflict(
            "request_in_flight",
            "the first request with this Idempotency-Key is being worked on; ask again for its answer",
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(1_u32))),
        Begun::Fresh(claim) => {
            let request = Request::from_parts(parts, HttpBody::from(bytes));
            let work = async move {
                let response = next.run(request).await;
                keep(&app, &claim, request_hash, now, response).await
            };
            // A task of its own: a client that hangs up ends this future, not the work.
            tokio::spawn(work.in_current_span())
                .await
                .map_err(|error| ApiError::fault(&error))?
        }
    }
}

/// Keeps an answer and gives it on.
async fn keep(
    app: &App,
    claim: &Claim,
    request_hash: String,
    created_at: Timestamp,
    response: Response,
) -> Answer<Response> {
    if !is_kept(response.status()) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    // Answers to a POST are made in memory as a whole.
    let bytes = to_bytes(body, usize::MAX)
        .await
        .map_err(|error| ApiError::fault(&error))?;
    let (status, headers, body) = match String::from_utf8(bytes.to_vec()) {
        Ok(body) if !is_secret(&parts.headers) => (parts.status.as_u16(), kept_headers(&parts.headers), body),
        Ok(_) | Err(_) => not_kept(),
    };
    let answer = StoredAnswer {
        request_hash,
        created_at,
        status,
        headers,
        body,
    };
    if let Err(error) = claim.keep(&app.store, &answer).await {
        // What was asked for is done; only a second attempt will not know of it.
        tracing::error!(%error, "an answer was not kept for its Idempotency-Key");
    }
    Ok(Response::from_parts(parts, HttpBody::from(bytes)))
}

/// Returns whether an answer would be the same again: not a fault, and nothing that time or others change.
fn is_kept(status: StatusCode) -> bool {
    let is_passing = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS
    );
    !status.is_server_error() && !is_passing
}

/// Returns whether an answer holds a secret, which is shown once and kept nowhere.
fn is_secret(headers: &HeaderMap) -> bool {
    headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|value| value.as_bytes() == b"no-store")
}

/// Returns what is kept in the place of an answer with a secret.
fn not_kept() -> (u16, Vec<(String, String)>, String) {
    let error = ApiError::conflict(
        "answer_not_kept",
        "this was done already, and its answer held a secret, which is shown once; rotate or revoke what was made",
    );
    let body = serde_json::to_string(error.problem()).unwrap_or_default();
    let content_type = (
        header::CONTENT_TYPE.as_str().to_owned(),
        "application/problem+json".to_owned(),
    );
    (error.problem().status, vec![content_type], body)
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    [
        header::CONTENT_TYPE,
        header::LOCATION,
        header::ETAG,
        header::RETRY_AFTER,
    ]
    .iter()
    .filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    })
    .collect()
}

fn replayed(answer: StoredAnswer) -> Response {
    let mut response = Response::new(HttpBody::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in &answer.headers {
        // Both were headers when they were kept.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
        .headers_mut()
        .insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Returns the key of a request, if it has one.
fn key_of(headers: &HeaderMap) -> Answer<Option<String>> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || text.len() > KEY_MAX || !is_visible || values.next().is_some() {
        let detail = format!("one key of 1 to {KEY_MAX} visible ASCII characters is allowed");
        return Err(ApiError::malformed("invalid_idempotency_key", detail.clone()).at(
            IDEMPOTENCY_KEY.as_str(),
            "invalid_idempotency_key",
            detail,
        ));
    }
    Ok(Some(text.to_owned()))
}

fn hash_of(parts: &Parts, body: &[u8]) -> String {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut hasher = Sha256::new();
    for part in [parts.method.as_str(), target] {
        hasher.update(part.as_bytes());
        hasher.update([0_u8]);
    }
    hasher.update(body);
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::{hash_of, is_kept, key_of, not_kept};
    use axum::http::request::Parts;
    use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};

    fn parts(method: &str, uri: &str) -> Parts {
        let request = Request::builder().method(method).uri(uri).body(());
        request.expect("a request").into_parts().0
    }

    #[test]
    fn another_request_has_another_hash() {
        let one = hash_of(&parts("POST", "/v1/payments?a=1"), b"{}");
        assert_eq!(hash_of(&parts("POST", "/v1/payments?a=1"), b"{}"), one);
        for other in [
            hash_of(&parts("PUT", "/v1/payments?a=1"), b"{}"),
            hash_of(&parts("POST", "/v1/payments?a=2"), b"{}"),
            hash_of(&parts("POST", "/v1/payments"), b"{}"),
            hash_of(&parts("POST", "/v1/payments?a=1"), b"{ }"),
        ] {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn a_key_is_visible_ascii_of_bounded_length() {
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("idempotency-key", HeaderValue::from_str(value).expect("a header"));
            }
            key_of(&headers)
        };
        assert_eq!(with(&[]).expect("no key is none"), None);
        assert_eq!(with(&["a-1"]).expect("a key").as_deref(), Some("a-1"));
        assert!(with(&[&"k".repeat(255)]).is_ok());
        assert!(with(&[&"k".repeat(256)]).is_err());
        assert!(with(&[""]).is_err());
        assert!(with(&["a b"]).is_err());
        assert!(with(&["a", "b"]).is_err());
    }

    #[test]
    fn only_answers_that_would_be_the_same_again_are_kept() {
        for (status, is_expected) in [
            (StatusCode::OK, true),
            (StatusCode::CREATED, true),
            (StatusCode::ACCEPTED, true),
            (StatusCode::UNPROCESSABLE_ENTITY, true),
            (StatusCode::CONFLICT, false),
            (StatusCode::TOO_MANY_REQUESTS, false),
            (StatusCode::INTERNAL_SERVER_ERROR, false),
            (StatusCode::SERVICE_UNAVAILABLE, false),
        ] {
            assert_eq!(is_kept(status), is_expected, "{status}");
        }
    }

    #[test]
    fn a_secret_is_replaced_by_a_problem() {
        let (status, headers, body) = not_kept();
        assert_eq!(status, 409);
        assert_eq!(headers[0].1, "application/problem+json");
        assert!(body.contains("answer_not_kept"));
    }
}
