//! The program as a process of its own: started, asked over HTTP, told to stop, killed.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use duecast::app::config::Alias;
use duecast::app::registry::{NewVersion, Registry};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::service::morning;
use super::stores::TestStore;

/// Longer than anything takes that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The business day of every process.
const TODAY: &str = "2026-03-29";
const PROGRAM: &str = env!("CARGO_BIN_EXE_duecast");
/// How often something that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The program and what it is started with, each time on the same store.
pub(crate) struct Program {
    pub(crate) store: TestStore,
    variables: Vec<(String, String)>,
    is_limit_survived: bool,
    key: OnceLock<String>,
}

/// A process that listens.
pub(crate) struct Running {
    child: Child,
    /// Kept open: a process whose output is closed may end for that.
    _output: Lines<BufReader<ChildStdout>>,
    /// Where it is asked.
    pub(crate) address: String,
    /// Where its figures are.
    metrics_address: String,
    /// Asks with the first key, which is an admin's.
    pub(crate) ask: Asker,
}

/// Asks a process over HTTP; cheap to clone.
#[derive(Clone)]
pub(crate) struct Asker {
    client: Client,
    base: String,
    pub(crate) key: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` where the text is no JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Program {
    /// On a store that nobody else has open: what a killed process leaves is for the next one alone.
    pub(crate) async fn on(store: TestStore) -> Self {
        store.store.close().await;
        let program = Self {
            store,
            variables: Vec::new(),
            is_limit_survived: false,
            key: OnceLock::new(),
        };
        let cache = program.cache().display().to_string();
        program
            .set("STORE__CACHE", &cache)
            .set("LISTEN__ADDRESS", "127.0.0.1:0")
            .set("LISTEN__METRICS_ADDRESS", "127.0.0.1:0")
            .set("LIMITS__REQUESTS_PER_SECOND", "100000")
            .set("LIMITS__BURST", "100000")
    }

    /// With the committed model as champion.
    pub(crate) async fn with_champion(store: TestStore) -> Self {
        let registry = Registry::open(store.store.clone(), &store.path().join("cache"))
            .await
            .unwrap();
        let made = NewVersion {
            created_by: "test".to_owned(),
            created_at: morning(),
            proof: None,
            profile: None,
        };
        let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/demo");
        let version = registry.register(&model, made).await.unwrap();
        registry
            .set_alias(Alias::Champion, &version.version, None, "test", morning())
            .await
            .unwrap();
        Self::on(store).await
    }

    /// Sets a field of the configuration, by its name in the environment.
    pub(crate) fn set(mut self, field: &str, value: &str) -> Self {
        self.variables
            .push((format!("DUECAST_{field}"), value.to_owned()));
        self
    }

    /// Lets the process see a limit of files as an error, where it would else be killed by it.
    pub(crate) fn surviving_limits(mut self) -> Self {
        self.is_limit_survived = true;
        self
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.store.path().join("cache")
    }

    /// Everything that was written on standard error so far.
    pub(crate) fn log(&self) -> String {
        let bytes = std::fs::read(self.log_file()).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_file(&self) -> PathBuf {
        self.store.path().join("log")
    }

    /// Starts the process and waits until it answers.
    pub(crate) async fn start(&self) -> Running {
        let mut child = self.spawn();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = loop {
            let line = tokio::time::timeout(PATIENCE, output.next_line()).await;
            let Some(line) = line.expect("the service starts in time").unwrap() else {
                panic!("the service ended at its start: {}", self.log());
            };
            if let Some((_, key)) = line.split_once("shown this once: ") {
                self.key.set(key.to_owned()).unwrap();
            }
            if let Some(listens) = line.strip_prefix("duecast listens on http://") {
                break listens.to_owned();
            }
        };
        let (address, figures) = listens.split_once(", with figures on http://").unwrap();
        let running = Running {
            child,
            _output: output,
            address: address.to_owned(),
            metrics_address: figures.trim_end_matches("/metrics.").to_owned(),
            ask: Asker {
                client: client(),
                base: format!("http://{address}"),
                key: self
                    .key
                    .get()
                    .cloned()
                    .expect("the first start prints the first key"),
            },
        };
        assert_eq!(running.ask.get("/livez").await.status, 200);
        running
    }

    fn spawn(&self) -> Child {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())
            .unwrap();
        let mut command = if self.is_limit_survived {
            let mut shell = Command::new("sh");
            shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", PROGRAM]);
            shell
        } else {
            Command::new(PROGRAM)
        };
        command
            .args(["serve", "--today", TODAY, "--store", &self.store.url])
            .env("RUST_LOG", "info,duecast=trace")
            .envs(self.variables.iter().cloned())
            .current_dir(self.store.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Checks that the audit trail is the one that was written.
    pub(crate) async fn assert_audit_is_whole(&self) {
        let check = Command::new(PROGRAM)
            .args(["audit", "verify", "--store", &self.store.url])
            .current_dir(self.store.path())
            .output()
            .await
            .unwrap();
        assert!(
            check.status.success(),
            "{}",
            String::from_utf8_lossy(&check.stderr)
        );
    }
}

fn client() -> Client {
    Client::builder()
        .no_proxy()
        // Nothing here is encrypted: the certificates of the system need not be read.
        .tls_built_in_root_certs(false)
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

impl Running {
    /// Asks the port of the figures, without a key.
    pub(crate) async fn beside(&self, path: &str) -> Heard {
        let path = format!("http://{}{path}", self.metrics_address);
        hear(self.ask.client.get(path)).await.unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        let id = self.child.id().expect("it has not ended");
        Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
    }

    /// Kills it: it has no time for anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Tells it to stop, and does not wait for it.
    pub(crate) fn tell_to_stop(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends when it is told to").unwrap()
    }

    /// Tells it to stop, and checks that it ends well.
    pub(crate) async fn stop(self) {
        self.tell_to_stop();
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Asker {
    /// Begins a request with the key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
    }

    /// Asks, and expects an answer.
    pub(crate) async fn get(&self, path: &str) -> Heard {
        hear(self.request(Method::GET, path)).await.unwrap()
    }

    /// Sends JSON, perhaps into the void.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Heard> {
        hear(self.request(Method::POST, path).json(body)).await
    }

    /// Sends lines, perhaps into the void.
    pub(crate) async fn upload(&self, path: &str, kind: &str, body: String) -> reqwest::Result<Heard> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", kind)
            .header("prefer", "wait=60");
        hear(request.body(body)).await
    }

    /// Reads a list to its last page.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{separator}limit=1000{cursor}")).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            rows.extend(page.body["data"].as_array().unwrap().iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}

/// Sends a request and reads the answer to its end.
async fn hear(request: RequestBuilder) -> reqwest::Result<Heard> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await?;
    Ok(Heard {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    })
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
        "not in time: {what}"
    );
}
