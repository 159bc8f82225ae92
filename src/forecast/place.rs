//! Where a receivable belongs, and what a forecast may be grouped by.

/// Where a receivable belongs. Absent is what the ledger does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Legal entity that issued the invoice.
    pub entity: Option<String>,
    /// Part of the business that issued it.
    pub business_unit: Option<String>,
    /// Segment of the customer.
    pub segment: Option<String>,
    /// Country of the customer, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}
