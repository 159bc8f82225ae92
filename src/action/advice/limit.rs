//! Credit limits and stops of orders.
//!
//! A limit is lowered at a high risk to `limit x (1 - risk)`, so to the part that is expected to be paid within
//! thirty days past due; it is raised by a quarter for a customer of low risk that pays in time, owes nothing overdue
//! and uses at least four fifths of what it has. Advised limits have two digits that are not zero.

use super::{Advice, AdviceKind, Standing};
use crate::action::account::Account;
use crate::action::account::risk::RiskLevel;
use crate::action::exchange::Exchange;
use crate::action::kind::Autonomy;
use crate::domain::Money;

/// Share of invoices paid in time from which a customer pays in time.
const PUNCTUAL_FROM: f64 = 0.9;
/// Invoices that it must have paid for that to mean something.
const PAID_MIN: u32 = 10;
/// Share of the limit that is used before more is asked for.
const USED_FROM: f64 = 0.8;

/// Advises another limit, where risk or use ask for it.
pub(super) fn credit_limit(account: &Account, standing: &Standing, exchange: &Exchange) -> Option<Advice> {
    let level = RiskLevel::of(standing.risk);
    match (level, account.credit_limit) {
        (RiskLevel::High, Some(limit)) => {
            let to = rounded_down(limit.expected(1.0 - standing.risk));
            (to.minor() < limit.minor()).then(|| advice(account, Some(limit), to, at_risk(standing)))
        }
        (RiskLevel::High, None) => {
            let owed = Money::nearest(standing.open, exchange.base());
            let to = rounded_down(owed.expected(1.0 - standing.risk));
            (owed.minor() > 0).then(|| advice(account, None, to, at_risk(standing)))
        }
        (RiskLevel::Low, Some(limit)) => raised(account, standing, exchange, limit),
        _ => None,
    }
}

fn raised(account: &Account, standing: &Standing, exchange: &Exchange, limit: Money) -> Option<Advice> {
    let limit_value = exchange.minor(limit.minor(), limit.currency())?;
    let behaviour = &account.behaviour;
    let on_time = behaviour.on_time_share?;
    let is_punctual = on_time >= PUNCTUAL_FROM && behaviour.paid_count >= PAID_MIN;
    let is_used = limit_value > 0.0 && standing.open >= USED_FROM * limit_value;
    let is_late = account.items.iter().any(|item| item.days_past_due > 0);
    if !is_punctual || !is_used || is_late {
        return None;
    }
    let quarter = limit.minor() / 4;
    let to = rounded_down(Money::from_minor(
        limit.minor().saturating_add(quarter),
        limit.currency(),
    ));
    let because = vec![
        format!(
            "{:.0} % of {} invoices were paid in time",
            on_time * 100.0,
            behaviour.paid_count
        ),
        format!(
            "{:.0} % of the limit is used",
            standing.open / limit_value * 100.0
        ),
    ];
    (to.minor() > limit.minor()).then(|| advice(account, Some(limit), to, because))
}

/// Advises to stop orders: above the limit at a risk that is not low, or overdue for more than thirty days.
pub(super) fn order_block(account: &Account, standing: &Standing, exchange: &Exchange) -> Option<Advice> {
    let limit = account.credit_limit;
    let limit_value = limit.and_then(|limit| exchange.minor(limit.minor(), limit.currency()));
    let is_over = limit_value.is_some_and(|value| standing.open > value);
    let mut because = Vec::new();
    if is_over && RiskLevel::of(standing.risk) != RiskLevel::Low {
        because.extend(limit.map(|limit| format!("more is open than the limit of {limit} allows")));
    }
    if standing.long_overdue > 0.0 && standing.long_overdue >= standing.minimum {
        because.push("an undisputed amount is more than 30 days overdue".to_owned());
    }
    if because.is_empty() {
        return None;
    }
    Some(Advice {
        kind: AdviceKind::OrderBlock,
        text: "take no new orders on account until the overdue amount is paid".to_owned(),
        because,
        autonomy: human(account),
    })
}

fn advice(account: &Account, from: Option<Money>, to: Money, because: Vec<String>) -> Advice {
    let text = match from {
        Some(from) => format!("change the credit limit from {from} to {to}"),
        None => format!("set a credit limit of {to}"),
    };
    Advice {
        kind: AdviceKind::CreditLimit { from, to },
        text,
        because,
        autonomy: human(account),
    }
}

fn at_risk(standing: &Standing) -> Vec<String> {
    let percent = standing.risk * 100.0;
    vec![format!(
        "probability of being open 30 days past due {percent:.0} %"
    )]
}

/// A person decides; about a natural person one who gives their name.
fn human(account: &Account) -> Autonomy {
    if account.party_type.is_natural_person() {
        Autonomy::NamedHuman
    } else {
        Autonomy::Review
    }
}

/// Keeps the first two digits of an amount.
fn rounded_down(amount: Money) -> Money {
    let minor = amount.minor().max(0);
    let mut step = 1_i64;
    while minor / step >= 100 {
        step *= 10;
    }
    Money::from_minor(minor / step * step, amount.currency())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn an_advised_limit_keeps_two_digits() {
        let rounded = |minor| rounded_down(Money::from_minor(minor, Currency::EUR)).minor();
        let all = [-5, 0, 7, 99, 129, 6_250_000, i64::MAX].map(rounded);
        assert_eq!(all, [0, 0, 7, 99, 120, 6_200_000, 9_200_000_000_000_000_000]);
    }
}
