//! What actions do, learned from the decisions that were told and from what came afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, IntoLazy as _, col};
use serde::Deserialize;
use serde_json::json;

use super::feedback::{DecidedAs, decided_as};
use super::plan::is_wait;
use super::recommend::read;
use super::told::Unit;
use super::{Desk, Error, InForce};
use crate::action::learn::{LearnPlan, Observation, WINDOW_DAYS, learn};
use crate::action::{Decision, Effects};
use crate::app::access::Principal;
use crate::app::clock::micros;
use crate::app::crypto::sha256_hex;
use crate::app::operations::{Done, Ticket};
use crate::app::store::{AuditEntry, DecidedRow, EffectsRow};
use crate::domain::Date;
use crate::domain::date::{add_days, day_number};
use crate::history::Snapshot;

/// Decisions that are read at once.
const PAGE: i64 = 1_000;
/// Digits that name effects.
const ID_DIGITS: usize = 12;

/// Which decisions are learned from, by the last day whose facts were known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningPeriod {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl LearningPeriod {
    /// Refuses a period that is none, or that has not passed.
    ///
    /// # Errors
    ///
    /// [`Error::Period`].
    pub fn check(&self, today: Date) -> Result<(), Error> {
        if self.from <= self.to && self.to <= today {
            Ok(())
        } else {
            Err(Error::Period {
                from: self.from,
                to: self.to,
                today,
            })
        }
    }
}

/// What is learned from of a recommendation that was kept.
#[derive(Debug, Deserialize)]
struct Told {
    decision: Decision,
    unit: Option<Unit>,
}

/// Decisions on their way to observations, and those that are left out.
#[derive(Debug, Default)]
struct Gathered {
    decisions: Vec<(Decision, Unit)>,
    /// Nobody has said whether it was done.
    unanswered: u64,
    /// A person did something else.
    overridden: u64,
    /// The window has not passed.
    too_recent: u64,
    /// Nothing could be dunned.
    without_unit: u64,
}

impl Desk {
    /// Learns effects, keeps them and brings them into force.
    ///
    /// An action counts where it was accepted, waiting where it was not overridden: to do nothing needs no report.
    /// Each decision is judged by the oldest invoice that could be dunned, whatever was chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`]; else what the store, the ledger or the book say.
    pub async fn learn(
        self: &Arc<Self>,
        period: LearningPeriod,
        by: &Principal,
        ticket: &Ticket,
    ) -> Result<Done, Error> {
        let today = self.clock.today();
        ticket.progress(0, 3, "reading decisions");
        let gathered = self.gathered(period, today, ticket).await?;
        ticket.progress(1, 3, "reading what was paid");
        let (ledger, in_force) = (Arc::clone(&self.ledger), self.in_force());
        let left_out = json!({
            "unanswered": gathered.unanswered,
            "overridden": gathered.overridden,
            "too_recent": gathered.too_recent,
            "without_unit": gathered.without_unit,
        });
        let count = gathered.decisions.len();
        let work = move || -> Result<(Effects, serde_json::Value), Error> {
            let snapshot = ledger.history()?.as_of(today);
            let observations = observations(&snapshot, gathered.decisions)?;
            let plan = LearnPlan {
                window_days: WINDOW_DAYS,
                ..LearnPlan::default()
            };
            let prior = Effects::assumed(&in_force.policy);
            let learned = learn(&in_force.policy, &prior, &observations, &plan);
            let document = serde_json::to_value(&learned)?;
            Ok((learned.effects, document))
        };
        let (effects, mut document) = tokio::task::spawn_blocking(work).await??;
        if ticket.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        ticket.progress(2, 3, "bringing into force");
        let effects_id = sha256_hex(serde_json::to_string(&effects)?.as_bytes())[..ID_DIGITS].to_owned();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("decisions".to_owned(), json!(count));
            fields.insert("unused".to_owned(), left_out.clone());
            fields.insert("from".to_owned(), json!(period.from));
            fields.insert("to".to_owned(), json!(period.to));
        }
        self.keep_effects(&effects_id, effects, &document, today, by)
            .await?;
        ticket.progress(3, 3, "done");
        Ok(Done {
            result: json!({ "effects_id": effects_id, "decisions": count, "unused": left_out }),
            file: None,
        })
    }

    async fn keep_effects(
        &self,
        effects_id: &str,
        effects: Effects,
        document: &serde_json::Value,
        as_of: Date,
        by: &Principal,
    ) -> Result<(), Error> {
        let _changing = self.changing.lock().await;
        let at = self.clock.now();
        self.store
            .put_effects(&EffectsRow {
                effects_id: effects_id.to_owned(),
                as_of: as_of.to_string(),
                created_at: micros(at),
                document: document.to_string(),
            })
            .await?;
        let policy = self.in_force().policy.clone();
        self.bring_into_force(InForce::new(policy, Some((effects_id.to_owned(), effects))));
        let entry = AuditEntry {
            at,
            actor: by.actor.clone(),
            action: "effects.learned".to_owned(),
            subject: effects_id.to_owned(),
            detail: json!({ "as_of": as_of, "decisions": document["decisions"] }),
        };
        self.store.append_audit(&entry).await?;
        Ok(())
    }

    /// Returns what was learned last, as it is kept; nothing where nothing was.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], [`Error::Json`].
    pub async fn learned_document(&self) -> Result<Option<serde_json::Value>, Error> {
        let row = self.store.latest_effects().await?;
        Ok(row.map(|row| serde_json::from_str(&row.document)).transpose()?)
    }

    async fn gathered(
        &self,
        period: LearningPeriod,
        today: Date,
        ticket: &Ticket,
    ) -> Result<Gathered, Error> {
        let (from, to) = (period.from.to_string(), period.to.to_string());
        let mut gathered = Gathered::default();
        let mut after = String::new();
        loop {
            if ticket.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let rows = self.store.decisions_between((&from, &to), &after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(gathered);
            };
            after.clone_from(&last.recommendation_id);
            for row in &rows {
                gathered.take(row, today)?;
            }
        }
    }
}

