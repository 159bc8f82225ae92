//! Canaries: experiments whose result is known beforehand. One that comes out otherwise says that a score
//! cannot be believed, and why. The gate of the release stands in `backtest::canary`.

use std::collections::BTreeMap;
use std::fs;

use duecast::backtest::metrics::{self, Binary};
use duecast::backtest::{
    AUC_MAX, BacktestPlan, Error, Replay, Scorecard, historical_forecasts, report, score,
};
use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, parse_iso};
use duecast::features::{self, FeatureTable, Sampling, column};
use duecast::forecast::ForecastPlan;
use duecast::history::schema::Table;
use duecast::history::{History, Snapshot};
use duecast::model::outcome::outcomes;
use duecast::model::{
    self, FittedModel, HazardParams, HazardTreesParams, ModelName, Outcome, Outcomes, PaymentDistribution,
    Reasons, TrainingPlan, TrainingSet,
};
use duecast::simulate::{self, CustomerTruth, RunType, SimulationPlan};
use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use polars::prelude::{Column, DataFrame, DataType, Expr, IntoLazy, col, lit, when};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 3;

/// How far from 0.5 the AUC of a model that was taught nonsense may lie.
const CHANCE_TOLERANCE: f64 = 0.08;
/// One shuffle may agree with the truth by luck; the mean over several does not.
const SHUFFLES: u64 = 8;
/// What the same model must reach on true labels, or chance proves nothing.
const HONEST_AUC_MIN: f64 = 0.65;

/// How far the third canary sees.
const FUTURE_DAYS: i32 = 30;

/// Two years of sixty customers. Every payment is recorded on its day.
fn plan() -> SimulationPlan {
    SimulationPlan {
        customers: 60,
        invoices: 4_000,
        seed: SEED,
        years: 2,
        late_record_share: 0.0,
        ..SimulationPlan::default()
    }
}

