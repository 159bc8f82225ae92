//! What a part of an XLSX workbook would take, before its reader is let at it.
//!
//! The reader holds shared texts, formats and names of sheets, and goes through the sheets cell by cell. A sheet
//! therefore may be large, but no cell of it; what is held may not.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use quick_xml::events::{BytesStart, Event};

use super::Error;
use super::zip_guard::{damaged, measure, walk};

/// What a workbook may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes of the shared texts, as XML.
    pub(super) shared_bytes: u64,
    /// Shared texts; each takes some sixty bytes beside its letters.
    pub(super) shared_texts: u64,
    /// Bytes of formats, relations and the list of sheets, as XML.
    pub(super) held_bytes: u64,
    /// Bytes of another part, such as a picture.
    pub(super) other_bytes: u64,
    /// Bytes of a tag or of the text between two.
    pub(super) piece_bytes: u64,
    /// Bytes of a cell, as XML.
    pub(super) cell_bytes: u64,
    /// Sheets, and formats of cells; a spreadsheet program allows 65,490 of these.
    pub(super) sheets: u64,
    pub(super) formats: u64,
    /// Bytes that the formats come to, each with the longest description of one.
    pub(super) format_bytes: u64,
    /// Relations between parts.
    pub(super) relations: u64,
    /// Elements in each other.
    pub(super) depth: u64,
}

/// Some 250 MiB in memory at most: shared texts, mainly.
pub(super) const BOUNDS: Bounds = Bounds {
    shared_bytes: 96 << 20,
    shared_texts: 1 << 21,
    held_bytes: 16 << 20,
    other_bytes: 32 << 20,
    piece_bytes: 16 << 20,
    cell_bytes: 4 << 20,
    sheets: 256,
    formats: 1 << 17,
    format_bytes: 64 << 20,
    relations: 1 << 16,
    depth: 256,
};

/// Goes through a part of that name; returns how many bytes it has, or some more than `left` when it has more.
pub(super) fn check(
    path: &Path,
    name: &str,
    part: impl BufRead,
    left: u64,
    bounds: &Bounds,
) -> Result<u64, Error> {
    let name = name.to_lowercase();
    let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
    // What other programs put there, in whatever encoding; the reader does not look for anything in them.
    let is_foreign = name.starts_with("customxml/") || name.starts_with("docprops/");
    if !is_xml || is_foreign {
        let bytes =
            measure(part, left.min(bounds.other_bytes)).map_err(|error| damaged(path, &error.to_string()))?;
        if bytes > bounds.other_bytes {
            let what = "bytes of a part without cells";
            return Err(Error::too_large(path, what, bounds.other_bytes, bytes));
        }
        return Ok(bytes);
    }
    let mut tally = Tally::new(&name);
    walk(path, &name, part, (left, bounds.piece_bytes), &mut |event, at| {
        tally.take(event, at);
        tally.check(path, at, bounds)
    })
}

/// What has been seen of a part so far.
#[derive(Debug, Default)]
struct Tally {
    is_shared_texts: bool,
    is_held: bool,
    is_styles: bool,
    depth: u64,
    shared_texts: u64,
    announced_texts: u64,
    sheets: u64,
    formats: u64,
    longest_tag: u64,
    relations: u64,
    /// Names of the relations of sheets, and of the parts that they lead to.
    names: BTreeSet<String>,
    /// The first of them that comes twice.
    twice: Option<String>,
    /// Where the cell at hand begins, and how many are open in it.
    cell_start: u64,
    cells_open: u64,
}

impl Tally {
    fn new(name: &str) -> Self {
        let is_styles = name.ends_with("styles.xml");
        Self {
            is_shared_texts: name.ends_with("sharedstrings.xml"),
            is_held: is_styles || name.ends_with(".rels") || name.ends_with("workbook.xml"),
            is_styles,
            ..Self::default()
        }
    }

