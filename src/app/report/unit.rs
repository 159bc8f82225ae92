//! The unit in which a currency's amounts are shown: few digits, and the same in every table.

use crate::chart::grouped;
use crate::domain::Currency;

/// Largest amount that is shown in the smaller unit: six digits are read at a glance.
const SHOWN_MAX: i128 = 999_999;

/// A currency, a thousand or a million of it.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    minor: i128,
    name: String,
}

impl Unit {
    /// Chooses the unit for amounts of which none is larger than `highest_minor`.
    pub(super) fn for_amounts(currency: Currency, highest_minor: i64) -> Self {
        let whole = 10_i128.pow(currency.exponent());
        let highest = i128::from(highest_minor).abs();
        let code = currency.code();
        let (minor, name) = if highest <= SHOWN_MAX * whole {
            (whole, code.to_owned())
        } else if highest <= SHOWN_MAX * whole * 1_000 {
            (whole * 1_000, format!("thousand {code}"))
        } else {
            (whole * 1_000_000, format!("million {code}"))
        };
        Self { minor, name }
    }

    /// `EUR`, `thousand EUR` or `million EUR`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns an amount in this unit, halves away from zero.
    pub(super) fn text(&self, minor: i64) -> String {
        let wide = i128::from(minor);
        grouped((wide.abs() + self.minor / 2) / self.minor * wide.signum())
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;
    use crate::domain::Currency;

    #[test]
    fn a_unit_leaves_six_digits_at_most() {
        let shown = |highest: i64, minor: i64| {
            let unit = Unit::for_amounts(Currency::EUR, highest);
            format!("{} {}", unit.text(minor), unit.name())
        };
        assert_eq!(shown(99_999_900, 12_345_650), "123,457 EUR");
        assert_eq!(shown(100_000_000, -150_000), "-2 thousand EUR");
        assert_eq!(shown(99_999_900_000, 5_000_000), "50 thousand EUR");
        assert_eq!(shown(i64::MAX, 5_000_000_000), "50 million EUR");
        let yen = Unit::for_amounts(Currency::parse("JPY").unwrap(), 999_999);
        assert_eq!(yen.text(1_500), "1,500");
    }
}
