//! Facts to frames of the canonical shape.

use polars::prelude::DataFrame;

use crate::app::store::{Fact, Value, layout};
use crate::history::schema::SUPERSEDED_ON;
use crate::history::{ColumnBuilder, ColumnKind, Error, Parsed, Table};

/// Returns facts as a frame with the canonical columns.
pub(super) fn canonical(table: Table, facts: &[Fact]) -> Result<DataFrame, Error> {
    frame_of(table, facts, Vec::new())
}

/// Returns facts as a frame with the canonical columns, `sequence`, `supersedes` and `superseded_on`.
pub(super) fn numbered(table: Table, facts: &[Fact]) -> Result<DataFrame, Error> {
    let mut sequence = ColumnBuilder::new("sequence", ColumnKind::Integer);
    let mut supersedes = ColumnBuilder::new("supersedes", ColumnKind::Integer);
    let mut superseded_on = ColumnBuilder::new(SUPERSEDED_ON, ColumnKind::Date);
    for fact in facts {
        sequence.push(Parsed::Integer(fact.sequence));
        supersedes.push(fact.supersedes.map_or(Parsed::Null, Parsed::Integer));
        superseded_on.push(fact.superseded_on.map_or(Parsed::Null, Parsed::Day));
    }
    frame_of(table, facts, vec![sequence, supersedes, superseded_on])
}

fn frame_of(table: Table, facts: &[Fact], more: Vec<ColumnBuilder>) -> Result<DataFrame, Error> {
    let mut columns = Vec::new();
    for (index, (name, kind)) in layout(table).into_iter().enumerate() {
        let mut column = ColumnBuilder::new(name, kind);
        for fact in facts {
            column.push(cell_of(&fact.values[index]));
        }
        columns.push(column.finish());
    }
    columns.extend(more.into_iter().map(ColumnBuilder::finish));
    DataFrame::new(facts.len(), columns).map_err(|source| Error::polars("putting facts in columns", source))
}

fn cell_of(value: &Value) -> Parsed<'_> {
    match value {
        Value::Null => Parsed::Null,
        Value::Text(text) => Parsed::Text(text),
        Value::Integer(number) => Parsed::Integer(*number),
        Value::Day(day) => Parsed::Day(*day),
        Value::Number(number) => Parsed::Number(*number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::schema::frame_columns;

    #[test]
    fn frames_have_the_canonical_shape() {
        for table in Table::ALL {
            let fact = Fact {
                sequence: 7,
                supersedes: None,
                content_hash: String::new(),
                superseded_on: None,
                values: vec![Value::Null; layout(table).len()],
            };
            let frame = canonical(table, std::slice::from_ref(&fact)).expect("the columns fit");
            let shape: Vec<_> = frame
                .columns()
                .iter()
                .map(|column| (column.name().to_string(), column.dtype().clone()))
                .collect();
            let wanted: Vec<_> = frame_columns(table)
                .into_iter()
                .map(|(name, dtype)| (name.to_owned(), dtype))
                .collect();
            assert_eq!(shape, wanted, "{table}");
            let numbered = numbered(table, &[fact]).expect("the columns fit");
            assert_eq!(numbered.width(), wanted.len() + 3);
            assert_eq!(numbered.height(), 1);
        }
    }
}
