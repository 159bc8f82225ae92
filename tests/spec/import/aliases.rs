//! One profile for several names: aliases, names compared leniently, patterns, counted dates.

use duecast::history::Profile;

use super::desk::Desk;

const PROFILE: &str = r#"
name = "items"
description = "customer items in several languages"
[source]
date_formats = ["%Y-%m-%d", "ms_json", "excel"]
[[filter]]
column = ["BLART", "Document Type", "Belegart"]
matches = ["R*", "dr"]
[[table]]
table = "invoices"
[table.columns]
invoice_id = ["BELNR", "Document Number", "Belegnummer"]
customer_id = { column = ["KUNNR", "Customer", "Debitor"], strip_leading_zeros = true }
invoice_date = ["BLDAT", "Document Date", "Belegdatum"]
due_date = { column = ["FAEDT", "Net Due Date"] }
amount = { column = ["DMBTR", "Amount in LC", "Betrag in Hauswährung"], sign = { by_column = { column = ["SHKZG", "D/C"], positive = ["S"], negative = ["H"] } } }
currency = { constant = "EUR" }
"#;

fn profile() -> Profile {
    Profile::from_toml("items.toml", PROFILE).expect("the profile is right")
}

fn refused(text: &str) -> String {
    Profile::from_toml("test.toml", text)
        .expect_err("the profile is wrong")
        .to_string()
}

const COLUMNS: [&str; 5] = ["invoice_id", "customer_id", "invoice_date", "due_date", "amount"];

#[test]
fn technical_and_spoken_headings_are_read_by_one_profile() {
    for header in [
        "BELNR,KUNNR,BLDAT,FAEDT,DMBTR,SHKZG,BLART",
        "Document Number,Customer,Document Date,Net due date,Amount in LC,D/C,Document Type",
        "belegnummer,DEBITOR,Beleg-Datum,net_due_date,Betrag in Hauswährung,d/c,Belegart",
        "Document\u{a0}Number,Customer,Document Date.,Net Due Date,AMOUNT IN LC,D/C,document_type",
    ] {
        let desk = Desk::new();
        let rows = "\n1,0042,2026-01-31,/Date(1772409600000+0000)/,10.00,S,RV\n\
            2,0042,46053,2026-03-02,20.00,S,DR\n\
            3,0042,2026-01-31,2026-03-02,5.00,S,AB\n";
        let file = desk.put("items.csv", format!("{header}{rows}"));
        let outcome = desk.import(&profile(), &[file], 0.0).unwrap();
        assert_eq!(
            desk.rows("invoices", &COLUMNS),
            [
                "1|42|2026-01-31|2026-03-02|10.00",
                "2|42|2026-01-31|2026-03-02|20.00"
            ],
            "{header}"
        );
        assert_eq!(outcome.filtered, 1);
    }
}

#[test]
fn a_name_that_means_two_columns_is_refused_and_a_missing_one_shows_its_aliases() {
    let desk = Desk::new();
    let twice = desk.put(
        "twice.csv",
        "BELNR,KUNNR,BLDAT,FAEDT,amount in lc,amount_in_lc,SHKZG,BLART\n1,1,2026-01-31,2026-03-02,1,1,S,RV\n",
    );
    let error = desk.import(&profile(), &[twice], 0.0).unwrap_err().to_string();
    assert!(
        error.contains("more than one of the columns") && error.contains("`Amount in LC`"),
        "{error}"
    );
    let without = desk.put("without.csv", "BELNR,KUNNR,BLDAT,FAEDT,SHKZG,BLART\n");
    let error = desk.import(&profile(), &[without], 0.0).unwrap_err().to_string();
    assert!(
        error.contains("`DMBTR` or `Amount in LC` or `Betrag in Hauswährung`"),
        "{error}"
    );
}

#[test]
fn mistakes_in_the_new_words_say_what_is_allowed() {
    let head = "name = \"x\"\ndescription = \"x\"\n";
    let customers = "[[table]]\ntable = \"customers\"\n[table.columns]\ncustomer_id = \"A\"\n";
    for (text, parts) in [
        (
            format!("{head}linker = \"magic\"\n{customers}"),
            vec!["`magic`", "linker"],
        ),
        (
            format!("{head}{customers}[[record]]\nrecord = \"settlement\"\n"),
            vec!["`settlement`", "linker = "],
        ),
        (
            format!("{head}{customers}[[table]]\nrecord = \"settlement\"\n"),
            vec!["`settlement`", "[[record]]"],
        ),
        (format!("{head}[[table]]\nsame_names = true\n"), vec!["table = "]),
        (
            format!("{head}description2 = \"x\"\n{customers}"),
            vec!["description2", "`linker`"],
        ),
        (head.to_owned(), vec!["[[table]]", "[[record]]"]),
        (
            format!("{head}{customers}name = []\n"),
            vec!["line 7", "`customers`", "at least one name"],
        ),
        (
            format!("{head}[source]\nformat = \"xml\"\n{customers}"),
            vec!["line 4", "`xml`", "`workbook`"],
        ),
        (
            format!("{head}{customers}[[sheet]]\nname = \"a\"\npath = \"Invoices[0]\"\n"),
            vec!["`Invoices[0]`", "`Invoices[].Payments[]`"],
        ),
        (
            format!(
                "{head}[source]\nformat = \"workbook\"\n{customers}[[sheet]]\nname = \"a\"\npath = \"\"\n"
            ),
            vec!["[[sheet]]", "json"],
        ),
        (
            format!("{head}[[filter]]\nequals = \"x\"\n{customers}"),
            vec!["column"],
        ),
        (
            format!("{head}[source]\ndate_formats = [\"epoch\"]\n{customers}"),
            vec!["`epoch`", "`unix_ms`"],
        ),
    ] {
        let error = refused(&text);
        for part in parts {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}

#[test]
fn mistakes_in_records_name_the_linker_and_its_words() {
    let head = "name = \"x\"\ndescription = \"x\"\nlinker = \"settlements\"\n";
    let customer = "[[record]]\nrecord = \"customer\"\n[record.columns]\n";
    for (text, parts) in [
        (head.to_owned(), vec!["`settlements`", "[[record]]"]),
        (
            format!("{head}[[record]]\nrecord = \"dokument\"\n"),
            vec!["`dokument`", "`settlements`", "`document`", "`settlement`"],
        ),
        (
            format!("{head}{customer}customer_id = \"A\"\nshoe_size = \"B\"\n"),
            vec!["`customer`", "`shoe_size`", "`customer_id`"],
        ),
        (
            format!("{head}{customer}name = \"A\"\n"),
            vec!["`customer`", "without a rule", "`customer_id`"],
        ),
    ] {
        let error = refused(&text);
        for part in parts {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
