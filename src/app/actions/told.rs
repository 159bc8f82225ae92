//! A recommendation as it is told and kept.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::{Decision, Gain};
use crate::app::access::Scope;
use crate::domain::{Currency, Money, format_minor};

/// What should be done for a customer on a day, what it is worth, and why nothing else is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recommendation {
    /// Names the decision: the same question has the same one until a fact, the policy, the effects or the day changes.
    pub recommendation_id: String,
    /// The customer.
    pub customer_id: String,
    /// The last day whose facts are known.
    pub as_of: NaiveDate,
    /// The day it is for.
    pub day: NaiveDate,
    /// What should be done, an action of the policy's catalogue; `wait` is to do nothing.
    #[schema(example = "email_reminder_1")]
    pub action: String,
    /// The same for people.
    pub action_name: String,
    /// Through which channel: `none`, `email`, `sms`, `post`, `phone` or `internal`.
    pub channel: String,
    /// Who may let it happen: `auto`, `review` or `named_human`.
    pub autonomy: String,
    /// Who does it, where a collector is needed.
    pub collector: Option<String>,
    /// Minutes of the collector.
    pub minutes: u32,
    /// Skill that the collector needs.
    pub skill: Option<String>,
    /// Template of the text.
    pub template: Option<String>,
    /// Tone of the text.
    pub tone: Option<String>,
    /// Dunning level, where it has one.
    pub level: Option<u32>,
    /// When it may reach the customer; null for what does not.
    pub window: Option<Window>,
    /// What it is about and asks for.
    pub items: Vec<AskedItem>,
    /// What is open, by currency.
    pub open: Vec<Sum>,
    /// What may be dunned, by currency.
    pub dunnable: Vec<Sum>,
    /// Currency of every gain.
    #[schema(example = "EUR")]
    pub currency: String,
    /// What it is worth against waiting.
    pub gain: GainView,
    /// Everything that may be done with what it is worth, `wait` included, best first.
    pub alternatives: Vec<Alternative>,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Why other actions may not be done, and which amounts are left out.
    pub why_nots: Vec<WhyNotView>,
    /// Changes of stage that ride along: risk, credit limit, order block, escalation, instalment plan.
    pub advice: Vec<serde_json::Value>,
    /// The day on which to ask again, if nothing happens before.
    pub review_on: NaiveDate,
    /// Place in the worklist of the day: 1 is worth most a minute; null outside of a plan.
    pub priority: Option<u32>,
    /// Stage of the oldest amount: `pre_due`, `early`, `middle` or `late`.
    pub stage: String,
    /// Days past due of the oldest amount.
    pub days_past_due: i32,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// Whether it was drawn.
    pub is_randomised: bool,
    /// Whether the customer is in the hold-out, for which nothing is done.
    pub is_hold_out: bool,
    /// Whatever could have been chosen, with its probability.
    pub admissible: Vec<ShareView>,
    /// Policy and its version.
    pub policy: String,
    /// The model that predicts.
    pub model_version: String,
    /// The effects it rests on; `assumed` where nobody has learned any.
    pub effects_id: String,
    /// Hash over the facts it rests on.
    pub facts_hash: String,
    /// Seed of the draw, a decimal.
    pub seed: String,
}

/// When a contact may be made, in the customer's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Window {
    /// The day.
    pub date: NaiveDate,
    /// From when on, local time.
    #[schema(example = "09:00")]
    pub from: String,
    /// Until when, local time.
    #[schema(example = "18:00")]
    pub until: String,
    /// Time zone, as in the IANA database.
    pub timezone: String,
}

/// What is asked for of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskedItem {
    /// The invoice.
    pub invoice_id: String,
    /// Currency of the amounts.
    pub currency: String,
    /// What is asked for, a decimal.
    pub amount: String,
    /// What is open, a decimal.
    pub open_amount: String,
    /// The day it fell or falls due.
    pub due_date: NaiveDate,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sum {
    /// Its currency.
    pub currency: String,
    /// A decimal.
    pub amount: String,
}

