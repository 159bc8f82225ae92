//! Advice: the same until something changes, recorded as a fact when it is taken, and never more than is allowed.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use duecast::app::access::Role;
use serde_json::{Value, json};

use crate::support::service::{Reply, Service};

/// The business day of the fixture, a Sunday.
const TODAY: &str = "2026-03-29";
/// The day after, on which customers may be contacted.
const MONDAY: &str = "2026-03-30";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn advice(service: &Service, customer_id: &str) -> Reply {
    let path = format!("/v1/customers/{customer_id}/recommendation?day={MONDAY}");
    let reply = service.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn worklist(service: &Service, more: &str) -> Value {
    let reply = service.get(&format!("/v1/worklist?day={MONDAY}{more}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// A recommendation for Monday to write to a customer.
async fn a_contact(service: &Service) -> Value {
    let page = worklist(service, "&limit=1000").await;
    let lines = page["data"].as_array().unwrap();
    let is_written = |line: &&Value| line["channel"] == "email" && line["autonomy"] != "named_human";
    lines
        .iter()
        .find(is_written)
        .unwrap_or_else(|| panic!("nobody is written to: {page}"))
        .clone()
}

async fn tell(service: &Service, recommendation_id: &str, feedback: &Value) -> Reply {
    let path = format!("/v1/recommendations/{recommendation_id}/feedback");
    service.as_role(Role::Collections).post(&path, feedback).await
}

/// The row of the ledger that an acceptance has left.
async fn recorded(service: &Service, line: &Value) -> Value {
    let path = format!(
        "/v1/actions?customer_id={}&limit=1000",
        text(&line["customer_id"])
    );
    let page = service.get(&path).await;
    let key = format!("recommendation-{}", text(&line["recommendation_id"]));
    let rows = page.body["data"].as_array().unwrap();
    let found = rows.iter().find(|row| row["action_id"] == key.as_str());
    found.unwrap_or(&Value::Null).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_twice_gives_the_same_bytes_until_a_fact_of_the_customer_changes() {
    let service = Service::with_sample().await;
    let open = service.get("/v1/predictions?limit=1").await.body["data"][0].clone();
    let customer_id = text(&open["customer_id"]);
    let first = advice(&service, &customer_id).await;
    assert_eq!(advice(&service, &customer_id).await.text, first.text);
    service.app().book.rebuild().await.unwrap();
    assert_eq!(advice(&service, &customer_id).await.text, first.text);

    let elsewhere = json!({ "customer_id": "somebody else", "name": "Other Ltd" });
    assert_eq!(service.post("/v1/customers", elsewhere).await.status, 201);
    assert_eq!(advice(&service, &customer_id).await.text, first.text);

    let payment = json!({
        "payment_id": "P-1", "invoice_id": open["invoice_id"], "paid_date": TODAY, "amount": "0.01",
        "currency": open["currency"],
    });
    assert_eq!(service.post("/v1/payments", payment).await.status, 201);
    let after = advice(&service, &customer_id).await;
    assert_ne!(after.body["recommendation_id"], first.body["recommendation_id"]);
    let kept = service
        .get(&format!(
            "/v1/recommendations/{}",
            text(&first.body["recommendation_id"])
        ))
        .await;
    assert_eq!(kept.body["recommendation"], first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recommendation_prices_waiting_and_its_probabilities_sum_to_one() {
    let service = Service::with_sample().await;
    let page = service.get("/v1/predictions?limit=200").await.body;
    let customers: BTreeSet<String> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|open| text(&open["customer_id"]))
        .collect();
    for customer_id in customers {
        let told = advice(&service, &customer_id).await.body;
        let alternatives = told["alternatives"].as_array().unwrap();
        let wait = alternatives.iter().find(|one| one["action"] == "wait").unwrap();
        assert_eq!(wait["gain"]["total"], "0.00", "{told}");
        let chosen: Vec<&Value> = alternatives
            .iter()
            .filter(|one| one["is_chosen"] == true)
            .map(|one| &one["action"])
            .collect();
        assert_eq!(chosen, [&told["action"]]);
        let shares = told["admissible"].as_array().unwrap();
        let sum: f64 = shares
            .iter()
            .map(|share| share["propensity"].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{told}");
        assert!(told["review_on"].as_str().unwrap() > TODAY);
        assert_eq!(told["day"], MONDAY);
        assert_eq!(told["effects_id"], "assumed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_a_fact_with_its_probability_and_is_not_advised_again() {
    let service = Service::with_sample().await;
    let line = a_contact(&service).await;
    let id = text(&line["recommendation_id"]);
    let accepted = tell(&service, &id, &json!({ "kind": "accepted" })).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text);
    assert_eq!(accepted.body["occurred_on"], TODAY);
    let row = recorded(&service, &line).await;
    assert_eq!(row["action_type"], line["action"]);
    assert_eq!(row["chosen_by"], "policy");
    assert_eq!(row["propensity"], line["propensity"]);
    let next = advice(&service, &text(&line["customer_id"])).await.body;
    assert_ne!(next["recommendation_id"], line["recommendation_id"]);
    assert_ne!(next["action"], line["action"], "one contact a week: {next}");

    let again = tell(&service, &id, &json!({ "kind": "accepted" })).await;
    assert_eq!((again.status, &again.body), (200, &accepted.body));
    let other = json!({ "kind": "overridden", "action": "wait", "reason": "known to pay" });
    let refused = tell(&service, &id, &other).await;
    assert_eq!(
        (refused.status, refused.body["code"].as_str()),
        (409, Some("already_decided"))
    );
    let record = service.get(&format!("/v1/recommendations/{id}")).await.body;
    assert_eq!(record["feedback"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_corrects_the_fact_and_comes_after_the_decision() {
    let service = Service::with_sample().await;
    let line = a_contact(&service).await;
    let id = text(&line["recommendation_id"]);
    let outcome = json!({ "kind": "outcome", "outcome": "bounced" });
    let early = tell(&service, &id, &outcome).await;
    assert_eq!(
        (early.status, early.body["code"].as_str()),
        (409, Some("not_decided"))
    );
    assert_eq!(
        tell(&service, &id, &json!({ "kind": "accepted" })).await.status,
        201
    );
    let told = tell(&service, &id, &outcome).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let row = recorded(&service, &line).await;
    assert_eq!(
        (&row["outcome"], &row["outcome_on"]),
        (&json!("bounced"), &json!(TODAY))
    );
    assert_eq!(row["propensity"], line["propensity"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_of_a_decision_that_was_never_made_is_not_found() {
    let service = Service::with_sample().await;
    let before = service.get("/v1/ledger").await.body["head"].clone();
    for id in ["0123456789abcdef0123456789abcdef", "nothing", "%00"] {
        let reply = tell(&service, id, &json!({ "kind": "outcome", "outcome": "paid" })).await;
        assert_eq!(reply.status, 404, "{id}: {}", reply.text);
    }
    assert_eq!(service.get("/v1/ledger").await.body["head"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_that_cannot_be_is_refused_with_its_place() {
    let service = Service::with_sample().await;
    let id = text(&a_contact(&service).await["recommendation_id"]);
    for (feedback, pointer) in [
        (json!({}), "/kind"),
        (json!({ "kind": "overridden", "reason": "why not" }), "/action"),
        (
            json!({ "kind": "overridden", "action": "dance", "reason": "why not" }),
            "/action",
        ),
        (json!({ "kind": "overridden", "action": "wait" }), "/reason"),
        (json!({ "kind": "accepted", "action": "wait" }), "/action"),
        (
            json!({ "kind": "accepted", "occurred_on": "2026-04-30" }),
            "/occurred_on",
        ),
        (
            json!({ "kind": "accepted", "occurred_on": "2020-01-01" }),
            "/occurred_on",
        ),
        (json!({ "kind": "outcome" }), "/outcome"),
        (json!({ "kind": "outcome", "outcome": "happy" }), "/outcome"),
    ] {
        let reply = tell(&service, &id, &feedback).await;
        assert_eq!(reply.status, 422, "{feedback}: {}", reply.text);
        assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{feedback}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_feedback_makes_an_action_admissible_that_was_not() {
    let service = Service::with_sample().await;
    let line = a_contact(&service).await;
    let customer_id = text(&line["customer_id"]);
    let told = advice(&service, &customer_id).await.body;
    let poison = json!({
        "kind": "overridden", "action": line["action"], "reason": "said to work wonders",
    });
    let id = text(&told["recommendation_id"]);
    assert_eq!(tell(&service, &id, &poison).await.status, 201);
    let paid = json!({ "kind": "outcome", "outcome": "paid" });
    for _ in 0..5 {
        assert_eq!(tell(&service, &id, &paid).await.status, 201);
    }
    let row = recorded(&service, &told).await;
    assert_eq!(
        (row["chosen_by"].as_str(), &row["propensity"]),
        (Some("human"), &Value::Null)
    );
    let next = advice(&service, &customer_id).await.body;
    let shares = next["admissible"].as_array().unwrap();
    assert!(
        shares.iter().any(|share| share["action"] == next["action"]),
        "{next}"
    );
    assert!(
        !shares.iter().any(|share| share["action"] == line["action"]),
        "{next}"
    );
    let is_out = |why: &Value| why["action"] == next["action"] && why["invoice_id"].is_null();
    assert!(!next["why_nots"].as_array().unwrap().iter().any(is_out), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worklist_in_pages_is_the_worklist_and_its_lines_are_the_advice() {
    let service = Service::with_sample().await;
    let whole = worklist(&service, "&limit=1000").await;
    let lines = whole["data"].as_array().unwrap();
    assert!(lines.len() > 2, "{whole}");
    let priorities: Vec<i64> = lines
        .iter()
        .map(|line| line["priority"].as_i64().unwrap())
        .collect();
    assert!(priorities.is_sorted());
    assert!(lines.iter().all(|line| line["action"] != "wait"));
    let mut paged = Vec::new();
    let mut more = "&limit=2".to_owned();
    loop {
        let page = worklist(&service, &more).await;
        paged.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        more = format!("&limit=2&cursor={cursor}");
    }
    assert_eq!(&paged, lines);
    for line in lines.iter().take(5) {
        let told = advice(&service, &text(&line["customer_id"])).await;
        assert_eq!(told.body, *line);
    }
    let ahead = service.get("/v1/worklist?day=2027-01-01").await;
    assert_eq!(
        (ahead.status, ahead.body["code"].as_str()),
        (422, Some("invalid_day"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_worklist_is_gone_when_its_customer_was_written_to() {
    let service = Service::with_sample().await;
    let line = a_contact(&service).await;
    let id = text(&line["recommendation_id"]);
    assert_eq!(
        tell(&service, &id, &json!({ "kind": "accepted" })).await.status,
        201
    );
    let after = worklist(&service, "&limit=1000").await;
    let is_same =
        |other: &Value| other["customer_id"] == line["customer_id"] && other["action"] == line["action"];
    assert!(!after["data"].as_array().unwrap().iter().any(is_same));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_automatic_run_has_what_needs_nobody_and_keeps_every_line_of_it() {
    let service = Service::with_sample().await;
    let request = Request::post("/v1/action-plans")
        .header(header::CONTENT_TYPE, "application/json")
        .header("prefer", "wait=60")
        .body(Body::from(json!({ "day": MONDAY }).to_string()))
        .unwrap();
    let ended = service.as_role(Role::Collections).send(request).await;
    assert_eq!(ended.body["status"], "succeeded", "{}", ended.text);
    let operation_id = text(&ended.body["operation_id"]);
    let file = service.get(&format!("/v1/operations/{operation_id}/file")).await;
    let lines: Vec<Value> = file
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(ended.body["result"]["lines"], lines.len());
    assert!(!lines.is_empty());
    for line in &lines {
        assert_eq!(line["autonomy"], "auto");
        assert_ne!(line["action"], "wait");
        let id = text(&line["recommendation_id"]);
        let kept = service.get(&format!("/v1/recommendations/{id}")).await;
        assert_eq!(kept.body["recommendation"], *line);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_one_entity_is_advised_about_what_that_one_is_owed() {
    let service = Service::start().await;
    for (entity, amount) in [("DE01", "1000.00"), ("FR01", "200.00")] {
        let invoice = json!({
            "invoice_id": format!("I-{entity}"), "customer_id": "C1", "invoice_date": "2026-01-10",
            "due_date": "2026-02-10", "amount": amount, "currency": "EUR", "entity": entity,
            "recorded_at": "2026-01-10",
        });
        assert_eq!(service.post("/v1/invoices", invoice).await.status, 201);
    }
    let path = format!("/v1/customers/C1/recommendation?day={MONDAY}");
    let whole = service.get(&path).await.body;
    assert_eq!(whole["open"], json!([{ "currency": "EUR", "amount": "1200.00" }]));
    let client = service.as_scoped(Role::Collections, &["FR01"]).await;
    let own = client.get(&path).await;
    assert_eq!(
        own.body["open"],
        json!([{ "currency": "EUR", "amount": "200.00" }])
    );
    assert!(!own.text.contains("DE01"), "{}", own.text);
    let hidden = format!("/v1/recommendations/{}", text(&whole["recommendation_id"]));
    assert_eq!(client.get(&hidden).await.status, 404);
    let id = text(&own.body["recommendation_id"]);
    let accepted = client
        .post(
            &format!("/v1/recommendations/{id}/feedback"),
            json!({ "kind": "accepted" }),
        )
        .await;
    assert_eq!(accepted.status, 201, "{}", accepted.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owes_nothing_needs_no_advice() {
    let service = Service::start().await;
    let customer = json!({ "customer_id": "C1", "name": "One GmbH" });
    assert_eq!(service.post("/v1/customers", customer).await.status, 201);
    let reply = service.get("/v1/customers/C1/recommendation").await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (409, Some("nothing_open"))
    );
    assert_eq!(service.get("/v1/customers/C2/recommendation").await.status, 404);
    let empty = worklist(&service, "").await;
    assert_eq!(empty["data"], json!([]));
    let bare = Service::with_sample_without_model().await;
    let reply = bare.get("/v1/worklist").await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (409, Some("no_champion"))
    );
}
