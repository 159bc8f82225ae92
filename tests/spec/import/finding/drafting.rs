//! Drafts: cells say what columns are, headings which of ours; what cannot be decided is left to a person.

use std::path::PathBuf;

use duecast::history::draft::{Draft, draft};
use duecast::history::{Error, Profile};

use super::{data, names};
use crate::import::desk::Desk;

const INVOICES: [&str; 6] = [
    "invoice_id",
    "customer_id",
    "invoice_date",
    "due_date",
    "amount",
    "currency",
];
const PAYMENTS: [&str; 4] = ["payment_id", "invoice_id", "paid_date", "amount"];

fn drafted(inputs: &[PathBuf]) -> Result<Draft, Error> {
    draft(inputs, &names(inputs))
}

/// The draft of a file that is written for it.
fn drafted_of(text: impl AsRef<[u8]>) -> Result<Draft, Error> {
    let desk = Desk::new();
    let file = desk.put("export.csv", text);
    draft(&[file], &["export.csv".to_owned()])
}

fn has_lines(draft: &Draft, lines: &[&str]) {
    for line in lines {
        assert!(
            draft.toml.lines().any(|it| it == *line),
            "{line} in\n{}",
            draft.toml
        );
    }
}

/// Imports a file by its own draft.
fn imported(file: &str, share: f64) -> (Desk, Draft) {
    let inputs = [data("unknown").join(file)];
    let draft = drafted(&inputs).unwrap();
    assert_eq!(draft.missing, Vec::<String>::new(), "{}", draft.toml);
    let profile = Profile::from_toml("draft", &draft.toml).unwrap();
    let desk = Desk::new();
    desk.import(&profile, &inputs, share).unwrap();
    assert_eq!(drafted(&inputs).unwrap(), draft);
    (desk, draft)
}

#[test]
fn a_german_export_becomes_a_ledger_by_its_draft() {
    let (desk, draft) = imported("debitoren.csv", 0.0);
    has_lines(
        &draft,
        &[
            "name = \"debitoren\"",
            "date_formats = [\"%d.%m.%Y\"]",
            "decimal_mark = \",\"",
            "thousands_mark = \".\"",
            "# from `Fällig am`: 3 of 3 cells are dates written %d.%m.%Y, all different, such as `14.02.2025`, \
             `05.03.2025`, `07.03.2025`",
            "due_date = \"Fällig am\"",
            "amount = \"Bruttobetrag\"",
            "when = [{ column = \"Bezahlt am\", is_empty = false }]",
            "# - `Sachbearbeiter`: 3 of 3 cells are texts, such as `Huber`, `Maier`",
        ],
    );
    assert_eq!(
        desk.rows("invoices", &INVOICES),
        [
            "2025-0001|10017|2025-01-15|2025-02-14|1234.56|EUR",
            "2025-0002|10018|2025-02-03|2025-03-05|89.00|EUR",
            "2025-0003|10017|2025-02-05|2025-03-07|12500.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows("payments", &PAYMENTS),
        [
            "paid-2025-0001|2025-0001|2025-02-20|1234.56",
            "paid-2025-0003|2025-0003|2025-03-11|12500.00",
        ]
    );
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["10017|Bäckerei Groß", "10018|Gärtnerei Öhler"]
    );
}

#[test]
fn an_english_export_takes_the_order_of_its_dates_from_the_column_that_tells() {
    let (desk, draft) = imported("receivables.csv", 0.0);
    has_lines(
        &draft,
        &[
            "date_formats = [\"%m/%d/%Y\"]",
            "decimal_mark = \".\"",
            "thousands_mark = \",\"",
            "customer_id = \"Customer ID\"",
            "name = \"Customer\"",
            "invoice_date = \"Invoice Date\"",
        ],
    );
    assert!(
        draft.toml.contains("(day and month in the order of `Due Date`)"),
        "{}",
        draft.toml
    );
    assert_eq!(
        desk.rows("invoices", &INVOICES),
        [
            "INV-1001|C-100|2025-01-05|2025-02-04|1250.00|USD",
            "INV-1002|C-101|2025-02-03|2025-02-13|980.50|USD",
            "INV-1003|C-100|2025-03-04|2025-04-03|75.25|USD",
        ]
    );
    assert_eq!(
        desk.rows("payments", &PAYMENTS),
        [
            "paid-INV-1001|INV-1001|2025-02-03|1250.00",
            "paid-INV-1003|INV-1003|2025-04-02|75.25",
        ]
    );
}

