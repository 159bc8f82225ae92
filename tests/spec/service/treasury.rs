//! Treasury over HTTP: forecasts as records, what became of them, scenarios and key figures.

mod entities;
mod questions;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use duecast::app::access::Scope;
use duecast::app::output::Format;
use duecast::app::service::treasury;
use duecast::domain::date::parse_iso;
use duecast::history::OpenItem;
use serde_json::{Value, json};

use crate::support::service::Service;

/// Longer than any forecast of the sample takes.
const WAIT: Duration = Duration::from_secs(120);
/// Few draws: what is tested is not the band.
const DRAWS: u32 = 100;
const TODAY: &str = "2026-03-29";

/// Starts work and returns its operation when it has ended.
async fn ended(service: &Service, path: &str, request: Value) -> Value {
    let reply = service.post(path, request).await;
    assert!(matches!(reply.status, 200 | 202), "{}", reply.text);
    let id = reply.body["operation_id"].as_str().unwrap().to_owned();
    let operation = service.app().operations.wait(&id, WAIT).await.unwrap();
    serde_json::to_value(&operation).unwrap()
}

/// Makes a forecast and returns its id.
async fn forecast(service: &Service, request: Value) -> String {
    let operation = ended(service, "/v1/forecasts", request).await;
    assert_eq!(operation["status"], "succeeded", "{operation}");
    operation["result"]["forecast_id"].as_str().unwrap().to_owned()
}

/// The open items that the service knows on a day.
async fn open_items(service: &Service, day: &str) -> Vec<OpenItem> {
    let ledger = Arc::clone(&service.app().ledger);
    let day = parse_iso(day).unwrap();
    let read =
        tokio::task::spawn_blocking(move || ledger.history().unwrap().as_of(day).open_items().unwrap());
    read.await.unwrap()
}

