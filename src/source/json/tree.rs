//! One record of a document in memory: bounded, and only of the members that somebody asks for.

use crate::source::Error;

use super::lexer::Lexer;
use super::plan::{Hop, Plan, Step};

/// Levels that lists and objects may be nested in.
pub(super) const DEPTH_MAX: usize = 64;
/// Values of one record.
const VALUES_MAX: usize = 250_000;
/// Bytes of one text of a record.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Bytes of all texts of a record.
const RECORD_BYTES_MAX: usize = 1 << 24;

/// What a value is.
#[derive(Debug)]
enum Content {
    /// `null`.
    Nothing,
    /// A text; a number or a truth value by its literal.
    Text(String),
    /// Members by number of their name.
    Object(Vec<(usize, usize)>),
    List(Vec<usize>),
}

#[derive(Debug)]
struct Node {
    parent: Option<usize>,
    content: Content,
}

/// A record; its root is the first of its values.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    text_bytes: usize,
}

impl Tree {
    /// Reads the value that is next, `depth` levels deep in its document.
    pub(super) fn read(lexer: &mut Lexer, plan: &Plan, depth: usize) -> Result<Self, Error> {
        let mut tree = Self::default();
        tree.value(lexer, plan, None, depth)?;
        Ok(tree)
    }

    /// A record that is an object, whose members are still to come.
    pub(super) fn of_object() -> Self {
        Self {
            nodes: vec![Node {
                parent: None,
                content: Content::Object(Vec::new()),
            }],
            text_bytes: 0,
        }
    }

    /// Reads the value that is next as that member of the root.
    pub(super) fn read_member(
        &mut self,
        lexer: &mut Lexer,
        plan: &Plan,
        key: usize,
        depth: usize,
    ) -> Result<(), Error> {
        self.member(lexer, plan, 0, key, depth)
    }

    /// Places of a sheet's rows.
    pub(super) fn rows(&self, steps: &[Step<usize>]) -> Vec<usize> {
        let mut rows = Vec::new();
        if !self.nodes.is_empty() {
            self.walk(0, steps, &mut rows);
        }
        rows
    }

    /// The text a column has in a row; empty where there is no value, or one that is not a single one.
    pub(super) fn text(&self, row: usize, hops: &[Hop<usize>]) -> &str {
        match self.at(row, hops).map(|node| &node.content) {
            Some(Content::Text(text)) => text.as_str(),
            Some(Content::Nothing | Content::Object(_) | Content::List(_)) | None => "",
        }
    }

