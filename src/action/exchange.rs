//! Amounts of every currency in the policy's own.

use std::collections::BTreeMap;

use super::Error;
use crate::domain::Currency;
use crate::forecast::Rates;
use crate::history::Snapshot;

/// Units of the policy's currency for one unit of each other; a currency without a rate has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    base: Currency,
    rates: BTreeMap<Currency, f64>,
}

impl Exchange {
    /// Makes an exchange that knows one currency.
    #[must_use]
    pub fn of(base: Currency) -> Self {
        Self {
            base,
            rates: BTreeMap::from([(base, 1.0)]),
        }
    }

    /// Adds a rate: units of the base for one unit of the currency.
    #[must_use]
    pub fn with(mut self, currency: Currency, rate: f64) -> Self {
        self.rates.insert(currency, rate);
        self
    }

    /// Takes the latest rates of a ledger for every currency; one without a rate is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Rates`], as [`Rates::read`] has it.
    pub fn read(snapshot: &Snapshot, base: Currency) -> Result<Self, Error> {
        let rates = Rates::read(snapshot, snapshot.cutoff())?;
        let mut exchange = Self::of(base);
        for currency in Currency::all() {
            if let Ok(used) = rates.rate(currency, base) {
                exchange.rates.insert(currency, used.rate);
            }
        }
        Ok(exchange)
    }

    /// Returns the policy's currency.
    #[must_use]
    pub const fn base(&self) -> Currency {
        self.base
    }

    /// Returns an amount in minor units of the policy's currency; none without a rate.
    #[must_use]
    pub fn minor(&self, minor: i64, currency: Currency) -> Option<f64> {
        let rate = self.rates.get(&currency)?;
        let (from, into) = (currency.exponent(), self.base.exponent());
        let scale = 10_f64.powi(i32::try_from(into).ok()? - i32::try_from(from).ok()?);
        #[expect(
            clippy::cast_precision_loss,
            reason = "an expectation needs no more than 53 bits"
        )]
        let minor = minor as f64;
        Some(minor * rate * scale)
    }
}
