//! Rows that share a key: repeats are dropped, versions kept, corrections dated, conflicts rejected.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use polars::prelude::DataFrame;

use super::error::Error;
use super::keyed_rows::KeyedRows;
use super::origin::Origins;
use super::precedence::CONFIDENCE;
use super::report::Reject;
use super::row_values::RowValues;
use super::schema::{RECORDED_AT, SUPERSEDED_ON, Table, columns};
use super::versions::{ALWAYS, Chain, Clocks, FOREVER};
use crate::domain::date::from_day_number;

/// An import onto the rows that a table has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// Rows of the ledger itself; they come first.
    pub(super) own_rows: usize,
    /// Since when what the import changes is known, where a row does not say it itself.
    pub(super) day: i32,
}

/// What becomes of the rows.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) keep: Vec<bool>,
    /// By row.
    pub(super) rejects: BTreeMap<usize, Reject>,
    /// Rows that say what another says.
    pub(super) equal: u64,
    /// Imported rows that say something new of a row of the ledger.
    pub(super) corrected: u64,
    /// New clocks of rows.
    pub(super) clocks: BTreeMap<usize, Clocks>,
}

/// Decides about all rows that share a key with another.
///
/// `is_used` tells whether any row hangs on an invoice.
pub(super) fn resolve(
    table: Table,
    frame: &DataFrame,
    origins: &Origins,
    growth: Option<Growth>,
    is_used: &dyn Fn(&str) -> bool,
) -> Result<Resolved, Error> {
    let height = frame.height();
    let rows = Rows::of(table, frame, origins)?;
    let mut keyed = KeyedRows::with_capacity(height);
    keyed.extend(0, height, |row| RowValues::hash_row(&rows.keys, row));
    keyed.sort();
    let repeats = keyed.repeats(|row, other| rows.keys.iter().all(|values| values.is_same(row, other)));
    drop(keyed);
    let mut resolver = Resolver {
        resolved: Resolved {
            keep: vec![true; height],
            ..Resolved::default()
        },
        growth,
        is_used,
        rows,
    };
    let unequal: BTreeSet<usize> = repeats
        .iter()
        .filter(|(row, first)| !resolver.rows.is_equal(*row, *first))
        .map(|(_, first)| *first)
        .collect();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, first) in repeats {
        if unequal.contains(&first) {
            groups.entry(first).or_default().push(row);
        } else {
            resolver.drop_equal(row);
        }
    }
    for (first, others) in groups {
        resolver.decide(first, &others);
    }
    Ok(resolver.resolved)
}

/// What is compared of the rows of a table.
struct Rows<'a> {
    table: Table,
    origins: &'a Origins,
    keys: Vec<RowValues<'a>>,
    /// Every column of the table but the clocks.
    content: Vec<(&'a str, RowValues<'a>)>,
    recorded: RowValues<'a>,
    superseded: RowValues<'a>,
    business: RowValues<'a>,
}

impl<'a> Rows<'a> {
    fn of(table: Table, frame: &'a DataFrame, origins: &'a Origins) -> Result<Self, Error> {
        let mut content = Vec::new();
        for spec in columns(table) {
            // What else a frame carries, its rows' places for example, is no content.
            if let Ok(column) = frame.column(spec.frame_name()) {
                content.push((spec.frame_name(), RowValues::from_column(column)?));
            }
        }
        Ok(Self {
            table,
            origins,
            keys: table
                .key()
                .iter()
                .map(|name| RowValues::of(frame, name))
                .collect::<Result<Vec<_>, _>>()?,
            content,
            recorded: RowValues::of(frame, RECORDED_AT)?,
            superseded: RowValues::of(frame, SUPERSEDED_ON)?,
            business: match table.business_date() {
                Some(name) => RowValues::of(frame, name)?,
                None => RowValues::Nulls,
            },
        })
    }

    /// Whether two rows say the same, clocks apart.
    fn is_same(&self, row: usize, other: usize) -> bool {
        self.content.iter().all(|(_, values)| values.is_same(row, other))
    }

    fn is_equal(&self, row: usize, other: usize) -> bool {
        self.is_same(row, other) && self.recorded.is_same(row, other) && self.superseded.is_same(row, other)
    }

    fn until(&self, row: usize) -> i32 {
        self.superseded.day(row).unwrap_or(FOREVER)
    }

    fn from(&self, row: usize) -> i32 {
        self.recorded.day(row).unwrap_or(ALWAYS).min(self.until(row))
    }

