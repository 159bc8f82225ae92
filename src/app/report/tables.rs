//! The tables of the page.

use crate::domain::Currency;
use crate::forecast::{
    CashBucket, CashForecast, CurrencyForecast, GroupForecast, customers_at_risk, largest_receipts,
};

use super::Sources;
use super::page::Grid;
use super::unit::Unit;

/// Groups shown; the others are in the forecast's own file.
const GROUPS_SHOWN: usize = 20;
/// Characters of a name; longer ones are cut.
const NAME_LENGTH: usize = 28;

/// A column of the table of weeks: its heading and its amount.
type Column = (&'static str, fn(&CashBucket) -> i64);

/// One row a week.
pub(super) fn weeks(book: &CurrencyForecast, unit: &Unit, has_billing: bool) -> Grid {
    let week: [Column; 6] = [
        ("due by contract", |bucket| bucket.contractual),
        ("promised", |bucket| bucket.promised),
        ("disputed", |bucket| bucket.disputed),
        ("expected", |bucket| bucket.total),
        ("P10", |bucket| bucket.total_p10),
        ("P90", |bucket| bucket.total_p90),
    ];
    let layers: [Column; 3] = [
        ("open invoices", |bucket| bucket.expected),
        ("recurring", |bucket| bucket.recurring),
        ("new billing", |bucket| bucket.new_billing),
    ];
    let so_far: [Column; 3] = [
        ("expected so far", |bucket| bucket.cumulative_total),
        ("P10 so far", |bucket| bucket.cumulative_total_p10),
        ("P90 so far", |bucket| bucket.cumulative_total_p90),
    ];
    let mut columns: Vec<Column> = week.to_vec();
    if has_billing {
        columns.extend(layers);
    }
    columns.extend(so_far);
    let mut header = texts(&["week", "until"]);
    header.extend(columns.iter().map(|(heading, _)| (*heading).to_owned()));
    let rows = book.buckets.iter().map(|bucket| {
        let mut row = vec![bucket.label.clone(), bucket.end.to_string()];
        row.extend(columns.iter().map(|(_, amount)| unit.text(amount(bucket))));
        row
    });
    Grid {
        caption: format!("By week, {}", unit.name()),
        header,
        text_columns: 2,
        rows: rows.collect(),
    }
}

/// One row a group of the currency, the largest first; nothing where no groups were asked for.
pub(super) fn groups(cash: &CashForecast, currency: Currency, unit: &Unit) -> Option<Grid> {
    let mut groups: Vec<&GroupForecast> = cash
        .groups
        .iter()
        .filter(|group| group.forecast.currency == currency)
        .collect();
    let by = groups.first()?.by;
    // Stable: groups of equal cash stay in the forecast's order.
    groups.sort_by_key(|group| std::cmp::Reverse(expected(group)));
    let count = groups.len();
    let more = if count > GROUPS_SHOWN {
        format!("; the largest {GROUPS_SHOWN} of {count}")
    } else {
        String::new()
    };
    let rows = groups.into_iter().take(GROUPS_SHOWN).map(|group| {
        let low = last(group).map_or(0, |bucket| bucket.cumulative_total_p10);
        let high = last(group).map_or(0, |bucket| bucket.cumulative_total_p90);
        let name = group.group.as_deref().unwrap_or("not told");
        vec![
            cut(name),
            unit.text(group.forecast.open_balance),
            unit.text(group.forecast.overdue),
            unit.text(expected(group)),
            unit.text(low),
            unit.text(high),
            unit.text(group.forecast.expected_loss),
        ]
    });
    let by = by.name().replace('_', " ");
    Some(Grid {
        caption: format!("By {by} over the whole horizon, {}{more}", unit.name()),
        header: texts(&[
            by.as_str(),
            "open",
            "overdue",
            "expected",
            "P10",
            "P90",
            "expected loss",
        ]),
        text_columns: 1,
        rows: rows.collect(),
    })
}

fn expected(group: &GroupForecast) -> i64 {
    last(group).map_or(0, |bucket| bucket.cumulative_total)
}

fn last(group: &GroupForecast) -> Option<&CashBucket> {
    group.forecast.buckets.last()
}

/// The open invoices of which most cash is expected.
pub(super) fn largest(sources: &Sources<'_>, currency: Currency, unit: &Unit, most: usize) -> Grid {
    let horizon_days = sources.cash.plan.horizon_days;
    let receipts = largest_receipts(sources.predictions, currency, horizon_days, most);
    let rows = receipts.iter().map(|receipt| {
        let invoice = receipt.prediction;
        vec![
            customer(sources, &invoice.customer_id),
            cut(&invoice.invoice_id),
            invoice.due_date.to_string(),
            invoice.quantile_date(0.5).to_string(),
            unit.text(invoice.open.minor()),
            unit.text(receipt.expected.minor()),
        ]
    });
    Grid {
        caption: format!("Largest receipts expected, {}", unit.name()),
        header: texts(&["customer", "invoice", "due", "likely paid", "open", "expected"]),
        text_columns: 4,
        rows: rows.collect(),
    }
}

/// The customers of which most money is at risk.
pub(super) fn riskiest(sources: &Sources<'_>, currency: Currency, unit: &Unit, most: usize) -> Grid {
    let customers = customers_at_risk(sources.predictions, currency, most);
    let rows = customers.iter().map(|at_risk| {
        vec![
            customer(sources, at_risk.customer_id),
            unit.text(at_risk.open.minor()),
            unit.text(at_risk.overdue.minor()),
            unit.text(at_risk.at_risk.minor()),
        ]
    });
    Grid {
        caption: format!("Customers with most at risk, {}", unit.name()),
        header: texts(&["customer", "open", "overdue", "at risk"]),
        text_columns: 1,
        rows: rows.collect(),
    }
}

/// The name of a customer where the ledger has one, else its id.
fn customer(sources: &Sources<'_>, customer_id: &str) -> String {
    cut(sources.names.get(customer_id).map_or(customer_id, String::as_str))
}

/// Cuts a name that would widen its table.
fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_LENGTH {
        return name.to_owned();
    }
    let kept: String = name.chars().take(NAME_LENGTH - 1).collect();
    format!("{}\u{2026}", kept.trim_end())
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("ACME"), "ACME");
        assert_eq!(cut(&"é".repeat(28)), "é".repeat(28));
        assert_eq!(cut(&"é".repeat(29)), format!("{}\u{2026}", "é".repeat(27)));
    }
}
