//! What actions do, learned from the decisions of a ledger that were left to chance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error as ServiceError;
use super::policy_proof::Error;
use crate::action::evaluate::Logged;
use crate::action::evaluate::log::{LogCounts, read_log};
use crate::action::{Effects, Exchange, LearnPlan, Learned, Observation, Policy, learn};
use crate::domain::Date;
use crate::domain::date::{add_days, day_number};
use crate::features;
use crate::history::History;
use crate::model::{LoadedModel, PaymentDistribution, Reasons};

/// From which decisions to learn.
#[derive(Clone, Copy, Debug)]
pub struct LearnRequest<'a> {
    /// First day of the decisions.
    pub from: Date,
    /// Last day of them.
    pub to: Date,
    /// Days from one look at the book to the next: between two looks a prediction is carried on.
    pub stride_days: u32,
    /// Days after a decision in which payment counts.
    pub window_days: u32,
    /// The catalogue, and what it assumes.
    pub policy: &'a Policy,
}

/// What was learned, and from what: the file of `duecast effects`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectsFile {
    /// Name and version of the policy whose catalogue and assumptions were used.
    pub policy: String,
    /// The model that predicted.
    pub model: String,
    /// Content of the ledger.
    pub ledger_fingerprint: String,
    /// First day of the decisions.
    pub from: Date,
    /// Last day of them.
    pub to: Date,
    /// How it was learned.
    pub plan: LearnPlan,
    /// Rows of the ledger, and why some are no decisions.
    pub counts: LogCounts,
    /// Decisions without a prediction: what they are about was not open at the look before.
    pub without_prediction: usize,
    /// The effects.
    pub learned: Learned,
}

/// Learns effects from the decisions of a period.
///
/// `progress` is called with the number of looks done and the total.
///
/// # Errors
///
/// - [`Error::PeriodBackwards`];
/// - [`Error::Action`], [`Error::Service`] when a stage fails.
pub fn learn_effects(
    history: &History,
    model: &LoadedModel,
    request: &LearnRequest<'_>,
    progress: &dyn Fn(usize, usize),
) -> Result<EffectsFile, Error> {
    let (from, to) = (request.from, request.to);
    if from > to {
        return Err(Error::PeriodBackwards { from, to });
    }
    let (_, last) = history.date_range().ok_or(ServiceError::LedgerEmpty)?;
    let end = history.as_of(last);
    let exchange = Exchange::read(&end.as_of(to), request.policy.currency)?;
    let log = read_log(&end, from, to, request.policy, request.window_days, &exchange)?;
    let predicted = baselines(history, model, request, &log.logged, progress)?;
    let plan = LearnPlan {
        window_days: request.window_days,
        ..LearnPlan::default()
    };
    let observations: Vec<Observation> = log
        .logged
        .iter()
        .filter_map(|one| {
            observation(
                one,
                predicted.get(&one.decision.decision_id)?,
                request.window_days,
            )
        })
        .collect();
    let without_prediction = log.logged.len() - observations.len();
    Ok(EffectsFile {
        policy: format!("{} {}", request.policy.name, request.policy.version),
        model: model.model.name().to_string(),
        ledger_fingerprint: history.fingerprint().to_owned(),
        from,
        to,
        plan,
        counts: log.counts,
        without_prediction,
        learned: learn(
            request.policy,
            &Effects::assumed(request.policy),
            &observations,
            &plan,
        ),
    })
}

fn observation(one: &Logged, predicted: &PaymentDistribution, window_days: u32) -> Option<Observation> {
    let decision = &one.decision;
    Some(Observation {
        customer_id: decision.customer_id.clone(),
        action: decision.action.clone(),
        propensity: decision.propensity,
        admissible: decision.admissible.clone(),
        segment: decision.segment.clone(),
        stage: decision.stage,
        day: decision.day,
        hour: None,
        collector: decision.collector.clone(),
        hazards: cash_hazards(predicted, window_days)?,
        in_hand: one.in_hand,
    })
}

/// The probability of payment on each day of a window; none where the prediction does not reach so far.
pub(crate) fn cash_hazards(predicted: &PaymentDistribution, window_days: u32) -> Option<Vec<f64>> {
    let hazards = predicted.hazards_until(i32::try_from(window_days).ok()?);
    let is_whole = u32::try_from(hazards.len()) == Ok(window_days);
    is_whole.then(|| hazards.into_iter().map(|(cash, _)| cash).collect())
}

/// What a model said about the invoice of each decision at the last look before it, given that it was still open.
fn baselines(
    history: &History,
    model: &LoadedModel,
    request: &LearnRequest<'_>,
    logged: &[Logged],
    progress: &dyn Fn(usize, usize),
) -> Result<BTreeMap<String, PaymentDistribution>, Error> {
    let stride = i32::try_from(request.stride_days.max(1)).unwrap_or(i32::MAX);
    let first = day_number(request.from);
    let mut looks: BTreeMap<i32, Vec<&Logged>> = BTreeMap::new();
    for one in logged {
        let look = (day_number(one.decision.day) - first).div_euclid(stride);
        looks.entry(look).or_default().push(one);
    }
    let mut predicted = BTreeMap::new();
    for (done, (look, decisions)) in looks.iter().enumerate() {
        progress(done, looks.len());
        let as_of = add_days(request.from, i64::from(look * stride) - 1);
        let book = features::book(&history.as_of(as_of)).map_err(ServiceError::from)?;
        let rows = model
            .model
            .predict(&book, Reasons::LeftOut)
            .map_err(ServiceError::from)?;
        let by_invoice: BTreeMap<&str, &PaymentDistribution> = rows
            .iter()
            .map(|row| (row.invoice_id.as_str(), &row.distribution))
            .collect();
        for one in decisions {
            let decision = &one.decision;
            let days = u32::try_from((decision.as_of - as_of).num_days()).unwrap_or(0);
            let distribution = decision
                .invoice_id
                .as_deref()
                .and_then(|invoice_id| by_invoice.get(invoice_id))
                .and_then(|distribution| distribution.given_open_after(days));
            if let Some(distribution) = distribution {
                predicted.insert(decision.decision_id.clone(), distribution);
            }
        }
    }
    progress(looks.len(), looks.len());
    Ok(predicted)
}
