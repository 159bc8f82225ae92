//! Rows of the ledger, written cell by cell.

use crate::domain::{Currency, Date, format_minor};
use crate::history::Table;
use crate::history::schema::RECORDED_AT;

use super::record::{LedgerRow, Origin};

/// A row of the ledger on its way; a value that is absent or empty leaves no cell. The key of its table comes first, so
/// that rows sort by it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    row: LedgerRow,
}

impl Draft {
    /// Begins a row of a table; `origin` is the record that it is made of.
    pub(crate) fn new(table: Table, origin: &Origin) -> Self {
        Self {
            row: LedgerRow {
                table,
                origin: origin.clone(),
                cells: Vec::new(),
            },
        }
    }

    /// Writes a text.
    pub(crate) fn text(mut self, column: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.row.cells.push((column, value.to_owned()));
        }
        self
    }

    /// Writes a text if there is one.
    pub(crate) fn text_if(self, column: &'static str, value: Option<&str>) -> Self {
        self.text(column, value.unwrap_or_default())
    }

    /// Writes a date.
    pub(crate) fn date(mut self, column: &'static str, date: Date) -> Self {
        self.row.cells.push((column, date.to_string()));
        self
    }

    /// Writes a date if there is one.
    pub(crate) fn date_if(self, column: &'static str, date: Option<Date>) -> Self {
        match date {
            Some(date) => self.date(column, date),
            None => self,
        }
    }

    /// Writes `amount` and `currency`.
    pub(crate) fn money(mut self, minor: i64, currency: Currency) -> Self {
        let amount = format_minor(minor, currency.exponent());
        self.row.cells.push(("amount", amount));
        self.row.cells.push(("currency", currency.code().to_owned()));
        self
    }

    /// Writes when it was recorded, if that is known, and ends the row.
    pub(crate) fn recorded(self, date: Option<Date>) -> LedgerRow {
        self.date_if(RECORDED_AT, date).done()
    }

    /// Ends the row.
    pub(crate) fn done(mut self) -> LedgerRow {
        // A linker holds all its rows, and up to half of a vector that grew is room to spare.
        self.row.cells.shrink_to_fit();
        self.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_cell_for_each_value_there_is() {
        let origin = Origin {
            file: "list.txt".into(),
            line: 7,
        };
        let day = Date::from_ymd_opt(2025, 1, 31).expect("a day");
        let row = Draft::new(Table::Payments, &origin)
            .text("payment_id", "P1")
            .text_if("method", None)
            .text_if("invoice_id", Some("I1"))
            .date("paid_date", day)
            .date_if("recorded_at", None)
            .money(-5, Currency::EUR)
            .done();
        assert_eq!((row.table, row.origin.line), (Table::Payments, 7));
        let cells: Vec<(&str, &str)> = row
            .cells
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        assert_eq!(
            cells,
            [
                ("payment_id", "P1"),
                ("invoice_id", "I1"),
                ("paid_date", "2025-01-31"),
                ("amount", "-0.05"),
                ("currency", "EUR"),
            ]
        );
    }
}
