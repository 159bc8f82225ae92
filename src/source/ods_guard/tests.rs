//! Contents of OpenDocument sheets that would take too much.

use super::*;

fn checked_within(rows: &str, bounds: &Bounds) -> Result<(), Error> {
    let content =
        format!("<o:spreadsheet><table:table table:name=\"A\">{rows}</table:table></o:spreadsheet>");
    check(Path::new("a.ods"), CONTENT, content.as_bytes(), u64::MAX, bounds).map(|_| ())
}

fn checked(rows: &str) -> Result<(), Error> {
    checked_within(rows, &BOUNDS)
}

const FILLED: &str = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";

#[test]
fn empty_rests_of_sheets_and_rows_cost_nothing() {
    let row = format!(
        "<table:table-row>{FILLED}<table:table-cell table:number-columns-repeated=\"16383\"/></table:table-row>"
    );
    let rest =
        "<table:table-row table:number-rows-repeated=\"1048500\"><table:table-cell/></table:table-row>";
    checked(&format!("{}{rest}", row.repeat(50))).expect("within the bounds");
}

#[test]
fn cells_and_rows_that_repeat_are_refused_when_they_are_too_many() {
    let wide = "<table:table-cell table:number-columns-repeated=\"16384\" office:value=\"1\"/>";
    let error = checked(&format!("<table:table-row>{wide}</table:table-row>").repeat(97)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "cells", .. }), "{error}");
    checked(&format!("<table:table-row>{wide}</table:table-row>").repeat(96)).expect("within the bounds");
    let tall = format!(
        "<table:table-row table:number-rows-repeated=\"1048576\">{}</table:table-row>",
        FILLED.repeat(17)
    );
    assert!(matches!(
        checked(&tall),
        Err(Error::TooLarge { what: "cells", .. })
    ));
    let far = format!(
        "<table:table-row><table:table-cell table:number-columns-repeated=\"16383\"/>{FILLED}</table:table-row>"
    );
    let one = format!("<table:table-row>{FILLED}</table:table-row>");
    assert!(matches!(
        checked(&format!("{far}{}", one.repeat(1024))),
        Err(Error::TooLarge { what: "cells", .. })
    ));
}

#[test]
fn a_long_text_that_repeats_is_refused() {
    let text = "x".repeat(1 << 17);
    let cell = format!(
        "<table:table-cell table:number-columns-repeated=\"9000\" office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
    );
    let error = checked(&format!("<table:table-row>{cell}</table:table-row>")).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "bytes of text",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn blanks_that_are_only_counted_are_counted() {
    let blanks = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p><text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row>";
    let error = checked(blanks).unwrap_err().to_string();
    assert!(
        error.contains("bytes of text of at most 33554432 expected, got 400000000"),
        "{error}"
    );
    checked(&blanks.replace("4000000000", "40")).expect("within the bounds");
}

#[test]
fn an_element_that_never_ends_is_refused_rather_than_waited_for() {
    for rows in [
        "<table:table-row>",
        "<table:table-row><table:table-cell office:value-type=\"string\"><office:annotation></table:table-cell>",
    ] {
        let error = checked(rows).unwrap_err().to_string();
        assert!(error.contains("content.xml"), "{error}");
    }
    let open = check(
        Path::new("a.ods"),
        CONTENT,
        b"<table:table>".as_slice(),
        u64::MAX,
        &BOUNDS,
    );
    assert!(
        open.unwrap_err()
            .to_string()
            .contains("it ends within an element")
    );
}

#[test]
fn what_the_reader_would_hold_is_refused_when_it_is_too_much() {
    let small = Bounds {
        rows: 2,
        sheets: 2,
        names: 2,
        cell_bytes: 50,
        depth: 4,
        held_bytes: 10,
        ..BOUNDS
    };
    let row = "<table:table-row/>".repeat(3);
    let sheet = "<table:table/>".repeat(2);
    let name = "<table:named-range/>".repeat(3);
    let cell = format!("<table:table-cell>{}</table:table-cell>", "<x/>".repeat(20));
    let nested = "<a><b><c/></b></a><a><b><c></c></b></a>";
    for (rows, expected) in [
        (row.as_str(), "rows of at most 2 expected, got 3"),
        (sheet.as_str(), "sheets of at most 2 expected, got 3"),
        (name.as_str(), "styles and names of at most 2 expected, got 3"),
        (cell.as_str(), "bytes of a cell of at most 50"),
        (nested, "levels of nesting of at most 4 expected, got 5"),
    ] {
        let error = checked_within(rows, &small).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let list = check(
        Path::new("a.ods"),
        "META-INF/manifest.xml",
        b"<manifest/>".as_slice(),
        100,
        &small,
    );
    assert!(
        list.unwrap_err()
            .to_string()
            .contains("bytes of a list of parts of at most 10 expected, got 11")
    );
}
