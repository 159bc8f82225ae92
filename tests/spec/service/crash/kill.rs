//! Killed at any moment while facts come in by every way.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duecast::app::ledger::Ledger;
use duecast::app::store::Store;
use duecast::domain::date::parse_iso;
use duecast::features;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{assert_complete, invoice, ledger};
use crate::support::feature_rows::fingerprint;
use crate::support::process::{Asker, Program};
use crate::support::stores::TestStore;

const ROUNDS: usize = 12;
/// Clients that post one invoice after the other.
const CLIENTS: usize = 3;
/// Rows that the service writes at once.
const BATCH: usize = 2_000;
/// Rows of the bulk and of the file: more than are written at once.
const BULK: usize = 2_500;
const FILE: usize = 2_200;
/// Longest time that a process gets before it is killed.
const LIFE_MAX_MS: u64 = 500;

/// The ids of what was acknowledged.
#[derive(Clone, Default)]
struct Acknowledged(Arc<Mutex<BTreeSet<String>>>);

impl Acknowledged {
    fn add(&self, ids: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap().extend(ids);
    }

    /// Those that begin so.
    fn of(&self, start: &str) -> BTreeSet<String> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|id| id.starts_with(start)).cloned().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_kill_is_there_once_after_it_and_nothing_is_half_there() {
    for store in TestStore::of_each_kind().await {
        let program = Program::with_champion(store).await;
        let acknowledged = Acknowledged::default();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut running = program.start().await;
        for round in 0..ROUNDS {
            let clients = begin(&running.ask, &acknowledged, round);
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..LIFE_MAX_MS))).await;
            running.kill().await;
            for client in clients {
                client.await.unwrap();
            }
            running = program.start().await;
            check(&running.ask, &acknowledged, round).await;
            program.assert_audit_is_whole().await;
        }
        running.kill().await;
        assert!(!acknowledged.of("").is_empty(), "no process lived long enough");
        finally(&program, &acknowledged).await;
    }
}

fn begin(ask: &Asker, acknowledged: &Acknowledged, round: usize) -> Vec<tokio::task::JoinHandle<()>> {
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        clients.push(tokio::spawn(post_singles(
            ask.clone(),
            acknowledged.clone(),
            format!("R{round}-S{client}"),
        )));
    }
    clients.push(tokio::spawn(post_pairs(
        ask.clone(),
        acknowledged.clone(),
        format!("R{round}-P"),
    )));
    clients.push(tokio::spawn(post_bulk(
        ask.clone(),
        acknowledged.clone(),
        format!("R{round}-B"),
    )));
    clients.push(tokio::spawn(import(ask.clone(), acknowledged.clone(), round)));
    clients
}

/// Posts invoices until nobody answers; the customer is called as they begin.
async fn post_singles(ask: Asker, acknowledged: Acknowledged, start: String) {
    for number in 0.. {
        let id = format!("{start}-{number}");
        let Ok(answer) = ask.post("/v1/invoices", &invoice(&id, &start)).await else {
            return;
        };
        assert_eq!(answer.status, 201, "{}", answer.text);
        acknowledged.add([id]);
    }
}

/// Posts two invoices at a time until nobody answers.
async fn post_pairs(ask: Asker, acknowledged: Acknowledged, start: String) {
    for number in 0.. {
        let ids = ["a", "b"].map(|half| format!("{start}-{number}-{half}"));
        let pair = json!([invoice(&ids[0], &start), invoice(&ids[1], &start)]);
        let Ok(answer) = ask.post("/v1/invoices", &pair).await else {
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.text);
        acknowledged.add(ids);
    }
}

async fn post_bulk(ask: Asker, acknowledged: Acknowledged, start: String) {
    let ids: Vec<String> = (0..BULK).map(|number| format!("{start}-{number}")).collect();
    let lines = ids
        .iter()
        .map(|id| format!("{}\n", invoice(id, &start)))
        .collect();
    let Ok(answer) = ask
        .upload("/v1/invoices:bulk", "application/x-ndjson", lines)
        .await
    else {
        return;
    };
    assert_eq!(answer.status, 200, "{}", answer.text);
    let last: Value = serde_json::from_str(answer.text.lines().last().unwrap()).unwrap();
    assert_eq!(last["summary"]["added"], BULK, "{last}");
    acknowledged.add(ids);
}

