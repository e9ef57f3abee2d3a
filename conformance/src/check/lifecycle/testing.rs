//! Histories written by hand, for the tests of checks: no network, no clock.

#![expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use rescind_specs::lifecycle::{CheckSpec, Condition};
use rescind_specs::{Contract, OperationId, Vendor};
use serde_json::{Value, json};

use super::{Setting, Time, of};
use crate::call::Known;
use crate::credential::{Credential, Token};
use crate::exchange::{Exchange, ExchangeId, Replica, Reply, Request, Response, Span, Timing};
use crate::lifecycle::{DependentSlot, Event, History, Issuing, Key, Seen, Slot, Step, Target, TokenSlot};
use crate::verdict::Verdict;

/// A history in the making.
pub(super) struct Story {
    contract: &'static Contract,
    history: History,
    now: Timestamp,
    next: u64,
}

/// What a check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Pass,
    Fail,
    Divergence,
    /// Neither: not exercised, or not wholly.
    Open,
}

pub(super) fn story(vendor: Vendor) -> Story {
    let contract = vendor.contract().unwrap_or_else(|error| panic!("{error}"));
    Story { contract, history: History::default(), now: Timestamp::UNIX_EPOCH, next: 0 }
}

impl Story {
    /// Time passes.
    pub(super) fn after(mut self, seconds: i64) -> Self {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self
    }

    fn kind(&self) -> (String, &'static rescind_specs::lifecycle::CredentialKind) {
        let lifecycle = self.contract.lifecycle().unwrap();
        let (name, kind) = lifecycle.kind(None).unwrap();
        (name.0.clone(), kind)
    }

    fn credential(&self, slot: u8) -> Arc<Credential> {
        let issued = self.history.events.iter().rev().find_map(|event| match &event.step {
            Step::Issue(into, _) | Step::Adopt(into, _) if *into == Slot(slot) => event.credential.clone(),
            _ => None,
        });
        issued.unwrap_or_else(|| self.fresh(slot))
    }

    fn fresh(&self, slot: u8) -> Arc<Credential> {
        let text = |text: String| Known { text, from: None };
        Arc::new(Credential {
            kind: self.kind().0.as_str().into(),
            id: text(format!("id-{slot}")),
            secret: Some(text(format!("secret-{slot}-0123456789"))),
            expires_at: None,
            issued: Some(ExchangeId(self.next)),
            caller: None,
            revocation: Some(("POST".to_owned(), format!("/revoke/{slot}"))),
        })
    }

    /// An answer of an operation; status 0 is a lost one.
    fn exchange(&mut self, operation: &OperationId, status: u16, body: &Value) -> Arc<Exchange> {
        let documented = self.contract.operation(operation).unwrap();
        let id = ExchangeId(self.next);
        self.next += 1;
        let mut headers = HeaderMap::new();
        let content = documented.responses.find(status).and_then(|response| response.content.first());
        let media_type =
            content.map_or_else(|| "application/json".to_owned(), |content| content.media_type.to_string());
        let body = match body {
            Value::Null => Bytes::new(),
            other => {
                headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
                Bytes::from(other.to_string())
            }
        };
        let reply = match StatusCode::from_u16(status) {
            Ok(status) => Reply::Received(Response { status, headers, body }),
            Err(_) => Reply::Lost("the connection broke".to_owned()),
        };
        Arc::new(Exchange {
            id,
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
            took: std::time::Duration::ZERO,
            replica: Replica::default(),
            timing: Timing::default(),
            span: Span { began: 2 * id.0 + 1, ended: 2 * id.0 + 2 },
        })
    }

    fn push(mut self, event: Event) -> Self {
        self.history.events.push(event);
        self
    }

    /// An issue into a slot. `id` overrides the identifier.
    pub(super) fn issue(self, slot: u8, status: u16, body: Value) -> Self {
        self.issue_with(slot, Issuing::default(), None, status, body)
    }

