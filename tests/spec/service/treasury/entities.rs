//! Forecasts limited to legal entities: what they hold, and who sees them.

use std::sync::Arc;

use duecast::app::access::{Principal, Scope};
use duecast::app::service::treasury::{self, Parameters, Question, Sources};
use duecast::app::store::StoredForecast;
use serde_json::{Value, json};

use super::{DRAWS, open_balance, without_fingerprint};
use crate::support::service::Service;

/// One who sees one legal entity.
fn seeing(entity: &str) -> Principal {
    Principal {
        actor: format!("key:{entity}"),
        scope: Scope::Entities([entity.to_owned()].into_iter().collect()),
        ..Principal::system()
    }
}

/// Makes and keeps a forecast for a client, and returns its id.
async fn forecast_by(service: &Service, by: &Principal) -> String {
    let app = service.app();
    let parameters = Parameters {
        draws: Some(DRAWS),
        ..Parameters::default()
    };
    let question = Question::new(&parameters, app.clock.today(), DRAWS).unwrap();
    let sources = Sources {
        ledger: Arc::clone(&app.ledger),
        model: treasury::champion(&app.registry).unwrap(),
        scope: by.scope.clone(),
    };
    let made = treasury::blocking(move || treasury::make(&sources, &question, &|_, _, _| true))
        .await
        .unwrap();
    treasury::keep(&app.store, &app.events, by, app.clock.now(), &made)
        .await
        .unwrap();
    made.forecast_id
}

/// Reads a forecast as a client does.
async fn read(service: &Service, id: &str, by: &Principal) -> Result<StoredForecast, treasury::Error> {
    treasury::find(&service.app().store, id, &by.scope).await
}

fn invoice(id: &str, entity: &str, amount: &str) -> Value {
    json!({
        "invoice_id": id,
        "customer_id": "C-1",
        "invoice_date": "2026-03-01",
        "due_date": "2026-03-31",
        "amount": amount,
        "currency": "EUR",
        "entity": entity,
        "recorded_at": "2026-03-01",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_legal_entity_is_in_a_forecast() {
    let service = Service::start().await;
    for invoice in [
        invoice("N-1", "north", "100.00"),
        invoice("N-2", "north", "200.00"),
    ] {
        let posted = service.post("/v1/invoices", invoice).await;
        assert!(matches!(posted.status, 200 | 201), "{}", posted.text);
    }
    let (north, south) = (seeing("north"), seeing("south"));
    let alone = forecast_by(&service, &north).await;
    let posted = service
        .post("/v1/invoices", invoice("S-1", "south", "5000.00"))
        .await;
    assert!(matches!(posted.status, 200 | 201), "{}", posted.text);
    let beside = forecast_by(&service, &north).await;
    let whole = forecast_by(&service, &Principal::system()).await;

    let first = read(&service, &alone, &north).await.unwrap().document;
    let second = read(&service, &beside, &north).await.unwrap().document;
    assert_eq!(without_fingerprint(&first), without_fingerprint(&second));
    let document: Value = serde_json::from_str(&second).unwrap();
    assert_eq!(open_balance(&document, "EUR"), 30_000);
    let everything = read(&service, &whole, &Principal::system())
        .await
        .unwrap()
        .document;
    let everything: Value = serde_json::from_str(&everything).unwrap();
    assert_eq!(open_balance(&everything, "EUR"), 530_000);

    assert!(
        read(&service, &whole, &north).await.is_err(),
        "it was not limited"
    );
    assert!(
        read(&service, &beside, &south).await.is_err(),
        "it is of another entity"
    );
    assert!(read(&service, &beside, &Principal::system()).await.is_ok());
    let listed = service.get("/v1/forecasts").await;
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 3);
    let missing = service.get(&format!("/v1/forecasts/{}", "0".repeat(64))).await;
    assert_eq!(
        (missing.status, missing.body["code"].as_str()),
        (404, Some("not_found"))
    );
    let nonsense = service.get("/v1/forecasts/nonsense%00").await;
    assert_eq!(nonsense.status, 404);
}
