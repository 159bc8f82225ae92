//! The configuration of the service: one struct a concern, every field with its default and its range.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::Date;
use crate::model::ModelName;

/// Everything that `duecast serve` can be told; each table of the file is a field here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where it listens.
    pub listen: ListenConfig,
    /// Where facts and state are kept.
    pub store: StoreConfig,
    /// Who may call.
    pub auth: AuthConfig,
    /// How much one request and one key may take.
    pub limits: LimitConfig,
    /// When models are trained, and what a new one must prove.
    pub training: TrainingConfig,
    /// When drift is an alarm.
    pub monitors: MonitorConfig,
    /// How events are delivered.
    pub webhooks: WebhookConfig,
    /// The business day, where it is fixed: `2026-03-29`. Absent: today in UTC.
    pub today: Option<Date>,
}

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenConfig {
    /// Address of the service.
    pub address: SocketAddr,
    /// Address of `/metrics`; never the one of the service.
    pub metrics_address: SocketAddr,
    /// Whether something before the service ends TLS; without it no address but loopback is allowed.
    pub is_tls_terminated: bool,
    /// Seconds that requests in flight get when the service is told to stop.
    pub shutdown_grace_s: u64,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8650)),
            metrics_address: SocketAddr::from(([127, 0, 0, 1], 8651)),
            is_tls_terminated: false,
            shutdown_grace_s: 30,
        }
    }
}

/// Where facts and state are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// Folder of what can be made again from the store: the ledger in columns, models as files, uploads.
    pub cache: PathBuf,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: "sqlite:duecast.db".to_owned(),
            cache: PathBuf::from("duecast-cache"),
        }
    }
}

/// Who may call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// People with tokens of an identity provider; absent: keys alone.
    pub oidc: Option<OidcConfig>,
}

/// Which tokens are believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The `iss` of every token.
    pub issuer: String,
    /// The `aud` of every token.
    pub audience: String,
    /// Where the provider's keys are: an `https` URL, or a file.
    pub jwks: String,
    /// Claim that lists the roles.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// Claim that lists the legal entities; a token without it sees all.
    #[serde(default = "entities_claim")]
    pub entities_claim: String,
    /// Signature algorithms that are believed; `none` and shared secrets never are.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<String>,
}

fn roles_claim() -> String {
    "duecast_roles".to_owned()
}

fn entities_claim() -> String {
    "duecast_entities".to_owned()
}

fn algorithms() -> Vec<String> {
    vec!["RS256".to_owned(), "ES256".to_owned(), "EdDSA".to_owned()]
}

/// How much one request and one key may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitConfig {
    /// Largest body of a request that is read whole, in bytes, after decompression.
    pub body_bytes_max: usize,
    /// Largest body of a bulk or file upload, in bytes, after decompression.
    pub upload_bytes_max: u64,
    /// Largest line of NDJSON, in bytes.
    pub line_bytes_max: usize,
    /// Largest number of rows of a JSON array.
    pub rows_max: usize,
    /// Deepest nesting of JSON.
    pub depth_max: usize,
    /// Seconds for the head of a request, and for the next one on a connection that is kept open.
    pub header_timeout_s: u64,
    /// Seconds for a whole request, bulk and uploads excepted.
    pub request_timeout_s: u64,
    /// Seconds without a byte after which an upload is given up.
    pub idle_timeout_s: u64,
    /// Requests at work at once; more are told to come back.
    pub concurrency_max: usize,
    /// Requests a second of one key, on average.
    pub requests_per_second: u32,
    /// Requests of one key at once beyond the average.
    pub burst: u32,
    /// Rows of one page.
    pub page_max: u32,
    /// Draws of one simulation.
    pub draws_max: u32,
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 4 << 20,
            upload_bytes_max: 16 << 30,
            line_bytes_max: 1 << 20,
            rows_max: 10_000,
            depth_max: 16,
            header_timeout_s: 75,
            request_timeout_s: 60,
            idle_timeout_s: 60,
            concurrency_max: 512,
            requests_per_second: 1_000,
            burst: 2_000,
            page_max: 1_000,
            draws_max: 10_000,
        }
    }
}

