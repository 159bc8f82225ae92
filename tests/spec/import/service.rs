//! The same files into a folder by the command line and into a running service: the ledgers are the same, row by row.

use std::collections::BTreeMap;
use std::fs;

use axum::body::Body;
use axum::http::Request;
use duecast::app::access::Role;
use duecast::app::ledger::Ledger;
use duecast::domain::date::parse_iso;
use duecast::history::{History, ImportOutcome, Table, write};
use serde_json::Value;

use super::desk::{Desk, shipped_profile};
use super::later::{note, received, sale};
use super::sap::dump;
use crate::support::frames::texts;
use crate::support::service::{Service, for_each_store};

/// What may be rejected over HTTP; the command line is given the same.
const SHARE: f64 = 0.05;
/// The first export: four invoices that matter; thirty that do not and one that is no day's come with it.
const OPEN: &str = "RV 1 1 S 1000.00 20250110 XBLNR=9000451 ZFBDT=20250110 ZBD1T=30
    RV 2 1 S 500.00 20250112 XBLNR=9000452 ZFBDT=20250112 ZBD1T=30
    RV 3 1 S 70.00 20250113 XBLNR=9000453 KUNNR=0000004712
    RV 4 1 S 300.00 20250114 XBLNR=9000454 KUNNR=0000004712 ZFBDT=20250114 ZBD1T=30";
/// The later export: the first invoice is cleared with a payment posted three days after the bank had it, the fourth has
/// another due date, and there is a new one.
const CLEARED: &str =
    "RV 1 1 S 1000.00 20250110 XBLNR=9000451 ZFBDT=20250110 ZBD1T=30 AUGDT=20250312 AUGBL=14
    DZ 14 2 H 1000.00 20250310 CPUDT=20250312 AUGDT=20250312 AUGBL=14
    RV 2 1 S 500.00 20250112 XBLNR=9000452 ZFBDT=20250112 ZBD1T=30
    RV 3 1 S 70.00 20250113 XBLNR=9000453 KUNNR=0000004712
    RV 4 1 S 300.00 20250114 XBLNR=9000454 KUNNR=0000004712 ZFBDT=20250114 ZBD1T=60
    RV 5 1 S 90.00 20250301 XBLNR=9000455 KUNNR=0000004712";

fn first_export() -> String {
    let others: Vec<String> = (101..=130)
        .map(|number| format!("RV {number} 1 S 10.00 20250115 XBLNR=8000{number}"))
        .collect();
    dump(&format!("{OPEN}\n{}\nRV 9 1 S 10.00 20250230", others.join("\n")))
}

/// A statement of camt.053 with a receipt for the first two invoices each, and one for nothing that is known.
fn statement() -> String {
    let entries = [
        ("B1", 100_000, "Rechnung 9000451"),
        ("B2", 50_000, "Rechnung 9000452"),
        ("B3", 1_234, "mit bestem Dank"),
    ];
    let units = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
    let balance = |code: &str, cents: u32| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd></Bal>\n",
            units(cents)
        )
    };
    let total: u32 = entries.iter().map(|(_, cents, _)| cents).sum();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>S1</Id>\n\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>\n{}{}",
        balance("OPBD", 0),
        balance("CLBD", total)
    );
    for (reference, cents, remittance) in entries {
        text.push_str(&format!(
            "<Ntry><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2025-03-07</Dt></BookgDt><ValDt><Dt>2025-03-07</Dt></ValDt>\
             <AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>\
             <SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>\
             <EndToEndId>E-{reference}</EndToEndId></Refs><RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>\
             </TxDtls></NtryDtls></Ntry>\n",
            units(cents)
        ));
    }
    text.push_str("</Stmt></BkToCstmrStmt></Document>\n");
    text
}

fn upload(profile: &str, name: &str, text: &str) -> Request<Body> {
    Request::post(format!("/v1/imports?profile={profile}&name={name}"))
        .header("content-type", "text/csv")
        .header("prefer", "wait=60")
        .body(Body::from(text.to_owned()))
        .unwrap()
}

