//! The fast choice: the most valuable minute first, without looking back.

use super::assign::Roster;
use super::market::Market;
use crate::action::collector::Collector;

/// Seats bids by their worth a minute while there is room.
pub(super) fn fill<'a>(market: &'a Market, collectors: &[Collector]) -> Roster<'a> {
    let prices = vec![0.0; market.groups.len()];
    let mut roster = Roster::new(market, collectors, &prices);
    let mut bids: Vec<(f64, usize, usize)> = Vec::with_capacity(market.bids.len());
    for seeker in 0..market.seekers.len() {
        for place in market.bids_of(seeker) {
            let bid = &market.bids[place];
            bids.push((bid.extra / f64::from(bid.minutes), seeker, place));
        }
    }
    bids.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
    for (_, seeker, bid) in bids {
        roster.seat(seeker, bid);
    }
    roster
}
