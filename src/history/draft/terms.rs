//! Due dates by payment terms, for exports that have none.

use super::page::quoted;
use super::shape::Column;

/// The line that makes a due date some days after a date; both are rules.
pub(super) fn due_after(date: &str, days: &str) -> String {
    format!("due_date = {{ computed = {{ add_days = {{ date = {date}, days = {days} }} }} }}")
}

/// The rule of the days of terms in words, with the first terms seen: two dots stand where a person must say them.
pub(super) fn days_by_terms(terms: &Column) -> String {
    let values: Vec<String> = terms
        .samples
        .iter()
        .map(|text| format!("{} = {}", quoted(text), quoted(only_number(text).unwrap_or(".."))))
        .collect();
    format!(
        "{{ computed = {{ map = {{ from = {}, values = {{ {} }} }} }} }}",
        quoted(&terms.name),
        values.join(", ")
    )
}

/// The number in a text that has one alone.
fn only_number(text: &str) -> Option<&str> {
    let mut runs = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|run| !run.is_empty());
    match (runs.next(), runs.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::only_number;

    #[test]
    fn the_days_of_terms_are_told_by_a_number_that_stands_alone() {
        for (text, expected) in [
            ("Net 30", Some("30")),
            ("30 Tage netto", Some("30")),
            ("2/10 net 30", None),
            ("upon receipt", None),
        ] {
            assert_eq!(only_number(text), expected, "{text}");
        }
    }
}
