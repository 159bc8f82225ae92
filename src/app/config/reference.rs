//! The reference of the configuration: every key with its default and what it means, as a TOML file.

use toml::Value;

use super::ServerConfig;

/// A key of the file: a table, or a field of one.
struct Entry {
    /// The tables and the field.
    key: &'static str,
    /// What it means.
    doc: &'static str,
    /// What may stand there, where there is no default.
    example: Option<&'static str>,
}

const fn given(key: &'static str, doc: &'static str) -> Entry {
    Entry {
        key,
        doc,
        example: None,
    }
}

const fn absent(key: &'static str, doc: &'static str, example: &'static str) -> Entry {
    Entry {
        key,
        doc,
        example: Some(example),
    }
}

/// Every key, in the order of the file; the defaults themselves are those of [`ServerConfig`].
const ENTRIES: &[Entry] = &[
    absent(
        "today",
        "The business day, where it is fixed; left out: today in UTC.",
        r#""2026-03-29""#,
    ),
    given("listen", "Where it listens."),
    given("listen.address", "Address of the service."),
    given(
        "listen.metrics_address",
        "Address of `/metrics`; never the one of the service.",
    ),
    given(
        "listen.is_tls_terminated",
        "Whether something before the service ends TLS; without it no address but loopback is allowed.",
    ),
    given(
        "listen.shutdown_grace_s",
        "Seconds that requests in flight get when the service is told to stop.",
    ),
    given("store", "Where facts and state are kept."),
    given("store.url", "`sqlite:PATH` or `postgres://USER@HOST/DATABASE`."),
    given(
        "store.cache",
        "Folder of what can be made again from the store: the ledger in columns, models as files, uploads.",
    ),
    given("auth", "Who may call."),
    absent(
        "auth.oidc",
        "People with tokens of an identity provider; left out: keys alone.",
        "[auth.oidc]",
    ),
    absent(
        "auth.oidc.issuer",
        "The `iss` of every token.",
        r#""https://login.example.com""#,
    ),
    absent("auth.oidc.audience", "The `aud` of every token.", r#""duecast""#),
    absent(
        "auth.oidc.jwks",
        "Where the provider's keys are: an `https` URL, or a file.",
        r#""https://login.example.com/keys""#,
    ),
    absent(
        "auth.oidc.roles_claim",
        "Claim that lists the roles.",
        r#""duecast_roles""#,
    ),
    absent(
        "auth.oidc.entities_claim",
        "Claim that lists the legal entities; a token without it sees all.",
        r#""duecast_entities""#,
    ),
    absent(
        "auth.oidc.algorithms",
        "Signature algorithms that are believed; `none` and shared secrets never are.",
        r#"["RS256", "ES256", "EdDSA"]"#,
    ),
    given("limits", "How much one request and one key may take."),
    given(
        "limits.body_bytes_max",
        "Largest body of a request that is read whole, in bytes, after decompression.",
    ),
    given(
        "limits.upload_bytes_max",
        "Largest body of a bulk or file upload, in bytes, after decompression.",
    ),
    given("limits.line_bytes_max", "Largest line of NDJSON, in bytes."),
    given("limits.rows_max", "Largest number of rows of a JSON array."),
    given("limits.depth_max", "Deepest nesting of JSON."),
    given(
        "limits.header_timeout_s",
        "Seconds for the head of a request, and for the next one on a connection that is kept open.",
    ),
    given(
        "limits.request_timeout_s",
        "Seconds for a whole request, bulk and uploads excepted.",
    ),
    given(
        "limits.idle_timeout_s",
        "Seconds without a byte after which an upload is given up.",
    ),
    given(
        "limits.concurrency_max",
        "Requests at work at once; more are told to come back.",
    ),
    given(
        "limits.requests_per_second",
        "Requests a second of one key, on average.",
    ),
    given("limits.burst", "Requests of one key at once beyond the average."),
    given("limits.page_max", "Rows of one page."),
    given("limits.draws_max", "Draws of one simulation."),
    given(
        "training",
        "When models are trained, and what a new one must prove.",
    ),
    given("training.model", "The model that is trained by schedule."),
    given("training.seed", "Seed of the training sample."),
    given(
        "training.schedule",
        "`off`, `daily`, `weekly`, or `{ paid_invoices = 500 }`.",
    ),
    given("training.threads", "Threads of one training run."),
    given(
        "training.timeout_minutes",
        "Minutes after which a training run is stopped.",
    ),
    absent(
        "training.program",
        "The program that trains; absent: this one.",
        r#""/usr/local/bin/duecast""#,
    ),
    given("training.gate", "What a challenger must prove."),
    given(
        "training.gate.cutoffs",
        "Cut-offs of the time-split backtest, one a week, the last one `observed_days` before the ledger ends.",
    ),
    given(
        "training.gate.observed_days",
        "Days for which every cut-off must have been watched.",
    ),
    given(
        "training.gate.crps_difference_max_days",
        "Largest one-sided 95 % bound of challenger minus champion in CRPS, in days: 0 means better, shown.",
    ),
    given(
        "training.gate.baseline",
        "The baseline that no model may fall behind.",
    ),
    given(
        "training.gate.promotion",
        "Who decides when the gate is passed. `automatic`: the service, at once. `second_person`: somebody else than who asked for it.",
    ),
    given("monitors", "When drift is an alarm."),
    given(
        "monitors.psi_max",
        "Largest population stability index of a feature.",
    ),
    given(
        "monitors.calibration_error_max",
        "Largest expected calibration error of \"paid within 7 days\".",
    ),
    given(
        "monitors.coverage_min",
        "Lowest share of payments between P10 and P90.",
    ),
    given(
        "monitors.predictions_kept",
        "Invoices whose prediction is kept each day, chosen by a hash.",
    ),
    given(
        "monitors.matured_min",
        "Matured predictions below which calibration and coverage say nothing.",
    ),
    given("webhooks", "How events are delivered."),
    given(
        "webhooks.is_private_allowed",
        "Whether endpoints in private networks and plain `http` are allowed.",
    ),
    given("webhooks.timeout_s", "Seconds for one delivery."),
    given("webhooks.concurrency_max", "Deliveries at once."),
    given(
        "webhooks.backoff_s",
        "Seconds to wait after each failed attempt; after the last one the delivery is dead.",
    ),
];

const HEAD: &str = "\
# Configuration of `duecast serve`: every key with its default; all may be left out.
# A variable of the environment wins over the file: DUECAST_STORE__URL is url in [store].
# `duecast config check` reads it as the service does.
";

/// Returns a commented TOML file of every default.
#[must_use]
pub fn reference() -> String {
    let defaults = Value::try_from(ServerConfig::default()).expect("the defaults are plain values");
    let mut text = HEAD.to_owned();
    for entry in ENTRIES {
        let field = entry.key.rsplit('.').next().unwrap_or(entry.key);
        let lines = match (lookup(&defaults, entry.key), entry.example) {
            (Some(Value::Table(_)), _) => format!("\n# {}\n[{}]\n", entry.doc, entry.key),
            (Some(value), _) => format!("# {}\n{field} = {}\n", entry.doc, literal(value)),
            (None, Some(table)) if table.starts_with("[auth") => format!("\n# {}\n# {table}\n", entry.doc),
            (None, Some(example)) if entry.key == field => {
                format!("\n# {}\n# {field} = {example}\n", entry.doc)
            }
            (None, example) => format!("# {}\n# {field} = {}\n", entry.doc, example.unwrap_or_default()),
        };
        text.push_str(&lines);
    }
    text
}

fn lookup<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(value, |value, name| value.get(name))
}

