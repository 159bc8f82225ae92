//! A ledger of tables that were checked before: what a running service has recorded.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{Engine, IntoLazy, LazyFrame, col};

use super::History;
use super::builder::TableBuilder;
use super::error::Error;
use super::open::derive_customers;
use super::schema::Table;
use crate::domain::Date;

impl History {
    /// Makes a ledger of tables in the canonical shape whose rows were checked, one by one and against each
    /// other, when they were taken; nothing is checked again.
    ///
    /// Absent tables are empty. Customers are derived from the invoices where their table is empty.
    /// `date_range` is the first invoice date and the last day any fact became known, `is_on_disk` says whether
    /// the tables may be larger than memory.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when a table cannot be read.
    pub(crate) fn from_parts(
        mut tables: BTreeMap<Table, LazyFrame>,
        date_range: Option<(Date, Date)>,
        fingerprint: String,
        is_on_disk: bool,
    ) -> Result<Self, Error> {
        let engine = if is_on_disk {
            Engine::Streaming
        } else {
            Engine::InMemory
        };
        for table in Table::ALL {
            if let Entry::Vacant(absent) = tables.entry(table) {
                absent.insert(TableBuilder::new(table).finish()?.frame.lazy());
            }
        }
        let has_customers = has_rows(&tables[&Table::Customers], engine)?;
        derive_customers(&mut tables, has_customers, engine)?;
        Ok(Self {
            tables: Arc::new(tables),
            // Superseded facts are left out before.
            versioned: Arc::new(BTreeSet::new()),
            date_range,
            fingerprint,
            is_on_disk,
        })
    }
}

fn has_rows(customers: &LazyFrame, engine: Engine) -> Result<bool, Error> {
    let first = customers.clone().select([col("customer_id")]).limit(1);
    let first = first
        .collect_with_engine(engine)
        .map_err(|source| Error::polars("looking for customers", source))?
        .unwrap_single();
    Ok(first.height() > 0)
}
