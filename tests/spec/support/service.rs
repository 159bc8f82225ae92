//! The whole service in this process, on a store of its own, asked without a socket.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::future::Future;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use chrono::{DateTime, Utc};
use duecast::app::access::{Principal, Role, Scope};
use duecast::app::clock::Clock;
use duecast::app::config::{Alias, ServerConfig};
use duecast::app::http;
use duecast::app::registry::NewVersion;
use duecast::app::service::keys::{self, NewKey};
use duecast::app::state::{App, AppState};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::stores::TestStore;

/// The tables of the sample ledger, those first that others refer to.
pub(crate) const SAMPLE: [&str; 8] = [
    "customers",
    "invoices",
    "payments",
    "credit_notes",
    "disputes",
    "promises",
    "actions",
    "fx_rates",
];

/// A service on an empty ledger, with a champion, on the business day 2026-03-29.
pub(crate) struct Service {
    app: App,
    router: Router,
    keys: BTreeMap<Role, String>,
    store: TestStore,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `Null` where the text is no JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// A client with a key of its own.
pub(crate) struct Client<'a> {
    service: &'a Service,
    key: String,
}

impl Service {
    /// With an empty ledger.
    pub(crate) async fn start() -> Self {
        Self::on(TestStore::usual().await, |_| {}).await
    }

    /// With the sample ledger.
    pub(crate) async fn with_sample() -> Self {
        let service = Self::start().await;
        service.load_sample().await;
        service
    }

    /// With the sample ledger and no model.
    pub(crate) async fn with_sample_without_model() -> Self {
        let service = Self::bare(TestStore::usual().await, |_| {}).await;
        service.load_sample().await;
        service
    }

    /// With a configuration that is changed first.
    pub(crate) async fn configured(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::on(TestStore::usual().await, change).await
    }

    /// On the store given.
    pub(crate) async fn on(store: TestStore, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let service = Self::bare(store, change).await;
        service.crown().await;
        service
    }

    /// On the store given, without a model.
    async fn bare(store: TestStore, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let mut config = ServerConfig::default();
        config.store.url.clone_from(&store.url);
        config.store.cache = store.path().join("cache");
        config.training.program = Some(env!("CARGO_BIN_EXE_duecast").into());
        change(&mut config);
        let clock = Clock::manual(morning());
        let app = AppState::open(config, store.store.clone(), clock).await.unwrap();
        let mut keys = BTreeMap::new();
        for role in Role::ALL {
            keys.insert(role, new_key(&app, role, Scope::All).await);
        }
        Self {
            router: http::app(app.clone()),
            app,
            keys,
            store,
        }
    }

    /// Makes the committed model the champion.
    async fn crown(&self) {
        let made = NewVersion {
            created_by: "test".to_owned(),
            created_at: self.app.clock.now(),
            proof: None,
            profile: None,
        };
        let registry = &self.app.registry;
        let version = registry.register("models/demo".as_ref(), made).await.unwrap();
        let at = self.app.clock.now();
        registry
            .set_alias(Alias::Champion, &version.version, None, "test", at)
            .await
            .unwrap();
        self.app.book.rebuild().await.unwrap();
    }

    /// Loads the sample ledger as a newcomer does.
    pub(crate) async fn load_sample(&self) {
        for table in SAMPLE {
            let Ok(csv) = std::fs::read(format!("data/sample/{table}.csv")) else {
                continue;
            };
            let request = Request::post(format!("/v1/{table}:bulk"))
                .header(header::CONTENT_TYPE, "text/csv")
                .body(Body::from(csv))
                .unwrap();
            let reply = self.send(request).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let summary: Value = serde_json::from_str(reply.text.lines().last().unwrap()).unwrap();
            assert_eq!(summary["summary"]["rejected"], 0, "{table}: {}", reply.text);
        }
        if self.app.registry.alias(Alias::Champion).is_some() {
            self.app.book.rebuild().await.unwrap();
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn store(&self) -> &TestStore {
        &self.store
    }

    /// Asks as a role that sees every entity.
    pub(crate) fn as_role(&self, role: Role) -> Client<'_> {
        Client {
            service: self,
            key: self.keys[&role].clone(),
        }
    }

    /// Asks as a role that sees some entities alone.
    pub(crate) async fn as_scoped(&self, role: Role, entities: &[&str]) -> Client<'_> {
        let seen = entities.iter().map(|entity| (*entity).to_owned()).collect();
        Client {
            service: self,
            key: new_key(&self.app, role, Scope::Entities(seen)).await,
        }
    }

    /// Asks as admin.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.as_role(Role::Admin).get(path).await
    }

    /// Posts JSON as admin.
    pub(crate) async fn post(&self, path: &str, body: impl Borrow<Value>) -> Reply {
        self.as_role(Role::Admin).post(path, body.borrow()).await
    }

    /// Sends a request; without a key of its own, as admin.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        self.as_role(Role::Admin).send(request).await
    }

    /// Sends a request just as it is.
    pub(crate) async fn send_as_it_is(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }
}

impl Client<'_> {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Borrow<Value>) -> Reply {
        self.json(Method::POST, path, body.borrow()).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Reply {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.key)).unwrap();
        request
            .headers_mut()
            .entry(header::AUTHORIZATION)
            .or_insert(bearer);
        self.service.send_as_it_is(request).await
    }
}

/// Runs a test on a store of each kind.
pub(crate) async fn for_each_store<F: Future<Output = ()>>(test: impl Fn(Service) -> F) {
    for store in TestStore::of_each_kind().await {
        test(Service::on(store, |_| {}).await).await;
    }
}

/// The instant at which every test begins.
pub(crate) fn morning() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-03-29T08:00:00Z")
        .unwrap()
        .to_utc()
}

async fn new_key(app: &App, role: Role, scope: Scope) -> String {
    let new = NewKey {
        name: format!("test {}", role.name()),
        roles: [role].into(),
        scope,
        expires_at: None,
    };
    let by = Principal::system();
    let made = keys::create(&app.store, new, &by, app.clock.now()).await.unwrap();
    // As the route does: keys are looked up in the store every few seconds only.
    app.gate.forget_keys();
    made.secret
}
