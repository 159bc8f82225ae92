//! How sure a match must be, and how sure each kind of evidence makes one: every number of the matter in one place.
//!
//! Each is the probability that an allocation made on such evidence is right. They were set by thought and are held
//! against simulated statements with known truth (`tests/spec/import/cash_application.rs`), which prints for each kind
//! of remittance how many allocations were right.

/// Below this nothing is allocated: the receipt is kept, and counts as unapplied.
pub(super) const ALLOCATED_FROM: f64 = 0.9;
/// From this on an allocation teaches which customer an account belongs to.
pub(super) const TEACHES_FROM: f64 = 0.96;

/// A creditor reference whose check digits are right, or the very reference the customer was asked to pay under.
pub(super) const REFERENCE: Strength = Strength {
    exact: 0.999,
    agreeing: 0.99,
    unknown: 0.985,
    contradicted: 0.95,
};
/// The whole number of an invoice.
pub(super) const FULL_NUMBER: Strength = Strength {
    exact: 0.998,
    agreeing: 0.98,
    unknown: 0.85,
    contradicted: 0.6,
};
/// The digits of a number without its letters, five at least.
pub(super) const DIGITS: Strength = Strength {
    exact: 0.995,
    agreeing: 0.96,
    unknown: 0.7,
    contradicted: 0.5,
};
/// The last digits of a number, four at least.
pub(super) const SERIAL: Strength = Strength {
    exact: 0.99,
    agreeing: 0.8,
    unknown: 0.5,
    contradicted: 0.3,
};
/// What is taken off an exact match where another customer is known to pay from the account; enough that it does not
/// teach whose the account is.
pub(super) const THIRD_PARTY: f64 = 0.96;
/// Amounts that differ by a discount or by bank charges: nearly as good as equal ones.
pub(super) const NEAR_AMOUNT: f64 = 0.99;
/// Several of the invoices named, in one way only, make the amount.
pub(super) const PART_OF_NAMED: f64 = 0.975;
/// What is over is exactly another invoice of the customer, whose number got lost.
pub(super) const LOST_NUMBER: f64 = 0.97;
/// Several are named, and the amount is short by more than a discount or charges: which of them is paid in part, nobody
/// can tell.
pub(super) const SHORT_OF_SEVERAL: f64 = 0.8;
/// The number differs in one place from that of the customer's only invoice of this amount.
pub(super) const MISSPELT_NUMBER: f64 = 0.98;

/// An account from which one customer has paid before, once and more often.
pub(super) const ACCOUNT_ONCE: f64 = 0.985;
pub(super) const ACCOUNT_OFTEN: f64 = 0.995;
/// The name of a customer: equal, cut off by the bank, with words more or less.
pub(super) const NAME_EQUAL: f64 = 0.985;
pub(super) const NAME_CUT: f64 = 0.975;
pub(super) const NAME_ALIKE: f64 = 0.96;

/// The payer's only open invoice of this amount.
pub(super) const ONE_OF_PAYER: f64 = 0.99;
/// The payer's only open invoice that makes this amount less a usual discount.
pub(super) const DISCOUNTED_OF_PAYER: f64 = 0.965;
/// Everything that the payer owes, or everything due.
pub(super) const ALL_OF_PAYER: f64 = 0.99;
/// How often a receipt from a payer with several open invoices pays a sum of some of them, before the amount is looked
/// at; the rest is of another matter and makes such a sum only by chance.
pub(super) const SUM_BEFORE_LOOKING: f64 = 0.6;

/// Largest discount, in thousandths.
pub(super) const DISCOUNT_THOUSANDTHS_MAX: i64 = 30;
/// Usual discounts, in thousandths.
pub(super) const DISCOUNTS_THOUSANDTHS: [i64; 5] = [10, 15, 20, 25, 30];
/// Largest bank charges, in whole units of the currency, and as a share of the amount in thousandths.
pub(super) const CHARGES_UNITS_MAX: i64 = 30;
pub(super) const CHARGES_THOUSANDTHS_MAX: i64 = 50;
/// Days between a receipt and the payment that the ledger has of it.
pub(super) const LEDGER_DAYS_APART: i32 = 5;

/// How sure a kind of naming is, by what amount and payer say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strength {
    /// The amount is exactly what is open.
    pub(super) exact: f64,
    /// The amount differs, the payer is the customer.
    pub(super) agreeing: f64,
    /// The amount differs, and nobody knows the payer.
    pub(super) unknown: f64,
    /// The amount differs, and the payer is known as another customer.
    pub(super) contradicted: f64,
}

/// Returns the probability that the only sum of invoices that makes an amount is meant.
///
/// `sums` is how many different sums were possible, `places` how many different amounts they spread over: a sum is hit
/// by chance with about `sums / places`.
pub(super) fn of_sum(sums: u64, places: u64) -> f64 {
    let by_chance = (as_number(sums) / as_number(places.max(1))).min(1.0);
    SUM_BEFORE_LOOKING / (SUM_BEFORE_LOOKING + (1.0 - SUM_BEFORE_LOOKING) * by_chance)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a probability needs no more than 53 bits"
)]
fn as_number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_among_many_says_less_than_one_among_few() {
        // 0.6 / (0.6 + 0.4 * 0.01) = 0.99338, 0.6 / (0.6 + 0.4) = 0.6
        assert!((of_sum(10, 1_000) - 0.993_377).abs() < 1e-6);
        assert!((of_sum(5_000, 1_000) - 0.6).abs() < 1e-12);
        assert!(of_sum(1, 0) < ALLOCATED_FROM);
    }
}