    fn take(&mut self, event: &Event<'_>, at: u64) {
        match event {
            Event::Start(element) => {
                self.depth = self.depth.saturating_add(1);
                if element.local_name().as_ref() == "c" {
                    if self.cells_open == 0 {
                        self.cell_start = at;
                    }
                    self.cells_open = self.cells_open.saturating_add(1);
                }
                self.element(element);
            }
            Event::Empty(element) => self.element(element),
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                if element.local_name().as_ref() == "c" {
                    self.cells_open = self.cells_open.saturating_sub(1);
                }
            }
            _ => {}
        }
    }

    fn element(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "si" => self.shared_texts = self.shared_texts.saturating_add(1),
            "sst" => {
                if let Some(count) = attribute(element, "uniqueCount") {
                    // What is no number counts as the largest.
                    let count = count.trim().parse().unwrap_or(u64::MAX);
                    self.announced_texts = self.announced_texts.max(count);
                }
            }
            "xf" if self.is_styles => self.formats = self.formats.saturating_add(1),
            "definedName" => self.is_held = true,
            "sheet" => {
                self.is_held = true;
                self.sheets = self.sheets.saturating_add(1);
                if let Some(id) = attribute(element, "id") {
                    self.note(format!("sheet of {id}"));
                }
            }
            "Relationship" => {
                self.relations = self.relations.saturating_add(1);
                let is_sheet = attribute(element, "Type").is_some_and(|kind| kind.ends_with("/worksheet"));
                if let Some(target) = attribute(element, "Target").filter(|_| is_sheet) {
                    let name = target.rsplit(['/', '\\']).next().unwrap_or_default();
                    self.note(name.to_lowercase());
                }
            }
            _ => {}
        }
        let length = u64::try_from(element.len()).unwrap_or(u64::MAX);
        self.longest_tag = self.longest_tag.max(length);
    }

    /// A part that is the content of many sheets would be read once for each of them.
    fn note(&mut self, name: String) {
        if !self.names.insert(name.clone()) {
            self.twice.get_or_insert(name);
        }
    }

    fn check(&self, path: &Path, bytes: u64, bounds: &Bounds) -> Result<(), Error> {
        if let Some(name) = &self.twice {
            return Err(damaged(
                path,
                &format!("each sheet must have a content of its own, two have {name}"),
            ));
        }
        let held = if self.is_shared_texts {
            ("bytes of shared texts", bounds.shared_bytes, bytes)
        } else {
            (
                "bytes of formats and names",
                bounds.held_bytes,
                if self.is_held { bytes } else { 0 },
            )
        };
        let cell = if self.cells_open > 0 {
            bytes.saturating_sub(self.cell_start)
        } else {
            0
        };
        for (what, allowed, given) in [
            held,
            ("shared texts", bounds.shared_texts, self.shared_texts),
            ("shared texts", bounds.shared_texts, self.announced_texts),
            ("bytes of a cell", bounds.cell_bytes, cell),
            ("sheets", bounds.sheets, self.sheets),
            ("formats", bounds.formats, self.formats),
            (
                "bytes of formats",
                bounds.format_bytes,
                self.formats.saturating_mul(self.longest_tag),
            ),
            ("relations", bounds.relations, self.relations),
            ("levels of nesting", bounds.depth, self.depth),
        ] {
            if given > allowed {
                return Err(Error::too_large(path, what, allowed, given));
            }
        }
        Ok(())
    }
}