async fn import(ask: Asker, acknowledged: Acknowledged, round: usize) {
    let start = format!("R{round}-F");
    let ids: Vec<String> = (0..FILE).map(|number| format!("{start}-{number}")).collect();
    let mut text = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n".to_owned();
    for id in &ids {
        text.push_str(&format!("{id},{start},2026-03-01,2026-03-31,100.00,EUR\n"));
    }
    let path = format!("/v1/imports?profile=canonical&name=invoices-{round}.csv");
    let Ok(answer) = ask.upload(&path, "text/csv", text).await else {
        return;
    };
    assert_eq!(answer.body["status"], "succeeded", "{}", answer.text);
    acknowledged.add(ids);
}

/// Checks what a new process says of a round that a killed one left.
async fn check(ask: &Asker, acknowledged: &Acknowledged, round: usize) {
    for client in 0..CLIENTS {
        of_start(ask, acknowledged, &format!("R{round}-S{client}")).await;
    }
    let pairs = of_start(ask, acknowledged, &format!("R{round}-P")).await;
    assert_eq!(pairs.len() % 2, 0, "half a request is there: {pairs:?}");
    let bulk = of_start(ask, acknowledged, &format!("R{round}-B")).await.len();
    assert!(
        [0, BATCH, BULK].contains(&bulk),
        "{bulk} rows of a bulk are there"
    );
    let file = of_start(ask, acknowledged, &format!("R{round}-F")).await.len();
    assert!(
        [0, BATCH, FILE].contains(&file),
        "{file} rows of a file are there"
    );
    for operation in ask.list("/v1/operations?kind=import").await {
        match operation["status"].as_str() {
            Some("succeeded") => {}
            Some("failed") => assert_eq!(operation["problem"]["code"], "interrupted"),
            _ => panic!("nobody works on it any more: {operation}"),
        }
    }
    // It goes on where it was, and then shows whatever the store took from the killed process at the last moment.
    let id = format!("R{round}-Z-0");
    let answer = ask.post("/v1/invoices", &invoice(&id, "Z")).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text);
    acknowledged.add([id.clone()]);
    assert_complete(&ledger(ask).await);
    let prediction = ask.get(&format!("/v1/invoices/{id}/prediction")).await;
    assert_eq!(prediction.status, 200, "{}", prediction.text);
}

/// Returns the invoices that begin so, once it is sure that each is there once, with its customer, and none is missing.
async fn of_start(ask: &Asker, acknowledged: &Acknowledged, start: &str) -> BTreeSet<String> {
    let rows = ask.list(&format!("/v1/invoices?customer_id={start}")).await;
    let ids = once(&rows);
    let missing: Vec<String> = acknowledged.of(start).difference(&ids).cloned().collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    let customers = ask.list(&format!("/v1/customers?customer_id={start}")).await;
    assert_eq!(customers.len(), usize::from(!ids.is_empty()), "{start}");
    ids
}

/// Returns the ids of rows of which each is there once and was never corrected.
fn once(rows: &[Value]) -> BTreeSet<String> {
    let ids: BTreeSet<String> = rows
        .iter()
        .map(|row| row["invoice_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), rows.len(), "a row is there twice");
    assert!(rows.iter().all(|row| row["supersedes"].is_null()));
    ids
}

/// Checks, after all, that nothing was lost later, and that the columns are those that the store alone gives.
async fn finally(program: &Program, acknowledged: &Acknowledged) {
    let running = program.start().await;
    let ids = once(&running.ask.list("/v1/invoices").await);
    assert!(acknowledged.of("").is_subset(&ids), "something was lost later");
    running.stop().await;
    let kept = seen(&program.store.url, &program.cache()).await;
    let empty = tempfile::tempdir().unwrap();
    let anew = seen(&program.store.url, empty.path()).await;
    assert_eq!(kept.0, ids);
    assert_eq!(kept, anew);
}

/// What the stages see of a store through the columns in a cache: the open invoices, and their features.
async fn seen(url: &str, cache: &Path) -> (BTreeSet<String>, Vec<String>) {
    let store = Store::connect(url).await.unwrap();
    let ledger = Ledger::open(store.clone(), cache).await.unwrap();
    let read = tokio::task::spawn_blocking(move || {
        let history = ledger.history().unwrap();
        let snapshot = history.as_of(parse_iso("2026-03-29").unwrap());
        let open = snapshot.open_items().unwrap();
        let ids = open.into_iter().map(|item| item.invoice_id).collect();
        (ids, fingerprint(&features::book(&snapshot).unwrap()))
    });
    let seen = read.await.unwrap();
    store.close().await;
    seen
}
