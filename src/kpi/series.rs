//! From a snapshot to reports: the facts are read once, each report looks at them as of its day.

use rayon::prelude::*;

use super::aging::{AGING_BUCKETS, AgingBucket, expected_credit_loss, provision_rates};
use super::book::{Balance, Book, Losses, State, books};
use super::facts::Facts;
use super::report::{AgingLine, CurrencyKpis, GroupKpis, KpiReport};
use super::window::Window;
use super::{Error, ForwardLooking, KpiPlan, ModelLoss, load, measure};
use super::{collection as rate, dso};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date, Money};
use crate::history::Snapshot;

/// Computes the key figures at the snapshot's cut-off over the last `window_days` days.
///
/// [`default_window_days`](super::default_window_days) gives three calendar months. Ageing goes by
/// the due date of the open item, or of its instalment.
///
/// # Errors
///
/// Those of [`series`].
pub fn report(snapshot: &Snapshot, window_days: u32) -> Result<KpiReport, Error> {
    let plan = KpiPlan {
        window_days: Some(window_days),
        ..KpiPlan::default()
    };
    plan.check()?;
    let facts = load::facts(snapshot, None, None)?;
    Ok(report_at(&facts, &plan, snapshot.cutoff(), false))
}

/// Computes a report at the end of each month, as known then, the last at the snapshot's cut-off.
///
/// A report is what the snapshot of its own day gives. `losses` is what a model says of the open invoices at
/// the cut-off; it enters the last report alone, since the model may know what followed earlier months.
///
/// # Errors
///
/// - Those of [`KpiPlan::check`].
/// - [`Error::History`], [`Error::Table`], [`Error::CellInvalid`] if the ledger cannot be read.
/// - [`Error::AmountOverflow`] if the amounts of a currency do not fit.
pub fn series(
    snapshot: &Snapshot,
    plan: &KpiPlan,
    losses: Option<&[ModelLoss]>,
) -> Result<Vec<KpiReport>, Error> {
    plan.check()?;
    let facts = load::facts(snapshot, plan.group_by, losses)?;
    let cutoff = snapshot.cutoff();
    Ok(plan
        .days(cutoff)
        .into_par_iter()
        .map(|as_of| report_at(&facts, plan, as_of, losses.is_some() && as_of == cutoff))
        .collect())
}

fn report_at(facts: &Facts, plan: &KpiPlan, as_of: Date, has_losses: bool) -> KpiReport {
    let window_days = plan.window_days_at(as_of);
    let window = Window::ending(as_of, window_days);
    let mut report = KpiReport {
        as_of,
        window_start: from_day_number(window.first_day),
        window_days,
        forward_looking: plan.forward_looking,
        currencies: Vec::new(),
        group_by: plan.group_by,
        groups: Vec::new(),
    };
    let state = State::of(facts, window);
    let kpis = |currency: Currency, book: &Book| book_kpis(currency, book, window, &plan.forward_looking);
    for ((currency, _), book) in books(facts, &state, false, has_losses) {
        report.currencies.push(kpis(currency, &book));
    }
    if plan.group_by.is_some() {
        for ((currency, part), book) in books(facts, &state, true, has_losses) {
            if !book.is_silent(window) {
                report.groups.push(GroupKpis {
                    group: part.map(|label| facts.labels[label].clone()),
                    kpis: kpis(currency, &book),
                });
            }
        }
    }
    report
        .groups
        .sort_by(|one, other| (one.kpis.currency, &one.group).cmp(&(other.kpis.currency, &other.group)));
    report
}

/// Computes the figures of one book.
fn book_kpis(
    currency: Currency,
    book: &Book,
    window: Window,
    forward_looking: &ForwardLooking,
) -> CurrencyKpis {
    let money = |minor: i64| Money::from_minor(minor, currency);
    let days = window.last_day.abs_diff(window.first_day) + 1;
    let (begin, end) = (book.begin_receivables, &book.balance);
    let current = end.aged[AgingBucket::Current.index()];
    let sales = measure::credit_sales(book, window);
    let dso_simple = dso::dso_simple(end.total, sales, days);
    let dso_best_possible = dso::dso_best_possible(current, sales, days);
    let monthly_sales = measure::monthly_sales(book, from_day_number(window.last_day));
    let countback = dso::dso_countback(end.total, &monthly_sales);
    let collection = measure::collection(book, window);
    let bad_debt = measure::bad_debt(book, window);
    let promise_rates = rate::promise_kept_rates(&book.promises);
    let flow = measure::roll_flow(book, window.last_day);
    let loss_rates = provision_rates(&flow.reached, flow.loss);
    let provision = expected_credit_loss(&end.aged, &loss_rates, forward_looking);
    let lost = book.losses.as_ref().map(RoundedLosses::of);
    CurrencyKpis {
        currency,
        receivables: money(end.total),
        current_receivables: money(current),
        overdue_receivables: money(end.total - current),
        disputed_receivables: money(end.disputed),
        unapplied_credits: money(end.unapplied_credits),
        overpayments: money(end.overpayments),
        down_payments: money(end.down_payments),
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
        weighted_days_late: rate::weighted_days_late(&measure::paid_items(book, window)),
        promises_due: book.promises.len(),
        promise_kept_by_count: promise_rates.by_count,
        promise_kept_by_amount: promise_rates.by_amount,
        dispute_rate: rate::dispute_rate(end.disputed, end.total),
        bad_debt_ratio: rate::bad_debt_ratio(bad_debt.write_offs, bad_debt.recoveries, sales),
        aging: aging_lines(currency, end, &loss_rates, lost.as_ref()),
        expected_credit_loss: provision.map(|minor| money(nearest_minor(minor))),
        expected_loss_lifetime: lost.as_ref().map(|lost| money(lost.aged.iter().sum())),
        expected_loss_12_months: lost.as_ref().map(|lost| money(lost.twelve_months)),
    }
}

/// The losses of a model in whole minor units; the buckets add up to the lifetime loss.
struct RoundedLosses {
    aged: [i64; AGING_BUCKETS],
    twelve_months: i64,
}

impl RoundedLosses {
    fn of(losses: &Losses) -> Self {
        Self {
            aged: losses.aged.map(nearest_minor),
            twelve_months: nearest_minor(losses.twelve_months),
        }
    }
}

/// Returns the ageing lines of one book.
fn aging_lines(
    currency: Currency,
    balance: &Balance,
    loss_rates: &[Option<f64>; AGING_BUCKETS],
    lost: Option<&RoundedLosses>,
) -> Vec<AgingLine> {
    let money = |minor: i64| Money::from_minor(minor, currency);
    AgingBucket::ALL
        .into_iter()
        .map(|bucket| AgingLine {
            bucket,
            open: money(balance.aged[bucket.index()]),
            invoice_count: balance.counts[bucket.index()],
            loss_rate: loss_rates[bucket.index()],
            expected_loss: lost.map(|lost| money(lost.aged[bucket.index()])),
        })
        .collect()
}

/// Rounds to the nearest minor unit, halves away from zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a provision is at most ten times the balance, which fits 62 bits, and the cast saturates"
)]
fn nearest_minor(minor: f64) -> i64 {
    minor.round() as i64
}
