//! `duecast forecast`: how much cash arrives, when, and how sure that is.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{SEED_DEFAULT, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, Format, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::service::cash::Billing;
use crate::app::service::records::{self, Stored};
use crate::app::service::{self, cash};
use crate::domain::{Currency, Money};
use crate::forecast::{
    Bucket, CashBucket, CurrencyForecast, ForecastPlan, GroupBy, ReceivingCalendar, Translation, simulate,
};
use crate::model::Reasons;

/// Forecast the cash of the open invoices and of billing to come
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
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
    /// Split by this as well: entity, business_unit, segment, country or customer.
    #[arg(long, value_name = "GROUP")]
    group_by: Option<GroupBy>,
    /// Calendar of the receiving bank, such as TARGET, FED or GB; without one, cash may come on any day.
    #[arg(long, value_name = "NAME")]
    calendar: Option<ReceivingCalendar>,
    /// Add the totals up in this currency too, at the latest rates of the ledger.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Leave out recurring and new billing, and forecast the open invoices alone.
    #[arg(long)]
    no_billing: bool,
    /// File for the forecast: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
    /// Folder of all stored forecasts: the forecast is added to it as a record that never changes.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut results: Vec<Given<'_>> = vec![("--out", arguments.out.path.as_path())];
    results.extend(arguments.record.as_deref().map(|folder| ("--record", folder)));
    output::check_targets(
        &[arguments.view.ledger.given(), ("--model", &arguments.model)],
        &results,
    )?;
    let plan = ForecastPlan {
        bucket: arguments.bucket,
        horizon_days: arguments.horizon_days,
        draws: arguments.draws,
        seed: arguments.seed,
        group_by: arguments.group_by,
        calendar: arguments.calendar,
        ..ForecastPlan::default()
    };
    plan.check()?;
    let view = arguments.view.open(screen)?;
    let prediction = {
        let _progress = Progress::spinner(screen.terminal(), "predicting");
        service::predict(&view, &arguments.model, Reasons::LeftOut)?
    };
    if let Some(remark) = &prediction.remark {
        screen.note(remark);
    }
    let plan = super::calibrate::with_band(plan, &prediction, screen);
    let billing = if arguments.no_billing {
        Billing::LeftOut
    } else {
        Billing::Added
    };
    let (book, simulated) = {
        let _progress = Progress::spinner(screen.terminal(), "forecasting");
        let book = cash::book(&view, &prediction, &plan, billing)?;
        let simulated = simulate(&book, &plan)?;
        (book, simulated)
    };
    let translation = arguments
        .currency
        .map(|into| cash::translated(&view, &simulated, into))
        .transpose()?;
    let forecast = simulated.forecast();
    output::write(
        &arguments.out,
        &output::forecast(forecast, translation.as_ref(), &prediction.context),
    )?;
    screen.line(format!(
        "{}: cash by {} for {} days after {}, model {}.",
        arguments.out,
        plan.bucket.name(),
        plan.horizon_days,
        forecast.as_of,
        prediction.context.model
    ))?;
    for book in &forecast.currencies {
        print_book(book, billing, screen)?;
    }
    if let Some(translation) = &translation {
        print_translation(translation, arguments, billing, screen)?;
    }
    match &arguments.record {
        Some(folder) => print_record(
            &records::store(&prediction.context, forecast, &book, folder)?,
            screen,
        ),
        None => Ok(()),
    }
}

/// Says where the record of the forecast is.
fn print_record(stored: &Stored, screen: &Screen) -> anyhow::Result<()> {
    let state = if stored.is_new {
        "stored"
    } else {
        "was there already"
    };
    screen.line(format!("  record {}: {state}", stored.folder.display()))
}

fn print_book(book: &CurrencyForecast, billing: Billing, screen: &Screen) -> anyhow::Result<()> {
    screen.line(balance(book))?;
    match billing {
        Billing::Added => screen.line(layers(book)),
        Billing::LeftOut => Ok(()),
    }
}

/// The totals in one currency, and what they were translated at.
fn print_translation(
    translation: &Translation,
    arguments: &Arguments,
    billing: Billing,
    screen: &Screen,
) -> anyhow::Result<()> {
    screen.line(format!("All in {}:", translation.currency))?;
    print_book(&translation.forecast, billing, screen)?;
    for rate in &translation.rates {
        screen.line(format!(
            "  1 {} = {} {} on {} ({})",
            rate.currency, rate.rate, translation.currency, rate.rate_date, rate.source
        ))?;
    }
    match arguments.out.format {
        Format::Json | Format::Xlsx => {}
        Format::Csv | Format::Parquet | Format::Ndjson => screen.note(format!(
            "{} holds one table, without the translation; .json and .xlsx hold both",
            arguments.out
        )),
    }
    Ok(())
}

/// One line a currency: what is open, and where it is expected to go.
fn balance(book: &CurrencyForecast) -> String {
    let expected = book.buckets.last().map_or(0, |bucket| bucket.cumulative_expected);
    let amount = |minor: i64| grouped(Money::from_minor(minor, book.currency).to_decimal_string());
    format!(
        "  {} {} open = {} expected + {} later + {} lost",
        book.currency.code(),
        amount(book.open_balance),
        amount(expected),
        amount(book.beyond_horizon),
        amount(book.expected_loss)
    )
}

/// One line a currency: what is expected within the horizon, by layer.
fn layers(book: &CurrencyForecast) -> String {
    let amount = |minor: i64| grouped(Money::from_minor(minor, book.currency).to_decimal_string());
    let sum = |layer: fn(&CashBucket) -> i64| amount(book.buckets.iter().map(layer).sum());
    format!(
        "  {} {} expected = {} on open invoices + {} on recurring billing + {} on new billing",
        book.currency.code(),
        sum(|bucket| bucket.total),
        sum(|bucket| bucket.expected),
        sum(|bucket| bucket.recurring),
        sum(|bucket| bucket.new_billing)
    )
}
