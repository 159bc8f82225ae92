//! Which module may use which. The table is that of `docs/ARCHITECTURE.md`.

use crate::files;

/// Module, and the modules of ours that it may use; in the order of the flow.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("source", &["domain"]),
    ("history", &["domain", "source"]),
    ("features", &["domain", "history"]),
    ("model", &["domain", "history", "features"]),
    ("forecast", &["domain", "history", "model"]),
    ("action", &["domain", "history", "model", "forecast"]),
    ("kpi", &["domain", "history"]),
    ("chart", &["domain"]),
    (
        "backtest",
        &["domain", "history", "features", "model", "forecast", "chart"],
    ),
    ("simulate", &["domain", "history"]),
    (
        "app",
        &[
            "domain", "source", "history", "features", "model", "forecast", "action", "kpi", "chart",
            "backtest", "simulate",
        ],
    ),
];

/// What a module must not contain, and why.
const BANNED: &[(&str, &str, &str)] = &[
    ("domain", "polars", "domain is the nouns; tables begin in history"),
    ("domain", "std::fs", "domain does no input and output"),
    ("source", "polars", "readers give texts; tables begin in history"),
    (
        "features",
        "History::",
        "features see a Snapshot, never the History",
    ),
    ("forecast", "ndarray", "forecast knows distributions, not models"),
    (
        "action",
        "crate::features",
        "actions are decided on predictions, not on features",
    ),
    ("kpi", "ndarray", "indicators are sums, not models"),
    (
        "app/http",
        "polars",
        "the edge knows answers; tables are read by the modules below",
    ),
    (
        "app/store",
        "crate::model",
        "the store keeps what it is given; what models say is decided above",
    ),
];

/// A crate that one module alone knows, and why.
const EXCLUSIVE: &[(&str, &str, &str)] = &[
    ("sqlx", "src/app/store/", "SQL is in the store, behind functions"),
    ("axum", "src/app/http/", "requests and answers are the edge"),
    ("clap", "src/app/cli/", "arguments are the edge"),
];

/// The modules that code reaches through paths that start at the crate.
fn used(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let is_word = code[..start]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if is_word {
            continue;
        }
        let rest = &code[start + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_heads(group));
        } else {
            found.push(head(rest));
        }
    }
    found
}

fn head(path: &str) -> String {
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first name of each path in `a::b, c::{d, e}}...`, up to the brace that closes the group.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                let name = head(group[start..index].trim_start());
                if !name.is_empty() {
                    heads.push(name);
                }
                start = index + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn the_reader_understands_paths_and_groups() {
    assert_eq!(used("use crate::model::Fit;"), ["model"]);
    assert_eq!(
        used("use crate::{domain::{Date, Money}, history};\nlet x = crate::kpi::dso();"),
        ["domain", "history", "kpi"]
    );
    assert!(used("use mycrate::model;").is_empty());
}

#[test]
fn arrows_point_one_way() {
    let modules: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    for (module, allowed) in ALLOWED {
        for file in files::rust(&format!("src/{module}")) {
            for name in used(&crate::sources::code(&file.content)) {
                let is_ours = modules.contains(&name.as_str());
                let is_allowed = name == *module || allowed.contains(&name.as_str());
                assert!(
                    !is_ours || is_allowed,
                    "{} uses crate::{name}: src/{module} may use {allowed:?}, see CONTRIBUTING.md",
                    file.path
                );
            }
        }
    }
}

#[test]
fn stages_keep_to_their_subject() {
    for (module, banned, reason) in BANNED {
        for file in files::rust(&format!("src/{module}")) {
            let code = crate::sources::code(&file.content);
            assert!(
                !code.contains(banned),
                "{}: contains {banned:?}: {reason}",
                file.path
            );
        }
    }
}

#[test]
fn some_crates_are_known_to_one_module() {
    for (name, owner, reason) in EXCLUSIVE {
        let mut is_known = false;
        for file in files::rust("src") {
            let code = crate::sources::code(&file.content);
            let is_used = code.contains(&format!("{name}::"));
            let is_owner = file.path.starts_with(owner);
            is_known |= is_used && is_owner;
            assert!(is_owner || !is_used, "{}: uses {name}: {reason}", file.path);
        }
        assert!(is_known, "{owner} does not use {name}: take the row out");
    }
}

#[test]
fn every_module_is_there_and_in_the_architecture() {
    let architecture = files::texts("docs")
        .into_iter()
        .find(|file| file.path == "docs/ARCHITECTURE.md")
        .expect("docs/ARCHITECTURE.md is there");
    for (module, _) in ALLOWED {
        assert!(
            files::root().join(format!("src/{module}/mod.rs")).is_file(),
            "src/{module}/mod.rs is missing"
        );
        assert!(
            architecture.content.contains(&format!("\n| `{module}` |")),
            "docs/ARCHITECTURE.md has no row for {module}"
        );
    }
    for entry in std::fs::read_dir(files::root().join("src")).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        assert!(
            !path.is_dir() || ALLOWED.iter().any(|(module, _)| *module == name),
            "src/{name} has no row in the module table"
        );
    }
}

#[test]
fn the_library_declares_its_stages_in_the_order_of_the_flow() {
    let library = std::fs::read_to_string(files::root().join("src/lib.rs")).expect("src/lib.rs is there");
    let flow = [
        "domain", "source", "history", "features", "model", "forecast", "action", "backtest", "app",
    ];
    let places: Vec<usize> = flow
        .iter()
        .map(|module| {
            library
                .find(&format!("\npub mod {module};"))
                .unwrap_or_else(|| panic!("src/lib.rs does not declare `pub mod {module};`"))
        })
        .collect();
    assert!(
        places.is_sorted(),
        "src/lib.rs: declare the modules in the order {flow:?}"
    );
}
