//! Bank statements: one sheet whatever the format, nothing twice, nothing that does not add up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use duecast::history::profile::Profile;
use duecast::source::{Options, SourceRow, open};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/bank")
        .join(name)
}

/// The cells of one column, read from a file whose format is told by its content.
fn cells(path: &Path, column: &str) -> Result<Vec<String>, duecast::source::Error> {
    let mut rows = open(path, "the label", &Options::default())?;
    let sheet = &rows.sheets()[0];
    assert_eq!(sheet.name, "receipts");
    let position = sheet
        .columns
        .iter()
        .position(|name| name == column)
        .expect("a column");
    let mut row = SourceRow::default();
    let mut found = Vec::new();
    while rows.next_row(&mut row)? {
        found.push(row.cells[position].to_owned());
    }
    Ok(found)
}

#[test]
fn content_tells_a_statement_and_every_format_gives_the_same_sheet() {
    for (name, source, count) in [
        ("camt053-v02.xml", "camt053", 9),
        ("camt053-v08.xml", "camt053", 8),
        ("camt054-v08.xml", "camt054", 4),
        ("mt940-german.sta", "mt940", 4),
        ("mt940-dutch.sta", "mt940", 3),
        ("mt940-plain.sta", "mt940", 2),
    ] {
        let sources = cells(&example(name), "source").expect("the example is right");
        assert_eq!(sources, vec![source; count], "{name}");
    }
}

#[test]
fn a_statement_and_its_notification_are_no_more_receipts_than_the_statement() {
    let statement = cells(&example("camt053-v08.xml"), "receipt_id").expect("the example is right");
    let notification = cells(&example("camt054-v08.xml"), "receipt_id").expect("the example is right");
    let both: BTreeSet<&String> = statement.iter().chain(&notification).collect();
    assert_eq!(both.len(), statement.len());
}

#[test]
fn a_statement_that_does_not_add_up_is_refused_by_its_label() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("copy");
    let text = std::fs::read_to_string(example("mt940-plain.sta")).expect("the example is there");
    std::fs::write(
        &path,
        text.replace(":62F:C260302GBP993,00", ":62F:C260302GBP993,10"),
    )
    .expect("a copy");
    let refused = cells(&path, "amount")
        .expect_err("the statement is refused")
        .to_string();
    assert!(refused.contains("the label"), "{refused}");
    assert!(
        refused.contains("closing balance of 993.00 GBP expected"),
        "{refused}"
    );
    assert!(refused.contains("got 993.10 GBP"), "{refused}");
}

#[test]
fn a_hundred_thousand_entries_are_read_one_by_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("large.xml");
    std::fs::write(&path, camt_of(100_000)).expect("a statement");
    let amounts = cells(&path, "amount").expect("the statement is right");
    assert_eq!(amounts.len(), 100_000);
    assert!(amounts.iter().all(|amount| amount == "12.50"));
}

/// A statement with that many receipts of 12.50.
fn camt_of(entries: usize) -> String {
    let cents = entries * 1250;
    let closing = format!("{}.{:02}", cents / 100, cents % 100);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>LARGE</Id>\n\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>\n{}{}",
        balance("OPBD", "0.00"),
        balance("CLBD", &closing)
    );
    for entry in 0..entries {
        text.push_str(&format!(
            "<Ntry><Amt Ccy=\"EUR\">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>\
             <AcctSvcrRef>REF{entry}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>\
             <SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E{entry}</EndToEndId>\
             </Refs><RltdPties><Dbtr><Pty><Nm>Customer {entry}</Nm></Pty></Dbtr><DbtrAcct><Id>\
             <IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>Invoice {entry}</Ustrd></RmtInf>\
             </TxDtls></NtryDtls></Ntry>\n"
        ));
    }
    text.push_str("</Stmt></BkToCstmrStmt></Document>\n");
    text
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd></Bal>\n"
    )
}

#[test]
fn the_profiles_of_statements_are_shipped() {
    for name in ["camt", "mt940"] {
        assert_eq!(Profile::load(name).expect("it is shipped").name(), name);
    }
}
