//! Statutory interest.
//!
//! # Definition
//!
//! With the amount `A`, the days of a period `d` and its yearly rate `r` (reference rate plus margin), a period bears
//! `A x r x d / 365`, leap years too (actual days over 365). The first day is the one after the due date, the last
//! the day of payment. A period ends where the reference rate changes, unless the rate is fixed at the start; where
//! interest compounds, also after each full year, and `A` grows by what that year bore. It is rounded once, at the
//! end, to the minor unit, halves away from zero.

use serde::Serialize;

use super::Law;
use super::claim::{Claim, NoRule};
use super::rule::{Content, InterestTerms, Subject};
use crate::action::amount::units;
use crate::domain::date::{add_days, add_months, day_number};
use crate::domain::{Date, Money};

/// Days of a year, leap years too.
const DAYS_A_YEAR: f64 = 365.0;

/// Statutory interest on a debt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interest {
    /// What it comes to, rounded once.
    pub amount: Money,
    /// How it came about; nothing while nothing is late.
    pub periods: Vec<InterestPeriod>,
    /// The rule's id.
    pub rule: String,
    /// Who says so.
    pub source: String,
    /// What to mind; empty where there is nothing.
    pub note: String,
}

/// Days at one rate on one amount.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterestPeriod {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Rate a year, in per cent.
    pub rate_percent: f64,
    /// Number of days.
    pub days: i32,
    /// What bears interest, in minor units.
    pub principal: f64,
    /// The interest, in minor units, not rounded.
    pub amount: f64,
}

impl Law {
    /// Returns the interest on a debt that is paid on `until`.
    ///
    /// The rule is the one that holds on the day after the due date.
    ///
    /// # Errors
    ///
    /// - [`NoRule::NothingOwed`] for an amount of zero or less.
    /// - [`NoRule::None`], [`NoRule::Unverified`] where no rule may be used.
    /// - [`NoRule::RateMissing`], [`NoRule::Unverified`] where the reference rate of a day may not.
    pub fn interest(&self, claim: &Claim<'_>, until: Date) -> Result<Interest, NoRule> {
        let owed = claim.owed()?;
        let late_from = add_days(claim.due_date, 1);
        let rule = self.rule(Subject::Interest, claim.country, claim.party_type, late_from)?;
        let Content::Interest(terms) = &rule.content else {
            return Err(NoRule::none(
                Subject::Interest,
                claim.country,
                claim.party_type,
                late_from,
            ));
        };
        let first = add_days(late_from, i64::from(terms.waits_days));
        let periods = self.periods(terms, units(owed), first, until)?;
        let total: f64 = periods.iter().map(|period| period.amount).sum();
        Ok(Interest {
            amount: Money::nearest(total, claim.amount.currency()),
            periods,
            rule: rule.id.clone(),
            source: rule.source.clone(),
            note: rule.note.clone(),
        })
    }

    fn periods(
        &self,
        terms: &InterestTerms,
        owed: f64,
        first: Date,
        until: Date,
    ) -> Result<Vec<InterestPeriod>, NoRule> {
        let mut found = Vec::new();
        let (mut principal, mut of_this_year, mut years) = (owed, 0.0, 1_u32);
        let mut from = first;
        while from <= until {
            let rate_day = if terms.is_fixed_at_start { first } else { from };
            let rate = self.rate(&terms.rate, rate_day)?;
            let mut to = until;
            if let Some(last) = rate.valid_until
                && !terms.is_fixed_at_start
            {
                to = to.min(last);
            }
            let year_end = add_days(add_months(first, years.saturating_mul(12)), -1);
            if terms.compounds_yearly {
                to = to.min(year_end);
            }
            let rate_percent = rate.percent + terms.margin;
            let days = day_number(to) - day_number(from) + 1;
            let amount = principal * (rate_percent / 100.0) * f64::from(days) / DAYS_A_YEAR;
            found.push(InterestPeriod {
                from,
                to,
                rate_percent,
                days,
                principal,
                amount,
            });
            of_this_year += amount;
            if terms.compounds_yearly && to == year_end {
                principal += of_this_year;
                of_this_year = 0.0;
                years = years.saturating_add(1);
            }
            if to >= until {
                break;
            }
            from = add_days(to, 1);
        }
        Ok(found)
    }
}
