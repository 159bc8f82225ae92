//! JSON: documents, lists of documents, and documents one after the other (NDJSON), as rows by declared paths.
//!
//! A sheet is a path to objects (`Invoices[].Payments[]`); its columns are paths within them (`Contact.Name`,
//! `^.InvoiceID` for the object around, `Lines[0].Amount`, `$` for the object itself). The elements of the first list
//! of a path are *records*: one is in memory at a time, and of it only what a path mentions, so a list may be as long
//! as it likes. Numbers and truth values come as they are written. Where a path asks for a list, a single value is a
//! list of one; the elements of a list that is the whole document are documents themselves.

mod lexer;
mod number;
mod plan;
mod tree;

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use super::encoding::{TextFile, open_as};
use super::{Error, Options, Rows, Sheet, SourceRow};

use lexer::Lexer;
use plan::{Plan, ROOT};
use tree::{Tree, check_depth, skip, twice};

/// Bytes of the rows that one record may yield: values of the objects around are repeated in each.
const ROW_BYTES_MAX: usize = 1 << 26;
/// Names of a document that are shown when none is looked for.
const NAMES_SHOWN: usize = 12;
/// Characters shown of such a name.
const NAME_CHARS_SHOWN: usize = 40;

/// Opens a JSON file in whatever Unicode encoding it is.
pub(crate) fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, Error> {
    let in_profile = |reason: String| Error::malformed(path, "the profile", reason);
    if options.sheets.is_empty() {
        return Err(in_profile(
            "a JSON file needs [[sheet]] sections that say which objects are rows".to_owned(),
        ));
    }
    let sheets: Vec<(String, String, Vec<String>)> = options
        .sheets
        .iter()
        .map(|(name, path, columns)| (name.clone(), path.clone(), distinct(columns)))
        .collect();
    let plan = Plan::of(&sheets).map_err(in_profile)?;
    let text = open_as(path, options)?;
    Ok(Box::new(Json::new(path, text, plan, &sheets)))
}

/// The columns, each once: many sections may want one of them.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    columns
        .iter()
        .filter(|column| seen.insert(column.as_str()))
        .cloned()
        .collect()
}

/// A list or an object above the records.
#[derive(Debug)]
enum Frame {
    List { place: usize, is_first: bool },
    Object(ObjectFrame),
}

#[derive(Debug)]
struct ObjectFrame {
    place: usize,
    is_first: bool,
    /// The object as a record, as long as nothing in it says that it only holds records.
    record: Option<Tree>,
    /// Names of members that hold records, to find one that comes twice.
    walked: Vec<usize>,
}

/// A record and what is left to be read of its rows.
#[derive(Debug, Default)]
struct Record {
    tree: Tree,
    /// Sheet and place of each row to come.
    rows: VecDeque<(usize, usize)>,
    /// Bytes of the rows so far.
    bytes: usize,
}

struct Json {
    lexer: Lexer,
    plan: Plan,
    sheets: Vec<Sheet>,
    frames: Vec<Frame>,
    record: Record,
    /// Number of the record, from 1.
    number: u64,
    /// Whether anything that a path looks for has been found.
    has_found: bool,
    has_document: bool,
    /// Names of the first document, for the message that none is looked for.
    names: Vec<String>,
    /// Positions count characters as UTF-8; two bytes stand for most of them in a UTF-16 file.
    scale: u64,
    bytes: u64,
    is_done: bool,
}

impl Rows for Json {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        while !self.take_row(row)? {
            if self.is_done {
                return Ok(false);
            }
            // What follows an error cannot be read.
            self.is_done = true;
            self.is_done = !self.advance()?;
        }
        Ok(true)
    }
}

impl Json {
    fn new(path: &Path, text: TextFile, plan: Plan, sheets: &[(String, String, Vec<String>)]) -> Self {
        Self {
            scale: if text.encoding.starts_with("UTF-16") { 2 } else { 1 },
            bytes: text.bytes,
            lexer: Lexer::new(path, text.reader),
            plan,
            sheets: sheets
                .iter()
                .map(|(name, _, columns)| Sheet {
                    name: name.clone(),
                    columns: columns.clone(),
                })
                .collect(),
            frames: Vec::new(),
            record: Record::default(),
            number: 0,
            has_found: false,
            has_document: false,
            names: Vec::new(),
            is_done: false,
        }
    }

