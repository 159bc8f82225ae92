//! Bodies that are cut, too long, or no text.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, header};

use super::{invoice, send, sequence, told};
use crate::service::caller;
use crate::support::service::{Service, for_each_store};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_ends_early_is_refused_wherever_it_ends() {
    let service = Service::start().await;
    let whole = invoice("I1").to_string();
    for end in 0..whole.len() {
        let reply = send(&service, "/v1/invoices", JSON, whole[..end].to_owned()).await;
        assert_eq!(reply.status, 400, "{end}: {}", reply.text);
        assert_eq!(reply.body["code"], "invalid_json", "{end}");
        let line = send(&service, "/v1/invoices:bulk", NDJSON, whole[..end].to_owned()).await;
        let refused = if end == 0 { vec![] } else { vec!["invalid_json"] };
        assert_eq!(told(&line), refused, "{end}");
    }
    assert_eq!(sequence(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_last_line_ends_early_keeps_the_lines_before() {
    for_each_store(|service| async move {
        let text = format!("{}\n{{\"invoice_id\": \"I2", invoice("I1"));
        let reply = send(&service, "/v1/invoices:bulk", NDJSON, text).await;
        assert_eq!(told(&reply), ["added", "invalid_json"]);
        assert_eq!(sequence(&service).await, 2, "an invoice and its customer");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_ten_megabytes_is_passed_over() {
    let service = Service::start().await;
    let long = "x".repeat(10 << 20);
    let text = format!(
        "{}\n{{\"invoice_id\": \"{long}\"}}\n{}\n",
        invoice("I1"),
        invoice("I2")
    );
    let reply = send(&service, "/v1/invoices:bulk", NDJSON, text).await;
    assert_eq!(told(&reply), ["added", "line_too_long", "added"]);
    let text = format!("customer_id,name\nC7,\"{long}\"\nC8,x\n");
    let reply = send(&service, "/v1/customers:bulk", "text/csv", text).await;
    assert_eq!(told(&reply), ["line_too_long", "added"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_refused() {
    let service = Service::start().await;
    let mut bytes = invoice("I1").to_string().into_bytes();
    let place = bytes.windows(2).position(|pair| pair == b"I1").unwrap();
    bytes[place] = 0xff;
    let reply = send(&service, "/v1/invoices", JSON, bytes.clone()).await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (400, Some("invalid_json"))
    );
    let reply = send(&service, "/v1/invoices:bulk", NDJSON, bytes).await;
    assert_eq!(told(&reply), ["invalid_utf8"]);
    let half_a_pair = invoice("I1").to_string().replace("I1", "\\ud800");
    let reply = send(&service, "/v1/invoices", JSON, half_a_pair).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    let nul = send(&service, "/v1/invoices:bulk", NDJSON, "\0\0\n\0".to_owned()).await;
    assert_eq!(told(&nul), ["invalid_json", "invalid_json"]);
    assert_eq!(sequence(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_inside_of_rows_and_a_name_twice_are_refused() {
    let service = Service::start().await;
    let twice = r#"{"invoice_id": "I1", "invoice_id": "I2"}"#;
    let escaped = r#"{"invoice_id": "I1", "invoice\u005fid": "I2"}"#;
    for body in [twice, escaped] {
        let reply = send(&service, "/v1/invoices", JSON, body).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (422, Some("duplicate_name"))
        );
    }
    for body in ["[[]]", "[[{}]]", "null", "1", "\"a\"", "[1]"] {
        let reply = send(&service, "/v1/invoices", JSON, body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text);
    }
    assert_eq!(sequence(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_many_times_at_once_is_acted_on_once() {
    for_each_store(|service| async move {
        let app = service.app();
        let (_, key) = caller::admin(app).await;
        let attempts: Vec<_> = (0..8)
            .map(|_| {
                let (app, key) = (Arc::clone(app), key.clone());
                tokio::spawn(async move {
                    let body = invoice("I1").to_string();
                    let mut request = caller::request(Method::POST, "/v1/invoices", Some(&key), Some(&body));
                    request
                        .headers_mut()
                        .insert("idempotency-key", "one".parse().unwrap());
                    caller::send(&app, request).await
                })
            })
            .collect();
        let mut first = 0;
        for attempt in attempts {
            let heard = attempt.await.unwrap();
            match heard.status.as_u16() {
                201 => first += i32::from(!heard.headers.contains_key("idempotent-replayed")),
                409 => {
                    assert_eq!(heard.code(), "request_in_flight");
                    assert!(heard.headers.contains_key(header::RETRY_AFTER));
                }
                other => panic!("{other}: {}", heard.body),
            }
        }
        assert_eq!(first, 1);
        assert_eq!(sequence(&service).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_not_taken_for_a_whole_one() {
    let service = Service::start().await;
    let pieces = [
        Ok(invoice("I1").to_string()),
        Err(std::io::Error::other("the client has gone")),
    ];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let reply = send(&service, "/v1/invoices", JSON, body).await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (400, Some("body_unreadable"))
    );
    assert_eq!(sequence(&service).await, 0);
}
