//! Reports with groups: a row with nothing but a name heads the rows below it, up to the row with their total.
//!
//! Accounting programs list what customers owe in this way. The name becomes a column of its own, so that each row says
//! whose it is. Groups may lie in groups; their names are then joined by colons.

use std::path::Path;

use csv::StringRecord;

use super::bounded::Repeated;
use super::{Error, Rows, Sheet, SourceRow, find_column};

/// Groups that may lie in each other.
const DEPTH_MAX: usize = 32;
/// Bytes of the name of a group; what is longer is a text about the report.
const NAME_BYTES_MAX: usize = 1000;

/// Rows with the names of their groups in a last column; a sheet that has a column of that name is left as it is.
pub(super) fn group(rows: Box<dyn Rows>, column: &str) -> Box<dyn Rows> {
    let names = [column.to_owned()];
    let mut sheets = rows.sheets().to_vec();
    let mut groups = Vec::with_capacity(sheets.len());
    for sheet in &mut sheets {
        if find_column(&sheet.columns, &names).is_some() {
            groups.push(None);
            continue;
        }
        groups.push(Some(Groups {
            sheet: sheet.name.clone(),
            width: sheet.columns.len(),
            open: Vec::new(),
        }));
        sheet.columns.push(column.to_owned());
    }
    Box::new(Grouped {
        rows,
        sheets,
        groups,
        repeated: Repeated::default(),
    })
}

struct Grouped {
    rows: Box<dyn Rows>,
    sheets: Vec<Sheet>,
    /// The groups at hand of each sheet that is read by groups.
    groups: Vec<Option<Groups>>,
    repeated: Repeated,
}

impl Rows for Grouped {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        if !self.rows.next_row(row)? {
            for groups in self.groups.iter().flatten() {
                groups.check_end()?;
            }
            return Ok(false);
        }
        if let Some(Some(groups)) = self.groups.get_mut(row.sheet) {
            groups.fill(&mut row.cells, row.line, &mut self.repeated)?;
        }
        Ok(true)
    }
}

/// The groups of a sheet that have no total yet.
struct Groups {
    sheet: String,
    /// Columns of the sheet itself.
    width: usize,
    open: Vec<Group>,
}

struct Group {
    name: String,
    has_rows: bool,
}

impl Groups {
    /// Takes a row, and adds the name of its group.
    fn fill(&mut self, cells: &mut StringRecord, line: u64, repeated: &mut Repeated) -> Result<(), Error> {
        let first = cells.get(0).unwrap_or_default().trim();
        let is_alone = cells.iter().skip(1).all(|cell| cell.trim().is_empty());
        if is_alone && !first.is_empty() {
            if first.len() <= NAME_BYTES_MAX {
                self.head(first, line)?;
            }
        } else if let Some(depth) = self.open.iter().rposition(|group| is_total(first, &group.name)) {
            self.open.truncate(depth);
        } else if let Some(group) = self.open.last_mut().filter(|_| !is_alone) {
            group.has_rows = true;
        }
        // A row that is too short is refused as it is.
        if cells.len() < self.width {
            return Ok(());
        }
        let names: Vec<&str> = self.open.iter().map(|group| group.name.as_str()).collect();
        let names = names.join(":");
        repeated.add(&names)?;
        let mut filled = StringRecord::new();
        for cell in cells.iter().take(self.width) {
            filled.push_field(cell);
        }
        filled.push_field(&names);
        for cell in cells.iter().skip(self.width) {
            filled.push_field(cell);
        }
        *cells = filled;
        Ok(())
    }

    fn head(&mut self, name: &str, line: u64) -> Result<(), Error> {
        if self.open.len() == DEPTH_MAX {
            return Err(Error::malformed(
                Path::new(""),
                format!("sheet {}, row {line}", self.sheet),
                format!("at most {DEPTH_MAX} groups without a total are allowed, got one more"),
            ));
        }
        self.open.push(Group {
            name: name.to_owned(),
            has_rows: false,
        });
        Ok(())
    }

    /// Refuses a sheet whose groups have no totals: where a group ends nobody knows.
    fn check_end(&self) -> Result<(), Error> {
        match self.open.iter().find(|group| group.has_rows) {
            None => Ok(()),
            Some(group) => Err(Error::malformed(
                Path::new(""),
                format!("sheet {}, last row", self.sheet),
                format!(
                    "a row with the total of the group {:?} expected, got none; export the report with its totals",
                    group.name
                ),
            )),
        }
    }
}

/// Whether a cell is `Total Rimu Cafe` or `Total for Rimu Cafe` of the group `Rimu Cafe`, in whatever language.
fn is_total(text: &str, name: &str) -> bool {
    let Some(before) = text.strip_suffix(name) else {
        return false;
    };
    let word = before.trim_end();
    word.len() < before.len() && !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == ' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups() -> Groups {
        Groups {
            sheet: "report".to_owned(),
            width: 3,
            open: Vec::new(),
        }
    }

    /// The last cell of each row, or what is wrong.
    fn names(rows: &[&str]) -> Result<Vec<String>, Error> {
        let mut groups = groups();
        let mut repeated = Repeated::default();
        let mut names = Vec::new();
        for row in rows {
            let mut cells: StringRecord = row.split('|').collect::<Vec<_>>().into();
            groups.fill(&mut cells, 1, &mut repeated)?;
            names.push(cells.get(3).unwrap_or("none").to_owned());
        }
        groups.check_end()?;
        Ok(names)
    }

    #[test]
    fn rows_are_of_the_group_above_them_up_to_its_total() {
        let rows = [
            "stray|1|",
            "Rimu Cafe||",
            "|1|x",
            "4 Feb 2025|1|",
            "Total Rimu Cafe|2|",
            "Totara||",
            "Kitchen||",
            "|3|",
            "Total for Kitchen|3|",
            "|4|",
            "Total for Totara|7|",
            "TOTAL|9|",
            "Saturday, 1 March 2025||",
        ];
        let expected = [
            "",
            "Rimu Cafe",
            "Rimu Cafe",
            "Rimu Cafe",
            "",
            "Totara",
            "Totara:Kitchen",
            "Totara:Kitchen",
            "Totara",
            "Totara",
            "",
            "",
            "Saturday, 1 March 2025",
        ];
        assert_eq!(names(&rows).unwrap(), expected);
    }

    #[test]
    fn a_report_without_totals_and_groups_without_end_are_refused() {
        let refused = names(&["Rimu Cafe||", "|1|"]).unwrap_err().to_string();
        assert!(refused.contains("total of the group \"Rimu Cafe\""), "{refused}");
        let deep = ["Rimu Cafe||"; DEPTH_MAX + 1];
        let refused = names(&deep).unwrap_err().to_string();
        assert!(refused.contains("at most 32 groups"), "{refused}");
        let long = format!("{}||", "x".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(names(&[long.as_str()]).unwrap(), [""]);
    }

    #[test]
    fn the_column_stands_behind_those_of_the_sheet_and_short_rows_stay_short() {
        let mut repeated = Repeated::default();
        let mut cells: StringRecord = vec!["a", "b", "c", "", ""].into();
        groups().fill(&mut cells, 1, &mut repeated).unwrap();
        assert_eq!(cells.len(), 6);
        let mut cells: StringRecord = vec!["a", "b"].into();
        groups().fill(&mut cells, 1, &mut repeated).unwrap();
        assert_eq!(cells.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_rows_make_it_panic(rows in prop::collection::vec("(Total |Total for )?[ab\u{e4}]{0,2}[|]{0,4}[a1 |]{0,4}", 0..60)) {
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let _ = names(&rows);
        }
    }
}
