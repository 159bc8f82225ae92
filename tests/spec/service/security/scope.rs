//! Whose it is: what belongs to another legal entity is as if it were not there, at every route and for every role.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use duecast::app::access::Role;
use duecast::app::http::route_table;
use serde_json::{Value, json};

use crate::support::service::Service;

const OWN: &str = "DE01";
const OTHER: &str = "FR01";
/// Names in paths of what belongs to the whole tenant, and to no entity.
const OF_ALL: [&str; 5] = ["version", "alias", "promotion_id", "endpoint_id", "delivery_id"];
/// Lists of what is done to the tenant as a whole; they are for its admins and auditors.
const LISTS_OF_ALL: [&str; 1] = ["/v1/audit-events"];
/// Longer than a forecast of one invoice takes.
const WAIT: Duration = Duration::from_secs(60);

/// Makes one of everything that belongs to an entity; returns the ids by their names in paths.
async fn made_for(service: &Service, entity: &str) -> BTreeMap<&'static str, String> {
    let (invoice_id, customer_id) = (format!("I-{entity}"), format!("C-{entity}"));
    let invoice = json!({
        "invoice_id": invoice_id,
        "customer_id": customer_id,
        "invoice_date": "2026-03-01",
        "due_date": "2026-03-31",
        "amount": "100.00",
        "currency": "EUR",
        "entity": entity,
        "recorded_at": "2026-03-01",
    });
    let reply = service.post("/v1/invoices", invoice).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let treasurer = service.as_scoped(Role::Treasury, &[entity]).await;
    let reply = treasurer.post("/v1/forecasts", json!({ "draws": 20 })).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let operation_id = reply.body["operation_id"].as_str().unwrap().to_owned();
    let operation = service.app().operations.wait(&operation_id, WAIT).await.unwrap();
    let result = operation.result.expect("the forecast is made");
    let admin = service.as_scoped(Role::Admin, &[entity]).await;
    let key = json!({ "name": format!("of {entity}"), "roles": ["data"], "entities": [entity] });
    let reply = admin.post("/v1/api-keys", key).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let collector = service.as_scoped(Role::Collections, &[entity]).await;
    let advised = collector
        .get(&format!("/v1/customers/{customer_id}/recommendation"))
        .await;
    assert_eq!(advised.status, 200, "{}", advised.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    BTreeMap::from([
        ("invoice_id", invoice_id),
        ("customer_id", customer_id),
        ("operation_id", operation_id),
        ("recommendation_id", text(&advised.body["recommendation_id"])),
        ("forecast_id", text(&result["forecast_id"])),
        ("key_id", text(&reply.body["api_key"]["key_id"])),
    ])
}

/// The name in a path such as `/v1/invoices/{invoice_id}/prediction`, where it has one.
fn name_in(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once('{')?;
    rest.split_once('}').map(|(name, _)| name)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_another_entity_is_not_there_at_any_route_for_any_role() {
    let service = Service::start().await;
    let (own, other) = (made_for(&service, OWN).await, made_for(&service, OTHER).await);
    let mut asked = 0;
    for (method, path, roles) in route_table() {
        let Some(name) = name_in(&path).filter(|name| !OF_ALL.contains(name)) else {
            continue;
        };
        let place = format!("{{{name}}}");
        // The one route that must be told something.
        let path = if path.ends_with("/export") {
            format!("{path}?format=csv")
        } else {
            path.clone()
        };
        let id = other
            .get(name)
            .unwrap_or_else(|| panic!("whose is {name}? Add it to made_for, or to OF_ALL"));
        for role in roles {
            let client = service.as_scoped(*role, &[OWN]).await;
            let what = format!("{} at {method} {path}", role.name());
            let body = json!({});
            let hidden = client
                .json(method.clone(), &path.replace(&place, id), &body)
                .await;
            assert_eq!(hidden.status, 404, "{what}: {}", hidden.text);
            // Not even the words tell it from something that is not there.
            let nothing = client
                .json(method.clone(), &path.replace(&place, "nothing"), &body)
                .await;
            assert_eq!(
                hidden.body["detail"].as_str().unwrap().replace(id, "nothing"),
                nothing.body["detail"].as_str().unwrap(),
                "{what}"
            );
            assert_eq!(hidden.body["code"], nothing.body["code"], "{what}");
            asked += 1;
            // The operation is a forecast, which is for these roles and has no file.
            let is_for_role =
                name != "operation_id" || matches!(role, Role::Treasury | Role::Admin | Role::Auditor);
            if method == Method::GET && is_for_role && !path.ends_with("/file") {
                let seen = client
                    .json(method.clone(), &path.replace(&place, &own[name]), &body)
                    .await;
                assert!(![403, 404].contains(&seen.status), "{what}: {}", seen.text);
            }
        }
    }
    assert!(asked > 30, "only {asked} questions were asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_names_what_is_of_another_entity() {
    let service = Service::start().await;
    made_for(&service, OWN).await;
    made_for(&service, OTHER).await;
    for (method, path, roles) in route_table() {
        if method != Method::GET || path.contains('{') || LISTS_OF_ALL.contains(&path.as_str()) {
            continue;
        }
        for role in roles {
            let client = service.as_scoped(*role, &[OWN]).await;
            let reply = client.get(&path).await;
            let what = format!("{} at {path}", role.name());
            assert!(reply.status < 500, "{what}: {}", reply.text);
            assert!(!reply.text.contains(OTHER), "{what}: {}", reply.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_one_entity_writes_nothing_into_another() {
    let service = Service::start().await;
    made_for(&service, OTHER).await;
    let before = service.get("/v1/ledger").await.body["head"].clone();
    let client = service.as_scoped(Role::Collections, &[OWN]).await;
    let row = |entity: Value| {
        json!({
            "invoice_id": "I-NEW", "customer_id": "C-FR01", "invoice_date": "2026-03-01",
            "due_date": "2026-03-31", "amount": "1.00", "currency": "EUR", "entity": entity
        })
    };
    let mut taken_over = row(json!(OWN));
    taken_over["invoice_id"] = json!("I-FR01");
    let payment = json!({
        "payment_id": "P1", "invoice_id": "I-FR01", "paid_date": "2026-03-02", "amount": "1.00",
        "currency": "EUR"
    });
    for (path, body) in [
        ("/v1/invoices", row(json!(OTHER))),
        ("/v1/invoices", row(Value::Null)),
        ("/v1/invoices", taken_over),
        ("/v1/payments", payment),
        (
            "/v1/customers",
            json!({ "customer_id": "C-FR01", "name": "mine now" }),
        ),
    ] {
        let reply = client.post(path, &body).await;
        assert_eq!(reply.status, 422, "{path} {body}: {}", reply.text);
    }
    assert_eq!(service.get("/v1/ledger").await.body["head"], before);
}
