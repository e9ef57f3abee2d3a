//! A draft of a lifecycle document from an OpenAPI document alone: which operation issues credentials, which lists,
//! takes and revokes them, and what one would ask of a deployment.
//!
//! Nothing here is known; each guess has a score, the reason in words, and what else was possible. A guess never becomes
//! a promise: what a draft asks about a deployment are questions, and nothing fails for the answer to a question.

mod body;
mod cookie;
mod delay;
mod exchange;
mod listed;
mod members;
mod pair;
mod present;
mod probe;
mod questions;
#[cfg(test)]
mod tests;
mod ways;
mod words;

use indexmap::IndexMap;
use rescind_specs::lifecycle::Period;
use rescind_specs::{Contract, Operation, OperationId, SchemeName, StatusPattern};
use serde_json::Value;

pub use cookie::ObtainedDraft;
pub use exchange::TokenDraft;
pub use listed::{ListDraft, Paging};
pub use questions::Question;
pub use ways::WayDraft;

/// Something guessed.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess<T> {
    /// What.
    pub value: T,
    /// Why, as a sentence without its full stop.
    pub why: String,
    /// What else was possible, the likeliest first.
    pub others: Vec<String>,
}

impl<T> Guess<T> {
    fn new(value: T, why: impl Into<String>) -> Self {
        Self { value, why: why.into(), others: Vec::new() }
    }
}

/// A call as a draft has it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDraft {
    /// The operation.
    pub operation: OperationId,
    /// Who makes it, as the lifecycle language says it.
    pub actor: String,
    /// Values of parameters.
    pub parameters: IndexMap<String, Value>,
    /// The body.
    pub body: Option<Value>,
}

/// How a credential is issued.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueDraft {
    /// The call.
    pub call: CallDraft,
    /// Statuses of success.
    pub success: Vec<StatusPattern>,
    /// Where its identifier is found, as an expression.
    pub id: Guess<String>,
    /// An identifier that nobody has.
    pub unknown_id: Guess<String>,
    /// Where its secret is found, as an expression.
    pub secret: Option<Guess<String>>,
    /// Where its expiry is found, as an expression.
    pub expires_at: Option<String>,
    /// The member of the body that asks for a short life.
    pub expiring: Option<String>,
    /// The header that makes a repeat harmless.
    pub idempotency_key: Option<String>,
    /// Where the answer names its own revocation: method and path, as expressions.
    pub self_description: Option<(String, String)>,
}

/// How a credential is revoked.
#[derive(Clone, Debug, PartialEq)]
pub struct RevokeDraft {
    /// The call.
    pub call: CallDraft,
    /// Statuses of success.
    pub success: Vec<StatusPattern>,
    /// Longest time that it may still be accepted.
    pub delay: Guess<Period>,
}

/// A call that shows whether a credential or token works.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeDraft {
    /// The call.
    pub call: CallDraft,
    /// The condition for an acceptance, as the lifecycle language has it.
    pub accepted: Value,
    /// The condition for a refusal.
    pub refused: Value,
}

/// How a credential is put on a request: scheme and expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentDraft(pub Vec<(SchemeName, Placement)>);

/// What is put there for a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// User name and password.
    Pair,
    /// The identifier.
    Id,
    /// The secret.
    Secret,
    /// The token.
    Token,
    /// The token against forged requests.
    Obtained,
}

/// What is guessed of a contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// What the kind of credential is called.
    pub kind: String,
    /// How it is issued.
    pub issue: Option<Guess<IssueDraft>>,
    /// How it is presented.
    pub present: Option<Guess<PresentDraft>>,
    /// What it is exchanged for.
    pub token: Option<Guess<TokenDraft>>,
    /// How one sees that it works.
    pub probe: Option<Guess<ProbeDraft>>,
    /// Where it is listed.
    pub listed: Option<Guess<ListDraft>>,
    /// How it is revoked.
    pub revoke: Option<Guess<RevokeDraft>>,
    /// What else revokes it.
    pub ways: Vec<Guess<WayDraft>>,
    /// What gives the token against forged requests, where something presents one.
    pub obtained: Option<Guess<ObtainedDraft>>,
    /// Whether somebody has to be there who issues and revokes, and what that one holds.
    pub operator: Option<Guess<Operator>>,
    /// Values that only the operator of a run knows, with the question of each.
    pub supplied: IndexMap<String, String>,
    /// Operations whose documentation lacks answers, with what is missing.
    pub incomplete: IndexMap<OperationId, String>,
    /// What one would ask of a deployment.
    pub questions: Vec<Question>,
}

