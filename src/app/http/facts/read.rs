//! The body of a bulk request into batches of rows, a little ahead of the writing.

use axum::body::Body as HttpBody;
use axum::http::StatusCode;
use futures_util::StreamExt;
use http_body_util::LengthLimitError;
use tokio::sync::mpsc;

use super::parse::{Parsed, Parser};
use super::split::{Notation, Record, Splitter};
use crate::app::http::error::ApiError;
use crate::app::state::App;
use crate::history::Table;

/// Rows of a batch: enough that the wait for the disk does not count, few enough that others need not wait.
const BATCH_ROWS: usize = 2_000;
/// Bytes of a batch of long lines.
const BATCH_BYTES: usize = 8 << 20;
/// Bytes that are still taken when nothing is written any more, so that a client comes to read why.
const DRAINED_BYTES_MAX: usize = 64 << 20;

/// What the writing gets.
#[derive(Debug)]
pub(super) enum Step {
    /// Rows and lines without, in order.
    Rows(Vec<Parsed>),
    /// The body cannot be read further.
    Failed(ApiError),
}

/// Reads the body to its end, or until nobody takes the rows.
pub(super) async fn read(
    app: App,
    table: Table,
    notation: Notation,
    body: HttpBody,
    steps: mpsc::Sender<Step>,
) {
    let mut chunks = body.into_data_stream();
    let mut reader = Reader::new(table, notation, app.config.limits.line_bytes_max);
    loop {
        let failed = match chunks.next().await {
            Some(Ok(bytes)) => reader.take(&bytes, &steps).await,
            Some(Err(error)) => Err(Some(unreadable(&error))),
            None => {
                if let Err(Some(error)) = reader.finish(&steps).await {
                    let _ = steps.send(Step::Failed(error)).await;
                }
                return;
            }
        };
        match failed {
            Ok(()) => {}
            Err(Some(error)) => {
                // Nobody to tell is no reason to go on.
                let _ = steps.send(Step::Failed(error)).await;
                break;
            }
            Err(None) => break,
        }
    }
    let mut drained = 0;
    while let Some(Ok(bytes)) = chunks.next().await {
        drained += bytes.len();
        if drained > DRAINED_BYTES_MAX {
            return;
        }
    }
}

/// What was read and not yet handed on.
struct Reader {
    table: Table,
    splitter: Splitter,
    records: Vec<Record>,
    parser: Option<Parser>,
}

impl Reader {
    fn new(table: Table, notation: Notation, line_bytes_max: usize) -> Self {
        Self {
            table,
            splitter: Splitter::new(notation, line_bytes_max),
            records: Vec::new(),
            parser: (notation == Notation::Ndjson).then_some(Parser::Ndjson(table)),
        }
    }

    /// Takes bytes and hands batches on; fails with an error, or with none where nobody takes the rows.
    async fn take(&mut self, bytes: &[u8], steps: &mpsc::Sender<Step>) -> Result<(), Option<ApiError>> {
        self.splitter.push(bytes, &mut self.records);
        while let Some(rows) = batch(&self.records) {
            self.hand_on(rows, steps).await?;
        }
        Ok(())
    }

    async fn finish(&mut self, steps: &mpsc::Sender<Step>) -> Result<(), Option<ApiError>> {
        self.splitter.finish(&mut self.records);
        while !self.records.is_empty() {
            let rows = batch(&self.records).unwrap_or(self.records.len());
            self.hand_on(rows, steps).await?;
        }
        Ok(())
    }

    async fn hand_on(&mut self, rows: usize, steps: &mpsc::Sender<Step>) -> Result<(), Option<ApiError>> {
        let mut records: Vec<Record> = self.records.drain(..rows).collect();
        let parser = if let Some(parser) = self.parser.clone() {
            parser
        } else {
            let header = records.remove(0);
            let parser = Parser::of_header(self.table, &header).map_err(Some)?;
            self.parser = Some(parser.clone());
            parser
        };
        let parsed = tokio::task::spawn_blocking(move || parser.parse(records))
            .await
            .map_err(|error| Some(ApiError::fault(&error)))?;
        steps.send(Step::Rows(parsed)).await.map_err(|_| None)
    }
}

/// Returns how many records make a batch, where there are enough of them.
fn batch(records: &[Record]) -> Option<usize> {
    let mut bytes = 0;
    for (index, record) in records.iter().enumerate() {
        bytes += record.bytes.as_ref().map_or(0, Vec::len);
        if index + 1 == BATCH_ROWS || bytes >= BATCH_BYTES {
            return Some(index + 1);
        }
    }
    None
}

fn unreadable(error: &axum::Error) -> ApiError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.is::<LengthLimitError>() {
            return ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body is too large",
                "the body is larger than an upload may be",
            );
        }
        next = error.source();
    }
    ApiError::malformed(
        "body_unreadable",
        "the body ended early or could not be decompressed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_rows_and_in_bytes() {
        let records = |count: usize, size: usize| -> Vec<Record> {
            (0..count)
                .map(|_| Record {
                    line: 1,
                    bytes: Some(vec![b'x'; size]),
                })
                .collect()
        };
        assert_eq!(batch(&records(BATCH_ROWS - 1, 1)), None);
        assert_eq!(batch(&records(BATCH_ROWS + 5, 1)), Some(BATCH_ROWS));
        assert_eq!(batch(&records(20, 1 << 20)), Some(8));
    }
}
