//! Documents and settlements through a profile of one's own: what was known on a day, and what is refused.

use std::path::PathBuf;

use duecast::history::History;
use duecast::history::profile::Profile;

use super::desk::Desk;

/// A profile whose files have the names of the records and of their fields.
pub(super) const BOOKS: &str = r#"
name = "books"
description = "documents and settlements"
linker = "settlements"

[[record]]
record = "document"
files = ["documents*"]
same_names = true

[[record]]
record = "settlement"
files = ["settlements*"]
same_names = true
"#;

const DOCUMENTS: &str = "document_id,kind,customer_id,date,due_date,amount,currency,cancelled,cancelled_on\n\
    I1,invoice,ACME,2025-01-31,2025-03-02,1000.00,EUR,,\n\
    I2,invoice,ACME,2025-02-10,2025-03-12,300.00,EUR,,\n\
    P1,payment,ACME,2025-03-01,,600.00,EUR,,\n\
    P2,payment,ACME,2025-03-05,,250.00,EUR,yes,2025-03-25\n\
    C1,credit_note,ACME,2025-02-20,,150.00,EUR,,\n";
const SETTLEMENTS: &str = "settlement_id,debit_document_id,credit_document_id,amount,date,recorded_at\n\
    S1,I1,P1,600.00,2025-03-03,2025-03-04\n\
    S2,I1,P2,250.00,2025-03-06,2025-03-06\n\
    S3,I1,C1,150.00,2025-03-10,2025-03-10\n";

fn profile() -> Profile {
    Profile::from_toml("books.toml", BOOKS).expect("the profile is right")
}

fn files(desk: &Desk, settlements: &str) -> Vec<PathBuf> {
    vec![
        desk.put("documents.csv", DOCUMENTS),
        desk.put("settlements.csv", settlements),
    ]
}

fn open(desk: &Desk, day: &str) -> Vec<String> {
    let (history, _) = History::open(&desk.ledger()).unwrap();
    let items = history.as_of(day.parse().unwrap()).open_items().unwrap();
    let shown = items
        .iter()
        .map(|item| format!("{} {}", item.invoice_id, item.open));
    shown.collect()
}

#[test]
fn an_invoice_paid_by_three_documents_is_open_by_what_was_known() {
    let desk = Desk::new();
    desk.import(&profile(), &files(&desk, SETTLEMENTS), 0.0).unwrap();
    for (day, owed) in [
        ("2025-03-03", "I1 1000.00 EUR"),
        ("2025-03-04", "I1 400.00 EUR"),
        ("2025-03-06", "I1 150.00 EUR"),
        ("2025-03-25", "I1 250.00 EUR"),
    ] {
        assert_eq!(open(&desk, day), [owed, "I2 300.00 EUR"], "{day}");
    }
    assert_eq!(open(&desk, "2025-03-10"), ["I2 300.00 EUR"]);
}

#[test]
fn a_later_export_settles_what_an_earlier_one_brought() {
    let desk = Desk::new();
    desk.import(&profile(), &files(&desk, SETTLEMENTS), 0.0).unwrap();
    let later = [
        desk.put(
            "documents-later.csv",
            "document_id,kind,customer_id,date,amount,currency\nP3,payment,ACME,2025-04-01,300.00,EUR\n",
        ),
        desk.put(
            "settlements-later.csv",
            "settlement_id,debit_document_id,credit_document_id,amount,date\nS4,I2,P3,300.00,2025-04-02\n",
        ),
    ];
    desk.import(&profile(), &later, 0.0).unwrap();
    assert_eq!(open(&desk, "2025-04-02"), ["I1 250.00 EUR"]);
}

#[test]
fn a_settlement_of_nothing_known_is_rejected_with_its_line() {
    let desk = Desk::new();
    let stray = format!("{SETTLEMENTS}S9,I9,P1,1.00,2025-03-03,2025-03-04\n");
    let outcome = desk.import(&profile(), &files(&desk, &stray), 0.5).unwrap();
    assert!(outcome.rejects.is_some());
    assert_eq!(desk.rejects(), ["5|debit_document_id|I9"]);
    assert_eq!(open(&desk, "2025-03-04"), ["I1 400.00 EUR", "I2 300.00 EUR"]);
}
