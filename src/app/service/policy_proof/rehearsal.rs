//! A policy on the past book, day by day.

use std::collections::BTreeMap;

use serde::Serialize;

use super::desk::{Desk, model_remark};
use super::{Error, ServiceError};
use crate::action::rehearse::{Memory, RehearsedAction, RehearsedDay, rehearsed_day, touched_invoices};
use crate::action::{ActionId, Effects, Policy};
use crate::app::service;
use crate::app::service::actions::next_working_day;
use crate::domain::date::add_days;
use crate::domain::{Currency, Date};
use crate::history::History;
use crate::model::{LoadedModel, outcome};

/// Which policy is put at which past days.
#[derive(Clone, Copy, Debug)]
pub struct RehearsalRequest<'a> {
    /// First day whose evening is looked at.
    pub from: Date,
    /// Last day whose evening may be.
    pub to: Date,
    /// Days from one to the next.
    pub stride_days: u32,
    /// The policy.
    pub policy: &'a Policy,
    /// What actions do.
    pub effects: &'a Effects,
}

/// What a policy would have done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsal {
    /// Name of the policy.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Currency of all amounts, which are minor units.
    pub currency: Currency,
    /// The model that predicted.
    pub model: String,
    /// The days.
    pub days: Vec<RehearsedDay>,
    /// What the reader should know.
    pub remarks: Vec<String>,
}

impl Rehearsal {
    /// Returns the totals of each action over all days.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<ActionId, RehearsedAction> {
        let mut totals: BTreeMap<ActionId, RehearsedAction> = BTreeMap::new();
        for (action, tally) in self.days.iter().flat_map(|day| &day.actions) {
            let total = totals.entry(action.clone()).or_default();
            total.customers += tally.customers;
            total.contacts += tally.contacts;
            total.minutes += tally.minutes;
            total.gain += tally.gain;
            total.paid_anyway += tally.paid_anyway;
        }
        totals
    }
}

/// Puts a policy at past days, each with what was known then.
///
/// The worklist is for the business day after each cut-off. `progress` is called with the number of days done and the
/// total; `false` ends it.
///
/// # Errors
///
/// - [`Error::PeriodBackwards`]; [`Error::Cancelled`] when `progress` says so;
/// - [`Error::Service`] when the first day is before the ledger, or a stage fails;
/// - [`Error::Action`] when a plan fails.
pub fn rehearse(
    history: &History,
    model: &LoadedModel,
    request: &RehearsalRequest<'_>,
    progress: &dyn Fn(usize, usize) -> bool,
) -> Result<Rehearsal, Error> {
    let (from, to) = (request.from, request.to);
    if from > to {
        return Err(Error::PeriodBackwards { from, to });
    }
    service::view(history, from)?;
    let (_, last) = history.date_range().ok_or(ServiceError::LedgerEmpty)?;
    let end = history.as_of(last);
    let law = request.policy.law();
    let desk = Desk {
        history,
        model,
        policy: request.policy,
        law: &law,
        effects: request.effects,
    };
    let cutoffs = cutoffs(request);
    let mut memory = Memory::new(next_working_day(from));
    let mut days = Vec::with_capacity(cutoffs.len());
    for (done, as_of) in cutoffs.iter().enumerate() {
        if !progress(done, cutoffs.len()) {
            return Err(Error::Cancelled);
        }
        let day = next_working_day(*as_of);
        let (accounts, worklist) = desk.plan(*as_of, day, Some(&memory))?;
        let touched = touched_invoices(&worklist, &accounts);
        let endings = outcome::endings(&end, &touched).map_err(ServiceError::from)?;
        days.push(rehearsed_day(&worklist, &accounts, request.policy, &endings));
        memory.note(&worklist, &accounts, request.policy);
    }
    progress(cutoffs.len(), cutoffs.len());
    let mut remarks = vec![
        "payments are those that really came: a rehearsal shows what would have been done, not what it would have \
         changed"
            .to_owned(),
    ];
    remarks.extend(model_remark(model, from));
    Ok(Rehearsal {
        policy: request.policy.name.clone(),
        version: request.policy.version.clone(),
        currency: request.policy.currency,
        model: model.model.name().to_string(),
        days,
        remarks,
    })
}

fn cutoffs(request: &RehearsalRequest<'_>) -> Vec<Date> {
    let stride = i64::from(request.stride_days.max(1));
    let count = (request.to - request.from).num_days() / stride;
    (0..=count)
        .map(|step| add_days(request.from, step * stride))
        .collect()
}
