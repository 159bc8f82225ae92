//! `duecast prove`: may a newly trained model take the place of the one in use?

use std::path::PathBuf;

use clap::Args;

use super::arguments::{PriorityArgument, SEED_DEFAULT, ViewArguments, model_name};
use super::screen::{Screen, counted};
use crate::app::output::{self, Given};
use crate::app::progress::Progress;
use crate::app::service::prove::{self, GatePlan, Proof};
use crate::backtest;
use crate::features;
use crate::model::ModelName;

/// Compare a model with the one in use on days that neither has seen
///
/// The model is fitted on what was known at the first of several weekly cut-offs and asked at each of them; so are
/// the baseline and the champion, which is asked as it is where it has seen nothing later. It passes when it is no
/// worse than the baseline and better than the champion. The command succeeds either way; the file has the verdict.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    // Not a documentation comment: `--help` shows the names without backticks.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = model_name,
        default_value_t = ModelName::DEFAULT,
        help = "Model to be proven: due_date, customer_mean, customer_histogram, delta, late_risk, hazard or hazard_trees"
    )]
    model: ModelName,
    /// Seed of the training samples and of the bootstrap.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Folder of the model in use; without one, the baseline alone must be beaten.
    #[arg(long, value_name = "MODEL_DIR")]
    champion: Option<PathBuf>,
    /// Cut-offs, one a week.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=520))]
    cutoffs: u32,
    /// Days over which the last cut-off must have been watched.
    #[arg(long, value_name = "N", default_value_t = 28, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    observed_days: u32,
    /// The model that no other may fall behind.
    #[arg(long, value_name = "NAME", value_parser = model_name, default_value_t = ModelName::CustomerHistogram)]
    baseline: ModelName,
    /// Largest one-sided 95 % bound of challenger minus champion, in days of CRPS; 0 means better, shown.
    #[arg(long, value_name = "X", default_value_t = 0.0, allow_negative_numbers = true)]
    crps_difference_max_days: f64,
    /// File for the verdict with its figures, as JSON.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File for how the features of the open book are distributed, as JSON, against which drift is measured.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    priority: PriorityArgument,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    arguments.priority.apply(screen)?;
    let mut in_use: Vec<Given<'_>> = vec![arguments.view.ledger.given()];
    in_use.extend(arguments.champion.as_deref().map(|folder| ("--champion", folder)));
    let mut results: Vec<Given<'_>> = vec![("--out", arguments.out.as_path())];
    results.extend(arguments.profile.as_deref().map(|file| ("--profile", file)));
    output::check_targets(&in_use, &results)?;
    let history = super::open_ledger(&arguments.view.ledger.ledger, screen)?;
    let view = super::view_of(&history, arguments.view.as_of, screen)?;
    let plan = GatePlan {
        as_of: arguments.view.as_of,
        model: arguments.model,
        seed: arguments.seed,
        champion: arguments.champion.as_deref(),
        cutoffs: arguments.cutoffs,
        observed_days: arguments.observed_days,
        baseline: arguments.baseline,
        crps_difference_max_days: arguments.crps_difference_max_days,
    };
    let proof = {
        let progress = Progress::steps(screen.terminal(), "proving");
        prove::prove(&history, &plan, &|done, total| progress.set_steps(done, total))?
    };
    if let Some(file) = &arguments.profile {
        let book = features::book(&view.snapshot)?;
        let profile = backtest::feature_profile(view.snapshot.cutoff(), &book)?;
        prove::write_json(&profile, file)?;
    }
    prove::write_json(&proof, &arguments.out)?;
    print(&proof, arguments, screen)
}

fn print(proof: &Proof, arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let verdict = if proof.verdict.is_passed() {
        "passed"
    } else {
        "failed"
    };
    screen.line(format!(
        "{}: {} {verdict}.",
        arguments.out.display(),
        proof.challenger.model
    ))?;
    screen.line(format!("  {}.", proof.reason))?;
    let Some(crps) = proof.crps_days else {
        return Ok(());
    };
    let champion = crps
        .champion
        .map_or_else(String::new, |value| format!(", champion {value:.3}"));
    screen.line(format!(
        "  CRPS in days: challenger {:.3}, baseline {:.3}{champion}; {} of {} at {}.",
        crps.challenger,
        crps.baseline,
        counted(proof.invoices, "open invoice"),
        counted(proof.customers, "customer"),
        counted(proof.cutoffs, "cut-off"),
    ))
}
