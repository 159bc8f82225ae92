//! The numbers that are written down of an open invoice and of its customer.

use crate::features::dispute;
use crate::features::instalment::OpenLine;
use crate::features::lateness;
use crate::features::payer::Decay;
use crate::features::raw::{RawRow, count, log_amount, minor};
use crate::features::replay::Replay;

impl Replay<'_> {
    /// The columns that all invoices of the customer share.
    pub(super) fn customer_columns(&mut self, cutoff: i32) -> RawRow {
        while self
            .state
            .contact_days
            .front()
            .is_some_and(|day| *day <= cutoff - 30)
        {
            self.state.contact_days.pop_front();
        }
        let state = &self.state;
        let discount = Decay::LEVEL.discount(cutoff);
        let (fast, slow) = state.runs.averages();
        let pattern = state.runs.pattern();
        let dues: Vec<(i32, i64)> = self
            .open
            .iter()
            .map(|invoice| self.overdue(*invoice, cutoff))
            .collect();
        let amount = |invoice: &usize| minor(self.invoices[self.slot(*invoice)].remaining_minor);
        let oldest = dues.iter().map(|(due_day, _)| cutoff - due_day).max();
        RawRow {
            paid_count: f64::from(state.paid_count),
            level_weight: state.level.weight * discount,
            level_sum: state.level.sum * discount,
            level_square_sum: state.level.square_sum * discount,
            level_late: state.level.late * discount,
            fast_lateness: fast,
            slow_lateness: slow,
            last_lateness: state.last_lateness,
            regime_level: pattern.level_days(),
            regime_runs: f64::from(pattern.runs()),
            regime_shift: pattern.change().map_or(0.0, |change| change.shift_days),
            exception_days: pattern.exception_days(),
            run_count: f64::from(state.runs.count),
            days_since_run: state
                .runs
                .calendar
                .last_day()
                .map_or(-1.0, |day| f64::from(cutoff - day)),
            run_gap_days: state.runs.gap_days,
            invoice_count: f64::from(state.invoice_count),
            log_amount_sum: state.log_amount_sum,
            partial_count: f64::from(state.partial_count),
            open_count: count(self.open.len()),
            open_amount: self.open.iter().map(amount).sum(),
            overdue_count: count(dues.iter().filter(|(due_day, _)| *due_day < cutoff).count()),
            overdue_amount: dues.iter().map(|(_, overdue_minor)| minor(*overdue_minor)).sum(),
            oldest_overdue_days: f64::from(oldest.unwrap_or(0).max(0)),
            promises_kept: f64::from(state.promises_kept),
            promises_broken: f64::from(state.promises_broken),
            payer_disputes_resolved: f64::from(state.disputes_resolved),
            payer_dispute_days: f64::from(state.dispute_days),
            contacts_30_days: count(state.contact_days.len()),
            credit_score: state.credit_score.unwrap_or(0.0),
            has_credit_score: f64::from(u8::from(state.credit_score.is_some())),
            ..RawRow::default()
        }
    }

    pub(super) fn invoice_columns(&self, row: &mut RawRow, invoice: usize, lines: &[OpenLine], cutoff: i32) {
        let fact = self.facts.invoices[invoice];
        let state = self.invoices[self.slot(invoice)];
        row.days_past_due = f64::from(cutoff - state.rolled_due_day);
        row.age_days = f64::from(cutoff - fact.invoice_day);
        row.terms_days = f64::from(fact.due_day - fact.invoice_day);
        row.roll_days = f64::from(state.rolled_due_day - state.due_day);
        row.season_shift_days = self.state.season.shift_days(state.rolled_due_day);
        row.due_weekday = count(lateness::weekday(state.due_day));
        row.log_amount = log_amount(fact.amount_minor);
        row.paid_share = 1.0 - minor(state.remaining_minor) / minor(fact.amount_minor);
        row.part_payment_days = state.part_paid_day.map_or(0.0, |day| f64::from(cutoff - day + 1));
        row.lines_left = count(lines.len());
        if let Some(next) = lines.first() {
            row.has_plan = 1.0;
            row.days_to_next_line = f64::from(next.rolled_due_day - cutoff);
        }
        let disputes = &self.facts.disputes[self.customer.disputes.clone()];
        dispute::fill(row, disputes, invoice, cutoff);
        self.promises
            .fill(row, self.facts, self.customer, invoice, cutoff);
    }
}