    /// The day a row says it was recorded; one that equals its business date may be imputed and says nothing.
    fn said(&self, row: usize) -> Option<i32> {
        self.recorded
            .day(row)
            .filter(|day| self.business.day(row) != Some(*day))
    }

    /// Whether a row only adds how the matter went on, under a date of its own.
    fn continues(&self, before: usize, row: usize) -> bool {
        let state: &[&str] = match self.table {
            Table::Disputes => &["resolved_on", "outcome"],
            Table::Actions => &["outcome_on", "outcome"],
            _ => return false,
        };
        let mut changed = self
            .content
            .iter()
            .filter(|(_, values)| !values.is_same(before, row));
        changed.all(|(name, values)| state.contains(name) && values.is_null(before))
    }

    /// Looks a column up among those that are compared.
    fn column(&self, name: &str) -> Option<&RowValues<'a>> {
        self.content
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, values)| values)
    }

    fn reject(&self, row: usize, columns: &[&str], reason: String) -> Reject {
        let (file, line) = self.origins.of(row);
        let shown: Vec<String> = columns
            .iter()
            .filter_map(|name| self.column(name))
            .map(|values| values.shown(row))
            .collect();
        Reject {
            file: file.to_owned(),
            line,
            column: columns.join(", "),
            value: shown.join(", "),
            reason,
        }
    }
}

/// What an imported row is to the row that the ledger has.
enum Verdict {
    Unchanged,
    Continued,
    CorrectedOn(i32),
    OlderThan(i32),
    InUse(&'static str),
}

struct Resolver<'a> {
    rows: Rows<'a>,
    growth: Option<Growth>,
    is_used: &'a dyn Fn(&str) -> bool,
    resolved: Resolved,
}

