//! How a customer usually pays: its invoices that were paid in full.

use polars::prelude::{NULL, col, lit, when};

use super::read::{Places, collected};
use super::{Account, Behaviour};
use crate::action::Error;
use crate::history::row_values::RowValues;
use crate::history::{Snapshot, Table};

/// Invoices that count: the last so many.
const LAST_MAX: usize = 20;

/// Fills in how each customer pays.
pub(super) fn fill(snapshot: &Snapshot, places: &Places, accounts: &mut [Account]) -> Result<(), Error> {
    if snapshot.is_bare(Table::Payments) {
        return Ok(());
    }
    let cash_date = when(col("kind").eq(lit("cash")))
        .then(col("date"))
        .otherwise(lit(NULL));
    let settled = snapshot
        .settlements()
        .with_columns([cash_date.alias("cash_date")])
        .group_by([col("invoice_id")])
        .agg([
            col("amount_minor").sum().alias("settled_minor"),
            col("cash_date").max().alias("paid_on"),
        ]);
    let query = snapshot
        .table(Table::Invoices)
        .select([
            col("invoice_id"),
            col("customer_id"),
            col("due_date"),
            col("amount_minor"),
        ])
        .inner_join(settled, col("invoice_id"), col("invoice_id"))
        .filter(
            col("settled_minor")
                .gt_eq(col("amount_minor"))
                .and(col("paid_on").is_not_null()),
        )
        .select([col("customer_id"), col("due_date"), col("paid_on")]);
    let frame = collected(snapshot, query)?;
    let (ids, due) = (
        RowValues::of(&frame, "customer_id")?,
        RowValues::of(&frame, "due_date")?,
    );
    let paid = RowValues::of(&frame, "paid_on")?;
    let mut payments = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let place = ids.text(row).and_then(|id| places.find(id));
        if let (Some(place), Some(due), Some(paid)) = (place, due.day(row), paid.day(row)) {
            payments.push((place, paid, paid - due));
        }
    }
    payments.sort_unstable();
    for theirs in payments.chunk_by(|left, right| left.0 == right.0) {
        let late: Vec<i32> = theirs.iter().map(|(_, _, days)| *days).collect();
        if let Some(account) = theirs.first().and_then(|(place, _, _)| accounts.get_mut(*place)) {
            account.behaviour = of(&late);
        }
    }
    Ok(())
}

/// Sums up days past due at payment, the last payment last.
fn of(late: &[i32]) -> Behaviour {
    let mut last: Vec<i32> = late[late.len().saturating_sub(LAST_MAX)..].to_vec();
    last.sort_unstable();
    let count = last.len();
    if count == 0 {
        return Behaviour::default();
    }
    let middle = (f64::from(last[(count - 1) / 2]) + f64::from(last[count / 2])) / 2.0;
    let in_time = last.iter().filter(|days| **days <= 0).count();
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    Behaviour {
        paid_count: u32::try_from(late.len()).unwrap_or(u32::MAX),
        usual_days_past_due: Some(middle),
        on_time_share: Some(number(in_time) / number(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_share_are_of_the_last_twenty() {
        let mut late = vec![90; 30];
        late.extend([-2; 18]);
        late.extend([10, 12]);
        let behaviour = of(&late);
        assert_eq!(behaviour.paid_count, 50);
        assert!((behaviour.usual_days_past_due.unwrap() + 2.0).abs() < 1e-12);
        assert!((behaviour.on_time_share.unwrap() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn an_even_count_has_its_median_between_the_middle_two() {
        let behaviour = of(&[1, 4]);
        assert!((behaviour.usual_days_past_due.unwrap() - 2.5).abs() < 1e-12);
        assert_eq!(of(&[]), Behaviour::default());
    }
}
