//! Texts of payers, cut into runs of letters and of digits.

/// Runs of a text that are looked at; a remittance has 140 characters, a few banks pass on more.
const RUNS_MAX: usize = 128;
/// Characters of a text that are looked at.
const CHARS_MAX: usize = 2_000;
/// Digits a word must have before letters in it are taken for misread digits.
const DIGITS_OF_MISREAD_WORD: usize = 4;

/// What stands between a run and the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: letters turn into digits or the other way round.
    None,
    /// A character that holds a number together: `-`, `.` or `_`.
    Joint,
    /// A slash: it may hold a number together or list numbers.
    Slash,
    /// A comma: it may list numbers or part the cents of an amount.
    Comma,
    /// A blank or anything else that parts words; the beginning of the text too.
    Blank,
}

/// Letters or digits that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Capital letters `A` to `Z`, or digits.
    pub(super) text: String,
    pub(super) is_digits: bool,
    /// What stands before it.
    pub(super) gap: Gap,
}

impl Run {
    /// The run, of digits without leading zeros.
    pub(super) fn stripped(&self) -> &str {
        if !self.is_digits {
            return &self.text;
        }
        let rest = self.text.trim_start_matches('0');
        if rest.is_empty() { "0" } else { rest }
    }
}

/// Cuts a text into runs; what is neither a letter nor a digit parts them.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap = Gap::Blank;
    let mut is_inside = false;
    let mut folded = String::new();
    for character in text.chars().take(CHARS_MAX) {
        if ('\u{300}'..='\u{36f}').contains(&character) {
            // An accent that stands by itself belongs to the letter before.
            continue;
        }
        folded.clear();
        fold(character, &mut folded);
        if folded.is_empty() {
            // Two separators in a row part words, whatever they are.
            gap = if is_inside { gap_of(character) } else { Gap::Blank };
            is_inside = false;
            continue;
        }
        let is_digits = folded.bytes().all(|byte| byte.is_ascii_digit());
        match runs.last_mut() {
            Some(last) if is_inside && last.is_digits == is_digits => last.text.push_str(&folded),
            _ => {
                if runs.len() == RUNS_MAX {
                    break;
                }
                runs.push(Run {
                    text: folded.clone(),
                    is_digits,
                    gap: if is_inside { Gap::None } else { gap },
                });
            }
        }
        is_inside = true;
    }
    runs
}

const fn gap_of(separator: char) -> Gap {
    match separator {
        '-' | '.' | '_' => Gap::Joint,
        '/' => Gap::Slash,
        ',' => Gap::Comma,
        _ => Gap::Blank,
    }
}

/// Adds a letter as capitals without accents, or a digit; nothing for other characters.
fn fold(character: char, into: &mut String) {
    match character {
        '0'..='9' | 'A'..='Z' => into.push(character),
        'a'..='z' => into.push(character.to_ascii_uppercase()),
        'À'..='Å' | 'à'..='å' | 'Ą' | 'ą' | 'Ă' | 'ă' => into.push('A'),
        'Æ' | 'æ' => into.push_str("AE"),
        'Ç' | 'ç' | 'Ć' | 'ć' | 'Č' | 'č' => into.push('C'),
        'È'..='Ë' | 'è'..='ë' | 'Ę' | 'ę' | 'Ě' | 'ě' => into.push('E'),
        'Ì'..='Ï' | 'ì'..='ï' => into.push('I'),
        'Ñ' | 'ñ' | 'Ń' | 'ń' => into.push('N'),
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ő' | 'ő' => into.push('O'),
        'Ù'..='Ü' | 'ù'..='ü' | 'Ű' | 'ű' | 'Ů' | 'ů' => into.push('U'),
        'Ý' | 'ý' | 'ÿ' => into.push('Y'),
        'ß' => into.push_str("SS"),
        'Ł' | 'ł' => into.push('L'),
        'Ř' | 'ř' => into.push('R'),
        'Ś' | 'ś' | 'Š' | 'š' => into.push('S'),
        'Ź' | 'ź' | 'Ż' | 'ż' | 'Ž' | 'ž' => into.push('Z'),
        _ => {}
    }
}

/// Returns capital letters and digits of a text, in a row.
pub(super) fn compact(text: &str) -> String {
    let mut all = String::new();
    for character in text.chars().take(CHARS_MAX) {
        fold(character, &mut all);
    }
    all
}

