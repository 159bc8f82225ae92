//! Killed in the middle of a training run, which is a process of its own.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::process::{Asker, Program, until};
use crate::support::service::SAMPLE;
use crate::support::stores::TestStore;

async fn load_sample(ask: &Asker) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    for table in SAMPLE {
        let Ok(text) = fs::read_to_string(sample.join(format!("{table}.csv"))) else {
            continue;
        };
        let sent = ask.upload(&format!("/v1/{table}:bulk"), "text/csv", text).await;
        let answer = sent.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// How many processes have a text in their command line.
fn processes_of(text: &str) -> usize {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(text))
        .count()
}

async fn champion(ask: &Asker) -> Value {
    let aliases = ask.get("/v1/aliases").await;
    let list = aliases.body["data"].as_array().unwrap();
    let champion = list.iter().find(|alias| alias["alias"] == "champion");
    champion.cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_run_ends_with_its_service_and_is_told_as_interrupted() {
    for store in TestStore::of_each_kind().await {
        let program = Program::with_champion(store).await;
        let running = program.start().await;
        load_sample(&running.ask).await;
        let before = champion(&running.ask).await;
        let started = running
            .ask
            .post("/v1/training-jobs", &json!({ "model": "hazard_trees" }))
            .await
            .unwrap();
        assert_eq!(started.status, 202, "{}", started.text);
        let id = started.body["operation_id"].as_str().unwrap().to_owned();
        let path = format!("/v1/operations/{id}");
        until("the run is a process", async || {
            let operation = running.ask.get(&path).await.body;
            assert!(operation["ended_at"].is_null(), "it ended too soon: {operation}");
            processes_of(&id) > 0
        })
        .await;
        running.kill().await;
        until("the run has ended with its service", async || {
            processes_of(&id) == 0
        })
        .await;

        let running = program.start().await;
        let operation = running.ask.get(&path).await.body;
        assert_eq!(operation["status"], "failed", "{operation}");
        assert_eq!(operation["problem"]["code"], "interrupted");
        assert_eq!(champion(&running.ask).await, before);
        let models = running.ask.list("/v1/models").await;
        assert_eq!(models.len(), 1, "half a model is registered");
        running.stop().await;
        program.assert_audit_is_whole().await;
    }
}
