//! Calls that show whether a credential, or a token of it, still works.

use indexmap::IndexMap;
use rescind_specs::{Contract, Operation, SchemeName, StatusPattern};
use serde_json::{Value, json};

use super::pair::Pair;
use super::words::{Words, bare};
use super::{CallDraft, Draft, Guess, Operator, ProbeDraft, body, members, refusals, statuses, successes};

/// What an operation needs at least to be taken.
const LEAST: i32 = 5;

/// The probe of the credential itself.
pub(super) fn of_credential(
    contract: &Contract,
    pair: &Pair<'_>,
    draft: &mut Draft,
) -> Option<Guess<ProbeDraft>> {
    pair.issue.as_ref()?;
    if let Some(found) = introspection(contract, draft) {
        return Some(found);
    }
    if let Some(token) = &draft.token {
        let exchange = contract.operation(&token.value.exchange.operation)?;
        let probe = ProbeDraft {
            call: token.value.exchange.clone(),
            accepted: json!({ "status": statuses(&successes(exchange)) }),
            refused: json!({ "status": refusals(exchange) }),
        };
        let why = format!("the credential itself opens nothing but {}", exchange.id);
        return Some(Guess::new(probe, why));
    }
    let schemes: Vec<SchemeName> =
        draft.present.as_ref()?.value.0.iter().map(|(name, _)| name.clone()).collect();
    best(contract, pair, &schemes, "$credential", &mut draft.supplied)
}

/// The probe of a token.
pub(super) fn of_token(contract: &Contract, pair: &Pair<'_>, draft: &mut Draft) {
    let Some(token) = &mut draft.token else { return };
    let Some(scheme) = token.value.present.clone() else { return };
    token.value.probe = best(contract, pair, &[scheme], "$token", &mut draft.supplied);
}

/// The probe of what the operator holds, where that is of another kind.
pub(super) fn of_operator(contract: &Contract, pair: &Pair<'_>, draft: &mut Draft) {
    let Some(Guess { value: Operator::Another(present, probe), .. }) = &mut draft.operator else { return };
    let schemes: Vec<SchemeName> = present.0.iter().map(|(name, _)| name.clone()).collect();
    *probe =
        best(contract, pair, &schemes, "$credential", &mut draft.supplied).map(|guess| Box::new(guess.value));
}

/// The likeliest probe among the operations that take these schemes.
fn best(
    contract: &Contract,
    pair: &Pair<'_>,
    schemes: &[SchemeName],
    actor: &str,
    supplied: &mut IndexMap<String, String>,
) -> Option<Guess<ProbeDraft>> {
    let takes = |operation: &&Operation| {
        !operation.security.allows_anonymous()
            && operation.security.0.iter().any(|set| set.iter().all(|name| schemes.contains(name)))
    };
    let operations = contract.operations().iter().filter(takes).filter(|operation| !pair.has(operation));
    let mut scored: Vec<(i32, &Operation, Vec<&str>)> = operations
        .filter_map(|operation| score(operation).map(|(score, why)| (score, operation, why)))
        .collect();
    // The sort is stable: of equally good ones the first of the document.
    scored.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let (points, operation, why) = scored.first()?;
    if *points < LEAST {
        return None;
    }
    let probe = ProbeDraft {
        call: CallDraft {
            operation: operation.id.clone(),
            actor: actor.to_owned(),
            parameters: body::parameters(operation, None, supplied),
            body: body::template(contract, operation, &body::Wishes::exchange(&members::Found::default())),
        },
        accepted: json!({ "status": statuses(&successes(operation)) }),
        refused: json!({ "status": refusals(operation) }),
    };
    let others = scored.iter().skip(1).filter(|(score, ..)| *score >= LEAST).take(3);
    let others = others.map(|(_, other, _)| format!("{} ({})", other.id, other.signature())).collect();
    Some(Guess { value: probe, why: format!("{}: {}", operation.signature(), why.join(", ")), others })
}

/// What speaks for an operation as a probe.
fn score(operation: &Operation) -> Option<(i32, Vec<&'static str>)> {
    let words = Words::of(operation);
    let mut why = Vec::new();
    let mut score = match operation.method.as_str() {
        "GET" => {
            why.push("only reads");
            5
        }
        // Some APIs read with POST.
        "POST" if words.has(&["get", "list", "search", "query", "read", "fetch"]).is_some() => {
            why.push("only reads, by its name");
            1
        }
        _ => return None,
    };
    let documents =
        |code: u16| operation.responses.iter().any(|response| response.status == StatusPattern::Exact(code));
    if documents(401) {
        score += 3;
        why.push("documents 401");
    } else if documents(403) {
        score += 1;
        why.push("documents 403");
    }
    let required = operation.parameters.iter().filter(|parameter| parameter.required).count();
    if required == 0 {
        score += 2;
        why.push("needs no parameter");
    }
    score -= 2 * i32::try_from(required).unwrap_or(i32::MAX / 4);
    let current =
        words.has(&["current"]).and(words.has(&["user", "key", "apikey", "token", "account", "credential"]));
    if words.has(&["me", "self", "whoami"]).or(current).is_some() {
        score += 5;
        why.push("tells who one is");
    } else if words.has(&["verify", "validate", "ping", "userinfo", "profile"]).is_some() {
        score += 3;
        why.push("is made to check who calls");
    } else if words.has(&["account", "user", "status", "info"]).is_some() {
        score += 1;
    }
    if words.has(&["logout", "callback", "authorize", "export", "download", "stream", "event"]).is_some() {
        score -= 6;
    }
    Some((score, why))
}

/// An operation that tells of a token whether it is active (RFC 7662).
fn introspection(contract: &Contract, draft: &Draft) -> Option<Guess<ProbeDraft>> {
    if draft.token.is_some() {
        return None;
    }
    let operation = contract.operations().iter().find(|operation| {
        let is_asked = |shown: &members::Shown| bare(&shown.name) == "token" && shown.pointer.depth() == 1;
        let asks = members::of_request(operation).iter().any(is_asked);
        let tells = members::of_answers(operation).iter().any(|shown| shown.pointer.as_str() == "/active");
        let speaks_of_one = operation.path.parameters().next().is_none();
        operation.method == http::Method::POST && speaks_of_one && asks && tells
    })?;
    let actor = if operation.security.allows_anonymous() {
        "nobody"
    } else if draft.operator.is_some() {
        "operator"
    } else {
        "$credential"
    };
    let status = statuses(&successes(operation));
    let call = CallDraft {
        operation: operation.id.clone(),
        actor: actor.to_owned(),
        parameters: IndexMap::new(),
        body: Some(json!({ "token": "$credential.secret" })),
    };
    let means = |active: bool| json!({ "status": status, "body": { "/active": Value::Bool(active) } });
    let probe = ProbeDraft { call, accepted: means(true), refused: means(false) };
    Some(Guess::new(probe, format!("{} tells whether a token is active", operation.signature())))
}
