//! What a forecast is split by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Error, Place};

/// What a forecast is split by.
///
/// ```
/// use duecast::forecast::{GroupBy, Place};
///
/// let place = Place { country: Some("NL".to_owned()), ..Place::default() };
/// assert_eq!("country".parse::<GroupBy>()?.of(&place, "C1"), Some("NL"));
/// assert_eq!(GroupBy::Entity.of(&place, "C1"), None);
/// assert_eq!(GroupBy::Customer.of(&place, "C1"), Some("C1"));
/// # Ok::<(), duecast::forecast::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Legal entity.
    Entity,
    /// Part of the business.
    BusinessUnit,
    /// Segment of the customer.
    Segment,
    /// Country of the customer.
    Country,
    /// The customer.
    Customer,
}

impl GroupBy {
    /// Everything a forecast may be split by.
    pub const ALL: [Self; 5] = [
        Self::Entity,
        Self::BusinessUnit,
        Self::Segment,
        Self::Country,
        Self::Customer,
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
        }
    }

    /// Returns the group of a receivable, where the ledger tells it.
    #[must_use]
    pub fn of<'a>(self, place: &'a Place, customer_id: &'a str) -> Option<&'a str> {
        match self {
            Self::Entity => place.entity.as_deref(),
            Self::BusinessUnit => place.business_unit.as_deref(),
            Self::Segment => place.segment.as_deref(),
            Self::Country => place.country.as_deref(),
            Self::Customer => Some(customer_id),
        }
    }

    /// Returns the group of what has no customer yet.
    pub(super) fn of_place(self, place: &Place) -> Option<&str> {
        match self {
            Self::Customer => None,
            Self::Entity | Self::BusinessUnit | Self::Segment | Self::Country => self.of(place, ""),
        }
    }
}

impl fmt::Display for GroupBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for GroupBy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|by| by.name() == name)
            .ok_or_else(|| Error::GroupByUnknown {
                given: name.to_owned(),
            })
    }
}
