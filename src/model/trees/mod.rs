//! Gradient-boosted trees on binned columns, behind linfa's `Fit`.
//!
//! linfa has no boosting; what there is in Rust was compared in ADR 0009. This one is made for hazards:
//! offsets (the sampling of days without payment stays exact), columns of at most 64 bins, trees grown
//! best leaf first, and a prediction that walks a tree once for *all* coming days of an invoice (`forest`, `walk`).
//! Sums run in a fixed order a column, so the result does not depend on the number of threads.

mod bins;
mod boost;
mod days;
mod forest;
mod grow;
mod tree;
mod walk;

pub use bins::{BinnedRows, Bins};
pub use boost::{BoostedTrees, BoostedTreesParams, BoostedTreesValidParams};
pub(crate) use days::{Days, day, earliest, union};
pub(crate) use forest::{Answers, Forest};
pub use tree::Tree;
