//! Why a forecast moved: the later record less the earlier one, by customer, in parts that sum exactly.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::CashFacts;
use super::targets::{Stretch, stretches};
use super::{Expectation, expectations, share};
use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::forecast::Error;
use crate::forecast::record::{ForecastRecord, RecordBucket, RecordHead};

/// Where the earlier forecast expected less than one in this many parts of an invoice to be left open by now, it
/// says nothing about the cash to come.
const LEFT_OPEN_PARTS: i64 = 100;

/// The parts of a movement, in minor units; [`movement()`] says what each is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovementParts {
    /// Paid meanwhile, so no longer expected; a reversed payment is expected again.
    pub paid: i64,
    /// The clock: what passed without payment is expected later.
    pub clock: i64,
    /// The prediction itself changed.
    pub behaviour: i64,
    /// Invoices that the earlier forecast did not have, less the billing that it expected.
    pub new_invoices: i64,
    /// Credit notes, write-offs, and invoices whose disputed amount changed.
    pub credits_and_disputes: i64,
    /// The horizon moved on: days that only one of the forecasts covers.
    pub horizon: i64,
}

impl MovementParts {
    /// Returns the sum of the parts: later minus earlier forecast.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.paid + self.clock + self.behaviour + self.new_invoices + self.credits_and_disputes + self.horizon
    }
}

/// How the forecast of one customer moved, for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementRow {
    /// First day of the target.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// Label of the target: that of its bucket, where it is one.
    pub label: String,
    /// Currency of the amounts.
    pub currency: Currency,
    /// The customer; `None` for billing that has no customer yet.
    pub customer_id: Option<String>,
    /// What the earlier forecast expected, all layers, in minor units.
    pub from: i64,
    /// What the later forecast expected, all layers, in minor units.
    pub to: i64,
    /// Why they differ.
    pub parts: MovementParts,
}

impl MovementRow {
    /// Returns later minus earlier forecast.
    #[must_use]
    pub fn difference(&self) -> i64 {
        self.to - self.from
    }
}

/// Two forecasts side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The cut-off of the earlier forecast.
    pub from_as_of: Date,
    /// The cut-off of the later forecast.
    pub to_as_of: Date,
    /// By currency and target, the largest movement first; what neither forecast expects is left out.
    pub rows: Vec<MovementRow>,
}

/// Explains how a forecast moved from one record to a later one.
///
/// Targets are the buckets of the two, as fine as both tell. For each,
/// `to - from = paid + clock + behaviour + new invoices + credits and disputes + horizon`, exactly:
///
/// - **Horizon**: what either forecast expects on days that the other does not cover: days that have passed, and
///   days at the end of the new horizon. A bucket that only partly lies in both is cut by its days. All that
///   follows is about the days that both cover.
/// - **New invoices**: expected of invoices that the earlier forecast did not have, and the change of recurring
///   and new billing, in whose place they come.
/// - **Paid**, **credits**: with the open amount of an invoice falling from `a` to `a'`, the old expectation `f`
///   becomes `f a' / a`. Of the change, the share that credit notes and write-offs took is credits, the rest is
///   paid. Without `facts` all of it counts as paid.
/// - **Clock**: the earlier forecast, told only that what is open has not been paid until now:
///   `f a' / a x (a / q - 1)`, `q` what it expected to be open now. Zero where `q` is under 1 % of `a`.
/// - **Behaviour**: the rest, because the model sees the customer or the invoice differently. Where the disputed
///   amount of the invoice changed, the rest is put to the dispute.
///
/// # Errors
///
/// [`Error::RecordsReversed`] if `to` has the earlier cut-off.
pub fn movement(
    from: &ForecastRecord,
    to: &ForecastRecord,
    facts: Option<&CashFacts>,
) -> Result<Movement, Error> {
    let (from_as_of, to_as_of) = (from.head().as_of, to.head().as_of);
    if to_as_of < from_as_of {
        return Err(Error::RecordsReversed {
            from: from_as_of,
            to: to_as_of,
        });
    }
    let mut gathering = Gathering {
        window: Window::of(from.head(), to.head()),
        stretches: stretches(&from.head().buckets, &to.head().buckets),
        from: &from.head().buckets,
        to: &to.head().buckets,
        entries: BTreeMap::new(),
    };
    let credited = facts.map_or_else(BTreeMap::new, |facts| credits(facts, from_as_of, to_as_of));
    let (earlier, later) = (expectations(from), expectations(to));
    let invoices: BTreeSet<&str> = earlier.keys().chain(later.keys()).copied().collect();
    for invoice in invoices {
        let credited = credited.get(invoice).copied().unwrap_or(0);
        gathering.invoice(earlier.get(invoice), later.get(invoice), credited);
    }
    gathering.billing(from, Side::From);
    gathering.billing(to, Side::To);
    Ok(Movement {
        from_as_of,
        to_as_of,
        rows: gathering.into_rows(),
    })
}

