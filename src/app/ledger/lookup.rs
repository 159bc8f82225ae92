//! What the rules of intake must know of the ledger before they decide: all of it read at once.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Checked;
use super::row::Terms;
use super::slots::Slots;
use crate::app::access::Scope;
use crate::app::store::{self, Fact, InvoiceOwner, Value, Versions, Write};
use crate::history::Table;

/// Tables whose rows take customer and currency from their invoice.
const HANGING: [Table; 5] = [
    Table::Payments,
    Table::CreditNotes,
    Table::WriteOffs,
    Table::Disputes,
    Table::InstalmentPlans,
];

/// What the ledger has of the rows that came.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Latest version by key.
    pub(super) latest: BTreeMap<String, Fact>,
    /// Every version by key, where that was asked for and there are several.
    pub(super) versions: BTreeMap<String, Vec<Fact>>,
    /// Invoices that the rows hang on.
    pub(super) invoices: BTreeMap<String, InvoiceOwner>,
    /// Customers that are there.
    pub(super) customers: BTreeSet<String>,
    /// Invoices whose customer or currency would change although other rows hang on them.
    pub(super) in_use: BTreeSet<String>,
}

impl Known {
    /// Looks everything up, inside the transaction that will write.
    pub(super) async fn look_up(
        write: &mut Write,
        table: Table,
        rows: &[Checked],
        terms: &Terms,
    ) -> Result<Self, store::Error> {
        let scope = &terms.scope;
        let slots = Slots::of(table);
        let good: Vec<&[Value]> = rows
            .iter()
            .filter_map(|checked| checked.row.as_deref().ok())
            .collect();
        let mut known = Self::default();
        for fact in found(write, table, &slots, &good, Versions::Latest).await? {
            known.latest.insert(slots.key_of(&fact.values), fact);
        }
        if terms.corrected_on.is_some() {
            let has_several = known.latest.values().filter(|fact| fact.supersedes.is_some());
            let these: Vec<&[Value]> = has_several.map(|fact| fact.values.as_slice()).collect();
            for fact in found(write, table, &slots, &these, Versions::Every).await? {
                let key = slots.key_of(&fact.values);
                known.versions.entry(key).or_default().push(fact);
            }
        }
        if table.hangs_on_invoice() || *scope != Scope::All {
            let before = known.latest.values().map(|fact| fact.values.as_slice());
            let ids = texts(slots.invoice, good.iter().copied().chain(before));
            known.invoices = write.owners_of_invoices(&ids).await?;
        }
        if table != Table::Customers {
            let ids = texts(slots.customer, good.iter().copied());
            known.customers = write.present(Table::Customers, "customer_id", &ids).await?;
            // No invoice is there without its customer.
            let owners = known.invoices.values().map(|owner| owner.customer_id.clone());
            known.customers.extend(owners);
        }
        if table == Table::Invoices {
            let moved = moved(&slots, &good, &known.latest);
            for hanging in HANGING {
                if !moved.is_empty() {
                    let used = write.present(hanging, "invoice_id", &moved).await?;
                    known.in_use.extend(used);
                }
            }
        }
        Ok(known)
    }
}

/// Returns versions of the rows that have the keys of these.
async fn found(
    write: &mut Write,
    table: Table,
    slots: &Slots,
    rows: &[&[Value]],
    versions: Versions,
) -> Result<Vec<Fact>, store::Error> {
    if let [only] = slots.key.as_slice() {
        let ids = texts(Some(*only), rows.iter().copied());
        return write.facts_by_text(table, table.key()[0], &ids, versions).await;
    }
    let keys: BTreeMap<String, Vec<Value>> = rows
        .iter()
        .map(|values| {
            let parts = slots.key.iter().map(|slot| values[*slot].clone()).collect();
            (slots.key_of(values), parts)
        })
        .collect();
    let keys: Vec<Vec<Value>> = keys.into_values().collect();
    write.facts_by_key(table, &keys, versions).await
}

fn texts<'a>(slot: Option<usize>, rows: impl Iterator<Item = &'a [Value]>) -> BTreeSet<String> {
    rows.filter_map(|values| Slots::text(slot, values).map(str::to_owned))
        .collect()
}

/// Returns the invoices that would get another customer or currency.
fn moved(slots: &Slots, rows: &[&[Value]], latest: &BTreeMap<String, Fact>) -> BTreeSet<String> {
    rows.iter()
        .filter(|values| {
            latest.get(&slots.key_of(values)).is_some_and(|before| {
                [slots.customer, slots.currency]
                    .into_iter()
                    .any(|slot| Slots::text(slot, values) != Slots::text(slot, &before.values))
            })
        })
        .filter_map(|values| values[slots.key[0]].text().map(str::to_owned))
        .collect()
}
