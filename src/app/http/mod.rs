//! The edge: routes, answers, errors. No SQL, no tables, no rules of the business.
//!
//! A request passes, from the outside: compression of the answer; its id, trace, log line and figures; the catch for
//! panics; the gate that counts and times it; the watch over its body; decompression; the count of its bytes; who may;
//! the handler.

pub mod error;
pub(crate) mod limits;
pub mod metrics;
pub mod openapi;
pub mod server;

mod action_error;
mod auth;
mod body;
mod book_error;
mod etag;
mod extract;
mod health;
mod idempotency;
mod json;
mod newest;
mod page;
mod problem;
mod request_id;
mod routes;
mod started;
mod telemetry;
mod trace_context;

mod api_keys;
mod audit;
mod customer_dto;
mod customers;
mod effects;
mod facts;
mod forecasts;
mod imports;
mod kpis;
mod ledger;
mod models;
mod monitors;
mod operations;
mod policies;
mod prediction_dto;
mod predictions;
mod promotions;
mod recommendations;
mod scenarios;
mod training;
mod variance;
mod webhook_dto;
mod webhooks;
mod worklist;

pub use routes::route_table;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::decompression::RequestDecompressionLayer;

use crate::app::state::App;
use body::BodyLimits;
use limits::Capacity;
use routes::Route;

/// Answers that are smaller are sent as they are.
const COMPRESSED_ABOVE_BYTES: u16 = 1_024;
/// Workbooks and Parquet, which are compressed in themselves.
const COMPRESSED_ALREADY: &str = "application/vnd.";

/// Returns the service as a router; tests call it without a socket.
pub fn app(state: App) -> Router {
    let capacity = Capacity::new(&state.config.limits);
    router(state, capacity)
}

/// Returns the service with a capacity that its caller can watch.
pub(crate) fn router(state: App, capacity: Capacity) -> Router {
    let limits = BodyLimits::new(&state.config.limits);
    let mut router = Router::new();
    for route in routes::routes() {
        let path = route.path.clone();
        let route = Route {
            handler: route.handler.layer(from_fn(telemetry::note_actor)),
            ..route
        };
        router = router.route(&path, auth::protect(route, &state));
    }
    let compressed = SizeAbove::new(COMPRESSED_ABOVE_BYTES)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new(COMPRESSED_ALREADY));
    router
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route(openapi::PATH, get(openapi::serve))
        .merge(openapi::page())
        .fallback(problem::unknown_route)
        // From the inside out.
        .layer(from_fn(body::count))
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn_with_state(limits, body::watch))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(capacity, limits::admit))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(telemetry::observe))
        .layer(CompressionLayer::new().compress_when(compressed))
        .with_state(state)
}