/// Imports over HTTP and returns the result.
async fn over_http(service: &Service, profile: &str, name: &str, text: &str) -> Value {
    let reply = service.send(upload(profile, name, text)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["status"], "succeeded", "{}", reply.text);
    reply.body["result"].clone()
}

fn by_command(desk: &Desk, profile: &str, name: &str, text: &str) -> ImportOutcome {
    let input = [desk.put(name, text)];
    desk.import(&shipped_profile(profile), &input, SHARE)
        .expect("the import is complete")
}

fn tally(result: &Value, table: Table, what: &str) -> u64 {
    result["tables"][table.name()][what].as_u64().unwrap_or(0)
}

/// Imports a file both ways and compares what is said of it.
async fn both_ways(service: &Service, desk: &Desk, profile: &str, name: &str, text: &str) -> ImportOutcome {
    let result = over_http(service, profile, name, text).await;
    let outcome = by_command(desk, profile, name, text);
    for table in [Table::Invoices, Table::Payments, Table::Receipts] {
        let of = |counts: &BTreeMap<Table, u64>| counts.get(&table).copied().unwrap_or(0);
        let expected = [
            ("added", of(&outcome.added)),
            ("corrected", of(&outcome.corrected)),
            ("unchanged", of(&outcome.unchanged)),
        ];
        for (what, count) in expected {
            assert_eq!(tally(&result, table, what), count, "{name}: {table} {what}");
        }
    }
    let notes: Vec<&str> = result["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .collect();
    assert_eq!(notes, outcome.notes, "{name}");
    assert_eq!(result["withdrawn"], outcome.withdrawn, "{name}");
    assert_eq!(result["filtered"], outcome.filtered, "{name}");
    assert_eq!(exported(service), of_folder(desk), "{name}");
    outcome
}

/// The rows of every table that hold in the end, as text; of customers only who they are.
fn rows_of(history: &History) -> BTreeMap<Table, Vec<String>> {
    let snapshot = history.as_of(parse_iso("2030-12-31").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut all = BTreeMap::new();
    for table in Table::ALL {
        let frame = snapshot.collect(snapshot.table(table)).unwrap();
        let mut rows: Vec<String> = if table == Table::Customers {
            texts(&frame, "customer_id")
        } else if frame.height() == 0 {
            Vec::new()
        } else {
            let path = write::csv(folder.path(), table, &frame).unwrap();
            let text = fs::read_to_string(path).unwrap();
            text.lines().map(ToOwned::to_owned).collect()
        };
        rows.sort();
        all.insert(table, rows);
    }
    all
}

fn of_folder(desk: &Desk) -> BTreeMap<Table, Vec<String>> {
    rows_of(&History::open(&desk.ledger()).unwrap().0)
}

fn exported(service: &Service) -> BTreeMap<Table, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    service.app().ledger.export(folder.path()).unwrap();
    rows_of(&History::open(folder.path()).unwrap().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_a_statement_and_a_later_export_give_the_ledger_of_the_command_line() {
    for_each_store(|service| async move {
        let desk = Desk::new();
        let first = first_export();
        let outcome = both_ways(&service, &desk, "sap-tables", "bsid.csv", &first).await;
        assert_eq!(outcome.added[&Table::Invoices], 34);

        let statement = statement();
        let outcome = both_ways(&service, &desk, "camt", "statement.xml", &statement).await;
        assert_eq!(outcome.added[&Table::Receipts], 3);
        assert_eq!(
            desk.rows("payments", &["invoice_id", "amount"]),
            ["1000-1-2025-1|1000.00", "1000-2-2025-1|500.00"]
        );

        // What was matched at the bank gives way to what the source posted; a due date is corrected.
        let outcome = both_ways(&service, &desk, "sap-tables", "bsid-later.csv", &dump(CLEARED)).await;
        assert_eq!(outcome.withdrawn, 1);
        assert_eq!(outcome.corrected[&Table::Invoices], 1);

        // The statement again: its first receipt is in the ledger now, and is not allocated a second time.
        both_ways(&service, &desk, "camt", "statement.xml", &statement).await;
        let head = service.app().ledger.head();
        both_ways(&service, &desk, "camt", "statement.xml", &statement).await;
        assert_eq!(service.app().ledger.head(), head);
        // An older export undoes nothing.
        both_ways(&service, &desk, "sap-tables", "bsid.csv", &first).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_export_declares_void_ends_both_ways() {
    let service = Service::start().await;
    let desk = Desk::new();
    let first = format!(
        "{{\"Invoices\": [{}, {}], \"Payments\": [{}], \"CreditNotes\": [{}]}}",
        sale("inv-1", "100.00", "PAID", "2025-02-11"),
        sale("inv-2", "60.00", "AUTHORISED", "2025-01-10"),
        received("AUTHORISED", "2025-02-11"),
        note("AUTHORISED", "60.00", "", "2025-02-01"),
    );
    both_ways(&service, &desk, "xero", "first.json", &first).await;
    let used =
        "{\"Amount\": 60.00, \"Date\": \"2025-03-05T00:00:00\", \"Invoice\": {\"InvoiceID\": \"inv-2\"}}";
    let second = format!(
        "{{\"Invoices\": [{}, {}], \"Payments\": [{}], \"CreditNotes\": [{}]}}",
        sale("inv-1", "100.00", "AUTHORISED", "2025-03-05"),
        sale("inv-2", "60.00", "PAID", "2025-03-05"),
        received("DELETED", "2025-03-05"),
        note("PAID", "0.00", used, "2025-03-05"),
    );
    both_ways(&service, &desk, "xero", "second.json", &second).await;
    let rows = exported(&service);
    // The payment is gone, and of the credit on account only what it was used for is left, below its header.
    assert_eq!(
        (rows[&Table::Payments].len(), rows[&Table::CreditNotes].len()),
        (0, 2)
    );
    let head = service.app().ledger.head();
    both_ways(&service, &desk, "xero", "second.json", &second).await;
    assert_eq!(service.app().ledger.head(), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_export_that_declares_a_row_void_does_not_end_a_younger_one_either_way() {
    let service = Service::start().await;
    let desk = Desk::new();
    let export = |status: &str, payment: &str, day: &str| {
        format!(
            "{{\"Invoices\": [{}], \"Payments\": [{}]}}",
            sale("inv-1", "100.00", status, day),
            received(payment, day)
        )
    };
    let young = export("PAID", "AUTHORISED", "2025-03-05");
    both_ways(&service, &desk, "xero", "young.json", &young).await;
    let head = service.app().ledger.head();
    let old = export("AUTHORISED", "DELETED", "2025-02-20");
    both_ways(&service, &desk, "xero", "old.json", &old).await;
    assert_eq!(service.app().ledger.head(), head);
    // A header and the payment.
    assert_eq!(exported(&service)[&Table::Payments].len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_void_is_not_paid_again_by_sending_it_without_a_day() {
    let service = Service::start().await;
    for (invoice, payment, day) in [
        ("PAID", "AUTHORISED", "2025-02-11"),
        ("AUTHORISED", "DELETED", "2025-03-05"),
    ] {
        let text = format!(
            "{{\"Invoices\": [{}], \"Payments\": [{}]}}",
            sale("inv-1", "100.00", invoice, day),
            received(payment, day)
        );
        over_http(&service, "xero", "export.json", &text).await;
    }
    let head = service.app().ledger.head();
    let row = serde_json::json!({
        "payment_id": "pay-1", "invoice_id": "inv-1", "paid_date": "2025-02-10", "amount": "100.00",
        "currency": "EUR"
    });
    let again = service.post("/v1/payments", row).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(service.app().ledger.head(), head);
    assert_eq!(exported(&service)[&Table::Payments], Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_rejected_is_the_same_one_both_ways() {
    let service = Service::start().await;
    let desk = Desk::new();
    let result = over_http(&service, "sap-tables", "bsid.csv", &first_export()).await;
    by_command(&desk, "sap-tables", "bsid.csv", &first_export());
    let rejects: Vec<String> = result["rejects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reject| {
            let text = |name: &str| reject[name].as_str().unwrap().to_owned();
            format!("{}|{}|{}", reject["line"], text("column"), text("value"))
        })
        .collect();
    assert_eq!(rejects, desk.rejects());
    assert_eq!(rejects.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_that_gave_way_is_in_no_list_and_not_in_columns_made_anew() {
    let service = Service::start().await;
    over_http(&service, "sap-tables", "bsid.csv", &first_export()).await;
    over_http(&service, "camt", "statement.xml", &statement()).await;
    over_http(&service, "sap-tables", "bsid-later.csv", &dump(CLEARED)).await;
    let expected = exported(&service);
    // A header and two payments: the one that was posted, and the match of the second invoice.
    assert_eq!(expected[&Table::Payments].len(), 3);
    let listed = service.get("/v1/payments?invoice_id=1000-1-2025-1").await;
    let listed: Vec<&str> = listed.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| payment["payment_id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ["1000-14-2025-2"]);
    let cache = tempfile::tempdir().unwrap();
    let anew = Ledger::open(service.store().store.clone(), cache.path())
        .await
        .unwrap();
    assert_eq!(rows_of(&anew.history().unwrap()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_imports_at_once_the_second_sees_what_the_first_has_recorded() {
    let service = Service::start().await;
    let desk = Desk::new();
    over_http(&service, "sap-tables", "bsid.csv", &first_export()).await;
    by_command(&desk, "sap-tables", "bsid.csv", &first_export());
    by_command(&desk, "camt", "statement.xml", &statement());
    let text = statement();
    let (one, other) = tokio::join!(
        over_http(&service, "camt", "monday.xml", &text),
        over_http(&service, "camt", "tuesday.xml", &text),
    );
    for (table, count) in [(Table::Receipts, 3), (Table::Payments, 2)] {
        let added = tally(&one, table, "added") + tally(&other, table, "added");
        assert_eq!(added, count, "{table}");
        let corrected = tally(&one, table, "corrected") + tally(&other, table, "corrected");
        assert_eq!(corrected, 0, "{table}");
    }
    assert_eq!(exported(&service), of_folder(&desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_sent_as_a_single_fact_takes_the_place_of_a_match_as_well() {
    let service = Service::start().await;
    over_http(&service, "sap-tables", "bsid.csv", &first_export()).await;
    over_http(&service, "camt", "statement.xml", &statement()).await;
    let payment = serde_json::json!({
        "payment_id": "P1", "invoice_id": "1000-1-2025-1", "paid_date": "2025-03-10",
        "amount": "1000.00", "currency": "EUR",
    });
    let reply = service.post("/v1/payments", payment).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let listed = service.get("/v1/payments?invoice_id=1000-1-2025-1").await;
    let payments = listed.body["data"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "{}", listed.text);
    assert_eq!(payments[0]["payment_id"], "P1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_entity_finds_no_invoice_for_its_statement() {
    let service = Service::start().await;
    over_http(&service, "sap-tables", "bsid.csv", &first_export()).await;
    let head = service.app().ledger.head();
    let stranger = service.as_scoped(Role::Collections, &["2000"]).await;
    let reply = stranger.send(upload("camt", "statement.xml", &statement())).await;
    assert_eq!(reply.body["status"], "succeeded", "{}", reply.text);
    assert_eq!(tally(&reply.body["result"], Table::Payments, "read"), 0);
    assert_eq!(tally(&reply.body["result"], Table::Receipts, "rejected"), 3);
    assert_eq!(service.app().ledger.head(), head);
}
