//! The operation that a credential is exchanged at for a token.

use rescind_specs::{Contract, Operation, SchemeKind, SchemeName, StatusPattern};

use super::body::{self, Wishes};
use super::members::{self, Found};
use super::pair::Pair;
use super::words::{Words, bare};
use super::{CallDraft, Guess, ProbeDraft, successes};

/// A token that a credential is exchanged for.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenDraft {
    /// The call.
    pub exchange: CallDraft,
    /// Statuses of success.
    pub success: Vec<StatusPattern>,
    /// Where the token is found, as an expression.
    pub token: String,
    /// Where its remaining life in seconds is found, as an expression.
    pub expires_in: Option<String>,
    /// The scheme that presents it.
    pub present: Option<SchemeName>,
    /// The schemes that the exchange itself requires.
    pub required: Vec<SchemeName>,
    /// A call that shows whether it works.
    pub probe: Option<Guess<ProbeDraft>>,
}

/// The exchange, where a credential of this contract has one.
pub(super) fn find(contract: &Contract, pair: &Pair<'_>, members: &Found) -> Option<Guess<TokenDraft>> {
    pair.issue.as_ref()?;
    // What is kept for later, or is its own identifier, is exchanged for nothing.
    if members.is_vaulted() || members.is_bare() {
        return None;
    }
    // A token is one already.
    if matches!(pair.noun(), Some("token" | "pat" | "session")) {
        return None;
    }
    let mut scored: Vec<(i32, &Operation, Vec<String>)> = contract
        .operations()
        .iter()
        .filter(|operation| operation.method == http::Method::POST && !pair.has(operation))
        .filter(|operation| operation.path.parameters().next().is_none())
        .filter_map(|operation| score(contract, operation).map(|(score, why)| (score, operation, why)))
        .collect();
    scored.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let (_, operation, why) = scored.first()?;
    let answers = members::of_answers(operation);
    let token = answers
        .iter()
        .find(|shown| matches!(&*bare(&shown.name), "accesstoken" | "token" | "jwt" | "idtoken"))
        .or_else(|| answers.iter().find(|shown| bare(&shown.name).ends_with("token")))?;
    let expires = answers.iter().find(|shown| matches!(&*bare(&shown.name), "expiresin" | "expires" | "ttl"));
    let required: Vec<SchemeName> = operation.security.0.first().cloned().unwrap_or_default();
    let bearer = contract.schemes().iter().filter(|scheme| scheme.kind == SchemeKind::Bearer);
    let present = bearer.map(|scheme| scheme.name.clone()).find(|name| !required.contains(name));
    let value = TokenDraft {
        exchange: CallDraft {
            operation: operation.id.clone(),
            actor: "$credential".to_owned(),
            parameters: body::parameters(operation, None, &mut indexmap::IndexMap::new()),
            body: body::template(contract, operation, &Wishes::exchange(members)),
        },
        success: successes(operation),
        token: format!("$response.body#{}", token.pointer),
        expires_in: expires.map(|shown| format!("$response.body#{}", shown.pointer)),
        present,
        required,
        probe: None,
    };
    let others =
        scored.iter().skip(1).take(2).map(|(_, other, _)| format!("{} ({})", other.id, other.signature()));
    let why = format!("{}: {}", operation.signature(), why.join(", "));
    Some(Guess { value, why, others: others.collect() })
}

/// What speaks for an operation that gives a token for a client's own pair.
fn score(contract: &Contract, operation: &Operation) -> Option<(i32, Vec<String>)> {
    let mut why = Vec::new();
    let sent = members::of_request(operation);
    let has = |name: &str| sent.iter().any(|shown| bare(&shown.name) == name);
    let mut score = 0;
    if has("granttype") {
        score += 6;
        why.push("its body has `grant_type`".to_owned());
    }
    if has("clientsecret") {
        score += 3;
        why.push("its body has the secret of a client".to_owned());
    }
    let basic =
        |name: &SchemeName| contract.scheme(name).is_some_and(|scheme| scheme.kind == SchemeKind::Basic);
    if operation.security.0.iter().flatten().any(basic) {
        score += 4;
        why.push("it takes a pair as HTTP Basic".to_owned());
    }
    let gives = members::of_answers(operation).iter().any(|shown| bare(&shown.name) == "accesstoken");
    if gives {
        score += 3;
        why.push("it gives an access token".to_owned());
    }
    let words = Words::of(operation);
    if words.noun().is_some_and(|(noun, _)| noun == "token") {
        score += 1;
    }
    if words.has(&["revoke", "introspect", "refresh"]).is_some() {
        score -= 6;
    }
    (score >= 7).then_some((score, why))
}