/// Returns the text with letters that were misread from digits put right (`O` for `0`), if there are any.
pub(super) fn repaired(text: &str) -> Option<String> {
    let mut is_changed = false;
    let words: Vec<String> = text
        .chars()
        .take(CHARS_MAX)
        .collect::<String>()
        .split(' ')
        .map(|word| {
            let fixed = repaired_word(word);
            is_changed |= fixed.is_some();
            fixed.unwrap_or_else(|| word.to_owned())
        })
        .collect();
    is_changed.then(|| words.join(" "))
}

/// Puts letters right that stand behind a digit, with a digit or nothing behind them.
fn repaired_word(word: &str) -> Option<String> {
    let is_digit = |character: &char| character.is_ascii_digit();
    if word.chars().filter(is_digit).count() < DIGITS_OF_MISREAD_WORD {
        return None;
    }
    let characters: Vec<char> = word.chars().collect();
    let mut fixed = characters.clone();
    for place in 1..characters.len() {
        let follows = fixed.get(place - 1).is_some_and(is_digit);
        let next = characters.get(place + 1);
        let precedes = next.is_none_or(|next| next.is_ascii_digit() || digit_like(*next).is_some());
        let meant = characters.get(place).copied().and_then(digit_like);
        if let (true, true, Some(digit), Some(slot)) = (follows, precedes, meant, fixed.get_mut(place)) {
            *slot = digit;
        }
    }
    (fixed != characters).then(|| fixed.into_iter().collect())
}

/// Returns the digit that a letter is misread from.
const fn digit_like(character: char) -> Option<char> {
    match character {
        'O' | 'o' | 'Q' | 'D' => Some('0'),
        'I' | 'i' | 'l' | 'L' => Some('1'),
        'Z' | 'z' => Some('2'),
        'S' | 's' => Some('5'),
        'B' => Some('8'),
        _ => None,
    }
}

/// Returns whether two numbers of the same length differ in one place, or in two neighbours that changed places.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let differing: Vec<usize> = one
        .bytes()
        .zip(other.bytes())
        .enumerate()
        .filter(|(_, (left, right))| left != right)
        .map(|(place, _)| place)
        .collect();
    let (one, other) = (one.as_bytes(), other.as_bytes());
    match differing.as_slice() {
        [_] => true,
        [first, second] => {
            second - first == 1
                && one.get(*first) == other.get(*second)
                && one.get(*second) == other.get(*first)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(String, Gap)> {
        runs(text).into_iter().map(|run| (run.text, run.gap)).collect()
    }

    #[test]
    fn runs_end_where_letters_meet_digits_and_remember_what_parts_them() {
        let found = cut("Rg. RE-2024/0815,für ½ X");
        let expected = [
            ("RG", Gap::Blank),
            ("RE", Gap::Blank),
            ("2024", Gap::Joint),
            ("0815", Gap::Slash),
            ("FUR", Gap::Comma),
            ("X", Gap::Blank),
        ];
        let expected: Vec<(String, Gap)> = expected
            .into_iter()
            .map(|(text, gap)| (text.to_owned(), gap))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(cut("re0815")[1], ("0815".to_owned(), Gap::None));
        assert!(runs("  -- ").is_empty());
    }

    #[test]
    fn letters_between_digits_are_misread_digits_and_prefixes_are_not() {
        assert_eq!(repaired("RE2O24O815").as_deref(), Some("RE20240815"));
        assert_eq!(
            repaired("Rechnung 1O0I55 ok").as_deref(),
            Some("Rechnung 100155 ok")
        );
        assert_eq!(repaired("SO1234 A4B"), None);
        assert_eq!(repaired("RE20240815"), None);
    }

    #[test]
    fn near_numbers_differ_in_one_place_or_by_neighbours() {
        assert!(is_near("20240815", "20240816"));
        assert!(is_near("20240815", "20240851"));
        assert!(!is_near("20240815", "20240815"));
        assert!(!is_near("20240815", "20241816"));
        assert!(!is_near("20240815", "2024081"));
    }

    #[test]
    fn no_text_is_too_strange_or_too_long() {
        assert!(runs(&"a1".repeat(5_000)).len() <= RUNS_MAX);
        assert_eq!(compact("Müller & Söhne 4711"), "MULLERSOHNE4711");
        assert!(repaired(&"1O".repeat(5_000)).is_some());
    }
}
