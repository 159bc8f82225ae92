//! Parameters of a simulated ledger.

use chrono::Months;
use serde::Serialize;

use super::effects::{ActionEffect, Treatment};
use super::error::Error;
use crate::domain::Date;

/// Invoices below which the ledger is written as CSV; Parquet from here on.
pub const CSV_INVOICES_MAX: u64 = 200_000;

/// Collection stages an overdue invoice passes.
pub const STAGES: usize = 3;

/// Days past due at which the collections department decides about an invoice, unless a plan says otherwise.
pub const STAGE_DAYS_PAST_DUE: [i32; STAGES] = [5, 20, 40];

/// Customer numbers have seven digits, so that text order is number order.
const CUSTOMERS_MAX: u64 = 9_999_999;

/// Invoice numbers have nine digits, so that text order is number order.
const INVOICES_MAX: u64 = 999_999_999;

/// Probabilities with which collections chooses at one stage; waiting has the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StagePolicy {
    /// Probability of an e-mail reminder.
    pub reminder: f64,
    /// Probability of a telephone call.
    pub call: f64,
    /// Probability of a text message.
    #[serde(skip_serializing_if = "is_zero")]
    pub sms: f64,
    /// Probability of a letter.
    #[serde(skip_serializing_if = "is_zero")]
    pub letter: f64,
}

impl StagePolicy {
    /// Returns the probability of waiting.
    #[must_use]
    pub fn wait(&self) -> f64 {
        1.0 - self.reminder - self.call - self.sms - self.letter
    }

    /// Returns the probability of an action.
    #[must_use]
    pub fn of(&self, treatment: Treatment) -> f64 {
        match treatment {
            Treatment::Wait => self.wait(),
            Treatment::Reminder => self.reminder,
            Treatment::Call => self.call,
            Treatment::Sms => self.sms,
            Treatment::Letter => self.letter,
        }
    }

    /// Returns the action that a number from 0 to below 1 stands for.
    pub(crate) fn choose(&self, number: f64) -> Treatment {
        let mut reached = 0.0;
        for treatment in [
            Treatment::Reminder,
            Treatment::Call,
            Treatment::Sms,
            Treatment::Letter,
        ] {
            reached += self.of(treatment);
            if number < reached {
                return treatment;
            }
        }
        Treatment::Wait
    }

    /// Checks every probability and their sum.
    fn check(&self) -> Result<(), Error> {
        check_number("policy.reminder", self.reminder, 0.0, 1.0)?;
        check_number("policy.call", self.call, 0.0, 1.0)?;
        check_number("policy.sms", self.sms, 0.0, 1.0)?;
        check_number("policy.letter", self.letter, 0.0, 1.0)?;
        check_number(
            "policy.reminder + policy.call + policy.sms + policy.letter",
            self.reminder + self.call + self.sms + self.letter,
            0.0,
            1.0,
        )
    }
}

