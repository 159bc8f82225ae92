//! XML of foreign files, bounded: no DTDs, no entities of its own, little depth, little at a time.
//!
//! A document is pulled event by event; an element that is wanted whole becomes a small tree ([`Node`]). Names are local
//! names: files of one format differ in prefixes, and in namespaces from version to version.

mod bytes;
mod node;

use std::io::Read;
use std::path::{Path, PathBuf};

use quick_xml::NsReader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event as RawEvent};
use quick_xml::name::ResolveResult;

use super::error::Error;
use bytes::{Budget, text_of};
pub(crate) use node::Node;

/// How deep elements may stand in each other.
const DEPTH_MAX: u64 = 64;
/// How many attributes an element may have.
const ATTRIBUTES_MAX: usize = 64;
/// How long a tag or a text may be, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// How long a text that is passed over may be (an attachment in base64), in bytes.
const EVENT_BYTES_MAX: usize = 1 << 26;
/// How many elements a tree may have.
const NODES_MAX: u64 = 100_000;
/// How many bytes a tree may take.
const TREE_BYTES_MAX: u64 = 1 << 26;

/// A piece of a document. Comments, processing instructions and the declaration are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An element begins; one without content ends at once.
    Start {
        /// Its local name.
        name: String,
        /// Its namespace.
        namespace: Option<String>,
        /// Local names and values of its attributes, without declarations of namespaces.
        attributes: Vec<(String, String)>,
    },
    /// Text, or a part of it.
    Text(String),
    /// The element last begun ends.
    End {
        /// Its local name.
        name: String,
    },
}

/// A document, read event by event.
pub(crate) struct Reader {
    path: PathBuf,
    xml: NsReader<Budget>,
    buffer: Vec<u8>,
    depth: u64,
    has_root: bool,
    /// Whether the text that follows belongs to an attachment.
    is_attachment: bool,
    /// Name and attributes of the element that the last event began.
    started: Option<(String, Vec<(String, String)>)>,
}

/// What cannot be accepted of an event.
enum Fault {
    Parser(quick_xml::Error),
    Malformed(String),
    TooLarge(&'static str, usize, usize),
}

impl Reader {
    /// Opens a document in the encoding that its first bytes say.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = std::fs::File::open(path).map_err(|source| Error::io(path, source))?;
        Self::new(path, Box::new(file))
    }

