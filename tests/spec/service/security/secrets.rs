//! What is told to whom: faults without their cause, logs without keys and names, figures on a port of their own.

use serde_json::{Value, json};

use crate::support::process::Program;
use crate::support::service::Service;
use crate::support::stores::TestStore;

/// In every name, id and amount that is sent, and nowhere else.
const MARK: &str = "Zebulon";
const AMOUNT: &str = "987654.32";

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_tells_the_client_nothing_of_its_cause() {
    let service = Service::start().await;
    let pool = sqlx::AnyPool::connect(&service.store().url).await.unwrap();
    for statement in [
        "alter table audit_events rename to no_audit_events",
        "alter table webhook_endpoints rename to no_webhook_endpoints",
        "alter table operations rename to no_operations",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    for path in [
        "/v1/audit-events",
        "/v1/webhook-endpoints",
        "/v1/operations",
        "/v1/operations/x",
    ] {
        let reply = service.get(path).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (500, Some("internal")),
            "{path}"
        );
        let request_id = reply.headers["x-request-id"].to_str().unwrap();
        assert_eq!(reply.body["request_id"], request_id);
        let text = reply.text.to_lowercase();
        for told in [
            "table",
            "sql",
            "select",
            ".rs",
            "src/",
            "panic",
            "backtrace",
            "/tmp",
        ] {
            assert!(!text.contains(told), "{path} tells of {told}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_no_name_and_no_amount_is_in_the_log_or_the_figures() {
    let program = Program::with_champion(TestStore::sqlite().await).await;
    let running = program.start().await;
    let ask = &running.ask;
    let customer = json!({ "customer_id": format!("C-{MARK}"), "name": format!("{MARK} GmbH") });
    assert_eq!(ask.post("/v1/customers", &customer).await.unwrap().status, 201);
    let invoice = json!({
        "invoice_id": format!("I-{MARK}"), "customer_id": format!("C-{MARK}"), "invoice_date": "2026-03-01",
        "due_date": "2026-03-31", "amount": AMOUNT, "currency": "EUR"
    });
    assert_eq!(ask.post("/v1/invoices", &invoice).await.unwrap().status, 201);
    for path in [
        format!("/v1/invoices/I-{MARK}"),
        format!("/v1/invoices/I-{MARK}/prediction"),
        format!("/v1/customers/C-{MARK}/profile"),
        format!("/v1/customers/{MARK}"),
        format!("/v1/{MARK}"),
        format!("/v1/invoices?customer_id={MARK}"),
        format!("/v1/invoices?{MARK}={MARK}"),
    ] {
        assert!(ask.get(&path).await.status < 500, "{path}");
    }
    for body in [
        json!({ MARK: MARK }),
        json!([{ "customer_id": MARK, "amount": MARK }]),
        json!(MARK),
    ] {
        assert_eq!(ask.post("/v1/invoices", &body).await.unwrap().status, 422);
    }
    let csv = format!("customer_id,name\n{MARK},{MARK}\n{MARK}");
    for path in [
        "/v1/customers:bulk".to_owned(),
        "/v1/imports?profile=canonical&name=customers.csv".to_owned(),
        format!("/v1/imports?profile=canonical&name={MARK}.csv"),
    ] {
        let sent = ask.upload(&path, "text/csv", csv.clone()).await.unwrap();
        assert_eq!(sent.status, 200, "{}", sent.text);
    }
    let mut secrets = vec![MARK.to_owned(), AMOUNT.to_owned()];
    secrets.push(ask.key.split_once('.').unwrap().1.to_owned());
    let key = json!({ "name": MARK, "roles": ["data"] });
    let made = ask.post("/v1/api-keys", &key).await.unwrap();
    secrets.push(
        made.body["secret"]
            .as_str()
            .unwrap()
            .split_once('.')
            .unwrap()
            .1
            .to_owned(),
    );
    let endpoint = json!({ "url": format!("https://93.184.216.34/{MARK}"), "is_enabled": false });
    let made = ask.post("/v1/webhook-endpoints", &endpoint).await.unwrap();
    secrets.push(text(&made.body["secret"]));
    let mut stranger = ask.clone();
    stranger.key = format!("duecast_0123456789abcdef.{MARK}");
    assert_eq!(stranger.get("/v1/ledger").await.status, 401);

    let figures = running.beside("/metrics").await.text;
    running.stop().await;
    let log = program.log();
    assert!(
        log.contains("/v1/invoices/{invoice_id}/prediction"),
        "nothing was logged: {log}"
    );
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
        assert!(!figures.contains(secret), "{secret} is in the figures");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_have_a_port_of_their_own_and_nothing_else_is_there() {
    let program = Program::on(TestStore::sqlite().await).await;
    let running = program.start().await;
    let figures = running.beside("/metrics").await;
    assert_eq!(figures.status, 200);
    assert!(
        figures.text.contains("duecast_ledger_sequence"),
        "{}",
        figures.text
    );
    assert_eq!(running.ask.get("/metrics").await.status, 404);
    for path in ["/v1/ledger", "/livez", "/openapi.json", "/debug", "/"] {
        assert_eq!(running.beside(path).await.status, 404, "{path}");
    }
    running.stop().await;
}
