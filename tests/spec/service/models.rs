//! Models in use: listed, promoted by gate and second person, rolled back, exchanged while requests run.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::Request;
use duecast::app::clock::Clock;
use duecast::app::config::{Alias, Promotion};
use duecast::app::registry::{NewVersion, PromotionStatus, Registry};
use duecast::app::service::promotion;
use duecast::app::store::Store;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Connection;

use crate::support::service::{Reply, Service};

/// Makes a model like the one that is shipped and yet another one.
fn variant(seed: u64, folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo");
    fs::create_dir_all(folder).unwrap();
    let mut checksums = String::new();
    for name in ["model.json", "card.md", "scorecard.json"] {
        let content = fs::read_to_string(shipped.join(name)).unwrap();
        let content = content.replace("\"seed\": 20261122", &format!("\"seed\": {seed}"));
        fs::write(folder.join(name), &content).unwrap();
        let hash = Sha256::digest(content.as_bytes());
        for byte in hash.iter() {
            write!(checksums, "{byte:02x}").unwrap();
        }
        writeln!(checksums, "  {name}").unwrap();
    }
    fs::write(folder.join("checksums.sha256"), checksums).unwrap();
}

fn made(clock: &Clock, proof: Option<Value>) -> NewVersion {
    NewVersion {
        created_by: "key:data".to_owned(),
        created_at: clock.now(),
        proof,
        profile: None,
    }
}

/// Registers another model and returns its version.
async fn register(service: &Service, seed: u64, proof: Option<Value>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    variant(seed, &model);
    let app = service.app();
    let version = app
        .registry
        .register(&model, made(&app.clock, proof))
        .await
        .unwrap();
    version.version
}

fn passed() -> Option<Value> {
    Some(json!({"verdict": "passed", "reason": "better by 0.3 days"}))
}

fn champion(service: &Service) -> String {
    let served = service.app().registry.alias(Alias::Champion).unwrap();
    served.version.clone()
}

async fn post(service: &Service, path: &str, body: Value) -> Reply {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    service.send(request).await
}

async fn put(service: &Service, path: &str, version: &str, if_match: Option<&str>) -> Reply {
    let mut request = Request::put(path).header("content-type", "application/json");
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    let body = Body::from(json!({ "version": version }).to_string());
    service.send(request.body(body).unwrap()).await
}

