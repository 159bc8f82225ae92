//! Sources with layouts of their own: documents over several rows, interim statements, reports.

use std::path::{Path, PathBuf};

use duecast::history::History;
use duecast::history::profile::{Profile, shipped};

use super::desk::{Desk, shipped_profile};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A ledger in which receipts find nothing to pay.
fn desk_with_an_invoice() -> Desk {
    let desk = Desk::new();
    let invoices = desk.put(
        "invoices.csv",
        "invoice_id,customer_id,invoice_date,due_date,amount,currency\nINV 1,ACME,2026-01-31,2026-03-02,9.00,GBP\n",
    );
    desk.import(&shipped_profile("canonical"), &[invoices], 0.0)
        .unwrap();
    desk
}

#[test]
fn erpnext_exports_with_child_rows_below_their_document_become_a_ledger() {
    let inputs = [
        data("erpnext/Payment Entry.csv"),
        data("erpnext/Sales Invoice.csv"),
    ];
    let desk = Desk::new();
    let outcome = desk
        .import(&shipped_profile("erpnext-csv"), &inputs, 0.0)
        .unwrap();
    assert_eq!(outcome.rejects, None);
    assert_eq!(
        desk.rows(
            "invoices",
            &["invoice_id", "invoice_date", "due_date", "amount", "currency"]
        ),
        [
            "SI-1|2025-01-15|2025-03-16|1000.00|EUR",
            "SI-2|2025-02-01|2025-03-03|460.00|EUR",
            "SI-5|2025-02-03|2025-03-05|250.00|EUR",
            "SI-7|2025-03-01|2025-03-31|60.00|EUR",
            "SI-8|2025-03-10|2025-04-09|30.00|EUR",
        ]
    );
    // The second instalment and the second reference stand in rows without their document.
    assert_eq!(
        desk.rows(
            "instalment_plans",
            &["plan_id", "instalment_no", "due_date", "amount"]
        ),
        ["SI-1|1|2025-02-14|400.00", "SI-1|2|2025-03-16|600.00"]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "invoice_id", "paid_date", "amount"]),
        [
            "SI-1:PE-1:1|SI-1|2025-03-01|880.00",
            "SI-2:PE-2:1|SI-2|2025-03-05|460.00",
            "SI-7:PE-5:1|SI-7|2025-04-10|60.00",
            "SI-8:PE-5:1|SI-8|2025-04-10|30.00",
        ]
    );
    assert_eq!(
        desk.rows("write_offs", &["write_off_id", "invoice_id", "amount"]),
        ["SI-1:PE-1:1-deduction|SI-1|20.00"]
    );
    assert_eq!(
        desk.rows(
            "credit_notes",
            &["credit_note_id", "invoice_id", "credit_date", "amount"]
        ),
        [
            "SI-3|SI-1|2025-02-10|100.00",
            // The export does not say when it was cancelled.
            "SI-5-cancelled|SI-5|2025-02-03|250.00",
        ]
    );
    assert_eq!(
        desk.rows("receipts", &["receipt_id", "value_date", "amount"]),
        [
            "PE-1|2025-03-01|880.00",
            "PE-2|2025-03-05|460.00",
            "PE-3|2025-03-06|75.00",
            "PE-5|2025-04-10|90.00",
        ]
    );
    let told = |part: &str| outcome.notes.iter().any(|note| note.contains(part));
    assert!(
        told("1 cancelled documents without the day"),
        "{:?}",
        outcome.notes
    );
    let (history, _) = History::open(&desk.ledger()).unwrap();
    let open = history.as_of("2025-04-10".parse().unwrap()).open_items().unwrap();
    assert!(open.is_empty(), "{} are open", open.len());
}

#[test]
fn an_erpnext_export_without_the_columns_that_tell_drafts_is_refused_with_their_names() {
    let text = std::fs::read_to_string(data("erpnext/Sales Invoice.csv")).unwrap();
    let desk = Desk::new();
    let file = desk.put("Sales Invoice.csv", text.replace("\"Status\"", "\"Stage\""));
    let refused = desk
        .import(&shipped_profile("erpnext-csv"), &[file], 0.0)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("lacks the columns `Status`"), "{refused}");
}

