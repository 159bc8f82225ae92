//! What came of a recommendation: it was accepted or overridden, and later it had an outcome.
//!
//! What was done becomes a fact of the ledger, under a key that follows from the recommendation: recorded twice it is
//! there once. An outcome is a correction of that fact. Neither changes what may be done.

mod check;
mod fact;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::told::Kept;
use super::{Desk, Error};
use crate::action::ActionId;
use crate::app::access::{Principal, Scope};
use crate::app::clock::{Timestamp, micros};
use crate::app::ledger::{OnFault, Outcome, RawRow, Terms};
use crate::app::store::{self, AuditEntry, OutcomeRow, decided_id};
use crate::domain::Date;
use crate::history::Table;

use check::{check_person, decided_action, wrong};
use fact::{ActionFact, fact_of};
pub use words::{Feedback, FeedbackKind, FeedbackRecord, OutcomeWord};

/// What is kept of a decision: the record, and the fact so that an outcome can be added to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Decided {
    record: FeedbackRecord,
    #[serde(default)]
    fact: Option<ActionFact>,
}

/// How a decision was taken, as far as learning asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecidedAs {
    /// It was done as recommended.
    Accepted {
        /// The day.
        on: Date,
    },
    /// Something else was done.
    Overridden,
}

/// Reads how a decision was taken.
pub(super) fn decided_as(document: &str) -> Result<DecidedAs, Error> {
    let record = read(document)?.record;
    Ok(match record.kind {
        FeedbackKind::Accepted => DecidedAs::Accepted {
            on: record.occurred_on,
        },
        FeedbackKind::Overridden | FeedbackKind::Outcome => DecidedAs::Overridden,
    })
}

impl Desk {
    /// Records what came of a recommendation; returns the record and whether it is new. Runs to its end even when
    /// the client goes away.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRecommendation`], [`Error::AlreadyDecided`], [`Error::NotDecided`], [`Error::Feedback`],
    /// [`Error::Refused`]; else what the ledger or the store say.
    pub async fn record_feedback(
        self: &Arc<Self>,
        recommendation_id: &str,
        feedback: Feedback,
        by: &Principal,
    ) -> Result<(FeedbackRecord, bool), Error> {
        let kept = self.find(recommendation_id, &by.scope).await?;
        let (desk, by) = (Arc::clone(self), by.clone());
        tokio::spawn(async move {
            match feedback.kind {
                FeedbackKind::Accepted | FeedbackKind::Overridden => desk.decide(&kept, &feedback, &by).await,
                FeedbackKind::Outcome => desk.add_outcome(&kept, feedback, &by).await,
            }
        })
        .await?
    }

