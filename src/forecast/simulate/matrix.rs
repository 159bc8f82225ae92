//! Cash of every draw by bucket, and the quantiles read off it.

use crate::forecast::band::Quantiles;

/// Cash of every draw by bucket, in minor units; the last cell of a draw is what comes later or never.
#[derive(Clone, Debug)]
pub(in crate::forecast) struct DrawMatrix {
    stride: usize,
    cash: Vec<i64>,
}

/// The quantiles of every bucket.
#[derive(Clone, Debug)]
pub(in crate::forecast) struct Bands {
    /// Cash within the bucket.
    pub(in crate::forecast) single: Vec<Quantiles>,
    /// Cash from the first bucket to the end of this one.
    pub(in crate::forecast) cumulative: Vec<Quantiles>,
}

impl DrawMatrix {
    /// Returns a matrix without cash.
    pub(in crate::forecast) fn zero(draws: usize, buckets: usize) -> Self {
        let stride = buckets + 1;
        Self {
            stride,
            cash: vec![0; draws * stride],
        }
    }

    /// Returns the number of buckets, the cell for later cash not counted.
    pub(in crate::forecast) fn buckets(&self) -> usize {
        self.stride - 1
    }

    /// Returns the number of draws.
    pub(in crate::forecast) fn draws(&self) -> usize {
        self.cash.len() / self.stride
    }

    /// Returns the cells of each draw.
    pub(super) fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, i64> {
        self.cash.chunks_exact_mut(self.stride)
    }

    /// Adds another matrix of the same shape, cell by cell.
    pub(in crate::forecast) fn add(&mut self, other: &Self) {
        for (cell, added) in self.cash.iter_mut().zip(&other.cash) {
            *cell += added;
        }
    }

    /// Takes off another matrix of the same shape, cell by cell.
    pub(in crate::forecast) fn subtract(&mut self, other: &Self) {
        for (cell, taken) in self.cash.iter_mut().zip(&other.cash) {
            *cell -= taken;
        }
    }

    /// Replaces every cell by what `change` makes of it.
    pub(in crate::forecast) fn map(&self, change: impl Fn(i64) -> i64) -> Self {
        Self {
            stride: self.stride,
            cash: self.cash.iter().map(|&cell| change(cell)).collect(),
        }
    }

    /// Reads the quantiles of every bucket and of the running totals; the cell for later cash has none.
    pub(in crate::forecast) fn bands(&self) -> Bands {
        let mut running = vec![0_i64; self.draws()];
        let mut column = Vec::with_capacity(self.draws());
        let mut bands = Bands {
            single: Vec::with_capacity(self.buckets()),
            cumulative: Vec::with_capacity(self.buckets()),
        };
        for bucket in 0..self.buckets() {
            column.clear();
            column.extend(self.cash.iter().skip(bucket).step_by(self.stride).copied());
            for (sum, cash) in running.iter_mut().zip(&column) {
                *sum += cash;
            }
            bands.single.push(quantiles(&mut column));
            column.clear();
            column.extend_from_slice(&running);
            bands.cumulative.push(quantiles(&mut column));
        }
        bands
    }
}

/// Returns the 10th, 50th and 90th percentile; the values are reordered.
///
/// Each is the smallest value with at least that share of the draws at or below it, the inverse of the
/// empirical distribution function (Hyndman and Fan 1996, type 1): a quantile is always an amount that
/// was drawn, never one between two.
fn quantiles(values: &mut [i64]) -> Quantiles {
    let position = |percent: usize| (values.len() * percent).div_ceil(100).max(1) - 1;
    let (low, middle, high) = (position(10), position(50), position(90));
    let (below, median, above) = values.select_nth_unstable(middle);
    let p50 = *median;
    let p10 = if low < middle {
        *below.select_nth_unstable(low).1
    } else {
        p50
    };
    let p90 = if high > middle {
        *above.select_nth_unstable(high - middle - 1).1
    } else {
        p50
    };
    Quantiles { p10, p50, p90 }
}

#[cfg(test)]
mod tests {
    use super::{DrawMatrix, quantiles};

    #[test]
    fn a_quantile_is_a_value_that_was_drawn() {
        let mut values: Vec<i64> = (1..=10).rev().collect();
        let found = quantiles(&mut values);
        assert_eq!((found.p10, found.p50, found.p90), (1, 5, 9));
        let alone = quantiles(&mut [7]);
        assert_eq!((alone.p10, alone.p50, alone.p90), (7, 7, 7));
        let pair = quantiles(&mut [8, 3]);
        assert_eq!((pair.p10, pair.p50, pair.p90), (3, 3, 8));
    }

    #[test]
    fn running_totals_leave_out_what_comes_later() {
        let mut matrix = DrawMatrix::zero(1, 2);
        for row in matrix.rows_mut() {
            row.copy_from_slice(&[5, 7, 100]);
        }
        let bands = matrix.bands();
        assert_eq!(bands.single.len(), 2);
        assert_eq!(bands.cumulative[1].p50, 12);
    }
}
