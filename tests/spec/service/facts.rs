//! Facts in: upserts, corrections, refusals, streams; and that what was written is seen.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::service::{Reply, Service, for_each_store};

fn invoice(invoice_id: &str, amount: &str, currency: &str) -> Value {
    json!({
        "invoice_id": invoice_id, "customer_id": "C1", "invoice_date": "2026-02-01", "due_date": "2026-03-03",
        "amount": amount, "currency": currency
    })
}

fn payment(payment_id: &str, invoice_id: &str, amount: &str) -> Value {
    json!({
        "payment_id": payment_id, "invoice_id": invoice_id, "paid_date": "2026-03-01", "amount": amount,
        "currency": "EUR"
    })
}

fn status_of(reply: &Reply, row: usize) -> String {
    reply.body["data"][row]["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn codes(reply: &Reply) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    reply.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| (text(&error["pointer"]), text(&error["code"])))
        .collect()
}

async fn bulk(service: &Service, table: &str, kind: &str, body: impl Into<axum::body::Body>) -> Reply {
    let request = axum::http::Request::post(format!("/v1/{table}:bulk"))
        .header("content-type", kind)
        .body(body.into())
        .unwrap();
    service.send(request).await
}

fn lines(reply: &Reply) -> Vec<Value> {
    reply
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the ledger says of a table, without the numbers of its facts.
async fn content(service: &Service, table: &str) -> Vec<Value> {
    let reply = service.get(&format!("/v1/{table}?limit=1000")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut rows: Vec<Value> = reply.body["data"].as_array().cloned().unwrap_or_default();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.remove("sequence");
        row.remove("supersedes");
    }
    rows.sort_by_key(Value::to_string);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_sent_again_changes_nothing() {
    for_each_store(|service| async move {
        let row = invoice("I1", "100.00", "EUR");
        let first = service.post("/v1/invoices", row.clone()).await;
        assert_eq!(
            (first.status, status_of(&first, 0)),
            (201, "added".to_owned()),
            "{}",
            first.text
        );
        let again = service.post("/v1/invoices", row).await;
        assert_eq!(
            (again.status, status_of(&again, 0)),
            (200, "unchanged".to_owned())
        );
        assert_eq!(first.body["ledger"], again.body["ledger"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_takes_the_place_of_what_was_said_and_the_ledger_keeps_both() {
    for_each_store(|service| async move {
        service.post("/v1/invoices", invoice("I1", "100.00", "EUR")).await;
        let corrected = service.post("/v1/invoices", invoice("I1", "90.00", "EUR")).await;
        assert_eq!(
            (corrected.status, status_of(&corrected, 0)),
            (200, "corrected".to_owned())
        );
        let rows = service.get("/v1/invoices").await;
        assert_eq!(rows.body["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(rows.body["data"][0]["amount"], "90.00");
        assert!(rows.body["data"][0]["supersedes"].is_i64());
        let ledger = service.get("/v1/ledger").await;
        assert_eq!(ledger.body["facts"]["invoices"], 2);
        assert_eq!(ledger.body["facts"]["customers"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_is_resolved_stays_known_from_its_first_day() {
    for_each_store(|service| async move {
        service.post("/v1/invoices", invoice("I1", "100.00", "EUR")).await;
        let mut dispute = json!({
            "dispute_id": "D1", "invoice_id": "I1", "opened_on": "2026-03-01", "recorded_at": "2026-03-02"
        });
        assert_eq!(service.post("/v1/disputes", dispute.clone()).await.status, 201);
        dispute["resolved_on"] = json!("2026-03-20");
        dispute["outcome"] = json!("invalid");
        dispute.as_object_mut().unwrap().remove("recorded_at");
        let resolved = service.post("/v1/disputes", dispute).await;
        assert_eq!(status_of(&resolved, 0), "corrected");
        let rows = service.get("/v1/disputes?invoice_id=I1").await;
        assert_eq!(rows.body["data"][0]["recorded_at"], "2026-03-02");
        assert_eq!(rows.body["data"][0]["customer_id"], "C1");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_written_whole_or_not_at_all() {
    for_each_store(|service| async move {
        let bad = json!([
            invoice("I1", "100.00", "EUR"),
            invoice("I2", "100.5", "JPY"),
            { "invoice_id": "I3", "customer_id": "C1", "invoice_date": "2026-02-01", "due_date": "2026-03-03",
              "amount": 12.5, "currency": "EUR" },
            invoice("I1", "200.00", "EUR"),
        ]);
        let refused = service.post("/v1/invoices", bad).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(refused.body["code"], "rows_rejected");
        let wanted = [
            ("/1/amount", "too_many_decimals"),
            ("/2/amount", "number_for_amount"),
            ("/3/invoice_id", "duplicate_in_request"),
        ]
        .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
        assert_eq!(codes(&refused), wanted);
        assert!(content(&service, "invoices").await.is_empty());
        assert!(content(&service, "customers").await.is_empty());
        let yen = service.post("/v1/invoices", invoice("I2", "100", "JPY")).await;
        assert_eq!(yen.status, 201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_fits_its_invoice_or_is_refused() {
    for_each_store(|service| async move {
        let orphan = service.post("/v1/payments", payment("P1", "I1", "10.00")).await;
        assert_eq!(
            codes(&orphan),
            [("/invoice_id".to_owned(), "unknown_invoice".to_owned())]
        );
        service.post("/v1/invoices", invoice("I1", "100.00", "USD")).await;
        let other = service.post("/v1/payments", payment("P1", "I1", "10.00")).await;
        assert_eq!(
            codes(&other),
            [("/currency".to_owned(), "other_currency".to_owned())]
        );
        let mut row = payment("P1", "I1", "10.00");
        row["currency"] = json!("USD");
        row["customer_id"] = json!("C2");
        let other = service.post("/v1/payments", row.clone()).await;
        assert_eq!(
            codes(&other),
            [("/customer_id".to_owned(), "other_customer".to_owned())]
        );
        row["customer_id"] = json!("C1");
        assert_eq!(service.post("/v1/payments", row).await.status, 201);
        let moved = service.post("/v1/invoices", invoice("I1", "100.00", "EUR")).await;
        assert_eq!(
            codes(&moved),
            [("/currency".to_owned(), "invoice_in_use".to_owned())]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_of_a_stream_are_told_and_the_good_ones_written() {
    for_each_store(|service| async move {
        let text = format!(
            "{}\n\nnot json\n{}\n[1]\n{}\n",
            invoice("I1", "100.00", "EUR"),
            invoice("I2", "0", "EUR"),
            invoice("I1", "100.00", "EUR"),
        );
        let reply = bulk(&service, "invoices", "application/x-ndjson", text).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let lines = lines(&reply);
        let told: Vec<(i64, &str)> = lines[..lines.len() - 1]
            .iter()
            .map(|line| {
                let code = line["errors"][0]["code"].as_str();
                (
                    line["line"].as_i64().unwrap(),
                    code.unwrap_or_else(|| line["status"].as_str().unwrap()),
                )
            })
            .collect();
        let wanted = [
            (1, "added"),
            (3, "invalid_json"),
            (4, "out_of_range"),
            (5, "not_an_object"),
            (6, "unchanged"),
        ];
        assert_eq!(told, wanted);
        let summary = &lines[lines.len() - 1]["summary"];
        assert_eq!(
            (&summary["rows"], &summary["added"], &summary["rejected"]),
            (&json!(5), &json!(1), &json!(3))
        );
        assert_eq!(content(&service, "invoices").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_csv_has_a_header_of_column_names() {
    let service = Service::start().await;
    let text = "customer_id,name,credit_score\nC1,\"Smith, \"\"J\"\"\",0.5\nC2,,\nC3,x\n";
    let reply = bulk(&service, "customers", "text/csv", text).await;
    let statuses: Vec<Value> = lines(&reply).iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses[..3], [json!("added"), json!("added"), json!("rejected")]);
    assert_eq!(content(&service, "customers").await[0]["name"], "Smith, \"J\"");
    let other = bulk(&service, "customers", "text/csv", "customer_id,nmae\nC4,x\n").await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (422, &json!("unknown_column"))
    );
    let other = bulk(&service, "customers", "application/json", "{}").await;
    assert_eq!(other.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_leaves_whole_batches_and_says_so() {
    let service = Service::start().await;
    let rows: String = (0..2_500)
        .map(|number| format!("{}\n", invoice(&format!("I{number}"), "1.00", "EUR")))
        .collect();
    let broken = std::io::Error::other("the client has gone");
    let pieces = vec![Ok(rows), Err(broken)];
    let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
    let reply = bulk(&service, "invoices", "application/x-ndjson", body).await;
    let lines = lines(&reply);
    assert_eq!(lines.len(), 2_001);
    assert_eq!(lines[2_000]["problem"]["code"], "body_unreadable");
    let ledger = service.get("/v1/ledger").await;
    assert_eq!(ledger.body["facts"]["invoices"], 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_seen_by_the_next_question() {
    let service = Service::with_sample().await;
    service
        .post("/v1/invoices", invoice("NEW-1", "100.00", "EUR"))
        .await;
    let before = service.get("/v1/invoices/NEW-1/prediction").await;
    assert_eq!(before.status, 200, "{}", before.text);
    let paid = service
        .post("/v1/payments", payment("NEW-P1", "NEW-1", "40.00"))
        .await;
    assert_eq!(paid.status, 201, "{}", paid.text);
    let after = service.get("/v1/invoices/NEW-1/prediction").await;
    assert!(
        before.text.contains("100.00") && !before.text.contains("\"60.00\""),
        "{}",
        before.text
    );
    assert!(after.text.contains("\"60.00\""), "{}", after.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_comes_in_pages_that_leave_nothing_out() {
    let service = Service::start().await;
    let rows: Vec<Value> = (0..5)
        .map(|number| invoice(&format!("I{number}"), "1.00", "EUR"))
        .collect();
    service.post("/v1/invoices", json!(rows)).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let reply = service.get(&format!("/v1/invoices?limit=2{cursor}")).await;
        for row in reply.body["data"].as_array().unwrap() {
            seen.push(row["invoice_id"].as_str().unwrap().to_owned());
        }
        match reply.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["I0", "I1", "I2", "I3", "I4"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Some keys come twice, so that rows correct each other within a batch and across batches.
    #[test]
    fn how_rows_are_cut_into_batches_makes_no_difference(
        rows in prop::collection::vec((0..6_u8, 1..4_u8), 1..20),
        cuts in prop::collection::vec(1..6_usize, 20),
    ) {
        let text = |rows: &[(u8, u8)]| -> String {
            rows.iter()
                .map(|(id, amount)| format!("{}\n", invoice(&format!("I{id}"), &format!("{amount}.00"), "EUR")))
                .collect()
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (whole, pieces) = (Service::start().await, Service::start().await);
            bulk(&whole, "invoices", "application/x-ndjson", text(&rows)).await;
            let mut rest = rows.as_slice();
            for cut in cuts.iter().cycle() {
                let (these, others) = rest.split_at((*cut).min(rest.len()));
                bulk(&pieces, "invoices", "application/x-ndjson", text(these)).await;
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            for table in ["invoices", "customers"] {
                assert_eq!(content(&whole, table).await, content(&pieces, table).await);
            }
            let (one, other) = (whole.get("/v1/ledger").await, pieces.get("/v1/ledger").await);
            assert_eq!(one.body["head"], other.body["head"]);
        });
    }
}
