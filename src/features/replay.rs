//! The replay: one pass over a customer's facts in the order in which they became known.
//!
//! At each cut-off the state has seen exactly what was known that evening, and the open invoices
//! are written down with it. Any number of cut-offs costs one pass, and nothing later can leak in,
//! because it has not been read yet.

use std::collections::BTreeSet;

use crate::features::around::Neighbours;
use crate::features::cell::Cell;
use crate::features::event::{Event, EventKind, events};
use crate::features::facts::{CustomerFacts, Facts, SettlementKind};
use crate::features::instalment::OpenLine;
use crate::features::lateness::Exposure;
use crate::features::pattern::Change;
use crate::features::payer::{Decay, HazardCounts, PaidInvoice, PayerState};
use crate::features::prior::{self, PriorSums};
use crate::features::promise::Promises;
use crate::features::raw::{RawKey, RawRow, log_amount};
use crate::features::run_calendar::{CUTS, PLACES_MAX, RunsAtRisk};

mod agreements;
mod columns;
mod moved;

pub(crate) use moved::replay;

/// The customer's state at one cut-off, as far as coming days need it.
#[derive(Debug, Clone)]
pub(crate) struct PayerRow {
    pub(crate) cutoff: usize,
    /// Terms of its latest invoice, country and segment.
    pub(crate) cell: Cell,
    pub(crate) slow: HazardCounts,
    pub(crate) fast: HazardCounts,
    pub(crate) weekday_runs: [f64; 7],
    pub(crate) place_runs: [[f64; PLACES_MAX]; CUTS],
    pub(crate) runs_at_risk: RunsAtRisk,
    /// Days since the last payment run, if there was one.
    pub(crate) days_since_run: Option<i32>,
    pub(crate) run_gap_days: f64,
    pub(crate) run_count: u32,
    pub(crate) regime: Option<Change>,
}

/// What the replay of some customers wrote down.
#[derive(Debug, Default)]
pub(crate) struct Emission {
    pub(crate) keys: Vec<RawKey>,
    pub(crate) rows: Vec<RawRow>,
    pub(crate) payers: Vec<PayerRow>,
    /// Open instalments of the rows that are on a plan.
    pub(crate) plans: Vec<Vec<OpenLine>>,
    pub(crate) priors: PriorSums,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    NotKnown,
    Open,
    Closed,
}

/// Progress of one invoice through the replay.
#[derive(Debug, Clone, Copy)]
struct InvoiceState {
    status: Status,
    remaining_minor: i64,
    /// When it falls due: as agreed at first, with its last instalment once a plan is known.
    due_day: i32,
    rolled_due_day: i32,
    at_risk_from: i32,
    cash_minor: i64,
    part_paid_day: Option<i32>,
    /// Day and kind of the latest settlement.
    settled: Option<(i32, SettlementKind)>,
}

/// The replay of one customer.
struct Replay<'a> {
    facts: &'a Facts,
    customer: &'a CustomerFacts,
    state: PayerState,
    invoices: Vec<InvoiceState>,
    open: Vec<usize>,
    promises: Promises,
    /// Terms groups in which it has paid an invoice.
    paying_groups: BTreeSet<u32>,
}

/// Replays `customer` as it stands at the snapshot, and writes down what is open at each of `cutoffs` (sorted day numbers).
///
/// `keep(invoice, cutoff)` decides which open invoices are written down; all of them count.
fn replay_as_it_stands(
    facts: &Facts,
    customer: &CustomerFacts,
    cutoffs: &[i32],
    keep: &(dyn Fn(usize, i32) -> bool + Sync),
    emission: &mut Emission,
) {
    let mut replay = Replay {
        facts,
        customer,
        state: PayerState::default(),
        invoices: facts.invoices[customer.invoices.clone()]
            .iter()
            .map(|invoice| InvoiceState {
                status: Status::NotKnown,
                remaining_minor: invoice.amount_minor,
                due_day: invoice.due_day,
                rolled_due_day: invoice.rolled_due_day,
                at_risk_from: invoice.known_day + 1,
                cash_minor: 0,
                part_paid_day: None,
                settled: None,
            })
            .collect(),
        open: Vec::new(),
        promises: Promises::default(),
        paying_groups: BTreeSet::new(),
    };
    let events = events(facts, customer);
    let mut next = 0;
    for (index, cutoff) in cutoffs.iter().enumerate() {
        while next < events.len() && events[next].day <= *cutoff {
            replay.apply(events[next], index, &mut emission.priors);
            next += 1;
        }
        replay.emit(index, *cutoff, keep, emission);
    }
}

