//! Arguments that several commands share, and how their text is read.

use std::path::PathBuf;

use clap::Args;

use super::screen::Screen;
use crate::action::{Effects, Policy};
use crate::app::output::Given;
pub(crate) use crate::app::service::SEED_DEFAULT;
use crate::app::service::cash::Billing;
use crate::app::service::{self, View, actions, policy};
use crate::domain::Date;
use crate::domain::date::parse_iso;
use crate::forecast::{self, Bucket, ForecastPlan, ReceivingCalendar};
use crate::model::ModelName;

/// How far work in the background steps back: half of what the operating system allows.
const BACKGROUND_NICENESS: i32 = 10;

/// Where the ledger is.
#[derive(Args, Clone, Debug)]
pub(crate) struct LedgerArgument {
    /// Folder with the ledger's tables: customers.csv, invoices.csv, payments.csv and the optional ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: PathBuf,
}

/// Where the ledger is and on which day it is looked at.
#[derive(Args, Clone, Debug)]
pub(crate) struct ViewArguments {
    #[command(flatten)]
    pub(crate) ledger: LedgerArgument,
    /// Last day whose facts may be known, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) as_of: Date,
}

impl LedgerArgument {
    /// The folder with its option, as something that results must not overwrite.
    pub(crate) fn given(&self) -> Given<'_> {
        ("--ledger", &self.ledger)
    }
}

impl ViewArguments {
    /// Opens the ledger and looks at it on the day asked for.
    pub(crate) fn open(&self, screen: &Screen) -> anyhow::Result<View> {
        super::open_view(&self.ledger.ledger, self.as_of, screen)
    }
}

/// The policy and what its actions are taken to do.
#[derive(Args, Clone, Debug)]
pub(crate) struct PolicyArguments {
    /// Policy as TOML; without one the policy that `duecast policy show` prints.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// What actions do, as `duecast effects` learned it on earlier decisions; without it what the policy assumes.
    #[arg(long, value_name = "FILE")]
    effects: Option<PathBuf>,
}

impl PolicyArguments {
    /// The files with their options, as something that results must not overwrite.
    pub(crate) fn given(&self) -> impl Iterator<Item = Given<'_>> {
        let policy = self.policy.as_deref().map(|file| ("--policy", file));
        let effects = self.effects.as_deref().map(|file| ("--effects", file));
        policy.into_iter().chain(effects)
    }

    /// Reads both.
    pub(crate) fn load(&self) -> anyhow::Result<(Policy, Effects)> {
        let policy = policy::load(self.policy.as_deref())?;
        let effects = actions::effects(self.effects.as_deref(), &policy)?;
        Ok((policy, effects))
    }
}

/// Whether other work of the machine comes first.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct PriorityArgument {
    /// Let other work of this machine come first, for the service with this process id; it starts its training runs so.
    #[arg(long, hide = true, value_name = "PID")]
    background: Option<u32>,
}

impl PriorityArgument {
    /// Steps back behind other work where that was asked for, and ends with the service that asked.
    pub(crate) fn apply(self, screen: &Screen) -> anyhow::Result<()> {
        let Some(service) = self.background else {
            return Ok(());
        };
        if let Err(error) = rustix::process::nice(BACKGROUND_NICENESS) {
            screen.note(format!("runs beside other work, not behind it: {error}"));
        }
        end_with(service, screen)
    }
}

/// Asks to be killed when the service is: nobody would be left to take the result.
#[cfg(target_os = "linux")]
fn end_with(service: u32, screen: &Screen) -> anyhow::Result<()> {
    use rustix::process::{Pid, Signal, set_parent_process_death_signal, test_kill_process};
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        screen.note(format!("goes on when the service is killed: {error}"));
    }
    // The signal of a service that was killed just before has been missed.
    let service_at_work = i32::try_from(service).ok().and_then(Pid::from_raw);
    anyhow::ensure!(
        service_at_work.is_some_and(|service| test_kill_process(service).is_ok()),
        "the service with the process id {service}, which asked for this run, is gone"
    );
    Ok(())
}

/// Elsewhere a run whose service was killed goes on to its end, and its result is not used.
#[cfg(not(target_os = "linux"))]
const fn end_with(_service: u32, _screen: &Screen) -> anyhow::Result<()> {
    Ok(())
}

/// How cash is forecast: the buckets, the simulation and the layers.
#[derive(Args, Clone, Debug)]
pub(crate) struct CashArguments {
    /// Size of the buckets: day, week, month, or mixed (ten business days, then weeks, then months).
    #[arg(long, value_name = "BUCKET", default_value = "week")]
    bucket: Bucket,
    /// Days after the cut-off that the forecast covers.
    #[arg(long, value_name = "N", default_value_t = 91)]
    horizon_days: u32,
    /// Simulated futures behind the quantiles.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    draws: u32,
    /// Seed of the simulation.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Calendar of the receiving bank, such as TARGET, FED or GB; without one, cash may come on any day.
    #[arg(long, value_name = "NAME")]
    calendar: Option<ReceivingCalendar>,
    /// Leave out recurring and new billing, and forecast the open invoices alone.
    #[arg(long)]
    no_billing: bool,
    /// CSV of agreed invoices that are not issued yet: `customer_id`, `invoice_date`, `due_date`, amount, currency, entity.
    #[arg(long, value_name = "FILE", conflicts_with = "no_billing")]
    billing_plan: Option<PathBuf>,
}

impl CashArguments {
    /// The plan that is asked for, checked.
    pub(crate) fn plan(&self) -> Result<ForecastPlan, forecast::Error> {
        let plan = ForecastPlan {
            bucket: self.bucket,
            horizon_days: self.horizon_days,
            draws: self.draws,
            seed: self.seed,
            calendar: self.calendar,
            ..ForecastPlan::default()
        };
        plan.check()?;
        Ok(plan)
    }

    /// Reads what is said of billing to come.
    pub(crate) fn billing(&self) -> Result<Billing, service::Error> {
        if self.no_billing {
            return Ok(Billing::LeftOut);
        }
        let plan = self.billing_plan.as_deref().map(service::billing::read_plan);
        Ok(Billing::Added(plan.transpose()?.unwrap_or_default()))
    }

    /// The billing plan with its option, as something that results must not overwrite.
    pub(crate) fn given(&self) -> Option<Given<'_>> {
        self.billing_plan.as_deref().map(|file| ("--billing-plan", file))
    }
}

/// How a report is printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrintFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Reads a date.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    parse_iso(text).map_err(|error| error.to_string())
}

/// Reads the name of a model; a wrong one is told the names there are.
pub(crate) fn model_name(text: &str) -> Result<ModelName, String> {
    text.trim()
        .parse::<ModelName>()
        .map_err(|error| error.to_string())
}

/// Reads a share between 0 and 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| format!("a share from 0 to 1 is allowed, got {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::{date, model_name, share};
    use crate::model::ModelName;

    #[test]
    fn every_model_is_found_by_its_name() {
        for name in ModelName::ALL {
            assert_eq!(model_name(&name.to_string()), Ok(name));
        }
        let refusal = model_name("oracle").unwrap_err();
        assert!(refusal.contains(&ModelName::DEFAULT.to_string()), "{refusal}");
    }

    #[test]
    fn a_wrong_value_is_told_what_is_allowed() {
        assert!(date("2026-02-30").unwrap_err().contains("YYYY-MM-DD"));
        assert!(share("1.5").unwrap_err().contains("0 to 1"));
        assert_eq!(share("0.25"), Ok(0.25));
    }
}
