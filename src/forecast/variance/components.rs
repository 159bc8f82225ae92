//! Actual minus forecast, split into parts that sum exactly.

use std::collections::BTreeMap;

use super::facts::{CashFacts, Settlement};
use super::{Expectation, expectations, share};
use crate::domain::{Currency, Date};
use crate::forecast::Error;
use crate::forecast::record::{ForecastRecord, RecordBucket};

/// The parts of actual minus forecast, in minor units; the module says what each is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VarianceParts {
    /// Cash that came in another bucket, or has not come yet.
    pub timing: i64,
    /// Credit notes, write-offs, short and over payment.
    pub amount: i64,
    /// Cash on invoices not known at the cut-off, less what was expected of billing to come.
    pub new_invoices: i64,
    /// Cash that the forecast could not place.
    pub unforecast: i64,
    /// What rates changed since the forecast.
    pub currency_effect: i64,
}

impl VarianceParts {
    /// Returns the sum of the parts: actual minus forecast.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.timing + self.amount + self.new_invoices + self.unforecast + self.currency_effect
    }
}

/// Actual and forecast of one bucket and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarianceRow {
    /// Place of the bucket in the forecast.
    pub bucket: usize,
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// Label of the bucket.
    pub label: String,
    /// Whether the bucket is not over: the forecast is of all of it, the actual of what has passed.
    pub is_partial: bool,
    /// Currency of the invoices; `None` for all of them together.
    pub currency: Option<Currency>,
    /// Currency of the amounts.
    pub unit: Currency,
    /// What was expected, all layers, in minor units.
    pub forecast: i64,
    /// What came, in minor units.
    pub actual: i64,
    /// Why they differ.
    pub parts: VarianceParts,
}

impl VarianceRow {
    /// Returns actual minus forecast.
    #[must_use]
    pub fn difference(&self) -> i64 {
        self.actual - self.forecast
    }
}

/// Cash of one day in one currency, as it counts for a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayReceipt {
    /// Place of the bucket in the forecast.
    pub bucket: usize,
    /// Currency of the cash.
    pub currency: Currency,
    /// The day of the cash.
    pub date: Date,
    /// Minor units.
    pub minor: i64,
}

/// A forecast beside what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variance {
    /// The cut-off of the forecast.
    pub forecast_as_of: Date,
    /// The last day of which the actual knows anything.
    pub actual_as_of: Date,
    /// One row a bucket that has begun and currency, by time, then by code.
    pub rows: Vec<VarianceRow>,
    /// The cash behind the actual, by bucket, currency and day.
    pub receipts: Vec<DayReceipt>,
}

/// Rates into a reporting currency: units of it for one unit of another.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportingRates {
    /// The reporting currency.
    pub into: Currency,
    /// The rate of each currency on the day of the forecast.
    pub at_forecast: BTreeMap<Currency, f64>,
    /// The rate of each currency on each day with cash.
    pub at_receipt: BTreeMap<(Currency, Date), f64>,
}

/// Explains a forecast by what came, for every bucket that has begun on the last day of the facts.
#[must_use]
pub fn variance(record: &ForecastRecord, facts: &CashFacts) -> Variance {
    let head = record.head();
    let begun = head
        .buckets
        .partition_point(|bucket| bucket.start <= facts.as_of());
    let mut sheets = Sheets {
        buckets: &head.buckets[..begun],
        parts: BTreeMap::new(),
        receipts: BTreeMap::new(),
    };
    let mut left: BTreeMap<Currency, Vec<i64>> = BTreeMap::new();
    for currency in &head.currencies {
        let sheet = sheets.sheet(currency.currency);
        for (parts, amounts) in sheet.iter_mut().zip(&currency.amounts) {
            parts.new_invoices -= amounts.recurring + amounts.new_billing;
        }
        let open = currency.amounts.iter().map(|amounts| amounts.open_invoices);
        left.insert(currency.currency, open.take(begun).collect());
    }
    let news: Vec<&Settlement> = facts
        .settlements()
        .iter()
        .filter(|settlement| settlement.known_on > head.as_of)
        .collect();
    let by_invoice: BTreeMap<&str, &[&Settlement]> = news
        .chunk_by(|one, other| one.invoice_id == other.invoice_id)
        .map(|settlements| (settlements[0].invoice_id.as_str(), settlements))
        .collect();
    let expectations = expectations(record);
    for (invoice_id, expectation) in &expectations {
        let settlements = by_invoice.get(invoice_id).copied().unwrap_or_default();
        sheets.judge(expectation, settlements);
        if let Some(left) = left.get_mut(&expectation.currency) {
            for (rest, expected) in left.iter_mut().zip(&expectation.buckets) {
                *rest -= expected;
            }
        }
    }
    // The lines of a forecast add up to its buckets; what a record leaves between them is a matter of time.
    for (currency, left) in left {
        for (parts, rest) in sheets.sheet(currency).iter_mut().zip(left) {
            parts.timing -= rest;
        }
    }
    for (invoice_id, settlements) in by_invoice {
        if !expectations.contains_key(invoice_id) {
            sheets.place(settlements, facts.knew(invoice_id, head.as_of));
        }
    }
    sheets.into_variance(record, facts.as_of())
}

