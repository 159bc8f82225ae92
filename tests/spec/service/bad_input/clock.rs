//! A clock that is moved: the book of the day follows, and nothing else breaks.

use axum::http::{Method, Request};
use chrono::TimeDelta;
use duecast::app::access::Role;
use duecast::app::jobs;
use serde_json::{Value, json};

use super::invoice;
use crate::support::service::{Service, morning};

/// How the clock is moved, in days from the morning of the tests; back and forth, and far.
const DAYS: [i64; 7] = [0, 1, -1, 40, -400, 3_650, 0];

async fn prediction(service: &Service, invoice_id: &str) -> Value {
    let reply = service
        .get(&format!("/v1/invoices/{invoice_id}/prediction"))
        .await;
    // Not invoiced yet, open, or paid: the sample goes on after the business day.
    assert!(matches!(reply.status, 200 | 404 | 409), "{}", reply.text);
    reply.body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_is_that_of_the_day_wherever_the_clock_is_moved() {
    let service = Service::with_sample().await;
    let clock = &service.app().clock;
    let page = service.get("/v1/predictions?limit=1").await;
    let invoice_id = page.body["data"][0]["invoice_id"].as_str().unwrap().to_owned();
    let before = prediction(&service, &invoice_id).await;
    for days in DAYS {
        clock.set(morning() + TimeDelta::days(days));
        let today = clock.today().to_string();
        let ledger = service.get("/v1/ledger").await;
        assert_eq!(ledger.body["business_day"], today.as_str());
        let listed = service.get("/v1/predictions?limit=1").await;
        assert_eq!(listed.status, 200, "{today}: {}", listed.text);
        assert!(service.app().book.is_ready(), "{today}");
        let now = prediction(&service, &invoice_id).await;
        if days == 0 {
            assert_eq!(now["as_of"], today.as_str());
        }
        let late = service
            .get(&format!("/v1/invoices/{invoice_id}/prediction?as_of=2999-01-01"))
            .await;
        assert_eq!(late.status, 400, "{today}: {}", late.text);
        // A day is turned once, however often the clock comes by.
        jobs::catch_up(service.app()).await.unwrap();
        assert!(!jobs::catch_up(service.app()).await.unwrap(), "{today}");
    }
    assert_eq!(prediction(&service, &invoice_id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_clock_that_was_wrong_are_taken_and_the_trail_stays_whole() {
    let service = Service::start().await;
    let clock = &service.app().clock;
    for (number, days) in DAYS.into_iter().enumerate() {
        clock.set(morning() + TimeDelta::days(days));
        let reply = service.post("/v1/invoices", invoice(&format!("I{number}"))).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let key = json!({ "name": format!("{number}"), "roles": ["data"] });
        let made = service.post("/v1/api-keys", key).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let listed = service.get("/v1/invoices").await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(DAYS.len()));
    let proof = service.app().store.verify_audit().await.unwrap();
    assert_eq!(proof.fault, None);
    let trail = service.get("/v1/audit-events?limit=1000").await;
    assert_eq!(trail.status, 200, "{}", trail.text);
}

/// Posts an invoice under an idempotency key, and says whether an earlier answer came back.
async fn is_replayed(service: &Service, invoice_id: &str) -> bool {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/invoices")
        .header("content-type", "application/json")
        .header("idempotency-key", "one")
        .body(invoice(invoice_id).to_string().into())
        .unwrap();
    let reply = service.send(request).await;
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
    reply.headers.contains_key("idempotent-replayed")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_repeated_also_by_a_clock_that_was_set_back() {
    let service = Service::start().await;
    let clock = &service.app().clock;
    assert!(!is_replayed(&service, "I1").await);
    for hours in [-1, -240, 0, 23] {
        clock.set(morning() + TimeDelta::hours(hours));
        assert!(is_replayed(&service, "I1").await, "{hours}");
    }
    clock.set(morning() + TimeDelta::hours(24));
    assert!(!is_replayed(&service, "I1").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires_by_the_clock_and_not_before() {
    let service = Service::start().await;
    let clock = &service.app().clock;
    let wanted = json!({ "name": "for a day", "roles": ["data"], "expires_at": "2026-03-30T08:00:00Z" });
    let made = service.as_role(Role::Admin).post("/v1/api-keys", wanted).await;
    let secret = made.body["secret"].as_str().unwrap().to_owned();
    for (hours, status) in [
        (0, 200),
        (-100, 200),
        (23, 200),
        (24, 401),
        (1_000, 401),
        (0, 200),
    ] {
        clock.set(morning() + TimeDelta::hours(hours));
        let request = Request::get("/v1/ledger")
            .header("authorization", format!("Bearer {secret}"))
            .body(axum::body::Body::empty())
            .unwrap();
        let reply = service.send_as_it_is(request).await;
        assert_eq!(reply.status, status, "{hours}: {}", reply.text);
    }
}