/// Runs the command line on the facts that the service has, and returns what it prints.
async fn command_line(service: &Service, folder: &Path, arguments: &str) -> String {
    let ledger = folder.join("ledger");
    if !ledger.is_dir() {
        let (from, to) = (Arc::clone(&service.app().ledger), ledger.clone());
        tokio::task::spawn_blocking(move || from.export(&to).unwrap())
            .await
            .unwrap();
    }
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo");
    let run = Command::new(env!("CARGO_BIN_EXE_duecast"))
        .args(arguments.split_whitespace())
        .args(["--ledger", "ledger", "--as-of", TODAY, "--model"])
        .arg(model)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// The text of a document without the fingerprint of its ledger.
fn without_fingerprint(text: &str) -> String {
    let document: Value = serde_json::from_str(text).unwrap();
    text.replace(document["ledger_fingerprint"].as_str().unwrap(), "")
}

fn minor(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// What is open in a currency, in minor units.
fn open_balance(document: &Value, currency: &str) -> i64 {
    let totals = document["currencies"].as_array().unwrap();
    let of_currency = totals.iter().find(|total| total["currency"] == currency);
    of_currency.map_or(0, |total| minor(&total["open_balance"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_the_one_of_the_command_line() {
    let service = Service::with_sample().await;
    let folder = tempfile::tempdir().unwrap();
    let id = forecast(&service, json!({"draws": DRAWS, "group_by": "country"})).await;
    let options = format!("forecast --draws {DRAWS} --group-by country --out");
    command_line(&service, folder.path(), &format!("{options} cash.json")).await;
    command_line(&service, folder.path(), &format!("{options} cash.csv")).await;

    let exported = service
        .get(&format!("/v1/forecasts/{id}/export?format=json"))
        .await;
    assert_eq!(exported.status, 200, "{}", exported.text);
    let written = fs::read_to_string(folder.path().join("cash.json")).unwrap();
    assert_eq!(without_fingerprint(&exported.text), without_fingerprint(&written));
    let exported = service
        .get(&format!("/v1/forecasts/{id}/export?format=csv"))
        .await;
    let written = fs::read_to_string(folder.path().join("cash.csv")).unwrap();
    assert_eq!(exported.text, written);

    let read = service.get(&format!("/v1/forecasts/{id}")).await;
    assert_eq!(read.status, 200, "{}", read.text);
    assert_eq!(read.body["as_of"], TODAY);
    assert_eq!(read.body["forecast_id"], id);
    assert_eq!(
        read.body["forecast"]["buckets"].as_array().unwrap().len() + 1,
        written.lines().count()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_wait_for_a_forecast_and_reads_it_once() {
    let service = Service::with_sample().await;
    let request = json!({"draws": DRAWS, "horizon_days": 7, "billing": "left_out"});
    let post = Request::builder()
        .method("POST")
        .uri("/v1/forecasts")
        .header("content-type", "application/json")
        .header("prefer", "wait=60")
        .body(Body::from(request.to_string()))
        .unwrap();
    let waited = service.send(post).await;
    assert_eq!(waited.status, 200, "{}", waited.text);
    let path = waited.body["result"]["href"].as_str().unwrap();
    let read = service.get(path).await;
    let get = Request::builder()
        .uri(path)
        .header("if-none-match", read.headers["etag"].clone())
        .body(Body::empty())
        .unwrap();
    let again = service.send(get).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_forecast_again_is_the_same_record() {
    let service = Service::with_sample().await;
    let request = json!({"draws": DRAWS, "billing": "left_out"});
    let first = ended(&service, "/v1/forecasts", request.clone()).await;
    let second = ended(&service, "/v1/forecasts", request).await;
    assert_eq!(first["result"]["forecast_id"], second["result"]["forecast_id"]);
    assert_eq!(
        (&first["result"]["is_new"], &second["result"]["is_new"]),
        (&json!(true), &json!(false))
    );
    let other = forecast(
        &service,
        json!({"draws": DRAWS, "billing": "left_out", "bucket": "month"}),
    )
    .await;
    assert_ne!(first["result"]["forecast_id"], json!(other));

    let page = service.get("/v1/forecasts?limit=1").await;
    assert_eq!(page.body["data"].as_array().unwrap().len(), 1);
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let next = service
        .get(&format!("/v1/forecasts?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(next.body["next_cursor"], Value::Null);
    let ids = [
        &page.body["data"][0]["forecast_id"],
        &next.body["data"][0]["forecast_id"],
    ];
    assert!(ids.contains(&&json!(other)) && ids.contains(&&first["result"]["forecast_id"]));
    let none = service.get("/v1/forecasts?to=2026-03-28").await;
    assert_eq!(none.body["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_moves_the_next_forecast_and_none_before() {
    let service = Service::with_sample().await;
    let request = json!({"draws": DRAWS, "billing": "left_out"});
    let before = forecast(&service, request.clone()).await;
    let said = service.get(&format!("/v1/forecasts/{before}")).await;
    let item = open_items(&service, TODAY).await.remove(0);
    let (amount, currency) = (item.open, item.open.currency().code().to_owned());
    let payment = json!({
        "payment_id": "P-NEW",
        "invoice_id": item.invoice_id,
        "paid_date": TODAY,
        "amount": amount.to_decimal_string(),
        "currency": currency,
    });
    let posted = service.post("/v1/payments", payment).await;
    assert!(matches!(posted.status, 200 | 201), "{}", posted.text);

    let after = forecast(&service, request).await;
    assert_ne!(before, after);
    let moved = service.get(&format!("/v1/forecasts/{after}")).await;
    let (old, new) = (&said.body["forecast"], &moved.body["forecast"]);
    assert_eq!(
        open_balance(old, &currency) - open_balance(new, &currency),
        amount.minor()
    );
    let again = service.get(&format!("/v1/forecasts/{before}")).await;
    assert_eq!(again.text, said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_variance_sum_to_what_came_less_what_was_said() {
    let service = Service::with_sample().await;
    let id = forecast(&service, json!({"draws": DRAWS})).await;
    let path = format!("/v1/forecasts/{id}/variance");
    let early = service.get(&path).await;
    assert_eq!(early.body["rows"], json!([]), "no bucket has begun");

    let item = open_items(&service, TODAY).await.remove(0);
    let later = parse_iso("2026-04-05").unwrap().and_hms_opt(9, 0, 0).unwrap();
    service.app().clock.set(later.and_utc());
    let unpaid = service.get(&path).await;
    let payment = json!({
        "payment_id": "P-NEW",
        "invoice_id": item.invoice_id,
        "paid_date": "2026-04-02",
        "amount": item.open.to_decimal_string(),
        "currency": item.open.currency().code(),
    });
    let posted = service.post("/v1/payments", payment).await;
    assert!(matches!(posted.status, 200 | 201), "{}", posted.text);

    let told = service.get(&format!("{path}?as_of=2026-04-05")).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.body["actual_as_of"], "2026-04-05");
    let rows = told.body["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let parts = [
            "timing",
            "amount",
            "new_invoices",
            "unforecast",
            "currency_effect",
        ];
        let sum: i64 = parts.iter().map(|part| minor(&row[*part])).sum();
        assert_eq!(sum, minor(&row["actual"]) - minor(&row["forecast"]), "{row}");
    }
    let received = |rows: &Value| -> i64 {
        let came = |row: &&Value| row["currency"] == item.open.currency().code();
        let rows = rows.as_array().unwrap().iter().filter(came);
        rows.map(|row| minor(&row["actual"])).sum()
    };
    assert_eq!(
        received(&told.body["rows"]) - received(&unpaid.body["rows"]),
        item.open.minor()
    );
    let ahead = service.get(&format!("{path}?as_of=2026-04-06")).await;
    assert_eq!(
        (ahead.status, ahead.body["code"].as_str()),
        (422, Some("day_ahead"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_of_an_export_opens() {
    let service = Service::with_sample().await;
    let id = forecast(&service, json!({"draws": DRAWS, "horizon_days": 28})).await;
    for (format, kind) in [
        ("csv", "text/csv"),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("parquet", "application/vnd.apache.parquet"),
        ("json", "application/json"),
    ] {
        let reply = service
            .get(&format!("/v1/forecasts/{id}/export?format={format}"))
            .await;
        assert_eq!(reply.status, 200, "{format}");
        let told = reply.headers["content-type"].to_str().unwrap();
        assert!(told.starts_with(kind), "{told}");
        let name = reply.headers["content-disposition"].to_str().unwrap();
        assert!(name.ends_with(&format!(".{format}\"")), "{name}");
    }
    let stored = treasury::find(&service.app().store, &id, &Scope::All)
        .await
        .unwrap();
    let csv = String::from_utf8(treasury::export(&stored, Format::Csv).unwrap()).unwrap();
    assert!(csv.starts_with("as_of,bucket_start,bucket_end,bucket,currency,expected,p10"));
    let rows = csv.lines().count() - 1;
    let document: Value = serde_json::from_str(&stored.document).unwrap();
    assert_eq!(document["buckets"].as_array().unwrap().len(), rows);
    let workbook = treasury::export(&stored, Format::Xlsx).unwrap();
    assert!(workbook.starts_with(b"PK\x03\x04"));
    let parquet = treasury::export(&stored, Format::Parquet).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let metadata = polars_parquet::read::read_metadata(&mut std::io::Cursor::new(parquet)).unwrap();
    assert_eq!(metadata.num_rows, rows);
}
