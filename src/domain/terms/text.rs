//! Payment terms as text: reading what people write, and writing one canonical form.
//!
//! Reading goes in three steps: the text becomes words, the words become a small vocabulary (fillers dropped,
//! synonyms merged), and patterns over that vocabulary become rules. Whatever matches no pattern is refused.

use std::fmt;
use std::str::FromStr;

use super::{Discount, DueRule, Instalment, PaymentTerms, Percent, TermsError};

/// Words that carry no meaning of their own.
const FILLERS: &[&str] = &[
    "payment", "payments", "terms", "term", "the", "a", "invoice", "date", "due", "payable", "strictly",
    "of", "on", "upon", "within", "calendar", "each", "every",
];

/// The same in German and French.
const FOREIGN_FILLERS: &[&str] = &[
    "zahlung",
    "zahlungsziel",
    "zahlungsbedingungen",
    "zahlbar",
    "fällig",
    "innerhalb",
    "binnen",
    "von",
    "der",
    "rechnung",
    "rechnungsdatum",
    "rechnungsstellung",
    "ohne",
    "abzug",
    "rein",
    "bei",
    "mit",
    "skonto",
    "kalendertage",
    "paiement",
    "règlement",
    "sous",
    "à",
    "de",
    "facture",
];

/// Reads payment terms.
pub(super) fn parse(text: &str) -> Result<PaymentTerms, TermsError> {
    let owned = vocabulary(&split_words(text));
    let words: Vec<&str> = owned.iter().map(String::as_str).collect();
    Reader { given: text }.terms(&words)
}

/// Splits a text into lower-case words, numbers and the signs that matter.
fn split_words(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut position = 0;
    while position < characters.len() {
        let start = position;
        let character = characters[position];
        position += 1;
        let next_is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
        if character.is_ascii_digit() {
            while next_is_digit(position)
                || (characters.get(position) == Some(&'.') && next_is_digit(position + 1))
                || is_decimal_comma(&characters, position)
            {
                position += 1;
            }
            let number: String = characters[start..position].iter().collect();
            words.push(number.replace(',', "."));
        } else if character.is_alphabetic() {
            while characters.get(position).is_some_and(|c| c.is_alphabetic()) {
                position += 1;
            }
            words.push(characters[start..position].iter().collect());
        } else if character == ',' {
            words.push(";".to_owned());
        } else if character == '-' {
            // A hyphen joins words; in front of a number it is a sign, which no pattern accepts.
            let follows_word = start > 0 && characters[start - 1].is_alphanumeric();
            if next_is_digit(position) && !follows_word {
                words.push("-".to_owned());
            }
        } else if !character.is_whitespace() && !matches!(character, '.' | ':' | '(' | ')' | '"') {
            words.push(character.to_string());
        }
    }
    words
}

/// Whether a comma is the decimal mark of a percentage, as in `2,25 %`; any other comma parts clauses.
fn is_decimal_comma(characters: &[char], position: usize) -> bool {
    let Some([',', decimals @ ..]) = characters.get(position..) else {
        return false;
    };
    let count = decimals.iter().take_while(|c| c.is_ascii_digit()).count();
    let next = decimals.iter().skip(count).find(|c| !c.is_whitespace());
    (1..=2).contains(&count) && next == Some(&'%')
}

/// Drops fillers and merges synonyms.
fn vocabulary(words: &[String]) -> Vec<String> {
    let mut merged: Vec<&str> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let follows_number = index > 0 && is_number(&words[index - 1]);
        match word.as_str() {
            filler if FILLERS.contains(&filler) || FOREIGN_FILLERS.contains(&filler) => {}
            "st" | "nd" | "rd" | "th" if follows_number => {
                // "15th" is a day of a month, where "15" alone could be a number of days.
                let number = merged.pop();
                if merged.last() != Some(&"day") {
                    merged.push("day");
                }
                merged.extend(number);
            }
            "days" | "d" | "tage" | "tagen" | "jours" => merged.push("days"),
            "day" => merged.push(if follows_number { "days" } else { "day" }),
            "n" | "nett" | "netto" => merged.push("net"),
            "/" if merged.last() == Some(&"net") => {}
            "months" => merged.push("month"),
            "following" => merged.push("next"),
            "prox" | "proximo" | "mfi" => merged.extend(["next", "month"]),
            "immediate" | "immediately" | "cod" | "sofort" | "comptant" | "réception" => {
                merged.push("receipt")
            }
            "ab" | "nach" => merged.push("after"),
            "monatsende" => merged.push("eom"),
            "and" | "und" => merged.push(";"),
            other => merged.push(other),
        }
    }
    let text = format!(" {} ", merged.join(" "))
        .replace(" end next month ", " eom next month ")
        .replace(" end month ", " eom ")
        .replace(" month end ", " eom ")
        .replace(" fin mois ", " eom ")
        .replace(" cash delivery ", " receipt ");
    text.split_whitespace().map(str::to_owned).collect()
}

fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}

/// Turns the vocabulary into terms; keeps the text for its messages.
struct Reader<'text> {
    given: &'text str,
}

impl Reader<'_> {
    fn terms(&self, words: &[&str]) -> Result<PaymentTerms, TermsError> {
        let (words, grace_days) = self.grace_days(words)?;
        let (mut words, mut discounts) = self.discounts(words, "/")?;
        let terms = if let Some(instalments) = self.instalments(words)? {
            PaymentTerms::try_instalments(instalments)?
        } else {
            let (rest, more) = self.discounts(words, "%")?;
            words = rest;
            discounts.extend(more);
            // In trade "2/10 EOM" often counts both from the end of the month.
            if !discounts.is_empty() && words.first() == Some(&"eom") {
                return Err(TermsError::Ambiguous {
                    first: "2/10 net EOM, discount days from the invoice date",
                    second: "discount days from the end of the month, as due dates in the ledger",
                    given: self.given.to_owned(),
                });
            }
            PaymentTerms::try_new(self.rule(words)?)?
        };
        Ok(terms.with_discounts(discounts)?.with_grace_days(grace_days))
    }

    /// Takes the grace days off the end.
    fn grace_days<'w, 's>(&self, words: &'w [&'s str]) -> Result<(&'w [&'s str], u16), TermsError> {
        let (rest, days) = match words {
            [rest @ .., "grace", days]
            | [rest @ .., "grace", days, "days"]
            | [rest @ .., days, "days", "grace"] => (rest, self.whole(days)?),
            _ => (words, 0),
        };
        Ok((rest.strip_suffix(&[";"]).unwrap_or(rest), days))
    }

    /// Takes discounts off the front, those written with that sign: `2/10`, or `2% 10` and `10 days 2%`.
    fn discounts<'w, 's>(
        &self,
        words: &'w [&'s str],
        sign: &str,
    ) -> Result<(&'w [&'s str], Vec<Discount>), TermsError> {
        let mut words = words;
        let mut discounts = Vec::new();
        loop {
            let (percent, days, rest) = match words {
                [percent, mark, "/" | "in", days, rest @ ..] if *mark == "%" && sign == "%" => {
                    (percent, days, rest)
                }
                [percent, mark, days, rest @ ..] if *mark == sign => (percent, days, rest),
                [days, "days", percent, "%", rest @ ..] if sign == "%" => (percent, days, rest),
                _ => break,
            };
            if !is_number(percent) || !is_number(days) {
                break;
            }
            discounts.push(Discount {
                percent: Percent::parse(percent)?,
                days: self.whole(days)?,
            });
            let rest = rest.strip_prefix(&["days"]).unwrap_or(rest);
            words = rest.strip_prefix(&[";"]).unwrap_or(rest);
        }
        Ok((words, discounts))
    }

    /// Reads `50% net 30; 50% net 60`; nothing when the words are not of that form.
    fn instalments(&self, words: &[&str]) -> Result<Option<Vec<Instalment>>, TermsError> {
        let segments: Vec<&[&str]> = words.split(|word| *word == ";").collect();
        if segments.len() < 2 {
            return Ok(None);
        }
        let mut instalments = Vec::with_capacity(segments.len());
        for segment in segments {
            let [percent, "%", rule @ ..] = segment else {
                return Ok(None);
            };
            let due = match self.rule(rule) {
                Ok(due) => due,
                Err(TermsError::NotUnderstood { .. }) => return Ok(None),
                Err(other) => return Err(other),
            };
            let percent = Percent::parse(percent)?;
            instalments.push(Instalment { percent, due });
        }
        Ok(Some(instalments))
    }

    fn rule(&self, words: &[&str]) -> Result<DueRule, TermsError> {
        let bare: Vec<&str> = words.iter().copied().filter(|word| *word != "days").collect();
        let counts_days = bare.len() < words.len();
        match bare.as_slice() {
            ["net", rest @ ..] if rest.first().is_some_and(|word| !is_number(word)) => self.rule(rest),
            ["receipt"] => Ok(DueRule::OnReceipt),
            ["net", days] | ["net", days, "from" | "after"] => self.net_days(days),
            [days] | [days, "net"] | ["in", days] | [days, "from" | "after"] if counts_days => {
                self.net_days(days)
            }
            ["eom"] => Ok(DueRule::EndOfMonth { extra_months: 0 }),
            ["eom", "next", "month"] => Ok(DueRule::EndOfMonth { extra_months: 1 }),
            ["eom", "in", months, "month"] => Ok(DueRule::EndOfMonth {
                extra_months: self.small(months)?,
            }),
            ["eom", "then", "+", days]
            | ["eom", "then" | "+", days]
            | [days, "after" | "from", "eom"]
            | ["net", days, "after" | "from", "eom"] => Ok(DueRule::EndOfMonthThenDays {
                days: self.whole(days)?,
            }),
            ["+" | "net", days, "then", "eom"] | [days, "then", "eom"] => Ok(DueRule::DaysThenEndOfMonth {
                days: self.whole(days)?,
            }),
            ["day", day] | ["day", day, "month"] => self.day_of_month(day, 0),
            ["day", day, "next", "month"] | [day, "next", "month"] => self.day_of_month(day, 1),
            ["day", day, "in", months, "month"] => self.day_of_month(day, self.small(months)?),
            others if others.contains(&"eom") && others.iter().any(|word| is_number(word)) => {
                Err(TermsError::Ambiguous {
                    first: "EOM then +30 days",
                    second: "+30 days then EOM",
                    given: self.given.to_owned(),
                })
            }
            _ => Err(self.not_understood()),
        }
    }

    fn net_days(&self, days: &str) -> Result<DueRule, TermsError> {
        let days = self.whole(days)?;
        Ok(DueRule::NetDays { days })
    }

    fn day_of_month(&self, day: &str, extra_months: u8) -> Result<DueRule, TermsError> {
        let day = self.small(day)?;
        Ok(DueRule::DayOfMonth { day, extra_months })
    }

    fn whole(&self, word: &str) -> Result<u16, TermsError> {
        word.parse().map_err(|_| self.not_understood())
    }

    fn small(&self, word: &str) -> Result<u8, TermsError> {
        word.parse().map_err(|_| self.not_understood())
    }

    fn not_understood(&self) -> TermsError {
        TermsError::NotUnderstood {
            given: self.given.to_owned(),
        }
    }
}

