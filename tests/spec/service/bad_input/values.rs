//! Values that cannot be, and texts that look like something else.

use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request};
use duecast::app::http::route_table;
use duecast::history::schema::columns;
use duecast::history::{ColumnKind, Table};
use serde_json::{Map, Value, json};

use super::{invoice, send, sequence};
use crate::support::service::{Service, for_each_store};

/// What ends a statement, a text, a path, a tag and a cell where it is taken for a part of one.
const HOSTILE: &str = "'); drop table invoices; --\" $1 ../../etc/passwd <script>alert(1)</script> ${x} {{7*7}} =1+1 %s \u{202e}";

#[tokio::test(flavor = "multi_thread")]
async fn values_that_cannot_be_are_refused_with_their_place() {
    let service = Service::start().await;
    let long = "x".repeat(10_000);
    let cases: [(&str, Value, &str); 22] = [
        ("amount", json!(100.0), "number_for_amount"),
        ("amount", json!(100), "number_for_amount"),
        ("amount", json!("92233720368547758.08"), "out_of_range"),
        ("amount", json!("9".repeat(400)), "too_long"),
        ("amount", json!("1e5"), "malformed"),
        ("amount", json!("NaN"), "malformed"),
        ("amount", json!("-1.00"), "out_of_range"),
        ("amount", json!("1.005"), "too_many_decimals"),
        ("amount", json!({ "value": "1.00" }), "malformed"),
        ("invoice_date", json!("2026-02-30"), "impossible_date"),
        ("invoice_date", json!("2026-13-01"), "impossible_date"),
        ("invoice_date", json!("0001-01-01"), "out_of_range"),
        ("due_date", json!("9999-12-31"), "out_of_range"),
        ("due_date", json!("31.03.2026"), "malformed"),
        ("due_date", json!(20_260_331), "malformed"),
        ("currency", json!("XQX"), "unknown_currency"),
        ("currency", json!("eur\u{0}"), "malformed"),
        ("invoice_id", json!(long), "too_long"),
        ("invoice_id", json!("  "), "missing"),
        ("customer_id", json!("C\u{0}1"), "malformed"),
        ("customer_id", json!({ "$ne": null }), "malformed"),
        ("recorded_at", json!(true), "malformed"),
    ];
    for (column, value, code) in cases {
        let mut row = invoice("I1");
        row[column] = value.clone();
        let reply = service.post("/v1/invoices", &row).await;
        assert_eq!(reply.status, 422, "{column} {value}: {}", reply.text);
        let error = &reply.body["errors"][0];
        assert_eq!(error["pointer"], format!("/{column}"), "{value}: {error}");
        assert_eq!(error["code"], code, "{column} {value}: {error}");
        assert!(reply.text.len() < 2_000, "what was sent comes back whole");
    }
    assert_eq!(sequence(&service).await, 0);
}

