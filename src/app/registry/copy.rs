//! Models as folders: read from where they were trained, and made again in the cache from what the store has.

use std::collections::BTreeMap;
use std::path::Path;

use super::Error;
use crate::history::staging;
use crate::model::artifact::LoadedModel;
use crate::model::{self, artifact};

/// What the folder of a model may hold, the checksums last.
const FILES: [&str; 5] = [
    artifact::MODEL_FILE,
    artifact::CARD_FILE,
    artifact::SCORECARD_FILE,
    artifact::BAND_FILE,
    artifact::CHECKSUM_FILE,
];

/// Reads a model and the content of its files.
pub(super) fn read(folder: &Path) -> Result<(LoadedModel, BTreeMap<String, String>), Error> {
    let loaded = artifact::load(folder).map_err(Error::Folder)?;
    let mut files = BTreeMap::new();
    for name in FILES {
        let path = folder.join(name);
        // The model has been loaded with its checksums: what is not there was never part of it.
        if path.is_file() {
            let content = std::fs::read_to_string(&path).map_err(|source| Error::Cache { path, source })?;
            files.insert(name.to_owned(), content);
        }
    }
    Ok((loaded, files))
}

/// Loads the copy of a model, which is made again where it is missing or damaged.
pub(super) fn load(
    models: &Path,
    version: &str,
    files: &BTreeMap<String, String>,
) -> Result<LoadedModel, Error> {
    let folder = models.join(version);
    if is_copy(&folder, files)
        && let Ok(loaded) = artifact::load(&folder)
    {
        return Ok(loaded);
    }
    write(models, &folder, files).map_err(|source| Error::Cache {
        path: folder.clone(),
        source,
    })?;
    artifact::load(&folder).map_err(|error| refused(version, error))
}

/// Returns whether a folder claims to hold these files; that it does, its checksums tell.
fn is_copy(folder: &Path, files: &BTreeMap<String, String>) -> bool {
    std::fs::read_to_string(folder.join(artifact::CHECKSUM_FILE))
        .is_ok_and(|found| files.get(artifact::CHECKSUM_FILE) == Some(&found))
}

fn write(models: &Path, folder: &Path, files: &BTreeMap<String, String>) -> std::io::Result<()> {
    std::fs::create_dir_all(models)?;
    let partial = staging::folder_in(models, ".duecast-copy-")?;
    for name in FILES {
        if let Some(content) = files.get(name) {
            std::fs::write(partial.path().join(name), content)?;
        }
    }
    if folder.try_exists()? {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::rename(partial.keep(), folder)
}

/// Tells a model that cannot be used from a disk that cannot; the reason names no folder of the service.
fn refused(version: &str, error: model::Error) -> Error {
    let reason = match error {
        model::Error::Io { path, source, .. } => return Error::Cache { path, source },
        model::Error::OtherFeatures { model, code, .. } => format!(
            "it was trained with another feature list (hash {model}) than this version of duecast computes ({code}); \
             train it again"
        ),
        model::Error::Damaged { reason, .. } => reason,
        other => other.to_string(),
    };
    Error::Unusable {
        version: version.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::{load, read};
    use std::path::Path;

    fn demo() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo"))
    }

    #[test]
    fn a_copy_is_the_model() {
        let models = tempfile::tempdir().unwrap();
        let (original, files) = read(demo()).unwrap();
        assert_eq!(load(models.path(), "demo", &files).unwrap(), original);
        assert_eq!(read(&models.path().join("demo")).unwrap().1, files);
        assert_eq!(std::fs::read_dir(models.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_copy_is_made_again() {
        let models = tempfile::tempdir().unwrap();
        let (original, files) = read(demo()).unwrap();
        load(models.path(), "demo", &files).unwrap();
        let model = models.path().join("demo/model.json");
        std::fs::write(&model, "{").unwrap();
        assert_eq!(load(models.path(), "demo", &files).unwrap(), original);
        assert_ne!(std::fs::read_to_string(&model).unwrap(), "{");
    }

    #[test]
    fn a_model_that_is_damaged_in_the_store_is_refused() {
        let models = tempfile::tempdir().unwrap();
        let (_, mut files) = read(demo()).unwrap();
        files.insert("card.md".to_owned(), "another card".to_owned());
        let error = load(models.path(), "demo", &files).unwrap_err().to_string();
        let expected = "model version demo cannot be used: card.md should have the checksum";
        assert!(error.starts_with(expected), "{error}");
    }
}
