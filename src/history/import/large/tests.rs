//! Whatever is imported: part by part gives the same bytes, counts and rejects as in memory.

mod properties;
mod sizes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::limits::Limits;
use super::super::{ImportOutcome, ImportRequest, PreparedImport, prepare_within};
use crate::domain::Date;
use crate::domain::date::from_day_number;
use crate::history::{Error, Profile, Table};

/// Four parts of any import, chunks of three rows, and two rows of each part at a time when they are merged.
const PARTS: Limits = Limits {
    whole_bytes: 0,
    part_bytes: 1,
    parts_max: 4,
    chunk_rows: 3,
    run_rows: 8,
    rejects_max: 1_000,
};

/// Two ledgers of the same inputs, one of which is always made in memory.
struct Twins {
    folder: TempDir,
    canonical: Profile,
}

impl Twins {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["inputs", "whole", "parts"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self {
            folder,
            canonical: Profile::load("canonical").expect("the profile is shipped"),
        }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join("inputs").join(name);
        fs::write(&path, text).expect("the input is written");
        path
    }

    /// Writes a file of both ledgers by hand.
    fn put_own(&self, name: &str, text: &str) {
        for way in ["whole", "parts"] {
            let ledger = self.folder.path().join(way).join("ledger");
            fs::create_dir_all(&ledger).expect("a folder");
            fs::write(ledger.join(name), text).expect("the table is written");
        }
    }

    fn prepare(
        &self,
        way: &str,
        inputs: &[PathBuf],
        share: f64,
        made_on: Option<Date>,
        limits: &Limits,
    ) -> Result<PreparedImport, Error> {
        let request = ImportRequest {
            profile: &self.canonical,
            inputs,
            ledger: &self.folder.path().join(way).join("ledger"),
            max_reject_share: share,
            recorded_at: made_on,
        };
        prepare_within(&request, limits, &|_, _| {})
    }

    /// Imports both ways, and compares what is said of it and every file afterwards.
    fn agree(
        &self,
        inputs: &[PathBuf],
        share: f64,
        made_on: Option<Date>,
        limits: &Limits,
    ) -> Result<ImportOutcome, Error> {
        let import = |way: &str, limits: &Limits| {
            self.prepare(way, inputs, share, made_on, limits)
                .and_then(PreparedImport::publish)
        };
        let (whole, parts) = (import("whole", &Limits::default()), import("parts", limits));
        let said = |result: &Result<ImportOutcome, Error>, way: &str| {
            let folder = self.folder.path().join(way).display().to_string();
            format!("{result:#?}").replace(&folder, "")
        };
        assert_eq!(said(&whole, "whole"), said(&parts, "parts"));
        let (expected, given) = (self.files("whole"), self.files("parts"));
        assert_eq!(
            expected.keys().collect::<Vec<_>>(),
            given.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &expected {
            let is_same = given.get(name) == Some(bytes);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let is_text = name.ends_with(".csv");
            if is_text {
                assert_eq!(text(bytes), text(&given[name]), "{name}");
            }
            assert!(is_same, "{name}");
        }
        parts
    }

    /// Every file at and beside a ledger.
    fn files(&self, way: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let root = self.folder.path().join(way);
        collect(&root, &root, &mut files);
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(root, &path, files);
            continue;
        }
        let name = path.strip_prefix(root).expect("below the root");
        let bytes = fs::read(&path).expect("a file");
        files.insert(name.display().to_string(), bytes);
    }
}

const CUSTOMERS: &str = "customer_id,name,credit_limit,currency\n\
    ACME,Acme,1000.00,EUR\nBETA,Beta,,\nACME,Acme,1000.00,EUR\nBETA,Beta Ltd,,\nGAMMA,,12.5,EUR\n";
const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency,payment_terms\n\
    I1,ACME,2025-01-31,2025-03-02,1000.00,EUR,NET30\n\
    I2,BETA,2025-02-01,2025-03-03,250.50,EUR,\n\
    I3,ACME,2025-02-30,2025-03-03,10.00,EUR,\n\
    I4,NOBODY,2025-02-10,2025-02-01,70.00,USD,\n\
    I2,BETA,2025-02-01,2025-03-03,250.50,EUR,\n\
    I1,ACME,2025-01-31,2025-03-02,1001.00,EUR,NET30\n\
    I5,ACME,2025-02-10,2025-03-12,70.00,EUR,\n";
