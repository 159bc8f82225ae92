//! Long work: what there is, how far it is, its file, its end before its time.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use std::path::Path as FilePath;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use crate::app::access::Principal;
use crate::app::operations::{Kind, Operation, OperationFilter, Status};
use crate::app::state::App;

use super::error::{ApiError, Problem};
use super::extract::{Answer, Params};
use super::newest;
use super::page::{Page, PageParams};
use super::started::RETRY_AFTER_S;

/// Names the list in its cursors.
const LIST: &str = "operations";

/// Which operations are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationParams {
    /// What they do; every kind where it is left out.
    #[param(inline)]
    kind: Option<Kind>,
    /// Where they are in their life; all where it is left out.
    #[param(inline)]
    status: Option<Status>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the operations that the client may know of, newest first.
#[utoipa::path(
    get,
    path = "/v1/operations",
    operation_id = "list_operations",
    tag = "operations",
    params(OperationParams),
    responses(
        (status = 200, description = "One page.", body = Page<Operation>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_operations(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<OperationParams>,
) -> Answer<Json<Page<Operation>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit(&app)?;
    let filter = OperationFilter {
        kind: params.kind,
        status: params.status,
        before: newest::before(&app, LIST, &page)?,
        limit: usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1),
    };
    let rows = app.operations.list(&filter, &by).await?;
    Ok(Json(newest::page(&app, LIST, limit, rows, |row| {
        (row.created_at, row.operation_id.as_str())
    })))
}

/// Returns an operation and how far it is.
#[utoipa::path(
    get,
    path = "/v1/operations/{operation_id}",
    operation_id = "get_operation",
    tag = "operations",
    params(("operation_id" = String, Path, description = "The operation.")),
    responses(
        (status = 200, description = "The operation; while it has not ended with `Retry-After`.", body = Operation),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_operation(
    State(app): State<App>,
    Path(operation_id): Path<String>,
    by: Principal,
) -> Answer<Response> {
    let operation = app.operations.get(&operation_id, &by).await?;
    Ok(answer(StatusCode::OK, &operation))
}

/// Returns the file that is the result of an operation.
#[utoipa::path(
    get,
    path = "/v1/operations/{operation_id}/file",
    operation_id = "get_operation_file",
    tag = "operations",
    params(("operation_id" = String, Path, description = "The operation.")),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv; charset=utf-8"),
            (String = "text/markdown; charset=utf-8"),
            (serde_json::Value = "application/json"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (String = "application/vnd.apache.parquet"),
            (String = "application/zip"),
            (String = "application/x-tar"),
            (String = "application/gzip"),
            (String = "application/octet-stream"),
        )),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has not ended.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_operation_file(
    State(app): State<App>,
    Path(operation_id): Path<String>,
    by: Principal,
) -> Answer<Response> {
    let path = app.operations.file(&operation_id, &by).await?;
    let file = match tokio::fs::File::open(&path).await {
        Ok(file) => file,
        // What is in the cache may be removed; the operation that made it can be started again.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ApiError::not_found("file of operation", &operation_id));
        }
        Err(error) => return Err(ApiError::fault(&error)),
    };
    let length = file
        .metadata()
        .await
        .map_err(|error| ApiError::fault(&error))?
        .len();
    let extension = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let mut response = HttpBody::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(extension)),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(disposition) = disposition(&path) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Tells an operation to stop: one that waits ends at once, one that runs ends soon.
#[utoipa::path(
    delete,
    path = "/v1/operations/{operation_id}",
    operation_id = "cancel_operation",
    tag = "operations",
    params(("operation_id" = String, Path, description = "The operation.")),
    responses(
        (status = 202, description = "It was told.", body = Operation),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has ended.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn cancel_operation(
    State(app): State<App>,
    Path(operation_id): Path<String>,
    by: Principal,
) -> Answer<Response> {
    let operation = app.operations.cancel(&operation_id, &by).await?;
    Ok(answer(StatusCode::ACCEPTED, &operation))
}

fn answer(status: StatusCode, operation: &Operation) -> Response {
    let mut response = (status, Json(operation)).into_response();
    if !operation.status.is_ended() {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    response
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "csv" => "text/csv; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "json" => "application/json",
        "ndjson" => "application/x-ndjson",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "parquet" => "application/vnd.apache.parquet",
        "zip" => "application/zip",
        "tar" => "application/x-tar",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// Returns the name under which a browser saves a file, where it has one that needs no quoting.
fn disposition(path: &FilePath) -> Option<HeaderValue> {
    let name = path.file_name()?.to_str()?;
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_plain {
        HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::disposition;
    use std::path::Path;

    #[test]
    fn a_file_is_saved_under_its_plain_name_alone() {
        let header = disposition(Path::new("cache/operations/set.parquet")).unwrap();
        assert_eq!(header, "attachment; filename=\"set.parquet\"");
        assert_eq!(disposition(Path::new("cache/a\"b.csv")), None);
    }
}
