//! Told to stop, the service finishes what it has begun.

use super::{assert_complete, invoice, ledger};
use crate::support::process::{Program, until};
use crate::support::stores::TestStore;
use crate::support::wire::Wire;

/// More rows than the service writes at once.
const ROWS: usize = 2_200;
/// Rows of which the first batch is written before the rest comes.
const FIRST: usize = 2_100;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_told_to_stop_finishes_what_it_has_begun_and_ends_well() {
    for store in TestStore::of_each_kind().await {
        let program = Program::on(store).await;
        let running = program.start().await;
        let mut idle = Wire::to(&running).await;
        idle.send(b"GET /livez HTTP/1.1\r\nhost: duecast\r\n\r\n").await;
        assert!(idle.next().await.contains("alive"));

        let lines: Vec<String> = (0..ROWS)
            .map(|number| format!("{}\n", invoice(&format!("I{number}"), "C")))
            .collect();
        let (first, rest) = (lines[..FIRST].concat(), lines[FIRST..].concat());
        let length = first.len() + rest.len();
        let mut busy = Wire::to(&running).await;
        busy.post(&running, "/v1/invoices:bulk", "application/x-ndjson", length)
            .await;
        busy.send(first.as_bytes()).await;
        until("a batch is written", async || {
            ledger(&running.ask).await["facts"]["invoices"] == 2_000
        })
        .await;

        running.tell_to_stop();
        until("nobody is let in any more", async || {
            tokio::net::TcpStream::connect(&running.address).await.is_err()
        })
        .await;
        busy.send(rest.as_bytes()).await;
        let answer = busy.rest().await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(&format!("\"added\":{ROWS}")), "{answer}");
        assert_eq!(running.ended().await.code(), Some(0));
        assert_eq!(idle.rest().await, "");

        let running = program.start().await;
        let after = ledger(&running.ask).await;
        assert_eq!(after["facts"]["invoices"], ROWS);
        assert_complete(&after);
        running.stop().await;
    }
}
