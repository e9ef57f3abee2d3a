//! Histories written by hand, and what the model makes of them: no network, no clock. And sequences: what is drawn and
//! what is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use rescind_specs::lifecycle::{CallerName, CredentialKind, HookName, KindName};
use rescind_specs::{Contract, OperationId, Vendor};
use serde_json::{Value, json};

use super::judge::judge;
use super::menu::{Menu, Supply};
use super::rules::Rules;
use super::sequence::{draw, renamed, seed};
use crate::call::Known;
use crate::check::lifecycle::{Setting, Time};
use crate::credential::{Credential, Token};
use crate::exchange::{Exchange, ExchangeId, Reply, Request, Response};
use crate::lifecycle::{By, Event, History, Issuing, Key, Patch, Seen, Slot, Step, Target, TokenSlot, Until};
use crate::plan::Plan;

/// A history in the making.
struct Story {
    contract: &'static Contract,
    history: History,
    now: Timestamp,
}

fn story(vendor: Vendor) -> Story {
    let contract = vendor.contract().unwrap_or_else(|error| panic!("{error}"));
    Story { contract, history: History::default(), now: Timestamp::UNIX_EPOCH }
}

fn kind(contract: &'static Contract) -> (&'static KindName, &'static CredentialKind) {
    contract.lifecycle().unwrap().kind(None).unwrap()
}

