//! A ledger small enough to train on at once, and the program run in its folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use duecast::domain::date::{add_days, parse_iso};
use tempfile::TempDir;

/// What a run of the program left.
pub(super) struct Ran {
    /// The exit code.
    pub(super) code: Option<i32>,
    /// Standard output.
    pub(super) out: String,
    /// Standard error.
    pub(super) err: String,
}

impl Ran {
    /// Asserts exit code 0.
    pub(super) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
    }

    /// Asserts exit code 1 and an error that says `what`.
    pub(super) fn failed_with(&self, what: &str) {
        assert_eq!(self.code, Some(1), "{}\n{}", self.out, self.err);
        assert!(
            self.err.lines().any(|line| line.starts_with("error: ")),
            "{}",
            self.err
        );
        assert!(self.err.contains(what), "{}", self.err);
    }

    /// Asserts exit code 2 and a message that says `what`.
    pub(super) fn refused_with(&self, what: &str) {
        assert_eq!(self.code, Some(2), "{}\n{}", self.out, self.err);
        assert!(self.err.contains(what), "{}", self.err);
    }
}

/// The program, ready to run in `folder`.
pub(super) fn program(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duecast"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    command
}

/// Runs the program in `folder`.
pub(super) fn run(folder: &Path, arguments: &str) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = program(folder, arguments).output().expect("the program is built");
    Ran {
        code: status.code(),
        out: String::from_utf8(stdout).expect("output is UTF-8"),
        err: String::from_utf8(stderr).expect("messages are UTF-8"),
    }
}

/// The first line that holds `text`.
pub(super) fn line_of<'out>(out: &'out str, text: &str) -> &'out str {
    out.lines()
        .find(|line| line.contains(text))
        .unwrap_or_else(|| panic!("no line with {text:?} in\n{out}"))
}

/// The rows of a CSV file, by column.
pub(super) fn records(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path)
        .expect("the file is there")
        .into_deserialize()
        .map(|row| row.expect("the row has every column"))
        .collect()
}

/// A folder with a ledger of eighteen months: two customers in euro and yen, who pay late, and an
/// invoice whose name is a formula.
pub(super) fn tiny_ledger() -> TempDir {
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let first = parse_iso("2024-01-01").expect("a date");
    let last = parse_iso("2025-06-30").expect("a date");
    let mut invoices = String::from("invoice_id,customer_id,invoice_date,due_date,amount,currency\n");
    let mut payments = String::from("payment_id,invoice_id,paid_date,amount,currency\n");
    for number in 0..182_i64 {
        let (customer, amount, currency) = if number % 3 == 0 {
            ("NIPPON", "25000", "JPY")
        } else {
            ("ACME", "199.90", "EUR")
        };
        let issued = add_days(first, number * 3 + number % 2);
        let due = add_days(issued, 30);
        let paid = add_days(due, 2 + (number * 7) % 13);
        invoices.push_str(&format!(
            "I{number:03},{customer},{issued},{due},{amount},{currency}\n"
        ));
        if paid <= last {
            payments.push_str(&format!("P{number:03},I{number:03},{paid},{amount},{currency}\n"));
        }
    }
    invoices.push_str("=1+1,ACME,2025-06-20,2025-07-20,10.00,EUR\n");
    let ledger = folder.path().join("ledger");
    fs::create_dir(&ledger).expect("the temporary folder is writable");
    fs::write(ledger.join("invoices.csv"), invoices).expect("the temporary folder is writable");
    fs::write(ledger.join("payments.csv"), payments).expect("the temporary folder is writable");
    folder
}
