//! `duecast calibrate`: how far P10 and P90 must reach, from past forecasts.

use std::path::PathBuf;

use clap::Args;
use comfy_table::Table;

use super::arguments::ViewArguments;
use super::screen::Screen;
use crate::app::output;
use crate::app::progress::Progress;
use crate::app::service::{self, Prediction};
use crate::backtest::HeldOut;
use crate::forecast::{Band, ForecastPlan};

/// Fit the band of a model's cash forecasts on the last half year
///
/// The model's kind is fitted again on what was known 26 and 13 weeks before the day, asked every week in between, and
/// compared with what arrived. The band is kept in the model's folder, where `forecast` finds it.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`; band.json is added to it.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    output::check_targets(&[arguments.view.ledger.given()], &[("--model", &arguments.model)])?;
    let history = super::open_ledger(&arguments.view.ledger.ledger, screen)?;
    let as_of = arguments.view.as_of;
    super::view_of(&history, as_of, screen)?;
    let calibrated = {
        let progress = Progress::steps(screen.terminal(), "calibrating");
        service::calibrate::calibrate(&history, as_of, &arguments.model, &|done, total| {
            progress.set_steps(done, total);
        })?
    };
    if let Some(remark) = &calibrated.remark {
        screen.note(remark);
    }
    let calibration = &calibrated.calibration;
    let (band, evidence) = (&calibration.fit.band, &calibration.fit.evidence);
    screen.line(format!(
        "{}: band of {}, from {} weekly forecasts compared with what was known on {}.",
        arguments.model.join("band.json").display(),
        calibrated.model,
        evidence.trials,
        evidence.known_at
    ))?;
    let before = Band::default();
    screen.line(format!(
        "  In common: {:.2} of a customer's luck (default {:.2}), {:.3} of everybody's (default {:.3}).",
        band.customer_coupling, before.customer_coupling, band.book_coupling, before.book_coupling
    ))?;
    if let Some(bias) = evidence.bias.filter(|bias| bias.is_significant) {
        screen.note(format!(
            "forecasts of weeks 1 to 4 were {:+.1} % off on average: the band carries it, only the model can mend it",
            100.0 * bias.share
        ));
    }
    if calibration.held_out.is_empty() {
        return screen.line("  Too few forecasts to say what the band is worth on weeks it has not seen.");
    }
    screen.line("  P10 to P90 on weeks that the band had not seen; 80 % is right:")?;
    screen.table(&held_out_table(&calibration.held_out, screen))
}

fn held_out_table(held_out: &[HeldOut], screen: &Screen) -> Table {
    let header = [
        "weeks ahead",
        "weeks",
        "default holds",
        "fitted holds",
        "default width",
        "fitted width",
    ];
    let mut table = screen.new_table(&header, &[0, 1, 2, 3, 4, 5]);
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    for row in held_out {
        table.add_row([
            row.week.to_string(),
            row.forecasts.to_string(),
            percent(row.coverage_before),
            percent(row.coverage_after),
            percent(row.width_before),
            percent(row.width_after),
        ]);
    }
    table
}

/// Returns the plan with the band of the model; where it has none, the default is kept and said.
pub(super) fn with_band(plan: ForecastPlan, prediction: &Prediction, screen: &Screen) -> ForecastPlan {
    let (plan, remark) = service::calibrate::with_band(plan, prediction);
    if let Some(remark) = remark {
        screen.note(remark);
    }
    plan
}
