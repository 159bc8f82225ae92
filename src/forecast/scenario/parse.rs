//! From the text of a scenario to a checked one.

use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::forecast::HORIZON_DAYS_MAX;
use crate::forecast::scenario::kind::Kind;
use crate::forecast::scenario::{
    Change, DiscountFrom, DisputeOutcome, Error, Missing, Scenario, Selector, Shock,
};

/// Furthest that a shock may move payment, in days.
const DAYS_MAX: i32 = 365;
/// Largest change of a logit: the odds times or divided by 148.
const LOGIT_MAX: f64 = 5.0;
/// Largest factor on new billing.
const FACTOR_MAX: f64 = 10.0;
/// Most debtors that may be asked for by rank.
const DEBTORS_MAX: i32 = 100_000;
/// Most days past due that may be asked for.
const PAST_DUE_MAX: i32 = 3_650;

/// A scenario as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: String,
    description: String,
    #[serde(default)]
    missing: Missing,
    #[serde(default)]
    shock: Vec<RawShock>,
}

/// How a dispute ends, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawOutcome {
    Lost,
    Won,
}

/// A shock as written: the keys of every kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShock {
    kind: Kind,
    assumption: Option<String>,
    #[serde(default)]
    select: RawSelector,
    days: Option<i64>,
    probability: Option<f64>,
    after_days_past_due: Option<i64>,
    hazard_factor: Option<f64>,
    from_days: Option<i64>,
    to_days: Option<i64>,
    percent: Option<f64>,
    within_days: Option<i64>,
    uptake: Option<f64>,
    counted_from: Option<DiscountFrom>,
    action: Option<String>,
    logit_shift: Option<f64>,
    outcome: Option<RawOutcome>,
    paid_in_days: Option<i64>,
    factor: Option<f64>,
}

/// A selector as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSelector {
    customers: Option<Vec<String>>,
    top_debtors: Option<i64>,
    segments: Option<Vec<String>>,
    countries: Option<Vec<String>>,
    entities: Option<Vec<String>>,
    business_units: Option<Vec<String>>,
    #[serde(default)]
    overdue_only: bool,
    min_amount: Option<i64>,
    min_days_past_due: Option<i64>,
}

impl Scenario {
    /// Reads a scenario from TOML; `origin` is its name in messages.
    ///
    /// # Errors
    ///
    /// - [`Error::Syntax`]: no TOML, an unknown key or a value of the wrong type, with its line.
    /// - [`Error::KeyMissing`], [`Error::KeyUseless`], [`Error::OutOfRange`]: a shock that makes no sense.
    pub fn from_toml(origin: &str, text: &str) -> Result<Self, Error> {
        let raw: RawScenario = toml::from_str(text).map_err(|error| Error::Syntax {
            scenario: origin.to_owned(),
            reason: toml_reason(text, &error),
        })?;
        checked(origin, raw)
    }

    /// Reads a scenario from JSON; `origin` is its name in messages.
    ///
    /// # Errors
    ///
    /// Those of [`Scenario::from_toml`].
    pub fn from_json(origin: &str, text: &str) -> Result<Self, Error> {
        let raw: RawScenario = serde_json::from_str(text).map_err(|error| Error::Syntax {
            scenario: origin.to_owned(),
            reason: error.to_string(),
        })?;
        checked(origin, raw)
    }
}

/// Says in which line the TOML is wrong, and shows it.
fn toml_reason(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return message.to_owned();
    };
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    format!("line {number}: {message}, in: {line}")
}

fn checked(origin: &str, raw: RawScenario) -> Result<Scenario, Error> {
    let shocks = raw
        .shock
        .into_iter()
        .enumerate()
        .map(|(index, shock)| Check::new(origin, index, shock.kind).shock(shock))
        .collect::<Result<_, Error>>()?;
    Ok(Scenario {
        name: raw.name,
        description: raw.description,
        missing: raw.missing,
        shocks,
    })
}

