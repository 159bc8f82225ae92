//! What the service keeps for a while and then forgets.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::jobs::Error;
use crate::app::state::App;
use crate::domain::Date;
use crate::domain::date::add_days;

/// Hours for which the answer to an idempotent request is repeated.
const ANSWERS_HOURS: i64 = 24;
/// Days for which files of operations and what killed training runs left behind stay.
const FILES_DAYS: i64 = 7;
/// Days for which predictions stay: the horizon of 91, the window of 28 over which they are judged, and a month.
const PREDICTIONS_DAYS: i64 = 150;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Forgets what is old.
///
/// # Errors
///
/// [`Error::Store`] when the store fails; a file that cannot be removed is only logged.
pub(super) async fn run(app: &App, today: Date) -> Result<(), Error> {
    let now = app.clock.now();
    let answered_before = from_micros(micros(now) - ANSWERS_HOURS * MICROS_PER_HOUR);
    app.store.purge_idempotency(answered_before).await?;
    app.store
        .forget_predictions(add_days(today, -PREDICTIONS_DAYS))
        .await?;
    let cache = app.config.store.cache.clone();
    tokio::task::spawn_blocking(move || {
        for folder in ["operations", "training"] {
            remove_old(&cache.join(folder), now);
        }
    })
    .await?;
    Ok(())
}

/// Removes the entries of a folder that nobody has written to for days.
fn remove_old(folder: &Path, now: Timestamp) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if is_old(&path, now)
            && let Err(error) = remove(&path)
        {
            tracing::warn!(
                path = %path.display(),
                error = &error as &(dyn std::error::Error + 'static),
                "an old file could not be removed"
            );
        }
    }
}

fn is_old(path: &Path, now: Timestamp) -> bool {
    let written = std::fs::symlink_metadata(path).and_then(|entry| entry.modified());
    let Some(since) = written.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()) else {
        return false;
    };
    let written = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    written < micros(now) - FILES_DAYS * 24 * MICROS_PER_HOUR
}

fn remove(path: &Path) -> std::io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::remove_old;
    use crate::app::clock::from_micros;
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_file_goes_after_a_week_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("result.csv");
        std::fs::write(&file, "a").unwrap();
        let written = std::fs::metadata(&file).unwrap().modified().unwrap();
        let written = i64::try_from(written.duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap();
        let day = 24 * super::MICROS_PER_HOUR;
        remove_old(folder.path(), from_micros(written + 6 * day));
        assert!(file.is_file());
        remove_old(folder.path(), from_micros(written + 8 * day));
        assert!(!file.is_file());
    }
}
