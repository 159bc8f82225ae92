//! `duecast simulate`: a made-up ledger whose truth is known.

use std::path::PathBuf;

use clap::Args;

use super::arguments::date;
use super::screen::{Screen, grouped};
use crate::app::progress::Progress;
use crate::app::service;
use crate::domain::Date;
use crate::simulate::SimulationPlan;

/// Make up a ledger whose truth is known, from a seed
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Number of customers.
    #[arg(long, value_name = "N")]
    customers: u64,
    /// Number of invoices over all customers.
    #[arg(long, value_name = "N")]
    invoices: u64,
    /// Seed: the same numbers and seed give the same bytes.
    #[arg(long, value_name = "S")]
    seed: u64,
    /// Last day of the ledger, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    end_date: Option<Date>,
    /// Years that the ledger covers.
    #[arg(long, value_name = "N")]
    years: Option<u32>,
    /// Days for which the true distribution of every open invoice is written.
    #[arg(long, value_name = "DATE,..", value_delimiter = ',', value_parser = date)]
    truth_at: Vec<Date>,
    /// Folder for the ledger and its truth; a simulated ledger that is there is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Arguments {
    fn plan(&self) -> SimulationPlan {
        let default = SimulationPlan::default();
        SimulationPlan {
            customers: self.customers,
            invoices: self.invoices,
            seed: self.seed,
            end_date: self.end_date.unwrap_or(default.end_date),
            years: self.years.unwrap_or(default.years),
            truth_cutoffs: self.truth_at.clone(),
            ..default
        }
    }
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let summary = {
        let progress = Progress::steps(screen.terminal(), "simulating");
        service::simulate(&arguments.plan(), &arguments.out, &|done, total| {
            progress.set(done, total);
        })?
    };
    screen.line(format!(
        "{}: {} customers, {} invoices from {} to {}, {} of them unsettled; seed {}.",
        arguments.out.display(),
        grouped(arguments.customers),
        grouped(arguments.invoices),
        summary.first_day,
        summary.last_day,
        grouped(summary.open_invoices),
        arguments.seed
    ))
}
