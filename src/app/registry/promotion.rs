//! How a model becomes champion, and how an earlier one does again.
//!
//! The gate has spoken before, in the proof of the model. What is decided here: whether that proof still holds,
//! whether somebody else has to agree, and which champion to go back to.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, Registry, version};
use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::config::{Alias, Promotion};
use crate::app::store::{self, AliasChange, PromotionRow};

/// What became of a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromotionStatus {
    /// It waits for a second person.
    Waiting,
    /// The model became champion.
    Done,
    /// The gate stands in the way.
    Refused,
    /// The model became champion, and the one before it again later.
    RolledBack,
}

impl PromotionStatus {
    const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Refused, Self::RolledBack];

    /// Returns the name in answers and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// A change of the champion, also one that is refused or waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Promotion)]
pub struct PromotionRecord {
    /// UUID version 7.
    pub promotion_id: String,
    /// The alias that changes: the champion.
    pub alias: Alias,
    /// The model.
    pub version: String,
    /// The champion before; null for the first one, and for a rollback, whose reason names it.
    pub previous_version: Option<String>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Who asked for it.
    pub requested_by: String,
    /// What became of it.
    pub status: PromotionStatus,
    /// What the gate says, or why the gate was not asked.
    pub reason: String,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who decided it.
    pub decided_by: Option<String>,
}

impl PromotionRecord {
    /// Returns a promotion that nobody has decided.
    pub(super) fn new(version: &str, previous: Option<&str>, by: &str, at: Timestamp, reason: &str) -> Self {
        Self {
            promotion_id: uuid::Uuid::now_v7().to_string(),
            alias: Alias::Champion,
            version: version.to_owned(),
            previous_version: previous.map(ToOwned::to_owned),
            requested_at: at,
            requested_by: by.to_owned(),
            status: PromotionStatus::Waiting,
            reason: reason.to_owned(),
            decided_at: None,
            decided_by: None,
        }
    }

    pub(super) fn decided(mut self, status: PromotionStatus, by: &str, at: Timestamp) -> Self {
        self.status = status;
        self.decided_at = Some(at);
        self.decided_by = Some(by.to_owned());
        self
    }

    pub(super) fn to_row(&self) -> PromotionRow {
        PromotionRow {
            promotion_id: self.promotion_id.clone(),
            alias: self.alias.name().to_owned(),
            version: self.version.clone(),
            previous_version: self.previous_version.clone(),
            requested_at: micros(self.requested_at),
            requested_by: self.requested_by.clone(),
            status: self.status.name().to_owned(),
            reason: self.reason.clone(),
            decided_at: self.decided_at.map(micros),
            decided_by: self.decided_by.clone(),
        }
    }

    fn from_row(row: PromotionRow) -> Result<Self, store::Error> {
        let unreadable = |column: &'static str, value: &str| store::Error::Unreadable {
            table: "promotions",
            column,
            value: value.to_owned(),
        };
        let alias = Alias::parse(&row.alias).ok_or_else(|| unreadable("alias", &row.alias))?;
        let status = PromotionStatus::ALL
            .into_iter()
            .find(|status| status.name() == row.status)
            .ok_or_else(|| unreadable("status", &row.status))?;
        Ok(Self {
            promotion_id: row.promotion_id,
            alias,
            version: row.version,
            previous_version: row.previous_version,
            requested_at: from_micros(row.requested_at),
            requested_by: row.requested_by,
            status,
            reason: row.reason,
            decided_at: row.decided_at.map(from_micros),
            decided_by: row.decided_by,
        })
    }
}

