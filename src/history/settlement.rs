//! What reduced the invoices, and what is still owed.

use polars::prelude::{DataFrame, DataType, IntoLazy, LazyFrame, UnionArgs, col, concat, lit};

use super::error::Error;
use super::row_values::RowValues;
use super::schema::{KNOWN_ON, Table};
use super::snapshot::Snapshot;
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date, Money};

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
    let mut parts = vec![part(Table::Payments, "cash", "paid_date")];
    for (table, kind, date) in [
        (Table::CreditNotes, "credit_note", "credit_date"),
        (Table::WriteOffs, "write_off", "write_off_date"),
    ] {
        if !snapshot.is_bare(table) {
            parts.push(part(table, kind, date));
        }
    }
    concat(parts, UnionArgs::default()).expect("one table at least is given")
}

/// Returns what is still owed; see [`Snapshot::open_items`].
pub(super) fn open_items(snapshot: &Snapshot) -> Result<Vec<OpenItem>, Error> {
    let settled = settlements(snapshot)
        .group_by([col("invoice_id")])
        .agg([col("amount_minor").sum().alias("settled_minor")]);
    let disputed = snapshot
        .table(Table::Disputes)
        .filter(col("resolved_on").is_null())
        .group_by([col("invoice_id")])
        .agg([
            col("amount_minor").sum().alias("disputed_minor"),
            // A dispute without an amount is about the whole invoice.
            col("amount_minor")
                .is_null()
                .cast(DataType::Int64)
                .sum()
                .alias("whole_disputes"),
        ]);
    let open = col("amount_minor") - col("settled_minor").fill_null(lit(0_i64));
    let invoices = snapshot
        .table(Table::Invoices)
        .select([
            col("invoice_id"),
            col("customer_id"),
            col("entity"),
            col("invoice_date"),
            col("due_date"),
            col("amount_minor"),
            col("currency"),
        ])
        .left_join(settled, col("invoice_id"), col("invoice_id"))
        .with_columns([open.alias("open_minor")])
        .filter(col("open_minor").gt(lit(0_i64)));
    // Collected here: few invoices are open, and the dispute join then needs only them.
    let open_invoices = snapshot.collect(invoices)?;
    let joined = open_invoices
        .lazy()
        .left_join(disputed, col("invoice_id"), col("invoice_id"));
    let mut items = items(&snapshot.collect(joined)?, snapshot.cutoff())?;
    items.sort_unstable_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
    Ok(items)
}

fn items(frame: &DataFrame, cutoff: Date) -> Result<Vec<OpenItem>, Error> {
    let of = |name: &str| RowValues::of(frame, name);
    let (ids, customers, entities) = (of("invoice_id")?, of("customer_id")?, of("entity")?);
    let (invoice_days, due_days) = (of("invoice_date")?, of("due_date")?);
    let (gross, open, currencies) = (of("amount_minor")?, of("open_minor")?, of("currency")?);
    let (disputed, whole) = (of("disputed_minor")?, of("whole_disputes")?);
    let today = crate::domain::date::day_number(cutoff);
    let mut items = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let code = currencies.text(row).unwrap_or("");
        let currency = Currency::parse(code).expect("only known currencies enter a history");
        let open_minor = open.integer(row).unwrap_or(0);
        let is_whole = whole.integer(row).unwrap_or(0) > 0;
        let disputed_minor = if is_whole {
            open_minor
        } else {
            disputed.integer(row).unwrap_or(0).min(open_minor)
        };
        let due = due_days.day(row).unwrap_or(today);
        items.push(OpenItem {
            invoice_id: ids.text(row).unwrap_or("").to_owned(),
            customer_id: customers.text(row).unwrap_or("").to_owned(),
            entity: entities.text(row).map(ToOwned::to_owned),
            due_date: from_day_number(due),
            invoice_date: from_day_number(invoice_days.day(row).unwrap_or(today)),
            open: Money::from_minor(open_minor, currency),
            gross: Money::from_minor(gross.integer(row).unwrap_or(0), currency),
            disputed: Money::from_minor(disputed_minor, currency),
            days_past_due: today - due,
        });
    }
    Ok(items)
}
