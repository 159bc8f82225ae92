//! Rows as a stream: each by itself, a line of answer for each, memory bounded.
//!
//! Nothing is answered before the whole body is read, since many clients read nothing while they send. What is to be
//! answered waits in a file without a name when it is much.

use std::io::{self, Seek, SeekFrom, Write};

use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tempfile::{SpooledData, SpooledTempFile};
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::answer::{Line, Summary};
use super::parse::Parsed;
use super::read::{Step, read};
use super::split::Notation;
use crate::app::access::Principal;
use crate::app::http::error::{ApiError, Cause, Problem};
use crate::app::http::extract::Answer;
use crate::app::ledger::{Head, OnFault, Outcome};
use crate::app::state::App;
use crate::history::Table;

/// Bytes of an answer that wait in memory.
const SPOOL_BYTES: usize = 1 << 20;
/// Content type of a stream of JSON objects.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Content type of a stream of CSV.
pub(super) const CSV: &str = "text/csv";

#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
    ledger: Head,
}

#[derive(Serialize)]
struct Broken<'a> {
    problem: &'a Problem,
}

/// Records the rows of a stream; whole lines count up to where it breaks off.
pub(super) async fn create(
    app: App,
    table: Table,
    principal: Principal,
    headers: HeaderMap,
    body: HttpBody,
) -> Answer<Response> {
    let notation = notation_of(&headers)?;
    // One batch is read while one is written and one waits.
    let (sender, receiver) = mpsc::channel(1);
    let reading = read(app.clone(), table, notation, body, sender);
    let ((), written) = tokio::join!(reading, write(&app, table, &principal, receiver));
    written
}

async fn write(
    app: &App,
    table: Table,
    principal: &Principal,
    mut steps: mpsc::Receiver<Step>,
) -> Answer<Response> {
    let mut spool = SpooledTempFile::new_in(SPOOL_BYTES, &app.config.store.cache);
    let mut summary = Summary::default();
    let mut failure = None;
    while let Some(step) = steps.recv().await {
        let written = match step {
            Step::Rows(rows) => record(app, table, principal, rows).await,
            Step::Failed(error) => Err(error),
        };
        match written {
            Ok(outcomes) => {
                tell(&mut spool, &mut summary, &outcomes).map_err(|error| ApiError::fault(&error))?
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    // The reader then stops to hand rows on.
    drop(steps);
    match failure {
        Some(error) if summary.is_empty() => Err(error),
        Some(error) => broken(spool, error),
        None => {
            let last = Last {
                summary: &summary,
                ledger: app.ledger.head(),
            };
            line(&mut spool, &last)
                .and_then(|()| stream(spool))
                .map_err(|error| ApiError::fault(&error))
        }
    }
}

/// Writes a batch; the outcomes are those of every line of it, in order.
async fn record(
    app: &App,
    table: Table,
    principal: &Principal,
    rows: Vec<Parsed>,
) -> Answer<Vec<(u64, Outcome)>> {
    let mut outcomes = Vec::with_capacity(rows.len());
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Ok(row) => good.push(row),
            Err(rejected) => outcomes.push(rejected),
        }
    }
    if !good.is_empty() {
        let recorded = super::write(app, table, good, &principal.scope, OnFault::Skip).await?;
        outcomes.extend(recorded.outcomes);
        outcomes.sort_by_key(|(line, _)| *line);
    }
    Ok(outcomes)
}

fn tell(spool: &mut SpooledTempFile, summary: &mut Summary, outcomes: &[(u64, Outcome)]) -> io::Result<()> {
    let mut text = Vec::with_capacity(40 * outcomes.len());
    for (number, outcome) in outcomes {
        summary.count(outcome);
        serde_json::to_writer(&mut text, &Line::of(*number, outcome))?;
        text.push(b'\n');
    }
    spool.write_all(&text)
}

fn line(spool: &mut SpooledTempFile, content: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(content)?;
    text.push(b'\n');
    spool.write_all(&text)
}

/// Returns an answer that ends in a problem, with its cause for the log.
fn broken(mut spool: SpooledTempFile, error: ApiError) -> Answer<Response> {
    let told = line(
        &mut spool,
        &Broken {
            problem: error.problem(),
        },
    );
    let mut response = told
        .and_then(|()| stream(spool))
        .map_err(|error| ApiError::fault(&error))?;
    if let Some(cause) = error.into_response().extensions().get::<Cause>() {
        response.extensions_mut().insert(cause.clone());
    }
    Ok(response)
}

fn stream(spool: SpooledTempFile) -> io::Result<Response> {
    let body = match spool.into_inner() {
        SpooledData::InMemory(text) => HttpBody::from(text.into_inner()),
        SpooledData::OnDisk(mut file) => {
            file.seek(SeekFrom::Start(0))?;
            HttpBody::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)))
        }
    };
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}

fn notation_of(headers: &HeaderMap) -> Answer<Notation> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        NDJSON => Ok(Notation::Ndjson),
        CSV => Ok(Notation::Csv),
        _ => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of another kind",
            format!("the content type must be {NDJSON} or {CSV}, got {given:?}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_says_how_it_is_written() {
        let notation = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            notation_of(&headers).ok()
        };
        assert_eq!(notation("application/x-ndjson"), Some(Notation::Ndjson));
        assert_eq!(notation("Text/CSV; charset=utf-8"), Some(Notation::Csv));
        assert_eq!(notation("application/json"), None);
        assert!(notation_of(&HeaderMap::new()).is_err());
    }
}