/// What credit notes and write-offs took of each invoice between two cut-offs.
fn credits(facts: &CashFacts, from: Date, to: Date) -> BTreeMap<&str, i64> {
    let mut credited = BTreeMap::new();
    for settlement in facts.settlements() {
        let is_between = settlement.known_on > from && settlement.known_on <= to;
        if is_between && !settlement.is_cash {
            *credited.entry(settlement.invoice_id.as_str()).or_default() += settlement.minor;
        }
    }
    credited
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    From,
    To,
}

/// The days that both forecasts cover.
#[derive(Clone, Copy, Debug)]
struct Window {
    first: Date,
    last: Date,
}

impl Window {
    fn of(from: &RecordHead, to: &RecordHead) -> Self {
        let (first, last) = match (to.buckets.first(), from.buckets.last(), to.buckets.last()) {
            (Some(next), Some(old), Some(new)) => (next.start, old.end.min(new.end)),
            // A forecast without buckets covers no day.
            (None, _, _) | (_, None, _) | (_, _, None) => (Date::MAX, Date::MIN),
        };
        Self { first, last }
    }

    /// Returns the part of a bucket's amount that lies on these days.
    fn within(self, amount: i64, bucket: &RecordBucket) -> i64 {
        let (start, end) = (bucket.start.max(self.first), bucket.end.min(self.last));
        if start > end {
            return 0;
        }
        share(amount, length(start, end), length(bucket.start, bucket.end))
    }
}

fn length(start: Date, end: Date) -> i64 {
    i64::from(day_number(end)) - i64::from(day_number(start)) + 1
}

/// Earlier and later forecast and the parts of their difference.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    from: i64,
    to: i64,
    parts: MovementParts,
}

/// The movement while it is gathered.
struct Gathering<'a> {
    window: Window,
    stretches: Vec<Stretch>,
    from: &'a [RecordBucket],
    to: &'a [RecordBucket],
    entries: BTreeMap<(Currency, usize, Option<&'a str>), Entry>,
}

impl<'a> Gathering<'a> {
    /// Sums what one forecast expects in a stretch: on the common days, and on others.
    fn split(&self, index: usize, side: Side, amounts: &[i64]) -> (i64, i64) {
        let stretch = &self.stretches[index];
        let (range, buckets) = match side {
            Side::From => (stretch.from.clone(), self.from),
            Side::To => (stretch.to.clone(), self.to),
        };
        let (mut inside, mut all) = (0, 0);
        for bucket in range {
            let amount = amounts.get(bucket).copied().unwrap_or(0);
            inside += self.window.within(amount, &buckets[bucket]);
            all += amount;
        }
        (inside, all - inside)
    }

    /// Returns what the earlier forecast expected of an invoice on the days that have passed.
    fn passed(&self, earlier: &Expectation<'_>) -> i64 {
        let before = Window {
            first: Date::MIN,
            last: self.window.first.pred_opt().unwrap_or(Date::MIN),
        };
        let amounts = earlier.buckets.iter().zip(self.from);
        amounts
            .map(|(amount, bucket)| before.within(*amount, bucket))
            .sum()
    }

    fn invoice(&mut self, earlier: Option<&Expectation<'a>>, later: Option<&Expectation<'a>>, credited: i64) {
        let Some(known) = later.or(earlier) else {
            return;
        };
        let passed = earlier.map_or(0, |earlier| self.passed(earlier));
        for index in 0..self.stretches.len() {
            let (old, old_outside) =
                earlier.map_or((0, 0), |one| self.split(index, Side::From, &one.buckets));
            let (new, new_outside) = later.map_or((0, 0), |one| self.split(index, Side::To, &one.buckets));
            let mut parts = match earlier {
                Some(earlier) => changed(earlier, later, credited, passed, (old, new)),
                None => MovementParts {
                    new_invoices: new,
                    ..MovementParts::default()
                },
            };
            parts.horizon = new_outside - old_outside;
            let entry = Entry {
                from: old + old_outside,
                to: new + new_outside,
                parts,
            };
            self.add((known.currency, index, Some(known.customer_id)), entry);
        }
    }

