//! The catalogue: every model by name, fitted and used in the same way.

use std::fmt;
use std::str::FromStr;

use linfa::traits::Fit;
use serde::{Deserialize, Serialize};

use crate::features::FeatureTable;
use crate::model::cash_model::CashModel;
use crate::model::delta::{DeltaModel, DeltaParams};
use crate::model::hazard::{HazardModel, HazardParams};
use crate::model::hazard_trees::{HazardTreesModel, HazardTreesParams};
use crate::model::late_risk::{LateRiskModel, LateRiskParams};
use crate::model::prediction::{self, PaymentPrediction, Reasons};
use crate::model::reason::{self, Explanation};
use crate::model::{Error, PaymentDistribution, TrainingSet, baseline, tail};

/// The models there are, plainest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelName {
    /// Everybody pays when due.
    DueDate,
    /// Due date plus the customer's average delay.
    CustomerMean,
    /// The customer's own empirical-Bayes hazard.
    CustomerHistogram,
    /// Elastic net on days past due.
    Delta,
    /// Calibrated logistic regression on late payment.
    LateRisk,
    /// Discrete-time hazard by logistic regression.
    Hazard,
    /// Discrete-time hazard by boosted trees and a logistic regression on their leaves, blended.
    HazardTrees,
}

impl ModelName {
    /// Every model, plainest first.
    pub const ALL: [Self; 7] = [
        Self::DueDate,
        Self::CustomerMean,
        Self::CustomerHistogram,
        Self::Delta,
        Self::LateRisk,
        Self::Hazard,
        Self::HazardTrees,
    ];

    /// The baselines that every model must beat.
    pub const BASELINES: [Self; 3] = [Self::DueDate, Self::CustomerMean, Self::CustomerHistogram];

    /// What `train` fits when no model is named.
    pub const DEFAULT: Self = Self::HazardTrees;

    /// Returns the name as it is written on the command line and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DueDate => "due_date",
            Self::CustomerMean => "customer_mean",
            Self::CustomerHistogram => "customer_histogram",
            Self::Delta => "delta",
            Self::LateRisk => "late_risk",
            Self::Hazard => "hazard",
            Self::HazardTrees => "hazard_trees",
        }
    }

    /// Returns one line about the model.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::DueDate => "everybody pays when due",
            Self::CustomerMean => "due date plus the customer's average delay",
            Self::CustomerHistogram => {
                "the customer's own hazard by days past due, shrunk to customers like it"
            }
            Self::Delta => "linfa elastic net on days past due, with its residuals",
            Self::LateRisk => "linfa logistic regression on late payment, calibrated",
            Self::Hazard => "discrete-time hazard: sparse logistic regression on day-ahead rows",
            Self::HazardTrees => {
                "discrete-time hazard: boosted trees and a logistic regression on their leaves"
            }
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ModelName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|model| model.as_str() == name)
            .ok_or_else(|| Error::UnknownModel {
                allowed: Self::ALL.map(Self::as_str).join(", "),
                given: name.to_owned(),
            })
    }
}

/// A model that can predict. Data only: saving and loading it executes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", content = "parameters", rename_all = "snake_case")]
pub enum FittedModel {
    /// See [`ModelName::DueDate`].
    DueDate,
    /// See [`ModelName::CustomerMean`].
    CustomerMean,
    /// See [`ModelName::CustomerHistogram`].
    CustomerHistogram,
    /// See [`ModelName::Delta`].
    Delta(DeltaModel),
    /// See [`ModelName::LateRisk`].
    LateRisk(LateRiskModel),
    /// See [`ModelName::Hazard`].
    Hazard(Box<HazardModel>),
    /// See [`ModelName::HazardTrees`].
    HazardTrees(Box<HazardTreesModel>),
}

/// Fits the model `name` on a training set, with its default hyperparameters.
///
/// # Errors
///
/// [`Error::Linfa`] when the estimator refuses the data, [`Error::NotFinite`] for a broken feature.
pub fn fit(name: ModelName, training: &TrainingSet, seed: u64) -> Result<FittedModel, Error> {
    Ok(match name {
        ModelName::DueDate => FittedModel::DueDate,
        ModelName::CustomerMean => FittedModel::CustomerMean,
        ModelName::CustomerHistogram => FittedModel::CustomerHistogram,
        ModelName::Delta => FittedModel::Delta(DeltaParams::default().check()?.fit(training.dataset())?),
        ModelName::LateRisk => {
            FittedModel::LateRisk(LateRiskParams::default().check()?.fit(training.dataset())?)
        }
        ModelName::Hazard => FittedModel::Hazard(Box::new(
            HazardParams::default()
                .seed(seed)
                .check()?
                .fit(training.dataset())?,
        )),
        ModelName::HazardTrees => FittedModel::HazardTrees(Box::new(
            HazardTreesParams::default()
                .seed(seed)
                .check()?
                .fit(training.dataset())?,
        )),
    })
}

