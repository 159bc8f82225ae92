//! Customers whose country or segment became known, or another, among the cut-offs.
//!
//! At each cut-off such a customer is as it was known then, with all of its past: its due days roll by the calendar
//! of that day, and what it did counts in the cell of that day. So it is replayed once for each standing that it had.

use std::ops::Range;

use crate::features::cell::{Cell, index};
use crate::features::facts::{CustomerFacts, Facts};
use crate::features::raw::RawKey;
use crate::features::replay::{Emission, replay_as_it_stands};
use crate::features::standing::Standing;

/// Replays `customer` and writes down what is open at each of `cutoffs` (sorted day numbers), with the customer as it
/// was known then.
///
/// `keep(invoice, cutoff)` decides which open invoices are written down; all of them count.
pub(crate) fn replay(
    facts: &Facts,
    customer: &CustomerFacts,
    cutoffs: &[i32],
    keep: &(dyn Fn(usize, i32) -> bool + Sync),
    emission: &mut Emission,
) {
    let ends = customer.earlier.iter().map(|(until_day, standing)| {
        let end = cutoffs.partition_point(|cutoff| cutoff < until_day);
        (end, *standing)
    });
    let mut standings: Vec<(Range<usize>, Standing)> = Vec::new();
    let mut start = 0;
    for (end, standing) in ends.chain([(cutoffs.len(), customer.standing)]) {
        if start < end {
            standings.push((start..end, standing));
            start = end;
        }
    }
    if let [(_, only)] = standings.as_slice()
        && *only == customer.standing
    {
        return replay_as_it_stands(facts, customer, cutoffs, keep, emission);
    }
    for (valid, standing) in standings {
        replay_standing(facts, customer, (&valid, standing), cutoffs, keep, emission);
    }
}

/// Replays the customer with one standing for the cut-offs at which it had that.
fn replay_standing(
    facts: &Facts,
    customer: &CustomerFacts,
    (valid, standing): (&Range<usize>, Standing),
    cutoffs: &[i32],
    keep: &(dyn Fn(usize, i32) -> bool + Sync),
    emission: &mut Emission,
) {
    let own = facts.of_one(customer, standing);
    let first_invoice = customer.invoices.start;
    let first_day = cutoffs[valid.start];
    let keep_valid =
        |invoice: usize, cutoff: i32| cutoff >= first_day && keep(first_invoice + invoice, cutoff);
    let mut part = Emission::default();
    for alone in &own.customers {
        replay_as_it_stands(&own, alone, &cutoffs[..valid.end], &keep_valid, &mut part);
    }
    // The groups of one customer are numbered by themselves.
    let mut groups = vec![0; own.groups.len()];
    for (alone, whole) in own
        .invoices
        .iter()
        .zip(&facts.invoices[customer.invoices.clone()])
    {
        groups[index(alone.group)] = whole.group;
    }
    let named = |cell: Cell| Cell {
        group: groups[index(cell.group)],
        market: standing.market,
    };
    let (first_payer, first_plan) = (emission.payers.len(), emission.plans.len());
    emission.priors.merge_within(&part.priors, valid, &named);
    emission.rows.extend(part.rows);
    emission.plans.extend(part.plans);
    for mut payer in part.payers {
        payer.cell = named(payer.cell);
        emission.payers.push(payer);
    }
    emission.keys.extend(part.keys.into_iter().map(|key| RawKey {
        invoice: first_invoice + key.invoice,
        payer: first_payer + key.payer,
        calendar: standing.calendar,
        plan: key.plan.map(|plan| first_plan + plan),
        ..key
    }));
}