fn setting(contract: &'static Contract, time: Time) -> Setting<'static> {
    let (name, kind) = kind(contract);
    Setting { contract, name, kind, time }
}

impl Story {
    fn after(mut self, seconds: i64) -> Self {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self
    }

    fn kind(&self) -> &'static CredentialKind {
        kind(self.contract).1
    }

    fn credential(&self, id: u8) -> Arc<Credential> {
        let known = |text: String| Known { text, from: None };
        Arc::new(Credential {
            kind: kind(self.contract).0.clone(),
            id: known(format!("id-{id}")),
            secret: Some(known(format!("secret-{id}-0123456789"))),
            expires_at: None,
            issued: None,
            caller: None,
            revocation: None,
        })
    }

    /// A step that was answered so: status 0 is a lost answer.
    fn step(mut self, step: Step, operation: &OperationId, status: u16, body: &Value, seen: Seen) -> Self {
        let documented = self.contract.operation(operation).unwrap();
        let mut headers = HeaderMap::new();
        if !body.is_null() {
            let content = documented.responses.find(status).and_then(|response| response.content.first());
            let media_type =
                content.map_or("application/json".to_owned(), |content| content.media_type.to_string());
            headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        }
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let reply = match StatusCode::from_u16(status) {
            Ok(status) => Reply::Received(Response { status, headers, body: bytes }),
            Err(_) => Reply::Lost("the connection broke".to_owned()),
        };
        let mut event = Event::new(step, self.now, seen);
        let id = self.history.events.len();
        let exchange = Exchange {
            id: ExchangeId(u64::try_from(id).unwrap()),
            replica: crate::exchange::Replica::default(),
            timing: crate::exchange::Timing::default(),
            span: crate::exchange::Span::default(),
            request: Request {
                operation: Some(operation.clone()),
                method: documented.method.clone(),
                target: documented.path.as_str().to_owned(),
                headers: HeaderMap::new(),
                body: None,
                origins: Vec::new(),
            },
            reply,
            sent: self.now,
            received: self.now,
            took: Duration::ZERO,
        };
        event.exchanges = vec![Arc::new(exchange)];
        self.history.events.push(event);
        self
    }

    fn last(&mut self) -> &mut Event {
        self.history.events.last_mut().unwrap()
    }

    fn issued(self, slot: u8) -> Self {
        self.issue(Step::issue(slot), slot)
    }

    /// An issue that gives the identifier of that number.
    fn issue(self, step: Step, id: u8) -> Self {
        let issue = self.kind().issue.as_ref().unwrap();
        let status = if self.contract.name() == "wattshift" { 200 } else { 201 };
        let mut story =
            self.step(step, &issue.call.operation, status, &json!({"outcome": "issued"}), Seen::Accepted);
        story.last().credential = Some(story.credential(id));
        story
    }

    fn expiring(mut self, seconds: i64) -> Self {
        let at = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        let event = self.last();
        let credential = event.credential.as_deref().cloned().unwrap();
        event.credential = Some(Arc::new(Credential { expires_at: Some(at), ..credential }));
        self
    }

    fn used(self, slot: u8, accepted: bool) -> Self {
        let probe = self.kind().probe.as_ref().unwrap();
        let (status, seen) = if accepted { (200, Seen::Accepted) } else { (401, Seen::Refused) };
        let mut story = self.step(Step::present(slot), &probe.call.operation, status, &Value::Null, seen);
        story.last().control = (!accepted).then_some(Seen::Accepted);
        story
    }

    fn revoke(self, slot: u8, by: By, status: u16, seen: Seen) -> Self {
        let revoke = self.kind().revoke.as_ref().unwrap();
        self.step(Step::revoke_by(slot, by), &revoke.call.operation, status, &Value::Null, seen)
    }

    fn revoked(self, slot: u8) -> Self {
        self.revoke(slot, By::Documented, 204, Seen::Accepted)
    }

    /// A revocation whose answer says what was revoked.
    fn revoked_with_a_body(self, slot: u8) -> Self {
        let mut story = self.revoke(slot, By::Documented, 200, Seen::Accepted);
        let body = Bytes::from(json!({"api_key": format!("id-{slot}"), "revoked": true}).to_string());
        let credential = story.credential(slot);
        let event = story.last();
        let mut exchange = Arc::unwrap_or_clone(event.exchanges.pop().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        exchange.reply = Reply::Received(Response { status: StatusCode::OK, headers, body });
        event.exchanges.push(Arc::new(exchange));
        event.credential = Some(credential);
        story
    }

    fn token(self, slot: u8, seconds: i64) -> Self {
        let (name, kind) = self.kind().tokens.first().unwrap();
        let step = Step::Exchange(Slot(slot), name.clone(), TokenSlot(0));
        let mut story = self.step(step, &kind.exchange.operation, 200, &Value::Null, Seen::Accepted);
        let token = Token {
            name: name.clone(),
            text: Known { text: "token".to_owned(), from: None },
            received: story.now,
            expires_at: story.now.checked_add(SignedDuration::from_secs(seconds)).unwrap(),
            of: story.credential(slot),
        };
        story.last().token = Some(Arc::new(token));
        story
    }

    fn token_used(self, accepted: bool) -> Self {
        let (_, kind) = self.kind().tokens.first().unwrap();
        let (status, seen) = if accepted { (200, Seen::Accepted) } else { (401, Seen::Refused) };
        let operation = &kind.probe.as_ref().unwrap().call.operation;
        let mut story = self.step(Step::PresentToken(TokenSlot(0)), operation, status, &Value::Null, seen);
        story.last().control = (!accepted).then_some(Seen::Accepted);
        story
    }

    fn listed(self, items: &Value) -> Self {
        let operation = &self.kind().listed.as_ref().unwrap().call.operation;
        let mut story = self.step(Step::List(None), operation, 200, &json!({}), Seen::Accepted);
        story.last().items = items.as_array().cloned();
        story
    }

    fn control_refused(mut self) -> Self {
        self.last().control = Some(Seen::Refused);
        self
    }

    /// What is said of it: each breach with its requirement and its verdict.
    fn says(&self, expected: &[(&str, &str)]) {
        let setting = setting(self.contract, Time::Moved);
        let rules = Rules::of(self.contract, setting.name, &Plan::default());
        let ruling = judge(&setting, &rules, &self.history);
        let said: Vec<(String, String)> = ruling
            .broken
            .iter()
            .map(|broken| {
                let requirement = broken.finding.requirement.as_ref().map_or("-", |id| id.0.as_str());
                (requirement.to_owned(), broken.finding.verdict.to_string())
            })
            .collect();
        let said: Vec<(&str, &str)> =
            said.iter().map(|(id, verdict)| (id.as_str(), verdict.as_str())).collect();
        let messages: Vec<&str> =
            ruling.broken.iter().map(|broken| broken.finding.message.as_str()).collect();
        assert_eq!(said, expected, "{messages:#?}");
    }
}

fn lost(slot: u8) -> impl Fn(Story) -> Story {
    move |story| story.revoke(slot, By::Documented, 0, Seen::Unclear("the connection broke".to_owned()))
}

#[test]
fn a_revoked_credential_is_refused_from_its_bound_on() {
    let dinie = || story(Vendor::Dinie).issued(0).used(0, true);
    dinie().revoked(0).used(0, false).after(90_000).used(0, false).says(&[]);
    dinie().revoked(0).used(0, true).says(&[("R2", "fail")]);
    // Nothing is known of it after that, so it is said once.
    dinie().revoked(0).used(0, true).used(0, true).says(&[("R2", "fail")]);
    let delayed = || story(Vendor::EntryTarget).issued(0).used(0, true).revoked_with_a_body(0);
    delayed().after(299).used(0, true).says(&[]);
    delayed().after(303).used(0, true).says(&[]);
    delayed().after(306).used(0, true).says(&[("R2", "fail")]);
    delayed().after(10).used(0, false).after(10).used(0, true).says(&[("R5", "divergence")]);
}

#[test]
fn only_what_was_never_used_is_refused_at_once() {
    let issued = || story(Vendor::EntryTarget).issued(0);
    issued().revoked_with_a_body(0).used(0, true).says(&[("R6", "divergence")]);
    issued().used(0, true).revoked_with_a_body(0).used(0, true).says(&[]);
    // Used while nobody knew whether it lived.
    lost(0)(issued()).used(0, true).revoked_with_a_body(0).used(0, true).says(&[]);
    lost(0)(issued()).revoked_with_a_body(0).used(0, true).says(&[("R6", "divergence")]);
}

#[test]
fn what_is_not_known_is_no_breach() {
    let dinie = || story(Vendor::Dinie).issued(0).used(0, true);
    // Whether the revocation was done is not known: either is right from then on.
    lost(0)(dinie()).used(0, true).says(&[]);
    lost(0)(dinie()).used(0, false).says(&[]);
    // A refusal while the control is refused as well is an outage.
    dinie().used(0, false).control_refused().says(&[]);
    dinie().used(0, false).says(&[("-", "divergence")]);
    // Once the revocation is acknowledged after all, it binds.
    lost(0)(dinie()).revoked(0).used(0, true).says(&[("R2", "fail")]);
}

#[test]
fn what_happened_before_is_blamed() {
    let two = || story(Vendor::Dinie).issued(0).used(0, true).issued(1);
    two().revoked(1).used(0, false).says(&[("R8", "fail")]);
    let nobody = |story: Story| {
        let revoke = story.kind().revoke.as_ref().unwrap();
        let step = Step::revoke_by(0, By::Nobody);
        story.step(step, &revoke.call.operation, 401, &json!({}), Seen::Refused)
    };
    nobody(two()).used(0, true).says(&[]);
    nobody(two()).used(0, false).says(&[("R15", "fail")]);
    let caller = By::Caller(CallerName("outsider".to_owned()));
    two().revoke(0, caller.clone(), 404, Seen::Refused).used(0, true).says(&[]);
    two().revoke(0, caller.clone(), 404, Seen::Refused).used(0, false).says(&[("R13", "divergence")]);
    two().revoke(0, caller, 204, Seen::Accepted).says(&[("R13", "divergence")]);
}

#[test]
fn further_revocations_are_answered_as_documented() {
    let dinie = || story(Vendor::Dinie).issued(0).used(0, true).revoked(0);
    for status in [204, 404, 409] {
        let seen = if status == 204 { Seen::Accepted } else { Seen::Refused };
        dinie().revoke(0, By::Documented, status, seen).used(0, false).says(&[]);
    }
    dinie().revoke(0, By::Documented, 400, Seen::Refused).says(&[("R14", "fail")]);
    dinie().revoke(0, By::Documented, 429, Seen::Unclear("answered 429".to_owned())).says(&[]);
    dinie().revoke(0, By::Documented, 204, Seen::Accepted).used(0, true).says(&[("R14", "fail")]);
    let unknown = Step::Revoke { target: Target::Unknown, by: By::Documented, body: None };
    let story = story(Vendor::Dinie).issued(0);
    let operation = &story.kind().revoke.as_ref().unwrap().call.operation;
    story.step(unknown, operation, 204, &Value::Null, Seen::Accepted).says(&[("R12", "fail")]);
}

#[test]
fn issuing_again_gives_another_and_a_replay_the_same() {
    let again = |key| Step::Issue(Slot(1), Issuing { like: Some(Slot(0)), key, ..Issuing::default() });
    let dinie = || story(Vendor::Dinie).issued(0).used(0, true).revoked(0);
    dinie().issue(again(Key::Fresh), 1).used(1, true).used(0, false).says(&[]);
    dinie().issue(again(Key::Fresh), 0).says(&[("R5", "fail")]);
    dinie().issue(again(Key::Fresh), 1).used(0, true).says(&[("R5", "fail")]);
    dinie().issue(again(Key::Same), 0).used(0, false).says(&[]);
    dinie().issue(again(Key::Same), 1).says(&[("R17", "fail")]);
    // The answer is no longer kept.
    dinie().after(90_000).issue(again(Key::Same), 1).says(&[]);
    // Something quite new that is the old one.
    dinie().issue(Step::issue(1), 0).says(&[("R5", "fail")]);
}

#[test]
fn tokens_live_as_long_as_they_should() {
    let dinie = |life| story(Vendor::Dinie).issued(0).token(0, life);
    dinie(3600).revoked(0).token_used(true).after(3500).token_used(true).says(&[]);
    dinie(3600).revoked(0).token_used(false).says(&[("R3", "fail")]);
    dinie(3600).after(3700).token_used(true).says(&[("R4", "fail")]);
    dinie(3600).revoked(0).after(3700).token_used(false).says(&[]);
    dinie(7200).says(&[("R4", "fail")]);
    // No requirement says that it works while its credential lives.
    dinie(3600).token_used(false).says(&[]);
}

#[test]
fn expiry_ends_a_credential() {
    let short = Issuing { patch: Patch::Expiring, ..Issuing::default() };
    let dinie = || story(Vendor::Dinie).issue(Step::Issue(Slot(0), short.clone()), 0).expiring(120);
    dinie().used(0, true).after(126).used(0, false).says(&[]);
    dinie().after(126).used(0, true).says(&[("R18", "divergence")]);
    dinie().after(121).used(0, true).says(&[]);
    dinie().after(121).used(0, false).says(&[]);
}

#[test]
fn lists_show_what_was_revoked() {
    let item = |id: u8, status: &str, name: &str| json!({"client_id": format!("id-{id}"), "status": status, "name": name});
    let dinie = || {
        let before = json!([item(0, "active", "a"), item(1, "active", "b")]);
        story(Vendor::Dinie).issued(0).issued(1).listed(&before).revoked(0)
    };
    dinie().listed(&json!([item(0, "revoked", "a"), item(1, "active", "b")])).says(&[]);
    dinie().listed(&json!([item(0, "active", "a"), item(1, "active", "b")])).says(&[("R6", "fail")]);
    dinie().listed(&json!([item(0, "revoked", "x"), item(1, "active", "b")])).says(&[("R6", "fail")]);
    dinie().listed(&json!([item(1, "active", "b")])).says(&[("R6", "fail")]);
    // A list that lacks more than that is not to be trusted.
    dinie().listed(&json!([])).says(&[]);
}

/// A menu with everything supplied.
fn with_menu(vendor: Vendor, time: Time, patience: Duration, test: impl Fn(&Menu<'_>)) {
    let contract = story(vendor).contract;
    let setting = setting(contract, time);
    let rules = Rules::of(contract, setting.name, &Plan::default());
    let (caller, hook) = (|_: &CallerName| true, |_: &HookName| true);
    let supply = Supply { caller: &caller, hook: &hook, patience };
    test(&Menu::new(setting, &rules, supply).unwrap());
}

fn words(steps: &[Step]) -> Vec<String> {
    renamed(steps).iter().map(ToString::to_string).collect()
}

#[test]
fn a_seed_makes_the_same_sequence_each_time() {
    for vendor in Vendor::ALL {
        with_menu(vendor, Time::Moved, Duration::ZERO, |menu| {
            let all: BTreeSet<Vec<String>> =
                (0..50).map(|number| words(&draw(menu, seed(7, number)))).collect();
            assert_eq!(all.len(), 50, "{vendor}: sequences differ");
            for number in 0..10 {
                let (one, other) = (draw(menu, seed(7, number)), draw(menu, seed(7, number)));
                assert_eq!(one, other, "{vendor}");
                assert!((8..=14).contains(&one.len()), "{vendor}: {} steps", one.len());
            }
        });
    }
}

/// Only what the sequence issued is revoked, and nothing is used before it was made.
#[test]
fn sequences_keep_to_what_they_issued() {
    for vendor in Vendor::ALL {
        with_menu(vendor, Time::Moved, Duration::ZERO, |menu| {
            for number in 0..200 {
                let steps = draw(menu, seed(3, number));
                let mut issued = BTreeSet::new();
                for step in &steps {
                    match step {
                        Step::Issue(slot, issuing) => {
                            assert!(issued.insert(*slot), "{vendor}: {slot} twice");
                            assert!(
                                issuing.like.is_none_or(|like| issued.contains(&like)),
                                "{vendor}: {step}"
                            );
                        }
                        Step::Present(slot)
                        | Step::Exchange(slot, ..)
                        | Step::Create(_, _, slot)
                        | Step::Hook(_, Some(slot))
                        | Step::Revoke { target: Target::Slot(slot), .. } => {
                            assert!(issued.contains(slot), "{vendor}: {step}");
                        }
                        Step::Adopt(..) | Step::Reserve(_) => panic!("{vendor}: {step}"),
                        _ => {}
                    }
                }
            }
        });
    }
}

#[test]
fn waits_keep_to_the_patience() {
    for (patience, waited) in [(0, false), (30, true)] {
        with_menu(Vendor::EntryTarget, Time::Real, Duration::from_secs(patience), |menu| {
            let mut longest = Duration::ZERO;
            for number in 0..100 {
                let steps = draw(menu, seed(1, number));
                let waits = steps.iter().filter_map(|step| match step {
                    Step::Wait(Until::For(time)) => Some(*time),
                    _ => None,
                });
                longest = longest.max(waits.sum());
            }
            assert!(longest <= Duration::from_secs(patience), "{longest:?}");
            assert_eq!(!longest.is_zero(), waited);
        });
    }
}

/// Each replica may remember for itself what it accepted.
#[test]
fn another_replica_may_still_accept() {
    let revoked = |mut story: Story| {
        // What the answer says is not the question here.
        story = story.revoke(0, By::Documented, 200, Seen::Accepted);
        story.last().exchanges.clear();
        story
    };
    let entrytarget = || revoked(story(Vendor::EntryTarget).issued(0).used(0, true)).after(10).used(0, false);
    entrytarget().after(10).used(0, true).says(&[("R5", "divergence")]);
    let mut elsewhere = entrytarget().after(10).used(0, true);
    elsewhere.last().replica = crate::exchange::Replica(1);
    elsewhere.says(&[]);
}
