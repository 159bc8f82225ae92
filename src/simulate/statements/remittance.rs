//! What payers write, and what banks make of their names.

use rand_chacha::ChaCha8Rng;

use super::read::{Paid, Sold};
use super::{PrintedInvoice, SimulatedReceipt};
use crate::domain::format_minor;
use crate::simulate::world::{pick, uniform};

/// Characters that a bank passes on.
const TEXT_CHARS_MAX: usize = 140;
const NAME_CHARS_MAX: usize = 27;
/// Decimals of the simulated currencies.
const EXPONENT: u32 = 2;
/// Texts that name nothing.
const EMPTY_WORDS: [&str; 5] = [
    "",
    "Danke",
    "Zahlung",
    "lt. Vereinbarung",
    "Ihr Schreiben vom 03.02.2026",
];

/// How a payer names what it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemittanceKind {
    /// A creditor reference in its own field; one invoice.
    Reference,
    /// A creditor reference in the text; one invoice.
    ReferenceInText,
    /// A list of documents with amounts.
    Documents,
    /// Numbers as printed, in the text.
    Number,
    /// Numbers without their letters, with other separators, or with letters for digits.
    AlteredNumber,
    /// Numbers of which one has a wrong digit.
    MisspeltNumber,
    /// Nothing.
    Nothing,
}

impl RemittanceKind {
    const ALL: [Self; 7] = [
        Self::Reference,
        Self::ReferenceInText,
        Self::Documents,
        Self::Number,
        Self::AlteredNumber,
        Self::MisspeltNumber,
        Self::Nothing,
    ];
    const SHARES: [f64; 7] = [0.25, 0.08, 0.05, 0.33, 0.14, 0.03, 0.12];

    /// Draws how a payer names what it pays.
    pub(super) fn draw(stream: &mut ChaCha8Rng, is_named: bool) -> Self {
        let kind = Self::ALL
            .get(pick(stream, &Self::SHARES))
            .copied()
            .unwrap_or(Self::Number);
        if is_named && matches!(kind, Self::Nothing | Self::MisspeltNumber) {
            Self::Number
        } else {
            kind
        }
    }
}

/// Returns a creditor reference of ISO 11649 for digits.
pub(super) fn creditor_reference(digits: &str) -> String {
    // `RF00` stands behind as 27 15 00; the check digits make the remainder 1.
    let all = digits.bytes().chain(*b"271500").filter(u8::is_ascii_digit);
    let remainder = all.fold(0_u32, |sum, digit| (sum * 10 + u32::from(digit - b'0')) % 97);
    format!("RF{:02}{digits}", 98 - remainder)
}

/// Writes the remittance of a receipt for these parts.
pub(super) fn write(
    stream: &mut ChaCha8Rng,
    kind: RemittanceKind,
    receipt: &mut SimulatedReceipt,
    sold: &[Sold],
    parts: &[Paid],
) {
    let printed: Vec<(&Paid, &PrintedInvoice)> = parts
        .iter()
        .filter_map(|part| Some((part, &sold.get(part.invoice)?.printed)))
        .collect();
    let only = printed
        .first()
        .filter(|_| parts.len() == 1)
        .map(|(_, invoice)| *invoice);
    let mut numbers: Vec<String> = printed
        .iter()
        .map(|(_, invoice)| invoice.number.clone())
        .collect();
    match (kind, only) {
        (RemittanceKind::Reference, Some(invoice)) => {
            receipt.structured_reference.push_str(&invoice.payment_reference);
            return;
        }
        (RemittanceKind::ReferenceInText, Some(invoice)) => {
            receipt.remittance = format!("Ref {} danke", grouped(&invoice.payment_reference));
            return;
        }
        (RemittanceKind::Documents, _) => {
            let all: Vec<String> = printed
                .iter()
                .map(|(part, invoice)| {
                    format!("{} {}", invoice.number, format_minor(part.amount_minor, EXPONENT))
                })
                .collect();
            receipt.referred_documents = all.join("; ");
            return;
        }
        (RemittanceKind::Nothing, _) => {
            receipt.remittance = chosen(stream, &EMPTY_WORDS).to_owned();
            return;
        }
        (RemittanceKind::AlteredNumber, _) => {
            let style = pick(stream, &[1.0 / 7.0; 7]);
            for number in &mut numbers {
                *number = altered(number, style);
            }
        }
        (RemittanceKind::MisspeltNumber, _) => {
            if let Some(last) = numbers.last_mut() {
                *last = misspelt(stream, last);
            }
        }
        // Several invoices have no reference in common: their numbers are written.
        (RemittanceKind::Number | RemittanceKind::Reference | RemittanceKind::ReferenceInText, _) => {}
    }
    receipt.remittance = text_of(stream, &numbers);
}

