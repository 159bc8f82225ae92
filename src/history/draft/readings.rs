//! What a cell means in each way it may be read, where no cell tells which of them is right.

use super::page::marks_told;
use super::sample::shown;
use super::shape::{Column, Shape, number_format};
use crate::history::profile::cell;

/// "`01/02/2025` is 2025-02-01 as %d/%m/%Y, 2025-01-02 as %m/%d/%Y", by the first cell that the ways read differently.
pub(super) fn readings(column: &Column) -> Option<String> {
    column.samples.iter().find_map(|text| {
        let ways = ways(&column.shape, text);
        let (first, _) = ways.first()?;
        if ways.iter().all(|(value, _)| value == first) {
            return None;
        }
        let ways: Vec<String> = ways
            .iter()
            .map(|(value, way)| format!("{value} as {way}"))
            .collect();
        Some(format!("`{}` is {}", shown(text), ways.join(", ")))
    })
}

/// What a text is, and how it was read.
fn ways(shape: &Shape, text: &str) -> Vec<(String, String)> {
    match shape {
        Shape::Date(formats) => formats
            .iter()
            .filter_map(|format| {
                let format = (*format).to_owned();
                let date = cell::date(text, std::slice::from_ref(&format)).ok()?;
                Some((date.to_string(), format))
            })
            .collect(),
        Shape::Number(number) => number
            .marks
            .iter()
            .filter_map(|marks| {
                let value = cell::number(text, &number_format(*marks, number.minus)).ok()?;
                Some((value, marks_told(*marks)))
            })
            .collect(),
        Shape::Empty | Shape::Currency | Shape::Text => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(cells: &[&str]) -> Option<String> {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        readings(&Column::of("X", true, &cells))
    }

    #[test]
    fn the_first_cell_that_differs_shows_what_is_at_stake() {
        assert_eq!(
            told(&["01/01/2025", "01/02/2025"]).as_deref(),
            Some("`01/02/2025` is 2025-02-01 as %d/%m/%Y, 2025-01-02 as %m/%d/%Y")
        );
        assert_eq!(
            told(&["1.234"]).as_deref(),
            Some("`1.234` is 1.234 as decimal mark `.`, 1234 as decimal mark `,` and thousands mark `.`")
        );
        assert_eq!(told(&["31/01/2025"]), None);
        assert_eq!(told(&["1.234,50"]), None);
        assert_eq!(told(&["Acme"]), None);
    }
}
