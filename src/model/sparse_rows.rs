//! Rows of a design matrix of which only the non-zero values are held.

use linfa::dataset::Records;
use rayon::prelude::*;

use crate::model::day_rows::DayRow;
use crate::model::design::Terms;
use crate::model::distribution::single;

/// Day-ahead rows written by one task.
const DAYS_A_TASK: usize = 4096;
/// Sums that run side by side, so that none waits for the one before.
const LANES: usize = 4;

/// Rows of which only the non-zero values are held, with an offset and a weight each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SparseRows {
    pub(crate) width: usize,
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    pub(crate) offsets: Vec<f64>,
    pub(crate) weights: Vec<f64>,
}

impl SparseRows {
    /// Starts a set of rows with `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width,
            ..Self::default()
        }
    }

    /// Makes a row a day from the terms that `fill` writes, with the day's offset; `fill` is told which day it is.
    pub(crate) fn of_days(
        days: &[DayRow],
        width: usize,
        fill: impl Fn(usize, &DayRow, &mut Terms) + Sync,
    ) -> Self {
        let parts: Vec<Self> = days
            .par_chunks(DAYS_A_TASK)
            .enumerate()
            .map(|(task, days)| {
                let (mut part, mut terms) = (Self::new(width), Terms::new());
                for (place, day) in (task * DAYS_A_TASK..).zip(days) {
                    fill(place, day, &mut terms);
                    let values = terms.iter().map(|(column, value)| (*column, single(*value)));
                    part.push(values, day.offset, 1.0);
                }
                part
            })
            .collect();
        let mut all = Self::new(width);
        parts.into_iter().for_each(|part| all.append(part));
        all
    }

    /// Adds a row from its non-zero columns and values.
    ///
    /// # Panics
    ///
    /// When a column is not below the width.
    pub fn push(&mut self, terms: impl IntoIterator<Item = (usize, f32)>, offset: f64, weight: f64) {
        for (column, value) in terms {
            assert!(column < self.width, "column {column} of {}", self.width);
            self.columns
                .push(u32::try_from(column).expect("fewer columns than u32 holds"));
            self.values.push(value);
        }
        self.ends.push(self.columns.len());
        self.offsets.push(offset);
        self.weights.push(weight);
    }

    /// Appends the rows of `other`, which has the same width.
    pub fn append(&mut self, other: Self) {
        let shift = self.columns.len();
        self.ends.extend(other.ends.iter().map(|end| end + shift));
        self.columns.extend(other.columns);
        self.values.extend(other.values);
        self.offsets.extend(other.offsets);
        self.weights.extend(other.weights);
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The non-zero columns of a row with their values.
    pub(crate) fn terms(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (columns, values) = self.row(row);
        columns
            .iter()
            .zip(values)
            .map(|(column, value)| (index(*column), f64::from(*value)))
    }

    /// The sum of a row's values, each times the weight of its column.
    pub(crate) fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        let (columns, values) = self.row(row);
        let (columns, last_columns) = columns.as_chunks::<LANES>();
        let (values, last_values) = values.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for (columns, values) in columns.iter().zip(values) {
            for (sum, (column, value)) in sums.iter_mut().zip(columns.iter().zip(values)) {
                *sum += weights[index(*column)] * f64::from(*value);
            }
        }
        for (column, value) in last_columns.iter().zip(last_values) {
            sums[0] += weights[index(*column)] * f64::from(*value);
        }
        sums.iter().sum()
    }

    fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        let range = start..self.ends[row];
        (&self.columns[range.clone()], &self.values[range])
    }
}

fn index(column: u32) -> usize {
    usize::try_from(column).expect("a column is an index")
}

impl Records for SparseRows {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.width
    }
}
