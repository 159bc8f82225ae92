//! What a client is told when something is wrong: RFC 9457 problems with stable codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::store;

/// Where in the request something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body, or the name of a query parameter or header.
    pub pointer: String,
    /// Stable code, such as `unknown_field`.
    pub code: String,
    /// What is wrong, what is allowed, what was given.
    pub detail: String,
}

/// A problem as RFC 9457 has it, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem; the last part is `code`.
    pub r#type: String,
    /// What kind of problem it is, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here; for a fault of the service nothing about its cause.
    pub detail: String,
    /// Stable, for programs.
    pub code: String,
    /// The same id as in the logs; filled in at the edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Where in the request, one entry a finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// An error on its way to the client: what it is told, and what only the log is told.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    /// Headers of the answer, such as `Retry-After`.
    headers: Vec<(header::HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// The cause of a fault, logged once at the edge and never sent.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

impl ApiError {
    /// Returns a problem that the client caused.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem {
                r#type: format!("urn:duecast:problem:{code}"),
                title: title.to_owned(),
                status: status.as_u16(),
                detail: detail.into(),
                code: code.to_owned(),
                request_id: None,
                errors: Vec::new(),
            }),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// Returns 400: the request cannot be understood.
    #[must_use]
    pub fn malformed(code: &str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            code,
            "The request cannot be understood",
            detail,
        )
    }

    /// Returns 422: the request is understood and cannot be done.
    #[must_use]
    pub fn invalid(code: &str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            "The request cannot be done as it is",
            detail,
        )
    }

    /// Returns 404: there is no such thing, or this client may not know of it.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            format!("there is no {what} {id:?}"),
        )
    }

    /// Returns 409: what is there stands in the way.
    #[must_use]
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            code,
            "What is there stands in the way",
            detail,
        )
    }

    /// Returns 500; the cause goes to the log alone.
    #[must_use]
    pub fn fault(cause: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The service failed",
            "the cause is in the log of the service, under this request id",
        )
        .caused_by(cause)
    }

    /// Returns 503 with `Retry-After`; the cause goes to the log alone.
    #[must_use]
    pub fn unavailable(code: &str, detail: impl Into<String>, retry_after_s: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code,
            "The service cannot do this at present",
            detail,
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after_s))
    }

    /// Adds a place in the request.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        self.problem.errors.push(FieldError {
            pointer: pointer.into(),
            code: code.to_owned(),
            detail: detail.into(),
        });
        self
    }

    /// Adds places in the request.
    #[must_use]
    pub fn at_all(mut self, errors: Vec<FieldError>) -> Self {
        self.problem.errors.extend(errors);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds the cause, which only the log is told.
    #[must_use]
    pub fn caused_by(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        self.cause = Some(Cause(chain(cause)));
        self
    }

    /// Returns what the client is told.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns what only the log is told.
    #[must_use]
    pub const fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}

/// Returns an error with all its causes, one after the other.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.extend(self.headers);
        response.extensions_mut().insert(*self.problem);
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        if error.is_away() {
            Self::unavailable("store_away", "the store does not answer; try again", 5).caused_by(&error)
        } else if error.is_full() {
            Self::unavailable("storage_full", "there is no room for more at present", 60).caused_by(&error)
        } else if error.is_unfit_text() {
            Self::malformed("malformed", "a text must not have the character U+0000")
        } else {
            Self::fault(&error)
        }
    }
}
