//! The instalment plan that is most likely to be kept.
//!
//! # Definition
//!
//! A plan of `n` lines `a_1 .. a_n` is kept with the probability
//!
//! ```text
//! w x (1 - h)^(T / 30) x product over lines of 1 / (1 + (a_i / m)^2)
//! ```
//!
//! - `w` is whether the customer means it: `(kept + 1) / (kept + broken + 2)` of its promises;
//! - `h` is the monthly probability that it can pay nothing any more, so that twelve months give the never-paid share
//!   of what it owes, by its own distributions; `T` is the number of days until the last line;
//! - `m` is what it can pay between two lines: for a month the median of what it was seen to pay (kept promises, parts
//!   of invoices, its usual invoice where three were paid) and of what its distributions expect within thirty days;
//!   for a week seven thirtieths of it. Cash between two lines is taken to be log-logistic with median `m` and shape 2.
//!
//! So it is monotone: more means, kept promises and a smaller debt make every plan more likely, and distress makes long
//! ones less so. Where nothing was seen to be paid nothing is offered. It is a stated model, not a fitted one.

use std::collections::BTreeMap;

use super::{Advice, AdviceKind, PlanLine, has_broken_plan};
use crate::action::account::{Account, AccountItem, PromiseState};
use crate::action::amount::units;
use crate::action::candidate::{Admissible, Candidate};
use crate::action::exchange::Exchange;
use crate::action::kind::ActionKind;
use crate::action::policy::Policy;
use crate::domain::date::{add_days, add_months};
use crate::domain::{BusinessCalendar, Currency, Date, Money};

/// Fewest and most lines of a plan.
const LINES: std::ops::RangeInclusive<u32> = 2..=6;
/// Days of a month.
const MONTH_DAYS: f64 = 30.0;
/// Months of a year.
const YEAR_MONTHS: f64 = 12.0;
/// Probability below which a plan is not offered to a company; a natural person is offered the best there is.
const KEPT_MIN: f64 = 0.25;
/// Invoices that must have been paid before their usual size says something.
const PAID_MIN: u32 = 3;
/// Two probabilities closer than this are equal: the plan that ends earlier is taken.
const TIE: f64 = 1e-9;

/// How far lines lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rhythm {
    Weekly,
    Monthly,
}

