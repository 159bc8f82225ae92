//! Joint simulation of receipts: a seeded Monte Carlo, coupled within a customer and over the book.
//!
//! # Definition
//!
//! In one draw, invoice `i` of customer `c` is paid on the day `T_i = F_i^-1(U_i)`, where `F_i` is
//! its payment distribution and
//!
//! ```text
//! U_i = Phi(X_i),   X_i = sqrt(b) M + sqrt(c) Z_c + sqrt(1 - b - c) e_i,   M, Z_c, e_i ~ N(0, 1), independent
//! ```
//!
//! with `b` the book's and `c` the customer's coupling of the plan's [`Band`](super::Band). `X_i` is standard
//! normal whatever they are, so `U_i` is uniform and every invoice keeps its own distribution: coupling moves the
//! width of the band, never its mean. Two invoices of one customer have latent correlation `b + c`, those of two
//! customers `b`. Only the bucket of `T_i` matters. With `C_ib` the probability that `i` is paid by
//! the end of bucket `b`, the bucket is the first with `X_i <= Phi^-1(C_ib)`: the normal
//! distribution function is inverted once a bucket edge (error below 1e-12) instead of being
//! computed once a draw. Without coupling, a 32-bit uniform is compared with `C_ib x 2^32`.
//!
//! With a receiving calendar `C_ib` is read on the last day on or before the end of the bucket on which the bank
//! books, so that cash of a closed day comes on the next open one.
//!
//! Billing without an invoice comes from its streams; see [`streams`].
//!
//! # Groups
//!
//! Groups are drawn together: the draws of a total are the sums of those of its groups, cell by cell, and a customer
//! with invoices in two groups has one `Z_c`. A quantile of a total is read off those sums, never added up.
//!
//! # Determinism
//!
//! `M` is drawn from a generator seeded by the plan's seed alone, `Z_c` from one seeded by the seed and the
//! customer, `e_i` from one seeded by the seed, the customer and the invoice. Sums are integers. The result depends
//! neither on the order of the invoices nor on the number of threads, and an invoice keeps its draws when others
//! join or leave the book, so two scenarios share their luck (common random numbers). A line of an
//! instalment plan has its due date as a third name.
//!
//! # When it is wrong
//!
//! One factor for the whole book is a coarse picture of a crisis, and what is not on an instalment plan is paid in one piece: a
//! book of a few large part-paid invoices has a wider simulated band than the real one. The lines of a plan
//! are drawn like invoices of their own, coupled as two invoices of the customer are and no closer.
//!
//! # References
//!
//! - Li, D. X. (2000), On default correlation: a copula function approach, Journal of Fixed Income
//!   9(4), 43-54: times to an event coupled by a Gaussian copula.
//! - Vasicek, O. (1987), Probability of loss on loan portfolio, KMV: one latent factor.

mod items;
mod layers;
mod matrix;
mod part;
mod random;
mod setting;
mod streams;

use std::collections::BTreeMap;

use super::book::{BillingStream, CashBook, CashItem};
use super::{CashForecast, Error, ForecastPlan, GroupBy, Simulated};
use crate::domain::Currency;
use setting::Setting;

pub(super) use layers::LayerDraws;
pub(super) use matrix::{Bands, DrawMatrix};

/// What is forecast in one currency; the items are sorted by group, customer and invoice.
#[derive(Debug, Default)]
struct Ledger<'p> {
    items: Vec<&'p CashItem<'p>>,
    streams: Vec<&'p BillingStream>,
}

/// Forecasts a book and keeps the draws, so that the forecast can be compared and translated.
///
/// The order of the items and streams does not matter.
///
/// # Errors
///
/// - Those of [`ForecastPlan::check`].
/// - [`Error::AmountOverflow`] if the absolute amounts of a currency do not fit 64 bits.
pub fn simulate(book: &CashBook<'_>, plan: &ForecastPlan) -> Result<Simulated, Error> {
    plan.check()?;
    let setting = Setting::new(book.as_of, plan);
    let mut forecast = CashForecast {
        as_of: book.as_of,
        plan: *plan,
        currencies: Vec::new(),
        groups: Vec::new(),
    };
    let mut draws = BTreeMap::new();
    let mut sizes = BTreeMap::new();
    for (currency, ledger) in by_currency(book, plan.group_by) {
        sizes.insert(currency, size(currency, &ledger)?);
        let joint = part::joint(currency, &ledger, &setting);
        forecast.currencies.push(joint.total);
        forecast.groups.extend(joint.groups);
        draws.insert(currency, joint.draws);
    }
    Ok(Simulated::new(forecast, draws, sizes))
}

/// Sorts the book by currency, then by group, customer and invoice.
fn by_currency<'p>(book: &'p CashBook<'_>, by: Option<GroupBy>) -> BTreeMap<Currency, Ledger<'p>> {
    let mut ledgers: BTreeMap<Currency, Ledger<'p>> = BTreeMap::new();
    for item in &book.items {
        ledgers.entry(item.currency).or_default().items.push(item);
    }
    for stream in &book.streams {
        ledgers.entry(stream.currency).or_default().streams.push(stream);
    }
    for ledger in ledgers.values_mut() {
        ledger.items.sort_unstable_by(|left, right| {
            let key = |item: &CashItem<'_>| (item.layer, item.due_date);
            part::group_of(by, left)
                .cmp(&part::group_of(by, right))
                .then_with(|| left.customer_id.cmp(&right.customer_id))
                .then_with(|| left.invoice_id.cmp(&right.invoice_id))
                .then_with(|| key(left).cmp(&key(right)))
        });
        ledger
            .streams
            .sort_unstable_by(|left, right| left.name.cmp(&right.name));
    }
    ledgers
}

/// Returns the most that can come in a currency, so that no later sum needs a check.
fn size(currency: Currency, ledger: &Ledger<'_>) -> Result<i64, Error> {
    let items: u128 = ledger
        .items
        .iter()
        .map(|item| u128::from(item.open_minor.unsigned_abs()))
        .sum();
    let streams: u128 = ledger.streams.iter().map(|stream| streams::most(stream)).sum();
    i64::try_from(items + streams).map_err(|_| Error::AmountOverflow { currency })
}
