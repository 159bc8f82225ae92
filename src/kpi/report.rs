//! The key figures of a snapshot, by currency, as a tree and as flat rows.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::aging::{AGING_BUCKETS, AgingBucket, expected_credit_loss, provision_rates};
use super::facts::CurrencyFacts;
use super::window::{WINDOW_DAYS_MAX, Window};
use super::{Error, facts, measure};
use super::{collection as rate, dso};
use crate::domain::date::{add_days, day_number, from_day_number};
use crate::domain::{Currency, Date, Money};
use crate::history::{OpenItem, Snapshot};

/// Forward-looking factor of the reported provision: history as it was. Another view of the economy
/// is a call of [`expected_credit_loss`](super::expected_credit_loss) away.
const FORWARD_LOOKING_FACTOR: f64 = 1.0;

/// The key figures of a book at a cut-off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiReport {
    /// The cut-off: last day of the window, last day whose facts count.
    pub as_of: Date,
    /// First day of the window.
    pub window_start: Date,
    /// Days of the window, both ends included.
    pub window_days: u32,
    /// One entry a currency, by code.
    pub currencies: Vec<CurrencyKpis>,
}

/// The key figures of one currency. Shares are fractions; `None` is "not defined", never zero.
///
/// Serialized, amounts are decimal strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurrencyKpis {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Receivables at the cut-off.
    #[serde(serialize_with = "decimal")]
    pub receivables: Money,
    /// Of these, not past due.
    #[serde(serialize_with = "decimal")]
    pub current_receivables: Money,
    /// Of these, past due.
    #[serde(serialize_with = "decimal")]
    pub overdue_receivables: Money,
    /// Of these, disputed.
    #[serde(serialize_with = "decimal")]
    pub disputed_receivables: Money,
    /// Receivables on the eve of the window, as known then.
    #[serde(serialize_with = "decimal")]
    pub begin_receivables: Money,
    /// Credit sales of the window, net of credit notes.
    #[serde(serialize_with = "decimal")]
    pub credit_sales: Money,
    /// Days sales outstanding, simple.
    pub dso_simple: Option<f64>,
    /// Days sales outstanding, countback.
    pub dso_countback: Option<f64>,
    /// Whether the history ran out, so that the countback figure is a lower bound.
    pub dso_countback_is_at_least: bool,
    /// Days sales outstanding if nothing were past due.
    pub dso_best_possible: Option<f64>,
    /// Simple less best possible.
    pub average_days_delinquent: Option<f64>,
    /// Collection effectiveness index.
    pub collection_effectiveness: Option<f64>,
    /// Cash of the window on items overdue at its start or due in it, as a share of these items.
    pub collection_rate: Option<f64>,
    /// Share of the receivables that is not past due.
    pub current_share: Option<f64>,
    /// Days past due of the window's payments, weighted by amount.
    pub weighted_days_late: Option<f64>,
    /// Promises whose deadline lies in the window.
    pub promises_due: usize,
    /// Of these, the share kept.
    pub promise_kept_by_count: Option<f64>,
    /// The same, weighted by amount.
    pub promise_kept_by_amount: Option<f64>,
    /// Disputed share of the receivables.
    pub dispute_rate: Option<f64>,
    /// Write-offs less recoveries of the window, as a share of its credit sales.
    pub bad_debt_ratio: Option<f64>,
    /// The receivables by days past due, youngest first.
    pub aging: Vec<AgingLine>,
    /// Provision by the matrix, forward-looking factor 1: the open amount of each ageing bucket times
    /// its loss rate. Not the `expected_loss` of a forecast, which is what the model says never comes.
    #[serde(rename = "provision_matrix", serialize_with = "decimal_or_null")]
    pub expected_credit_loss: Option<Money>,
}

/// One ageing bucket of one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgingLine {
    /// The bucket.
    pub bucket: AgingBucket,
    /// Open amount.
    #[serde(serialize_with = "decimal")]
    pub open: Money,
    /// Number of open invoices.
    pub invoice_count: u32,
    /// Loss rate of the provision matrix: of past amounts that came to be in the bucket, the share
    /// still unpaid 90 days past due.
    pub loss_rate: Option<f64>,
}

/// One figure as a flat row, for CSV and spreadsheets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KpiRow {
    /// The cut-off.
    pub as_of: Date,
    /// First day of the window.
    pub window_start: Date,
    /// Currency of the figure.
    pub currency: Currency,
    /// Name of the figure; METHOD section 9 defines each.
    pub kpi: String,
    /// `amount` (of the currency), `days`, `share` (a fraction) or `count`.
    pub unit: &'static str,
    /// The figure as a decimal number; empty where it is not defined.
    pub value: Option<String>,
}

