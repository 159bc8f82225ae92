//! The result of a forecast: cash by currency and bucket, in total and by group.

mod row;
mod running;
mod view;

use serde::Serialize;

use super::simulate::{Bands, LayerDraws};
use super::{Band, BucketSpan, ForecastPlan, GroupBy};
use crate::domain::date::day_number;
use crate::domain::{Currency, Date};

pub use row::ForecastRow;
use running::Running;

/// Cash by currency and bucket.
///
/// Currencies stay apart: nothing is translated. Serialized, amounts are decimal strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CashForecast {
    /// The cut-off: last day whose facts the forecast knows.
    pub as_of: Date,
    /// The parameters, seed included: with the predictions they reproduce every number.
    pub plan: ForecastPlan,
    /// One entry a currency, by code.
    pub currencies: Vec<CurrencyForecast>,
    /// One entry a currency and group, by both; none where nothing is grouped. Means and open amounts add up
    /// to those of the currency but for the last minor unit of a mean; quantiles do not.
    pub groups: Vec<GroupForecast>,
}

/// The forecast of one group in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupForecast {
    /// What is grouped by.
    pub by: GroupBy,
    /// The group; absent is what the ledger does not tell.
    pub group: Option<String>,
    /// Its cash.
    pub forecast: CurrencyForecast,
}

/// The forecast of one currency; all amounts in minor units.
///
/// Three layers stand apart: open invoices (`expected`, `p10` and so on), known recurring billing (`recurring`)
/// and expected new billing (`new_billing`); `total` is all of them. Two sums hold exactly:
///
/// ```text
/// sum of expected    + beyond_horizon            + expected_loss = open_balance
/// sum of contractual + overdue + due_beyond_horizon              = open_balance
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyForecast {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Number of open invoices.
    pub invoice_count: u32,
    /// Open amount at the cut-off.
    pub open_balance: i64,
    /// Open amount due on or before the cut-off: by contract it should have arrived, so it stands
    /// in no bucket's `contractual`.
    pub overdue: i64,
    /// Open amount due after the last bucket.
    pub due_beyond_horizon: i64,
    /// Expected cash of the open invoices after the last bucket.
    pub beyond_horizon: i64,
    /// Expected amount that never comes in cash: never paid, or ended by a credit note or a write-off.
    pub expected_loss: i64,
    /// The part of the open amount in an unresolved dispute, whenever it is due.
    pub disputed: i64,
    /// The part of the open amount that is promised for a day after the cut-off.
    pub promised: i64,
    /// Expected cash of the recurring billing after the last bucket.
    pub recurring_beyond_horizon: i64,
    /// Recurring billing that is expected not to become cash.
    pub recurring_loss: i64,
    /// Expected cash of the new billing after the last bucket.
    pub new_billing_beyond_horizon: i64,
    /// New billing that is expected not to become cash.
    pub new_billing_loss: i64,
    /// The buckets, in time order, without a gap.
    pub buckets: Vec<CashBucket>,
}

/// Cash of one bucket; all amounts in minor units of its currency.
///
/// P10 is the pessimistic end: the simulation gives a chance of 90 % of at least this much. Means
/// add up over buckets and currencies' books; quantiles do not, which is why the cumulative ones are
/// simulated and not summed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CashBucket {
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// `2026-10-01`, `2026-W53` or `2026-10`.
    pub label: String,
    /// Mean of the open invoices.
    pub expected: i64,
    /// Amount that the open invoices reach with a chance of 90 %.
    pub p10: i64,
    /// Median of the open invoices.
    pub p50: i64,
    /// Amount that the open invoices reach with a chance of 10 %.
    pub p90: i64,
    /// Open amount whose due date lies in the bucket.
    pub contractual: i64,
    /// Mean of the cash of the open invoices up to the end of the bucket.
    pub cumulative_expected: i64,
    /// Amount reached with a chance of 90 % by the end of the bucket.
    pub cumulative_p10: i64,
    /// Median of the cash up to the end of the bucket.
    pub cumulative_p50: i64,
    /// Amount reached with a chance of 10 % by the end of the bucket.
    pub cumulative_p90: i64,
    /// Number of open invoices and instalments whose due date lies in the bucket, the ones behind `contractual`.
    pub invoice_count: u32,
    /// Open amount promised for a day of the bucket.
    pub promised: i64,
    /// The part of `contractual` in an unresolved dispute.
    pub disputed: i64,
    /// Mean of the known recurring billing.
    pub recurring: i64,
    /// Mean of the expected new billing.
    pub new_billing: i64,
    /// Mean of all layers: `expected`, `recurring` and `new_billing`.
    pub total: i64,
    /// Amount that all layers reach with a chance of 90 %.
    pub total_p10: i64,
    /// Median of all layers.
    pub total_p50: i64,
    /// Amount that all layers reach with a chance of 10 %.
    pub total_p90: i64,
    /// Mean of all layers up to the end of the bucket.
    pub cumulative_total: i64,
    /// Amount that all layers reach with a chance of 90 % by the end of the bucket.
    pub cumulative_total_p10: i64,
    /// Median of all layers up to the end of the bucket.
    pub cumulative_total_p50: i64,
    /// Amount that all layers reach with a chance of 10 % by the end of the bucket.
    pub cumulative_total_p90: i64,
}