/// The parts while they are gathered.
struct Sheets<'a> {
    /// The buckets that have begun.
    buckets: &'a [RecordBucket],
    parts: BTreeMap<Currency, Vec<VarianceParts>>,
    receipts: BTreeMap<(usize, Currency, Date), i64>,
}

impl Sheets<'_> {
    fn sheet(&mut self, currency: Currency) -> &mut Vec<VarianceParts> {
        let count = self.buckets.len();
        self.parts
            .entry(currency)
            .or_insert_with(|| vec![VarianceParts::default(); count])
    }

    /// Returns the bucket in which cash counts; cash from before the cut-off counts on the first day.
    fn bucket_of(&self, date: Date) -> Option<usize> {
        let index = self.buckets.partition_point(|bucket| bucket.end < date);
        (index < self.buckets.len()).then_some(index)
    }

    fn receive(&mut self, bucket: usize, currency: Currency, settlement: &Settlement) {
        *self
            .receipts
            .entry((bucket, currency, settlement.date))
            .or_default() += settlement.minor;
    }

    /// Judges what came on an invoice of the forecast.
    fn judge(&mut self, expectation: &Expectation<'_>, settlements: &[&Settlement]) {
        let (currency, open) = (expectation.currency, expectation.open);
        let sum = |is_cash: bool| -> i64 {
            let of_kind = settlements.iter().filter(|one| one.is_cash == is_cash);
            of_kind.map(|one| one.minor).sum()
        };
        let (cash, credited) = (sum(true), sum(false).clamp(0, open.max(0)));
        let payable = open.max(0) - credited;
        let gone = if cash > 0 && !expectation.is_on_plan {
            (open - cash).clamp(0, open.max(0))
        } else {
            credited
        };
        let mut received = 0_i64;
        for settlement in settlements.iter().filter(|one| one.is_cash) {
            let (before, after) = (received, received + settlement.minor);
            received = after;
            let Some(bucket) = self.bucket_of(settlement.date) else {
                continue;
            };
            self.receive(bucket, currency, settlement);
            let parts = &mut self.sheet(currency)[bucket];
            parts.unforecast += after.min(0) - before.min(0);
            parts.timing += after.clamp(0, payable) - before.clamp(0, payable);
            parts.amount += (after - payable).max(0) - (before - payable).max(0);
        }
        let sheet = self.sheet(currency);
        for (parts, &expected) in sheet.iter_mut().zip(&expectation.buckets) {
            let lost = if open > 0 { share(expected, gone, open) } else { 0 };
            parts.amount -= lost;
            parts.timing -= expected - lost;
        }
    }

    /// Places what came on an invoice that is not in the forecast.
    fn place(&mut self, settlements: &[&Settlement], is_known: bool) {
        for settlement in settlements.iter().filter(|one| one.is_cash) {
            let Some(bucket) = self.bucket_of(settlement.date) else {
                continue;
            };
            self.receive(bucket, settlement.currency, settlement);
            let parts = &mut self.sheet(settlement.currency)[bucket];
            if is_known {
                parts.unforecast += settlement.minor;
            } else {
                parts.new_invoices += settlement.minor;
            }
        }
    }

    fn into_variance(self, record: &ForecastRecord, actual_as_of: Date) -> Variance {
        let head = record.head();
        let mut actual: BTreeMap<(usize, Currency), i64> = BTreeMap::new();
        for ((bucket, currency, _), minor) in &self.receipts {
            *actual.entry((*bucket, *currency)).or_default() += minor;
        }
        let mut rows = Vec::new();
        for (index, bucket) in self.buckets.iter().enumerate() {
            for (currency, sheet) in &self.parts {
                let said = head.currencies.iter().find(|one| one.currency == *currency);
                rows.push(VarianceRow {
                    bucket: index,
                    start: bucket.start,
                    end: bucket.end,
                    label: bucket.label.clone(),
                    is_partial: bucket.end > actual_as_of,
                    currency: Some(*currency),
                    unit: *currency,
                    forecast: said.map_or(0, |one| one.amounts[index].expected()),
                    actual: actual.get(&(index, *currency)).copied().unwrap_or(0),
                    parts: sheet[index],
                });
            }
        }
        let receipts = self
            .receipts
            .into_iter()
            .map(|((bucket, currency, date), minor)| DayReceipt {
                bucket,
                currency,
                date,
                minor,
            })
            .collect();
        Variance {
            forecast_as_of: head.as_of,
            actual_as_of,
            rows,
            receipts,
        }
    }
}

