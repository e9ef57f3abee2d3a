//! Deployments that differ from the reference server where their contracts leave room: the judge lets them be.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;
#[path = "support/complaints.rs"]
mod complaints;
#[path = "variants/proxy.rs"]
mod proxy;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use rescind_conformance::deployment::{Deployment, Kept, Pair};
use rescind_conformance::hook::HookAction;
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::{Clock, Running, Server};
use rescind_specs::Vendor;
use rescind_specs::lifecycle::{HookName, SuppliedName};
use serde_json::{Value, json};
use url::Url;

use proxy::{Answer, Asked, Change, Proxy, Shared, Way, Writing};

/// Makes what a proxy changes, with a new memory.
type Make = fn() -> Shared;

/// A correct deployment that is not like the reference server.
struct Variant {
    name: &'static str,
    vendor: Vendor,
    /// How long the server behind remembers an authentication; `None`: as long as it may.
    cache: Option<Duration>,
    writing: Writing,
    change: Make,
    /// Requirements that recommend something else, and so find a divergence.
    diverges: &'static [&'static str],
}

/// A change of answers that remembers nothing.
struct Answers(fn(&Asked, &mut Answer));

impl Change for Answers {
    fn answer(&mut self, asked: &Asked, answer: &mut Answer) {
        self.0(asked, answer);
    }
}

fn shared(change: impl Change) -> Shared {
    Arc::new(Mutex::new(change))
}

macro_rules! answers {
    ($change:expr) => {
        || shared(Answers($change))
    };
}

impl Variant {
    fn of(name: &'static str, vendor: Vendor, change: Make) -> Self {
        Self { name, vendor, cache: None, writing: Writing::Plain, change, diverges: &[] }
    }

    fn diverging(self, diverges: &'static [&'static str]) -> Self {
        Self { diverges, ..self }
    }
}

fn wattshift() -> Vec<Variant> {
    let of = |name, change| Variant::of(name, Vendor::WattShift, change);
    let dressed = of("other members, headers and spellings", || shared(Dressed::default()));
    vec![
        of("a repeated revocation is confirmed", || shared(ConfirmsRepeats::default())),
        of(
            "403 has no body, and optional members are left out",
            answers!(|asked, answer| {
                if answer.status == StatusCode::FORBIDDEN {
                    answer.empty(StatusCode::FORBIDDEN);
                }
                if answer.status.is_success() && asked.path.ends_with("/agent-credentials") {
                    answer.change(|members| _ = members.shift_remove("key_prefix"));
                }
                answer.change(|members| _ = members.shift_remove("recovery_action"));
            }),
        ),
        of(
            "an unknown path is answered with a page of HTML",
            answers!(|_, answer| {
                if answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::METHOD_NOT_ALLOWED {
                    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                    answer.body = "<h1>There is nothing here</h1>".into();
                }
            }),
        ),
        Variant { writing: Writing::CapitalsAndChunks, ..dressed },
    ]
}

fn dinie() -> Vec<Variant> {
    let of = |name, change| Variant::of(name, Vendor::Dinie, change);
    let dressed = of("other members, headers and spellings", || shared(Dressed::default()));
    vec![
        of("a repeated revocation is answered 404", || shared(Repeats::with(404))),
        of("a repeated revocation is answered 409", || shared(Repeats::with(409))),
        of(
            "problems have no code",
            answers!(|_, answer| answer.change(|members| _ = members.shift_remove("code"))),
        )
        .diverging(&["R4"]),
        of(
            "types are in either style, titles differ, there is no instance, and the exchange speaks OAuth",
            answers!(|asked, answer| {
                let unauthorized = answer.status == StatusCode::UNAUTHORIZED;
                let exchange = asked.path.ends_with("/auth/token");
                if exchange && unauthorized {
                    let error = json!({"error": "invalid_client"});
                    answer.replace(StatusCode::BAD_REQUEST, "application/json", &error);
                } else if exchange && answer.status.is_success() {
                    answer.change(|members| _ = members.insert("token_type".into(), "Bearer".into()));
                } else if answer.is_refusal() {
                    let kind = if unauthorized {
                        "https://docs.dinie.com/errors/authentication-failed"
                    } else {
                        "https://api.dinie.com.br/errors/request_refused"
                    };
                    answer.change(|members| {
                        members.shift_remove("instance");
                        members.insert("title".into(), "Refused".into());
                        members.insert("type".into(), kind.into());
                    });
                }
            }),
        ),
        of("pages of three", || shared(SmallPages)),
        of("it is busy at times", || {
            let kind = "https://api.dinie.com.br/errors/rate_limit_exceeded";
            let body =
                json!({"type": kind, "title": "Too Many Requests", "status": 429, "detail": "Slow down."});
            shared(Busy::with(body))
        }),
        Variant { writing: Writing::CapitalsAndChunks, ..dressed },
    ]
}

