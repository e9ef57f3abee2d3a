//! What there is to count, for Prometheus. Labels come from the contracts, the catalogue of faults and lists of this
//! crate; nothing that a caller sends becomes one.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use rescind_specs::OperationId;

use crate::connection::End;
use crate::fault::Faults;
use crate::runtime::{Authentication, Matched};
use crate::served::Contracts;

/// The media type of what [`Metrics::render`] writes.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the durations that are told apart, in seconds.
const BUCKETS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// All counts of a server. Clones are handles on the same counts.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Operation, Histogram, fn() -> Histogram>,
    under_way: Gauge,
    authentications: Family<Authenticated, Counter>,
    lifecycle: Family<Step, Counter>,
    opened: Family<Listener, Counter>,
    open: Family<Listener, Gauge>,
    closed: Family<(Listener, Ended), Counter>,
    turned_away: Family<Listener, Counter>,
    received: Family<Listener, Counter>,
    sent: Family<Listener, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Nothing is counted yet. Of `faults` it is told which are on when somebody asks.
    pub fn new(faults: &Faults) -> Self {
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut inner = Inner {
            registry: Registry::with_prefix("rescind"),
            requests: Family::default(),
            durations,
            under_way: Gauge::default(),
            authentications: Family::default(),
            lifecycle: Family::default(),
            opened: Family::default(),
            open: Family::default(),
            closed: Family::default(),
            turned_away: Family::default(),
            received: Family::default(),
            sent: Family::default(),
        };
        inner.register(faults);
        Self(Arc::new(inner))
    }

    /// The counts in the text format of OpenMetrics, which Prometheus reads.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// The counts of the requests to these contracts.
    pub(crate) fn meter(&self, contracts: &Contracts) -> Meter {
        Meter(Arc::new(Counted { metrics: self.clone(), roles: Roles::new(contracts) }))
    }

    fn answered(
        &self,
        roles: &Roles,
        matched: Option<&Matched>,
        authentication: Option<Authentication>,
        status: StatusCode,
        took: Duration,
    ) {
        let operation = Operation(matched.cloned());
        if let (Some(matched), Some(outcome)) = (matched, authentication) {
            let labels = Authenticated { contract: matched.contract().clone(), outcome };
            self.0.authentications.get_or_create(&labels).inc();
        }
        if let Some(matched) = matched.filter(|_| status.is_success())
            && let Some(role) = roles.of(matched)
        {
            self.0.lifecycle.get_or_create(&Step { contract: matched.contract().clone(), role }).inc();
        }
        self.0.durations.get_or_create(&operation).observe(took.as_secs_f64());
        self.0.requests.get_or_create(&Answered { operation, class: class(status) }).inc();
    }

    /// The counts of the connections of a listener, which has this name.
    pub(crate) fn traffic(&self, listener: &'static str) -> Traffic {
        let listener = Listener { listener };
        let counts = &self.0;
        Traffic {
            listener,
            opened: counts.opened.get_or_create_owned(&listener),
            open: counts.open.get_or_create_owned(&listener),
            closed: counts.closed.clone(),
            turned_away: counts.turned_away.get_or_create_owned(&listener),
            received: counts.received.get_or_create_owned(&listener),
            sent: counts.sent.get_or_create_owned(&listener),
        }
    }
}