/// A row of a table with a text in every column that takes any.
fn row_with(table: Table, text: &str) -> Map<String, Value> {
    let cell = |name: &str, kind: ColumnKind| match (name, kind) {
        (_, ColumnKind::Id | ColumnKind::Text) => json!(text),
        (_, ColumnKind::Date) => json!("2026-03-02"),
        (_, ColumnKind::Amount) => json!("1.00"),
        ("to_currency", ColumnKind::Currency) => json!("USD"),
        (_, ColumnKind::Currency) => json!("EUR"),
        (_, ColumnKind::Integer) => json!(1),
        (_, ColumnKind::Number) => json!(0.5),
    };
    columns(table)
        .iter()
        .map(|spec| (spec.name.to_owned(), cell(spec.name, spec.kind)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_program_comes_back_as_text() {
    for_each_store(|service| async move {
        // Customers and invoices come first: the others hang on them.
        for table in Table::ALL {
            let row = row_with(table, HOSTILE);
            let reply = service
                .post(&format!("/v1/{table}"), Value::Object(row.clone()))
                .await;
            assert!(matches!(reply.status, 200 | 201), "{table}: {}", reply.text);
            let listed = service.get(&format!("/v1/{table}?limit=1000")).await;
            let rows = listed.body["data"].as_array().unwrap();
            assert_eq!(rows.len(), 1, "{table}");
            for (name, value) in &row {
                if value == HOSTILE {
                    assert_eq!(rows[0][name], *value, "{table} {name}");
                }
            }
        }
        let encoded: String = HOSTILE.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in [
            format!("/v1/invoices/{encoded}"),
            format!("/v1/customers/{encoded}"),
            format!("/v1/invoices/{encoded}/prediction"),
        ] {
            let reply = service.get(&path).await;
            assert!(matches!(reply.status, 200 | 409), "{path}: {}", reply.text);
        }
        let filtered = service.get(&format!("/v1/payments?customer_id={encoded}")).await;
        assert_eq!(filtered.body["data"].as_array().map(Vec::len), Some(1));
        let ledger = service.get("/v1/ledger").await;
        assert_eq!(ledger.body["facts"]["invoices"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_out_of_its_folder() {
    let service = Service::start().await;
    let outside = service.store().path().join("outside");
    for (profile, name) in [
        ("..%2F..%2Foutside", "invoices.csv"),
        ("%2Fetc%2Fpasswd", "invoices.csv"),
        ("canonical%00", "invoices.csv"),
        ("canonical", "..%2F..%2Foutside"),
        ("canonical", "%2Ftmp%2Finvoices.csv"),
        ("canonical", "..%5Coutside"),
        ("canonical", "invoices.csv%00.txt"),
        ("canonical", "invoices%0A.csv"),
    ] {
        let path = format!("/v1/imports?profile={profile}&name={name}");
        let reply = send(&service, &path, "text/csv", "invoice_id\nI1\n").await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.text);
        assert_eq!(reply.body["code"], "invalid_parameter", "{path}");
    }
    for path in [
        "/v1/models/..%2F..%2F..%2Fetc%2Fpasswd/card",
        "/v1/models/..%2Fdemo",
        "/v1/operations/..%2F..%2Fduecast.db/file",
        "/v1/forecasts/..%2F..%2Fduecast.db/export?format=csv",
        "/docs/..%2F..%2Fduecast.db",
        "/docs/%2Fetc%2Fpasswd",
    ] {
        let reply = service.get(path).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
    }
    assert!(!Path::new(&outside).is_file());
}

/// Paths of every route with a text in the place of each id.
fn paths_with(text: &str) -> Vec<(Method, String)> {
    let filled = |path: &str| {
        let segments: Vec<&str> = path
            .split('/')
            .map(|segment| if segment.starts_with('{') { text } else { segment })
            .collect();
        segments.join("/")
    };
    route_table()
        .into_iter()
        .filter(|(_, path, _)| path.contains('{'))
        .map(|(method, path, _)| (method, filled(&path)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_cannot_be_is_never_a_fault_of_the_service() {
    let long = "x".repeat(10_000);
    for_each_store(|service| {
        let long = long.clone();
        async move {
            for id in [
                "%00",
                "a%00b",
                "%ff",
                "%27",
                "%2e%2e",
                "%F0%9F%92%A9",
                long.as_str(),
            ] {
                for (method, path) in paths_with(id) {
                    let request = Request::builder()
                        .method(method.clone())
                        .uri(&path)
                        .header("content-type", "application/json")
                        .body(Body::from("{}"))
                        .unwrap();
                    let reply = service.send(request).await;
                    let shown: String = path.chars().take(80).collect();
                    assert!(
                        (400..500).contains(&reply.status),
                        "{method} {shown}: {} {}",
                        reply.status,
                        reply.text
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_cannot_be_is_never_a_fault_of_the_service() {
    for_each_store(|service| async move {
        for path in [
            "/v1/audit-events?actor=%00",
            "/v1/audit-events?subject=a%00b",
            "/v1/audit-events?action=%00",
            "/v1/webhook-deliveries?endpoint_id=%00",
            "/v1/invoices?customer_id=%00",
            "/v1/invoices?cursor=%00",
            "/v1/invoices?limit=18446744073709551616",
            "/v1/predictions?customer_id=%00",
            "/v1/kpis?forward_looking=%00",
            "/v1/kpis?as_of=2026-02-30",
            "/v1/risk-changes?since=%00",
        ] {
            let reply = service.get(path).await;
            assert!(reply.status < 500, "{path}: {} {}", reply.status, reply.text);
        }
        let key = json!({ "name": "a\u{0}b", "roles": ["data"], "entities": ["N\u{0}"] });
        let reply = service.post("/v1/api-keys", key).await;
        assert!(reply.status < 500, "{}", reply.text);
    })
    .await;
}
