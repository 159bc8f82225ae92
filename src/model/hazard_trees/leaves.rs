//! Trees as an encoder: a logistic regression on the leaves that a day falls into, and the plain terms.
//!
//! He et al. (2014) grew trees on one part of the data and fitted the logistic regression on another, so
//! that a leaf is not believed because it was grown on the rows that it is judged by. Here trees are
//! grown on the older half of the rows; the regression is fitted on all of them with a penalty that
//! leaves of a few rows do not overcome.

use linfa::DatasetBase;
use linfa::traits::Fit;
use serde::{Deserialize, Serialize};

use crate::model::Error;
use crate::model::day_rows::DayRow;
use crate::model::design::{self, Line};
use crate::model::invoice_input::Inputs;
use crate::model::logistic::SparseLogisticParams;
use crate::model::matrix::{self, Scaling};
use crate::model::trees::{BinnedRows, Bins, BoostedTrees, BoostedTreesParams};

/// L-BFGS iterations at most.
const ITERATIONS_MAX: u32 = 100;

/// A logistic regression on leaves and plain terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeafLogistic {
    /// The encoder, with the coefficient of each leaf as its value.
    pub(super) encoder: BoostedTrees,
    intercept: f64,
    /// Of the plain terms.
    coefficients: Vec<f64>,
}

/// Day-ahead rows in each form in which the estimators want them.
pub(super) struct Rows<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) days: &'a [DayRow],
    pub(super) bins: &'a Bins,
    pub(super) binned: &'a BinnedRows,
    pub(super) scaling: &'a Scaling,
}

impl LeafLogistic {
    /// Grows trees on the older half of the rows.
    fn grow(rows: &Rows<'_>, trees: BoostedTreesParams) -> Result<BoostedTrees, Error> {
        // Rows of one invoice at one cut-off stay together.
        let middle = rows.days[rows.days.len() / 2].row;
        let older = rows.days.partition_point(|day| day.row <= middle);
        let paid = rows.days[..older].iter().map(|day| day.paid).collect();
        trees
            .check(rows.bins)?
            .fit(&DatasetBase::new(rows.binned.first(older), paid))
    }

    /// Grows the encoder on the older half of `rows` and fits the regression on all.
    pub(super) fn fit(rows: &Rows<'_>, trees: BoostedTreesParams, penalty: f64) -> Result<Self, Error> {
        let mut encoder = Self::grow(rows, trees)?;
        let plain = design::width(rows.inputs.feature_count());
        let width = plain + encoder.trees.iter().map(|tree| tree.leaf_count()).sum::<usize>();
        let sparse = design::rows(rows.inputs, rows.scaling, rows.days, width, |place, terms| {
            let mut first = plain;
            for tree in &encoder.trees {
                let leaf = tree.leaf(|column| rows.binned.columns[column][place]);
                terms.push((first + leaf, 1.0));
                first += tree.leaf_count();
            }
        });
        let paid = rows.days.iter().map(|day| day.paid).collect();
        let estimator = SparseLogisticParams {
            penalty,
            iterations_max: ITERATIONS_MAX,
            ..SparseLogisticParams::default()
        };
        let fitted = estimator.check()?.fit(&DatasetBase::new(sparse, paid))?;
        let mut coefficients = fitted.coefficients;
        let mut of_leaves = coefficients.split_off(plain).into_iter();
        for leaf in encoder.trees.iter_mut().flat_map(|tree| &mut tree.leaves) {
            *leaf = of_leaves.next().expect("a coefficient a leaf");
        }
        encoder.intercept = 0.0;
        Ok(Self {
            encoder,
            intercept: fitted.intercept,
            coefficients,
        })
    }

    /// The regression on the plain terms; what the leaves add comes on top.
    pub(super) fn line(&self) -> Line<'_> {
        Line {
            intercept: self.intercept,
            coefficients: &self.coefficients,
        }
    }

    /// Checks that the parameters fit together, the feature list of this code and trees of `width` columns.
    pub(super) fn check(&self, feature_count: usize, width: usize) -> Result<(), String> {
        let columns = design::width(feature_count);
        matrix::check_numbers("coefficients", &self.coefficients, columns)?;
        matrix::check_numbers("intercept", &[self.intercept], 1)?;
        self.encoder.check(width)
    }
}
