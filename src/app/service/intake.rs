//! Import into a running service: a file read through a profile, its rows taken as any other facts.
//!
//! The file is read whole before anything is recorded, and refused whole where too many of its rows are bad. Where the
//! profile joins rows (receipts with invoices, settlements with documents), it joins them with the ledger as it is when
//! the file is read; nothing is locked meanwhile, and of two imports the second sees what the first has recorded. Then
//! rows are recorded table by table, in batches: an import that is cancelled or fails midway has recorded what came
//! before, and importing the file again completes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use tempfile::TempPath;

use crate::app::access::{Principal, Scope};
use crate::app::ledger::frames::raw_rows;
use crate::app::ledger::{self, Ending, OnFault, Outcome, RowFault, Terms};
use crate::app::operations::{Done, Ticket};
use crate::app::state::App;
use crate::app::store::{self, AuditEntry};
use crate::domain::Date;
use crate::domain::date::from_day_number;
use crate::history::import::{self, Beside, ForeignRows};
use crate::history::{self, Built, DAY_MIN, OpenOptions, Profile, Reject, Table, write};

/// Rows recorded in one transaction.
const BATCH_ROWS: usize = 2_000;
/// Rejects that the result lists itself; the file of the operation has all.
const REJECTS_SHOWN: usize = 100;
/// Rejects that a refusal names.
const REJECTS_QUOTED: usize = 3;

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read through the profile, or its result not be written.
    #[error(transparent)]
    History(#[from] history::Error),
    /// Too many rows are bad; nothing was recorded.
    #[error(
        "{rejected} of {read} rows are bad, at most {:.1} % are tolerated; nothing was recorded; the first: {first}",
        100.0 * .allowed_share
    )]
    TooManyRejects {
        /// Rows that are bad.
        rejected: u64,
        /// Rows read.
        read: u64,
        /// Largest share tolerated.
        allowed_share: f64,
        /// The first ones.
        first: String,
    },
    /// The ledger did not take the rows.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// What was done could not be noted.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Work on a thread of its own ended before its time.
    #[error("reading or writing ended before its time")]
    Interrupted(#[from] tokio::task::JoinError),
    /// Somebody stopped it.
    #[error("the import was cancelled")]
    Cancelled,
}

/// A file that was received, and how it is to be read. Dropped, it removes the file.
#[derive(Debug)]
pub struct Upload {
    /// How the file maps onto our tables.
    pub profile: Profile,
    /// Where the bytes are.
    pub file: TempPath,
    /// The name of the file where it comes from.
    pub name: String,
    /// Who sent it.
    pub by: Principal,
}

/// What an import did, for people and programs.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// Name of the profile.
    pub profile: String,
    /// Name of the file.
    pub file: String,
    /// What became of the rows, by table.
    pub tables: BTreeMap<Table, TableTally>,
    /// Source rows that the profile leaves out.
    pub filtered: u64,
    /// Payments matched at the bank that gave way to those the source itself allocated.
    pub withdrawn: u64,
    /// What a person should know of how rows were joined, one sentence each.
    pub notes: Vec<String>,
    /// The first rows that were not taken.
    pub rejects: Vec<Reject>,
}

/// What became of the rows of a table.
#[derive(Debug, Default, Serialize)]
pub struct TableTally {
    /// Rows read, rejected ones included.
    pub read: u64,
    /// Rows that were not known.
    pub added: u64,
    /// Rows that take the place of what was said before.
    pub corrected: u64,
    /// Rows that were known.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub rejected: u64,
}

/// An import at work.
struct Intake {
    report: ImportReport,
    rejects: Vec<Reject>,
    customers: BTreeSet<String>,
    /// Since when is known what the rows change and do not say themselves.
    made_on: Date,
}

