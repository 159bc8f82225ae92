//! Rows that continue the one above them.
//!
//! Exports of documents with child rows write the document beside its first child only. The cells of the document are
//! carried down to the rows that have none, so that each row says what it belongs to.

use csv::StringRecord;

use super::bounded::Repeated;
use super::{Error, Rows, Sheet, SourceRow, find_column};

/// Rows with the cells of some columns carried down.
///
/// `columns` are the names of these columns; a row continues the one above when its cell of the first of them is empty.
/// A sheet without the first is left as it is.
pub(super) fn carry(rows: Box<dyn Rows>, columns: &[String]) -> Box<dyn Rows> {
    let above = rows
        .sheets()
        .iter()
        .map(|sheet| Above::of(sheet, columns))
        .collect();
    Box::new(Carried {
        rows,
        above,
        repeated: Repeated::default(),
    })
}

struct Carried {
    rows: Box<dyn Rows>,
    /// What is carried down, for each sheet.
    above: Vec<Above>,
    repeated: Repeated,
}

impl Rows for Carried {
    fn sheets(&self) -> &[Sheet] {
        self.rows.sheets()
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        let is_row = self.rows.next_row(row)?;
        if let Some(above) = self.above.get_mut(row.sheet).filter(|_| is_row) {
            above.fill(&mut row.cells, &mut self.repeated)?;
        }
        Ok(is_row)
    }
}

/// The row above, as far as its cells are carried down.
struct Above {
    /// Places of the columns carried, the one that tells first; none when the sheet does not have that one.
    places: Vec<usize>,
    cells: Vec<String>,
}

impl Above {
    fn of(sheet: &Sheet, columns: &[String]) -> Self {
        let place = |name: &String| {
            let found = find_column(&sheet.columns, std::slice::from_ref(name));
            found.map(|(place, _)| place)
        };
        let is_carried = columns.first().and_then(place).is_some();
        Self {
            places: if is_carried {
                columns.iter().filter_map(place).collect()
            } else {
                Vec::new()
            },
            cells: Vec::new(),
        }
    }

    fn fill(&mut self, cells: &mut StringRecord, repeated: &mut Repeated) -> Result<(), Error> {
        let Some(telling) = self.places.first().copied() else {
            return Ok(());
        };
        let is_empty = |place: usize| cells.get(place).unwrap_or_default().trim().is_empty();
        if !is_empty(telling) {
            let kept = self
                .places
                .iter()
                .map(|place| cells.get(*place).unwrap_or_default());
            self.cells = kept.map(ToOwned::to_owned).collect();
            return Ok(());
        }
        // An empty row continues nothing.
        if self.cells.is_empty() || (0..cells.len()).all(is_empty) {
            return Ok(());
        }
        self.cells.iter().try_for_each(|cell| repeated.add(cell))?;
        let mut filled = StringRecord::new();
        for (place, cell) in cells.iter().enumerate() {
            let carried = self.places.iter().position(|carried| *carried == place);
            let above = carried.and_then(|carried| self.cells.get(carried));
            filled.push_field(above.map_or(cell, String::as_str));
        }
        *cells = filled;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows of one sheet with the columns `ID`, `Customer` and `Child`.
    struct Table {
        sheets: [Sheet; 1],
        rows: std::vec::IntoIter<String>,
    }

    impl Rows for Table {
        fn sheets(&self) -> &[Sheet] {
            &self.sheets
        }

        fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
            let Some(text) = self.rows.next() else {
                return Ok(false);
            };
            row.sheet = 0;
            row.cells = text.split('|').collect::<Vec<_>>().into();
            Ok(true)
        }
    }

    fn carried(columns: &[&str], rows: &[&str]) -> Vec<String> {
        let table = Table {
            sheets: [Sheet {
                name: "documents".to_owned(),
                columns: ["ID", "Customer", "Child"].map(ToOwned::to_owned).to_vec(),
            }],
            rows: rows
                .iter()
                .map(|row| (*row).to_owned())
                .collect::<Vec<_>>()
                .into_iter(),
        };
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let mut rows = carry(Box::new(table), &columns);
        let mut row = SourceRow::default();
        let mut all = Vec::new();
        while rows.next_row(&mut row).unwrap() {
            all.push(row.cells.iter().collect::<Vec<_>>().join("|"));
        }
        all
    }

    #[test]
    fn a_row_without_the_telling_cell_continues_the_one_above() {
        assert_eq!(
            carried(
                &["ID", "Customer", "Nowhere"],
                &["||stray", "D1|Acme|a", "||b", "|x|c", "||", "D2||d", "||e"]
            ),
            [
                "||stray",
                "D1|Acme|a",
                "D1|Acme|b",
                "D1|Acme|c",
                "||",
                "D2||d",
                "D2||e"
            ]
        );
    }

    #[test]
    fn a_sheet_without_the_telling_column_is_left_as_it_is() {
        assert_eq!(carried(&["No", "ID"], &["D1|A|a", "||b"]), ["D1|A|a", "||b"]);
    }

    #[test]
    fn a_long_cell_is_not_carried_into_every_row_of_a_file() {
        let sheet = Sheet {
            name: "documents".to_owned(),
            columns: ["ID", "Customer", "Child"].map(ToOwned::to_owned).to_vec(),
        };
        let mut above = Above::of(&sheet, &["ID".to_owned(), "Customer".to_owned()]);
        let mut repeated = Repeated::default();
        // 16 MiB and two bytes: 63 rows are less than 1 GiB, 64 are more.
        let long = "x".repeat(1 << 24);
        let mut cells: StringRecord = vec!["D1", long.as_str(), "a"].into();
        above.fill(&mut cells, &mut repeated).unwrap();
        for _ in 0..63 {
            let mut cells: StringRecord = vec!["", "", "b"].into();
            above.fill(&mut cells, &mut repeated).unwrap();
        }
        let mut cells: StringRecord = vec!["", "", "b"].into();
        let refused = above.fill(&mut cells, &mut repeated).unwrap_err().to_string();
        assert!(
            refused.contains("cells that rows repeat of at most 1073741824 expected"),
            "{refused}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_rows_make_it_panic(rows in prop::collection::vec("[a |\u{e4}]{0,8}", 0..60)) {
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            prop_assert_eq!(carried(&["ID", "Child"], &rows).len(), rows.len());
        }
    }
}