impl Inner {
    fn register(&mut self, faults: &Faults) {
        let registry = &mut self.registry;
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register(
            "requests",
            "Requests answered, by contract, operation and class of the status; unmatched ones meant no operation",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from the headers of a request to those of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("requests_under_way", "Requests being answered", self.under_way.clone());
        registry.register(
            "authentications",
            "Credentials accepted, refused, or missing where one is required",
            self.authentications.clone(),
        );
        registry.register(
            "credential_operations",
            "Successful answers of the operations that issue, exchange and revoke credentials",
            self.lifecycle.clone(),
        );
        registry.register("connections_opened", "Connections accepted", self.opened.clone());
        registry.register("connections", "Connections that are open", self.open.clone());
        registry.register("connections_closed", "Connections that ended, by reason", self.closed.clone());
        registry.register(
            "requests_turned_away",
            "Requests answered 503 because too many were under way",
            self.turned_away.clone(),
        );
        registry.register_with_unit("received", "Bytes received", Unit::Bytes, self.received.clone());
        registry.register_with_unit("sent", "Bytes sent", Unit::Bytes, self.sent.clone());
        registry.register_collector(Box::new(Broken(faults.clone())));
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The operations that issue, exchange and revoke credentials, as lifecycle documents name them.
#[derive(Debug)]
struct Roles(HashMap<String, HashMap<OperationId, &'static str>>);

impl Roles {
    fn of(&self, matched: &Matched) -> Option<&'static str> {
        self.0.get(&**matched.contract())?.get(matched.operation()).copied()
    }

    fn new(contracts: &Contracts) -> Self {
        let mut all = HashMap::new();
        for served in contracts {
            // A contract without a lifecycle document has no roles.
            let Some(lifecycle) = served.contract().lifecycle() else { continue };
            let mut roles = HashMap::new();
            let mut note = |operation: &OperationId, role| {
                roles.insert(operation.clone(), role);
            };
            for kind in lifecycle.credentials.values() {
                kind.issue.iter().for_each(|issue| note(&issue.call.operation, "issue"));
                kind.tokens.values().for_each(|token| note(&token.exchange.operation, "exchange"));
                kind.revoke.iter().for_each(|revoke| note(&revoke.call.operation, "revoke"));
            }
            all.insert(served.name().to_owned(), roles);
        }
        Self(all)
    }
}

/// The counts of the requests to some contracts.
#[derive(Clone, Debug)]
pub(crate) struct Meter(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    metrics: Metrics,
    roles: Roles,
}

impl Meter {
    /// A request has arrived; it is under way until this is dropped.
    pub(crate) fn begin(&self) -> UnderWay {
        self.0.metrics.0.under_way.inc();
        UnderWay(self.0.clone())
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Counted>);

impl UnderWay {
    /// It was answered.
    pub(crate) fn answered(
        &self,
        matched: Option<&Matched>,
        authentication: Option<Authentication>,
        status: StatusCode,
        took: Duration,
    ) {
        self.0.metrics.answered(&self.0.roles, matched, authentication, status, took);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.metrics.0.under_way.dec();
    }
}

/// The counts of the connections of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    listener: Listener,
    opened: Counter,
    open: Gauge,
    closed: Family<(Listener, Ended), Counter>,
    turned_away: Counter,
    received: Counter<u64, AtomicU64>,
    sent: Counter<u64, AtomicU64>,
}

impl Traffic {
    /// A connection was accepted.
    pub(crate) fn opened(&self) {
        self.opened.inc();
        self.open.inc();
    }

    /// A connection ended.
    pub(crate) fn closed(&self, end: End) {
        self.open.dec();
        self.closed.get_or_create(&(self.listener, Ended { reason: end.word() })).inc();
    }

    /// A request was answered 503 because too many were under way.
    pub(crate) fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// Bytes have come.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.inc_by(bytes.try_into().unwrap_or(u64::MAX));
    }

    /// Bytes were sent.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.inc_by(bytes.try_into().unwrap_or(u64::MAX));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Listener {
    listener: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    reason: &'static str,
}

/// An operation of a contract, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Operation(Option<Matched>);

impl EncodeLabelSet for Operation {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let (contract, operation) = match &self.0 {
            Some(matched) => (&**matched.contract(), matched.operation().0.as_str()),
            None => ("", "unmatched"),
        };
        ("contract", contract).encode(encoder.encode_label())?;
        ("operation", operation).encode(encoder.encode_label())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Answered {
    operation: Operation,
    class: &'static str,
}

impl EncodeLabelSet for Answered {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        self.operation.encode(encoder)?;
        ("status", self.class).encode(encoder.encode_label())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Authenticated {
    contract: Arc<str>,
    outcome: Authentication,
}

impl EncodeLabelSet for Authenticated {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        ("contract", &*self.contract).encode(encoder.encode_label())?;
        ("outcome", self.outcome.word()).encode(encoder.encode_label())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Step {
    contract: Arc<str>,
    role: &'static str,
}

impl EncodeLabelSet for Step {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        ("contract", &*self.contract).encode(encoder.encode_label())?;
        ("role", self.role).encode(encoder.encode_label())
    }
}

/// Which promises are broken, asked when it is told.
#[derive(Debug)]
struct Broken(Faults);

impl Collector for Broken {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Promises that are being broken";
        let mut family = encoder.encode_descriptor("faults_on", help, None, MetricType::Gauge)?;
        for fault in self.0.on() {
            use prometheus_client::encoding::EncodeMetric as _;
            let labels = [("fault", fault.name())];
            ConstGauge::new(1).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
