//! Figures for Prometheus, on a port of their own; `docs/API.md` lists them.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use crate::app::state::App;

/// Upper bounds of the classes of durations, in seconds; the promises are 10 ms and 50 ms.
const DURATIONS_S: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];
/// States of an operation; each is told, also when there is none in it.
const STATES: [&str; 5] = ["queued", "running", "succeeded", "failed", "cancelled"];
/// The content type of the text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Where Linux says how much memory the process has.
const MEMORY: &str = "/proc/self/status";

/// Why figures cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The classes of durations are refused.
    #[error("the classes of durations are refused")]
    Buckets {
        /// The refusal.
        source: BuildError,
    },
    /// Something in the process keeps figures already.
    #[error("figures are kept already in this process")]
    Taken,
}

/// What `/metrics` is answered from.
#[derive(Clone)]
struct Figures {
    app: App,
    handle: PrometheusHandle,
}

/// Begins to keep figures in this process.
///
/// # Errors
///
/// [`Error::Taken`] the second time.
pub fn install() -> Result<PrometheusHandle, Error> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&DURATIONS_S)
        .map_err(|source| Error::Buckets { source })?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| Error::Taken)?;
    describe();
    Ok(handle)
}

/// Returns the router of the port of figures.
pub fn router(app: App, handle: PrometheusHandle) -> Router {
    Router::new()
        .route("/metrics", get(render))
        .with_state(Figures { app, handle })
}

async fn render(State(figures): State<Figures>) -> Response {
    look(&figures.app).await;
    let text = figures.handle.render();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

fn describe() {
    for (name, help) in [
        ("duecast_http_requests_in_flight", "Requests at work"),
        (
            "duecast_book_open_invoices",
            "Open invoices that have a prediction in memory",
        ),
        ("duecast_book_sequence", "Last fact that the book knows of"),
        ("duecast_ledger_sequence", "Last fact that was recorded"),
        (
            "duecast_book_age_days",
            "Days from the day of the book to the business day",
        ),
        ("duecast_book_ready", "1 when the book is built"),
        ("duecast_operations", "Operations by status"),
        ("duecast_process_resident_memory_bytes", "Memory of the process"),
    ] {
        metrics::describe_gauge!(name, help);
    }
    for (name, help) in [
        ("duecast_http_requests_total", "Requests answered"),
        (
            "duecast_predictions_served_total",
            "Answers that hold predictions",
        ),
        ("duecast_facts_recorded_total", "Facts in the ledger"),
    ] {
        metrics::describe_counter!(name, help);
    }
    metrics::describe_histogram!(
        "duecast_http_request_duration_seconds",
        "Time to the first byte of the answer"
    );
}

/// Sets the figures that are looked up when they are asked for.
async fn look(app: &App) {
    let head = app.ledger.head();
    metrics::gauge!("duecast_ledger_sequence").set(approximate(head.sequence));
    metrics::counter!("duecast_facts_recorded_total").absolute(u64::try_from(head.sequence).unwrap_or(0));
    let is_ready = app.book.is_ready();
    metrics::gauge!("duecast_book_ready").set(if is_ready { 1.0 } else { 0.0 });
    if is_ready {
        let book = app.book.state();
        if let Some(as_of) = book.as_of {
            let age = app.clock.today().signed_duration_since(as_of).num_days();
            metrics::gauge!("duecast_book_age_days").set(approximate(age));
        }
        metrics::gauge!("duecast_book_sequence").set(approximate(book.sequence));
        let invoices = i64::try_from(book.invoices).unwrap_or(i64::MAX);
        metrics::gauge!("duecast_book_open_invoices").set(approximate(invoices));
    }
    // Figures go on without the store; that it is away is told by `/readyz`.
    if let Ok(counts) = app.store.operation_counts().await {
        for state in STATES {
            let count = counts.get(state).copied().unwrap_or(0);
            metrics::gauge!("duecast_operations", "status" => state).set(approximate(count));
        }
    }
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("duecast_process_resident_memory_bytes").set(approximate(bytes));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for a chart; exact below 2 to the power of 53"
)]
fn approximate(count: i64) -> f64 {
    count as f64
}

/// Returns the memory of the process, where the system tells it.
fn resident_bytes() -> Option<i64> {
    parse_resident(&std::fs::read_to_string(MEMORY).ok()?)
}

fn parse_resident(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::parse_resident;

    #[test]
    fn the_memory_of_the_process_is_read() {
        let status = "Name:\tduecast\nVmPeak:\t  999 kB\nVmRSS:\t   2048 kB\n";
        assert_eq!(parse_resident(status), Some(2_097_152));
        assert_eq!(parse_resident("Name:\tduecast\n"), None);
    }
}