const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency,customer_id,receipt_id,confidence\n\
    P1,I1,2025-03-12,400.00,EUR,,R1,0.97\n\
    P2,I1,2025-03-20,700.00,EUR,BETA,,\n\
    P3,I9,2025-03-20,1.00,EUR,,,\n\
    P4,I4,2025-03-20,1.00,EUR,,,\n\
    P1,I2,2025-03-12,400.00,EUR,,R1,\n\
    P5,I2,2025-01-12,50.00,EUR,,R2,0.5\n\
    P2,I1,2025-03-20,700.00,EUR,ACME,,\n\
    P6,I5,2025-03-20,7O.00,EUR,,R9,\n\
    P7,I5,2025-03-20,70.00,EUR,,R9,\n";
const CREDIT_NOTES: &str = "credit_note_id,customer_id,credit_date,amount,currency,invoice_id\n\
    CN1,ACME,2025-03-01,5.00,EUR,I1\nCN2,ACME,2025-03-01,5.00,EUR,\nCN1,ACME,2025-03-01,5.00,EUR,I2\n\
    CN3,BETA,2025-03-01,5.00,EUR,I7\n";
const RECEIPTS: &str = "receipt_id,customer_id,value_date,amount,currency,reversal_of\n\
    R1,ACME,2025-03-12,400.00,EUR,\nR2,,2025-01-12,60.00,EUR,\nR3,,2025-01-13,-10.00,EUR,R2\n\
    R4,,2025-01-14,33.00,USD,\n";
const RATINGS: &str = "customer_id,score_date,score,source\n\
    ACME,2025-01-01,0.5,\nACME,2025-01-01,0.6,Agency\nACME,2025-01-01,0.7,\n";
const RATES: &str =
    "from_currency,to_currency,rate_date,rate\nUSD,EUR,2025-01-02,0.9\nUSD,EUR,2025-01-01,0.8\n";

fn first(twins: &Twins) -> Vec<PathBuf> {
    let files = [
        ("customers.csv", CUSTOMERS),
        ("invoices.csv", INVOICES),
        ("payments.csv", PAYMENTS),
        ("credit_notes.csv", CREDIT_NOTES),
        ("receipts.csv", RECEIPTS),
        ("credit_ratings.csv", RATINGS),
        ("fx_rates.csv", RATES),
    ];
    files.iter().map(|(name, text)| twins.put(name, text)).collect()
}

#[test]
fn a_first_import_corrections_and_the_same_again_are_the_same_either_way() {
    let twins = Twins::new();
    let inputs = first(&twins);
    let outcome = twins.agree(&inputs, 1.0, None, &PARTS).expect("it is tolerated");
    assert_eq!(outcome.added[&Table::Invoices], 4);
    // P1 of another invoice, P3 without one, P4 in another currency, P6 is unreadable.
    assert_eq!(outcome.report.tables[&Table::Payments].rows_rejected, 4);
    assert_eq!(outcome.report.warnings.payments_of_unknown_receipts, 1);

    let again = twins.agree(&inputs, 1.0, None, &PARTS).expect("it is tolerated");
    assert_eq!(again.added.values().sum::<u64>(), 0);

    // I2 is corrected, I1 would leave its payments, I4 is free to go; the source allocates what was matched.
    let changed = [
        twins.put(
            "invoices-2.csv",
            "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
             I2,BETA,2025-02-01,2025-03-03,260.00,EUR\nI1,BETA,2025-01-31,2025-03-02,1000.00,EUR\n\
             I4,ACME,2025-02-10,2025-02-01,70.00,USD\nI6,BETA,2025-04-01,2025-05-01,9.00,EUR\n",
        ),
        twins.put(
            "payments-2.csv",
            "payment_id,invoice_id,paid_date,amount,currency\n\
             P8,I1,2025-03-13,400.00,EUR\nP7,I6,2025-03-20,9.00,EUR\nP5,I2,2025-01-12,55.00,EUR\n",
        ),
        twins.put(
            "disputes-2.csv",
            "dispute_id,invoice_id,opened_on\nD1,I2,2025-03-01\nD2,I8,2025-03-01\n",
        ),
    ];
    let made_on = Some(from_day_number(20_200));
    let outcome = twins
        .agree(&changed, 1.0, made_on, &PARTS)
        .expect("it is tolerated");
    assert_eq!(outcome.corrected[&Table::Invoices], 2);
    assert_eq!(outcome.corrected[&Table::Payments], 2);
    assert_eq!(outcome.withdrawn, 1);
    let again = twins
        .agree(&changed, 1.0, made_on, &PARTS)
        .expect("it is tolerated");
    assert_eq!(
        again.added.values().chain(again.corrected.values()).sum::<u64>(),
        0
    );
}

