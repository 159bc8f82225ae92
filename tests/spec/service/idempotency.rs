//! Exactly once: a POST that is sent twice under one key is acted on once.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use duecast::app::state::App;

use super::caller::{Heard, admin, get, request, send};
use crate::support::service::Service;

async fn post_once(app: &App, secret: &str, key: &str, path: &str, body: &Value) -> Heard {
    let mut request = request(Method::POST, path, Some(secret), Some(&body.to_string()));
    let key = key.parse().expect("the key makes a header");
    request.headers_mut().insert("idempotency-key", key);
    send(app, request).await
}

/// How many keys have a name.
async fn named(app: &App, secret: &str, name: &str) -> usize {
    let listed = get(app, "/v1/api-keys?limit=1000", Some(secret)).await;
    let rows = listed.body["data"].as_array().expect("a list");
    rows.iter().filter(|row| row["name"] == json!(name)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_answered_as_before() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let refused = json!({ "name": "a", "roles": [] });
    let first = post_once(app, &admin, "1", "/v1/api-keys", &refused).await;
    assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let second = post_once(app, &admin, "1", "/v1/api-keys", &refused).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(second.headers["content-type"], first.headers["content-type"]);
    assert_eq!(second.body["errors"], first.body["errors"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_once_and_never_repeated() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let wanted = json!({ "name": "once", "roles": ["data"] });
    let first = post_once(app, &admin, "1", "/v1/api-keys", &wanted).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let second = post_once(app, &admin, "1", "/v1/api-keys", &wanted).await;
    assert_eq!(
        (second.status, second.code()),
        (StatusCode::CONFLICT, "answer_not_kept")
    );
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(named(app, &admin, "once").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_request_of_one_client() {
    let service = Service::start().await;
    let app = service.app();
    let (_, one) = admin(app).await;
    let (_, other) = admin(app).await;
    let wanted = json!({ "name": "first", "roles": ["data"] });
    let changed = json!({ "name": "second", "roles": ["data"] });
    assert_eq!(
        post_once(app, &one, "1", "/v1/api-keys", &wanted).await.status,
        StatusCode::CREATED
    );
    let reused = post_once(app, &one, "1", "/v1/api-keys", &changed).await;
    assert_eq!(
        (reused.status, reused.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
    );
    assert_eq!(named(app, &one, "second").await, 0);
    assert_eq!(
        post_once(app, &other, "1", "/v1/api-keys", &changed).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_attempts_at_once_act_once() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let wanted = json!({ "name": "race", "roles": ["data"] });
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (app, admin, wanted) = (Arc::clone(app), admin.clone(), wanted.clone());
            tokio::spawn(async move { post_once(&app, &admin, "1", "/v1/api-keys", &wanted).await })
        })
        .collect();
    let mut created = 0;
    for attempt in attempts {
        let heard = attempt.await.expect("the attempt ends");
        match heard.status {
            StatusCode::CREATED => created += 1,
            status => {
                assert_eq!(status, StatusCode::CONFLICT);
                assert!(
                    ["request_in_flight", "answer_not_kept"].contains(&heard.code()),
                    "{}",
                    heard.body
                );
            }
        }
    }
    assert_eq!(created, 1);
    assert_eq!(named(app, &admin, "race").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_a_day() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let wanted = json!({ "name": "daily", "roles": ["data"] });
    let begin = app.clock.now();
    post_once(app, &admin, "1", "/v1/api-keys", &wanted).await;
    app.clock.set(begin + TimeDelta::hours(23));
    post_once(app, &admin, "1", "/v1/api-keys", &wanted).await;
    assert_eq!(named(app, &admin, "daily").await, 1);
    app.clock.set(begin + TimeDelta::hours(24));
    let again = post_once(app, &admin, "1", "/v1/api-keys", &wanted).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    assert_eq!(named(app, &admin, "daily").await, 2);

    let purged = app.store.purge_idempotency(begin + TimeDelta::hours(24)).await;
    assert_eq!(
        purged.expect("the store answers"),
        0,
        "the renewed answer is not old"
    );
    let purged = app.store.purge_idempotency(begin + TimeDelta::hours(25)).await;
    assert_eq!(purged.expect("the store answers"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let wanted = json!({ "name": "never", "roles": ["data"] });
    for key in ["", "two words", &"k".repeat(256)] {
        let heard = post_once(app, &admin, key, "/v1/api-keys", &wanted).await;
        assert_eq!(
            (heard.status, heard.code()),
            (StatusCode::BAD_REQUEST, "invalid_idempotency_key")
        );
    }
    assert_eq!(named(app, &admin, "never").await, 0);
}
