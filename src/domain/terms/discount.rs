//! Discounts for early payment, and the percentages they are made of.

use std::fmt;

use super::{DueRule, Instalment, TermsError};
use crate::domain::date::{Date, add_days};
use crate::domain::money::Money;

/// A percentage from 0 to 100 in whole hundredths, so that shares of an amount are exact.
///
/// ```
/// use duecast::domain::terms::Percent;
///
/// assert_eq!(Percent::parse("2.25%")?.basis_points(), 225);
/// assert_eq!(Percent::parse("2")?.to_string(), "2%");
/// assert!(Percent::parse("100.01").is_err());
/// # Ok::<(), duecast::domain::terms::TermsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    basis_points: u16,
}

impl Percent {
    /// One hundred percent.
    pub const WHOLE: Self = Self { basis_points: 10_000 };

    /// Makes a percentage of hundredths: 225 is 2.25%.
    ///
    /// # Errors
    ///
    /// - [`TermsError::PercentInvalid`] above 10 000.
    pub fn from_basis_points(basis_points: u16) -> Result<Self, TermsError> {
        if basis_points > Self::WHOLE.basis_points {
            return Err(TermsError::PercentInvalid {
                given: format!("{basis_points} hundredths"),
            });
        }
        Ok(Self { basis_points })
    }

    /// Reads a percentage with at most two decimals, with or without its sign.
    ///
    /// # Errors
    ///
    /// - [`TermsError::PercentInvalid`] for any other text.
    pub fn parse(text: &str) -> Result<Self, TermsError> {
        hundredths(text.trim().trim_end_matches('%').trim_end())
            .and_then(|basis_points| Self::from_basis_points(basis_points).ok())
            .ok_or_else(|| TermsError::PercentInvalid {
                given: text.to_owned(),
            })
    }

    /// Returns the number of hundredths of a percent.
    #[must_use]
    pub const fn basis_points(self) -> u16 {
        self.basis_points
    }

    /// Returns the number without its sign, such as `2` or `2.25`.
    pub(super) fn number(self) -> String {
        let (whole, hundredths) = (self.basis_points / 100, self.basis_points % 100);
        match hundredths {
            0 => whole.to_string(),
            tenths if tenths % 10 == 0 => format!("{whole}.{}", tenths / 10),
            _ => format!("{whole}.{hundredths:02}"),
        }
    }
}

/// Reads a number of at most two decimals as hundredths.
fn hundredths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 2 {
        return None;
    }
    let whole: u16 = whole.parse().ok()?;
    let fraction: u16 = format!("{fraction:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(fraction)
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.number())
    }
}

/// A discount for paying the whole amount within some days of the invoice date: the "2/10" of "2/10 net 30".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Discount {
    /// What is taken off.
    pub percent: Percent,
    /// Calendar days after the invoice date; the last of them still earns the discount.
    pub days: u16,
}

/// A discount as offered on one invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscountOffer {
    /// The last day on which paying less settles the invoice.
    pub deadline: Date,
    /// What is taken off, in percent.
    pub percent: Percent,
    /// What settles the invoice until the deadline.
    pub payable: Money,
    /// What is taken off; with `payable` it adds up to the whole.
    pub taken_off: Money,
}

/// What a discount is worth as a yearly rate of interest, as fractions: 0.3724 is 37.24%.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnualisedDiscount {
    /// Without interest on interest.
    pub simple: f64,
    /// With interest on interest.
    pub compounded: f64,
}

impl Discount {
    /// Returns the offer on an invoice of that date, due date and amount.
    ///
    /// A discount never outlasts the due date. The payable amount is rounded to the nearest minor unit, a half
    /// in favour of the seller.
    ///
    /// ```
    /// use duecast::domain::terms::{Discount, Percent};
    /// use duecast::domain::{Currency, Money, date::parse_iso};
    ///
    /// let discount = Discount { percent: Percent::parse("2")?, days: 10 };
    /// let amount = Money::parse("99.99", Currency::EUR)?;
    /// let offer = discount.offer(parse_iso("2026-01-15")?, parse_iso("2026-02-14")?, amount);
    /// assert_eq!(offer.deadline, parse_iso("2026-01-25")?);
    /// assert_eq!(offer.payable.to_string(), "97.99 EUR");
    /// assert_eq!(offer.taken_off.to_string(), "2.00 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn offer(self, invoice_date: Date, due_date: Date, amount: Money) -> DiscountOffer {
        let off = u64::from(self.percent.basis_points());
        let kept = u64::from(Percent::WHOLE.basis_points()) - off;
        let parts = amount
            .allocate(&[kept, off])
            .expect("the two weights add up to 100%");
        DiscountOffer {
            deadline: add_days(invoice_date, i64::from(self.days)).min(due_date),
            percent: self.percent,
            payable: parts[0],
            taken_off: parts[1],
        }
    }

    /// Returns the yearly rate a customer forgoes by paying in full on day `net_days` instead of early.
    ///
    /// Nothing when no day is gained, or when all or nothing is taken off.
    ///
    /// # Definition
    ///
    /// With discount `d` and `n` days gained, simple is `d / (1 - d) * 365 / n` and compounded is
    /// `(1 + d / (1 - d)) ^ (365 / n) - 1`.
    ///
    /// ```
    /// use duecast::domain::terms::{Discount, Percent};
    ///
    /// let discount = Discount { percent: Percent::parse("2")?, days: 10 };
    /// let value = discount.annualised(30).expect("20 days are gained");
    /// assert_eq!(format!("{:.2}%", 100.0 * value.simple), "37.24%");
    /// assert_eq!(format!("{:.2}%", 100.0 * value.compounded), "44.59%");
    /// # Ok::<(), duecast::domain::terms::TermsError>(())
    /// ```
    #[must_use]
    pub fn annualised(self, net_days: u16) -> Option<AnnualisedDiscount> {
        let off = self.percent.basis_points();
        let kept = Percent::WHOLE.basis_points() - off;
        let gained_days = net_days.checked_sub(self.days)?;
        if gained_days == 0 || off == 0 || kept == 0 {
            return None;
        }
        let interest = f64::from(off) / f64::from(kept);
        let periods_a_year = 365.0 / f64::from(gained_days);
        Some(AnnualisedDiscount {
            simple: interest * periods_a_year,
            compounded: (1.0 + interest).powf(periods_a_year) - 1.0,
        })
    }
}

/// Checks that discounts fall as their days grow and can be earned before everything is due.
pub(super) fn check(discounts: &[Discount], instalments: &[Instalment]) -> Result<(), TermsError> {
    let is_partial =
        |discount: &Discount| (1..Percent::WHOLE.basis_points()).contains(&discount.percent.basis_points());
    let falls = |pair: &[Discount]| pair[0].days < pair[1].days && pair[0].percent > pair[1].percent;
    let ends_in_time = |discount: &Discount| {
        instalments.iter().any(|part| match part.due {
            DueRule::OnReceipt => false,
            DueRule::NetDays { days } => discount.days <= days,
            DueRule::EndOfMonth { .. }
            | DueRule::EndOfMonthThenDays { .. }
            | DueRule::DaysThenEndOfMonth { .. }
            | DueRule::DayOfMonth { .. } => true,
        })
    };
    let each = discounts.iter();
    if each.clone().all(is_partial) && discounts.windows(2).all(falls) && each.clone().all(ends_in_time) {
        return Ok(());
    }
    let given: Vec<String> = each
        .map(|discount| format!("{} within {} days", discount.percent, discount.days))
        .collect();
    Err(TermsError::DiscountsInconsistent {
        given: given.join(", "),
    })
}
