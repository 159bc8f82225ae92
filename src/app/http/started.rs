//! The answer to a request that started long work: 202 and where to look, or the end of it when the client waits.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::operations::{self, Failure, Operation};
use crate::app::state::App;

use super::error::ApiError;
use super::extract::Answer;

/// Longest that a request may wait for the end of its work.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Seconds after which to look at an operation again.
pub(super) const RETRY_AFTER_S: u32 = 1;

/// What the client prefers, as RFC 7240 has it; what is not understood is ignored, as it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// How long it waits for the end of its work: `Prefer: wait=10`.
    pub(super) wait: Option<Duration>,
}

impl Preferences {
    /// Reads the `Prefer` headers of a request; the first `wait` counts.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let wait = headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ';']))
            .find_map(wait_of);
        Self { wait }
    }
}

fn wait_of(preference: &str) -> Option<Duration> {
    let (name, value) = preference.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("wait") {
        return None;
    }
    let seconds = value.trim().trim_matches('"').parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds).min(WAIT_MAX))
}

/// Answers 202 with the operation, or 200 when the client waits and it ends in time.
///
/// # Errors
///
/// Those of [`operations::Operations::wait`].
pub(super) async fn started(app: &App, headers: &HeaderMap, operation: Operation) -> Answer<Response> {
    let wait = Preferences::of(headers).wait;
    let operation = match wait {
        Some(at_most) => app.operations.wait(&operation.operation_id, at_most).await?,
        None => operation,
    };
    let location = format!("/v1/operations/{}", operation.operation_id);
    let status = if operation.status.is_ended() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    let mut response = (status, Json(&operation)).into_response();
    let told = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&location) {
        told.insert(header::LOCATION, location);
    }
    if status == StatusCode::ACCEPTED {
        told.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    if let Some(wait) = wait
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", wait.as_secs()))
    {
        told.insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

impl From<operations::Error> for ApiError {
    fn from(error: operations::Error) -> Self {
        let detail = error.to_string();
        match error {
            operations::Error::QueueFull => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "queue_full",
                "Too much is waiting",
                detail,
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from(10_u32)),
            operations::Error::Stopping => Self::unavailable("stopping", detail, 10),
            operations::Error::Unknown { operation_id } => Self::not_found("operation", &operation_id),
            operations::Error::NotAllowed { .. } => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
            }
            operations::Error::AlreadyEnded { .. } => Self::conflict("already_ended", detail),
            operations::Error::NotEnded { .. } => Self::conflict("not_ended", detail),
            operations::Error::NoFile { .. } => {
                Self::new(StatusCode::NOT_FOUND, "no_file", "Not found", detail)
            }
            operations::Error::Store(error) => Self::from(error),
        }
    }
}

impl From<ApiError> for Failure {
    /// Keeps what the client may be told; the cause goes to the log here, for no answer carries it to the edge.
    fn from(error: ApiError) -> Self {
        let problem = error.problem();
        if let Some(cause) = error.cause() {
            tracing::error!(
                code = problem.code,
                cause = cause.0,
                "the work of an operation failed"
            );
        }
        let mut detail = problem.detail.clone();
        for finding in &problem.errors {
            detail.push_str(&format!("; {}: {}", finding.pointer, finding.detail));
        }
        Self {
            code: problem.code.clone(),
            detail,
            is_cancelled: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Preferences, WAIT_MAX};
    use axum::http::{HeaderMap, HeaderValue};
    use std::time::Duration;

    fn wait(preferences: &[&'static str]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for preference in preferences {
            headers.append("prefer", HeaderValue::from_static(preference));
        }
        Preferences::of(&headers).wait
    }

    #[test]
    fn a_client_says_how_long_it_waits() {
        assert_eq!(wait(&["wait=10"]), Some(Duration::from_secs(10)));
        assert_eq!(
            wait(&["respond-async, Wait = \"5\""]),
            Some(Duration::from_secs(5))
        );
        assert_eq!(wait(&["return=minimal", "wait=0"]), Some(Duration::ZERO));
    }

    #[test]
    fn nobody_waits_longer_than_the_most() {
        assert_eq!(wait(&["wait=86400"]), Some(WAIT_MAX));
    }

    #[test]
    fn a_preference_that_is_not_understood_is_ignored() {
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&["wait", "wait=soon", "wait=-1", "await=3"]), None);
    }
}
