//! Are identifiers in different states answered alike, so that nobody learns which exist?

use std::collections::BTreeSet;

use rescind_specs::lifecycle::{HiddenIdentifiers as With, HiddenState};
use serde_json::Value;

use super::foreign_credential::stranger;
use super::support::{Judge, Setting, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::exchange::Response;
use crate::lifecycle::{Company, Event, History, Slot, Step, Target};

/// # What it does
/// Revokes identifiers that are unknown, somebody else's or already revoked, and compares the answers: status, media
/// type, names of headers, and the body but for what the contract excepts. How long each answer took is measured and
/// reported; too much else sways it for a verdict.
/// # Verdicts
/// Fail: two answers differ. Inconclusive: one of them was lost or throttled.
/// # Source
/// The vendor's `lifecycle.yaml`; CWE-204.
pub struct HiddenIdentifiers<'w>(pub &'w With);

/// The slot of the credential that is somebody else's, and of the one that is revoked.
const FOREIGN: u8 = 0;
const REVOKED: u8 = 2;

impl HiddenIdentifiers<'_> {
    fn has(&self, state: HiddenState) -> bool {
        self.0.states.contains(&state)
    }
}

impl LifecycleCheck for HiddenIdentifiers<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(FOREIGN)];
        let mut ask = Vec::new();
        if self.has(HiddenState::Foreign)
            && let Some(who) = &self.0.stranger
        {
            let (born, by) = stranger(who);
            steps.extend(born);
            if self.has(HiddenState::Unknown) {
                ask.push(Step::Revoke { target: Target::Unknown, by: by.clone(), body: None });
            }
            ask.push(Step::revoke_by(FOREIGN, by));
        } else if self.has(HiddenState::Unknown) {
            ask.push(Step::Revoke { target: Target::Unknown, by: setting.asker(FOREIGN), body: None });
        }
        if self.has(HiddenState::Revoked) {
            steps.extend([Step::issue(REVOKED), Step::revoke(REVOKED)]);
            ask.push(Step::revoke(REVOKED));
        }
        steps.extend(ask);
        Scenario { steps, noise: Noise::Others }
    }

    fn company(&self) -> Company {
        Company::Unwelcome
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("hidden_identifiers");
        let revoked = history.revoked(REVOKED).map(|(at, _)| at);
        let mut answers: Vec<(HiddenState, &Event, &Response)> = Vec::new();
        for (at, event) in history.all(|step| matches!(step, Step::Revoke { .. })) {
            let state = match &event.step {
                Step::Revoke { target: Target::Unknown, .. } => HiddenState::Unknown,
                Step::Revoke { target: Target::Slot(Slot(FOREIGN)), .. } => HiddenState::Foreign,
                Step::Revoke { target: Target::Slot(Slot(REVOKED)), .. }
                    if revoked.is_some_and(|revoked| at > revoked) =>
                {
                    HiddenState::Revoked
                }
                _ => continue,
            };
            let Some(exchange) = event.decisive() else { continue };
            match (unanswered(exchange), exchange.response()) {
                (None, Some(response)) => {
                    judge.took(&format!("{} identifier", name(state)), exchange);
                    answers.push((state, event, response));
                }
                (why, _) => judge.open(why.unwrap_or_default()),
            }
        }
        let Some((first, rest)) = answers.split_first() else { return judge.done(history) };
        for (state, event, response) in rest {
            judge.exercised();
            let differences = differences(first.2, response, &self.0.except);
            if !differences.is_empty() {
                let message = format!(
                    "{} identifier is told from {} one: {}",
                    name(*state),
                    name(first.0),
                    differences.join(", ")
                );
                let documented =
                    format!("like the answer for {} identifier: {}", name(first.0), what_came(first.1));
                let received = format!("{}; {}", what_came(event), differences.join(", "));
                judge.breach(history, event, message, documented, received);
            }
        }
        judge.done(history)
    }
}

fn name(state: HiddenState) -> &'static str {
    match state {
        HiddenState::Unknown => "an unknown",
        HiddenState::Foreign => "a foreign",
        HiddenState::Revoked => "a revoked",
    }
}

/// In what two answers differ.
fn differences(one: &Response, other: &Response, except: &[rescind_specs::Pointer]) -> Vec<String> {
    let mut found = Vec::new();
    if one.status != other.status {
        found.push(format!("status {} against {}", other.status.as_u16(), one.status.as_u16()));
    }
    if one.media_type() != other.media_type() {
        found.push("another media type".to_owned());
    }
    let names = |response: &Response| -> BTreeSet<String> {
        response.headers.keys().map(|name| name.as_str().to_owned()).collect()
    };
    let (ours, theirs) = (names(one), names(other));
    found.extend(ours.symmetric_difference(&theirs).map(|name| format!("header {name} in one only")));
    match (one.json(), other.json()) {
        (Some(mut one), Some(mut other)) => {
            for pointer in except {
                for body in [&mut one, &mut other] {
                    if let Some(value) = body.pointer_mut(pointer.as_str()) {
                        *value = Value::Null;
                    }
                }
            }
            members(&one, &other, "", &mut found);
        }
        _ if one.body != other.body => found.push("another body".to_owned()),
        _ => {}
    }
    found
}

fn members(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                match (ours.get(name), theirs.get(name)) {
                    (Some(one), Some(other)) => members(one, other, &format!("{at}/{name}"), found),
                    _ => found.push(format!("{at}/{name} in one only")),
                }
            }
        }
        _ if one != other => found.push(format!("{at} differs")),
        _ => {}
    }
}