    /// Reads a document that is in memory; `path` is the file it comes from, for messages.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::new(path, Box::new(std::io::Cursor::new(bytes)))
    }

    fn new(path: &Path, source: Box<dyn Read + Send>) -> Result<Self, Error> {
        let mut xml = NsReader::from_reader(Budget::new(path, source)?);
        xml.config_mut().expand_empty_elements = true;
        Ok(Self {
            path: path.to_path_buf(),
            xml,
            buffer: Vec::new(),
            depth: 0,
            has_root: false,
            is_attachment: false,
            started: None,
        })
    }

    /// The line that is being read, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    /// Bytes read so far, counted as UTF-8.
    pub(crate) fn bytes(&self) -> u64 {
        self.xml.get_ref().bytes()
    }

    /// Says that the document is not what it should be, at the line that is being read.
    pub(crate) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::malformed(&self.path, format!("line {}", self.line()), reason)
    }

    /// Reads the next event; `None` at the end of a whole document.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, Error> {
        let event = self.pull(true)?;
        self.started = match &event {
            Some(Event::Start { name, attributes, .. }) => Some((name.clone(), attributes.clone())),
            _ => None,
        };
        Ok(event)
    }

    /// Reads the element that the last event began, with all that is in it.
    pub(crate) fn subtree(&mut self) -> Result<Node, Error> {
        let Some((name, attributes)) = self.started.take() else {
            return Err(self.malformed("an element must begin here"));
        };
        let mut open = vec![Node::new(name, attributes)];
        let (mut nodes, mut bytes) = (1_u64, open.first().map_or(0, Node::own_bytes));
        loop {
            match self.pull(false)? {
                Some(Event::Start { name, attributes, .. }) => {
                    nodes += 1;
                    let node = Node::new(name, attributes);
                    bytes += node.own_bytes();
                    open.push(node);
                }
                Some(Event::Text(text)) => {
                    bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Some(Event::End { .. }) => {
                    let Some(mut done) = open.pop() else {
                        return Err(self.malformed("an element ends that never began"));
                    };
                    done.finish();
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                None => return Err(self.malformed("the document ends within an element")),
            }
            self.allow("elements in one record", NODES_MAX, nodes)?;
            self.allow("bytes in one record", TREE_BYTES_MAX, bytes)?;
        }
    }

    /// Passes over the element that the last event began.
    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        if self.started.take().is_none() {
            return Err(self.malformed("an element must begin here"));
        }
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if self.pull(false)?.is_none() {
                return Err(self.malformed("the document ends within an element"));
            }
        }
        Ok(())
    }

    /// Refuses more of something than is allowed.
    pub(crate) fn allow(&self, what: &'static str, allowed: u64, given: u64) -> Result<(), Error> {
        if given <= allowed {
            return Ok(());
        }
        Err(Error::TooLarge {
            path: self.path.clone(),
            what,
            allowed,
            given,
        })
    }

    /// Reads the next event, without its namespace when nobody asks for it.
    fn pull(&mut self, with_namespace: bool) -> Result<Option<Event>, Error> {
        loop {
            self.buffer.clear();
            self.xml.get_mut().allow(EVENT_BYTES_MAX);
            let piece = match self.xml.read_resolved_event_into(&mut self.buffer) {
                Ok((_, RawEvent::Eof)) => Ok(None),
                Ok((resolved, event)) => {
                    let resolved = with_namespace.then_some(&resolved);
                    own(&event, resolved, self.is_attachment).map(Some)
                }
                Err(error) => Err(Fault::Parser(error)),
            };
            match piece {
                Ok(None) if self.depth > 0 => {
                    return Err(self.malformed("the document ends within an element"));
                }
                Ok(None) if !self.has_root => {
                    return Err(self.malformed("an XML document expected, got none"));
                }
                Ok(None) => return Ok(None),
                Ok(Some(None)) => {}
                Ok(Some(Some(event))) => {
                    if self.follow(&event)? {
                        return Ok(Some(event));
                    }
                }
                Err(Fault::Parser(quick_xml::Error::Io(error))) => return Err(self.io(&error)),
                Err(Fault::Parser(error)) => {
                    return Err(self.malformed(format!("not well-formed XML: {error}")));
                }
                Err(Fault::Malformed(reason)) => return Err(self.malformed(reason)),
                Err(Fault::TooLarge(what, allowed, given)) => {
                    let [allowed, given] =
                        [allowed, given].map(|size| u64::try_from(size).unwrap_or(u64::MAX));
                    return self.allow(what, allowed, given).map(|()| None);
                }
            }
        }
    }

    /// Keeps the depth; says whether the event matters.
    fn follow(&mut self, event: &Event) -> Result<bool, Error> {
        match event {
            Event::Start { name, .. } => {
                if self.depth == 0 && self.has_root {
                    return Err(
                        self.malformed(format!("one document expected, got another element {name:?}"))
                    );
                }
                self.has_root = true;
                self.depth += 1;
                self.is_attachment = name.ends_with("BinaryObject");
                self.allow("depth of nesting", DEPTH_MAX, self.depth)?;
            }
            Event::End { .. } => {
                self.depth = self.depth.saturating_sub(1);
                self.is_attachment = false;
            }
            Event::Text(text) if self.depth == 0 => {
                if !text.trim().is_empty() {
                    return Err(self.malformed("text outside of the document's element"));
                }
                return Ok(false);
            }
            Event::Text(_) => {}
        }
        Ok(true)
    }

    fn io(&self, error: &std::io::Error) -> Error {
        if self.xml.get_ref().is_exceeded() {
            return Error::TooLarge {
                path: self.path.clone(),
                what: "bytes of one text",
                allowed: u64::try_from(EVENT_BYTES_MAX).unwrap_or(u64::MAX),
                given: u64::try_from(EVENT_BYTES_MAX)
                    .unwrap_or(u64::MAX)
                    .saturating_add(1),
            };
        }
        if error.kind() == std::io::ErrorKind::InvalidData {
            return self.malformed(error.to_string());
        }
        Error::io(&self.path, std::io::Error::new(error.kind(), error.to_string()))
    }
}

