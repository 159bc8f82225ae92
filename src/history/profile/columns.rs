//! The columns of a file, by which rules are bound.

use super::names::Names;
use crate::source::ColumnIndex;

/// The columns of a file, by which rules are bound.
#[derive(Debug)]
pub(crate) enum Columns<'a> {
    /// Checks a profile without a file: every name is a column.
    Any,
    /// Notes what is asked for.
    Asked(Vec<Asked>),
    /// The header of a file.
    Named(Header<'a>),
}

/// A column that a profile asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) names: Vec<String>,
    /// Whether a file may lack it.
    pub(crate) is_optional: bool,
}

/// The header of a file, and what was asked of it in vain.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) names: &'a [String],
    /// The names, to be found.
    pub(crate) index: &'a ColumnIndex,
    /// Columns that the file lacks.
    pub(crate) missing: Vec<Names>,
    /// Columns that the file has twice, so that nobody knows which is meant.
    pub(crate) repeated: Vec<Names>,
}

impl Columns<'_> {
    /// Index of a column; what a file lacks is noted, unless it is optional.
    pub(super) fn index(&mut self, names: &Names, optional: bool) -> Option<usize> {
        let header = match self {
            Self::Any => return Some(0),
            Self::Asked(asked) => {
                asked.push(Asked {
                    names: names.all().to_vec(),
                    is_optional: optional,
                });
                return Some(0);
            }
            Self::Named(header) => header,
        };
        match header.index.find(names.all()) {
            Some((index, None)) => Some(index),
            Some((index, Some(_))) => {
                note(&mut header.repeated, names);
                Some(index)
            }
            None => {
                if !optional {
                    note(&mut header.missing, names);
                }
                None
            }
        }
    }

    /// The name of a column in messages: the file's own.
    pub(super) fn label(&self, index: Option<usize>, names: &Names) -> String {
        let found = match (self, index) {
            (Self::Named(header), Some(index)) => header.names.get(index).cloned(),
            _ => None,
        };
        found.unwrap_or_else(|| names.first().to_owned())
    }
}

fn note(noted: &mut Vec<Names>, names: &Names) {
    if !noted.contains(names) {
        noted.push(names.clone());
    }
}
