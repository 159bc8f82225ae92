//! A training run: the ledger as files, a model from them, its proof, and its place among the models.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::access::Principal;
use crate::app::config::Alias;
use crate::app::jobs::Error;
use crate::app::jobs::child::{Program, failure, internal};
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::registry::{self, ModelVersion, NewVersion, PromotionStatus};
use crate::app::service::promotion;
use crate::app::state::App;
use crate::app::store::AuditEntry;
use crate::domain::Date;
use crate::model::ModelName;

/// Steps of a run, for its progress.
const STEPS: u64 = 4;
/// Longest time-out: a year, which a clock can count.
const MINUTES_MAX: u64 = 525_600;

/// What is to be trained; what is left out is that of the configuration, on the business day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingRequest {
    /// The model.
    pub model: Option<String>,
    /// Seed of the training sample.
    pub seed: Option<u64>,
    /// Last day whose facts may be known.
    pub as_of: Option<Date>,
    /// Whether to ask for promotion when the gate is passed.
    pub is_promotion_asked: bool,
}

/// What is trained.
#[derive(Clone, Debug)]
struct Recipe {
    model: ModelName,
    seed: u64,
    as_of: Date,
    is_promotion_asked: bool,
}

/// Queues a training run; its end is told by the operation.
///
/// # Errors
///
/// - [`Error::UnknownModel`], [`Error::Seed`], [`Error::AsOfAhead`] for a request that cannot be done;
/// - [`Error::Operations`] when too much is waiting.
pub async fn train(app: &App, request: &TrainingRequest, by: &Principal) -> Result<Operation, Error> {
    let recipe = checked(app, request)?;
    let told = json!({
        "model": recipe.model.as_str(),
        "seed": recipe.seed,
        "as_of": recipe.as_of,
        "promote": recipe.is_promotion_asked,
    });
    let (shared, actor) = (Arc::clone(app), by.actor.clone());
    let work = move |ticket: Ticket| run(shared, recipe, actor, ticket);
    let operation = app
        .operations
        .start(Kind::Training, by, told.clone(), work)
        .await?;
    app.store
        .append_audit(&AuditEntry {
            at: app.clock.now(),
            actor: by.actor.clone(),
            action: "training.start".to_owned(),
            subject: operation.operation_id.clone(),
            detail: told,
        })
        .await?;
    Ok(operation)
}

fn checked(app: &App, request: &TrainingRequest) -> Result<Recipe, Error> {
    let config = &app.config.training;
    let name = request.model.as_deref().unwrap_or(&config.model);
    let model = name.parse::<ModelName>().map_err(|_| Error::UnknownModel {
        allowed: ModelName::ALL.map(ModelName::as_str).join(", "),
        given: name.to_owned(),
    })?;
    let seed = request.seed.unwrap_or(config.seed);
    if i64::try_from(seed).is_err() {
        return Err(Error::Seed { given: seed });
    }
    let today = app.clock.today();
    let as_of = request.as_of.unwrap_or(today);
    if as_of > today {
        return Err(Error::AsOfAhead { as_of, today });
    }
    Ok(Recipe {
        model,
        seed,
        as_of,
        is_promotion_asked: request.is_promotion_asked,
    })
}

/// Does the run in a folder of its own, which does not outlive it.
async fn run(app: App, recipe: Recipe, actor: String, ticket: Ticket) -> Result<Done, Failure> {
    let folder = app.config.store.cache.join("training").join(&ticket.operation_id);
    let trained = in_folder(&app, &recipe, &actor, &folder, &ticket).await;
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(
            path = %folder.display(),
            error = &error as &(dyn std::error::Error + 'static),
            "the folder of a training run could not be removed"
        );
    }
    trained
}

async fn in_folder(
    app: &App,
    recipe: &Recipe,
    actor: &str,
    folder: &Path,
    ticket: &Ticket,
) -> Result<Done, Failure> {
    let places = Places::of(folder);
    let minutes = app.config.training.timeout_minutes.min(MINUTES_MAX);
    let deadline = Instant::now() + Duration::from_secs(minutes * 60);
    let program = Program::find(&app.config.training)
        .map_err(|error| internal("the path of the program is unknown", &error))?;
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(|error| internal("the folder of a training run could not be made", &error))?;
    ticket.progress(0, STEPS, "writing the ledger as files");
    let (ledger, target) = (Arc::clone(&app.ledger), places.ledger.clone());
    tokio::task::spawn_blocking(move || ledger.export(&target))
        .await
        .map_err(|error| internal("the export of the ledger broke off", &error))?
        .map_err(|error| internal("the ledger could not be exported", &error))?;
    ticket.check()?;
    ticket.progress(1, STEPS, "training");
    program
        .run(train_arguments(recipe, &places), deadline, ticket)
        .await?;
    ticket.progress(2, STEPS, "proving");
    let champion = app.registry.alias(Alias::Champion);
    let arguments = prove_arguments(
        app,
        recipe,
        &places,
        champion.as_ref().map(|model| model.folder.as_path()),
    );
    program.run(arguments, deadline, ticket).await?;
    ticket.progress(3, STEPS, "registering");
    let (mut proof, profile) = (read_json(&places.proof).await?, read_json(&places.profile).await?);
    // The program knows the champion as a folder; a proof holds against this version of it alone.
    if let Some(champion) = &champion {
        proof["champion_version"] = Value::String(champion.version.clone());
    }
    let made = NewVersion {
        created_by: actor.to_owned(),
        created_at: app.clock.now(),
        proof: Some(proof.clone()),
        profile: Some(profile),
    };
    let version = app
        .registry
        .register(&places.model, made)
        .await
        .map_err(refused)?;
    let place = placed(app, recipe, actor, &version, &proof).await?;
    ticket.progress(STEPS, STEPS, "done");
    Ok(Done {
        result: json!({
            "version": version.version,
            "place": place,
            "proof": proof,
        }),
        file: None,
    })
}

