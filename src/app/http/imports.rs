//! Files into the ledger, by the import profiles that ship.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use std::io;
use std::path::{Path, PathBuf};

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;
use utoipa::{IntoParams, ToSchema};

use crate::app::access::Principal;
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::service::intake::{self, Upload};
use crate::app::state::App;
use crate::history::profile::shipped;
use crate::history::{self, Profile};

use super::error::{ApiError, Problem};
use super::extract::{Answer, Params};
use super::started::started;

/// Longest name of a file, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// What can be imported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileList {
    /// The profiles, by name.
    data: Vec<ProfileSummary>,
}

/// A kind of file that can be imported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileSummary {
    /// Name, for `profile` of an import.
    name: String,
    /// What the files hold, in one line.
    description: String,
}

/// What is imported.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportParams {
    /// Name of a profile that ships: how the file is written and which tables it fills.
    profile: String,
    /// Name of the file, such as `invoices.csv`: the profile may tell the table by it, rejects and problems name it.
    #[param(min_length = 1, max_length = 255)]
    name: String,
}

/// Lists the profiles that ship.
#[utoipa::path(
    get,
    path = "/v1/profiles",
    operation_id = "list_profiles",
    tag = "imports",
    responses(
        (status = 200, description = "All of them.", body = ProfileList),
        (status = 401, description = "No key, or a wrong one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_profiles() -> Answer<Json<ProfileList>> {
    let mut data = Vec::new();
    for (name, text) in shipped() {
        let profile = Profile::from_toml(name, text).map_err(|error| ApiError::fault(&error))?;
        data.push(ProfileSummary {
            name: (*name).to_owned(),
            description: profile.description().to_owned(),
        });
    }
    Ok(Json(ProfileList { data }))
}

/// Imports a file: 202 and an operation whose result says what became of the rows, and whose file lists those that
/// were not taken. Importing the same file again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "create_import",
    tag = "imports",
    params(
        ImportParams,
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds, 60 at most, for the end."),
    ),
    request_body(content = String, description = "The bytes of the file.", content_type = "text/csv"),
    responses(
        (status = 200, description = "It ended while the client waited.", body = Operation),
        (status = 202, description = "It has begun; `Location` is the operation.", body = Operation),
        (status = 400, description = "A parameter or the body is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key, or a wrong one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests, or too much is waiting.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_import(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<ImportParams>,
    headers: HeaderMap,
    body: HttpBody,
) -> Answer<Response> {
    let profile = shipped_profile(&params.profile)?;
    check_name(&params.name)?;
    let request = serde_json::json!({ "profile": params.profile, "name": params.name });
    let upload = Upload {
        profile,
        file: received(app.config.store.cache.join("uploads"), body).await?,
        name: params.name,
        by: by.clone(),
    };
    let shared = App::clone(&app);
    let work = move |ticket: Ticket| async move {
        let outcome = intake::import(&shared, &ticket, &upload).await;
        // The file is gone before the operation is seen to have ended.
        drop(upload);
        ended(outcome)
    };
    let operation = app.operations.start(Kind::Import, &by, request, work).await?;
    started(&app, &headers, operation).await
}

fn ended(outcome: Result<Done, intake::Error>) -> Result<Done, Failure> {
    outcome.map_err(|error| match error {
        intake::Error::Cancelled => Failure::cancelled(),
        other => Failure::from(ApiError::from(other)),
    })
}

/// Returns the profile of that name; never one of a path, which would read any file of the server.
fn shipped_profile(name: &str) -> Answer<Profile> {
    let Some((name, text)) = shipped().iter().find(|(shipped, _)| *shipped == name) else {
        let names: Vec<&str> = shipped().iter().map(|(name, _)| *name).collect();
        return Err(refused(
            "profile",
            format!("profile must be one of {}, got {name:?}", names.join(", ")),
        ));
    };
    Profile::from_toml(name, text).map_err(|error| ApiError::fault(&error))
}

fn check_name(name: &str) -> Answer<()> {
    let is_plain = |character: char| !character.is_control() && !matches!(character, '/' | '\\');
    if !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(refused(
        "name",
        format!(
            "name must be that of a file, without folders, of at most {NAME_BYTES_MAX} bytes, such as \
             invoices.csv; got {name:?}"
        ),
    ))
}

fn refused(parameter: &str, detail: String) -> ApiError {
    ApiError::malformed(
        "invalid_parameter",
        "a parameter of the query string cannot be used",
    )
    .at(parameter, "invalid_value", detail)
}

/// Keeps the body as a file that is removed when nobody holds it any more; how large and how slow it may be is
/// watched before it comes here.
async fn received(folder: PathBuf, body: HttpBody) -> Answer<TempPath> {
    let made = tokio::task::spawn_blocking(move || place_in(&folder)).await;
    let (file, path) = made
        .map_err(|error| ApiError::fault(&error))?
        .map_err(|error| not_kept(&error))?
        .into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            ApiError::malformed(
                "body_unreadable",
                "the body ended early or could not be decompressed",
            )
            .caused_by(&error)
        })?;
        file.write_all(&chunk).await.map_err(|error| not_kept(&error))?;
    }
    file.flush().await.map_err(|error| not_kept(&error))?;
    Ok(path)
}

