//! The order of the rows of a table: by columns, nulls first, texts by their bytes, equal rows as they stood.
//!
//! The first two columns are packed into one number a row, the row itself behind them, so that most of the sorting is
//! that of numbers. Columns themselves are compared only among rows whose numbers do not tell them apart.

use std::cmp::Ordering;

use polars::prelude::{DataFrame, IdxSize};
use rayon::prelude::*;

use super::error::Error;
use super::row_values::RowValues;

/// Bits of a number that hold the row.
const ROW_BITS: u32 = 32;
/// Bits of a number that hold the first and the second column, and how far each is shifted.
const PLACES: [Place; 2] = [Place { bits: 64, shift: 64 }, Place { bits: 32, shift: 32 }];
/// Rows among which sorting in parallel pays.
const PARALLEL_ROWS: usize = 1 << 16;

/// Where a column stands in the number of a row.
#[derive(Clone, Copy, Debug)]
struct Place {
    bits: u32,
    shift: u32,
}

/// Returns the rows of a frame in the order of these columns; nothing when they stand in it already.
///
/// The order is that of a stable sort by polars, nulls first. Rows of a frame in one chunk are found fastest.
pub(super) fn order_by(frame: &DataFrame, by: &[&str]) -> Result<Option<Vec<IdxSize>>, Error> {
    let columns = by
        .iter()
        .map(|name| RowValues::of(frame, name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut numbers: Vec<u128> = (0..frame.height()).into_par_iter().map(number_of).collect();
    let mut told_apart = 0;
    for (values, place) in columns.iter().zip(PLACES) {
        if !pack(values, place, &mut numbers) {
            // What stands behind must not decide before this column has.
            break;
        }
        told_apart += 1;
    }
    numbers.par_sort_unstable();
    settle_ties(&mut numbers, columns.get(told_apart..).unwrap_or_default());
    if numbers
        .iter()
        .zip(0_u32..)
        .all(|(number, place)| row_of(*number) == place)
    {
        return Ok(None);
    }
    Ok(Some(numbers.par_iter().map(|number| row_of(*number)).collect()))
}

/// Sorts the rows whose numbers are equal but for the row by the columns that are left.
fn settle_ties(numbers: &mut [u128], columns: &[RowValues<'_>]) {
    if columns.is_empty() {
        return;
    }
    let compare = |left: &u128, right: &u128| {
        let (row, other) = (position_of(*left), position_of(*right));
        columns
            .iter()
            .map(|values| values.compare(row, other))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
            .then(left.cmp(right))
    };
    numbers
        .par_chunk_by_mut(|left, right| left >> ROW_BITS == right >> ROW_BITS)
        .for_each(|tie| {
            if tie.len() >= PARALLEL_ROWS {
                tie.par_sort_unstable_by(compare);
            } else if tie.len() > 1 {
                tie.sort_unstable_by(compare);
            }
        });
}

/// Puts a column into the numbers of the rows. The answer is whether they then tell all its values apart.
fn pack(values: &RowValues<'_>, place: Place, numbers: &mut [u128]) -> bool {
    match values {
        RowValues::Nulls => true,
        RowValues::Text(_) => pack_texts(values, place, numbers),
        RowValues::Days(days) => pack_integers(|row| days.get(row).map(i64::from), place, numbers),
        RowValues::Integers(integers) => pack_integers(|row| integers.get(row), place, numbers),
        // No table is ordered by these; they are compared.
        RowValues::Numbers(_) => false,
    }
}

/// Packs the distance from the least value, and one more, since null comes first.
fn pack_integers(value: impl Fn(usize) -> Option<i64> + Sync, place: Place, numbers: &mut [u128]) -> bool {
    let (least, most) = (0..numbers.len())
        .into_par_iter()
        .filter_map(&value)
        .map(|value| (value, value))
        .reduce(
            || (i64::MAX, i64::MIN),
            |one, other| (one.0.min(other.0), one.1.max(other.1)),
        );
    if least > most {
        return true;
    }
    if most.abs_diff(least) >= u64::MAX >> (u64::BITS - place.bits) {
        return false;
    }
    add(place, numbers, |row| {
        value(row).map_or(0, |value| value.abs_diff(least) + 1)
    });
    true
}

/// Packs the first bytes behind those that all texts of the column share.
fn pack_texts(values: &RowValues<'_>, place: Place, numbers: &mut [u128]) -> bool {
    let rows = numbers.len();
    let Some(first) = (0..rows).find_map(|row| values.text(row)) else {
        return true;
    };
    let shape = (0..rows)
        .into_par_iter()
        .map(|row| Shape::of(values.text(row), first))
        .reduce(|| Shape::NONE, Shape::with);
    // Null is zero; a text has a bit before it where there are nulls.
    let mark = u64::from(shape.has_nulls);
    let bytes = place.bits / u8::BITS - u32::from(shape.has_nulls);
    add(place, numbers, |row| {
        values.text(row).map_or(0, |text| {
            let mut tail = text.as_bytes().iter().skip(shape.shared);
            (0..bytes).fold(mark, |number, _| {
                (number << u8::BITS) | u64::from(tail.next().copied().unwrap_or(0))
            })
        })
    });
    let longest = shape.longest.saturating_sub(shape.shared);
    u32::try_from(longest).is_ok_and(|longest| longest <= bytes) && !shape.ends_in_zero
}

fn add(place: Place, numbers: &mut [u128], part: impl Fn(usize) -> u64 + Sync) {
    numbers
        .par_iter_mut()
        .enumerate()
        .for_each(|(row, number)| *number |= u128::from(part(row)) << place.shift);
}

/// The number of a row of which no column is known.
fn number_of(row: usize) -> u128 {
    u128::from(u32::try_from(row).expect("polars counts rows in 32 bits"))
}

fn row_of(number: u128) -> IdxSize {
    IdxSize::try_from(number & u128::from(u32::MAX)).expect("polars counts rows in 32 bits")
}

fn position_of(number: u128) -> usize {
    usize::try_from(row_of(number)).expect("a row number fits the address space")
}

/// What the texts of a column have in common.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Bytes with which all of them begin.
    shared: usize,
    longest: usize,
    has_nulls: bool,
    /// Whether one ends in a zero byte, which reads as the end of the text.
    ends_in_zero: bool,
}

impl Shape {
    /// That of no text.
    const NONE: Self = Self {
        shared: usize::MAX,
        longest: 0,
        has_nulls: false,
        ends_in_zero: false,
    };

    fn of(text: Option<&str>, first: &str) -> Self {
        let Some(text) = text else {
            return Self {
                has_nulls: true,
                ..Self::NONE
            };
        };
        let both = text.bytes().zip(first.bytes());
        Self {
            shared: both.take_while(|(byte, other)| byte == other).count(),
            longest: text.len(),
            has_nulls: false,
            ends_in_zero: text.ends_with('\0'),
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            shared: self.shared.min(other.shared),
            longest: self.longest.max(other.longest),
            has_nulls: self.has_nulls || other.has_nulls,
            ends_in_zero: self.ends_in_zero || other.ends_in_zero,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, DataType, IdxCa, NamedFrom, Series, SortMultipleOptions};
    use proptest::prelude::*;

    /// Name of the column that tells rows apart that are equal in all others.
    const STOOD: &str = "stood";

    const TAILS: [&str; 12] = [
        "",
        "\0",
        "1",
        "1\0",
        "10",
        "2",
        "00012345",
        "000123456",
        "000123457",
        "\u{e9}",
        "long enough to lie in a buffer of its own, a",
        "long enough to lie in a buffer of its own, b",
    ];

    type Drawn = (Option<String>, Option<i32>, Option<String>, Option<i64>);

    fn frame_of(rows: &[Drawn]) -> DataFrame {
        let stood: Vec<i64> = rows.iter().zip(0..).map(|(_, place)| place).collect();
        let customers: Vec<Option<&str>> = rows.iter().map(|row| row.0.as_deref()).collect();
        let days: Vec<Option<i32>> = rows.iter().map(|row| row.1).collect();
        let keys: Vec<Option<&str>> = rows.iter().map(|row| row.2.as_deref()).collect();
        let parts: Vec<Option<i64>> = rows.iter().map(|row| row.3).collect();
        let days = Series::new("day".into(), days).cast(&DataType::Date).unwrap();
        let columns: Vec<Column> = vec![
            Series::new("customer".into(), customers).into(),
            days.into(),
            Series::new("key".into(), keys).into(),
            Series::new("part".into(), parts).into(),
            Series::new(STOOD.into(), stood).into(),
        ];
        DataFrame::new(rows.len(), columns).unwrap()
    }

    /// The rows as this module orders them.
    fn ordered(frame: &DataFrame, by: &[&str]) -> DataFrame {
        match order_by(frame, by).unwrap() {
            Some(rows) => frame.take(&IdxCa::from_vec("rows".into(), rows)).unwrap(),
            None => frame.clone(),
        }
    }

    /// Texts that share a beginning, are longer than a place, or differ only in what follows their end.
    fn text() -> impl Strategy<Value = Option<String>> {
        (
            prop_oneof![6 => Just("C"), 1 => Just(""), 1 => Just("D-")],
            proptest::sample::select(TAILS.to_vec()),
            0..8_u8,
        )
            .prop_map(|(head, tail, kind)| (kind > 0).then(|| format!("{head}{tail}")))
    }

    fn id() -> impl Strategy<Value = Option<String>> {
        (0..40_u16).prop_map(|number| Some(format!("K{number:03}")))
    }

    fn row() -> impl Strategy<Value = Drawn> {
        (
            prop_oneof![text(), id()],
            proptest::option::of(prop_oneof![0..4_i32, Just(i32::MIN), Just(i32::MAX)]),
            prop_oneof![text(), id()],
            proptest::option::of(prop_oneof![0..4_i64, Just(i64::MIN), Just(i64::MAX)]),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn rows_stand_as_polars_sorts_them(rows in proptest::collection::vec(row(), 1..60)) {
            let frame = frame_of(&rows);
            let orders: [&[&str]; 5] = [
                &["customer", "day", "key", "part"],
                &["customer", "key"],
                &["day", "customer", "part"],
                &["part", "key", "day"],
                &["key", "customer", "day"],
            ];
            for by in orders {
                let options = SortMultipleOptions::default().with_maintain_order(true);
                let expected = frame.sort(by.iter().copied(), options).unwrap();
                let found = ordered(&frame, by);
                prop_assert!(found.equals_missing(&expected), "by {by:?}: {found:?} instead of {expected:?}");
            }
        }

        #[test]
        fn rows_that_are_in_order_stay_where_they_are(rows in proptest::collection::vec(row(), 1..60)) {
            let by = ["customer", "day", "key"];
            let sorted = ordered(&frame_of(&rows), &by);
            prop_assert_eq!(order_by(&sorted, &by).unwrap(), None);
        }
    }

    #[test]
    fn many_rows_of_one_customer_and_day_are_sorted_by_the_key() {
        let count = 2 * PARALLEL_ROWS;
        let rows: Vec<Drawn> = (0..count)
            .rev()
            .map(|number| {
                let key = format!("K{number:07}");
                (Some("C1".to_owned()), Some(7), Some(key), None)
            })
            .collect();
        let found = order_by(&frame_of(&rows), &["customer", "day", "key"])
            .unwrap()
            .expect("the rows stood the other way round");
        let expected: Vec<IdxSize> = (0..IdxSize::try_from(count).unwrap()).rev().collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_frame_without_rows_or_without_columns_to_order_by_is_in_order() {
        let row = (Some("C1".to_owned()), None, None, None);
        assert_eq!(order_by(&frame_of(&[]), &["customer", "day"]).unwrap(), None);
        assert_eq!(order_by(&frame_of(&[row.clone(), row]), &[]).unwrap(), None);
    }
}
