//! The use cases: one function a job, in terms of the stages.
//!
//! The command line calls these and prints what they return. Files and folders appear when a use case
//! has succeeded, and not otherwise.

pub mod actions;
pub mod backup;
pub mod billing;
pub mod cash;
pub mod check_page;
pub mod effects;
pub mod gate;
pub mod intake;
pub mod keyring;
pub mod keys;
pub mod kpis;
pub mod policy;
pub mod policy_proof;
pub mod promotion;
pub mod prove;
pub mod records;
pub mod replays;
pub mod report;
pub mod scenario;
pub mod training_set;
pub mod treasury;
pub mod webhooks;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::app::interrupt;
use crate::app::output::{self, ForecastContext, StagedFolder};
use crate::backtest::{self, BacktestPlan, Scorecard};
use crate::domain::Date;
use crate::features::{self, FeatureTable, column};
use crate::forecast::{self, Band};
use crate::history::import::{prepare, staging_folder};
use crate::history::{self, DataReport, History, ImportOutcome, ImportRequest, OpenOptions, Snapshot, Table};
use crate::kpi;
use crate::model::artifact::{self, ArtifactInfo};
use crate::model::{self, ModelName, PaymentPrediction, Reason, Reasons, TrainingPlan, TrainingSet};
use crate::simulate::{self, SimulationPlan, SimulationSummary};

pub mod calibrate;