fn shiftagent() -> Vec<Variant> {
    let of = |name, change| Variant::of(name, Vendor::ShiftAgent, change);
    let dressed = of("other members, headers and spellings", || shared(Dressed::default()));
    vec![
        of(
            "deletes and creations are answered 200, bad requests 422, problems have only what they must have",
            answers!(|asked, answer| {
                if asked.is(&Method::DELETE, "/") && answer.status == StatusCode::NO_CONTENT {
                    let id = asked.path.rsplit('/').next();
                    answer.replace(StatusCode::OK, "application/json", &json!({"id": id, "deleted": true}));
                } else if asked.is(&Method::POST, "/") && answer.status == StatusCode::CREATED {
                    answer.status = StatusCode::OK;
                } else if answer.status == StatusCode::BAD_REQUEST {
                    answer.status = StatusCode::UNPROCESSABLE_ENTITY;
                    answer.change(|members| _ = members.insert("status".into(), 422.into()));
                }
                if answer.is_refusal() {
                    answer.change(|members| {
                        for name in ["detail", "instance", "request_id", "errors"] {
                            members.shift_remove(name);
                        }
                    });
                }
            }),
        ),
        of("pages of three", || shared(SmallPages)),
        of("it is busy at times", || {
            let kind = "https://shiftagent.example.com/problems/rate-limited";
            shared(Busy::with(json!({"type": kind, "title": "Too many requests", "status": 429})))
        }),
        Variant { writing: Writing::CapitalsAndChunks, ..dressed },
    ]
}

fn entrytarget() -> Vec<Variant> {
    let of = |name, change| Variant::of(name, Vendor::EntryTarget, change);
    let as_it_is: Make = answers!(|_, _| {});
    let dressed = of("other members, headers and spellings", || shared(Dressed::default()));
    let at_once = of("a revoked pair is refused at once", as_it_is);
    let soon = of("a revoked pair is refused after a minute", as_it_is);
    let late = of("a revoked pair is refused after 299 s", as_it_is);
    vec![
        Variant { cache: Some(Duration::ZERO), ..at_once },
        Variant { cache: Some(Duration::from_mins(1)), ..soon },
        Variant { cache: Some(Duration::from_secs(299)), ..late },
        of(
            "a malformed registration is answered 403",
            answers!(|asked, answer| {
                if asked.is(&Method::POST, "/credentials") && answer.status == StatusCode::BAD_REQUEST {
                    let error = json!({"error": {"code": "INVALID_CREDENTIAL", "message": "not a pair"}});
                    answer.replace(StatusCode::FORBIDDEN, "application/json", &error);
                }
            }),
        ),
        of("each message is another", || shared(Messages::default())),
        Variant { writing: Writing::CapitalsAndChunks, ..dressed },
    ]
}

/// How seldom a request is throttled.
const BUSY_EVERY: u64 = 50;

/// Throttles a request now and then, as long as it takes to send it again.
struct Busy {
    problem: Value,
    seen: u64,
    headers: HeaderMap,
}

impl Busy {
    fn with(problem: Value) -> Self {
        Self { problem, seen: 0, headers: HeaderMap::new() }
    }
}

impl Change for Busy {
    fn ask(&mut self, parts: &mut Parts) -> Way {
        // What is sent at once with something else is not sent again: throttled, it would tell nothing.
        if parts.method == Method::DELETE || parts.uri.path().contains("/repositories") {
            return Way::On;
        }
        self.seen += 1;
        if !self.seen.is_multiple_of(BUSY_EVERY) {
            return Way::On;
        }
        let body = Bytes::new();
        let mut answer = Answer { status: StatusCode::OK, headers: self.headers.clone(), body };
        answer.replace(StatusCode::TOO_MANY_REQUESTS, "application/problem+json", &self.problem);
        answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
        if parts.method == Method::HEAD {
            answer.body = Bytes::new();
        }
        Way::Back(answer)
    }

