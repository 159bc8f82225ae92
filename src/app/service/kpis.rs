//! The use case behind `duecast kpis`: the key figures, with what a model says is lost beside them.

use super::{Error, Prediction, View};
use crate::forecast;
use crate::kpi::{self, KpiPlan, KpiReport, ModelLoss};

/// Computes the key figures of the book, one report a month, oldest first; the last is at the cut-off.
///
/// With a prediction, made on the day of the view, the last report holds the expected loss from the model.
///
/// # Errors
///
/// Those of [`kpi::series`].
pub fn kpis(view: &View, plan: &KpiPlan, prediction: Option<&Prediction>) -> Result<Vec<KpiReport>, Error> {
    let losses: Option<Vec<ModelLoss>> = prediction.map(|prediction| {
        let losses = forecast::credit_losses(&prediction.rows);
        losses.into_iter().map(model_loss).collect()
    });
    Ok(kpi::series(&view.snapshot, plan, losses.as_deref())?)
}

fn model_loss(loss: forecast::CreditLoss) -> ModelLoss {
    ModelLoss {
        invoice_id: loss.invoice_id,
        due_date: loss.due_date,
        open: loss.open,
        lifetime_share: loss.lifetime_share,
        twelve_month_share: loss.twelve_month_share,
    }
}
