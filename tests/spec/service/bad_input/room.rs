//! A disk that is full: what cannot be kept is refused, what was acknowledged stays, and room helps at once.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use super::invoice;
use crate::support::process::{Program, Running};
use crate::support::stores::TestStore;

/// Bytes of a file that the process may write while the disk counts as full.
const FILE_BYTES_MAX: u64 = 6 << 20;
/// Requests after which a full disk must have shown.
const ATTEMPTS_MAX: usize = 200;
/// More than the connections of the store.
const AFTERWARDS: usize = 24;

fn limit_files(running: &Running, bytes_max: Option<u64>) {
    let limit = Rlimit {
        current: bytes_max,
        maximum: None,
    };
    prlimit(Some(running.pid()), Resource::Fsize, limit).unwrap();
}

/// A hundred customers with names of two thousand characters.
fn customers(batch: usize) -> Value {
    let rows = (0..100)
        .map(|row| json!({ "customer_id": format!("C{batch}-{row}"), "name": format!("{row:-<2000}") }));
    Value::Array(rows.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_loses_nothing_and_takes_facts_again_when_there_is_room() {
    let program = Program::on(TestStore::sqlite().await).await.surviving_limits();
    let running = program.start().await;
    limit_files(&running, Some(FILE_BYTES_MAX));
    let (mut acknowledged, mut refused) = (BTreeSet::new(), 0);
    for batch in 0..ATTEMPTS_MAX {
        let answer = running
            .ask
            .post("/v1/customers", &customers(batch))
            .await
            .unwrap();
        match answer.status {
            200 => acknowledged.extend((0..100).map(|row| format!("C{batch}-{row}"))),
            500 | 503 => {
                refused += 1;
                assert!(answer.body["request_id"].is_string(), "{}", answer.text);
                assert!(!answer.text.contains("disk"), "{}", answer.text);
            }
            other => panic!("{other}: {}", answer.text),
        }
        if refused == 3 {
            break;
        }
    }
    assert!(refused > 0, "the disk was never full");
    assert_eq!(running.ask.get("/livez").await.status, 200);
    assert_eq!(listed(&running).await, acknowledged);

    limit_files(&running, None);
    for number in 0..AFTERWARDS {
        let answer = running
            .ask
            .post("/v1/invoices", &invoice(&format!("I{number}")))
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 201, "{number}: {}", answer.text);
    }
    acknowledged.insert("C1".to_owned());
    running.kill().await;
    let running = program.start().await;
    assert_eq!(listed(&running).await, acknowledged);
    running.stop().await;
    program.assert_audit_is_whole().await;
}

async fn listed(running: &Running) -> BTreeSet<String> {
    let rows = running.ask.list("/v1/customers").await;
    rows.iter()
        .map(|row| row["customer_id"].as_str().unwrap().to_owned())
        .collect()
}
