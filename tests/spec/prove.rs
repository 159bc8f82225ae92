//! The gate of a new model: who may take the place of the model in use.

use std::path::Path;

use duecast::app::service::prove::{GatePlan, Proof, Verdict, prove, write_json};
use duecast::app::service::{open, train, view};
use duecast::backtest::{feature_profile, stability};
use duecast::domain::Date;
use duecast::domain::date::{add_days, parse_iso};
use duecast::features;
use duecast::history::History;
use duecast::model::ModelName;

/// The last day of the sample ledger.
const TODAY: &str = "2026-03-29";
const SEED: u64 = 11;

fn date(text: &str) -> Date {
    parse_iso(text).expect("a valid date")
}

fn sample() -> History {
    let (history, _) = open(Path::new("data/sample")).expect("the sample can be read");
    history
}

fn proof(history: &History, as_of: &str, model: ModelName, champion: Option<&Path>) -> Proof {
    let plan = GatePlan {
        as_of: date(as_of),
        model,
        seed: SEED,
        champion,
        cutoffs: 4,
        observed_days: 28,
        baseline: ModelName::CustomerHistogram,
        crps_difference_max_days: 0.0,
    };
    prove(history, &plan, &|_, _| {}).expect("the challenger can be put to the test")
}

/// Trains a model on what was known on a day.
fn champion(history: &History, as_of: &str, model: ModelName, folder: &Path) {
    let view = view(history, date(as_of)).expect("the day lies in the ledger");
    train(&view, model, SEED, folder).expect("there is enough to learn from");
}

#[test]
fn a_hobbled_challenger_is_refused_with_the_reason() {
    let found = proof(&sample(), TODAY, ModelName::DueDate, None);
    assert_eq!(found.verdict, Verdict::Failed);
    assert!(
        found
            .reason
            .starts_with("worse than the baseline customer_histogram"),
        "{}",
        found.reason
    );
    let crps = found.crps_days.expect("both were scored");
    assert!(crps.challenger > crps.baseline, "{crps:?}");
}

#[test]
fn the_cutoffs_are_weekly_and_the_last_one_was_watched_long_enough() {
    let found = proof(&sample(), TODAY, ModelName::CustomerHistogram, None);
    let until = found.known_until.expect("the ledger has a last day");
    assert_eq!(found.last_cutoff, Some(add_days(until, -28)));
    assert_eq!(found.first_cutoff, Some(add_days(until, -28 - 3 * 7)));
    assert_eq!(found.cutoffs, 4);
    assert_eq!(found.verdict, Verdict::NoChampionPassed, "{}", found.reason);
}

#[test]
fn too_short_a_history_is_a_refusal_and_no_error() {
    let history = sample();
    let (first, _) = history.date_range().expect("the sample has invoices");
    let young = add_days(first, 40).to_string();
    let found = proof(&history, &young, ModelName::CustomerHistogram, None);
    assert_eq!(found.verdict, Verdict::Failed);
    assert!(
        found.reason.starts_with("too short a history"),
        "{}",
        found.reason
    );
}

#[test]
fn a_champion_that_saw_nothing_of_the_outcomes_answers_as_it_is() {
    let (history, folder) = (sample(), tempfile::tempdir().expect("a folder"));
    let old = folder.path().join("old");
    champion(&history, "2026-01-04", ModelName::DueDate, &old);
    let found = proof(&history, TODAY, ModelName::CustomerHistogram, Some(&old));
    assert!(!found.champion_refitted);
    let opponent = found.champion.expect("there is a champion");
    assert_eq!(opponent.answered_as_of, date("2026-01-04"));
    assert_eq!(found.verdict, Verdict::Passed, "{}", found.reason);
}

#[test]
fn a_champion_that_saw_the_outcomes_is_stood_in_for_by_its_recipe() {
    let (history, folder) = (sample(), tempfile::tempdir().expect("a folder"));
    let new = folder.path().join("new");
    champion(&history, TODAY, ModelName::DueDate, &new);
    let found = proof(&history, TODAY, ModelName::CustomerHistogram, Some(&new));
    assert!(found.champion_refitted);
    let opponent = found.champion.expect("there is a champion");
    assert_eq!(opponent.trained_as_of, date(TODAY));
    assert_eq!(Some(opponent.answered_as_of), found.first_cutoff);
}

#[test]
fn one_recipe_is_tried_with_knowledge_as_much_older_as_the_champion_is() {
    let (history, folder) = (sample(), tempfile::tempdir().expect("a folder"));
    let older = folder.path().join("older");
    champion(&history, "2026-03-15", ModelName::CustomerHistogram, &older);
    let found = proof(&history, TODAY, ModelName::CustomerHistogram, Some(&older));
    let first = found.first_cutoff.expect("there are cut-offs");
    let opponent = found.champion.expect("there is a champion");
    assert_eq!(opponent.answered_as_of, add_days(first, -14));
    assert!(
        found.reason.contains("same recipe, newer facts"),
        "{}",
        found.reason
    );
}

#[test]
fn one_recipe_on_the_same_facts_proves_nothing() {
    let (history, folder) = (sample(), tempfile::tempdir().expect("a folder"));
    let same = folder.path().join("same");
    champion(&history, TODAY, ModelName::CustomerHistogram, &same);
    let found = proof(&history, TODAY, ModelName::CustomerHistogram, Some(&same));
    assert_eq!(found.verdict, Verdict::Failed);
    assert!(
        found.reason.starts_with("same recipe, same facts"),
        "{}",
        found.reason
    );
}

#[test]
fn a_proof_is_the_same_every_time_and_says_its_verdict_in_a_word() {
    let (history, folder) = (sample(), tempfile::tempdir().expect("a folder"));
    let texts: Vec<String> = ["a.json", "b.json"]
        .iter()
        .map(|name| {
            let path = folder.path().join(name);
            let found = proof(&history, TODAY, ModelName::DueDate, None);
            write_json(&found, &path).expect("the file can be written");
            std::fs::read_to_string(path).expect("it is there")
        })
        .collect();
    assert_eq!(texts[0], texts[1]);
    let value: serde_json::Value = serde_json::from_str(&texts[0]).expect("it is JSON");
    assert_eq!(value["verdict"], "failed");
    assert_eq!(value["challenger"]["model"], "due_date");
}

#[test]
fn a_book_has_not_drifted_from_itself_and_has_from_that_of_another_year() {
    let history = sample();
    let book = |day: &str| features::book(&history.as_of(date(day))).expect("features of the sample");
    let today = book(TODAY);
    let profile = feature_profile(date(TODAY), &today).expect("the features are numbers");
    let same = stability(&profile, &today).expect("the features are numbers");
    assert_eq!(same.len(), profile.features.len());
    assert!(same.values().all(|index| index.abs() < 1e-9), "{same:?}");
    let other = stability(&profile, &book("2025-06-29")).expect("the features are numbers");
    assert!(other.values().any(|index| *index > 0.1), "{other:?}");
}
