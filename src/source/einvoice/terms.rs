//! Terms of an e-invoice: when all is due, and what paying early is worth.
//!
//! A due date that is given (BT-9) stands. Without one the text of the terms (BT-20) is read, whole or in the one
//! sentence of it that is understood. German invoices write discounts into that text, one a line,
//! `#SKONTO#TAGE=14#PROZENT=2.25#BASISBETRAG=357.93#`, and interest after the due date as `#VERZUG#..`, which is passed
//! over. Allowances (BG-20) are part of the price and no discounts.

use crate::domain::Date;
use crate::domain::terms::{PaymentTerms, Percent};

use super::amount::Decimal;

/// Bytes of a text that may be terms; what is longer is a contract, and for a person to read.
const TEXT_BYTES_MAX: usize = 1 << 14;

/// A discount that has fields of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Days after the date of issue.
    pub(super) days: u16,
    pub(super) percent: Percent,
    /// The part of the payable amount that it is taken off; all of it where there is none.
    pub(super) basis: Option<Decimal>,
}

/// What was agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agreed {
    /// As given, or else as it follows from the text.
    pub(super) due_date: Option<Date>,
    /// Days after the date of issue and the percentage of the payable amount, by days.
    pub(super) discounts: Vec<(u16, Percent)>,
}

impl Agreed {
    /// Writes the discounts as `14 2.25; 30 1.00`.
    pub(super) fn discounts_text(&self) -> String {
        let written: Vec<String> = self
            .discounts
            .iter()
            .map(|(days, percent)| {
                let points = percent.basis_points();
                format!("{days} {}.{:02}", points / 100, points % 100)
            })
            .collect();
        written.join("; ")
    }
}

/// Reads a percentage such as `2.25` or `2.2500`; finer ones are rounded to hundredths.
pub(super) fn percent(text: &str) -> Option<Percent> {
    let points = u16::try_from(Decimal::parse(text)?.hundredths()).ok()?;
    Percent::from_basis_points(points).ok()
}

/// Reads the terms of a document issued on a date, with the due date given there.
pub(super) fn read(
    text: &str,
    offers: &[Offer],
    issued: Option<Date>,
    given: Option<Date>,
    payable: Option<Decimal>,
) -> Agreed {
    let text = if text.len() > TEXT_BYTES_MAX { "" } else { text };
    let mut offers = offers.to_vec();
    offers.extend(skonto(text));
    let free: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let terms = understood(&free).or_else(|| only_discounts(&free, issued, given));
    let due_date = given.or_else(|| Some(terms.as_ref()?.due_date(issued?)));
    if offers.is_empty()
        && let Some(terms) = &terms
    {
        offers.extend(terms.discounts().iter().map(|discount| Offer {
            days: discount.days,
            percent: discount.percent,
            basis: None,
        }));
    }
    let mut discounts: Vec<(u16, Percent)> = offers
        .iter()
        .filter_map(|offer| Some((offer.days, of_payable(offer, payable)?)))
        .filter(|(_, percent)| percent.basis_points() > 0)
        .collect();
    discounts.sort_by_key(|(days, percent)| (*days, percent.basis_points()));
    discounts.dedup();
    Agreed { due_date, discounts }
}

/// The terms that the text says: as a whole, or in its only sentence that is understood.
fn understood(lines: &[&str]) -> Option<PaymentTerms> {
    // A line may end a clause, or stand in the middle of one.
    for separator in ["; ", " "] {
        if let Ok(terms) = PaymentTerms::parse(&lines.join(separator)) {
            return Some(terms);
        }
    }
    let mut readings: Vec<PaymentTerms> = lines
        .iter()
        .flat_map(|line| line.split(". "))
        .filter_map(|sentence| PaymentTerms::parse(sentence).ok())
        .collect();
    readings.dedup();
    // Two sentences with different terms are for a person to decide.
    match readings.len() {
        1 => readings.pop(),
        _ => None,
    }
}

/// A text with nothing but discounts is whole with the days until the due date that is given beside it.
fn only_discounts(lines: &[&str], issued: Option<Date>, given: Option<Date>) -> Option<PaymentTerms> {
    let days = given?.signed_duration_since(issued?).num_days();
    let text = lines.join("; ");
    PaymentTerms::parse(&format!("{}; net {days}", text.trim_end_matches(['.', ';']))).ok()
}

/// The percentage of all that is payable, where a discount is taken off a part of it.
fn of_payable(offer: &Offer, payable: Option<Decimal>) -> Option<Percent> {
    let (Some(basis), Some(payable)) = (offer.basis, payable) else {
        return Some(offer.percent);
    };
    let points = Decimal::share_of(offer.percent.basis_points(), basis, payable)?;
    Percent::from_basis_points(u16::try_from(points).ok()?).ok()
}

