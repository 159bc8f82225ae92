//! The main job on the committed sample: a ledger in, a prediction for every open invoice and the cash out.

use std::path::Path;
use std::sync::LazyLock;

use duecast::domain::Date;
use duecast::domain::date::parse_iso;
use duecast::features;
use duecast::forecast::{Bucket, ForecastPlan, forecast};
use duecast::history::{History, Snapshot};
use duecast::model::{self, ModelName, PaymentPrediction, Reasons, TrainingPlan, TrainingSet};

const SEED: u64 = 1;
/// Past cut-offs four weeks apart: a quarter of the work, and the same behaviour.
const MONTHLY: TrainingPlan = TrainingPlan {
    stride_days: 28,
    span_days: 364,
    rows_max: 150_000,
    seed: SEED,
};

fn as_of() -> Date {
    parse_iso("2026-03-29").unwrap()
}

fn snapshot() -> Snapshot {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (history, report) = History::open(&folder).unwrap();
    assert!(report.rejects().is_empty());
    history.as_of(as_of())
}

static PREDICTIONS: LazyLock<Vec<PaymentPrediction>> = LazyLock::new(|| {
    let snapshot = snapshot();
    let training = TrainingSet::build(&snapshot, &MONTHLY).unwrap();
    let model = model::fit(ModelName::DEFAULT, &training, SEED).unwrap();
    model
        .predict(&features::book(&snapshot).unwrap(), Reasons::LeftOut)
        .unwrap()
});

#[test]
fn every_open_invoice_is_predicted_once_with_the_amount_that_is_open() {
    let mut predicted: Vec<_> = PREDICTIONS
        .iter()
        .map(|prediction| (prediction.invoice_id.clone(), prediction.open))
        .collect();
    predicted.sort_by(|a, b| a.0.cmp(&b.0));
    let open: Vec<_> = snapshot()
        .open_items()
        .unwrap()
        .into_iter()
        .map(|item| (item.invoice_id, item.open))
        .collect();
    assert!(!open.is_empty());
    assert_eq!(predicted, open);
}

#[test]
fn the_cash_of_all_weeks_and_what_lies_beyond_sum_to_the_open_balance() {
    for bucket in Bucket::ALL {
        let cash = forecast(
            &PREDICTIONS,
            &ForecastPlan {
                bucket,
                ..ForecastPlan::default()
            },
        )
        .unwrap();
        assert_eq!(cash.currencies.len(), 3);
        for currency in cash.currencies {
            let open: i64 = PREDICTIONS
                .iter()
                .filter(|prediction| prediction.open.currency() == currency.currency)
                .map(|prediction| prediction.open.minor())
                .sum();
            let expected: i64 = currency.buckets.iter().map(|bucket| bucket.expected).sum();
            assert_eq!(currency.open_balance, open);
            assert_eq!(expected + currency.beyond_horizon + currency.expected_loss, open);
        }
    }
}

#[test]
fn the_quantiles_of_a_payment_date_are_in_order() {
    for prediction in PREDICTIONS.iter() {
        let dates = [0.1, 0.5, 0.9].map(|quantile| prediction.quantile_date(quantile));
        assert!(
            dates.is_sorted() && dates[0] > as_of(),
            "{}",
            prediction.invoice_id
        );
    }
}

#[test]
fn an_unpaid_night_moves_the_forecast_without_retraining() {
    let today = snapshot();
    let training = TrainingSet::build(&today, &MONTHLY).unwrap();
    let model = model::fit(ModelName::DEFAULT, &training, SEED).unwrap();
    // Seven days on, nothing paid: the same facts, seen from a later evening.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (history, _) = History::open(&folder).unwrap();
    let later = model
        .predict(
            &features::book(&history.as_of(parse_iso("2026-04-05").unwrap())).unwrap(),
            Reasons::LeftOut,
        )
        .unwrap();
    let mut moved = 0;
    for prediction in PREDICTIONS.iter() {
        let Some(after) = later
            .iter()
            .find(|after| after.invoice_id == prediction.invoice_id)
        else {
            continue;
        };
        assert!(after.quantile_date(0.1) > parse_iso("2026-04-05").unwrap());
        moved += i32::from(after.quantile_date(0.5) != prediction.quantile_date(0.5));
    }
    assert!(moved > 20, "{moved}");
}

#[test]
fn the_committed_model_loads_and_predicts_the_sample() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo");
    let loaded = model::artifact::load(&folder).unwrap();
    assert_eq!(loaded.info.as_of, as_of());
    let again = loaded
        .model
        .predict(&features::book(&snapshot()).unwrap(), Reasons::LeftOut)
        .unwrap();
    assert_eq!(again.len(), PREDICTIONS.len());
}
