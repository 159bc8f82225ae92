//! What every model of the catalogue does, whatever it is made of.

use std::path::Path;
use std::sync::LazyLock;

use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, from_day_number, parse_iso};
use duecast::features::{self, FeatureTable};
use duecast::history::{History, Snapshot};
use duecast::model::outcome::{Outcome, outcomes};
use duecast::model::{
    self, ArtifactInfo, Error, FittedModel, HORIZON_DAYS, ModelName, Reasons, TrainingPlan, TrainingSet,
    artifact,
};
use duecast::simulate::{self, SimulationPlan};

use crate::support::table_language::Ledger;

const SEED: u64 = 5;
/// Past cut-offs four weeks apart: a quarter of the work, and the same behaviour.
const MONTHLY: TrainingPlan = TrainingPlan {
    stride_days: 28,
    span_days: 364,
    rows_max: 150_000,
    seed: SEED,
};

struct Fixture {
    later: Snapshot,
    cutoff: Date,
    training: TrainingSet,
    book: FeatureTable,
    models: Vec<FittedModel>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let plan = SimulationPlan {
        customers: 60,
        invoices: 3_000,
        seed: SEED,
        years: 2,
        ..SimulationPlan::default()
    };
    let history = History::from_frames(&simulate::frames(&plan).unwrap()).unwrap();
    let cutoff = from_day_number(day_number(plan.end_date) - 120);
    let snapshot = history.as_of(cutoff);
    let training = TrainingSet::build(&snapshot, &MONTHLY).unwrap();
    let models = ModelName::ALL
        .map(|name| model::fit(name, &training, SEED).unwrap())
        .to_vec();
    let book = features::book(&snapshot).unwrap();
    Fixture {
        later: history.as_of(plan.end_date),
        cutoff,
        training,
        book,
        models,
    }
});

fn for_every_model(check: impl Fn(&FittedModel, &Fixture)) {
    for model in &FIXTURE.models {
        check(model, &FIXTURE);
    }
}

#[test]
fn every_model_answers_every_open_invoice_with_a_rising_distribution() {
    for_every_model(|model, fixture| {
        let predictions = model.predict(&fixture.book, Reasons::LeftOut).unwrap();
        assert_eq!(predictions.len(), fixture.book.len());
        for prediction in &predictions {
            let days = prediction.distribution.days();
            assert_eq!(days.len(), HORIZON_DAYS);
            assert!(days.is_sorted(), "{}: {}", model.name(), prediction.invoice_id);
            assert!(days.iter().all(|paid| (0.0..=1.0).contains(paid)));
            assert!((0.0..=1.0).contains(&prediction.late_probability()));
        }
    });
}

#[test]
fn every_model_says_that_an_invoice_past_its_due_date_is_late() {
    for_every_model(|model, fixture| {
        for prediction in model.predict(&fixture.book, Reasons::LeftOut).unwrap() {
            if prediction.due_date <= prediction.as_of {
                assert!(
                    (prediction.late_probability() - 1.0).abs() < f64::EPSILON,
                    "{}",
                    model.name()
                );
            }
        }
    });
}

#[test]
fn every_model_is_the_same_when_fitted_twice_with_one_seed() {
    for_every_model(|model, fixture| {
        assert_eq!(
            *model,
            model::fit(model.name(), &fixture.training, SEED).unwrap(),
            "{}",
            model.name()
        );
    });
}

#[test]
fn every_model_survives_saving_and_loading() {
    for_every_model(|model, fixture| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let info = ArtifactInfo::new(&fixture.training, SEED, "fingerprint");
        artifact::save(model, &info, &path).unwrap();
        let loaded = artifact::load(&path).unwrap();
        assert_eq!(loaded.model, *model, "{}", model.name());
        assert_eq!(loaded.info, info);
        // Saving again replaces the model and leaves nothing else behind.
        artifact::save(model, &info, &path).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    });
}

#[test]
fn a_model_damaged_on_disk_is_refused_with_the_file_and_both_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let info = ArtifactInfo::new(&FIXTURE.training, SEED, "fingerprint");
    artifact::save(&FIXTURE.models[0], &info, &path).unwrap();
    let file = path.join("model.json");
    let content = std::fs::read_to_string(&file)
        .unwrap()
        .replace("due_date", "due_dame");
    std::fs::write(&file, content).unwrap();
    let error = artifact::load(&path).unwrap_err();
    assert!(
        matches!(&error, Error::Damaged { reason, .. } if reason.contains("model.json")),
        "{error}"
    );
}

