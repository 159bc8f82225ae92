//! Amounts of items: their side, their currency, and decimals that are stored where the currency has none.

use crate::domain::{Currency, Money};
use crate::history::link::{Fault, Record};

use super::item::TABLE;

/// Decimals that amounts are stored with whatever their currency has.
const STORED_DECIMALS: u32 = 2;
/// Decimals that a currency has at most, with room.
const DECIMALS_MAX: u32 = 6;

/// Whether the item stands on the debit side; without a code the sign of the amount says so.
pub(super) fn is_debit(record: &Record, minor: i64) -> Result<bool, Fault> {
    match record.text("debit_credit").map(str::to_uppercase).as_deref() {
        None => Ok(minor > 0),
        Some("S" | "D" | "DEBIT" | "SOLL") => Ok(true),
        Some("H" | "C" | "CREDIT" | "HABEN") => Ok(false),
        Some(_) => Err(record.fault(
            TABLE,
            "debit_credit",
            "neither debit nor credit; allowed S or D for debit, H or C for credit",
        )),
    }
}

/// Amount and currency of the document, else those of the company; the last is true for the company's.
pub(super) fn amount(record: &Record) -> Result<(i64, Currency, bool), Fault> {
    for (amount, code, is_local) in [
        ("amount", "currency", false),
        ("local_amount", "local_currency", true),
    ] {
        let Some(text) = record.text(amount) else {
            continue;
        };
        let Some(currency) = record.currency(TABLE, code)? else {
            continue;
        };
        let minor = if is_local {
            plain(record, amount, text, currency)?
        } else {
            shifted(record, amount, currency)?
        };
        return Ok((minor, currency, is_local));
    }
    Err(record.fault(
        TABLE,
        "amount",
        "needs an amount with its currency, of the document or of the company",
    ))
}

fn plain(record: &Record, column: &'static str, text: &str, currency: Currency) -> Result<i64, Fault> {
    Money::parse(text, currency)
        .map(Money::minor)
        .map_err(|error| record.fault(TABLE, column, &error.to_string()))
}

/// Reads an amount that may be stored as if its currency had two decimals.
///
/// A list shows yen without decimals, a table stores them as hundreds: `123.45` is 12345 yen. Stored amounts always
/// have their two decimals written, so one without is as it is shown.
pub(super) fn shifted(record: &Record, column: &'static str, currency: Currency) -> Result<i64, Fault> {
    let text = record.text(column).unwrap_or_default();
    let decimals = record
        .integer("decimals")
        .and_then(|decimals| u32::try_from(decimals).ok());
    let Some(decimals) = decimals.filter(|decimals| *decimals != STORED_DECIMALS && text.contains('.'))
    else {
        return plain(record, column, text, currency);
    };
    // The euro has the two decimals that amounts are stored with.
    let stored = plain(record, column, text, Currency::EUR)?;
    let (up, down) = (currency.exponent(), decimals.min(DECIMALS_MAX));
    let scaled = if up >= down {
        stored.checked_mul(10_i64.pow(up - down))
    } else {
        let divisor = 10_i64.pow(down - up);
        (stored % divisor == 0).then_some(stored / divisor)
    };
    scaled.ok_or_else(|| {
        record.fault(
            TABLE,
            column,
            "not an amount of the currency once its decimals are moved",
        )
    })
}
