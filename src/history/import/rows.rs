//! Foreign files through a profile into table builders.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::mem;
use std::path::Path;

use super::large::Chunks;
use super::plan::{SheetPlan, plans, table_of};
use super::seen::Seen;
use crate::history::Error;
use crate::history::builder::{Cell, TableBuilder};
use crate::history::link::{Known, LedgerRow, Origin, Records, Void};
use crate::history::profile::{BoundSection, CellError, Profile, Row, Target, Test};
use crate::history::schema::{SLOTS_MAX, Table};
use crate::source::{self, SourceRow};

/// Rows between two reports of progress.
const ROWS_BETWEEN_REPORTS: u64 = 8192;

/// Takes rows of foreign files into the builders of our tables.
pub(super) struct Intake<'p> {
    profile: &'p Profile,
    /// One builder a table, the ledger's own rows already in it.
    pub(super) builders: BTreeMap<Table, TableBuilder>,
    /// Where rows go when a builder is full; without one they all stay.
    pub(super) chunks: Option<Chunks>,
    /// Records that the rows yielded, rejected ones included, by table.
    pub(super) records: BTreeMap<Table, u64>,
    /// Rows that yield nothing: dropped by a filter, wanted by no section, or empty.
    pub(super) filtered: u64,
    /// What a person should know of how rows were joined.
    pub(super) notes: Vec<String>,
    /// Rows that their source declares void.
    pub(super) voids: Vec<Void>,
    /// Data rows read, over all files.
    rows: u64,
    /// Records that are to be deduplicated, by name of table or record.
    seen: BTreeMap<&'static str, Seen>,
    /// What the linker will join.
    collected: Records,
}

/// The canonical texts of a record by slot.
type Texts<'r> = Vec<Option<Cow<'r, str>>>;

impl<'p> Intake<'p> {
    pub(super) fn new(
        profile: &'p Profile,
        builders: BTreeMap<Table, TableBuilder>,
        chunks: Option<Chunks>,
    ) -> Self {
        Self {
            profile,
            builders,
            chunks,
            records: BTreeMap::new(),
            filtered: 0,
            notes: Vec::new(),
            voids: Vec::new(),
            rows: 0,
            seen: BTreeMap::new(),
            collected: Records::default(),
        }
    }