/// Computes the key figures at the snapshot's cut-off over the last `window_days` days.
///
/// [`default_window_days`](super::default_window_days) gives three calendar months. Ageing goes by
/// the due date of the open item.
///
/// # Errors
///
/// - [`Error::WindowInvalid`] if the window is 0 or above [`WINDOW_DAYS_MAX`].
/// - [`Error::History`], [`Error::Table`], [`Error::CellInvalid`] if the ledger cannot be read.
/// - [`Error::AmountOverflow`] if the amounts of a currency do not fit.
pub fn report(snapshot: &Snapshot, window_days: u32) -> Result<KpiReport, Error> {
    if !(1..=WINDOW_DAYS_MAX).contains(&window_days) {
        return Err(Error::WindowInvalid {
            given: window_days,
            max: WINDOW_DAYS_MAX,
        });
    }
    let as_of = snapshot.cutoff();
    let window = Window::ending(as_of, window_days);
    let eve = add_days(as_of, -i64::from(window_days));
    let facts = facts::read(snapshot)?;
    let ending = balances(&snapshot.open_items()?);
    let beginning = balances(&snapshot.as_of(eve).open_items()?);
    let currencies = facts
        .iter()
        .map(|(&currency, of_currency)| {
            let begin = beginning.get(&currency).map_or(0, |balance| balance.total);
            let end = ending.get(&currency).copied().unwrap_or_default();
            currency_kpis(currency, of_currency, begin, &end, window, as_of)
        })
        .collect();
    Ok(KpiReport {
        as_of,
        window_start: from_day_number(window.first_day),
        window_days,
        currencies,
    })
}

/// The open items of one currency, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    total: i64,
    disputed: i64,
    aged: [i64; AGING_BUCKETS],
    counts: [u32; AGING_BUCKETS],
}

/// Adds the open items up by currency and age.
fn balances(items: &[OpenItem]) -> BTreeMap<Currency, Balance> {
    let mut balances: BTreeMap<Currency, Balance> = BTreeMap::new();
    for item in items {
        let balance = balances.entry(item.open.currency()).or_default();
        let bucket = AgingBucket::of_days_past_due(item.days_past_due).index();
        balance.total += item.open.minor();
        balance.disputed += item.disputed.minor();
        balance.aged[bucket] += item.open.minor();
        balance.counts[bucket] += 1;
    }
    balances
}

/// Computes the figures of one currency.
fn currency_kpis(
    currency: Currency,
    facts: &CurrencyFacts,
    begin: i64,
    end: &Balance,
    window: Window,
    as_of: Date,
) -> CurrencyKpis {
    let money = |minor: i64| Money::from_minor(minor, currency);
    let days = window.last_day.abs_diff(window.first_day) + 1;
    let current = end.aged[AgingBucket::Current.index()];
    let sales = measure::credit_sales(facts, window);
    let dso_simple = dso::dso_simple(end.total, sales, days);
    let dso_best_possible = dso::dso_best_possible(current, sales, days);
    let countback = dso::dso_countback(end.total, &measure::monthly_sales(facts, as_of));
    let collection = measure::collection(facts, window);
    let bad_debt = measure::bad_debt(facts, window);
    let promises = measure::promises(facts, window);
    let promise_rates = rate::promise_kept_rates(&promises);
    let flow = measure::roll_flow(facts, day_number(as_of));
    let loss_rates = provision_rates(&flow.reached, flow.loss);
    let loss = expected_credit_loss(&end.aged, &loss_rates, FORWARD_LOOKING_FACTOR);
    CurrencyKpis {
        currency,
        receivables: money(end.total),
        current_receivables: money(current),
        overdue_receivables: money(end.total - current),
        disputed_receivables: money(end.disputed),
        begin_receivables: money(begin),
        credit_sales: money(sales),
        dso_simple,
        dso_countback: countback.map(|countback| countback.days),
        dso_countback_is_at_least: countback.is_some_and(|countback| countback.is_at_least),
        dso_best_possible,
        average_days_delinquent: dso::average_days_delinquent(dso_simple, dso_best_possible),
        collection_effectiveness: rate::collection_effectiveness(begin, sales, end.total, current),
        collection_rate: rate::collection_rate(collection.collected, collection.collectable),
        current_share: rate::current_share(current, end.total),
        weighted_days_late: rate::weighted_days_late(&measure::paid_items(facts, window)),
        promises_due: promises.len(),
        promise_kept_by_count: promise_rates.by_count,
        promise_kept_by_amount: promise_rates.by_amount,
        dispute_rate: rate::dispute_rate(end.disputed, end.total),
        bad_debt_ratio: rate::bad_debt_ratio(bad_debt.write_offs, bad_debt.recoveries, sales),
        aging: aging_lines(currency, end, &loss_rates),
        expected_credit_loss: loss.map(|minor| money(nearest_minor(minor))),
    }
}