/// When models are trained, and what a new one must prove.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// The model that is trained by schedule.
    pub model: String,
    /// Seed of the training sample.
    pub seed: u64,
    /// `off`, `daily`, `weekly`, or `{ paid_invoices = 500 }`.
    pub schedule: Schedule,
    /// Threads of one training run.
    pub threads: usize,
    /// Minutes after which a training run is stopped.
    pub timeout_minutes: u64,
    /// The program that trains; absent: this one.
    pub program: Option<PathBuf>,
    /// What a challenger must prove.
    pub gate: GateConfig,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            model: ModelName::DEFAULT.to_string(),
            seed: 1,
            schedule: Schedule::Off,
            threads: 1,
            timeout_minutes: 120,
            program: None,
            gate: GateConfig::default(),
        }
    }
}

/// When a model is trained without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Never.
    #[default]
    Off,
    /// At the turn of each business day.
    Daily,
    /// At the turn of each Monday.
    Weekly,
    /// After that many invoices were paid in full since the last run.
    PaidInvoices(u64),
}

/// What a challenger must prove before it may become champion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateConfig {
    /// Cut-offs of the time-split backtest, one a week, the last one `observed_days` before the ledger ends.
    pub cutoffs: u32,
    /// Days for which every cut-off must have been watched.
    pub observed_days: u32,
    /// Largest one-sided 95 % bound of challenger minus champion in CRPS, in days: 0 means better, shown.
    pub crps_difference_max_days: f64,
    /// The baseline that no model may fall behind.
    pub baseline: String,
    /// Who decides when the gate is passed.
    pub promotion: Promotion,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            cutoffs: 6,
            observed_days: 28,
            crps_difference_max_days: 0.0,
            baseline: ModelName::CustomerHistogram.to_string(),
            promotion: Promotion::SecondPerson,
        }
    }
}

/// Who promotes a challenger that passed the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promotion {
    /// The service, at once.
    Automatic,
    /// Somebody else than who asked for it.
    #[default]
    SecondPerson,
}

/// When drift is an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonitorConfig {
    /// Largest population stability index of a feature.
    pub psi_max: f64,
    /// Largest expected calibration error of "paid within 7 days".
    pub calibration_error_max: f64,
    /// Lowest share of payments between P10 and P90.
    pub coverage_min: f64,
    /// Invoices whose prediction is kept each day, chosen by a hash.
    pub predictions_kept: usize,
    /// Matured predictions below which calibration and coverage say nothing.
    pub matured_min: usize,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            psi_max: 0.25,
            calibration_error_max: 0.05,
            coverage_min: 0.70,
            predictions_kept: 5_000,
            matured_min: 200,
        }
    }
}

/// How events are delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// Whether endpoints in private networks and plain `http` are allowed.
    pub is_private_allowed: bool,
    /// Seconds for one delivery.
    pub timeout_s: u64,
    /// Deliveries at once.
    pub concurrency_max: usize,
    /// Seconds to wait after each failed attempt; after the last one the delivery is dead.
    pub backoff_s: Vec<u64>,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            is_private_allowed: false,
            timeout_s: 10,
            concurrency_max: 8,
            backoff_s: vec![5, 60, 300, 1_800, 7_200, 18_000, 36_000, 86_400],
        }
    }
}

/// A name under which a model is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alias {
    /// The one that answers.
    Champion,
    /// The one that wants to.
    Challenger,
    /// One that is scored beside the champion and never answers.
    Shadow,
}

impl Alias {
    /// Every alias.
    pub const ALL: [Self; 3] = [Self::Champion, Self::Challenger, Self::Shadow];

    /// Returns the name in paths and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
            Self::Shadow => "shadow",
        }
    }

    /// Returns the alias of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alias| alias.name() == name)
    }
}
