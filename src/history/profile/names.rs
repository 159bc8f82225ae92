//! What a source column may be called: one name, or the names it has in different systems and languages.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};

/// Names of one source column; the first that a file has counts. Never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names(Vec<String>);

impl Names {
    pub(crate) fn of(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    pub(crate) fn all(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Reads the rest of a list.
    pub(super) fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element::<String>()? {
            names.push(name);
        }
        if names.is_empty() {
            return Err(A::Error::custom(
                "a list of names of a column needs at least one name, got none",
            ));
        }
        Ok(Self(names))
    }
}

/// "`A`", or "`A` or `B`".
impl fmt::Display for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { " or " };
            write!(formatter, "{between}`{name}`")?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a source column, or a list of the names it may have")
    }

    fn visit_str<E>(self, name: &str) -> Result<Names, E> {
        Ok(Names::of(name))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Names, A::Error> {
        Names::from_list(list)
    }
}