#[test]
fn a_dutch_export_has_its_minus_behind_and_zeros_for_no_date() {
    let (desk, draft) = imported("openstaand.txt", 0.5);
    has_lines(
        &draft,
        &[
            "date_formats = [\"%d-%m-%Y\"]",
            "null_markers = [\"00-00-0000\"]",
            "amount = { column = \"Bedrag incl. btw\", sign = \"trailing_minus\" }",
        ],
    );
    assert!(
        draft
            .toml
            .contains("an invoice must be above zero: the 1 that are not")
    );
    assert_eq!(
        desk.rows("invoices", &INVOICES),
        [
            "F250101|4001|2025-01-05|2025-02-04|1100.00|EUR",
            "F250102|4002|2025-01-20|2025-02-19|250.00|EUR",
        ]
    );
    assert_eq!(
        desk.rows("payments", &PAYMENTS),
        ["paid-F250101|F250101|2025-02-10|1100.00"]
    );
    assert_eq!(desk.rejects().len(), 1);
}

#[test]
fn what_no_cell_tells_is_left_to_a_person() {
    let draft = drafted_of(
        "Invoice No,Customer,Invoice Date,Due Date,Amount\n\
         I1,Acme,01/02/2025,02/03/2025,\"1,234\"\nI2,Beta,03/04/2025,04/05/2025,\"2,000\"\n",
    )
    .unwrap();
    assert_eq!(draft.missing.len(), 4, "{:?}", draft.missing);
    assert!(draft.toml.starts_with("# Drafted from export (2 rows)"));
    has_lines(
        &draft,
        &[
            "# It does not load yet. A person must fill in:",
            "# - `invoice_date` of invoices: how `Invoice Date` is written cannot be told from its cells",
            "# no date_formats: whether days or months come first is told by no cell, neither of `Invoice Date` nor of others",
            "# which mark stands before the decimals of `Amount` is told by no cell: its own rule must say it",
            "# `01/02/2025` is 2025-02-01 as %d/%m/%Y, 2025-01-02 as %m/%d/%Y",
            "# `1,234` is 1234 as decimal mark `.` and thousands mark `,`, 1.234 as decimal mark `,`",
            "# invoice_date = { column = \"Invoice Date\", date_formats = [\"%d/%m/%Y\"] }",
            "# invoice_date = { column = \"Invoice Date\", date_formats = [\"%m/%d/%Y\"] }",
            "# amount = { column = \"Amount\", decimal_mark = \".\", thousands_mark = \",\" }",
            "# amount = { column = \"Amount\", decimal_mark = \",\", thousands_mark = \"\" }",
            "# currency = { constant = \"EUR\" }",
            "invoice_id = \"Invoice No\"",
        ],
    );
    assert!(Profile::from_toml("draft", &draft.toml).is_err());
    // A person takes one of each.
    let finished = draft
        .toml
        .replace(
            "# invoice_date = { column = \"Invoice Date\", date_formats = [\"%d/",
            "invoice_date = { column = \"Invoice Date\", date_formats = [\"%d/",
        )
        .replace(
            "# due_date = { column = \"Due Date\", date_formats = [\"%d/",
            "due_date = { column = \"Due Date\", date_formats = [\"%d/",
        )
        .replace(
            "# amount = { column = \"Amount\", decimal_mark = \".\"",
            "amount = { column = \"Amount\", decimal_mark = \".\"",
        )
        .replace("# currency = ", "currency = ");
    Profile::from_toml("draft", &finished).unwrap();
}

#[test]
fn other_languages_and_lists_of_payments_and_customers_are_understood() {
    let french = "N° facture;Code client;Nom du client;Date de facture;Date d'échéance;Montant TTC;Devise\n\
        F1;C1;Boulangerie;31/01/2025;02/03/2025;1 234,50;EUR\n";
    let spanish = "Número de factura;Código de cliente;Fecha de factura;Fecha de vencimiento;Importe total;Moneda\n\
        F1;C1;31/01/2025;02/03/2025;1.234,50;EUR\n";
    let italian = "N. fattura;Codice cliente;Ragione sociale;Data fattura;Data scadenza;Totale fattura;Valuta\n\
        F1;C1;Panetteria;31/01/2025;02/03/2025;1.234,50;EUR\n";
    for (text, amount) in [
        (french, "Montant TTC"),
        (spanish, "Importe total"),
        (italian, "Totale fattura"),
    ] {
        let draft = drafted_of(text).unwrap();
        assert_eq!(draft.missing, Vec::<String>::new(), "{}", draft.toml);
        has_lines(&draft, &[&format!("amount = \"{amount}\"")]);
    }
    let desk = Desk::new();
    let files = [
        desk.put("klanten.csv", "Klantnummer;Klantnaam\nK1;Acme\nK2;Beta\n"),
        desk.put(
            "betalingen.csv",
            "Betaalnummer;Factuurnummer;Betaaldatum;Betaald bedrag;Valuta\nB1;F1;31-01-2025;10,50;EUR\n",
        ),
    ];
    let draft = drafted(&files).unwrap();
    assert_eq!(draft.missing, Vec::<String>::new(), "{}", draft.toml);
    has_lines(
        &draft,
        &[
            "table = \"customers\"",
            "files = [\"klanten\"]",
            "table = \"payments\"",
            "files = [\"betalingen\"]",
            "payment_id = \"Betaalnummer\"",
            "amount = \"Betaald bedrag\"",
        ],
    );
}

