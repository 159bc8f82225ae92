//! Requests with a key of one's own choosing, straight into the router.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use duecast::app::access::{Principal, Role, Scope};
use duecast::app::service::keys::{self, NewKey};
use duecast::app::state::App;

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Heard {
    /// The stable code of a problem; empty where the answer is none.
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A request before it is sent: JSON where it has a body.
pub(super) fn request(method: Method, path: &str, key: Option<&str>, body: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    request
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_owned())))
        .expect("the parts make a request")
}

/// Sends a request.
pub(super) async fn send(app: &App, request: Request<Body>) -> Heard {
    let router = duecast::app::http::app(Arc::clone(app));
    let response = router.oneshot(request).await.expect("the router always answers");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("an answer has an end");
    Heard {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

/// Sends a GET.
pub(super) async fn get(app: &App, path: &str, key: Option<&str>) -> Heard {
    send(app, request(Method::GET, path, key, None)).await
}

/// Sends a POST of JSON.
pub(super) async fn post(app: &App, path: &str, key: &str, body: &Value) -> Heard {
    send(
        app,
        request(Method::POST, path, Some(key), Some(&body.to_string())),
    )
    .await
}

/// Makes a key; returns its id and the whole of it.
pub(super) async fn key(app: &App, roles: &[Role], scope: Scope) -> (String, String) {
    let new = NewKey {
        name: "a test".to_owned(),
        roles: roles.iter().copied().collect(),
        scope,
        expires_at: None,
    };
    let made = keys::create(&app.store, new, &Principal::system(), app.clock.now())
        .await
        .expect("the key can be made");
    app.gate.forget_keys();
    (made.key.key_id, made.secret)
}

/// Makes a key with the role admin that sees everything.
pub(super) async fn admin(app: &App) -> (String, String) {
    key(app, &[Role::Admin], Scope::All).await
}
