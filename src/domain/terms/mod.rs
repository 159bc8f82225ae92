//! Payment terms: from an invoice date to due dates, amounts and discounts.
//!
//! Due dates are calendar days: they do not roll to a business day. Cash does, and that is the work of
//! [`BusinessCalendar`](super::calendar::BusinessCalendar).
//!
//! "30 EOM" has two meanings in use, so there are two rules and no third one that guesses:
//!
//! | rule | from 2026-01-15 |
//! |---|---|
//! | [`DueRule::EndOfMonthThenDays`] with 30 days | 2026-01-31, then 2026-03-02 |
//! | [`DueRule::DaysThenEndOfMonth`] with 30 days | 2026-02-14, then 2026-02-28 |

mod discount;
mod error;
mod text;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

pub use discount::{AnnualisedDiscount, Discount, DiscountOffer, Percent};
pub use error::TermsError;

use super::date::{Date, add_days, add_months, month_end, month_start};
use super::money::Money;

/// How a due date follows from an invoice date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueRule {
    /// Due on the invoice date.
    OnReceipt,
    /// Due a number of calendar days after the invoice date ("net 30").
    NetDays {
        /// Calendar days.
        days: u16,
    },
    /// Due on the last day of the invoice's month, or of a later month ("EOM").
    EndOfMonth {
        /// Months after the invoice's month.
        extra_months: u8,
    },
    /// To the end of the invoice's month first, then a number of calendar days on.
    EndOfMonthThenDays {
        /// Calendar days after the end of the month.
        days: u16,
    },
    /// A number of calendar days first, then on to the end of the month reached.
    DaysThenEndOfMonth {
        /// Calendar days after the invoice date.
        days: u16,
    },
    /// Due on a day of the month, or on the month's last day when the month is shorter.
    DayOfMonth {
        /// Day of the month, 1 to 31.
        day: u8,
        /// Months after the invoice's month; with 0 the day is the next one on or after the invoice date.
        extra_months: u8,
    },
}

impl DueRule {
    /// Returns the due date of an invoice of that date.
    ///
    /// ```
    /// use duecast::domain::{date::parse_iso, terms::DueRule};
    ///
    /// let invoice_date = parse_iso("2026-01-15")?;
    /// let first_meaning = DueRule::EndOfMonthThenDays { days: 30 };
    /// let second_meaning = DueRule::DaysThenEndOfMonth { days: 30 };
    /// assert_eq!(first_meaning.due_date(invoice_date), parse_iso("2026-03-02")?);
    /// assert_eq!(second_meaning.due_date(invoice_date), parse_iso("2026-02-28")?);
    /// # Ok::<(), duecast::domain::DateError>(())
    /// ```
    #[must_use]
    pub fn due_date(self, invoice_date: Date) -> Date {
        match self {
            Self::OnReceipt => invoice_date,
            Self::NetDays { days } => add_days(invoice_date, i64::from(days)),
            Self::EndOfMonth { extra_months } => month_end(add_months(invoice_date, u32::from(extra_months))),
            Self::EndOfMonthThenDays { days } => add_days(month_end(invoice_date), i64::from(days)),
            Self::DaysThenEndOfMonth { days } => month_end(add_days(invoice_date, i64::from(days))),
            Self::DayOfMonth { day, extra_months } => {
                let due_date = on_day(invoice_date, u32::from(extra_months), day);
                if due_date < invoice_date {
                    on_day(invoice_date, 1, day)
                } else {
                    due_date
                }
            }
        }
    }
}

/// Returns a day of the month `months` after the date's month, the last day when the month is shorter.
fn on_day(date: Date, months: u32, day: u8) -> Date {
    let first = add_months(month_start(date), months);
    first.with_day(u32::from(day)).unwrap_or_else(|| month_end(first))
}

/// One part of an amount and the rule that makes it due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instalment {
    /// Share of the amount.
    pub percent: Percent,
    /// When the share is due.
    pub due: DueRule,
}

/// One part of one invoice: what is due when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueInstalment {
    /// Position among the instalments, from 1.
    pub number: usize,
    /// The day it is due.
    pub due_date: Date,
    /// What is due.
    pub amount: Money,
}