#[test]
fn an_interim_report_and_the_statement_that_follows_are_no_more_receipts_than_the_statement() {
    let desk = desk_with_an_invoice();
    let profile = shipped_profile("mt940");
    let receipts = |desk: &Desk| desk.rows("receipts", &["value_date", "amount", "source", "receipt_id"]);
    desk.import(&profile, &[data("bank/mt942-plain.sta")], 0.0)
        .unwrap();
    let before = receipts(&desk);
    let starts = |row: &String| row.rsplit_once('|').unwrap().0.to_owned();
    assert_eq!(
        before.iter().map(starts).collect::<Vec<_>>(),
        ["2026-03-02|1050.25|mt942", "2026-03-02|5.00|mt942"]
    );
    desk.import(&profile, &[data("bank/mt940-plain.sta")], 0.0)
        .unwrap();
    assert_eq!(receipts(&desk), before);
    // Both at once are as many.
    let other = desk_with_an_invoice();
    let both = [data("bank/mt942-plain.sta"), data("bank/mt940-plain.sta")];
    other.import(&profile, &both, 0.0).unwrap();
    assert_eq!(other.rows("receipts", &["receipt_id"]).len(), 2);
}

/// The report does not say its currency; a person has to.
fn aged_receivables() -> Profile {
    let (_, text) = shipped()
        .iter()
        .find(|(name, _)| *name == "xero-aged-receivables")
        .unwrap();
    let without = r#"currency = { column = ["Currency", "Invoice Currency"], optional = true }"#;
    assert!(text.contains(without));
    Profile::from_toml(
        "own",
        &text.replace(without, r#"currency = { constant = "NZD" }"#),
    )
    .unwrap()
}

#[test]
fn a_xero_report_by_contact_gives_what_each_contact_still_owes() {
    let inputs = [data("xero/aged-receivables-detail.csv")];
    let desk = Desk::new();
    let outcome = desk.import(&aged_receivables(), &inputs, 0.0).unwrap();
    assert_eq!(
        desk.rows(
            "invoices",
            &["invoice_id", "customer_id", "invoice_date", "due_date", "amount"]
        ),
        [
            "INV-0002|Birkenhof|2025-01-31|2025-03-02|240.50",
            "INV-0005|Harbour Joinery|2025-02-10|2025-03-12|1250.00",
            "INV-0009|Harbour Joinery|2025-03-20|2025-04-19|15.00",
        ]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id"]),
        ["Birkenhof", "Harbour Joinery"]
    );
    assert_eq!(
        outcome.notes,
        ["the report does not say when invoices were paid: what comes in is what is still due"]
    );
    // Nobody guesses a currency.
    let plain = Desk::new();
    plain
        .import(&shipped_profile("xero-aged-receivables"), &inputs, 1.0)
        .unwrap();
    assert_eq!(plain.rejects().len(), 3, "{:?}", plain.rejects());
}

#[test]
fn a_report_whose_groups_have_no_totals_is_refused() {
    let text = std::fs::read_to_string(data("xero/aged-receivables-detail.csv")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("Total ")).collect();
    let desk = Desk::new();
    let file = desk.put("report.csv", lines.join("\n"));
    let refused = desk
        .import(&aged_receivables(), &[file], 1.0)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("total of the group \"Birkenhof\""), "{refused}");
}

#[test]
fn the_quickbooks_report_of_ages_gives_the_open_invoices_and_says_what_it_cannot() {
    let inputs = [data("quickbooks/ar-aging-detail.csv")];
    let desk = Desk::new();
    let profile = shipped_profile("quickbooks-online-csv");
    let outcome = desk.import(&profile, &inputs, 0.0).unwrap();
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "customer_id", "due_date", "amount"]),
        [
            "1039|Lakeside Bakery|2025-02-19|1150.50",
            "1041|Erable & Fils|2025-03-05|80.00",
        ]
    );
    assert!(
        outcome
            .notes
            .iter()
            .any(|note| note.contains("what is still open")),
        "{:?}",
        outcome.notes
    );
    // A list of transactions says neither what is open nor which payment is for which invoice.
    let list = desk.put(
        "transactions.csv",
        ",Date,Transaction type,Num,Customer full name,Memo/Description,Amount\n\
         ,01/20/2025,Invoice,1039,Lakeside Bakery,,1250.50\n,02/20/2025,Payment,,Lakeside Bakery,,-100.00\n",
    );
    let refused = desk.import(&profile, &[list], 0.0).unwrap_err().to_string();
    for part in ["`Open balance`", "`Due date`"] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
}

#[test]
fn cells_are_carried_down_in_tables_only() {
    let profile = |format: &str| {
        Profile::from_toml(
            "own",
            &format!(
                "name = \"own\"\ndescription = \"x\"\n[source]\nformat = \"{format}\"\ncarried = [\"No\"]\n\
                 [[table]]\ntable = \"customers\"\n[table.columns]\ncustomer_id = \"No\"\n"
            ),
        )
    };
    assert!(profile("workbook").is_ok());
    let refused = profile("camt").unwrap_err().to_string();
    assert!(
        refused.contains("carried and grouped are for tables"),
        "{refused}"
    );
}
