//! The worklist of a day: what should be done for each customer, by whom, and what it is worth.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::action::choice::Method;
use crate::action::plan::{PlanRequest, plan};
use crate::action::worklist::Worklist;
use crate::action::{self, Account, Effects, Exchange, Policy};
use crate::app::service::effects::EffectsFile;
use crate::app::service::{Prediction, View};
use crate::domain::date::add_days;
use crate::domain::{BusinessCalendar, Currency, Date};

/// Why there is no worklist.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The file of effects is not one that `duecast effects` wrote.
    #[error("{} holds no effects", .path.display())]
    Effects {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The day lies before the cut-off.
    #[error("the worklist is for {day}, before the cut-off {as_of}; a day from {as_of} on is allowed")]
    DayBefore {
        /// The day asked for.
        day: Date,
        /// The cut-off.
        as_of: Date,
    },
    /// The stage failed.
    #[error(transparent)]
    Action(#[from] action::Error),
}

/// A worklist, and what its amounts were translated with.
#[derive(Debug)]
pub struct Worked {
    /// The worklist.
    pub worklist: Worklist,
    /// Rates into the policy's currency.
    pub exchange: Exchange,
}

/// Reads effects that were learned; those that the policy assumes where no file is named.
///
/// # Errors
///
/// [`Error::Read`], [`Error::Effects`].
pub fn effects(file: Option<&Path>, policy: &Policy) -> Result<Effects, Error> {
    let Some(path) = file else {
        return Ok(Effects::assumed(policy));
    };
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let file: EffectsFile = serde_json::from_str(&text).map_err(|source| Error::Effects {
        path: path.to_owned(),
        source,
    })?;
    // Learned under another policy, perhaps, with other actions.
    Ok(file.learned.effects.completed(policy))
}

/// Returns the first day after another that is not on a weekend.
#[must_use]
pub fn next_working_day(after: Date) -> Date {
    BusinessCalendar::weekends_only().roll_forward(add_days(after, 1))
}

/// Plans the day for every customer with an open invoice.
///
/// # Errors
///
/// [`Error::DayBefore`], [`Error::Action`].
pub fn worklist(
    view: &View,
    prediction: &Prediction,
    policy: &Policy,
    effects: &Effects,
    day: Date,
    method: Method,
) -> Result<Worked, Error> {
    let as_of = prediction.as_of;
    if day < as_of {
        return Err(Error::DayBefore { day, as_of });
    }
    let accounts = Account::read_all(&view.snapshot, &prediction.rows, &policy.exclusions)?;
    let exchange = Exchange::read(&view.snapshot, policy.currency)?;
    let facts = |_: &Account| view.ledger_fingerprint.clone();
    let worklist = plan(&PlanRequest {
        as_of,
        day,
        accounts: &accounts,
        policy,
        law: &policy.law(),
        effects,
        exchange: &exchange,
        model: &prediction.context.model,
        facts: &facts,
        method,
        explores: true,
    })?;
    Ok(Worked { worklist, exchange })
}

/// Sums amounts of several currencies in the policy's; those without a rate are left out.
#[must_use]
pub fn in_base(amounts: &BTreeMap<Currency, i64>, exchange: &Exchange) -> f64 {
    amounts
        .iter()
        .filter_map(|(currency, minor)| exchange.minor(*minor, *currency))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_iso;

    #[test]
    fn the_day_after_a_friday_is_a_monday() {
        let day = |text| parse_iso(text).unwrap();
        assert_eq!(next_working_day(day("2026-03-27")), day("2026-03-30"));
        assert_eq!(next_working_day(day("2026-03-29")), day("2026-03-30"));
        assert_eq!(next_working_day(day("2026-03-30")), day("2026-03-31"));
    }
}