/// What an action is worth against waiting; amounts are decimals in the currency of the recommendation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GainView {
    /// `earlier_cash + avoided_loss - cost - goodwill - discount`.
    pub total: String,
    /// Five per cent quantile of it.
    pub low: String,
    /// Ninety-five per cent quantile of it.
    pub high: String,
    /// What cash that comes earlier is worth.
    pub earlier_cash: String,
    /// Loss that is expected to be avoided.
    pub avoided_loss: String,
    /// What the action costs.
    pub cost: String,
    /// What it costs in goodwill.
    pub goodwill: String,
    /// Discount given, to those who would have paid in time anyway too.
    pub discount: String,
    /// Change of the share that is paid within thirty days, from 0 to 1.
    pub uplift: f64,
    /// Share that is paid within thirty days if nothing is done.
    pub paid_without: f64,
    /// Whether the effect is an assumption that no data has spoken to.
    pub is_assumption: bool,
}

/// Something else that may be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ActionAlternative)]
pub struct Alternative {
    /// The action.
    pub action: String,
    /// What it is worth against waiting.
    pub gain: GainView,
    /// Whether it is what is recommended.
    pub is_chosen: bool,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhyNot)]
pub struct WhyNotView {
    /// The action; null for all that dun.
    pub action: Option<String>,
    /// The invoice that is left out; null for all.
    pub invoice_id: Option<String>,
    /// Stable, for programs.
    #[schema(example = "cooling_off")]
    pub code: String,
    /// The reason in words.
    pub text: String,
    /// The last day of it, where that is known.
    pub until: Option<NaiveDate>,
}

/// An action with the probability with which it could have been chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ActionShare)]
pub struct ShareView {
    /// The action.
    pub action: String,
    /// Its probability.
    pub propensity: f64,
}

/// The invoice by whose payment the decision is judged: the oldest that may be dunned, whatever was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// The invoice.
    pub invoice_id: String,
    /// What was open, in minor units of its currency.
    pub open_minor: i64,
    /// Probability of payment on each day of the window if nothing is done, given that none came before.
    pub hazards: Vec<f64>,
}

/// A recommendation with what is not told: whose it is, and what is needed to record and to learn from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Legal entities that the client saw for whom it was made; none is all.
    pub entities: Option<BTreeSet<String>>,
    /// The decision as it is logged.
    pub decision: Decision,
    /// The invoice by whose payment it is judged; none where nothing may be dunned.
    pub unit: Option<Unit>,
    /// The invoice under which the action is recorded; none for the account as a whole.
    pub invoice_id: Option<String>,
    /// Currency of that invoice.
    pub invoice_currency: Option<Currency>,
    /// Whether privacy law protects the customer as a person.
    pub is_natural_person: bool,
    /// What is told.
    pub told: Recommendation,
}

impl Kept {
    /// Returns the scope of the client for whom it was made.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.entities
            .as_ref()
            .map_or(Scope::All, |entities| Scope::Entities(entities.clone()))
    }
}

impl GainView {
    /// Writes a gain in money.
    #[must_use]
    pub fn of(gain: &Gain, currency: Currency) -> Self {
        let decimal = |minor: f64| expected(minor, currency);
        Self {
            total: decimal(gain.total),
            low: decimal(gain.low),
            high: decimal(gain.high),
            earlier_cash: decimal(gain.earlier_cash),
            avoided_loss: decimal(gain.avoided_loss),
            cost: decimal(gain.cost),
            goodwill: decimal(gain.goodwill),
            discount: decimal(gain.discount),
            uplift: finite(gain.uplift),
            paid_without: finite(gain.paid_without),
            is_assumption: gain.is_assumption,
        }
    }
}

/// Writes an expectation in minor units as a decimal; what is no number is nothing.
pub(crate) fn expected(minor: f64, currency: Currency) -> String {
    Money::nearest(minor, currency).to_decimal_string()
}

/// JSON has no number for what is not finite.
pub(super) fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// Writes amounts by currency.
pub(super) fn sums(amounts: &BTreeMap<Currency, i64>) -> Vec<Sum> {
    amounts
        .iter()
        .map(|(currency, minor)| Sum {
            currency: currency.code().to_owned(),
            amount: format_minor(*minor, currency.exponent()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_written_as_amounts_of_the_currency() {
        assert_eq!(expected(1_234.4, Currency::EUR), "12.34");
        assert_eq!(expected(-0.4, Currency::EUR), "0.00");
        assert_eq!(expected(f64::NAN, Currency::EUR), "0.00");
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(expected(1_234.5, yen), "1235");
    }

    #[test]
    fn what_is_no_number_is_none_in_json() {
        assert!(finite(f64::INFINITY).abs() < f64::EPSILON);
        assert!((finite(0.25) - 0.25).abs() < f64::EPSILON);
    }
}
