//! The report as flat rows, one a figure.

use serde::Serialize;

use super::GroupBy;
use super::report::{CurrencyKpis, KpiReport};
use crate::domain::{Currency, Date, Money};

/// One figure as a flat row, for CSV and spreadsheets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KpiRow {
    /// The cut-off.
    pub as_of: Date,
    /// First day of the window.
    pub window_start: Date,
    /// What the row's group is one of; empty for the whole of a currency.
    pub group_by: Option<GroupBy>,
    /// The group; empty for a whole, and for what tells no group.
    pub group: Option<String>,
    /// Currency of the figure.
    pub currency: Currency,
    /// Name of the figure; METHOD section 9 defines each.
    pub kpi: String,
    /// `amount` (of the currency), `days`, `share` (a fraction) or `count`.
    pub unit: &'static str,
    /// The figure as a decimal number; empty where it is not defined.
    pub value: Option<String>,
}

impl KpiReport {
    /// Returns one row a figure: of each currency, by code, then of each group, in reading order.
    #[must_use]
    pub fn rows(&self) -> Vec<KpiRow> {
        let mut rows = self.currency_rows();
        for of_group in &self.groups {
            rows.extend(self.rows_of(self.group_by, of_group.group.as_ref(), &of_group.kpis));
        }
        rows
    }

    /// Returns the rows of the currencies as wholes.
    #[must_use]
    pub fn currency_rows(&self) -> Vec<KpiRow> {
        let wholes = self.currencies.iter();
        wholes.flat_map(|kpis| self.rows_of(None, None, kpis)).collect()
    }

    fn rows_of(
        &self,
        group_by: Option<GroupBy>,
        group: Option<&String>,
        kpis: &CurrencyKpis,
    ) -> impl Iterator<Item = KpiRow> {
        kpis.figures().into_iter().map(move |(kpi, unit, value)| KpiRow {
            as_of: self.as_of,
            window_start: self.window_start,
            group_by,
            group: group.cloned(),
            currency: kpis.currency,
            kpi,
            unit,
            value,
        })
    }
}

/// Name, unit and value of a figure.
type Figure = (String, &'static str, Option<String>);

impl CurrencyKpis {
    /// Returns every figure as text, in reading order.
    fn figures(&self) -> Vec<Figure> {
        let amount = |name: &str, money: Option<Money>| {
            let value = money.map(Money::to_decimal_string);
            (name.to_string(), "amount", value)
        };
        let days = |name: &str, value: Option<f64>| (name.to_string(), "days", number(value));
        let share = |name: &str, value: Option<f64>| (name.to_string(), "share", number(value));
        let count = |name: &str, value: String| (name.to_string(), "count", Some(value));
        let countback_name = if self.dso_countback_is_at_least {
            "dso_countback_at_least"
        } else {
            "dso_countback"
        };
        let mut figures = vec![
            amount("receivables", Some(self.receivables)),
            amount("current_receivables", Some(self.current_receivables)),
            amount("overdue_receivables", Some(self.overdue_receivables)),
            amount("disputed_receivables", Some(self.disputed_receivables)),
            amount("unapplied_credits", Some(self.unapplied_credits)),
            amount("overpayments", Some(self.overpayments)),
            amount("down_payments", Some(self.down_payments)),
            amount("begin_receivables", Some(self.begin_receivables)),
            amount("credit_sales", Some(self.credit_sales)),
            days("dso_simple", self.dso_simple),
            days(countback_name, self.dso_countback),
            days("dso_best_possible", self.dso_best_possible),
            days("average_days_delinquent", self.average_days_delinquent),
            share("collection_effectiveness", self.collection_effectiveness),
            share("collection_rate", self.collection_rate),
            share("current_share", self.current_share),
            days("weighted_days_late", self.weighted_days_late),
            count("promises_due", self.promises_due.to_string()),
            share("promise_kept_by_count", self.promise_kept_by_count),
            share("promise_kept_by_amount", self.promise_kept_by_amount),
            share("dispute_rate", self.dispute_rate),
            share("bad_debt_ratio", self.bad_debt_ratio),
            amount("provision_matrix", self.expected_credit_loss),
        ];
        // Without a model there is no such figure, which is something else than one that is not defined.
        if let (Some(lifetime), Some(twelve_months)) =
            (self.expected_loss_lifetime, self.expected_loss_12_months)
        {
            figures.push(amount("expected_loss_lifetime", Some(lifetime)));
            figures.push(amount("expected_loss_12_months", Some(twelve_months)));
        }
        for line in &self.aging {
            let label = line.bucket.label();
            figures.push(amount(&format!("open_{label}"), Some(line.open)));
            figures.push(count(
                &format!("invoices_{label}"),
                line.invoice_count.to_string(),
            ));
            figures.push(share(&format!("loss_rate_{label}"), line.loss_rate));
            if let Some(lost) = line.expected_loss {
                figures.push(amount(&format!("expected_loss_{label}"), Some(lost)));
            }
        }
        figures
    }
}

/// Returns a figure with six decimals, more than any ledger supports.
fn number(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.6}"))
}
