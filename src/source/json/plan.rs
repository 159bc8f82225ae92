//! Where in a document the rows of each sheet are, and where in them their columns.

use std::collections::BTreeSet;

/// Place of a whole document, the first of every [`Plan`].
pub(super) const ROOT: usize = 0;

/// A step down from a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<K> {
    /// To the member of that name.
    Key(K),
    /// To each element of the list.
    Each,
}

/// A step from a row to one of its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hop<K> {
    /// To the object around it.
    Up,
    /// To the member of that name.
    Key(K),
    /// To the element of that number, from 0.
    At(usize),
}

/// A sheet: its rows within a record, and their columns. Names are numbers of [`Plan::key`].
#[derive(Debug)]
pub(super) struct SheetPlan {
    pub(super) steps: Vec<Step<usize>>,
    pub(super) columns: Vec<Vec<Hop<usize>>>,
}

/// A place above the records, where a document may be gigabytes long.
#[derive(Debug, Default)]
struct Place {
    children: Vec<(usize, usize)>,
    sheets: Vec<usize>,
}

/// The paths of all sheets together.
#[derive(Debug)]
pub(super) struct Plan {
    /// Every name that a path or a column mentions, sorted; whatever has another name is passed over.
    keys: Vec<String>,
    places: Vec<Place>,
    sheets: Vec<SheetPlan>,
    paths: Vec<String>,
}

impl Plan {
    /// Reads the paths of sheets, each given as name, path and columns.
    pub(super) fn of(sheets: &[(String, String, Vec<String>)]) -> Result<Self, String> {
        let mut parsed = Vec::with_capacity(sheets.len());
        let mut keys = BTreeSet::new();
        for (name, path, columns) in sheets {
            let in_sheet = |reason: String| format!("sheet `{name}`: {reason}");
            let steps = steps(path).map_err(in_sheet)?;
            let mut hops_of_columns = Vec::with_capacity(columns.len());
            for column in columns {
                let hops = hops(column).map_err(in_sheet)?;
                check_height(&hops, &steps, column).map_err(in_sheet)?;
                keys.extend(hops.iter().filter_map(|hop| match hop {
                    Hop::Key(key) => Some(key.clone()),
                    Hop::Up | Hop::At(_) => None,
                }));
                hops_of_columns.push(hops);
            }
            keys.extend(steps.iter().filter_map(|step| match step {
                Step::Key(key) => Some(key.clone()),
                Step::Each => None,
            }));
            parsed.push((steps, hops_of_columns));
        }
        let mut plan = Self {
            keys: keys.into_iter().collect(),
            places: vec![Place::default()],
            sheets: Vec::with_capacity(parsed.len()),
            paths: sheets.iter().map(|(_, path, _)| path.clone()).collect(),
        };
        for (steps, columns) in parsed {
            plan.add(&steps, &columns);
        }
        Ok(plan)
    }

    /// Number of a name, if any path or column mentions it.
    pub(super) fn key(&self, name: &str) -> Option<usize> {
        self.keys.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The name of that number.
    pub(super) fn name(&self, key: usize) -> &str {
        self.keys.get(key).map_or("", String::as_str)
    }

    /// The place below another that records lie under.
    pub(super) fn child(&self, place: usize, key: usize) -> Option<usize> {
        let children = &self.places.get(place)?.children;
        children
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, child)| *child)
    }

    /// Whether records lie further below.
    pub(super) fn has_children(&self, place: usize) -> bool {
        self.places
            .get(place)
            .is_some_and(|place| !place.children.is_empty())
    }

    /// Numbers of the sheets whose records are here.
    pub(super) fn sheets_at(&self, place: usize) -> &[usize] {
        self.places
            .get(place)
            .map(|place| place.sheets.as_slice())
            .unwrap_or_default()
    }

    /// The sheet of that number.
    pub(super) fn sheet(&self, sheet: usize) -> Option<&SheetPlan> {
        self.sheets.get(sheet)
    }

    /// The paths of all sheets, as declared.
    pub(super) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Adds a sheet: its names before the first list lead to its records, the rest stays within them.
    fn add(&mut self, steps: &[Step<String>], columns: &[Vec<Hop<String>>]) {
        let mut place = ROOT;
        let mut rest = steps;
        while let [Step::Key(name), tail @ ..] = rest {
            let key = self.number(name);
            place = self
                .child(place, key)
                .unwrap_or_else(|| self.add_place(place, key));
            rest = tail;
        }
        let within = match rest {
            [Step::Each, tail @ ..] => tail,
            other => other,
        };
        let sheet = self.sheets.len();
        self.places[place].sheets.push(sheet);
        let steps: Vec<Step<usize>> = within
            .iter()
            .map(|step| match step {
                Step::Each => Step::Each,
                Step::Key(name) => Step::Key(self.number(name)),
            })
            .collect();
        let columns: Vec<Vec<Hop<usize>>> = columns.iter().map(|hops| self.numbered(hops)).collect();
        self.sheets.push(SheetPlan { steps, columns });
    }

    fn add_place(&mut self, parent: usize, key: usize) -> usize {
        let child = self.places.len();
        self.places.push(Place::default());
        self.places[parent].children.push((key, child));
        child
    }

    fn numbered(&self, hops: &[Hop<String>]) -> Vec<Hop<usize>> {
        hops.iter()
            .map(|hop| match hop {
                Hop::Up => Hop::Up,
                Hop::At(index) => Hop::At(*index),
                Hop::Key(name) => Hop::Key(self.number(name)),
            })
            .collect()
    }

    fn number(&self, name: &str) -> usize {
        self.key(name)
            .expect("the names of all paths have been collected")
    }
}

