//! What a shock does to new billing, which has neither customer nor due date.

use crate::domain::Money;
use crate::forecast::BillingStream;
use crate::forecast::scenario::amount::part_of;
use crate::forecast::scenario::shock::{Change, Cost, DiscountFrom, moved};

/// What a stream has become under the shocks before: itself, and a discount beside it under the same name.
#[derive(Debug)]
pub(super) struct StreamPieces {
    pub(super) streams: Vec<BillingStream>,
    is_discounted: bool,
}

impl StreamPieces {
    /// A stream before any shock.
    pub(super) fn of(stream: &BillingStream) -> Self {
        Self {
            streams: vec![stream.clone()],
            is_discounted: false,
        }
    }

    /// Applies a change; `None` where it has no say in what is not invoiced yet.
    pub(super) fn change(&mut self, change: &Change) -> Option<Cost> {
        match change {
            Change::Delay { days } => self.each(|stream| stream.lag = moved(&stream.lag, *days)),
            Change::Default { probability } => {
                self.each(|stream| stream.lag = stream.lag.or_never(*probability));
            }
            // The terms of a stream are not known: all of it is taken to be on the old ones.
            Change::Terms { from_days, to_days } => {
                self.each(|stream| stream.lag = moved(&stream.lag, to_days - from_days));
            }
            Change::Discount {
                share,
                within_days,
                uptake,
                from: DiscountFrom::InvoiceDate,
            } => return self.discount(*share, *within_days, *uptake),
            Change::Haircut { share } => self.each(|stream| scale(stream, 1.0 - share)),
            Change::Billing { factor } => self.each(|stream| scale(stream, *factor)),
            Change::SlowTail { .. }
            | Change::Discount { .. }
            | Change::Collect { .. }
            | Change::Dispute { .. } => return None,
        }
        Some(Cost::default())
    }

    fn each(&mut self, change: impl Fn(&mut BillingStream)) {
        self.streams.iter_mut().for_each(change);
    }

    /// Offers a discount on what will be invoiced, once.
    fn discount(&mut self, share: f64, last_day: i32, uptake: f64) -> Option<Cost> {
        if self.is_discounted {
            return None;
        }
        self.is_discounted = true;
        let mut cost = Cost::default();
        let mut granted = Vec::with_capacity(self.streams.len());
        for stream in &mut self.streams {
            let drawn = stream.lag.drawn_to(last_day, uptake);
            let mut beside = stream.clone();
            scale(&mut beside, -share);
            let offered = Money::from_minor(expected_minor(&beside), stream.currency);
            cost.granted -= offered.expected(drawn.paid_by(last_day)).minor();
            cost.anyway -= offered.expected(stream.lag.paid_by(last_day)).minor();
            beside.lag = drawn.slowed_after(last_day, 0.0);
            granted.push(beside);
            stream.lag = drawn;
        }
        self.streams.append(&mut granted);
        Some(cost)
    }
}

/// What a stream is expected to bill, in minor units.
pub(super) fn expected_minor(stream: &BillingStream) -> i64 {
    let weeks = stream.weeks.iter().map(|week| week.expected_minor);
    weeks.fold(0, i64::saturating_add)
}

/// Multiplies the expected billing of every week.
fn scale(stream: &mut BillingStream, factor: f64) {
    for week in &mut stream.weeks {
        week.expected_minor = part_of(week.expected_minor, factor);
    }
}
