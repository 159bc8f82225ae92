//! The part of a ledger that belongs to some legal entities.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, Engine, IntoLazy, LazyFrame, col};

use super::error::Error;
use super::row_values::RowValues;
use super::schema::{KNOWN_ON, Table};
use super::snapshot::{ROWS_MAX, in_memory};
use super::{History, fingerprint};
use crate::domain::Date;
use crate::domain::date::from_day_number;

impl History {
    /// Returns the ledger of these legal entities alone: their invoices, what names one of these invoices, the
    /// customers that owe them with their bought scores and receipts, and the rates.
    ///
    /// What names no invoice (a promise or a credit note on account) belongs to no entity and is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when the ledger cannot be read.
    pub fn of_entities(&self, entities: &BTreeSet<String>) -> Result<Self, Error> {
        let (tables, date_range) = match few(&self.tables) {
            Some(frames) => by_hand(&frames, entities)?,
            None => self.by_query(entities)?,
        };
        Ok(Self {
            date_range,
            tables: Arc::new(tables),
            versioned: Arc::clone(&self.versioned),
            fingerprint: fingerprint::of_part(&self.fingerprint, entities),
            is_on_disk: self.is_on_disk,
        })
    }

    fn by_query(&self, entities: &BTreeSet<String>) -> Result<Part, Error> {
        let failed = |source| Error::polars("choosing legal entities", source);
        let names: Vec<&str> = entities.iter().map(String::as_str).collect();
        let wanted =
            DataFrame::new(names.len(), vec![Column::new("entity".into(), &names)]).map_err(failed)?;
        let whole = |table: Table| self.tables[&table].clone();
        let invoices = whole(Table::Invoices).semi_join(wanted.lazy(), col("entity"), col("entity"));
        let mut tables = BTreeMap::new();
        for table in Table::ALL {
            let part = match belongs_by(table) {
                _ if table == Table::Invoices => invoices.clone(),
                Some(key) => matching(whole(table), &invoices, key),
                None => whole(table),
            };
            tables.insert(table, part);
        }
        let engine = if self.is_on_disk {
            Engine::Streaming
        } else {
            Engine::InMemory
        };
        let date_range = date_range(&tables, engine)?;
        Ok((tables, date_range))
    }
}

/// The tables of a part, with its dates as [`History`] has them.
type Part = (BTreeMap<Table, LazyFrame>, Option<(Date, Date)>);

/// Returns the column by which a row belongs to one of the invoices that are seen; rates belong to everybody.
const fn belongs_by(table: Table) -> Option<&'static str> {
    match table {
        Table::Invoices
        | Table::Payments
        | Table::CreditNotes
        | Table::WriteOffs
        | Table::Disputes
        | Table::Promises
        | Table::InstalmentPlans
        | Table::Actions => Some("invoice_id"),
        // A receipt of no known customer belongs to no entity.
        Table::Customers | Table::CreditRatings | Table::Receipts => Some("customer_id"),
        Table::FxRates => None,
    }
}

/// Returns the tables where they are few rows, all in memory: to go through these takes less time than queries.
fn few(tables: &BTreeMap<Table, LazyFrame>) -> Option<BTreeMap<Table, &DataFrame>> {
    let frames: BTreeMap<Table, &DataFrame> = tables
        .iter()
        .map(|(table, rows)| Some((*table, in_memory(rows)?)))
        .collect::<Option<_>>()?;
    let rows: usize = frames.values().map(|frame| frame.height()).sum();
    (rows <= ROWS_MAX).then_some(frames)
}

fn by_hand(frames: &BTreeMap<Table, &DataFrame>, entities: &BTreeSet<String>) -> Result<Part, Error> {
    let invoices = having(frames[&Table::Invoices], "entity", |name| entities.contains(name))?;
    let mut tables = BTreeMap::new();
    let (mut first, mut last) = (None, None);
    for (table, frame) in frames {
        let part = match belongs_by(*table) {
            _ if *table == Table::Invoices => invoices.clone(),
            Some(key) => {
                let wanted = RowValues::of(&invoices, key)?;
                let wanted: BTreeSet<&str> = (0..invoices.height())
                    .filter_map(|row| wanted.text(row))
                    .collect();
                having(frame, key, |id| wanted.contains(id))?
            }
            None => (*frame).clone(),
        };
        if *table != Table::Customers {
            let days = |name: &str| -> Result<Vec<i32>, Error> {
                let values = RowValues::of(&part, name)?;
                Ok((0..part.height()).filter_map(|row| values.day(row)).collect())
            };
            if *table == Table::Invoices {
                first = days("invoice_date")?.into_iter().min();
            }
            last = last.max(days(KNOWN_ON)?.into_iter().max());
        }
        tables.insert(*table, part.lazy());
    }
    Ok((tables, in_dates(first, last)))
}

/// Keeps the rows whose text in a column is wanted.
fn having(frame: &DataFrame, column: &str, is_wanted: impl Fn(&str) -> bool) -> Result<DataFrame, Error> {
    let texts = RowValues::of(frame, column)?;
    let mask: BooleanChunked = (0..frame.height())
        .map(|row| texts.text(row).is_some_and(&is_wanted))
        .collect();
    let kept = frame.filter_seq(&mask);
    kept.map_err(|source| Error::polars("choosing legal entities", source))
}