/// Reads a file and records its rows.
///
/// The result is an [`ImportReport`], the file of the operation lists every row that was not taken.
///
/// # Errors
///
/// See [`Error`]. After [`Error::TooManyRejects`] and [`Error::History`] nothing was recorded.
pub async fn import(app: &App, ticket: &Ticket, upload: &Upload) -> Result<Done, Error> {
    let rows = read(app, ticket, upload).await?;
    refuse_above_share(&rows, OpenOptions::MAX_REJECT_SHARE)?;
    let mut intake = Intake::of(upload, &rows);
    let recorded = intake.record(app, ticket, upload, &rows).await;
    // What was recorded before a failure counts and must show.
    app.book.touch(&intake.customers, true);
    intake.audit(app, ticket, upload).await?;
    recorded?;
    intake.finish(app, ticket).await
}

async fn read(app: &App, ticket: &Ticket, upload: &Upload) -> Result<ForeignRows, Error> {
    let (ticket, profile) = (ticket.clone(), upload.profile.clone());
    let (inputs, names) = ([upload.file.to_path_buf()], [upload.name.clone()]);
    let (ledger, scope) = (Arc::clone(&app.ledger), upload.by.scope.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let history = ledger.history()?;
        let beside = Beside {
            history: &history,
            // A client that sees some entities alone must not find others' invoices matched.
            entities: match &scope {
                Scope::All => None,
                Scope::Entities(seen) => Some(seen),
            },
        };
        let mut rows = import::read_beside(&profile, &inputs, &names, beside, &|done, total| {
            ticket.progress(done, total, "reading");
        })?;
        // Where nothing in the file has a day, the ledger's last one has to serve.
        let last = history.date_range().map(|(_, last)| last);
        rows.last_known = rows.last_known.or(last);
        Ok::<ForeignRows, Error>(rows)
    });
    reading.await?
}

fn refuse_above_share(rows: &ForeignRows, allowed_share: f64) -> Result<(), Error> {
    if rows.is_within_share(allowed_share) {
        return Ok(());
    }
    let first: Vec<String> = rows
        .rejects()
        .take(REJECTS_QUOTED)
        .map(ToString::to_string)
        .collect();
    Err(Error::TooManyRejects {
        rejected: rows.rejected(),
        read: rows.records,
        allowed_share,
        first: first.join("; "),
    })
}

impl Intake {
    fn of(upload: &Upload, rows: &ForeignRows) -> Self {
        let tables = rows.tables.iter().map(|(table, built)| {
            let tally = TableTally {
                read: built.rows_read,
                unchanged: rows.repeated.get(table).copied().unwrap_or(0),
                rejected: counted(built.rejects.len()),
                ..TableTally::default()
            };
            (*table, tally)
        });
        Self {
            report: ImportReport {
                profile: upload.profile.name().to_owned(),
                file: upload.name.clone(),
                tables: tables.collect(),
                filtered: rows.filtered,
                withdrawn: 0,
                notes: rows.notes.clone(),
                rejects: Vec::new(),
            },
            rejects: rows.rejects().cloned().collect(),
            customers: BTreeSet::new(),
            // A file is at least as old as its last fact.
            made_on: rows.last_known.unwrap_or(from_day_number(DAY_MIN)),
        }
    }

    /// Records the rows, tables before those that refer to them.
    async fn record(
        &mut self,
        app: &App,
        ticket: &Ticket,
        upload: &Upload,
        rows: &ForeignRows,
    ) -> Result<(), Error> {
        let heights = rows.tables.values().map(|built| built.frame.height());
        let total: usize = heights.sum();
        let mut done = 0;
        for built in in_order(rows) {
            for first in (0..built.frame.height()).step_by(BATCH_ROWS) {
                ticket.progress(counted(done), counted(total), built.table.name());
                if ticket.cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                self.record_batch(app, upload, built, first).await?;
                done += BATCH_ROWS.min(built.frame.height() - first);
            }
        }
        ticket.progress(counted(done), counted(total), "");
        self.end_void(app, upload, rows).await
    }

    /// Ends what the file declares void, be it in the ledger since an earlier file or since this one.
    async fn end_void(&mut self, app: &App, upload: &Upload, rows: &ForeignRows) -> Result<(), Error> {
        let endings: Vec<Ending> = rows
            .voids
            .iter()
            .map(|void| Ending {
                table: void.table,
                id: void.id.clone(),
                on: void.on,
            })
            .collect();
        let mut ended = 0;
        for some in endings.chunks(BATCH_ROWS) {
            let recorded = app.ledger.end_rows(some, &self.terms(app, upload)).await?;
            self.customers.extend(recorded.customers);
            ended += recorded.ended;
        }
        if ended > 0 {
            self.report.notes.push(format!(
                "{ended} rows end, because what they say was voided, deleted or used up in the source"
            ));
        }
        Ok(())
    }

