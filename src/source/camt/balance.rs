//! Balances of a statement, and whether its entries lead from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::bank::Amount;
use crate::source::xml::Node;

/// Balances and booked entries of a statement, for each currency.
#[derive(Debug, Default)]
pub(super) struct Balances {
    /// Code of its type, currency and amount, in the order of the statement.
    given: Vec<(String, String, Amount)>,
    movements: BTreeMap<String, Amount>,
}

/// How many balances a statement may have.
const BALANCES_MAX: usize = 1000;

impl Balances {
    /// Takes a `Bal`.
    pub(super) fn add(&mut self, balance: &Node) -> Result<(), String> {
        if self.given.len() == BALANCES_MAX {
            return Err(format!(
                "at most {BALANCES_MAX} balances are allowed in a statement"
            ));
        }
        if balance.text_at("CdtLine/Incl").is_some_and(is_true) {
            return Ok(());
        }
        let code = balance.text_at("Tp/CdOrPrtry/Cd").unwrap_or_default().to_owned();
        let (amount, currency) = amount_of(balance, "Amt")?.ok_or("a balance needs an amount (Amt)")?;
        let is_credit = is_credit(balance)?.ok_or("a balance needs CdtDbtInd")?;
        self.given.push((code, currency, amount.signed(is_credit)));
        Ok(())
    }

    /// Adds a booked entry.
    pub(super) fn book(&mut self, currency: &str, amount: Amount) -> Result<(), String> {
        let sum = self.movements.get(currency).copied().unwrap_or_default();
        let sum = sum
            .plus(amount)
            .ok_or("the entries add up to more than there is room for")?;
        self.movements.insert(currency.to_owned(), sum);
        Ok(())
    }

    /// Checks that opening balance and entries give the closing balance.
    pub(super) fn check(&self) -> Result<(), String> {
        let booked = self
            .given
            .iter()
            .filter(|(code, ..)| ["OPBD", "PRCD", "CLBD"].contains(&code.as_str()))
            .map(|(_, currency, _)| currency);
        let currencies: BTreeSet<&String> = booked.chain(self.movements.keys()).collect();
        if currencies.is_empty() {
            return Err(
                "an opening balance (OPBD or PRCD) and a closing balance (CLBD) expected, got none"
                    .to_owned(),
            );
        }
        for currency in currencies {
            let (opening, closing) = self.ends(currency);
            let (Some(opening), Some(closing)) = (opening, closing) else {
                let codes: Vec<&str> = self.given.iter().map(|(code, ..)| code.as_str()).collect();
                return Err(format!(
                    "an opening balance (OPBD, PRCD, or ITBD of a later page) and a closing balance (CLBD, or ITBD of \
                     an earlier page) in {currency} expected, got {codes:?}"
                ));
            };
            let movement = self.movements.get(currency).copied().unwrap_or_default();
            if opening.plus(movement) != Some(closing) {
                let expected = opening.plus(movement).unwrap_or_default();
                return Err(format!(
                    "closing balance of {} {currency} expected (opening balance {} and booked entries {}), got {}",
                    expected.text(currency),
                    opening.text(currency),
                    movement.text(currency),
                    closing.text(currency)
                ));
            }
        }
        Ok(())
    }

    /// Opening and closing balance in a currency. Between the pages of a statement stand interim balances (ITBD).
    fn ends(&self, currency: &str) -> (Option<Amount>, Option<Amount>) {
        let of = |wanted: &str| -> Vec<Amount> {
            self.given
                .iter()
                .filter(|(code, known, _)| code == wanted && known == currency)
                .map(|(.., amount)| *amount)
                .collect()
        };
        let first = |wanted: &str| of(wanted).first().copied();
        let interim = of("ITBD");
        let opening = first("OPBD").or_else(|| first("PRCD"));
        let closing = first("CLBD");
        match (opening, closing, interim.as_slice()) {
            (None, None, [opening, .., closing]) => (Some(*opening), Some(*closing)),
            (None, Some(_), [opening, ..]) => (Some(*opening), closing),
            (Some(_), None, [.., closing]) => (opening, Some(*closing)),
            _ => (opening, closing),
        }
    }
}

/// The amount at a path, with its currency.
pub(super) fn amount_of(node: &Node, path: &str) -> Result<Option<(Amount, String)>, String> {
    let Some(found) = node.at(path) else {
        return Ok(None);
    };
    let text = found.text.trim();
    let amount = Amount::parse(text, '.').ok_or_else(|| {
        format!("{path}: digits with at most one point and five decimals expected, got {text:?}")
    })?;
    let currency = found.attribute("Ccy").unwrap_or_default();
    if currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_uppercase()) {
        return Err(format!(
            "{path}: a currency (Ccy) of three capitals expected, got {currency:?}"
        ));
    }
    Ok(Some((amount, currency.to_owned())))
}

/// Whether `CdtDbtInd` says credit.
pub(super) fn is_credit(node: &Node) -> Result<Option<bool>, String> {
    match node.text_at("CdtDbtInd") {
        None => Ok(None),
        Some("CRDT") => Ok(Some(true)),
        Some("DBIT") => Ok(Some(false)),
        Some(other) => Err(format!("CdtDbtInd: CRDT or DBIT expected, got {other:?}")),
    }
}

/// Whether an indicator is set.
pub(super) fn is_true(text: &str) -> bool {
    text == "true" || text == "1"
}
