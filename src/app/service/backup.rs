//! Backup and restore: the whole store as one file, whatever the dialect it came from or goes to.
//!
//! A backup is gzip of lines: a head, then for each table a line with its columns and a line a row, then an end
//! with the number of rows and a SHA-256 of everything before it. It is written beside its place and appears
//! when it is complete; a restore that fails leaves the store empty.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::app::store::{self, DumpColumn, DumpSink, Store};

/// Version of the layout.
const FORMAT: u32 = 1;
/// Rows that are added by one call.
const ROWS_AT_ONCE: usize = 2_000;

/// Why a backup could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or written.
    #[error("cannot {doing} the backup {}", .path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The file is no backup, was cut off, or was changed.
    #[error("{} is no complete backup: line {line} {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        line: u64,
        /// In which way.
        reason: String,
    },
    /// The store has something already.
    #[error(
        "a backup is restored into an empty store, this one has facts, keys or models; name another store"
    )]
    StoreOccupied,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// Tables with rows.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    duecast_backup: u32,
    code_version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableHead {
    table: String,
    columns: Vec<DumpColumn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    rows: u64,
    sha256: String,
}

/// Writes everything a store holds into a file; the service may go on working.
///
/// # Errors
///
/// See [`Error`].
pub async fn backup(store: &Store, path: &Path) -> Result<BackupSummary, Error> {
    let failed = |source| Error::Io {
        doing: "write",
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).map_err(failed)?;
    let mut sink = FileSink {
        path,
        encoder: GzEncoder::new(file, Compression::fast()),
        hash: Sha256::new(),
        summary: BackupSummary { tables: 0, rows: 0 },
    };
    sink.line(&Head {
        duecast_backup: FORMAT,
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
    })?;
    store.dump(&mut sink).await?;
    let sha256 = hexadecimal(&sink.hash.clone().finalize());
    let rows = sink.summary.rows;
    sink.line(&End { rows, sha256 })?;
    let summary = sink.summary;
    let file = sink.encoder.finish().map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(summary)
}

/// Puts what a backup holds into an empty store, all of it or nothing.
///
/// # Errors
///
/// See [`Error`].
pub async fn restore(store: &Store, path: &Path) -> Result<BackupSummary, Error> {
    if !store.is_empty().await? {
        return Err(Error::StoreOccupied);
    }
    let mut lines = Lines::open(path)?;
    let head: Head = lines.next_as()?;
    if head.duecast_backup != FORMAT {
        return Err(lines.damaged(format!(
            "has format {}, this version reads {FORMAT}",
            head.duecast_backup
        )));
    }
    let mut write = store.write().await?;
    write.clear().await?;
    let mut summary = BackupSummary { tables: 0, rows: 0 };
    let mut table: Option<TableHead> = None;
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(ROWS_AT_ONCE);
    loop {
        let hash_before = lines.hash();
        let line = lines.next_value()?;
        let is_row = line.is_array();
        if !is_row || rows.len() == ROWS_AT_ONCE {
            if let Some(head) = table.as_ref() {
                write.load(&head.table, &head.columns, &rows).await?;
            }
            rows.clear();
        }
        match line {
            Value::Array(values) => {
                if table.is_none() {
                    return Err(lines.damaged("is a row before its table".to_owned()));
                }
                summary.rows += 1;
                rows.push(values);
            }
            other if other.get("sha256").is_some() => {
                let end: End = lines.parsed(other)?;
                if end.sha256 != hash_before || end.rows != summary.rows {
                    return Err(lines.damaged("does not agree with the lines before it".to_owned()));
                }
                break;
            }
            other => {
                summary.tables += 1;
                table = Some(lines.parsed(other)?);
            }
        }
    }
    write.commit().await?;
    Ok(summary)
}

struct FileSink<'a> {
    path: &'a Path,
    encoder: GzEncoder<NamedTempFile>,
    hash: Sha256,
    summary: BackupSummary,
}

impl FileSink<'_> {
    fn line(&mut self, content: &impl Serialize) -> Result<(), Error> {
        let failed = |source| Error::Io {
            doing: "write",
            path: self.path.to_owned(),
            source,
        };
        let mut line = serde_json::to_vec(content).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        self.hash.update(&line);
        self.encoder.write_all(&line).map_err(failed)
    }
}

impl DumpSink for FileSink<'_> {
    type Error = Error;

    fn table(&mut self, table: &'static str, columns: &[DumpColumn]) -> Result<(), Error> {
        self.summary.tables += 1;
        self.line(&TableHead {
            table: table.to_owned(),
            columns: columns.to_vec(),
        })
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Error> {
        self.summary.rows += 1;
        self.line(&values)
    }
}

/// The lines of a backup, hashed as they are read.
struct Lines {
    path: PathBuf,
    reader: BufReader<MultiGzDecoder<BufReader<File>>>,
    hash: Sha256,
    line: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Io {
            doing: "read",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(MultiGzDecoder::new(BufReader::new(file))),
            hash: Sha256::new(),
            line: 0,
        })
    }

    /// The hash of the lines read so far.
    fn hash(&self) -> String {
        hexadecimal(&self.hash.clone().finalize())
    }

    fn next_value(&mut self) -> Result<Value, Error> {
        let mut bytes = Vec::new();
        self.line += 1;
        let read = self.reader.read_until(b'\n', &mut bytes);
        // A gzip that was cut off is an error of reading, too.
        read.map_err(|error| self.damaged(format!("cannot be read: {error}")))?;
        if bytes.last() != Some(&b'\n') {
            return Err(self.damaged("is missing or cut off".to_owned()));
        }
        self.hash.update(&bytes);
        serde_json::from_slice(&bytes).map_err(|error| self.damaged(format!("is no JSON: {error}")))
    }

    fn next_as<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let value = self.next_value()?;
        self.parsed(value)
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, value: Value) -> Result<T, Error> {
        serde_json::from_value(value)
            .map_err(|error| self.damaged(format!("is not what stands there in a backup: {error}")))
    }

    fn damaged(&self, reason: String) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            line: self.line,
            reason,
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
