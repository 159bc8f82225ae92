//! Patterns in which `*` stands for any text.

/// Whether a text fits a pattern in which `*` stands for any text; case is ignored.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(*part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(*last)
}

/// Whether one of the patterns fits, or there are none.
pub(crate) fn allow(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_file_stems() {
        for (pattern, stem, expected) in [
            ("invoices", "Invoices", true),
            ("invoices", "invoices-2024", false),
            ("invoices*", "invoices-2024", true),
            ("*settle*2024", "CustSettlement-2024", true),
            ("*settle*2024", "CustSettlement-2023", false),
            ("**", "x", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, stem), expected, "{pattern} on {stem}");
        }
        assert!(allow(&[], "anything"));
        assert!(!allow(&["a*".to_owned()], "b"));
    }
}