    fn terms(&self, app: &App, upload: &Upload) -> Terms {
        Terms {
            now: app.clock.now(),
            known_since: None,
            corrected_on: Some(self.made_on),
            scope: upload.by.scope.clone(),
            on_fault: OnFault::Skip,
        }
    }

    async fn record_batch(
        &mut self,
        app: &App,
        upload: &Upload,
        built: &Built,
        first: usize,
    ) -> Result<(), Error> {
        let (table, frame) = (built.table, built.frame.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let offset = i64::try_from(first).unwrap_or(i64::MAX);
            raw_rows(table, &frame.slice(offset, BATCH_ROWS), counted(first))
        });
        let terms = self.terms(app, upload);
        let recorded = app.ledger.record_under(table, reading.await??, terms).await?;
        self.customers.extend(recorded.customers);
        self.report.withdrawn += recorded.withdrawn;
        let tally = self.report.tables.entry(table).or_default();
        for (place, outcome) in recorded.outcomes {
            match outcome {
                Outcome::Added => tally.added += 1,
                Outcome::Corrected => tally.corrected += 1,
                Outcome::Unchanged => tally.unchanged += 1,
                Outcome::Rejected(faults) => {
                    tally.rejected += 1;
                    self.rejects.extend(rejects_of(built, place, faults));
                }
            }
        }
        Ok(())
    }

    async fn audit(&self, app: &App, ticket: &Ticket, upload: &Upload) -> Result<(), Error> {
        let entry = AuditEntry {
            at: app.clock.now(),
            actor: upload.by.actor.clone(),
            action: "import.recorded".to_owned(),
            subject: ticket.operation_id.clone(),
            detail: serde_json::json!({
                "profile": self.report.profile,
                "file": self.report.file,
                "tables": self.report.tables,
            }),
        };
        Ok(app.store.append_audit(&entry).await?)
    }

    async fn finish(mut self, app: &App, ticket: &Ticket) -> Result<Done, Error> {
        self.report.rejects = self.rejects.iter().take(REJECTS_SHOWN).cloned().collect();
        let file = if self.rejects.is_empty() {
            None
        } else {
            let folder = app.config.store.cache.join("operations");
            let path = folder.join(format!("{}-rejects.csv", ticket.operation_id));
            Some(keep(folder, path, self.rejects).await?)
        };
        Ok(Done {
            result: serde_json::json!(self.report),
            file,
        })
    }
}

/// Returns the tables in the order they are recorded. Receipts come before the payments that name them: where an import
/// ends between the two, the next one finds receipts that nothing is allocated of, and matches them again.
fn in_order(rows: &ForeignRows) -> Vec<&Built> {
    let mut tables: Vec<&Built> = rows.tables.values().collect();
    tables.sort_by_key(|built| match built.table {
        Table::Receipts => (Table::Invoices, 1),
        table => (table, 0),
    });
    tables
}

/// Writes the list of rejects.
async fn keep(folder: PathBuf, path: PathBuf, rejects: Vec<Reject>) -> Result<PathBuf, Error> {
    let writing = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder).map_err(|source| history::Error::io(&folder, source))?;
        write::rejects(&path, &rejects)?;
        Ok::<PathBuf, history::Error>(path)
    });
    Ok(writing.await??)
}

/// Returns what the ledger found wrong with a row, with its line in the file.
fn rejects_of(built: &Built, place: u64, faults: Vec<RowFault>) -> Vec<Reject> {
    let (file, line) = built.origin(usize::try_from(place).unwrap_or(usize::MAX));
    faults
        .into_iter()
        .map(|fault| Reject {
            file: file.to_owned(),
            line,
            column: fault.column,
            value: fault.value,
            reason: fault.detail,
        })
        .collect()
}

fn counted(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