fn in_dates(first: Option<i32>, last: Option<i32>) -> Option<(Date, Date)> {
    let range = first.zip(last);
    range.map(|(first, last)| (from_day_number(first), from_day_number(last)))
}

/// Keeps the rows whose key an invoice has.
fn matching(table: LazyFrame, invoices: &LazyFrame, key: &str) -> LazyFrame {
    table.semi_join(invoices.clone().select([col(key)]), col(key), col(key))
}

/// Returns the first invoice date and the last day any fact became known.
fn date_range(tables: &BTreeMap<Table, LazyFrame>, engine: Engine) -> Result<Option<(Date, Date)>, Error> {
    let failed = |source| Error::polars("reading the dates of legal entities", source);
    let (mut first, mut last) = (None, None);
    for (table, rows) in tables.iter().filter(|(table, _)| **table != Table::Customers) {
        let business = table.business_date().unwrap_or(KNOWN_ON);
        let range = rows
            .clone()
            .select([
                col(business).min().alias("first"),
                col(KNOWN_ON).max().alias("last"),
            ])
            .collect_with_engine(engine)
            .map_err(failed)?
            .unwrap_single();
        if range.height() == 0 {
            continue;
        }
        if *table == Table::Invoices {
            first = RowValues::of(&range, "first")?.day(0);
        }
        last = last.max(RowValues::of(&range, "last")?.day(0));
    }
    Ok(in_dates(first, last))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::{History, Table, by_hand, few};

    const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency,entity\n\
        A1,C1,2026-01-05,2026-02-04,100.00,EUR,north\n\
        B1,C1,2026-01-01,2026-01-31,200.00,EUR,south\n\
        B2,C2,2026-01-03,2026-02-02,300.00,EUR,south\n\
        N1,C3,2026-01-03,2026-02-02,400.00,EUR,\n";
    const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency\n\
        P1,A1,2026-02-01,60.00,EUR\n\
        P2,B1,2026-02-20,200.00,EUR\n";
    const PROMISES: &str = "promise_id,customer_id,created_on,promised_date,invoice_id\n\
        R1,C1,2026-02-01,2026-02-10,A1\n\
        R2,C1,2026-02-01,2026-02-10,\n";

    fn ledger() -> History {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("invoices", INVOICES),
            ("payments", PAYMENTS),
            ("promises", PROMISES),
        ] {
            fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
        }
        History::open(folder.path()).unwrap().0
    }

    fn of(names: &[&str]) -> History {
        let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        ledger().of_entities(&names).unwrap()
    }

    fn rows(history: &History, table: Table) -> usize {
        let (_, last) = history.date_range().unwrap();
        let snapshot = history.as_of(last);
        snapshot.collect(snapshot.table(table)).unwrap().height()
    }

    #[test]
    fn nothing_of_another_entity_is_left() {
        let north = of(&["north"]);
        let (first, last) = north.date_range().unwrap();
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            ("2026-01-05", "2026-02-01")
        );
        let open = north.as_of(last).open_items().unwrap();
        let ids: Vec<(&str, i64)> = open
            .iter()
            .map(|item| (item.invoice_id.as_str(), item.open.minor()))
            .collect();
        assert_eq!(ids, [("A1", 4_000)]);
        assert_eq!(rows(&north, Table::Customers), 1);
        assert_eq!(rows(&north, Table::Payments), 1);
        assert_eq!(rows(&north, Table::Promises), 1);
        assert_eq!(rows(&of(&["north", "south"]), Table::Customers), 2);
    }

    #[test]
    fn by_hand_the_same_belongs_to_an_entity_as_by_query() {
        let ledger = ledger();
        for names in [&["north"][..], &["south"], &["north", "south"], &["west"], &[]] {
            let entities: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let (hand, dates) = by_hand(&few(&ledger.tables).unwrap(), &entities).unwrap();
            let (query, expected) = ledger.by_query(&entities).unwrap();
            assert_eq!(dates, expected, "{names:?}");
            for (table, rows) in hand {
                let queried = query[&table].clone().collect().unwrap();
                let is_same = rows.collect().unwrap().equals_missing(&queried);
                assert!(is_same, "{table} of {names:?}: {queried:?}");
            }
        }
    }

    #[test]
    fn an_entity_without_invoices_has_an_empty_ledger() {
        assert_eq!(of(&["west"]).date_range(), None);
        assert_eq!(of(&[]).date_range(), None);
    }

    #[test]
    fn each_part_has_a_fingerprint_of_its_own() {
        let all = [ledger(), of(&["north"]), of(&["south"]), of(&["north", "south"])];
        let seen: BTreeSet<&str> = all.iter().map(History::fingerprint).collect();
        assert_eq!(seen.len(), all.len());
        assert_eq!(of(&["north"]).fingerprint(), all[1].fingerprint());
    }
}
