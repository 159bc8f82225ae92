//! Predictions follow the facts, whichever way these came, and say the same as the command line.

use std::collections::BTreeSet;

use duecast::app::access::{Role, Scope};
use duecast::app::book::Risk;
use duecast::app::store::RiskRow;
use duecast::domain::date::{add_days, parse_iso};
use duecast::history::History;
use duecast::model::{PaymentPrediction, Reasons, artifact};
use serde_json::{Value, json};

use crate::support::service::Service;

/// The business day of the fixture.
const TODAY: &str = "2026-03-29";

/// An open invoice of the sample, as the service predicts it.
async fn an_open_invoice(service: &Service) -> Value {
    let page = service.get("/v1/predictions?limit=1").await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.body["data"][0].clone()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap().to_owned()
}

async fn prediction(service: &Service, invoice_id: &str) -> Value {
    let reply = service
        .get(&format!(
            "/v1/invoices/{invoice_id}/prediction?distribution=true&reasons=true"
        ))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// Posts a payment of some share of what is open.
async fn pay(service: &Service, open: &Value, payment_id: &str, share: f64) {
    let amount = text(open, "open_amount").parse::<f64>().unwrap() * share;
    let payment = json!({
        "payment_id": payment_id,
        "invoice_id": open["invoice_id"],
        "paid_date": TODAY,
        "amount": format!("{amount:.2}"),
        "currency": open["currency"],
        "recorded_at": TODAY,
    });
    let reply = service.post("/v1/payments", payment).await;
    assert!((200..300).contains(&reply.status), "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_moves_the_prediction_at_once() {
    let service = Service::with_sample().await;
    let before = an_open_invoice(&service).await;
    let invoice_id = text(&before, "invoice_id");
    pay(&service, &before, "P-half", 0.5).await;
    let after = prediction(&service, &invoice_id).await;
    assert_ne!(after["open_amount"], before["open_amount"]);
    assert!(after["ledger_sequence"].as_i64() > before["ledger_sequence"].as_i64());
    pay(&service, &after, "P-rest", 1.0).await;
    let settled = service
        .get(&format!("/v1/invoices/{invoice_id}/prediction"))
        .await;
    assert_eq!(settled.status, 409, "{}", settled.text);
    assert_eq!(settled.body["code"], "already_settled");
    let invoice = service.get(&format!("/v1/invoices/{invoice_id}")).await;
    assert_eq!(
        (invoice.status, invoice.body["status"].as_str()),
        (200, Some("settled"))
    );
    assert_eq!(invoice.body["settlements"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_at_once_or_at_the_next_question_or_with_the_whole_book_a_prediction_is_the_same() {
    let service = Service::with_sample().await;
    let open = an_open_invoice(&service).await;
    let (invoice_id, customer_id) = (text(&open, "invoice_id"), text(&open, "customer_id"));
    pay(&service, &open, "P-some", 0.25).await;
    let eager = prediction(&service, &invoice_id).await;
    let book = &service.app().book;
    book.touch(&BTreeSet::from([customer_id]), true);
    assert_eq!(book.state().waiting, 1);
    assert_eq!(prediction(&service, &invoice_id).await, eager);
    assert_eq!(book.state().waiting, 0);
    book.rebuild().await.unwrap();
    assert_eq!(prediction(&service, &invoice_id).await, eager);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thought_invoice_is_predicted_and_changes_nothing() {
    let service = Service::with_sample().await;
    let open = an_open_invoice(&service).await;
    let book = &service.app().book;
    let before = book.state();
    let known = prediction(&service, &text(&open, "invoice_id")).await;
    for customer_id in [open["customer_id"].clone(), json!("nobody knows me")] {
        let thought = json!({
            "customer_id": customer_id, "amount": "50000.00", "currency": "EUR", "net_days": 30,
        });
        let reply = service.post("/v1/predictions?reasons=true", thought).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.body["invoice_id"], Value::Null);
        assert_eq!(reply.body["open_amount"], "50000.00");
        assert_eq!(reply.body["due_date"], "2026-04-28");
        assert!(reply.body["reasons"].is_array());
    }
    assert_eq!(book.state(), before);
    assert_eq!(prediction(&service, &text(&open, "invoice_id")).await, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_its_place() {
    let service = Service::with_sample().await;
    let thought = json!({ "customer_id": "C1", "amount": "0.00", "currency": "EUR", "net_days": 30 });
    let reply = service.post("/v1/predictions?reasons=true", thought).await;
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (422, Some("invalid_invoice"))
    );
    assert_eq!(reply.body["errors"][0]["pointer"], "/amount");
    let open = an_open_invoice(&service).await;
    let path = format!(
        "/v1/invoices/{}/prediction?as_of=2026-03-30",
        text(&open, "invoice_id")
    );
    assert_eq!(service.get(&path).await.status, 400);
    assert_eq!(service.get("/v1/invoices/none/prediction").await.status, 404);
    assert_eq!(service.get("/v1/customers/none/profile").await.status, 404);
}

/// What the command line predicts for a day.
fn predicted(day: &str) -> Vec<PaymentPrediction> {
    let (history, _) = History::open("data/sample".as_ref()).unwrap();
    let book = duecast::features::book(&history.as_of(parse_iso(day).unwrap())).unwrap();
    let model = artifact::load("models/demo".as_ref()).unwrap().model;
    model.predict(&book, Reasons::Given).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_day_is_predicted_as_by_the_command_line() {
    let service = Service::with_sample().await;
    for day in ["2026-01-31", TODAY] {
        let rows = predicted(day);
        assert!(!rows.is_empty());
        for row in rows.iter().step_by(rows.len().div_ceil(10)) {
            let path = format!(
                "/v1/invoices/{}/prediction?as_of={day}&reasons=true",
                row.invoice_id
            );
            let reply = service.get(&path).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let answer = &reply.body;
            assert_eq!(text(answer, "as_of"), day);
            assert_eq!(text(answer, "open_amount"), row.open.to_decimal_string());
            for (field, quantile) in [("p10", 0.1), ("predicted_payment_date", 0.5), ("p90", 0.9)] {
                assert_eq!(
                    text(answer, field),
                    row.quantile_date(quantile).to_string(),
                    "{field}"
                );
            }
            let late = answer["late_probability"].as_f64().unwrap();
            assert!((late - row.late_probability()).abs() < 1e-6);
            let reasons: Vec<String> = answer["reasons"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| text(one, "text"))
                .collect();
            let expected: Vec<&str> = row.reasons.iter().map(|one| one.text.as_str()).collect();
            assert_eq!(reasons, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_scope_is_not_there() {
    let service = Service::with_sample().await;
    let open = an_open_invoice(&service).await;
    let (invoice_id, customer_id) = (text(&open, "invoice_id"), text(&open, "customer_id"));
    let book = &service.app().book;
    let other = Scope::Entities(BTreeSet::from(["another entity".to_owned()]));
    assert!(
        book.invoice(&invoice_id, None, &Scope::All)
            .await
            .unwrap()
            .is_some()
    );
    assert!(book.invoice(&invoice_id, None, &other).await.unwrap().is_none());
    assert!(book.customer(&customer_id, None, &other).await.unwrap().is_none());
    assert!(book.record(&customer_id, None, &other).await.unwrap().is_none());
    assert!(
        book.invoice_record(&invoice_id, None, &other)
            .await
            .unwrap()
            .is_none()
    );
    assert!(book.page(None, 10, &other).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_predictions_have_every_open_invoice_once() {
    let service = Service::with_sample().await;
    let all: Vec<String> = service
        .app()
        .book
        .open_book()
        .await
        .unwrap()
        .predictions
        .into_iter()
        .map(|one| one.invoice_id)
        .collect();
    let (mut seen, mut path) = (Vec::new(), "/v1/predictions?limit=37".to_owned());
    loop {
        let page = service.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        seen.extend(
            page.body["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| text(one, "invoice_id")),
        );
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/predictions?limit=37&cursor={cursor}");
    }
    assert_eq!(seen, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_how_a_customer_pays_and_what_it_owes() {
    let service = Service::with_sample().await;
    let open = an_open_invoice(&service).await;
    let customer_id = text(&open, "customer_id");
    let reply = service.get(&format!("/v1/customers/{customer_id}/profile")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let profile = &reply.body;
    assert!(profile["paid"]["paid_count"].as_u64().unwrap() > 0);
    assert!(profile["behaviour"]["level_days"].is_number());
    assert!(["low", "medium", "high"].contains(&profile["risk"]["level"].as_str().unwrap()));
    let owed = service
        .get(&format!("/v1/predictions?customer_id={customer_id}&limit=1000"))
        .await;
    assert_eq!(
        profile["open"].as_array().map(Vec::len),
        owed.body["data"].as_array().map(Vec::len)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn features_of_any_day_are_all_there_and_name_nobody() {
    let service = Service::with_sample().await;
    let data = service.as_role(Role::Data);
    let row = predicted("2026-01-31").remove(0);
    let path = format!("/v1/customers/{}/features?as_of=2026-01-31", row.customer_id);
    let reply = data.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.body.get("name").is_none());
    let invoices = reply.body["invoices"].as_array().unwrap();
    let invoice = invoices
        .iter()
        .find(|one| text(one, "invoice_id") == row.invoice_id)
        .unwrap();
    let names: Vec<&String> = invoice["values"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), duecast::features::features().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_risk_are_listed_from_a_day_on() {
    let service = Service::with_sample().await;
    let today = parse_iso(TODAY).unwrap();
    let row = |customer_id: &str, days_ago: i64, risk: Risk, previous: Risk| RiskRow {
        customer_id: customer_id.to_owned(),
        as_of: add_days(today, -days_ago),
        risk: risk.name().to_owned(),
        previous_risk: Some(previous.name().to_owned()),
        late_share: 0.5,
        expected_delay_days: 3.0,
    };
    let rows = [
        row("C-a", 0, Risk::High, Risk::Low),
        row("C-b", 0, Risk::Low, Risk::Low),
        row("C-c", 9, Risk::Medium, Risk::Low),
    ];
    service.app().store.write_risks(&rows).await.unwrap();
    let reply = service.get("/v1/risk-changes?since=2026-03-25").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let changes = reply.body["data"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (
            text(&changes[0], "customer_id"),
            text(&changes[0], "previous_risk")
        ),
        ("C-a".to_owned(), "low".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_is_another_book() {
    let service = Service::with_sample().await;
    let before = an_open_invoice(&service).await;
    let clock = &service.app().clock;
    clock.set(clock.now() + chrono::Duration::days(1));
    let after = prediction(&service, &text(&before, "invoice_id")).await;
    assert_eq!(text(&after, "as_of"), "2026-03-30");
    assert!(service.app().book.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_that_owes_has_a_risk() {
    let service = Service::with_sample().await;
    let book = &service.app().book;
    let risks = book.risks().await.unwrap();
    let customers: BTreeSet<String> = book
        .open_book()
        .await
        .unwrap()
        .predictions
        .into_iter()
        .map(|one| one.customer_id)
        .collect();
    assert_eq!(
        risks
            .iter()
            .map(|one| one.customer_id.clone())
            .collect::<BTreeSet<_>>(),
        customers
    );
    assert!(
        risks
            .iter()
            .all(|one| one.risk == Risk::of(one.unpaid_30_days_probability))
    );
}
