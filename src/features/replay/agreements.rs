//! What customer and seller agree on or fall out over, as the replay takes note of it: instalment
//! plans, promises and disputes.

use crate::features::event::Event;
use crate::features::instalment::{self, OpenLine};
use crate::features::prior::PriorSums;
use crate::features::replay::{Replay, Status};

impl Replay<'_> {
    /// Until this day the invoice was at risk by its old due date, from the next one on by its last line's.
    pub(super) fn observe_plan(&mut self, event: Event, cutoff: usize, priors: &mut PriorSums) {
        let invoice = self.facts.plans[event.index].invoice;
        let lines = &self.facts.plans[self.customer.plans.clone()];
        let Some(last) = instalment::in_force(lines, invoice, event.day).last().copied() else {
            return;
        };
        let slot = self.slot(invoice);
        if self.invoices[slot].status == Status::Open {
            self.end_exposure(invoice, event.day, cutoff, priors);
            self.invoices[slot].at_risk_from = event.day + 1;
        }
        self.invoices[slot].due_day = last.due_day;
        self.invoices[slot].rolled_due_day = last.rolled_due_day;
    }

    /// What is owed of the lines of the plan of an open invoice; empty without a plan.
    pub(super) fn open_lines(&self, invoice: usize, cutoff: i32) -> Vec<OpenLine> {
        let lines = &self.facts.plans[self.customer.plans.clone()];
        let plan = instalment::in_force(lines, invoice, cutoff);
        let remaining = self.invoices[self.slot(invoice)].remaining_minor;
        instalment::open_lines(&self.facts.invoices[invoice], &plan, remaining)
    }

    /// Rolled day on which an open invoice or its next instalment falls due, and what is overdue of it.
    pub(super) fn overdue(&self, invoice: usize, cutoff: i32) -> (i32, i64) {
        let state = self.invoices[self.slot(invoice)];
        let lines = self.open_lines(invoice, cutoff);
        let Some(next) = lines.first() else {
            let is_overdue = state.rolled_due_day < cutoff;
            return (
                state.rolled_due_day,
                if is_overdue { state.remaining_minor } else { 0 },
            );
        };
        let overdue = lines.iter().filter(|line| line.rolled_due_day < cutoff);
        (next.rolled_due_day, overdue.map(|line| line.open_minor).sum())
    }

    pub(super) fn observe_resolution(&mut self, index: usize, cutoff: usize, priors: &mut PriorSums) {
        let dispute = self.facts.disputes[index];
        let days = dispute.resolved_day - dispute.known_day;
        let counts = priors.ended(self.cell(self.facts.invoices[dispute.invoice].group), cutoff);
        counts.disputes_resolved += 1;
        counts.dispute_days += i64::from(days);
        self.state.disputes_resolved += 1;
        self.state.dispute_days += days;
    }

    /// Counts the days that open disputes of open invoices have lasted so far, and returns their sum.
    pub(super) fn observe_open_disputes(&self, index: usize, cutoff: i32, priors: &mut PriorSums) -> i32 {
        let mut total = 0;
        for dispute in &self.facts.disputes[self.customer.disputes.clone()] {
            if dispute.is_open(cutoff) && self.invoices[self.slot(dispute.invoice)].status == Status::Open {
                let days = cutoff - dispute.known_day;
                let counts = priors.open(self.cell(self.facts.invoices[dispute.invoice].group), index);
                counts.dispute_days += i64::from(days);
                total += days;
            }
        }
        total
    }

    /// Takes note of what a promise needs to be kept: its amount, at most what is open of what it covers.
    ///
    /// Without an amount, a promise for the account is about what is due by its date, if anything is.
    pub(super) fn observe_promise(&mut self, index: usize) {
        let promise = self.facts.promises[index];
        let open = |invoice: usize| self.invoices[self.slot(invoice)];
        let owed = |due_by: i32| -> i64 {
            let due = self
                .open
                .iter()
                .filter(|invoice| open(**invoice).due_day <= due_by);
            due.fold(0, |sum: i64, invoice| {
                sum.saturating_add(open(*invoice).remaining_minor)
            })
        };
        let (covered, cash) = match promise.invoice {
            Some(invoice) if open(invoice).status == Status::Open => {
                (open(invoice).remaining_minor, open(invoice).cash_minor)
            }
            Some(_) => (0, 0),
            None => (owed(i32::MAX), self.state.cash_minor),
        };
        let unsaid = match promise.invoice {
            Some(_) => covered,
            None => Some(owed(promise.promised_day))
                .filter(|due| *due > 0)
                .unwrap_or(covered),
        };
        let needed = promise.amount_minor.unwrap_or(unsaid).min(covered);
        self.promises.give(index, needed, cash);
    }

    pub(super) fn judge_promise(&mut self, index: usize) {
        let cash = match self.facts.promises[index].invoice {
            Some(invoice) => self.invoices[self.slot(invoice)].cash_minor,
            None => self.state.cash_minor,
        };
        match self.promises.judge(index, cash) {
            Some(true) => self.state.promises_kept += 1,
            Some(false) => self.state.promises_broken += 1,
            None => {}
        }
    }
}
