//! What trees may ask about an invoice on a coming day: its features, and values of that day.

use std::sync::LazyLock;

use crate::features::{self, CalendarDay, column, lateness};
use crate::model::coming_day::ComingDay;
use crate::model::distribution::single;
use crate::model::invoice_input::InvoiceInput;
use crate::model::payer_day::PayerDay;

/// Days past the promised date where nothing was promised.
const NO_PROMISE: i32 = -99;

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

/// A value of an invoice on a coming day.
#[derive(Debug)]
pub(crate) struct DayValue {
    pub(crate) changes: Changes,
    pub(crate) formula: Formula,
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

/// What a value is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Formula {
    /// The same for all invoices of a payer.
    Payer(fn(&PayerDay<'_>) -> f64),
    /// One for each invoice.
    Invoice(fn(&InvoiceInput<'_>, &ComingDay<'_>) -> f64),
}

impl Formula {
    /// The value of an invoice on a coming day.
    pub(crate) fn of(self, input: &InvoiceInput<'_>, day: &ComingDay<'_>) -> f32 {
        single(match self {
            Self::Payer(formula) => formula(&day.payer),
            Self::Invoice(formula) => formula(input, day),
        })
    }
}

/// The values that change from day to day.
pub(crate) static VALUES: [DayValue; 20] = {
    use Changes::{Daily, Never, Rises, WithBankDay, WithLateness, WithWeekday};
    [
        // Days past due.
        invoice(Rises, |_, day| f64::from(day.late)),
        // Days past the due date in the ledger, not rolled to a business day.
        invoice(Rises, |input, day| days_since(input, day, input.view.due_day)),
        // Days since the invoice.
        invoice(Rises, |input, day| days_since(input, day, input.view.invoice_day)),
        // Weekday of the due date.
        invoice(Never, |input, _| number(lateness::weekday(input.view.due_day))),
        // Days ahead.
        payer(Rises, |day| f64::from(day.ahead)),
        // Days past the payer's usual day, in its spreads.
        invoice(Rises, |input, day| past_usual(input, day) / input.facts.spread),
        // The same in days.
        invoice(Rises, past_usual),
        // Weekday.
        payer(WithWeekday, |day| number(day.calendar.weekday)),
        // Kind of bank day.
        payer(WithBankDay, |day| BANK_DAYS[bank_day(day.calendar)]),
        // The payer's hazard at this lateness: long memory, short memory, its group's, the book's.
        invoice(WithLateness, |input, day| {
            input.view.profile.slow[day.lateness_bin]
        }),
        invoice(WithLateness, |input, day| {
            input.view.profile.fast[day.lateness_bin]
        }),
        invoice(WithLateness, |input, day| input.view.group[day.lateness_bin]),
        invoice(WithLateness, |input, day| input.view.book[day.lateness_bin]),
        // The payer's runs by weekday, by place in the month, and since the last one.
        payer(WithWeekday, |day| day.weekday_ratio),
        payer(Daily, |day| day.place_ratio),
        payer(Rises, |day| day.phase),
        // Days past the promised date.
        invoice(Rises, days_past_promise),
        // The payer's hazard in a run at this lateness, the probability of a run, and of both.
        invoice(WithLateness, |input, day| {
            input.view.profile.at_run[day.lateness_bin]
        }),
        payer(Daily, |day| day.run),
        invoice(Daily, |_, day| day.payer.run + day.paid_in_run),
    ]
};

const fn payer(changes: Changes, formula: fn(&PayerDay<'_>) -> f64) -> DayValue {
    let formula = Formula::Payer(formula);
    DayValue { changes, formula }
}

const fn invoice(changes: Changes, formula: fn(&InvoiceInput<'_>, &ComingDay<'_>) -> f64) -> DayValue {
    let formula = Formula::Invoice(formula);
    DayValue { changes, formula }
}

/// What kind of day it is to a bank: ordinary, a holiday, the day after one, the last of a month.
pub(crate) fn bank_day(day: &CalendarDay) -> usize {
    match (day.is_holiday, day.follows_holiday, day.is_month_end) {
        (true, _, _) => 1,
        (_, true, _) => 2,
        (_, _, true) => 3,
        (false, false, false) => 0,
    }
}

fn days_since(input: &InvoiceInput<'_>, day: &ComingDay<'_>, since: i32) -> f64 {
    f64::from(input.view.cutoff_day + day.payer.ahead - since)
}

fn past_usual(input: &InvoiceInput<'_>, day: &ComingDay<'_>) -> f64 {
    f64::from(day.late) - input.facts.level
}

fn days_past_promise(input: &InvoiceInput<'_>, day: &ComingDay<'_>) -> f64 {
    let promise = input.facts.promise;
    f64::from(promise.map_or(NO_PROMISE, |(past, _)| past + day.payer.ahead))
}

fn number(weekday: usize) -> f64 {
    f64::from(u32::try_from(weekday).expect("a weekday is at most 6"))
}
