//! Text for people: lines, headings and tables on standard output, notes on standard error.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::modifiers::UTF8_ROUND_CORNERS;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use crate::app::config::TerminalConfig;
pub(crate) use crate::chart::grouped;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Standard output was closed by its reader, as `| head` does: nobody is left to be told.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub(crate) struct OutputClosed(#[source] io::Error);

/// The place where a command speaks.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: TerminalConfig,
}

impl Screen {
    /// Speaks to the given terminal or pipe.
    pub(crate) fn new(terminal: TerminalConfig) -> Self {
        Self { terminal }
    }

    /// Returns what is known about the terminal.
    pub(crate) fn terminal(&self) -> &TerminalConfig {
        &self.terminal
    }

    /// Prints one line, or several when the text has several.
    pub(crate) fn line(&self, text: impl Display) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")
            .and_then(|()| out.flush())
            .map_err(|error| {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    anyhow::Error::new(OutputClosed(error))
                } else {
                    anyhow::Error::new(error).context("cannot write to standard output")
                }
            })
    }

    /// Prints an empty line, then a heading.
    pub(crate) fn heading(&self, text: impl Display) -> anyhow::Result<()> {
        self.line(format!("\n{}", self.bold(text)))
    }

    /// Prints a table, indented by two columns.
    pub(crate) fn table(&self, table: &Table) -> anyhow::Result<()> {
        let mut table = table.clone();
        keep_words_whole(&mut table);
        for line in table.lines() {
            self.line(format!("  {}", line.trim_end()))?;
        }
        Ok(())
    }

    /// Says something beside the result, on standard error.
    pub(crate) fn note(&self, text: impl Display) {
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(io::stderr(), "note: {text}");
    }

    /// Returns the text in bold where colour is allowed.
    pub(crate) fn bold(&self, text: impl Display) -> String {
        self.styled(BOLD, text)
    }

    /// Returns the text dimmed where colour is allowed.
    pub(crate) fn dim(&self, text: impl Display) -> String {
        self.styled(DIM, text)
    }

    fn styled(&self, style: &str, text: impl Display) -> String {
        if self.terminal.is_colour {
            format!("{style}{text}{PLAIN}")
        } else {
            text.to_string()
        }
    }

    /// Returns an empty table with its header; columns named in `right` are aligned to the right.
    pub(crate) fn new_table(&self, header: &[&str], right: &[usize]) -> Table {
        let mut table = Table::new();
        table
            .load_preset(UTF8_FULL_CONDENSED)
            .apply_modifier(UTF8_ROUND_CORNERS)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.terminal.width - 2)
            .set_header(header);
        for index in right {
            if let Some(column) = table.column_mut(*index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

/// Makes columns of single words, such as numbers and dates, at least as wide as the longest: half a number is none.
fn keep_words_whole(table: &mut Table) {
    let mut widths: Vec<Option<usize>> = vec![Some(0); table.column_count()];
    for row in table.row_iter() {
        for (cell, width) in row.cell_iter().zip(&mut widths) {
            let content = cell.content();
            *width = width
                .filter(|_| !content.trim().contains(' '))
                .map(|width| width.max(content.chars().count()));
        }
    }
    for (index, width) in widths.into_iter().enumerate() {
        let width = width.and_then(|width| u16::try_from(width).ok());
        let (Some(width), Some(column)) = (width, table.column_mut(index)) else {
            continue;
        };
        if column.constraint().is_none() {
            let width = width.saturating_add(column.padding_width());
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
}

/// Prints an error with its causes on standard error.
pub(crate) fn print_error(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str("  caused by: ");
        text.push_str(&cause.to_string());
        text.push('\n');
    }
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Returns true when the command only failed to find a reader.
pub(crate) fn is_output_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<OutputClosed>())
}

/// Counts a noun whose plural ends in s: `1 customer`, `1,234 customers`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "customer"), "1 customer");
        assert_eq!(counted(1234, "customer"), "1,234 customers");
    }
}
