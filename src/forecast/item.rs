//! What a forecast adds up: an open invoice, or the lines of one that is paid in instalments.

use super::Error;
use crate::domain::Date;
use crate::model::{PaymentDistribution, PaymentPrediction};

/// An amount that is paid in one piece, as far as the forecast knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CashItem<'a> {
    pub(crate) customer_id: &'a str,
    pub(crate) invoice_id: &'a str,
    /// Whether it is a line of an instalment plan, which is named by its due date.
    pub(crate) is_line: bool,
    pub(crate) due_date: Date,
    /// What is owed, in minor units of the book's currency.
    pub(crate) open_minor: i64,
    pub(crate) distribution: &'a PaymentDistribution,
}

/// Returns what the invoices of one currency are paid in, in their order.
///
/// # Errors
///
/// [`Error::LinesDiffer`] if the lines of an invoice are not what is open of it.
pub(crate) fn items<'a>(book: &[&'a PaymentPrediction]) -> Result<Vec<CashItem<'a>>, Error> {
    let mut items = Vec::with_capacity(book.len());
    for &prediction in book {
        let whole = CashItem {
            customer_id: &prediction.customer_id,
            invoice_id: &prediction.invoice_id,
            is_line: false,
            due_date: prediction.due_date,
            open_minor: prediction.open.minor(),
            distribution: &prediction.distribution,
        };
        if prediction.lines.is_empty() {
            items.push(whole);
            continue;
        }
        check_sum(prediction)?;
        items.extend(prediction.lines.iter().map(|line| CashItem {
            is_line: true,
            due_date: line.due_date,
            open_minor: line.open.minor(),
            distribution: &line.distribution,
            ..whole
        }));
    }
    Ok(items)
}

fn check_sum(prediction: &PaymentPrediction) -> Result<(), Error> {
    let sum: i128 = prediction
        .lines
        .iter()
        .map(|line| i128::from(line.open.minor()))
        .sum();
    let currency = prediction.open.currency();
    let is_one_currency = prediction
        .lines
        .iter()
        .all(|line| line.open.currency() == currency);
    if is_one_currency && sum == i128::from(prediction.open.minor()) {
        return Ok(());
    }
    let given: Vec<String> = prediction
        .lines
        .iter()
        .map(|line| line.open.to_string())
        .collect();
    Err(Error::LinesDiffer {
        invoice_id: prediction.invoice_id.clone(),
        expected: prediction.open,
        given: given.join(" + "),
    })
}
