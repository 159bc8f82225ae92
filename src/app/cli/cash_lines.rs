//! What a cash forecast prints: a few lines a currency.

use super::screen::{Screen, grouped};
use crate::app::output::{Format, OutputFile};
use crate::domain::Money;
use crate::forecast::{CashBucket, CurrencyForecast, Translation};

/// Prints the totals in one currency, with the layers where billing takes part.
pub(super) fn print_book(book: &CurrencyForecast, has_billing: bool, screen: &Screen) -> anyhow::Result<()> {
    screen.line(balance(book))?;
    if has_billing {
        screen.line(layers(book))?;
    }
    Ok(())
}

/// Prints the totals in one currency, and what they were translated at.
pub(super) fn print_translation(
    translation: &Translation,
    out: &OutputFile,
    has_billing: bool,
    screen: &Screen,
) -> anyhow::Result<()> {
    screen.line(format!("All in {}:", translation.currency))?;
    print_book(&translation.forecast, has_billing, screen)?;
    for rate in &translation.rates {
        screen.line(format!(
            "  1 {} = {} {} on {} ({})",
            rate.currency, rate.rate, translation.currency, rate.rate_date, rate.source
        ))?;
    }
    match out.format {
        Format::Json | Format::Xlsx => {}
        Format::Csv | Format::Parquet | Format::Ndjson => screen.note(format!(
            "{} holds one table, without the translation; .json and .xlsx hold both",
            out
        )),
    }
    Ok(())
}

/// One line a currency: what is open, and where it is expected to go.
fn balance(book: &CurrencyForecast) -> String {
    let expected = book.buckets.last().map_or(0, |bucket| bucket.cumulative_expected);
    let amount = |minor: i64| grouped(Money::from_minor(minor, book.currency).to_decimal_string());
    format!(
        "  {} {} open = {} expected + {} later + {} lost",
        book.currency.code(),
        amount(book.open_balance),
        amount(expected),
        amount(book.beyond_horizon),
        amount(book.expected_loss)
    )
}

/// One line a currency: what is expected within the horizon, by layer.
fn layers(book: &CurrencyForecast) -> String {
    let amount = |minor: i64| grouped(Money::from_minor(minor, book.currency).to_decimal_string());
    let sum = |layer: fn(&CashBucket) -> i64| amount(book.buckets.iter().map(layer).sum());
    format!(
        "  {} {} expected = {} on open invoices + {} on recurring billing + {} on new billing",
        book.currency.code(),
        sum(|bucket| bucket.total),
        sum(|bucket| bucket.expected),
        sum(|bucket| bucket.recurring),
        sum(|bucket| bucket.new_billing)
    )
}
