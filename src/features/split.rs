//! The facts of many customers cut into those of one each, so that one can be changed and replayed alone.

use std::collections::BTreeMap;

use crate::features::facts::{CustomerFacts, DisputeFact, Facts, InvoiceFact, PromiseFact, SettlementFact};
use crate::features::instalment::PlanLine;

impl Facts {
    /// Returns the facts of each customer by itself, in the same order.
    pub(crate) fn by_customer(&self) -> Vec<Self> {
        self.customers
            .iter()
            .map(|customer| self.of_one(customer))
            .collect()
    }

    fn of_one(&self, customer: &CustomerFacts) -> Self {
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
        let disputes = self.disputes[customer.disputes.clone()].iter();
        let disputes: Vec<DisputeFact> = disputes
            .map(|dispute| DisputeFact {
                invoice: dispute.invoice - first,
                ..*dispute
            })
            .collect();
        let promises = self.promises[customer.promises.clone()].iter();
        let promises: Vec<PromiseFact> = promises
            .map(|promise| PromiseFact {
                invoice: promise.invoice.map(|invoice| invoice - first),
                ..*promise
            })
            .collect();
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
        Self {
            customers: vec![CustomerFacts {
                id: customer.id.clone(),
                calendar: 0,
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
            calendars: vec![self.calendars[customer.calendar].clone()],
        }
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
