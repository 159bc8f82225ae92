//! Rows of the table of actions that are decisions.

use std::collections::BTreeMap;

use polars::prelude::{DataType, col, lit};

use super::LogCounts;
use crate::action::Error;
use crate::action::evaluate::bills::collected;
use crate::action::kind::{ActionId, Channel};
use crate::domain::Date;
use crate::domain::date::day_number;
use crate::history::row_values::RowValues;
use crate::history::{Snapshot, Table};

/// A decision as the ledger has it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) action_id: String,
    pub(super) customer_id: String,
    pub(super) invoice_id: Option<String>,
    pub(super) word: ActionId,
    pub(super) channel: Option<Channel>,
    pub(super) level: Option<i64>,
    pub(super) day: i32,
    pub(super) propensity: f64,
    pub(super) segment: Option<String>,
}

/// Reads the decisions of a period, sorted by customer, invoice and day; counts what is none.
pub(super) fn read(
    snapshot: &Snapshot,
    from: Date,
    to: Date,
    last_day: Date,
    counts: &mut LogCounts,
) -> Result<Vec<Row>, Error> {
    let day = col("sent_on").cast(DataType::Int32);
    let is_of_period = day
        .clone()
        .gt_eq(lit(day_number(from)))
        .and(day.lt_eq(lit(day_number(to))));
    let columns = [
        "action_id",
        "customer_id",
        "invoice_id",
        "action_type",
        "channel",
        "level",
        "sent_on",
        "propensity",
    ];
    let query = snapshot
        .table(Table::Actions)
        .filter(is_of_period)
        .select(columns.map(col));
    let frame = collected(snapshot, query)?;
    let segments = segments(snapshot)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, customers, invoices) = (of("action_id")?, of("customer_id")?, of("invoice_id")?);
    let (words, channels, levels) = (of("action_type")?, of("channel")?, of("level")?);
    let (days, propensities) = (of("sent_on")?, of("propensity")?);
    counts.rows = frame.height();
    let mut rows = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let known = propensities
            .number(row)
            .filter(|propensity| *propensity > 0.0 && *propensity <= 1.0);
        let (Some(propensity), Some(day), Some(customer)) = (known, days.day(row), customers.text(row))
        else {
            counts.without_propensity += 1;
            continue;
        };
        if day > day_number(last_day) {
            counts.too_recent += 1;
            continue;
        }
        rows.push(Row {
            action_id: ids.text(row).unwrap_or_default().to_owned(),
            customer_id: customer.to_owned(),
            invoice_id: told(invoices.text(row)),
            word: ActionId::new(words.text(row).unwrap_or_default()),
            channel: channels.text(row).and_then(Channel::parse),
            level: levels.integer(row),
            day,
            propensity,
            segment: segments.get(customer).cloned(),
        });
    }
    Ok(single(rows, counts))
}

/// Sorts the rows, and leaves out those that share customer, invoice and day.
fn single(mut rows: Vec<Row>, counts: &mut LogCounts) -> Vec<Row> {
    rows.sort_unstable_by(|left, right| {
        let place = |row: &Row| (row.day, row.level);
        (&left.customer_id, &left.invoice_id)
            .cmp(&(&right.customer_id, &right.invoice_id))
            .then_with(|| place(left).cmp(&place(right)))
            .then_with(|| left.action_id.cmp(&right.action_id))
    });
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for group in rows.chunk_by(|left, right| {
        left.customer_id == right.customer_id && left.invoice_id == right.invoice_id && left.day == right.day
    }) {
        match group {
            [row] => kept.push(row.clone()),
            several => counts.conflicting += several.len(),
        }
    }
    kept
}

fn segments(snapshot: &Snapshot) -> Result<BTreeMap<String, String>, Error> {
    let columns = [col("customer_id"), col("segment")];
    let frame = collected(snapshot, snapshot.table(Table::Customers).select(columns))?;
    let (ids, segments) = (
        RowValues::of(&frame, "customer_id")?,
        RowValues::of(&frame, "segment")?,
    );
    let of_row = |row: usize| Some((ids.text(row)?.to_owned(), told(segments.text(row))?));
    Ok((0..frame.height()).filter_map(of_row).collect())
}

/// A text of its own; an empty one says nothing.
fn told(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
