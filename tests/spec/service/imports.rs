//! Files imported into a running service: all of a file or nothing of it, and only once.

use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use duecast::domain::date::parse_iso;
use duecast::features;
use duecast::history::{History, Table};
use serde_json::{Value, json};

use crate::support::feature_rows::fingerprint;
use crate::support::service::{Reply, Service};

const HEADER: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n";

fn upload(query: &str, text: impl Into<Body>) -> Request<Body> {
    Request::post(format!("/v1/imports?{query}"))
        .header("content-type", "text/csv")
        .header("prefer", "wait=60")
        .body(text.into())
        .unwrap()
}

/// Imports a canonical file and waits for the end of the operation.
async fn import(service: &Service, name: &str, text: impl Into<Body>) -> Value {
    let reply = service
        .send(upload(&format!("profile=canonical&name={name}"), text))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// Rows read, added, corrected, unchanged and rejected.
fn tally(operation: &Value, table: &str) -> [u64; 5] {
    assert_eq!(operation["status"], "succeeded", "{operation}");
    let tally = &operation["result"]["tables"][table];
    ["read", "added", "corrected", "unchanged", "rejected"].map(|name| tally[name].as_u64().unwrap())
}

async fn file_of(service: &Service, operation: &Value) -> Reply {
    let id = operation["operation_id"].as_str().unwrap();
    service.get(&format!("/v1/operations/{id}/file")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_imported_file_by_file_gives_the_features_of_its_folder() {
    let service = Service::start().await;
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    for table in Table::ALL {
        let name = format!("{table}.csv");
        let Ok(text) = fs::read_to_string(sample.join(&name)) else {
            continue;
        };
        let rows = u64::try_from(text.lines().count() - 1).unwrap();
        let operation = import(&service, &name, text).await;
        let [read, added, corrected, unchanged, rejected] = tally(&operation, table.name());
        assert_eq!((read, corrected, rejected), (rows, 0, 0), "{table}");
        assert_eq!(added + unchanged, rows, "{table}");
    }
    let imported = service.app().ledger.history().unwrap();
    let (files, _) = History::open(&sample).unwrap();
    assert_eq!(imported.date_range(), files.date_range());
    for day in ["2025-06-30", "2026-03-29"] {
        let day = parse_iso(day).unwrap();
        let expected = features::book(&files.as_of(day)).unwrap();
        let found = features::book(&imported.as_of(day)).unwrap();
        assert!(!expected.is_empty());
        assert_eq!(fingerprint(&found), fingerprint(&expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_the_same_file_again_changes_nothing() {
    let service = Service::start().await;
    let text = format!(
        "{HEADER}I1,ACME,2025-01-31,2025-03-02,1000.00,EUR\nI2,BETA,2025-02-01,2025-03-03,250.5,EUR\n"
    );
    let first = import(&service, "invoices.csv", text.clone()).await;
    assert_eq!(tally(&first, "invoices"), [2, 2, 0, 0, 0]);
    let head = service.app().ledger.head();
    let second = import(&service, "invoices.csv", text).await;
    assert_eq!(tally(&second, "invoices"), [2, 0, 0, 2, 0]);
    assert_eq!(service.app().ledger.head(), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_row_takes_the_place_of_the_one_before() {
    let service = Service::start().await;
    let row = |amount: &str| format!("{HEADER}I1,ACME,2025-01-31,2025-03-02,{amount},EUR\n");
    import(&service, "invoices.csv", row("1000.00")).await;
    let second = import(&service, "invoices-2.csv", row("900.00")).await;
    assert_eq!(tally(&second, "invoices"), [1, 0, 1, 0, 0]);
    let snapshot = service
        .app()
        .ledger
        .history()
        .unwrap()
        .as_of(parse_iso("2025-12-31").unwrap());
    let open = snapshot.open_items().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].open.minor(), 90_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_export_does_not_undo_a_younger_one() {
    let service = Service::start().await;
    let row = |amount: &str| format!("{HEADER}I1,ACME,2025-01-31,2025-03-02,{amount},EUR\n");
    let young = format!("{}I2,ACME,2025-06-30,2025-07-30,10.00,EUR\n", row("900.00"));
    import(&service, "invoices-1.csv", row("1000.00")).await;
    let second = import(&service, "invoices-2.csv", young).await;
    assert_eq!(tally(&second, "invoices"), [2, 1, 1, 0, 0]);
    let again = import(&service, "invoices-1.csv", row("1000.00")).await;
    assert_eq!(tally(&again, "invoices"), [1, 0, 0, 1, 0]);
    let refused = import(&service, "invoices-0.csv", row("800.00")).await;
    assert_eq!(tally(&refused, "invoices"), [1, 0, 0, 0, 1]);
    let reason = refused["result"]["rejects"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("2025-06-30"), "{reason}");
    let history = service.app().ledger.history().unwrap();
    let open = history
        .as_of(parse_iso("2025-12-31").unwrap())
        .open_items()
        .unwrap();
    assert_eq!(open[0].open.minor(), 90_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_file_that_contradict_each_other_are_rejected_but_for_the_first() {
    let service = Service::start().await;
    let rows: String = (1..=30)
        .map(|number| format!("I{number},ACME,2025-01-31,2025-03-02,10.00,EUR\n"))
        .collect();
    let repeated = "I1,ACME,2025-01-31,2025-03-02,10.00,EUR\nI2,ACME,2025-01-31,2025-03-02,11.00,EUR\n";
    let operation = import(&service, "invoices.csv", format!("{HEADER}{rows}{repeated}")).await;
    assert_eq!(tally(&operation, "invoices"), [32, 30, 0, 1, 1]);
    assert_eq!(operation["result"]["rejects"][0]["line"], 33);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_closed_sap_items_becomes_customers_invoices_and_payments() {
    let service = Service::start().await;
    let text = "row_id,business_code_inferred,cust_number,name_customer,clear_date,posting_date_est,\
        posting_date_source,due_in_date,invoice_currency_inferred,total_open_amount,cust_payment_terms_inferred\n\
        C1,U001,0200540723,LAKE,2019-02-28,2018-11-09,customer_terms,2019-02-28,USD,24254.0,90M7\n\
        C2,,0200540723,LAKE,2019-03-08,2018-11-15,bounded,2019-03-06,USD,2480.0,90M7\n\
        C3,,0200540723,LAKE,2019-03-08,2018-11-15,default15,2019-03-06,USD,2480.0,90M7\n";
    let reply = service.send(upload("profile=sap-ar&name=closed.csv", text)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let operation = reply.body;
    assert_eq!(tally(&operation, "customers"), [1, 1, 0, 0, 0]);
    assert_eq!(tally(&operation, "invoices"), [2, 2, 0, 0, 0]);
    assert_eq!(tally(&operation, "payments"), [2, 2, 0, 0, 0]);
    assert_eq!(operation["result"]["filtered"], 1);
    assert_eq!(file_of(&service, &operation).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_fit_are_listed_with_their_line_and_the_others_are_taken() {
    let service = Service::start().await;
    let invoices: String = (1..=40)
        .map(|number| format!("I{number},ACME,2025-01-31,2025-03-02,10.00,EUR\n"))
        .collect();
    let text = format!("{HEADER}{invoices}I41,ACME,2025-02-30,2025-03-02,10.00,EUR\n");
    let operation = import(&service, "invoices.csv", text).await;
    assert_eq!(tally(&operation, "invoices"), [41, 40, 0, 0, 1]);
    let text = "payment_id,invoice_id,paid_date,amount,currency\n\
        P1,I1,2025-03-01,10.00,EUR\nP2,I999,2025-03-01,10.00,EUR\n";
    let operation = import(&service, "payments.csv", text).await;
    assert_eq!(tally(&operation, "payments"), [2, 1, 0, 0, 1]);
    let reject = &operation["result"]["rejects"][0];
    assert_eq!(
        [
            &reject["file"],
            &reject["line"],
            &reject["column"],
            &reject["value"]
        ],
        [
            &json!("payments.csv"),
            &json!(3),
            &json!("invoice_id"),
            &json!("I999")
        ]
    );
    let file = file_of(&service, &operation).await;
    assert_eq!(file.status, 200);
    assert!(
        file.text.starts_with("file,line,column,value,reason\n"),
        "{}",
        file.text
    );
    assert!(
        file.text.contains("payments.csv,3,invoice_id,I999,"),
        "{}",
        file.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_too_many_bad_rows_is_refused_whole() {
    let service = Service::start().await;
    let text =
        format!("{HEADER}I1,ACME,2025-01-31,2025-03-02,10.00,EUR\nI2,ACME,2025-01-31,2025-03-02,ten,EUR\n");
    let operation = import(&service, "invoices.csv", text).await;
    assert_eq!(operation["status"], "failed");
    assert_eq!(operation["problem"]["code"], "too_many_rejects");
    let detail = operation["problem"]["detail"].as_str().unwrap();
    for part in ["invoices.csv line 3", "amount", "ten", "nothing was recorded"] {
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
    assert_eq!(service.app().ledger.head().sequence, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_is_taken_for_is_refused_by_name_column_and_what_is_allowed() {
    let service = Service::start().await;
    let cases = [
        (
            "invoices.csv",
            "invoice_id,customer_id\nI1,ACME\n",
            ["`due_date`", "`customer_id`"],
        ),
        ("bills.csv", "invoice_id\nI1\n", ["bills.csv", "`invoices*`"]),
        ("payments.csv", "", ["payments.csv", "header"]),
    ];
    for (name, text, parts) in cases {
        let operation = import(&service, name, text).await;
        assert_eq!(operation["status"], "failed", "{name}");
        assert_eq!(operation["problem"]["code"], "file_unusable", "{name}");
        let detail = operation["problem"]["detail"].as_str().unwrap();
        assert!(detail.starts_with(name), "{detail}");
        for part in parts {
            assert!(detail.contains(part), "{part} is not in {detail}");
        }
    }
    assert_eq!(service.app().ledger.head().sequence, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_profiles_that_ship_are_offered_and_taken() {
    let service = Service::start().await;
    let list = service.get("/v1/profiles").await;
    assert_eq!(list.status, 200);
    let names: Vec<&str> = list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| profile["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "bank-receipts",
            "business-central",
            "camt",
            "canonical",
            "cassandra-ap",
            "dynamics-365",
            "einvoice",
            "erpnext",
            "ibm-late-payments",
            "mt940",
            "odoo",
            "quickbooks-online",
            "quickbooks-online-csv",
            "s4-journal",
            "sap-ar",
            "sap-line-items",
            "sap-line-items-en",
            "sap-tables",
            "stripe",
            "stripe-csv",
            "xero",
            "xero-csv",
        ]
    );
    for query in [
        "profile=custom&name=a.csv",
        "profile=profiles%2Fsap-ar.toml&name=a.csv",
        "profile=canonical&name=..%2Finvoices.csv",
        "profile=canonical",
    ] {
        let reply = service.send(upload(query, HEADER)).await;
        assert_eq!(reply.status, 400, "{query}");
        assert_eq!(reply.body["code"], "invalid_parameter", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_no_upload_behind() {
    let service = Service::start().await;
    import(&service, "customers.csv", "customer_id,name\nC1,Acme\n").await;
    let uploads = service.app().config.store.cache.join("uploads");
    assert_eq!(fs::read_dir(uploads).unwrap().count(), 0);
}
