//! Scenarios, key figures, and what treasury cannot ask.

use std::fs;

use serde_json::{Value, json};

use super::{DRAWS, command_line, ended};
use crate::support::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_told_what_is_allowed() {
    let service = Service::start().await;
    for (request, status, told) in [
        (json!({"bucket": "fortnight"}), 0, "week"),
        (json!({"horizon": 7}), 0, "horizon_days"),
        (json!({"calendar": "MARS"}), 0, "TARGET"),
        (json!({"draws": 10_001}), 422, "1 to 10000"),
        (json!({"horizon_days": 401}), 422, "1 to 400"),
        (json!({"as_of": "2026-03-30"}), 422, "up to 2026-03-29"),
    ] {
        let reply = service.post("/v1/forecasts", request).await;
        assert!(
            reply.status == status || (status == 0 && matches!(reply.status, 400 | 422)),
            "{}",
            reply.text
        );
        assert!(reply.text.contains(told), "{}", reply.text);
    }
    for (request, told) in [
        (json!({"scenarios": []}), "1 to 20"),
        (json!({"scenarios": ["doom"]}), "top_five_late"),
        (
            json!({"scenarios": [{"name": "a", "description": "b", "shock": [{"kind": "delay"}]}]}),
            "days",
        ),
    ] {
        let reply = service.post("/v1/scenarios", request).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert!(reply.text.contains(told), "{}", reply.text);
    }
    for (path, status, told) in [
        ("/v1/kpis?group_by=colour", 400, "payment_terms"),
        ("/v1/kpis?months=0", 422, "1 to 120"),
        ("/v1/kpis?forward_looking=much", 422, "0 to 10"),
        ("/v1/kpis", 409, "no invoice"),
        ("/v1/forecasts?color=red", 400, "as_of"),
    ] {
        let reply = service.get(path).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert!(reply.text.contains(told), "{}", reply.text);
    }
    let operation = ended(&service, "/v1/forecasts", json!({})).await;
    assert_eq!(operation["status"], "failed");
    assert_eq!(operation["problem"]["code"], "ledger_empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_are_compared_as_the_command_line_does() {
    let service = Service::with_sample().await;
    let folder = tempfile::tempdir().unwrap();
    let own = json!({
        "name": "slow", "description": "a week later", "shock": [{"kind": "delay", "days": 7}],
    });
    fs::write(folder.path().join("slow.json"), own.to_string()).unwrap();
    let options =
        format!("scenario --draws {DRAWS} --scenario worst --scenario slow.json --out differences.json");
    command_line(&service, folder.path(), &options).await;
    let request = json!({"scenarios": ["worst", own], "draws": DRAWS});
    let operation = ended(&service, "/v1/scenarios", request).await;
    assert_eq!(operation["status"], "succeeded", "{operation}");
    let mut given = operation["result"]["differences"].clone();
    let written = fs::read_to_string(folder.path().join("differences.json")).unwrap();
    let mut written: Value = serde_json::from_str(&written).unwrap();
    given["ledger_fingerprint"] = Value::Null;
    written["ledger_fingerprint"] = Value::Null;
    assert_eq!(given, written);
    assert!(!given["scenarios"].as_array().unwrap().is_empty());

    let shipped = service.get("/v1/scenarios").await;
    let names: Vec<&str> = shipped.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(names.contains(&"worst") && names.contains(&"terms_45"));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_figures_are_those_of_the_command_line() {
    let service = Service::with_sample().await;
    let folder = tempfile::tempdir().unwrap();
    let printed = command_line(
        &service,
        folder.path(),
        "kpis --months 2 --group-by country --forward-looking 1.5 --format json",
    )
    .await;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let reply = service
        .get("/v1/kpis?months=2&group_by=country&forward_looking=1.5")
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["reports"], printed);
    let losses = &reply.body["reports"][1]["currencies"][0]["expected_loss_lifetime"];
    assert!(losses.is_string(), "the champion tells them");
}
