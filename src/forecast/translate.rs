//! A forecast in one currency: every draw translated at stated rates, then added up.
//!
//! Rates are taken as certain: the band of a translation is that of the cash, not of the rates.

use super::simulate::LayerDraws;
use super::{CashBucket, CurrencyForecast, Error, ForecastRow, RateUsed, Rates, Simulated};
use crate::domain::{Currency, Date};

/// Largest sum of absolute amounts that is translated, as a double: no sum of it leaves 64 bits.
const LARGEST_SUM: f64 = 4.6e18;

/// The totals of all currencies in one.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// The cut-off.
    pub as_of: Date,
    /// The currency translated into.
    pub currency: Currency,
    /// The rate of each currency of the forecast.
    pub rates: Vec<RateUsed>,
    /// The totals in minor units of `currency`. The two sums of a [`CurrencyForecast`] hold here too, exactly:
    /// running sums are translated and rounded, and each part is the difference of two.
    pub forecast: CurrencyForecast,
}

impl Translation {
    /// Returns one row a bucket, in time order.
    #[must_use]
    pub fn rows(&self) -> Vec<ForecastRow> {
        self.forecast.rows(self.as_of, "")
    }
}

impl Simulated {
    /// Adds the totals of all currencies up in one, draw by draw.
    ///
    /// # Errors
    ///
    /// - [`Error::RateMissing`] if no rate leads from a currency of the forecast to `into`.
    /// - [`Error::AmountOverflow`] if the translated amounts do not fit 64 bits.
    pub fn translated(&self, into: Currency, rates: &Rates) -> Result<Translation, Error> {
        let forecast = self.forecast();
        let plan = &forecast.plan;
        let spans = plan.spans(forecast.as_of);
        let draw_count = usize::try_from(plan.draws).expect("the number of draws is at most 10,000");
        let mut draws = LayerDraws::zero(draw_count, spans.len());
        let mut sum = CurrencyForecast::empty(into, &spans);
        let mut rates_used = Vec::with_capacity(forecast.currencies.len());
        let mut size = 0.0;
        for book in &forecast.currencies {
            let rate = rates.rate(book.currency, into)?;
            let factor = minor_factor(&rate, into);
            size += as_double(self.size_of(book.currency)) * factor;
            if size.is_nan() || size > LARGEST_SUM {
                return Err(Error::AmountOverflow { currency: into });
            }
            add_means(&mut sum, book, factor);
            if let Some(own) = self.draws().get(&book.currency) {
                draws.add(&own.map(|cell| scaled(cell, factor)));
            }
            rates_used.push(rate);
        }
        sum.add_layers_up();
        sum.read_bands(forecast.as_of, &draws, &plan.band);
        Ok(Translation {
            as_of: forecast.as_of,
            currency: into,
            rates: rates_used,
            forecast: sum,
        })
    }
}

/// Returns the minor units of the target for one minor unit of a currency: yen have no decimals, dinars three.
fn minor_factor(rate: &RateUsed, into: Currency) -> f64 {
    let exponent = |currency: Currency| i32::try_from(currency.exponent()).expect("at most four decimals");
    rate.rate * 10_f64.powi(exponent(into) - exponent(rate.currency))
}

/// Adds the translated means and open amounts of one currency.
fn add_means(sum: &mut CurrencyForecast, book: &CurrencyForecast, factor: f64) {
    let parts = |part: fn(&CashBucket) -> i64, rest: &[i64]| -> Vec<i64> {
        let buckets = book.buckets.iter().map(part);
        translated_parts(buckets.chain(rest.iter().copied()), factor)
    };
    let rest_of = |whole: i64, part: fn(&CashBucket) -> i64| whole - book.buckets.iter().map(part).sum::<i64>();
    let expected = parts(|bucket| bucket.expected, &[book.beyond_horizon, book.expected_loss]);
    let contractual = parts(
        |bucket| bucket.contractual,
        &[book.due_beyond_horizon, book.overdue],
    );
    let recurring = parts(
        |bucket| bucket.recurring,
        &[book.recurring_beyond_horizon, book.recurring_loss],
    );
    let new_billing = parts(
        |bucket| bucket.new_billing,
        &[book.new_billing_beyond_horizon, book.new_billing_loss],
    );
    let undated_promise = rest_of(book.promised, |bucket| bucket.promised);
    let promised = parts(|bucket| bucket.promised, &[undated_promise]);
    let undated_dispute = rest_of(book.disputed, |bucket| bucket.disputed);
    let disputed = parts(|bucket| bucket.disputed, &[undated_dispute]);
    for (index, bucket) in sum.buckets.iter_mut().enumerate() {
        bucket.expected += expected[index];
        bucket.contractual += contractual[index];
        bucket.recurring += recurring[index];
        bucket.new_billing += new_billing[index];
        bucket.promised += promised[index];
        bucket.disputed += disputed[index];
        bucket.invoice_count += book.buckets[index].invoice_count;
    }
    let count = book.buckets.len();
    sum.invoice_count += book.invoice_count;
    sum.open_balance += scaled(book.open_balance, factor);
    sum.promised += scaled(book.promised, factor);
    sum.disputed += scaled(book.disputed, factor);
    sum.beyond_horizon += expected[count];
    sum.expected_loss += expected[count + 1];
    sum.due_beyond_horizon += contractual[count];
    sum.overdue += contractual[count + 1];
    sum.recurring_beyond_horizon += recurring[count];
    sum.recurring_loss += recurring[count + 1];
    sum.new_billing_beyond_horizon += new_billing[count];
    sum.new_billing_loss += new_billing[count + 1];
}

/// Translates the parts of a whole so that they sum to the translated whole.
fn translated_parts(parts: impl Iterator<Item = i64>, factor: f64) -> Vec<i64> {
    let (mut running, mut before) = (0, 0);
    parts
        .map(|part| {
            running += part;
            let now = scaled(running, factor);
            let translated = now - before;
            before = now;
            translated
        })
        .collect()
}

/// Translates an amount and rounds it to minor units, halves away from zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller has made sure that the translated amounts fit an i64"
)]
fn scaled(minor: i64, factor: f64) -> i64 {
    (as_double(minor) * factor).round() as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a translated amount has no more digits than its rate; 53 bits are more"
)]
fn as_double(minor: i64) -> f64 {
    minor as f64
}

#[cfg(test)]
mod tests {
    use super::translated_parts;

    #[test]
    fn translated_parts_sum_to_the_translated_whole() {
        let parts = translated_parts([1, 1, 1].into_iter(), 1.5);
        assert_eq!(parts, vec![2, 1, 2]);
        assert_eq!(parts.iter().sum::<i64>(), 5);
    }
}