/// Returns the ageing lines of one currency.
fn aging_lines(
    currency: Currency,
    balance: &Balance,
    loss_rates: &[Option<f64>; AGING_BUCKETS],
) -> Vec<AgingLine> {
    AgingBucket::ALL
        .into_iter()
        .map(|bucket| AgingLine {
            bucket,
            open: Money::from_minor(balance.aged[bucket.index()], currency),
            invoice_count: balance.counts[bucket.index()],
            loss_rate: loss_rates[bucket.index()],
        })
        .collect()
}

/// Rounds to the nearest minor unit, halves away from zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a provision is at most the balance, which fits 62 bits"
)]
fn nearest_minor(minor: f64) -> i64 {
    minor.round() as i64
}

impl KpiReport {
    /// Returns one row a currency and figure, by currency code, then in reading order.
    #[must_use]
    pub fn rows(&self) -> Vec<KpiRow> {
        self.currencies
            .iter()
            .flat_map(|kpis| {
                kpis.figures().into_iter().map(|(kpi, unit, value)| KpiRow {
                    as_of: self.as_of,
                    window_start: self.window_start,
                    currency: kpis.currency,
                    kpi,
                    unit,
                    value,
                })
            })
            .collect()
    }
}

/// Name, unit and value of a figure.
type Figure = (String, &'static str, Option<String>);

impl CurrencyKpis {
    /// Returns every figure as text, in reading order.
    fn figures(&self) -> Vec<Figure> {
        let amount = |name: &str, money: Option<Money>| {
            let value = money.map(Money::to_decimal_string);
            (name.to_string(), "amount", value)
        };
        let days = |name: &str, value: Option<f64>| (name.to_string(), "days", number(value));
        let share = |name: &str, value: Option<f64>| (name.to_string(), "share", number(value));
        let count = |name: &str, value: String| (name.to_string(), "count", Some(value));
        let countback_name = if self.dso_countback_is_at_least {
            "dso_countback_at_least"
        } else {
            "dso_countback"
        };
        let mut figures = vec![
            amount("receivables", Some(self.receivables)),
            amount("current_receivables", Some(self.current_receivables)),
            amount("overdue_receivables", Some(self.overdue_receivables)),
            amount("disputed_receivables", Some(self.disputed_receivables)),
            amount("begin_receivables", Some(self.begin_receivables)),
            amount("credit_sales", Some(self.credit_sales)),
            days("dso_simple", self.dso_simple),
            days(countback_name, self.dso_countback),
            days("dso_best_possible", self.dso_best_possible),
            days("average_days_delinquent", self.average_days_delinquent),
            share("collection_effectiveness", self.collection_effectiveness),
            share("collection_rate", self.collection_rate),
            share("current_share", self.current_share),
            days("weighted_days_late", self.weighted_days_late),
            count("promises_due", self.promises_due.to_string()),
            share("promise_kept_by_count", self.promise_kept_by_count),
            share("promise_kept_by_amount", self.promise_kept_by_amount),
            share("dispute_rate", self.dispute_rate),
            share("bad_debt_ratio", self.bad_debt_ratio),
            amount("provision_matrix", self.expected_credit_loss),
        ];
        for line in &self.aging {
            let label = line.bucket.label();
            figures.push(amount(&format!("open_{label}"), Some(line.open)));
            figures.push(count(
                &format!("invoices_{label}"),
                line.invoice_count.to_string(),
            ));
            figures.push(share(&format!("loss_rate_{label}"), line.loss_rate));
        }
        figures
    }
}

/// Returns a figure with six decimals, more than any ledger supports.
fn number(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.6}"))
}

/// Writes an amount as a decimal string without its currency.
fn decimal<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.to_decimal_string())
}

/// Writes an amount as a decimal string, or null.
fn decimal_or_null<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    money.map(Money::to_decimal_string).serialize(serializer)
}
