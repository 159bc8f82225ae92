//! The cache is a copy: lost or damaged, it is made again from the store.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{assert_complete, invoice, ledger};
use crate::support::process::{Asker, Program};
use crate::support::stores::TestStore;

const ROWS: usize = 300;

/// What is done to a cache, and its name.
type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 8] = [
    ("deleted", |cache| fs::remove_dir_all(cache).unwrap()),
    ("a segment cut short", |cache| {
        change(&segment(cache), |bytes| bytes.truncate(bytes.len() / 2));
    }),
    ("a segment with another byte", |cache| {
        change(&segment(cache), |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
    }),
    ("a manifest cut short", |cache| {
        change(&cache.join("columns/manifest.json"), |bytes| bytes.truncate(20));
    }),
    ("no manifest", |cache| {
        fs::remove_file(cache.join("columns/manifest.json")).unwrap();
    }),
    ("of another store", |cache| {
        fs::write(cache.join("ledger-id"), "another").unwrap();
    }),
    ("a mark that is no text", |cache| {
        fs::write(cache.join("ledger-id"), b"\xff\xfe\x00").unwrap();
    }),
    ("a model that is none", |cache| {
        for version in fs::read_dir(cache.join("models")).unwrap() {
            fs::write(version.unwrap().path().join("model.json"), "{}").unwrap();
        }
    }),
];

fn change(file: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    how(&mut bytes);
    fs::write(file, bytes).unwrap();
}

fn segment(cache: &Path) -> PathBuf {
    let files = fs::read_dir(cache.join("columns")).unwrap();
    let mut segments: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .collect();
    segments.sort();
    segments
        .pop()
        .expect("what is stopped in order has saved its columns")
}

/// Everything that a client can tell two processes apart by.
async fn shown(ask: &Asker) -> (Value, Vec<Value>, Vec<Value>) {
    let ledger = ledger(ask).await;
    assert_complete(&ledger);
    let predictions = ask.list("/v1/predictions").await;
    let expected = [
        "invoice_id",
        "p10",
        "predicted_payment_date",
        "p90",
        "open_amount",
    ];
    let predictions = predictions
        .into_iter()
        .map(|row| expected.iter().map(|name| row[*name].clone()).collect())
        .collect();
    (ledger, ask.list("/v1/invoices").await, predictions)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_was_deleted_or_damaged_is_made_again_from_the_store() {
    for store in TestStore::of_each_kind().await {
        let program = Program::with_champion(store).await;
        let running = program.start().await;
        let lines = (0..ROWS)
            .map(|number| {
                format!(
                    "{}\n",
                    invoice(&format!("I{number}"), &format!("C{}", number % 7))
                )
            })
            .collect();
        let sent = running
            .ask
            .upload("/v1/invoices:bulk", "application/x-ndjson", lines);
        assert_eq!(sent.await.unwrap().status, 200);
        let before = shown(&running.ask).await;
        assert_eq!(before.2.len(), ROWS);
        running.stop().await;
        for (name, damage) in DAMAGES {
            damage(&program.cache());
            let running = program.start().await;
            assert!(shown(&running.ask).await == before, "{name}");
            running.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_of_its_work_is_gone_at_the_next_start() {
    let program = Program::on(TestStore::sqlite().await).await;
    program.start().await.kill().await;
    for folder in ["uploads", "training"] {
        let folder = program.cache().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("left"), "half of something").unwrap();
    }
    program.start().await.stop().await;
    for folder in ["uploads", "training"] {
        let left = program.cache().join(folder).join("left");
        assert!(!left.is_file(), "{} is still there", left.display());
    }
}
