//! A day of the past: the accounts as they were known, and what a policy would have planned.

use super::{Error, ServiceError};
use crate::action::choice::Method;
use crate::action::law::Law;
use crate::action::plan::{PlanRequest, plan};
use crate::action::rehearse::Memory;
use crate::action::worklist::Worklist;
use crate::action::{Account, Effects, Exchange, Policy};
use crate::domain::Date;
use crate::features;
use crate::history::History;
use crate::model::{LoadedModel, Reasons};

/// Everything that a plan of a past day rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk<'a> {
    pub(super) history: &'a History,
    pub(super) model: &'a LoadedModel,
    pub(super) policy: &'a Policy,
    pub(super) law: &'a Law,
    pub(super) effects: &'a Effects,
}

impl Desk<'_> {
    /// Plans a day with what was known at the end of `as_of`; the accounts are sorted by customer.
    ///
    /// Nothing is drawn and nobody is held out: what is asked is what the policy thinks best.
    pub(super) fn plan(
        &self,
        as_of: Date,
        day: Date,
        memory: Option<&Memory>,
    ) -> Result<(Vec<Account>, Worklist), Error> {
        let snapshot = self.history.as_of(as_of);
        let book = features::book(&snapshot).map_err(ServiceError::from)?;
        let predictions = self
            .model
            .model
            .predict(&book, Reasons::LeftOut)
            .map_err(ServiceError::from)?;
        let mut accounts = Account::read_all(&snapshot, &predictions, &self.policy.exclusions)?;
        if let Some(memory) = memory {
            memory.replace(&mut accounts);
        }
        let exchange = Exchange::read(&snapshot, self.policy.currency)?;
        let model = self.model.model.name().to_string();
        // Nobody refers to these decisions later, so their facts need no hash.
        let facts = |account: &Account| account.customer_id.clone();
        let worklist = plan(&PlanRequest {
            as_of,
            day,
            accounts: &accounts,
            policy: self.policy,
            law: self.law,
            effects: self.effects,
            exchange: &exchange,
            model: &model,
            facts: &facts,
            method: Method::Prices,
            explores: false,
        })?;
        Ok((accounts, worklist))
    }
}

/// Says where the model may know what it predicts.
pub(super) fn model_remark(model: &LoadedModel, from: Date) -> Option<String> {
    let trained = model.info.as_of;
    (trained > from).then(|| {
        format!(
            "the model was trained on what was known on {trained}, after {from}: it may know what it predicts, which \
             flatters the policy"
        )
    })
}
