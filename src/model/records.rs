//! Our tables as linfa's datasets: records are a feature table, targets are outcomes.

use linfa::dataset::Records;

use crate::features::FeatureTable;
use crate::model::outcome::Outcome;

/// Outcomes, row for row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes(pub Vec<Outcome>);

impl Records for FeatureTable {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.feature_names().len()
    }
}
