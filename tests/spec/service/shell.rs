//! What every answer of the service has, whatever was asked.

use std::io::Write;

use axum::body::Body;
use axum::http::{Request, header};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::service::{Reply, Service};

/// The largest body by default, and a little more.
const TOO_LARGE: usize = (4 << 20) + 1;

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path)
}

fn json(path: &str, body: impl Into<Body>) -> Request<Body> {
    request("POST", path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip_request(path: &str, bytes: Vec<u8>) -> Request<Body> {
    request("POST", path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(bytes))
        .unwrap()
}

/// Checks that an answer is a problem, whole, with the id that the header has.
fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (status, Some(code)),
        "{}",
        reply.text
    );
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(reply.body["status"], status);
    assert_eq!(
        reply.body["request_id"].as_str(),
        reply.headers["x-request-id"].to_str().ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_request_id_and_forbids_keeping_and_guessing() {
    let reply = Service::start().await.get("/v1/ledger").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["x-request-id"].len(), 36);
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_and_the_trace_of_the_client_are_taken_over() {
    let service = Service::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let asked = request("GET", "/v1/ledger")
        .header("x-request-id", "mine-1")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .body(Body::empty())
        .unwrap();
    let reply = service.send(asked).await;
    assert_eq!(reply.headers["x-request-id"], "mine-1");
    assert!(reply.headers["traceresponse"].to_str().unwrap().contains(trace));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_no_route_has_is_a_problem() {
    let service = Service::start().await;
    assert_problem(&service.get("/v1/no-such-thing").await, 404, "unknown_route");
    assert_problem(&service.get("/").await, 404, "unknown_route");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_does_not_have_is_told_those_it_has() {
    let service = Service::start().await;
    let asked = request("DELETE", "/v1/ledger").body(Body::empty()).unwrap();
    let reply = service.send(asked).await;
    assert_problem(&reply, 405, "method_not_allowed");
    assert!(reply.headers["allow"].to_str().unwrap().contains("GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let service = Service::start().await;
    let reply = service.send(json("/v1/customers", vec![b' '; TOO_LARGE])).await;
    assert_problem(&reply, 413, "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_body_that_unpacks_to_a_large_one_is_refused() {
    let service = Service::start().await;
    let bomb = gzipped(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let reply = service.send(gzip_request("/v1/customers", bomb)).await;
    assert_problem(&reply, 413, "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_read() {
    let service = Service::start().await;
    let customers = br#"[{"customer_id": "C-GZIP"}]"#;
    let reply = service
        .send(gzip_request("/v1/customers", gzipped(customers)))
        .await;
    assert!((200..300).contains(&reply.status), "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_compressed_body_is_refused() {
    let service = Service::start().await;
    let mut half = gzipped(br#"[{"customer_id": "C-HALF"}]"#);
    half.truncate(half.len() / 2);
    let reply = service.send(gzip_request("/v1/customers", half)).await;
    assert_problem(&reply, 400, "body_unreadable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoding_that_is_not_read_is_refused() {
    let service = Service::start().await;
    let asked = request("POST", "/v1/customers")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "br")
        .body(Body::from("x"))
        .unwrap();
    assert_problem(&service.send(asked).await, 415, "unsupported_encoding");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_kind_is_refused() {
    let service = Service::start().await;
    let asked = request("POST", "/v1/forecasts")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::from("as_of = today"))
        .unwrap();
    assert_problem(&service.send(asked).await, 415, "unsupported_media_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_only_nests_is_refused() {
    let service = Service::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_problem(&service.send(json("/v1/forecasts", deep)).await, 400, "too_deep");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_are_compressed_where_the_client_takes_it() {
    let service = Service::start().await;
    let asked = |path: &str| {
        request("GET", path)
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Body::empty())
            .unwrap()
    };
    let large = service.send(asked("/openapi.json")).await;
    assert_eq!(large.headers["content-encoding"], "gzip");
    let small = service.send(asked("/livez")).await;
    assert!(!small.headers.contains_key("content-encoding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_its_store_lives_and_is_not_ready() {
    let service = Service::start().await;
    let ready = service.get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert_eq!(ready.body["status"], "ready");

    service.app().store.close().await;
    assert_eq!(service.get("/livez").await.status, 200);
    let away = service.get("/readyz").await;
    assert_eq!(away.status, 503);
    assert_eq!(away.body["status"], "not_ready");
    let checks = away.body["checks"].as_array().unwrap();
    let store = checks.iter().find(|check| check["name"] == "store").unwrap();
    assert_eq!(store["is_passed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_documents_need_no_key() {
    let service = Service::start().await;
    let router = duecast::app::http::app(std::sync::Arc::clone(service.app()));
    for path in ["/livez", "/readyz", "/openapi.json", "/docs/"] {
        let asked = request("GET", path).body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), asked).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
    let asked = request("GET", "/v1/ledger").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(router, asked).await.unwrap();
    assert_eq!(response.status(), 401);
}