/// The value of an attribute, whatever the prefix of its name.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Bounds = Bounds {
        shared_bytes: 1000,
        shared_texts: 3,
        held_bytes: 500,
        other_bytes: 20,
        piece_bytes: 300,
        cell_bytes: 100,
        sheets: 2,
        formats: 4,
        format_bytes: 200,
        relations: 2,
        depth: 5,
    };

    fn checked(name: &str, text: &str) -> Result<u64, Error> {
        check(Path::new("a.xlsx"), name, text.as_bytes(), 10_000, &SMALL)
    }

    fn refusal(name: &str, text: &str) -> String {
        checked(name, text).expect_err("it is too much").to_string()
    }

    #[test]
    fn a_part_within_the_bounds_is_measured() {
        let cell = "<c r=\"A1\"><v>1</v></c>";
        let sheet = format!("<sheetData><row>{}</row></sheetData>", cell.repeat(100));
        let bytes = u64::try_from(sheet.len()).expect("it is short");
        assert_eq!(
            checked("xl/worksheets/sheet1.xml", &sheet).expect("no cell is large"),
            bytes
        );
        assert_eq!(checked("xl/media/a.png", "<no xml").expect("it is short"), 7);
    }

    #[test]
    fn what_the_reader_would_hold_is_refused_when_it_is_too_much() {
        let texts = "<si><t>a</t></si>".repeat(4);
        let sheets = "<sheet name=\"A\"/>".repeat(3);
        let formats = "<xf numFmtId=\"0\"/>".repeat(5);
        let described = format!("<font name=\"{}\"/><xf/><xf/>", "x".repeat(100));
        let pair = "<Relationship Target=\"a\"/>".repeat(3);
        let nested = "<a>".repeat(6);
        let cell = format!("<c>{}", "<x/>".repeat(30));
        let piece = format!("<a>{}</a>", "x".repeat(20_000));
        let held = format!("<a>{}</a>", "<b/>".repeat(200));
        for (name, text, expected) in [
            (
                "xl/sharedStrings.xml",
                texts.as_str(),
                "shared texts of at most 3 expected, got 4",
            ),
            (
                "a.xml",
                "<sst uniqueCount='9'/>",
                "shared texts of at most 3 expected, got 9",
            ),
            (
                "xl/workbook.xml",
                sheets.as_str(),
                "sheets of at most 2 expected, got 3",
            ),
            (
                "xl/styles.xml",
                formats.as_str(),
                "formats of at most 4 expected, got 5",
            ),
            (
                "xl/styles.xml",
                described.as_str(),
                "bytes of formats of at most 200",
            ),
            ("a.rels", pair.as_str(), "relations of at most 2 expected, got 3"),
            (
                "a.xml",
                nested.as_str(),
                "levels of nesting of at most 5 expected, got 6",
            ),
            ("a.xml", cell.as_str(), "bytes of a cell of at most 100"),
            (
                "xl/styles.xml",
                held.as_str(),
                "bytes of formats and names of at most 500",
            ),
            (
                "a.png",
                piece.as_str(),
                "bytes of a part without cells of at most 20",
            ),
        ] {
            let error = refusal(name, text);
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn one_tag_or_text_is_never_held_whole_when_it_is_long() {
        // Blocks of a reader from a file; a text in memory is one block.
        let text = format!("<a>{}</a>", "x".repeat(5000));
        let blocks = std::io::BufReader::with_capacity(50, text.as_bytes());
        let error = check(Path::new("a.xlsx"), "a.xml", blocks, 10_000, &SMALL).expect_err("it is long");
        assert!(
            error
                .to_string()
                .contains("bytes of one tag or text of at most 300"),
            "{error}"
        );
    }

    #[test]
    fn sheets_that_share_their_content_are_refused() {
        let one = "<Relationship Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>";
        let other = "<Relationship Type=\"x/worksheet\" Target=\"/xl/./worksheets/SHEET1.xml\"/>";
        assert!(
            refusal("xl/_rels/workbook.xml.rels", &format!("<R>{one}{other}</R>")).contains("sheet1.xml")
        );
        let twice = "<sheets><sheet name=\"A\" r:id=\"rId1\"/><sheet name=\"B\" r:id=\"rId1\"/></sheets>";
        assert!(refusal("xl/workbook.xml", twice).contains("rId1"));
    }
}