    pub(super) fn issued(self, slot: u8) -> Self {
        let (_, kind) = self.kind();
        let status = first_status(&kind.issue.as_ref().unwrap().success);
        self.issue(slot, status, json!({ "outcome": "issued" }))
    }

    /// The same once more: `gives` is the slot whose identifier comes back.
    pub(super) fn again(self, key: Key, gives: Option<u8>, status: u16) -> Self {
        let issuing = Issuing { like: Some(Slot(0)), key, ..Issuing::default() };
        self.issue_with(1, issuing, gives, status, json!({ "outcome": "issued" }))
    }

    pub(super) fn issue_with(
        mut self,
        slot: u8,
        issuing: Issuing,
        gives: Option<u8>,
        status: u16,
        body: Value,
    ) -> Self {
        let (_, kind) = self.kind();
        let issue = kind.issue.as_ref().unwrap();
        let credential = self.fresh(gives.unwrap_or(slot));
        let exchange = self.exchange(&issue.call.operation, status, &body);
        let mut event = Event::new(Step::Issue(Slot(slot), issuing), self.now, Seen::Refused);
        if event.bindings().meets(self.contract, &issue.success, &exchange).is_ok() {
            event.seen = Seen::Accepted;
            event.credential = Some(credential);
        }
        event.exchanges = vec![exchange];
        self.push(event)
    }

    /// Gives the credential of a slot an expiry.
    pub(super) fn expiring(mut self, slot: u8, seconds: i64) -> Self {
        let expiry = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        for event in &mut self.history.events {
            if matches!(&event.step, Step::Issue(into, _) if *into == Slot(slot)) {
                let credential = event.credential.as_deref().cloned().unwrap();
                event.credential = Some(Arc::new(Credential { expires_at: Some(expiry), ..credential }));
            }
        }
        self
    }

    /// A use: accepted or refused with this body, the control being accepted.
    pub(super) fn used(self, slot: u8, accepted: bool) -> Self {
        self.used_with(slot, accepted, Value::Null)
    }

    pub(super) fn used_with(mut self, slot: u8, accepted: bool, body: Value) -> Self {
        let (_, kind) = self.kind();
        let mut event = Event::new(Step::present(slot), self.now, Seen::Accepted);
        if !accepted {
            event.seen = Seen::Refused;
            event.control = Some(Seen::Accepted);
        }
        let operation = kind.probe.as_ref().map_or_else(
            || kind.listed.as_ref().unwrap().call.operation.clone(),
            |probe| probe.call.operation.clone(),
        );
        let exchange = self.exchange(&operation, if accepted { 200 } else { 401 }, &body);
        event.exchanges = vec![exchange];
        event.credential = Some(self.credential(slot));
        self.push(event)
    }

    /// A use that is answered with this status, which may show neither acceptance nor refusal.
    pub(super) fn probed(self, slot: u8, status: u16) -> Self {
        let mut story = self.used(slot, false);
        let operation = story.contract.lifecycle().unwrap().kind(None).unwrap().1.probe.as_ref().unwrap();
        let exchange = story.exchange(&operation.call.operation, status, &Value::Null);
        let event = story.history.events.last_mut().unwrap();
        if status != 401 {
            event.seen = Seen::Unclear(format!("answered {status}"));
            event.control = None;
        }
        event.exchanges = vec![exchange];
        story
    }

    /// The last event was refused while the control credential was refused too.
    pub(super) fn control_refused(mut self) -> Self {
        self.history.events.last_mut().unwrap().control = Some(Seen::Refused);
        self
    }

    /// The last event got no clear answer.
    pub(super) fn unclear(mut self) -> Self {
        let event = self.history.events.last_mut().unwrap();
        event.seen = Seen::Unclear("the connection broke".to_owned());
        self
    }

    /// A revocation as documented.
    pub(super) fn revoke(self, slot: u8, status: u16, body: Value) -> Self {
        self.step(Step::revoke(slot), &[(status, body)])
    }

