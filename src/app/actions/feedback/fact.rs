//! What was done, as a row of the ledger.

use serde::{Deserialize, Serialize};

use super::{Feedback, FeedbackKind};
use crate::action::ActionId;
use crate::app::actions::InForce;
use crate::app::actions::plan::is_wait;
use crate::app::actions::told::Kept;
use crate::app::ledger::RawCell;
use crate::domain::{Date, format_minor};

/// A row of the table `actions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActionFact {
    pub(super) action_id: String,
    pub(super) customer_id: String,
    pub(super) action_type: String,
    pub(super) channel: Option<String>,
    pub(super) sent_on: Date,
    pub(super) invoice_id: Option<String>,
    pub(super) level: Option<u32>,
    pub(super) cost: Option<(String, String)>,
    pub(super) propensity: Option<f64>,
    pub(super) chosen_by: String,
    pub(super) outcome: Option<(String, Date)>,
}

impl ActionFact {
    /// Returns the cells of the row.
    pub(super) fn cells(&self) -> Vec<(String, RawCell)> {
        let text = |name: &str, value: &str| (name.to_owned(), RawCell::Text(value.to_owned()));
        let mut cells = vec![
            text("action_id", &self.action_id),
            text("customer_id", &self.customer_id),
            text("action_type", &self.action_type),
            text("sent_on", &self.sent_on.to_string()),
            text("chosen_by", &self.chosen_by),
        ];
        cells.extend(self.channel.iter().map(|channel| text("channel", channel)));
        cells.extend(self.invoice_id.iter().map(|id| text("invoice_id", id)));
        if let Some(level) = self.level {
            cells.push(("level".to_owned(), RawCell::Integer(i64::from(level))));
        }
        if let Some((amount, currency)) = &self.cost {
            cells.push(text("cost", amount));
            cells.push(text("currency", currency));
        }
        if let Some(propensity) = self.propensity {
            cells.push(("propensity".to_owned(), RawCell::Number(propensity)));
        }
        if let Some((outcome, day)) = &self.outcome {
            cells.push(text("outcome", outcome));
            cells.push(text("outcome_on", &day.to_string()));
        }
        cells
    }
}

/// Returns what is recorded of a decision.
pub(super) fn fact_of(
    kept: &Kept,
    feedback: &Feedback,
    action: &ActionId,
    in_force: &InForce,
    sent_on: Date,
) -> ActionFact {
    let policy = &in_force.policy;
    let rule = policy.action(action.as_str()).map(|place| &policy.actions[place]);
    let is_accepted = feedback.kind == FeedbackKind::Accepted;
    // A row about an invoice has the currency of the invoice.
    let is_own_currency = kept
        .invoice_currency
        .is_none_or(|currency| currency == policy.currency);
    let cost = rule.filter(|rule| rule.cost_minor > 0 && is_own_currency && !is_wait(action));
    ActionFact {
        action_id: format!("recommendation-{}", kept.decision.decision_id),
        customer_id: kept.decision.customer_id.clone(),
        action_type: action.to_string(),
        channel: rule
            .filter(|_| !is_wait(action))
            .map(|rule| rule.channel.name().to_owned()),
        sent_on,
        invoice_id: kept.invoice_id.clone(),
        level: rule.map(|rule| rule.level).filter(|level| *level > 0),
        cost: cost.map(|rule| {
            let amount = format_minor(rule.cost_minor, policy.currency.exponent());
            (amount, policy.currency.code().to_owned())
        }),
        propensity: is_accepted.then_some(kept.decision.propensity),
        chosen_by: if is_accepted { "policy" } else { "human" }.to_owned(),
        outcome: None,
    }
}
