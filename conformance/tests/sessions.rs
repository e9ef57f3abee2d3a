//! The judge against a small server with sessions in cookies, tokens against forged requests, forms, texts and numbers
//! that are given again: silent while it keeps its promises, and not when it breaks one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/complaints.rs"]
mod complaints;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rescind_conformance::deployment::{Deployment, Kept, Pair};
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::Contract;
use serde_json::json;
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const USER: &str = "ursula";
const PASSWORD: &str = "a pass+word & more";

/// The promise that a server breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    LogoutOnlyTakesTheCookieAway,
    EverywhereIsHere,
    EndIsForgotten,
    EndEndsAll,
    ForgeryIsNotLookedAt,
    KeysStay,
    SessionIsShownAgain,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<String, bool>,
    /// Keys by number; the lowest free number is given next.
    keys: BTreeMap<u32, String>,
    made: u32,
}

struct Site {
    broken: Broken,
    state: Arc<Mutex<State>>,
}

impl Site {
    fn form(request: &Request) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&request.body).into_owned().collect()
    }

    fn cookie(request: &Request, name: &str) -> Option<String> {
        let header = request.headers.get("cookie")?.to_str().ok()?;
        let pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
    }

    fn is_user(request: &Request) -> bool {
        let form = Self::form(request);
        let told = |name: &str| form.get(name).map(String::as_str);
        let pair = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
        request.headers.get("authorization").is_some_and(|value| value == pair.as_str())
            || (told("username") == Some(USER) && told("password") == Some(PASSWORD))
    }

    fn is_meant(&self, request: &Request) -> bool {
        let header = request.headers.get("x-forgery").and_then(|value| value.to_str().ok());
        let same = header.is_some() && Self::cookie(request, "forgery").as_deref() == header;
        same || self.broken == Broken::ForgeryIsNotLookedAt
    }
}

impl Respond for Site {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let session = Self::cookie(request, "session.id");
        let live = session.clone().filter(|session| state.sessions.get(session) == Some(&true));
        let status = ResponseTemplate::new;
        state.made += 1;
        let fresh = format!("{:08}-0123456789abcdef", state.made);
        match (request.method.as_str(), request.url.path()) {
            ("GET", "/forms") => {
                status(200).insert_header("set-cookie", format!("forgery=f{fresh}; Path=/").as_str())
            }
            ("POST", "/login") if self.is_meant(request) && Self::is_user(request) => {
                state.sessions.insert(fresh.clone(), true);
                status(204)
                    .append_header("set-cookie", "theme=dark")
                    .append_header("set-cookie", format!("session.id={fresh}; Path=/; HttpOnly").as_str())
            }
            ("GET", "/session") => {
                let shown = (self.broken == Broken::SessionIsShownAgain).then_some(&session);
                let answer = status(200).set_body_json(json!({ "active": live.is_some(), "session": shown }));
                match &live {
                    // Its life is prolonged.
                    Some(session) => {
                        answer.insert_header("set-cookie", format!("session.id={session}; Path=/").as_str())
                    }
                    None => answer,
                }
            }
            ("POST", "/logout") if self.is_meant(request) && live.is_some() => {
                if self.broken != Broken::LogoutOnlyTakesTheCookieAway {
                    state.sessions.extend(live.map(|session| (session, false)));
                }
                status(204).insert_header("set-cookie", "session.id=\"\"; Max-Age=0; Path=/")
            }
            ("POST", "/logout/everywhere") if self.is_meant(request) && live.is_some() => {
                let all = self.broken != Broken::EverywhereIsHere;
                for (known, lives) in &mut state.sessions {
                    *lives &= !(all || Some(known) == live.as_ref());
                }
                status(204)
            }
            ("POST", "/end") if Self::is_user(request) => {
                let named = Self::form(request).get("session").cloned();
                for (known, lives) in &mut state.sessions {
                    let concerned = Some(known) == named.as_ref() || self.broken == Broken::EndEndsAll;
                    *lives &= !(concerned && self.broken != Broken::EndIsForgotten);
                }
                status(204)
            }
            ("POST", "/keys") if Self::is_user(request) => {
                let number =
                    (1..=u32::MAX).find(|number| !state.keys.contains_key(number)).unwrap_or_default();
                state.keys.insert(number, format!("k{fresh}"));
                status(201)
                    .insert_header("x-key-number", number.to_string().as_str())
                    .set_body_raw(format!("k{fresh}\n"), "text/plain; charset=utf-8")
            }
            ("DELETE", path) if path.starts_with("/keys/") && Self::is_user(request) => {
                let number = path.trim_start_matches("/keys/").parse().unwrap_or_default();
                match state.keys.remove(&number) {
                    Some(key) => {
                        if self.broken == Broken::KeysStay {
                            state.keys.insert(number + 1000, key);
                        }
                        status(204)
                    }
                    None => status(404),
                }
            }
            ("GET", "/keyed") => {
                let shown = request.url.query_pairs().find(|(name, _)| name == "key").map(|(_, key)| key);
                let known = state.keys.iter().filter(|(_, key)| shown.as_deref() == Some(key.as_str()));
                status(200).set_body_json(known.map(|(number, _)| number).collect::<Vec<_>>())
            }
            _ => status(403),
        }
    }
}

