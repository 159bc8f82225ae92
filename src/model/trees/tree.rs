//! One tree: comparisons of bins that lead to a leaf.

use serde::{Deserialize, Serialize};

use crate::model::trees::bins::BINS_MAX;

/// Leaves of a tree at most.
pub(crate) const LEAVES_MAX: usize = 64;

/// Where a branch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Branch {
    /// To another comparison.
    Node(u16),
    /// To a leaf.
    Leaf(u16),
}

/// A comparison: rows whose bin of `column` is at most `bin` go left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) column: u16,
    pub(crate) bin: u8,
    pub(crate) left: Branch,
    pub(crate) right: Branch,
}

/// A binary tree over binned columns with a value a leaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Comparisons, the root first; none in a tree of one leaf.
    pub(crate) nodes: Vec<Node>,
    /// Value of each leaf.
    pub(crate) leaves: Vec<f64>,
}

impl Tree {
    /// Where to start.
    pub(crate) fn root(&self) -> Branch {
        if self.nodes.is_empty() {
            Branch::Leaf(0)
        } else {
            Branch::Node(0)
        }
    }

    /// Returns the leaf of a row whose bins are given by column.
    #[must_use]
    pub fn leaf(&self, bin_of: impl Fn(usize) -> u8) -> usize {
        let mut at = self.root();
        loop {
            match at {
                Branch::Leaf(leaf) => return usize::from(leaf),
                Branch::Node(node) => {
                    let node = self.nodes[usize::from(node)];
                    let goes_left = bin_of(usize::from(node.column)) <= node.bin;
                    at = if goes_left { node.left } else { node.right };
                }
            }
        }
    }

    /// Returns the number of leaves.
    #[must_use]
    pub fn leaf_count(&self) -> usize {
        self.leaves.len()
    }

    /// Checks that every comparison leads further down and to leaves that exist, and to nothing that another one
    /// leads to.
    pub(crate) fn check(&self, width: usize) -> Result<(), String> {
        let leads_on = |from: usize, branch: Branch| match branch {
            Branch::Node(to) => usize::from(to) > from && usize::from(to) < self.nodes.len(),
            Branch::Leaf(leaf) => usize::from(leaf) < self.leaves.len(),
        };
        for (at, node) in self.nodes.iter().enumerate() {
            if usize::from(node.column) >= width {
                return Err(format!("a tree asks for column {} of {width}", node.column));
            }
            if usize::from(node.bin) >= BINS_MAX {
                return Err(format!("a tree compares with bin {} of {BINS_MAX}", node.bin));
            }
            if !(leads_on(at, node.left) && leads_on(at, node.right)) {
                return Err(format!("comparison {at} of a tree leads nowhere"));
            }
        }
        let mut branches: Vec<Branch> = self
            .nodes
            .iter()
            .flat_map(|node| [node.left, node.right])
            .collect();
        branches.sort_unstable();
        if let Some(pair) = branches.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("two comparisons of a tree lead to {:?}", pair[0]));
        }
        if self.leaves.len() > LEAVES_MAX {
            return Err(format!(
                "a tree has {} leaves, at most {LEAVES_MAX} are allowed",
                self.leaves.len()
            ));
        }
        if self.leaves.len() == self.nodes.len() + 1 && self.leaves.iter().all(|leaf| leaf.is_finite()) {
            Ok(())
        } else {
            Err("a tree needs a finite leaf more than comparisons".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(bin: u8, left: Branch, right: Branch) -> Node {
        Node {
            column: 0,
            bin,
            left,
            right,
        }
    }

    #[test]
    fn a_tree_whose_ways_meet_again_or_whose_bins_are_too_many_is_refused() {
        let tree = |bin: u8, right: Branch| Tree {
            nodes: vec![
                node(3, Branch::Node(1), right),
                node(bin, Branch::Leaf(0), Branch::Leaf(1)),
            ],
            leaves: vec![0.1, 0.2, 0.3],
        };
        assert_eq!(tree(63, Branch::Leaf(2)).check(1), Ok(()));
        let met = tree(63, Branch::Leaf(1)).check(1);
        assert!(met.is_err_and(|reason| reason.contains("two comparisons")));
        let beyond = tree(64, Branch::Leaf(2)).check(1);
        assert!(beyond.is_err_and(|reason| reason.contains("bin 64 of 64")));
    }
}
