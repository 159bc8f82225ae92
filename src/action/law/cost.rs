//! Fixed compensation, and the cost of collection by a scale.

use serde::Serialize;

use super::Law;
use super::claim::{Claim, NoRule};
use super::rule::{Content, Rule, Scale, Subject};
use crate::domain::{Currency, Date, Money};

/// Hundredths of a per cent in a whole.
const BASIS_POINTS: i128 = 10_000;

/// An amount that the law grants on top of a debt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compensation {
    /// What may be asked for, value added tax included where it is owed.
    pub amount: Money,
    /// The value added tax in it: none where the creditor gets it back.
    pub vat: Money,
    /// Whether it is due only once the days of a formal notice have passed without payment.
    pub needs_notice: bool,
    /// The rule's id.
    pub rule: String,
    /// Who says so.
    pub source: String,
    /// What to mind; empty where there is nothing.
    pub note: String,
}

impl Law {
    /// Returns the fixed amount that is due without any reminder once a debt is late.
    ///
    /// # Errors
    ///
    /// - [`NoRule::None`], [`NoRule::Unverified`] where no rule may be used.
    /// - [`NoRule::NothingOwed`], [`NoRule::NotLate`], [`NoRule::CurrencyUnknown`] for a claim that has none.
    pub fn compensation(&self, claim: &Claim<'_>, on: Date) -> Result<Compensation, NoRule> {
        let subject = Subject::Compensation;
        let (rule, owed) = self.rule_of(subject, claim, on)?;
        let Content::Compensation(steps) = &rule.content else {
            return Err(NoRule::none(subject, claim.country, claim.party_type, on));
        };
        check_currency(rule, steps.currency, claim)?;
        let step = steps
            .steps
            .iter()
            .find(|(below, _)| below.is_none_or(|below| owed < below));
        let amount = step.map_or(0, |(_, amount)| *amount);
        Ok(granted(rule, amount, 0, false, steps.currency))
    }

    /// Returns the cost of collection out of court that may be charged.
    ///
    /// It is reckoned by the scale, within its minimum and maximum, and rounded to the minor unit, halves up. A
    /// creditor that does not get value added tax back adds it.
    ///
    /// # Errors
    ///
    /// Those of [`Law::compensation`].
    pub fn collection_cost(&self, claim: &Claim<'_>, on: Date) -> Result<Compensation, NoRule> {
        let subject = Subject::CollectionCost;
        let (rule, owed) = self.rule_of(subject, claim, on)?;
        let Content::CollectionCost(scale) = &rule.content else {
            return Err(NoRule::none(subject, claim.country, claim.party_type, on));
        };
        check_currency(rule, scale.currency, claim)?;
        let cost = by_scale(scale, owed);
        let vat = if claim.creditor_reclaims_vat {
            0
        } else {
            share(i128::from(cost) * i128::from(scale.vat_basis_points))
        };
        Ok(granted(rule, cost, vat, scale.needs_notice, scale.currency))
    }

    /// Returns the cost of collection of small instalments that recur, where the law has no rule of its own for them.
    ///
    /// # Errors
    ///
    /// - [`NoRule::LegalReview`] where it has one: its arithmetic is disputed, and nothing is computed.
    /// - Those of [`Law::collection_cost`].
    pub fn collection_cost_of_instalments(
        &self,
        claim: &Claim<'_>,
        on: Date,
    ) -> Result<Compensation, NoRule> {
        let found = self.rule(Subject::InstalmentCost, claim.country, claim.party_type, on);
        match found {
            Ok(rule) => Err(NoRule::LegalReview {
                rule: rule.id.clone(),
                note: rule.note.clone(),
            }),
            Err(NoRule::Unverified { rule, note }) => Err(NoRule::LegalReview { rule, note }),
            Err(_) => self.collection_cost(claim, on),
        }
    }

    /// The rule for a claim that is late, and what is owed.
    fn rule_of(&self, subject: Subject, claim: &Claim<'_>, on: Date) -> Result<(&Rule, i64), NoRule> {
        let rule = self.rule(subject, claim.country, claim.party_type, on)?;
        let owed = claim.owed()?;
        claim.check_late(on)?;
        Ok((rule, owed))
    }
}

fn check_currency(rule: &Rule, allowed: Currency, claim: &Claim<'_>) -> Result<(), NoRule> {
    let given = claim.amount.currency();
    if given == allowed {
        return Ok(());
    }
    Err(NoRule::CurrencyUnknown {
        rule: rule.id.clone(),
        allowed,
        given,
    })
}

fn granted(rule: &Rule, cost: i64, vat: i64, needs_notice: bool, currency: Currency) -> Compensation {
    Compensation {
        amount: Money::from_minor(cost.saturating_add(vat), currency),
        vat: Money::from_minor(vat, currency),
        needs_notice,
        rule: rule.id.clone(),
        source: rule.source.clone(),
        note: rule.note.clone(),
    }
}

/// Sums the parts of a debt, each at the percentage of its band.
fn by_scale(scale: &Scale, owed: i64) -> i64 {
    let mut points = 0_i128;
    let mut below = 0_i64;
    for (up_to, basis_points) in &scale.bands {
        let top = up_to.map_or(owed, |up_to| up_to.min(owed));
        if top > below {
            points += i128::from(top - below) * i128::from(*basis_points);
            below = top;
        }
    }
    share(points).clamp(scale.minimum_minor, scale.maximum_minor)
}

/// Minor units of an amount times basis points, rounded halves up; neither is negative.
fn share(points: i128) -> i64 {
    i64::try_from((points + BASIS_POINTS / 2) / BASIS_POINTS).unwrap_or(i64::MAX)
}
