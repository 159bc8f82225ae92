//! The nouns every stage speaks: money, dates, payment terms, business calendars and typed ids.
//!
//! This module knows no table, no file and no clock, and it uses no other module of the crate. Each type
//! holds one invariant and states it on its page:
//!
//! | type | invariant |
//! |---|---|
//! | [`Money`] | whole minor units of one currency; sums across currencies are errors |
//! | [`Currency`] | a code of ISO 4217, with its number of decimals |
//! | [`Date`] | a civil date: no time of day and no time zone |
//! | [`DateRange`] | half open, never ends before it starts |
//! | [`PaymentTerms`] | instalments add up to the whole; discounts fall with time |
//! | [`BusinessCalendar`] | every day is either open or closed |
//! | [`InvoiceId`], [`CustomerId`], [`PaymentId`] | not empty, no surrounding blanks |

pub mod calendar;
pub mod currency;
pub mod date;
pub mod id;
pub mod instalment;
pub mod money;
pub mod terms;

pub use calendar::BusinessCalendar;
pub use currency::Currency;
pub use date::{Date, DateError, DateRange};
pub use id::{CustomerId, IdError, InvoiceId, PaymentId};
pub use money::{Money, MoneyError, format_minor};
pub use terms::PaymentTerms;
