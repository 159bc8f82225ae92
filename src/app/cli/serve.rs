//! `duecast serve`: the service, from its first start to its orderly end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use super::arguments::date;
use super::screen::Screen;
use crate::app::clock::Clock;
use crate::app::config::{self, ListenConfig, ServerConfig};
use crate::app::http::limits::Capacity;
use crate::app::http::server::{self, Patience};
use crate::app::http::{self, metrics};
use crate::app::interrupt;
use crate::app::jobs;
use crate::app::service::keys;
use crate::app::state::{App, AppState};
use crate::app::store::Store;
use crate::domain::Date;

/// How often figures that were collected are folded together, also when nobody asks for them.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Time for work on other threads after everything is closed; what is left then changes nothing any more.
const THREADS_GRACE: Duration = Duration::from_secs(1);

/// Run the service: facts in, predictions, forecasts and key figures out, over HTTP
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// TOML file; without one, `duecast.toml` in the working folder if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The business day, written YYYY-MM-DD, which then stays the same; without one, today in UTC.
    #[arg(long, value_name = "DATE", value_parser = date)]
    today: Option<Date>,
    /// Where facts and state are kept: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl Arguments {
    /// The configuration, with what the command line says instead.
    fn configuration(&self) -> Result<ServerConfig, config::Error> {
        let mut config = config::load(self.config.as_deref())?;
        if let Some(url) = &self.store {
            config.store.url.clone_from(url);
        }
        config.today = self.today.or(config.today);
        config::check(&config)?;
        Ok(config)
    }
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let config = arguments.configuration()?;
    begin_log()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the service")?;
    let ended = runtime.block_on(serve(config, screen));
    runtime.shutdown_timeout(THREADS_GRACE);
    ended
}

/// Logs to standard error, one JSON object a line; `RUST_LOG` says how much.
fn begin_log() -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|error| anyhow!(error).context("cannot begin the log"))
}

async fn serve(config: ServerConfig, screen: &Screen) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    obey_signals(&stop)?;
    let grace = Duration::from_secs(config.listen.shutdown_grace_s);
    let patience = Patience::new(&config.limits, grace);
    let capacity = Capacity::new(&config.limits);
    let (listener, metrics_listener, app) = tokio::select! {
        opened = open(config, screen) => opened?,
        () = stop.cancelled() => return Ok(()),
    };
    let figures = metrics::install()?;
    let beside = [
        tokio::spawn(server::serve(
            metrics_listener,
            metrics::router(Arc::clone(&app), figures.clone()),
            patience,
            stop.clone(),
        )),
        tokio::spawn(keep_figures(figures, stop.clone())),
        tokio::spawn(build_book(Arc::clone(&app))),
    ];
    let jobs = jobs::start(&app);
    let router = http::router(Arc::clone(&app), capacity.clone());
    server::serve(listener, router, patience, stop).await;
    tracing::info!("the service stops; it accepts nothing more");
    if tokio::time::timeout(grace, capacity.emptied()).await.is_err() {
        tracing::warn!("requests were still at work at the end of the grace");
    }
    jobs.stop().await;
    app.operations.drain(grace).await;
    for task in beside {
        task.abort();
    }
    close(&app).await
}

/// Opens everything the service holds, and the two ports; nobody is answered yet.
async fn open(config: ServerConfig, screen: &Screen) -> anyhow::Result<(TcpListener, TcpListener, App)> {
    let clock = Clock::system(config.today);
    let store = Store::connect(&config.store.url).await?;
    let now = clock.now();
    let is_keyless = !store.api_keys().await?.iter().any(|key| key.is_active(now));
    check_exposure(&config.listen, is_keyless && config.auth.oidc.is_none())?;
    let listener = bind("listen.address", config.listen.address).await?;
    let metrics_listener = bind("listen.metrics_address", config.listen.metrics_address).await?;
    let first_key = if config.listen.address.ip().is_loopback() {
        keys::first_key(&store, &clock).await?
    } else {
        None
    };
    let addresses = (listener.local_addr()?, metrics_listener.local_addr()?);
    let app = AppState::open(config, store, clock).await?;
    if let Some(key) = first_key {
        screen.line(format!(
            "The first key, with the role admin, shown this once: {key}"
        ))?;
    }
    screen.line(format!(
        "duecast listens on http://{}, with figures on http://{}/metrics.",
        addresses.0, addresses.1
    ))?;
    Ok((listener, metrics_listener, app))
}

