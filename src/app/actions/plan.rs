//! The plan of a day for the whole book, and the pages of its worklist.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::advice::{self, Particulars};
use super::recommend::read;
use super::sight::{accounts, facts_hash, scope_key};
use super::told::Kept;
use super::{Desk, Error, InForce};
use crate::action::choice::Method;
use crate::action::plan::{PlanRequest, plan};
use crate::action::worklist::{Line, Worklist};
use crate::action::{Account, ActionId, Exchange};
use crate::app::access::Scope;
use crate::app::book::OpenBook;
use crate::app::clock::Timestamp;
use crate::app::crypto::sha256_hex;
use crate::app::ledger::Ledger;
use crate::domain::Date;
use crate::domain::date::add_days;

/// Minutes for which a plan is good although facts have come in; the lines of customers that they are about are made
/// anew at every question.
const GOOD_FOR_MINUTES: i64 = 10;
/// Days ahead for which a worklist is made.
const DAYS_AHEAD_MAX: i64 = 31;
/// Digits that name a plan.
const ID_DIGITS: usize = 16;

/// A plan of a day for everything that a scope sees.
#[derive(Debug)]
pub struct Plan {
    /// Names the plan.
    pub plan_id: String,
    /// Its lines, values and prices.
    pub worklist: Worklist,
    /// What it rests on.
    pub in_force: Arc<InForce>,
    question: Question,
    /// Number of a fact up to which all facts are in it.
    sequence: i64,
    made_at: Timestamp,
    particulars: Vec<Particulars>,
    by_customer: BTreeMap<String, usize>,
}

/// What is asked of a plan, facts apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    scope: String,
    as_of: Date,
    day: Date,
    policy: String,
    effects_id: String,
    model: String,
}

/// A page of a worklist.
#[derive(Debug)]
pub struct Page {
    /// The plan that it belongs to.
    pub plan: Arc<Plan>,
    /// Its recommendations, those worth most a minute first.
    pub lines: Vec<Arc<Kept>>,
    /// Lines of the plan that it ends before; none on the last page.
    pub next: Option<usize>,
}

/// What a plan is made from.
pub(super) struct Inputs {
    pub(super) ledger: Arc<Ledger>,
    pub(super) open: OpenBook,
    pub(super) scope: Scope,
    pub(super) day: Date,
    pub(super) in_force: Arc<InForce>,
    pub(super) exchange: Arc<Exchange>,
    /// Whether some decisions are left to chance; not where two plans are compared.
    pub(super) explores: bool,
}

impl Plan {
    pub(super) const fn question(&self) -> &Question {
        &self.question
    }

    /// Returns the line of a customer.
    pub(super) fn line_of(&self, customer_id: &str) -> Option<(&Line, &Particulars)> {
        let place = *self.by_customer.get(customer_id)?;
        Some((self.worklist.lines.get(place)?, self.particulars.get(place)?))
    }

    /// Returns the lines that are worth something to do, by priority, from a rank on; a rank for each.
    pub(super) fn after_rank<'a>(
        &'a self,
        rank: usize,
        collector: Option<&'a str>,
    ) -> impl Iterator<Item = (usize, &'a Line)> {
        let ranked = self.worklist.lines.iter().enumerate().skip(rank);
        ranked.filter(move |(_, line)| {
            let is_of = |wanted: &str| line.decision.collector.as_deref() == Some(wanted);
            !is_wait(&line.decision.action) && collector.is_none_or(is_of)
        })
    }

    /// Returns every line, by priority.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&Line, &Particulars)> {
        self.worklist.lines.iter().zip(&self.particulars)
    }
}

/// Whether nothing is done.
pub(super) fn is_wait(action: &ActionId) -> bool {
    action.as_str() == ActionId::WAIT
}

impl Desk {
    /// Returns the plan of a day, made anew where there is none, another policy is in force, or facts have come in since
    /// and `is_fresh` is asked for or the plan is some minutes old.
    ///
    /// # Errors
    ///
    /// [`Error::Day`]; else what the book, the ledger or the stage say.
    pub async fn plan(&self, scope: &Scope, day: Option<Date>, is_fresh: bool) -> Result<Arc<Plan>, Error> {
        let day = day.unwrap_or(self.clock.today());
        self.check_day(day)?;
        if let Some(plan) = self.good_plan(scope, day, is_fresh) {
            return Ok(plan);
        }
        let _planning = self.planning.lock().await;
        // Whoever had the turn before may have made it.
        if let Some(plan) = self.good_plan(scope, day, is_fresh) {
            return Ok(plan);
        }
        let in_force = self.in_force();
        let inputs = self.inputs(scope, day, in_force, true).await?;
        let made_at = self.clock.now();
        let made = tokio::task::spawn_blocking(move || make(&inputs, made_at)).await??;
        let plan = Arc::new(made);
        self.keep_plan(Arc::clone(&plan));
        Ok(plan)
    }

