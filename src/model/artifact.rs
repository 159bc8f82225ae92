//! A fitted model as a folder: readable, versioned, checksummed. It is data; loading executes nothing.
//!
//! | file | what |
//! | --- | --- |
//! | `model.json` | parameters, feature list with hash, training window, cut-off, seed, fingerprint of the ledger, version |
//! | `card.md` | the same for a person |
//! | `scorecard.json` | what the training set was, and the scores of a backtest where one was run |
//! | `band.json` | how far P10 and P90 of the cash forecast reach, where the model was calibrated; stage 4 reads it |
//! | `checksums.sha256` | SHA-256 of each file, as `sha256sum --check` reads it |

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::Date;
use crate::features;
use crate::history::staging;
use crate::model::{Error, FittedModel, TrainingSet};

/// Version of the layout of the folder.
const FORMAT: u32 = 1;
/// The model itself.
pub const MODEL_FILE: &str = "model.json";
/// The model described for a person.
pub const CARD_FILE: &str = "card.md";
/// The scores of the model.
pub const SCORECARD_FILE: &str = "scorecard.json";
/// The band of the cash forecast, where there is one.
pub const BAND_FILE: &str = "band.json";
/// The checksums of the other files.
pub const CHECKSUM_FILE: &str = "checksums.sha256";

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactInfo {
    /// Last day whose facts the model has seen.
    pub as_of: Date,
    /// First past cut-off of the training set.
    pub first_cutoff: Date,
    /// Last past cut-off of the training set.
    pub last_cutoff: Date,
    /// Open invoices at past cut-offs that it was trained on.
    pub training_rows: usize,
    /// Seed of all sampling.
    pub seed: u64,
    /// Fingerprint of the ledger.
    pub ledger_fingerprint: String,
    /// Version of duecast.
    pub code_version: String,
    /// Scores of a backtest, where one was run.
    pub scorecard: Option<serde_json::Value>,
}

