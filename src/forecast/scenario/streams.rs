//! What a shock does to new billing, which has neither customer nor due date.
//!
//! Other terms act on the share of a stream that has the old ones. The stream is then two: what moves and what stays.
//! Both keep its name and its lumps, and so its random numbers: in every draw the two bill the same ratio of what is
//! expected, and each lump is paid in its two shares with one luck. The draws of a share of nothing or of a move
//! by nothing are those of the base, up to the rounding of the two to the minor unit.

use crate::domain::Money;
use crate::forecast::BillingStream;
use crate::forecast::scenario::amount::part_of;
use crate::forecast::scenario::shock::{Change, Cost, DiscountFrom, are_terms, moved};

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
            Change::Terms { from_days, to_days } => return self.change_terms(*from_days, *to_days),
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

    /// Moves the share that has the old terms; `None` where nothing has.
    fn change_terms(&mut self, from_days: i32, to_days: i32) -> Option<Cost> {
        let mut pieces = Vec::with_capacity(2 * self.streams.len());
        let mut is_touched = false;
        for stream in self.streams.drain(..) {
            let share = share_on_terms(&stream, from_days);
            if share <= 0.0 {
                pieces.push(stream);
                continue;
            }
            is_touched = true;
            let (mut moving, mut staying) = (stream.clone(), stream);
            moving.lag = moved(&moving.lag, to_days - from_days);
            moving.terms.retain(|(days, _)| are_terms(*days, from_days));
            staying.terms.retain(|(days, _)| !are_terms(*days, from_days));
            for (moves, stays) in moving.weeks.iter_mut().zip(&mut staying.weeks) {
                moves.expected_minor = part_of(moves.expected_minor, share);
                stays.expected_minor -= moves.expected_minor;
            }
            pieces.push(moving);
            if !staying.terms.is_empty() {
                pieces.push(staying);
            }
        }
        self.streams = pieces;
        is_touched.then(Cost::default)
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

/// What a change touches of what a stream is expected to bill, in minor units.
pub(super) fn billing_touched(change: &Change, stream: &BillingStream) -> i64 {
    match change {
        Change::Terms { from_days, .. } => {
            part_of(expected_minor(stream), share_on_terms(stream, *from_days))
        }
        Change::Delay { .. }
        | Change::Default { .. }
        | Change::SlowTail { .. }
        | Change::Discount { .. }
        | Change::Collect { .. }
        | Change::Dispute { .. }
        | Change::Haircut { .. }
        | Change::Billing { .. } => expected_minor(stream),
    }
}

/// The share of a stream that has about these terms.
fn share_on_terms(stream: &BillingStream, terms_days: i32) -> f64 {
    let sum = |is_meant: &dyn Fn(i32) -> bool| -> f64 {
        let terms = stream.terms.iter().filter(|(days, _)| is_meant(*days));
        terms.map(|(_, share)| share).sum()
    };
    let all = sum(&|_| true);
    if all > 0.0 {
        sum(&|days| are_terms(days, terms_days)) / all
    } else {
        0.0
    }
}

/// What a stream is expected to bill, in minor units.
fn expected_minor(stream: &BillingStream) -> i64 {
    let weeks = stream.weeks.iter().map(|week| week.expected_minor);
    weeks.fold(0, i64::saturating_add)
}

/// Multiplies the expected billing of every week.
fn scale(stream: &mut BillingStream, factor: f64) {
    for week in &mut stream.weeks {
        week.expected_minor = part_of(week.expected_minor, factor);
    }
}
