//! The command line: one command a use case, one file a command.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Results go to standard output, notes,
//! progress and errors to standard error.

mod actions;
mod arguments;
mod audit;
mod backtest;
mod backup;
mod calibrate;
mod cash_lines;
mod check;
mod config;
mod countdown;
mod demo;
mod demo_tables;
mod effects;
mod evaluate_policy;
mod features;
mod forecast;
mod import;
mod keys;
mod kpis;
mod law;
mod models;
mod openapi;
mod policy;
mod predict;
mod profile;
mod prove;
mod rehearse;
mod scenario;
mod screen;
mod serve;
mod shipped;
mod simulate;
mod store_arguments;
mod train;
mod variance;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::config::TerminalConfig;
use crate::app::interrupt;
use crate::app::output;
use crate::app::progress::Progress;
use crate::app::service::{self, Prediction, View};
use crate::domain::Date;
use crate::history::History;
use crate::model::Reasons;

use screen::Screen;

/// Predicts when business customers pay.
///
/// Reads a receivables ledger and gives, for every open invoice, the probability of being paid on each
/// coming day; from that follow payment dates, late-payment risk and the cash forecast.
#[derive(Debug, Parser)]
#[command(
    name = "duecast",
    version,
    arg_required_else_help = true,
    after_help = "Start with `duecast demo`. Exit codes: 0 done, 1 failed, 2 wrong usage."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Import(import::Arguments),
    Simulate(simulate::Arguments),
    Features(features::Arguments),
    Train(train::Arguments),
    Predict(predict::Arguments),
    Forecast(forecast::Arguments),
    Scenario(scenario::Arguments),
    Variance(variance::Arguments),
    Countdown(countdown::Arguments),
    Kpis(kpis::Arguments),
    Law(law::Arguments),
    Backtest(backtest::Arguments),
    Calibrate(calibrate::Arguments),
    Prove(prove::Arguments),
    Actions(actions::Arguments),
    Effects(effects::Arguments),
    EvaluatePolicy(evaluate_policy::Arguments),
    Rehearse(rehearse::Arguments),
    Demo(demo::Arguments),
    Profile(profile::Arguments),
    Policy(policy::Arguments),
    Backup(backup::Arguments),
    Restore(backup::RestoreArguments),
    Serve(serve::Arguments),
    Config(config::Arguments),
    Openapi(openapi::Arguments),
    Models(models::Arguments),
    Keys(keys::Arguments),
    Audit(audit::Arguments),
}

