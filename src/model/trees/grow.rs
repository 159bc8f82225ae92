//! Growing one tree on gradients: histograms, best leaf first (Ke et al. 2017; Chen and Guestrin 2016).
//!
//! With gradient `g` and curvature `h` of the loss in each row, a leaf is worth `G^2 / (H + penalty)`
//! and gets the Newton step `-G / (H + penalty)`. A split is the one that gains most; the leaf that
//! gains most is split next. The histogram of a larger child is its parent's less its sibling's.

use rayon::prelude::*;

use crate::model::trees::bins::{BINS_MAX, BinnedRows, Bins};
use crate::model::trees::tree::{Branch, Node, Tree};

/// Gains below this are noise of floating point.
const GAIN_MIN: f64 = 1e-9;

/// What bounds a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) leaves: usize,
    pub(super) curvature_min: f64,
    pub(super) penalty: f64,
}

/// Gradient and curvature of the loss in one row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slope {
    pub(super) gradient: f32,
    pub(super) curvature: f32,
}

/// Sums of gradients and curvatures.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    gradient: f64,
    curvature: f64,
}

impl Sums {
    fn add(&mut self, slope: Slope) {
        self.gradient += f64::from(slope.gradient);
        self.curvature += f64::from(slope.curvature);
    }

    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
        }
    }

    fn worth(self, penalty: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + penalty)
    }
}

type Histogram = [Sums; BINS_MAX];

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: u8,
    left: Sums,
}

/// A leaf that may still be split.
struct Bud {
    rows: Vec<u32>,
    sums: Sums,
    histograms: Vec<Histogram>,
    split: Option<Split>,
    /// The comparison it hangs on, and whether it is its left branch.
    parent: Option<(usize, bool)>,
}

/// The data of one tree.
pub(super) struct Ground<'a> {
    pub(super) rows: &'a BinnedRows,
    pub(super) bins: &'a Bins,
    pub(super) slopes: &'a [Slope],
    /// Columns that this tree may ask for.
    pub(super) columns: &'a [usize],
    pub(super) limits: Limits,
}

impl Ground<'_> {
    /// Grows a tree on the rows `members`.
    pub(super) fn grow(&self, members: Vec<u32>) -> Tree {
        let histograms = self.histograms(&members);
        let mut sums = Sums::default();
        for row in &members {
            sums.add(self.slopes[index(*row)]);
        }
        let mut buds = vec![self.bud(members, sums, histograms, None)];
        let mut nodes: Vec<Node> = Vec::new();
        while buds.len() < self.limits.leaves {
            let Some((best, split)) = best_bud(&buds) else {
                break;
            };
            let bud = buds.swap_remove(best);
            let at = nodes.len();
            if let Some((parent, is_left)) = bud.parent {
                let branch = Branch::Node(narrow(at));
                let parent: &mut Node = &mut nodes[parent];
                if is_left {
                    parent.left = branch;
                } else {
                    parent.right = branch;
                }
            }
            nodes.push(Node {
                column: narrow(split.column),
                bin: split.bin,
                left: Branch::Leaf(0),
                right: Branch::Leaf(0),
            });
            let (left, right) = self.divide(bud, split, at);
            buds.push(left);
            buds.push(right);
        }
        self.finish(nodes, &buds)
    }

    fn finish(&self, mut nodes: Vec<Node>, buds: &[Bud]) -> Tree {
        let mut leaves = Vec::with_capacity(buds.len());
        for (leaf, bud) in buds.iter().enumerate() {
            if let Some((parent, is_left)) = bud.parent {
                let branch = Branch::Leaf(narrow(leaf));
                if is_left {
                    nodes[parent].left = branch;
                } else {
                    nodes[parent].right = branch;
                }
            }
            leaves.push(-bud.sums.gradient / (bud.sums.curvature + self.limits.penalty));
        }
        Tree { nodes, leaves }
    }

    /// Splits a bud in two; rows keep their order.
    fn divide(&self, bud: Bud, split: Split, at: usize) -> (Bud, Bud) {
        let column = &self.rows.columns[split.column];
        let (left_rows, right_rows): (Vec<u32>, Vec<u32>) =
            bud.rows.iter().partition(|row| column[index(**row)] <= split.bin);
        let right = bud.sums.minus(split.left);
        let smaller_is_left = left_rows.len() <= right_rows.len();
        let smaller = self.histograms(if smaller_is_left { &left_rows } else { &right_rows });
        let mut larger = bud.histograms;
        for (histogram, taken) in larger.iter_mut().zip(&smaller) {
            for (sums, taken) in histogram.iter_mut().zip(taken) {
                *sums = sums.minus(*taken);
            }
        }
        let (of_left, of_right) = if smaller_is_left {
            (smaller, larger)
        } else {
            (larger, smaller)
        };
        (
            self.bud(left_rows, split.left, of_left, Some((at, true))),
            self.bud(right_rows, right, of_right, Some((at, false))),
        )
    }

    fn bud(
        &self,
        rows: Vec<u32>,
        sums: Sums,
        histograms: Vec<Histogram>,
        parent: Option<(usize, bool)>,
    ) -> Bud {
        let split = if sums.curvature < 2.0 * self.limits.curvature_min {
            None
        } else {
            self.best_split(sums, &histograms)
        };
        Bud {
            rows,
            sums,
            histograms,
            split,
            parent,
        }
    }

    fn histograms(&self, members: &[u32]) -> Vec<Histogram> {
        // Gathered once, so that each column reads them in order.
        let slopes: Vec<Slope> = members.iter().map(|row| self.slopes[index(*row)]).collect();
        self.columns
            .par_iter()
            .map(|column| {
                let bins = &self.rows.columns[*column];
                let mut histogram = [Sums::default(); BINS_MAX];
                // A column of one value can not be split.
                if self.bins.cut_count(*column) == 0 {
                    return histogram;
                }
                for (row, slope) in members.iter().zip(&slopes) {
                    histogram[usize::from(bins[index(*row)])].add(*slope);
                }
                histogram
            })
            .collect()
    }

    fn best_split(&self, sums: Sums, histograms: &[Histogram]) -> Option<Split> {
        let Limits {
            curvature_min,
            penalty,
            ..
        } = self.limits;
        let before = sums.worth(penalty);
        let mut best: Option<Split> = None;
        for (column, histogram) in self.columns.iter().zip(histograms) {
            let mut left = Sums::default();
            for (bin, add) in histogram[..self.bins.cut_count(*column)].iter().enumerate() {
                left = left.plus(*add);
                let right = sums.minus(left);
                if left.curvature < curvature_min || right.curvature < curvature_min {
                    continue;
                }
                let gain = left.worth(penalty) + right.worth(penalty) - before;
                if gain > best.map_or(GAIN_MIN, |best| best.gain) {
                    best = Some(Split {
                        gain,
                        column: *column,
                        bin: u8::try_from(bin).expect("at most 64 bins"),
                        left,
                    });
                }
            }
        }
        best
    }
}

/// The bud whose split gains most, the first of equals.
fn best_bud(buds: &[Bud]) -> Option<(usize, Split)> {
    let mut best: Option<(usize, Split)> = None;
    for (at, bud) in buds.iter().enumerate() {
        if let Some(split) = bud.split
            && best.is_none_or(|(_, best)| split.gain > best.gain)
        {
            best = Some((at, split));
        }
    }
    best
}

fn index(row: u32) -> usize {
    usize::try_from(row).expect("a row is an index")
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("columns and leaves are few")
}