fn code(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.body["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_listed_with_where_it_comes_from() {
    let service = Service::start().await;
    let version = champion(&service);
    let list = service.get("/v1/models").await;
    let model = &list.body["data"][0];
    assert_eq!(model["version"], version.as_str());
    assert_eq!(model["trained_as_of"], "2026-03-29");
    assert_eq!(model["aliases"], json!(["champion"]));
    assert_eq!(model["unusable_because"], Value::Null);
    let one = service.get(&format!("/v1/models/{version}")).await;
    assert_eq!(&one.body, model);

    let card = service.get(&format!("/v1/models/{version}/card")).await;
    assert_eq!(card.headers["content-type"], "text/markdown; charset=utf-8");
    assert!(card.text.starts_with("# hazard_trees\n"), "{}", card.text);
    let scorecard = service.get(&format!("/v1/models/{version}/scorecard")).await;
    assert_eq!(scorecard.body["as_of"], "2026-03-29");
    for path in ["/v1/models/none", "/v1/models/none/card"] {
        assert_eq!(code(&service.get(path).await), (404, "not_found"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_registered_twice_is_one_model_with_the_newer_proof() {
    let service = Service::start().await;
    let first = register(&service, 2, None).await;
    assert_eq!(register(&service, 2, passed()).await, first);
    let list = service.get("/v1/models").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
    let model = service.get(&format!("/v1/models/{first}")).await;
    assert_eq!(model.body["proof"]["verdict"], "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_proof_or_below_the_gate_is_refused_with_the_reason() {
    let service = Service::start().await;
    let before = champion(&service);
    let failed = Some(json!({"verdict": "failed", "reason": "worse than the baseline"}));
    for (seed, proof, word) in [(2, None, "not proven"), (3, failed, "worse than the baseline")] {
        let version = register(&service, seed, proof).await;
        let reply = post(&service, "/v1/promotions", json!({ "version": version })).await;
        assert_eq!(code(&reply), (409, "gate_not_passed"));
        assert!(reply.text.contains(word), "{}", reply.text);
    }
    assert_eq!(champion(&service), before);
    let list = service.get("/v1/promotions").await;
    let statuses: Vec<&Value> = list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|promotion| &promotion["status"])
        .collect();
    assert_eq!(statuses[..2], ["refused", "refused"]);
    let unknown = post(&service, "/v1/promotions", json!({"version": "none"})).await;
    assert_eq!(code(&unknown), (422, "unknown_version"));
    assert_eq!(unknown.body["errors"][0]["pointer"], "/version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_waits_for_a_second_person() {
    let service = Service::start().await;
    let before = champion(&service);
    let version = register(&service, 2, passed()).await;
    let asked = post(&service, "/v1/promotions", json!({ "version": version })).await;
    assert_eq!((asked.status, &asked.body["status"]), (201, &json!("waiting")));
    assert_eq!(champion(&service), before);
    let again = post(&service, "/v1/promotions", json!({ "version": version })).await;
    assert_eq!(code(&again), (409, "already_waiting"));

    let id = asked.body["promotion_id"].as_str().unwrap();
    let approval = format!("/v1/promotions/{id}/approval");
    let same = post(&service, &approval, json!({})).await;
    assert_eq!(code(&same), (403, "second_person_needed"));
    assert_eq!(champion(&service), before);

    let changes = service.app().registry.subscribe();
    let done = promotion::approve(service.app(), id, None, "key:second")
        .await
        .unwrap();
    assert_eq!(done.status, PromotionStatus::Done);
    assert_eq!(done.decided_by.as_deref(), Some("key:second"));
    assert_eq!(champion(&service), version);
    assert!(changes.has_changed().unwrap());
    let late = post(&service, &approval, json!({})).await;
    assert_eq!(code(&late), (409, "already_decided"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_against_an_earlier_champion_does_not_hold() {
    let service = Service::start().await;
    let second = register(&service, 2, passed()).await;
    let third = register(&service, 3, passed()).await;
    let app = service.app();
    let waiting = promotion::request(app, &third, "key:data").await.unwrap();
    let at = app.clock.now();
    app.registry
        .request_promotion(&second, "key:data", Promotion::Automatic, at)
        .await
        .unwrap();
    assert_eq!(champion(&service), second);
    let refused = promotion::approve(app, &waiting.promotion_id, None, "key:second")
        .await
        .unwrap();
    assert_eq!(refused.status, PromotionStatus::Refused);
    assert!(refused.reason.contains("has changed"), "{}", refused.reason);
    assert_eq!(champion(&service), second);
}

#[tokio::test(flavor = "multi_thread")]
async fn rollback_goes_back_champion_by_champion() {
    let service = Service::start().await;
    let app = service.app();
    let mut champions = vec![champion(&service)];
    for seed in [2, 3] {
        let version = register(&service, seed, passed()).await;
        app.registry
            .request_promotion(&version, "key:data", Promotion::Automatic, app.clock.now())
            .await
            .unwrap();
        champions.push(version);
    }
    champions.pop();
    while let Some(expected) = champions.pop() {
        let reply = post(&service, "/v1/aliases/champion:rollback", json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.body["version"], expected.as_str());
        assert_eq!(champion(&service), expected);
    }
    let none = post(&service, "/v1/aliases/champion:rollback", json!({})).await;
    assert_eq!(code(&none), (409, "nothing_before"));
}

#[tokio::test(flavor = "multi_thread")]
async fn challenger_and_shadow_are_set_and_the_champion_is_not() {
    let service = Service::start().await;
    let version = register(&service, 2, None).await;
    let set = put(&service, "/v1/aliases/challenger", &version, None).await;
    assert_eq!((set.status, set.headers["etag"].as_bytes()), (200, &b"\"1\""[..]));
    let shadow = put(&service, "/v1/aliases/shadow", &version, None).await;
    assert_eq!(shadow.status, 200);
    let old = put(&service, "/v1/aliases/challenger", &version, Some("\"7\"")).await;
    assert_eq!(old.status, 412);
    let known = put(&service, "/v1/aliases/challenger", &version, Some("\"1\"")).await;
    assert_eq!((known.status, &known.body["revision"]), (200, &json!(2)));

    let champion = put(&service, "/v1/aliases/champion", &version, None).await;
    assert_eq!(code(&champion), (409, "champion_by_promotion"));
    let nobody = put(&service, "/v1/aliases/king", &version, None).await;
    assert_eq!(code(&nobody), (404, "not_found"));
    let list = service.get("/v1/aliases").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_champion_is_exchanged_while_predictions_are_asked_for() {
    let service = Service::configured(|config| config.limits.burst = 1_000_000).await;
    service.load_sample().await;
    let app = service.app();
    let list = service.get("/v1/predictions?limit=1").await;
    let invoice = list.body["data"][0]["invoice_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/invoices/{invoice}/prediction");
    let other = register(&service, 2, passed()).await;
    let is_done = AtomicBool::new(false);
    let asking = async {
        let mut answers = 0;
        while !is_done.load(Ordering::SeqCst) {
            let reply = service.get(&path).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            answers += 1;
            tokio::task::yield_now().await;
        }
        answers
    };
    let exchanging = async {
        for _ in 0..5 {
            app.registry
                .request_promotion(&other, "key:data", Promotion::Automatic, app.clock.now())
                .await
                .unwrap();
            promotion::rollback(app, "key:data").await.unwrap();
        }
        is_done.store(true, Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(asking, exchanging);
    assert!(answers > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_another_version_of_the_program_is_refused_with_a_clear_word() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
    let clock = Clock::system(None);
    let store = Store::connect(&url).await.unwrap();
    let registry = Registry::open(store.clone(), folder.path()).await.unwrap();
    let model = folder.path().join("model");
    variant(1, &model);
    let old = registry.register(&model, made(&clock, None)).await.unwrap();
    registry
        .set_alias(Alias::Champion, &old.version, None, "key:data", clock.now())
        .await
        .unwrap();
    let other_program = other_features(&url, &old.version).await;
    assert_ne!(other_program, "");

    let cache = folder.path().join("after the upgrade");
    let registry = Registry::open(store, &cache).await.unwrap();
    assert!(registry.alias(Alias::Champion).is_none());
    let refusal = registry.refusal(Alias::Champion).unwrap();
    for word in [
        old.version.as_str(),
        "another feature list",
        other_program.as_str(),
        "train it again",
    ] {
        assert!(refusal.contains(word), "{refusal}");
    }
    assert!(
        !refusal.contains("after the upgrade"),
        "a folder of the service: {refusal}"
    );
    let listed = registry.versions(None, 10).await.unwrap();
    assert!(listed[0].unusable_because.is_some());

    let model = folder.path().join("new");
    variant(2, &model);
    let proof = Some(json!({"verdict": "no_champion_passed", "reason": "the first that can be used"}));
    let new = registry.register(&model, made(&clock, proof)).await.unwrap();
    let done = registry
        .request_promotion(&new.version, "key:data", Promotion::SecondPerson, clock.now())
        .await
        .unwrap();
    assert_eq!(
        done.status,
        PromotionStatus::Done,
        "nobody answers whose word could change"
    );
    assert!(registry.refusal(Alias::Champion).is_none());
}

/// Makes a stored model one of other features, checksum included, and returns the hash of their list.
async fn other_features(url: &str, version: &str) -> String {
    let hash = "0".repeat(64);
    let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
    let files: Vec<(String, String)> =
        sqlx::query_as("select name, content from model_files where version = $1")
            .bind(version)
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let find = |name: &str| {
        let file = files.iter().find(|(found, _)| found == name);
        file.unwrap().1.clone()
    };
    let (model, checksums) = (find("model.json"), find("checksums.sha256"));
    let current = duecast::features::feature_list_hash();
    let altered = model.replace(&current, &hash);
    let digest = |content: &str| {
        let mut text = String::new();
        for byte in Sha256::digest(content.as_bytes()).iter() {
            write!(text, "{byte:02x}").unwrap();
        }
        text
    };
    let checksums = checksums.replace(&digest(&model), &digest(&altered));
    for (name, content) in [("model.json", altered), ("checksums.sha256", checksums)] {
        sqlx::query("update model_files set content = $1 where version = $2 and name = $3")
            .bind(content)
            .bind(version)
            .bind(name)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
    hash
}