impl fmt::Display for DueRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnReceipt => f.write_str("due on receipt"),
            Self::NetDays { days } => write!(f, "net {days}"),
            Self::EndOfMonth { extra_months: 0 } => f.write_str("EOM"),
            Self::EndOfMonth { extra_months: 1 } => f.write_str("EOM of next month"),
            Self::EndOfMonth { extra_months } => write!(f, "EOM in {extra_months} months"),
            Self::EndOfMonthThenDays { days } => write!(f, "EOM then +{days} days"),
            Self::DaysThenEndOfMonth { days } => write!(f, "+{days} days then EOM"),
            Self::DayOfMonth { day, extra_months } => match extra_months {
                0 => write!(f, "day {day}"),
                1 => write!(f, "day {day} of next month"),
                _ => write!(f, "day {day} in {extra_months} months"),
            },
        }
    }
}

impl fmt::Display for PaymentTerms {
    /// Writes the canonical text, which [`PaymentTerms::parse`] reads back to equal terms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for discount in &self.discounts {
            write!(f, "{}/{} ", discount.percent.number(), discount.days)?;
        }
        if let [only] = self.instalments.as_slice() {
            let is_net_days = matches!(only.due, DueRule::NetDays { .. });
            if !self.discounts.is_empty() && !is_net_days {
                f.write_str("net ")?;
            }
            write!(f, "{}", only.due)?;
        } else {
            for (index, part) in self.instalments.iter().enumerate() {
                let separator = if index == 0 { "" } else { "; " };
                write!(f, "{separator}{} {}", part.percent, part.due)?;
            }
        }
        if self.grace_days > 0 {
            write!(f, ", grace {} days", self.grace_days)?;
        }
        Ok(())
    }
}

impl FromStr for PaymentTerms {
    type Err = TermsError;

    fn from_str(text: &str) -> Result<Self, TermsError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PaymentTerms {
    type Error = TermsError;

    fn try_from(text: String) -> Result<Self, TermsError> {
        Self::parse(&text)
    }
}

impl From<PaymentTerms> for String {
    fn from(terms: PaymentTerms) -> Self {
        terms.to_string()
    }
}