    /// Takes the next row of the record at hand; `false` when it has no more.
    fn take_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        let Some((sheet, place)) = self.record.rows.pop_front() else {
            return Ok(false);
        };
        row.sheet = sheet;
        row.line = self.number;
        row.bytes = self.lexer.taken().saturating_mul(self.scale).min(self.bytes);
        row.cells.clear();
        for hops in self
            .plan
            .sheet(sheet)
            .map(|sheet| sheet.columns.as_slice())
            .unwrap_or_default()
        {
            let text = self.record.tree.text(place, hops);
            self.record.bytes = self.record.bytes.saturating_add(text.len());
            row.cells.push_field(text);
        }
        if self.record.bytes > ROW_BYTES_MAX {
            self.is_done = true;
            self.record.rows.clear();
            let given = self.record.bytes;
            return Err(self
                .lexer
                .too_large("bytes of the rows of one record", ROW_BYTES_MAX, given));
        }
        Ok(true)
    }

    /// Goes on to the next thing above the records, or to a record; `false` at the end of the text.
    fn advance(&mut self) -> Result<bool, Error> {
        match self.frames.pop() {
            None => return self.next_document(),
            Some(Frame::List { place, is_first }) => {
                if self.lexer.next_member(is_first, b']')? {
                    self.frames.push(Frame::List {
                        place,
                        is_first: false,
                    });
                    self.enter(place)?;
                }
            }
            Some(Frame::Object(object)) => self.next_member(object)?,
        }
        Ok(true)
    }

    fn next_document(&mut self) -> Result<bool, Error> {
        let byte = self.lexer.blank()?;
        if byte.is_some() {
            self.has_document = true;
            self.enter(ROOT)?;
            return Ok(true);
        }
        if !self.has_document {
            return Err(self
                .lexer
                .malformed("a JSON document expected, the file is empty"));
        }
        if !self.has_found && !self.names.is_empty() {
            return Err(self.lexer.malformed(format!(
                "none of the paths of the profile is in it: {} expected, the document has {}",
                quoted(self.plan.paths()),
                quoted(&self.names)
            )));
        }
        Ok(false)
    }

    /// Starts the value that is next.
    fn enter(&mut self, place: usize) -> Result<(), Error> {
        let depth = self.frames.len();
        let byte = self.lexer.blank()?;
        match byte {
            Some(b'[') => {
                check_depth(&self.lexer, depth)?;
                self.lexer.take()?;
                self.frames.push(Frame::List {
                    place,
                    is_first: true,
                });
            }
            Some(b'{') if self.plan.has_children(place) => {
                check_depth(&self.lexer, depth)?;
                self.lexer.take()?;
                let is_record = !self.plan.sheets_at(place).is_empty();
                self.frames.push(Frame::Object(ObjectFrame {
                    place,
                    is_first: true,
                    record: is_record.then(Tree::of_object),
                    walked: Vec::new(),
                }));
            }
            other if place == ROOT && other != Some(b'{') => {
                return Err(self.lexer.unexpected(other, "`{` or `[`"));
            }
            _ => {
                let tree = Tree::read(&mut self.lexer, &self.plan, depth)?;
                self.take_record(place, tree);
            }
        }
        Ok(())
    }

    /// Goes on within an object above the records.
    fn next_member(&mut self, mut object: ObjectFrame) -> Result<(), Error> {
        if !self.lexer.next_member(object.is_first, b'}')? {
            if let Some(tree) = object.record {
                self.take_record(object.place, tree);
            }
            return Ok(());
        }
        object.is_first = false;
        let name = self.lexer.key()?;
        let key = self.plan.key(&name);
        let child = key.and_then(|key| self.plan.child(object.place, key));
        // The object itself is open as well.
        let depth = self.frames.len() + 1;
        if let (Some(key), Some(child)) = (key, child) {
            if object.walked.contains(&key) {
                return Err(twice(&self.lexer, &name));
            }
            object.walked.push(key);
            object.record = None;
            self.has_found = true;
            self.frames.push(Frame::Object(object));
            return self.enter(child);
        }
        match (key, object.record.as_mut()) {
            (Some(key), Some(tree)) => tree.read_member(&mut self.lexer, &self.plan, key, depth)?,
            _ => skip(&mut self.lexer, depth)?,
        }
        if object.place == ROOT {
            self.note_name(&name);
        }
        self.frames.push(Frame::Object(object));
        Ok(())
    }

    fn take_record(&mut self, place: usize, tree: Tree) {
        self.has_found = true;
        self.number = self.number.saturating_add(1);
        let mut rows = VecDeque::new();
        for sheet in self.plan.sheets_at(place) {
            let steps = self
                .plan
                .sheet(*sheet)
                .map(|sheet| sheet.steps.as_slice())
                .unwrap_or_default();
            rows.extend(tree.rows(steps).into_iter().map(|row| (*sheet, row)));
        }
        self.record = Record { tree, rows, bytes: 0 };
    }

    fn note_name(&mut self, name: &str) {
        if !self.has_found && self.names.len() < NAMES_SHOWN {
            self.names.push(name.chars().take(NAME_CHARS_SHOWN).collect());
        }
    }
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