    /// A revocation as documented that succeeds.
    pub(super) fn revoked(self, slot: u8) -> Self {
        let (_, kind) = self.kind();
        let status = first_status(&kind.revoke.as_ref().unwrap().success);
        self.revoke(slot, status, json!({ "outcome": "revoked", "revoked": true }))
    }

    /// A step that asks for revocations, with the answer of each.
    pub(super) fn step(mut self, step: Step, answers: &[(u16, Value)]) -> Self {
        let (_, kind) = self.kind();
        let revoke = kind.revoke.as_ref().unwrap();
        let slot = crate::lifecycle::history::revokes(&step);
        let mut event = Event::new(step.clone(), self.now, Seen::Refused);
        event.credential = slot.map(|slot| self.credential(slot.0));
        if matches!(&step, Step::Revoke { target: Target::Unknown, .. }) {
            event.credential = Some(self.fresh(99));
        }
        for (status, body) in answers {
            let exchange = self.exchange(&revoke.call.operation, *status, body);
            if event.bindings().meets(self.contract, &revoke.success, &exchange).is_ok() {
                event.seen = Seen::Accepted;
            } else if event.seen != Seen::Accepted && (*status == 0 || *status == 429 || *status >= 500) {
                event.seen = Seen::Unclear(format!("answered {status}"));
            }
            event.exchanges.push(exchange);
        }
        self.push(event)
    }

    /// An exchange for a token that lives so many seconds.
    pub(super) fn token(mut self, slot: u8, seconds: i64) -> Self {
        let (_, kind) = self.kind();
        let (name, token) = kind.tokens.first().unwrap();
        let exchange = self.exchange(&token.exchange.operation, 200, &json!({ "expires_in": seconds }));
        let of = self.credential(slot);
        let step = Step::Exchange(Slot(slot), name.clone(), TokenSlot(slot));
        let mut event = Event::new(step, self.now, Seen::Accepted);
        event.exchanges = vec![exchange];
        event.token = Some(Arc::new(Token {
            name: name.clone(),
            text: Known { text: format!("token-{slot}"), from: None },
            received: self.now,
            expires_at: self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap(),
            of,
        }));
        self.push(event)
    }

    /// A use of a token.
    pub(super) fn token_used(mut self, slot: u8, accepted: bool, body: Value) -> Self {
        let (_, kind) = self.kind();
        let (_, token) = kind.tokens.first().unwrap();
        let operation = token.probe.as_ref().unwrap().call.operation.clone();
        let exchange = self.exchange(&operation, if accepted { 200 } else { 401 }, &body);
        let seen = if accepted { Seen::Accepted } else { Seen::Refused };
        let mut event = Event::new(Step::PresentToken(TokenSlot(slot)), self.now, seen);
        event.control = (!accepted).then_some(Seen::Accepted);
        event.exchanges = vec![exchange];
        event.token = self.history.events.iter().rev().find_map(|known| match &known.step {
            Step::Exchange(_, _, into) if *into == TokenSlot(slot) => known.token.clone(),
            _ => None,
        });
        self.push(event)
    }

    /// A list that was read to its end.
    pub(super) fn listed(mut self, items: Value) -> Self {
        let (_, kind) = self.kind();
        let operation = kind.listed.as_ref().unwrap().call.operation.clone();
        let exchange = self.exchange(&operation, 200, &json!({ "data": items, "has_more": false }));
        let mut event = Event::new(Step::List(None), self.now, Seen::Accepted);
        event.items = items.as_array().cloned();
        event.exchanges = vec![exchange];
        self.push(event)
    }