    /// Reads a file to its end; `label` is its name for the profile and in rejects, `progress` hears of the bytes
    /// done.
    pub(super) fn take_file(
        &mut self,
        path: &Path,
        label: &str,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let bytes = fs::metadata(path).map_err(|error| Error::io(path, error))?.len();
        // The file may be a copy under another name; people and profiles know it by its label.
        let stem = source::stem(label);
        let options = self.profile.options(&stem)?;
        let mut rows = source::open(path, label, &options)?;
        let plans = plans(self.profile, label, &stem, rows.sheets())?;
        for plan in plans.iter().flatten() {
            self.start_sheet(plan);
        }
        let mut row = SourceRow::default();
        let mut sheet_at_hand = None;
        while rows.next_row(&mut row)? {
            match plans.get(row.sheet) {
                Some(Some(plan)) => {
                    if sheet_at_hand != Some(row.sheet) {
                        self.start_sheet(plan);
                        sheet_at_hand = Some(row.sheet);
                    }
                    self.take_row(plan, &row);
                    self.make_room()?;
                }
                _ => self.filtered += 1,
            }
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_BETWEEN_REPORTS) {
                progress(row.bytes.min(bytes));
            }
        }
        progress(bytes);
        Ok(())
    }

    /// Joins what the files had for the linker, when all are read.
    pub(super) fn link(&mut self, known: &Known) -> Result<(), Error> {
        self.notes.extend(self.profile.note().map(ToOwned::to_owned));
        let Some(linker) = self.profile.linker() else {
            return Ok(());
        };
        let records = mem::take(&mut self.collected).finish();
        let linked = linker.link(&records, known);
        drop(records);
        // Each is given back once its builder has it.
        for row in linked.rows {
            self.push_linked(&row);
            self.make_room()?;
        }
        for fault in &linked.faults {
            self.refuse(
                fault.table,
                &fault.origin,
                fault.column,
                &fault.value,
                &fault.reason,
            );
        }
        self.filtered = self.filtered.saturating_add(linked.passed_over);
        self.notes.extend(linked.notes);
        self.voids.extend(linked.voids);
        Ok(())
    }

    /// Sets the rows of full builders aside, where they are not to stay.
    fn make_room(&mut self) -> Result<(), Error> {
        let Some(chunks) = &mut self.chunks else {
            return Ok(());
        };
        self.builders
            .values_mut()
            .try_for_each(|builder| chunks.make_room(builder))
    }

    fn builder(&mut self, table: Table) -> &mut TableBuilder {
        self.builders
            .entry(table)
            .or_insert_with(|| TableBuilder::new(table))
    }

    fn start_sheet(&mut self, plan: &SheetPlan) {
        for table in plan.tables() {
            self.builder(table).start_file(&plan.label);
        }
    }

    fn take_row(&mut self, plan: &SheetPlan, source: &SourceRow) {
        let profile = self.profile;
        let cells = &source.cells;
        let row = Row {
            cells,
            number: self.rows,
            null_markers: profile.null_markers(),
        };
        // All cells in one text: blank when every one is.
        let is_blank = cells.as_slice().trim_start().is_empty();
        if is_blank || !meets(&plan.filter, row) {
            self.filtered += 1;
            return;
        }
        if !has_width(cells, plan.width) {
            self.refuse_width(plan, source);
            return;
        }
        // A deduplicated record alone says that no section wants the row, where others might.
        if !wanted(plan, row).any(|section| !(section.deduplicate && plan.has_own)) {
            self.filtered += 1;
            return;
        }
        // Most rows yield one record, which needs no list.
        let mut first: Option<(&BoundSection, Texts<'_>)> = None;
        let mut others: Vec<(&BoundSection, Texts<'_>)> = Vec::new();
        for section in wanted(plan, row) {
            match evaluate(section, row) {
                Ok(texts) if first.is_none() => first = Some((section, texts)),
                Ok(texts) => others.push((section, texts)),
                // All or nothing: an invoice without its unreadable payment would look unpaid for ever.
                Err((field, fault)) => {
                    let reason = format!("{}.{field}: {}", section.target.name(), fault.reason);
                    let table = table_of(section.target);
                    self.refuse(
                        table,
                        &plan.origin(source.line),
                        &fault.column,
                        &fault.value,
                        &reason,
                    );
                    return;
                }
            }
        }
        for (section, texts) in first.into_iter().chain(others) {
            self.push(section, plan, source.line, &texts);
        }
    }

    fn push(&mut self, section: &BoundSection, plan: &SheetPlan, line: u64, texts: &[Option<Cow<'_, str>>]) {
        if section.deduplicate && !self.seen.entry(section.target.name()).or_default().insert(texts) {
            return;
        }
        match section.target {
            Target::Table(table) => {
                let mut cells = [Cell::Absent; SLOTS_MAX];
                for (cell, text) in cells.iter_mut().zip(texts) {
                    *cell = text.as_deref().map_or(Cell::Absent, Cell::Text);
                }
                self.push_cells(table, line, &cells[..texts.len()]);
            }
            Target::Record(kind) => {
                let texts = texts.iter().map(Option::as_deref);
                self.collected.push(kind, &plan.origin(line), texts);
            }
        }
    }

    fn push_linked(&mut self, row: &LedgerRow) {
        let mut cells = [Cell::Absent; SLOTS_MAX];
        for (column, text) in &row.cells {
            let slot = TableBuilder::slot(row.table, column).expect("linkers give columns of our tables");
            cells[slot] = Cell::Text(text);
        }
        let builder = self.builder(row.table);
        builder.start_file(&row.origin.file);
        let slots = builder.slots();
        self.push_cells(row.table, row.origin.line, &cells[..slots]);
    }

    fn push_cells(&mut self, table: Table, line: u64, cells: &[Cell<'_>]) {
        *self.records.entry(table).or_default() += 1;
        // A reject is kept by the builder; there is nothing to do about it here.
        let _ = self.builder(table).push(line, cells);
    }

    /// Refuses a row with too few or too many cells: which one is missing or split nobody knows, so none of them
    /// can be trusted.
    fn refuse_width(&mut self, plan: &SheetPlan, source: &SourceRow) {
        let reason = format!(
            "the row has {} cells, the header has {}",
            source.cells.len(),
            plan.width
        );
        let text = source.cells.iter().collect::<Vec<_>>().join(" | ");
        if let Some(first) = plan.sections.first() {
            self.refuse(
                table_of(first.target),
                &plan.origin(source.line),
                "",
                &text,
                &reason,
            );
        }
    }

    fn refuse(&mut self, table: Table, origin: &Origin, column: &str, value: &str, reason: &str) {
        *self.records.entry(table).or_default() += 1;
        let builder = self.builder(table);
        builder.start_file(&origin.file);
        builder.reject(origin.line, column, value, reason);
    }
}

fn meets(tests: &[Test], row: Row<'_>) -> bool {
    tests.iter().all(|test| test.holds(row))
}

/// The sections whose conditions the row meets.
fn wanted<'s>(plan: &'s SheetPlan, row: Row<'s>) -> impl Iterator<Item = &'s BoundSection> {
    plan.sections
        .iter()
        .filter(move |section| meets(&section.when, row))
}

/// The canonical texts of a record by slot, or our column and what is wrong with its cell.
fn evaluate<'r>(section: &'r BoundSection, row: Row<'r>) -> Result<Texts<'r>, (&'static str, CellError)> {
    let mut texts: Texts<'r> = vec![None; section.target.width()];
    for column in &section.columns {
        let text = column.rule.evaluate(row).map_err(|fault| (column.name, fault))?;
        // What a table misses its builder says.
        if text.is_none() && column.is_required && matches!(section.target, Target::Record(_)) {
            let fault = CellError {
                column: column.rule.label.clone(),
                value: String::new(),
                reason: "required value is missing".to_owned(),
            };
            return Err((column.name, fault));
        }
        texts[column.slot] = text;
    }
    Ok(texts)
}

/// Whether the row has a cell for each column; empty ones behind the last are common and harmless.
fn has_width(cells: &csv::StringRecord, width: usize) -> bool {
    cells.len() >= width && (cells.len() == width || cells.iter().skip(width).all(str::is_empty))
}
