//! Speed of the flow: `cargo bench` prints time, rows a second and peak memory of each stage.
//!
//! Each task runs in a process of its own, so that its peak memory is its own. Ledgers are simulated
//! once into `target/tmp`. `cargo bench -- features_1m` runs one task. The peers of the features
//! (DuckDB, pandas) are in `benches/peers`.

mod cash;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use duecast::features::{self, LiveBook, column};
use duecast::history::{History, Snapshot, Table};
use duecast::model::{self, FittedModel, ModelName, PaymentPrediction, Reasons, TrainingPlan, TrainingSet};
use duecast::simulate::{self, SimulationPlan};
use polars::prelude::{DataFrame, col, lit};

const SEED: u64 = 1;

/// A task: its name, what it does, the customers and invoices of its ledger, and the work to time.
struct Task {
    name: &'static str,
    customers: u64,
    invoices: u64,
    run: fn(&Snapshot) -> Result<Timed>,
}

/// What was timed.
struct Timed {
    seconds: f64,
    rows: usize,
    what: String,
}

const TASKS: [Task; 12] = [
    Task {
        name: "features_1m",
        customers: 10_000,
        invoices: 1_000_000,
        run: time_features,
    },
    Task {
        name: "features_10m",
        customers: 100_000,
        invoices: 10_000_000,
        run: time_features,
    },
    Task {
        name: "train_100k",
        customers: 2_000,
        invoices: 100_000,
        run: time_training,
    },
    Task {
        name: "train_1m",
        customers: 10_000,
        invoices: 1_000_000,
        run: time_training,
    },
    Task {
        name: "train_10m",
        customers: 100_000,
        invoices: 10_000_000,
        run: time_training,
    },
    Task {
        name: "predict",
        customers: 100_000,
        invoices: 10_000_000,
        run: time_prediction,
    },
    Task {
        name: "reasons",
        customers: 10_000,
        invoices: 1_000_000,
        run: time_reasons,
    },
    Task {
        name: "forecast",
        customers: 100_000,
        invoices: 10_000_000,
        run: cash::time_forecast,
    },
    Task {
        name: "forecast_days",
        customers: 100_000,
        invoices: 10_000_000,
        run: cash::time_forecast_days,
    },
    Task {
        name: "forecast_1m",
        customers: 100_000,
        invoices: 10_000_000,
        run: cash::time_forecast_million,
    },
    Task {
        name: "scenario",
        customers: 100_000,
        invoices: 10_000_000,
        run: cash::time_scenario,
    },
    Task {
        name: "live_update",
        customers: 2_000,
        invoices: 100_000,
        run: time_live_update,
    },
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["--task", name] => run(TASKS
            .iter()
            .find(|task| task.name == *name)
            .context("no such task")?),
        [] => each(&TASKS.map(|task| task.name)),
        names => each(names),
    }
}

/// Runs tasks one after the other, each in a process of its own.
fn each(names: &[&str]) -> Result<()> {
    println!(
        "{:<14} {:>10} {:>9} {:>9} {:>14} {:>10}  of what",
        "task", "invoices", "seconds", "CPU s", "rows/s", "peak MiB"
    );
    for name in names {
        if !Command::new(std::env::current_exe()?)
            .args(["--task", name])
            .status()?
            .success()
        {
            bail!(
                "task {name} failed; tasks are {}",
                TASKS.map(|task| task.name).join(", ")
            );
        }
    }
    Ok(())
}

fn run(task: &Task) -> Result<()> {
    let snapshot = snapshot(task)?;
    let before = cpu_seconds()?;
    let timed = (task.run)(&snapshot)?;
    let rows = u32::try_from(timed.rows).map_or(f64::INFINITY, f64::from);
    println!(
        "{:<14} {:>10} {:>9.2} {:>9.2} {:>14.0} {:>10}  {}",
        task.name,
        task.invoices,
        timed.seconds,
        cpu_seconds()? - before,
        rows / timed.seconds,
        peak_mebibytes()?,
        timed.what
    );
    Ok(())
}

/// The ledger of a task, simulated where it is not there yet, as of three months before its end.
fn snapshot(task: &Task) -> Result<Snapshot> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", task.invoices));
    if !folder.join("invoices.parquet").is_file() {
        let plan = SimulationPlan {
            customers: task.customers,
            invoices: task.invoices,
            seed: SEED,
            csv_invoices_max: 0,
            ..SimulationPlan::default()
        };
        simulate::write(&plan, &folder, &|_, _| {})?;
    }
    let cutoff = NaiveDate::from_ymd_opt(2026, 3, 31).context("a date")?;
    Ok(History::open_trusted(&folder)?.0.as_of(cutoff))
}

/// Features of the open book: every fact of every customer is read and replayed.
fn time_features(snapshot: &Snapshot) -> Result<Timed> {
    let start = Instant::now();
    let table = features::book(snapshot)?;
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(!table.is_empty(), "no open invoice");
    let invoices = snapshot
        .table(Table::Invoices)
        .select([polars::prelude::len()])
        .collect()?;
    let rows = usize::try_from(invoices.columns()[0].u32()?.get(0).context("a count")?)?;
    Ok(Timed {
        seconds,
        rows,
        what: "invoices replayed".to_owned(),
    })
}

fn train(snapshot: &Snapshot) -> Result<(TrainingSet, FittedModel)> {
    let training = TrainingSet::build(snapshot, &TrainingPlan::default())?;
    let model = model::fit(ModelName::DEFAULT, &training, SEED)?;
    Ok((training, model))
}

