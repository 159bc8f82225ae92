//! How a customer has paid so far, invoice by invoice, every one counting the same.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CustomerRecord, InvoiceRecord};

/// How a customer has paid the invoices that it paid in full, all of them counting the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PaidRecord {
    /// Invoices paid in full.
    pub paid_count: usize,
    /// Mean of days past due at payment; negative is early. Null where none was paid.
    pub average_days: Option<f64>,
    /// Median of days past due at payment.
    pub median_days: Option<f64>,
    /// Standard deviation of days past due at payment; null for fewer than two.
    pub spread_days: Option<f64>,
    /// Share of them paid after the due date.
    pub late_share: Option<f64>,
}

impl CustomerRecord {
    /// Returns how the customer has paid so far.
    #[must_use]
    pub fn paid(&self) -> PaidRecord {
        let days = self.invoices.iter().filter_map(InvoiceRecord::paid_days);
        PaidRecord::of(days.collect())
    }
}

impl PaidRecord {
    fn of(mut days: Vec<i32>) -> Self {
        days.sort_unstable();
        let Some(average) = mean(days.iter().map(|day| f64::from(*day))) else {
            return Self::default();
        };
        let (low, high) = (days[(days.len() - 1) / 2], days[days.len() / 2]);
        // The mean square over n - 1 of n, for the average is the sample's own.
        let square = mean(days.iter().map(|day| (f64::from(*day) - average).powi(2)));
        let number = count(days.len());
        let spread = square.filter(|_| days.len() > 1);
        Self {
            paid_count: days.len(),
            average_days: Some(average),
            median_days: Some((f64::from(low) + f64::from(high)) / 2.0),
            spread_days: spread.map(|square| (square * number / (number - 1.0)).sqrt()),
            late_share: Some(count(days.iter().filter(|day| **day > 0).count()) / number),
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let number = values.len();
    (number > 0).then(|| values.sum::<f64>() / count(number))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_paid_says_nothing() {
        assert_eq!(PaidRecord::of(Vec::new()), PaidRecord::default());
    }

    #[test]
    fn one_payment_has_no_spread() {
        let paid = PaidRecord::of(vec![-3]);
        assert_eq!((paid.average_days, paid.median_days), (Some(-3.0), Some(-3.0)));
        assert_eq!((paid.spread_days, paid.late_share), (None, Some(0.0)));
    }

    #[test]
    fn average_median_and_spread_are_those_of_the_days() {
        let paid = PaidRecord::of(vec![12, 0, 2, 2]);
        assert_eq!((paid.average_days, paid.median_days), (Some(4.0), Some(2.0)));
        assert_eq!(paid.late_share, Some(0.75));
        // The squares of -4, -2, -2 and 8 sum to 88.
        assert!((paid.spread_days.unwrap() - (88.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
