//! Columns cut into at most 64 bins, so that a split is a comparison of bytes.

use linfa::dataset::Records;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Bins of a column at most.
pub(crate) const BINS_MAX: usize = 64;
/// Rows, evenly spaced, from which the cut points are taken.
const ROWS_LOOKED_AT: usize = 60_000;

/// Cut points of each column: bin `b` holds the values above cut `b - 1` up to and with cut `b`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bins {
    cuts: Vec<Vec<f32>>,
}

impl Bins {
    /// Cuts each column at evenly spaced quantiles; a column of few values gets a bin a value.
    ///
    /// `rows` are row-major values of `width` columns.
    #[must_use]
    pub fn of_rows(rows: &[f32], width: usize) -> Self {
        let count = rows.len() / width.max(1);
        let step = count.div_ceil(ROWS_LOOKED_AT).max(1);
        let cuts = (0..width)
            .into_par_iter()
            .map(|column| {
                let mut values: Vec<f32> = rows
                    .iter()
                    .skip(column)
                    .step_by(width)
                    .step_by(step)
                    .copied()
                    .collect();
                values.sort_unstable_by(f32::total_cmp);
                cuts_of(&values)
            })
            .collect();
        Self { cuts }
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.cuts.len()
    }

    /// Returns the number of cut points of a column; its bins are one more.
    pub(crate) fn cut_count(&self, column: usize) -> usize {
        self.cuts[column].len()
    }

    /// Returns the bin of a value.
    #[must_use]
    pub fn bin(&self, column: usize, value: f32) -> u8 {
        let bin = self.cuts[column].partition_point(|cut| *cut < value);
        u8::try_from(bin).expect("at most 64 bins")
    }

    /// Returns the highest value that falls into a bin or one below it.
    pub(crate) fn highest(&self, column: usize, bin: usize) -> f32 {
        self.cuts[column].get(bin).copied().unwrap_or(f32::INFINITY)
    }

    /// Bins row-major values of as many columns; offsets are zero.
    #[must_use]
    pub fn apply(&self, rows: &[f32]) -> BinnedRows {
        let width = self.width();
        let columns = (0..width)
            .into_par_iter()
            .map(|column| {
                let values = rows.iter().skip(column).step_by(width);
                values.map(|value| self.bin(column, *value)).collect()
            })
            .collect();
        BinnedRows {
            columns,
            offsets: vec![0.0; rows.len() / width.max(1)],
        }
    }

    /// Checks that the cut points of each of `width` columns rise and are few enough.
    pub(crate) fn check(&self, width: usize) -> Result<(), String> {
        if self.width() != width {
            return Err(format!(
                "bins must be of {width} columns, are of {}",
                self.width()
            ));
        }
        let is_sound = |cuts: &Vec<f32>| {
            cuts.len() < BINS_MAX && cuts.is_sorted() && cuts.iter().all(|cut| cut.is_finite())
        };
        match self.cuts.iter().position(|cuts| !is_sound(cuts)) {
            None => Ok(()),
            Some(column) => Err(format!(
                "bins of column {column} must be at most {BINS_MAX} and rise"
            )),
        }
    }
}

/// Cut points between the bins of sorted values.
fn cuts_of(values: &[f32]) -> Vec<f32> {
    let mut distinct = values.to_vec();
    distinct.dedup();
    if distinct.len() <= BINS_MAX {
        // Halfway, so that a value between two that were seen goes to the nearer one.
        return distinct
            .windows(2)
            .map(|pair| f32::midpoint(pair[0], pair[1]))
            .collect();
    }
    let mut cuts: Vec<f32> = (1..BINS_MAX)
        .map(|bin| values[bin * values.len() / BINS_MAX])
        .collect();
    cuts.dedup();
    // A cut at the largest value would leave the bin above it empty.
    if cuts.last() == values.last() {
        cuts.pop();
    }
    cuts
}

/// Rows whose values are bins, column by column, with an offset on the log-odds each.
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedRows {
    pub(crate) columns: Vec<Vec<u8>>,
    /// Added to the log-odds of each row while fitting.
    pub offsets: Vec<f64>,
}

impl BinnedRows {
    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns a copy of the first `count` rows.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self {
            columns: self.columns.iter().map(|bins| bins[..count].to_vec()).collect(),
            offsets: self.offsets[..count].to_vec(),
        }
    }

    /// Returns whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }
}

impl Records for BinnedRows {
    type Elem = u8;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.columns.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_get_a_bin_each_and_many_get_even_bins() {
        let rows: Vec<f32> = (0..10_000_u16)
            .flat_map(|row| [f32::from(row % 3), f32::from(row)])
            .collect();
        let bins = Bins::of_rows(&rows, 2);
        assert_eq!((bins.bin(0, 0.0), bins.bin(0, 1.0), bins.bin(0, 2.0)), (0, 1, 2));
        let binned = bins.apply(&rows);
        assert_eq!(binned.len(), 10_000);
        for bin in 0..64 {
            let members = binned.columns[1].iter().filter(|of| **of == bin).count();
            assert!((100..=220).contains(&members), "{members} rows in bin {bin}");
        }
    }

    #[test]
    fn a_constant_column_has_one_bin() {
        let bins = Bins::of_rows(&[7.0; 100], 1);
        assert_eq!(bins.cut_count(0), 0);
        assert_eq!(bins.bin(0, -5.0), bins.bin(0, 99.0));
    }

    #[test]
    fn the_highest_value_of_a_bin_is_the_last_that_falls_into_it() {
        let rows: Vec<f32> = (0..1_000_u16).map(f32::from).collect();
        let bins = Bins::of_rows(&rows, 1);
        for bin in 0..bins.cut_count(0) {
            let highest = bins.highest(0, bin);
            assert_eq!(usize::from(bins.bin(0, highest)), bin);
            assert_eq!(usize::from(bins.bin(0, highest.next_up())), bin + 1);
        }
        assert!(bins.highest(0, bins.cut_count(0)).is_infinite());
    }

    #[test]
    fn values_beyond_those_seen_fall_into_the_outer_bins() {
        let rows: Vec<f32> = (0..1_000_u16).map(f32::from).collect();
        let bins = Bins::of_rows(&rows, 1);
        assert_eq!(bins.bin(0, -1e9), 0);
        assert_eq!(usize::from(bins.bin(0, 1e9)), bins.cut_count(0));
    }
}