#[test]
fn an_import_with_too_many_rejects_is_refused_with_the_same_list() {
    let twins = Twins::new();
    twins
        .agree(&first(&twins), 1.0, None, &PARTS)
        .expect("it is tolerated");
    let bad = twins.put(
        "payments-bad.csv",
        "payment_id,invoice_id,paid_date,amount,currency\nP9,I9,2025-03-12,1.00,EUR\nP9,I1,2025-03-12,x,EUR\n\
         P10,I1,2025-03-12,1.00,EUR\nP10,I1,2025-03-12,2.00,EUR\n",
    );
    let refused = twins
        .agree(&[bad], 0.5, None, &PARTS)
        .expect_err("three of four are bad");
    assert!(
        matches!(
            refused,
            Error::ImportRefused {
                rejected: 3,
                read: 4,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn a_ledger_with_bad_rows_of_its_own_is_not_rewritten_either_way() {
    let twins = Twins::new();
    twins.put_own("invoices.csv", INVOICES);
    twins.put_own("payments.csv", PAYMENTS);
    let customers = twins.put("customers.csv", CUSTOMERS);
    let outcome = twins
        .agree(&[customers], 1.0, None, &PARTS)
        .expect("another table");
    assert_eq!(outcome.added[&Table::Customers], 3);
    // P3 is known, though it is not valid: there is nothing to add.
    let known = twins.put(
        "payments-3.csv",
        "payment_id,invoice_id,paid_date,amount,currency\nP3,I1,2025-03-20,1.00,EUR\n",
    );
    let outcome = twins.agree(&[known], 1.0, None, &PARTS).expect("nothing changes");
    assert_eq!(outcome.added[&Table::Payments], 0);
    let new = twins.put(
        "payments-4.csv",
        "payment_id,invoice_id,paid_date,amount,currency\nP9,I1,2025-03-20,1.00,EUR\n",
    );
    let refused = twins
        .agree(&[new], 1.0, None, &PARTS)
        .expect_err("rows would be lost");
    assert!(refused.to_string().contains("not valid"), "{refused}");
}

#[test]
fn a_large_import_that_is_not_published_leaves_nothing_behind() {
    let twins = Twins::new();
    let inputs = first(&twins);
    let prepared = twins
        .prepare("parts", &inputs, 1.0, None, &PARTS)
        .expect("it is tolerated");
    assert!(!twins.files("parts").is_empty());
    assert!(
        twins.files("parts").keys().all(|name| !name.contains("parts/")),
        "only the new ledger"
    );
    drop(prepared);
    assert!(twins.files("parts").is_empty());
    let missing = twins.put("unknown.csv", "a,b\n1,2\n");
    let refused = twins.prepare("parts", &[inputs[1].clone(), missing], 1.0, None, &PARTS);
    assert!(refused.is_err());
    assert!(twins.files("parts").is_empty());
}

#[test]
fn rejects_beyond_the_bound_are_counted() {
    let twins = Twins::new();
    let inputs = first(&twins);
    let few = Limits {
        rejects_max: 2,
        ..PARTS
    };
    let prepared = twins.prepare("parts", &inputs, 1.0, None, &few);
    let outcome = prepared
        .and_then(PreparedImport::publish)
        .expect("it is tolerated");
    let all = outcome.report.rows_rejected();
    let list = outcome.rejects.expect("there are rejects");
    let text = fs::read_to_string(list).expect("the list is written");
    assert_eq!(text.lines().count(), 1 + 2 + 1);
    assert!(text.contains(&format!(",0,,{},", all - 2)), "{text}");
}
