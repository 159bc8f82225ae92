//! The three hazards of the champion, fitted and asked together.

use std::sync::Arc;

use linfa::DatasetBase;
use linfa::traits::Fit;
use serde::{Deserialize, Serialize};

use crate::features;
use crate::model::Error;
use crate::model::blend;
use crate::model::cash_model::{CashModel, Scratch, Trees, chained};
use crate::model::coming_day::ComingDay;
use crate::model::day_rows;
use crate::model::day_values;
use crate::model::design;
use crate::model::hazard::{HazardModel, HazardParams};
use crate::model::hazard_trees::answers::{answer_invoice, answer_payer};
use crate::model::hazard_trees::leaves::{LeafLogistic, Rows};
use crate::model::hazard_trees::{HazardTreesParams, rows};
use crate::model::invoice_input::{Inputs, InvoiceInput};
use crate::model::outcome::Outcome;
use crate::model::payer_day::PayerDay;
use crate::model::trees::{Bins, BoostedTrees, BoostedTreesParams, Forest};

/// Penalty on the plain part's coefficients.
const PLAIN_PENALTY: f64 = 30.0;
/// Of so many rows of the trees the plain part is fitted on one: a regression of fewer columns needs fewer.
const ROWS_A_PLAIN_ROW: u32 = 4;
/// Penalty on the coefficients of leaves and plain terms.
const LEAF_PENALTY: f64 = 100.0;

/// Penalties of trees: an invoice is a row at each cut-off at which it was open, so rows are worth a fraction of
/// themselves.
const TREE_PENALTY: f64 = 20.0;
const CURVATURE_MIN: f64 = 20.0;
/// Number of trees times the share of each that is taken.
const STEPS: f64 = 12.0;

/// Boosted trees that answer by themselves.
fn boosted_trees(params: &HazardTreesParams) -> BoostedTreesParams {
    let trees = f64::from(u32::try_from(params.trees).expect("trees are few"));
    BoostedTreesParams {
        trees: params.trees,
        leaves: 31,
        // As large a step in all, whatever the number of trees.
        rate: (STEPS / trees).min(1.0),
        penalty: params.strengthened(TREE_PENALTY),
        curvature_min: params.strengthened(CURVATURE_MIN),
        seed: params.seed,
        ..BoostedTreesParams::default()
    }
}

/// Trees whose leaves are columns.
fn encoder_trees(params: &HazardTreesParams) -> BoostedTreesParams {
    BoostedTreesParams {
        trees: 30,
        leaves: 16,
        rate: 0.15,
        ..boosted_trees(params)
    }
}

/// The plain hazard, the boosted one and the one on leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    plain: HazardModel,
    bins: Bins,
    boosted: BoostedTrees,
    leaves: LeafLogistic,
}

impl Parts {
    /// Fits the parts on the first invoices of a table: as many as there are outcomes.
    pub(super) fn fit(
        params: &HazardTreesParams,
        inputs: &Inputs<'_>,
        outcomes: &[Outcome],
    ) -> Result<Self, Error> {
        let plain = HazardParams::default()
            .penalty(params.strengthened(PLAIN_PENALTY))
            .day_rows_max((params.day_rows_max / ROWS_A_PLAIN_ROW).max(HazardParams::DAY_ROWS_MIN))
            .seed(params.seed);
        let plain = plain.check()?.fit_first(inputs, outcomes)?;
        let days = day_rows::draw(inputs.table(), outcomes, params.day_rows_max, params.seed);
        let asked = day_values::asked_features();
        let matrix = rows::matrix(inputs, asked, &days);
        let bins = Bins::of_rows(&matrix, asked.len() + day_values::VALUES.len());
        let mut binned = bins.apply(&matrix);
        drop(matrix);
        binned.offsets = days.iter().map(|day| day.offset).collect();
        let paid: Vec<bool> = days.iter().map(|day| day.paid).collect();
        let dataset = DatasetBase::new(binned, paid);
        let boosted = boosted_trees(params).check(&bins)?.fit(&dataset)?;
        let rows = Rows {
            inputs,
            days: &days,
            bins: &bins,
            binned: &dataset.records,
            scaling: plain.scaling(),
        };
        let leaves = LeafLogistic::fit(&rows, encoder_trees(params), params.strengthened(LEAF_PENALTY))?;
        Ok(Self {
            plain,
            bins,
            boosted,
            leaves,
        })
    }

    /// Room for predictions, with the trees laid out for them.
    pub(super) fn scratch(&self) -> Scratch {
        Scratch {
            trees: Some(self.trees()),
        }
    }

    /// The boosted trees and the encoder's, laid out to be walked by all days.
    fn trees(&self) -> Trees {
        let forest = Forest::new([&self.boosted, &self.leaves.encoder], &self.bins);
        Trees {
            answers: forest.answers(),
            forest: Arc::new(forest),
        }
    }

    /// What each part says of each of some invoices of one payer at one cut-off.
    pub(super) fn paid_by(&self, invoices: &[InvoiceInput<'_>], scratch: &mut Scratch) -> Vec<blend::Parts> {
        let Some(first) = invoices.first() else {
            return Vec::new();
        };
        let Trees { forest, answers } = scratch.trees.get_or_insert_with(|| self.trees());
        let payer = PayerDay::all(&first.view);
        answer_payer(&payer, forest, answers);
        let invoices = invoices.iter().map(|input| {
            let days = ComingDay::all(input, &payer);
            answer_invoice(input, &days, forest, answers);
            let [boosted, leaves] = forest.log_odds(answers);
            let lines = [self.plain.line(), self.leaves.line()];
            let [plain, on_terms] = design::log_odds(input, &days, self.plain.scaling(), lines);
            let with_leaves = on_terms
                .iter()
                .zip(leaves)
                .map(|(on_terms, leaves)| on_terms + leaves);
            [chained(plain), chained(boosted), chained(with_leaves)]
        });
        invoices.collect()
    }

    /// Mean of each feature over the rows that the parts were fitted on.
    pub(super) fn feature_means(&self) -> &[f64] {
        self.plain.feature_means()
    }

    /// The plain hazard.
    pub(super) fn plain(&self) -> &HazardModel {
        &self.plain
    }

    /// Checks that the parameters fit together and the feature list of this code.
    pub(super) fn check(&self) -> Result<(), String> {
        let width = day_values::asked_features().len() + day_values::VALUES.len();
        self.plain.check()?;
        self.bins.check(width)?;
        self.boosted.check(width)?;
        self.leaves.check(features::features().len(), width)
    }
}