/// Where a value stands, for the errors about it.
struct Check {
    scenario: String,
    place: String,
    kind: Kind,
}

impl Check {
    fn new(origin: &str, index: usize, kind: Kind) -> Self {
        Self {
            scenario: origin.to_owned(),
            place: kind.place(index),
            kind,
        }
    }

    fn shock(&self, raw: RawShock) -> Result<Shock, Error> {
        self.refuse_useless(&raw)?;
        let days = |key, value, least| self.days(key, value, &(least..=DAYS_MAX));
        let change = match self.kind {
            Kind::Delay => Change::Delay {
                days: days("days", raw.days, -DAYS_MAX)?,
            },
            Kind::Default => Change::Default {
                probability: self.number("probability", raw.probability, &(0.0..=1.0))?,
            },
            Kind::SlowTail => Change::SlowTail {
                after_days_past_due: days("after_days_past_due", raw.after_days_past_due, 0)?,
                hazard_factor: self.number("hazard_factor", raw.hazard_factor, &(0.0..=1.0))?,
            },
            Kind::Terms => Change::Terms {
                from_days: days("from_days", raw.from_days, 0)?,
                to_days: days("to_days", raw.to_days, 0)?,
            },
            Kind::Discount => Change::Discount {
                share: self.percent(raw.percent)?,
                within_days: days("within_days", raw.within_days, 1)?,
                uptake: self.number("uptake", raw.uptake, &(0.0..=1.0))?,
                from: raw.counted_from.unwrap_or_default(),
            },
            Kind::Collect => Change::Collect {
                action: raw
                    .action
                    .ok_or_else(|| self.missing("action", "the name of an action"))?,
                logit_shift: self.number("logit_shift", raw.logit_shift, &(-LOGIT_MAX..=LOGIT_MAX))?,
            },
            Kind::Dispute => Change::Dispute {
                outcome: self.outcome(raw.outcome, raw.paid_in_days)?,
            },
            Kind::Haircut => Change::Haircut {
                share: self.percent(raw.percent)?,
            },
            Kind::Billing => Change::Billing {
                factor: self.number("factor", raw.factor, &(0.0..=FACTOR_MAX))?,
            },
        };
        Ok(Shock {
            change,
            selector: self.selector(raw.select)?,
            assumption: raw.assumption,
        })
    }

    fn outcome(&self, outcome: Option<RawOutcome>, days: Option<i64>) -> Result<DisputeOutcome, Error> {
        let longest = i32::try_from(HORIZON_DAYS_MAX).expect("a little over a year");
        match outcome {
            None => Err(self.missing("outcome", "\"lost\" or \"won\"")),
            Some(RawOutcome::Lost) if days.is_some() => Err(self.useless("paid_in_days", "kind, outcome")),
            Some(RawOutcome::Lost) => Ok(DisputeOutcome::Lost),
            Some(RawOutcome::Won) => Ok(DisputeOutcome::Won {
                paid_in_days: self.days("paid_in_days", days, &(1..=longest))?,
            }),
        }
    }

    fn selector(&self, raw: RawSelector) -> Result<Selector, Error> {
        let top_debtors = self.optional_days("top_debtors", raw.top_debtors, &(1..=DEBTORS_MAX))?;
        let min_amount = raw
            .min_amount
            .map(|given| {
                u64::try_from(given)
                    .map_err(|_| self.out_of_range("min_amount", "zero or more whole units", &given))
            })
            .transpose()?;
        Ok(Selector {
            customers: self.names("customers", raw.customers)?,
            top_debtors: top_debtors.map(|count| usize::try_from(count).expect("at least one")),
            segments: self.names("segments", raw.segments)?,
            countries: self.names("countries", raw.countries)?,
            entities: self.names("entities", raw.entities)?,
            business_units: self.names("business_units", raw.business_units)?,
            overdue_only: raw.overdue_only,
            min_amount,
            min_days_past_due: self.optional_days(
                "min_days_past_due",
                raw.min_days_past_due,
                &(1..=PAST_DUE_MAX),
            )?,
        })
    }

