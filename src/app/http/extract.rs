//! What handlers take out of a request; what cannot be taken is a problem with its place.

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::app::access::Principal;
use crate::app::state::App;

use super::error::ApiError;
use super::{auth, json};

/// What a handler answers.
pub(super) type Answer<T> = Result<T, ApiError>;

/// The body, a JSON object; the type refuses unknown fields itself.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// The body, a JSON document of any form; the type says which ones it takes.
#[derive(Debug)]
pub(super) struct Document<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = json_of(request, app).await?;
        json::parse_object(&bytes, app.config.limits.depth_max).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Document<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = json_of(request, app).await?;
        json::parse(&bytes, app.config.limits.depth_max).map(Self)
    }
}

/// Reads a body that says it is JSON.
async fn json_of(request: Request, app: &App) -> Answer<Bytes> {
    require_json(request.headers())?;
    read_body(request.into_body(), app.config.limits.body_bytes_max).await
}

/// The query string; the type refuses unknown parameters itself (`deny_unknown_fields`, without `flatten`).
#[derive(Debug)]
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(params)| Self(params))
            .map_err(|rejection| refused_parameter(&rejection.body_text()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(auth::unauthenticated)
    }
}

/// Reads a whole body.
///
/// # Errors
///
/// 413 where it is longer, 400 where it ends before its time or cannot be decompressed.
pub(super) async fn read_body(body: HttpBody, bytes_max: usize) -> Answer<Bytes> {
    to_bytes(body, bytes_max).await.map_err(|error| {
        if is_too_long(&error) {
            ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body is too large",
                format!("a body may have {bytes_max} bytes at most"),
            )
        } else {
            ApiError::malformed(
                "body_unreadable",
                "the body ended early or could not be decompressed",
            )
        }
    })
}

/// Refuses a body that does not call itself JSON.
fn require_json(headers: &HeaderMap) -> Answer<()> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        Ok(())
    } else {
        Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of another kind",
            format!("the content type must be application/json, got {given:?}"),
        ))
    }
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<LengthLimitError>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn refused_parameter(text: &str) -> ApiError {
    let message = text
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(text);
    let (code, field) = json::fault_of(message);
    let name = field.unwrap_or_else(|| message.split_once(": ").map_or("", |(name, _)| name));
    ApiError::malformed(
        "invalid_parameter",
        "a parameter of the query string cannot be used",
    )
    .at(name, code, message)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Params, require_json};
    use axum::extract::FromRequestParts;
    use axum::http::{HeaderMap, HeaderValue, Request, header};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<u32>,
    }

    async fn read(uri: &str) -> Answer<Params<Page>> {
        let (mut parts, ()) = Request::builder()
            .uri(uri)
            .body(())
            .expect("the address is one")
            .into_parts();
        Params::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn a_parameter_that_is_refused_is_named() {
        assert_eq!(read("/v1/a?limit=5").await.expect("a number").0.limit, Some(5));
        for (uri, pointer, code) in [
            ("/v1/a?limit=x", "limit", "invalid_value"),
            ("/v1/a?limti=5", "limti", "unknown_field"),
            ("/v1/a?limit=5&limit=6", "limit", "duplicate_field"),
        ] {
            let error = read(uri).await.expect_err("the parameter is wrong");
            let place = &error.problem().errors[0];
            assert_eq!(
                (place.pointer.as_str(), place.code.as_str()),
                (pointer, code),
                "{uri}"
            );
        }
    }

    #[test]
    fn only_json_is_taken_for_json() {
        for (kind, is_taken) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/plain", false),
            ("application/jsonx", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(require_json(&headers).is_ok(), is_taken, "{kind}");
        }
        assert!(require_json(&HeaderMap::new()).is_err());
    }
}