impl ArtifactInfo {
    /// Describes a model trained on `training`.
    #[must_use]
    pub fn new(training: &TrainingSet, seed: u64, ledger_fingerprint: &str) -> Self {
        let (first_cutoff, last_cutoff) = training.window();
        Self {
            as_of: training.as_of(),
            first_cutoff,
            last_cutoff,
            training_rows: training.len(),
            seed,
            ledger_fingerprint: ledger_fingerprint.to_owned(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            scorecard: None,
        }
    }
}

/// A model read from a folder, with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedModel {
    /// The model.
    pub model: FittedModel,
    /// Where it comes from.
    pub info: ArtifactInfo,
    /// Content of `band.json`, where the model was calibrated.
    pub band: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ModelFile {
    format: u32,
    #[serde(flatten)]
    model: FittedModel,
    features: Vec<FeatureLine>,
    feature_list_hash: String,
    calendar: String,
    info: ArtifactInfo,
}

#[derive(Serialize, Deserialize)]
struct FeatureLine {
    name: String,
    unit: String,
}

/// Saves a model into `folder`, which appears complete or not at all; a model that was there is replaced.
///
/// # Errors
///
/// [`Error::Io`] names the file that could not be written.
pub fn save(model: &FittedModel, info: &ArtifactInfo, folder: &Path) -> Result<(), Error> {
    let file = ModelFile {
        format: FORMAT,
        model: model.clone(),
        features: features::features()
            .iter()
            .map(|feature| FeatureLine {
                name: feature.name.to_owned(),
                unit: feature.unit.to_owned(),
            })
            .collect(),
        feature_list_hash: features::feature_list_hash(),
        calendar: "bank calendar of the payer's country, else of the currency".to_owned(),
        info: ArtifactInfo {
            scorecard: None,
            ..info.clone()
        },
    };
    let damaged = |error: serde_json::Error| Error::Damaged {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let files = [
        (
            MODEL_FILE,
            serde_json::to_string_pretty(&file).map_err(damaged)? + "\n",
        ),
        (CARD_FILE, card(model, info)),
        (
            SCORECARD_FILE,
            serde_json::to_string_pretty(&scorecard(info)).map_err(damaged)? + "\n",
        ),
    ];
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(io("write", parent))?;
    let staging = staging::folder_in(parent, ".duecast-model-").map_err(io("write", parent))?;
    let mut checksums = String::new();
    for (name, content) in &files {
        write(&staging.path().join(name), content)?;
        writeln!(checksums, "{}  {name}", checksum(content.as_bytes()))
            .expect("writing to a string cannot fail");
    }
    write(&staging.path().join(CHECKSUM_FILE), &checksums)?;
    replace(staging, folder)
}

/// Puts the band of the cash forecast beside a saved model; one that was there is replaced.
///
/// The checksums name the file last, and forget it first: whatever interrupts this, the folder holds a model that
/// loads. Saving a model anew leaves its band behind, for that belongs to the old one.
///
/// # Errors
///
/// Those of [`load`], and [`Error::Io`] with the file that could not be written.
pub fn save_band(folder: &Path, band: &str) -> Result<(), Error> {
    load(folder)?;
    let mut checksums = String::new();
    for line in read(folder, CHECKSUM_FILE)?.lines() {
        if line.split_once("  ").is_none_or(|(_, name)| name != BAND_FILE) {
            checksums.push_str(line);
            checksums.push('\n');
        }
    }
    put(folder, CHECKSUM_FILE, &checksums)?;
    put(folder, BAND_FILE, band)?;
    writeln!(checksums, "{}  {BAND_FILE}", checksum(band.as_bytes()))
        .expect("writing to a string cannot fail");
    put(folder, CHECKSUM_FILE, &checksums)
}

/// Writes a file of a folder, which appears with all its content or not at all.
fn put(folder: &Path, name: &str, content: &str) -> Result<(), Error> {
    let partial = folder.join(format!(".{name}.partial"));
    write(&partial, content)?;
    let path = folder.join(name);
    std::fs::rename(&partial, &path).map_err(io("write", &path))
}

fn write(path: &Path, content: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).map_err(io("write", path))?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(io("write", path))
}

/// Puts a complete staging folder in the place of `folder`.
fn replace(staging: tempfile::TempDir, folder: &Path) -> Result<(), Error> {
    let old = staging.path().with_extension("old");
    let replaced = folder.try_exists().map_err(io("read", folder))?;
    if replaced {
        if !folder.join(MODEL_FILE).is_file()
            && std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
        {
            return Err(Error::Occupied {
                path: folder.to_owned(),
            });
        }
        std::fs::rename(folder, &old).map_err(io("write", folder))?;
    }
    std::fs::rename(staging.keep(), folder).map_err(io("write", folder))?;
    if replaced {
        std::fs::remove_dir_all(&old).map_err(io("write", &old))?;
    }
    Ok(())
}

/// Loads a model from `folder`.
///
/// # Errors
///
/// [`Error::Damaged`] when a file is missing, differs from its checksum or cannot be understood;
/// [`Error::OtherFeatures`] when the model was trained with another feature list.
pub fn load(folder: &Path) -> Result<LoadedModel, Error> {
    let damaged = |reason: String| Error::Damaged {
        path: folder.to_owned(),
        reason,
    };
    if !folder.join(MODEL_FILE).is_file() {
        return Err(damaged(format!(
            "it has no {MODEL_FILE}; `duecast train --out` makes a model"
        )));
    }
    let checksums = read(folder, CHECKSUM_FILE)?;
    let mut contents = std::collections::BTreeMap::new();
    for line in checksums.lines() {
        let (expected, name) = line
            .split_once("  ")
            .ok_or_else(|| damaged(format!("{CHECKSUM_FILE} has the line {line:?}")))?;
        if ![MODEL_FILE, CARD_FILE, SCORECARD_FILE, BAND_FILE].contains(&name) {
            return Err(damaged(format!(
                "{CHECKSUM_FILE} names the unknown file {name:?}"
            )));
        }
        let content = read(folder, name)?;
        let found = checksum(content.as_bytes());
        if found != expected {
            return Err(damaged(format!(
                "{name} should have the checksum {expected}, has {found}"
            )));
        }
        contents.insert(name, content);
    }
    let model = contents
        .get(MODEL_FILE)
        .ok_or_else(|| damaged(format!("{CHECKSUM_FILE} does not name {MODEL_FILE}")))?;
    let file: ModelFile =
        serde_json::from_str(model).map_err(|error| damaged(format!("{MODEL_FILE}: {error}")))?;
    if file.format != FORMAT {
        return Err(damaged(format!(
            "{MODEL_FILE} has format {}, this version reads {FORMAT}",
            file.format
        )));
    }
    let code = features::feature_list_hash();
    if file.feature_list_hash != code {
        return Err(Error::OtherFeatures {
            path: folder.to_owned(),
            model: file.feature_list_hash,
            code,
        });
    }
    file.model
        .check()
        .map_err(|reason| damaged(format!("{MODEL_FILE}: {reason}")))?;
    Ok(LoadedModel {
        model: file.model,
        info: file.info,
        band: contents.remove(BAND_FILE),
    })
}

fn read(folder: &Path, name: &str) -> Result<String, Error> {
    let path: PathBuf = folder.join(name);
    std::fs::read_to_string(&path).map_err(io("read", &path))
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { doing, path, source }
}

fn checksum(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn scorecard(info: &ArtifactInfo) -> serde_json::Value {
    serde_json::json!({
        "as_of": info.as_of,
        "training_rows": info.training_rows,
        "training_window": [info.first_cutoff, info.last_cutoff],
        "backtest": info.scorecard,
    })
}

fn card(model: &FittedModel, info: &ArtifactInfo) -> String {
    let name = model.name();
    format!(
        "# {name}\n\n{}.\n\n\
         | | |\n| --- | --- |\n\
         | knows the ledger up to | {} |\n\
         | trained on | {} open invoices at past cut-offs from {} to {} |\n\
         | seed | {} |\n| ledger fingerprint | `{}` |\n| features | {} (list hash `{}`) |\n| duecast | {} |\n\n\
         ## Purpose\n\nProbability of payment of open business invoices by each of the coming 91 days. Not for judging the \
         creditworthiness of natural persons.\n\n\
         ## Limits\n\nIt knows how this ledger's customers have paid, and repeats it. Contacts are confounded: those who pay \
         badly are contacted. Scores of a backtest, where one was run, are in `scorecard.json`.\n",
        name.summary(),
        info.as_of,
        info.training_rows,
        info.first_cutoff,
        info.last_cutoff,
        info.seed,
        info.ledger_fingerprint,
        features::features().len(),
        features::feature_list_hash(),
        info.code_version,
    )
}
