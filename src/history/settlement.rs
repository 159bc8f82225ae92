//! What reduced the invoices, and what is still owed.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, LazyFrame, UnionArgs, col, concat, lit};

use super::error::Error;
use super::row_values::RowValues;
use super::schema::{KNOWN_ON, Table};
use super::snapshot::{Keep, Snapshot};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date, Money};

/// What settles invoices: the table, what it is called, and the date of its rows. Cash comes first.
const SETTLING: [(Table, &str, &str); 3] = [
    (Table::Payments, CASH, "paid_date"),
    (Table::CreditNotes, "credit_note", "credit_date"),
    (Table::WriteOffs, "write_off", "write_off_date"),
];
const CASH: &str = "cash";
/// What open amounts are made from.
const SUMMED: [Table; 4] = [
    Table::Invoices,
    Table::Payments,
    Table::CreditNotes,
    Table::WriteOffs,
];
/// What is read of an invoice.
const OF_INVOICE: [&str; 9] = [
    "invoice_id",
    "customer_id",
    "entity",
    "invoice_date",
    "due_date",
    "amount_minor",
    "currency",
    "in_transit_minor",
    "delivery_status",
];

/// An invoice of which something was still owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The invoice.
    pub invoice_id: String,
    /// Who owes it.
    pub customer_id: String,
    /// Legal entity that issued it.
    pub entity: Option<String>,
    /// Date it falls due.
    pub due_date: Date,
    /// Date of issue.
    pub invoice_date: Date,
    /// What is still owed, more than zero.
    pub open: Money,
    /// What was invoiced.
    pub gross: Money,
    /// The part of `open` in an unresolved dispute.
    pub disputed: Money,
    /// What was seen at the bank and is not yet allocated.
    pub in_transit: Money,
    /// Whether it reached the customer, as far as is known.
    pub is_delivered: bool,
    /// Cut-off minus due date: positive is late.
    pub days_past_due: i32,
}

/// Returns everything that settles invoices as one table; see [`Snapshot::settlements`].
pub(super) fn settlements(snapshot: &Snapshot) -> LazyFrame {
    let part = |table: Table, kind: &str, date: &str| {
        snapshot
            .table(table)
            .filter(col("invoice_id").is_not_null())
            .select([
                col("invoice_id"),
                col("customer_id"),
                lit(kind).alias("kind"),
                col(date).alias("date"),
                col(KNOWN_ON),
                col("amount_minor"),
            ])
    };
    // Payments are always among them, so that there is a table.
    let parts: Vec<LazyFrame> = SETTLING
        .into_iter()
        .filter(|(table, _, _)| *table == Table::Payments || !snapshot.is_bare(*table))
        .map(|(table, kind, date)| part(table, kind, date))
        .collect();
    concat(parts, UnionArgs::default()).expect("one table at least is given")
}

/// Something that reduced what an invoice owes.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) invoice_id: String,
    pub(crate) is_cash: bool,
    /// Day number.
    pub(crate) day: Option<i32>,
    pub(crate) amount_minor: i64,
}

/// What settled an invoice, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) amount_minor: i64,
    /// Day number of the last cash.
    pub(crate) paid_on: Option<i32>,
}

/// Returns the rows of [`settlements`] that are about an invoice; see [`Snapshot::few_settlements`].
pub(super) fn few(snapshot: &Snapshot) -> Result<Option<Vec<Settlement>>, Error> {
    if !snapshot.is_small(&SUMMED) {
        return Ok(None);
    }
    let mut few = Vec::new();
    for (table, kind, date) in SETTLING {
        if snapshot.is_bare(table) {
            continue;
        }
        let frame = snapshot.rows(table, &["invoice_id", date, "amount_minor"], Keep::All)?;
        let of = |name: &str| RowValues::of(&frame, name);
        let (ids, days, amounts) = (of("invoice_id")?, of(date)?, of("amount_minor")?);
        few.extend((0..frame.height()).filter_map(|row| {
            Some(Settlement {
                invoice_id: ids.text(row)?.to_owned(),
                is_cash: kind == CASH,
                day: days.day(row),
                amount_minor: amounts.integer(row).unwrap_or(0),
            })
        }));
    }
    Ok(Some(few))
}

