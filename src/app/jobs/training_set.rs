//! The training set as a file, for the data team's own notebooks.

use std::path::PathBuf;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::app::access::{Principal, Role, Scope};
use crate::app::jobs::Error;
use crate::app::jobs::child::{failure, internal};
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::output::{self, Format, OutputFile};
use crate::app::service::{self, training_set};
use crate::app::state::App;
use crate::app::store::AuditEntry;
use crate::domain::Date;

/// Bytes of a pseudonym: 128 bits, so that no two identifiers share one.
const PSEUDONYM_BYTES: usize = 16;

/// Which training set; what is left out is that of the configuration, on the business day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingSetRequest {
    /// Seed of the training sample.
    pub seed: Option<u64>,
    /// Last day whose facts may be known.
    pub as_of: Option<Date>,
}

/// Queues the export of a training set; the operation has it as its file, in Parquet.
///
/// Identifiers of customers and invoices are pseudonyms, the same ones every time, unless an admin asks. Rows of
/// legal entities that the client does not see are left out.
///
/// # Errors
///
/// - [`Error::Seed`], [`Error::AsOfAhead`] for a seed that cannot be kept and a day that has not come;
/// - [`Error::Operations`] when too much is waiting.
pub async fn export_training_set(
    app: &App,
    request: &TrainingSetRequest,
    by: &Principal,
) -> Result<Operation, Error> {
    let today = app.clock.today();
    let as_of = request.as_of.unwrap_or(today);
    if as_of > today {
        return Err(Error::AsOfAhead { as_of, today });
    }
    let seed = request.seed.unwrap_or(app.config.training.seed);
    if i64::try_from(seed).is_err() {
        return Err(Error::Seed { given: seed });
    }
    let wanted = Wanted {
        as_of,
        seed,
        scope: by.scope.clone(),
        is_pseudonymised: !by.has_any(&[Role::Admin]),
    };
    let told = json!({
        "as_of": wanted.as_of,
        "seed": wanted.seed,
        "is_pseudonymised": wanted.is_pseudonymised,
    });
    let shared = Arc::clone(app);
    let work = move |ticket: Ticket| run(shared, wanted, ticket);
    let operation = app
        .operations
        .start(Kind::TrainingSet, by, told.clone(), work)
        .await?;
    app.store
        .append_audit(&AuditEntry {
            at: app.clock.now(),
            actor: by.actor.clone(),
            action: "training_set.export".to_owned(),
            subject: operation.operation_id.clone(),
            detail: told,
        })
        .await?;
    Ok(operation)
}

struct Wanted {
    as_of: Date,
    seed: u64,
    scope: Scope,
    is_pseudonymised: bool,
}

async fn run(app: App, wanted: Wanted, ticket: Ticket) -> Result<Done, Failure> {
    ticket.progress(0, 1, "computing features at past cut-offs");
    let path = app
        .config
        .store
        .cache
        .join("operations")
        .join(format!("{}.parquet", ticket.operation_id));
    let target = path.clone();
    let written = tokio::task::spawn_blocking(move || write(&app, &wanted, target))
        .await
        .map_err(|error| internal("the export of a training set broke off", &error))?;
    let rows = written?;
    ticket.check()?;
    ticket.progress(1, 1, "done");
    Ok(Done {
        result: json!({ "rows": rows }),
        file: Some(path),
    })
}

/// Writes the file and returns the number of its rows.
fn write(app: &App, wanted: &Wanted, path: PathBuf) -> Result<usize, Failure> {
    let history = app
        .ledger
        .history()
        .map_err(|error| internal("the ledger could not be read", &error))?;
    let view = service::view(&history, wanted.as_of).map_err(refused)?;
    let sees = |entity: Option<&str>| wanted.scope.sees(entity);
    let key = app.cursor_key;
    let pseudonym = move |column: &str, identifier: &str| pseudonym(&key, column, identifier);
    let reader = training_set::Reader {
        sees: &sees,
        pseudonym: wanted
            .is_pseudonymised
            .then_some(&pseudonym as &dyn Fn(&str, &str) -> String),
    };
    let document = training_set::training_set(&view, wanted.seed, &reader).map_err(refused)?;
    let file = OutputFile {
        path,
        format: Format::Parquet,
    };
    output::write(&file, &document)
        .map_err(|error| internal("a training set could not be written", &error))?;
    Ok(document.table.height())
}

/// What the ledger does not allow yet is told to the client; anything else is a fault.
fn refused(error: service::Error) -> Failure {
    match error {
        early @ (service::Error::LedgerEmpty
        | service::Error::CutoffBeforeLedger { .. }
        | service::Error::Model(crate::model::Error::TooLittleHistory { .. })) => {
            failure("too_little_history", early.to_string())
        }
        fault => internal("a training set could not be made", &fault),
    }
}

/// Returns what stands for an identifier: not to be undone, and the same every time in this service.
fn pseudonym(key: &[u8; 32], column: &str, identifier: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"pseudonym\0");
    mac.update(column.as_bytes());
    mac.update(b"\0");
    mac.update(identifier.as_bytes());
    mac.finalize().into_bytes()[..PSEUDONYM_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::pseudonym;

    #[test]
    fn a_pseudonym_is_the_same_every_time_and_another_with_another_key_or_column() {
        let one = pseudonym(&[1; 32], "customer_id", "C-1");
        assert_eq!(one.len(), 32);
        assert_eq!(one, pseudonym(&[1; 32], "customer_id", "C-1"));
        assert_ne!(one, pseudonym(&[1; 32], "customer_id", "C-2"));
        assert_ne!(one, pseudonym(&[1; 32], "invoice_id", "C-1"));
        assert_ne!(one, pseudonym(&[2; 32], "customer_id", "C-1"));
    }
}
