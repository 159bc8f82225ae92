//! The details of an entry (`:86:`), which every country writes in its own way.
//!
//! German banks number them (`166?00..?20..?32..`) and put tags of SEPA into the text (`EREF+`, `SVWZ+`); Dutch banks name
//! them (`/EREF/../REMI/../NAME/..`); others write text.

use super::line::Line;
use crate::source::bank::{self, account_name, clean, reference};

/// Characters in a full line of the network.
const LINE_CHARACTERS: usize = 65;
/// Characters in a full numbered part of the text.
const PART_CHARACTERS: usize = 27;
/// Tags of SEPA in a text.
const TAGS: [&str; 16] = [
    "EREF", "KREF", "MREF", "BREF", "RREF", "SVWZ", "ABWA", "ABWE", "IBAN", "BIC", "CRED", "DEBT", "COAM",
    "OAMT", "PURP", "SQTP",
];
/// Names of Dutch banks.
const NAMES: [&str; 24] = [
    "TRTP",
    "IBAN",
    "BIC",
    "NAME",
    "REMI",
    "EREF",
    "ORDP",
    "BENM",
    "CNTP",
    "MARF",
    "CSID",
    "PREF",
    "RTRN",
    "SVCL",
    "ISDT",
    "PURP",
    "ULTD",
    "ULTB",
    "UDTR",
    "KREF",
    "ADDR",
    "ID",
    "CDTRREF",
    "CDTRREFTP",
];

/// Details of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    /// The German business transaction code.
    pub(super) code: String,
    /// Whether they name the reason of a return.
    pub(super) is_return: bool,
    /// Whether they are text only, to which the references of the entry belong.
    pub(super) is_plain: bool,
    pub(super) receipt: bank::Details,
}

impl Details {
    /// Reads the lines of the field.
    pub(super) fn parse(lines: &[String]) -> Self {
        let text = joined(lines);
        if let Some((code, parts)) = numbered(&text) {
            return Self::german(code, &parts);
        }
        if let Some(named) = named(&text) {
            return Self::dutch(&named);
        }
        let mut details = Self {
            is_plain: true,
            ..Self::default()
        };
        details.read_tags(&[text]);
        details
    }

    /// Adds what the entry itself says, where there is only text.
    pub(super) fn complete(&mut self, line: &Line) {
        let remittance = &mut self.receipt.remittance;
        if remittance.is_empty() {
            remittance.clone_from(&line.supplement);
        }
        if !line.reference.is_empty() && !remittance.contains(&line.reference) {
            *remittance = clean(&format!("{remittance} {}", line.reference));
        }
    }

    fn german(code: &str, parts: &[(u32, String)]) -> Self {
        let texts = |wanted: &dyn Fn(u32) -> bool| -> Vec<String> {
            let chosen = parts.iter().filter(|(number, _)| wanted(*number));
            chosen.map(|(_, text)| text.clone()).collect()
        };
        let mut details = Self {
            code: code.to_owned(),
            ..Self::default()
        };
        details.receipt.payer_name = clean(&filled(&texts(&|number| number == 32 || number == 33)));
        details.receipt.payer_account = account_name(&texts(&|number| number == 31).concat());
        details.read_tags(&texts(&|number| {
            (20..30).contains(&number) || (60..64).contains(&number)
        }));
        details
    }

    /// Reads tags of SEPA out of the parts of a text; what has no tag is text for the payee.
    fn read_tags(&mut self, parts: &[String]) {
        let receipt = &mut self.receipt;
        let mut remittance = Vec::new();
        for (tag, value) in tagged(parts) {
            match tag {
                "" | "SVWZ" => remittance.push(value),
                "EREF" => receipt.end_to_end_id = reference(&value),
                "IBAN" if receipt.payer_account.is_empty() => receipt.payer_account = account_name(&value),
                "ABWA" if receipt.payer_name.is_empty() => receipt.payer_name = value,
                _ => {}
            }
        }
        receipt.remittance = clean(&remittance.join(" "));
    }

    fn dutch(named: &[(&str, &str)]) -> Self {
        let mut details = Self::default();
        let receipt = &mut details.receipt;
        for (name, value) in named {
            let text = clean(value.trim_matches('/'));
            match *name {
                "EREF" => receipt.end_to_end_id = reference(&text),
                "NAME" => receipt.payer_name = text,
                "IBAN" => receipt.payer_account = account_name(&text),
                "RTRN" => details.is_return = true,
                "CDTRREF" => receipt.structured_reference = text,
                "CNTP" => {
                    // Account, bank, name and city of the other side.
                    let mut parts = value.split('/');
                    receipt.payer_account = account_name(parts.next().unwrap_or_default());
                    receipt.payer_name = clean(parts.nth(1).unwrap_or_default());
                }
                "REMI" => {
                    if let Some(structured) = text.strip_prefix("STRD/") {
                        let found = structured.rsplit('/').next().unwrap_or_default();
                        receipt.structured_reference = clean(found);
                    } else {
                        let free = text.strip_prefix("USTD/").unwrap_or(&text);
                        receipt.remittance = clean(free.trim_matches('/'));
                    }
                }
                _ => {}
            }
        }
        details
    }
}