impl Draft {
    /// Whether something is presented so.
    fn presents(&self, placement: &Placement) -> bool {
        let operator = match self.operator.as_ref().map(|operator| &operator.value) {
            Some(Operator::Another(present, _)) => Some(present),
            _ => None,
        };
        let all = self.present.iter().map(|present| &present.value).chain(operator);
        all.flat_map(|present| &present.0).any(|(_, known)| known == placement)
    }
}

/// What whoever issues and revokes holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// A credential of the kind that is issued.
    SameKind,
    /// Another one, which is presented so, and whose probe is this.
    Another(PresentDraft, Option<Box<ProbeDraft>>),
}

/// Guesses what the calls of a contract mean over time.
pub fn draft(contract: &Contract) -> Draft {
    let mut draft = Draft { kind: "credential".to_owned(), ..Draft::default() };
    let pair = pair::find(contract);
    if let Some(noun) = pair.noun() {
        noun.clone_into(&mut draft.kind);
    }
    let members = members::Found::of(contract, &pair);
    draft.token = exchange::find(contract, &pair, &members);
    let held_elsewhere = members.is_vaulted();
    draft.present = if held_elsewhere {
        None
    } else {
        present::of_credential(contract, &pair, &members, draft.token.as_ref().map(|token| &token.value))
    };
    draft.operator = if members.is_session() {
        pair.issue.as_ref().map(|issue| present::user(contract, issue.value))
    } else {
        present::operator(contract, &pair, &draft)
    };
    let actor = draft.operator.as_ref().map_or("nobody", |_| "operator");
    if let Some(issue) = &pair.issue {
        draft.issue = Some(issue_draft(contract, issue, &pair, &members, actor, &mut draft.supplied));
    }
    if let Some(revoke) = &pair.revoke {
        draft.revoke =
            Some(revoke_draft(contract, revoke, &members, draft.operator.as_ref(), &mut draft.supplied));
    }
    draft.ways = ways::find(contract, &pair, &members, &mut draft);
    draft.listed = listed::find(contract, &pair, &members, actor, &mut draft.supplied);
    draft.probe = probe::of_credential(contract, &pair, &mut draft);
    probe::of_token(contract, &pair, &mut draft);
    probe::of_operator(contract, &pair, &mut draft);
    if draft.presents(&Placement::Obtained) {
        draft.obtained = cookie::against_forgery(contract);
    }
    draft.incomplete = incomplete(contract, &draft);
    draft.questions = questions::ask(contract, &draft);
    draft
}

fn issue_draft(
    contract: &Contract,
    found: &Guess<&Operation>,
    pair: &pair::Pair<'_>,
    members: &members::Found,
    actor: &str,
    supplied: &mut IndexMap<String, String>,
) -> Guess<IssueDraft> {
    let operation = found.value;
    // A login is made by whom it is for, whoever else may make it.
    let anonymous = operation.security.allows_anonymous() && !members.is_session();
    let actor = if anonymous { "nobody" } else { actor };
    let body = body::template(contract, operation, &body::Wishes::issue(members));
    let id = members.id();
    let unknown_id = members::unknown_id(contract, pair, &id.value);
    let issue = IssueDraft {
        call: CallDraft {
            operation: operation.id.clone(),
            actor: actor.to_owned(),
            parameters: body::parameters(operation, None, supplied),
            body,
        },
        success: successes(operation),
        id,
        unknown_id,
        secret: members.secret(),
        expires_at: members.expires_at.clone(),
        expiring: members.expiring.clone(),
        idempotency_key: body::idempotency_key(operation),
        self_description: members.self_description.clone(),
    };
    Guess { value: issue, why: found.why.clone(), others: found.others.clone() }
}

