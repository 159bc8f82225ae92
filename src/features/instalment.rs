//! Instalment plans: which lines are still owed on a day, and when they fall due.
//!
//! The plan that became known last replaces those before it. What is owed lies on its last lines:
//! payments fill a plan in due order, and whatever was paid before it was agreed is not in it.

use crate::domain::instalment::owed_of_lines;
use crate::features::facts::InvoiceFact;

/// One agreed line of a plan, as the source reported it. Days are day numbers since 1970-01-01.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanLine {
    /// Index of the invoice in the facts.
    pub(crate) invoice: usize,
    pub(crate) known_day: i32,
    /// Lines with the same number belong to one plan.
    pub(crate) plan: usize,
    pub(crate) due_day: i32,
    /// The due date rolled to the payer's next business day.
    pub(crate) rolled_due_day: i32,
    pub(crate) amount_minor: i64,
}

/// What is still owed of one line of an instalment plan. Days are day numbers since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLine {
    /// Due date of the line as agreed.
    pub due_day: i32,
    /// The due date rolled to the payer's next business day.
    pub rolled_due_day: i32,
    /// What is owed of it, in minor units.
    pub open_minor: i64,
}

/// The lines of the plan of `invoice` that is in force on `day`, by due day; none without a plan.
///
/// `lines` are a customer's, sorted by invoice, then by the day on which they became known.
pub(crate) fn in_force(lines: &[PlanLine], invoice: usize, day: i32) -> Vec<PlanLine> {
    let from_invoice = &lines[lines.partition_point(|line| line.invoice < invoice)..];
    let end = from_invoice.partition_point(|line| line.invoice == invoice && line.known_day <= day);
    let known = &from_invoice[..end];
    let Some(latest) = known.last() else {
        return Vec::new();
    };
    let mut lines: Vec<PlanLine> = known
        .iter()
        .filter(|line| line.plan == latest.plan)
        .copied()
        .collect();
    lines.sort_by_key(|line| line.due_day);
    lines
}

/// What is owed of each line of `plan` (by due day) when `remaining_minor` of the invoice is open, by due day.
///
/// What the plan does not cover stays due when the invoice is, or with the last line if that is earlier.
/// The open lines sum to `remaining_minor` where that is above zero.
pub(crate) fn open_lines(invoice: &InvoiceFact, plan: &[PlanLine], remaining_minor: i64) -> Vec<OpenLine> {
    let Some(last) = plan.last() else {
        return Vec::new();
    };
    let amounts: Vec<i64> = plan.iter().map(|line| line.amount_minor).collect();
    let (owed, uncovered) = owed_of_lines(&amounts, remaining_minor);
    let mut open: Vec<OpenLine> = plan
        .iter()
        .zip(owed)
        .filter(|(_, open_minor)| *open_minor > 0)
        .map(|(line, open_minor)| OpenLine {
            due_day: line.due_day,
            rolled_due_day: line.rolled_due_day,
            open_minor,
        })
        .collect();
    if uncovered > 0 {
        open.push(OpenLine {
            due_day: invoice.due_day.min(last.due_day),
            rolled_due_day: invoice.rolled_due_day.min(last.rolled_due_day),
            open_minor: uncovered,
        });
    }
    open.sort_by_key(|line| line.due_day);
    open.dedup_by(|later, earlier| {
        let is_same_day = later.due_day == earlier.due_day;
        if is_same_day {
            earlier.open_minor += later.open_minor;
        }
        is_same_day
    });
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice() -> InvoiceFact {
        InvoiceFact {
            invoice_day: 70,
            due_day: 100,
            rolled_due_day: 100,
            known_day: 70,
            amount_minor: 900,
            group: 0,
        }
    }

    fn line(plan: usize, known_day: i32, due_day: i32, amount_minor: i64) -> PlanLine {
        PlanLine {
            invoice: 3,
            known_day,
            plan,
            due_day,
            rolled_due_day: due_day,
            amount_minor,
        }
    }

    fn owed(plan: &[PlanLine], remaining_minor: i64) -> Vec<(i32, i64)> {
        open_lines(&invoice(), plan, remaining_minor)
            .iter()
            .map(|line| (line.due_day, line.open_minor))
            .collect()
    }

    #[test]
    fn payments_fill_the_lines_in_due_order() {
        let plan = [
            line(0, 110, 130, 300),
            line(0, 110, 160, 300),
            line(0, 110, 190, 300),
        ];
        assert_eq!(owed(&plan, 900), [(130, 300), (160, 300), (190, 300)]);
        assert_eq!(owed(&plan, 500), [(160, 200), (190, 300)]);
        assert_eq!(owed(&plan, 1), [(190, 1)]);
        assert!(owed(&plan, 0).is_empty());
    }

    #[test]
    fn what_the_plan_does_not_cover_stays_due_with_the_invoice() {
        let plan = [line(0, 80, 130, 300), line(0, 80, 130, 300)];
        assert_eq!(owed(&plan, 900), [(100, 300), (130, 600)]);
        let early = [line(0, 80, 90, 300)];
        assert_eq!(owed(&early, 900), [(90, 900)]);
    }

    #[test]
    fn the_plan_known_last_is_in_force_from_the_day_it_was_known() {
        let lines = [
            line(0, 110, 130, 900),
            line(1, 125, 150, 450),
            line(1, 125, 180, 450),
        ];
        let due = |day| -> Vec<i32> { in_force(&lines, 3, day).iter().map(|line| line.due_day).collect() };
        assert!(due(109).is_empty());
        assert_eq!(due(124), [130]);
        assert_eq!(due(125), [150, 180]);
        assert!(in_force(&lines, 2, 200).is_empty() && in_force(&lines, 4, 200).is_empty());
    }
}