/// Joins the lines of a field. Numbered and named details are cut anywhere; of a text, only full lines were cut.
fn joined(lines: &[String]) -> String {
    let first = lines.first().map_or("", String::as_str);
    let is_text = !first.starts_with('/') && numbered(first).is_none();
    let mut text = String::new();
    let mut is_cut = true;
    for line in lines {
        if is_text && !is_cut {
            text.push(' ');
        }
        text.push_str(line);
        is_cut = line.chars().count() >= LINE_CHARACTERS;
    }
    text
}

/// Joins the parts of a text: a full part was cut, at the end of a shorter one blanks were left out.
fn filled(parts: &[String]) -> String {
    let mut text = String::new();
    let mut is_cut = true;
    for part in parts {
        if !is_cut {
            text.push(' ');
        }
        text.push_str(part);
        is_cut = part.chars().count() >= PART_CHARACTERS;
    }
    text
}

/// Splits `166?00GUTSCHRIFT?20EREF+1` into its code and its numbered parts.
fn numbered(text: &str) -> Option<(&str, Vec<(u32, String)>)> {
    let code = text
        .get(..3)
        .filter(|code| code.chars().all(|c| c.is_ascii_digit()))
        .unwrap_or_default();
    let rest = text.get(code.len()..)?;
    let mark = rest
        .chars()
        .next()
        .filter(|mark| ['?', '>', '~', '<', '@'].contains(mark))?;
    if code.is_empty() && mark != '?' {
        return None;
    }
    let mut parts: Vec<(u32, String)> = Vec::new();
    for piece in rest.split(mark).skip(1) {
        if let Some(number) = part_number(piece) {
            parts.push((number, piece.get(2..).unwrap_or_default().to_owned()));
        } else {
            let (_, text) = parts.last_mut()?;
            text.push(mark);
            text.push_str(piece);
        }
    }
    Some((code, parts))
}

fn part_number(piece: &str) -> Option<u32> {
    let digits = piece
        .get(..2)
        .filter(|digits| digits.chars().all(|c| c.is_ascii_digit()))?;
    let number: u32 = digits.parse().ok()?;
    matches!(number, 0 | 10 | 20..=34 | 60..=63).then_some(number)
}

/// Splits `/EREF/1/REMI/text/` into names and values.
fn named(text: &str) -> Option<Vec<(&str, &str)>> {
    // Where a name with its two slashes begins, and where its value does.
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    for (start, _) in text.match_indices('/') {
        let rest = text.get(start + 1..).unwrap_or_default();
        let name = rest.split_once('/').map_or("", |(name, _)| name);
        let is_free = found.last().is_none_or(|(_, value, _)| start + 1 >= *value);
        if is_free && let Some(name) = NAMES.into_iter().find(|known| *known == name) {
            found.push((start, start + name.len() + 2, name));
        }
    }
    if found.first().is_none_or(|(start, ..)| *start != 0) {
        return None;
    }
    let ends = found.iter().skip(1).map(|(start, ..)| *start).chain([text.len()]);
    let named = found
        .iter()
        .zip(ends)
        .map(|((_, value, name), end)| (*name, text.get(*value..end).unwrap_or_default()));
    Some(named.collect())
}

/// Tags and values of the parts of a text; a tag stands at the start of a part or behind a blank.
fn tagged(parts: &[String]) -> Vec<(&'static str, String)> {
    let mut values: Vec<(&'static str, String)> = Vec::new();
    let mut is_cut = true;
    for part in parts {
        let mut rest = part.as_str();
        let mut is_start = true;
        loop {
            let next = next_tag(rest);
            let before = rest
                .get(..next.map_or(rest.len(), |(start, _)| start))
                .unwrap_or_default();
            if !before.is_empty() {
                match values.last_mut() {
                    Some((_, value)) => {
                        if is_start && !is_cut {
                            value.push(' ');
                        }
                        value.push_str(before);
                    }
                    None => values.push(("", before.to_owned())),
                }
            }
            let Some((start, tag)) = next else { break };
            values.push((tag, String::new()));
            rest = rest.get(start + tag.len() + 1..).unwrap_or_default();
            is_start = false;
        }
        is_cut = part.chars().count() >= PART_CHARACTERS;
    }
    values
        .into_iter()
        .map(|(tag, value)| (tag, clean(&value)))
        .collect()
}

/// Where the next tag begins, and which it is.
fn next_tag(text: &str) -> Option<(usize, &'static str)> {
    text.match_indices('+').find_map(|(plus, _)| {
        let before = text.get(..plus)?;
        let tag = TAGS.into_iter().find(|tag| before.ends_with(*tag))?;
        let start = plus - tag.len();
        let is_word = start == 0 || before.get(..start).is_some_and(|rest| rest.ends_with(' '));
        is_word.then_some((start, tag))
    })
}