/// What one invoice asks for: every instalment and every discount offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDates {
    /// The instalments in the order of the terms; their amounts add up to the invoice's amount.
    pub instalments: Vec<DueInstalment>,
    /// The discounts for paying all of it early, the largest first.
    pub discounts: Vec<DiscountOffer>,
}

/// The terms an invoice is to be paid on.
///
/// Guaranteed: there is at least one instalment, the percentages add up to 100%, and discounts fall as their
/// days grow. In JSON the terms are their canonical text, which [`parse`](Self::parse) reads back.
///
/// # Examples
///
/// ```
/// use duecast::domain::{Currency, Money, date::parse_iso, terms::PaymentTerms};
///
/// let terms = PaymentTerms::parse("2/10 net 30")?;
/// let dues = terms.due_dates(parse_iso("2026-01-15")?, Money::parse("1000.00", Currency::EUR)?);
/// assert_eq!(dues.instalments[0].due_date, parse_iso("2026-02-14")?);
/// assert_eq!(dues.discounts[0].deadline, parse_iso("2026-01-25")?);
/// assert_eq!(dues.discounts[0].payable.to_string(), "980.00 EUR");
///
/// let refusal = PaymentTerms::parse("30 EOM").unwrap_err().to_string();
/// assert!(refusal.contains("\"EOM then +30 days\" or \"+30 days then EOM\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentTerms {
    instalments: Vec<Instalment>,
    discounts: Vec<Discount>,
    grace_days: u16,
}

impl PaymentTerms {
    /// Makes terms with the whole amount due at once.
    ///
    /// ```
    /// use duecast::domain::terms::{DueRule, PaymentTerms};
    ///
    /// assert!(PaymentTerms::try_new(DueRule::NetDays { days: 30 }).is_ok());
    /// assert!(PaymentTerms::try_new(DueRule::DayOfMonth { day: 32, extra_months: 1 }).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// - [`TermsError::DayInvalid`] when the rule names a day of the month that does not exist.
    pub fn try_new(due: DueRule) -> Result<Self, TermsError> {
        let percent = Percent::WHOLE;
        Self::try_instalments(vec![Instalment { percent, due }])
    }

    /// Makes terms with the amount due in parts.
    ///
    /// ```
    /// use duecast::domain::terms::{DueRule, Instalment, PaymentTerms, Percent};
    ///
    /// let half = Percent::parse("50")?;
    /// let part = |days| Instalment { percent: half, due: DueRule::NetDays { days } };
    /// assert!(PaymentTerms::try_instalments(vec![part(30), part(60)]).is_ok());
    /// assert!(PaymentTerms::try_instalments(vec![part(30)]).is_err());
    /// # Ok::<(), duecast::domain::terms::TermsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`TermsError::InstalmentsNotWhole`] when the percentages do not add up to 100%, or one is zero.
    /// - [`TermsError::DayInvalid`] when a rule names a day of the month that does not exist.
    pub fn try_instalments(instalments: Vec<Instalment>) -> Result<Self, TermsError> {
        let points = |part: &Instalment| u32::from(part.percent.basis_points());
        let total: u32 = instalments.iter().map(points).sum();
        let whole = u32::from(Percent::WHOLE.basis_points());
        if total != whole || instalments.iter().any(|part| points(part) == 0) {
            let given: Vec<String> = instalments.iter().map(|part| part.percent.to_string()).collect();
            return Err(TermsError::InstalmentsNotWhole {
                given: given.join(" + "),
            });
        }
        for part in &instalments {
            if let DueRule::DayOfMonth { day, .. } = part.due
                && !(1..=31).contains(&day)
            {
                return Err(TermsError::DayInvalid { given: day });
            }
        }
        Ok(Self {
            instalments,
            discounts: Vec::new(),
            grace_days: 0,
        })
    }

    /// Adds discounts for paying the whole amount early, in the order of their days.
    ///
    /// # Errors
    ///
    /// - [`TermsError::DiscountsInconsistent`] when a percentage is 0 or 100, when a later discount is not smaller than
    ///   an earlier one, or when one ends after every instalment is due ("2/40 net 30").
    pub fn with_discounts(mut self, discounts: Vec<Discount>) -> Result<Self, TermsError> {
        discount::check(&discounts, &self.instalments)?;
        self.discounts = discounts;
        Ok(self)
    }