fn time_training(snapshot: &Snapshot) -> Result<Timed> {
    let start = Instant::now();
    let (training, _) = train(snapshot)?;
    Ok(Timed {
        seconds: start.elapsed().as_secs_f64(),
        rows: training.len(),
        what: "open invoices at past cut-offs".to_owned(),
    })
}

/// A model that was fitted on a sample of the same ledger.
fn fit_on_sample(snapshot: &Snapshot) -> Result<FittedModel> {
    let small = TrainingPlan {
        rows_max: 30_000,
        ..TrainingPlan::default()
    };
    let training = TrainingSet::build(snapshot, &small)?;
    Ok(model::fit(ModelName::DEFAULT, &training, SEED)?)
}

/// Predictions of the open book, and the seconds they took.
fn predictions(snapshot: &Snapshot) -> Result<(f64, Vec<PaymentPrediction>)> {
    let model = fit_on_sample(snapshot)?;
    let book = features::book(snapshot)?;
    let start = Instant::now();
    let predictions = model.predict(&book, Reasons::LeftOut)?;
    Ok((start.elapsed().as_secs_f64(), predictions))
}

fn time_prediction(snapshot: &Snapshot) -> Result<Timed> {
    let (seconds, predictions) = predictions(snapshot)?;
    Ok(Timed {
        seconds,
        rows: predictions.len(),
        what: "open invoices x 91 days".to_owned(),
    })
}

/// Reasons for open invoices that are spread evenly over the book.
fn time_reasons(snapshot: &Snapshot) -> Result<Timed> {
    const EXPLAINED: usize = 2_000;
    let model = fit_on_sample(snapshot)?;
    let book = features::book(snapshot)?;
    let rows: Vec<usize> = (0..EXPLAINED)
        .map(|number| number * book.len() / EXPLAINED)
        .collect();
    let start = Instant::now();
    let explanations = model.explain_rows(&book, &rows)?;
    Ok(Timed {
        seconds: start.elapsed().as_secs_f64(),
        rows: explanations.len(),
        what: "open invoices explained".to_owned(),
    })
}

/// Customers with open invoices that are spread evenly over the book.
fn customers_to_renew(snapshot: &Snapshot, count: usize) -> Result<Vec<String>> {
    let book = features::book(snapshot)?;
    let customers = book.text(column::CUSTOMER_ID)?;
    anyhow::ensure!(book.len() >= count, "{} open invoices", book.len());
    (0..count)
        .map(|number| number * book.len() / count)
        .map(|row| Ok(customers.get(row).context("a customer id")?.to_owned()))
        .collect()
}

/// What the ledger holds of one customer.
fn facts_of(snapshot: &Snapshot, customer_id: &str) -> Result<BTreeMap<Table, DataFrame>> {
    let mut frames = BTreeMap::new();
    for table in Table::ALL.into_iter().filter(|table| *table != Table::FxRates) {
        let is_own = col("customer_id").eq(lit(customer_id.to_owned()));
        frames.insert(table, snapshot.table(table).filter(is_own).collect()?);
    }
    Ok(frames)
}

/// A fact comes in: what is known of its customer is replayed, and its open invoices are predicted anew.
fn time_live_update(snapshot: &Snapshot) -> Result<Timed> {
    const UPDATES: usize = 200;
    let model = fit_on_sample(snapshot)?;
    let customers = customers_to_renew(snapshot, UPDATES)?;
    let mut live = LiveBook::new(snapshot)?;
    let mut updates: Vec<[f64; 4]> = Vec::with_capacity(UPDATES);
    for customer_id in &customers {
        let frames = facts_of(snapshot, customer_id)?;
        let mut clock = Instant::now();
        let mut lap = || {
            let seconds = clock.elapsed().as_secs_f64();
            clock = Instant::now();
            seconds
        };
        let facts = History::from_frames(&frames)?.as_of(snapshot.cutoff());
        let checked = lap();
        let renewal = live.renewed(customer_id, &facts)?;
        let replayed = lap();
        let table = live.apply(renewal)?;
        let formed = lap();
        model.predict(&table, Reasons::LeftOut)?;
        updates.push([checked, replayed, formed, lap()]);
    }
    let ordered = |of: &dyn Fn(&[f64; 4]) -> f64| {
        let mut milliseconds: Vec<f64> = updates.iter().map(|update| of(update) * 1e3).collect();
        milliseconds.sort_by(f64::total_cmp);
        milliseconds
    };
    let all = ordered(&|update| update.iter().sum());
    let [check, replay, form, predict] =
        std::array::from_fn(|stage| ordered(&|update| update[stage])[UPDATES / 2]);
    Ok(Timed {
        seconds: all.iter().sum::<f64>() / 1e3,
        rows: UPDATES,
        what: format!(
            "one customer updated and predicted: median {:.1} ms (facts checked {check:.1}, replayed {replay:.1}, \
             features {form:.1}, predicted {predict:.1}), worst {:.1} ms",
            all[UPDATES / 2],
            all[UPDATES - 1]
        ),
    })
}

/// A field of this process's status, in its own unit.
fn status(field: &str) -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .context("a field of /proc/self/status")?;
    Ok(line.trim().to_owned())
}

fn peak_mebibytes() -> Result<u64> {
    Ok(status("VmHWM:")?.trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// User and system time of this process so far.
fn cpu_seconds() -> Result<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().context("fields after the name")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / TICKS_A_SECOND)
}
