//! Advice for one customer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::advice::{self, Particulars};
use super::cache::Stamp;
use super::sight::{accounts, facts_hash, scope_key};
use super::told::Kept;
use super::{Desk, Error, InForce};
use crate::action::choice::Method;
use crate::action::plan::{PlanRequest, recommend};
use crate::action::worklist::Line;
use crate::action::{Account, Exchange};
use crate::app::access::Scope;
use crate::app::book::CustomerOutlook;
use crate::app::ledger::CustomerFacts;
use crate::app::store;
use crate::domain::Date;
use crate::model::PaymentPrediction;

/// Longest name of a decision; ours have 32 digits.
const ID_LENGTH_MAX: usize = 64;

/// What the advice for one customer is made from.
struct Question {
    customer_id: String,
    as_of: Date,
    day: Date,
    model: String,
    facts: CustomerFacts,
    predictions: Vec<PaymentPrediction>,
    scope: Scope,
    in_force: Arc<InForce>,
    exchange: Arc<Exchange>,
    hour_prices: BTreeMap<String, f64>,
}

impl Desk {
    /// Returns what should be done for a customer on a day, today where none is named, as far as the scope sees it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCustomer`], [`Error::NothingOpen`], [`Error::Day`]; else what the book, the ledger or the stage say.
    pub async fn recommend(
        self: &Arc<Self>,
        customer_id: &str,
        day: Option<Date>,
        scope: &Scope,
    ) -> Result<Arc<Kept>, Error> {
        if let Some(day) = day {
            self.check_day(day)?;
        }
        let Some(outlook) = self.book.customer(customer_id, None, scope).await? else {
            return Err(self.without_advice(customer_id, scope).await?);
        };
        // The day of the book, not of the clock: at the turn of a day the two differ for a moment.
        let day = day.unwrap_or(outlook.as_of).max(outlook.as_of);
        self.advise(&outlook, day, scope).await
    }

    /// Returns what should be done for a customer on a day.
    pub(super) async fn advise(
        self: &Arc<Self>,
        outlook: &CustomerOutlook,
        day: Date,
        scope: &Scope,
    ) -> Result<Arc<Kept>, Error> {
        let in_force = self.in_force();
        let stamp = Stamp::of(outlook, &in_force, day);
        let key = scope_key(scope);
        let customer_id = outlook.customer_id.as_str();
        let known = self.cache().of_customer(customer_id, &key, &stamp);
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(facts) = self.ledger.customer(customer_id).await? else {
            return Err(unknown(customer_id));
        };
        let exchange = self.exchange(outlook.as_of, in_force.policy.currency).await?;
        let plan = self.todays_plan(scope, day, &in_force);
        let question = Question {
            customer_id: customer_id.to_owned(),
            as_of: outlook.as_of,
            day,
            model: outlook
                .invoices
                .first()
                .map_or_else(String::new, |one| one.model_version().to_owned()),
            facts,
            predictions: outlook
                .invoices
                .iter()
                .map(|one| one.prediction().clone())
                .collect(),
            scope: scope.clone(),
            in_force,
            exchange,
            hour_prices: plan
                .as_ref()
                .map(|plan| plan.worklist.hour_prices.clone())
                .unwrap_or_default(),
        };
        let advised = move || -> Result<Option<Kept>, Error> {
            let Some((line, particulars)) = answer(&question)? else {
                return Ok(None);
            };
            // Of the same facts the plan of the whole book knows better: it has counted the minutes.
            let planned = plan.as_ref().and_then(|plan| plan.line_of(&line.customer_id));
            let planned =
                planned.filter(|(other, _)| other.decision.decision_id == line.decision.decision_id);
            let (scope, in_force) = (&question.scope, &question.in_force);
            let kept = match planned {
                Some((line, particulars)) => advice::kept(line, particulars, scope, in_force, true)?,
                None => advice::kept(&line, &particulars, scope, in_force, false)?,
            };
            Ok(Some(kept))
        };
        let made = tokio::task::spawn_blocking(advised).await??;
        let Some(made) = made else {
            return Err(nothing_open(customer_id));
        };
        let kept = self.first_told(made).await?;
        self.cache().put_of_customer(key, stamp, &kept);
        Ok(kept)
    }