fn contract() -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions");
    Contract::load(&folder.join("openapi.yaml"), Some(&folder.join("lifecycle.yaml"))).expect("no mistake")
}

async fn judge(broken: Broken, seed: u64) -> (ContractReport, Arc<Mutex<State>>, Redactor) {
    let server = MockServer::start().await;
    let state = Arc::<Mutex<State>>::default();
    Mock::given(any()).respond_with(Site { broken, state: Arc::clone(&state) }).mount(&server).await;
    let pair = Pair {
        id: USER.to_owned(),
        secret: PASSWORD.to_owned().into(),
        source: "PASSWORD".to_owned(),
        kept: Kept::Always,
    };
    let deployment = Deployment {
        callers: [("user".into(), pair)].into_iter().collect(),
        ..Deployment::at(Url::parse(&server.uri()).expect("a URL"))
    };
    let numbered = (1..=7).map(|number| format!("R{number}"));
    let further = ["no_secret_leak", "reference_machine", "wrong_credentials_rejected"].map(str::to_owned);
    let plan = Plan { seed, only: numbered.chain(further).collect(), ..Plan::default() };
    let redactor = Redactor::new();
    let report = runner::run(&contract(), &deployment, &plan, &redactor, &Silent).await;
    (report.expect("the run ends with a report"), state, redactor)
}

/// Whether the judge complains of exactly these.
async fn complains(broken: Broken, expected: &[&str]) {
    for seed in 0..3 {
        let (report, state, redactor) = judge(broken, seed).await;
        let found = complaints::complaints(&report);
        // What a fault hides from a requirement that it does not break is left open, and no complaint.
        let is_meant = |outcome: &Outcome| expected.is_empty() || *outcome == Outcome::Judged(Verdict::Fail);
        let ids = found.iter().filter(|(_, (outcome, _))| is_meant(outcome));
        let ids: Vec<&str> = ids.map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, expected, "{broken:?}, seed {seed}: {found:#?}");
        let idle = report.requirements.iter().find(|one| expected.is_empty() && one.exercised == 0);
        assert!(idle.is_none(), "{} was not exercised", idle.map_or("", |one| &one.id.0));
        if broken == Broken::Nothing {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let live = state.sessions.values().filter(|lives| **lives).count();
            assert_eq!((live, state.keys.len()), (0, 0), "left behind: {:?}", report.left_behind);
        }
        assert_eq!(report.left_behind, Vec::<String>::new(), "{broken:?}");
        // A secret that is its own name is masked like any other.
        let text = redactor.redact_value(serde_json::to_value(&report).expect("a report")).to_string();
        assert!(!text.contains(PASSWORD) && !text.contains("-0123456789abcdef"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_keeps_its_promises_is_not_complained_of() {
    complains(Broken::Nothing, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_ends_nothing_is_found() {
    complains(Broken::LogoutOnlyTakesTheCookieAway, &["R2", "reference_machine"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_everywhere_that_is_none_is_found() {
    complains(Broken::EverywhereIsHere, &["R3"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_ends_nothing_or_too_much_is_found() {
    complains(Broken::EndIsForgotten, &["R4"]).await;
    complains(Broken::EndEndsAll, &["R4"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_logout_that_is_done_is_found() {
    complains(Broken::ForgeryIsNotLookedAt, &["R5", "wrong_credentials_rejected"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_outlives_its_deletion_is_found_though_its_number_is_given_again() {
    complains(Broken::KeysStay, &["R6", "reference_machine"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_shown_again_is_found() {
    complains(Broken::SessionIsShownAgain, &["R7", "no_secret_leak"]).await;
}
