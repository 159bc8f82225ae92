//! What the hazards have in common: the probability of cash by each coming day, one invoice at a time.

use std::sync::Arc;

use rayon::prelude::*;

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::distribution::single;
use crate::model::invoice_input::{Inputs, InvoiceInput};
use crate::model::trees::{Answers, Forest};
use crate::model::{Error, PaymentDistribution};

/// Probability of having been paid by the end of each day of the horizon.
pub(crate) type PaidBy = [f64; HORIZON_DAYS];

/// Room that is used again from payer to payer of one model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// The model's trees; none before they are first needed.
    pub(crate) trees: Option<Trees>,
}

/// Trees laid out once, and room for what is asked of an invoice.
#[derive(Debug, Clone)]
pub(crate) struct Trees {
    pub(crate) forest: Arc<Forest<2>>,
    pub(crate) answers: Answers,
}

/// A model of cash within the horizon, as if nothing but cash could end an invoice.
pub(crate) trait CashModel: Sync {
    /// Makes room for predictions; every thread has a copy of its own.
    fn scratch(&self) -> Scratch {
        Scratch::default()
    }

    /// Returns the probability of having been paid by the end of each coming day, for each of some invoices of one
    /// payer at one cut-off: what the coming days are to the payer is worked out once.
    fn paid_by(&self, invoices: &[InvoiceInput<'_>], scratch: &mut Scratch) -> Vec<PaidBy>;

    /// Mean of each feature over the rows that it was fitted on, in the order of the feature list.
    fn feature_means(&self) -> &[f64];

    /// Returns the distributions of all rows of a table.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let (inputs, scratch) = (Inputs::new(table)?, self.scratch());
        inputs
            .payers(0..inputs.len())
            .into_par_iter()
            .map_init(
                || scratch.clone(),
                |scratch, rows| {
                    let paid_by = self.paid_by(&inputs.of(rows), scratch);
                    let distribution =
                        |paid_by: PaidBy| PaymentDistribution::from_cdf(paid_by.map(single).to_vec());
                    paid_by.into_iter().map(distribution).collect::<Vec<_>>()
                },
            )
            .flatten_iter()
            .collect()
    }
}

/// The probability of log-odds.
pub(crate) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Chains daily log-odds of payment, given unpaid before, to probabilities of having been paid.
pub(crate) fn chained(log_odds: impl IntoIterator<Item = f64>) -> PaidBy {
    let (mut unpaid, mut paid_by) = (1.0, [0.0; HORIZON_DAYS]);
    for (paid_by, log_odds) in paid_by.iter_mut().zip(log_odds) {
        unpaid *= 1.0 - logistic(log_odds);
        *paid_by = 1.0 - unpaid;
    }
    paid_by
}
