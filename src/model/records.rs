//! Our tables as linfa's datasets: records are a feature table, targets are outcomes.

use linfa::DatasetBase;
use linfa::dataset::Records;

use crate::features::FeatureTable;
use crate::model::TrainingSet;
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

impl TrainingSet {
    /// Returns the set in the form that linfa's `Fit` takes.
    #[must_use]
    pub fn dataset(&self) -> DatasetBase<FeatureTable, Outcomes> {
        DatasetBase::new(self.table.clone(), Outcomes(self.outcomes.clone()))
    }
}
