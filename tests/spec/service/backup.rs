//! A backup holds everything, and only an empty store takes it in.

use std::fs;
use std::io::Read as _;

use duecast::app::clock::from_micros;
use duecast::app::service::backup::{Error, backup, restore};
use duecast::app::store::{EndpointRow, NewEvent, Store};

use crate::support::stores::TestStore;

async fn fill(store: &Store) {
    let endpoint = EndpointRow {
        endpoint_id: "one".to_owned(),
        url: "https://example.com/a'b\"c".to_owned(),
        event_types: Vec::new(),
        secrets: vec!["whsec_AAAA".to_owned()],
        is_enabled: true,
        created_at: from_micros(1_700_000_000_000_001),
        created_by: "somebody".to_owned(),
        revision: 1,
    };
    store.insert_endpoint(&endpoint).await.unwrap();
    for number in 0..3 {
        let event = NewEvent {
            event_id: format!("event {number}"),
            event_type: "com.duecast.drift.alarm".to_owned(),
            occurred_at: from_micros(number),
            body: "{\"text\":\"café\\n\"}".to_owned(),
        };
        store.insert_event(&event).await.unwrap();
    }
}

fn content(path: &std::path::Path) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_either_kind_of_store_restores_into_either_kind_and_comes_out_the_same() {
    for from in TestStore::of_each_kind().await {
        fill(&from.store).await;
        let first = from.path().join("first.gz");
        let made = backup(&from.store, &first).await.unwrap();
        assert_eq!(made.tables, 4, "ledger_head, endpoint, events, deliveries");
        for into in TestStore::of_each_kind().await {
            assert_eq!(restore(&into.store, &first).await.unwrap(), made);
            let second = into.path().join("second.gz");
            backup(&into.store, &second).await.unwrap();
            assert_eq!(content(&first), content(&second));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_facts_keys_or_models_is_not_restored_over() {
    let from = TestStore::sqlite().await;
    let file = from.path().join("backup.gz");
    backup(&from.store, &file).await.unwrap();
    let occupied = TestStore::sqlite().await;
    let pool = sqlx::SqlitePool::connect(&occupied.url).await.unwrap();
    sqlx::query("update ledger_head set sequence = 1")
        .execute(&pool)
        .await
        .unwrap();
    let refused = restore(&occupied.store, &file).await.unwrap_err();
    assert!(matches!(refused, Error::StoreOccupied), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_cut_off_or_changed_restores_nothing() {
    let from = TestStore::sqlite().await;
    fill(&from.store).await;
    let file = from.path().join("backup.gz");
    backup(&from.store, &file).await.unwrap();
    let whole = fs::read(&file).unwrap();
    let text = content(&file);

    let mut cut_text = text.clone();
    cut_text.truncate(text.trim_end().rfind('\n').unwrap() + 1);
    let changed_text = text.replace("event 1", "event 7");
    assert_ne!(text, changed_text);
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        zipped(&cut_text),
        zipped(&changed_text),
        zipped("nonsense\n"),
        b"no gzip".to_vec(),
        Vec::new(),
    ] {
        fs::write(&file, bytes).unwrap();
        let into = TestStore::sqlite().await;
        let refused = restore(&into.store, &file).await.unwrap_err();
        assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
        assert!(into.store.endpoints().await.unwrap().is_empty());
        assert!(into.store.is_empty().await.unwrap());
    }
}

fn zipped(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
