//! The use cases behind `duecast evaluate-policy` and `duecast rehearse`: policies on the past.
//!
//! Both put a policy at past days and see only what was known then. The evaluation asks what it would have been worth,
//! from the decisions that were really drawn there; the rehearsal asks what it would have done.

mod answers;
mod desk;
mod rehearsal;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Error as ServiceError;
use crate::action::decision::{Decision, Share};
use crate::action::evaluate::log::{Log, LogCounts, read_log};
use crate::action::evaluate::reward::RewardTerms;
use crate::action::evaluate::reward_model::predict_rewards;
use crate::action::evaluate::uplift::{Curve, qini, uplift_cases, uplift_curve};
use crate::action::evaluate::{Comparison, Evaluation, EvaluationPlan, Logged, compare, evaluate};
use crate::action::rules::{Rule, Targets};
use crate::action::{self, ActionId, Effects, Exchange, Policy};
use crate::domain::{Currency, Date};
use crate::history::History;
use crate::model::LoadedModel;

use answers::{Answers, answers};
pub use rehearsal::{Rehearsal, RehearsalRequest, rehearse};

/// Name of the policy that is judged, among the rules of thumb.
pub const OWN: &str = "policy";
/// Name of what was done, by the probabilities of the log.
pub const AS_LOGGED: &str = "as_logged";

/// Why past decisions say nothing about a policy or about what actions do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The period ends before it starts.
    #[error("the period ends before it starts; an end from {from} on is allowed, got {to}")]
    PeriodBackwards {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// The log teaches nothing about another policy.
    #[error(
        "no decision from {from} to {to} was left to chance: of {} actions in the ledger {} tell no probability of \
         their choice, {} are too recent and {} were certain; nothing can be said about another policy",
        .counts.rows, .counts.without_propensity, .counts.too_recent, .certain
    )]
    NothingDrawn {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// What the ledger has.
        counts: LogCounts,
        /// Decisions that were certain.
        certain: usize,
    },
    /// Whoever asked wants no answer any more.
    #[error("cancelled")]
    Cancelled,
    /// The stage of actions failed.
    #[error(transparent)]
    Action(Box<action::Error>),
    /// Another stage failed.
    #[error(transparent)]
    Service(Box<ServiceError>),
}

impl From<action::Error> for Error {
    fn from(error: action::Error) -> Self {
        Self::Action(Box::new(error))
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

/// Which policy is judged on which decisions.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationRequest<'a> {
    /// First day of the decisions.
    pub from: Date,
    /// Last day of them.
    pub to: Date,
    /// Days after a decision in which cash counts.
    pub window_days: u32,
    /// Days from one day of decisions to the next that is looked at; 1 looks at all.
    pub stride_days: u32,
    /// The policy.
    pub policy: &'a Policy,
    /// What actions do.
    pub effects: &'a Effects,
    /// How it is judged.
    pub plan: EvaluationPlan,
}

/// A policy or rule with what it would have been worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// What it would have been worth.
    pub evaluation: Evaluation,
    /// How much more than waiting; none where one of the two cannot be judged.
    pub against_wait: Option<Comparison>,
}

/// What a policy and the rules of thumb would have been worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyReport {
    /// Name of the policy.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Currency of all amounts, which are minor units.
    pub currency: Currency,
    /// The model that predicted.
    pub model: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// How cash was valued.
    pub terms: RewardTerms,
    /// What the ledger has.
    pub counts: LogCounts,
    /// Decisions of the days looked at, by what was done.
    pub actions: Vec<(ActionId, usize)>,
    /// What was really done, the policy, and the rules of thumb.
    pub judged: Vec<Judged>,
    /// Uplift curve of the predicted gain of the best action that the log tried.
    pub uplift: Option<Curve>,
    /// Its Qini curve.
    pub qini: Option<Curve>,
    /// Share of the decisions at which the policy would have done what the log never tried there, so that its next
    /// best stands in.
    pub substituted_share: f64,
    /// What the reader should know.
    pub remarks: Vec<String>,
}

impl PolicyReport {
    /// Returns why nothing can be said about the policy, where nothing can.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let own = self.judged.iter().find(|judged| judged.evaluation.name == OWN)?;
        own.evaluation.refusal.as_deref()
    }
}

