//! Training beside serving: a job from the ledger to the first champion, again, and cancelled.

use std::time::Duration;

use duecast::app::access::{Principal, Role};
use duecast::app::config::Alias;
use duecast::app::operations::{Operation, Status};
use serde_json::{Value, json};

use crate::support::service::{Reply, Service};

/// Long enough for a training run on the sample, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Waits for the end of the operation that a request started.
async fn ended(service: &Service, started: &Reply) -> Operation {
    assert_eq!(started.status, 202, "{}", started.text);
    let id = started.body["operation_id"]
        .as_str()
        .expect("an operation has an id");
    let operation = service.app().operations.wait(id, PATIENCE).await;
    operation.expect("the operation is there")
}

fn result(operation: &Operation) -> &Value {
    assert_eq!(operation.status, Status::Succeeded, "{:?}", operation.problem);
    operation.result.as_ref().expect("it succeeded")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_job_makes_the_first_champion_and_the_same_model_again() {
    let service = Service::with_sample_without_model().await;
    let request = json!({ "model": "hazard", "seed": 3, "as_of": "2026-03-29" });
    let first = ended(
        &service,
        &service.post("/v1/training-jobs", request.clone()).await,
    )
    .await;
    let made = result(&first);
    assert_eq!(made["proof"]["verdict"], "no_champion_passed", "{made}");
    assert_eq!(made["place"], "champion");
    let champion = service
        .app()
        .registry
        .alias(Alias::Champion)
        .expect("there is a champion");
    assert_eq!(made["version"], champion.version.as_str());

    // The same ledger, cut-off and seed give the same bytes, and so the same version.
    let again = ended(&service, &service.post("/v1/training-jobs", request).await).await;
    assert_eq!(result(&again)["version"], made["version"]);
    assert_eq!(result(&again)["place"], "unchanged");
    let profile = service.app().store.model_profile(&champion.version).await;
    assert!(
        profile.expect("the store answers").is_some(),
        "drift has nothing to be measured against"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_below_the_baseline_stays_challenger_with_the_reason() {
    let service = Service::with_sample().await;
    let request = json!({ "model": "due_date", "promote": true });
    let ended = ended(&service, &service.post("/v1/training-jobs", request).await).await;
    let made = result(&ended);
    assert_eq!(made["proof"]["verdict"], "failed");
    assert_eq!(made["place"], "challenger");
    let reason = made["proof"]["reason"].as_str().expect("a refusal has a reason");
    assert!(reason.starts_with("worse than the baseline"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_done_is_refused_at_once_and_says_where() {
    let service = Service::start().await;
    for (request, pointer) in [
        (json!({ "model": "oracle" }), "/model"),
        (json!({ "seed": u64::MAX }), "/seed"),
        (json!({ "as_of": "2999-01-01" }), "/as_of"),
    ] {
        let reply = service.post("/v1/training-jobs", request).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert_eq!(reply.body["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_history_is_told_in_the_words_of_the_run() {
    let service = Service::start().await;
    let ended = ended(&service, &service.post("/v1/training-jobs", json!({})).await).await;
    assert_eq!(ended.status, Status::Failed);
    let problem = ended.problem.expect("it failed");
    assert_eq!(problem.code, "training_failed");
    assert!(problem.detail.starts_with("error: "), "{}", problem.detail);
}

/// Command lines of processes that have this text in them.
#[cfg(target_os = "linux")]
fn processes_of(text: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("Linux has /proc");
    entries
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_leaves_no_process_and_no_folder_behind() {
    let service = Service::with_sample().await;
    let started = service
        .post("/v1/training-jobs", json!({ "model": "hazard_trees" }))
        .await;
    let id = started.body["operation_id"]
        .as_str()
        .expect("an operation has an id")
        .to_owned();
    let operations = &service.app().operations;
    while processes_of(&id).is_empty() {
        let operation = operations
            .get(&id, &Principal::system())
            .await
            .expect("it is there");
        assert!(
            !operation.status.is_ended(),
            "it ended before it was cancelled: {:?}",
            operation.problem
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    operations
        .cancel(&id, &Principal::system())
        .await
        .expect("it can be cancelled");
    let ended = operations.wait(&id, PATIENCE).await.expect("it is there");
    assert_eq!(ended.status, Status::Cancelled);
    assert_eq!(processes_of(&id), Vec::<String>::new());
    let folder = service.app().config.store.cache.join("training").join(&id);
    assert!(!folder.is_dir(), "{} is left behind", folder.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_training_set_of_the_data_team_names_no_customer() {
    let service = Service::with_sample().await;
    let started = service
        .as_role(Role::Data)
        .post("/v1/training-sets", json!({}))
        .await;
    let ended = ended(&service, &started).await;
    assert!(result(&ended)["rows"].as_u64().is_some_and(|rows| rows > 0));
    assert!(ended.has_file);
    let path = service
        .app()
        .operations
        .file(&ended.operation_id, &Principal::system())
        .await
        .expect("it has a file");
    let bytes = std::fs::read(path).expect("the file is there");
    assert!(bytes.starts_with(b"PAR1"));
    let sample = std::fs::read_to_string("data/sample/customers.csv").expect("the sample is there");
    let customer = sample
        .lines()
        .nth(1)
        .and_then(|line| line.split(',').next())
        .expect("it has a customer");
    // Text of Parquet is compressed: what must not be there is looked for in the decoded column.
    assert!(
        !customers_of(&bytes).iter().any(|found| found == customer),
        "{customer} is named"
    );
}

/// The customers that a Parquet file names.
fn customers_of(bytes: &[u8]) -> Vec<String> {
    use polars::prelude::{ParquetReader, SerReader};
    let frame = ParquetReader::new(std::io::Cursor::new(bytes.to_vec()))
        .finish()
        .expect("the file is Parquet");
    let customers = frame.column("customer_id").expect("it has customers");
    let customers = customers.str().expect("they are text");
    customers.iter().flatten().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_turned_once() {
    let service = Service::with_sample().await;
    assert!(
        duecast::app::jobs::catch_up(service.app())
            .await
            .expect("the day can be turned")
    );
    assert!(
        !duecast::app::jobs::catch_up(service.app())
            .await
            .expect("it was turned")
    );
    let today = service.app().clock.today();
    let risks = service
        .app()
        .store
        .risks_on(today)
        .await
        .expect("the store answers");
    assert!(!risks.is_empty(), "the risks of the day are kept");
    let champion = service
        .app()
        .registry
        .alias(Alias::Champion)
        .expect("there is a champion");
    let kept = service
        .app()
        .store
        .kept_predictions(&champion.version, today, today)
        .await;
    assert!(
        !kept.expect("the store answers").is_empty(),
        "predictions of the day are kept"
    );
}