impl Command {
    /// The command's name, for the line that an interruption leaves.
    fn name(&self) -> &'static str {
        match self {
            Command::Check(_) => "check",
            Command::Import(_) => "import",
            Command::Simulate(_) => "simulate",
            Command::Features(_) => "features",
            Command::Train(_) => "train",
            Command::Predict(_) => "predict",
            Command::Forecast(_) => "forecast",
            Command::Scenario(_) => "scenario",
            Command::Variance(_) => "variance",
            Command::Countdown(_) => "countdown",
            Command::Kpis(_) => "kpis",
            Command::Law(_) => "law",
            Command::Backtest(_) => "backtest",
            Command::Calibrate(_) => "calibrate",
            Command::Prove(_) => "prove",
            Command::Actions(_) => "actions",
            Command::Effects(_) => "effects",
            Command::EvaluatePolicy(_) => "evaluate-policy",
            Command::Rehearse(_) => "rehearse",
            Command::Demo(_) => "demo",
            Command::Profile(_) => "profile",
            Command::Policy(_) => "policy",
            Command::Backup(_) => "backup",
            Command::Restore(_) => "restore",
            Command::Serve(_) => "serve",
            Command::Config(_) => "config",
            Command::Openapi(_) => "openapi",
            Command::Models(_) => "models",
            Command::Keys(_) => "keys",
            Command::Audit(_) => "audit",
        }
    }

    /// Whether the command ends in its own way when it is told to.
    const fn ends_by_itself(&self) -> bool {
        matches!(self, Command::Serve(_))
    }

    fn run(&self, screen: &Screen) -> anyhow::Result<()> {
        match self {
            Command::Check(arguments) => check::run(arguments, screen),
            Command::Import(arguments) => import::run(arguments, screen),
            Command::Simulate(arguments) => simulate::run(arguments, screen),
            Command::Features(arguments) => features::run(arguments, screen),
            Command::Train(arguments) => train::run(arguments, screen),
            Command::Predict(arguments) => predict::run(arguments, screen),
            Command::Forecast(arguments) => forecast::run(arguments, screen),
            Command::Scenario(arguments) => scenario::run(arguments, screen),
            Command::Variance(arguments) => variance::run(arguments, screen),
            Command::Countdown(arguments) => countdown::run(arguments, screen),
            Command::Kpis(arguments) => kpis::run(arguments, screen),
            Command::Law(arguments) => law::run(arguments, screen),
            Command::Backtest(arguments) => backtest::run(arguments, screen),
            Command::Calibrate(arguments) => calibrate::run(arguments, screen),
            Command::Prove(arguments) => prove::run(arguments, screen),
            Command::Actions(arguments) => actions::run(arguments, screen),
            Command::Effects(arguments) => effects::run(arguments, screen),
            Command::EvaluatePolicy(arguments) => evaluate_policy::run(arguments, screen),
            Command::Rehearse(arguments) => rehearse::run(arguments, screen),
            Command::Demo(arguments) => demo::run(arguments, screen),
            Command::Profile(arguments) => profile::run(arguments, screen),
            Command::Policy(arguments) => policy::run(arguments, screen),
            Command::Backup(arguments) => backup::run(arguments, screen),
            Command::Restore(arguments) => backup::restore(arguments, screen),
            Command::Serve(arguments) => serve::run(arguments, screen),
            Command::Config(arguments) => config::run(arguments, screen),
            Command::Openapi(arguments) => openapi::run(arguments, screen),
            Command::Models(arguments) => models::run(arguments, screen),
            Command::Keys(arguments) => keys::run(arguments, screen),
            Command::Audit(arguments) => audit::run(arguments, screen),
        }
    }
}

/// Runs the program with its arguments, the program's own name first, and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line.command,
        Err(usage) => {
            // Help and version are "errors" of clap with code 0; a closed pipe leaves nobody to tell.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let screen = Screen::new(TerminalConfig::from_environment());
    // Without a handler Ctrl-C still ends the process; only the tidying up is lost.
    if !command.ends_by_itself()
        && let Err(error) = interrupt::install(command.name())
    {
        screen.note(format!("Ctrl-C leaves partial files behind: {error}"));
    }
    match command.run(&screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if screen::is_output_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            screen::print_error(&error);
            let is_usage = error
                .downcast_ref::<output::Error>()
                .is_some_and(output::Error::is_usage);
            if is_usage {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Opens the ledger of a command, noting on standard error what the reader should know.
fn open_ledger(ledger: &Path, screen: &Screen) -> anyhow::Result<History> {
    let (history, report) = service::open(ledger)?;
    if report.rows_rejected() > 0 {
        screen.note(format!(
            "{} of {} rows were rejected; `duecast check --ledger {}` says why",
            report.rows_rejected(),
            report.rows_read(),
            ledger.display()
        ));
    }
    for warning in report.file_warnings() {
        screen.note(warning);
    }
    Ok(history)
}

/// Opens the ledger and looks at it on the day asked for.
fn open_view(ledger: &Path, as_of: Date, screen: &Screen) -> anyhow::Result<View> {
    view_of(&open_ledger(ledger, screen)?, as_of, screen)
}

/// Looks at an open ledger on the day asked for.
fn view_of(history: &History, as_of: Date, screen: &Screen) -> anyhow::Result<View> {
    let view = service::view(history, as_of)?;
    if let Some(remark) = &view.remark {
        screen.note(remark);
    }
    Ok(view)
}

/// Predicts the open invoices with a saved model, noting on standard error what the reader should know.
fn predicted(view: &View, model: &Path, reasons: Reasons, screen: &Screen) -> anyhow::Result<Prediction> {
    let prediction = {
        let _progress = Progress::spinner(screen.terminal(), "predicting");
        service::predict(view, model, reasons)?
    };
    if let Some(remark) = &prediction.remark {
        screen.note(remark);
    }
    Ok(prediction)
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