/// What to simulate.
///
/// # Parameters
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `customers`, `invoices` | 150, 6,000 | size of the book; every customer has at least one invoice | 1 to 9,999,999; `customers` to 999,999,999 |
/// | `seed` | 1 | same plan and seed, same bytes | any |
/// | `end_date`, `years` | 2026-06-30, 3 | the ledger covers the `years` up to and with `end_date` | 1 to 20 years |
/// | `truth_cutoffs` | none | days for which the true payment distribution is written | inside the ledger |
/// | `drifting_share` | 0.12 | customers whose level changes once during the ledger | 0 to 0.9 |
/// | `disputed_share` | 0.05 | invoices disputed if left unpaid until ten days past due | 0 to 0.9 |
/// | `never_paying_share` | 0.01 | customers who never pay anything | 0 to 1 |
/// | `partial_share` | 0.03 | payments that leave a remainder | 0 to 1 |
/// | `late_record_share` | 0.15 | payments recorded one to three days late | 0 to 1 |
/// | `market_shock_days`, `customer_shock_days` | 1, 2 | standard deviation of the monthly shocks to the level | 0 to 30 |
/// | `december_days`, `august_days` | 4, 3 | how much later payments are in these months | -30 to 30 |
/// | `reminder_effect`, `call_effect` | 0.35, 0.7 | change of the logit of the daily hazard | -3 to 3 |
/// | `effect_days` | 14 | days for which an action works | 0 to 60 |
/// | `promise_share` | 0.35 | calls that end in a promise to pay | 0 to 1 |
/// | `policy` | see [`Default`] | the propensities at each stage | each sum at most 1 |
/// | `stage_days_past_due` | 5, 20, 40 | when the stages are | rising, 0 to 365 |
/// | `effects` | none | effects that are not the two above: by action, segment and lateness | -3 to 3 |
/// | `log_waits` | false | whether a decision to wait is logged as an action of type `wait` | |
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimulationPlan {
    /// Number of customers.
    pub customers: u64,
    /// Number of invoices over all customers.
    pub invoices: u64,
    /// Seed of every random stream.
    pub seed: u64,
    /// Last day of the ledger.
    pub end_date: Date,
    /// Length of the ledger.
    pub years: u32,
    /// Days for which the true distribution of every open invoice is written.
    pub truth_cutoffs: Vec<Date>,
    /// Share of customers whose level changes once during the ledger.
    pub drifting_share: f64,
    /// Share of invoices disputed if left unpaid until ten days past due.
    pub disputed_share: f64,
    /// Share of customers who never pay.
    pub never_paying_share: f64,
    /// Share of payments that leave a remainder.
    pub partial_share: f64,
    /// Share of payments recorded one to three days after they were made.
    pub late_record_share: f64,
    /// Standard deviation of the monthly shock all customers share.
    pub market_shock_days: f64,
    /// Standard deviation of the monthly shock of one customer.
    pub customer_shock_days: f64,
    /// Days by which December is slower.
    pub december_days: f64,
    /// Days by which August is slower.
    pub august_days: f64,
    /// Change of the logit of the daily hazard after a reminder.
    pub reminder_effect: f64,
    /// Change of the logit of the daily hazard after a call without a promise.
    pub call_effect: f64,
    /// Days for which an action works.
    pub effect_days: u32,
    /// Share of calls that end in a promise to pay.
    pub promise_share: f64,
    /// Propensities at each collection stage.
    pub policy: [StagePolicy; STAGES],
    /// Days past due at which collections decides.
    #[serde(skip_serializing_if = "is_usual_stages")]
    pub stage_days_past_due: [i32; STAGES],
    /// Effects of actions that differ from `reminder_effect` and `call_effect`, and from zero for a text message and a
    /// letter; of two entries for the same the last counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<ActionEffect>,
    /// Whether a decision to wait is logged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub log_waits: bool,
    /// Invoices below which the ledger is written as CSV.
    pub csv_invoices_max: u64,
}

impl Default for SimulationPlan {
    fn default() -> Self {
        Self {
            customers: 150,
            invoices: 6_000,
            seed: 1,
            end_date: Date::from_ymd_opt(2026, 6, 30).expect("30 June 2026 is a date"),
            years: 3,
            truth_cutoffs: Vec::new(),
            drifting_share: 0.12,
            disputed_share: 0.05,
            never_paying_share: 0.01,
            partial_share: 0.03,
            late_record_share: 0.15,
            market_shock_days: 1.0,
            customer_shock_days: 2.0,
            december_days: 4.0,
            august_days: 3.0,
            reminder_effect: 0.35,
            call_effect: 0.7,
            effect_days: 14,
            promise_share: 0.35,
            policy: [
                StagePolicy {
                    reminder: 0.7,
                    ..StagePolicy::default()
                },
                StagePolicy {
                    reminder: 0.3,
                    call: 0.4,
                    ..StagePolicy::default()
                },
                StagePolicy {
                    reminder: 0.1,
                    call: 0.6,
                    ..StagePolicy::default()
                },
            ],
            stage_days_past_due: STAGE_DAYS_PAST_DUE,
            effects: Vec::new(),
            log_waits: false,
            csv_invoices_max: CSV_INVOICES_MAX,
        }
    }
}

