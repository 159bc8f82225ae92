//! All coming days of one invoice through a tree at once.
//!
//! Most of what a tree asks does not change from day to day. So a tree is walked with a *set* of
//! days: a question about the invoice sends the whole set one way, a question about the day splits
//! it, and only leaves that some day reaches are visited. A set is a word of 128 bits.

use crate::features::HORIZON_DAYS;
use crate::model::trees::bins::{BINS_MAX, Bins};
use crate::model::trees::boost::BoostedTrees;
use crate::model::trees::tree::{Branch, LEAVES_MAX};

/// All days of the horizon.
const ALL_DAYS: u128 = (1 << HORIZON_DAYS) - 1;

/// For each column of days, the days whose bin is at most each bin.
#[derive(Debug, Clone, Default)]
pub(crate) struct DayMasks {
    first_column: usize,
    masks: Vec<[u128; BINS_MAX]>,
}

impl DayMasks {
    /// Makes room for the columns from `first_column` to the last of `bins`.
    pub(crate) fn resize(&mut self, first_column: usize, bins: &Bins) {
        self.first_column = first_column;
        self.masks.resize(bins.width() - first_column, [0; BINS_MAX]);
    }

    /// Sets one column from the bins of each day, the first day first.
    pub(crate) fn set(&mut self, column: usize, bins: impl IntoIterator<Item = u8>) {
        let masks = &mut self.masks[column - self.first_column];
        *masks = [0; BINS_MAX];
        for (day, bin) in bins.into_iter().enumerate() {
            masks[usize::from(bin)] |= 1 << day;
        }
        for bin in 1..BINS_MAX {
            masks[bin] |= masks[bin - 1];
        }
    }
}

/// Sums of leaf values by day, held as differences between neighbouring days.
#[derive(Debug, Clone)]
pub(crate) struct DaySums([f64; HORIZON_DAYS + 1]);

impl DaySums {
    /// Starts with the same value on every day.
    pub(crate) fn constant(value: f64) -> Self {
        let mut steps = [0.0; HORIZON_DAYS + 1];
        steps[0] = value;
        Self(steps)
    }

    /// Adds `value` on the days of a set: a step up and a step down for each run of days.
    fn add(&mut self, days: u128, value: f64) {
        // Half words, because shifts of a whole one are slow.
        for (word, first) in [(low_half(days), 0), (low_half(days >> 64), 64)] {
            let mut rest = word;
            while rest != 0 {
                let start = rest.trailing_zeros();
                let length = (!(rest >> start)).trailing_zeros();
                let end = start + length;
                self.0[first + widen(start)] += value;
                self.0[first + widen(end)] -= value;
                rest = if end < u64::BITS {
                    rest & (u64::MAX << end)
                } else {
                    0
                };
            }
        }
    }

    /// Adds the trees' values of an invoice with the bins `fixed` and the days' bins in `masks`.
    pub(crate) fn add_trees(&mut self, trees: &BoostedTrees, fixed: &[u8], masks: &DayMasks) {
        let mut waiting = [(Branch::Leaf(0), 0_u128); LEAVES_MAX];
        for tree in &trees.trees {
            let mut count = 1;
            waiting[0] = (tree.root(), ALL_DAYS);
            while count > 0 {
                count -= 1;
                let (mut at, mut days) = waiting[count];
                while let Branch::Node(node) = at {
                    let node = tree.nodes[usize::from(node)];
                    let column = usize::from(node.column);
                    if column < masks.first_column {
                        at = if fixed[column] <= node.bin {
                            node.left
                        } else {
                            node.right
                        };
                        continue;
                    }
                    let left = days & masks.masks[column - masks.first_column][usize::from(node.bin)];
                    if left == days {
                        at = node.left;
                    } else if left == 0 {
                        at = node.right;
                    } else {
                        waiting[count] = (node.right, days & !left);
                        count += 1;
                        (at, days) = (node.left, left);
                    }
                }
                if let Branch::Leaf(leaf) = at {
                    self.add(days, tree.leaves[usize::from(leaf)]);
                }
            }
        }
    }

    /// The sums, day by day.
    pub(crate) fn days(&self) -> impl Iterator<Item = f64> + '_ {
        self.0[..HORIZON_DAYS].iter().scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper half is taken by a shift"
)]
fn low_half(days: u128) -> u64 {
    days as u64
}

fn widen(bit: u32) -> usize {
    usize::try_from(bit).expect("a bit of a word")
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::model::trees::BoostedTreesParams;

    #[test]
    fn a_walk_with_all_days_gives_what_a_walk_a_day_gives() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let values: Vec<f32> = (0..40_000).map(|_| random.random::<f32>()).collect();
        let bins = Bins::of_rows(&values, 4);
        let events: Vec<bool> = values
            .chunks(4)
            .map(|row| row[0] * row[2] + row[1] * row[3] > random.random::<f32>())
            .collect();
        let dataset = DatasetBase::new(bins.apply(&values), events);
        let trees = BoostedTreesParams::default()
            .check(&bins)
            .unwrap()
            .fit(&dataset)
            .unwrap();
        let fixed = [bins.bin(0, 0.3), bins.bin(1, 0.9)];
        let days: Vec<[f32; 2]> = (0..HORIZON_DAYS)
            .map(|_| [random.random(), random.random()])
            .collect();
        let mut masks = DayMasks::default();
        masks.resize(2, &bins);
        for column in 2..4 {
            masks.set(column, days.iter().map(|day| bins.bin(column, day[column - 2])));
        }
        let mut sums = DaySums::constant(trees.intercept);
        sums.add_trees(&trees, &fixed, &masks);
        for (day, together) in days.iter().zip(sums.days()) {
            let alone = trees.log_odds(|column| {
                if column < 2 {
                    fixed[column]
                } else {
                    bins.bin(column, day[column - 2])
                }
            });
            assert!((together - alone).abs() < 1e-9, "{together} {alone}");
        }
    }
}