/// Puts numbers into a sentence, as long as a bank passes it on.
fn text_of(stream: &mut ChaCha8Rng, numbers: &[String]) -> String {
    let parted = chosen(stream, &[", ", " ", " + ", "; ", " / "]);
    let all = numbers.join(parted);
    let text = match pick(stream, &[0.3, 0.2, 0.2, 0.15, 0.15]) {
        0 => format!("Rechnung {all}"),
        1 => format!("Invoice {all} thank you"),
        2 => all,
        3 => format!("Kd.Nr. 4711 {all}"),
        _ => format!("RG {all} vom 12.03.2026"),
    };
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// Writes a number `RE-2026-000123` in another way.
fn altered(number: &str, style: usize) -> String {
    let bare = number.strip_prefix("RE-").unwrap_or(number);
    match style {
        0 => number.replace('-', " "),
        1 => bare.to_owned(),
        2 => number.replace('-', ""),
        3 => bare.replace('-', ""),
        4 => {
            let (year, serial) = bare.split_once('-').unwrap_or(("", bare));
            format!("RE-{year}-{}", serial.trim_start_matches('0'))
        }
        5 => format!("Rechnungsnr.{}", number.replace('-', "/")),
        _ => number.replacen("20", "2O", 1),
    }
}

/// Changes one of the last four digits of a number, or swaps the last two.
fn misspelt(stream: &mut ChaCha8Rng, number: &str) -> String {
    let mut digits: Vec<char> = number.chars().collect();
    let length = digits.len();
    let place = length.saturating_sub(1 + pick(stream, &[0.25; 4]));
    let is_swap = uniform(stream) < 0.3 && length > 1;
    if is_swap && digits.get(length - 1) != digits.get(length - 2) {
        digits.swap(length - 1, length - 2);
    } else if let Some(digit) = digits.get_mut(place) {
        *digit = if *digit == '9' { '1' } else { '9' };
    }
    digits.into_iter().collect()
}

fn grouped(reference: &str) -> String {
    let characters: Vec<char> = reference.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// Writes a name as a bank shows it.
pub(super) fn name_at_bank(stream: &mut ChaCha8Rng, name: &str) -> String {
    let short = name.rsplit_once(' ').map_or(name, |(short, _)| short);
    match pick(stream, &[0.3, 0.25, 0.15, 0.15, 0.1, 0.05]) {
        0 => name.to_owned(),
        1 => name.to_uppercase(),
        2 => short.to_owned(),
        3 => name.to_uppercase().chars().take(NAME_CHARS_MAX).collect(),
        4 => format!("{short} Zentrale"),
        _ => String::new(),
    }
}

/// Draws somebody who is no customer.
pub(super) fn stranger(stream: &mut ChaCha8Rng) -> &'static str {
    chosen(
        stream,
        &[
            "Finanzamt Mitte Kasse",
            "Stadtwerke GmbH",
            "Allgemeine Versicherung AG",
            "J. Smit",
            "Zoll",
        ],
    )
}

/// Draws what it writes.
pub(super) fn strange_text(stream: &mut ChaCha8Rng) -> String {
    let number = pick(stream, &[0.01; 100]);
    match pick(stream, &[0.3, 0.3, 0.4]) {
        0 => format!("Erstattung 2025 St.Nr. 12/345/{number:05}"),
        1 => format!("Gutschrift Vertrag {}", 100_000 + 97 * number),
        _ => format!("Schaden {number:04} vom 01.02.2026"),
    }
}

fn chosen<'t>(stream: &mut ChaCha8Rng, texts: &[&'t str]) -> &'t str {
    let last = texts.len().saturating_sub(1);
    let place = texts.iter().take(last).position(|_| uniform(stream) < 0.35);
    texts.get(place.unwrap_or(last)).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creditor_references_have_the_check_digits_of_iso_11649() {
        // The standard's own example.
        assert_eq!(creditor_reference("539007547034"), "RF18539007547034");
    }

    #[test]
    fn altered_numbers_keep_their_digits() {
        let all: Vec<String> = (0..7).map(|style| altered("RE-2026-000123", style)).collect();
        assert_eq!(
            all,
            [
                "RE 2026 000123",
                "2026-000123",
                "RE2026000123",
                "2026000123",
                "RE-2026-123",
                "Rechnungsnr.RE/2026/000123",
                "RE-2O26-000123",
            ]
        );
    }
}
