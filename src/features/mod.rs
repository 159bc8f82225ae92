//! Stage 2 of 5. In: Snapshot. Out: `FeatureTable`.
//!
//! A feature is a pure function of a [`Snapshot`](crate::history::Snapshot). Customer by customer, the
//! facts are replayed in the order in which they became known (`replay`); at each cut-off the open
//! invoices are written down with the sums so far. Those become features by one polars expression each
//! (`family`), and hazards by lateness (`profile`) for the days ahead (`window`). A [`LiveBook`] keeps the
//! facts in memory and does the same for one customer when facts of that customer come in.
//!
//! Guaranteed, and tested as the most important property of the product: adding any fact known
//! after a cut-off leaves every feature at that cut-off identical to the bit.

mod around;
mod assemble;
mod broken;
mod bucket;
mod cell;
pub mod column;
mod dictionary;
mod dispute;
mod error;
mod event;
mod event_facts;
mod facts;
mod family;
mod instalment;
pub mod lateness;
mod live;
mod pattern;
mod payer;
mod prior;
mod profile;
mod promise;
mod raw;
mod relation;
mod replay;
mod run_calendar;
mod season;
mod split;
mod standing;
mod table;
mod window;

pub use assemble::{Sampling, at_cutoffs, book};
pub use broken::{BrokenPromise, broken_promises};
pub use dictionary::{dictionary_markdown, feature_list_hash};
pub use error::Error;
pub use family::{Feature, all as features};
pub use instalment::OpenLine;
pub use live::{LiveBook, Renewal};
pub use pattern::Change;
pub use profile::PayerProfile;
pub use table::{FeatureTable, InvoiceView};
pub use window::CalendarDay;

/// Number of coming days that a distribution covers day by day: thirteen weeks.
pub const HORIZON_DAYS: usize = 91;
