//! What the documents promise: the commands of README.md run, in the order in which it shows them,
//! and the data dictionary has every column. Those of its section on the service run in `service/quickstart.rs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use duecast::history::schema::{Table, columns};

const README: &str = include_str!("../../README.md");

/// How README.md may call the program.
const PREFIXES: [&str; 2] = ["duecast ", "cargo run --release -- "];

#[test]
fn every_command_of_the_readme_runs() {
    let commands = commands(&README.replace(service_section(), ""));
    assert!(commands.len() >= 5, "README.md shows {} commands", commands.len());
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for shipped in ["data/sample", "profiles"] {
        copy(&package.join(shipped), &folder.path().join(shipped));
    }
    for command in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_duecast"))
            .args(command.split_whitespace())
            .current_dir(folder.path())
            .output()
            .expect("the program is built");
        assert!(
            output.status.success(),
            "`duecast {command}` ended with {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The section of README.md on the service, which is a script of its own.
pub(crate) fn service_section() -> &'static str {
    let start = README
        .find("\n## Service\n")
        .expect("README.md has a section on the service");
    let rest = &README[start + 1..];
    let end = rest.find("\n## ").expect("README.md goes on after it");
    &rest[..end]
}

/// The arguments of each call of the program in a fenced `sh` block, comments and line breaks removed.
fn commands(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_shell = false;
    let mut unfinished = String::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_shell = line.trim_end() == "```sh";
            continue;
        }
        if !is_shell {
            continue;
        }
        let line = line.split(" #").next().unwrap_or("").trim();
        if let Some(start) = line.strip_suffix('\\') {
            unfinished.push_str(start);
            continue;
        }
        let line = format!("{unfinished}{line}");
        unfinished.clear();
        if let Some(arguments) = PREFIXES.iter().find_map(|prefix| line.strip_prefix(prefix)) {
            assert!(
                !arguments.contains(['"', '\'', '|', '>']),
                "keep it plain: {line}"
            );
            found.push(arguments.to_owned());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the temporary folder is writable");
    for entry in fs::read_dir(from).expect("the shipped folder is readable") {
        let path = entry.expect("the shipped folder is readable").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the temporary folder is writable");
        }
    }
}

#[test]
fn a_broken_line_is_one_command() {
    let text = "```sh\nduecast check \\\n    --ledger data/sample   # a comment\nls\n```\n\n```text\nduecast no\n```\n";
    let expected: Vec<&str> = vec!["check", "--ledger", "data/sample"];
    let found = commands(text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].split_whitespace().collect::<Vec<_>>(), expected);
}

#[test]
fn every_column_is_in_the_data_dictionary() {
    let dictionary = include_str!("../../data/README.md");
    for table in Table::ALL {
        let title = format!("### `{}`\n", table.name());
        let section = dictionary
            .split(&title)
            .nth(1)
            .and_then(|rest| rest.split("\n##").next())
            .unwrap_or_else(|| panic!("data/README.md has no section on {table}"));
        for spec in columns(table) {
            let required = if spec.required { "yes" } else { "" };
            let row = format!("\n| `{}` | {required}", spec.name);
            assert!(
                section.contains(&row),
                "data/README.md: {table} has no row that begins with {:?}",
                row.trim_start()
            );
        }
    }
}
