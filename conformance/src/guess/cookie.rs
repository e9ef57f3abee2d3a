//! Sessions of browsers: a login that sets a cookie, and the token against forged requests that goes with it.

use indexmap::IndexMap;
use rescind_specs::{Contract, KeyLocation, Operation, SchemeKind, SchemeName, StatusPattern};

use super::pair::Pair;
use super::words::{Words, bare};
use super::{CallDraft, Guess, body, members, successes};

/// A call that gives the token against forged requests.
#[derive(Clone, Debug, PartialEq)]
pub struct ObtainedDraft {
    /// The call.
    pub call: CallDraft,
    /// Statuses of success.
    pub success: Vec<StatusPattern>,
    /// Where the token is found, as an expression.
    pub token: String,
}

/// The cookie that a login sets: that of the scheme which ends it, where no answer shows a secret otherwise.
pub(super) fn of_session(contract: &Contract, pair: &Pair<'_>) -> Option<Guess<String>> {
    let (issue, revoke) = (pair.issue.as_ref()?.value, pair.revoke.as_ref()?.value);
    let alone = |set: &Vec<SchemeName>| set.iter().all(|name| is_against_forgery(contract, name));
    let by_password = issue.security.allows_anonymous() || issue.security.0.iter().any(alone);
    let logs_in = Words::of(issue).has(&["login", "session", "signin", "authenticate"]).is_some();
    let names = revoke.security.0.iter().flatten();
    let cookies =
        names.filter(|name| !is_against_forgery(contract, name)).filter_map(|name| cookie(contract, name));
    let cookie = cookies.into_iter().next().filter(|_| by_password && logs_in)?;
    let why = format!("{} takes the cookie `{cookie}`, which nothing else than a login can set", revoke.id);
    Some(Guess::new(format!("$response.cookie.{cookie}"), why))
}

/// The cookie of a scheme, if it is one.
fn cookie<'c>(contract: &'c Contract, name: &SchemeName) -> Option<&'c str> {
    match &contract.scheme(name)?.kind {
        SchemeKind::ApiKey { location: KeyLocation::Cookie, name } => Some(name),
        _ => None,
    }
}

/// Whether a scheme is a token against forged requests.
pub(super) fn is_against_forgery(contract: &Contract, name: &SchemeName) -> bool {
    let parameter = match contract.scheme(name).map(|scheme| &scheme.kind) {
        Some(SchemeKind::ApiKey { name, .. }) => name.as_str(),
        _ => return false,
    };
    let text = bare(&format!("{name}{parameter}"));
    text.contains("csrf") || text.contains("xsrf")
}

/// The call that gives the token against forged requests to whoever asks.
pub(super) fn against_forgery(contract: &Contract) -> Option<Guess<ObtainedDraft>> {
    let set = contract.schemes().iter().filter(|scheme| is_against_forgery(contract, &scheme.name));
    let mut set = set.map(|scheme| cookie(contract, &scheme.name));
    let set = set.find_map(|cookie| cookie.map(str::to_owned));
    let shown = |operation: &Operation| {
        let members = members::of_answers(operation);
        let token = members.into_iter().find(|shown| {
            let name = bare(&shown.name);
            name.contains("csrf") || name.contains("xsrf")
        });
        token.map(|token| format!("$response.body#{}", token.pointer))
    };
    let needy = |operation: &Operation| operation.parameters.iter().any(|parameter| parameter.required);
    let open = contract.operations().iter().filter(|operation| {
        operation.method == http::Method::GET && operation.security.allows_anonymous() && !needy(operation)
    });
    let scored = open.filter_map(|operation| {
        let words = Words::of(operation);
        let named = words.has(&["csrf", "xsrf"]).is_some();
        let (score, token, why) = match (shown(operation), &set) {
            (Some(token), _) => (4, token, "its answer shows such a token"),
            (None, Some(cookie)) if named => (3, format!("$response.cookie.{cookie}"), "is named after it"),
            (None, Some(cookie)) if words.has(&["config", "session", "login"]).is_some() => (
                2,
                format!("$response.cookie.{cookie}"),
                "may be called by everybody; the first answer sets the cookie",
            ),
            (None, Some(cookie)) => (1, format!("$response.cookie.{cookie}"), "may be called by everybody"),
            (None, None) => return None,
        };
        Some((score, operation, token, why))
    });
    // Of equally likely ones the first of the document.
    let mut all: Vec<_> = scored.collect();
    all.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let (_, operation, token, why) = all.into_iter().next()?;
    let call = CallDraft {
        operation: operation.id.clone(),
        actor: "$credential".to_owned(),
        parameters: body::parameters(operation, None, &mut IndexMap::new()),
        body: None,
    };
    let value = ObtainedDraft { call, success: successes(operation), token };
    Some(Guess::new(value, format!("{}: {why}", operation.signature())))
}
