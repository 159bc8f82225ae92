//! How a customer usually pays: its invoices that were paid in full.

use polars::prelude::{NULL, col, lit, when};

use super::read::{Places, collected};
use super::{Account, Behaviour};
use crate::action::Error;
use crate::history::row_values::RowValues;
use crate::history::{Keep, Settlement, Snapshot, Table};

/// Invoices that count: the last so many.
const LAST_MAX: usize = 20;

/// An invoice that was paid in full: place of its customer, day of the last cash, days past due on it.
type Paid = (usize, i32, i32);

/// Fills in how each customer pays.
pub(super) fn fill(snapshot: &Snapshot, places: &Places, accounts: &mut [Account]) -> Result<(), Error> {
    if snapshot.is_bare(Table::Payments) {
        return Ok(());
    }
    let mut payments = match snapshot.few_settlements()? {
        Some(few) => by_hand(snapshot, &few, places)?,
        None => by_query(snapshot, places)?,
    };
    payments.sort_unstable();
    for theirs in payments.chunk_by(|left, right| left.0 == right.0) {
        let late: Vec<i32> = theirs.iter().map(|(_, _, days)| *days).collect();
        if let Some(account) = theirs.first().and_then(|(place, _, _)| accounts.get_mut(*place)) {
            account.behaviour = of(&late);
        }
    }
    Ok(())
}

fn by_hand(snapshot: &Snapshot, settlements: &[Settlement], places: &Places) -> Result<Vec<Paid>, Error> {
    let columns = ["invoice_id", "customer_id", "due_date", "amount_minor"];
    let frame = snapshot.rows(Table::Invoices, &columns, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, customers) = (of("invoice_id")?, of("customer_id")?);
    let (due, gross) = (of("due_date")?, of("amount_minor")?);
    let sums = Settlement::sums(settlements);
    let paid = (0..frame.height()).filter_map(|row| {
        let sum = sums.get(ids.text(row)?)?;
        let is_paid = sum.amount_minor >= gross.integer(row)?;
        let paid_on = sum.paid_on.filter(|_| is_paid)?;
        Some((
            places.find(customers.text(row)?)?,
            paid_on,
            paid_on - due.day(row)?,
        ))
    });
    Ok(paid.collect())
}

fn by_query(snapshot: &Snapshot, places: &Places) -> Result<Vec<Paid>, Error> {
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
    let of = |name: &str| RowValues::of(&frame, name);
    let (customers, due, paid) = (of("customer_id")?, of("due_date")?, of("paid_on")?);
    let paid = (0..frame.height()).filter_map(|row| {
        let paid_on = paid.day(row)?;
        Some((
            places.find(customers.text(row)?)?,
            paid_on,
            paid_on - due.day(row)?,
        ))
    });
    Ok(paid.collect())
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
    use proptest::prelude::*;

    use super::*;
    use crate::history::small_ledger::{cutoffs, history, seeds};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn by_hand_the_same_was_paid_as_by_query(seeds in seeds()) {
            let history = history(&seeds);
            for cutoff in cutoffs() {
                let snapshot = history.as_of(cutoff);
                let accounts = ["C0", "C1", "C2"].map(|id| Account::unknown(id.to_owned(), cutoff, Vec::new()));
                let places = Places::of(&accounts);
                let few = snapshot.few_settlements().unwrap().expect("the ledger is small");
                let mut hand = by_hand(&snapshot, &few, &places).unwrap();
                let mut query = by_query(&snapshot, &places).unwrap();
                hand.sort_unstable();
                query.sort_unstable();
                prop_assert_eq!(hand, query);
            }
        }
    }

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
