//! The tables of the demo: weekly cash with its band, and the riskiest invoices.

use std::collections::BTreeSet;

use comfy_table::Table;

use super::screen::{Screen, grouped};
use crate::domain::Currency;
use crate::forecast::{CashBucket, CurrencyForecast};
use crate::model::{PaymentPrediction, Reason};

/// Characters of a bar.
const BAR_WIDTH: i64 = 24;
/// Customers shown.
const RISKS_SHOWN: usize = 10;
/// Reasons shown an invoice.
const REASONS_SHOWN: usize = 2;

/// The cash of one currency, bucket by bucket, with a bar.
pub(super) fn cash(book: &CurrencyForecast, screen: &Screen) -> Table {
    let header = ["week", "until", "due", "P10", "expected", "P90", "how sure"];
    let mut table = screen.new_table(&header, &[2, 3, 4, 5]);
    let most = book
        .buckets
        .iter()
        .map(|bucket| bucket.p90.max(bucket.expected))
        .max()
        .unwrap_or(0);
    for bucket in &book.buckets {
        let amount = |minor: i64| whole(minor, book.currency);
        table.add_row([
            bucket.label.clone(),
            bucket.end.to_string(),
            amount(bucket.contractual),
            amount(bucket.p10),
            amount(bucket.expected),
            amount(bucket.p90),
            bar(bucket, most),
        ]);
    }
    table
}

/// One line on a currency that has no table.
pub(super) fn cash_line(book: &CurrencyForecast) -> String {
    let amount = |minor: i64| whole(minor, book.currency);
    let Some(last) = book.buckets.last() else {
        return String::new();
    };
    format!(
        "  {}: {} of {} open expected by {} (P10 {}, P90 {}).",
        book.currency.code(),
        amount(last.cumulative_expected),
        amount(book.open_balance),
        last.end,
        amount(last.cumulative_p10),
        amount(last.cumulative_p90)
    )
}

/// Draws what is nearly certain, what is expected and what is possible.
fn bar(bucket: &CashBucket, most: i64) -> String {
    let length = |minor: i64| {
        if most <= 0 {
            return 0;
        }
        let scaled = i128::from(minor.max(0)) * i128::from(BAR_WIDTH) / i128::from(most);
        usize::try_from(scaled).unwrap_or(0)
    };
    let sure = length(bucket.p10);
    let expected = length(bucket.expected).max(sure);
    let possible = length(bucket.p90).max(expected);
    format!(
        "{}{}{}",
        "█".repeat(sure),
        "▒".repeat(expected - sure),
        "░".repeat(possible - expected)
    )
}

/// Open invoices, each with the reasons for what is said of it.
pub(super) fn risks<'a>(
    rows: impl IntoIterator<Item = (&'a PaymentPrediction, &'a Vec<Reason>)>,
    screen: &Screen,
) -> Table {
    let header = ["invoice", "customer", "due", "open", "risk", "why"];
    let mut table = screen.new_table(&header, &[3, 4]);
    for (row, reasons) in rows {
        let reasons: Vec<&str> = reasons
            .iter()
            .take(REASONS_SHOWN)
            .map(|reason| reason.text.as_str())
            .collect();
        let currency = row.open.currency();
        table.add_row([
            row.invoice_id.clone(),
            row.customer_id.clone(),
            row.due_date.to_string(),
            format!("{} {}", whole(row.open.minor(), currency), currency.code()),
            format!("{:.0} %", row.unpaid_90_days_probability() * 100.0),
            reasons.join("; "),
        ]);
    }
    table
}

/// Places of the open invoices most likely to be unpaid 90 days past due, riskiest first, one a customer: one bad
/// payer would fill a list of invoices.
pub(super) fn riskiest(predictions: &[PaymentPrediction]) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..predictions.len()).collect();
    ranked.sort_by(|left, right| {
        let (left, right) = (&predictions[*left], &predictions[*right]);
        right
            .unpaid_90_days_probability()
            .total_cmp(&left.unpaid_90_days_probability())
            .then_with(|| right.open.minor().cmp(&left.open.minor()))
            .then_with(|| left.invoice_id.cmp(&right.invoice_id))
    });
    let mut seen = BTreeSet::new();
    ranked.retain(|row| seen.insert(predictions[*row].customer_id.as_str()));
    ranked.truncate(RISKS_SHOWN);
    ranked
}

/// Writes an amount in whole units of its currency, halves away from zero.
fn whole(minor: i64, currency: Currency) -> String {
    let scale = 10_i128.pow(currency.exponent());
    let wide = i128::from(minor);
    let rounded = (wide.abs() + scale / 2) / scale * wide.signum();
    grouped(rounded)
}

#[cfg(test)]
mod tests {
    use super::{bar, whole};
    use crate::domain::Currency;
    use crate::forecast::CashBucket;

    fn bucket(p10: i64, expected: i64, p90: i64) -> CashBucket {
        CashBucket {
            expected,
            p10,
            p90,
            ..CashBucket::default()
        }
    }

    #[test]
    fn a_bar_ends_at_its_p90() {
        assert_eq!(bar(&bucket(6, 12, 24), 24), "██████▒▒▒▒▒▒░░░░░░░░░░░░");
        assert_eq!(bar(&bucket(0, 0, 0), 0), "");
        assert_eq!(bar(&bucket(0, 24, 12), 24), "▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒");
    }

    #[test]
    fn amounts_are_grouped() {
        let euro = Currency::parse("EUR").unwrap();
        assert_eq!(whole(123_456_750, euro), "1,234,568");
        assert_eq!(whole(-150, euro), "-2");
    }
}