impl Replay<'_> {
    fn apply(&mut self, event: Event, cutoff: usize, priors: &mut PriorSums) {
        match event.kind {
            EventKind::Invoice => self.observe_invoice(event.index, cutoff, priors),
            EventKind::Settlement => self.observe_settlement(event.index, cutoff, priors),
            EventKind::Plan => self.observe_plan(event, cutoff, priors),
            EventKind::PromiseGiven => self.observe_promise(event.index),
            EventKind::DisputeResolved => self.observe_resolution(event.index, cutoff, priors),
            EventKind::PromiseDue => self.judge_promise(event.index),
            EventKind::Contact => self.state.contact_days.push_back(event.day),
            EventKind::Rating => self.state.credit_score = Some(self.facts.ratings[event.index].1),
        }
    }

    /// The cell in which an invoice counts.
    fn cell(&self, group: u32) -> Cell {
        Cell {
            group,
            market: self.customer.standing.market,
        }
    }

    fn slot(&self, invoice: usize) -> usize {
        invoice - self.customer.invoices.start
    }

    fn observe_invoice(&mut self, invoice: usize, cutoff: usize, priors: &mut PriorSums) {
        let fact = self.facts.invoices[invoice];
        self.state.invoice_count += 1;
        self.state.log_amount_sum += log_amount(fact.amount_minor);
        self.state.latest_group = fact.group;
        let slot = self.slot(invoice);
        self.invoices[slot].status = Status::Open;
        self.open.push(invoice);
        if self.invoices[slot].remaining_minor <= 0 {
            self.close(invoice, cutoff, priors);
        }
    }

    fn observe_settlement(&mut self, index: usize, cutoff: usize, priors: &mut PriorSums) {
        let settlement = self.facts.settlements[index];
        let slot = self.slot(settlement.invoice);
        let is_payment = settlement.kind == SettlementKind::Cash && settlement.amount_minor > 0;
        if is_payment {
            self.state.observe_payment_day(settlement.day);
        }
        let invoice = &mut self.invoices[slot];
        invoice.remaining_minor -= settlement.amount_minor;
        invoice.settled = Some((settlement.day, settlement.kind));
        if settlement.kind == SettlementKind::Cash {
            invoice.cash_minor = invoice.cash_minor.saturating_add(settlement.amount_minor);
            self.state.cash_minor = self.state.cash_minor.saturating_add(settlement.amount_minor);
        }
        match invoice.status {
            Status::Open if invoice.remaining_minor <= 0 => self.close(settlement.invoice, cutoff, priors),
            Status::Open if is_payment => {
                self.state.partial_count += 1;
                invoice.part_paid_day = Some(settlement.day);
            }
            Status::Closed if invoice.remaining_minor > 0 => {
                // A reversal: the money went back, and the invoice is at risk again.
                invoice.status = Status::Open;
                invoice.at_risk_from = settlement.known_day + 1;
                self.open.push(settlement.invoice);
            }
            Status::Open | Status::Closed | Status::NotKnown => {}
        }
    }

    /// Ends an invoice whose open amount has reached zero.
    fn close(&mut self, invoice: usize, cutoff: usize, priors: &mut PriorSums) {
        let slot = self.slot(invoice);
        let fact = self.facts.invoices[invoice];
        let state = &mut self.invoices[slot];
        state.status = Status::Closed;
        let (due_day, rolled_due_day, at_risk_from) =
            (state.due_day, state.rolled_due_day, state.at_risk_from);
        let (day, kind) = state.settled.unwrap_or((fact.known_day, SettlementKind::NonCash));
        self.open.retain(|open| *open != invoice);
        match kind {
            SettlementKind::Cash => {
                let paid = PaidInvoice::new(rolled_due_day, at_risk_from, day);
                let weight = prior::weight(self.state.paid_count);
                let counts = priors.ended(self.cell(fact.group), cutoff);
                counts.observe_paid(weight, &paid);
                counts.payers += i64::from(self.paying_groups.insert(fact.group));
                if let Some(days) = self.state.off_level_days(&paid) {
                    priors.season.observe(cutoff, rolled_due_day, weight, days);
                }
                self.state.observe_paid(&paid);
                *self.state.paid_by_due_day.entry(due_day).or_default() += 1;
            }
            SettlementKind::NonCash => self.end_exposure(invoice, day, cutoff, priors),
        }
    }

    /// Counts the days up to `day` on which an invoice was at risk and not paid in full.
    fn end_exposure(&mut self, invoice: usize, day: i32, cutoff: usize, priors: &mut PriorSums) {
        let state = self.invoices[self.slot(invoice)];
        let exposure = Exposure::new(state.rolled_due_day, state.at_risk_from, day);
        let counts = priors.ended(self.cell(self.facts.invoices[invoice].group), cutoff);
        counts.expose(prior::weight(self.state.paid_count), &exposure);
        self.state.expose(&exposure, day);
        self.state
            .expose_to_runs(state.rolled_due_day, state.at_risk_from, day);
    }

    fn emit(
        &mut self,
        index: usize,
        cutoff: i32,
        keep: &(dyn Fn(usize, i32) -> bool + Sync),
        emission: &mut Emission,
    ) {
        if self.open.is_empty() {
            return;
        }
        self.open.sort_unstable();
        let weight = prior::weight(self.state.paid_count);
        for invoice in &self.open {
            let fact = self.facts.invoices[*invoice];
            let state = self.invoices[self.slot(*invoice)];
            let exposure = Exposure::new(state.rolled_due_day, state.at_risk_from, cutoff);
            let counts = emission.priors.open(self.cell(fact.group), index);
            counts.expose(weight, &exposure);
        }
        let waiting_days = self.observe_open_disputes(index, cutoff, &mut emission.priors);
        let kept: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|invoice| keep(*invoice, cutoff))
            .collect();
        if kept.is_empty() {
            return;
        }
        emission.payers.push(self.payer_row(index, cutoff));
        let payer = emission.payers.len() - 1;
        let mut template = self.customer_columns(cutoff);
        template.payer_dispute_days += f64::from(waiting_days);
        let due = |invoice: &usize| self.invoices[self.slot(*invoice)].due_day;
        let neighbours = Neighbours::new(&self.state.paid_by_due_day, self.open.iter().map(due).collect());
        for invoice in kept {
            let state = self.invoices[self.slot(invoice)];
            let mut row = template;
            let lines = self.open_lines(invoice, cutoff);
            self.invoice_columns(&mut row, invoice, &lines, cutoff);
            neighbours.fill(&mut row, state.due_day);
            emission.rows.push(row);
            let plan = (!lines.is_empty()).then_some(emission.plans.len());
            emission.plans.extend(plan.map(|_| lines));
            emission.keys.push(RawKey {
                invoice,
                cutoff: index,
                payer,
                calendar: self.customer.standing.calendar,
                open_minor: state.remaining_minor,
                rolled_due_day: state.rolled_due_day,
                plan,
            });
        }
    }

    fn payer_row(&self, index: usize, cutoff: i32) -> PayerRow {
        let mut slow = self.state.slow.clone();
        let mut fast = self.state.fast.clone();
        for (counts, decay) in [(&mut slow, Decay::SLOW), (&mut fast, Decay::FAST)] {
            let discount = decay.discount(cutoff);
            for value in counts.paid.iter_mut().chain(counts.at_risk.iter_mut()) {
                *value *= discount;
            }
        }
        let calendar = &self.state.runs.calendar;
        let discount = Decay::SLOW.discount(cutoff);
        let mut runs_at_risk = self.state.runs_at_risk.clone();
        runs_at_risk.0.iter_mut().for_each(|runs| *runs *= discount);
        // An open invoice is evidence too: it was not paid on any day until today.
        for invoice in &self.open {
            let state = self.invoices[self.slot(*invoice)];
            let exposure = Exposure::new(state.rolled_due_day, state.at_risk_from, cutoff);
            for (bin, weekdays) in exposure.bins() {
                slow.at_risk[bin] += f64::from(weekdays);
                fast.at_risk[bin] += f64::from(weekdays);
            }
            runs_at_risk.expose(calendar, state.rolled_due_day, state.at_risk_from, cutoff, 1.0);
        }
        PayerRow {
            cutoff: index,
            cell: self.cell(self.state.latest_group),
            slow,
            fast,
            weekday_runs: calendar.weekday.map(|runs| runs * discount),
            place_runs: calendar.place.map(|runs| runs.map(|runs| runs * discount)),
            runs_at_risk,
            days_since_run: calendar.last_day().map(|day| cutoff - day),
            run_gap_days: self.state.runs.gap_days,
            run_count: self.state.runs.count,
            regime: self.state.runs.pattern().change(),
        }
    }
}