/// Reads the path of a sheet: `$`, `Invoices[]`, `Invoices[].Payments[]`, `[].Lines[]`.
///
/// The elements of a list that is the whole document are documents themselves. A path that starts with `[]` keeps
/// each of them as a record, so that columns may lead up to it.
fn steps(path: &str) -> Result<Vec<Step<String>>, String> {
    let path = path.trim();
    let mut steps = Vec::new();
    let names = match path {
        "" | "$" | "[]" | "$[]" => return Ok(steps),
        other => other.strip_prefix("$.").unwrap_or(other),
    };
    let names = match names.strip_prefix("[].").or_else(|| names.strip_prefix("$[].")) {
        Some(below) => {
            steps.push(Step::Each);
            below
        }
        None => names,
    };
    for part in names.split('.') {
        let (name, lists) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() || !lists.replace("[]", "").is_empty() {
            return Err(format!(
                "a path is names with points between them, `[]` behind each list, such as `Invoices[].Payments[]`, \
                 or `$`, got `{path}`"
            ));
        }
        steps.push(Step::Key(name.to_owned()));
        steps.extend(std::iter::repeat_n(Step::Each, lists.len() / 2));
    }
    Ok(steps)
}

/// Reads a column: `Total`, `Contact.Name`, `^.InvoiceID`, `Lines[0].Amount`, or `$` for the row itself.
fn hops(column: &str) -> Result<Vec<Hop<String>>, String> {
    let refused = || {
        format!(
            "a column is names with points between them, `^` before them for the object around, `[0]` behind a list, \
             such as `^.Contact.Name` or `Lines[0].Amount`, or `$`, got `{column}`"
        )
    };
    let mut hops = Vec::new();
    if column.trim() == "$" {
        return Ok(hops);
    }
    for part in column.trim().split('.') {
        if part == "^" {
            if hops.iter().any(|hop| *hop != Hop::Up) {
                return Err(refused());
            }
            hops.push(Hop::Up);
            continue;
        }
        let (name, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return Err(refused());
        }
        hops.push(Hop::Key(name.to_owned()));
        let mut rest = indices;
        while !rest.is_empty() {
            let (index, behind) = rest
                .strip_prefix('[')
                .and_then(|inner| inner.split_once(']'))
                .ok_or_else(refused)?;
            hops.push(Hop::At(index.parse().map_err(|_| refused())?));
            rest = behind;
        }
    }
    Ok(hops)
}

/// A column may not lead above its record: what is there would have to be kept for a whole file.
fn check_height(hops: &[Hop<String>], steps: &[Step<String>], column: &str) -> Result<(), String> {
    let height = hops.iter().filter(|hop| **hop == Hop::Up).count();
    let within = steps.iter().skip_while(|step| **step != Step::Each);
    let allowed = within.filter(|step| matches!(step, Step::Key(_))).count();
    if height > allowed {
        return Err(format!(
            "column `{column}` leads above the outermost list of the path; allowed are {allowed} `^`, got {height}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(path: &str, columns: &[&str]) -> Result<Plan, String> {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Plan::of(&[("rows".to_owned(), path.to_owned(), columns)])
    }

    #[test]
    fn the_first_list_of_a_path_ends_what_is_streamed() {
        let plan = plan("Invoices[].Payments[]", &["Amount", "^.InvoiceID"]).expect("the path is right");
        let invoices = plan.key("Invoices").expect("it is a name of the path");
        let payments = plan.key("Payments").expect("it is a name of the path");
        let place = plan.child(ROOT, invoices).expect("records lie there");
        assert_eq!(plan.sheets_at(place), [0]);
        assert!(plan.sheets_at(ROOT).is_empty() && plan.has_children(ROOT));
        let sheet = plan.sheet(0).expect("there is one sheet");
        assert_eq!(sheet.steps, [Step::Key(payments), Step::Each]);
        assert_eq!(sheet.columns[1][0], Hop::Up);
        assert_eq!(plan.key("LineItems"), None);
    }

    #[test]
    fn a_document_is_a_record_by_any_of_its_names() {
        for path in ["", "$", "[]", "$[]"] {
            let plan = plan(path, &["$"]).expect("the path is right");
            assert_eq!(plan.sheets_at(ROOT), [0], "{path}");
        }
    }

    #[test]
    fn columns_lead_up_to_the_record_and_no_further() {
        for (path, column) in [("[].Line[]", "^.Id"), ("Payment[].Line[].LinkedTxn[]", "^.^.Id")] {
            assert!(plan(path, &[column]).is_ok(), "{path}");
        }
        for (path, column) in [("Line[]", "^.Id"), ("Payment[].Line[]", "^.^.Id")] {
            assert!(plan(path, &[column]).is_err(), "{path}");
        }
    }

    #[test]
    fn a_slip_in_a_path_or_a_column_is_answered_with_what_is_allowed() {
        for path in ["Invoices[0]", "a..b", "a[", ".", "[].[]"] {
            let refused = plan(path, &[]).expect_err(path);
            assert!(refused.contains("Invoices[].Payments[]"), "{refused}");
        }
        for column in ["", "a..b", "a[x]", "a[0", "a.^", "[0]"] {
            let refused = plan("$", &[column]).expect_err(column);
            assert!(refused.contains("Lines[0].Amount"), "{refused}");
        }
        let refused = plan("Invoices[]", &["^.Id"]).expect_err("it leads above the record");
        assert!(refused.contains("0 `^`, got 1"), "{refused}");
    }
}
