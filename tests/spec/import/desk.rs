//! A place to import at: input files, a ledger, and what is in it afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use duecast::domain::Date;
use duecast::history::Error;
use duecast::history::import::{ImportOutcome, ImportRequest, import};
use duecast::history::profile::Profile;
use tempfile::TempDir;

/// A folder with input files and a ledger.
pub(super) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(super) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("the input is written");
        path
    }

    pub(super) fn import(
        &self,
        profile: &Profile,
        inputs: &[PathBuf],
        share: f64,
    ) -> Result<ImportOutcome, Error> {
        self.import_of(profile, inputs, share, None)
    }

    /// Imports files that were made on a day.
    pub(super) fn import_of(
        &self,
        profile: &Profile,
        inputs: &[PathBuf],
        share: f64,
        recorded_at: Option<Date>,
    ) -> Result<ImportOutcome, Error> {
        let ledger = self.ledger();
        let request = ImportRequest {
            profile,
            inputs,
            ledger: &ledger,
            max_reject_share: share,
            recorded_at,
        };
        import(&request, &|_, _| {})
    }

    /// Name and content of every file of the ledger.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(self.ledger())
            .expect("the ledger is a folder")
            .map(|entry| {
                let entry = entry.expect("an entry");
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read(entry.path()).expect("a file"))
            })
            .collect()
    }

    /// Names beside the ledger.
    pub(super) fn beside(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// Rows of a ledger file as text, `a|b|c` of the columns asked for, sorted.
    pub(super) fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        read_columns(&self.ledger().join(format!("{table}.csv")), columns)
    }

    pub(super) fn rejects(&self) -> Vec<String> {
        read_columns(&self.ledger().join("rejects.csv"), &["line", "column", "value"])
    }
}

pub(super) fn read_columns(path: &Path, columns: &[&str]) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).expect("the file is there");
    let header = reader.headers().expect("a header").clone();
    let places: Vec<usize> = columns
        .iter()
        .map(|name| {
            header
                .iter()
                .position(|column| column == *name)
                .expect("the column is there")
        })
        .collect();
    let mut rows: Vec<String> = reader
        .records()
        .map(|record| {
            let record = record.expect("a record");
            places
                .iter()
                .map(|place| &record[*place])
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect();
    rows.sort();
    rows
}

pub(super) fn shipped_profile(name: &str) -> Profile {
    Profile::load(name).expect("the profile is shipped")
}