    /// Returns everything that was told of a recommendation, first one first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn feedback_of(&self, recommendation_id: &str) -> Result<Vec<FeedbackRecord>, Error> {
        let rows = self.store.outcomes_of(recommendation_id).await?;
        rows.iter().map(|row| Ok(read(&row.document)?.record)).collect()
    }

    async fn decide(
        &self,
        kept: &Kept,
        feedback: &Feedback,
        by: &Principal,
    ) -> Result<(FeedbackRecord, bool), Error> {
        let occurred_on = self.day_of(kept, feedback)?;
        let in_force = self.in_force();
        let action = decided_action(kept, feedback, &in_force)?;
        check_person(kept, feedback, &action, &in_force, by)?;
        let recommendation_id = &kept.decision.decision_id;
        let _deciding = self.deciding.lock().await;
        if let Some(before) = self.decision_of(recommendation_id).await? {
            return same_as(before, feedback, &action);
        }
        let now = self.clock.now();
        let fact = fact_of(kept, feedback, &action, &in_force, occurred_on);
        let record = FeedbackRecord {
            feedback_id: decided_id(recommendation_id),
            recommendation_id: recommendation_id.clone(),
            kind: feedback.kind,
            action: action.to_string(),
            outcome: None,
            reason: feedback.reason.clone(),
            decided_by: feedback.decided_by.clone(),
            occurred_on,
            recorded_at: now,
            recorded_by: by.actor.clone(),
            action_id: fact.action_id.clone(),
        };
        // The fact first: where this ends half way, telling it again completes it.
        self.write_fact(&fact, &by.scope, now).await?;
        self.store.insert_recommendations(&[self.row_of(kept)?]).await?;
        let is_new = self.keep(&record, Some(fact)).await?;
        self.audit(&record).await?;
        Ok((record, is_new))
    }

    async fn add_outcome(
        &self,
        kept: &Kept,
        feedback: Feedback,
        by: &Principal,
    ) -> Result<(FeedbackRecord, bool), Error> {
        let Some(outcome) = feedback.outcome else {
            return Err(wrong("outcome", "an outcome must be told".to_owned()));
        };
        let occurred_on = self.day_of(kept, &feedback)?;
        let _deciding = self.deciding.lock().await;
        let decided = self.decision_of(&kept.decision.decision_id).await?;
        let Some(Decided {
            record: before,
            fact: Some(mut fact),
        }) = decided
        else {
            return Err(Error::NotDecided);
        };
        if occurred_on < fact.sent_on {
            let reason = format!(
                "it was done on {}, so its outcome is of that day or later; given {occurred_on}",
                fact.sent_on
            );
            return Err(wrong("occurred_on", reason));
        }
        fact.outcome = Some((outcome.name().to_owned(), occurred_on));
        let now = self.clock.now();
        let record = FeedbackRecord {
            feedback_id: uuid::Uuid::now_v7().to_string(),
            recommendation_id: before.recommendation_id,
            kind: FeedbackKind::Outcome,
            action: before.action,
            outcome: Some(outcome),
            reason: feedback.reason,
            decided_by: feedback.decided_by,
            occurred_on,
            recorded_at: now,
            recorded_by: by.actor.clone(),
            action_id: fact.action_id.clone(),
        };
        self.write_fact(&fact, &by.scope, now).await?;
        let is_new = self.keep(&record, None).await?;
        self.audit(&record).await?;
        Ok((record, is_new))
    }

    /// The day of feedback: not before the decision, not ahead.
    fn day_of(&self, kept: &Kept, feedback: &Feedback) -> Result<Date, Error> {
        let (first, today) = (kept.decision.as_of, self.clock.today());
        let day = feedback.occurred_on.unwrap_or(today);
        if (first..=today).contains(&day) {
            Ok(day)
        } else {
            let reason = format!("must be a day from {first} to {today}, given {day}");
            Err(wrong("occurred_on", reason))
        }
    }

    async fn decision_of(&self, recommendation_id: &str) -> Result<Option<Decided>, Error> {
        let id = decided_id(recommendation_id);
        let rows = self.store.outcomes_of(recommendation_id).await?;
        let row = rows.iter().find(|row| row.outcome_id == id);
        row.map(|row| read(&row.document)).transpose()
    }

    async fn keep(&self, record: &FeedbackRecord, fact: Option<ActionFact>) -> Result<bool, Error> {
        let row = OutcomeRow {
            outcome_id: record.feedback_id.clone(),
            recommendation_id: record.recommendation_id.clone(),
            recorded_at: micros(record.recorded_at),
            document: serde_json::to_string(&Decided {
                record: record.clone(),
                fact,
            })?,
        };
        Ok(self.store.insert_outcome(&row).await?)
    }

    /// Records an action as any other fact, and tells the book.
    async fn write_fact(&self, fact: &ActionFact, scope: &Scope, now: Timestamp) -> Result<(), Error> {
        let row = RawRow {
            place: 0,
            cells: fact.cells(),
        };
        let terms = Terms {
            now,
            known_since: Some(self.clock.today()),
            corrected_on: None,
            scope: scope.clone(),
            on_fault: OnFault::Refuse,
        };
        let recorded = self.ledger.record_under(Table::Actions, vec![row], terms).await?;
        self.book.touch(&recorded.customers, false);
        for (_, outcome) in &recorded.outcomes {
            if let Outcome::Rejected(faults) = outcome {
                let reasons: Vec<String> = faults
                    .iter()
                    .map(|fault| format!("{}: {}", fault.column, fault.detail))
                    .collect();
                return Err(Error::Refused {
                    reason: reasons.join("; "),
                });
            }
        }
        Ok(())
    }

    async fn audit(&self, record: &FeedbackRecord) -> Result<(), Error> {
        let entry = AuditEntry {
            at: record.recorded_at,
            actor: record.recorded_by.clone(),
            action: format!("recommendation.{}", record.kind.name()),
            subject: record.recommendation_id.clone(),
            detail: json!({
                "action": record.action,
                "outcome": record.outcome,
                "decided_by": record.decided_by,
                "occurred_on": record.occurred_on,
            }),
        };
        self.store.append_audit(&entry).await?;
        Ok(())
    }
}

/// The answer to a decision that was told before.
fn same_as(before: Decided, feedback: &Feedback, action: &ActionId) -> Result<(FeedbackRecord, bool), Error> {
    let record = before.record;
    if record.kind == feedback.kind && record.action == action.as_str() {
        Ok((record, false))
    } else {
        Err(Error::AlreadyDecided {
            before: format!("{} {}", record.kind.name(), record.action),
        })
    }
}

fn read(document: &str) -> Result<Decided, Error> {
    serde_json::from_str(document).map_err(|_| {
        Error::from(store::Error::Unreadable {
            table: "recommendation_outcomes",
            column: "document",
            value: format!("{} characters", document.len()),
        })
    })
}
