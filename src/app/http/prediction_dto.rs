//! Predictions as they are answered.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::book::InvoiceOutlook;
use crate::domain::date::add_days;
use crate::model::{PaymentPrediction, Reason};

/// Probabilities are answered with six decimals: more would be noise.
const MILLION: f64 = 1_000_000.0;
/// Days and percentage points of reasons are answered with two.
const HUNDRED: f64 = 100.0;

/// When an open invoice is expected to be paid.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Prediction {
    /// The invoice; null for one that is not in the ledger.
    pub(super) invoice_id: Option<String>,
    /// Who owes it.
    pub(super) customer_id: String,
    /// Legal entity that issued it.
    pub(super) entity: Option<String>,
    /// What is owed, a decimal.
    #[schema(example = "1234.50")]
    pub(super) open_amount: String,
    /// Currency of what is owed.
    #[schema(example = "EUR")]
    pub(super) currency: String,
    /// Date of issue.
    pub(super) invoice_date: NaiveDate,
    /// Date it falls due.
    pub(super) due_date: NaiveDate,
    /// The day by which it is as likely paid as not.
    pub(super) predicted_payment_date: NaiveDate,
    /// The day by which it is paid with probability 0.1.
    pub(super) p10: NaiveDate,
    /// The day by which it is paid with probability 0.9.
    pub(super) p90: NaiveDate,
    /// Predicted payment date minus due date in days; positive is late.
    pub(super) predicted_delay_days: i64,
    /// Probability of being open at the end of the due date; 1 once that has passed.
    pub(super) late_probability: f64,
    /// Probability of being open at the end of the 90th day past due; 1 once that has passed.
    pub(super) unpaid_90_days_probability: f64,
    /// Why it is expected later than from a typical customer, most weighty first; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasons: Option<Vec<PredictionReason>>,
    /// Probability of having been paid by each of the coming 91 days; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) distribution: Option<Vec<PaidBy>>,
    /// The model that predicts.
    pub(super) model_version: String,
    /// The last day whose facts are known.
    pub(super) as_of: NaiveDate,
    /// Every fact of the customer up to this number is in the prediction.
    pub(super) ledger_sequence: i64,
}

/// One reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PredictionReason {
    /// Stable code.
    #[schema(example = "R04")]
    pub(super) code: String,
    /// In words, with its effect.
    #[schema(example = "in dispute for 12 days: +6 days, -21 points")]
    pub(super) text: String,
    /// Days by which payment is expected later because of it.
    pub(super) days: f64,
    /// What it does to the probability of being paid in time, in percentage points.
    pub(super) points: f64,
}

/// Probability of having been paid by the end of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PaidBy {
    /// The day.
    pub(super) date: NaiveDate,
    /// The probability.
    pub(super) paid_by: f64,
}

/// What of a prediction is shown beside its dates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Whether with reasons; they must have been computed.
    pub(super) reasons: bool,
    /// Whether with the probabilities of 91 days.
    pub(super) distribution: bool,
}

impl Shown {
    /// Dates and probabilities alone.
    pub(super) const BRIEF: Self = Self {
        reasons: false,
        distribution: false,
    };
}

/// Which prediction, and how much of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictionParams {
    /// The last day whose facts are known; today where it is left out, and at the latest.
    pub(super) as_of: Option<NaiveDate>,
    /// Whether with reasons, which take some milliseconds the first time; without where it is left out.
    pub(super) reasons: Option<bool>,
    /// Whether with the probabilities of the coming 91 days; they are not where it is left out.
    pub(super) distribution: Option<bool>,
}

/// How much of the prediction of an invoice that is not in the ledger.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WhatIfParams {
    /// Whether with reasons, which take some milliseconds the first time; without where it is left out.
    pub(super) reasons: Option<bool>,
    /// Whether with the probabilities of the coming 91 days; they are not where it is left out.
    pub(super) distribution: Option<bool>,
}

/// Which predictions are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictionListParams {
    /// Those of one customer; all where it is left out.
    pub(super) customer_id: Option<String>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// An invoice that is not in the ledger: when would it be paid?
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictionRequest {
    /// Who would owe it; a customer that is not known is expected to pay as others with these terms do.
    pub(super) customer_id: String,
    /// Gross amount, a decimal of the currency's scale.
    #[schema(example = "50000.00")]
    pub(super) amount: String,
    /// Its currency.
    #[schema(example = "EUR")]
    pub(super) currency: String,
    /// Date of issue; today where it is left out, and at the latest.
    pub(super) invoice_date: Option<NaiveDate>,
    /// Date it would fall due; this or `net_days`.
    pub(super) due_date: Option<NaiveDate>,
    /// Days from the date of issue to the date it would fall due.
    #[schema(minimum = 0, maximum = 3650)]
    pub(super) net_days: Option<u32>,
    /// Legal entity that would issue it.
    pub(super) entity: Option<String>,
    /// Terms as they would be printed.
    pub(super) payment_terms: Option<String>,
}

impl Prediction {
    /// Returns the prediction of an invoice as it is answered.
    pub(super) fn of(outlook: &InvoiceOutlook, shown: Shown) -> Self {
        let prediction = outlook.prediction();
        let reasons = || outlook.reasons().iter().map(PredictionReason::of).collect();
        Self {
            invoice_id: Some(prediction.invoice_id.clone()),
            customer_id: prediction.customer_id.clone(),
            entity: prediction.entity.clone(),
            open_amount: prediction.open.to_decimal_string(),
            currency: prediction.open.currency().code().to_owned(),
            invoice_date: prediction.invoice_date,
            due_date: prediction.due_date,
            predicted_payment_date: prediction.quantile_date(0.5),
            p10: prediction.quantile_date(0.1),
            p90: prediction.quantile_date(0.9),
            predicted_delay_days: prediction.predicted_delay_days(),
            late_probability: rounded(prediction.late_probability()),
            unpaid_90_days_probability: rounded(prediction.unpaid_90_days_probability()),
            reasons: shown.reasons.then(reasons),
            distribution: shown.distribution.then(|| distribution(prediction)),
            model_version: outlook.model_version().to_owned(),
            as_of: prediction.as_of,
            ledger_sequence: outlook.sequence(),
        }
    }
}

impl PredictionReason {
    fn of(reason: &Reason) -> Self {
        Self {
            code: reason.code.to_owned(),
            text: reason.text.clone(),
            days: hundredths(reason.days),
            points: hundredths(reason.points),
        }
    }
}

fn distribution(prediction: &PaymentPrediction) -> Vec<PaidBy> {
    let days = (1_i64..).zip(prediction.distribution.days());
    days.map(|(ahead, paid_by)| PaidBy {
        date: add_days(prediction.as_of, ahead),
        paid_by: rounded(f64::from(*paid_by)),
    })
    .collect()
}

/// A probability with six decimals.
pub(super) fn rounded(probability: f64) -> f64 {
    (probability * MILLION).round() / MILLION
}

/// A number with two decimals.
pub(super) fn hundredths(number: f64) -> f64 {
    (number * HUNDRED).round() / HUNDRED
}
