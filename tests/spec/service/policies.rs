//! Policies: read as a whole, tried before they decide, and in force at the next question.

use std::time::Duration;

use duecast::app::access::{Principal, Role};
use duecast::app::operations::Status;
use serde_json::{Value, json};

use crate::support::service::Service;

/// Longer than a plan of the sample takes.
const LONG: Duration = Duration::from_secs(60);

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The policy in force.
async fn in_force(service: &Service) -> Value {
    let page = service.get("/v1/policies").await.body;
    let versions = page["data"].as_array().unwrap();
    let found: Vec<&Value> = versions.iter().filter(|row| row["is_in_force"] == true).collect();
    assert_eq!(found.len(), 1, "{page}");
    let version = text(&found[0]["version"]);
    let reply = service.get(&format!("/v1/policies/{version}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// Starts long work and returns its result.
async fn result_of(service: &Service, path: &str, body: &Value) -> Value {
    let reply = service.post(path, body).await;
    assert_eq!(reply.status, 202, "{path}: {}", reply.text);
    let operations = &service.app().operations;
    let id = text(&reply.body["operation_id"]);
    operations.wait(&id, LONG).await.unwrap();
    let ended = operations.get(&id, &Principal::system()).await.unwrap();
    assert_eq!(ended.status, Status::Succeeded, "{path}: {:?}", ended.problem);
    ended.result.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_that_ships_is_in_force_until_another_is_activated() {
    let service = Service::with_sample().await;
    let shipped = in_force(&service).await;
    assert_eq!(shipped["created_by"], "system");
    let changed = text(&shipped["text"]).replace("name = \"default\"", "name = \"ours\"");
    let kept = service.post("/v1/policies", json!({ "text": changed })).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    assert_eq!(kept.body["is_in_force"], false);
    let again = service.post("/v1/policies", json!({ "text": changed })).await;
    assert_eq!((again.status, &again.body), (200, &kept.body));
    assert_eq!(in_force(&service).await["version"], shipped["version"]);

    let open = service.get("/v1/predictions?limit=1").await.body["data"][0].clone();
    let asked = format!("/v1/customers/{}/recommendation", text(&open["customer_id"]));
    let before = service.get(&asked).await.body;
    let version = text(&kept.body["version"]);
    let activated = service
        .post(&format!("/v1/policies/{version}/activate"), json!({}))
        .await;
    assert_eq!(activated.status, 200, "{}", activated.text);
    assert_eq!(in_force(&service).await["version"], version.as_str());
    let after = service.get(&asked).await.body;
    assert_ne!(after["recommendation_id"], before["recommendation_id"]);
    assert_ne!(after["policy"], before["policy"]);
    let trail = service
        .get(&format!("/v1/audit-events?subject={version}"))
        .await
        .body;
    let actions: Vec<&str> = trail["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert!(actions.contains(&"policy.activated"), "{trail}");
    assert_eq!(service.get("/v1/policies/000000000000").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_policy_is_told_at_once() {
    let service = Service::start().await;
    let shipped = text(&in_force(&service).await["text"]);
    let wrong = shipped
        .replace("minimum = \"25.00\"", "minimum = \"-1.00\"")
        .replace("propensity_min = 0.05", "propensity_min = 0.9");
    assert_ne!(wrong, shipped);
    let reply = service.post("/v1/policies", json!({ "text": wrong })).await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (422, Some("invalid_policy"))
    );
    let errors = reply.body["errors"].as_array().unwrap();
    assert!(errors.len() >= 2, "{}", reply.text);
    let broken = service.post("/v1/policies", json!({ "text": "name = " })).await;
    assert_eq!(
        (broken.status, broken.body["code"].as_str()),
        (422, Some("invalid_policy"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_a_higher_threshold_would_change_and_changes_nothing() {
    let service = Service::with_sample().await;
    let before = in_force(&service).await;
    let same = result_of(&service, "/v1/policies:dry-run", &json!({ "patch": {} })).await;
    assert_eq!(same["difference"]["changes"], json!([]), "{same}");
    let patch = json!({ "patch": { "exclusions": { "minimum": "1000000000.00" } } });
    let told = result_of(&service, "/v1/policies:dry-run", &patch).await;
    assert_eq!(told["version_before"], before["version"]);
    assert_ne!(told["version_after"], told["version_before"]);
    assert!(told["difference"]["customers"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(in_force(&service).await, before);
    for body in [
        json!({}),
        json!({ "patch": ["a"] }),
        json!({ "patch": { "exclusions": { "minimum": "much" } } }),
        json!({ "patch": { "action": { "dance": { "minutes": 1 } } } }),
        json!({ "patch": {}, "text": "" }),
    ] {
        let reply = service.post("/v1/policies:dry-run", &body).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (422, Some("invalid_policy")),
            "{body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_rehearsed_on_the_past_book() {
    let service = Service::with_sample().await;
    let version = text(&in_force(&service).await["version"]);
    let path = format!("/v1/policies/{version}/rehearsal");
    let period = json!({ "from": "2026-03-01", "to": "2026-03-15", "stride_days": 7 });
    let told = result_of(&service, &path, &period).await;
    assert_eq!(told["version"], version.as_str());
    assert_eq!(told["days"].as_array().map(Vec::len), Some(3), "{told}");
    for period in [
        json!({ "from": "2026-03-15", "to": "2026-03-01" }),
        json!({ "from": "2026-03-15", "to": "2026-04-01" }),
        json!({ "from": "2020-01-01", "to": "2026-03-01", "stride_days": 1 }),
        json!({ "from": "2026-03-01", "to": "2026-03-15", "stride_days": 0 }),
    ] {
        let reply = service.post(&path, &period).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (422, Some("invalid_period")),
            "{period}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_decisions_every_effect_is_an_assumption_and_says_so() {
    let service = Service::with_sample().await;
    let effects = service.get("/v1/effects").await.body;
    assert_eq!(effects["effects_id"], "assumed");
    assert_eq!(effects["is_assumption"], true);
    assert_eq!(effects["learned"], Value::Null);
    let rows = effects["data"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["source"] == "assumption"), "{effects}");
    let learned = result_of(&service, "/v1/effects:learn", &json!({})).await;
    assert_eq!(learned["decisions"], 0);
    let after = service.get("/v1/effects").await.body;
    assert_eq!(after["effects_id"], learned["effects_id"]);
    assert_eq!(
        (&after["is_assumption"], &after["data"]),
        (&json!(true), &effects["data"])
    );
    let refused = service
        .post(
            "/v1/effects:learn",
            json!({ "from": "2026-03-02", "to": "2026-03-01" }),
        )
        .await;
    assert_eq!(refused.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_law_that_nobody_has_verified_are_off() {
    let service = Service::start().await;
    let collector = service.as_role(Role::Collections);
    let laws = collector.get("/v1/laws").await.body;
    let rules = laws["data"].as_array().unwrap();
    assert!(!rules.is_empty());
    let unverified: Vec<&Value> = rules
        .iter()
        .filter(|rule| rule["status"] == "unverified")
        .collect();
    assert!(!unverified.is_empty(), "{laws}");
    assert!(unverified.iter().all(|rule| rule["is_on"] == false), "{laws}");
}
