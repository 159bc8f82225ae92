//! Typed columns that grow by a row at a time.

use polars::prelude::{
    ChunkedBuilder, Column, DataType, Float64Type, Int32Type, Int64Type, IntoColumn, PrimitiveChunkedBuilder,
    StringChunkedBuilder,
};

use super::schema::ColumnKind;

/// Rows for which space is taken when a column gets its first value.
const CAPACITY: usize = 1024;

/// A cell that has been parsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parsed<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Day(i32),
    Number(f64),
}

/// A column under construction. Most optional columns of most ledgers are empty, so a column costs nothing
/// until its first value.
pub(crate) struct ColumnBuilder {
    name: &'static str,
    dtype: DataType,
    values: Values,
}

enum Values {
    Nulls(usize),
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Day(PrimitiveChunkedBuilder<Int32Type>),
    Number(PrimitiveChunkedBuilder<Float64Type>),
}

impl ColumnBuilder {
    pub(crate) fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self {
            name,
            dtype: kind.dtype(),
            values: Values::Nulls(0),
        }
    }

    /// Appends a cell; its type is the column's by construction of the caller.
    #[inline]
    pub(crate) fn push(&mut self, cell: Parsed<'_>) {
        // Most columns of most rows, so decided without a call.
        if let (Values::Nulls(count), Parsed::Null) = (&mut self.values, cell) {
            *count += 1;
            return;
        }
        self.push_to_values(cell);
    }

    fn push_to_values(&mut self, cell: Parsed<'_>) {
        if let Values::Nulls(count) = &self.values {
            self.values = materialise(self.name, &self.dtype, *count);
        }
        match (&mut self.values, cell) {
            (Values::Text(builder), Parsed::Text(text)) => builder.append_value(text),
            (Values::Integer(builder), Parsed::Integer(value)) => builder.append_value(value),
            (Values::Day(builder), Parsed::Day(value)) => builder.append_value(value),
            (Values::Number(builder), Parsed::Number(value)) => builder.append_value(value),
            (values, cell) => {
                debug_assert!(cell == Parsed::Null, "column {} got {cell:?}", self.name);
                values.append_null();
            }
        }
    }

    pub(crate) fn finish(self) -> Column {
        match self.values {
            Values::Nulls(count) => Column::full_null(self.name.into(), count, &self.dtype),
            Values::Text(builder) => builder.finish().into_column(),
            Values::Integer(builder) => builder.finish().into_column(),
            Values::Day(builder) => builder.finish().into_date().into_column(),
            Values::Number(builder) => builder.finish().into_column(),
        }
    }
}

impl Values {
    fn append_null(&mut self) {
        match self {
            Self::Nulls(count) => *count += 1,
            Self::Text(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Day(builder) => builder.append_null(),
            Self::Number(builder) => builder.append_null(),
        }
    }
}

#[cold]
fn materialise(name: &'static str, dtype: &DataType, nulls: usize) -> Values {
    let capacity = nulls + CAPACITY;
    let mut values = match dtype {
        DataType::Int64 => Values::Integer(PrimitiveChunkedBuilder::new(name.into(), capacity)),
        DataType::Date => Values::Day(PrimitiveChunkedBuilder::new(name.into(), capacity)),
        DataType::Float64 => Values::Number(PrimitiveChunkedBuilder::new(name.into(), capacity)),
        _ => Values::Text(StringChunkedBuilder::new(name.into(), capacity)),
    };
    for _ in 0..nulls {
        values.append_null();
    }
    values
}