    /// Returns what was told first under the name of the decision: this, where nothing was.
    async fn first_told(self: &Arc<Self>, made: Kept) -> Result<Arc<Kept>, Error> {
        match self.find_kept(&made.decision.decision_id).await? {
            Some(before) => Ok(before),
            None => {
                self.write_behind(&made)?;
                Ok(Arc::new(made))
            }
        }
    }

    /// Returns a recommendation that was made and that the scope sees.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRecommendation`], [`Error::Store`].
    pub async fn find(&self, recommendation_id: &str, scope: &Scope) -> Result<Arc<Kept>, Error> {
        let is_id = recommendation_id.len() <= ID_LENGTH_MAX
            && recommendation_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        // The store is asked for ids alone: it may refuse other text, which would look like a fault.
        let found = if is_id {
            self.find_kept(recommendation_id).await?
        } else {
            None
        };
        found
            .filter(|kept| scope.covers(&kept.scope()))
            .ok_or_else(|| Error::UnknownRecommendation {
                recommendation_id: recommendation_id.to_owned(),
            })
    }

    async fn find_kept(&self, recommendation_id: &str) -> Result<Option<Arc<Kept>>, Error> {
        let known = self.cache().of_id(recommendation_id);
        if known.is_some() {
            return Ok(known);
        }
        let document = self.store.recommendation(recommendation_id).await?;
        let kept = document.as_deref().map(read::<Kept>).transpose()?.map(Arc::new);
        if let Some(kept) = &kept {
            self.cache().put(kept);
        }
        Ok(kept)
    }

    /// Why there is no advice for a customer without an open invoice.
    async fn without_advice(&self, customer_id: &str, scope: &Scope) -> Result<Error, Error> {
        let record = self.book.record(customer_id, None, scope).await?;
        Ok(match record {
            Some(_) => nothing_open(customer_id),
            None => unknown(customer_id),
        })
    }
}

/// Reads a recommendation that was kept, or a part of it.
pub(super) fn read<T: DeserializeOwned>(document: &str) -> Result<T, Error> {
    serde_json::from_str(document).map_err(|_| {
        Error::from(store::Error::Unreadable {
            table: "recommendations",
            column: "document",
            // Not the document: it names a customer.
            value: format!("{} characters", document.len()),
        })
    })
}

/// Makes the advice; nothing where nothing is open. Takes some milliseconds.
fn answer(question: &Question) -> Result<Option<(Line, Particulars)>, Error> {
    let history = question.facts.history()?;
    let in_force = &question.in_force;
    let accounts = accounts(
        &history,
        question.as_of,
        &question.predictions,
        &question.scope,
        &in_force.policy.exclusions,
    )?;
    let Some(account) = Account::find(&accounts, &question.customer_id) else {
        return Ok(None);
    };
    let key = scope_key(&question.scope);
    let facts = |account: &Account| facts_hash(account, &key, &in_force.policy, &in_force.effects_id);
    let request = PlanRequest {
        as_of: question.as_of,
        day: question.day,
        accounts: &accounts,
        policy: &in_force.policy,
        law: &in_force.law,
        effects: &in_force.effects,
        exchange: &question.exchange,
        model: &question.model,
        facts: &facts,
        method: Method::Greedy,
        explores: true,
    };
    let line = recommend(&request, account, &question.hour_prices);
    let particulars = Particulars::of(account, &line, &question.scope);
    Ok(Some((line, particulars)))
}

fn unknown(customer_id: &str) -> Error {
    Error::UnknownCustomer {
        customer_id: customer_id.to_owned(),
    }
}

fn nothing_open(customer_id: &str) -> Error {
    Error::NothingOpen {
        customer_id: customer_id.to_owned(),
    }
}