/// Seed of everything random where none is given: any number would do, the same number repeats.
pub const SEED_DEFAULT: u64 = 20_261_122;
/// The file by which a folder is known as a simulated ledger, which may be simulated again.
const SIMULATION_PLAN: &str = "truth/plan.json";
/// The files by which a folder is known as the report of a backtest, which may be replaced.
const REPORT_MARKS: [&str; 2] = ["report.md", "scorecard.json"];

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger cannot be used as a whole.
    #[error("the ledger in {} cannot be used", .folder.display())]
    Ledger {
        /// The ledger's folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: Box<history::Error>,
    },
    /// The ledger has no invoice.
    #[error("the ledger has no invoice; at least one is needed")]
    LedgerEmpty,
    /// The cut-off lies before anything happened.
    #[error(
        "nothing is known on {as_of}: the first invoice is of {first}, the last known fact of {last}; \
         a day from {first} on is allowed"
    )]
    CutoffBeforeLedger {
        /// The day asked for.
        as_of: Date,
        /// The first invoice date of the ledger.
        first: Date,
        /// The last day of which the ledger knows anything.
        last: Date,
    },
    /// Stage 1 failed.
    #[error(transparent)]
    History(#[from] history::Error),
    /// Stage 2 failed.
    #[error(transparent)]
    Features(#[from] features::Error),
    /// Stage 3 failed.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// Stage 4 failed.
    #[error(transparent)]
    Forecast(#[from] forecast::Error),
    /// A scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] forecast::scenario::Error),
    /// The key figures failed.
    #[error(transparent)]
    Kpi(#[from] kpi::Error),
    /// The backtest failed.
    #[error(transparent)]
    Backtest(#[from] backtest::Error),
    /// The simulation failed.
    #[error(transparent)]
    Simulate(#[from] simulate::Error),
    /// The result could not be written.
    #[error(transparent)]
    Output(#[from] output::Error),
}

/// Reads a ledger folder.
///
/// # Errors
///
/// [`Error::Ledger`] when it cannot be used as a whole.
pub fn open(ledger: &Path) -> Result<(History, DataReport), Error> {
    open_with(ledger, &OpenOptions::default())
}

fn open_with(ledger: &Path, options: &OpenOptions) -> Result<(History, DataReport), Error> {
    History::open_with(ledger, options).map_err(|source| Error::Ledger {
        folder: ledger.to_owned(),
        source: Box::new(source),
    })
}

/// What is in a ledger, and whether it can be used.
#[derive(Debug)]
pub struct Checkup {
    /// What was found.
    pub report: DataReport,
    /// The first invoice date and the last day of which the ledger knows anything.
    pub period: Option<(Date, Date)>,
    /// Why the other commands would refuse the ledger.
    pub refusal: Option<Error>,
    /// The rows that were kept.
    pub history: History,
}

/// Checks a ledger folder, reading on where another command would stop because of too many bad rows.
///
/// # Errors
///
/// [`Error::Ledger`] when the files cannot be read as tables at all.
pub fn check(ledger: &Path) -> Result<Checkup, Error> {
    let tolerant = OpenOptions {
        max_reject_share: 1.0,
    };
    let (history, report) = open_with(ledger, &tolerant)?;
    let period = history.date_range();
    let refusal = if period.is_none() {
        Some(Error::LedgerEmpty)
    } else if report.rows_rejected() > 0 {
        open(ledger).err()
    } else {
        None
    };
    Ok(Checkup {
        report,
        period,
        refusal,
        history,
    })
}

/// What was known at the end of a day.
#[derive(Clone, Debug)]
pub struct View {
    /// The facts known at the cut-off.
    pub snapshot: Snapshot,
    /// Identifies the content of the ledger.
    pub ledger_fingerprint: String,
    /// What the reader should know about the cut-off.
    pub remark: Option<String>,
}

/// Looks at a ledger as of the end of a day.
///
/// A day after the last known fact is allowed, with a remark: the ledger may only be a little old.
///
/// # Errors
///
/// - [`Error::LedgerEmpty`]: the ledger has no invoice.
/// - [`Error::CutoffBeforeLedger`]: the day is before the first invoice.
pub fn view(history: &History, as_of: Date) -> Result<View, Error> {
    let (first, last) = history.date_range().ok_or(Error::LedgerEmpty)?;
    if as_of < first {
        return Err(Error::CutoffBeforeLedger { as_of, first, last });
    }
    let remark = (as_of > last).then(|| {
        let days = (as_of - last).num_days();
        format!(
            "{as_of} is {days} days after the last fact of the ledger ({last}); \
             payments since then are unknown to it and count as not made"
        )
    });
    Ok(View {
        snapshot: history.as_of(as_of),
        ledger_fingerprint: history.fingerprint().to_owned(),
        remark,
    })
}

/// Computes the features of the open invoices.
///
/// # Errors
///
/// Those of [`features::book`].
pub fn features(view: &View) -> Result<FeatureTable, Error> {
    Ok(features::book(&view.snapshot)?)
}

/// What a training run learned from.
#[derive(Clone, Debug)]
pub struct Training {
    /// The model.
    pub model: ModelName,
    /// The last day whose facts it knows.
    pub as_of: Date,
    /// Open invoices at past cut-offs.
    pub rows: usize,
    /// First and last past cut-off.
    pub window: (Date, Date),
    /// Customers of these invoices.
    pub customers: usize,
}

/// Fits a model on everything known at the cut-off and saves it as a folder.
///
/// # Errors
///
/// [`Error::Model`] when there is too little to learn from, or the folder is no place for a model.
pub fn train(view: &View, name: ModelName, seed: u64, out: &Path) -> Result<Training, Error> {
    let plan = TrainingPlan {
        seed,
        ..TrainingPlan::default()
    };
    let training = TrainingSet::build(&view.snapshot, &plan)?;
    let fitted = model::fit(name, &training, seed)?;
    let info = ArtifactInfo::new(&training, seed, &view.ledger_fingerprint);
    interrupt::complete(out, || artifact::save(&fitted, &info, out))?;
    Ok(Training {
        model: fitted.name(),
        as_of: training.as_of(),
        rows: training.len(),
        window: training.window(),
        customers: training_customers(&training)?,
    })
}

fn training_customers(training: &TrainingSet) -> Result<usize, model::Error> {
    let customers = training.dataset().records.text(column::CUSTOMER_ID)?;
    Ok(customers.iter().flatten().collect::<BTreeSet<&str>>().len())
}

/// What a model says about the open book, and which model it was.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// The cut-off.
    pub as_of: Date,
    /// One entry an open invoice.
    pub rows: Vec<PaymentPrediction>,
    /// Where they come from.
    pub context: ForecastContext,
    /// What the reader should know about the model.
    pub remark: Option<String>,
    /// The band of its cash forecasts, where the model was calibrated.
    pub band: Option<Band>,
}

/// Predicts the open invoices with a saved model.
///
/// # Errors
///
/// [`Error::Model`] when the folder is no model or one of other features.
pub fn predict(view: &View, model: &Path, reasons: Reasons) -> Result<Prediction, Error> {
    let loaded = artifact::load(model)?;
    let as_of = view.snapshot.cutoff();
    let trained_as_of = loaded.info.as_of;
    let remark = (trained_as_of > as_of).then(|| {
        format!(
            "the model was trained on what was known on {trained_as_of}, after {as_of}: \
             it may know what it predicts, so these figures prove nothing about its quality"
        )
    });
    Ok(Prediction {
        as_of,
        rows: loaded.model.predict(&features::book(&view.snapshot)?, reasons)?,
        context: ForecastContext {
            model: loaded.model.name().to_string(),
            model_trained_as_of: trained_as_of,
            ledger_fingerprint: view.ledger_fingerprint.clone(),
        },
        remark,
        band: calibrate::band_of(&loaded, model)?,
    })
}

/// Gives the reasons for a few of the predictions that [`predict`] gives, by their places among them.
///
/// # Errors
///
/// Those of [`predict`].
///
/// # Panics
///
/// When a place is not below the number of predictions.
pub fn reasons(view: &View, model: &Path, places: &[usize]) -> Result<Vec<Vec<Reason>>, Error> {
    let loaded = artifact::load(model)?;
    let explanations = loaded
        .model
        .explain_rows(&features::book(&view.snapshot)?, places)?;
    Ok(explanations
        .into_iter()
        .map(|explanation| explanation.reasons)
        .collect())
}

/// Replays the product at past cut-offs, scores it and writes the report into a folder: a new or an empty
/// one, or that of an earlier report.
///
/// # Errors
///
/// - [`Error::Output`]: the folder holds something else, or cannot be written.
/// - Those of [`backtest::historical_forecasts`] and [`backtest::report::write`].
pub fn backtest(
    history: &History,
    plan: &BacktestPlan,
    out: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Scorecard, Error> {
    output::check_folder(out, "that of an earlier backtest", &REPORT_MARKS)?;
    let folder = StagedFolder::create(out)?;
    let replay = backtest::historical_forecasts(history, plan, progress)?;
    let scorecard = backtest::score(&replay);
    backtest::report::write(folder.path(), &replay, &scorecard)?;
    folder.commit()?;
    Ok(scorecard)
}

/// Imports foreign files into a ledger; the ledger changes as a whole or not at all.
///
/// # Errors
///
/// Those of [`prepare`] and of publishing what it prepared.
pub fn import(request: &ImportRequest<'_>, progress: &dyn Fn(u64, u64)) -> Result<ImportOutcome, Error> {
    let staging = staging_folder(request.ledger)?;
    interrupt::stage(&staging);
    let outcome = prepare(request, progress)
        .and_then(|prepared| interrupt::complete(request.ledger, || prepared.publish()));
    interrupt::discard(&staging);
    Ok(outcome?)
}

/// Simulates a ledger with known truth into a folder without a ledger, or over an earlier simulation.
///
/// # Errors
///
/// - [`Error::Simulate`]: the plan is out of range, or the folder has a ledger that is not simulated, or a
///   table that this simulation would not replace.
/// - [`Error::Output`]: the folder cannot be written.
pub fn simulate(
    plan: &SimulationPlan,
    out: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<SimulationSummary, Error> {
    plan.check()?;
    let is_simulated = out.join(SIMULATION_PLAN).is_file();
    refuse_tables(out, &|_| is_simulated)?;
    let folder = StagedFolder::create(out)?;
    let summary = simulate::write(plan, folder.path(), progress)?;
    refuse_tables(out, &|name| folder.path().join(name).is_file())?;
    folder.commit()?;
    Ok(summary)
}

/// Fails on the first table file of a folder that may not be replaced.
fn refuse_tables(folder: &Path, may_be_replaced: &dyn Fn(&str) -> bool) -> Result<(), simulate::Error> {
    for table in Table::ALL {
        for extension in ["csv", "parquet"] {
            let name = format!("{table}.{extension}");
            let path = folder.join(&name);
            if path.is_file() && !may_be_replaced(&name) {
                return Err(simulate::Error::Occupied { path });
            }
        }
    }
    Ok(())
}

/// Counts the customers behind predictions.
pub fn customer_count(rows: &[PaymentPrediction]) -> usize {
    let customers: BTreeSet<&str> = rows.iter().map(|row| row.customer_id.as_str()).collect();
    customers.len()
}
