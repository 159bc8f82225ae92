//! The worklist as a table: one row a customer.

use super::tables::{rounded, table};
use super::{Assumptions, Document, OutputColumn, OutputTable, Values};
use crate::action::Policy;
use crate::action::candidate::ContactWindow;
use crate::action::worklist::{ActionTotal, Line, Worklist};
use crate::app::service::actions::{Worked, in_base};
use crate::domain::{Currency, Date, Money};

/// Returns the worklist as a document, most valuable first. Amounts are in the policy's currency.
pub fn worklist(worked: &Worked, policy: &Policy) -> Document {
    let list = &worked.worklist;
    let mut lines: Vec<&Line> = list.lines.iter().collect();
    lines.sort_by_key(|line| line.priority);
    let rows = Rows {
        lines,
        list,
        base: policy.currency,
    };
    let columns = rows.contract(worked).into_iter().chain(rows.further());
    Document {
        name: "worklist",
        as_of: list.as_of,
        table: table(columns),
        sheet_column: None,
        assumptions: Some(Assumptions {
            facts: facts(list, policy),
            totals: ("actions", by_action(list, rows.base)),
            tables: vec![("collectors", collectors(list, rows.base))],
        }),
    }
}

/// A named column.
type Named = (&'static str, Values);

/// The lines in the order of the file.
struct Rows<'a> {
    lines: Vec<&'a Line>,
    list: &'a Worklist,
    base: Currency,
}

impl Rows<'_> {
    /// The columns that other tools rely on, in their order.
    fn contract(&self, worked: &Worked) -> Vec<Named> {
        vec![
            ("customer_id", self.text(&|line| Some(line.customer_id.clone()))),
            ("as_of", self.date(&|_| self.list.as_of)),
            (
                "action",
                self.text(&|line| Some(line.decision.action.to_string())),
            ),
            (
                "channel",
                self.text(&|line| Some(line.decision.channel.name().to_owned())),
            ),
            ("collector", self.text(&|line| line.decision.collector.clone())),
            ("expected_gain", self.amount(&|line| line.gain.total)),
            ("expected_uplift", self.number(&|line| line.gain.uplift)),
            ("cost", self.amount(&|line| line.gain.cost)),
            (
                "open_amount",
                self.amount(&|line| in_base(&line.open, &worked.exchange)),
            ),
            (
                "dunnable_amount",
                self.amount(&|line| in_base(&line.dunnable, &worked.exchange)),
            ),
            (
                "mode",
                self.text(&|line| Some(line.decision.autonomy.name().to_owned())),
            ),
            ("reasons", self.texts(&|line| line.decision.reasons.clone())),
            ("blocked_by", self.texts(&blocked)),
            ("review_on", self.date(&|line| line.review_on)),
        ]
    }

    /// What else there is to know.
    fn further(&self) -> Vec<Named> {
        let base = self.base;
        vec![
            ("currency", self.text(&|_| Some(base.code().to_owned()))),
            ("day", self.date(&|_| self.list.day)),
            (
                "priority",
                Values::Integer(self.each(&|line| Some(i64::from(line.priority)))),
            ),
            ("gain_low", self.amount(&|line| line.gain.low)),
            ("gain_high", self.amount(&|line| line.gain.high)),
            (
                "is_assumption",
                Values::Boolean(self.each(&|line| Some(line.gain.is_assumption))),
            ),
            (
                "contact_from",
                self.window(|window| format!("{} {}", window.date, window.from)),
            ),
            (
                "contact_until",
                self.window(|window| format!("{} {}", window.date, window.until)),
            ),
            ("timezone", self.window(|window| window.timezone.clone())),
            ("alternatives", self.texts(&|line| alternatives(line, base))),
            (
                "advice",
                self.texts(&|line| line.advice.iter().map(|one| one.text.clone()).collect()),
            ),
            (
                "decision_id",
                self.text(&|line| Some(line.decision.decision_id.clone())),
            ),
            ("propensity", self.number(&|line| line.decision.propensity)),
            (
                "is_randomised",
                Values::Boolean(self.each(&|line| Some(line.decision.is_randomised))),
            ),
        ]
    }

    fn each<T>(&self, value: &dyn Fn(&Line) -> T) -> Vec<T> {
        self.lines.iter().map(|line| value(line)).collect()
    }

    fn text(&self, value: &dyn Fn(&Line) -> Option<String>) -> Values {
        Values::Text(self.each(value))
    }

    fn texts(&self, value: &dyn Fn(&Line) -> Vec<String>) -> Values {
        Values::Texts(self.each(value))
    }

    fn date(&self, value: &dyn Fn(&Line) -> Date) -> Values {
        Values::Date(self.each(&|line| Some(value(line))))
    }

    fn amount(&self, value: &dyn Fn(&Line) -> f64) -> Values {
        Values::Amount(self.each(&|line| Some(Money::nearest(value(line), self.base))))
    }

    fn number(&self, value: &dyn Fn(&Line) -> f64) -> Values {
        Values::Number(self.each(&|line| Some(rounded(value(line)))))
    }

    fn window(&self, part: fn(&ContactWindow) -> String) -> Values {
        self.text(&|line| line.candidate.window.as_ref().map(part))
    }
}

