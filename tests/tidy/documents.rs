//! Rules for documents: links lead somewhere, decisions have a status, history is not told in the present.

use std::collections::BTreeSet;

use crate::files::{self, TextFile};

fn markdown() -> Vec<TextFile> {
    let mut all = files::texts("");
    all.retain(|file| file.path.ends_with(".md"));
    all
}

/// Targets of the links in a document that lead to files, without the part after `#`.
fn links(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in content.match_indices("](") {
        let rest = &content[start + 2..];
        let target = rest.split(')').next().unwrap_or("");
        let path = target.split('#').next().unwrap_or("");
        if !path.is_empty() && !path.contains("://") && !path.contains(' ') {
            found.push(path.to_owned());
        }
    }
    found
}

#[test]
fn links_lead_to_files() {
    for file in markdown() {
        let folder = files::root().join(&file.path);
        let folder = folder.parent().expect("a file is in a folder");
        for link in links(&file.content) {
            let is_there = folder.join(&link).try_exists().unwrap_or(false);
            assert!(is_there, "{}: the link to {link} leads nowhere", file.path);
        }
    }
}

#[test]
fn every_decision_has_its_parts() {
    let mut numbers = BTreeSet::new();
    for file in files::texts("docs/adr") {
        let name = file.path.trim_start_matches("docs/adr/");
        let number = name.get(..4).unwrap_or(name);
        assert!(
            number.chars().all(|c| c.is_ascii_digit()) && number.len() == 4,
            "{}: starts without a number of four digits",
            file.path
        );
        assert!(
            numbers.insert(number.to_owned()),
            "{}: the number {number} is taken",
            file.path
        );
        assert!(
            file.content.starts_with(&format!("# {number}: ")),
            "{}: title",
            file.path
        );
        for part in [
            "\nStatus: ",
            "\n## Context\n",
            "\n## Decision\n",
            "\n## Consequences\n",
        ] {
            assert!(
                file.content.contains(part),
                "{}: has no {:?}",
                file.path,
                part.trim()
            );
        }
    }
    assert!(numbers.len() >= 7, "docs/adr holds {} decisions", numbers.len());
}

#[test]
fn every_decision_is_listed() {
    let architecture = std::fs::read_to_string(files::root().join("docs/ARCHITECTURE.md"))
        .expect("docs/ARCHITECTURE.md is there");
    for file in files::texts("docs/adr") {
        let link = file.path.trim_start_matches("docs/");
        assert!(
            architecture.contains(link),
            "docs/ARCHITECTURE.md does not list {link}"
        );
    }
}

#[test]
fn the_readme_starts_with_the_two_commands() {
    let readme = std::fs::read_to_string(files::root().join("README.md")).expect("README.md is there");
    let screen: Vec<&str> = readme.lines().take(30).collect();
    for command in ["cargo run --release -- demo", "scripts/test"] {
        assert!(
            screen.iter().any(|line| line.starts_with(command)),
            "README.md: {command:?} is not on the first screen"
        );
    }
}

#[test]
fn a_link_is_read_without_its_anchor() {
    assert_eq!(
        links("[a](b.md#c) [d](#e) [f](https://g.h) [i](j/k.md)"),
        ["b.md", "j/k.md"]
    );
}
