//! Where in a fact's values the columns stand that the rules of intake read.

use crate::app::store::Value;
use crate::history::{Table, TableBuilder};

/// Where the columns of a table stand; a table need not have all.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) key: Vec<usize>,
    pub(super) invoice: Option<usize>,
    pub(super) customer: Option<usize>,
    pub(super) currency: Option<usize>,
    pub(super) entity: Option<usize>,
    pub(super) business: Option<usize>,
    /// Columns that only say how the matter went on, each with a date of its own.
    pub(super) state: Vec<usize>,
    pub(super) recorded: usize,
    pub(super) known: usize,
}

impl Slots {
    pub(super) fn of(table: Table) -> Self {
        let slot = |name: &str| TableBuilder::slot(table, name);
        let state: &[&str] = match table {
            Table::Disputes => &["resolved_on", "outcome"],
            Table::Actions => &["outcome_on", "outcome"],
            Table::Customers
            | Table::Invoices
            | Table::Payments
            | Table::CreditNotes
            | Table::WriteOffs
            | Table::Promises
            | Table::InstalmentPlans
            | Table::CreditRatings
            | Table::FxRates
            | Table::Receipts => &[],
        };
        let recorded = slot("recorded_at").expect("every table has recorded_at");
        Self {
            key: table.key().iter().filter_map(|name| slot(name)).collect(),
            invoice: if table == Table::Invoices {
                None
            } else {
                slot("invoice_id")
            },
            customer: slot("customer_id"),
            currency: slot("currency"),
            entity: slot("entity"),
            business: table.business_date().and_then(slot),
            state: state.iter().filter_map(|name| slot(name)).collect(),
            recorded,
            known: recorded + 1,
        }
    }

    /// Returns the text that a row has in a column, where the table has the column and the row a text.
    pub(super) fn text(slot: Option<usize>, values: &[Value]) -> Option<&str> {
        values.get(slot?)?.text()
    }

    /// Returns the key of a row as one text, different for different keys.
    pub(super) fn key_of(&self, values: &[Value]) -> String {
        let mut key = String::new();
        for slot in &self.key {
            match &values[*slot] {
                Value::Null => key.push('-'),
                Value::Text(text) => key.push_str(&format!("{}:{text}", text.len())),
                Value::Integer(number) => key.push_str(&format!("#{number}")),
                Value::Day(day) => key.push_str(&format!("@{day}")),
                Value::Number(number) => key.push_str(&format!("~{}", number.to_bits())),
            }
            key.push(' ');
        }
        key
    }

    /// Returns whether two rows say the same, their clocks apart.
    pub(super) fn is_same(&self, one: &[Value], other: &[Value]) -> bool {
        one[..self.recorded] == other[..self.recorded]
    }

    /// Returns whether two rows differ in how the matter went on, and in nothing else.
    pub(super) fn is_continued(&self, one: &[Value], other: &[Value]) -> bool {
        let differs = |slot: &usize| one[*slot] != other[*slot];
        self.state.iter().any(differs)
            && (0..self.recorded)
                .filter(differs)
                .all(|slot| self.state.contains(&slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_several_columns_do_not_run_together() {
        let slots = Slots::of(Table::CreditRatings);
        let key = |customer: &str, source: Value| {
            slots.key_of(&[
                Value::Text(customer.to_owned()),
                Value::Day(1),
                Value::Number(0.5),
                source,
                Value::Null,
                Value::Null,
            ])
        };
        let with = |text: &str| Value::Text(text.to_owned());
        assert_ne!(key("A", Value::Null), key("A", with("")));
        assert_ne!(key("A", Value::Null), key("A", with("-")));
        assert_ne!(key("1:A", with("B")), key("1", with("A B")));
        assert_eq!(key("A", with("B")), key("A", with("B")));
    }

    #[test]
    fn a_dispute_that_is_resolved_goes_on_and_one_of_another_amount_does_not() {
        let slots = Slots::of(Table::Disputes);
        let open = vec![Value::Null; slots.known + 1];
        let set = |column: &str, value: Value| {
            let mut values = open.clone();
            values[TableBuilder::slot(Table::Disputes, column).expect("it is a column")] = value;
            values
        };
        assert!(slots.is_continued(&open, &set("resolved_on", Value::Day(5))));
        assert!(!slots.is_continued(&open, &set("amount", Value::Integer(5))));
        assert!(!slots.is_continued(&open, &open));
    }
}
