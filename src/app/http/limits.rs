//! How many requests are at work at once, and for how long.
//!
//! A request that changes something runs to its end even when its client has gone or its time is over: half of it
//! would leave what is in memory behind what is in the store. A request that only reads is dropped.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::body::is_upload;
use super::error::ApiError;
use crate::app::config::LimitConfig;

/// Seconds after which a client that was turned away may come back.
const RETRY_AFTER_S: u32 = 1;
/// Most that `Prefer: wait` adds to the time of a request.
const WAIT_MAX_S: u64 = 60;

/// Room for requests to the API.
#[derive(Clone, Debug)]
pub(crate) struct Capacity {
    permits: Arc<Semaphore>,
    permits_max: u32,
    timeout: Duration,
}

impl Capacity {
    /// Returns the room that the configuration gives, with nobody inside.
    pub(crate) fn new(config: &LimitConfig) -> Self {
        let permits_max = config.concurrency_max.min(Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(permits_max)),
            permits_max: u32::try_from(permits_max).unwrap_or(u32::MAX),
            timeout: Duration::from_secs(config.request_timeout_s),
        }
    }

    /// Waits until no request is at work, those whose clients have gone included.
    pub(crate) async fn emptied(&self) {
        // The semaphore is never closed; if it were, nobody would be at work.
        let _ = self.permits.acquire_many(self.permits_max).await;
    }
}

/// Lets a request in where there is room, and answers in time.
pub(super) async fn admit(State(capacity): State<Capacity>, request: Request, next: Next) -> Response {
    // Probes and the documents about the API must answer under any load.
    if !request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    let Ok(permit) = Arc::clone(&capacity.permits).try_acquire_owned() else {
        return ApiError::unavailable(
            "overloaded",
            "as many requests are at work as may be; try again",
            RETRY_AFTER_S,
        )
        .into_response();
    };
    let timeout =
        (!is_upload(request.uri().path())).then(|| capacity.timeout + preferred_wait(request.headers()));
    let is_safe = request.method().is_safe();
    let work = async move {
        let response = next.run(request).await;
        drop(permit);
        response
    };
    if is_safe {
        within(timeout, work).await
    } else {
        let task = tokio::spawn(work.in_current_span());
        within(timeout, ended(task)).await
    }
}

async fn ended(task: tokio::task::JoinHandle<Response>) -> Response {
    match task.await {
        Ok(response) => response,
        // Taken up by the layer that answers for panics.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => ApiError::unavailable("stopping", "the service is stopping", RETRY_AFTER_S)
            .caused_by(&error)
            .into_response(),
    }
}

async fn within(timeout: Option<Duration>, work: impl Future<Output = Response>) -> Response {
    let Some(timeout) = timeout else {
        return work.await;
    };
    match tokio::time::timeout(timeout, work).await {
        Ok(response) => response,
        Err(late) => ApiError::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "The answer took too long",
            format!("no answer within {} seconds", timeout.as_secs()),
        )
        .caused_by(&late)
        .into_response(),
    }
}

/// Returns the wait that `Prefer: wait=N` asks for; it comes on top of the time of the request.
fn preferred_wait(headers: &HeaderMap) -> Duration {
    let seconds = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|preference| {
            preference
                .trim()
                .strip_prefix("wait=")?
                .trim()
                .parse::<u64>()
                .ok()
        });
    Duration::from_secs(seconds.unwrap_or(0).min(WAIT_MAX_S))
}

#[cfg(test)]
mod tests {
    use super::{Capacity, preferred_wait};
    use crate::app::config::LimitConfig;
    use axum::body::Body;
    use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
    use axum::middleware::from_fn_with_state;
    use axum::response::Response;
    use axum::routing::post;
    use axum::{Router, http::header};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    fn request() -> Request<Body> {
        Request::post("/v1/slow").body(Body::empty()).unwrap()
    }

    fn router(capacity: &Capacity, started: &Arc<Notify>, proceed: &Arc<Notify>) -> Router {
        let (started, proceed) = (Arc::clone(started), Arc::clone(proceed));
        let handler = move || async move {
            started.notify_one();
            proceed.notified().await;
        };
        Router::new()
            .route("/v1/slow", post(handler))
            .layer(from_fn_with_state(capacity.clone(), super::admit))
    }

    async fn asked(router: &Router) -> Response {
        router.clone().oneshot(request()).await.unwrap()
    }

    #[tokio::test]
    async fn where_there_is_no_room_the_client_is_told_when_to_come_back() {
        let capacity = Capacity::new(&LimitConfig {
            concurrency_max: 1,
            ..LimitConfig::default()
        });
        let (started, proceed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let router = router(&capacity, &started, &proceed);
        let first = tokio::spawn(router.clone().oneshot(request()));
        started.notified().await;
        let second = asked(&router).await;
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(second.headers().contains_key(header::RETRY_AFTER));
        proceed.notify_one();
        assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_change_runs_to_its_end_when_its_client_has_gone() {
        let capacity = Capacity::new(&LimitConfig {
            concurrency_max: 1,
            ..LimitConfig::default()
        });
        let (started, proceed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let client = tokio::spawn(router(&capacity, &started, &proceed).oneshot(request()));
        started.notified().await;
        client.abort();
        assert!(client.await.unwrap_err().is_cancelled());
        assert_eq!(capacity.permits.available_permits(), 0);
        proceed.notify_one();
        capacity.emptied().await;
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_a_problem() {
        let capacity = Capacity {
            timeout: Duration::ZERO,
            ..Capacity::new(&LimitConfig::default())
        };
        let router = router(&capacity, &Arc::new(Notify::new()), &Arc::new(Notify::new()));
        assert_eq!(asked(&router).await.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[test]
    fn a_wait_that_is_preferred_has_its_limit() {
        let mut headers = HeaderMap::new();
        assert_eq!(preferred_wait(&headers), Duration::ZERO);
        headers.insert("prefer", HeaderValue::from_static("respond-async, wait=20"));
        assert_eq!(preferred_wait(&headers), Duration::from_secs(20));
        headers.insert("prefer", HeaderValue::from_static("wait=9000"));
        assert_eq!(preferred_wait(&headers), Duration::from_secs(60));
    }
}
