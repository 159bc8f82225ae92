//! Amounts in minor units: `1250` of a currency with cents is `12.50`.

use std::collections::BTreeMap;

use crate::domain::Currency;

/// That a number counts minor units, and of what.
#[derive(Clone, Debug)]
pub(crate) struct MinorUnits {
    /// Column of the currency in the source row.
    pub(crate) currency: usize,
    /// Digits by currency code where the source departs from ISO 4217.
    pub(crate) exceptions: BTreeMap<String, u8>,
}

/// Returns a whole number of minor units as a decimal amount.
///
/// `exceptions` are digits by currency code where the source departs from ISO 4217.
pub(crate) fn in_major_units(
    minor: &str,
    currency: &str,
    exceptions: &BTreeMap<String, u8>,
) -> Result<String, String> {
    let code = currency.trim().to_ascii_uppercase();
    let digits = match exceptions.get(&code) {
        Some(digits) => u32::from(*digits),
        None => Currency::parse(&code)
            .map_err(|_| {
                format!("minor units of `{code}`, which is not an ISO 4217 currency code such as EUR")
            })?
            .exponent(),
    };
    let (sign, number) = match minor.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", minor),
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("not a whole number of minor units".to_owned());
    }
    let digits = usize::try_from(digits).unwrap_or(0);
    if digits == 0 {
        return Ok(minor.to_owned());
    }
    let padded = format!("{number:0>width$}", width = digits + 1);
    let (units, decimals) = padded.split_at(padded.len() - digits);
    Ok(format!("{sign}{units}.{decimals}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_stands_where_the_currency_has_it() {
        let stripe = BTreeMap::from([("ISK".to_owned(), 2), ("MGA".to_owned(), 0)]);
        for (minor, currency, expected) in [
            ("1250", "usd", "12.50"),
            ("5", "EUR", "0.05"),
            ("-5", "EUR", "-0.05"),
            ("0", "EUR", "0.00"),
            ("5000", "jpy", "5000"),
            ("1234", "KWD", "1.234"),
            ("50000", "isk", "500.00"),
            ("700", "MGA", "700"),
        ] {
            assert_eq!(
                in_major_units(minor, currency, &stripe).as_deref(),
                Ok(expected),
                "{minor} {currency}"
            );
        }
    }

    #[test]
    fn a_fraction_or_an_unknown_currency_is_refused() {
        for (minor, currency) in [
            ("12.5", "EUR"),
            ("", "EUR"),
            ("-", "EUR"),
            ("12", "EURO"),
            ("12", ""),
        ] {
            assert!(in_major_units(minor, currency, &BTreeMap::new()).is_err());
        }
    }
}