/// Returns a value as TOML has it, on one line.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Float(number) => format!("{number:?}"),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(literal).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, lookup, reference};
    use crate::app::config::ServerConfig;
    use std::collections::BTreeSet;
    use toml::Value;

    fn keys(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
        for (name, inner) in value.as_table().into_iter().flatten() {
            let key = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            found.insert(key.clone());
            keys(inner, &key, found);
        }
    }

    #[test]
    fn the_reference_is_the_committed_file() {
        let committed = include_str!("../../../docs/duecast.toml");
        assert!(
            reference() == committed,
            "renew it: duecast config reference > docs/duecast.toml"
        );
    }

    #[test]
    fn the_reference_is_the_defaults() {
        let read: ServerConfig = toml::from_str(&reference()).unwrap();
        assert_eq!(read, ServerConfig::default());
    }

    #[test]
    fn every_key_is_explained_once() {
        let defaults = Value::try_from(ServerConfig::default()).unwrap();
        let mut there = BTreeSet::new();
        keys(&defaults, "", &mut there);
        let explained: BTreeSet<String> = ENTRIES.iter().map(|entry| entry.key.to_owned()).collect();
        assert_eq!(explained.len(), ENTRIES.len());
        assert_eq!(there.difference(&explained).count(), 0, "{there:?}");
        for entry in ENTRIES {
            let is_default = lookup(&defaults, entry.key).is_some();
            assert_eq!(is_default, entry.example.is_none(), "{}", entry.key);
        }
    }

    #[test]
    fn what_is_commented_out_can_be_read_as_well() {
        // Full keys stand before the first table, those of the commented table below its head.
        let (mut keys, mut table) = (String::new(), String::new());
        for entry in ENTRIES {
            match (entry.example, entry.key.strip_prefix("auth.oidc")) {
                (None, _) => {}
                (Some(head), Some("")) => table.push_str(&format!("{head}\n")),
                (Some(example), Some(field)) => table.push_str(&format!("{} = {example}\n", &field[1..])),
                (Some(example), None) => keys.push_str(&format!("{} = {example}\n", entry.key)),
            }
        }
        let text = keys + &table;
        let read: ServerConfig = toml::from_str(&text).unwrap();
        assert!(read.today.is_some() && read.auth.oidc.is_some() && read.training.program.is_some());
    }
}
