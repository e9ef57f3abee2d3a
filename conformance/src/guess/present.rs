//! How credentials are put on requests, and what whoever issues and revokes holds.

use rescind_specs::{Contract, KeyLocation, Operation, SchemeKind, SchemeName};

use super::exchange::TokenDraft;
use super::members::Found;
use super::pair::Pair;
use super::words::{bare, split};
use super::{Draft, Guess, Operator, Placement, PresentDraft, cookie};

/// How the credential is presented.
pub(super) fn of_credential(
    contract: &Contract,
    pair: &Pair<'_>,
    members: &Found,
    token: Option<&TokenDraft>,
) -> Option<Guess<PresentDraft>> {
    pair.issue.as_ref()?;
    if let Some(token) = token {
        if token.required.is_empty() {
            return None;
        }
        let why = format!("{} requires {}", token.exchange.operation, names(&token.required));
        return Some(Guess::new(placed(contract, &token.required), why));
    }
    let noun = pair.noun().unwrap_or_default();
    let mut scored: Vec<(usize, &[SchemeName])> = contract
        .credential_sets()
        .into_iter()
        .filter(|set| set.iter().all(|name| is_known(contract, name)))
        // A name and a password are two values.
        .filter(|set| !members.is_bare() || !set.iter().any(|name| is_basic(contract, name)))
        .map(|set| (score(contract, pair, members, noun, set), set))
        .collect();
    // The sort is stable: of equally likely sets the first that the document mentions.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let (_, best) = scored.first()?;
    let others = scored.iter().skip(1).take(3).map(|(_, set)| names(set)).collect();
    let count = users(contract, best);
    let word = if count == 1 { "operation" } else { "operations" };
    Some(Guess {
        value: placed(contract, best),
        why: format!("{count} {word} require {}", names(best)),
        others,
    })
}

/// How much speaks for a set of schemes.
fn score(contract: &Contract, pair: &Pair<'_>, members: &Found, noun: &str, set: &[SchemeName]) -> usize {
    let mut score = users(contract, set).min(40);
    let words = |name: &SchemeName| {
        let header = contract.scheme(name).map(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { name, .. } => name.clone(),
            SchemeKind::Bearer => "bearer token".to_owned(),
            _ => String::new(),
        });
        split(&format!("{name} {}", header.unwrap_or_default()))
    };
    let stem = noun.trim_start_matches("api_");
    if set.iter().flat_map(words).any(|word| word.contains(stem) && !stem.is_empty()) {
        score += 30;
    }
    // What revokes itself presents itself.
    let requires = |operation: &Operation| operation.security.0.iter().any(|known| known == set);
    let anonymous = pair.issue.as_ref().is_some_and(|issue| issue.value.security.allows_anonymous());
    if (anonymous || members.is_session())
        && pair.revoke.as_ref().is_some_and(|revoke| requires(revoke.value))
    {
        score += 40;
    }
    // A cookie is what a person in a browser has.
    let cookie = |name: &SchemeName| {
        contract.scheme(name).is_some_and(|scheme| {
            matches!(scheme.kind, SchemeKind::ApiKey { location: KeyLocation::Cookie, .. })
        })
    };
    if set.iter().any(cookie) && noun != "session" && !members.is_session() {
        score = score.saturating_sub(30);
    }
    score
}

/// How many operations accept a set of schemes.
fn users(contract: &Contract, set: &[SchemeName]) -> usize {
    let accepts = |operation: &&Operation| operation.security.0.iter().any(|known| known == set);
    contract.operations().iter().filter(accepts).count()
}

/// Whether the judge knows how to fill a scheme.
fn is_known(contract: &Contract, name: &SchemeName) -> bool {
    contract.scheme(name).is_some_and(|scheme| !matches!(scheme.kind, SchemeKind::OtherHttp(_)))
}

fn is_basic(contract: &Contract, name: &SchemeName) -> bool {
    contract.scheme(name).is_some_and(|scheme| scheme.kind == SchemeKind::Basic)
}

/// What goes where.
fn placed(contract: &Contract, set: &[SchemeName]) -> PresentDraft {
    let several = set.len() > 1;
    let place = |name: &SchemeName| match contract.scheme(name).map(|scheme| &scheme.kind) {
        Some(SchemeKind::Basic) => Placement::Pair,
        Some(_) if cookie::is_against_forgery(contract, name) => Placement::Obtained,
        Some(SchemeKind::ApiKey { name: header, .. }) if several => {
            let text = bare(&format!("{name}{header}"));
            // Of two keys one is the name and the other the secret.
            if text.contains("secret") || text.contains("token") || text.contains("password") {
                Placement::Secret
            } else {
                Placement::Id
            }
        }
        _ => Placement::Secret,
    };
    PresentDraft(set.iter().map(|name| (name.clone(), place(name))).collect())
}

/// The user whose sessions these are, with a name and a password that are good for a login only.
pub(super) fn user(contract: &Contract, login: &Operation) -> Guess<Operator> {
    let set = login.security.0.first().map(Vec::as_slice).unwrap_or_default();
    let why = format!("{} takes the name and the password of a user", login.id);
    Guess::new(Operator::Another(placed(contract, set), None), why)
}

/// Who issues and revokes, if that cannot be nobody or the credential itself.
pub(super) fn operator(contract: &Contract, pair: &Pair<'_>, draft: &Draft) -> Option<Guess<Operator>> {
    let presents: Vec<&SchemeName> =
        draft.present.iter().flat_map(|guess| &guess.value.0).map(|(name, _)| name).collect();
    let by_token = draft.token.as_ref().and_then(|token| token.value.present.as_ref());
    let fits = |set: &[SchemeName]| set.iter().all(|name| presents.contains(&name) || by_token == Some(name));
    let needy = |guess: &Option<Guess<&'_ Operation>>| {
        let operation = guess.as_ref()?.value;
        (!operation.security.allows_anonymous()).then(|| (operation.id.clone(), operation.security.0.clone()))
    };
    let anonymous_issue = pair.issue.as_ref().is_some_and(|issue| issue.value.security.allows_anonymous());
    let (id, sets) = if let Some(found) = needy(&pair.issue) {
        found
    } else {
        let found = needy(&pair.revoke)?;
        // Whoever gets a credential for the asking ends it with that very credential, unless only the operator can make
        // one.
        let chosen = draft.token.is_none() && found.1.iter().any(|set| fits(set));
        let supplied = Found::of(contract, pair).is_supplied();
        if anonymous_issue && chosen && !supplied {
            return None;
        }
        found
    };
    if sets.iter().any(|set| fits(set)) {
        return Some(Guess::new(
            Operator::SameKind,
            format!("{id} requires what such a credential presents"),
        ));
    }
    let known = |set: &&Vec<SchemeName>| set.iter().all(|name| is_known(contract, name));
    let set = sets.iter().find(known).or_else(|| sets.first())?;
    let others = sets.iter().filter(|other| *other != set).map(|other| names(other)).take(3).collect();
    let value = Operator::Another(placed(contract, set), None);
    Some(Guess { value, why: format!("{id} requires {}", names(set)), others })
}

/// Schemes in a sentence.
pub(super) fn names(set: &[SchemeName]) -> String {
    set.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}
