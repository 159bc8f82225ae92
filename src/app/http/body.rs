//! Bodies of requests: how large, how slow, how compressed.
//!
//! A body is watched twice: as it comes over the wire, where silence is noticed, and after decompression, where its
//! size is counted. What went wrong is remembered beside the body, so that the answer says it whichever part of the
//! service read the body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tower_http::timeout::{TimeoutBody, TimeoutError};

use super::error::ApiError;
use crate::app::config::LimitConfig;

/// How large and how slow bodies may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimits {
    bytes_max: u64,
    upload_bytes_max: u64,
    idle_timeout: Duration,
}

impl BodyLimits {
    pub(super) fn new(config: &LimitConfig) -> Self {
        Self {
            bytes_max: u64::try_from(config.body_bytes_max).unwrap_or(u64::MAX),
            upload_bytes_max: config.upload_bytes_max,
            idle_timeout: Duration::from_secs(config.idle_timeout_s),
        }
    }
}

/// Returns whether a path takes uploads: bulk lines and files, which may be large and take long.
pub(super) fn is_upload(path: &str) -> bool {
    path.ends_with(":bulk") || path == "/v1/imports"
}

/// What went wrong with a body while it was read.
#[derive(Debug, Default)]
struct Faults {
    is_too_large: AtomicBool,
    is_idle: AtomicBool,
    is_broken: AtomicBool,
}

/// The watch over one body.
#[derive(Clone, Debug)]
struct Watch {
    faults: Arc<Faults>,
    bytes_max: u64,
    is_encoded: bool,
}

/// The body is larger than the route reads.
#[derive(Debug, thiserror::Error)]
#[error("the body is larger than the route reads")]
struct TooLarge;

/// Watches a body as it comes over the wire.
pub(super) async fn watch(State(limits): State<BodyLimits>, mut request: Request, next: Next) -> Response {
    let bytes_max = if is_upload(request.uri().path()) {
        limits.upload_bytes_max
    } else {
        limits.bytes_max
    };
    let watch = Watch {
        faults: Arc::default(),
        bytes_max,
        is_encoded: request.headers().contains_key(header::CONTENT_ENCODING),
    };
    // No gzip is larger than what it holds, but for a few bytes: what is too large on the wire is too large.
    if announced(request.headers()).is_some_and(|announced| announced > bytes_max) {
        return watch.too_large().into_response();
    }
    request.extensions_mut().insert(watch.clone());
    let idle_timeout = limits.idle_timeout;
    let request = request.map(|body| {
        Body::new(Watched {
            inner: Body::new(TimeoutBody::new(idle_timeout, body)),
            faults: Arc::clone(&watch.faults),
            left: None,
        })
    });
    let response = next.run(request).await;
    watch.judge(response)
}

/// Counts a body after decompression.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let Some(watch) = request.extensions().get::<Watch>().cloned() else {
        return next.run(request).await;
    };
    let request = request.map(|body| {
        Body::new(Watched {
            inner: body,
            faults: watch.faults,
            left: Some(watch.bytes_max),
        })
    });
    next.run(request).await
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Watch {
    fn too_large(&self) -> ApiError {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "Body too large",
            format!("the body may have {} bytes, decompressed", self.bytes_max),
        )
    }

    /// Gives the answer that the body calls for, where the handler failed on it.
    fn judge(&self, response: Response) -> Response {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return response;
        }
        let is = |fault: &AtomicBool| fault.load(Ordering::Relaxed);
        if is(&self.faults.is_too_large) {
            self.too_large().into_response()
        } else if is(&self.faults.is_idle) {
            ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_timeout",
                "The body did not come",
                "no byte of the body came for too long; send it again",
            )
            .into_response()
        } else if is(&self.faults.is_broken) && self.is_encoded {
            ApiError::malformed("body_unreadable", "the body is no whole gzip stream").into_response()
        } else {
            response
        }
    }
}

/// A body with an eye on it.
#[derive(Debug)]
struct Watched {
    inner: Body,
    faults: Arc<Faults>,
    /// Bytes that may still come; none where they are not counted.
    left: Option<u64>,
}

impl Watched {
    fn note_failure(&self, error: &axum::Error) {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if error.is::<TimeoutError>() {
                self.faults.is_idle.store(true, Ordering::Relaxed);
            }
            cause = error.source();
        }
        if self.left.is_some() {
            self.faults.is_broken.store(true, Ordering::Relaxed);
        }
    }

    /// Counts the bytes of a frame; an error when they are too many.
    fn charge(&mut self, frame: &Frame<Bytes>) -> Result<(), axum::Error> {
        let (Some(left), Some(data)) = (self.left, frame.data_ref()) else {
            return Ok(());
        };
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        match left.checked_sub(length) {
            Some(left) => {
                self.left = Some(left);
                Ok(())
            }
            None => {
                self.faults.is_too_large.store(true, Ordering::Relaxed);
                Err(axum::Error::new(TooLarge))
            }
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                let charged = self.charge(&frame);
                Poll::Ready(Some(charged.map(|()| frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.note_failure(&error);
                Poll::Ready(Some(Err(error)))
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyLimits, Faults, Watched, is_upload, watch};
    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::http::{Request, StatusCode};
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use http_body_util::BodyExt;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_given_up() {
        let limits = BodyLimits {
            bytes_max: 100,
            upload_bytes_max: 100,
            idle_timeout: Duration::from_millis(5),
        };
        let router = Router::new()
            .route("/", post(|_: Bytes| async { "read" }))
            .layer(from_fn_with_state(limits, watch));
        let silence = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::post("/").body(Body::from_stream(silence)).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    }

    async fn read(text: &'static str, bytes_max: u64) -> (bool, Arc<Faults>) {
        let faults = Arc::new(Faults::default());
        let body = Watched {
            inner: Body::from(text),
            faults: Arc::clone(&faults),
            left: Some(bytes_max),
        };
        (body.collect().await.is_ok(), faults)
    }

    #[tokio::test]
    async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
        assert!(read("four", 4).await.0);
        let (is_read, faults) = read("fives", 4).await;
        assert!(!is_read);
        assert!(faults.is_too_large.load(Ordering::Relaxed));
    }

    #[test]
    fn bulk_and_files_are_uploads() {
        assert!(is_upload("/v1/invoices:bulk") && is_upload("/v1/imports"));
        assert!(!is_upload("/v1/invoices"));
    }
}
