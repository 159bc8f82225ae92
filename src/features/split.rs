//! The facts of many customers cut into those of one each, so that one can be changed and replayed alone.

use std::collections::BTreeMap;

use crate::features::cell::index;
use crate::features::facts::{CustomerFacts, DisputeFact, Facts, InvoiceFact, PromiseFact, SettlementFact};
use crate::features::instalment::PlanLine;
use crate::features::relation::rolled;
use crate::features::standing::Standing;

impl Facts {
    /// Returns the facts of each customer by itself, in the same order.
    pub(crate) fn by_customer(&self) -> Vec<Self> {
        self.customers
            .iter()
            .map(|customer| self.of_one(customer, customer.standing))
            .collect()
    }

    /// Returns the facts of one customer by itself, as if `standing` were what is known of it.
    pub(crate) fn of_one(&self, customer: &CustomerFacts, standing: Standing) -> Self {
        // Facts point at invoices by index, and the indices of one customer start at zero.
        let first = customer.invoices.start;
        let (invoices, groups) = self.own_groups(&self.invoices[customer.invoices.clone()]);
        let settlements = self.settlements[customer.settlements.clone()].iter();
        let settlements: Vec<SettlementFact> = settlements
            .map(|settlement| SettlementFact {
                invoice: settlement.invoice - first,
                ..*settlement
            })
            .collect();
        let disputes = self.own_disputes(customer);
        let promises = self.own_promises(customer);
        let plans = self.plans[customer.plans.clone()].iter();
        let plans: Vec<PlanLine> = plans
            .map(|line| PlanLine {
                invoice: line.invoice - first,
                ..*line
            })
            .collect();
        let contacts = self.contacts[customer.contacts.clone()].to_vec();
        let ratings = self.ratings[customer.ratings.clone()].to_vec();
        let offset = i64::try_from(first).expect("a row number fits i64");
        let market = standing.market.map(|market| self.markets[index(market)].clone());
        let mut alone = Self {
            customers: vec![CustomerFacts {
                id: customer.id.clone(),
                standing: Standing {
                    calendar: 0,
                    market: market.as_ref().map(|_| 0),
                },
                earlier: Vec::new(),
                invoices: 0..invoices.len(),
                settlements: 0..settlements.len(),
                disputes: 0..disputes.len(),
                promises: 0..promises.len(),
                contacts: 0..contacts.len(),
                ratings: 0..ratings.len(),
                plans: 0..plans.len(),
            }],
            identity: self.identity.slice(offset, invoices.len()),
            invoices,
            settlements,
            disputes,
            promises,
            contacts,
            ratings,
            plans,
            groups,
            markets: market.into_iter().collect(),
            calendars: vec![self.calendars[standing.calendar].clone()],
        };
        if standing.calendar != customer.standing.calendar {
            alone.roll_due_days();
        }
        alone
    }

    /// Rolls all due days by the calendar of the only customer.
    fn roll_due_days(&mut self) {
        let Some(calendar) = self.calendars.first() else {
            return;
        };
        for invoice in &mut self.invoices {
            invoice.rolled_due_day = rolled(calendar, invoice.due_day);
        }
        for line in &mut self.plans {
            line.rolled_due_day = rolled(calendar, line.due_day);
        }
    }

    fn own_disputes(&self, customer: &CustomerFacts) -> Vec<DisputeFact> {
        let disputes = self.disputes[customer.disputes.clone()].iter();
        disputes
            .map(|dispute| DisputeFact {
                invoice: dispute.invoice - customer.invoices.start,
                ..*dispute
            })
            .collect()
    }

    fn own_promises(&self, customer: &CustomerFacts) -> Vec<PromiseFact> {
        let promises = self.promises[customer.promises.clone()].iter();
        promises
            .map(|promise| PromiseFact {
                invoice: promise.invoice.map(|invoice| invoice - customer.invoices.start),
                ..*promise
            })
            .collect()
    }

    /// Numbers the groups of some invoices anew, and names only those.
    fn own_groups(&self, invoices: &[InvoiceFact]) -> (Vec<InvoiceFact>, Vec<String>) {
        let mut names = Vec::new();
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut renumbered = Vec::with_capacity(invoices.len());
        for invoice in invoices {
            let next = u32::try_from(numbers.len()).expect("fewer groups than u32 holds");
            let group = *numbers.entry(invoice.group).or_insert_with_key(|group| {
                let name = usize::try_from(*group).expect("a group is an index");
                names.push(self.groups[name].clone());
                next
            });
            renumbered.push(InvoiceFact { group, ..*invoice });
        }
        (renumbered, names)
    }
}