#[test]
fn headings_that_would_break_the_draft_do_not() {
    let draft = drafted_of(
        "\"Invoice \"\"No\"\"\",Customer,Invoice Date,Due Date,Amount,Currency,Memo,Memo,\n\
         I1,Acme,2025-01-31,2025-03-02,10.00,EUR,\"two\nlines\",b,\n",
    )
    .unwrap();
    has_lines(&draft, &["invoice_id = \"Invoice \\\"No\\\"\""]);
    assert!(draft.toml.contains("cannot be named"), "{}", draft.toml);
    Profile::from_toml("draft", &draft.toml).unwrap();
}

#[test]
fn what_is_no_table_is_refused_kindly() {
    let wide = format!("{}\n{}\n", "a,".repeat(1_000_000), "1,".repeat(1_000_000));
    let cases: [(Vec<u8>, &str); 9] = [
        (Vec::new(), "no rows"),
        (b"Invoice No,Due Date\n".to_vec(), "a header and no rows"),
        (b"Invoices\nI1\nI2\n".to_vec(), "one column only, `Invoices`"),
        (vec![0x89, b'P', b'N', b'G', 0, 0, 1, b'\n'], "neither text nor"),
        (wide.into_bytes(), "columns of at most 16384"),
        (
            b"Invoice No,Due Date,Amount\nNumber,Date,EUR\nI1,2025-01-31,10.00\nI2,2025-02-28,20.00\n"
                .to_vec(),
            "two rows of headings",
        ),
        (
            b"I1,2025-01-31,10.00\nI2,2025-02-28,20.00\n".to_vec(),
            "is data and no header",
        ),
        (b"{\"Invoices\": []}".to_vec(), "[[sheet]]"),
        (b"<?xml version=\"1.0\"?><Document/>".to_vec(), "`camt`"),
    ];
    for (bytes, expected) in cases {
        let refused = drafted_of(&bytes).unwrap_err().to_string();
        assert!(refused.contains("export.csv"), "{refused}");
        assert!(refused.contains(expected), "{expected} in {refused}");
    }
}

#[test]
fn due_dates_are_computed_from_a_column_of_net_days() {
    let desk = Desk::new();
    let inputs = [desk.put(
        "export.csv",
        "Rechnungsnr;Kundennr;Rechnungsdatum;Zahlungsziel;Bruttobetrag;Währung\n\
         R1;K1;15.01.2025;30;10,00;EUR\nR2;K1;20.01.2025;14;12,50;EUR\n",
    )];
    let draft = drafted(&inputs).unwrap();
    assert_eq!(draft.missing, Vec::<String>::new(), "{}", draft.toml);
    has_lines(
        &draft,
        &["due_date = { computed = { add_days = { date = \"Rechnungsdatum\", days = \"Zahlungsziel\" } } }"],
    );
    let profile = Profile::from_toml("draft", &draft.toml).unwrap();
    desk.import(&profile, &inputs, 0.0).unwrap();
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "due_date", "amount"]),
        ["R1|2025-02-14|10.00", "R2|2025-02-03|12.50"]
    );
}

#[test]
fn terms_in_words_are_laid_out_for_a_person_to_finish() {
    let desk = Desk::new();
    let inputs = [desk.put(
        "export.csv",
        "Invoice No,Customer,Invoice Date,Terms,Amount,Currency\n\
         I1,Acme,2025-01-31,Net 30,10.00,EUR\nI2,Beta,2025-02-01,2/10 net 30,20.00,EUR\n",
    )];
    let draft = drafted(&inputs).unwrap();
    assert_eq!(draft.missing.len(), 1, "{:?}", draft.missing);
    let line = "# due_date = { computed = { add_days = { date = \"Invoice Date\", days = { computed = { map = { from = \
        \"Terms\", values = { \"Net 30\" = \"30\", \"2/10 net 30\" = \"..\" } } } } } } }";
    has_lines(&draft, &[line]);
    let finished = draft
        .toml
        .replace("# due_date = ", "due_date = ")
        .replace("\"..\"", "\"30\"");
    let profile = Profile::from_toml("draft", &finished).unwrap();
    desk.import(&profile, &inputs, 0.0).unwrap();
    assert_eq!(
        desk.rows("invoices", &["invoice_id", "due_date"]),
        ["I1|2025-03-02", "I2|2025-03-03"]
    );
}