    fn answer(&mut self, _: &Asked, answer: &mut Answer) {
        self.headers.clone_from(&answer.headers);
    }
}

/// Confirms a revocation again as it did the first time, to whoever knows the dead key.
#[derive(Default)]
struct ConfirmsRepeats(HashMap<String, Value>);

impl Change for ConfirmsRepeats {
    fn answer(&mut self, asked: &Asked, answer: &mut Answer) {
        if !asked.is(&Method::POST, "/revoke") {
            return;
        }
        let Some(body) = answer.json() else { return };
        if answer.status.is_success() {
            self.0.insert(asked.path.clone(), body);
        } else if body["error_code"] == "AUTH_REVOKED_CREDENTIAL"
            && let Some(first) = self.0.get(&asked.path)
        {
            answer.replace(StatusCode::OK, "application/json", first);
        }
    }
}

/// Answers a revocation that was confirmed before with another status.
struct Repeats {
    status: u16,
    revoked: Vec<String>,
}

impl Repeats {
    fn with(status: u16) -> Self {
        Self { status, revoked: Vec::new() }
    }
}

impl Change for Repeats {
    fn answer(&mut self, asked: &Asked, answer: &mut Answer) {
        if asked.method != Method::DELETE || answer.status != StatusCode::NO_CONTENT {
            return;
        }
        if !self.revoked.contains(&asked.path) {
            self.revoked.push(asked.path.clone());
            return;
        }
        let problem = json!({
            "type": "https://api.dinie.com.br/errors/conflict",
            "title": "Refused",
            "status": self.status,
            "detail": "It is revoked.",
        });
        let status = StatusCode::from_u16(self.status).expect("a status");
        answer.replace(status, "application/problem+json", &problem);
    }
}

/// Gives three items a page, whatever limit is asked for.
struct SmallPages;

impl Change for SmallPages {
    fn ask(&mut self, parts: &mut Parts) -> Way {
        let text = parts.uri.to_string().replace("limit=100", "limit=3");
        parts.uri = text.parse().expect("it was a target before");
        Way::On
    }

    fn answer(&mut self, _: &Asked, _: &mut Answer) {}
}

/// Words each message anew.
#[derive(Default)]
struct Messages(u64);

impl Change for Messages {
    fn answer(&mut self, _: &Asked, answer: &mut Answer) {
        self.0 += 1;
        let text = format!("Refusal number {}", self.0);
        answer.change(|members| {
            if let Some(error) = members.get_mut("error") {
                error["message"] = text.into();
            }
        });
    }
}

/// Adds members that no schema names and headers that nobody asked for, some of them new in each answer; spells the
/// media type with a parameter and capitals, and turns the order of members round.
#[derive(Default)]
struct Dressed(u64);

impl Change for Dressed {
    fn answer(&mut self, _: &Asked, answer: &mut Answer) {
        self.0 += 1;
        let more = [
            ("x-request-id", format!("req-{}", self.0)),
            ("server-timing", format!("app;dur={}", self.0)),
            ("strict-transport-security", "max-age=31536000".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("vary", "accept, authorization".to_owned()),
        ];
        for (name, value) in more {
            let value = HeaderValue::from_str(&value).expect("a header");
            answer.headers.insert(HeaderName::from_static(name), value);
        }
        answer.change(|members| {
            _ = members.insert("x_region".into(), json!({"name": "south", "zones": [1, 2, null]}));
            _ = members.insert("links".into(), json!([]));
        });
        let media_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let spelled = match media_type {
            Some("application/json") => "Application/JSON; charset=utf-8",
            Some("application/problem+json") => "application/problem+json;charset=\"UTF-8\"",
            _ => return,
        };
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(spelled));
        if let Some(body) = answer.json() {
            let text = serde_json::to_string_pretty(&turned(body)).expect("it was JSON before");
            answer.body = text.into();
        }
    }
}

