//! The columns of a store: opened where they are of this store, and topped up with what they have not.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use polars::prelude::DataFrame;

use super::columns::Columns;
use super::error::Error;
use super::frame;
use super::head::{Head, chained};
use crate::app::store::{Fact, Store};
use crate::history::Table;

/// Facts that are read from the store at once; they are in memory as rows.
const FACTS_AT_ONCE: i64 = 100_000;

/// Opens the columns; those of another store, or of a store that has since gone back, are made anew.
pub(super) async fn columns(store: &Store, cache: &Path) -> Result<Columns, Error> {
    let identity = store.ledger_identity().await?;
    let (sequence, _) = store.ledger_head().await?;
    let cache = cache.to_path_buf();
    tokio::task::spawn_blocking(move || open(&cache, &identity, sequence))
        .await
        .map_err(|_| Error::Interrupted)?
}

fn open(cache: &Path, identity: &str, sequence: i64) -> Result<Columns, Error> {
    let folder = cache.join("columns");
    let mark = cache.join("ledger-id");
    // Opened before it is removed: that is refused where another process uses it.
    let columns = Columns::open(&folder)?;
    let is_of_store = read(&mark)?.as_deref() == Some(identity) && columns.sequence() <= sequence;
    if is_of_store {
        return Ok(columns);
    }
    drop(columns);
    fs::remove_dir_all(&folder).map_err(refused(&folder))?;
    let columns = Columns::open(&folder)?;
    fs::write(&mark, identity).map_err(refused(&mark))?;
    Ok(columns)
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        // A damaged mark is that of another ledger: the columns are then made again.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(refused(path)(source)),
    }
}

fn refused(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Folder { path, source }
}

/// Brings the columns up to the head of the store, some facts at a time, and returns that head.
pub(super) async fn top_up(store: &Store, columns: &Columns) -> Result<Head, Error> {
    let (sequence, fingerprint) = store.ledger_head().await?;
    let head = Head {
        sequence,
        fingerprint,
    };
    let mut after = columns.sequence();
    // From the first fact on, the fingerprint can be computed again.
    let mut running = (after == 0).then(String::new);
    while after < head.sequence {
        let until = head.sequence.min(after + FACTS_AT_ONCE);
        let mut facts = BTreeMap::new();
        for table in Table::ALL {
            let found = store.facts_between(table, after, until).await?;
            if !found.is_empty() {
                facts.insert(table, found);
            }
        }
        let found: usize = facts.values().map(Vec::len).sum();
        if i64::try_from(found).ok() != Some(until - after) {
            return Err(Error::Incomplete { after, until, found });
        }
        let (frames, after_these) = tokio::task::spawn_blocking(move || in_columns(&facts, running))
            .await
            .map_err(|_| Error::Interrupted)??;
        running = after_these;
        let reached = Head {
            sequence: until,
            fingerprint: head.fingerprint.clone(),
        };
        columns.append(&frames, &reached)?;
        after = until;
    }
    if running.is_some_and(|fingerprint| fingerprint != head.fingerprint) {
        return Err(Error::Altered { sequence });
    }
    Ok(head)
}

/// Returns facts as frames, and the fingerprint after them where the one before is known.
fn in_columns(
    facts: &BTreeMap<Table, Vec<Fact>>,
    before: Option<String>,
) -> Result<(BTreeMap<Table, DataFrame>, Option<String>), Error> {
    let mut frames = BTreeMap::new();
    for (table, facts) in facts {
        frames.insert(*table, frame::numbered(*table, facts)?);
    }
    let Some(mut fingerprint) = before else {
        return Ok((frames, None));
    };
    let mut hashes: Vec<(i64, &str)> = facts
        .values()
        .flatten()
        .map(|fact| (fact.sequence, fact.content_hash.as_str()))
        .collect();
    hashes.sort_unstable();
    for (_, hash) in hashes {
        fingerprint = chained(&fingerprint, hash);
    }
    Ok((frames, Some(fingerprint)))
}
