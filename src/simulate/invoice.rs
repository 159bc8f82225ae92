//! Invoices: when they are issued, when they fall due, for how much.

use rand_chacha::ChaCha8Rng;

use super::customer::Customer;
use super::plan::STAGES;
use super::world::{World, normal, uniform};

/// Smallest and largest amount in minor units: 1.00 and one billion.
const AMOUNT_MINOR_MIN: f64 = 100.0;
const AMOUNT_MINOR_MAX: f64 = 100_000_000_000.0;

/// Days after the issue from which an invoice can be disputed.
const DISPUTE_FROM_DAYS: i32 = 3;

/// Days past due up to which the disputed share is counted, and after which no dispute opens.
const DISPUTE_COUNTED_DAYS: i32 = 10;
const DISPUTE_UNTIL_DAYS: i32 = 30;

/// When an invoice falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// A number of days after the issue.
    Net(i32),
    /// On the last day of the month of issue.
    EndOfMonth,
}

impl Terms {
    /// Returns the text of the invoice.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Net(14) => "net 14",
            Self::Net(30) => "net 30",
            Self::Net(45) => "net 45",
            Self::Net(_) => "net 60",
            Self::EndOfMonth => "EOM",
        }
    }

    /// Returns the due day.
    fn due(self, world: &World<'_>, issue: i32) -> i32 {
        match self {
            Self::Net(days) => issue + days,
            Self::EndOfMonth => world.month_end(issue),
        }
    }
}

/// One invoice, as far as it is fixed on the day of issue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invoice {
    /// Number over all customers, from 1 on.
    pub(crate) number: u64,
    pub(crate) issue: i32,
    pub(crate) due: i32,
    pub(crate) amount_minor: i64,
    /// Day past due on which the invoice is ready with probability one half, before seasons and shocks.
    pub(crate) level_days: f64,
    /// Days on which collections decides about the invoice, if it is still open.
    pub(crate) stage_days: [i32; STAGES],
}

impl Invoice {
    /// Draws the amount of an invoice.
    fn draw(
        world: &World<'_>,
        customer: &Customer,
        number: u64,
        issue: i32,
        stream: &mut ChaCha8Rng,
    ) -> Self {
        let excess = customer.amount_spread * normal(stream);
        let amount = ((customer.amount_mean + excess).exp() * 100.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number between bounds far below 2^53"
        )]
        let amount_minor = amount.clamp(AMOUNT_MINOR_MIN, AMOUNT_MINOR_MAX) as i64;
        let due = customer.terms.due(world, issue);
        let business = world.business_days(customer.country.currency);
        Self {
            number,
            issue,
            due,
            amount_minor,
            level_days: customer.level_days + customer.amount_effect_days * excess,
            stage_days: world
                .plan
                .stage_days_past_due
                .map(|days| business.first_from(due + days).unwrap_or(due + days)),
        }
    }

    /// Returns when the invoice can be disputed.
    pub(crate) fn dispute_window(&self, world: &World<'_>, customer: &Customer) -> DisputeWindow {
        let business = world.business_days(customer.country.currency);
        let first = business.position(self.issue + DISPUTE_FROM_DAYS);
        let counted = business.position(self.due + DISPUTE_COUNTED_DAYS + 1);
        let days = counted.saturating_sub(first).max(1);
        #[expect(
            clippy::cast_precision_loss,
            reason = "the days of a ledger are far below 2^53"
        )]
        let days = days as f64;
        DisputeWindow {
            first_position: first,
            first_day: self.issue + DISPUTE_FROM_DAYS,
            last_day: self.due + DISPUTE_UNTIL_DAYS,
            log_undisputed: world.log_undisputed / days,
        }
    }
}

/// The days on which a dispute can open, with its daily hazard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisputeWindow {
    /// Position of the first day among the business days.
    pub(crate) first_position: usize,
    pub(crate) first_day: i32,
    pub(crate) last_day: i32,
    /// Logarithm of the probability that no dispute opens on one business day.
    pub(crate) log_undisputed: f64,
}

/// Draws the invoices of a customer, sorted by day of issue.
pub(crate) fn draw_invoices(
    world: &World<'_>,
    customer: &Customer,
    first_number: u64,
    count: u64,
    stream: &mut ChaCha8Rng,
) -> Vec<Invoice> {
    let business = world.business_days(customer.country.currency);
    let first = business.position(customer.since);
    let days = business.position(world.end + 1).saturating_sub(first).max(1);
    let mut issues: Vec<i32> = (0..count)
        .map(|_| {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the days of the ledger; its whole days are meant"
            )]
            let passed = (uniform(stream) * days as f64) as usize;
            let position = first + passed;
            business.day(position).unwrap_or(world.end)
        })
        .collect();
    issues.sort_unstable();
    (first_number..)
        .zip(issues)
        .map(|(number, issue)| Invoice::draw(world, customer, number, issue, stream))
        .collect()
}
