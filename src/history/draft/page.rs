//! The text of a draft: lines of TOML, each with where it comes from.

use super::notation::{Marks, Notation};
use super::sample::shown;
use super::shape::{Column, Place, Shape};

/// One in so many cells is few.
const FEW: usize = 20;

/// Lines of TOML.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn comment(&mut self, comment: &str) {
        self.line(&format!("# {comment}"));
    }

    /// Ends a part with an empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A rule that reads a text.
pub(super) fn text_rule(column: &Column) -> String {
    quoted(&column.name)
}

/// A rule that reads a date; nothing when its format could not be decided.
pub(super) fn date_rule(column: &Column, notation: &Notation) -> Option<String> {
    let format = notation.date(column)?;
    if notation.date_format == Some(format) {
        return Some(quoted(&column.name));
    }
    Some(format!(
        "{{ column = {}, date_formats = [{}] }}",
        quoted(&column.name),
        quoted(format)
    ))
}

/// A rule that reads a number; nothing when its marks could not be decided.
pub(super) fn number_rule(column: &Column, notation: &Notation) -> Option<String> {
    let (decimal, thousands) = notation.number(column)?;
    let Shape::Number(number) = &column.shape else {
        return None;
    };
    let mut keys = format!("column = {}", quoted(&column.name));
    let bare = keys.len();
    match number.minus {
        Place::Front => {}
        Place::Behind => keys.push_str(", sign = \"trailing_minus\""),
        Place::Around => keys.push_str(", sign = \"parentheses\""),
    }
    let (own_decimal, own_thousands) = notation.marks;
    let is_other = decimal != own_decimal || (thousands.is_some() && thousands != own_thousands);
    if is_other {
        keys.push_str(&format!(
            ", decimal_mark = {}, thousands_mark = {}",
            quoted(&decimal.to_string()),
            quoted(&mark(thousands))
        ));
    }
    if keys.len() == bare {
        return Some(quoted(&column.name));
    }
    Some(format!("{{ {keys} }}"))
}

/// A mark as a profile writes it: nothing where there is none.
pub(super) fn mark(mark: Option<char>) -> String {
    mark.map(String::from).unwrap_or_default()
}

/// What a column has in it: "`Fällig am`: 10 of 10 cells are dates written %d.%m.%Y, such as `31.01.2026`".
pub(super) fn described(column: &Column, notation: &Notation) -> String {
    let what = match &column.shape {
        Shape::Empty => return format!("`{}`: nothing in {} cells", shown(&column.name), column.rows),
        Shape::Date(formats) => dates(column, formats, notation),
        Shape::Number(number) => {
            let marks = notation
                .number(column)
                .map_or_else(|| "marks that could not be decided".to_owned(), marks_told);
            let marks = if number.has_marks {
                marks
            } else {
                "no marks".to_owned()
            };
            let minus = match (number.negative, number.minus) {
                (0, _) => String::new(),
                (below, Place::Front) => format!(", {below} below zero"),
                (below, Place::Behind) => format!(", {below} below zero with the minus behind"),
                (below, Place::Around) => format!(", {below} below zero or in parentheses"),
            };
            let by = match notation.decimal_by() {
                Some(by) if number.marks.len() > 1 && by != column.name => {
                    format!(" (the decimal mark is that of `{}`)", shown(by))
                }
                _ => String::new(),
            };
            format!("numbers with {marks}{by}{minus}")
        }
        Shape::Currency => "currency codes".to_owned(),
        Shape::Text => "texts".to_owned(),
    };
    let different = if column.different == 1 && column.filled > 1 {
        ", the same everywhere".to_owned()
    } else if column.different == column.filled && column.filled > 1 {
        ", all different".to_owned()
    } else {
        String::new()
    };
    let few = if column.filled.saturating_mul(FEW) < column.rows {
        ", mostly empty"
    } else {
        ""
    };
    let samples: Vec<String> = column
        .samples
        .iter()
        .map(|sample| format!("`{}`", shown(sample)))
        .collect();
    format!(
        "`{}`: {} of {} cells are {what}{different}{few}, such as {}",
        shown(&column.name),
        column.fitting,
        column.rows,
        samples.join(", ")
    )
}

fn dates(column: &Column, formats: &[&str], notation: &Notation) -> String {
    let Some(format) = notation.date(column) else {
        return format!(
            "dates written {}: which of them, no cell tells",
            formats.join(" or ")
        );
    };
    match notation.order_by() {
        Some(by) if formats.len() > 1 && by != column.name => {
            format!(
                "dates written {format} (day and month in the order of `{}`)",
                shown(by)
            )
        }
        _ => format!("dates written {format}"),
    }
}

/// "decimal mark `,` and thousands mark `.`".
pub(super) fn marks_told((decimal, thousands): Marks) -> String {
    match thousands {
        Some(thousands) => format!("decimal mark `{decimal}` and thousands mark `{thousands}`"),
        None => format!("decimal mark `{decimal}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn texts_are_quoted_as_toml_reads_them() {
        for text in ["Fällig am", "a \"b\" \\c", "tab\there", "\u{7f}", ""] {
            let table: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
        }
    }
}
