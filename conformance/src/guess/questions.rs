//! What one would ask of a deployment: requirements that are still questions, each with the check that answers it.

use rescind_specs::{Contract, Operation, StatusPattern};
use serde_json::{Value, json};

use super::{Draft, statuses};

/// A question about a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The question itself.
    pub text: String,
    /// What the question comes from.
    pub source: String,
    /// The checks that answer it.
    pub checks: Vec<Value>,
}

/// The questions that the draft lets one ask, the weightiest first.
pub(super) fn ask(contract: &Contract, draft: &Draft) -> Vec<Question> {
    let (Some(issue), Some(revoke)) = (&draft.issue, &draft.revoke) else { return Vec::new() };
    let Some(operation) = contract.operation(&revoke.value.call.operation) else { return Vec::new() };
    let kind = draft.kind.replace('_', " ");
    let signature = operation.signature();
    let mut all = Vec::new();
    let mut ask =
        |text: String, source: String, check: Value| all.push(Question { text, source, checks: vec![check] });
    let visible = draft.probe.is_some();
    let delay = revoke.value.delay.value;
    if visible {
        ask(
            format!("Does a {kind} work as soon as it is issued?"),
            "nothing says so; whoever issues one expects it".to_owned(),
            json!({ "usable_after_issue": {} }),
        );
        ask(
            format!(
                "Is a revoked {kind} refused {}, and for good?",
                if delay.duration().is_zero() {
                    "at once".to_owned()
                } else {
                    format!("after {delay} at the latest")
                }
            ),
            revoke.value.delay.why.clone(),
            json!({ "use_after_revocation": { "within": delay.to_string(), "watch": "10m" } }),
        );
    }
    let success = statuses(&revoke.value.success);
    let documented = |status: &Value| match status {
        Value::Array(several) => several.iter().map(plain).collect::<Vec<_>>().join(" or "),
        one => plain(one),
    };
    ask(
        format!("Is the revocation of a live {kind} answered {}?", documented(&success)),
        format!("the documented success of {signature}"),
        json!({ "revocation_answer": { "answer": [{ "status": success }] } }),
    );
    let refused = |codes: &[u16]| refused(operation, codes);
    let mut again = vec![success.clone()];
    again.push(refused(&[404, 409, 410, 401, 403]));
    ask(
        format!("How is the second revocation of a {kind} answered?"),
        format!("the documented answers of {signature}"),
        json!({ "repeated_revocation": { "answer": again.iter().map(|status| json!({ "status": status })).collect::<Vec<_>>() } }),
    );
    if operation.path.parameters().next().is_some() {
        let unknown = refused(&[404, 410, 400, 403, 401]);
        ask(
            format!("Is an unknown identifier answered {}?", documented(&unknown)),
            format!("the documented answers of {signature}"),
            json!({ "unknown_credential": { "answer": [{ "status": unknown }] } }),
        );
    }
    if !operation.security.allows_anonymous() {
        let unauthorised = refused(&[401, 403]);
        ask(
            format!(
                "Is a revocation without a credential, or with a wrong one, answered {}, and does it revoke nothing?",
                documented(&unauthorised)
            ),
            format!("the security requirement of {signature}"),
            json!({ "unauthorized_revocation": { "with": ["nobody", "unknown"], "answer": [{ "status": unauthorised }] } }),
        );
    }
    for way in &draft.ways {
        let name = &way.value.name;
        let (by, source) =
            (json!({ "way": name }), format!("the documented answers of {}", way.value.call.operation));
        let status = statuses(&way.value.success);
        ask(
            format!("Is the revocation of a live {kind} by `{name}` answered {}?", documented(&status)),
            source,
            json!({ "revocation_answer": { "by": by, "answer": [{ "status": status }] } }),
        );
        if way.value.all && visible {
            ask(
                format!("Does `{name}` end every {kind} of the same holder?"),
                way.why.clone(),
                json!({ "others_revoked": { "by": by, "within": delay.to_string() } }),
            );
        }
    }
    around(draft, &kind, &mut ask);
    if issue.value.self_description.is_some() {
        ask(
            "Do the method and path that the issuing answer names revoke?".to_owned(),
            "the issuing answer names them".to_owned(),
            json!({ "self_described_revocation": { "answer": [{ "status": success }] } }),
        );
    }
    all
}

/// What one would ask of everything around a revocation.
fn around(draft: &Draft, kind: &str, ask: &mut dyn FnMut(String, String, Value)) {
    let Some(issue) = &draft.issue else { return };
    let visible = draft.probe.is_some();
    if visible {
        ask(
            format!("Does revoking one {kind} leave the others alone?"),
            "nothing says so; it goes without saying".to_owned(),
            json!({ "others_unaffected": {} }),
        );
    }
    if issue.value.secret.is_some() {
        ask(
            "Is the secret shown once, and never again?".to_owned(),
            "nothing says so; most such APIs promise it".to_owned(),
            json!({ "secret_shown_once": {} }),
        );
    }
    if let Some(listed) = &draft.listed {
        let as_what = if listed.value.state.is_some() { "revoked" } else { "gone" };
        let text = match as_what {
            "revoked" => format!("Does a revoked {kind} stay in the list, marked as revoked?"),
            _ => format!("Is a revoked {kind} gone from the list?"),
        };
        ask(text, listed.why.clone(), json!({ "listed_after_revocation": { "listed": as_what } }));
    }
    if let Some(token) = draft.token.as_ref().filter(|token| token.value.probe.is_some()) {
        ask(
            "Do tokens that were had before the revocation keep working until they expire?".to_owned(),
            format!("{}; nothing says what becomes of its tokens", token.why),
            json!({ "outstanding_tokens": { "token": "access" } }),
        );
    }
    if visible && issue.value.expiring.is_some() {
        ask(
            format!("Is a {kind} refused once it has expired?"),
            "an expiry can be asked for".to_owned(),
            json!({ "expiry": {} }),
        );
    }
    if visible && issue.value.idempotency_key.is_some() {
        ask(
            format!("Does replaying the issue of a revoked {kind} revive nothing?"),
            "the issuing call takes an idempotency key; how long it is kept is not documented".to_owned(),
            json!({ "replayed_issue": { "window": "24h" } }),
        );
    }
}

fn plain(status: &Value) -> String {
    status.as_str().map_or_else(|| status.to_string(), str::to_owned)
}

/// The documented ones of these statuses; without any, the whole range.
fn refused(operation: &Operation, codes: &[u16]) -> Value {
    let documents = |code: &&u16| {
        operation.responses.iter().any(|response| response.status == StatusPattern::Exact(**code))
    };
    let known: Vec<StatusPattern> =
        codes.iter().filter(documents).map(|code| StatusPattern::Exact(*code)).collect();
    if known.is_empty() { Value::from("4XX") } else { statuses(&known) }
}
