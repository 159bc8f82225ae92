//! A record is what was said: the same forecast is the same record, and an altered one is refused.

use std::fs;

use duecast::app::service::records::{load, load_all, put};
use duecast::domain::{Currency, Money};
use duecast::forecast::record::{
    ForecastRecord, LINES_FILE, RECORD_FILE, RecordAmounts, RecordLine, RecordOrigin,
};
use duecast::forecast::{Attributes, CashBook, ForecastPlan, simulate};
use duecast::model::{PaymentDistribution, PaymentPrediction};

use super::{day, forecast_of_the_ledger};

fn prediction(index: u32, hazard: f64) -> PaymentPrediction {
    let open = Money::from_minor(1_001 + 37 * i64::from(index), Currency::EUR);
    PaymentPrediction {
        invoice_id: format!("I{index}"),
        customer_id: format!("C{}", index % 7),
        entity: None,
        as_of: day("2026-09-30"),
        invoice_date: day("2026-09-01"),
        due_date: day("2026-10-02"),
        open,
        gross: open,
        customer_paid_count: 0,
        distribution: PaymentDistribution::from_hazards([hazard; 91]).unwrap(),
        lines: Vec::new(),
        reasons: Vec::new(),
    }
}

fn predictions() -> Vec<PaymentPrediction> {
    (0..60)
        .map(|index| prediction(index, 0.01 + 0.001 * f64::from(index)))
        .collect()
}

fn recorded(predictions: &[PaymentPrediction], plan: &ForecastPlan) -> ForecastRecord {
    let as_of = day("2026-09-30");
    let book = CashBook::new(as_of, predictions, &Attributes::default()).unwrap();
    let cash = simulate(&book, plan).unwrap().into_forecast();
    let origin = RecordOrigin {
        model: "customer_histogram".to_owned(),
        model_trained_as_of: as_of,
        ledger_fingerprint: "0".to_owned(),
    };
    ForecastRecord::new(&origin, &cash, &book).unwrap()
}

fn plan() -> ForecastPlan {
    ForecastPlan {
        draws: 50,
        ..ForecastPlan::default()
    }
}

#[test]
fn the_lines_add_up_to_the_buckets_and_to_their_open_amounts() {
    for calendar in [None, Some("TARGET".parse().unwrap())] {
        let plan = ForecastPlan { calendar, ..plan() };
        let record = recorded(&predictions(), &plan);
        let head = record.head();
        assert_eq!(record.lines().len(), 60);
        let euro = &head.currencies[0];
        let mut sums = vec![0; head.buckets.len()];
        for line in record.lines() {
            for (bucket, amount) in &line.expected {
                sums[*bucket] += amount;
            }
            let placed: i64 = line.expected.iter().map(|(_, amount)| amount).sum();
            assert_eq!(placed + line.beyond_horizon + line.expected_loss, line.open_minor);
        }
        let means: Vec<i64> = euro.amounts.iter().map(|amounts| amounts.open_invoices).collect();
        assert_eq!(sums, means);
        let sum = |of: fn(&RecordLine) -> i64| record.lines().iter().map(of).sum::<i64>();
        assert_eq!(sum(|line| line.beyond_horizon), euro.beyond_horizon);
        assert_eq!(sum(|line| line.expected_loss), euro.expected_loss);
        assert_eq!(sum(|line| line.open_minor), euro.open_balance);
    }
}

#[test]
fn the_same_forecast_has_the_same_id_and_any_other_has_another() {
    let record = recorded(&predictions(), &plan());
    let mut reversed = predictions();
    reversed.reverse();
    assert_eq!(record, recorded(&reversed, &plan()));
    assert_eq!(record.forecast_id().len(), 64);
    let seeded = ForecastPlan { seed: 1, ..plan() };
    let other = recorded(&predictions(), &seeded);
    assert_ne!(record.forecast_id(), other.forecast_id());
    assert_ne!(record.head().configuration_hash, other.head().configuration_hash);
    let mut changed = predictions();
    changed[0] = prediction(0, 0.5);
    let other = recorded(&changed, &plan());
    assert_ne!(record.forecast_id(), other.forecast_id());
    assert_eq!(record.head().configuration_hash, other.head().configuration_hash);
}

#[test]
fn an_empty_book_is_a_record_too() {
    let record = recorded(&[], &plan());
    assert!(record.lines().is_empty() && !record.head().buckets.is_empty());
    let again = ForecastRecord::read(record.forecast_id(), &record.files().unwrap()).unwrap();
    assert_eq!(record, again);
}

#[test]
fn a_record_is_stored_once_and_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("forecasts");
    let record = recorded(&predictions(), &plan());
    let first = put(&record, &records).unwrap();
    assert!(first.is_new && first.folder.ends_with(record.forecast_id()));
    let read = |name: &str| fs::read(first.folder.join(name)).unwrap();
    let before = (read(RECORD_FILE), read(LINES_FILE));
    let second = put(&record, &records).unwrap();
    assert!(!second.is_new && second.folder == first.folder);
    assert_eq!(before, (read(RECORD_FILE), read(LINES_FILE)));
    assert_eq!(load(&first.folder).unwrap(), record);
    fs::create_dir(records.join("notes")).unwrap();
    assert_eq!(load_all(&records).unwrap(), [record]);
}

#[test]
fn an_altered_record_is_refused() {
    for name in [RECORD_FILE, LINES_FILE] {
        let folder = tempfile::tempdir().unwrap();
        let record = forecast_of_the_ledger();
        let stored = put(&record, folder.path()).unwrap().folder;
        let path = stored.join(name);
        let text = fs::read_to_string(&path).unwrap().replace("EUR", "USD");
        fs::write(&path, text).unwrap();
        let refusal = load(&stored).unwrap_err();
        let cause = std::error::Error::source(&refusal).unwrap().to_string();
        assert!(
            cause.contains("was altered") && cause.contains(record.forecast_id()),
            "{cause}"
        );
        assert!(load_all(folder.path()).is_err());
        assert!(put(&record, folder.path()).is_err());
    }
}

#[test]
fn a_record_under_another_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stored = put(&forecast_of_the_ledger(), folder.path()).unwrap().folder;
    let renamed = folder.path().join("0".repeat(64));
    fs::rename(stored, &renamed).unwrap();
    assert!(load(&renamed).is_err());
}

#[test]
fn a_folder_without_records_says_how_to_store_one() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = load_all(folder.path()).unwrap_err().to_string();
    assert!(refusal.contains("--record"), "{refusal}");
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    let record = forecast_of_the_ledger();
    let mut head = record.head().clone();
    head.currencies[0].amounts.push(RecordAmounts::default());
    let refusal = ForecastRecord::of(head, Vec::new()).unwrap_err().to_string();
    assert!(
        refusal.contains("EUR") && refusal.contains("3 buckets of 2"),
        "{refusal}"
    );
    let mut lines = record.lines().to_vec();
    lines[0].expected.push((2, 1));
    let refusal = ForecastRecord::of(record.head().clone(), lines)
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("I1"), "{refusal}");
}