    /// Refuses a day that has passed, or is too far ahead.
    ///
    /// # Errors
    ///
    /// [`Error::Day`].
    pub fn check_day(&self, day: Date) -> Result<(), Error> {
        let first = self.clock.today();
        let last = add_days(first, DAYS_AHEAD_MAX);
        if (first..=last).contains(&day) {
            Ok(())
        } else {
            Err(Error::Day {
                first,
                last,
                given: day,
            })
        }
    }

    /// Gathers what a plan is made from.
    pub(super) async fn inputs(
        &self,
        scope: &Scope,
        day: Date,
        in_force: Arc<InForce>,
        explores: bool,
    ) -> Result<Inputs, Error> {
        let mut open = self.book.open_book().await?;
        open.predictions
            .retain(|prediction| scope.sees(prediction.entity.as_deref()));
        let exchange = self.exchange(open.as_of, in_force.policy.currency).await?;
        Ok(Inputs {
            ledger: Arc::clone(&self.ledger),
            open,
            scope: scope.clone(),
            day,
            in_force,
            exchange,
            explores,
        })
    }

    /// Returns the plan of a day that was made last under what is in force, however old.
    pub(super) fn todays_plan(&self, scope: &Scope, day: Date, in_force: &InForce) -> Option<Arc<Plan>> {
        let asked = self.question_now(scope, day, in_force);
        self.plan_that(|plan| *plan.question() == asked)
    }

    /// What would be asked at this moment.
    fn question_now(&self, scope: &Scope, day: Date, in_force: &InForce) -> Question {
        let model = self.book.state().model_version.unwrap_or_default();
        question(scope, self.clock.today(), day, in_force, model)
    }

    fn good_plan(&self, scope: &Scope, day: Date, is_fresh: bool) -> Option<Arc<Plan>> {
        let plan = self.todays_plan(scope, day, &self.in_force())?;
        let is_complete = plan.sequence == self.ledger.head().sequence;
        let age = self.clock.now() - plan.made_at;
        let is_young = age < TimeDelta::minutes(GOOD_FOR_MINUTES);
        (is_complete || (is_young && !is_fresh)).then_some(plan)
    }

    /// Returns a page of the worklist of a day: what should be done, those worth most a minute first.
    ///
    /// `after` is plan and rank of the page before. Lines of customers whose facts have changed since the plan are
    /// made anew at its prices, and left out where there is nothing to be done any longer.
    ///
    /// # Errors
    ///
    /// [`Error::Renewed`] where `after` is of a plan that was replaced; else those of [`Desk::plan`].
    pub async fn worklist(
        self: &Arc<Self>,
        scope: &Scope,
        (day, collector): (Option<Date>, Option<&str>),
        after: Option<(&str, usize)>,
        limit: usize,
    ) -> Result<Page, Error> {
        let (plan, rank) = match after {
            None => (self.plan(scope, day, false).await?, 0),
            Some((plan_id, rank)) => {
                let in_force = self.in_force();
                let found = self.plan_that(|plan| {
                    let asked = self.question_now(scope, plan.question.day, &in_force);
                    plan.plan_id == plan_id && plan.question == asked
                });
                (found.ok_or(Error::Renewed)?, rank)
            }
        };
        // One more than asked for tells whether there is a next page.
        let mut shown: Vec<(usize, String)> = plan
            .after_rank(rank, collector)
            .take(limit.saturating_add(1))
            .map(|(rank, line)| (rank, line.customer_id.clone()))
            .collect();
        let next = shown.get(limit).map(|(rank, _)| *rank);
        shown.truncate(limit);
        let mut lines = Vec::with_capacity(shown.len());
        let mut planned = Vec::new();
        for (_, customer_id) in &shown {
            let Some(outlook) = self.book.customer(customer_id, None, scope).await? else {
                continue;
            };
            let is_changed = outlook
                .invoices
                .iter()
                .any(|one| one.sequence() > plan.sequence || one.prediction().as_of != plan.question.as_of);
            if is_changed {
                let renewed = self.advise(&outlook, plan.question.day, scope).await?;
                let is_shown = collector.is_none_or(|wanted| {
                    renewed
                        .decision
                        .collector
                        .as_deref()
                        .is_none_or(|own| own == wanted)
                });
                if is_shown {
                    lines.push(renewed);
                }
            } else if let Some((line, particulars)) = plan.line_of(customer_id) {
                let told = self.cache().of_id(&line.decision.decision_id);
                match told {
                    Some(told) => lines.push(told),
                    None => planned.push(advice::kept(line, particulars, scope, &plan.in_force, true)?),
                }
            }
        }
        let told = self.first_told_of_all(planned).await?;
        let mut cache = self.cache();
        for kept in &told {
            cache.put(kept);
        }
        drop(cache);
        lines.extend(told);
        // What was told first may have been to wait.
        lines.retain(|kept| !is_wait(&kept.decision.action));
        lines.sort_by_cached_key(|kept| rank_of(&plan, kept));
        Ok(Page { plan, lines, next })
    }