/// Refuses to be reached from outside without encryption, or by anybody without a key.
fn check_exposure(listen: &ListenConfig, is_open_to_anybody: bool) -> anyhow::Result<()> {
    if listen.address.ip().is_loopback() {
        return Ok(());
    }
    let mut remedies = Vec::new();
    if !listen.is_tls_terminated {
        remedies.push("end TLS before the service and set listen.is_tls_terminated = true");
    }
    if is_open_to_anybody {
        remedies.push("create a key with `duecast keys create`, or set [auth.oidc]");
    }
    if remedies.is_empty() {
        return Ok(());
    }
    bail!(
        "listen.address {} can be reached from other machines: {}; or listen on 127.0.0.1",
        listen.address,
        remedies.join(", and ")
    )
}

async fn bind(key: &str, address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {key} {address}"))
}

/// Stops the service in order at the first signal, and at once at the second.
fn obey_signals(stop: &CancellationToken) -> anyhow::Result<()> {
    let terminate = signal(SignalKind::terminate()).context("cannot listen to SIGTERM")?;
    let interrupt = signal(SignalKind::interrupt()).context("cannot listen to SIGINT")?;
    tokio::spawn(obey(terminate, interrupt, stop.clone()));
    Ok(())
}

async fn obey(mut terminate: Signal, mut interrupt: Signal, stop: CancellationToken) {
    for is_second in [false, true] {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if is_second {
            interrupt::abandon();
            std::process::exit(interrupt::EXIT_INTERRUPTED);
        }
        stop.cancel();
    }
}

/// Builds the book; until then `/readyz` says that the service is not ready.
async fn build_book(app: App) {
    if let Err(error) = app.book.rebuild().await {
        tracing::warn!(
            error = &error as &(dyn std::error::Error + 'static),
            "the book is not built; it is built at the first question that needs it"
        );
    }
}

async fn keep_figures(figures: PrometheusHandle, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(UPKEEP_EVERY) => figures.run_upkeep(),
        }
    }
}

/// Writes what is only in memory, and closes the store.
async fn close(app: &App) -> anyhow::Result<()> {
    let ledger = Arc::clone(&app.ledger);
    // The columns can be made again from the store: without them the next start only takes longer.
    match tokio::task::spawn_blocking(move || ledger.save()).await? {
        Ok(()) => {}
        Err(error) => tracing::warn!(
            error = &error as &(dyn std::error::Error + 'static),
            "the columns of the ledger could not be saved"
        ),
    }
    app.actions.flush().await;
    app.store.close().await;
    tracing::info!("the service has ended");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_exposure;
    use crate::app::config::ListenConfig;

    fn exposed(is_tls_terminated: bool) -> ListenConfig {
        ListenConfig {
            address: "0.0.0.0:8650".parse().unwrap(),
            is_tls_terminated,
            ..ListenConfig::default()
        }
    }

    #[test]
    fn on_loopback_nothing_more_is_asked() {
        assert!(check_exposure(&ListenConfig::default(), true).is_ok());
    }

    #[test]
    fn beyond_loopback_both_remedies_are_told_at_once() {
        let refusal = check_exposure(&exposed(false), true).unwrap_err().to_string();
        assert!(refusal.contains("is_tls_terminated = true"), "{refusal}");
        assert!(refusal.contains("duecast keys create"), "{refusal}");
    }

    #[test]
    fn with_encryption_and_keys_it_may_be_reached() {
        assert!(check_exposure(&exposed(true), false).is_ok());
        assert!(check_exposure(&exposed(true), true).is_err());
    }
}
