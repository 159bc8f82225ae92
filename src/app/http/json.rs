//! JSON of requests, read strictly: bounded nesting, no name twice, and every refusal says where.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::ApiError;

/// Reads an object.
///
/// # Errors
///
/// Those of [`parse`], and 422 `invalid_body` for an array: serde takes one for an object whose fields come in their
/// order, and nobody means that.
pub(super) fn parse_object<T: DeserializeOwned>(bytes: &[u8], depth_max: usize) -> Result<T, ApiError> {
    let read = parse(bytes, depth_max)?;
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let detail = "the body must be an object, got an array";
        return Err(ApiError::invalid("invalid_body", detail).at("", "invalid_value", detail));
    }
    Ok(read)
}

/// Reads a document.
///
/// # Errors
///
/// 400 `invalid_json` where it is not JSON, 400 `too_deep`, 422 `duplicate_name`, and 422 `invalid_body` where it is
/// JSON of another form; each with a JSON Pointer.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8], depth_max: usize) -> Result<T, ApiError> {
    check(bytes, depth_max)?;
    serde_json::from_slice(bytes).map_err(|error| refused(bytes, &error))
}

/// Refuses what serde would let through: a name that an object has twice, and nesting that only costs.
fn check(bytes: &[u8], depth_max: usize) -> Result<(), ApiError> {
    let mut walk = Walk::new(bytes);
    while let Some(step) = walk.step() {
        match step {
            Step::Opened if walk.frames.len() > depth_max => {
                let detail = format!("nesting may be {depth_max} deep at most");
                return Err(ApiError::malformed("too_deep", detail.clone()).at(
                    walk.pointer(),
                    "too_deep",
                    detail,
                ));
            }
            Step::Repeated => {
                let detail = "an object has this name twice";
                return Err(ApiError::invalid("duplicate_name", detail).at(
                    walk.pointer(),
                    "duplicate_name",
                    detail,
                ));
            }
            Step::Opened | Step::Other => {}
        }
    }
    Ok(())
}

fn refused(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    let message = error.to_string();
    if matches!(error.classify(), Category::Syntax | Category::Eof | Category::Io) {
        return ApiError::malformed("invalid_json", format!("the body is not JSON: {message}"));
    }
    let detail = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(detail, _)| detail);
    let (code, field) = fault_of(detail);
    let mut pointer = pointer_at(bytes, offset_of(bytes, error.line(), error.column()));
    if let Some(field) = field {
        let segment = format!("/{}", escaped(field));
        // A field that is missing has no place of its own; one that is unknown usually has.
        if code == "missing_field" || !pointer.ends_with(&segment) {
            pointer.push_str(&segment);
        }
    }
    ApiError::invalid(
        "invalid_body",
        "the body does not have the form that is asked for",
    )
    .at(pointer, code, detail)
}

/// Returns the code for a message of serde, and the field that it names.
pub(super) fn fault_of(message: &str) -> (&'static str, Option<&str>) {
    for (start, code) in [
        ("unknown field `", "unknown_field"),
        ("missing field `", "missing_field"),
        ("duplicate field `", "duplicate_field"),
    ] {
        if let Some((_, rest)) = message.split_once(start) {
            return (code, rest.split('`').next());
        }
    }
    ("invalid_value", None)
}

/// Returns how many bytes lie before a place that serde names by line and column.
fn offset_of(bytes: &[u8], line: usize, column: usize) -> usize {
    let line_start = match line.checked_sub(2) {
        None => 0,
        Some(newlines) => bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(newlines)
            .map_or(0, |(index, _)| index + 1),
    };
    (line_start + column).min(bytes.len())
}

/// Returns the JSON Pointer of the value that stands at, or ends at, an offset.
fn pointer_at(bytes: &[u8], offset: usize) -> String {
    let mut walk = Walk::new(bytes);
    while walk.at < offset && walk.step().is_some() {}
    walk.pointer()
}

/// Returns a name as a segment of a JSON Pointer (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A walk through the brackets, commas and names of a document; what is between them is passed over.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
}

/// An object or array that the walk is in.
enum Frame {
    Object {
        names: BTreeSet<String>,
        /// The name whose value is being read; none before a name.
        name: Option<String>,
    },
    Array {
        index: usize,
    },
}