impl Rhythm {
    const fn name(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// The share of a month's means that comes in between two lines.
    fn share(self) -> f64 {
        match self {
            Self::Weekly => 7.0 / MONTH_DAYS,
            Self::Monthly => 1.0,
        }
    }

    /// The day of a line, the first being line 1.
    fn day(self, as_of: Date, line: u32) -> Date {
        match self {
            Self::Weekly => add_days(as_of, 7 * i64::from(line)),
            Self::Monthly => add_months(as_of, line),
        }
    }
}

/// Offers the plan that is most likely to be kept, where a plan may be offered and something is known of the means.
pub(super) fn instalment_plan(
    account: &Account,
    admissible: &Admissible,
    policy: &Policy,
    exchange: &Exchange,
) -> Option<Advice> {
    let is_offer = |candidate: &&Candidate| {
        let rule = policy.actions.get(candidate.action);
        rule.is_some_and(|rule| rule.kind == ActionKind::OfferPlan)
    };
    let candidate = admissible.candidates.iter().find(is_offer)?;
    if has_broken_plan(account) {
        return None;
    }
    let owed = asked(account, candidate, exchange)?;
    let means = Means::seen(account, owed.currency())?;
    let line_min = exchange.minor(policy.exclusions.minimum_minor, policy.currency)?;
    let (rhythm, lines, kept) = best(account, owed, &means, exchange, line_min)?;
    if kept < KEPT_MIN && !account.party_type.is_natural_person() {
        return None;
    }
    let (count, first, last) = (lines.len(), lines.first()?, lines.last()?);
    let text = format!(
        "offer {count} {} payments of {}, from {} to {}",
        rhythm.name(),
        first.amount,
        first.due,
        last.due
    );
    let because = vec![
        format!("every line is kept with probability {:.0} %", kept * 100.0),
        means.words(owed.currency()),
    ];
    Some(Advice {
        kind: AdviceKind::InstalmentPlan {
            lines,
            kept_probability: kept,
        },
        text,
        because,
        autonomy: candidate.autonomy,
    })
}

/// What the offer is about, in the currency in which it is most.
fn asked(account: &Account, candidate: &Candidate, exchange: &Exchange) -> Option<Money> {
    let mut by_currency: BTreeMap<Currency, i64> = BTreeMap::new();
    for (index, minor) in candidate.items.iter().zip(&candidate.amounts_minor) {
        let item = account.items.get(*index)?;
        let sum = by_currency.entry(item.currency).or_default();
        *sum = sum.saturating_add(*minor);
    }
    let mut most: Option<(f64, Money)> = None;
    for (currency, minor) in by_currency {
        let value = exchange.minor(minor, currency).unwrap_or_default();
        if value > most.map_or(0.0, |(value, _)| value) {
            most = Some((value, Money::from_minor(minor, currency)));
        }
    }
    most.map(|(_, owed)| owed)
}

/// Goes through the plans, those that end earlier first, and keeps the likeliest.
fn best(
    account: &Account,
    owed: Money,
    means: &Means,
    exchange: &Exchange,
    line_min: f64,
) -> Option<(Rhythm, Vec<PlanLine>, f64)> {
    let calendar = account.country.as_deref().and_then(BusinessCalendar::for_country);
    let calendar = calendar.unwrap_or_else(BusinessCalendar::weekends_only);
    let mut best: Option<(Rhythm, Vec<PlanLine>, f64)> = None;
    for rhythm in [Rhythm::Weekly, Rhythm::Monthly] {
        for count in LINES {
            let weights = vec![1_u64; usize::try_from(count).ok()?];
            let amounts = owed.allocate(&weights).ok()?;
            let dues = (1..=count).map(|line| calendar.roll_forward(rhythm.day(account.as_of, line)));
            let lines: Vec<PlanLine> = dues
                .zip(amounts)
                .map(|(due, amount)| PlanLine { due, amount })
                .collect();
            let is_worth_it = lines.iter().all(|line| {
                let value = exchange.minor(line.amount.minor(), line.amount.currency());
                value.is_some_and(|value| value > 0.0 && value >= line_min)
            });
            let kept = means.kept(account.as_of, rhythm, &lines);
            let is_better = best.as_ref().is_none_or(|(_, _, before)| kept > before + TIE);
            if is_worth_it && is_better {
                best = Some((rhythm, lines, kept));
            }
        }
    }
    best
}

/// What is known of a customer's ability and will to pay.
#[derive(Clone, Copy, Debug)]
struct Means {
    /// Median of what it can pay in a month, in minor units.
    monthly: f64,
    /// Probability that it means what it promises.
    intention: f64,
    /// Monthly probability that it can pay nothing any more.
    distress: f64,
    kept: usize,
    broken: usize,
}

impl Means {
    /// Reads the means off what was seen in a currency; none where nothing was.
    fn seen(account: &Account, currency: Currency) -> Option<Self> {
        let items: Vec<&AccountItem> = account
            .items
            .iter()
            .filter(|item| item.currency == currency && item.open_minor > 0)
            .collect();
        let of_state = |state: PromiseState| {
            account
                .promises
                .iter()
                .filter(move |promise| promise.state == state)
        };
        let promised = of_state(PromiseState::Kept).filter_map(|promise| promise.amount);
        let mut seen: Vec<f64> = promised
            .filter(|amount| amount.currency() == currency && amount.minor() > 0)
            .map(|amount| units(amount.minor()))
            .collect();
        let parts = items
            .iter()
            .map(|item| item.gross_minor.saturating_sub(item.open_minor));
        seen.extend(parts.filter(|part| *part > 0).map(units));
        if account.behaviour.paid_count >= PAID_MIN {
            let invoices = items.iter().map(|item| units(item.gross_minor));
            seen.extend(median(invoices.collect()));
        }
        if seen.is_empty() {
            return None;
        }
        let (mut open, mut expected, mut never) = (0.0, 0.0, 0.0);
        for item in &items {
            let amount = units(item.open_minor);
            open += amount;
            expected += amount * item.distribution.paid_by(30);
            never += amount * item.distribution.never();
        }
        seen.push(expected);
        let (kept, broken) = (
            of_state(PromiseState::Kept).count(),
            of_state(PromiseState::Broken).count(),
        );
        let never = if open > 0.0 {
            (never / open).clamp(0.0, 1.0)
        } else {
            0.0
        };
        Some(Self {
            monthly: median(seen).filter(|monthly| *monthly > 0.0)?,
            intention: (count(kept) + 1.0) / (count(kept) + count(broken) + 2.0),
            distress: 1.0 - (1.0 - never).powf(1.0 / YEAR_MONTHS),
            kept,
            broken,
        })
    }

    /// Probability that every line is kept.
    fn kept(&self, as_of: Date, rhythm: Rhythm, lines: &[PlanLine]) -> f64 {
        let between = self.monthly * rhythm.share();
        let able = lines.iter().fold(1.0, |all, line| {
            let ratio = units(line.amount.minor()) / between;
            all / (1.0 + ratio * ratio)
        });
        let days = lines.last().map_or(0, |line| (line.due - as_of).num_days());
        let months = f64::from(i32::try_from(days).unwrap_or(i32::MAX)) / MONTH_DAYS;
        self.intention * able * (1.0 - self.distress).powf(months)
    }

    fn words(&self, currency: Currency) -> String {
        let monthly = Money::nearest(self.monthly, currency);
        format!(
            "about {monthly} a month is what it was seen to pay; {} of {} promises were kept",
            self.kept,
            self.kept + self.broken
        )
    }
}

/// The middle of some numbers, of an even number of them the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