impl SimulationPlan {
    /// Returns the first day of the ledger.
    pub fn start_date(&self) -> Date {
        let months = Months::new(self.years.saturating_mul(12));
        let before = self.end_date.checked_sub_months(months).unwrap_or(self.end_date);
        before.succ_opt().unwrap_or(before)
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] names the first parameter that is not.
    pub fn check(&self) -> Result<(), Error> {
        self.check_size()?;
        self.check_dates()?;
        check_number("drifting_share", self.drifting_share, 0.0, 0.9)?;
        check_number("disputed_share", self.disputed_share, 0.0, 0.9)?;
        check_number("never_paying_share", self.never_paying_share, 0.0, 1.0)?;
        check_number("partial_share", self.partial_share, 0.0, 1.0)?;
        check_number("late_record_share", self.late_record_share, 0.0, 1.0)?;
        check_number("market_shock_days", self.market_shock_days, 0.0, 30.0)?;
        check_number("customer_shock_days", self.customer_shock_days, 0.0, 30.0)?;
        check_number("december_days", self.december_days, -30.0, 30.0)?;
        check_number("august_days", self.august_days, -30.0, 30.0)?;
        check_number("reminder_effect", self.reminder_effect, -3.0, 3.0)?;
        check_number("call_effect", self.call_effect, -3.0, 3.0)?;
        check_number("effect_days", f64::from(self.effect_days), 0.0, 60.0)?;
        check_number("promise_share", self.promise_share, 0.0, 1.0)?;
        self.check_collections()
    }

    /// Checks the stages, their propensities and the effects.
    fn check_collections(&self) -> Result<(), Error> {
        for stage in &self.policy {
            stage.check()?;
        }
        let days = self.stage_days_past_due;
        let is_rising = days.is_sorted_by(|before, after| before < after);
        if !is_rising || days.iter().any(|day| !(0..=365).contains(day)) {
            return Err(Error::Plan {
                name: "stage_days_past_due",
                allowed: "rising, from 0 to 365".to_owned(),
                given: format!("{days:?}"),
            });
        }
        self.effects.iter().try_for_each(ActionEffect::check)
    }

    /// Returns the effect of an action where `effects` has no entry.
    pub(crate) fn usual_effect(&self, treatment: Treatment) -> f64 {
        match treatment {
            Treatment::Reminder => self.reminder_effect,
            Treatment::Call => self.call_effect,
            Treatment::Wait | Treatment::Sms | Treatment::Letter => 0.0,
        }
    }

    /// Checks the size of the book.
    fn check_size(&self) -> Result<(), Error> {
        if self.customers == 0 || self.customers > CUSTOMERS_MAX {
            return Err(Error::Plan {
                name: "customers",
                allowed: format!("from 1 to {CUSTOMERS_MAX}"),
                given: self.customers.to_string(),
            });
        }
        if self.invoices < self.customers || self.invoices > INVOICES_MAX {
            return Err(Error::Plan {
                name: "invoices",
                allowed: format!(
                    "from the number of customers ({}) to {INVOICES_MAX}",
                    self.customers
                ),
                given: self.invoices.to_string(),
            });
        }
        Ok(())
    }

    /// Checks the period and the cut-offs.
    fn check_dates(&self) -> Result<(), Error> {
        if !(1..=20).contains(&self.years) {
            return Err(Error::Plan {
                name: "years",
                allowed: "from 1 to 20".to_owned(),
                given: self.years.to_string(),
            });
        }
        let first = Date::from_ymd_opt(2000, 1, 1).expect("1 January 2000 is a date");
        let last = Date::from_ymd_opt(2099, 12, 31).expect("31 December 2099 is a date");
        if self.end_date < first || self.end_date > last {
            return Err(Error::Plan {
                name: "end_date",
                allowed: format!("from {first} to {last}"),
                given: self.end_date.to_string(),
            });
        }
        let start = self.start_date();
        for cutoff in &self.truth_cutoffs {
            if *cutoff < start || *cutoff > self.end_date {
                return Err(Error::Plan {
                    name: "truth_cutoffs",
                    allowed: format!("from {start} to {}", self.end_date),
                    given: cutoff.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// Whether an action is never chosen; a plan file leaves it out then.
fn is_zero(probability: &f64) -> bool {
    probability.abs() <= 0.0
}

/// Whether the stages are on their usual days; a plan file leaves them out then.
fn is_usual_stages(days: &[i32; STAGES]) -> bool {
    *days == STAGE_DAYS_PAST_DUE
}

/// Checks one number; a value that is not a number is outside every range.
fn check_number(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), Error> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Error::Plan {
        name,
        allowed: format!("from {min} to {max}"),
        given: value.to_string(),
    })
}
