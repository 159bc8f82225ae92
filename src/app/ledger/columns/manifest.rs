//! Which segments count, in one file that is exchanged as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Crc;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Error;
use super::segment::Segment;
use crate::history::schema::frame_columns;
use crate::history::{Table, write};

/// Name of the file.
const FILE_NAME: &str = "manifest.json";

/// Which segments count.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Checksum of all tables' columns: a version with other columns starts anew.
    schema: u32,
    /// Every fact up to here is in the segments.
    pub(super) sequence: i64,
    /// Number of the last file that was begun.
    pub(super) files: u64,
    pub(super) tables: BTreeMap<String, Listed>,
}

/// What counts of one table.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) segments: Vec<Segment>,
    /// Sequences of rows in the segments that later rows supersede.
    pub(super) superseded: BTreeSet<i64>,
}

/// The file: the manifest beside its own checksum.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    checksum: u32,
    manifest: Manifest,
}

impl Manifest {
    pub(super) fn new(sequence: i64, files: u64, tables: BTreeMap<String, Listed>) -> Self {
        Self {
            schema: schema_checksum(),
            sequence,
            files,
            tables,
        }
    }

    /// Reads the manifest of a folder and checks everything it names; `None` where there is none, the reason
    /// where it cannot be used.
    pub(super) fn load(folder: &Path) -> Result<Option<Self>, String> {
        let text = match fs::read(folder.join(FILE_NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("the manifest cannot be read: {error}")),
        };
        let envelope: Envelope = serde_json::from_slice(&text)
            .map_err(|error| format!("the manifest is not one of this version: {error}"))?;
        let manifest = envelope.manifest;
        let found = manifest.checksum().map_err(|error| error.to_string())?;
        if found != envelope.checksum {
            return Err("the manifest is damaged".to_owned());
        }
        if manifest.schema != schema_checksum() {
            return Err("the segments have the columns of another version".to_owned());
        }
        if let Some(name) = manifest.tables.keys().find(|name| Table::parse(name).is_none()) {
            return Err(format!(
                "the manifest names the table {name:?}, which there is not"
            ));
        }
        let segments: Vec<&Segment> = manifest
            .tables
            .values()
            .flat_map(|listed| &listed.segments)
            .collect();
        let damaged = segments
            .into_par_iter()
            .find_any(|segment| !segment.is_whole(folder));
        if let Some(segment) = damaged {
            return Err(format!("the segment {} is missing or damaged", segment.file));
        }
        Ok(Some(manifest))
    }

    /// Makes this the manifest of the folder.
    pub(super) fn store(self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE_NAME);
        let failed = |error: serde_json::Error| Error::io(&path, error.into());
        let envelope = Envelope {
            checksum: self.checksum().map_err(failed)?,
            manifest: self,
        };
        let text = serde_json::to_vec(&envelope).map_err(failed)?;
        write::replace(&path, |file| {
            file.write_all(&text).map_err(|source| Error::io(&path, source))
        })
    }

    fn checksum(&self) -> Result<u32, serde_json::Error> {
        Ok(crc(&serde_json::to_vec(self)?))
    }
}

/// Removes what no manifest names: left by a process that was killed, or of another version.
pub(super) fn sweep(folder: &Path, manifest: Option<&Manifest>) -> io::Result<()> {
    let named: BTreeSet<&str> = manifest
        .into_iter()
        .flat_map(|manifest| manifest.tables.values())
        .flat_map(|listed| &listed.segments)
        .map(|segment| segment.file.as_str())
        .collect();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_segment = path.extension().is_some_and(|extension| extension == "parquet");
        let is_manifest = name == FILE_NAME;
        let is_ours = is_segment || is_manifest || name.starts_with(".tmp");
        let counts = named.contains(name.as_str()) || (is_manifest && manifest.is_some());
        if is_ours && !counts {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn schema_checksum() -> u32 {
    let columns: Vec<String> = Table::ALL
        .into_iter()
        .map(|table| format!("{table} {:?}", frame_columns(table)))
        .collect();
    crc(columns.join("\n").as_bytes())
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
