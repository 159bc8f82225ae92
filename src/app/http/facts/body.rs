//! Rows as JSON, with every cell as it was sent: what a cell may be is for the ledger to say.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::app::ledger::RawCell;
use crate::history::schema::columns;
use crate::history::{ColumnKind, Table};

/// The cells of a row, in the order they were sent.
pub(super) type Cells = Vec<(String, RawCell)>;

/// A body: one row, or a list of rows.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) is_list: bool,
    pub(super) rows: Vec<Cells>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row(pub(super) Cells);

struct CellOf(RawCell);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SentVisitor)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

impl<'de> Deserialize<'de> for CellOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct SentVisitor;

impl<'de> Visitor<'de> for SentVisitor {
    type Value = Sent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row, which is an object, or a list of rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sent, A::Error> {
        let Row(cells) = RowVisitor.visit_map(map)?;
        Ok(Sent {
            is_list: false,
            rows: vec![cells],
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sent, A::Error> {
        let mut rows = Vec::new();
        while let Some(Row(cells)) = list.next_element()? {
            rows.push(cells);
        }
        Ok(Sent { is_list: true, rows })
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut cells = Vec::with_capacity(map.size_hint().unwrap_or(12));
        while let Some((name, CellOf(cell))) = map.next_entry::<String, CellOf>()? {
            cells.push((name, cell));
        }
        Ok(Row(cells))
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = CellOf;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _value: bool) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Unfit("true or false")))
    }

    fn visit_i64<E>(self, value: i64) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Integer(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<CellOf, E> {
        Ok(CellOf(i64::try_from(value).map_or(
            RawCell::Unfit("a number beyond all bounds"),
            RawCell::Integer,
        )))
    }

    fn visit_f64<E>(self, value: f64) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Number(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Text(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Text(value)))
    }

    fn visit_unit<E>(self) -> Result<CellOf, E> {
        Ok(CellOf(RawCell::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CellOf, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(CellOf(RawCell::Unfit("a list")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CellOf, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(CellOf(RawCell::Unfit("an object")))
    }
}

/// Takes out of JSON cells what only files may have: numbers as text, and blanks for dates, amounts and currencies.
pub(super) fn strict(table: Table, mut cells: Cells) -> Cells {
    let specs = columns(table);
    for (name, cell) in &mut cells {
        let kind = specs
            .iter()
            .find(|spec| spec.name == name.as_str())
            .map_or(ColumnKind::Date, |spec| spec.kind);
        let RawCell::Text(text) = &*cell else { continue };
        let refused = match kind {
            ColumnKind::Integer | ColumnKind::Number => Some("a text"),
            ColumnKind::Date | ColumnKind::Amount | ColumnKind::Currency if text.trim().is_empty() => {
                Some("a blank text; leave the column out, or send null")
            }
            ColumnKind::Date
            | ColumnKind::Amount
            | ColumnKind::Currency
            | ColumnKind::Id
            | ColumnKind::Text => None,
        };
        if let Some(what) = refused {
            *cell = RawCell::Unfit(what);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_cell_by_cell_and_keeps_its_order() {
        let text = r#"{"b": 1, "a": 0.5, "c": null, "d": {"x": [1]}, "e": [1, {}], "f": true, "b": "again"}"#;
        let Row(cells) = serde_json::from_str(text).expect("it is an object");
        let wanted = [
            ("b", RawCell::Integer(1)),
            ("a", RawCell::Number(0.5)),
            ("c", RawCell::Null),
            ("d", RawCell::Unfit("an object")),
            ("e", RawCell::Unfit("a list")),
            ("f", RawCell::Unfit("true or false")),
            ("b", RawCell::Text("again".to_owned())),
        ];
        let wanted: Cells = wanted
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), cell))
            .collect();
        assert_eq!(cells, wanted);
    }

    #[test]
    fn a_body_is_one_row_or_a_list() {
        let one: Sent = serde_json::from_str(r#"{"a": "1"}"#).expect("one row");
        assert_eq!((one.is_list, one.rows.len()), (false, 1));
        let many: Sent = serde_json::from_str(r#"[{"a": "1"}, {}]"#).expect("two rows");
        assert_eq!((many.is_list, many.rows.len()), (true, 2));
        for text in ["1", r#""a""#, "null", "[1]", "[[]]"] {
            assert!(serde_json::from_str::<Sent>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_as_text_and_blank_dates_are_for_files_alone() {
        let cell = |name: &str, text: &str| {
            let cells = vec![(name.to_owned(), RawCell::Text(text.to_owned()))];
            strict(Table::InstalmentPlans, cells).remove(0).1
        };
        assert_eq!(cell("instalment_no", "1"), RawCell::Unfit("a text"));
        assert!(matches!(cell("due_date", " "), RawCell::Unfit(_)));
        assert_eq!(cell("customer_id", ""), RawCell::Text(String::new()));
        assert_eq!(cell("amount", "1.00"), RawCell::Text("1.00".to_owned()));
    }
}