/// Rewrites `model.json` and its checksum, as somebody would who edits a model by hand.
fn edit_model(path: &Path, edit: impl FnOnce(&mut serde_json::Value)) {
    use sha2::Digest;
    let file = path.join("model.json");
    let mut model = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    edit(&mut model);
    let content = model.to_string();
    std::fs::write(&file, &content).unwrap();
    let sum: String = sha2::Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    std::fs::write(path.join("checksums.sha256"), format!("{sum}  model.json\n")).unwrap();
}

#[test]
fn a_model_whose_parameters_do_not_fit_together_is_refused_before_it_predicts() {
    let info = ArtifactInfo::new(&FIXTURE.training, SEED, "fingerprint");
    for model in FIXTURE
        .models
        .iter()
        .filter(|model| !ModelName::BASELINES.contains(&model.name()))
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        artifact::save(model, &info, &path).unwrap();
        edit_model(&path, |json| {
            let mut parameters = &mut json["parameters"];
            if model.name() == ModelName::HazardTrees {
                parameters = &mut parameters["parts"]["leaves"];
            }
            parameters["coefficients"].as_array_mut().unwrap().pop();
        });
        let error = artifact::load(&path).unwrap_err().to_string();
        assert!(
            error.contains("coefficients must have"),
            "{}: {error}",
            model.name()
        );
    }
}

#[test]
fn a_folder_without_a_model_is_said_to_have_none() {
    let error = artifact::load(Path::new("nowhere")).unwrap_err().to_string();
    assert!(
        error.contains("nowhere") && error.contains("no model.json"),
        "{error}"
    );
}

#[test]
fn an_invoice_due_beyond_the_horizon_is_expected_around_its_due_date_and_not_called_lost() {
    let start = parse_iso("2024-01-01").unwrap();
    let mut ledger = String::new();
    // Two customers pay a weekly invoice at 30 days a few days late; one invoice is due in 150 days.
    for week in 0..60 {
        for (customer, late) in [("PROMPT", 1), ("SLOW", 9)] {
            let issued = add_days(start, 7 * week);
            let (due, paid) = (add_days(issued, 30), add_days(issued, 30 + late + week % 3));
            ledger += &format!("invoice {customer}{week} {customer} issued {issued} due {due} 1000.00 EUR\n");
            ledger += &format!("payment {customer}{week} {paid} 1000.00\n");
        }
    }
    let cutoff = add_days(start, 60 * 7);
    let due = add_days(cutoff, 150);
    ledger += &format!("invoice FAR PROMPT issued {cutoff} due {due} 1000.00 EUR\n");
    let (history, _folder) = Ledger::parse(&ledger).history();
    let snapshot = history.as_of(cutoff);
    let training = TrainingSet::build(&snapshot, &MONTHLY).unwrap();
    let book = features::book(&snapshot).unwrap();
    for name in [
        ModelName::DueDate,
        ModelName::CustomerMean,
        ModelName::CustomerHistogram,
        ModelName::Hazard,
    ] {
        let predictions = model::fit(name, &training, SEED)
            .unwrap()
            .predict(&book, Reasons::LeftOut)
            .unwrap();
        let far = predictions
            .into_iter()
            .find(|prediction| prediction.invoice_id == "FAR")
            .unwrap();
        assert!(
            far.distribution.never() < 0.1,
            "{name}: {}",
            far.distribution.never()
        );
        assert!(
            far.unpaid_90_days_probability() < 0.3,
            "{name}: {}",
            far.unpaid_90_days_probability()
        );
        assert!(
            (-10..=45).contains(&far.predicted_delay_days()),
            "{name}: {}",
            far.predicted_delay_days()
        );
    }
}

#[test]
fn a_model_trained_with_other_features_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let info = ArtifactInfo::new(&FIXTURE.training, SEED, "fingerprint");
    artifact::save(&FIXTURE.models[0], &info, &path).unwrap();
    edit_model(&path, |json| json["feature_list_hash"] = "0123".into());
    assert!(matches!(
        artifact::load(&path).unwrap_err(),
        Error::OtherFeatures { .. }
    ));
}

#[test]
fn a_folder_with_other_files_is_never_overwritten_by_a_model() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.txt"), "dear customer").unwrap();
    let info = ArtifactInfo::new(&FIXTURE.training, SEED, "fingerprint");
    assert!(artifact::save(&FIXTURE.models[0], &info, folder.path()).is_err());
    assert!(folder.path().join("letter.txt").is_file());
}

