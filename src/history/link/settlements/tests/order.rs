//! What holds for any settlements: nothing is invented, and the order of the files does not matter.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{document, link, settlement};
use crate::domain::format_minor;
use crate::history::link::Record;
use crate::history::schema::Table;

const INVOICES: [&str; 3] = ["I1", "I2", "I3"];
/// Two payments, a credit note, a journal entry, and one that nobody knows.
const CREDITS: [&str; 5] = ["P1", "P2", "C1", "J1", "X1"];

fn documents() -> Vec<Record> {
    let mut records: Vec<Record> = INVOICES
        .iter()
        .map(|id| document("invoice", id, "2025-01-31", "40.00"))
        .collect();
    records.push(document("payment", "P1", "2025-02-10", "25.00"));
    records.push(document("payment", "P2", "2025-02-12", "60.00"));
    records.push(document("credit_note", "C1", "2025-02-01", "15.00"));
    records.push(document("other", "J1", "2025-02-03", "-5.00"));
    records
}

/// Invoice, credit, minor units, day of February.
type Drawn = (usize, usize, i64, u32);

fn settlements(drawn: &[Drawn]) -> Vec<Record> {
    drawn
        .iter()
        .enumerate()
        .map(|(number, (invoice, credit, minor, day))| {
            settlement(
                &format!("S{number}"),
                INVOICES[*invoice],
                CREDITS[*credit],
                &format!("2025-02-{day:02}"),
                &format_minor(*minor, 2),
            )
        })
        .collect()
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (0..INVOICES.len(), 0..CREDITS.len(), -3000_i64..5000, 1_u32..29);
    prop::collection::vec(one, 0..16)
}

/// What the rows settle of each invoice, in minor units.
fn settled(records: &[Record]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for row in link(records).rows {
        if !matches!(row.table, Table::Payments | Table::CreditNotes | Table::WriteOffs) {
            continue;
        }
        let cell = |column: &str| {
            let found = row.cells.iter().find(|(name, _)| *name == column);
            found.map(|(_, value)| value.clone())
        };
        if let (Some(invoice), Some(amount)) = (cell("invoice_id"), cell("amount")) {
            let minor: i64 = amount.replace('.', "").parse().expect("an amount");
            *sums.entry(invoice).or_default() += minor;
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn rows_settle_of_each_invoice_what_settlements_say(drawn in drawn()) {
        let mut said: BTreeMap<String, i64> = BTreeMap::new();
        for (invoice, _, minor, _) in &drawn {
            *said.entry(INVOICES[*invoice].to_owned()).or_default() += *minor;
        }
        said.retain(|_, sum| *sum != 0);
        let mut records = documents();
        records.extend(settlements(&drawn));
        prop_assert_eq!(settled(&records), said);
    }

    #[test]
    fn the_order_of_records_does_not_matter(
        (records, shuffled) in drawn().prop_flat_map(|drawn| {
            let mut records = documents();
            records.extend(settlements(&drawn));
            (Just(records.clone()), Just(records).prop_shuffle())
        })
    ) {
        prop_assert_eq!(link(&records), link(&shuffled));
    }

    #[test]
    fn cash_of_a_payment_never_exceeds_it(drawn in drawn()) {
        let mut records = documents();
        records.extend(settlements(&drawn));
        let mut paid: BTreeMap<String, i64> = BTreeMap::new();
        for row in link(&records).rows.iter().filter(|row| row.table == Table::Payments) {
            let receipt = row.cells.iter().find(|(name, _)| *name == "receipt_id");
            let amount = row.cells.iter().find(|(name, _)| *name == "amount");
            if let (Some((_, receipt)), Some((_, amount))) = (receipt, amount) {
                let minor: i64 = amount.replace('.', "").parse().expect("an amount");
                *paid.entry(receipt.clone()).or_default() += minor;
            }
        }
        for (receipt, limit) in [("P1", 2500), ("P2", 6000)] {
            prop_assert!(paid.get(receipt).copied().unwrap_or(0) <= limit);
        }
    }

    #[test]
    fn no_text_makes_the_linker_panic(
        values in prop::collection::vec(prop::option::of("[-0-9A-Zy. ]{0,24}"), 12)
    ) {
        let mut records = documents();
        let mut odd = settlement("S", "I1", "P1", "2025-02-10", "1.00");
        for (field, value) in odd.kind().fields.iter().zip(&values) {
            if value.is_some() {
                odd.set(field.name, value.as_deref());
            }
        }
        records.push(odd);
        let linked = link(&records);
        prop_assert!(linked.faults.len() <= 1);
    }
}
