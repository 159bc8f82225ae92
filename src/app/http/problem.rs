//! The last hand on an answer that is an error: every one is a problem, and every problem has its request id.

use std::any::Any;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::{ApiError, Problem};

/// The content type of a problem.
pub(super) const CONTENT_TYPE: &str = "application/problem+json";

/// Largest problem that was kept; ours are a few kilobytes.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// A problem that was kept cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a problem that was kept cannot be read")]
struct Unreadable;

/// A handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// Returns the answer to a request whose handler panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other
            .downcast::<&'static str>()
            .map_or_else(|_| "without a word".to_owned(), |text| (*text).to_owned()),
    };
    ApiError::fault(&Panicked(text)).into_response()
}

/// Returns the answer to a path that no route has.
pub(super) async fn unknown_route() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_route",
        "Not found",
        "no route has this path; /openapi.json lists every route",
    )
}

/// Makes an error without a body of ours a problem, and gives every problem its request id.
pub(super) async fn finished(response: Response, request_id: &str) -> Response {
    if let Some(problem) = response.extensions().get::<Problem>() {
        let problem = Problem {
            request_id: Some(request_id.to_owned()),
            ..problem.clone()
        };
        return written(response, &problem);
    }
    if is_kind(&response, CONTENT_TYPE) {
        return renamed(response, request_id).await;
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || is_kind(&response, "application/json") {
        return response;
    }
    let is_encoding = response.headers().contains_key(header::ACCEPT_ENCODING);
    let mut problem = bare(status, is_encoding).problem().clone();
    problem.request_id = Some(request_id.to_owned());
    written(response, &problem)
}

fn is_kind(response: &Response, kind: &str) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|given| given.starts_with(kind))
}

/// Gives a problem that was kept from an earlier answer the id of this request.
async fn renamed(response: Response, request_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, KEPT_BYTES_MAX).await else {
        return ApiError::fault(&Unreadable).into_response();
    };
    let body = match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(serde_json::Value::Object(mut problem)) => {
            problem.insert("request_id".to_owned(), request_id.into());
            Body::from(serde_json::Value::Object(problem).to_string())
        }
        Ok(_) | Err(_) => Body::from(bytes),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

/// Puts a problem in the place of the body; the other headers stay.
fn written(response: Response, problem: &Problem) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    let body = serde_json::to_vec(problem).unwrap_or_default();
    Response::from_parts(parts, Body::from(body))
}

/// Returns the problem of a status that the framework answered by itself.
fn bare(status: StatusCode, is_encoding: bool) -> ApiError {
    let (code, title, detail) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "Method not allowed",
            "this path has no such method; the header `allow` lists those it has",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE if is_encoding => (
            "unsupported_encoding",
            "Unsupported encoding",
            "a body may be plain or compressed with gzip",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "unsupported_media_type",
            "Unsupported media type",
            "the content type of the body is not one that this route reads",
        ),
        StatusCode::NOT_FOUND => ("not_found", "Not found", "there is no such thing"),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "body_too_large",
            "Body too large",
            "the body is larger than this route reads",
        ),
        StatusCode::BAD_REQUEST => (
            "malformed",
            "The request cannot be understood",
            "the path, the query or a header cannot be read",
        ),
        other if other.is_server_error() => (
            "internal",
            "The service failed",
            "the cause is in the log of the service, under this request id",
        ),
        _ => ("refused", "The request is refused", "the status says why"),
    };
    ApiError::new(status, code, title, detail)
}

#[cfg(test)]
mod tests {
    use super::{finished, panicked};
    use crate::app::http::error::{ApiError, Problem};
    use axum::body::Body;
    use axum::http::{StatusCode, header};
    use axum::response::{IntoResponse, Response};
    use http_body_util::BodyExt;

    async fn problem_of(response: Response) -> serde_json::Value {
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn every_problem_has_its_request_id() {
        let response = finished(ApiError::not_found("invoice", "I1").into_response(), "r1").await;
        let problem = problem_of(response).await;
        assert_eq!(problem["request_id"], "r1");
        assert_eq!(problem["code"], "not_found");
    }

    #[tokio::test]
    async fn an_error_of_the_framework_becomes_a_problem_and_keeps_its_headers() {
        let response = Response::builder()
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(header::ALLOW, "GET")
            .body(Body::from("no"))
            .unwrap();
        let response = finished(response, "r2").await;
        assert_eq!(response.headers()[header::ALLOW], "GET");
        assert_eq!(problem_of(response).await["code"], "method_not_allowed");
    }

    #[tokio::test]
    async fn a_problem_that_was_kept_gets_the_id_of_the_new_request() {
        let response = Response::builder()
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .header(header::CONTENT_TYPE, "application/problem+json")
            .body(Body::from("{\"code\":\"kept\"}"))
            .unwrap();
        let problem = problem_of(finished(response, "r4").await).await;
        assert_eq!(problem["request_id"], "r4");
        assert_eq!(problem["code"], "kept");
    }

    #[tokio::test]
    async fn an_answer_that_is_json_stays() {
        let response = (StatusCode::SERVICE_UNAVAILABLE, axum::Json("not ready")).into_response();
        let response = finished(response, "r3").await;
        assert!(response.extensions().get::<Problem>().is_none());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&bytes[..], b"\"not ready\"");
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_that_says_nothing_of_its_cause() {
        let response = panicked(Box::new("secret".to_owned()));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem_of(response).await.to_string().contains("secret"));
    }
}