impl Settlement {
    /// Sums up what settled each invoice.
    pub(crate) fn sums(all: &[Self]) -> BTreeMap<&str, Settled> {
        let mut sums: BTreeMap<&str, Settled> = BTreeMap::new();
        for settlement in all {
            let sum = sums.entry(settlement.invoice_id.as_str()).or_default();
            // As a query sums.
            sum.amount_minor = sum.amount_minor.wrapping_add(settlement.amount_minor);
            if settlement.is_cash {
                sum.paid_on = sum.paid_on.max(settlement.day);
            }
        }
        sums
    }
}

/// Returns what is still owed; see [`Snapshot::open_items`].
pub(super) fn open_items(snapshot: &Snapshot) -> Result<Vec<OpenItem>, Error> {
    let invoices = match few(snapshot)? {
        Some(few) => by_hand(snapshot, &few)?,
        None => by_query(snapshot)?,
    };
    let mut items = items(&invoices, &disputes(snapshot)?, snapshot.cutoff())?;
    items.sort_unstable_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
    Ok(items)
}

/// Invoices, and what of each is open; those of which nothing is may be among them.
#[derive(Debug)]
struct Invoices {
    frame: DataFrame,
    open_minor: Vec<i64>,
}

fn by_hand(snapshot: &Snapshot, settlements: &[Settlement]) -> Result<Invoices, Error> {
    let frame = snapshot.rows(Table::Invoices, &OF_INVOICE, Keep::All)?;
    let sums = Settlement::sums(settlements);
    let (ids, gross) = (
        RowValues::of(&frame, "invoice_id")?,
        RowValues::of(&frame, "amount_minor")?,
    );
    let open = |row: usize| {
        let settled = ids.text(row).and_then(|id| sums.get(id));
        let settled_minor = settled.map_or(0, |settled| settled.amount_minor);
        gross
            .integer(row)
            .map_or(0, |gross| gross.wrapping_sub(settled_minor))
    };
    let open_minor = (0..frame.height()).map(open).collect();
    Ok(Invoices { frame, open_minor })
}

fn by_query(snapshot: &Snapshot) -> Result<Invoices, Error> {
    let settled = settlements(snapshot)
        .group_by([col("invoice_id")])
        .agg([col("amount_minor").sum().alias("settled_minor")]);
    let open = col("amount_minor") - col("settled_minor").fill_null(lit(0_i64));
    let invoices = snapshot
        .table(Table::Invoices)
        .select(OF_INVOICE.map(col))
        .left_join(settled, col("invoice_id"), col("invoice_id"))
        .with_columns([open.alias("open_minor")])
        .filter(col("open_minor").gt(lit(0_i64)));
    let mut frame = snapshot.collect(invoices)?;
    frame.rechunk_mut();
    let open_minor = RowValues::of(&frame, "open_minor")?.integers_or(frame.height(), 0);
    Ok(Invoices { frame, open_minor })
}

/// Returns what of each invoice is in unresolved disputes; none is all of it.
fn disputes(snapshot: &Snapshot) -> Result<BTreeMap<String, Option<i64>>, Error> {
    let mut disputed: BTreeMap<String, Option<i64>> = BTreeMap::new();
    if snapshot.is_bare(Table::Disputes) {
        return Ok(disputed);
    }
    let columns = ["invoice_id", "amount_minor", "resolved_on"];
    let frame = snapshot.rows(Table::Disputes, &columns, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, amounts, resolved) = (of("invoice_id")?, of("amount_minor")?, of("resolved_on")?);
    for row in (0..frame.height()).filter(|row| resolved.is_null(*row)) {
        if let Some(id) = ids.text(row) {
            let sum = disputed.entry(id.to_owned()).or_insert(Some(0));
            // A dispute without an amount is about the whole invoice.
            *sum = sum
                .zip(amounts.integer(row))
                .map(|(sum, amount)| sum.wrapping_add(amount));
        }
    }
    Ok(disputed)
}