/// A value with the members of its objects in the other order.
fn turned(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().rev().map(|(name, value)| (name, turned(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(turned).collect()),
        other => other,
    }
}

async fn server(variant: &Variant) -> Running {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let clock = Clock::virtual_from_now();
    let builder = Server::builder().clock(clock).bind(loopback).admin(loopback).contract(variant.vendor);
    let builder = match variant.cache {
        Some(lifetime) => builder.cache_lifetime(lifetime),
        None => builder,
    };
    builder.spawn().await.expect("the reference server starts")
}

/// The deployment as it is seen through the proxy. Its clock is moved directly.
fn deployment(running: &Running, vendor: Vendor, proxy: &Proxy) -> Deployment {
    let start = running.target(vendor);
    let pair = |pair: &rescind_server::bootstrap::Pair| Pair {
        id: pair.id.clone(),
        secret: pair.secret.expose().to_owned().into(),
        source: "SECRET".to_owned(),
        kept: Kept::Expendable,
    };
    let mut base = Url::parse(&running.base_url(vendor)).expect("a URL");
    base.set_port(Some(proxy.address().port())).expect("it takes a port");
    let control = running.admin_url().map(|url| Url::parse(&url).expect("a URL"));
    let hooks = start.hooks.iter().map(|name| {
        let path = format!("hooks/{}/{name}", vendor.name());
        let url = control.as_ref().and_then(|admin| admin.join(&path).ok()).expect("a URL");
        (HookName(name.clone()), HookAction::Post(vec![url]))
    });
    Deployment {
        hooks: hooks.collect(),
        supplied: start
            .supplied
            .iter()
            .map(|(name, value)| (SuppliedName(name.clone()), value.clone()))
            .collect(),
        callers: start.callers.iter().map(|(name, caller)| (name.as_str().into(), pair(caller))).collect(),
        pool: start.pool.iter().map(pair).collect(),
        control: control.clone(),
        ..Deployment::at(base)
    }
}

/// How many seeds each variant is judged with.
const SEEDS: u64 = 20;

/// Cases of the first seeds, and of the others: what differs shows in the first ones, and there are many runs.
const CASES: [u32; 2] = [8, 2];

async fn judge(variant: &Variant, seed: u64) -> ContractReport {
    let running = server(variant).await;
    let proxy = Proxy::start(running.address(), (variant.change)(), variant.writing).await;
    let contract = variant.vendor.contract().expect("the bundled contract is right");
    let deployment = deployment(&running, variant.vendor, &proxy);
    let cases = if seed < 3 { CASES[0] } else { CASES[1] };
    // Whoever has much else to do may answer late.
    let plan = Plan { seed, cases, timeout: Duration::from_mins(1), ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    running.shutdown().await;
    report.expect("the run ends with a report")
}

/// What is wrong with a run: what it complains of beyond the divergences that the variant names, or leaves behind.
async fn wrong(variant: &Variant, seed: u64) -> Vec<String> {
    let report = judge(variant, seed).await;
    let mut complaints = complaints::complaints(&report);
    let mut wrong = Vec::new();
    for id in variant.diverges {
        match complaints.remove(*id) {
            Some((Outcome::Judged(Verdict::Divergence), _)) => {}
            other => wrong.push(format!("{}, seed {seed}: {id} is no divergence: {other:?}", variant.name)),
        }
    }
    wrong.extend(
        complaints
            .into_iter()
            .map(|(id, (outcome, why))| format!("{}, seed {seed}: {id} {outcome:?} {why}", variant.name)),
    );
    if !report.left_behind.is_empty() {
        wrong.push(format!("{}, seed {seed}: left behind {:?}", variant.name, report.left_behind));
    }
    wrong
}

/// With any seed the judge says nothing of a variant but what it names.
fn are_let_be(variants: &[Variant]) {
    let runs = variants.iter().flat_map(|variant| (0..SEEDS).map(move |seed| (variant, seed)));
    let wrong = at_once::all(runs.collect(), async |(variant, seed)| wrong(variant, seed).await).concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn variants_of_wattshift_are_let_be() {
    are_let_be(&wattshift());
}

#[test]
fn variants_of_dinie_are_let_be() {
    are_let_be(&dinie());
}

#[test]
fn variants_of_shiftagent_are_let_be() {
    are_let_be(&shiftagent());
}

#[test]
fn variants_of_entrytarget_are_let_be() {
    are_let_be(&entrytarget());
}
