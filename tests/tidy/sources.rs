//! Rules for Rust files that the compiler and its lints do not know.

use crate::files::{self, TextFile};

/// A file is read in one sitting.
const LINES_MAX: usize = 400;

/// What code outside tests must not call, where it may all the same, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("HashMap", &[], "its order differs from run to run; use BTreeMap"),
    (".unwrap()", &[], "return an error, or expect(\"the invariant\")"),
    ("todo!(", &[], "write it, or leave it out"),
    ("unimplemented!(", &[], "write it, or leave it out"),
    ("dbg!(", &[], "remove it"),
    (
        "println!(",
        &["src/app/", "src/main.rs"],
        "a stage returns values; the command line prints",
    ),
    (
        "print!(",
        &["src/app/", "src/main.rs"],
        "a stage returns values; the command line prints",
    ),
    (
        "eprintln!(",
        &["src/app/", "src/main.rs"],
        "a stage returns errors; the command line prints",
    ),
    ("Utc::now", &["src/app/"], "take as_of; the clock lives in app"),
    ("Local::now", &["src/app/"], "take as_of; the clock lives in app"),
    (
        "SystemTime::now",
        &["src/app/"],
        "take as_of; the clock lives in app",
    ),
    (
        "env::var",
        &["src/app/"],
        "take an argument; the environment is read in app",
    ),
    ("rand::rng(", &[], "randomness takes a seed"),
    ("thread_rng", &[], "randomness takes a seed"),
    ("from_os_rng", &[], "randomness takes a seed"),
    ("#[allow(", &[], "use #[expect(.., reason = \"..\")]"),
    (
        "anyhow",
        &["src/app/", "src/main.rs"],
        "a stage has its own error type",
    ),
];

/// The code of a Rust file: without line comments, and without the tests at its end.
pub(crate) fn code(content: &str) -> String {
    let before_tests = content.split("#[cfg(test)]\nmod tests").next().unwrap_or(content);
    let mut code = String::new();
    for line in before_tests.lines() {
        if !line.trim_start().starts_with("//") {
            // A comment after code has a space before it; "//" in a text is usually part of an address.
            code.push_str(line.split(" // ").next().unwrap_or(line));
        }
        code.push('\n');
    }
    code
}

/// True when `name` occurs in `line` and is not the end of a longer word.
fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_')) || name.starts_with(['.', '#'])
    })
}

fn ours() -> Vec<TextFile> {
    let mut all = files::rust("src");
    all.extend(files::rust("tests"));
    all.extend(files::rust("scripts"));
    all.extend(files::rust("benches"));
    all
}

#[test]
fn comments_and_tests_are_no_code() {
    let text =
        "let a = 1; // b.unwrap()\n/// c.unwrap()\nlet d = 2;\n#[cfg(test)]\nmod tests {\n e.unwrap()\n}\n";
    assert_eq!(code(text), "let a = 1;\n\nlet d = 2;\n");
    assert!(calls("    print!(\"a\")", "print!("));
    assert!(!calls("    eprint!(\"a\")", "print!("));
    assert!(calls("    a.b().unwrap()", ".unwrap()"));
}

#[test]
fn no_file_is_longer_than_a_sitting() {
    for file in ours() {
        let lines = file.content.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{}: {lines} lines; {LINES_MAX} are allowed",
            file.path
        );
    }
}

#[test]
fn every_file_says_what_it_is() {
    for file in ours() {
        assert!(
            file.content.starts_with("//!"),
            "{}: starts without a //! line",
            file.path
        );
    }
}

#[test]
fn stages_are_pure() {
    for file in files::rust("src") {
        for (number, line) in code(&file.content).lines().enumerate() {
            for (banned, exceptions, reason) in BANNED {
                let is_excepted = exceptions.iter().any(|prefix| file.path.starts_with(prefix));
                assert!(
                    is_excepted || !calls(line, banned),
                    "{}:{}: {banned}: {reason}",
                    file.path,
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_script_says_how_to_run_it() {
    let cargo = std::fs::read_to_string(files::root().join("Cargo.toml")).expect("Cargo.toml is there");
    let scripts = files::rust("scripts");
    assert!(!scripts.is_empty(), "scripts/ has no programs");
    for file in scripts {
        let name = file.path.trim_start_matches("scripts/").trim_end_matches(".rs");
        let how = format!("//! Run with: `cargo run --release --example {name}`\n");
        assert!(file.content.contains(&how), "{}: has no line {how:?}", file.path);
        assert!(
            cargo.contains(&format!("path = \"{}\"", file.path)),
            "Cargo.toml has no [[example]] with path {:?}",
            file.path
        );
    }
}