impl Registry {
    /// Asks for a model to become champion.
    ///
    /// What comes back says what became of it: it is done, it waits for a second person, or the gate refuses it.
    /// A champion where none answers, because there is none or it cannot be used, needs no second person: there are
    /// no answers yet that would change.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownVersion`], [`Error::Unusable`], [`Error::AlreadyChampion`], [`Error::AlreadyWaiting`], and
    /// [`Error::Store`] when the store fails.
    pub async fn request_promotion(
        &self,
        version: &str,
        by: &str,
        policy: Promotion,
        at: Timestamp,
    ) -> Result<PromotionRecord, Error> {
        let _changing = self.changing.lock().await;
        self.require_usable(version).await?;
        let champion = self.champion().await?;
        if champion.as_deref() == Some(version) {
            return Err(Error::AlreadyChampion {
                version: version.to_owned(),
            });
        }
        let waiting = self
            .store
            .waiting_promotion(Alias::Champion.name(), version)
            .await?;
        if let Some(waiting) = waiting {
            return Err(Error::AlreadyWaiting {
                version: version.to_owned(),
                promotion_id: waiting.promotion_id,
            });
        }
        let gate = self.gate(version).await?;
        let record = |reason: &str| PromotionRecord::new(version, champion.as_deref(), by, at, reason);
        match gate {
            Err(refusal) => {
                let refused = record(&refusal).decided(PromotionStatus::Refused, by, at);
                self.store.put_promotion(&refused.to_row()).await?;
                Ok(refused)
            }
            Ok(reason) if policy == Promotion::Automatic || self.answering().is_none() => {
                self.promote(record(&reason), None, by, at).await
            }
            Ok(reason) => {
                let waiting = record(&reason);
                self.store.put_promotion(&waiting.to_row()).await?;
                Ok(waiting)
            }
        }
    }

    /// Agrees to a promotion that somebody else asked for.
    ///
    /// The gate is asked again: where the champion has changed since, the proof is of another one, and the
    /// promotion comes back refused.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownPromotion`], [`Error::AlreadyDecided`], [`Error::SamePerson`], [`Error::OtherRevision`],
    /// [`Error::Unusable`], and [`Error::Store`] when the store fails.
    pub async fn approve(
        &self,
        promotion_id: &str,
        if_revision: Option<i64>,
        by: &str,
        at: Timestamp,
    ) -> Result<PromotionRecord, Error> {
        let _changing = self.changing.lock().await;
        let row = self.store.promotion(promotion_id).await?;
        let row = row.ok_or_else(|| Error::UnknownPromotion {
            promotion_id: promotion_id.to_owned(),
        })?;
        let record = PromotionRecord::from_row(row)?;
        if record.status != PromotionStatus::Waiting {
            return Err(Error::AlreadyDecided {
                promotion_id: record.promotion_id,
                status: record.status.name(),
            });
        }
        if record.requested_by == by {
            return Err(Error::SamePerson {
                promotion_id: record.promotion_id,
                actor: by.to_owned(),
            });
        }
        let champion = self.champion().await?;
        let gate = if champion == record.previous_version {
            self.gate(&record.version).await?
        } else {
            Err(
                "the champion has changed since this was asked for; prove the model against the new one"
                    .to_owned(),
            )
        };
        match gate {
            Ok(_) => self.promote(record, if_revision, by, at).await,
            Err(refusal) => {
                let mut refused = record.decided(PromotionStatus::Refused, by, at);
                refused.reason = refusal;
                self.store.put_promotion(&refused.to_row()).await?;
                Ok(refused)
            }
        }
    }

    /// Makes the champion before the present one champion again; again and again it goes back to the first.
    ///
    /// # Errors
    ///
    /// [`Error::NothingBefore`], [`Error::Unusable`], and [`Error::Store`] when the store fails.
    pub async fn rollback(&self, by: &str, at: Timestamp) -> Result<PromotionRecord, Error> {
        let _changing = self.changing.lock().await;
        let champion = self.champion().await?.ok_or(Error::NothingBefore)?;
        let last = self
            .store
            .last_promotion_of(Alias::Champion.name(), &champion)
            .await?;
        let mut last = last.ok_or(Error::NothingBefore)?;
        let previous = last.previous_version.clone().ok_or(Error::NothingBefore)?;
        let reason = format!("rolled back from {champion} (promotion {})", last.promotion_id);
        PromotionStatus::RolledBack.name().clone_into(&mut last.status);
        let back =
            PromotionRecord::new(&previous, None, by, at, &reason).decided(PromotionStatus::Done, by, at);
        let change = change_to(&back.version, None, by, at);
        self.change(Alias::Champion, &change, &[last, back.to_row()])
            .await?;
        Ok(back)
    }

