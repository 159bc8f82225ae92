//! The way in: who asks, whether that role may, how often, and only then the handler.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use crate::app::access::{Allowance, Refusal, Role};
use crate::app::service::gate::Denied;
use crate::app::state::App;

use super::error::ApiError;
use super::idempotency;
use super::routes::Route;

/// The route whose rows are known by their natural key, so that it takes no `Idempotency-Key`.
const IMPORTS: &str = "/v1/imports";

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What stands before one route.
#[derive(Clone)]
struct Door {
    app: App,
    roles: &'static [Role],
}

/// Returns a route that only its roles get through to, and whose POST is acted on once for each `Idempotency-Key`.
pub(super) fn protect(route: Route, app: &App) -> MethodRouter<App> {
    let is_replayable = is_replayable(&route.method, &route.path);
    let door = Door {
        app: Arc::clone(app),
        roles: route.roles,
    };
    let handler = if is_replayable {
        route
            .handler
            .route_layer(from_fn_with_state(Arc::clone(app), idempotency::replay))
    } else {
        route.handler
    };
    // The last layer is the first that a request meets.
    handler.route_layer(from_fn_with_state(door, authorise))
}

/// Returns 401 in the one form that it has, whatever the reason.
pub(super) fn unauthenticated() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "Who asks is not known",
        "send a valid key or token as `Authorization: Bearer ...`",
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"duecast\""),
    )
}

fn is_replayable(method: &Method, path: &str) -> bool {
    *method == Method::POST && !path.ends_with(":bulk") && path != IMPORTS
}

async fn authorise(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| *address);
    let sent = bearer(request.headers());
    let authenticated = match sent {
        Some(text) => door.app.gate.authenticate(&text).await,
        None => Err(Refusal::Missing.into()),
    };
    let principal = match authenticated {
        Ok(principal) => principal,
        Err(denied) => return refused(&door.app, address, denied).into_response(),
    };
    let allowance = door.app.gate.count(&principal.actor);
    let mut response = if let Some(seconds) = allowance.retry_after_s {
        too_many("rate_limited", "this key asks more often than it may", seconds).into_response()
    } else if principal.has_any(door.roles) {
        request.extensions_mut().insert(principal);
        next.run(request).await
    } else {
        forbidden(door.roles).into_response()
    };
    tell(response.headers_mut(), allowance);
    response
}

/// Returns what stands after `Authorization: Bearer`, where that header is there once.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, text) = value.split_once(' ')?;
    let text = text.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !text.is_empty()).then(|| text.to_owned())
}

fn refused(app: &App, address: Option<SocketAddr>, denied: Denied) -> ApiError {
    let refusal = match denied {
        Denied::Store(error) => return error.into(),
        Denied::Refused(refusal) => refusal,
    };
    metrics::counter!("duecast_logins_failed_total", "reason" => refusal.name()).increment(1);
    tracing::debug!(?refusal, "somebody was not let in");
    if refusal == Refusal::ProviderAway {
        return ApiError::unavailable(
            "identity_provider_away",
            "tokens cannot be checked at present; try again",
            60,
        );
    }
    // A valid key is never slowed by what others send from the same address.
    match address.and_then(|address| app.gate.count_failure(address.ip())) {
        Some(seconds) => too_many(
            "too_many_failures",
            "too many failed logins from this address",
            seconds,
        ),
        None => unauthenticated(),
    }
}

fn forbidden(roles: &[Role]) -> ApiError {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    ApiError::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "This role may not do that",
        format!("it needs one of the roles {}", names.join(", ")),
    )
}

fn too_many(code: &str, detail: &str, seconds: u32) -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        code,
        "Too many requests",
        format!("{detail}; try again in {seconds} s"),
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

/// Tells what is left, in the syntax of draft-ietf-httpapi-ratelimit-headers-11.
fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let policy = format!("\"requests\";q={};w={}", allowance.burst, allowance.window_s());
    let reset_s = allowance.retry_after_s.unwrap_or_else(|| allowance.reset_s());
    let left = format!("\"requests\";r={};t={reset_s}", allowance.remaining);
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        let value = HeaderValue::from_str(&text).expect("digits and letters make a header");
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{bearer, is_replayable, tell};
    use crate::app::access::Allowance;
    use axum::http::{HeaderMap, HeaderValue, Method, header};

    #[test]
    fn a_key_is_sent_once_and_as_a_bearer() {
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(bearer(&headers).as_deref(), expected, "{value:?}");
            headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer other"));
            assert_eq!(bearer(&headers), None, "two headers");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn uploads_take_no_idempotency_key() {
        assert!(is_replayable(&Method::POST, "/v1/payments"));
        assert!(!is_replayable(&Method::POST, "/v1/payments:bulk"));
        assert!(!is_replayable(&Method::POST, "/v1/imports"));
        assert!(!is_replayable(&Method::GET, "/v1/payments"));
    }

    #[test]
    fn what_is_left_is_told_in_the_syntax_of_the_draft() {
        let mut headers = HeaderMap::new();
        tell(
            &mut headers,
            Allowance {
                retry_after_s: None,
                remaining: 50,
                burst: 100,
                per_second: 10,
            },
        );
        assert_eq!(headers["ratelimit-policy"], "\"requests\";q=100;w=10");
        assert_eq!(headers["ratelimit"], "\"requests\";r=50;t=5");
    }
}
