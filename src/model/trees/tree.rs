//! One tree: comparisons of bins that lead to a leaf.

use serde::{Deserialize, Serialize};

/// Leaves of a tree at most.
pub(crate) const LEAVES_MAX: usize = 64;

/// Where a branch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Checks that every comparison leads further down and to leaves that exist.
    pub(crate) fn check(&self, width: usize) -> Result<(), String> {
        let leads_on = |from: usize, branch: Branch| match branch {
            Branch::Node(to) => usize::from(to) > from && usize::from(to) < self.nodes.len(),
            Branch::Leaf(leaf) => usize::from(leaf) < self.leaves.len(),
        };
        for (at, node) in self.nodes.iter().enumerate() {
            if usize::from(node.column) >= width {
                return Err(format!("a tree asks for column {} of {width}", node.column));
            }
            if !(leads_on(at, node.left) && leads_on(at, node.right)) {
                return Err(format!("comparison {at} of a tree leads nowhere"));
            }
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