/// Where the files of a run are.
struct Places {
    ledger: PathBuf,
    model: PathBuf,
    proof: PathBuf,
    profile: PathBuf,
}

impl Places {
    fn of(folder: &Path) -> Self {
        Self {
            ledger: folder.join("ledger"),
            model: folder.join("model"),
            proof: folder.join("proof.json"),
            profile: folder.join("profile.json"),
        }
    }
}

fn train_arguments(recipe: &Recipe, places: &Places) -> Vec<OsString> {
    let mut arguments = common_arguments("train", recipe, places);
    arguments.push("--out".into());
    arguments.push(places.model.clone().into());
    arguments
}

fn prove_arguments(app: &App, recipe: &Recipe, places: &Places, champion: Option<&Path>) -> Vec<OsString> {
    let gate = &app.config.training.gate;
    let mut arguments = common_arguments("prove", recipe, places);
    let options: [(&str, OsString); 6] = [
        ("--cutoffs", gate.cutoffs.to_string().into()),
        ("--observed-days", gate.observed_days.to_string().into()),
        ("--baseline", gate.baseline.clone().into()),
        (
            "--crps-difference-max-days",
            gate.crps_difference_max_days.to_string().into(),
        ),
        ("--out", places.proof.clone().into()),
        ("--profile", places.profile.clone().into()),
    ];
    for (option, value) in options {
        arguments.push(option.into());
        arguments.push(value);
    }
    if let Some(champion) = champion {
        arguments.push("--champion".into());
        arguments.push(champion.into());
    }
    arguments
}

fn common_arguments(command: &str, recipe: &Recipe, places: &Places) -> Vec<OsString> {
    vec![
        command.into(),
        format!("--background={}", std::process::id()).into(),
        "--ledger".into(),
        places.ledger.clone().into(),
        format!("--as-of={}", recipe.as_of).into(),
        "--model".into(),
        recipe.model.as_str().into(),
        "--seed".into(),
        recipe.seed.to_string().into(),
    ]
}

/// Reads an object that our own program wrote.
async fn read_json(path: &Path) -> Result<Value, Failure> {
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| internal("a result of a training run could not be read", &error))?;
    serde_json::from_str(&text).map_err(|error| internal("a result of a training run is no JSON", &error))
}

fn is_passed(proof: &Value) -> bool {
    matches!(proof["verdict"].as_str(), Some("passed" | "no_champion_passed"))
}

/// Gives a new model its place, and says which: `champion`, `challenger`, `waiting` for a second person, or
/// `unchanged` where the model is the champion already. Where there is no champion, the first one that passes the
/// gate is it, asked for or not.
async fn placed(
    app: &App,
    recipe: &Recipe,
    actor: &str,
    version: &ModelVersion,
    proof: &Value,
) -> Result<&'static str, Failure> {
    let champion = app.registry.alias(Alias::Champion);
    let name = version.version.as_str();
    if champion.as_ref().is_some_and(|champion| champion.version == name) {
        return Ok("unchanged");
    }
    promotion::set_alias(app, Alias::Challenger, name, None, actor)
        .await
        .map_err(refused)?;
    if !is_passed(proof) || (champion.is_some() && !recipe.is_promotion_asked) {
        return Ok("challenger");
    }
    match promotion::request(app, name, actor).await {
        Ok(record) => Ok(match record.status {
            PromotionStatus::Done => "champion",
            PromotionStatus::Waiting => "waiting",
            PromotionStatus::Refused | PromotionStatus::RolledBack => "challenger",
        }),
        Err(registry::Error::AlreadyWaiting { .. }) => Ok("waiting"),
        Err(error) => Err(refused(error)),
    }
}

/// A model that cannot be used is the client's own, so it hears why; anything else is a fault.
fn refused(error: registry::Error) -> Failure {
    match error {
        unusable @ (registry::Error::Folder(_) | registry::Error::Unusable { .. }) => {
            failure("model_unusable", unusable.to_string())
        }
        fault => internal("a model could not be registered", &fault),
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, Recipe, common_arguments, is_passed};
    use crate::domain::date::from_day_number;
    use crate::model::ModelName;
    use serde_json::json;
    use std::path::Path;

    #[test]
    fn a_run_is_told_to_give_way_and_what_to_train() {
        let recipe = Recipe {
            model: ModelName::Hazard,
            seed: 7,
            as_of: from_day_number(20_000),
            is_promotion_asked: false,
        };
        let places = Places::of(Path::new("cache/training/o1"));
        let arguments: Vec<String> = common_arguments("train", &recipe, &places)
            .into_iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            arguments.join(" "),
            format!(
                "train --background={} --ledger cache/training/o1/ledger --as-of=2024-10-04 --model hazard --seed 7",
                std::process::id()
            )
        );
    }

    #[test]
    fn only_a_proof_that_says_so_is_passed() {
        assert!(is_passed(&json!({ "verdict": "passed" })));
        assert!(is_passed(&json!({ "verdict": "no_champion_passed" })));
        assert!(!is_passed(&json!({ "verdict": "failed" })));
        assert!(!is_passed(&json!({ "reason": "passed" })));
    }
}