    /// Sets the days after the due date in which a payment is still not treated as late.
    #[must_use]
    pub fn with_grace_days(mut self, grace_days: u16) -> Self {
        self.grace_days = grace_days;
        self
    }

    /// Reads terms as people write them, in English and the common ones in German and French; case, blanks and filler
    /// words do not matter.
    ///
    /// ```
    /// use duecast::domain::terms::PaymentTerms;
    ///
    /// for (text, canonical) in [
    ///     ("Net 30 days", "net 30"),
    ///     ("2% 10 days, net 30", "2/10 net 30"),
    ///     ("end of month", "EOM"),
    ///     ("30 days after end of month", "EOM then +30 days"),
    ///     ("Payment due upon receipt", "due on receipt"),
    ///     ("15th of next month", "day 15 of next month"),
    ///     ("30% on receipt; 70% net 60", "30% due on receipt; 70% net 60"),
    ///     ("14 Tage 2% Skonto, 30 Tage netto", "2/14 net 30"),
    /// ] {
    ///     assert_eq!(PaymentTerms::parse(text)?.to_string(), canonical);
    /// }
    /// # Ok::<(), duecast::domain::terms::TermsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`TermsError::Ambiguous`] for texts with two meanings: "30 EOM", "2/10 EOM".
    /// - [`TermsError::NotUnderstood`] for any other text that is not understood.
    /// - The errors of the parts, as by [`try_instalments`](Self::try_instalments) and [`with_discounts`](Self::with_discounts).
    pub fn parse(text: &str) -> Result<Self, TermsError> {
        text::parse(text)
    }

    /// Returns the parts the amount is due in.
    #[must_use]
    pub fn instalments(&self) -> &[Instalment] {
        &self.instalments
    }

    /// Returns the discounts for paying early, the largest first.
    #[must_use]
    pub fn discounts(&self) -> &[Discount] {
        &self.discounts
    }

    /// Returns the days after the due date in which a payment is still not treated as late.
    #[must_use]
    pub const fn grace_days(&self) -> u16 {
        self.grace_days
    }

    /// Returns the day by which the whole amount is due: the latest due date of the instalments.
    ///
    /// ```
    /// use duecast::domain::{date::parse_iso, terms::PaymentTerms};
    ///
    /// let terms = PaymentTerms::parse("net 30")?;
    /// assert_eq!(terms.due_date(parse_iso("2026-01-31")?), parse_iso("2026-03-02")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn due_date(&self, invoice_date: Date) -> Date {
        let due_dates = self.instalments.iter();
        due_dates
            .map(|part| part.due.due_date(invoice_date))
            .max()
            .expect("terms have at least one instalment")
    }

    /// Returns the last day on which a payment is not treated as late: the due date plus the grace days.
    ///
    /// ```
    /// use duecast::domain::{date::parse_iso, terms::PaymentTerms};
    ///
    /// let terms = PaymentTerms::parse("net 30, grace 5 days")?;
    /// assert_eq!(terms.tolerated_until(parse_iso("2026-01-15")?), parse_iso("2026-02-19")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tolerated_until(&self, invoice_date: Date) -> Date {
        add_days(self.due_date(invoice_date), i64::from(self.grace_days))
    }

    /// Returns what an invoice of that date and amount asks for.
    ///
    /// The amounts of the instalments add up to `amount`, also for a negative one ([`Money::allocate`]).
    #[must_use]
    pub fn due_dates(&self, invoice_date: Date, amount: Money) -> DueDates {
        let parts = self.instalments.iter();
        let weights: Vec<u64> = parts
            .clone()
            .map(|part| u64::from(part.percent.basis_points()))
            .collect();
        let amounts = amount.allocate(&weights).expect("instalments add up to 100%");
        let instalments = parts.zip(amounts).zip(1..);
        let due_date = self.due_date(invoice_date);
        DueDates {
            instalments: instalments
                .map(|((part, amount), number)| DueInstalment {
                    number,
                    due_date: part.due.due_date(invoice_date),
                    amount,
                })
                .collect(),
            discounts: self
                .discounts
                .iter()
                .map(|discount| discount.offer(invoice_date, due_date, amount))
                .collect(),
        }
    }
}
