//! What trees may ask about an invoice on a coming day: its features, and values of that day.

use std::sync::LazyLock;

use crate::features::{self, CalendarDay, column, lateness};
use crate::model::coming_day::ComingDay;
use crate::model::distribution::single;
use crate::model::invoice_input::InvoiceInput;

/// Names of the values that change from day to day.
pub(crate) const NAMES: [&str; 20] = [
    "days_past_due_on_day",
    "days_past_agreed_due_date",
    "days_since_invoice",
    "due_weekday",
    "days_ahead",
    "standardised_lateness",
    "days_past_usual",
    "weekday",
    "bank_calendar",
    "payer_hazard_slow",
    "payer_hazard_fast",
    "group_hazard",
    "book_hazard",
    "run_weekday",
    "run_place",
    "run_phase",
    "days_past_promise_on_day",
    "payer_hazard_at_run",
    "run_probability",
    "payer_hazard_by_runs",
];

/// Days past the promised date where nothing was promised.
const NO_PROMISE: i32 = -99;
/// Phase where no rhythm is known.
const NO_PHASE: f64 = -1.0;
/// Gaps since the last run beyond which the payer has stopped.
const PHASE_MAX: f64 = 20.0;

/// What trees see of each kind of bank day.
const BANK_DAYS: [f64; 4] = [0.0, -1.0, 1.0, 2.0];

/// Features that trees may not ask for: they tell how long the ledger is, and what trees learn of
/// its beginning does not hold later.
const HISTORY_SIZES: [&str; 3] = [column::HISTORY_WEIGHT, "log_paid_count", "log_run_count"];

/// The features that trees may ask for, by position in the feature list.
pub(crate) fn asked_features() -> &'static [usize] {
    static ASKED: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let named = features::features().iter().enumerate();
        let asked = named.filter(|(_, feature)| !HISTORY_SIZES.contains(&feature.name));
        asked.map(|(position, _)| position).collect()
    });
    &ASKED
}

/// What a value changes with from day to day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    /// The same on all days of an invoice.
    Never,
    /// The same on all days of the same weekday.
    WithWeekday,
    /// The same on all days of the same kind to a bank.
    WithBankDay,
    /// The same on all days in the same bin of lateness.
    WithLateness,
    /// May rise from one day to the next, and never falls.
    Rises,
    /// May change every day.
    Daily,
}

/// What each value changes with, in the order of [`NAMES`].
pub(crate) const CHANGES: [Changes; NAMES.len()] = [
    Changes::Rises,
    Changes::Rises,
    Changes::Rises,
    Changes::Never,
    Changes::Rises,
    Changes::Rises,
    Changes::Rises,
    Changes::WithWeekday,
    Changes::WithBankDay,
    Changes::WithLateness,
    Changes::WithLateness,
    Changes::WithLateness,
    Changes::WithLateness,
    Changes::WithWeekday,
    Changes::Daily,
    Changes::Rises,
    Changes::Rises,
    Changes::WithLateness,
    Changes::Daily,
    Changes::Daily,
];

/// What kind of day it is to a bank: ordinary, a holiday, the day after one, the last of a month.
pub(crate) fn bank_day(day: &CalendarDay) -> usize {
    match (day.is_holiday, day.follows_holiday, day.is_month_end) {
        (true, _, _) => 1,
        (_, true, _) => 2,
        (_, _, true) => 3,
        (false, false, false) => 0,
    }
}

/// The values of a coming day of an invoice.
pub(crate) fn on_day(input: &InvoiceInput<'_>, day: &ComingDay<'_>) -> [f32; NAMES.len()] {
    let (view, facts) = (&input.view, input.facts);
    let (profile, calendar, bin) = (view.profile, day.calendar, day.lateness_bin);
    let past_usual = f64::from(day.late) - facts.level;
    let phase = match profile.days_since_run {
        Some(since) if profile.run_gap_days > 0.0 => {
            (f64::from(since + day.ahead) / profile.run_gap_days).min(PHASE_MAX)
        }
        Some(_) | None => NO_PHASE,
    };
    let weekday = |weekday: usize| f64::from(u32::try_from(weekday).expect("a weekday is at most 6"));
    let day_number = view.cutoff_day + day.ahead;
    let promised = facts.promise.map_or(NO_PROMISE, |(past, _)| past + day.ahead);
    [
        f64::from(day.late),
        f64::from(day_number - view.due_day),
        f64::from(day_number - view.invoice_day),
        weekday(lateness::weekday(view.due_day)),
        f64::from(day.ahead),
        past_usual / facts.spread,
        past_usual,
        weekday(calendar.weekday),
        BANK_DAYS[bank_day(calendar)],
        profile.slow[bin],
        profile.fast[bin],
        view.group[bin],
        view.book[bin],
        profile.weekday[calendar.weekday],
        day.place_ratio,
        phase,
        f64::from(promised),
        profile.at_run[bin],
        day.run,
        day.run + day.paid_in_run,
    ]
    .map(single)
}
