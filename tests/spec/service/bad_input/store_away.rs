//! The store goes away and comes back.

use std::time::Duration;

use duecast::app::store::Store;
use sqlx::{Connection, Executor, PgConnection};

use super::{invoice, sequence};
use crate::support::process::until;
use crate::support::proxy::Proxy;
use crate::support::service::{Reply, Service};
use crate::support::stores::TestStore;

fn assert_away(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (503, Some("store_away")),
        "{}",
        reply.text
    );
    assert!(
        reply.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u32>()
            .is_ok()
    );
    for told in ["127.0.0.1", "sqlx", "postgres", "connection"] {
        assert!(!reply.text.to_lowercase().contains(told), "{}", reply.text);
    }
}

/// Host and port of a URL such as `postgres://duecast@127.0.0.1:5432/test`.
fn address_of(url: &str) -> &str {
    let behind_user = url.rsplit_once('@').unwrap().1;
    behind_user.split_once('/').unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_store_the_service_says_so_and_afterwards_goes_on_with_everything() {
    let Some(store) = TestStore::postgres().await else {
        return;
    };
    store.store.close().await;
    let proxy = Proxy::to(address_of(&store.url)).await;
    let url = store.url.replace(address_of(&store.url), &proxy.address);
    let proxied = TestStore {
        store: Store::connect(&url).await.unwrap(),
        url,
        folder: store.folder,
    };
    let service = Service::on(proxied, |_| {}).await;
    for round in 0..3 {
        let kept = service
            .post("/v1/invoices", invoice(&format!("I{round}-before")))
            .await;
        assert_eq!(kept.status, 201, "{}", kept.text);
        let before = sequence(&service).await;

        proxy.cut();
        for _ in 0..2 {
            let lost = service
                .post("/v1/invoices", invoice(&format!("I{round}-away")))
                .await;
            assert_away(&lost);
            assert_away(&service.get("/v1/invoices").await);
            assert_away(&service.get("/v1/operations").await);
        }
        assert_eq!(service.get("/livez").await.status, 200);
        assert_eq!(service.get("/readyz").await.status, 503);

        proxy.mend();
        until("the store is there again", async || {
            service.get("/v1/invoices").await.status == 200
        })
        .await;
        assert_eq!(sequence(&service).await, before);
        let again = service
            .post("/v1/invoices", invoice(&format!("I{round}-away")))
            .await;
        assert_eq!(again.status, 201, "{}", again.text);
    }
    let listed = service.get("/v1/invoices").await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(6));
    let history = service.app().ledger.history().unwrap();
    let open = history.as_of(service.app().clock.today()).open_items().unwrap();
    assert_eq!(open.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_its_connections_loses_nothing_that_was_acknowledged() {
    let Some(store) = TestStore::postgres().await else {
        return;
    };
    let mut admin = PgConnection::connect(&store.url).await.unwrap();
    let service = Service::on(store, |_| {}).await;
    let kept = service.post("/v1/invoices", invoice("I1")).await;
    assert_eq!(kept.status, 201, "{}", kept.text);

    // A write that waits for the ledger is ended in the middle of its transaction.
    admin
        .execute("begin; update ledger_head set sequence = sequence")
        .await
        .unwrap();
    let waiting = service.post("/v1/invoices", invoice("I2"));
    let ending = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        admin.execute(ENDED).await.unwrap();
        admin.execute("rollback").await.unwrap();
    };
    let (lost, ()) = tokio::join!(waiting, ending);
    assert_away(&lost);

    let again = service.post("/v1/invoices", invoice("I2")).await;
    assert_eq!(again.status, 201, "{}", again.text);
    let listed = service.get("/v1/invoices").await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(sequence(&service).await, 3, "two invoices and their customer");
    let proof = service.app().store.verify_audit().await.unwrap();
    assert_eq!(proof.fault, None);
    admin.close().await.unwrap();
}

/// Ends every other connection to the database.
const ENDED: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
                     where datname = current_database() and pid <> pg_backend_pid()";
