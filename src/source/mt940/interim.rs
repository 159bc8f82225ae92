//! Interim reports (MT942): entries of a day that is not over, without balances.

use super::line::Line;
use crate::source::bank::Amount;

/// What an interim report says of its entries.
#[derive(Debug)]
pub(super) struct Interim {
    pub(super) currency: String,
    /// Whether entries of every size are listed: no floor limit is above zero.
    lists_all: bool,
    /// Whether entries undo others or are expected only: banks differ in which of the sums has them.
    is_mixed: bool,
    debits: Sum,
    credits: Sum,
}

/// Number and sum of entries, without sign.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    amount: Amount,
}

impl Interim {
    /// Reads a floor limit (`:34F:`), `EURD0,` or `EUR100,`, the first or second of the report.
    pub(super) fn limited(before: Option<Self>, text: &str) -> Result<Self, String> {
        let wrong = || format!("a floor limit such as EURD0,00 expected, got {text:?}");
        let (currency, rest) = currency_of(text).ok_or_else(wrong)?;
        let amount = rest.strip_prefix(['C', 'D']).unwrap_or(rest);
        let limit = Amount::parse(amount, ',').ok_or_else(wrong)?;
        let mut interim = before.unwrap_or_else(|| Self {
            currency: currency.to_owned(),
            lists_all: true,
            is_mixed: false,
            debits: Sum::default(),
            credits: Sum::default(),
        });
        if interim.currency != currency {
            return Err(format!(
                "floor limits in one currency, {}, expected, got {currency}",
                interim.currency
            ));
        }
        interim.lists_all = interim.lists_all && limit == Amount::default();
        Ok(interim)
    }

    /// Counts an entry, booked or not.
    pub(super) fn count(&mut self, line: &Line) -> Result<(), String> {
        self.is_mixed = self.is_mixed || line.mark.is_reversal || !line.mark.is_booked;
        let sum = if line.mark.is_credit {
            &mut self.credits
        } else {
            &mut self.debits
        };
        let amount = sum.amount.plus(line.amount.size());
        sum.amount = amount.ok_or("the entries add up to more than there is room for")?;
        sum.count = sum.count.saturating_add(1);
        Ok(())
    }

    /// Holds the entries against number and sum (`:90C:`, `:90D:`), `3EUR1234,56`, where they must agree.
    pub(super) fn check(&self, text: &str, is_credit: bool) -> Result<(), String> {
        let wrong = || format!("number and sum of entries such as 3EUR1234,56 expected, got {text:?}");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        let (currency, amount) = currency_of(rest).ok_or_else(wrong)?;
        let given = Sum {
            count: number.parse().map_err(|_| wrong())?,
            amount: Amount::parse(amount, ',').ok_or_else(wrong)?,
        };
        let (read, side) = if is_credit {
            (&self.credits, "credit")
        } else {
            (&self.debits, "debit")
        };
        if self.is_mixed || !self.lists_all || (*read == given && currency == self.currency) {
            return Ok(());
        }
        Err(format!(
            "{} {side} entries of {} {} expected (those of the report), got {text}",
            read.count,
            read.amount.text(&self.currency),
            self.currency
        ))
    }
}

/// The currency at the start of a text, and the rest.
fn currency_of(text: &str) -> Option<(&str, &str)> {
    let currency = text.get(..3)?;
    let is_code = currency.chars().all(|c| c.is_ascii_uppercase());
    is_code.then(|| (currency, text.get(3..).unwrap_or_default()))
}
