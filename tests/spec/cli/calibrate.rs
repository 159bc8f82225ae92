//! `duecast calibrate`: what it leaves beside a model, and who reads it.

use std::fs;
use std::path::Path;

use duecast::model::artifact;
use serde_json::Value;

use super::ledgers::{Ran, run};
use super::trained;

fn calibrate(folder: &Path, as_of: &str) -> Ran {
    run(
        folder,
        &format!("calibrate --ledger ledger --as-of {as_of} --model model"),
    )
}

fn forecast(folder: &Path) -> Ran {
    run(
        folder,
        "forecast --ledger ledger --as-of 2025-06-30 --model model --draws 100 --out cash.json",
    )
}

#[test]
fn a_calibrated_model_brings_its_band_to_the_forecast() {
    let folder = trained();
    let before = forecast(folder.path());
    before.succeeded();
    assert!(before.err.contains("default band"), "{}", before.err);

    let ran = calibrate(folder.path(), "2025-06-30");
    ran.succeeded();
    assert!(ran.out.contains("band of customer_histogram"), "{}", ran.out);
    let model = folder.path().join("model");
    let text = fs::read_to_string(model.join("band.json")).unwrap();
    let band: Value = serde_json::from_str(&text).unwrap();
    assert!(band["evidence"]["trials"].as_u64().unwrap() >= 20, "{text}");
    assert_eq!(band["fitted_as_of"].as_array().unwrap().len(), 7, "{text}");
    assert_eq!(band["band"]["low"].as_array().unwrap().len(), 13, "{text}");
    assert!(!band["held_out"].as_array().unwrap().is_empty(), "{text}");
    assert_eq!(artifact::load(&model).unwrap().band, Some(text.clone()));

    let after = forecast(folder.path());
    after.succeeded();
    assert!(!after.err.contains("default band"), "{}", after.err);
    // The same again gives the same bytes, and the folder stays a model.
    calibrate(folder.path(), "2025-06-30").succeeded();
    assert_eq!(fs::read_to_string(model.join("band.json")).unwrap(), text);
}

#[test]
fn a_band_that_was_changed_by_hand_is_refused() {
    let folder = trained();
    calibrate(folder.path(), "2025-06-30").succeeded();
    let path = folder.path().join("model/band.json");
    let changed = fs::read_to_string(&path).unwrap().replace("0.", "1.");
    fs::write(&path, changed).unwrap();
    forecast(folder.path()).failed_with("band.json should have the checksum");
}

#[test]
fn a_model_trained_anew_has_no_band() {
    let folder = trained();
    calibrate(folder.path(), "2025-06-30").succeeded();
    run(
        folder.path(),
        "train --ledger ledger --as-of 2025-06-30 --model customer_mean --out model",
    )
    .succeeded();
    assert!(!folder.path().join("model/band.json").is_file());
    let ran = forecast(folder.path());
    assert!(ran.err.contains("default band"), "{}", ran.err);
}

#[test]
fn a_ledger_with_too_little_past_says_so_and_leaves_the_model_alone() {
    let folder = trained();
    calibrate(folder.path(), "2024-02-15")
        .failed_with("too little history to calibrate the band at 2024-02-15");
    assert!(!folder.path().join("model/band.json").is_file());
    assert!(artifact::load(&folder.path().join("model")).is_ok());
}