    /// Adds the layers of a record that have no invoice yet, and what its lines leave of its buckets.
    fn billing(&mut self, record: &'a ForecastRecord, side: Side) {
        for currency in &record.head().currencies {
            let mut rest: Vec<i64> = currency.amounts.iter().map(|one| one.expected()).collect();
            let lines = record.lines().iter();
            for line in lines.filter(|line| line.currency == currency.currency) {
                let mut own = vec![0; if line.is_recurring { rest.len() } else { 0 }];
                for (bucket, amount) in &line.expected {
                    rest[*bucket] -= amount;
                    if let Some(cell) = own.get_mut(*bucket) {
                        *cell += amount;
                    }
                }
                if line.is_recurring {
                    self.planned(currency.currency, Some(line.customer_id.as_str()), side, &own);
                }
            }
            self.planned(currency.currency, None, side, &rest);
        }
    }

    fn planned(&mut self, currency: Currency, customer: Option<&'a str>, side: Side, amounts: &[i64]) {
        for index in 0..self.stretches.len() {
            let (inside, outside) = self.split(index, side, amounts);
            let sign = if side == Side::To { 1 } else { -1 };
            let (from, to) = match side {
                Side::From => (inside + outside, 0),
                Side::To => (0, inside + outside),
            };
            let parts = MovementParts {
                new_invoices: sign * inside,
                horizon: sign * outside,
                ..MovementParts::default()
            };
            self.add((currency, index, customer), Entry { from, to, parts });
        }
    }

    fn add(&mut self, key: (Currency, usize, Option<&'a str>), added: Entry) {
        if added.from == 0 && added.to == 0 && added.parts == MovementParts::default() {
            return;
        }
        let entry = self.entries.entry(key).or_default();
        entry.from += added.from;
        entry.to += added.to;
        entry.parts.paid += added.parts.paid;
        entry.parts.clock += added.parts.clock;
        entry.parts.behaviour += added.parts.behaviour;
        entry.parts.new_invoices += added.parts.new_invoices;
        entry.parts.credits_and_disputes += added.parts.credits_and_disputes;
        entry.parts.horizon += added.parts.horizon;
    }

    fn into_rows(self) -> Vec<MovementRow> {
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        entries.sort_by_key(|((currency, index, customer), entry)| {
            let size = (entry.to - entry.from).unsigned_abs();
            (*currency, *index, std::cmp::Reverse(size), *customer)
        });
        entries
            .into_iter()
            .map(|((currency, index, customer), entry)| {
                let stretch = &self.stretches[index];
                MovementRow {
                    start: stretch.start,
                    end: stretch.end,
                    label: stretch.label.clone(),
                    currency,
                    customer_id: customer.map(str::to_owned),
                    from: entry.from,
                    to: entry.to,
                    parts: entry.parts,
                }
            })
            .collect()
    }
}

/// The parts of one invoice that the earlier forecast had, on the common days: from `old` to `new`.
fn changed(
    earlier: &Expectation<'_>,
    later: Option<&Expectation<'_>>,
    credited: i64,
    passed: i64,
    (old, new): (i64, i64),
) -> MovementParts {
    let mut parts = MovementParts::default();
    if earlier.open <= 0 {
        parts.behaviour = new - old;
        return parts;
    }
    let open = later.map_or(0, |later| later.open);
    let kept = share(old, open, earlier.open);
    let taken = credited.clamp(0, (earlier.open - open).max(0));
    let credit = -share(old, taken, earlier.open);
    let left_open = earlier.open - passed;
    let is_told = open > 0 && left_open > earlier.open / LEFT_OPEN_PARTS;
    let clock = if is_told {
        share(kept, earlier.open, left_open) - kept
    } else {
        0
    };
    parts.credits_and_disputes = credit;
    parts.paid = kept - old - credit;
    parts.clock = clock;
    let rest = new - kept - clock;
    if later.is_some_and(|later| later.disputed != earlier.disputed) {
        parts.credits_and_disputes += rest;
    } else {
        parts.behaviour = rest;
    }
    parts
}
