//! A contract served in process: calls over its router, every answer measured by the contract's document.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use rescind_server::bootstrap::Bootstrap;
use rescind_server::hook::Hooks;
use rescind_server::id::Ids;
use rescind_server::keys::Keys;
use rescind_server::runtime::Matched;
use rescind_server::state::{Settings, State};
use rescind_server::store::{SqliteStore, Store};
use rescind_server::{Clock, Fault, Faults, Vendor, vendor};
use rescind_specs::{Contract, Direction};
use serde_json::Value;

/// What a requirement's test says.
pub(crate) type Verdict = Result<(), String>;

/// A requirement's id, and its test on a fresh deployment.
pub(crate) type Rule = (&'static str, fn(App) -> Pin<Box<dyn Future<Output = Verdict> + Send>>);

/// A broken requirement unless `holds`.
pub(crate) fn ensure(holds: bool, what: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// A table of rules from ids and async functions.
macro_rules! rules {
    ($($id:literal => $test:path),* $(,)?) => { &[$(($id, |app| Box::pin($test(app)))),*] };
}
pub(crate) use rules;

/// A deployment of one contract with a clock to move.
#[derive(Clone)]
pub(crate) struct App {
    contract: &'static Contract,
    pub(crate) state: State,
    pub(crate) start: Bootstrap,
    routes: Router,
    hooks: Hooks,
    breaches: Arc<Mutex<Vec<String>>>,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    None,
    Json(Value),
    Raw(&'static str, Vec<u8>),
}

/// An answer as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) media_type: String,
    pub(crate) text: String,
    /// The body, null if it is not JSON.
    pub(crate) body: Value,
}

impl Reply {
    /// The text at a pointer, empty if there is none.
    pub(crate) fn at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl App {
    /// A deployment in memory.
    pub(crate) async fn new(vendor: Vendor, faults: &[Fault]) -> Self {
        Self::with(vendor, faults, Settings::default()).await
    }

    /// A deployment in memory with other settings.
    pub(crate) async fn with(vendor: Vendor, faults: &[Fault], settings: Settings) -> Self {
        let ids = Ids::seeded(7);
        let keys = Keys::generate(&ids);
        let store = SqliteStore::in_memory(keys.sealer(), ids.clone()).await.unwrap();
        let clock = Clock::virtual_at("2026-01-15T10:30:00Z".parse().unwrap());
        Self::over(vendor, Arc::new(store), keys, clock, faults, settings).await
    }

    /// A deployment over a store that is there already.
    pub(crate) async fn over(
        vendor: Vendor,
        store: Arc<dyn Store>,
        keys: Keys,
        clock: Clock,
        faults: &[Fault],
        settings: Settings,
    ) -> Self {
        let faults: Faults = faults.iter().copied().collect();
        let ids = Ids::from_os().unwrap();
        let state = State::new(store, clock, ids, keys, faults, settings);
        let start = vendor::bootstrap(vendor, &state, &Bootstrap::default()).await.unwrap();
        let service = vendor::deploy(vendor, &state).unwrap();
        let contract = vendor.contract().unwrap();
        let (routes, hooks) = (service.routes, service.hooks);
        Self { contract, state, start, routes, hooks, breaches: Arc::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state.clock().now()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.state.clock().advance(Duration::from_secs(seconds)).unwrap();
    }

    /// Takes a step beside the API, about a credential if its id is given.
    pub(crate) async fn hook(&self, name: &str, credential: &str) {
        let credential = (!credential.is_empty()).then_some(credential);
        self.hooks.run(name, credential).await.unwrap();
    }

    /// Sends a request and measures the answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Payload,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Payload::None => request.body(Body::empty()),
            Payload::Json(value) => {
                request.header(CONTENT_TYPE, "application/json").body(Body::from(value.to_string()))
            }
            Payload::Raw("", bytes) => request.body(Body::from(bytes)),
            Payload::Raw(media_type, bytes) => {
                request.header(CONTENT_TYPE, media_type).body(Body::from(bytes))
            }
        };
        let response = TowerToHyperService::new(self.routes.clone()).call(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let media_type = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned());
        let reply = Reply {
            status: parts.status.as_u16(),
            media_type: media_type.unwrap_or_default(),
            headers: parts.headers.clone(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        if let Some(matched) = parts.extensions.get::<Matched>()
            && let Err(breach) = self.measure(matched, &reply)
        {
            self.breaches.lock().unwrap().push(format!("{}: {breach}", matched.operation()));
        }
        reply
    }

    /// Whether the document has this status for the operation, with this media type and a body like this.
    fn measure(&self, matched: &Matched, reply: &Reply) -> Verdict {
        let operation = self.contract.operation(matched.operation()).unwrap();
        let Some(response) = operation.responses.find(reply.status) else {
            // Statuses that were never seen are as open as the contract says.
            let open = self.contract.lifecycle().unwrap().incomplete.contains_key(matched.operation());
            let usual = open && (400..500).contains(&reply.status) && reply.status != 418;
            return ensure(usual, format!("status {} is not documented", reply.status));
        };
        for header in response.headers.iter().filter(|header| header.required) {
            let is_there = reply.headers.contains_key(&header.name);
            ensure(is_there, format!("header {} is not there", header.name))?;
        }
        if response.content.is_empty() {
            return Ok(());
        }
        let content = reply.media_type.parse().ok().and_then(|given| response.content_for(&given));
        let content =
            content.ok_or_else(|| format!("media type {:?} is not documented", reply.media_type))?;
        let Some(schema) = content.schema.as_ref().filter(|_| content.media_type.is_json()) else {
            return Ok(());
        };
        let validator = self.contract.validator(schema, Direction::Response).unwrap();
        let broken = validator.violations(&reply.body);
        ensure(broken.is_empty(), format!("the body breaks its schema: {broken:?}"))
    }

    /// Fails if an answer so far was not as documented.
    pub(crate) fn documented(&self) -> Verdict {
        let breaches = self.breaches.lock().unwrap();
        ensure(breaches.is_empty(), breaches.join("\n"))
    }
}

/// Runs rules, each on a fresh deployment, with the document as the last rule; returns those that are broken.
pub(crate) async fn broken(vendor: Vendor, rules: &[Rule], faults: &[Fault]) -> Vec<(&'static str, String)> {
    let mut broken = Vec::new();
    for (id, test) in rules {
        let app = App::new(vendor, faults).await;
        if let Err(reason) = test(app.clone()).await {
            broken.push((*id, reason));
        }
        if let Err(reason) = app.documented() {
            broken.push(("document", format!("{id}: {reason}")));
        }
    }
    broken
}

/// A body beyond all limits is refused like any other that is wrong.
pub(crate) async fn a_long_body_is_no_failure(app: App) -> Verdict {
    let body = vec![b'x'; app.state.limits().body + 1];
    let length = body.len().to_string();
    let posts = app.contract.operations().iter().filter(|operation| operation.method == Method::POST);
    for path in posts.map(|operation| operation.path.to_string()).filter(|path| !path.contains('{')) {
        let headers = [("content-length", length.as_str())];
        let reply =
            app.call(Method::POST, &path, &headers, Payload::Raw("application/json", body.clone())).await;
        ensure((400..500).contains(&reply.status), format!("{path}: {}", reply.status))?;
    }
    Ok(())
}

/// Every rule holds.
pub(crate) async fn hold(vendor: Vendor, rules: &[Rule]) {
    let broken = broken(vendor, rules, &[]).await;
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Every fault that is said to break a requirement of the contract breaks it; one that is said to break the document
/// alone breaks an answer or a rule about answers.
pub(crate) async fn faults_are_caught(vendor: Vendor, rules: &[Rule]) {
    let mut missed = Vec::new();
    // Those that need several servers have a test of their own.
    for fault in Fault::ALL.iter().filter(|fault| !fault.needs_replicas()) {
        let Some((_, claimed)) = vendor::breaks::of(*fault).find(|(broken, _)| *broken == vendor) else {
            continue;
        };
        let tested: Vec<Rule> = if claimed.is_empty() {
            rules.to_vec()
        } else {
            rules.iter().copied().filter(|(id, _)| claimed.contains(id)).collect()
        };
        let broken = broken(vendor, &tested, &[*fault]).await;
        if claimed.is_empty() && broken.is_empty() {
            missed.push(format!("{fault}: nothing broke"));
        }
        for id in claimed {
            if !broken.iter().any(|(known, _)| known == id) {
                missed.push(format!("{fault}: {id} held"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