impl CurrencyForecast {
    /// Returns a forecast without cash.
    pub(super) fn empty(currency: Currency, spans: &[BucketSpan]) -> Self {
        let empty_bucket = |span: &BucketSpan| CashBucket {
            start: span.start,
            end: span.end,
            label: span.label.clone(),
            ..CashBucket::default()
        };
        Self {
            currency,
            invoice_count: 0,
            open_balance: 0,
            overdue: 0,
            due_beyond_horizon: 0,
            beyond_horizon: 0,
            expected_loss: 0,
            disputed: 0,
            promised: 0,
            recurring_beyond_horizon: 0,
            recurring_loss: 0,
            new_billing_beyond_horizon: 0,
            new_billing_loss: 0,
            buckets: spans.iter().map(empty_bucket).collect(),
        }
    }

    /// Fills the means of all layers and the running means from those of each layer.
    pub(super) fn add_layers_up(&mut self) {
        let (mut expected, mut total) = (0, 0);
        for bucket in &mut self.buckets {
            bucket.total = bucket.expected + bucket.recurring + bucket.new_billing;
            expected += bucket.expected;
            total += bucket.total;
            bucket.cumulative_expected = expected;
            bucket.cumulative_total = total;
        }
    }

    /// Fills the quantiles from the draws, calibrated by the band.
    ///
    /// Calibration moves each bucket by itself. Where the running totals as simulated never fall, as they do without
    /// negative amounts, the calibrated ones do not either, and no more comes on open invoices than is open.
    pub(super) fn read_bands(&mut self, as_of: Date, draws: &LayerDraws, band: &Band) {
        let open = draws.open.bands();
        let with_billing = draws.billing.as_ref().map(|_| draws.all().bands());
        let all: &Bands = with_billing.as_ref().unwrap_or(&open);
        let mut open_so_far = Running::over(&open.cumulative, Some(self.open_balance));
        let all_there_is = with_billing.is_none().then_some(self.open_balance);
        let mut all_so_far = Running::over(&all.cumulative, all_there_is);
        for (index, bucket) in self.buckets.iter_mut().enumerate() {
            let days_ahead = day_number(bucket.end) - day_number(as_of);
            let single = open_so_far.capped(band.calibrated(days_ahead, open.single[index], 1.0));
            let cumulative = band.calibrated(days_ahead, open.cumulative[index], 1.0);
            let cumulative = open_so_far.next(cumulative);
            (bucket.p10, bucket.p50, bucket.p90) = (single.p10, single.p50, single.p90);
            bucket.cumulative_p10 = cumulative.p10;
            bucket.cumulative_p50 = cumulative.p50;
            bucket.cumulative_p90 = cumulative.p90;
            let share = share_of(bucket.expected, bucket.total);
            let total = all_so_far.capped(band.calibrated(days_ahead, all.single[index], share));
            let share = share_of(bucket.cumulative_expected, bucket.cumulative_total);
            let cumulative_total = band.calibrated(days_ahead, all.cumulative[index], share);
            let cumulative_total = all_so_far.next(cumulative_total);
            (bucket.total_p10, bucket.total_p50, bucket.total_p90) = (total.p10, total.p50, total.p90);
            bucket.cumulative_total_p10 = cumulative_total.p10;
            bucket.cumulative_total_p50 = cumulative_total.p50;
            bucket.cumulative_total_p90 = cumulative_total.p90;
        }
    }
}

/// Share of the open invoices in what is expected of all layers; all of it where nothing is.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 15 digits")]
fn share_of(open: i64, total: i64) -> f64 {
    if total == 0 {
        1.0
    } else {
        open as f64 / total as f64
    }
}
