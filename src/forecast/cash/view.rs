//! What a forecast looks like in JSON: amounts as decimal strings.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{CashBucket, CurrencyForecast};
use crate::domain::{Currency, Money};

/// A bucket with the currency that its amounts are written in.
struct BucketView<'a> {
    currency: Currency,
    bucket: &'a CashBucket,
}

impl Serialize for BucketView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bucket = self.bucket;
        let amounts = [
            ("expected", bucket.expected),
            ("p10", bucket.p10),
            ("p50", bucket.p50),
            ("p90", bucket.p90),
            ("contractual", bucket.contractual),
            ("cumulative_expected", bucket.cumulative_expected),
            ("cumulative_p10", bucket.cumulative_p10),
            ("cumulative_p50", bucket.cumulative_p50),
            ("cumulative_p90", bucket.cumulative_p90),
            ("promised", bucket.promised),
            ("disputed", bucket.disputed),
            ("recurring", bucket.recurring),
            ("new_billing", bucket.new_billing),
            ("total", bucket.total),
            ("total_p10", bucket.total_p10),
            ("total_p50", bucket.total_p50),
            ("total_p90", bucket.total_p90),
            ("cumulative_total", bucket.cumulative_total),
            ("cumulative_total_p10", bucket.cumulative_total_p10),
            ("cumulative_total_p50", bucket.cumulative_total_p50),
            ("cumulative_total_p90", bucket.cumulative_total_p90),
        ];
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("start", &bucket.start)?;
        map.serialize_entry("end", &bucket.end)?;
        map.serialize_entry("label", &bucket.label)?;
        write_amounts(&mut map, self.currency, &amounts)?;
        map.serialize_entry("invoice_count", &bucket.invoice_count)?;
        map.end()
    }
}

impl Serialize for CurrencyForecast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let amounts = [
            ("open_balance", self.open_balance),
            ("overdue", self.overdue),
            ("due_beyond_horizon", self.due_beyond_horizon),
            ("beyond_horizon", self.beyond_horizon),
            ("expected_loss", self.expected_loss),
            ("disputed", self.disputed),
            ("promised", self.promised),
            ("recurring_beyond_horizon", self.recurring_beyond_horizon),
            ("recurring_loss", self.recurring_loss),
            ("new_billing_beyond_horizon", self.new_billing_beyond_horizon),
            ("new_billing_loss", self.new_billing_loss),
        ];
        let view = |bucket| BucketView {
            currency: self.currency,
            bucket,
        };
        let buckets: Vec<BucketView<'_>> = self.buckets.iter().map(view).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("currency", self.currency.code())?;
        map.serialize_entry("invoice_count", &self.invoice_count)?;
        write_amounts(&mut map, self.currency, &amounts)?;
        map.serialize_entry("buckets", &buckets)?;
        map.end()
    }
}

fn write_amounts<M: SerializeMap>(
    map: &mut M,
    currency: Currency,
    amounts: &[(&str, i64)],
) -> Result<(), M::Error> {
    for (name, minor) in amounts {
        map.serialize_entry(name, &Money::from_minor(*minor, currency).to_decimal_string())?;
    }
    Ok(())
}
