//! Webhooks reach nothing that only this machine can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{Method, Request};
use duecast::app::access::Role;
use duecast::app::config::WebhookConfig;
use duecast::app::events::{Event, EventType};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::service::Service;

/// What an endpoint must not be. The names are looked up on this machine alone.
const REFUSED: [&str; 17] = [
    "",
    "example",
    "http://93.184.216.34/hook",
    "file:///etc/passwd",
    "gopher://93.184.216.34/",
    "https://user:word@93.184.216.34/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://192.168.0.1:8650/v1/api-keys",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_inside_is_refused_when_it_is_made_and_when_it_is_changed() {
    let service = Service::start().await;
    let fine = json!({ "url": "https://93.184.216.34/hook", "is_enabled": false });
    let made = service.post("/v1/webhook-endpoints", fine).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!(
        "/v1/webhook-endpoints/{}",
        made.body["endpoint_id"].as_str().unwrap()
    );
    for url in REFUSED {
        let body = json!({ "url": url });
        let reply = service.post("/v1/webhook-endpoints", &body).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (422, Some("url_refused")),
            "{url}: {}",
            reply.text
        );
        let change = Request::builder()
            .method(Method::PUT)
            .uri(&path)
            .header("content-type", "application/json")
            .header("if-match", made.headers["etag"].clone())
            .body(body.to_string().into())
            .unwrap();
        let reply = service.send(change).await;
        assert_eq!(reply.status, 422, "{url}: {}", reply.text);
    }
    let listed = service.get("/v1/webhook-endpoints").await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1));
    let again = service.get(&path).await;
    assert_eq!(again.body["url"], "https://93.184.216.34/hook");
    assert!(again.body.get("secret").is_none(), "a secret is shown once");
}

/// A receiver that answers everything the same way; returns its address and how often it was asked.
async fn receiver(answer: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut buffer = vec![0; 1 << 16];
            // The head is enough: nobody waits for a receiver to have read everything.
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

/// A service that may send into this machine, with an endpoint and something to tell it.
async fn with_endpoint(url: &str) -> Service {
    let service = Service::configured(|config| config.webhooks.is_private_allowed = true).await;
    let made = service
        .as_role(Role::Admin)
        .post("/v1/webhook-endpoints", json!({ "url": url }))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let event = Event {
        event_type: EventType::ModelPromoted,
        subject: "a-model".to_owned(),
        data: json!({ "model": "a-model" }),
    };
    service.app().events.publish(event).await.unwrap();
    service
}

async fn delivery(service: &Service) -> Value {
    let listed = service.get("/v1/webhook-deliveries").await;
    listed.body["data"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (inside, asked_inside) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let (outside, asked) = receiver(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{inside}/secret\r\ncontent-length: 0\r\n\r\n"
    ))
    .await;
    let service = with_endpoint(&format!("http://{outside}/hook")).await;
    let dispatcher = service.app().events.dispatcher(&service.app().config.webhooks);
    assert_eq!(dispatcher.deliver_due().await.unwrap(), 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(asked_inside.load(Ordering::SeqCst), 0);
    let delivery = delivery(&service).await;
    assert_eq!(delivery["last_status"], 307, "{delivery}");
    assert_eq!(delivery["status"], "waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_url_leads_is_checked_again_before_each_delivery() {
    let (inside, asked) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let service = with_endpoint(&format!("http://{inside}/hook")).await;
    // As if the name had led outside when the endpoint was made.
    let dispatcher = service.app().events.dispatcher(&WebhookConfig::default());
    assert_eq!(dispatcher.deliver_due().await.unwrap(), 1);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let delivery = delivery(&service).await;
    assert_eq!(delivery["status"], "waiting");
    assert!(delivery["last_status"].is_null(), "{delivery}");
}
