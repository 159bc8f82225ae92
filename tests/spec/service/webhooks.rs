//! Events reach their receivers: signed, at least once, later again, and not for ever.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::TimeDelta;
use duecast::app::access::Role;
use duecast::app::events::{Event, EventType};
use serde_json::{Value, json};

use crate::support::service::{Service, morning};

/// What a receiver was sent, and what it will answer.
#[derive(Clone, Default)]
struct Receiver {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
}

impl Receiver {
    /// Listens on a free port; answers 204 when nothing else is left to answer.
    async fn listen(answers: &[StatusCode]) -> (Self, String) {
        let receiver = Self::default();
        receiver.answers.lock().unwrap().extend(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(Self::take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    async fn take(State(receiver): State<Self>, headers: HeaderMap, body: Bytes) -> StatusCode {
        receiver.heard.lock().unwrap().push((headers, body));
        let next = receiver.answers.lock().unwrap().pop_front();
        next.unwrap_or(StatusCode::NO_CONTENT)
    }

    fn heard(&self) -> Vec<(HeaderMap, Bytes)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn service() -> Service {
    Service::configured(|config| {
        config.webhooks.is_private_allowed = true;
        config.webhooks.backoff_s = vec![5, 60];
    })
    .await
}

/// Makes an endpoint; returns its id and its secret.
async fn endpoint(service: &Service, url: &str, event_types: Value) -> (String, String) {
    let wish = json!({ "url": url, "event_types": event_types });
    let made = service.post("/v1/webhook-endpoints", wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
    (text("endpoint_id"), text("secret"))
}

async fn publish(service: &Service, event_type: EventType) {
    let event = Event {
        event_type,
        subject: "model-1".to_owned(),
        data: json!({ "version": "model-1" }),
    };
    service.app().events.publish(event).await.unwrap();
}

/// Delivers what is due; returns how many attempts that were.
async fn deliver(service: &Service) -> usize {
    let app = service.app();
    let dispatcher = app.events.dispatcher(&app.config.webhooks);
    dispatcher.deliver_due().await.unwrap()
}

async fn status_of_the_only_delivery(service: &Service) -> (String, i64) {
    let list = service.get("/v1/webhook-deliveries").await;
    let [delivery] = list.body["data"].as_array().unwrap().as_slice() else {
        panic!("{}", list.text);
    };
    (
        delivery["status"].as_str().unwrap().to_owned(),
        delivery["attempts"].as_i64().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_as_a_cloud_event_that_its_secret_signs() {
    let service = service().await;
    let (receiver, url) = Receiver::listen(&[]).await;
    let (_, secret) = endpoint(&service, &url, json!([])).await;
    // Signatures are good for five minutes of the receiver's own clock.
    service
        .app()
        .clock
        .set(chrono::DateTime::from(std::time::UNIX_EPOCH) + now());
    publish(&service, EventType::ModelPromoted).await;
    assert_eq!(deliver(&service).await, 1);

    let heard = receiver.heard();
    let [(headers, body)] = heard.as_slice() else {
        panic!("one request was sent");
    };
    let webhook = standardwebhooks::Webhook::new(&secret).unwrap();
    webhook.verify(body, headers).unwrap();
    assert!(webhook.verify(b"{}", headers).is_err());
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    let event: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "com.duecast.model.promoted");
    assert_eq!(event["id"].as_str(), headers["webhook-id"].to_str().ok());
    assert_eq!(event["data"], json!({ "version": "model-1" }));
    assert_eq!(
        status_of_the_only_delivery(&service).await,
        ("delivered".to_owned(), 1)
    );
    assert_eq!(deliver(&service).await, 0, "what was delivered is not sent again");
}

fn now() -> TimeDelta {
    TimeDelta::from_std(std::time::UNIX_EPOCH.elapsed().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_hears_of_what_it_asked_for_alone_and_of_nothing_while_it_is_off() {
    let service = service().await;
    let (alarms, url) = Receiver::listen(&[]).await;
    endpoint(&service, &url, json!(["com.duecast.drift.alarm"])).await;
    publish(&service, EventType::ModelPromoted).await;
    assert_eq!(deliver(&service).await, 0);
    publish(&service, EventType::DriftAlarm).await;
    assert_eq!(deliver(&service).await, 1);
    assert_eq!(alarms.heard().len(), 1);

    let wish = json!({ "url": url, "is_enabled": false });
    let (endpoint_id, _) = endpoint(&service, &url, json!([])).await;
    let path = format!("/v1/webhook-endpoints/{endpoint_id}");
    let admin = service.as_role(Role::Admin);
    let refused = admin.json(axum::http::Method::PUT, &path, &wish).await;
    assert_eq!(refused.status, 428, "a change names the version it changes");
    let tag = service.get(&path).await.headers["etag"].clone();
    let request = axum::http::Request::put(&path)
        .header("content-type", "application/json")
        .header("if-match", tag)
        .body(axum::body::Body::from(wish.to_string()))
        .unwrap();
    assert_eq!(service.send(request).await.status, 200);
    publish(&service, EventType::ModelPromoted).await;
    assert_eq!(deliver(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_fails_is_tried_later_again_is_dead_after_the_last_time_and_can_be_replayed() {
    let service = service().await;
    let failing = [StatusCode::INTERNAL_SERVER_ERROR; 3];
    let (receiver, url) = Receiver::listen(&failing).await;
    endpoint(&service, &url, json!([])).await;
    let clock = &service.app().clock;
    publish(&service, EventType::DriftAlarm).await;
    let waits = [0, 4, 5, 64, 65, 100_000];
    let attempts = [1, 0, 1, 0, 1, 0];
    for (seconds, expected) in waits.into_iter().zip(attempts) {
        clock.set(morning() + TimeDelta::seconds(seconds));
        assert_eq!(deliver(&service).await, expected, "after {seconds} s");
    }
    assert_eq!(
        status_of_the_only_delivery(&service).await,
        ("dead".to_owned(), 3)
    );

    let list = service.get("/v1/webhook-deliveries?status=dead").await;
    let delivery = &list.body["data"][0];
    assert_eq!(delivery["last_status"], 500);
    let id = delivery["delivery_id"].as_str().unwrap();
    let replayed = service
        .post(&format!("/v1/webhook-deliveries/{id}/replay"), json!({}))
        .await;
    assert_eq!(replayed.status, 202, "{}", replayed.text);
    assert_eq!(deliver(&service).await, 1);
    assert_eq!(
        status_of_the_only_delivery(&service).await,
        ("delivered".to_owned(), 1)
    );
    let ids: Vec<_> = receiver
        .heard()
        .iter()
        .map(|(headers, _)| headers["webhook-id"].clone())
        .collect();
    assert!(
        ids.windows(2).all(|pair| pair[0] == pair[1]),
        "the same id each time"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_not_asked_again_and_a_new_secret_signs_beside_the_old_one() {
    let service = service().await;
    let (receiver, url) = Receiver::listen(&[StatusCode::GONE]).await;
    let (endpoint_id, _) = endpoint(&service, &url, json!([])).await;
    let path = format!("/v1/webhook-endpoints/{endpoint_id}/rotation");
    let rotated = service.post(&path, json!({})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    assert_eq!(rotated.headers["cache-control"], "no-store");
    publish(&service, EventType::DriftAlarm).await;
    assert_eq!(deliver(&service).await, 1);
    let (headers, _) = &receiver.heard()[0];
    let signatures = headers["webhook-signature"].to_str().unwrap().split(' ').count();
    assert_eq!(signatures, 2);
    assert_eq!(
        status_of_the_only_delivery(&service).await,
        ("dead".to_owned(), 1)
    );
}
