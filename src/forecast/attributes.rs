//! What the ledger tells beside the predictions: places, disputes and promises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{DataFrame, LazyFrame, StringChunked, col};

use super::{Error, Place, promises};
use crate::domain::Date;
use crate::history::{Snapshot, Table};

/// What the ledger tells beside the predictions; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// Places of customers, without entity and business unit.
    customers: BTreeMap<String, Arc<Place>>,
    /// Places of the invoices that have an entity or a business unit.
    invoices: BTreeMap<String, Arc<Place>>,
    nowhere: Arc<Place>,
    /// Disputed minor units of open invoices.
    disputed: BTreeMap<String, i64>,
    /// Latest open promise of open invoices.
    promised: BTreeMap<String, (Date, i64)>,
}

impl Attributes {
    /// Reads segments and countries of customers, entities and business units of invoices, and what of the open
    /// amounts is disputed or promised.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] or [`Error::Table`] when the ledger cannot be read.
    pub fn read(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut places = BTreeSet::new();
        let customers = read_customers(snapshot, &mut places)?;
        let invoices = read_invoices(snapshot, &customers, &mut places)?;
        let open = snapshot.open_items()?;
        let disputed = open
            .iter()
            .filter(|item| item.disputed.minor() > 0)
            .map(|item| (item.invoice_id.clone(), item.disputed.minor()))
            .collect();
        Ok(Self {
            customers,
            invoices,
            nowhere: Arc::default(),
            disputed,
            promised: promises::open_promises(snapshot, &open)?,
        })
    }

    /// Returns where an invoice belongs; where the invoice is unknown, where its customer does.
    #[must_use]
    pub fn place(&self, customer_id: &str, invoice_id: &str) -> Arc<Place> {
        let found = self
            .invoices
            .get(invoice_id)
            .or_else(|| self.customers.get(customer_id))
            .unwrap_or(&self.nowhere);
        Arc::clone(found)
    }

    /// Returns the part of an open invoice that is in dispute, in minor units.
    #[must_use]
    pub fn disputed_minor(&self, invoice_id: &str) -> i64 {
        self.disputed.get(invoice_id).copied().unwrap_or(0)
    }

    /// Returns the latest promise of an open invoice whose day has not come, with its amount in minor units.
    #[must_use]
    pub fn promised(&self, invoice_id: &str) -> Option<(Date, i64)> {
        self.promised.get(invoice_id).copied()
    }
}

/// Collects a query, one chunk a column.
pub(super) fn collected(snapshot: &Snapshot, query: LazyFrame) -> Result<DataFrame, Error> {
    let mut frame = snapshot.collect(query)?;
    frame.rechunk_mut();
    Ok(frame)
}

/// Returns a text column.
pub(super) fn texts<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f StringChunked, Error> {
    Ok(frame.column(name)?.str()?)
}

/// Returns a text of its own; an empty one says nothing.
pub(super) fn told(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Shares equal places.
fn shared(places: &mut BTreeSet<Arc<Place>>, place: Place) -> Arc<Place> {
    if let Some(known) = places.get(&place) {
        return Arc::clone(known);
    }
    let added = Arc::new(place);
    places.insert(Arc::clone(&added));
    added
}

fn read_customers(
    snapshot: &Snapshot,
    places: &mut BTreeSet<Arc<Place>>,
) -> Result<BTreeMap<String, Arc<Place>>, Error> {
    let columns = [col("customer_id"), col("segment"), col("country")];
    let frame = collected(snapshot, snapshot.table(Table::Customers).select(columns))?;
    let (ids, segments, countries) = (
        texts(&frame, "customer_id")?,
        texts(&frame, "segment")?,
        texts(&frame, "country")?,
    );
    let mut customers = BTreeMap::new();
    for row in 0..frame.height() {
        let place = Place {
            segment: told(segments.get(row)),
            country: told(countries.get(row)),
            ..Place::default()
        };
        if let Some(id) = ids.get(row).filter(|_| place != Place::default()) {
            customers.insert(id.to_owned(), shared(places, place));
        }
    }
    Ok(customers)
}

fn read_invoices(
    snapshot: &Snapshot,
    customers: &BTreeMap<String, Arc<Place>>,
    places: &mut BTreeSet<Arc<Place>>,
) -> Result<BTreeMap<String, Arc<Place>>, Error> {
    let columns = [
        col("invoice_id"),
        col("customer_id"),
        col("entity"),
        col("business_unit"),
    ];
    let frame = collected(snapshot, snapshot.table(Table::Invoices).select(columns))?;
    let (ids, of_customers) = (texts(&frame, "invoice_id")?, texts(&frame, "customer_id")?);
    let (entities, units) = (texts(&frame, "entity")?, texts(&frame, "business_unit")?);
    let mut invoices = BTreeMap::new();
    for row in 0..frame.height() {
        let (entity, business_unit) = (told(entities.get(row)), told(units.get(row)));
        if entity.is_none() && business_unit.is_none() {
            continue;
        }
        let of_customer = of_customers.get(row).and_then(|id| customers.get(id));
        let place = Place {
            entity,
            business_unit,
            ..of_customer.map_or_else(Place::default, |place| Place::clone(place))
        };
        if let Some(id) = ids.get(row) {
            invoices.insert(id.to_owned(), shared(places, place));
        }
    }
    Ok(invoices)
}