fn items(
    invoices: &Invoices,
    disputes: &BTreeMap<String, Option<i64>>,
    cutoff: Date,
) -> Result<Vec<OpenItem>, Error> {
    let of = |name: &str| RowValues::of(&invoices.frame, name);
    let (ids, customers, entities) = (of("invoice_id")?, of("customer_id")?, of("entity")?);
    let (invoice_days, due_days) = (of("invoice_date")?, of("due_date")?);
    let (gross, currencies) = (of("amount_minor")?, of("currency")?);
    let (in_transit, delivery) = (of("in_transit_minor")?, of("delivery_status")?);
    let today = crate::domain::date::day_number(cutoff);
    let mut items = Vec::new();
    let open = invoices.open_minor.iter().copied().enumerate();
    for (row, open_minor) in open.filter(|(_, open_minor)| *open_minor > 0) {
        let code = currencies.text(row).unwrap_or("");
        let currency = Currency::parse(code).expect("only known currencies enter a history");
        let invoice_id = ids.text(row).unwrap_or("");
        let disputed_minor = match disputes.get(invoice_id) {
            Some(Some(minor)) => open_minor.min(*minor),
            Some(None) => open_minor,
            None => 0,
        };
        let due = due_days.day(row).unwrap_or(today);
        items.push(OpenItem {
            invoice_id: invoice_id.to_owned(),
            customer_id: customers.text(row).unwrap_or("").to_owned(),
            entity: entities.text(row).map(ToOwned::to_owned),
            due_date: from_day_number(due),
            invoice_date: from_day_number(invoice_days.day(row).unwrap_or(today)),
            open: Money::from_minor(open_minor, currency),
            gross: Money::from_minor(gross.integer(row).unwrap_or(0), currency),
            disputed: Money::from_minor(disputed_minor, currency),
            in_transit: Money::from_minor(in_transit.integer(row).unwrap_or(0), currency),
            is_delivered: delivery.text(row) != Some("failed"),
            days_past_due: today - due,
        });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::small_ledger::{cutoffs, history, seeds};

    fn sorted(snapshot: &Snapshot, invoices: &Invoices) -> Vec<OpenItem> {
        let mut items = items(invoices, &disputes(snapshot).unwrap(), snapshot.cutoff()).unwrap();
        items.sort_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
        items
    }

    /// The rows of the query: invoice, whether it was cash, day, amount.
    fn queried(snapshot: &Snapshot) -> Vec<(String, bool, Option<i32>, i64)> {
        let frame = snapshot.collect(settlements(snapshot)).unwrap();
        let of = |name: &str| RowValues::of(&frame, name).unwrap();
        let (ids, kinds, days, amounts) = (of("invoice_id"), of("kind"), of("date"), of("amount_minor"));
        let row = |row: usize| {
            (
                ids.text(row).unwrap().to_owned(),
                kinds.text(row) == Some(CASH),
                days.day(row),
                amounts.integer(row).unwrap(),
            )
        };
        (0..frame.height()).map(row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn by_hand_the_same_is_open_as_by_query(seeds in seeds()) {
            let history = history(&seeds);
            for cutoff in cutoffs() {
                let snapshot = history.as_of(cutoff);
                let few = few(&snapshot).unwrap().expect("the ledger is small");
                let (hand, query) = (by_hand(&snapshot, &few).unwrap(), by_query(&snapshot).unwrap());
                prop_assert_eq!(sorted(&snapshot, &hand), sorted(&snapshot, &query));
                let mut rows: Vec<_> = few
                    .into_iter()
                    .map(|one| (one.invoice_id, one.is_cash, one.day, one.amount_minor))
                    .collect();
                let mut queried = queried(&snapshot);
                rows.sort();
                queried.sort();
                prop_assert_eq!(rows, queried);
            }
        }
    }
}
