//! The files of the repository, and what every one of them must not contain.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no text of ours: build results, version control, ignored data.
const SKIPPED: [&str; 6] = [
    "target",
    ".git",
    "data/raw",
    "duecast-demo",
    "duecast-cache",
    "out",
];

/// Endings of files that are text.
const TEXT: [&str; 6] = ["rs", "md", "toml", "sh", "yml", "yaml"];

/// Files without an ending that are text as well.
const TEXT_NAMES: [&str; 8] = [
    "justfile",
    "scripts/fuzz-api",
    "scripts/postgres",
    "scripts/test",
    ".ci/run",
    ".gitignore",
    ".editorconfig",
    "LICENSE",
];

/// A text file: its path from the root of the repository, and its content.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below `folder` (a path from the root; empty for all), sorted by path.
pub(crate) fn texts(folder: &str) -> Vec<TextFile> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    let mut files: Vec<TextFile> = paths
        .into_iter()
        .map(|path| (relative(&path), path))
        .filter(|(name, _)| is_text(name))
        .map(|(name, path)| TextFile {
            content: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}")),
            path: name,
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Every Rust file below `folder`.
pub(crate) fn rust(folder: &str) -> Vec<TextFile> {
    let mut files = texts(folder);
    files.retain(|file| file.path.ends_with(".rs"));
    files
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("every file is below the root");
    path.to_string_lossy().replace('\\', "/")
}

fn is_text(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    TEXT_NAMES.contains(&name) || ending.is_some_and(|ending| TEXT.contains(&ending))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    if !folder.is_dir() {
        return;
    }
    for entry in fs::read_dir(folder).expect("the repository is readable") {
        let path = entry.expect("the repository is readable").path();
        let is_skipped = SKIPPED.contains(&relative(&path).as_str());
        if path.is_dir() && !is_skipped {
            collect(&path, paths);
        } else if path.is_file() {
            paths.push(path);
        }
    }
}

#[test]
fn the_walk_finds_the_repository() {
    let files = texts("");
    for expected in ["README.md", "src/lib.rs", "scripts/test", "tests/tidy/files.rs"] {
        assert!(
            files.iter().any(|file| file.path == expected),
            "{expected} is not among the files"
        );
    }
}

#[test]
fn a_clone_has_what_a_build_needs() {
    for path in [
        "Cargo.lock",
        "rustfmt.toml",
        "clippy.toml",
        "deny.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
    ] {
        assert!(root().join(path).is_file(), "{path} is missing; commit it");
    }
}

#[test]
fn nothing_refers_to_a_place_outside_the_repository() {
    // In two pieces, so that this file does not name them either.
    let outside = [
        concat!("..", "/shared"),
        concat!("/work", "/"),
        concat!("/tmp", "/team"),
    ];
    let hosts = [
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("deb.debian", ".org"),
        concat!("registry.npmjs", ".org"),
    ];
    for file in texts("") {
        for place in outside {
            assert!(!file.content.contains(place), "{}: refers to {place}", file.path);
        }
        for host in hosts {
            assert!(
                !file.content.contains(host),
                "{}: names the registry host {host}",
                file.path
            );
        }
    }
}

#[test]
fn lines_end_plainly() {
    for file in texts("") {
        assert!(
            !file.content.contains('\r'),
            "{}: has carriage returns",
            file.path
        );
        assert!(
            file.content.ends_with('\n'),
            "{}: the last line is not ended",
            file.path
        );
        for (index, line) in file.content.lines().enumerate() {
            assert!(
                line.trim_end() == line,
                "{}:{}: ends in white space",
                file.path,
                index + 1
            );
        }
    }
}
