//! Scenarios: what-if questions as data, applied to a book before it is simulated.
//!
//! A scenario is a TOML or JSON file with a list of shocks. Each shock changes the amounts that its selector
//! chooses; [`apply()`] gives the changed book and says what every shock touched. Base and scenario are then
//! simulated with the same seed. An invoice keeps its random numbers (they are named by customer and invoice),
//! so the difference of the two has a band of its own, far narrower than the difference of two bands.
//!
//! # What holds
//!
//! - A selector looks at the book as it was before any shock. Shocks act in the order written.
//! - What is credited (a lost dispute, a haircut, a discount) leaves the book: the open balance of the scenario
//!   is net of it, and buckets + beyond the horizon + expected loss still sum to that balance.
//! - A discount stands as a negative amount beside its invoice, under the same name. So it has the random
//!   numbers of its invoice and is granted in exactly those draws in which the invoice is paid in time.
//! - A credit (a negative open amount) moves in time with the rest, and no other shock touches it.
//! - An effect that no ledger tells (uptake, effect of an action) is an assumption and is printed as one.
//!
//! # When it is wrong
//!
//! A default with a probability below one is drawn invoice by invoice, as dependent as the invoices of one
//! customer are in the base: its mean is right, its band too narrow, and a remark says so. New billing has no customer and no due
//! date: only shocks that choose by segment, country, entity or business unit, or choose everything, touch it.

mod amount;
mod apply;
mod error;
mod kind;
mod parse;
mod select;
mod shock;
mod streams;
mod words;

use std::collections::BTreeSet;

use polars::prelude::col;
use serde::Deserialize;

use crate::history::{Snapshot, Table};

pub use apply::{Applied, Touched, TouchedMoney, apply};
pub use error::Error;
pub use select::Selector;
pub use shock::{Change, DiscountFrom, DisputeOutcome, Shock};

/// The scenarios compiled into the program: name and TOML.
const SHIPPED: &[(&str, &str)] = &[
    ("worst", include_str!("../../../scenarios/worst.toml")),
    ("base", include_str!("../../../scenarios/base.toml")),
    ("best", include_str!("../../../scenarios/best.toml")),
    (
        "top_five_late",
        include_str!("../../../scenarios/top_five_late.toml"),
    ),
    ("terms_45", include_str!("../../../scenarios/terms_45.toml")),
    (
        "discount_2_10",
        include_str!("../../../scenarios/discount_2_10.toml"),
    ),
];

/// Returns the scenarios compiled into the program, as (name, TOML).
#[must_use]
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

/// What to do about names that the book does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The scenario is refused.
    #[default]
    Error,
    /// The names are left out, with a remark.
    Ignore,
}

/// A checked what-if question.
///
/// # Examples
///
/// ```
/// use duecast::forecast::scenario::Scenario;
///
/// let text = r#"
/// name = "slow"
/// description = "Everybody pays a week later"
/// [[shock]]
/// kind = "delay"
/// days = 7
/// "#;
/// let scenario = Scenario::from_toml("slow.toml", text)?;
/// assert_eq!(scenario.shocks[0].to_string(), "everything: paid 7 days later");
/// assert!(Scenario::from_toml("slow.toml", &text.replace("days", "dayz")).is_err());
/// # Ok::<(), duecast::forecast::scenario::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Name, as it stands in results.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// What to do about names that the book does not know.
    pub missing: Missing,
    /// The changes, in the order in which they act.
    pub shocks: Vec<Shock>,
}

/// What the ledger knows beyond the book: customers that may be named although nothing of theirs is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Customer ids of the ledger.
    pub customers: BTreeSet<String>,
}

impl Context {
    /// Reads the customers that a ledger knows at its cut-off.
    ///
    /// # Errors
    ///
    /// [`Error::Customers`] when polars cannot read the table.
    pub fn read(snapshot: &Snapshot) -> Result<Self, Error> {
        let customers = snapshot
            .table(Table::Customers)
            .select([col("customer_id")])
            .collect()?;
        let ids = customers.column("customer_id")?.str()?;
        Ok(Self {
            customers: ids.iter().flatten().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Scenario, shipped};

    #[test]
    fn every_shipped_scenario_is_read_under_its_own_name() {
        for (name, text) in shipped() {
            let scenario = Scenario::from_toml(name, text).unwrap();
            assert_eq!(scenario.name, *name);
            assert!(!scenario.description.is_empty(), "{name}");
        }
    }
}