/// Discounts as XRechnung writes them, wherever a line begins with `#`.
fn skonto(text: &str) -> Vec<Offer> {
    let mut offers = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| line.starts_with('#')) {
        // Lines may have been joined on their way, so one may hold several discounts.
        for discount in line.split("#SKONTO#").skip(1) {
            let own = discount.split("#VERZUG#").next().unwrap_or_default();
            offers.extend(offer(own));
        }
    }
    offers
}

/// Reads `TAGE=14#PROZENT=2.25#BASISBETRAG=357.93#`.
fn offer(fields: &str) -> Option<Offer> {
    let value = |wanted: &str| {
        fields
            .split('#')
            .filter_map(|field| field.split_once('='))
            .find(|(name, _)| name.trim() == wanted)
            .map(|(_, value)| value.trim())
    };
    Some(Offer {
        days: value("TAGE")?.parse().ok()?,
        percent: percent(value("PROZENT")?)?,
        basis: value("BASISBETRAG").and_then(Decimal::parse),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_iso;

    fn day(text: &str) -> Option<Date> {
        parse_iso(text).ok()
    }

    fn agreed(text: &str, given: Option<Date>) -> (String, String) {
        let payable = Decimal::parse("1190.00");
        let agreed = read(text, &[], day("2026-01-15"), given, payable);
        let due_date = agreed.due_date.map(|date| date.to_string());
        (due_date.unwrap_or_default(), agreed.discounts_text())
    }

    #[test]
    fn a_due_date_follows_from_the_text_unless_it_is_given() {
        // 2026-01-15 and 30 days are 2026-02-14.
        for text in [
            "30 Tage netto",
            "net 30",
            "Zahlbar innerhalb von 30 Tagen ohne Abzug.",
            "Vielen Dank für Ihren Auftrag.\n30 Tage netto",
            "Thank you for your order. Net 30 days",
        ] {
            assert_eq!(agreed(text, None).0, "2026-02-14", "{text}");
            assert_eq!(agreed(text, day("2026-03-01")).0, "2026-03-01", "{text}");
        }
        for text in [
            "",
            "nach Vereinbarung",
            "30 Tage netto\n60 Tage netto",
            "#SKONTO#TAGE=14#PROZENT=2.25#",
        ] {
            assert_eq!(agreed(text, None).0, "", "{text}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_terms_is_not_read() {
        let long = format!("30 Tage netto\n{}", "#".repeat(1 << 14));
        assert_eq!(agreed(&long, None), (String::new(), String::new()));
        let short = format!("30 Tage netto\n{}", "#".repeat(1 << 10));
        assert_eq!(agreed(&short, None).0, "2026-02-14");
    }

    #[test]
    fn discounts_are_read_line_by_line_and_interest_is_not() {
        let text =
            "#SKONTO#TAGE=14#PROZENT=2.25#\n#SKONTO#TAGE=30#PROZENT=1.00#\n#VERZUG#TAGE=45#PROZENT=9.00#\n";
        assert_eq!(agreed(text, None), (String::new(), "14 2.25; 30 1.00".to_owned()));
        let joined = text.replace('\n', "");
        assert_eq!(agreed(&joined, None).1, "14 2.25; 30 1.00");
        let with_text = format!("45 Tage netto\n{text}");
        // 2026-01-15 and 45 days are 2026-03-01.
        assert_eq!(agreed(&with_text, None).0, "2026-03-01");
        for broken in [
            "#SKONTO#TAGE=x#PROZENT=2.25#",
            "#SKONTO#TAGE=14#",
            "#SKONTO#",
            "#SKONTO#TAGE=14#PROZENT=200.00#",
        ] {
            assert_eq!(agreed(broken, None).1, "", "{broken}");
        }
    }

    #[test]
    fn a_discount_on_a_part_counts_as_its_share_of_the_whole() {
        // 2.25 percent of 357.93 are 0.68 percent of 1190.
        let text = "#SKONTO#TAGE=14#PROZENT=2.25#BASISBETRAG=357.93#";
        assert_eq!(agreed(text, None).1, "14 0.68");
    }

    #[test]
    fn discounts_in_words_need_the_due_date_in_words_or_given() {
        assert_eq!(
            agreed("14 Tage 2%, 30 Tage netto", None),
            ("2026-02-14".to_owned(), "14 2.00".to_owned())
        );
        assert_eq!(agreed("14 Tage 2% Skonto", None), (String::new(), String::new()));
        assert_eq!(agreed("14 Tage 2% Skonto", day("2026-02-14")).1, "14 2.00");
        assert_eq!(agreed("2/10 net 30", day("2026-02-14")).1, "10 2.00");
    }
}
