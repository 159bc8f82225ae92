//! What should not come, and comes all the same.

mod bodies;
mod clients;
mod clock;
mod room;
mod store_away;
mod values;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::support::service::{Reply, Service};

/// An invoice of 100 euro.
fn invoice(invoice_id: &str) -> Value {
    json!({
        "invoice_id": invoice_id,
        "customer_id": "C1",
        "invoice_date": "2026-03-01",
        "due_date": "2026-03-31",
        "amount": "100.00",
        "currency": "EUR",
    })
}

/// Posts bytes just as they are.
async fn send(service: &Service, path: &str, kind: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .unwrap();
    service.send(request).await
}

/// Number of the last fact.
async fn sequence(service: &Service) -> i64 {
    let ledger = service.get("/v1/ledger").await;
    assert_eq!(ledger.status, 200, "{}", ledger.text);
    ledger.body["head"]["sequence"].as_i64().unwrap()
}

/// What became of each line of a bulk: its status, or the code of its first fault.
fn told(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let lines = reply.text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let code = line["errors"][0]["code"].as_str();
        code.or(line["status"].as_str()).unwrap_or("end").to_owned()
    });
    lines.filter(|told| told != "end").collect()
}
