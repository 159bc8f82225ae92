//! Clients that are slow, go away, or never come to the point; each on a real connection.

use super::invoice;
use crate::support::process::{Program, until};
use crate::support::stores::TestStore;
use crate::support::wire::Wire;

const NDJSON: &str = "application/x-ndjson";

/// A service that waits for its clients a second at most.
async fn hasty() -> Program {
    Program::on(TestStore::sqlite().await)
        .await
        .set("LIMITS__HEADER_TIMEOUT_S", "1")
        .set("LIMITS__IDLE_TIMEOUT_S", "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_cut_off_and_keeps_nobody_waiting() {
    let program = hasty().await;
    let running = program.start().await;
    let mut slow = Vec::new();
    for beginning in ["", "G", "GET /v1/ledger HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n"].repeat(25) {
        let mut wire = Wire::to(&running).await;
        wire.send(beginning.as_bytes()).await;
        slow.push(wire);
    }
    let beside = running.ask.get("/v1/ledger").await;
    assert_eq!(beside.status, 200, "{}", beside.text);
    for wire in slow {
        let answer = wire.rest().await;
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up_with_a_problem() {
    let program = hasty().await;
    let running = program.start().await;
    for (path, kind) in [
        ("/v1/invoices", "application/json"),
        ("/v1/imports?profile=canonical&name=invoices.csv", "text/csv"),
    ] {
        let mut wire = Wire::to(&running).await;
        wire.post(&running, path, kind, 1_000).await;
        wire.send(b"[").await;
        let answer = wire.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{path}: {answer}");
        assert!(answer.contains("\"body_timeout\""), "{path}: {answer}");
    }
    let ledger = running.ask.get("/v1/ledger").await;
    assert_eq!(ledger.body["head"]["sequence"], 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_shorter_than_its_length_is_not_taken() {
    let program = Program::on(TestStore::sqlite().await).await;
    let running = program.start().await;
    let row = invoice("I1").to_string();
    let mut wire = Wire::to(&running).await;
    wire.post(&running, "/v1/invoices", "application/json", row.len() + 1)
        .await;
    wire.send(row.as_bytes()).await;
    wire.finish().await;
    let answer = wire.rest().await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    let ledger = running.ask.get("/v1/ledger").await;
    assert_eq!(ledger.body["head"]["sequence"], 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_in_a_bulk_leaves_whole_batches_and_its_place_to_others() {
    for store in TestStore::of_each_kind().await {
        // With room for one request, a place that is not given back would be missed.
        let program = Program::on(store).await.set("LIMITS__CONCURRENCY_MAX", "1");
        let running = program.start().await;
        let lines: String = (0..2_500)
            .map(|number| format!("{}\n", invoice(&format!("I{number}"))))
            .collect();
        let mut wire = Wire::to(&running).await;
        wire.post(&running, "/v1/invoices:bulk", NDJSON, 10 * lines.len())
            .await;
        wire.send(lines.as_bytes()).await;
        until("it is at work", async || {
            running
                .beside("/metrics")
                .await
                .text
                .contains("duecast_http_requests_in_flight 1")
        })
        .await;
        let full = running.ask.get("/v1/ledger").await;
        assert_eq!(
            (full.status, full.body["code"].as_str()),
            (503, Some("overloaded"))
        );
        assert!(full.headers.contains_key("retry-after"));
        drop(wire);
        until("the place is free, and what came whole is there", async || {
            let ledger = running.ask.get("/v1/ledger").await;
            ledger.status == 200 && ledger.body["facts"]["invoices"] == 2_000
        })
        .await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_not_answered_as_if_it_were() {
    let program = hasty().await;
    let running = program.start().await;
    let long = format!("GET /v1/{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(1 << 20));
    let split = "POST /v1/invoices HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\
                 GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let bytes = "\0\u{1}\u{2}\r\n\r\n";
    for text in [
        long.as_str(),
        bytes,
        "GET / HTTP/9.9\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost a\r\n\r\n",
    ] {
        let mut wire = Wire::to(&running).await;
        wire.try_send(text.as_bytes()).await;
        let answer = wire.rest().await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    // Two lengths: whichever is believed, the first request is not let in, and the second is one of its own.
    let mut wire = Wire::to(&running).await;
    wire.try_send(split.as_bytes()).await;
    let answer = wire.rest().await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(running.ask.get("/livez").await.status, 200);
    running.stop().await;
}