    /// Lists promotions, newest first, behind an instant and an id.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails.
    pub async fn promotions(
        &self,
        before: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<PromotionRecord>, Error> {
        let before = before.map_or((i64::MAX, String::new()), |(at, id)| (micros(at), id));
        let rows = self.store.promotions(&before, limit).await?;
        let records: Result<Vec<PromotionRecord>, store::Error> =
            rows.into_iter().map(PromotionRecord::from_row).collect();
        Ok(records?)
    }

    async fn promote(
        &self,
        record: PromotionRecord,
        if_revision: Option<i64>,
        by: &str,
        at: Timestamp,
    ) -> Result<PromotionRecord, Error> {
        let done = record.decided(PromotionStatus::Done, by, at);
        let change = change_to(&done.version, if_revision, by, at);
        self.change(Alias::Champion, &change, &[done.to_row()]).await?;
        Ok(done)
    }

    async fn champion(&self) -> Result<Option<String>, Error> {
        let row = self.alias_row(Alias::Champion).await?;
        Ok(row.map(|row| row.version))
    }

    /// Returns the champion that answers; one that cannot be used is none that could be beaten.
    fn answering(&self) -> Option<String> {
        self.alias(Alias::Champion).map(|served| served.version.clone())
    }

    async fn gate(&self, version: &str) -> Result<Result<String, String>, Error> {
        let row = self.version_row(version).await?;
        let proof = row.proof.map(|text| version::json("proof", &text)).transpose()?;
        Ok(gate_of(proof.as_ref(), self.answering().as_deref()))
    }
}

pub(super) fn change_to(version: &str, if_revision: Option<i64>, by: &str, at: Timestamp) -> AliasChange {
    AliasChange {
        alias: Alias::Champion.name().to_owned(),
        version: version.to_owned(),
        if_revision,
        changed_at: micros(at),
        changed_by: by.to_owned(),
    }
}

/// Returns what the gate says of a model: why it may be champion, or why it may not.
///
/// A proof holds against the champion that it was made against, and against no other.
fn gate_of(proof: Option<&serde_json::Value>, champion: Option<&str>) -> Result<String, String> {
    let Some(proof) = proof else {
        return Err("the model was not proven: only a training job makes the proof".to_owned());
    };
    let text = |name: &str| proof.get(name).and_then(serde_json::Value::as_str);
    let reason = text("reason").unwrap_or("the gate gave no reason").to_owned();
    let stale = |against: &str, champion: &str| {
        format!("the model was proven {against}, the champion is {champion} now; prove it against that one")
    };
    match (text("verdict"), text("champion_version"), champion) {
        (Some("no_champion_passed"), _, Some(champion)) => Err(stale("without a champion", champion)),
        (Some("passed"), Some(against), Some(champion)) if against != champion => {
            Err(stale(&format!("against {against}"), champion))
        }
        (Some("passed" | "no_champion_passed"), _, _) => Ok(reason),
        (Some("failed"), _, _) => Err(reason),
        (verdict, _, _) => {
            let given = verdict.unwrap_or("none");
            Err(format!(
                "the proof of the model has the verdict {given:?}, which this version does not know"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::gate_of;
    use serde_json::json;

    #[test]
    fn a_model_without_proof_is_refused() {
        let refusal = gate_of(None, None).unwrap_err();
        assert!(refusal.contains("not proven"), "{refusal}");
        assert!(gate_of(Some(&json!({})), None).is_err());
        assert!(gate_of(Some(&json!({"verdict": "great"})), None).is_err());
    }

    #[test]
    fn the_gate_gives_its_reason() {
        let passed = json!({"verdict": "passed", "reason": "better by 0.3 days"});
        assert_eq!(
            gate_of(Some(&passed), Some("a")),
            Ok("better by 0.3 days".to_owned())
        );
        let failed = json!({"verdict": "failed", "reason": "below the baseline"});
        assert_eq!(
            gate_of(Some(&failed), Some("a")),
            Err("below the baseline".to_owned())
        );
    }

    #[test]
    fn a_proof_holds_against_its_champion_alone() {
        let alone = json!({"verdict": "no_champion_passed", "reason": "first"});
        assert!(gate_of(Some(&alone), None).is_ok());
        let refusal = gate_of(Some(&alone), Some("a")).unwrap_err();
        assert!(refusal.contains("without a champion"), "{refusal}");
        let against = json!({"verdict": "passed", "reason": "better", "champion_version": "a"});
        assert!(gate_of(Some(&against), Some("a")).is_ok());
        let refusal = gate_of(Some(&against), Some("b")).unwrap_err();
        assert!(refusal.contains("against a, the champion is b"), "{refusal}");
    }
}