/// Makes an event of what the parser gives; `None` for what is passed over.
fn own(
    event: &RawEvent<'_>,
    resolved: Option<&ResolveResult<'_>>,
    is_attachment: bool,
) -> Result<Option<Event>, Fault> {
    let text = |raw: &str| {
        let text = if raw.contains('\r') {
            raw.replace("\r\n", "\n")
        } else {
            raw.to_owned()
        };
        Ok(Some(Event::Text(text)))
    };
    match event {
        RawEvent::Start(start) | RawEvent::Empty(start) => start_of(start, resolved).map(Some),
        RawEvent::End(end) => Ok(Some(Event::End {
            name: utf8(end.local_name().into_inner())?.to_owned(),
        })),
        RawEvent::Text(_) | RawEvent::CData(_) if is_attachment => Ok(None),
        RawEvent::Text(raw) => text(bounded(utf8(&**raw)?)?),
        RawEvent::CData(raw) => text(bounded(utf8(&**raw)?)?),
        RawEvent::GeneralRef(name) => {
            let reference = format!("&{};", bounded(utf8(&**name)?)?);
            text(&unescaped(&reference)?)
        }
        RawEvent::DocType(_) => Err(Fault::Malformed(
            "a document type (<!DOCTYPE>) is not accepted; give the file without it".to_owned(),
        )),
        RawEvent::Comment(_) | RawEvent::Decl(_) | RawEvent::PI(_) | RawEvent::Eof => Ok(None),
    }
}

fn start_of(start: &BytesStart<'_>, resolved: Option<&ResolveResult<'_>>) -> Result<Event, Fault> {
    let size = start.len();
    if size > TEXT_BYTES_MAX {
        return Err(Fault::TooLarge("bytes of one tag", TEXT_BYTES_MAX, size));
    }
    let mut attributes = Vec::new();
    for (count, attribute) in start.attributes().enumerate() {
        if count == ATTRIBUTES_MAX {
            return Err(Fault::TooLarge(
                "attributes of one element",
                ATTRIBUTES_MAX,
                count + 1,
            ));
        }
        let attribute = attribute
            .map_err(|error| Fault::Malformed(format!("attributes must be name=\"value\": {error}")))?;
        let key = utf8(attribute.key.into_inner())?;
        if key == "xmlns" || key.starts_with("xmlns:") {
            continue;
        }
        let name = key.rsplit_once(':').map_or(key, |(_, name)| name);
        let value = unescaped(utf8(&*attribute.value)?)?;
        attributes.push((name.to_owned(), value));
    }
    let namespace = match resolved {
        Some(ResolveResult::Bound(namespace)) => Some(utf8(namespace.into_inner())?.to_owned()),
        Some(ResolveResult::Unknown(_)) => {
            return Err(Fault::Malformed(
                "an element with a prefix that no namespace has".to_owned(),
            ));
        }
        Some(ResolveResult::Unbound) | None => None,
    };
    Ok(Event::Start {
        name: utf8(start.local_name().into_inner())?.to_owned(),
        namespace,
        attributes,
    })
}

/// Texts of the parser are UTF-8 already: [`Budget`] has made them so.
fn utf8<T: AsRef<[u8]> + ?Sized>(raw: &T) -> Result<&str, Fault> {
    text_of(raw.as_ref()).ok_or_else(|| Fault::Malformed("text that is not UTF-8".to_owned()))
}

fn bounded(text: &str) -> Result<&str, Fault> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Fault::TooLarge("bytes of one text", TEXT_BYTES_MAX, text.len()));
    }
    Ok(text)
}

/// Resolves the five entities of XML and character references; there are no others without a DTD.
fn unescaped(raw: &str) -> Result<String, Fault> {
    unescape(raw).map(std::borrow::Cow::into_owned).map_err(|error| {
        Fault::Malformed(format!(
            "only &amp; &lt; &gt; &quot; &apos; and &#n; are references: {error}"
        ))
    })
}

#[cfg(test)]
mod tests;