fn revoke_draft(
    contract: &Contract,
    found: &Guess<&Operation>,
    members: &members::Found,
    operator: Option<&Guess<Operator>>,
    supplied: &mut IndexMap<String, String>,
) -> Guess<RevokeDraft> {
    let operation = found.value;
    let last = operation.path.parameters().last().map(str::to_owned);
    let body = if last.is_none() || operation.request_body.as_ref().is_some_and(|body| body.required) {
        body::template(contract, operation, &body::Wishes::revoke(members))
    } else {
        None
    };
    let by_itself = operator.is_none() && !operation.security.allows_anonymous();
    let names_it =
        last.is_some() || body.as_ref().is_some_and(|body| body.to_string().contains("$credential."));
    let actor = match operator {
        _ if by_itself || !names_it => "$credential",
        Some(_) if !operation.security.allows_anonymous() => "operator",
        _ => "nobody",
    };
    let revoke = RevokeDraft {
        call: CallDraft {
            operation: operation.id.clone(),
            actor: actor.to_owned(),
            parameters: body::parameters(operation, last.as_deref(), supplied),
            body,
        },
        success: successes(operation),
        delay: delay::of(operation),
    };
    Guess { value: revoke, why: found.why.clone(), others: found.others.clone() }
}

/// The documented statuses of success; without any, all of them.
fn successes(operation: &Operation) -> Vec<StatusPattern> {
    let documented: Vec<StatusPattern> = operation
        .responses
        .iter()
        .map(|response| response.status)
        .filter(|status| status.is_success())
        .collect();
    if documented.is_empty() { vec![StatusPattern::Range(2)] } else { documented }
}

/// The documented refusals of a caller: 401, else 403; without any, the whole range.
fn refusals(operation: &Operation) -> Value {
    let documents =
        |code: u16| operation.responses.iter().any(|response| response.status == StatusPattern::Exact(code));
    match (documents(401), documents(403)) {
        (true, _) => Value::from(401),
        (false, true) => Value::from(403),
        (false, false) => Value::from("4XX"),
    }
}

/// Statuses as the lifecycle language has them.
pub(crate) fn statuses(patterns: &[StatusPattern]) -> Value {
    let one = |pattern: &StatusPattern| match pattern {
        StatusPattern::Exact(code) => Value::from(*code),
        other => Value::from(other.to_string()),
    };
    match patterns {
        [single] => one(single),
        several => Value::Array(several.iter().map(one).collect()),
    }
}

/// The operations of the draft whose documentation has no success or no refusal.
fn incomplete(contract: &Contract, draft: &Draft) -> IndexMap<OperationId, String> {
    let mut calls: Vec<&CallDraft> = Vec::new();
    calls.extend(draft.issue.iter().map(|issue| &issue.value.call));
    calls.extend(draft.revoke.iter().map(|revoke| &revoke.value.call));
    calls.extend(draft.ways.iter().map(|way| &way.value.call));
    calls.extend(draft.obtained.iter().map(|obtained| &obtained.value.call));
    calls.extend(draft.listed.iter().map(|listed| &listed.value.call));
    calls.extend(draft.probe.iter().map(|probe| &probe.value.call));
    if let Some(token) = &draft.token {
        calls.push(&token.value.exchange);
        calls.extend(token.value.probe.iter().map(|probe| &probe.value.call));
    }
    if let Some(Guess { value: Operator::Another(_, Some(probe)), .. }) = &draft.operator {
        calls.push(&probe.call);
    }
    let used = |operation: &Operation| calls.iter().any(|call| call.operation == operation.id);
    let mut incomplete = IndexMap::new();
    for operation in contract.operations() {
        let patterns = || operation.responses.iter().map(|response| response.status);
        let anything = patterns().any(|status| status == StatusPattern::Default);
        let success = anything
            || patterns()
                .any(|status| !matches!(status, StatusPattern::Exact(400..) | StatusPattern::Range(4..)));
        let refusal = anything
            || patterns()
                .any(|status| matches!(status, StatusPattern::Exact(400..=499) | StatusPattern::Range(4)));
        let why = match (success, refusal) {
            (true, true) => continue,
            (true, false) if !used(operation) => continue,
            (true, false) => "No refusal is documented.",
            (false, true) => "No success is documented.",
            (false, false) => "Neither success nor refusal is documented.",
        };
        incomplete.insert(operation.id.clone(), why.to_owned());
    }
    incomplete
}