impl Resolver<'_> {
    fn drop_equal(&mut self, row: usize) {
        self.resolved.keep[row] = false;
        self.resolved.equal += 1;
    }

    fn refuse(&mut self, row: usize, columns: &[&str], reason: String) {
        let reject = self.rows.reject(row, columns, reason);
        self.resolved.keep[row] = false;
        self.resolved.rejects.insert(row, reject);
    }

    fn conflict(&mut self, row: usize, other: usize) {
        let (file, line) = self.rows.origins.of(other);
        let are_current = self.rows.until(row) == FOREVER && self.rows.until(other) == FOREVER;
        let what = if are_current {
            "other values"
        } else {
            "holds on the same days; a version ends (superseded_on) when the next is recorded (recorded_at)"
        };
        let reason = format!("duplicate: {file} line {line} has the same key and {what}");
        self.refuse(row, self.rows.table.key(), reason);
    }

    /// Decides about the rows of one key.
    fn decide(&mut self, first: usize, others: &[usize]) {
        let own_rows = self.growth.map_or(usize::MAX, |growth| growth.own_rows);
        let (mut chain, mut imported) = (Chain::default(), Vec::new());
        for row in iter::once(first).chain(others.iter().copied()) {
            if row >= own_rows {
                imported.push(row);
            } else if row != first && self.rows.is_equal(row, first) {
                self.drop_equal(row);
            } else if let Err(blocking) = chain.add(row, self.rows.from(row), self.rows.until(row)) {
                self.conflict(row, blocking);
            }
        }
        if let Some(growth) = self.growth {
            self.grow(&chain, &imported, growth.day);
        }
    }

    /// Takes the imported rows of one key in the order in which they were recorded.
    fn grow(&mut self, chain: &Chain, imported: &[usize], day: i32) {
        let imported = self.sequence(imported);
        let is_known = !chain.rows().is_empty();
        let mut current = chain.current();
        for &row in &imported {
            let Some(before) = current else {
                let back_on = self.back_on(row, chain);
                let is_said = is_known && chain.rows().iter().any(|known| self.rows.is_same(*known, row));
                if is_said && back_on.is_none() {
                    // It is void, or another source has taken its place.
                    self.drop_equal(row);
                    continue;
                }
                if is_known {
                    let since = back_on.unwrap_or_else(|| day.max(chain.end().unwrap_or(day)));
                    self.resolved.clocks.entry(row).or_default().recorded = Some(since);
                    self.resolved.corrected += 1;
                }
                current = Some(row);
                continue;
            };
            match self.verdict(before, row, chain, (imported.len() == 1).then_some(day)) {
                Verdict::Unchanged => {
                    self.drop_equal(row);
                    continue;
                }
                Verdict::OlderThan(since) => {
                    let since = from_day_number(since);
                    let reason = format!(
                        "the ledger has other values for the key, recorded on {since}, which is later than this \
                         export; import exports in the order they were made, or say when this one was"
                    );
                    self.refuse(row, self.rows.table.key(), reason);
                    continue;
                }
                Verdict::InUse(column) => {
                    let reason = "payments or other rows hang on the invoice, so it stays as it was";
                    self.refuse(row, &[column], reason.to_owned());
                    continue;
                }
                Verdict::Continued => {
                    self.resolved.keep[before] = false;
                    let recorded = self.recorded(before);
                    self.resolved.clocks.entry(row).or_default().recorded = recorded;
                }
                Verdict::CorrectedOn(day) => {
                    self.resolved.clocks.entry(before).or_default().superseded = Some(day);
                    self.resolved.clocks.entry(row).or_default().recorded = Some(day);
                }
            }
            self.resolved.corrected += u64::from(is_known);
            current = Some(row);
        }
    }

    /// Returns the day on which a row holds again that had ended: one that its source, which allocated it, says
    /// to lie behind every version there was.
    fn back_on(&self, row: usize, chain: &Chain) -> Option<i32> {
        let matched = self.rows.column(CONFIDENCE);
        if matched.is_some_and(|confidence| !confidence.is_null(row)) {
            return None;
        }
        let ends = chain.rows().iter().map(|known| self.rows.until(*known));
        let last = ends.max().unwrap_or(ALWAYS);
        self.rows.said(row).filter(|day| *day > last)
    }

    /// Returns the imported rows that count, by the day they were recorded: all if each but the first says its day,
    /// else the first alone.
    fn sequence(&mut self, imported: &[usize]) -> Vec<usize> {
        let mut by_day: BTreeMap<i32, usize> = BTreeMap::new();
        for &row in imported {
            let day = self.rows.from(row);
            match by_day.get(&day).copied() {
                None => {
                    by_day.insert(day, row);
                }
                Some(other) if self.rows.is_same(other, row) => self.drop_equal(row),
                Some(other) => self.conflict(row, other),
            }
        }
        let rows: Vec<usize> = by_day.into_values().collect();
        let Some(&first) = imported.first() else {
            return rows;
        };
        if rows.iter().skip(1).all(|row| self.rows.said(*row).is_some()) {
            return rows;
        }
        for row in rows.into_iter().filter(|row| *row != first) {
            if self.rows.is_same(first, row) {
                self.drop_equal(row);
            } else {
                self.conflict(row, first);
            }
        }
        vec![first]
    }

    /// Compares an imported row with the current one. `import_day` is absent where the import has several versions
    /// of the row, which then are dated by themselves.
    fn verdict(&self, before: usize, row: usize, chain: &Chain, import_day: Option<i32>) -> Verdict {
        if self.rows.is_same(before, row) {
            return Verdict::Unchanged;
        }
        let since = self.recorded(before).unwrap_or(ALWAYS);
        let said = self.rows.said(row).filter(|day| *day != since);
        if said.is_none() && self.rows.continues(before, row) {
            return Verdict::Continued;
        }
        let own = self.rows.from(row);
        let day = said.filter(|day| *day > since).or(import_day).unwrap_or(own);
        if day <= since && chain.rows().iter().any(|known| self.rows.is_same(*known, row)) {
            return Verdict::Unchanged;
        }
        // A day that was imputed from the business date may lie ahead, and then says nothing about the order.
        if day < since && self.rows.business.day(before) != Some(since) {
            return Verdict::OlderThan(since);
        }
        self.column_in_use(before, row)
            .map_or(Verdict::CorrectedOn(day), Verdict::InUse)
    }

    /// Returns the column by which an invoice would leave the rows that hang on it.
    fn column_in_use(&self, before: usize, row: usize) -> Option<&'static str> {
        if self.rows.table != Table::Invoices {
            return None;
        }
        let is_changed = |name: &&str| {
            self.rows
                .column(name)
                .is_some_and(|values| !values.is_same(before, row))
        };
        let column = ["customer_id", "currency"].into_iter().find(is_changed)?;
        let invoice_id = self.rows.column("invoice_id")?.text(row)?;
        (self.is_used)(invoice_id).then_some(column)
    }

    fn recorded(&self, row: usize) -> Option<i32> {
        let changed = self.resolved.clocks.get(&row).and_then(|clocks| clocks.recorded);
        changed.or_else(|| self.rows.recorded.day(row))
    }
}