/// Mean continuous ranked probability score over the observed days of the horizon.
fn mean_crps(model: &FittedModel, fixture: &Fixture) -> f64 {
    let outcomes = outcomes(&fixture.later, fixture.cutoff).unwrap();
    let predictions = model.predict(&fixture.book, Reasons::LeftOut).unwrap();
    let mut sum = 0.0;
    let mut count = 0.0;
    for prediction in &predictions {
        let paid_after = match outcomes[&prediction.invoice_id] {
            Outcome::Paid { days } => days,
            Outcome::EndedOtherwise { .. } | Outcome::Open { .. } => i32::MAX,
        };
        for (ahead, paid) in (1..).zip(prediction.distribution.days()) {
            let observed = if ahead >= paid_after { 1.0 } else { 0.0 };
            sum += (f64::from(*paid) - observed).powi(2);
        }
        count += 1.0;
    }
    sum / count
}

#[test]
fn every_learned_model_beats_the_due_date_and_the_hazard_beats_every_baseline() {
    let scores: Vec<(ModelName, f64)> = FIXTURE
        .models
        .iter()
        .map(|model| (model.name(), mean_crps(model, &FIXTURE)))
        .collect();
    let of = |name: ModelName| scores.iter().find(|(other, _)| *other == name).unwrap().1;
    for (name, score) in &scores {
        assert!(*score <= of(ModelName::DueDate), "{name}: {scores:?}");
    }
    for baseline in ModelName::BASELINES {
        assert!(of(ModelName::Hazard) < of(baseline), "{baseline}: {scores:?}");
    }
}

#[test]
fn the_hazard_is_calibrated_on_invoices_it_has_not_seen() {
    let model = FIXTURE.models.last().unwrap();
    let mut pooled = [(0.0, 0.0); 3];
    let mut rows = 0.0;
    for days_after in [0, 14, 28, 42, 56, 70] {
        let cutoff = from_day_number(day_number(FIXTURE.cutoff) + days_after);
        let outcomes = outcomes(&FIXTURE.later, cutoff).unwrap();
        let book = features::book(&FIXTURE.later.as_of(cutoff)).unwrap();
        for prediction in model.predict(&book, Reasons::LeftOut).unwrap() {
            rows += 1.0;
            for (sums, days) in pooled.iter_mut().zip([7, 14, 30]) {
                sums.0 += prediction.distribution.paid_by(days);
                let paid = matches!(outcomes[&prediction.invoice_id], Outcome::Paid { days: after } if after <= days);
                sums.1 += f64::from(u8::from(paid));
            }
        }
    }
    for ((expected, paid), days) in pooled.into_iter().zip([7, 14, 30]) {
        // Six evenings of a book of sixty customers with shared shocks: within six points of the share paid.
        assert!(
            (expected - paid).abs() / rows < 0.06,
            "within {days}: {expected:.1} expected, {paid} paid of {rows}"
        );
    }
}

#[test]
fn the_default_model_says_why_an_invoice_is_expected_later_than_from_a_typical_customer() {
    let model = FIXTURE.models.last().unwrap();
    let rows: Vec<usize> = (0..FIXTURE.book.len()).step_by(5).collect();
    let mut later = 0;
    for explained in model.explain_rows(&FIXTURE.book, &rows).unwrap() {
        let days: f64 = explained.contributions.iter().map(|share| share.days).sum();
        let gap = explained.prediction.days_late - explained.baseline.days_late;
        assert!((days - gap).abs() < 1e-9, "{days} against {gap}");
        assert!(explained.reasons.len() <= 4);
        if gap >= 1.0 {
            later += 1;
            assert!(!explained.reasons.is_empty(), "{explained:?}");
        }
    }
    assert!(later >= 3, "{later}");
}

#[test]
fn training_needs_a_minimum_of_payments_and_says_so() {
    let plan = SimulationPlan {
        customers: 2,
        invoices: 6,
        seed: 1,
        years: 1,
        ..SimulationPlan::default()
    };
    let history = History::from_frames(&simulate::frames(&plan).unwrap()).unwrap();
    let error = TrainingSet::build(&history.as_of(plan.end_date), &TrainingPlan::default()).unwrap_err();
    assert!(
        matches!(error, Error::TooLittleHistory { needed: 30, .. }),
        "{error}"
    );
}

#[test]
fn an_unknown_model_name_lists_those_there_are() {
    let error = "hazzard".parse::<ModelName>().unwrap_err().to_string();
    assert!(
        error.contains("due_date, customer_mean") && error.contains("hazzard"),
        "{error}"
    );
}
