//! Rows that end because their source declared them void.
//!
//! A row that was voided, deleted or used up at its source is no longer true from a day on, and nothing takes its
//! place. It keeps its days before: a forecast of that time knew it.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::error::Error;
use super::link::Void;
use super::row_values::RowValues;
use super::schema::{RECORDED_AT, SUPERSEDED_ON, Table};
use super::versions::{ALWAYS, Clocks};
use crate::domain::date::day_number;

/// Returns the clocks of the rows of a frame that end; `import_day` is since when that is known where none says.
///
/// A row that has ended already stays as it is, and so does one that was recorded later than the day on which it is
/// said to be void: that is the word of an older export.
pub(super) fn endings(
    table: Table,
    frame: &DataFrame,
    voids: &[Void],
    import_day: i32,
) -> Result<BTreeMap<usize, Clocks>, Error> {
    // Of several days the first counts; none at all stands behind them.
    let mut days: BTreeMap<&str, Option<i32>> = BTreeMap::new();
    for void in voids.iter().filter(|void| void.table == table) {
        let day = void.on.map(day_number);
        let first = days.entry(void.id.as_str()).or_insert(day);
        *first = (*first).into_iter().chain(day).min();
    }
    let mut clocks = BTreeMap::new();
    let Some(key) = table.key().first().filter(|_| !days.is_empty()) else {
        return Ok(clocks);
    };
    let ids = RowValues::of(frame, key)?;
    let recorded = RowValues::of(frame, RECORDED_AT)?;
    let superseded = RowValues::of(frame, SUPERSEDED_ON)?;
    for row in 0..frame.height() {
        if superseded.day(row).is_some() {
            continue;
        }
        let Some(day) = ids.text(row).and_then(|id| days.get(id)) else {
            continue;
        };
        let since = recorded.day(row).unwrap_or(ALWAYS);
        if day.is_none_or(|day| since <= day) {
            let ended = Clocks {
                recorded: None,
                superseded: Some(day.unwrap_or_else(|| import_day.max(since))),
            };
            clocks.insert(row, ended);
        }
    }
    Ok(clocks)
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::domain::date::from_day_number;
    use crate::history::{ColumnBuilder, ColumnKind, Parsed};

    #[test]
    fn a_row_ends_on_the_first_day_it_was_void_and_an_older_export_cannot_end_it() {
        let days = |name: &'static str, days: [Option<i32>; 4]| {
            let mut column = ColumnBuilder::new(name, ColumnKind::Date);
            for day in days {
                column.push(day.map_or(Parsed::Null, Parsed::Day));
            }
            column.finish()
        };
        let columns = vec![
            Column::new("payment_id".into(), ["P1", "P2", "P3", "P4"]),
            days(RECORDED_AT, [Some(100), Some(120), Some(100), Some(100)]),
            days(SUPERSEDED_ON, [None, None, None, Some(103)]),
        ];
        let frame = DataFrame::new(4, columns).expect("the columns have one length");
        let void = |id: &str, day: Option<i32>| Void {
            table: Table::Payments,
            id: id.to_owned(),
            on: day.map(from_day_number),
        };
        let voids = [
            void("P1", Some(112)),
            void("P1", Some(110)),
            void("P2", Some(110)),
            void("P4", Some(110)),
            void("P9", None),
        ];
        let ended: Vec<(usize, Option<i32>)> = endings(Table::Payments, &frame, &voids, 130)
            .expect("it has the columns")
            .into_iter()
            .map(|(row, clocks)| (row, clocks.superseded))
            .collect();
        assert_eq!(ended, [(0, Some(110))]);
        let none = endings(Table::Receipts, &frame, &voids, 130).expect("no receipt is void");
        assert!(none.is_empty());
        let undated = [void("P2", None), void("P3", None)];
        let ended: Vec<Option<i32>> = endings(Table::Payments, &frame, &undated, 115)
            .expect("it has the columns")
            .into_values()
            .map(|clocks| clocks.superseded)
            .collect();
        assert_eq!(ended, [Some(120), Some(115)]);
    }
}
