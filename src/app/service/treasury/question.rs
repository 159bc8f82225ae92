//! What a forecast is asked for, checked.

use super::Error;
use crate::app::service::cash::Billing;
use crate::app::service::{self, SEED_DEFAULT};
use crate::domain::{Currency, Date};
use crate::forecast::{Bucket, ForecastPlan, GroupBy, ReceivingCalendar};

/// Parameters of a forecast as given; what is absent is as on the command line, on the business day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Last day whose facts may be known.
    pub as_of: Option<Date>,
    /// Size of the buckets.
    pub bucket: Bucket,
    /// Days after the cut-off that are covered.
    pub horizon_days: Option<u32>,
    /// Simulated futures behind the quantiles.
    pub draws: Option<u32>,
    /// Seed of the simulation.
    pub seed: Option<u64>,
    /// Days on which the receiving bank books.
    pub calendar: Option<ReceivingCalendar>,
    /// What the forecast is split by beside its totals.
    pub group_by: Option<GroupBy>,
    /// Currency into which the totals are translated.
    pub currency: Option<Currency>,
    /// Whether the open invoices are forecast alone.
    pub is_billing_left_out: bool,
}

/// What a forecast is asked for, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Last day whose facts may be known.
    pub as_of: Date,
    /// Buckets and simulation; the band is that of the model.
    pub plan: ForecastPlan,
    /// Currency into which the totals are translated.
    pub currency: Option<Currency>,
    /// Whether the open invoices are forecast alone.
    pub is_billing_left_out: bool,
}

impl Question {
    /// Fills in what is absent and checks the whole.
    ///
    /// # Errors
    ///
    /// - [`Error::DayAhead`] for a day after `today`.
    /// - [`Error::DrawsTooMany`] above `draws_max`.
    /// - [`Error::Service`] with a refusal of [`ForecastPlan::check`].
    pub fn new(given: &Parameters, today: Date, draws_max: u32) -> Result<Self, Error> {
        let default = ForecastPlan::default();
        let plan = ForecastPlan {
            bucket: given.bucket,
            horizon_days: given.horizon_days.unwrap_or(default.horizon_days),
            draws: given.draws.unwrap_or(default.draws.min(draws_max)),
            seed: given.seed.unwrap_or(SEED_DEFAULT),
            calendar: given.calendar,
            group_by: given.group_by,
            ..default
        };
        if plan.draws > draws_max {
            return Err(Error::DrawsTooMany {
                given: plan.draws,
                max: draws_max,
            });
        }
        plan.check().map_err(service::Error::from)?;
        Ok(Self {
            as_of: day(given.as_of, today)?,
            plan,
            currency: given.currency,
            is_billing_left_out: given.is_billing_left_out,
        })
    }

    /// Returns whether billing is to be found and added.
    pub(super) fn billing(&self) -> Billing {
        if self.is_billing_left_out {
            Billing::LeftOut
        } else {
            Billing::default()
        }
    }

    /// Returns the question with its defaults filled in, for the record of who asked for what.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "as_of": self.as_of,
            "bucket": self.plan.bucket,
            "horizon_days": self.plan.horizon_days,
            "draws": self.plan.draws,
            "seed": self.plan.seed,
            "calendar": self.plan.calendar,
            "group_by": self.plan.group_by,
            "currency": self.currency,
            "billing": if self.is_billing_left_out { "left_out" } else { "found" },
        })
    }
}

/// Returns the day asked for, or the business day.
pub(super) fn day(given: Option<Date>, today: Date) -> Result<Date, Error> {
    match given {
        Some(given) if given > today => Err(Error::DayAhead { given, today }),
        Some(given) => Ok(given),
        None => Ok(today),
    }
}

#[cfg(test)]
mod tests {
    use super::{Parameters, Question};
    use crate::domain::date::parse_iso;

    #[test]
    fn what_is_absent_is_as_on_the_command_line() {
        let today = parse_iso("2026-03-29").unwrap();
        let question = Question::new(&Parameters::default(), today, 10_000).unwrap();
        assert_eq!(
            question.to_json(),
            serde_json::json!({
                "as_of": "2026-03-29", "bucket": "week", "horizon_days": 91, "draws": 1_000, "seed": 20_261_122,
                "calendar": null, "group_by": null, "currency": null, "billing": "found",
            })
        );
    }

    #[test]
    fn what_is_out_of_range_is_told_what_is_allowed() {
        let today = parse_iso("2026-03-29").unwrap();
        let refusal = |given: Parameters| Question::new(&given, today, 2_000).unwrap_err().to_string();
        let draws = Some(2_001);
        assert!(
            refusal(Parameters {
                draws,
                ..Parameters::default()
            })
            .contains("1 to 2000")
        );
        let horizon_days = Some(0);
        assert!(
            refusal(Parameters {
                horizon_days,
                ..Parameters::default()
            })
            .contains("1 to 400")
        );
        let as_of = parse_iso("2026-03-30").ok();
        assert!(
            refusal(Parameters {
                as_of,
                ..Parameters::default()
            })
            .contains("up to 2026-03-29")
        );
    }
}