impl Variance {
    /// Returns the same in a reporting currency: each currency by itself, then all together.
    ///
    /// # Errors
    ///
    /// [`Error::RateMissing`] if a rate is missing.
    pub fn translated(&self, rates: &ReportingRates) -> Result<Self, Error> {
        let mut rows: Vec<VarianceRow> = Vec::new();
        for of_bucket in self.rows.chunk_by(|one, other| one.bucket == other.bucket) {
            let mut total: Option<VarianceRow> = None;
            for row in of_bucket {
                let Some(currency) = row.currency else {
                    continue;
                };
                let row = self.translated_row(row, currency, rates)?;
                match &mut total {
                    Some(total) => total.add(&row),
                    None => {
                        total = Some(VarianceRow {
                            currency: None,
                            ..row.clone()
                        });
                    }
                }
                rows.push(row);
            }
            rows.extend(total);
        }
        Ok(Self { rows, ..self.clone() })
    }

    fn translated_row(
        &self,
        row: &VarianceRow,
        currency: Currency,
        rates: &ReportingRates,
    ) -> Result<VarianceRow, Error> {
        let first = rates.at(currency, self.forecast_as_of, rates.at_forecast.get(&currency))?;
        let then = |minor: i64| in_units(minor, currency, rates.into, first);
        let mut actual = 0;
        let of_row = self
            .receipts
            .iter()
            .filter(|receipt| receipt.bucket == row.bucket && receipt.currency == currency);
        for receipt in of_row {
            let given = rates.at_receipt.get(&(currency, receipt.date));
            let rate = rates.at(currency, receipt.date, given)?;
            actual += in_units(receipt.minor, currency, rates.into, rate);
        }
        let (forecast, actual_then) = (then(row.forecast), then(row.actual));
        let mut parts = VarianceParts {
            timing: 0,
            amount: then(row.parts.amount),
            new_invoices: then(row.parts.new_invoices),
            unforecast: then(row.parts.unforecast),
            currency_effect: actual - actual_then,
        };
        parts.timing = actual - forecast - parts.sum();
        Ok(VarianceRow {
            unit: rates.into,
            forecast,
            actual,
            parts,
            ..row.clone()
        })
    }
}

impl VarianceRow {
    fn add(&mut self, other: &Self) {
        self.forecast += other.forecast;
        self.actual += other.actual;
        self.parts.timing += other.parts.timing;
        self.parts.amount += other.parts.amount;
        self.parts.new_invoices += other.parts.new_invoices;
        self.parts.unforecast += other.parts.unforecast;
        self.parts.currency_effect += other.parts.currency_effect;
    }
}

impl ReportingRates {
    fn at(&self, from: Currency, of: Date, given: Option<&f64>) -> Result<f64, Error> {
        if from == self.into {
            return Ok(1.0);
        }
        given.copied().ok_or(Error::RateMissing {
            from,
            into: self.into,
            as_of: of,
        })
    }
}

/// Returns an amount in minor units of another currency, halves away from zero.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a translated amount is as exact as its rate; what is beyond 64 bits stays at their end"
)]
fn in_units(minor: i64, from: Currency, into: Currency, rate: f64) -> i64 {
    let decimals = |currency: Currency| i32::try_from(currency.exponent()).unwrap_or(0);
    (minor as f64 * rate * 10_f64.powi(decimals(into) - decimals(from))).round() as i64
}
