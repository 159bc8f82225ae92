//! What is kept of a model beside its files.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::config::Alias;
use crate::app::store::{self, ModelVersionRow};
use crate::domain::date::parse_iso;
use crate::model::artifact::{self, LoadedModel};

/// Hexadecimal digits of the hash in a version: enough to tell apart models of the same day.
const HASH_DIGITS: usize = 8;

/// What is told of a new model.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    /// Who registers it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Verdict and figures of the gate, `None` where it was not proven.
    pub proof: Option<serde_json::Value>,
    /// Shares of each feature's values at training, against which drift is measured.
    pub profile: Option<serde_json::Value>,
}

/// A model that is registered; it never changes, only its proof is renewed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelVersion {
    /// Kind, cut-off and the first digits of the SHA-256 of `model.json`.
    pub version: String,
    /// Its kind.
    pub model: String,
    /// Last day whose facts it knows.
    pub trained_as_of: NaiveDate,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Who registered it.
    pub created_by: String,
    /// Identifies the facts that it was trained on.
    pub ledger_fingerprint: String,
    /// Seed of its training sample.
    pub seed: u64,
    /// Version of duecast that trained it.
    pub code_version: String,
    /// Verdict and figures of the gate; null where it was not proven.
    pub proof: Option<serde_json::Value>,
    /// The names under which it is in use.
    pub aliases: Vec<Alias>,
    /// Why this version of duecast cannot use it; null where it can.
    pub unusable_because: Option<String>,
}

impl ModelVersion {
    pub(super) fn from_row(
        row: ModelVersionRow,
        aliases: Vec<Alias>,
        unusable_because: Option<String>,
    ) -> Result<Self, store::Error> {
        let trained_as_of =
            parse_iso(&row.trained_as_of).map_err(|_| unreadable("trained_as_of", &row.trained_as_of))?;
        let proof = row.proof.map(|text| json("proof", &text)).transpose()?;
        Ok(Self {
            version: row.version,
            model: row.model,
            trained_as_of,
            created_at: from_micros(row.created_at),
            created_by: row.created_by,
            ledger_fingerprint: row.ledger_fingerprint,
            seed: row.seed.cast_unsigned(),
            code_version: row.code_version,
            proof,
            aliases,
            unusable_because,
        })
    }
}

/// Reads a value of a column that holds JSON.
pub(super) fn json(column: &'static str, text: &str) -> Result<serde_json::Value, store::Error> {
    serde_json::from_str(text).map_err(|_| unreadable(column, text))
}

fn unreadable(column: &'static str, value: &str) -> store::Error {
    store::Error::Unreadable {
        table: "model_versions",
        column,
        value: value.to_owned(),
    }
}

/// Returns what the store keeps of a new model; its version follows from its content.
pub(super) fn row_of(
    loaded: &LoadedModel,
    files: &BTreeMap<String, String>,
    made: NewVersion,
) -> ModelVersionRow {
    let content = files.get(artifact::MODEL_FILE).map_or("", String::as_str);
    let hash: String = Sha256::digest(content.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (digits, _) = hash.split_at(HASH_DIGITS);
    let info = &loaded.info;
    let model = loaded.model.name().to_string();
    ModelVersionRow {
        version: format!("{model}-{}-{digits}", info.as_of),
        model,
        trained_as_of: info.as_of.to_string(),
        created_at: micros(made.created_at),
        created_by: made.created_by,
        ledger_fingerprint: info.ledger_fingerprint.clone(),
        seed: info.seed.cast_signed(),
        code_version: info.code_version.clone(),
        proof: made.proof.map(|proof| proof.to_string()),
        profile: made.profile.map(|profile| profile.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ModelVersion, NewVersion, row_of};
    use crate::app::clock::from_micros;
    use crate::app::registry::copy;
    use std::path::Path;

    #[test]
    fn a_version_names_kind_day_and_content() {
        let demo = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo"));
        let (loaded, files) = copy::read(demo).unwrap();
        let made = NewVersion {
            created_by: "key:k".to_owned(),
            created_at: from_micros(5),
            proof: Some(serde_json::json!({"verdict": "failed"})),
            profile: None,
        };
        let row = row_of(&loaded, &files, made);
        let checksum = files["checksums.sha256"].split(' ').next().unwrap();
        let digits = checksum.get(..8).unwrap();
        assert_eq!(row.version, format!("hazard_trees-2026-03-29-{digits}"));
        let version = ModelVersion::from_row(row, Vec::new(), None).unwrap();
        assert_eq!(version.seed, loaded.info.seed);
        assert_eq!(version.trained_as_of, loaded.info.as_of);
        assert_eq!(version.proof.unwrap()["verdict"], "failed");
    }
}
