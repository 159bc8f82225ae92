//! What is told of every request: its id, its trace, one log line, its figures.
//!
//! A log line names the route, never its path or query: those hold names and amounts.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::error::Cause;
use super::trace_context::TraceContext;
use super::{problem, request_id};
use crate::app::access::Principal;

/// The target of the one line a request.
const LOG: &str = "duecast::request";
/// The route of a request that has none.
const UNMATCHED: &str = "unmatched";
/// Routes that are asked every few seconds by a machine; they are logged at debug.
const PROBES: [&str; 2] = ["/livez", "/readyz"];
/// Routes whose good answer is a prediction.
const PREDICTIONS: [&str; 2] = ["/v1/invoices/{invoice_id}/prediction", "/v1/predictions"];

/// Who asked, on its way from the route to the log.
#[derive(Clone, Debug)]
struct Actor(String);

/// What is told of one request.
struct Told {
    method: &'static str,
    route: String,
    request_id: String,
    trace: TraceContext,
}

/// Gives a request its id and trace, and tells what became of it; the outermost layer but compression.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let told = Told {
        method: method_name(request.method()),
        route: request
            .extensions()
            .get::<MatchedPath>()
            .map_or(UNMATCHED, MatchedPath::as_str)
            .to_owned(),
        request_id: request_id::of(request.headers()),
        trace: TraceContext::of(request.headers()),
    };
    let span = tracing::info_span!(
        "request",
        request_id = told.request_id.as_str(),
        trace_id = told.trace.trace_id()
    );
    let in_flight = InFlight::enter();
    let response = next.run(request).instrument(span).await;
    drop(in_flight);
    let mut response = problem::finished(response, &told.request_id).await;
    add_headers(&mut response, &told);
    let seconds = started.elapsed().as_secs_f64();
    count(&told, &response, seconds);
    log(&told, &response, seconds);
    response
}

/// Passes on who asked; runs inside the check of who may.
pub(super) async fn note_actor(request: Request, next: Next) -> Response {
    let actor = request
        .extensions()
        .get::<Principal>()
        .map(|principal| Actor(principal.actor.clone()));
    let mut response = next.run(request).await;
    if let Some(actor) = actor {
        response.extensions_mut().insert(actor);
    }
    response
}

/// A request at work; counted out when it is dropped, also by a client that went away.
struct InFlight;

impl InFlight {
    fn enter() -> Self {
        metrics::gauge!("duecast_http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("duecast_http_requests_in_flight").decrement(1.0);
    }
}

/// Returns the method for a label; clients may invent methods, labels must not grow with them.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "other",
    }
}

fn add_headers(response: &mut Response, told: &Told) {
    let headers = response.headers_mut();
    for (name, value) in [
        (request_id::HEADER, told.request_id.clone()),
        ("traceresponse", told.trace.response()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn count(told: &Told, response: &Response, seconds: f64) {
    let status = response.status();
    metrics::counter!(
        "duecast_http_requests_total",
        "method" => told.method,
        "route" => told.route.clone(),
        "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!(
        "duecast_http_request_duration_seconds",
        "method" => told.method,
        "route" => told.route.clone(),
        "status" => status.as_u16().to_string()
    )
    .record(seconds);
    if status.is_success() && PREDICTIONS.contains(&told.route.as_str()) {
        metrics::counter!("duecast_predictions_served_total").increment(1);
    }
}

fn log(told: &Told, response: &Response, seconds: f64) {
    let status = response.status();
    let (method, route) = (told.method, told.route.as_str());
    let (request_id, trace_id, span_id) = (
        told.request_id.as_str(),
        told.trace.trace_id(),
        told.trace.span_id(),
    );
    let code = status.as_u16();
    let duration_ms = (seconds * 1_000_000.0).round() / 1_000.0;
    let extensions = response.extensions();
    let actor = extensions.get::<Actor>().map(|actor| actor.0.as_str());
    if status.is_server_error() {
        let cause = extensions.get::<Cause>().map(|cause| cause.0.as_str());
        tracing::error!(
            target: LOG, method, route, status = code, duration_ms, request_id, trace_id, span_id, actor, cause,
            "request failed"
        );
    } else if PROBES.contains(&route) {
        tracing::debug!(
            target: LOG, method, route, status = code, duration_ms, request_id, trace_id, span_id, "probe"
        );
    } else {
        tracing::info!(
            target: LOG, method, route, status = code, duration_ms, request_id, trace_id, span_id, actor,
            "request"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{method_name, observe};
    use crate::app::http::problem;
    use axum::Router;
    use axum::body::Body;
    use axum::http::{Method, Request, StatusCode};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn broken() -> &'static str {
        panic!("secret");
    }

    #[tokio::test]
    async fn a_panic_is_answered_under_the_id_of_its_request() {
        let router = Router::new()
            .route("/", get(broken))
            .layer(CatchPanicLayer::custom(problem::panicked))
            .layer(from_fn(observe));
        let request = Request::get("/")
            .header("x-request-id", "mine")
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-request-id"], "mine");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem["request_id"], "mine");
        assert_eq!(problem["code"], "internal");
        assert!(!problem.to_string().contains("secret"));
    }

    #[test]
    fn a_method_that_a_client_invents_makes_no_label() {
        assert_eq!(method_name(&Method::GET), "GET");
        assert_eq!(method_name(&Method::from_bytes(b"FROB").unwrap()), "other");
    }
}
