//! Wrong profiles and files that do not fit: what the messages name.

use duecast::history::profile::{Profile, shipped};

use super::desk::{Desk, shipped_profile};

fn refused(text: &str) -> String {
    Profile::from_toml("test.toml", text)
        .expect_err("the profile is wrong")
        .to_string()
}

#[test]
fn missing_source_columns_are_named_at_once_with_what_the_file_has() {
    let desk = Desk::new();
    let file = desk.put("ibm.csv", "customerID,InvoiceDate,Due\nC1,1/2/2013,2/1/2013\n");
    let error = desk
        .import(&shipped_profile("ibm-late-payments"), &[file], 0.0)
        .unwrap_err()
        .to_string();
    for name in [
        "`invoiceNumber`",
        "`DueDate`",
        "`InvoiceAmount`",
        "`SettledDate`",
        "`countryCode`",
        "`Due`",
        "ibm.csv",
    ] {
        assert!(error.contains(name), "{name} in {error}");
    }
    assert!(!desk.ledger().try_exists().unwrap());
}

#[test]
fn an_unknown_profile_is_answered_with_the_shipped_ones() {
    let error = Profile::load("sap").unwrap_err().to_string();
    for (name, _) in shipped() {
        assert!(error.contains(name), "{name} in {error}");
    }
}

#[test]
fn a_wrong_profile_says_where_and_what_is_allowed() {
    let head = "name = \"x\"\ndescription = \"x\"\n";
    let customers = format!("{head}[[table]]\ntable = \"customers\"\n[table.columns]\n");
    let invoices = format!("{head}[[table]]\ntable = \"invoices\"\n[table.columns]\n");
    for (text, expected) in [
        (
            format!("{customers}customer_id = {{ colum = \"A\" }}\n"),
            vec!["test.toml", "line 6", "colum", "`column`", "customers"],
        ),
        (
            format!("{head}[source]\nencodng = \"x\"\n"),
            vec!["line 4", "encodng", "`encoding`"],
        ),
        (
            format!("{head}[[table]]\ntable = \"invoice\"\n"),
            vec!["`invoice`", "`invoices`"],
        ),
        (
            format!("{customers}customer_id = \"A\"\nnam = \"B\"\n"),
            vec!["`customers`", "`nam`", "`name`"],
        ),
        (
            format!("{invoices}invoice_id = \"A\"\n"),
            vec!["`invoices`", "`customer_id`", "`due_date`", "`currency`"],
        ),
        (
            format!("{customers}customer_id = {{ column = \"A\", constant = \"B\" }}\n"),
            vec!["`customer_id`", "exactly one"],
        ),
        (
            format!("{customers}customer_id = {{ column = \"A\", sign = \"negate\" }}\n"),
            vec!["`customer_id`", "numbers"],
        ),
        (
            format!("{customers}customer_id = {{ computed = {{ add = [] }} }}\n"),
            vec!["line 6", "`add_days`"],
        ),
        (
            format!("{customers}customer_id = \"A\"\n[[filter]]\ncolumn = \"A\"\n"),
            vec!["filter", "`is_empty`"],
        ),
        (
            format!(
                "{head}[source]\ndate_formats = [\"dd.mm.yyyy\"]\n[[table]]\ntable = \"customers\"\nsame_names = true\n"
            ),
            vec!["dd.mm.yyyy", "%d.%m.%Y"],
        ),
        (
            format!(
                "{head}[source]\ndecimal_mark = \",\"\nthousands_mark = \",\"\n[[table]]\ntable = \"customers\"\nsame_names = true\n"
            ),
            vec!["thousands_mark"],
        ),
    ] {
        let error = refused(&text);
        for part in expected {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
