//! What the values of a configuration must be beyond their type; every finding at once.

use std::fmt;
use std::path::Path;

use super::{OidcConfig, Schedule, ServerConfig};
use crate::model::ModelName;

/// Signature algorithms of tokens that may be believed; shared secrets and `none` are not among them.
const ALGORITHMS: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table and the field.
    pub key: &'static str,
    /// What is allowed.
    pub allowed: String,
    /// What was given.
    pub given: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} is allowed, got {}",
            self.key, self.allowed, self.given
        )
    }
}

/// Returns every value that cannot be used.
#[must_use]
pub fn validate(config: &ServerConfig) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    findings.listen(config);
    findings.store(config);
    if let Some(oidc) = &config.auth.oidc {
        findings.oidc(oidc);
    }
    findings.limits(config);
    findings.training(config);
    findings.monitors(config);
    findings.webhooks(config);
    findings.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn unless(&mut self, is_fine: bool, key: &'static str, allowed: &str, given: &dyn fmt::Display) {
        if !is_fine {
            self.0.push(Finding {
                key,
                allowed: allowed.to_owned(),
                given: given.to_string(),
            });
        }
    }

    fn at_least_one(&mut self, key: &'static str, given: u64) {
        self.unless(given >= 1, key, "1 or more", &given);
    }

    fn seconds(&mut self, key: &'static str, given: u64) {
        self.unless((1..=86_400).contains(&given), key, "1 to 86400 seconds", &given);
    }

    fn share(&mut self, key: &'static str, given: f64) {
        self.unless((0.0..=1.0).contains(&given), key, "a share from 0 to 1", &given);
    }

    fn model(&mut self, key: &'static str, given: &str) {
        let all = ModelName::ALL.map(ModelName::as_str).join(", ");
        self.unless(
            given.parse::<ModelName>().is_ok(),
            key,
            &all,
            &format!("{given:?}"),
        );
    }

    fn listen(&mut self, config: &ServerConfig) {
        let listen = &config.listen;
        // Port 0 asks for any free port, so two of them never meet.
        let is_apart = listen.address != listen.metrics_address || listen.address.port() == 0;
        self.unless(
            is_apart,
            "listen.metrics_address",
            "another address than listen.address",
            &listen.metrics_address,
        );
        self.unless(
            listen.shutdown_grace_s <= 86_400,
            "listen.shutdown_grace_s",
            "0 to 86400 seconds",
            &listen.shutdown_grace_s,
        );
    }

    fn store(&mut self, config: &ServerConfig) {
        let url = &config.store.url;
        let is_known = ["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        // A URL may carry a password: only its kind is shown.
        let kind = url.split_once(':').map_or("", |(kind, _)| kind);
        self.unless(
            is_known,
            "store.url",
            "`sqlite:PATH` or `postgres://USER@HOST/DATABASE`",
            &format!("a URL of the kind {kind:?}"),
        );
        self.unless(
            config.store.cache != Path::new(""),
            "store.cache",
            "the path of a folder",
            &"nothing",
        );
    }

    fn oidc(&mut self, oidc: &OidcConfig) {
        for (key, value) in [
            ("auth.oidc.issuer", &oidc.issuer),
            ("auth.oidc.audience", &oidc.audience),
            ("auth.oidc.roles_claim", &oidc.roles_claim),
            ("auth.oidc.entities_claim", &oidc.entities_claim),
        ] {
            self.unless(!value.trim().is_empty(), key, "a text", &"nothing");
        }
        let jwks = &oidc.jwks;
        self.unless(
            !jwks.is_empty() && !jwks.starts_with("http://"),
            "auth.oidc.jwks",
            "an https URL or a file",
            &format!("{jwks:?}"),
        );
        let all = ALGORITHMS.join(", ");
        self.unless(
            !oidc.algorithms.is_empty(),
            "auth.oidc.algorithms",
            &format!("one or more of {all}"),
            &"none",
        );
        for algorithm in &oidc.algorithms {
            self.unless(
                ALGORITHMS.contains(&algorithm.as_str()),
                "auth.oidc.algorithms",
                &all,
                &format!("{algorithm:?}"),
            );
        }
    }

    fn limits(&mut self, config: &ServerConfig) {
        let limits = &config.limits;
        for (key, given) in [
            ("limits.body_bytes_max", limits.body_bytes_max),
            ("limits.line_bytes_max", limits.line_bytes_max),
            ("limits.rows_max", limits.rows_max),
        ] {
            self.unless(given >= 1, key, "1 or more", &given);
        }
        self.unless(
            u64::try_from(limits.line_bytes_max).is_ok_and(|line| line <= limits.upload_bytes_max),
            "limits.upload_bytes_max",
            "limits.line_bytes_max or more",
            &limits.upload_bytes_max,
        );
        // serde_json itself stops at 128.
        self.unless(
            (4..=100).contains(&limits.depth_max),
            "limits.depth_max",
            "4 to 100",
            &limits.depth_max,
        );
        self.seconds("limits.header_timeout_s", limits.header_timeout_s);
        self.seconds("limits.request_timeout_s", limits.request_timeout_s);
        self.seconds("limits.idle_timeout_s", limits.idle_timeout_s);
        self.unless(
            (1..=100_000).contains(&limits.concurrency_max),
            "limits.concurrency_max",
            "1 to 100000",
            &limits.concurrency_max,
        );
        self.at_least_one(
            "limits.requests_per_second",
            u64::from(limits.requests_per_second),
        );
        self.at_least_one("limits.burst", u64::from(limits.burst));
        self.at_least_one("limits.page_max", u64::from(limits.page_max));
        self.at_least_one("limits.draws_max", u64::from(limits.draws_max));
    }

    fn training(&mut self, config: &ServerConfig) {
        let training = &config.training;
        self.model("training.model", &training.model);
        self.model("training.gate.baseline", &training.gate.baseline);
        if let Schedule::PaidInvoices(count) = training.schedule {
            self.at_least_one("training.schedule", count);
        }
        self.unless(
            (1..=1_024).contains(&training.threads),
            "training.threads",
            "1 to 1024",
            &training.threads,
        );
        self.at_least_one("training.timeout_minutes", training.timeout_minutes);
        let gate = &training.gate;
        self.unless(
            (2..=520).contains(&gate.cutoffs),
            "training.gate.cutoffs",
            "2 to 520 cut-offs",
            &gate.cutoffs,
        );
        self.unless(
            (1..=730).contains(&gate.observed_days),
            "training.gate.observed_days",
            "1 to 730 days",
            &gate.observed_days,
        );
        self.unless(
            gate.crps_difference_max_days.is_finite(),
            "training.gate.crps_difference_max_days",
            "a number of days",
            &gate.crps_difference_max_days,
        );
    }

    fn monitors(&mut self, config: &ServerConfig) {
        let monitors = &config.monitors;
        self.unless(
            monitors.psi_max.is_finite() && monitors.psi_max > 0.0,
            "monitors.psi_max",
            "more than 0",
            &monitors.psi_max,
        );
        self.share("monitors.calibration_error_max", monitors.calibration_error_max);
        self.share("monitors.coverage_min", monitors.coverage_min);
        self.unless(
            monitors.matured_min >= 1,
            "monitors.matured_min",
            "1 or more",
            &monitors.matured_min,
        );
    }

    fn webhooks(&mut self, config: &ServerConfig) {
        let webhooks = &config.webhooks;
        self.seconds("webhooks.timeout_s", webhooks.timeout_s);
        self.unless(
            (1..=1_000).contains(&webhooks.concurrency_max),
            "webhooks.concurrency_max",
            "1 to 1000",
            &webhooks.concurrency_max,
        );
        self.unless(
            !webhooks.backoff_s.is_empty(),
            "webhooks.backoff_s",
            "one number of seconds or more",
            &"none",
        );
        for wait in &webhooks.backoff_s {
            self.unless(
                (1..=2_592_000).contains(wait),
                "webhooks.backoff_s",
                "1 to 2592000 seconds",
                wait,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::app::config::ServerConfig;

    fn keys(config: &ServerConfig) -> Vec<&'static str> {
        validate(config).into_iter().map(|finding| finding.key).collect()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(keys(&ServerConfig::default()), Vec::<&str>::new());
    }

    #[test]
    fn every_finding_is_told_at_once() {
        let mut config = ServerConfig::default();
        config.listen.metrics_address = config.listen.address;
        config.training.model = "oracle".to_owned();
        config.webhooks.backoff_s.clear();
        config.monitors.coverage_min = f64::NAN;
        assert_eq!(
            keys(&config),
            [
                "listen.metrics_address",
                "training.model",
                "monitors.coverage_min",
                "webhooks.backoff_s",
            ]
        );
    }

    #[test]
    fn two_free_ports_are_two_addresses() {
        let mut config = ServerConfig::default();
        config.listen.address.set_port(0);
        config.listen.metrics_address.set_port(0);
        assert_eq!(keys(&config), Vec::<&str>::new());
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let mut config = ServerConfig::default();
        config.store.url = "mysql://me:secret@host/db".to_owned();
        let findings = validate(&config);
        assert_eq!(findings.len(), 1);
        assert!(!format!("{findings:?}").contains("secret"));
    }

    #[test]
    fn shared_secrets_sign_no_token() {
        let text = "[oidc]\nissuer = \"https://id\"\naudience = \"a\"\njwks = \"keys.json\"\nalgorithms = [\"HS256\"]\n";
        let config = ServerConfig {
            auth: toml::from_str(text).unwrap(),
            ..ServerConfig::default()
        };
        assert_eq!(keys(&config), ["auth.oidc.algorithms"]);
    }
}