/// Judges a policy on the decisions of a period, beside the rules of thumb.
///
/// `progress` is called with the number of days done and the total.
///
/// # Errors
///
/// - [`Error::PeriodBackwards`], [`Error::NothingDrawn`];
/// - [`Error::Action`], [`Error::Service`] when a stage fails.
pub fn evaluate_policy(
    history: &History,
    model: &LoadedModel,
    request: &EvaluationRequest<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<PolicyReport, Error> {
    let (from, to) = (request.from, request.to);
    let (_, last) = history.date_range().ok_or(ServiceError::LedgerEmpty)?;
    if from > to {
        return Err(Error::PeriodBackwards { from, to });
    }
    let end = history.as_of(last);
    let rates = Exchange::read(&end.as_of(to), request.policy.currency)?;
    let mut log = read_log(&end, from, to, request.policy, request.window_days, &rates)?;
    let stride = i64::from(request.stride_days.max(1));
    log.logged
        .retain(|one| (one.decision.day - from).num_days() % stride == 0);
    if !log.logged.iter().any(|one| one.decision.is_randomised) {
        return Err(Error::NothingDrawn {
            from,
            to,
            counts: log.counts,
            certain: log.logged.len(),
        });
    }
    let answers = answers(history, model, request, &mut log.logged, progress)?;
    predict_rewards(&mut log.logged, request.policy);
    Ok(report(model, request, &log, &answers))
}

fn report(
    model: &LoadedModel,
    request: &EvaluationRequest<'_>,
    log: &Log,
    answers: &Answers,
) -> PolicyReport {
    let logged = &log.logged;
    let treated = uplift_cases(logged, &|decision| {
        answers.treatments.get(&decision.decision_id).cloned()
    });
    let mut done: BTreeMap<ActionId, usize> = BTreeMap::new();
    for one in logged {
        *done.entry(one.decision.action.clone()).or_default() += 1;
    }
    let mut remarks = remarks(log, request);
    remarks.extend(desk::model_remark(model, request.from));
    PolicyReport {
        policy: request.policy.name.clone(),
        version: request.policy.version.clone(),
        currency: request.policy.currency,
        model: model.model.name().to_string(),
        from: request.from,
        to: request.to,
        terms: log.terms,
        counts: log.counts,
        actions: done.into_iter().collect(),
        judged: judged(logged, request, &answers.targets),
        uplift: uplift_curve(&treated),
        qini: qini(&treated),
        substituted_share: answers.substituted_share,
        remarks,
    }
}

/// Judges what was done, the policy and the rules of thumb, each against waiting.
fn judged(logged: &[Logged], request: &EvaluationRequest<'_>, own: &Targets) -> Vec<Judged> {
    let as_logged: Targets = logged
        .iter()
        .map(|one| (one.decision.decision_id.clone(), one.decision.admissible.clone()))
        .collect();
    let mut policies = vec![(AS_LOGGED, as_logged), (OWN, own.clone())];
    for rule in Rule::ALL {
        policies.push((rule.name(), rule.on_decisions(logged, request.policy)));
    }
    let plan = &request.plan;
    let evaluations: Vec<Evaluation> = policies
        .iter()
        .map(|(name, targets)| evaluate(logged, name, &|decision| looked_up(targets, decision), plan))
        .collect();
    let is_known = |evaluation: &Evaluation| evaluation.refusal.is_none();
    let wait = policies
        .iter()
        .zip(&evaluations)
        .find(|((name, _), evaluation)| *name == Rule::Wait.name() && is_known(evaluation))
        .map(|((_, targets), _)| targets);
    let against_wait = |targets: &Targets, evaluation: &Evaluation| {
        let wait = wait.filter(|_| is_known(evaluation))?;
        let target = |decision: &Decision| looked_up(targets, decision);
        Some(compare(
            logged,
            &target,
            &|decision| looked_up(wait, decision),
            plan,
        ))
    };
    let against: Vec<Option<Comparison>> = policies
        .iter()
        .zip(&evaluations)
        .map(|((_, targets), evaluation)| against_wait(targets, evaluation))
        .collect();
    let judged = evaluations.into_iter().zip(against);
    judged
        .map(|(evaluation, against_wait)| Judged {
            evaluation,
            against_wait,
        })
        .collect()
}

fn looked_up(targets: &Targets, decision: &Decision) -> Vec<Share> {
    targets.get(&decision.decision_id).cloned().unwrap_or_default()
}

fn remarks(log: &Log, request: &EvaluationRequest<'_>) -> Vec<String> {
    let counts = &log.counts;
    let mut remarks = vec![
        "a decision is judged with everything before it as it really was; rules of thumb are taken a decision at a \
         time"
            .to_owned(),
    ];
    if counts.without_propensity > 0 {
        remarks.push(format!(
            "{} of {} actions tell no probability of their choice and are left out: who chose them knew why",
            counts.without_propensity, counts.rows
        ));
    }
    if counts.overlapping > 0 {
        remarks.push(format!(
            "{} decisions were followed by another action about the same invoice within {} days, so that their \
             rewards are not their own alone",
            counts.overlapping, request.window_days
        ));
    }
    if request.effects.is_assumption_only() {
        remarks.push("the policy chose by effects that are assumptions; none was learned".to_owned());
    }
    remarks
}