    fn names(&self, key: &'static str, names: Option<Vec<String>>) -> Result<Vec<String>, Error> {
        match names {
            Some(names) if names.is_empty() => Err(self.out_of_range(key, "a list of at least one", &"[]")),
            Some(names) => Ok(names),
            None => Ok(Vec::new()),
        }
    }

    fn percent(&self, value: Option<f64>) -> Result<f64, Error> {
        Ok(self.number("percent", value, &(0.0..=100.0))? / 100.0)
    }

    fn number(
        &self,
        key: &'static str,
        value: Option<f64>,
        range: &RangeInclusive<f64>,
    ) -> Result<f64, Error> {
        let allowed = format!("a number from {} to {}", range.start(), range.end());
        let given = value.ok_or_else(|| self.missing(key, &allowed))?;
        if range.contains(&given) {
            Ok(given)
        } else {
            Err(self.out_of_range(key, &allowed, &given))
        }
    }

    fn days(&self, key: &'static str, value: Option<i64>, range: &RangeInclusive<i32>) -> Result<i32, Error> {
        let allowed = whole_number(range);
        self.optional_days(key, value, range)?
            .ok_or_else(|| self.missing(key, &allowed))
    }

    fn optional_days(
        &self,
        key: &'static str,
        value: Option<i64>,
        range: &RangeInclusive<i32>,
    ) -> Result<Option<i32>, Error> {
        let Some(given) = value else { return Ok(None) };
        match i32::try_from(given) {
            Ok(days) if range.contains(&days) => Ok(Some(days)),
            Ok(_) | Err(_) => Err(self.out_of_range(key, &whole_number(range), &given)),
        }
    }

    /// Refuses keys that belong to other kinds of shocks.
    fn refuse_useless(&self, raw: &RawShock) -> Result<(), Error> {
        let given = [
            ("days", raw.days.is_some()),
            ("probability", raw.probability.is_some()),
            ("after_days_past_due", raw.after_days_past_due.is_some()),
            ("hazard_factor", raw.hazard_factor.is_some()),
            ("from_days", raw.from_days.is_some()),
            ("to_days", raw.to_days.is_some()),
            ("percent", raw.percent.is_some()),
            ("within_days", raw.within_days.is_some()),
            ("uptake", raw.uptake.is_some()),
            ("counted_from", raw.counted_from.is_some()),
            ("action", raw.action.is_some()),
            ("logit_shift", raw.logit_shift.is_some()),
            ("outcome", raw.outcome.is_some()),
            ("paid_in_days", raw.paid_in_days.is_some()),
            ("factor", raw.factor.is_some()),
        ];
        let allowed = self.kind.keys();
        let useless = given
            .into_iter()
            .find(|(key, is_given)| *is_given && !allowed.contains(key));
        useless.map_or(Ok(()), |(key, _)| {
            Err(self.useless(key, &format!("kind, {}, select, assumption", allowed.join(", "))))
        })
    }

    fn missing(&self, key: &'static str, allowed: &str) -> Error {
        Error::KeyMissing {
            scenario: self.scenario.clone(),
            place: self.place.clone(),
            key,
            allowed: allowed.to_owned(),
        }
    }

    fn useless(&self, key: &'static str, allowed: &str) -> Error {
        Error::KeyUseless {
            scenario: self.scenario.clone(),
            place: self.place.clone(),
            key,
            allowed: allowed.to_owned(),
        }
    }

    fn out_of_range(&self, key: &'static str, allowed: &str, given: &dyn std::fmt::Display) -> Error {
        Error::OutOfRange {
            scenario: self.scenario.clone(),
            place: self.place.clone(),
            key,
            allowed: allowed.to_owned(),
            given: given.to_string(),
        }
    }
}

fn whole_number(range: &RangeInclusive<i32>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}