fn place_in(folder: &Path) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    NamedTempFile::with_prefix_in("import-", folder)
}

fn not_kept(error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ApiError::unavailable("storage_full", "there is no room to keep the file at present", 60)
                .caused_by(error)
        }
        _ => ApiError::fault(error),
    }
}

impl From<intake::Error> for ApiError {
    fn from(error: intake::Error) -> Self {
        match error {
            intake::Error::History(error) => of_file(&error),
            refused @ intake::Error::TooManyRejects { .. } => {
                Self::invalid("too_many_rejects", refused.to_string())
            }
            intake::Error::Ledger(error) => Self::from(error),
            intake::Error::Store(error) => Self::from(error),
            fault @ intake::Error::Interrupted(_) => Self::fault(&fault),
            intake::Error::Cancelled => Self::conflict("cancelled", "the import was cancelled"),
        }
    }
}

/// Tells a file that is not what it is taken for from a fault of the service.
fn of_file(error: &history::Error) -> ApiError {
    match error {
        history::Error::Io { .. }
        | history::Error::Polars { .. }
        | history::Error::InvalidFrames { .. }
        | history::Error::ImportRefused { .. } => ApiError::fault(error),
        history::Error::MissingTable { .. }
        | history::Error::TwoFiles { .. }
        | history::Error::EmptyFile { .. }
        | history::Error::MissingColumns { .. }
        | history::Error::RepeatedColumn { .. }
        | history::Error::ColumnType { .. }
        | history::Error::TooManyRejects { .. }
        | history::Error::Csv { .. }
        | history::Error::Profile { .. }
        | history::Error::Source(_)
        | history::Error::Input { .. } => ApiError::invalid("file_unusable", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{check_name, shipped_profile};

    #[test]
    fn a_profile_is_one_that_ships_and_never_a_file_of_the_server() {
        assert_eq!(shipped_profile("sap-ar").expect("it ships").name(), "sap-ar");
        for given in ["", "custom", "profiles/sap-ar.toml", "/etc/passwd"] {
            let error = shipped_profile(given).expect_err("it does not ship");
            let place = &error.problem().errors[0];
            assert_eq!(place.pointer, "profile");
            assert!(place.detail.contains("canonical"), "{}", place.detail);
        }
    }

    #[test]
    fn the_name_of_a_file_has_no_folders() {
        assert!(check_name("Rechnungen März 2025.csv").is_ok());
        let long = "x".repeat(256);
        for given in ["", " ", "../a.csv", "a\\b.csv", "a\nb.csv", long.as_str()] {
            assert!(check_name(given).is_err(), "{given:?}");
        }
    }
}
