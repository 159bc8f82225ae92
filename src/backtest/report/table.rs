//! Numbers as text, Markdown tables and CSV files.

use std::fs;
use std::path::Path;

use crate::backtest::Error;
use crate::chart::number;

/// Shown where a measure has no case.
const ABSENT: &str = "n/a";

/// Returns a count with thousands separators.
pub(super) fn count(value: usize) -> String {
    number(crate::backtest::metrics::real(value), 0)
}

/// Returns a measure with the given decimals, or `n/a`.
pub(super) fn measure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| ABSENT.to_string(), |value| number(value, decimals))
}

/// Returns a share as percent with one decimal, or `n/a`.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or_else(
        || ABSENT.to_string(),
        |value| format!("{} %", number(value * 100.0, 1)),
    )
}

/// Returns a signed percentage with one decimal, or `n/a`.
pub(super) fn signed_percent(value: Option<f64>) -> String {
    let text = percent(value);
    if value.is_some_and(|value| value > 0.0) {
        format!("+{text}")
    } else {
        text
    }
}

/// A Markdown table: the first column to the left, the others to the right.
pub(super) struct MarkdownTable {
    text: String,
}

impl MarkdownTable {
    /// Returns a table with a header and no row.
    pub(super) fn new(header: &[&str]) -> Self {
        let mut text = format!("| {} |\n|", header.join(" | "));
        for column in 0..header.len() {
            text.push_str(if column == 0 { " --- |" } else { " ---: |" });
        }
        text.push('\n');
        Self { text }
    }

    /// Adds a row; vertical bars within a cell are escaped.
    pub(super) fn row(&mut self, cells: &[String]) {
        let escaped: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        self.text.push_str("| ");
        self.text.push_str(&escaped.join(" | "));
        self.text.push_str(" |\n");
    }

    /// Returns the text of the table.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Returns a measure for a file: every digit that tells two numbers apart, empty where absent.
pub(super) fn exact(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Writes rows with a header as CSV.
pub(super) fn write_csv(path: &Path, header: &[&str], rows: &[Vec<String>]) -> Result<(), Error> {
    let failed = |source: csv::Error| Error::TableNotWritten {
        path: path.to_path_buf(),
        source,
    };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.flush().map_err(|source| Error::FileNotWritten {
        path: path.to_path_buf(),
        source,
    })
}

/// Writes text.
pub(super) fn write_text(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::FileNotWritten {
        path: path.to_path_buf(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_without_cases_is_not_available() {
        assert_eq!(signed_percent(Some(0.026_3)), "+2.6 %");
        assert_eq!(percent(None), "n/a");
    }

    #[test]
    fn a_bar_in_a_cell_does_not_end_it() {
        let mut table = MarkdownTable::new(&["a", "b"]);
        table.row(&["x|y".to_string(), "1".to_string()]);
        assert_eq!(table.finish(), "| a | b |\n| --- | ---: |\n| x\\|y | 1 |\n");
    }
}