impl FittedModel {
    /// Returns which model this is.
    #[must_use]
    pub fn name(&self) -> ModelName {
        match self {
            Self::DueDate => ModelName::DueDate,
            Self::CustomerMean => ModelName::CustomerMean,
            Self::CustomerHistogram => ModelName::CustomerHistogram,
            Self::Delta(_) => ModelName::Delta,
            Self::LateRisk(_) => ModelName::LateRisk,
            Self::Hazard(_) => ModelName::Hazard,
            Self::HazardTrees(_) => ModelName::HazardTrees,
        }
    }

    /// Returns the distribution of every row of a feature table, in row order.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] names a feature that is not a number.
    pub fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let distributions = match self {
            // A sure day needs no tail, and what is sure has no other ending.
            Self::DueDate => return baseline::due_date(table),
            Self::CustomerMean => return baseline::customer_mean(table),
            Self::CustomerHistogram => baseline::customer_histogram(table)?,
            Self::Delta(model) => model.distributions(table)?,
            Self::LateRisk(model) => model.distributions(table)?,
            Self::Hazard(model) => model.distributions(table)?,
            Self::HazardTrees(model) => model.distributions(table)?,
        };
        self.finish(table, distributions)
    }

    /// Adds what a model of cash within the horizon leaves out: the tails, then the endings without cash.
    fn finish(
        &self,
        table: &FeatureTable,
        distributions: Vec<PaymentDistribution>,
    ) -> Result<Vec<PaymentDistribution>, Error> {
        let Some(plain) = self.plain() else {
            return Ok(tail::set_tails(table, distributions, None));
        };
        let distributions = tail::set_tails(table, distributions, Some(&plain.roll_rates));
        plain.other_endings.apply(table, distributions)
    }

    /// The plain hazard of the models that have one: it has learned endings without cash, and roll rates.
    fn plain(&self) -> Option<&HazardModel> {
        match self {
            Self::Hazard(model) => Some(model),
            Self::HazardTrees(model) => Some(model.plain()),
            Self::DueDate
            | Self::CustomerMean
            | Self::CustomerHistogram
            | Self::Delta(_)
            | Self::LateRisk(_) => None,
        }
    }

    /// Checks that the parameters fit together: a file may be whole and still be no model.
    ///
    /// # Errors
    ///
    /// Says what does not fit.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::DueDate | Self::CustomerMean | Self::CustomerHistogram => Ok(()),
            Self::Delta(model) => model.check(),
            Self::LateRisk(model) => model.check(),
            Self::Hazard(model) => model.check(),
            Self::HazardTrees(model) => model.check(),
        }
    }

    /// Predicts every row of a feature table; reasons are given where they are wanted and the model can.
    ///
    /// # Errors
    ///
    /// As [`FittedModel::distributions`].
    pub fn predict(&self, table: &FeatureTable, reasons: Reasons) -> Result<Vec<PaymentPrediction>, Error> {
        let distributions = self.distributions(table)?;
        let reasons = match (reasons, self.cash_model()) {
            (Reasons::Given, Some(_)) => {
                let explained = self.explain(table)?.into_iter();
                Some(explained.map(|explanation| explanation.reasons).collect())
            }
            (Reasons::Given, None) | (Reasons::LeftOut, _) => None,
        };
        prediction::assemble(table, distributions, reasons)
    }

    /// Explains every row of a feature table.
    ///
    /// # Errors
    ///
    /// As [`FittedModel::distributions`].
    pub fn explain(&self, table: &FeatureTable) -> Result<Vec<Explanation>, Error> {
        let rows: Vec<usize> = (0..table.len()).collect();
        self.explain_rows(table, &rows)
    }

    /// Explains the rows of a feature table that are named, in the order in which they are.
    ///
    /// Models other than the two hazards give no reasons: there the prediction is its own baseline.
    ///
    /// # Errors
    ///
    /// As [`FittedModel::distributions`].
    ///
    /// # Panics
    ///
    /// When a row is not below the length of the table.
    pub fn explain_rows(&self, table: &FeatureTable, rows: &[usize]) -> Result<Vec<Explanation>, Error> {
        if let Some(model) = self.cash_model() {
            return reason::explain(model, table, rows);
        }
        let distributions = self.distributions(table)?;
        Ok(rows
            .iter()
            .map(|row| {
                let days = distributions[*row].days();
                let paid_by = std::array::from_fn(|day| f64::from(days[day]));
                reason::unexplained(table, *row, &paid_by)
            })
            .collect())
    }

    /// The model as one whose features can be exchanged, invoice by invoice.
    fn cash_model(&self) -> Option<&dyn CashModel> {
        match self {
            Self::Hazard(model) => Some(&**model),
            Self::HazardTrees(model) => Some(&**model),
            Self::DueDate
            | Self::CustomerMean
            | Self::CustomerHistogram
            | Self::Delta(_)
            | Self::LateRisk(_) => None,
        }
    }
}
