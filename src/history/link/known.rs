//! The ledger as it was before an import, as far as linkers look at it.

use crate::domain::{Currency, Date};

/// An invoice of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownInvoice {
    pub(crate) invoice_id: String,
    /// Number printed on it, where that is not its id.
    pub(crate) number: Option<String>,
    /// Reference the customer was asked to pay under (ISO 11649 or other).
    pub(crate) payment_reference: Option<String>,
    pub(crate) customer_id: String,
    pub(crate) invoice_date: Date,
    pub(crate) due_date: Date,
    pub(crate) currency: Currency,
    pub(crate) amount_minor: i64,
    /// What is still owed, in minor units; zero when settled.
    pub(crate) open_minor: i64,
}

/// The ledger before the import; empty where there is none yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Invoices, open or settled, sorted by id.
    pub(crate) invoices: Vec<KnownInvoice>,
    /// Customers' names by id, sorted by id.
    pub(crate) customers: Vec<(String, String)>,
}
