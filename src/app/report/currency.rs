//! What the page says of one currency.

use crate::app::output::Error;
use crate::chart::grouped;
use crate::forecast::{CashBucket, CurrencyForecast};

use super::page::{Block, Tile};
use super::unit::Unit;
use super::{Sources, actual, ageing, fan, tables};

/// Names in each of the two lists.
const NAMES_SHOWN: usize = 10;

/// Returns the blocks of one currency.
pub(super) fn blocks(sources: &Sources<'_>, book: &CurrencyForecast) -> Result<Vec<Block>, Error> {
    let currency = book.currency;
    let unit = unit(book);
    let has_billing = has_billing(book);
    let mut blocks = vec![
        Block::Section(headline(book, &unit)),
        Block::Tiles(tiles(book, &unit, has_billing)),
    ];
    if !book.buckets.is_empty() {
        let fan = fan::fan(currency, &book.buckets, has_billing)?;
        blocks.push(Block::Picture(fan));
    }
    let mut beside = Vec::new();
    let line = actual::actual(
        currency,
        sources.cash.as_of,
        sources.received,
        &book.buckets,
        sources.past,
    )?;
    beside.extend(line.map(|picture| vec![Block::Picture(picture)]));
    if let Some(lines) = sources.ageing.get(&currency) {
        let bars = ageing::ageing(currency, lines, &unit)?;
        beside.push(vec![Block::Picture(bars)]);
    }
    if !beside.is_empty() {
        blocks.push(Block::Beside(beside));
    }
    blocks.push(Block::Grid(tables::weeks(book, &unit, has_billing)));
    blocks.extend(tables::groups(sources.cash, currency, &unit).map(Block::Grid));
    let largest = tables::largest(sources, currency, &unit, NAMES_SHOWN);
    let riskiest = tables::riskiest(sources, currency, &unit, NAMES_SHOWN);
    let lists: Vec<Vec<Block>> = [largest, riskiest]
        .into_iter()
        .filter(|grid| !grid.rows.is_empty())
        .map(|grid| vec![Block::Grid(grid)])
        .collect();
    if !lists.is_empty() {
        blocks.push(Block::Beside(lists));
    }
    Ok(blocks)
}

/// Whether anything is expected of invoices that are not written yet.
pub(super) fn has_billing(book: &CurrencyForecast) -> bool {
    book.buckets
        .iter()
        .any(|bucket| bucket.recurring != 0 || bucket.new_billing != 0)
}

/// The unit in which every figure of the currency is shown.
fn unit(book: &CurrencyForecast) -> Unit {
    let last = book.buckets.last();
    let highest = last.map_or(0, |bucket| {
        bucket
            .cumulative_total_p90
            .saturating_abs()
            .max(bucket.cumulative_total.saturating_abs())
    });
    Unit::for_amounts(book.currency, highest.max(book.open_balance.saturating_abs()))
}

/// The one sentence: how much, by when, and how sure.
fn headline(book: &CurrencyForecast, unit: &Unit) -> String {
    book.buckets.last().map_or_else(
        || format!("{}: no week lies within the horizon", book.currency.code()),
        |last| {
            format!(
                "{} {} expected by {}",
                unit.text(last.cumulative_total),
                unit.name(),
                last.end
            )
        },
    )
}

/// The key figures.
fn tiles(book: &CurrencyForecast, unit: &Unit, has_billing: bool) -> Vec<Tile> {
    let tile = |name: &str, minor: i64, remark: String| Tile {
        name: name.to_owned(),
        value: unit.text(minor),
        remark,
    };
    let last = book.buckets.last();
    let figure = |value: fn(&CashBucket) -> i64| last.map_or(0, value);
    let low = unit.text(figure(|bucket| bucket.cumulative_total_p10));
    let high = unit.text(figure(|bucket| bucket.cumulative_total_p90));
    let mut tiles = vec![
        tile(
            "expected receipts",
            figure(|bucket| bucket.cumulative_total),
            format!("80 % band {low} to {high}"),
        ),
        tile(
            "from open invoices",
            figure(|bucket| bucket.cumulative_expected),
            format!(
                "of {} open in {} invoices",
                unit.text(book.open_balance),
                grouped(book.invoice_count)
            ),
        ),
    ];
    if has_billing {
        let recurring: i64 = book.buckets.iter().map(|bucket| bucket.recurring).sum();
        let new: i64 = book.buckets.iter().map(|bucket| bucket.new_billing).sum();
        tiles.push(tile(
            "from recurring billing",
            recurring,
            "not written yet".to_owned(),
        ));
        tiles.push(tile("from new billing", new, "not written yet".to_owned()));
    }
    tiles.push(tile(
        "overdue now",
        book.overdue,
        "due on or before the cut-off".to_owned(),
    ));
    tiles.push(tile(
        "expected loss",
        book.expected_loss,
        "of what is open: never comes in cash".to_owned(),
    ));
    tiles
}