fn facts(list: &Worklist, policy: &Policy) -> Vec<(&'static str, serde_json::Value)> {
    let base = policy.currency;
    vec![
        ("as_of", list.as_of.to_string().into()),
        ("day", list.day.to_string().into()),
        ("policy", policy.name.clone().into()),
        ("policy_version", policy.version.clone().into()),
        ("currency", base.code().into()),
        (
            "value",
            Money::nearest(list.value, base).to_decimal_string().into(),
        ),
        (
            "upper_bound",
            Money::nearest(list.bound, base).to_decimal_string().into(),
        ),
        (
            "greedy_value",
            Money::nearest(list.greedy_value, base).to_decimal_string().into(),
        ),
        ("effects_are_assumptions", list.is_assumption.into()),
        ("notes", list.notes.clone().into()),
    ]
}

/// What stands against other actions: reasons for the whole account and for invoices first.
fn blocked(line: &Line) -> Vec<String> {
    let word = |why: &crate::action::WhyNot| match (&why.action, &why.invoice_id) {
        (Some(action), _) => format!("{action}: {}", why.text),
        (None, Some(invoice)) => format!("{invoice}: {}", why.text),
        (None, None) => why.text.clone(),
    };
    let (of_action, of_account): (Vec<_>, Vec<_>) =
        line.why_nots.iter().partition(|why| why.action.is_some());
    of_account.into_iter().chain(of_action).map(word).collect()
}

fn alternatives(line: &Line, base: Currency) -> Vec<String> {
    line.alternatives
        .iter()
        .filter(|one| !one.is_chosen)
        .map(|one| {
            format!(
                "{}: {}",
                one.action,
                Money::nearest(one.gain.total, base).to_decimal_string()
            )
        })
        .collect()
}

/// How many customers each action is for, and what it is worth in all.
fn by_action(list: &Worklist, base: Currency) -> OutputTable {
    let totals = list.totals();
    let amounts = |of: fn(&ActionTotal) -> f64| {
        let minor = totals.values().map(of);
        Values::Amount(minor.map(|minor| Some(Money::nearest(minor, base))).collect())
    };
    let customers = totals.values().map(|total| i64::try_from(total.customers).ok());
    OutputTable::new(vec![
        OutputColumn::new(
            "action",
            Values::Text(totals.keys().map(|id| Some(id.to_string())).collect()),
        ),
        OutputColumn::new("customers", Values::Integer(customers.collect())),
        OutputColumn::new("expected_gain", amounts(|total| total.gain)),
        OutputColumn::new("cost", amounts(|total| total.cost)),
    ])
}

/// Minutes and the price of one more hour of each collector.
fn collectors(list: &Worklist, base: Currency) -> OutputTable {
    let minutes = |id: &String| list.minutes_used.get(id).copied().unwrap_or_default();
    OutputTable::new(vec![
        OutputColumn::new(
            "collector",
            Values::Text(list.hour_prices.keys().map(|id| Some(id.clone())).collect()),
        ),
        OutputColumn::new(
            "minutes_used",
            Values::Integer(
                list.hour_prices
                    .keys()
                    .map(|id| Some(i64::from(minutes(id))))
                    .collect(),
            ),
        ),
        OutputColumn::new(
            "value_of_one_more_hour",
            Values::Amount(
                list.hour_prices
                    .values()
                    .map(|price| Some(Money::nearest(*price, base)))
                    .collect(),
            ),
        ),
    ])
}
