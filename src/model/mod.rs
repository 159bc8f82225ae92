//! Stage 3 of 5. In: `FeatureTable`. Out: `PaymentPrediction` per invoice.
//!
//! Every model implements linfa's `Fit` and `PredictInplace` over our feature table and answers
//! with the same type, a [`PaymentDistribution`]. [`ModelName::ALL`] lists them; a contract suite
//! runs every behaviour over all of them. Outcomes enter through [`TrainingSet`] alone.

pub mod artifact;
mod baseline;
mod blend;
mod calibration;
mod cash_model;
mod catalog;
mod coming_day;
mod day_rows;
mod day_values;
mod delta;
mod design;
mod distribution;
mod endings;
mod error;
mod hazard;
mod hazard_trees;
mod instalments;
mod invoice_input;
mod late_risk;
mod later_invoice;
mod logistic;
mod matrix;
pub mod outcome;
mod payer_day;
mod prediction;
mod reason;
mod records;
mod roll_rates;
mod sparse_rows;
mod tail;
mod training_set;
mod trees;

pub use crate::features::HORIZON_DAYS;
pub use artifact::{ArtifactInfo, LoadedModel};
pub use catalog::{FittedModel, ModelName, fit};
pub use delta::{DeltaModel, DeltaParams, DeltaValidParams};
pub use distribution::{PaymentDistribution, TAIL_DAYS};
pub use endings::OtherEndings;
pub use error::Error;
pub use hazard::{HazardModel, HazardParams, HazardValidParams};
pub use hazard_trees::{HazardTreesModel, HazardTreesParams, HazardTreesValidParams};
pub use instalments::InstalmentLine;
pub use late_risk::{LateRiskModel, LateRiskParams, LateRiskValidParams};
pub use logistic::{SparseLogistic, SparseLogisticParams, SparseLogisticValidParams};
pub use outcome::Outcome;
pub use prediction::{PaymentPrediction, Reason, Reasons};
pub use reason::{BASELINE, Contribution, Explanation, Outlook, ReasonGroup};
pub use records::Outcomes;
pub use sparse_rows::SparseRows;
pub use training_set::{TrainingPlan, TrainingSet};
pub use trees::{BinnedRows, Bins, BoostedTrees, BoostedTreesParams, BoostedTreesValidParams, Tree};
