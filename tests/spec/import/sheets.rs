//! Where the table is in a text: under titles, between repeated headers, behind whatever delimiter.

use duecast::history::Profile;
use duecast::source::{Error, Options, open};

use super::desk::Desk;

pub(super) const PROFILE: &str = r#"
name = "list"
description = "open items"
[source]
date_formats = ["%d.%m.%Y"]
decimal_mark = ","
thousands_mark = "."
[[table]]
table = "invoices"
[table.columns]
invoice_id = "Nummer"
customer_id = "Kunde"
invoice_date = "Datum"
due_date = "Faellig"
amount = "Betrag"
currency = "Waehrung"
"#;

const LIST: &str = "Offene Posten, Stand 31.03.2026, alle Konten, alle Belege\n\
    \n\
    Konto: 4711\n\
    Nummer;Kunde;Datum;Faellig;Betrag;Waehrung\n\
    R-1;K1;31.01.2026;02.03.2026;1.234,50;EUR\n\
    Nummer;Kunde;Datum;Faellig;Betrag;Waehrung\n\
    R-2;K1;30.02.2026;03.03.2026;20,00;EUR\n";

fn profile(text: &str) -> Profile {
    Profile::from_toml("list.toml", text).expect("the profile is right")
}

#[test]
fn titles_above_the_header_and_headers_between_the_rows_are_passed_over() {
    let desk = Desk::new();
    let outcome = desk
        .import(&profile(PROFILE), &[desk.put("list.csv", LIST)], 0.5)
        .unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id", "amount"]), ["R-1|1234.50"]);
    assert_eq!(desk.rejects(), ["7|Datum|30.02.2026"]);
    assert_eq!(outcome.filtered, 0);
}

#[test]
fn repeated_headers_are_rows_where_the_profile_says_so() {
    let desk = Desk::new();
    let keeping = PROFILE.replace("[source]\n", "[source]\nrepeated_headers = \"keep\"\n");
    desk.import(&profile(&keeping), &[desk.put("list.csv", LIST)], 1.0)
        .unwrap();
    assert_eq!(desk.rejects(), ["6|Datum|Datum", "7|Datum|30.02.2026"]);
}

#[test]
fn the_first_row_is_the_header_where_the_profile_says_so() {
    let desk = Desk::new();
    let first = PROFILE.replace("[source]\n", "[source]\nheader_row = \"first\"\n");
    let error = desk
        .import(&profile(&first), &[desk.put("list.csv", LIST)], 1.0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`Nummer`") && error.contains("`Offene Posten`"),
        "{error}"
    );
}

#[test]
fn a_bar_between_the_cells_is_found_by_the_columns() {
    let desk = Desk::new();
    let text = LIST.replace(';', "|");
    desk.import(&profile(PROFILE), &[desk.put("list.csv", text)], 0.5)
        .unwrap();
    assert_eq!(desk.rows("invoices", &["invoice_id"]), ["R-1"]);
}

#[test]
fn a_million_columns_are_refused() {
    let desk = Desk::new();
    let path = desk.put("wide.csv", "a,".repeat(1_000_000));
    let error = open(&path, "wide.csv", &Options::default())
        .err()
        .expect("it is too wide");
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "columns",
                allowed: 16_384,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().starts_with("wide.csv"), "{error}");
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_the_whole_file() {
    let desk = Desk::new();
    let mut text = "a,b\n\"never closed,1\n".to_owned();
    text.push_str(&"0123456789abcde\n".repeat((17 << 20) / 16));
    let path = desk.put("open.csv", text);
    let mut rows = open(&path, "open.csv", &Options::default()).expect("its header is right");
    let mut row = duecast::source::SourceRow::default();
    let error = rows.next_row(&mut row).expect_err("the row has no end");
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "bytes in a row",
                ..
            }
        ),
        "{error}"
    );
}
