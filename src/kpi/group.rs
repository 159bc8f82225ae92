//! What key figures may be split by, and where the ledger says it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Error;

/// What the figures of a currency are split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Legal entity that issued the invoice.
    Entity,
    /// Part of the business that issued it.
    BusinessUnit,
    /// Segment of the customer.
    Segment,
    /// Country of the customer.
    Country,
    /// The customer.
    Customer,
    /// Who looks after the customer.
    Collector,
    /// Terms of the invoice, as printed.
    PaymentTerms,
}

/// Where the ledger tells the group of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupSource {
    /// A column of the invoice.
    Invoice(&'static str),
    /// A column of the customer.
    Customer(&'static str),
    /// The customer itself.
    CustomerId,
}

impl GroupBy {
    /// Every one, in the order in which messages list them.
    pub const ALL: [Self; 7] = [
        Self::Entity,
        Self::BusinessUnit,
        Self::Segment,
        Self::Country,
        Self::Customer,
        Self::Collector,
        Self::PaymentTerms,
    ];

    /// Returns the name used on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::BusinessUnit => "business_unit",
            Self::Segment => "segment",
            Self::Country => "country",
            Self::Customer => "customer",
            Self::Collector => "collector",
            Self::PaymentTerms => "payment_terms",
        }
    }

    pub(crate) const fn source(self) -> GroupSource {
        match self {
            Self::Entity | Self::BusinessUnit | Self::PaymentTerms => GroupSource::Invoice(self.name()),
            Self::Segment | Self::Country | Self::Collector => GroupSource::Customer(self.name()),
            Self::Customer => GroupSource::CustomerId,
        }
    }
}

impl fmt::Display for GroupBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for GroupBy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|group_by| group_by.name() == text)
            .ok_or_else(|| Error::GroupUnknown {
                given: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupBy, GroupSource};
    use crate::history::Table;
    use crate::history::schema::columns;

    #[test]
    fn every_group_is_found_by_its_name_and_has_its_column() {
        for group_by in GroupBy::ALL {
            assert_eq!(group_by.to_string().parse::<GroupBy>().unwrap(), group_by);
            let (table, column) = match group_by.source() {
                GroupSource::Invoice(column) => (Table::Invoices, column),
                GroupSource::Customer(column) => (Table::Customers, column),
                GroupSource::CustomerId => (Table::Customers, "customer_id"),
            };
            assert!(
                columns(table).iter().any(|spec| spec.name == column),
                "{group_by}"
            );
        }
    }

    #[test]
    fn an_unknown_group_is_told_those_there_are() {
        let refusal = "colour".parse::<GroupBy>().unwrap_err().to_string();
        for group_by in GroupBy::ALL {
            assert!(refusal.contains(group_by.name()), "{refusal}");
        }
    }
}
