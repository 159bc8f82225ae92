//! Reading the configuration: defaults, then one TOML file, then the environment.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use figment::error::Kind;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::ServerConfig;
use super::validate::{Finding, validate};

/// The file that is read when none is named.
pub const FILE_DEFAULT: &str = "duecast.toml";
/// What every variable of the configuration starts with.
const PREFIX: &str = "DUECAST_";
/// What stands between a table and its field in the name of a variable.
const SEPARATOR: &str = "__";
/// Variables of the tests, which are no configuration.
const PREFIX_TEST: &str = "DUECAST_TEST_";
/// What figment calls the environment.
const ENVIRONMENT: &str = "environment";

/// Why the service cannot be started with what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not there, or cannot be read.
    #[error("cannot read the configuration {}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{} is no TOML", .file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// A key is unknown, or its value is of another kind.
    #[error("{place}: {reason}")]
    Refused {
        /// The file and key, or the variable.
        place: String,
        /// What is allowed and what was given.
        reason: String,
    },
    /// Values are out of range, or do not fit together.
    #[error("the configuration cannot be used: {}", listed(.findings))]
    Invalid {
        /// Every finding.
        findings: Vec<Finding>,
    },
}

/// Reads the configuration and checks it.
///
/// # Errors
///
/// Those of [`Error`]; a file that is named must be there.
pub fn load(file: Option<&Path>) -> Result<ServerConfig, Error> {
    let config = read(file, std::env::vars_os())?;
    check(&config)?;
    Ok(config)
}

/// Checks a configuration, such as one that the command line has changed.
///
/// # Errors
///
/// [`Error::Invalid`] with every finding.
pub fn check(config: &ServerConfig) -> Result<(), Error> {
    let findings = validate(config);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid { findings })
    }
}

fn read(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<ServerConfig, Error> {
    let path = file.unwrap_or(Path::new(FILE_DEFAULT));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound && file.is_none() => String::new(),
        Err(source) => {
            return Err(Error::File {
                file: path.to_owned(),
                source,
            });
        }
    };
    parse(path, &text, variables)
}

fn parse(
    path: &Path,
    text: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<ServerConfig, Error> {
    toml::from_str::<toml::Table>(text).map_err(|source| Error::Syntax {
        file: path.to_owned(),
        source,
    })?;
    Figment::new()
        .merge(Toml::string(text))
        .merge(Variables::new(variables))
        .extract::<ServerConfig>()
        .map_err(|error| refused(path, &error))
}

/// The variables that start with [`PREFIX`], as figment takes them.
struct Variables(Vec<(String, String)>);

impl Variables {
    fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut ours: Vec<(String, String)> = variables
            .into_iter()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(PREFIX_TEST))
            .collect();
        ours.sort();
        Self(ours)
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named(ENVIRONMENT)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (name, value) in &self.0 {
            let key = name[PREFIX.len()..].to_lowercase().replace(SEPARATOR, ".");
            // A text that is no number, list or table is itself; parsing never fails.
            let value = value.parse::<Value>().unwrap_or_else(|never| match never {});
            insert(&mut dict, &key, value);
        }
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// Puts a value at `table.field`; a table that was given as a plain value stays one and is refused later.
fn insert(dict: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            dict.insert(key.to_owned(), value);
        }
        Some((table, rest)) => {
            let inner = dict
                .entry(table.to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Says where a value stands and why it is refused.
fn refused(file: &Path, error: &figment::Error) -> Error {
    let is_variable = error
        .metadata
        .as_ref()
        .is_some_and(|metadata| metadata.name == ENVIRONMENT);
    let place = if is_variable {
        format!("{PREFIX}{}", error.path.join(SEPARATOR).to_uppercase())
    } else {
        format!("{}: {}", file.display(), error.path.join("."))
    };
    let reason = match &error.kind {
        Kind::UnknownField(name, allowed) => {
            format!("allowed are {}, got {name:?}", allowed.join(", "))
        }
        Kind::UnknownVariant(name, allowed) => {
            format!("allowed are {}, got {name:?}", allowed.join(", "))
        }
        Kind::InvalidType(given, allowed) | Kind::InvalidValue(given, allowed) => {
            format!("{allowed} is allowed, got {given}")
        }
        Kind::MissingField(name) => format!("{name} is missing"),
        other => other.to_string(),
    };
    Error::Refused { place, reason }
}

fn listed(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Error, parse, read};
    use crate::app::config::{Schedule, ServerConfig};
    use std::ffi::OsString;
    use std::path::Path;

    fn variables(list: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        list.iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .collect()
    }

    fn parsed(text: &str, list: &[(&str, &str)]) -> Result<ServerConfig, String> {
        parse(Path::new("duecast.toml"), text, variables(list)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_is_the_defaults() {
        assert_eq!(parsed("", &[]), Ok(ServerConfig::default()));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let text = "[store]\nurl = \"sqlite:a.db\"\ncache = \"there\"\n";
        let config = parsed(text, &[("DUECAST_STORE__URL", "sqlite:b.db"), ("HOME", "/root")]).unwrap();
        assert_eq!(config.store.url, "sqlite:b.db");
        assert_eq!(config.store.cache, Path::new("there"));
    }

    #[test]
    fn a_schedule_may_be_a_word_or_a_number_of_invoices() {
        let weekly = parsed("training.schedule = \"weekly\"", &[]).unwrap();
        assert_eq!(weekly.training.schedule, Schedule::Weekly);
        let counted = parsed("", &[("DUECAST_TRAINING__SCHEDULE", "{paid_invoices=500}")]).unwrap();
        assert_eq!(counted.training.schedule, Schedule::PaidInvoices(500));
    }

    #[test]
    fn the_business_day_is_a_date() {
        let config = parsed("", &[("DUECAST_TODAY", "2026-03-29")]).unwrap();
        assert_eq!(
            config.today.map(|day| day.to_string()).as_deref(),
            Some("2026-03-29")
        );
    }

    #[test]
    fn an_unknown_key_is_told_the_file_and_what_is_allowed() {
        let refusal = parsed("[listen]\nadress = \"127.0.0.1:1\"\n", &[]).unwrap_err();
        assert!(refusal.contains("duecast.toml"), "{refusal}");
        assert!(
            refusal.contains("adress") && refusal.contains("metrics_address"),
            "{refusal}"
        );
    }

    #[test]
    fn an_unknown_variable_is_refused_by_its_name() {
        let refusal = parsed("", &[("DUECAST_LISTEN__PORT", "80")]).unwrap_err();
        assert!(refusal.contains("DUECAST_LISTEN__PORT"), "{refusal}");
    }

    #[test]
    fn variables_of_the_tests_are_no_configuration() {
        assert!(parsed("", &[("DUECAST_TEST_POSTGRES", "postgres://localhost/test")]).is_ok());
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let refusal = read(Some(Path::new("no/such.toml")), Vec::new()).unwrap_err();
        assert!(matches!(refusal, Error::File { .. }), "{refusal}");
    }

    #[test]
    fn what_is_no_toml_is_told_where() {
        let refusal = parse(Path::new("duecast.toml"), "listen = [", Vec::new()).unwrap_err();
        assert!(matches!(refusal, Error::Syntax { .. }), "{refusal}");
    }
}
