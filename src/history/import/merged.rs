//! The ledger with the imported rows in it, and what became of each.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use super::present::{Present, rows_beyond};
use super::rejects;
use super::rows::Intake;
use crate::domain::Date;
use crate::history::report::{DataReport, Reject};
use crate::history::schema::Table;
use crate::history::validate::{Assembled, Grown, Onto, assemble_onto, count};
use crate::history::{Error, OpenOptions};

/// The ledger with the imported rows in it, and what became of each.
pub(super) struct Merged {
    /// The rows, where they are in memory.
    pub(super) frames: BTreeMap<Table, DataFrame>,
    pub(super) report: DataReport,
    /// Records of the inputs, rejected ones included.
    pub(super) records: u64,
    /// Those rejected.
    pub(super) rejected: Vec<Reject>,
    /// Their number, which may be larger than the list.
    pub(super) bad: u64,
    pub(super) added: BTreeMap<Table, u64>,
    pub(super) unchanged: BTreeMap<Table, u64>,
    pub(super) corrected: BTreeMap<Table, u64>,
    pub(super) withdrawn: u64,
    /// Rows that ended because their source declared them void.
    pub(super) voided: u64,
    /// Tables that gained rows or versions.
    pub(super) changed: BTreeSet<Table>,
}

/// What became of the rows of a table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    /// Rows whose key the ledger did not have.
    pub(super) new: u64,
    /// Rows of the ledger's own file that are not valid.
    pub(super) own_bad: u64,
    pub(super) grown: Grown,
}

impl Merged {
    /// Puts what was read beside the ledger's own rows, and checks all of it.
    pub(super) fn of(
        present: &Present,
        intake: Intake<'_>,
        labels: &BTreeSet<String>,
        recorded_at: Option<Date>,
    ) -> Result<Self, Error> {
        let (records, filtered, voids) = (intake.records, intake.filtered, intake.voids);
        let mut built = BTreeMap::new();
        let mut known = BTreeMap::new();
        for (table, builder) in intake.builders {
            let rows = builder.finish()?;
            known.insert(table, present.keys_of(&rows)?);
            built.insert(table, rows);
        }
        // The share of rejects is judged over the imported rows alone, not over the whole ledger.
        let onto = Onto {
            own_rows: present.rows.clone(),
            recorded_at,
            voids,
        };
        let tolerant = OpenOptions {
            max_reject_share: 1.0,
        };
        let Assembled {
            frames,
            mut report,
            growth,
            ..
        } = assemble_onto(built, Some(&onto), &tolerant)?;
        report.filtered_rows = filtered;
        let is_imported = |reject: &&Reject| rejects::is_of(labels, &reject.file);
        let rejected: Vec<Reject> = report.rejects().iter().filter(is_imported).cloned().collect();
        let bad = count(rejected.len());
        let mut fates = BTreeMap::new();
        for (table, frame) in &frames {
            let new = match known.get(table).filter(|_| records.contains_key(table)) {
                Some(known) => rows_beyond(*table, frame, known)?,
                None => 0,
            };
            let fate = Fate {
                new,
                own_bad: count(present.rejects_of(*table, &report).count()),
                grown: growth.get(table).copied().unwrap_or_default(),
            };
            fates.insert(*table, fate);
        }
        Ok(Self {
            frames,
            ..Self::counted(report, (rejected, bad), &records, &fates)
        })
    }

    /// Counts what became of the records, without the rows themselves.
    pub(super) fn counted(
        report: DataReport,
        (rejected, bad): (Vec<Reject>, u64),
        records: &BTreeMap<Table, u64>,
        fates: &BTreeMap<Table, Fate>,
    ) -> Self {
        let (mut added, mut unchanged, mut corrected) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (table, taken) in records {
            let fate = fates.get(table).copied().unwrap_or_default();
            let all_bad = report.tables.get(table).map_or(0, |facts| facts.rows_rejected);
            let bad = all_bad.saturating_sub(fate.own_bad);
            added.insert(*table, fate.new);
            corrected.insert(*table, fate.grown.corrected);
            let other = bad.saturating_add(fate.new).saturating_add(fate.grown.corrected);
            unchanged.insert(*table, taken.saturating_sub(other));
        }
        let has_grown = |table: &Table| {
            let versions = fates.get(table).map_or(0, |fate| {
                let ended = fate.grown.withdrawn.saturating_add(fate.grown.voided);
                fate.grown.corrected.saturating_add(ended)
            });
            versions > 0 || added.get(table).is_some_and(|rows| *rows > 0)
        };
        Self {
            changed: Table::ALL.into_iter().filter(has_grown).collect(),
            frames: BTreeMap::new(),
            report,
            records: records.values().sum(),
            rejected,
            bad,
            added,
            unchanged,
            corrected,
            withdrawn: fates.values().map(|fate| fate.grown.withdrawn).sum(),
            voided: fates.values().map(|fate| fate.grown.voided).sum(),
        }
    }
}
