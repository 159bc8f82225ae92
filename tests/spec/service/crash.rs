//! The process is killed, told to stop, or loses its cache: what was acknowledged stays, and nothing is half there.

mod cache;
mod kill;
mod stop;
mod training;

use serde_json::{Value, json};

use crate::support::process::Asker;

/// An invoice over 100 euro, due two days after the business day.
fn invoice(invoice_id: &str, customer_id: &str) -> Value {
    json!({
        "invoice_id": invoice_id,
        "customer_id": customer_id,
        "invoice_date": "2026-03-01",
        "due_date": "2026-03-31",
        "amount": "100.00",
        "currency": "EUR",
        "recorded_at": "2026-03-01",
    })
}

/// Where the ledger is.
async fn ledger(ask: &Asker) -> Value {
    let answer = ask.get("/v1/ledger").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

/// Checks that what is shown of the ledger as a whole is what the store has, fact by fact.
fn assert_complete(ledger: &Value) {
    let facts = ledger["facts"].as_object().unwrap();
    let count: i64 = facts.values().map(|facts| facts.as_i64().unwrap()).sum();
    assert_eq!(ledger["head"]["sequence"], count, "{ledger}");
}
