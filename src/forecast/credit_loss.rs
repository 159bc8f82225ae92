//! What the predictions say is never paid: the expected credit loss from the model, item by item.

use crate::domain::{Date, Money};
use crate::model::{PaymentDistribution, PaymentPrediction};

/// Days past due from which an open amount counts as defaulted (the presumption of IFRS 9, B5.5.37).
pub const DEFAULT_DAYS: i32 = 90;

/// Days of the twelve months within which a default counts for a 12-month loss.
const TWELVE_MONTHS_DAYS: i32 = 365;

/// What is expected to be lost of an open invoice, or of one line of its instalment plan.
#[derive(Clone, Debug, PartialEq)]
pub struct CreditLoss {
    /// The invoice.
    pub invoice_id: String,
    /// Due date of the invoice or of the line.
    pub due_date: Date,
    /// What is open of it.
    pub open: Money,
    /// Share of it that never comes in cash: never paid, or ended by a credit note or a write-off.
    pub lifetime_share: f64,
    /// The part of that share which stems from a default within twelve months of the cut-off.
    pub twelve_month_share: f64,
}

/// Returns the expected credit loss of each open invoice, line by line where it is paid in instalments.
///
/// # Definition
///
/// The lifetime share is `never + ended_otherwise` of the distribution, the share behind `expected_loss` of a
/// forecast. A default is reaching [`DEFAULT_DAYS`] days past due. What reaches them within twelve months has
/// its whole loss in them; of what falls due too late for that, only what ends without cash within them.
///
/// # References
///
/// IFRS 9 Financial Instruments, 5.5.3, 5.5.5 and Appendix A (lifetime and 12-month expected credit losses).
#[must_use]
pub fn credit_losses(predictions: &[PaymentPrediction]) -> Vec<CreditLoss> {
    let mut losses = Vec::with_capacity(predictions.len());
    for prediction in predictions {
        let loss = |due_date: Date, open: Money, distribution: &PaymentDistribution| {
            let days_to_due = (due_date - prediction.as_of).num_days();
            let lifetime_share = distribution.never() + distribution.ended_otherwise(distribution.last_day());
            let defaults_in_time = days_to_due + i64::from(DEFAULT_DAYS) <= i64::from(TWELVE_MONTHS_DAYS);
            CreditLoss {
                invoice_id: prediction.invoice_id.clone(),
                due_date,
                open,
                lifetime_share,
                twelve_month_share: if defaults_in_time {
                    lifetime_share
                } else {
                    distribution.ended_otherwise(TWELVE_MONTHS_DAYS)
                },
            }
        };
        if prediction.lines.is_empty() {
            losses.push(loss(
                prediction.due_date,
                prediction.open,
                &prediction.distribution,
            ));
        }
        for line in &prediction.lines {
            losses.push(loss(line.due_date, line.open, &line.distribution));
        }
    }
    losses
}