fn date(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

fn training(history: &History, as_of: Date) -> TrainingSet {
    TrainingSet::build(&history.as_of(as_of), &TrainingPlan::default()).unwrap()
}

fn backtested(frames: &BTreeMap<Table, DataFrame>) -> (Replay, Scorecard) {
    let plan = BacktestPlan {
        first_cutoff: date("2026-01-05"),
        last_cutoff: date("2026-03-30"),
        stride_days: 28,
        models: vec![ModelName::DEFAULT],
        seed: SEED,
        refit_every: 4,
        forecast: ForecastPlan {
            draws: 50,
            ..ForecastPlan::default()
        },
    };
    let history = History::from_frames(frames).unwrap();
    let replay = historical_forecasts(&history, &plan, &|_, _| {}).unwrap();
    let card = score(&replay);
    (replay, card)
}

/// The leak: on its day of issue every invoice is promised for the very day on which its last payment will come;
/// one that is never paid for a day long after its due date. Promises are an honest input, so the pipeline sees it.
fn promises_that_know(frames: &BTreeMap<Table, DataFrame>) -> DataFrame {
    let paid = frames[&Table::Payments]
        .clone()
        .lazy()
        .group_by([col("invoice_id")])
        .agg([col("paid_date").cast(DataType::Int32).max().alias("paid_day")]);
    let never = col("due_date").cast(DataType::Int32) + lit(365);
    frames[&Table::Invoices]
        .clone()
        .lazy()
        .left_join(paid, col("invoice_id"), col("invoice_id"))
        .select([
            col("invoice_id").alias("promise_id"),
            col("customer_id"),
            col("invoice_date").alias("created_on"),
            col("paid_day")
                .fill_null(never)
                .cast(DataType::Date)
                .alias("promised_date"),
            col("amount_minor").alias("promised_amount_minor"),
            col("currency"),
            col("invoice_id"),
            col("invoice_date").alias("recorded_at"),
            col("invoice_date").alias("known_on"),
        ])
        .collect()
        .unwrap()
}

#[test]
fn a_planted_leak_is_found_and_stops_the_release() {
    let mut frames = simulate::frames(&plan()).unwrap();
    let (_, honest) = backtested(&frames);
    honest.check_release().unwrap();

    let promises = promises_that_know(&frames);
    frames.insert(Table::Promises, promises);
    let (replay, card) = backtested(&frames);
    let late = &card.models[0].all.late;
    assert!(late.auc.unwrap() > AUC_MAX, "{late:?}");
    let refused = card.check_release().unwrap_err();
    assert!(
        matches!(&refused, Error::LeakSuspected { suspicions } if suspicions[0].model == ModelName::DEFAULT),
        "{refused}"
    );
    let folder = tempfile::tempdir().unwrap();
    let written = report::write(folder.path(), &replay, &card).unwrap();
    let page = fs::read_to_string(written.report).unwrap();
    assert!(
        page.starts_with("# Backtest\n\n## Leak suspected\n") && page.contains(&refused.to_string()),
        "{page}"
    );
}

/// Fits on a data set and answers for a table: any model whose parameters are linfa's will do.
type FitAndPredict<'a> =
    &'a dyn Fn(&DatasetBase<FeatureTable, Outcomes>, &FeatureTable) -> Vec<PaymentDistribution>;

/// The hazard, with days enough for a small ledger.
fn hazard(dataset: &DatasetBase<FeatureTable, Outcomes>, book: &FeatureTable) -> Vec<PaymentDistribution> {
    let params = HazardParams::default().seed(SEED).day_rows_max(20_000);
    predicted(&params.check().unwrap().fit(dataset).unwrap(), book)
}

/// The champion, small.
fn hazard_trees(
    dataset: &DatasetBase<FeatureTable, Outcomes>,
    book: &FeatureTable,
) -> Vec<PaymentDistribution> {
    let params = HazardTreesParams::default()
        .seed(SEED)
        .trees(40)
        .day_rows_max(20_000);
    predicted(&params.check().unwrap().fit(dataset).unwrap(), book)
}

fn predicted(
    fitted: &impl PredictInplace<FeatureTable, Vec<PaymentDistribution>>,
    book: &FeatureTable,
) -> Vec<PaymentDistribution> {
    let mut said = Vec::new();
    fitted.predict_inplace(book, &mut said);
    said
}

/// A row of a table that was not yet due at its cut-off, and what became of it.
struct Judged {
    row: usize,
    days_to_due: i32,
    is_late: bool,
}

/// Tells whether an invoice was late; `None` where the ledger does not show its due date.
fn is_late(outcome: Outcome, days_to_due: i32) -> Option<bool> {
    match outcome {
        Outcome::Paid { days } => Some(days > days_to_due),
        Outcome::EndedOtherwise { .. } => None,
        Outcome::Open { days_observed } => (days_observed >= days_to_due).then_some(true),
    }
}

fn judged(table: &FeatureTable, later: &Snapshot) -> Vec<Judged> {
    let ids = table.text(column::INVOICE_ID).unwrap();
    let mut known: BTreeMap<Date, BTreeMap<String, Outcome>> = BTreeMap::new();
    let mut judged = Vec::new();
    for row in 0..table.len() {
        let cutoff = table.cutoff(row);
        let at_cutoff = known
            .entry(cutoff)
            .or_insert_with(|| outcomes(later, cutoff).unwrap());
        let days_to_due = day_number(table.due_date(row)) - day_number(cutoff);
        let outcome = at_cutoff.get(ids.get(row).unwrap());
        let late = outcome.and_then(|outcome| is_late(*outcome, days_to_due));
        if let Some(is_late) = late
            && days_to_due >= 1
        {
            judged.push(Judged {
                row,
                days_to_due,
                is_late,
            });
        }
    }
    judged
}

/// AUC of late payment over the pairs of invoices that have equally many days left to their due dates.
///
/// A model that knows nothing of its invoices still says that more days bring more payments, and is right: over
/// all pairs it would score above one half. Between invoices with equally many days left only features decide.
fn auc_at_equal_days_to_due(judged: &[Judged], said: &[PaymentDistribution]) -> f64 {
    let mut by_days: BTreeMap<i32, Vec<Binary>> = BTreeMap::new();
    for case in judged {
        let late_probability = 1.0 - said[case.row].paid_by(case.days_to_due);
        let event = Binary::new(case.is_late, late_probability);
        by_days.entry(case.days_to_due).or_default().push(event);
    }
    let (mut right, mut pairs) = (0.0, 0.0);
    for events in by_days.values() {
        if let Some(auc) = metrics::auc(events) {
            let late = count(events.iter().filter(|event| event.happened()).count());
            let weight = late * (count(events.len()) - late);
            right += weight * auc;
            pairs += weight;
        }
    }
    assert!(pairs > 1_000.0, "only {pairs} pairs");
    right / pairs
}

/// Asserts that a model learns from true outcomes, and nothing from the same outcomes dealt out at random.
fn shuffled_labels_teach_nothing_to(fit_and_predict: FitAndPredict<'_>) {
    let history = History::from_frames(&simulate::frames(&plan()).unwrap()).unwrap();
    let cutoffs: Vec<Date> = (0..12)
        .map(|week| add_days(date("2026-01-05"), 7 * week))
        .collect();
    let later = history.as_of(plan().end_date);
    let book = features::at_cutoffs(&later, &cutoffs, Sampling::ALL).unwrap();
    let judged = judged(&book, &later);
    let training = training(&history, cutoffs[0]);
    let dataset = training.dataset();

    let honest = auc_at_equal_days_to_due(&judged, &fit_and_predict(dataset, &book));
    assert!(honest > HONEST_AUC_MIN, "AUC on true labels is {honest}");

    let mut sum = 0.0;
    for seed in 0..SHUFFLES {
        let mut labels = dataset.targets.0.clone();
        labels.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let shuffled = DatasetBase::new(dataset.records.clone(), Outcomes(labels));
        sum += auc_at_equal_days_to_due(&judged, &fit_and_predict(&shuffled, &book));
    }
    let mean = sum / f64::from(u32::try_from(SHUFFLES).unwrap());
    assert!(
        (mean - 0.5).abs() < CHANCE_TOLERANCE,
        "AUC on shuffled labels is {mean}, on true ones {honest}"
    );
}

#[test]
fn shuffled_labels_teach_the_hazard_nothing() {
    shuffled_labels_teach_nothing_to(&hazard);
}

#[test]
fn shuffled_labels_teach_the_champion_nothing() {
    shuffled_labels_teach_nothing_to(&hazard_trees);
}

/// Every second invoice that is not yet due at the snapshot's cut-off, and whether it was late.
///
/// Customers who pay on days of the month are left out: a move by weeks would change how near their runs are.
fn tested(customers: &[CustomerTruth], snapshot: &Snapshot, later: &Snapshot) -> BTreeMap<String, bool> {
    let runs: BTreeMap<&str, RunType> = customers
        .iter()
        .map(|customer| (customer.customer_id.as_str(), customer.run_type))
        .collect();
    let cutoff = snapshot.cutoff();
    let known = outcomes(later, cutoff).unwrap();
    let items = snapshot.open_items().unwrap();
    let not_yet_due = items.iter().filter(|item| {
        let is_by_the_week = match runs[item.customer_id.as_str()] {
            RunType::Daily | RunType::Weekly(_) => true,
            RunType::TwiceMonthly | RunType::MonthEnd => false,
        };
        is_by_the_week && item.due_date > cutoff
    });
    not_yet_due
        .step_by(2)
        .filter_map(|item| {
            let outcome = known.get(&item.invoice_id)?;
            let late = is_late(*outcome, day_number(item.due_date) - day_number(cutoff))?;
            Some((item.invoice_id.clone(), late))
        })
        .collect()
}

/// The ledger in which what is paid in the [`FUTURE_DAYS`] after `cutoff` was paid on that day, but for the tested invoices.
fn with_customers_of_the_future(
    frames: &BTreeMap<Table, DataFrame>,
    tested: &BTreeMap<String, bool>,
    cutoff: Date,
) -> BTreeMap<Table, DataFrame> {
    let ids: Vec<&str> = tested.keys().map(String::as_str).collect();
    let marks = DataFrame::new(
        ids.len(),
        vec![
            Column::new("invoice_id".into(), &ids),
            Column::new("is_tested".into(), vec![true; ids.len()]),
        ],
    );
    let today = day_number(cutoff);
    let paid = col("paid_date").cast(DataType::Int32);
    let is_ahead = paid
        .clone()
        .gt(lit(today))
        .and(paid.lt_eq(lit(today + FUTURE_DAYS)));
    let is_told = is_ahead.and(col("is_tested").is_null());
    let known = ["known_on", "recorded_at", "paid_date"].map(|name| {
        when(is_told.clone())
            .then(lit(today).cast(DataType::Date))
            .otherwise(col(name))
            .alias(name)
    });
    let columns: Vec<Expr> = frames[&Table::Payments]
        .get_column_names()
        .into_iter()
        .map(|name| col(name.clone()))
        .collect();
    let payments = frames[&Table::Payments].clone().lazy();
    let payments = payments
        .left_join(marks.unwrap().lazy(), col("invoice_id"), col("invoice_id"))
        .with_columns(known)
        .select(columns);
    let mut told = frames.clone();
    told.insert(Table::Payments, payments.collect().unwrap());
    told
}

/// What a model says at a snapshot about the tested invoices, beside what happened.
fn late_events(model: &FittedModel, snapshot: &Snapshot, tested: &BTreeMap<String, bool>) -> Vec<Binary> {
    let book = features::book(snapshot).unwrap();
    let predictions = model.predict(&book, Reasons::LeftOut).unwrap();
    predictions
        .iter()
        .filter_map(|prediction| {
            let is_late = tested.get(&prediction.invoice_id)?;
            Some(Binary::new(*is_late, prediction.late_probability()))
        })
        .collect()
}

#[test]
fn customers_seen_a_month_ahead_are_foretold_better_or_their_features_are_dead() {
    // Each month moves each customer by a week or more, which nobody can know before it has begun.
    let plan = SimulationPlan {
        customer_shock_days: 8.0,
        market_shock_days: 0.0,
        december_days: 0.0,
        august_days: 0.0,
        ..plan()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let history = History::from_frames(&simulation.frames).unwrap();
    let later = history.as_of(plan.end_date);
    // The first Monday of a month: what will be typical of the month has hardly shown itself.
    let cutoffs = [
        "2025-09-01",
        "2025-10-06",
        "2025-11-03",
        "2026-01-05",
        "2026-02-02",
        "2026-03-02",
    ]
    .map(date);
    // The plain hazard is the probe: what is asked is whether the features are alive.
    let model = model::fit(ModelName::Hazard, &training(&history, cutoffs[0]), SEED).unwrap();
    let (mut honest, mut ahead) = (Vec::new(), Vec::new());
    for cutoff in cutoffs {
        let snapshot = history.as_of(cutoff);
        let tested = tested(&simulation.customers, &snapshot, &later);
        honest.extend(late_events(&model, &snapshot, &tested));
        let frames = with_customers_of_the_future(&simulation.frames, &tested, cutoff);
        let future = History::from_frames(&frames).unwrap().as_of(cutoff);
        ahead.extend(late_events(&model, &future, &tested));
    }
    assert!(honest.len() >= 200, "only {} invoices", honest.len());
    assert_eq!(honest.len(), ahead.len());
    let (honest, ahead) = (metrics::auc(&honest).unwrap(), metrics::auc(&ahead).unwrap());
    assert!(ahead > honest, "AUC {ahead} a month ahead, {honest} honest");
}