enum Step {
    Opened,
    Repeated,
    Other,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            frames: Vec::new(),
        }
    }

    /// Takes the next byte, or the next text as a whole.
    fn step(&mut self) -> Option<Step> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'{' => {
                self.frames.push(Frame::Object {
                    names: BTreeSet::new(),
                    name: None,
                });
                Step::Opened
            }
            b'[' => {
                self.frames.push(Frame::Array { index: 0 });
                Step::Opened
            }
            b'}' | b']' => {
                self.frames.pop();
                Step::Other
            }
            b',' => {
                match self.frames.last_mut() {
                    Some(Frame::Object { name, .. }) => *name = None,
                    Some(Frame::Array { index }) => *index += 1,
                    None => {}
                }
                Step::Other
            }
            b'"' => self.text(),
            _ => Step::Other,
        })
    }

    /// Passes over a text; where an object expects a name, it is that name.
    fn text(&mut self) -> Step {
        let start = self.at - 1;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => break,
                _ => {}
            }
        }
        let end = self.at.min(self.bytes.len());
        let Some(Frame::Object { names, name }) = self.frames.last_mut() else {
            return Step::Other;
        };
        if name.is_some() {
            return Step::Other;
        }
        // Compared without escapes: "a" and "\u0061" are one name. What is no text is left to serde to refuse.
        let Ok(read) = serde_json::from_slice::<String>(&self.bytes[start..end]) else {
            return Step::Other;
        };
        let is_new = names.insert(read.clone());
        *name = Some(read);
        if is_new { Step::Other } else { Step::Repeated }
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for frame in &self.frames {
            match frame {
                Frame::Object { name: Some(name), .. } => {
                    pointer.push('/');
                    pointer.push_str(&escaped(name));
                }
                Frame::Object { name: None, .. } => {}
                Frame::Array { index } => {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                }
            }
        }
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_object};
    use serde::Deserialize;
    use serde_json::Value;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "lines")]
        _lines: Vec<Inner>,
        #[serde(rename = "note")]
        _note: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "amount")]
        _amount: String,
    }

    fn finding(text: &str) -> (String, String, String) {
        let error = parse::<Outer>(text.as_bytes(), 4).expect_err("the text is refused");
        let problem = error.problem();
        let first = problem.errors.first().expect("a finding has a place");
        (problem.code.clone(), first.pointer.clone(), first.code.clone())
    }

    fn is(code: &str, pointer: &str, field_code: &str) -> (String, String, String) {
        (code.to_owned(), pointer.to_owned(), field_code.to_owned())
    }

    #[test]
    fn a_refusal_points_at_the_place() {
        assert_eq!(
            finding(r#"{"lines": [{"amount": "1"}, {"amount": 5}]}"#),
            is("invalid_body", "/lines/1/amount", "invalid_value")
        );
        assert_eq!(
            finding("{\n  \"lines\": [\n    {\"amuont\": \"1\"}\n  ]\n}"),
            is("invalid_body", "/lines/0/amuont", "unknown_field")
        );
        assert_eq!(
            finding(r#"{"lines": [{"amount": "1"}, {}]}"#),
            is("invalid_body", "/lines/1/amount", "missing_field")
        );
        assert_eq!(
            finding(r#"{"lines": [], "note": {"a": 1}}"#),
            is("invalid_body", "/note", "invalid_value")
        );
        assert_eq!(
            finding(r#"{"lines": [], "a/b~c": 1}"#),
            is("invalid_body", "/a~1b~0c", "unknown_field")
        );
    }

    #[test]
    fn an_object_is_not_given_as_an_array_of_its_fields() {
        assert!(parse::<Outer>(b"[[], null]", 4).is_ok(), "serde takes it");
        let error = parse_object::<Outer>(b" [[], null]", 4).expect_err("it is no object");
        assert_eq!(error.problem().code, "invalid_body");
        assert!(parse_object::<Outer>(br#" {"lines": []}"#, 4).is_ok());
    }

    #[test]
    fn a_name_may_stand_once_however_it_is_written() {
        assert_eq!(
            finding(r#"{"lines": [], "lines": []}"#),
            is("duplicate_name", "/lines", "duplicate_name")
        );
        let error = parse::<Value>(br#"[{"a": 1, "\u0061": 2}]"#, 4).expect_err("the names are one");
        assert_eq!(error.problem().errors[0].pointer, "/0/a");
        assert!(parse::<Value>(br#"[{"a": 1}, {"a": {"a": "a"}}]"#, 4).is_ok());
    }

    #[test]
    fn nesting_is_bounded_and_brackets_in_texts_are_none() {
        assert!(parse::<Value>(br#"[[[["[[[["]]]]"#, 4).is_ok());
        let error = parse::<Value>(b"[[[[[", 4).expect_err("the fifth bracket is one too many");
        assert_eq!(error.problem().code, "too_deep");
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "{\"a\\", "nul", "[1,]", "\"\\"] {
            let error = parse::<Value>(text.as_bytes(), 4).expect_err("no JSON");
            assert_eq!(error.problem().code, "invalid_json", "{text:?}");
        }
    }
}