    fn at(&self, row: usize, hops: &[Hop<usize>]) -> Option<&Node> {
        let mut place = row;
        for hop in hops {
            place = match (hop, &self.nodes.get(place)?.content) {
                (Hop::Up, _) => self.around(place)?,
                (Hop::Key(key), Content::Object(members)) => members
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, value)| *value)?,
                (Hop::At(index), Content::List(elements)) => *elements.get(*index)?,
                _ => return None,
            };
        }
        self.nodes.get(place)
    }

    /// The nearest object that a value is in.
    fn around(&self, place: usize) -> Option<usize> {
        let mut place = self.nodes.get(place)?.parent?;
        loop {
            let node = self.nodes.get(place)?;
            if matches!(node.content, Content::Object(_)) {
                return Some(place);
            }
            place = node.parent?;
        }
    }

    /// Goes down a path; where it asks for a list, a single value is a list of one.
    fn walk(&self, place: usize, steps: &[Step<usize>], rows: &mut Vec<usize>) {
        let Some(node) = self.nodes.get(place) else {
            return;
        };
        match (steps, &node.content) {
            (_, Content::Nothing) => {}
            ([], Content::List(elements)) => {
                for element in elements {
                    self.walk(*element, &[], rows);
                }
            }
            ([], _) => rows.push(place),
            ([Step::Each, rest @ ..], Content::List(elements)) => {
                for element in elements {
                    self.walk(*element, rest, rows);
                }
            }
            ([Step::Each, rest @ ..], _) => self.walk(place, rest, rows),
            ([Step::Key(key), rest @ ..], Content::Object(members)) => {
                for (_, value) in members.iter().filter(|(name, _)| name == key) {
                    self.walk(*value, rest, rows);
                }
            }
            ([Step::Key(_), ..], _) => {}
        }
    }

    fn value(
        &mut self,
        lexer: &mut Lexer,
        plan: &Plan,
        parent: Option<usize>,
        depth: usize,
    ) -> Result<usize, Error> {
        match lexer.blank()? {
            Some(b'{') => {
                let place = self.open(lexer, parent, Content::Object(Vec::new()), depth)?;
                let mut is_first = true;
                while lexer.next_member(is_first, b'}')? {
                    is_first = false;
                    match plan.key(&lexer.key()?) {
                        Some(key) => self.member(lexer, plan, place, key, depth + 1)?,
                        None => skip(lexer, depth + 1)?,
                    }
                }
                Ok(place)
            }
            Some(b'[') => {
                let place = self.open(lexer, parent, Content::List(Vec::new()), depth)?;
                let mut is_first = true;
                while lexer.next_member(is_first, b']')? {
                    is_first = false;
                    let element = self.value(lexer, plan, Some(place), depth + 1)?;
                    if let Some(Content::List(elements)) = self.content(place) {
                        elements.push(element);
                    }
                }
                Ok(place)
            }
            Some(b'"') => {
                let text = lexer.string(Some((TEXT_BYTES_MAX, "bytes of a text")))?;
                self.add(lexer, parent, Content::Text(text))
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = lexer.number()?;
                self.add(lexer, parent, Content::Text(number))
            }
            _ => {
                let content = match lexer.word()? {
                    "null" => Content::Nothing,
                    word => Content::Text(word.to_owned()),
                };
                self.add(lexer, parent, content)
            }
        }
    }

    /// Takes the bracket that opens a list or an object.
    fn open(
        &mut self,
        lexer: &mut Lexer,
        parent: Option<usize>,
        content: Content,
        depth: usize,
    ) -> Result<usize, Error> {
        check_depth(lexer, depth)?;
        lexer.take()?;
        self.add(lexer, parent, content)
    }

    fn member(
        &mut self,
        lexer: &mut Lexer,
        plan: &Plan,
        object: usize,
        key: usize,
        depth: usize,
    ) -> Result<(), Error> {
        if let Some(Content::Object(members)) = self.content(object)
            && members.iter().any(|(name, _)| *name == key)
        {
            return Err(twice(lexer, plan.name(key)));
        }
        let value = self.value(lexer, plan, Some(object), depth)?;
        if let Some(Content::Object(members)) = self.content(object) {
            members.push((key, value));
        }
        Ok(())
    }

    fn content(&mut self, place: usize) -> Option<&mut Content> {
        self.nodes.get_mut(place).map(|node| &mut node.content)
    }

    fn add(&mut self, lexer: &Lexer, parent: Option<usize>, content: Content) -> Result<usize, Error> {
        if let Content::Text(text) = &content {
            self.text_bytes = self.text_bytes.saturating_add(text.len());
        }
        if self.text_bytes > RECORD_BYTES_MAX {
            return Err(lexer.too_large("bytes of one record", RECORD_BYTES_MAX, self.text_bytes));
        }
        let place = self.nodes.len();
        if place >= VALUES_MAX {
            return Err(lexer.too_large("values of one record", VALUES_MAX, place + 1));
        }
        self.nodes.push(Node { parent, content });
        Ok(place)
    }
}

/// Checks the value that is next, and keeps nothing of it.
pub(super) fn skip(lexer: &mut Lexer, depth: usize) -> Result<(), Error> {
    match lexer.blank()? {
        Some(b'{') => {
            check_depth(lexer, depth)?;
            lexer.take()?;
            let mut is_first = true;
            while lexer.next_member(is_first, b'}')? {
                is_first = false;
                lexer.key()?;
                skip(lexer, depth + 1)?;
            }
        }
        Some(b'[') => {
            check_depth(lexer, depth)?;
            lexer.take()?;
            let mut is_first = true;
            while lexer.next_member(is_first, b']')? {
                is_first = false;
                skip(lexer, depth + 1)?;
            }
        }
        Some(b'"') => {
            lexer.string(None)?;
        }
        Some(b'-' | b'0'..=b'9') => {
            lexer.number()?;
        }
        _ => {
            lexer.word()?;
        }
    }
    Ok(())
}

/// Refuses to go deeper than anybody nests; `depth` lists and objects are open.
pub(super) fn check_depth(lexer: &Lexer, depth: usize) -> Result<(), Error> {
    if depth >= DEPTH_MAX {
        return Err(lexer.too_large("levels of nesting", DEPTH_MAX, depth + 1));
    }
    Ok(())
}

/// Says that an object names a member twice.
pub(super) fn twice(lexer: &Lexer, name: &str) -> Error {
    lexer.malformed(format!(
        "each name of an object may come once, `{name}` comes twice: nobody knows which value is meant"
    ))
}