    /// A step about a dependent, which goes by the identifier `dep-<slot>`.
    pub(super) fn dependent(mut self, step: Step, status: u16, body: Value) -> Self {
        let lifecycle = self.contract.lifecycle().unwrap();
        let (_, known) = lifecycle.dependents.first().unwrap();
        let (slot, action) = match &step {
            Step::Create(_, slot, _) => (slot, &known.create),
            Step::Read(slot) => (slot, &known.read),
            Step::Repoint(slot, _) => (slot, known.repoint.as_ref().unwrap()),
            Step::Clear(slot) => (slot, known.clear.as_ref().unwrap()),
            Step::Delete(slot) => (slot, &known.delete),
            other => panic!("{other} is about no dependent"),
        };
        let id = Known { text: format!("dep-{}", slot.0), from: None };
        let exchange = self.exchange(&action.call.operation, status, &body);
        let mut event = Event::new(step.clone(), self.now, Seen::Refused);
        if event.bindings().meets(self.contract, &action.success, &exchange).is_ok() {
            event.seen = Seen::Accepted;
            event.dependent = Some(id);
        }
        event.exchanges = vec![exchange];
        self.push(event)
    }

    /// The last event was under way before anything else ended.
    pub(super) fn in_flight(mut self) -> Self {
        let event = self.history.events.last_mut().unwrap();
        for exchange in &mut event.exchanges {
            Arc::make_mut(exchange).span.began = 0;
        }
        self
    }

    /// The last event happened at the second replica.
    pub(super) fn elsewhere(mut self) -> Self {
        self.history.events.last_mut().unwrap().replica = Replica(1);
        self
    }

    /// A step outside of the API, about a credential or about none.
    pub(super) fn hook(self, name: &str, slot: Option<u8>) -> Self {
        let mut event = Event::new(Step::Hook(name.into(), slot.map(Slot)), self.now, Seen::Accepted);
        event.credential = slot.map(|slot| self.credential(slot));
        self.push(event)
    }

    /// A call that has nothing to do with a credential.
    pub(super) fn called(mut self, operation: &str, status: u16) -> Self {
        let call = serde_json::from_value(json!({ "operation": operation })).unwrap();
        let exchange = self.exchange(&OperationId(operation.to_owned()), status, &json!({}));
        let mut event = Event::new(Step::Call(Box::new(call), Slot(0)), self.now, Seen::Accepted);
        event.exchanges = vec![exchange];
        self.push(event)
    }

    /// The last event was a list that was read in short pages.
    pub(super) fn in_short_pages(mut self) -> Self {
        self.history.events.last_mut().unwrap().step = Step::ListInShortPages;
        self
    }

    /// The sequence ended: a wait was too long.
    pub(super) fn still_open(self) -> Self {
        let step = Step::after_revocation(0, std::time::Duration::from_hours(1));
        let event = Event::new(step, self.now, Seen::StillOpen("too long".to_owned()));
        self.push(event)
    }

    /// What a check of this form, as in `lifecycle.yaml`, says of it.
    #[track_caller]
    pub(super) fn says(&self, check: Value, expected: Said) {
        let text = check.to_string();
        let spec: CheckSpec = serde_json::from_value(check).unwrap_or_else(|error| panic!("{text}: {error}"));
        let lifecycle = self.contract.lifecycle().unwrap();
        let (name, kind) = lifecycle.kind(spec.kind()).unwrap();
        let setting = Setting { contract: self.contract, name, kind, time: Time::Moved };
        let check = of(&spec);
        assert!(!check.scenario(&setting).steps.is_empty(), "{text}");
        let judgement = check.judge(&setting, &self.history);
        let worst = judgement.findings.iter().map(|finding| finding.verdict).max();
        let said = match worst {
            Some(Verdict::Fail | Verdict::Error) => Said::Fail,
            Some(Verdict::Divergence) => Said::Divergence,
            _ if judgement.exercised == 0 || judgement.open.is_some() => Said::Open,
            _ => Said::Pass,
        };
        if judgement.exercised == 0 && judgement.findings.is_empty() {
            assert!(judgement.open.is_some(), "{text}: never exercised, and no reason given");
        }
        assert_eq!(said, expected, "{text}: {judgement:#?}");
    }
}

/// A status that satisfies a condition.
fn first_status(condition: &Condition) -> u16 {
    (100..600).find(|status| condition.status.as_ref().is_none_or(|set| set.contains(*status))).unwrap()
}

/// A dependent's place.
pub(super) fn dependent(slot: u8) -> DependentSlot {
    DependentSlot(slot)
}
