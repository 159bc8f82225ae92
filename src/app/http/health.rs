//! Whether the process lives, and whether it can answer.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::config::Alias;
use crate::app::state::App;

/// A store that takes longer is as good as away.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The process lives.
#[derive(Debug, Serialize)]
pub(super) struct Alive {
    status: &'static str,
}

/// Whether the service can answer, and each check behind it.
#[derive(Debug, Serialize)]
struct Readiness {
    status: &'static str,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    is_passed: bool,
    detail: &'static str,
}

/// Answers as long as the process does; whoever restarts processes asks this.
pub(super) async fn livez() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// Answers 200 when questions will be answered, 503 otherwise; whoever routes requests asks this.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let checks = vec![store(&app).await, champion(&app), book(&app)];
    let (code, status) = if checks.iter().all(|check| check.is_passed) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    (code, Json(Readiness { status, checks })).into_response()
}

async fn store(app: &App) -> Check {
    // The error of the store may name its address: it goes to the log alone.
    let is_passed = match tokio::time::timeout(STORE_TIMEOUT, app.store.ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &(dyn std::error::Error + 'static),
                "the store does not answer"
            );
            false
        }
        Err(_) => false,
    };
    Check {
        name: "store",
        is_passed,
        detail: if is_passed { "answers" } else { "does not answer" },
    }
}

/// A new service has nothing to predict and needs no model yet.
fn champion(app: &App) -> Check {
    let (is_passed, detail) = if app.registry.alias(Alias::Champion).is_some() {
        (true, "loaded")
    } else if is_empty(app) {
        (true, "not needed: the ledger is empty")
    } else {
        (false, "no model is champion")
    };
    Check {
        name: "champion",
        is_passed,
        detail,
    }
}

fn book(app: &App) -> Check {
    let (is_passed, detail) = if app.book.is_ready() {
        (true, "built")
    } else if is_empty(app) {
        (true, "not needed: the ledger is empty")
    } else {
        (false, "not built yet")
    };
    Check {
        name: "book",
        is_passed,
        detail,
    }
}

fn is_empty(app: &App) -> bool {
    app.ledger.head().sequence == 0
}