    /// Returns what was told first under the names of decisions, and keeps those that were not told before.
    pub(super) async fn first_told_of_all(&self, made: Vec<Kept>) -> Result<Vec<Arc<Kept>>, Error> {
        let ids: Vec<String> = made
            .iter()
            .map(|kept| kept.decision.decision_id.clone())
            .collect();
        let mut known: BTreeMap<String, Arc<Kept>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for id in ids {
            let told = self.cache().of_id(&id);
            match told {
                Some(told) => {
                    known.insert(id, told);
                }
                None => unknown.push(id),
            }
        }
        for (id, document) in self.store.recommendations_among(&unknown).await? {
            known.insert(id, Arc::new(read(&document)?));
        }
        let mut rows = Vec::new();
        let mut told = Vec::with_capacity(made.len());
        for kept in made {
            if let Some(before) = known.get(&kept.decision.decision_id) {
                told.push(Arc::clone(before));
            } else {
                rows.push(self.row_of(&kept)?);
                told.push(Arc::new(kept));
            }
        }
        if !rows.is_empty() {
            self.store.insert_recommendations(&rows).await?;
        }
        Ok(told)
    }
}

/// Where the customer of a recommendation stands in a plan.
fn rank_of(plan: &Plan, kept: &Kept) -> (u32, String) {
    let line = plan.line_of(&kept.decision.customer_id);
    let priority = line.map_or(u32::MAX, |(line, _)| line.priority);
    (priority, kept.decision.customer_id.clone())
}

fn question(scope: &Scope, as_of: Date, day: Date, in_force: &InForce, model: String) -> Question {
    Question {
        scope: scope_key(scope),
        as_of,
        day,
        policy: in_force.policy.version.clone(),
        effects_id: in_force.effects_id.clone(),
        model,
    }
}

/// Plans every account of the inputs; seconds for a large book.
pub(super) fn planned(inputs: &Inputs) -> Result<(Worklist, Vec<Account>), Error> {
    let in_force = &inputs.in_force;
    let history = inputs.ledger.history()?;
    let accounts = accounts(
        &history,
        inputs.open.as_of,
        &inputs.open.predictions,
        &inputs.scope,
        &in_force.policy.exclusions,
    )?;
    let key = scope_key(&inputs.scope);
    let facts = |account: &Account| facts_hash(account, &key, &in_force.policy, &in_force.effects_id);
    let worklist = plan(&PlanRequest {
        as_of: inputs.open.as_of,
        day: inputs.day,
        accounts: &accounts,
        policy: &in_force.policy,
        law: &in_force.law,
        effects: &in_force.effects,
        exchange: &inputs.exchange,
        model: &inputs.open.model_version,
        facts: &facts,
        method: Method::Prices,
        explores: inputs.explores,
    })?;
    Ok((worklist, accounts))
}

fn make(inputs: &Inputs, made_at: Timestamp) -> Result<Plan, Error> {
    let (worklist, accounts) = planned(inputs)?;
    let in_force = Arc::clone(&inputs.in_force);
    let mut particulars = Vec::with_capacity(worklist.lines.len());
    let mut by_customer = BTreeMap::new();
    for (place, line) in worklist.lines.iter().enumerate() {
        let account =
            Account::find(&accounts, &line.customer_id).expect("a line is of an account of the request");
        particulars.push(Particulars::of(account, line, &inputs.scope));
        by_customer.insert(line.customer_id.clone(), place);
    }
    let model = inputs.open.model_version.clone();
    let question = question(&inputs.scope, inputs.open.as_of, inputs.day, &in_force, model);
    let named = format!("{question:?} {}", inputs.open.sequence);
    Ok(Plan {
        plan_id: sha256_hex(named.as_bytes())[..ID_DIGITS].to_owned(),
        worklist,
        in_force,
        question,
        sequence: inputs.open.sequence,
        made_at,
        particulars,
        by_customer,
    })
}