impl Gathered {
    fn take(&mut self, row: &DecidedRow, today: Date) -> Result<(), Error> {
        let Told { mut decision, unit } = read(&row.document)?;
        let decided = row.decided.as_deref().map(decided_as).transpose()?;
        match decided {
            Some(DecidedAs::Accepted { on }) => decision.day = on,
            Some(DecidedAs::Overridden) => {
                self.overridden += 1;
                return Ok(());
            }
            None if is_wait(&decision.action) => {}
            None => {
                self.unanswered += 1;
                return Ok(());
            }
        }
        if window_end(&decision) > today {
            self.too_recent += 1;
        } else if let Some(unit) = unit {
            self.decisions.push((decision, unit));
        } else {
            self.without_unit += 1;
        }
        Ok(())
    }
}

/// The last day on which a payment is set down to a decision.
fn window_end(decision: &Decision) -> Date {
    add_days(decision.day, i64::from(WINDOW_DAYS))
}

/// Looks up what was paid of each decision within its window.
fn observations(snapshot: &Snapshot, decisions: Vec<(Decision, Unit)>) -> Result<Vec<Observation>, Error> {
    let invoices: BTreeSet<String> = decisions
        .iter()
        .map(|(_, unit)| unit.invoice_id.clone())
        .collect();
    let payments = payments(snapshot, &invoices)?;
    let observations = decisions.into_iter().map(|(decision, unit)| {
        let evening_before = day_number(decision.day) - 1;
        let in_hand = payments
            .get(&unit.invoice_id)
            .map_or(0.0, |paid| in_hand(paid, evening_before, unit.open_minor));
        Observation {
            customer_id: decision.customer_id,
            action: decision.action,
            propensity: decision.propensity,
            admissible: decision.admissible,
            segment: decision.segment,
            stage: decision.stage,
            day: decision.day,
            hour: None,
            collector: decision.collector,
            hazards: unit.hazards,
            in_hand,
        }
    });
    Ok(observations.collect())
}

/// The share of the window after a day in which an open amount was in hand.
fn in_hand(payments: &[(i32, i64)], start: i32, open_minor: i64) -> f64 {
    let window = i32::try_from(WINDOW_DAYS).unwrap_or(i32::MAX);
    let days_of_money: i64 = payments
        .iter()
        .map(|(day, minor)| (day - start, minor))
        .filter(|(after, _)| (1..=window).contains(after))
        .map(|(after, minor)| minor.saturating_mul(i64::from(window - after)))
        .fold(0, i64::saturating_add);
    let most = open_minor.saturating_mul(i64::from(window));
    if most > 0 {
        share(days_of_money, most).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

/// Cash of invoices: day and minor units, by invoice.
fn payments(
    snapshot: &Snapshot,
    invoices: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<(i32, i64)>>, Error> {
    let mut found: BTreeMap<String, Vec<(i32, i64)>> = BTreeMap::new();
    if invoices.is_empty() {
        return Ok(found);
    }
    let ids: Vec<&str> = invoices.iter().map(String::as_str).collect();
    let wanted = DataFrame::new(ids.len(), vec![Column::new("invoice_id".into(), &ids)])?;
    let settled = snapshot
        .settlements()
        .semi_join(wanted.lazy(), col("invoice_id"), col("invoice_id"));
    let frame = snapshot.collect(settled)?;
    let (ids, kinds) = (frame.column("invoice_id")?.str()?, frame.column("kind")?.str()?);
    let days = frame.column("date")?.date()?;
    let amounts = frame.column("amount_minor")?.i64()?;
    for row in 0..frame.height() {
        let (Some(id), Some("cash")) = (ids.get(row), kinds.get(row)) else {
            continue;
        };
        if let (Some(day), Some(minor)) = (days.physical().get(row), amounts.get(row)) {
            found.entry(id.to_owned()).or_default().push((day, minor));
        }
    }
    Ok(found)
}
